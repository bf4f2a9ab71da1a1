"""
How each test has fared in the runs before, as far as its store knows.
"""

from __future__ import annotations

import os
import sqlite3
import time

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from otel_testkit.diagnosis.history import open_index
from otel_testkit.store import layout
from otel_testkit.store.index import Result


_FAILED: Final = "✗"
_FLAKY: Final = "≈"
_PASSED: Final = "✓"
# The latest runs, of which each gets a mark.
_MOST_MARKS: Final = 20
# Seconds that reading runs that nobody has read yet may take.
_PATIENCE: Final = 5.0


@dataclass(frozen=True, slots=True)
class Trend:
    """
    How a case ended in the latest runs, a mark for each, the last one last; and in
    how many of all its *runs* it failed, or was flaky.
    """

    marks: str
    runs: int
    failed: int
    flaky: int

    def __str__(self) -> str:
        told = [f"{self.runs} runs"]
        if self.failed:
            told.append(f"{self.failed} failed")
        if self.flaky:
            told.append(f"{self.flaky} flaky")

        return ", ".join(told)


def trends_of(folder: str) -> Mapping[tuple[str, str], Trend]:
    """
    Give by suite and name how each case that ever failed has fared up to the run in
    *folder*; none where it lies in no store, or is alone in there.
    """
    folder = os.path.abspath(folder)
    store = os.path.dirname(os.path.dirname(folder))
    folders = layout.run_folders(store)
    if folder not in folders or len(folders) == 1:
        return {}

    try:
        with open_index(store, until=time.monotonic() + _PATIENCE) as index:
            return {
                (suite, name): trend
                for suite, name, results in index.failing_cases()
                if (trend := _trend(results, os.path.basename(folder)))
            }
    except (OSError, sqlite3.Error):
        # Nobody asked for it: a report is one without.
        return {}


def _trend(results: Iterable[Result], last: str) -> Trend | None:
    ends: dict[str, set[bool]] = {}
    for result in results:
        # Names of runs sort by their age.
        if result.run <= last:
            ends.setdefault(result.run, set()).add(result.is_failure)
    marks = [_mark(found) for found in ends.values()]
    if len(marks) < 2:
        return None

    return Trend(
        "".join(marks[-_MOST_MARKS:]),
        len(marks),
        marks.count(_FAILED),
        marks.count(_FLAKY),
    )


def _mark(ends: set[bool]) -> str:
    if len(ends) == 2:
        return _FLAKY

    return _FAILED if True in ends else _PASSED
