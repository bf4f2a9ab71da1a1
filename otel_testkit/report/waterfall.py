"""
Which spans of an attempt are shown, and as what: rows, before any drawing.

Repeated calls become one row. Where there are more rows than fit, those stay
that speak of the failure: failing calls, their neighbours, then the steps.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from itertools import groupby, pairwise, zip_longest
from typing import Final

from otel_testkit.trace.complaint import complaint
from otel_testkit.trace.model import Call, Span
from otel_testkit.trace.naming import short_path


# Deeper spans stand at this depth, for their labels to keep some place.
_MOST_DEPTH: Final = 8


@dataclass(frozen=True, slots=True)
class Row:
    """
    A line of the waterfall, for one span or several that are alike.

    *label* is without the method; *branches* tells for each level above whether its last branch was reached;
    *note* is what the call complains of, "" where that is known or not asked.
    """

    spans: tuple[Span, ...]
    label: str
    branches: tuple[bool, ...]
    note: str

    @property
    def method(self) -> str:
        span = self.spans[0]

        return span.method if isinstance(span, Call) else ""

    @property
    def status(self) -> str:
        """
        The HTTP status, as text; "" without one.
        """
        span = self.spans[0]

        return str(span.status or "") if isinstance(span, Call) else ""

    @property
    def resend_count(self) -> int:
        span = self.spans[0]

        return span.resend_count if isinstance(span, Call) else 0

    @property
    def is_failing(self) -> bool:
        return any(span.is_failing for span in self.spans)

    @property
    def is_open(self) -> bool:
        return any(span.is_open for span in self.spans)

    @property
    def start(self) -> int:
        return self.spans[0].start

    @property
    def duration(self) -> int:
        return sum(span.duration for span in self.spans)


@dataclass(slots=True, eq=False)
class _Item:
    spans: tuple[Span, ...]
    above: _Item | None = None
    note: str = ""
    below: list[_Item] = field(default_factory=list)

    @property
    def is_bad(self) -> bool:
        return any(span.is_failing or span.is_open for span in self.spans)


def waterfall(
    root: Span,
    *,
    lines: int | None = None,
    notes: bool = True,
    told: Iterable[str] = (),
) -> tuple[list[Row], int]:
    """
    Give the rows of *root* and all below it, and how many spans are in none.

    Args:
        lines: the most lines to take, counting one more for each note; None for
            every span in a row of its own.
        notes: whether failing calls say what they complain of.
        told: messages that stand elsewhere and need no note.
    """
    fold: Fold = _one_by_one if lines is None else _fold_neighbours
    items = _items(root, fold, told if notes else None)
    if lines is not None and _cost(items) > lines:
        items = _items(root, _fold_siblings, told if notes else None)
    if lines is not None and _cost(items) > lines:
        items = _most_telling(items, lines)

    last_below = {item.above: item for item in items}
    branches: dict[_Item | None, tuple[bool, ...]] = {None: ()}
    rows = []
    for item in items:
        if item.above is not None:
            is_last = last_below[item.above] is item
            branches[item] = (*branches[item.above][: _MOST_DEPTH - 1], is_last)
        else:
            branches[item] = ()
        rows.append(Row(item.spans, _label(item), branches[item], item.note))

    return rows, sum(1 for _ in root.walk()) - sum(len(item.spans) for item in items)


Fold = Callable[[list[Span]], Iterable[tuple[Span, ...]]]


def _items(root: Span, fold: Fold, told: Iterable[str] | None) -> list[_Item]:
    """
    Give the items of the whole tree, parents first.
    """
    items = []
    waiting = [_Item((root,))]
    while waiting:
        item = waiting.pop()
        items.append(item)
        if len(item.spans) == 1:
            item.below = [
                _Item(spans, item) for spans in fold(list(item.spans[0].children))
            ]
            waiting.extend(reversed(item.below))

    if told is not None:
        _note_complaints(items, set(told))

    return items


def _one_by_one(spans: list[Span]) -> Iterable[tuple[Span, ...]]:
    return ((span,) for span in spans)


def _fold_neighbours(spans: list[Span]) -> Iterable[tuple[Span, ...]]:
    return (tuple(alike) for _, alike in groupby(_unwrapped(spans), _likeness))


def _fold_siblings(spans: list[Span]) -> Iterable[tuple[Span, ...]]:
    alike: dict[Hashable, list[Span]] = {}
    for span in _unwrapped(spans):
        alike.setdefault(_likeness(span), []).append(span)

    return (tuple(group) for group in alike.values())


def _likeness(span: Span) -> Hashable:
    if not isinstance(span, Call) or not span.method or span.is_open:
        return span

    return span.method, span.peer, span.template, span.status, span.resend_count


def _unwrapped(spans: list[Span]) -> list[Span]:
    """
    Put in place of an instrumentation's span the calls that it wraps: they say
    the same, and say it of each attempt on the wire.
    """
    bare: list[Span] = []
    waiting = list(reversed(spans))
    while waiting:
        span = waiting.pop()
        if isinstance(span, Call) and span.method and _calls_below_tell_all(span):
            waiting.extend(reversed(span.children))
        else:
            bare.append(span)

    return bare


def _calls_below_tell_all(span: Call) -> bool:
    inner = [child for child in span.children if isinstance(child, Call)]
    same = [call for call in inner if call.method == span.method]

    return bool(same) and (not span.is_failing or any(c.is_failing for c in inner))


def _note_complaints(items: list[_Item], told: set[str]) -> None:
    for item in items[1:]:
        span = item.spans[0]
        if not span.is_failing:
            continue
        if isinstance(span, Call):
            note = complaint(span)
        elif span.errors and span.errors[-1].message not in told:
            note = f"{span.errors[-1].short_type}: {span.errors[-1].message}"
        else:
            continue

        if note and note not in told:
            item.note = note
            told.add(note)


def _cost(items: list[_Item]) -> int:
    return sum(2 if item.note else 1 for item in items)


def _most_telling(items: list[_Item], lines: int) -> list[_Item]:
    root, *rest = items
    chosen = {root}
    left = lines - 1

    for item in _by_weight(rest):
        needed: list[_Item] = []
        above: _Item | None = item
        while above is not None and above not in chosen and len(needed) <= left:
            needed.append(above)
            above = above.above

        if (cost := _cost(needed)) <= left:
            chosen.update(needed)
            left -= cost

    return [item for item in items if item in chosen]


def _by_weight(items: list[_Item]) -> list[_Item]:
    bad = [item for item in items if item.is_bad]
    is_bad = set(bad)
    near = {
        neighbour
        for above in {item.above for item in bad if item.above is not None}
        for one, other in pairwise(above.below)
        for neighbour in (one, other)
        if one in is_bad or other in is_bad
    }
    depths: dict[_Item | None, int] = {None: 0}
    for item in items:
        depths[item] = depths.get(item.above, 0) + 1

    # From both ends: the first failing call may be the cause, the last one the
    # end, and what lies between is mostly more of the same.
    half = (len(bad) + 1) // 2
    ends = [
        item
        for pair in zip_longest(reversed(bad[half:]), bad[:half])
        for item in pair
        if item is not None
    ]
    # Of the others the last ones, which are nearest to how the test ended.
    others = [item for item in reversed(items) if item not in is_bad]
    others.sort(key=lambda item: (item not in near, depths[item]))

    return ends + others


def _label(item: _Item) -> str:
    span = item.spans[0]
    if item.above is None and span.is_test:
        return "test"
    if not isinstance(span, Call) or not span.method:
        return span.summary

    paths = {one.path for one in item.spans if isinstance(one, Call)}
    path = short_path(span.path if len(paths) == 1 else span.template)

    return " ".join(part for part in (span.peer, path) if part)
