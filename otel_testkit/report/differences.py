"""
Which of all differences are worth a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from otel_testkit.diagnosis import Comparison, Difference
from otel_testkit.diagnosis.comparison import DifferenceKind


_MOST_DIFFERENCES: Final = 5
_LIKELY_CHANCE: Final = 0.25
# Of a few attempts, some of these always differ.
_ACCIDENTAL: Final = frozenset(
    {
        DifferenceKind.ENVIRONMENT,
        DifferenceKind.FAST,
        DifferenceKind.IDENTITY,
        DifferenceKind.PRECEDING,
        DifferenceKind.STATUS,
        DifferenceKind.WAIT,
        DifferenceKind.WORKER,
    }
)


def told_differences(comparison: Comparison) -> Sequence[Difference]:
    """
    Give the differences that are worth a line: the first ones, without those that
    come by chance as often as not.
    """
    # Of a single failing attempt no chance can be told.
    is_single = comparison.failing == 1 or comparison.passing == 1
    told = [
        one for one in comparison.differences if is_single or one.p <= _LIKELY_CHANCE
    ]

    return told[:_MOST_DIFFERENCES]


def first_difference(comparison: Comparison) -> Difference | None:
    """
    Give the difference that is told where there is room for one: the first one, if it
    goes with the failure and is more than an accident.
    """
    for difference in told_differences(comparison)[:1]:
        is_accident = difference.kind in _ACCIDENTAL and not difference.is_proved
        if not is_accident and 2 * difference.passing <= difference.of_passing:
            return difference

    return None
