"""
Writes the report of a run, `report.html`, and a page of its own for each attempt that
failed, `failures/<slug>.html`.

Each is one file that opens from a disk and asks nobody for anything. The run is read
in parts, so that memory does not grow with it.
"""

from __future__ import annotations

import os
import time

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from otel_testkit.diagnosis.explanation import Explanation, explain
from otel_testkit.report.findings import findings_of
from otel_testkit.report.html.beside import rows
from otel_testkit.report.html.chunk import Bodies, Plain, plain_attempt
from otel_testkit.report.html.entry import Entry, entry_of
from otel_testkit.report.html.essentials import Essentials, essentials_of
from otel_testkit.report.html.outside import outside_cases
from otel_testkit.report.html.overview import Overview
from otel_testkit.report.html.page import Page, write_page
from otel_testkit.report.html.slugs import Slugs
from otel_testkit.report.html.spool import Spool
from otel_testkit.report.plain import plain_difference
from otel_testkit.trace.build import load_parts
from otel_testkit.trace.model import Attempt, Case, Outcome, Run


REPORT: Final = "report.html"
FAILURES: Final = "failures"
# Above it, bodies of tests that passed stay away, then those of all others.
_MOST_BYTES: Final = 25_000_000
# Of so many tests the story is told without being asked; of all others it is there.
_MOST_TOLD: Final = 200
# Seconds that looking into earlier runs may take.
_PATIENCE: Final = 5.0


@dataclass(frozen=True, slots=True)
class Written:
    """
    Where the report lies, and the page of each case that failed, by its name.
    """

    report: str
    failures: dict[str, str]


@dataclass(slots=True)
class _Told:
    """
    All that the pages are made of, as it is gathered.
    """

    overview: Overview
    spool: Spool
    folders: Sequence[str]
    until: float
    entries: list[Entry] = field(default_factory=list)
    essentials: dict[int, list[Essentials]] = field(default_factory=dict)


def write_report(
    folder: str, target: str = "", *, folders: Sequence[str] = (), pages: bool = True
) -> Written:
    """
    Write the report of the run in *folder* to *target*, by default into it, and with
    *pages* one of each failing attempt into a folder `failures` beside. Passing
    attempts to compare with come from the runs in *folders*, too.

    Raises:
        UnreadableRun: if there is no such run.
        OSError: if it can't be written.
    """
    target = os.path.abspath(target or os.path.join(folder, REPORT))
    until = time.monotonic() + _PATIENCE
    with Spool() as spool:
        told = _Told(Overview(), spool, folders, until)
        for run in load_parts(folder):
            told.overview.add_run(run)
            for case in [*run.cases, *outside_cases(run)]:
                _tell(told, run, case)

        names = Slugs()
        failures: dict[str, str] = {}
        beside = os.path.join(os.path.dirname(target), FAILURES)
        for entry in told.entries if pages else ():
            if entry.is_told:
                path = os.path.join(beside, f"{names.of(entry.name)}.html")
                write_page(_page(told, [entry], os.path.relpath(target, beside)), path)
                failures[entry.name] = path
        write_page(_page(told, told.entries), target)

    return Written(target, failures)


def _tell(told: _Told, run: Run, case: Case) -> None:
    place = len(told.entries)
    bodies = Bodies()
    attempts: list[Plain] = []
    beside: list[Plain] = []
    shown: list[Essentials] = []
    earlier: tuple[str, Attempt] | None = None
    explained: dict[int, Explanation] = {}
    main = case.failing_attempt
    findings = findings_of(run, main or case.attempts[-1])

    for index, attempt in enumerate(case.attempts):
        attempts.append(plain_attempt(attempt, findings_of(run, attempt), bodies))
        if attempt.is_failure and len(told.essentials) < _MOST_TOLD:
            explained[index] = _explained(told, run, attempt)
    for index, found in explained.items():
        passing = _passing_place(case, found)
        if passing is None and found.last_pass is not None:
            earlier = earlier or found.last_pass
            passing = len(case.attempts)
        if passing is not None and found.last_pass is not None:
            other = (
                earlier[1]
                if passing == len(case.attempts) and earlier
                else (case.attempts[passing])
            )
            beside.append(_beside(index, passing, found, other))
        shown.append(essentials_of(found))
    if earlier is not None:
        attempts.append(plain_attempt(earlier[1], (), bodies, run=earlier[0]))

    entry = entry_of(place, case, findings)
    told.entries.append(entry)
    told.overview.add(entry, case)
    if shown:
        told.essentials[place] = shown
    told.spool.put(f"case-{place}", {"attempts": attempts, "beside": beside})
    if texts := bodies.texts():
        told.spool.put(f"bodies-{place}", texts)


def _explained(told: _Told, run: Run, attempt: Attempt) -> Explanation:
    has_time = time.monotonic() < told.until

    return explain(run, attempt, told.folders if has_time else ())


def _passing_place(case: Case, found: Explanation) -> int | None:
    return next(
        (
            place
            for place, attempt in enumerate(case.attempts)
            if attempt.outcome is Outcome.PASSED
            and found.last_pass is not None
            and attempt.trace_id == found.last_pass[1].trace_id
        ),
        None,
    )


def _beside(failing: int, passing: int, found: Explanation, other: Attempt) -> Plain:
    comparison = found.comparison

    return {
        "failing": failing,
        "passing": passing,
        "rows": rows(found.attempt, other),
        "differences": [plain_difference(one) for one in comparison.differences],
        "consequences": [plain_difference(one) for one in comparison.consequences],
    }


def _page(told: _Told, entries: Sequence[Entry], report: str = "") -> Page:
    """
    Put together the page of these *entries*; that of a single one links to the
    *report*.
    """
    with_bodies = set(_with_bodies(told.spool, entries))

    return Page(
        entries=entries,
        essentials={
            entry.place: told.essentials.get(entry.place, []) for entry in entries
        },
        overview=told.overview,
        report=report,
        without_bodies=sum(
            entry.place not in with_bodies
            and told.spool.size(f"bodies-{entry.place}") > 0
            for entry in entries
        ),
        chunk=lambda entry: told.spool.take(f"case-{entry.place}"),
        bodies=lambda entry: (
            told.spool.take(f"bodies-{entry.place}")
            if entry.place in with_bodies
            else iter(())
        ),
    )


def _with_bodies(spool: Spool, entries: Sequence[Entry]) -> Iterator[int]:
    """
    Choose the entries whose bodies have room: those that failed come first.
    """
    left = _MOST_BYTES - sum(spool.size(f"case-{entry.place}") for entry in entries)
    for entry in sorted(entries, key=lambda entry: not entry.is_told):
        left -= spool.size(f"bodies-{entry.place}")
        if left < 0:
            return
        yield entry.place
