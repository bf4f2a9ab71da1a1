"""
Why the cases that are flaky failed last, and which of them fail together.

To read failures again takes time: it is done for as many as there is time for, and
what was found is kept in the index, which outlives the runs.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from otel_testkit.diagnosis.diagnose import NOT_KNOWN, cause_line
from otel_testkit.diagnosis.explanation import (
    Explanation,
    explain_briefly,
    findings_of,
)
from otel_testkit.diagnosis.flakiness import Flakiness, Incident, incidents
from otel_testkit.errors import UnreadableRun, never_raises
from otel_testkit.store import layout
from otel_testkit.store.index import Index, LastFailure
from otel_testkit.trace import Attempt, load


Case = tuple[str, str]
"""
Suite and name.
"""

# Of so many cases the failures are read, for so many seconds; of so many runs anyhow.
_MOST_CASES: Final = 50
_SECONDS: Final = 2.0
_SECONDS_A_RUN: Final = 0.4
_LEAST_RUNS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """
    Where a case failed last, by which exception, and why; *cause* is "" where nobody has
    looked for it yet. *is_gone*: the run's folder is not there any more.
    """

    run: str
    trace_id: str
    error: str
    cause: str
    is_gone: bool

    @property
    def is_known(self) -> bool:
        """
        Whether there is a cause.
        """
        return _is_known(self.cause)


def origins_of(
    index: Index, directory: str, found: Sequence[Flakiness]
) -> dict[Case, Origin]:
    """
    Tell of the first of *found*, in the store in *directory*, where they failed last and
    why, as far as there is time.
    """
    last: dict[Case, LastFailure] = {}
    for one in found[:_MOST_CASES]:
        if failure := index.last_failure(one.suite, one.case):
            last[one.suite, one.case] = failure
    folders = {os.path.basename(one): one for one in layout.run_folders(directory)}
    causes = dict(_causes(last, folders))
    # Where somebody else writes there, they are worked out again the next time.
    with contextlib.suppress(sqlite3.Error):
        index.note_causes(
            (trace, cause) for trace, cause in causes.items() if _is_known(cause)
        )

    return {
        case: Origin(
            run=one.run,
            trace_id=one.trace_id,
            error=one.error,
            cause=one.cause or causes.get(one.trace_id, ""),
            is_gone=one.run not in folders,
        )
        for case, one in last.items()
    }


def shared_causes(
    found: Iterable[Flakiness], origins: Mapping[Case, Origin]
) -> list[tuple[Incident, str]]:
    """
    Tell which of *found* fail together, and by which cause most of them do; "" where
    they have none in common.
    """
    told = []
    for incident in incidents(found):
        causes = Counter(
            origin.cause
            for case in incident.cases
            if (origin := origins.get(case)) and origin.is_known
        )
        kinds = Counter(cause.partition(" (")[0] for cause in causes.elements())
        shared = [
            cause
            for cause, _ in causes.most_common()
            if 2 * kinds[cause.partition(" (")[0]] > len(incident.cases)
        ]
        told.append((incident, next(iter(shared), "")))

    return told


def _is_known(cause: str) -> bool:
    return bool(cause) and not cause.startswith(NOT_KNOWN)


def _causes(
    failures: Mapping[Case, LastFailure], folders: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """
    Read *failures* again, those of a run together, and give their traces and causes.
    """
    until = time.monotonic() + _SECONDS
    by_run: dict[str, dict[str, str]] = {}
    for (_, case), one in failures.items():
        if one.run in folders and not one.cause:
            by_run.setdefault(one.run, {})[one.trace_id] = case
    for count, (run, cases) in enumerate(by_run.items()):
        left = until - time.monotonic()
        if left < 0 and count >= _LEAST_RUNS:
            return
        yield from _told(folders[run], cases, min(max(left, 0), _SECONDS_A_RUN)) or ()


@never_raises("diagnosis", "of a test it is not told why it failed")
def _told(
    folder: str, cases: Mapping[str, str], seconds: float
) -> list[tuple[str, str]]:
    try:
        run = load(folder, cases=set(cases.values()))
    except UnreadableRun:
        # Pruned in between.
        return []

    attempts = [one for one in run.attempts() if one.trace_id in cases]
    told = explain_briefly(run, attempts, seconds=seconds)

    return [(one.trace_id, _cause(one, told.get(one.trace_id))) for one in attempts]


def _cause(attempt: Attempt, told: Explanation | None) -> str:
    return cause_line(attempt, findings_of(attempt) if told is None else told.findings)
