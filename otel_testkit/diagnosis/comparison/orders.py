"""
What came first, where that is not always the same: the tracks of a race.
"""

from __future__ import annotations

import statistics

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Final

from otel_testkit.diagnosis.comparison.alignment import Place
from otel_testkit.diagnosis.comparison.predicate import DifferenceKind, Predicate, bits


# Less than this, in nanoseconds, is no order, and more than this always is one.
_LEAST_LEAD: Final = 1_000_000
_CLEAR_LEAD: Final = 20_000_000
_MOST_ORDERS: Final = 400


def orders(root: Place) -> Iterator[Predicate]:
    """
    Tell of any two places which came first, where it is not always the same.
    """
    places = [
        place
        for place in root.walk()
        if place.parent is not None and not place.children
    ]
    indexes = list(root.spans)
    spread = [_Spread(place) for place in places]
    reference = indexes[0]
    known = [one for one in spread if reference in one.starts]
    known.sort(key=lambda one: one.starts[reference])
    starts = [one.starts[reference] for one in known]
    flipped: dict[tuple[int, int], None] = {}
    for index in indexes[1:]:
        _flips(known, starts, reference, index, flipped)

    for first, second in flipped:
        yield from _order(known[first], known[second])


class _Spread:
    __slots__ = ("ends", "once", "place", "starts")

    def __init__(self, place: Place) -> None:
        self.place = place
        self.starts: dict[int, int] = {}
        self.ends: dict[int, int] = {}
        self.once = {index for index, spans in place.spans.items() if len(spans) == 1}
        for index, spans in place.spans.items():
            self.starts[index] = min(span.start for span in spans)
            self.ends[index] = max(span.last_seen for span in spans)


def _flips(
    known: list[_Spread],
    starts: list[int],
    reference: int,
    index: int,
    flipped: dict[tuple[int, int], None],
) -> None:
    """
    Note the pairs whose first had ended before the second began in *reference*, and
    had not in attempt *index*.
    """
    began = [one.starts.get(index) for one in known]
    # The earliest that anything from here on began: most traces have no flips.
    earliest: list[float] = [float("inf")] * (len(known) + 1)
    for at in range(len(known) - 1, -1, -1):
        start = began[at]
        earliest[at] = min(earliest[at + 1], float("inf") if start is None else start)
    for at, one in enumerate(known):
        end = one.ends.get(index)
        if end is None:
            continue
        after = bisect_left(starts, one.ends[reference])
        if earliest[after] >= end:
            continue
        if len(flipped) >= _MOST_ORDERS:
            return
        for later in range(after, len(known)):
            start = began[later]
            if start is not None and start < end:
                flipped[at, later] = None


def _order(first: _Spread, second: _Spread) -> Iterator[Predicate]:
    values: dict[int, str] = {}
    gaps: dict[int, int] = {}
    for index, start in second.starts.items():
        # What was repeated has no one time.
        if index in first.ends and index in first.once and index in second.once:
            gaps[index] = start - first.ends[index]
            values[index] = "before" if gaps[index] < 0 else "after"
    before = bits(index for index, gap in gaps.items() if gap < 0)
    after = bits(gaps) & ~before
    if not before or not after or not _is_clear(gaps.values()):
        return

    for kind_value, holds in (("before", before), ("after", after)):
        yield Predicate(
            kind=DifferenceKind.ORDER,
            place=second.place,
            holds=holds,
            value=kind_value,
            values=values,
            other=first.place,
        )


def _is_clear(gaps: Iterable[int]) -> bool:
    """
    Tell whether *gaps* are a change of order rather than things that run at about
    the same time.
    """
    after = sorted(gap for gap in gaps if gap >= 0)
    before = [-gap for gap in gaps if gap < 0]
    middle = statistics.median(after)

    usual = 2 * (after[-1] - middle) + _LEAST_LEAD

    return min(before) > min(usual, _CLEAR_LEAD)
