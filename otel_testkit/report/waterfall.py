"""
Which spans and log records of an attempt are shown, and as what: rows, before
any drawing.

What repeats becomes one row. Where there are more rows than fit, those stay that
speak of the failure: failing calls, their neighbours, the log records, then the
steps.
"""

from __future__ import annotations

import re

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from itertools import groupby, pairwise, zip_longest
from typing import Final

from otel_testkit.trace.complaint import complaint
from otel_testkit.trace.model import Call, Log, Span
from otel_testkit.trace.naming import short_path


_NUMBER: Final = re.compile(r"\d+", re.ASCII)
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
        What a call was answered, in a word; "" without an answer.
        """
        span = self.spans[0]

        return span.answer if isinstance(span, Call) else ""

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
        return duration_of(self.spans)


@dataclass(frozen=True, slots=True)
class LogRow:
    """
    A line for one log record or several that are alike.
    """

    logs: tuple[Log, ...]
    branches: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Waterfall:
    """
    The rows, and how many spans and log records are in none of them.
    """

    rows: list[Row | LogRow]
    hidden_spans: int
    hidden_logs: int


@dataclass(slots=True, eq=False)
class _Item:
    spans: tuple[Span, ...] = ()
    logs: tuple[Log, ...] = ()
    above: _Item | None = None
    note: str = ""
    below: list[_Item] = field(default_factory=list)

    @property
    def start(self) -> int:
        return self.spans[0].start if self.spans else self.logs[0].time

    @property
    def is_bad(self) -> bool:
        return any(span.is_failing or span.is_open for span in self.spans)


def duration_of(spans: Iterable[Span]) -> int:
    """
    Tell for how many nanoseconds at least one of *spans* was going on.
    """
    total, reached = 0, 0
    for span in sorted(spans, key=lambda span: span.start):
        total += max(span.last_seen - max(span.start, reached), 0)
        reached = max(reached, span.last_seen)

    return total


def waterfall(
    root: Span,
    *,
    lines: int | None = None,
    folded: bool = False,
    notes: bool = True,
    told: Iterable[str] = (),
) -> Waterfall:
    """
    Give the rows of *root* and all below it.

    Args:
        lines: the most lines to take, counting one more for each note; None for
            every span and every log record in a row of its own.
        folded: whether even so neighbours that are alike share a row, and log records.
        notes: whether failing calls say what they complain of, and warnings are
            shown.
        told: messages that stand elsewhere and need no note.
    """
    known = set(told) if notes else None
    if lines is None and folded:
        items = _items(root, _fold_neighbours, _fold_logs, known)
    elif lines is None:
        items = _items(root, _one_by_one, _every_log, known)
    else:
        logs = _fold_warnings if notes else _no_log
        items = _items(root, _fold_neighbours, logs, known)
        if _cost(items) > lines:
            items = _items(root, _fold_siblings, logs, known)
        if _cost(items) > lines:
            items = _most_telling(items, lines)

    last_below = {item.above: item for item in items}
    branches: dict[_Item | None, tuple[bool, ...]] = {None: ()}
    rows: list[Row | LogRow] = []
    for item in items:
        if item.above is not None:
            is_last = last_below[item.above] is item
            branches[item] = (*branches[item.above][: _MOST_DEPTH - 1], is_last)
        else:
            branches[item] = ()
        if item.logs:
            rows.append(LogRow(item.logs, branches[item]))
        else:
            rows.append(Row(item.spans, _label(item), branches[item], item.note))

    spans = list(root.walk())

    return Waterfall(
        rows,
        len(spans) - sum(len(item.spans) for item in items),
        # Those that are shown at all.
        sum(log.is_warning for span in spans for log in span.logs)
        - sum(log.is_warning for item in items for log in item.logs)
        if notes
        else 0,
    )


Fold = Callable[[list[Span]], Iterable[tuple[Span, ...]]]
FoldLogs = Callable[[Iterable[Log]], Iterable[tuple[Log, ...]]]


def _items(
    root: Span, fold: Fold, fold_logs: FoldLogs, told: set[str] | None
) -> list[_Item]:
    """
    Give the items of the whole tree, parents first.
    """
    items = []
    waiting = [_Item((root,))]
    while waiting:
        item = waiting.pop()
        items.append(item)
        if item.spans:
            item.below = list(_below(item, fold, fold_logs))
            waiting.extend(reversed(item.below))

    if told is not None:
        _note_complaints(items, set(told))

    return items


def _below(item: _Item, fold: Fold, fold_logs: FoldLogs) -> Iterable[_Item]:
    below: list[_Item] = []
    silent: list[Span] = []
    if len(item.spans) == 1:
        children = item.spans[0].children
        below = [_Item(spans=spans, above=item) for spans in fold(list(children))]
        silent = _left_out(children, {span for one in below for span in one.spans})

    speakers = (*item.spans, *silent)
    logs = sorted((log for span in speakers for log in span.logs), key=_time)
    below += [_Item(logs=alike, above=item) for alike in fold_logs(logs)]

    return sorted(below, key=lambda one: one.start) if logs else below


def _left_out(children: Iterable[Span], shown: set[Span]) -> list[Span]:
    """
    Give the spans that had others put in their place.
    """
    left_out: list[Span] = []
    waiting = [child for child in children if child not in shown]
    while waiting:
        span = waiting.pop()
        left_out.append(span)
        waiting += [child for child in span.children if child not in shown]

    return left_out


def _time(log: Log) -> int:
    return log.time


def _no_log(_logs: Iterable[Log]) -> Iterable[tuple[Log, ...]]:
    return ()


def _every_log(logs: Iterable[Log]) -> Iterable[tuple[Log, ...]]:
    return ((log,) for log in logs)


def _fold_warnings(logs: Iterable[Log]) -> Iterable[tuple[Log, ...]]:
    return _fold_logs(log for log in logs if log.is_warning)


def _fold_logs(logs: Iterable[Log]) -> Iterable[tuple[Log, ...]]:
    # All that are alike, wherever they stand: between them are the calls, which
    # fold as well.
    alike: dict[Hashable, list[Log]] = {}
    for log in logs:
        likeness = log.level, log.logger, _NUMBER.sub("0", log.text)
        alike.setdefault(likeness, []).append(log)

    return (tuple(group) for group in alike.values())


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

    return span.method, span.peer, span.template, span.answer, span.resend_count


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
        if not item.spans or not item.spans[0].is_failing:
            continue
        span = item.spans[0]
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
        for one, other in pairwise(each for each in above.below if each.spans)
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
    others.sort(key=lambda item: _rank(item, depths[item], is_near=item in near))

    return ends + others


def _rank(item: _Item, depth: int, *, is_near: bool) -> tuple[int, int]:
    if item.logs:
        return (1, -max(log.severity for log in item.logs))

    return (0 if is_near else 2, depth)


def _label(item: _Item) -> str:
    span = item.spans[0]
    if item.above is None and span.is_test:
        return "test"
    if not isinstance(span, Call) or not span.method:
        return span.summary

    paths = {one.path for one in item.spans if isinstance(one, Call)}
    path = short_path(span.path if len(paths) == 1 else span.template)

    return " ".join(part for part in (span.peer, path) if part)
