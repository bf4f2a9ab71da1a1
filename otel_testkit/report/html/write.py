"""
Writes the report of a run, `report.html`, and a page of its own for each test that
failed, `failures/<slug>.html`, up to a limit: each holds the whole program.

Each is one file that opens from a disk and asks nobody for anything. The run is read
in parts, so that memory does not grow with it.
"""

from __future__ import annotations

import contextlib
import gc
import os
import time

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from otel_testkit.diagnosis.comparison import preceding_tests
from otel_testkit.diagnosis.explanation import Explanation, explain_all
from otel_testkit.report.findings import findings_in
from otel_testkit.report.html.case import plain_case
from otel_testkit.report.html.chunk import Bodies
from otel_testkit.report.html.entry import Entry, entry_of
from otel_testkit.report.html.essentials import Essentials, essentials_of
from otel_testkit.report.html.outside import outside_cases
from otel_testkit.report.html.overview import Overview
from otel_testkit.report.html.page import Page, write_page
from otel_testkit.report.html.slugs import Slugs
from otel_testkit.report.html.spool import Spool
from otel_testkit.report.written import Written
from otel_testkit.trace.build import load, load_parts
from otel_testkit.trace.model import Case, Run


REPORT: Final = "report.html"
FAILURES: Final = "failures"
# Above it, bodies of tests that passed stay away, then those of all others.
_MOST_BYTES: Final = 25_000_000
# Of so many tests the story is told without being asked, and as many have a page of
# their own; of all others it is there.
_MOST_TOLD: Final = 200
# Seconds that looking into earlier runs may take.
_PATIENCE: Final = 5.0


@dataclass(slots=True)
class _Told:
    """
    All that the pages are made of, as it is gathered.
    """

    overview: Overview
    spool: Spool
    folders: Sequence[str]
    preceding: Mapping[str, str]
    until: float
    entries: list[Entry] = field(default_factory=list)
    essentials: dict[int, list[Essentials]] = field(default_factory=dict)


def write_report(
    folder: str, target: str = "", *, folders: Sequence[str] = (), pages: bool = True
) -> Written:
    """
    Write the report of the run in *folder* to *target*, by default into it, and with
    *pages* one of each failing test into a folder `failures` beside. Passing
    attempts to compare with come from the runs in *folders*, too.

    Raises:
        UnreadableRun: if there is no such run.
        OSError: if it can't be written.
    """
    target = os.path.abspath(target or os.path.join(folder, REPORT))
    until = time.monotonic() + _PATIENCE
    preceding = preceding_tests(load(folder, tests_only=True))
    with _uncollected(), Spool() as spool:
        told = _Told(Overview(), spool, folders, preceding, until)
        for run in load_parts(folder):
            told.overview.add_run(run)
            explained = _explained(told, run)
            for case in [*run.cases, *outside_cases(run)]:
                _tell(told, case, explained)

        names = Slugs()
        failures: dict[tuple[str, str], str] = {}
        beside = os.path.join(os.path.dirname(target), FAILURES)
        failed = [entry for entry in told.entries if pages and entry.is_told]
        for entry in failed[:_MOST_TOLD]:
            path = os.path.join(beside, f"{names.of(entry.name)}.html")
            write_page(_page(told, [entry], os.path.relpath(target, beside)), path)
            failures[entry.suite, entry.name] = path
        write_page(_page(told, told.entries), target)

    return Written(target, failures, more=len(failed) - len(failures))


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """
    Keep the garbage collector away: what is made here has no cycles, and looking for
    some takes an eighth of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _explained(told: _Told, run: Run) -> dict[str, Explanation]:
    """
    Explain the attempts of *run* that failed, by their traces: beside those of earlier
    runs, too, as long as patience lasts.
    """
    failed = [attempt for attempt in run.attempts() if attempt.is_failure]
    left = max(_MOST_TOLD - len(told.essentials), 0)

    return explain_all(
        run, failed[:left], _patiently(told.folders, told.until), told.preceding
    )


def _patiently(folders: Sequence[str], until: float) -> Iterator[str]:
    for folder in folders:
        if time.monotonic() > until:
            return
        yield folder


def _tell(told: _Told, case: Case, by_trace: Mapping[str, Explanation]) -> None:
    place = len(told.entries)
    bodies = Bodies()
    explained = {
        at: by_trace[attempt.trace_id]
        for at, attempt in enumerate(case.attempts)
        if attempt.trace_id in by_trace
    }
    findings = [
        explained[at].findings if at in explained else findings_in(case, attempt)
        for at, attempt in enumerate(case.attempts)
    ]
    told.spool.put(f"case-{place}", plain_case(case, findings, explained, bodies))
    if texts := bodies.texts():
        told.spool.put(f"bodies-{place}", texts)

    main = case.failing_attempt or case.attempts[-1]
    entry = entry_of(place, case, findings[case.attempts.index(main)])
    told.entries.append(entry)
    told.overview.add(entry, case)
    if explained:
        told.essentials[place] = [essentials_of(one) for one in explained.values()]


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
