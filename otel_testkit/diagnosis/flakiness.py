"""
How a case has fared over all its attempts: whether it is flaky, how often it fails,
whether it fails in bursts, and which cases fail together.

Flaky tests are rare events: a few runs without a failure say little, so every rate
comes with its interval, and nothing is called fixed before that many passes would
be a surprise.
"""

from __future__ import annotations

import enum
import math

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import Final

from otel_testkit.diagnosis.intervals import rate
from otel_testkit.store.index import Result


# As surprising as this a series has to be before it counts as one.
_SURPRISE: Final = 0.05
# To call one broken takes more: people drop what they do for it.
_ACCUSATION: Final = 0.01
# Fewer attempts leave every rate possible.
_FEW: Final = 5
# The latest attempts, in which flips are counted, and in which bursts are looked for.
_WINDOW: Final = 50
_LONG_WINDOW: Final = 500
# As much of their failing runs must two cases share, to be one incident.
_SHARED: Final = 0.5
_LEAST_SHARED: Final = 2
# A run in which more cases fail than this says nothing about any two of them.
_MOST_IN_ONE_RUN: Final = 40


class State(enum.StrEnum):
    """
    What is to be expected of a case that has failed. NEW: it failed in the latest run,
    for the first time; FLAKY: now and then; BROKEN: it hardly passes any more; FIXED:
    it has passed oftener since than a flaky one would.
    """

    NEW = "new"
    FLAKY = "flaky"
    BROKEN = "broken"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flakiness:
    """
    So many *failures* in so many *attempts* of a case: what was tried again in one run
    because it failed, and failed again, counts once.

    *rate* is the share of failures that is to be expected. *flip_rate* is the share of
    the latest attempts that ended otherwise than the one before. *is_proved*: it both failed and passed on the same code, in the places
    *proofs*, runs and revisions. *burst* is the chance that its failures come so close
    together by themselves: a small one speaks of an outage, not of a race.
    """

    suite: str
    case: str
    state: State
    attempts: int
    failures: int
    rate: float
    flip_rate: float
    is_proved: bool
    proofs: tuple[str, ...] = field(repr=False)
    burst: float
    failing_runs: frozenset[str] = field(repr=False)

    @property
    def interval(self) -> tuple[float, float]:
        """
        Between which bounds the rate lies with 95 %.
        """
        low, high = (rate(self.failures, self.attempts, at) for at in (0.025, 0.975))

        return low, high

    @property
    def is_too_few(self) -> bool:
        """
        Whether there are too few attempts to tell a rate.
        """
        return self.attempts < _FEW

    @property
    def is_bursty(self) -> bool:
        """
        Whether its failures come in bursts.
        """
        return self.burst <= _SURPRISE


@dataclass(frozen=True, slots=True)
class Incident:
    """
    Cases, by suite and name, that fail together, and the runs in which two of them do.
    """

    cases: tuple[tuple[str, str], ...]
    runs: tuple[str, ...]


def assess(suite: str, case: str, results: Sequence[Result]) -> Flakiness | None:
    """
    Tell how a case fares by its *results* from first to last; None if it never failed.
    """
    runs = _fails_by_run(results)
    fails = _independent(runs)
    failures = sum(fails)
    if not failures:
        return None

    recent, latest = fails[-_WINDOW:], fails[-_LONG_WINDOW:]
    proofs = _proofs(results)

    return Flakiness(
        suite=suite,
        case=case,
        state=_state(runs),
        attempts=len(fails),
        failures=failures,
        rate=rate(failures, len(fails)),
        flip_rate=_flips(recent) / max(1, len(recent) - 1),
        is_proved=bool(proofs),
        proofs=proofs,
        burst=runs_chance(sum(latest), len(latest) - sum(latest), 1 + _flips(latest)),
        failing_runs=frozenset(result.run for result in results if result.is_failure),
    )


def runs_chance(failures: int, passes: int, series: int) -> float:
    """
    Give the chance that *failures* and *passes* in random order make at most so many
    *series* of equals: the runs test of Wald and Wolfowitz, exact.
    """
    if not failures or not passes:
        return 1.0

    ways = 0
    for count in range(2, series + 1):
        half, odd = divmod(count, 2)
        if odd:
            ways += math.comb(failures - 1, half) * math.comb(passes - 1, half - 1)
            ways += math.comb(failures - 1, half - 1) * math.comb(passes - 1, half)
        else:
            ways += (
                2 * math.comb(failures - 1, half - 1) * math.comb(passes - 1, half - 1)
            )

    return ways / math.comb(failures + passes, failures)


