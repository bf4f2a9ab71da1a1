"""
What of a run is meant, when somebody names a test or a trace.
"""

from __future__ import annotations

import argparse
import difflib

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from otel_testkit.errors import UnreadableRun
from otel_testkit.store.find import find_run
from otel_testkit.store.layout import run_folders
from otel_testkit.trace import Attempt, Case, Log, Run, Span, load


# What is shorter may be a word.
_LEAST_OF_ID: Final = 4
_MOST_NAMES: Final = 10


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


@dataclass(frozen=True, slots=True)
class Found:
    """
    The *attempt* of *run* that was meant; *others* are names of tests that may have been
    meant as well, and have not failed in that run.
    """

    run: Run
    attempt: Attempt
    others: tuple[str, ...] = ()


def find_attempt(directory: str, test: str, run_id: str | None) -> Found:
    """
    Find the last failing attempt of *test*, a case or how a trace's id begins, in the
    run *run_id* or else in the newest one of *directory* that has one. What has *test*
    as a part of its name is meant only where no run has a case that is called so.

    Raises:
        SelectionError: if there is none, or several tests are meant.
        UnreadableRun: if the run is not there.
    """
    folders = [find_run(directory, run_id)] if run_id else run_folders(directory)
    newest: Run | None = None
    is_known = False
    likely: tuple[Run, list[Case]] | None = None
    for run in _runs(folders, is_told=run_id is not None):
        newest = newest or run
        if attempt := _traced(run, test):
            return _whole(run, attempt)
        called = _called(test, run)
        if failing := _failing(called):
            return _only(run, test, called, failing)
        is_known = is_known or bool(called)
        alike = [case for case in run.cases if test in case.name]
        if likely is None and _failing(alike):
            likely = run, alike

    if not run_id and (gone := _gone(directory, test)):
        raise SelectionError(gone)
    if likely and not is_known:
        run, alike = likely
        return _only(run, test, alike, _failing(alike))
    if newest is None:
        msg = f"there are no runs in {directory}"
        raise SelectionError(msg)
    if not is_known:
        # Says what it may have meant, where there is nothing like it.
        cases_named(test, newest)
    where = f"run {run_id}" if run_id else "any of these runs"
    msg = f"{test!r} has not failed in {where}"
    raise SelectionError(msg)


def _runs(folders: list[str], *, is_told: bool) -> Iterator[Run]:
    for folder in folders:
        try:
            yield load(folder, tests_only=True)
        except UnreadableRun:
            if is_told:
                raise


def _traced(run: Run, test: str) -> Attempt | None:
    begins = test.lower()
    if len(begins) < _LEAST_OF_ID:
        return None
    traced = [one for one in run.attempts() if one.trace_id.startswith(begins)]
    if len(traced) > 1:
        ids = [f"{one.trace_id}  {one.case}" for one in traced]
        raise SelectionError(_several(test, "traces", ids))

    return traced[0] if traced else None


def _failing(cases: list[Case]) -> list[Attempt]:
    return [case.failing_attempt for case in cases if case.failing_attempt]


def _only(run: Run, test: str, cases: list[Case], failing: list[Attempt]) -> Found:
    """
    Give the one attempt that is *failing* of the *cases* that *test* may mean.
    """
    if len(failing) > 1:
        names = [attempt.case for attempt in failing]
        raise SelectionError(_several(test, "tests that failed", names))
    (attempt,) = failing
    others = tuple(case.name for case in cases if attempt not in case.attempts)

    return _whole(run, attempt, others)


def _whole(run: Run, attempt: Attempt, others: tuple[str, ...] = ()) -> Found:
    whole = load(run.path, cases=[attempt.case])
    same = (one for one in whole.attempts() if one.trace_id == attempt.trace_id)

    return Found(whole, next(same), others)


def _several(test: str, what: str, names: list[str]) -> str:
    shown = "".join(f"\n- {name}" for name in names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    shown += f"\nand {more} more" if more > 0 else ""

    return f"{test!r} may mean {len(names)} {what}; name one of them:{shown}"


def _gone(directory: str, test: str) -> str:
    """
    Say in which run *test* failed that is not there any more; "" if in none.
    """
    from otel_testkit.diagnosis.history import last_failures  # noqa: PLC0415  # a database

    for case, last in last_failures(directory):
        is_traced = len(test) >= _LEAST_OF_ID and last.trace_id.startswith(test.lower())
        if is_traced or _is_called(test, case):
            return (
                f"{case} failed last in run {last.run}, which is gone: only the latest "
                "runs are kept (keep_runs)"
            )

    return ""


def cases_named(name: str, run: Run) -> list[Case]:
    """
    Find the cases that are called *name*, or have it in their names.

    Raises:
        SelectionError: if there is none.
    """
    cases = _called(name, run) or [case for case in run.cases if name in case.name]
    if cases:
        return cases

    names = {case.name: case.name for case in run.cases}
    names |= {_short_name(case.name): case.name for case in run.cases}
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


def _called(name: str, run: Run) -> list[Case]:
    return [case for case in run.cases if case.name == name] or [
        case for case in run.cases if _is_called(name, case.name)
    ]


def _is_called(name: str, whole: str) -> bool:
    return name in (whole, whole.rpartition("::")[2], _short_name(whole))


def _short_name(name: str) -> str:
    return name.rpartition("::")[2].partition("[")[0].rpartition(".")[2]


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
