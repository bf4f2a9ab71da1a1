"""
Classes of tests that are recorded if somebody runs them, which nobody does.

`TracedTestCase` alone is no test case: unittest passes over its tests without a word,
and pytest runs them without what a test case has. It may yet become one in a class
below, so that is only known at the end.
"""

from __future__ import annotations

import atexit
import contextlib
import sys

from typing import Any, Final


_mixins: Final[list[type]] = []


def watch(mixin: type) -> None:
    """
    Tell at the end of the process, if *mixin* has tests, and is a part of no test case.
    """
    if not _mixins:
        atexit.register(_tell)
    _mixins.append(mixin)


def _tell() -> None:
    test_case: Any = getattr(sys.modules.get("unittest"), "TestCase", ())
    for mixin in _mixins:
        with contextlib.suppress(Exception):
            if any(name.startswith("test") for name in vars(mixin)) and not any(
                issubclass(below, test_case) for below in _all_below(mixin)
            ):
                name = mixin.__qualname__
                print(  # noqa: T201  # after the last test
                    f"otel-testkit: {mixin.__module__}.{name} has tests that unittest "
                    "does not know of; make it a test case: "
                    f"class {name}(TracedTestCase, unittest.TestCase) (unittest)",
                    file=sys.stderr,
                )


def _all_below(kind: type) -> list[type]:
    below: list[type] = type.__subclasses__(kind)

    return [*below, *(lower for one in below for lower in _all_below(one))]
