"""
Makes sound trees of what the files hold.

Processes are killed, forked and restarted, and other tools write as they like.
What is put right here, and how:

- a span that is there twice: the ended one counts, of two the later;
- a parent that is missing: the span becomes a root, marked as an orphan;
- parents in a circle: cut above the earliest span of it, marked as an orphan;
- a start that is missing: the end, else the first thing known of the trace;
- an end before the start: the start;
- no end: the span is open, and seen until the last thing known of the trace;
- a log record whose span is missing: it is the test's, if its trace has just one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from otel_testkit.store.decode import StoredLog, StoredSpan


@dataclass(slots=True, eq=False)
class Node:
    """
    A stored span in its tree, with times that make sense.
    """

    span: StoredSpan
    start: int
    end: int | None
    last_seen: int
    parent: Node | None = None
    is_orphan: bool = False
    children: list[Node] = field(default_factory=list)
    logs: list[StoredLog] = field(default_factory=list)

    def walk(self) -> Iterator[Node]:
        """
        Give the node and all below it, parents first.
        """
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))


def trees(
    spans: Iterable[StoredSpan], logs: Iterable[StoredLog] = ()
) -> list[list[Node]]:
    """
    Give the roots of each trace; traces, roots and children by their start. The
    *logs* tell how long a trace has lived.
    """
    signs: dict[str | None, int] = {}
    for log in logs:
        signs[log.trace_id] = max(log.time, signs.get(log.trace_id, 0))
    traces: dict[str, dict[str, StoredSpan]] = {}
    for span in spans:
        known = traces.setdefault(span.trace_id, {})
        other = known.get(span.span_id)
        if other is None or _age(span) >= _age(other):
            known[span.span_id] = span

    repaired = [_tree(known, signs.get(of, 0)) for of, known in traces.items()]
    repaired.sort(key=lambda roots: roots[0].start)

    return repaired


def _age(span: StoredSpan) -> tuple[bool, int]:
    return span.end is not None, span.end or span.start


def _tree(spans: dict[str, StoredSpan], last_sign: int) -> list[Node]:
    nodes = _nodes(spans, last_sign)

    for node in nodes.values():
        if (parent_id := node.span.parent_id) is not None:
            node.parent = nodes.get(parent_id)
            node.is_orphan = node.parent is None
    _cut_circles(nodes.values())

    in_order = sorted(nodes.values(), key=lambda node: node.start)
    for node in in_order:
        if node.parent is not None:
            node.parent.children.append(node)

    return [node for node in in_order if node.parent is None]


def _nodes(spans: dict[str, StoredSpan], last_sign: int) -> dict[str, Node]:
    times = [
        time
        for span in spans.values()
        for time in (span.start, span.end, *(event.time for event in span.events))
        if time
    ]
    first, last = min(times, default=0), max(last_sign, *times, 0)

    nodes = {}
    for span_id, span in spans.items():
        start = span.start or span.end or first
        end = None if span.end is None else max(span.end, start)
        nodes[span_id] = Node(
            span, start, end, max(last, start) if end is None else end
        )

    return nodes


def _cut_circles(nodes: Iterable[Node]) -> None:
    sound: set[Node] = set()

    for node in nodes:
        path: dict[Node, None] = {}
        above: Node | None = node
        while above is not None and above not in sound and above not in path:
            path[above] = None
            above = above.parent

        if above is not None and above in path:
            way = list(path)
            first = min(way[way.index(above) :], key=lambda node: node.start)
            first.parent = None
            first.is_orphan = True

        sound.update(path)
