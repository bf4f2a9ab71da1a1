"""
Which difference is the likeliest culprit, and what the counts say about each.
"""

from __future__ import annotations

import math
import statistics

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from otel_testkit.diagnosis.comparison import evidence
from otel_testkit.diagnosis.comparison.predicate import DifferenceKind, Predicate
from otel_testkit.diagnosis.failure import failed_at
from otel_testkit.diagnosis.significance import (
    benjamini_hochberg,
    fisher,
    is_provable,
)
from otel_testkit.trace.model import Attempt, Span


# Among differences that are seen in the same attempts, which is rather a cause.
_WEIGHTS: Final[Mapping[DifferenceKind, float]] = {
    DifferenceKind.ERROR: 5,
    DifferenceKind.SLOW: 4,
    DifferenceKind.ORDER: 3,
    DifferenceKind.MISSING: 3,
    DifferenceKind.RECOVERED: 2.5,
    DifferenceKind.SHAPE: 2,
    DifferenceKind.EXTRA: 2,
    DifferenceKind.MORE: 2,
    DifferenceKind.FEWER: 2,
    DifferenceKind.VALUE: 1.5,
    DifferenceKind.FAST: 1.5,
    DifferenceKind.PRECEDING: 1,
    DifferenceKind.WAIT: 0.8,
    DifferenceKind.STATUS: 0.5,
    DifferenceKind.WORKER: 0.3,
    DifferenceKind.ENVIRONMENT: 0.2,
    DifferenceKind.IDENTITY: 0,
}
# What the last call before the failure brought is what the test did not like.
_LAST_WORDS: Final = frozenset(
    {DifferenceKind.SHAPE, DifferenceKind.VALUE, DifferenceKind.STATUS}
)
_LAST_WEIGHT: Final = 3.5
# A delay of less than this share of the test has hurt nobody.
_PATIENCE: Final = 0.1
_SMALL_DELAY: Final = 2.2
# What it takes off, that passing attempts show the like of it so often.
_HABIT: Final = 0.6
_RARE: Final = 0.2


class Trial:
    """
    The attempts by their index, the passing ones first: nothing is cut off them.
    """

    def __init__(self, passing: Sequence[Attempt], failing: Sequence[Attempt]) -> None:
        self.attempts: tuple[Attempt, ...] = (*passing, *failing)
        self.passing: int = len(passing)
        self.failing: int = len(failing)

        self.usual_duration: float = statistics.median(one.duration for one in passing)

        # By what became of each, not by what the caller takes it for.
        self._failed = [failed_at(attempt) for attempt in self.attempts]
        self._last: dict[int, frozenset[Span]] = {}

    def shown(self, holds: int) -> tuple[int, int]:
        """
        Count the failing and the passing attempts that *holds* has.
        """
        passing = holds & ((1 << self.passing) - 1)

        return (holds >> self.passing).bit_count(), passing.bit_count()

    def failing_in(self, holds: int) -> Iterator[int]:
        """
        Give the indexes of the failing attempts that *holds* has.
        """
        for index in range(self.passing, len(self.attempts)):
            if holds >> index & 1:
                yield index

    def is_late(self, predicate: Predicate) -> bool:
        """
        Tell whether *predicate* shows only in what had failed by then.
        """
        is_any = False
        for index, failed in enumerate(self._failed):
            if failed is not None and predicate.holds >> index & 1:
                is_any = True
                attempt = self.attempts[index]
                if not evidence.is_late(predicate, index, attempt, failed):
                    return False

        return is_any

    def is_last(self, predicate: Predicate) -> bool:
        """
        Tell whether *predicate* shows in the last call before each failure.
        """
        return all(
            span in self._last_spans(index)
            for index in self.failing_in(predicate.holds)
            for span in evidence.spans_of(predicate, index, self.attempts[index])[:1]
        )

    def _last_spans(self, index: int) -> frozenset[Span]:
        known = self._last.get(index)
        if known is None:
            failed = self._failed[index] or self.attempts[index].span.last_seen
            made = [
                child
                for span in self.attempts[index].spans
                if span.is_test or span.is_step
                for child in span.children
                if child.start < failed and not child.is_step
            ]
            last = max(made, key=lambda span: span.start, default=None)
            known = frozenset(last.walk() if last else ())
            self._last[index] = known

        return known

    def is_long(self, predicate: Predicate) -> bool:
        """
        Tell whether the delay of *predicate* is one that a test would notice.
        """
        return self.delay(predicate) >= _PATIENCE * self.usual_duration

    def delay(self, predicate: Predicate) -> float:
        """
        Give the nanoseconds that *predicate* costs the failing attempt in which it
        costs most, beside the usual passing one.
        """
        passing = [
            size
            for index, size in predicate.sizes.items()
            if index < self.passing and not predicate.holds >> index & 1
        ]

        return max(
            predicate.sizes[index] for index in self.failing_in(predicate.holds)
        ) - statistics.median(passing or [0])

    def chance(self, holds: int) -> float:
        """
        Give Fisher's p of what *holds* has.
        """
        failing, passing = self.shown(holds)

        return fisher(failing, self.failing, passing, self.passing)

    def false_shares(self, all_held: Iterable[int]) -> dict[int, float]:
        """
        Give q of each of *all_held*, which are all that was looked at.
        """
        found = set(all_held)
        tried = [
            holds
            for holds in found
            if is_provable(holds.bit_count(), self.failing, self.passing)
        ]
        chances = [self.chance(holds) for holds in tried]

        return dict.fromkeys(found, 1.0) | dict(
            zip(tried, benjamini_hochberg(chances), strict=True)
        )


