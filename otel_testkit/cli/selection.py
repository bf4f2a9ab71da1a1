"""
What of a run is meant, when somebody names a test or a trace.
"""

from __future__ import annotations

import argparse
import difflib

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
    run *run_id* or else in the newest one of *directory* that has one.

    Raises:
        SelectionError: if there is none, or several tests are meant.
        UnreadableRun: if the run is not there.
    """
    folders = [find_run(directory, run_id)] if run_id else run_folders(directory)
    problem: SelectionError | None = None
    has_passed = False
    for folder in folders:
        try:
            run = load(folder, tests_only=True)
            found = _failing(run, test)
        except _AmbiguousError:
            raise
        except SelectionError as error:
            problem = problem or error
            continue
        except UnreadableRun:
            if run_id:
                raise
            continue
        if found is None:
            has_passed = True
            continue

        trace_id = found.attempt.trace_id
        whole = load(folder, cases=[found.attempt.case])
        attempt = next(one for one in whole.attempts() if one.trace_id == trace_id)

        return Found(whole, attempt, found.others)

    if not run_id and (gone := _gone(directory, test)):
        raise SelectionError(gone)
    if has_passed:
        where = f"run {run_id}" if run_id else "any of these runs"
        msg = f"{test!r} has not failed in {where}"
        raise SelectionError(msg)
    raise problem or SelectionError(f"there are no runs in {directory}")


class _AmbiguousError(SelectionError):
    """
    It is there, more than once.
    """


def _failing(run: Run, test: str) -> Found | None:
    """
    Find what failed last of *test* in *run*; None if it has not failed.
    """
    begins = test.lower()
    traced = [one for one in run.attempts() if one.trace_id.startswith(begins)]
    if traced and len(begins) >= _LEAST_OF_ID:
        if len(traced) > 1:
            ids = [f"{one.trace_id}  {one.case}" for one in traced]
            raise _AmbiguousError(_several(test, "traces", ids))
        return Found(run, traced[0])

    cases = cases_named(test, run)
    failing = [case for case in cases if case.failing_attempt]
    if len(failing) > 1:
        names = [case.name for case in failing]
        raise _AmbiguousError(_several(test, "tests that failed", names))
    for case in failing:
        if case.failing_attempt:
            others = tuple(one.name for one in cases if one is not case)
            return Found(run, case.failing_attempt, others)

    return None


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
        if test in (case, _short_name(case)) or last.trace_id.startswith(test.lower()):
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
    matches = (
        lambda case: case.name == name,
        lambda case: name in (case.name.rpartition("::")[2], _short_name(case.name)),
        lambda case: name in case.name,
    )
    for match in matches:
        if cases := [case for case in run.cases if match(case)]:
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