def incidents(found: Iterable[Flakiness]) -> list[Incident]:
    """
    Put together what fails together: cases that share half of their failing runs, and
    at least two; the largest incident first.
    """
    runs = {(one.suite, one.case): one.failing_runs for one in found}
    shared: Counter[tuple[tuple[str, str], tuple[str, str]]] = Counter()
    for cases in _by_run(runs).values():
        if len(cases) <= _MOST_IN_ONE_RUN:
            shared.update(combinations(sorted(cases), 2))

    groups: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for (one, other), count in shared.items():
        either = len(runs[one] | runs[other])
        if count < max(_LEAST_SHARED, _SHARED * either):
            continue
        merged = groups.get(one, {one}) | groups.get(other, {other})
        for case in merged:
            groups[case] = merged

    unique = {id(group): group for group in groups.values()}

    return sorted(
        (
            Incident(tuple(sorted(group)), _common_runs(group, runs))
            for group in unique.values()
        ),
        key=lambda one: (-len(one.cases), one.cases),
    )


def _proofs(results: Sequence[Result]) -> tuple[str, ...]:
    """
    Name the runs and the revisions in which a case did both.
    """
    seen: dict[str, set[bool]] = {}
    for result in results:
        for place in (result.run, result.revision):
            if place:
                seen.setdefault(place, set()).add(result.is_failure)

    return tuple(place for place, outcomes in seen.items() if len(outcomes) == 2)


def _fails_by_run(results: Sequence[Result]) -> list[list[bool]]:
    by_run: dict[str, list[bool]] = {}
    for result in results:
        by_run.setdefault(result.run, []).append(result.is_failure)

    return list(by_run.values())


def _independent(runs: Iterable[Sequence[bool]]) -> list[bool]:
    """
    Tell which attempts failed, without those that were made but because one had failed,
    and failed again: mostly for the same reason.
    """
    fails: list[bool] = []
    for told in runs:
        is_retried = all(told[:-1])
        fails += sorted(set(told), reverse=True) if is_retried else told

    return fails


def _state(runs: Sequence[Sequence[bool]]) -> State:
    # A run in which it did both is neither a failure nor a pass.
    ends = [set(told) for told in runs]
    latest = ends[-1]
    streak = 1
    while streak < len(ends) and ends[-streak - 1] == latest:
        streak += 1

    before = _independent(runs[:-streak])
    failures = sum(before)
    if latest == {False}:
        # Whoever repeats it in one run wants to know.
        passes = sum(len(told) for told in runs[-streak:])
        if _passing(failures, len(before), passes) <= _SURPRISE:
            return State.FIXED
    # Once may be chance, however seldom it was before.
    elif latest == {True} and streak > 1:
        chance: float = rate(failures, len(before)) ** streak
        if not before or chance <= _ACCUSATION:
            return State.BROKEN

    is_new = True in latest and sum(True in end for end in ends) == 1

    return State.NEW if is_new else State.FLAKY


def _passing(failures: int, total: int, passes: int) -> float:
    """
    Give the chance of so many *passes* in a row after so many *failures* of *total*:
    few leave the rate open, so that it is averaged over all rates (Beta-binomial, after
    Jeffreys' prior).
    """
    passed = total - failures + 0.5

    return math.prod((passed + at) / (total + 1 + at) for at in range(passes))


def _flips(fails: Sequence[bool]) -> int:
    return sum(a != b for a, b in pairwise(fails))


def _by_run(
    runs: Mapping[tuple[str, str], Iterable[str]],
) -> dict[str, list[tuple[str, str]]]:
    by_run: dict[str, list[tuple[str, str]]] = {}
    for case, failing in runs.items():
        for run in failing:
            by_run.setdefault(run, []).append(case)

    return by_run


def _common_runs(
    group: Iterable[tuple[str, str]], runs: Mapping[tuple[str, str], Iterable[str]]
) -> tuple[str, ...]:
    counted = Counter(run for case in group for run in runs[case])

    return tuple(sorted(run for run, count in counted.items() if count > 1))
