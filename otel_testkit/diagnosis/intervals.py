"""
How often a test fails, as far as a few runs can tell.

"0 failures in 10 runs" does not mean a rate of 0: it means one below 28 %.
"""

from __future__ import annotations

import math

from functools import lru_cache
from statistics import NormalDist
from typing import Final


# A million attempts take about a thousand.
_STEPS: Final = 10_000
_MOST_STEPS: Final = 200
_TINY: Final = 1e-300
_EXACT: Final = 1e-15


def wilson(count: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """
    Give Wilson's interval for a rate of which *count* of *total* were seen; from 0
    to 1 if nothing was.
    """
    if not total:
        return 0.0, 1.0

    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = count / total
    scale = 1 + z * z / total
    middle = (share + z * z / (2 * total)) / scale
    reach = (
        z / scale * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    )

    low = 0.0 if not count else max(0.0, middle - reach)
    high = 1.0 if count == total else min(1.0, middle + reach)

    return low, high


def rate(count: int, total: int, chance: float = 0.5) -> float:
    """
    Give the rate below which the true one lies with *chance*, where *count* of
    *total* were seen: by Bayes with Jeffreys' prior, Beta(½, ½).
    """
    return beta_quantile(chance, count + 0.5, total - count + 0.5)


@lru_cache(maxsize=4096)
def beta_quantile(chance: float, a: float, b: float) -> float:
    """
    Give the rate below which Beta(*a*, *b*) lies with *chance*.
    """
    low, high = 0.0, 1.0
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    at = a / (a + b)
    for _ in range(_MOST_STEPS):
        error = beta_share(at, a, b) - chance
        if error < 0:
            low = at
        else:
            high = at
        # After Newton, or by halves where that leads out of the bounds.
        slope = math.exp(scale + (a - 1) * math.log(at) + (b - 1) * math.log1p(-at))
        following = at - error / slope if slope else -1.0
        if not low < following < high:
            following = (low + high) / 2
        if abs(following - at) <= _EXACT * at:
            break
        at = following

    return at


def beta_share(rate: float, a: float, b: float) -> float:
    """
    Give the share of Beta(*a*, *b*) below *rate*: the regularized incomplete beta
    function.
    """
    if not 0 < rate < 1:
        return float(rate >= 1)
    if rate > (a + 1) / (a + b + 2):
        # The fraction below converges quickly on its own side only.
        return 1 - beta_share(1 - rate, b, a)

    front = math.exp(
        math.lgamma(a + b)
        - math.lgamma(a)
        - math.lgamma(b)
        + a * math.log(rate)
        + b * math.log1p(-rate)
    )

    return front / a * _fraction(rate, a, b)


def _fraction(rate: float, a: float, b: float) -> float:
    """
    Work out the continued fraction of the incomplete beta function, after Lentz.
    """
    c, d = 1.0, 1 / _safe(1 - (a + b) * rate / (a + 1))
    result = d
    for step in range(1, _STEPS):
        even = step * (b - step) * rate / ((a + 2 * step - 1) * (a + 2 * step))
        odd = -(a + step) * (a + b + step) * rate
        odd /= (a + 2 * step) * (a + 2 * step + 1)
        change = 1.0
        for term in (even, odd):
            d = 1 / _safe(1 + term * d)
            c = _safe(1 + term / c)
            change = c * d
            result *= change
        if abs(change - 1) < _EXACT:
            break

    return result


def _safe(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
