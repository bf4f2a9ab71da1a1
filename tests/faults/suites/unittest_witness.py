"""
What unittest reports of each test, written down for the suites here: `python -m unittest`
for a process of its own, traced by the class decorator or not.
"""

from __future__ import annotations

import argparse
import json
import sys
import unittest
import warnings

from collections import Counter
from collections.abc import Iterator
from typing import Any


class Result(unittest.TextTestResult):
    """
    A result that keeps what it was told, in order.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.phases: list[tuple[str, str, str]] = []

    def startTest(self, test: Any) -> None:  # noqa: N802  # unittest's name
        super().startTest(test)
        self.phases.append((test.id(), "start", "passed"))

    def addSuccess(self, test: Any) -> None:  # noqa: N802
        super().addSuccess(test)
        self._note(test, "passed")

    def addFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        super().addFailure(test, err)
        self._note(test, "failed")

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802
        super().addError(test, err)
        self._note(test, "error")

    def addSkip(self, test: Any, reason: str) -> None:  # noqa: N802
        super().addSkip(test, reason)
        self._note(test, "skipped")

    def addExpectedFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        super().addExpectedFailure(test, err)
        self._note(test, "xfailed")

    def addUnexpectedSuccess(self, test: Any) -> None:  # noqa: N802
        super().addUnexpectedSuccess(test)
        self._note(test, "xpassed")

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._note(test, "failed")

    def _note(self, test: Any, outcome: str) -> None:
        self.phases.append((test.id(), "call", outcome))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--witness", required=True)
    parser.add_argument("--import-only", action="store_true")
    parser.add_argument("--trace-tests", action="store_true")
    parser.add_argument("modules", nargs="+")
    options = parser.parse_args()
    if options.import_only:
        import otel_testkit  # noqa: F401

    suite = unittest.TestLoader().loadTestsFromNames(options.modules)
    if options.trace_tests:
        from otel_testkit import traced_test

        for kind in {type(test): None for test in _tests(suite)}:
            traced_test(kind)
    warned: Counter[str] = Counter()

    def note(message: Any, category: Any, filename: str, line: int, *_: Any) -> None:
        warned[f"{category.__name__} {filename}:{line}"] += 1

    warnings.showwarning = note
    result: Any = unittest.TextTestRunner(resultclass=Result).run(suite)
    told = {"phases": result.phases, "warnings": sorted(warned.items())}
    with open(options.witness, "w", encoding="utf-8") as file:
        json.dump(told, file)

    return int(not result.wasSuccessful())


def _tests(suite: Any) -> Iterator[unittest.TestCase]:
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from _tests(test)
        else:
            yield test


if __name__ == "__main__":
    sys.exit(main())
