"""
All that can be said of why one attempt failed: what it shows by itself, and what it
has that the passing attempts of its case have not, out of all runs of a store.
"""

from __future__ import annotations

import os
import time

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from otel_testkit.diagnosis.comparison import Comparison, compare, preceding_tests
from otel_testkit.diagnosis.diagnose import diagnose
from otel_testkit.diagnosis.finding import Finding
from otel_testkit.errors import UnreadableRun, never_raises
from otel_testkit.store import layout
from otel_testkit.store.read import size_of
from otel_testkit.trace import Attempt, Case, Outcome, Run, load


# By suite and name.
_Cases = Mapping[tuple[str, str], Case]

# More of them say no more, and take longer to be read.
_MOST_ATTEMPTS: Final = 50
# Of one run, where a test may have been repeated without end.
_MOST_OF_A_RUN: Final = 200
# In brief: what is read at the end of a run must not be felt.
_MOST_RUNS: Final = 10
_MOST_BRIEFLY: Final = 12
_BYTES_A_SECOND: Final = 100_000_000


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
    beside = _Beside(run, attempt, against)
    beside.add(run.id, _cases(run))
    preceding = preceding_tests(run)
    for other in _others(run, [attempt.case], folders):
        if beside.count >= _MOST_ATTEMPTS:
            break
        beside.add(other.id, _cases(other))
        preceding |= preceding_tests(other)

    return beside.explanation(preceding)


def explain_briefly(
    run: Run, attempts: Sequence[Attempt], *, seconds: float = 0.5
) -> dict[str, Explanation]:
    """
    Explain *attempts* of *run*, by their traces, as well as that can be done in so many
    *seconds*: beside what can be read of the latest runs in the same store. None of
    those is in it for which the time was too short.
    """
    until = time.monotonic() + seconds
    # What is read in half of the time is compared in the other one.
    reading = until - seconds / 2
    folders = _quickly_read(layout.store_of(run.path), reading)
    all_beside = _all_beside(run, attempts, folders, _MOST_BRIEFLY)

    told: dict[str, Explanation] = {}
    for beside in all_beside:
        if time.monotonic() > until:
            break
        told[beside.attempt.trace_id] = beside.explanation(preceding_tests(run))

    return told


def explain_all(
    run: Run,
    attempts: Sequence[Attempt],
    folders: Iterable[str],
    preceding: Mapping[str, str],
) -> dict[str, Explanation]:
    """
    Explain each of *attempts* of *run*, which may be a part of a run, by their traces,
    as `explain` does: each of the runs in *folders* is read once. *preceding* names the
    test that ran before each of them.
    """
    known = dict(preceding)
    all_beside = _all_beside(run, attempts, folders, _MOST_ATTEMPTS, known)

    return {one.attempt.trace_id: one.explanation(known) for one in all_beside}


def _all_beside(
    run: Run,
    attempts: Sequence[Attempt],
    folders: Iterable[str],
    most: int,
    preceding: dict[str, str] | None = None,
) -> list[_Beside]:
    """
    Gather for each of *attempts* up to *most* others from *run* and those in *folders*;
    what preceded these is added to *preceding*.
    """
    all_beside = [_Beside(run, attempt) for attempt in attempts]
    own = _cases(run)
    for beside in all_beside:
        beside.add(run.id, own)
    if not all_beside:
        return []
    for other in _others(run, {one.case for one in attempts}, folders):
        few = [one for one in all_beside if one.count < most]
        if not few:
            break
        cases = _cases(other)
        for beside in few:
            beside.add(other.id, cases)
        if preceding is not None:
            preceding |= preceding_tests(other)

    return all_beside


def findings_of(
    attempt: Attempt, passing: Sequence[Attempt] = ()
) -> tuple[Finding, ...]:
    """
    Diagnose *attempt*; nothing where that fails, which is told.
    """
    return _diagnosed(attempt, passing) or ()