def ochiai(predicate: Predicate, trial: Trial) -> float:
    """
    Give Ochiai's score, from 0 to 1 for what all failing attempts show and no other.
    """
    failing, passing = trial.shown(predicate.holds)

    return failing / math.sqrt(trial.failing * (failing + passing))


def rank(predicate: Predicate, trial: Trial, habits: Habits) -> tuple[float, ...]:
    """
    Give what to sort by: Ochiai's score, then the kind, then what differs first.
    """
    when: float = min(
        evidence.divergence(predicate, index, trial.attempts[index])
        for index in trial.failing_in(predicate.holds)
    )
    if predicate.kind is DifferenceKind.SLOW:
        when = -trial.delay(predicate)
    depth = len(predicate.place.path) if predicate.place else 0

    return (
        -round(ochiai(predicate, trial), 6),
        -_weight(predicate, trial) + habits.penalty(predicate),
        when,
        -depth,
    )


def _weight(predicate: Predicate, trial: Trial) -> float:
    weight = _WEIGHTS[predicate.kind]
    if predicate.kind is DifferenceKind.SLOW and not trial.is_long(predicate):
        return _SMALL_DELAY
    if predicate.kind in _LAST_WORDS and trial.is_last(predicate):
        return max(weight, _LAST_WEIGHT)

    return weight


class Habits:
    """
    How passing attempts differ among themselves. Where each of them is slow
    somewhere else, a failing one may be, too.
    """

    def __init__(self, found: Iterable[Predicate], trial: Trial) -> None:
        self._passing = trial.passing
        self._seen: Counter[tuple[DifferenceKind, str]] = Counter()

        places: set[tuple[tuple[DifferenceKind, str], int, int]] = set()
        for one in found:
            failing, passing = trial.shown(one.holds)
            if passing == 1 and not failing:
                # One place counts once, however many values differ there.
                places.add((_habit(one), id(one.place), one.holds))
        self._seen.update(habit for habit, _, _ in places)

    def penalty(self, predicate: Predicate) -> float:
        """
        Tell how much less the kind of *predicate* says here than elsewhere.
        """
        often = self._seen[_habit(predicate)] / self._passing

        return _HABIT * math.log1p(often / _RARE)


def _habit(predicate: Predicate) -> tuple[DifferenceKind, str]:
    is_answer = predicate.kind in (DifferenceKind.ERROR, DifferenceKind.RECOVERED)

    return predicate.kind, predicate.value if is_answer else ""
