"""
What counts of passing and failing attempts can prove, and what they cannot.

All of it is exact: there are a handful of attempts, not thousands.
"""

from __future__ import annotations

import math

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Final


# The share of wrong ones that a list of findings may hold.
LEVEL: Final = 0.10
_MOST_NEEDED: Final = 1_000


def fisher(failing: int, of_failing: int, passing: int, of_passing: int) -> float:
    """
    Give the chance that of all attempts that show something at least *failing* are
    among the failing ones, if it had nothing to do with the failure: Fisher's exact
    test, one-sided.
    """
    showing = failing + passing
    most = min(showing, of_failing)
    ways = sum(
        math.comb(of_failing, count) * math.comb(of_passing, showing - count)
        for count in range(failing, most + 1)
    )

    return ways / math.comb(of_failing + of_passing, showing)


def is_provable(showing: int, of_failing: int, of_passing: int) -> bool:
    """
    Tell whether what *showing* attempts show, failing and passing together, could
    be told from chance at all, however they divide.

    What could not takes nothing from what can: Tarone, and for the share of false
    findings Gilbert.
    """
    failing = min(showing, of_failing)

    return fisher(failing, of_failing, showing - failing, of_passing) <= LEVEL


def benjamini_hochberg(chances: Sequence[float]) -> list[float]:
    """
    Give the q of each p in *chances*: among all with q <= x at most x are wrong.
    """
    in_order = sorted(range(len(chances)), key=chances.__getitem__, reverse=True)
    adjusted = [1.0] * len(chances)
    smallest = 1.0
    for place, index in enumerate(in_order):
        rank = len(chances) - place
        smallest = min(smallest, chances[index] * len(chances) / rank)
        adjusted[index] = smallest

    return adjusted


def more_failing(
    failing: int, of_failing: int, passing: int, of_passing: int, hypotheses: int
) -> int | None:
    """
    Tell how many more failing attempts, all showing it, prove what *failing* of
    *of_failing* and *passing* of *of_passing* show, beside so many *hypotheses*;
    None if far too many.
    """
    return _first(
        lambda more: (
            hypotheses * fisher(failing + more, of_failing + more, passing, of_passing)
        )
    )


def more_passing(
    failing: int, of_failing: int, passing: int, of_passing: int, hypotheses: int
) -> int | None:
    """
    Tell the same of more passing attempts, none showing it.
    """
    return _first(
        lambda more: (
            hypotheses * fisher(failing, of_failing, passing, of_passing + more)
        )
    )


def _first(chance: Callable[[int], float]) -> int | None:
    """
    Find the first number that makes *chance*, which falls, small enough.
    """
    if chance(_MOST_NEEDED) > LEVEL:
        return None

    return bisect_left(range(_MOST_NEEDED), -LEVEL, key=lambda more: -chance(more))