# What a service sends is no end of strange, and a report without a cause is still one.
@never_raises("diagnosis", "of a test it is not told why it failed")
def _diagnosed(attempt: Attempt, passing: Sequence[Attempt]) -> tuple[Finding, ...]:
    return diagnose(attempt, passing)


@never_raises("diagnosis", "of a test it is not told what differs when it passes")
def _compared(
    failing: Sequence[Attempt], passing: Sequence[Attempt], preceding: dict[str, str]
) -> Comparison:
    return compare(failing, passing, preceding=preceding)


def _nothing_compared(failing: int) -> Comparison:
    return Comparison(failing=failing, passing=0, differences=(), consequences=())


@dataclass(slots=True)
class _Beside:
    """
    What *attempt* of *run* is to be compared with; only with the passing one whose
    trace begins *against*, if that is told.
    """

    run: Run
    attempt: Attempt
    against: str = ""
    failing: list[Attempt] = field(default_factory=list)
    passing: list[Attempt] = field(default_factory=list)
    runs: int = 0
    last_pass: tuple[str, Attempt] | None = None

    @property
    def count(self) -> int:
        return 1 + len(self.failing) + len(self.passing)

    def add(self, run_id: str, cases: _Cases) -> None:
        before = self.count
        case = cases.get((self.attempt.suite, self.attempt.case))
        if case is not None:
            # The one that is asked for may be far away.
            for other in case.attempts if self.against else near(case, self.attempt):
                self._add(run_id, other)
        self.runs += self.count > before

    def _add(self, run_id: str, other: Attempt) -> None:
        if other.trace_id == self.attempt.trace_id:
            return
        if other.outcome is Outcome.PASSED:
            if other.trace_id.startswith(self.against):
                self.passing.append(other)
                self.last_pass = self.last_pass or (run_id, other)
        elif not self.against and _failed_alike(other, self.attempt):
            self.failing.append(other)

    def explanation(self, preceding: dict[str, str]) -> Explanation:
        failing = [self.attempt, *self.failing]
        compared: Comparison | None = _compared(failing, self.passing, preceding)

        return Explanation(
            run=self.run,
            attempt=self.attempt,
            findings=findings_of(self.attempt, self.passing),
            comparison=compared or _nothing_compared(len(failing)),
            runs=self.runs,
            last_pass=self.last_pass,
        )


def near(case: Case, attempt: Attempt) -> Sequence[Attempt]:
    """
    Give the attempts of *case*; of very many those around *attempt*, or the last ones.
    """
    attempts = case.attempts
    if len(attempts) <= _MOST_OF_A_RUN:
        return attempts

    place = next(
        (at for at, one in enumerate(attempts) if one is attempt), len(attempts)
    )
    first = min(max(place - _MOST_OF_A_RUN // 2, 0), len(attempts) - _MOST_OF_A_RUN)

    return attempts[first : first + _MOST_OF_A_RUN]


def _cases(run: Run) -> _Cases:
    return {(case.suite, case.name): case for case in run.cases}


def _others(run: Run, cases: Collection[str], folders: Iterable[str]) -> Iterator[Run]:
    for folder in folders:
        if os.path.abspath(folder) == os.path.abspath(run.path):
            continue
        try:
            yield load(folder, cases=cases)
        except UnreadableRun:
            # Of a newer format, or pruned in between.
            continue


def _quickly_read(directory: str, until: float) -> Iterator[str]:
    """
    Give the latest run folders of *directory* as long as there is time to read the
    next one, and none that is too large for what is left.
    """
    folders = layout.run_folders(directory) if directory else []
    for folder in folders[:_MOST_RUNS]:
        left = until - time.monotonic()
        if left <= 0:
            return
        if size_of(folder) <= left * _BYTES_A_SECOND:
            yield folder


def _failed_alike(other: Attempt, attempt: Attempt) -> bool:
    if not other.is_failure:
        return False

    types = [one.errors[0].type if one.errors else "" for one in (other, attempt)]

    return types[0] == types[1]
