"""
Classes of tests that are recorded if somebody runs them, which nobody does.

`TracedTestCase` alone is no test case: unittest passes over its tests without a word,
and pytest runs them without what a test case has. It may yet become one in a class
below, so that is only known at the end.
"""

from __future__ import annotations

import atexit
import sys

from typing import Any, Final

from otel_testkit.errors import never_raises, trouble, troubles


_mixins: Final[list[type]] = []


def watch(mixin: type) -> None:
    """
    Tell at the end of the process, if *mixin* has tests, and is a part of no test case.
    """
    if not _mixins:
        atexit.register(_tell)
    _mixins.append(mixin)


@never_raises("unittest", "classes that are no test cases were not told of")
def _tell() -> None:
    test_case: Any = getattr(sys.modules.get("unittest"), "TestCase", ())
    names = [
        f"{mixin.__module__}.{mixin.__qualname__}"
        for mixin in _mixins
        if any(name.startswith("test") for name in vars(mixin))
        and not any(issubclass(below, test_case) for below in _all_below(mixin))
    ]
    if not names:
        return

    trouble(
        "unittest",
        f"unittest knows nothing of the tests of {', '.join(names)}; a test case is "
        "class T(TracedTestCase, unittest.TestCase)",
    )
    for line in troubles():
        print(f"otel-testkit: {line}", file=sys.stderr)  # noqa: T201  # after the last test


def _all_below(kind: type) -> list[type]:
    below: list[type] = type.__subclasses__(kind)

    return [*below, *(lower for one in below for lower in _all_below(one))]
