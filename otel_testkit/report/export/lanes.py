"""
Lanes for spans, one below the other: what runs at the same time and is not part of
each other lies in different ones.

Viewers of the Chrome format take what overlaps in one lane for a mistake of the file,
and what lies inside of another for its part.
"""

from __future__ import annotations

import heapq

from collections.abc import Callable, Iterable, Iterator

from otel_testkit.trace.model import Span


def lay_out(
    roots: Iterable[Span], group: Callable[[Span], str]
) -> Iterator[tuple[Span, str, int]]:
    """
    Give all spans at and below *roots* by their start, each with its *group* and its
    lane there, from 0. A span lies in the lane of its parent if there is room.
    """
    parents: dict[Span, Span] = {}
    spans: list[Span] = []
    for root in roots:
        for span in root.walk():
            spans.append(span)
            parents |= dict.fromkeys(span.children, span)
    # Of those that start together, parents stay first.
    spans.sort(key=lambda span: span.start)

    groups: dict[str, _Lanes] = {}
    for span in spans:
        name = group(span)
        lanes = groups.setdefault(name, _Lanes())
        yield span, name, lanes.place(span, parents.get(span))


class _Lanes:
    """
    The lanes of a group, each with what goes on in it, the innermost last.
    """

    def __init__(self) -> None:
        self._lanes: list[list[Span]] = []
        self._lane_of: dict[Span, int] = {}
        # By the end of their outermost span, and by their number.
        self._busy: list[tuple[int, int]] = []
        self._free: list[int] = []

    def place(self, span: Span, parent: Span | None) -> int:
        """
        Find the lane of *span*; to be called in the order of their starts.
        """
        while self._busy and self._busy[0][0] <= span.start:
            heapq.heappush(self._free, heapq.heappop(self._busy)[1])

        lane = None if parent is None else self._lane_of.get(parent)
        if lane is None or not self._has_room(lane, span, parent):
            lane = self._free_lane(span)
        self._lanes[lane].append(span)
        self._lane_of[span] = lane

        return lane

    def _has_room(self, lane: int, span: Span, parent: Span | None) -> bool:
        going = self._lanes[lane]
        while going and going[-1].last_seen <= span.start:
            going.pop()

        return (
            bool(going)
            and going[-1] is parent
            and span.last_seen <= going[-1].last_seen
        )

    def _free_lane(self, span: Span) -> int:
        if self._free:
            lane = heapq.heappop(self._free)
            self._lanes[lane].clear()
        else:
            lane = len(self._lanes)
            self._lanes.append([])
        heapq.heappush(self._busy, (span.last_seen, lane))

        return lane
