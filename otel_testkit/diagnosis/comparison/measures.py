"""
How often and how long: numbers, and where they fall apart into small and large.
"""

from __future__ import annotations

import statistics

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from otel_testkit.diagnosis.comparison.alignment import Place
from otel_testkit.diagnosis.comparison.observations import own_time
from otel_testkit.diagnosis.comparison.predicate import DifferenceKind, Predicate, bits
from otel_testkit.diagnosis.wording import duration


# Less than this is no delay, in nanoseconds.
_LEAST_DELAY: Final = 20_000_000
_MOST_CUTS: Final = 3
# Makes a standard deviation of a median deviation.
_NORMAL: Final = 1.4826


def counts(place: Place) -> Iterator[Predicate]:
    """
    Tell where *place* was come to oftener than elsewhere, or less often.
    """
    counted = {index: len(spans) for index, spans in place.spans.items()}
    shown = {index: _times(count) for index, count in counted.items()}
    if len(set(counted.values())) == 2:
        # Once and twice differ, if it is always the one or the other.
        cuts: list[float] = [max(counted.values())]
    else:
        cuts = _cuts(counted, 0)
    for cut in cuts:
        more = bits(index for index, count in counted.items() if count >= cut)
        fewer = bits(counted) & ~more
        for kind, holds in ((DifferenceKind.MORE, more), (DifferenceKind.FEWER, fewer)):
            yield Predicate(
                kind=kind,
                place=place,
                holds=holds,
                value=_times(round(cut)),
                values=shown,
                sizes=counted,
            )


def durations(place: Place, ends: Sequence[float]) -> Iterator[Predicate]:
    """
    Tell where *place* itself took longer than elsewhere, or was quicker, before the
    attempts came to their *ends*.
    """
    times = {
        index: max(own_time(span, ends[index]) for span in spans)
        for index, spans in place.spans.items()
    }
    shown: dict[int, str] = {}
    is_ours = place.is_of_test
    for cut in _cuts(times, _LEAST_DELAY):
        shown = shown or {index: duration(time) for index, time in times.items()}
        slow = bits(index for index, time in times.items() if time >= cut)
        yield Predicate(
            kind=DifferenceKind.WAIT if is_ours else DifferenceKind.SLOW,
            place=place,
            holds=slow,
            value=duration(cut),
            values=shown,
            sizes=times,
        )
        if not is_ours:
            yield Predicate(
                kind=DifferenceKind.FAST,
                place=place,
                holds=bits(times) & ~slow,
                value=duration(cut),
                values=shown,
                sizes=times,
            )


def _cuts(values: Mapping[int, float], least: float) -> list[float]:
    """
    Tell where *values* fall apart into small and large ones: the large ones are at
    least twice the median of the small ones, *least* more, and far beyond their
    scatter. Gives the smallest of the large ones, the widest gap first.
    """
    in_order = sorted(values.values())
    if not in_order or in_order[-1] < 2 * in_order[0] + least:
        return []

    found = []
    for place in range(1, len(in_order)):
        low, high = in_order[place - 1], in_order[place]
        if high < 1.25 * low + least / 4:
            continue
        small = in_order[:place]
        middle = statistics.median(small)
        scatter = statistics.median(abs(value - middle) for value in small)
        if high >= max(2 * middle, middle + least + 5 * _NORMAL * scatter):
            found.append((high / (low + 1), high))
    found.sort(reverse=True)

    return [cut for _, cut in found[:_MOST_CUTS]]


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
