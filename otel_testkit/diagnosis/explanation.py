"""
All that can be said of why one attempt failed: what it shows by itself, and what it
has that the passing attempts of its case have not, out of all runs of a store.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from otel_testkit.diagnosis.comparison import Comparison, compare, preceding_tests
from otel_testkit.diagnosis.diagnose import diagnose
from otel_testkit.diagnosis.finding import Finding
from otel_testkit.errors import UnreadableRun
from otel_testkit.trace import Attempt, Outcome, Run, load


# More of them say no more, and take longer to be read.
_MOST_ATTEMPTS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """
    Why *attempt* of *run* failed: its *findings*, and its *comparison* with passing
    attempts, which come from so many *runs*. *last_pass* is the one of them that is
    nearest to it, with the id of its run.
    """

    run: Run
    attempt: Attempt
    findings: tuple[Finding, ...]
    comparison: Comparison
    runs: int
    last_pass: tuple[str, Attempt] | None = None


def explain(
    run: Run, attempt: Attempt, folders: Iterable[str], *, against: str = ""
) -> Explanation:
    """
    Explain *attempt* of *run* by itself and beside the other attempts of its case in
    the runs in *folders*; or beside the one alone whose trace begins with *against*.
    """
    failing: list[Attempt] = [attempt]
    passing: list[Attempt] = []
    preceding = preceding_tests(run)
    used = 0
    last_pass: tuple[str, Attempt] | None = None
    for other_run in _runs_with(run, attempt, folders):
        before = len(failing) + len(passing)
        for other in _others(other_run, attempt):
            if other.outcome is Outcome.PASSED:
                if other.trace_id.startswith(against):
                    passing.append(other)
                    last_pass = last_pass or (other_run.id, other)
            elif not against and _failed_alike(other, attempt):
                failing.append(other)
        preceding |= preceding_tests(other_run)
        used += len(failing) + len(passing) > before
        if len(failing) + len(passing) >= _MOST_ATTEMPTS:
            break

    return Explanation(
        run=run,
        attempt=attempt,
        findings=diagnose(attempt, passing),
        comparison=compare(failing, passing, preceding=preceding),
        runs=used,
        last_pass=last_pass,
    )


def _runs_with(run: Run, attempt: Attempt, folders: Iterable[str]) -> Iterable[Run]:
    yield run
    for folder in folders:
        if folder == run.path:
            continue
        try:
            yield load(folder, case=attempt.case)
        except UnreadableRun:
            # Of a newer format, or pruned in between.
            continue


def _others(run: Run, attempt: Attempt) -> Iterable[Attempt]:
    for case in run.cases:
        if (case.suite, case.name) == (attempt.suite, attempt.case):
            yield from (
                one for one in case.attempts if one.trace_id != attempt.trace_id
            )


def _failed_alike(other: Attempt, attempt: Attempt) -> bool:
    if not other.is_failure:
        return False

    types = [one.errors[0].type if one.errors else "" for one in (other, attempt)]

    return types[0] == types[1]
