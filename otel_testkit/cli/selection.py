"""
What of a run is meant, when somebody names a test or a trace.
"""

from __future__ import annotations

import argparse
import difflib

from dataclasses import dataclass

from otel_testkit.errors import UnreadableRun
from otel_testkit.store.find import find_run
from otel_testkit.store.layout import run_folders
from otel_testkit.trace import Attempt, Case, Log, Run, Span, load


class SelectionError(Exception):
    """
    The run is there, and what was asked for is not in it.
    """


@dataclass(frozen=True, slots=True)
class Selection:
    """
    What of a run is to be shown: cases, of these the attempts, spans that belong
    to none, and log records that belong to no span.
    """

    cases: list[Case]
    attempts: list[Attempt]
    loose: list[Span]
    logs: list[Log]


def select(run: Run, options: argparse.Namespace) -> Selection:
    """
    Find what *options* ask for in *run*.

    Raises:
        SelectionError: if it is not there.
    """
    cases = list(run.cases)
    loose: list[Span] = []
    logs: list[Log] = []
    if options.case is not None:
        cases = cases_named(options.case, run)
    if options.trace is not None:
        return _trace(options.trace, run, cases)

    if options.all:
        if options.case is None:
            loose, logs = list(run.loose), list(run.loose_logs)
        attempts = [attempt for case in cases for attempt in case.attempts]
    elif options.case is not None:
        attempts = [case.failing_attempt or case.attempts[-1] for case in cases]
    else:
        cases = [case for case in cases if case.failing_attempt]
        attempts = [case.failing_attempt for case in cases if case.failing_attempt]
        loose = [] if run.cases else list(run.loose)

    return Selection(cases, attempts, loose, logs)


def find_attempt(directory: str, test: str, run_id: str | None) -> tuple[Run, Attempt]:
    """
    Find the last failing attempt of *test*, a case or how a trace's id begins, in the
    run *run_id* or else in the newest one of *directory* that has one.

    Raises:
        SelectionError: if there is none.
        UnreadableRun: if the run is not there.
    """
    folders = [find_run(directory, run_id)] if run_id else run_folders(directory)
    problem: SelectionError | None = None
    for folder in folders:
        try:
            run = load(folder, tests_only=True)
            found = _failing(run, test)
        except SelectionError as error:
            problem = problem or error
            continue
        except UnreadableRun:
            if run_id:
                raise
            continue
        if found is None:
            problem = SelectionError(f"{test!r} has not failed in any of these runs")
            continue

        whole = load(folder, case=found.case)
        attempts = whole.attempts()

        return whole, next(one for one in attempts if one.trace_id == found.trace_id)

    raise problem or SelectionError(f"there are no runs in {directory}")


def _failing(run: Run, test: str) -> Attempt | None:
    for attempt in run.attempts():
        if attempt.trace_id.startswith(test.lower()):
            return attempt

    failing = [case.failing_attempt for case in cases_named(test, run)]

    return next((attempt for attempt in reversed(failing) if attempt), None)


def cases_named(name: str, run: Run) -> list[Case]:
    """
    Find the cases that are called *name*, or have it in their names.

    Raises:
        SelectionError: if there is none.
    """
    matches = (
        lambda case: case.name == name,
        lambda case: name in (case.name.rpartition("::")[2], _last_name(case)),
        lambda case: name in case.name,
    )
    for match in matches:
        if cases := [case for case in run.cases if match(case)]:
            return cases

    names = {case.name: case.name for case in run.cases}
    names |= {_last_name(case): case.name for case in run.cases}
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    hint = (
        "did you mean " + ", ".join(dict.fromkeys(names[one] for one in close)) + "? "
        if close
        else ""
    )
    msg = (
        f"there is no test {name!r} in run {run.id}; {hint}"
        "`otel-testkit show --all` shows all of them"
    )
    raise SelectionError(msg)


def _last_name(case: Case) -> str:
    return case.name.rpartition("::")[2].rpartition(".")[2].partition("[")[0]


def _trace(trace_id: str, run: Run, cases: list[Case]) -> Selection:
    begins = trace_id.lower()
    attempts = [
        attempt
        for case in cases
        for attempt in case.attempts
        if attempt.trace_id.startswith(begins)
    ]
    loose = [root for root in run.loose if root.trace_id.startswith(begins)]
    if not attempts and not loose:
        msg = (
            f"there is no trace {trace_id!r} in run {run.id}; `otel-testkit show "
            "--all` shows all of them, each with its trace's id"
        )
        raise SelectionError(msg)

    names = {(attempt.suite, attempt.case) for attempt in attempts}

    return Selection(
        [case for case in cases if (case.suite, case.name) in names],
        attempts,
        loose,
        [log for log in run.loose_logs if log.trace_id.startswith(begins)],
    )
