"""
Lays attempts of one test side by side, so that like is compared with like.

A place in a test is known by the way that leads to it, name by name, and by its
turn among its siblings. Names have their ids, numbers and dates taken out; what
is repeated at once (polls, retries) is one place, however often; what ran at the
same time has no order. What is left is matched as sequences, one level of the
tree after the other.
"""

from __future__ import annotations

import heapq
import re

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise
from typing import Final

from otel_testkit import semconv
from otel_testkit.diagnosis.asked import asked
from otel_testkit.diagnosis.failure import failed_at
from otel_testkit.trace.fields import text
from otel_testkit.trace.model import Attempt, Call, Span
from otel_testkit.trace.naming import template


# How many calls, at most, are one turn of a loop.
_LONGEST_TURN: Final = 4
_TEST: Final = "test"
# On this machine, at a port that says nothing.
_NAMELESS: Final = re.compile(r"(?<= )(?:localhost|127(?:\.\d+){3}|\[::1\]):\{\} ?")
_NEVER: Final = float("inf")
# What people and programs put behind a name to make it their own.
_ENDS: Final = re.compile(r"(?<=[-_])(?=[a-z]*\d)[a-z\d]{2,}(?=/|$)", re.IGNORECASE)
_Labels = tuple[str, ...]


@dataclass(slots=True, eq=False)
class Place:
    """
    A place in a test: its *label*, the place around it, and its spans in each
    attempt, by the attempt's index; an attempt that did not come here has none.
    """

    label: str
    parent: Place | None
    spans: dict[int, tuple[Span, ...]] = field(default_factory=dict, repr=False)
    children: list[Place] = field(default_factory=list, repr=False)

    def walk(self) -> Iterator[Place]:
        """
        Give the place and all inside of it, in the order in which a test comes by.
        """
        waiting = [self]
        while waiting:
            place = waiting.pop()
            yield place
            waiting.extend(reversed(place.children))

    @property
    def name(self) -> str:
        """
        The label for people: `GET /users/{}` where the port is another one each time.
        """
        return _NAMELESS.sub("", self.label)

    @property
    def path(self) -> tuple[str, ...]:
        """
        The names from the test, which has none, down to here.
        """
        names: list[str] = []
        place = self
        while place.parent is not None:
            names.append(place.name)
            place = place.parent

        return tuple(reversed(names))

    @property
    def is_of_test(self) -> bool:
        """
        Whether it is a part of the test's own text, the test itself or a step.
        """
        span = next(iter(self.spans.values()))[0]

        return span.is_step or span.is_test

    def is_in(self, other: Place) -> bool:
        """
        Tell whether it is *other*, or lies in it.
        """
        place: Place | None = self
        while place is not None and place is not other:
            place = place.parent

        return place is other


@dataclass(slots=True)
class _Group:
    label: str
    spans: list[Span]


def align(attempts: Sequence[Attempt]) -> Place:
    """
    Lay *attempts* side by side; gives the place that is the test itself. Those that
    come first shape the rest, so let them be good ones.
    """
    root = Place(_TEST, None)
    root.spans = {index: (attempt.span,) for index, attempt in enumerate(attempts)}
    ends = [failed_at(attempt) or _NEVER for attempt in attempts]
    waiting = [root]
    while waiting:
        place = waiting.pop()
        place.children = _level(place, ends)
        waiting += place.children

    return root


def label(span: Span) -> str:
    """
    Name *span* as it is named in every attempt: `GET api /users/{}`.
    """
    if isinstance(span, Call):
        return " ".join(filter(None, asked(span))) or _steady(span.name)

    service = text(span.resource, semconv.SERVICE_NAME)

    if span.is_step or not service:
        return _steady(span.name)

    return f"{service}: {_steady(span.name)}"


@lru_cache(maxsize=4096)
def _steady(name: str) -> str:
    return " ".join(template(word) for word in name.split()) or "(no name)"


def _level(parent: Place, ends: Sequence[float]) -> list[Place]:
    """
    Make places of what is in *parent*. What came after the end of a test, to clear
    up, is matched by itself: a test that was cut short has much of the same.
    """
    children = {
        index: [(label(child), child) for span in spans for child in span.children]
        for index, spans in parent.spans.items()
    }
    names = _names(children.values())
    places: list[Place] = []
    # Most attempts look the same.
    known: dict[tuple[_Labels, _Labels], list[Place]] = {}
    for index, named in children.items():
        spans = [(names.get(name, name), span) for name, span in named]
        body = _groups([one for one in spans if one[1].start < ends[index]])
        rest = _groups([one for one in spans if one[1].start >= ends[index]])
        labels = _labels(body), _labels(rest)
        matched = known.get(labels)
        if matched is None:
            matched = _match(labels[0], places, 0, parent)
            first = places.index(matched[-1]) + 1 if matched else 0
            matched += _match(labels[1], places, first, parent)
            known[labels] = matched
        for place, group in zip(matched, body + rest, strict=True):
            place.spans[index] = (*place.spans.get(index, ()), *group.spans)

    return places


def _labels(groups: Sequence[_Group]) -> _Labels:
    return tuple(group.label for group in groups)


def _match(
    labels: _Labels, places: list[Place], first: int, parent: Place
) -> list[Place]:
    """
    Find for each of *labels* its place among *places* from the *first* on; makes
    those that lack.
    """
    there = [place.label for place in places[first:]]
    found: list[Place | None] = [None] * len(labels)
    matcher = SequenceMatcher(None, there, labels, autojunk=False)
    for begin, at, size in matcher.get_matching_blocks():
        for step in range(size):
            found[at + step] = places[first + begin + step]

    taken = {id(place) for place in found}
    free = [place for place in places[first:] if id(place) not in taken]
    for at, name in enumerate(labels):
        if found[at] is None:
            # It came at another time, or once more than elsewhere.
            moved = next((place for place in free if place.label == name), None)
            if moved is not None:
                free.remove(moved)
            found[at] = moved or _earlier(found[:at], name)

    complete: list[Place] = []
    for at, name in enumerate(labels):
        place = found[at]
        if place is None:
            place = Place(name, parent)
            places.insert(places.index(complete[-1]) + 1 if complete else first, place)
        complete.append(place)

    return complete


def _earlier(found: Sequence[Place | None], name: str) -> Place | None:
    return next(
        (place for place in reversed(found) if place and place.label == name), None
    )


def _names(attempts: Iterable[list[tuple[str, Span]]]) -> dict[str, str]:
    """
    Find names that are of one attempt alone but for their ends, `make-7f3a` and
    `make-b2c4`, and give what they have in common, `make-{}`.
    """
    owners: dict[str, int] = {}
    alike: dict[str, set[str]] = {}
    for named in attempts:
        for name in {name for name, _ in named}:
            owners[name] = owners.get(name, 0) + 1
            shortened = _ENDS.sub("{}", name)
            if shortened != name:
                alike.setdefault(shortened, set()).add(name)

    return {
        name: shortened
        for shortened, names in alike.items()
        if len(names) > 1 and all(owners[name] == 1 for name in names)
        for name in names
    }


def _groups(named: list[tuple[str, Span]]) -> list[_Group]:
    """
    Bring spans into their order, and take together what is repeated.
    """
    groups: list[_Group] = []
    for name, span in _in_order(named):
        if groups and groups[-1].label == name:
            groups[-1].spans.append(span)
        else:
            groups.append(_Group(name, [span]))

    for turn in range(2, _LONGEST_TURN + 1):
        groups = _without_loops(groups, turn)

    return groups


def _without_loops(groups: list[_Group], turn: int) -> list[_Group]:
    """
    Take together the turns of loops that are *turn* groups long.
    """
    folded: list[_Group] = []
    for group in groups:
        folded.append(group)
        if len(folded) < 2 * turn:
            continue
        before, last = folded[-2 * turn : -turn], folded[-turn:]
        if all(a.label == b.label for a, b in zip(before, last, strict=True)):
            for a, b in zip(before, last, strict=True):
                a.spans += b.spans
            del folded[-turn:]

    return folded


def _in_order(named: list[tuple[str, Span]]) -> list[tuple[str, Span]]:
    """
    Sort spans by their start, but by their names those that ran at the same time:
    of all orders in which each comes after what had ended before it began, take the
    first of the alphabet.
    """
    named = sorted(named, key=lambda one: one[1].start)
    if all(
        before.last_seen <= after.start for (_, before), (_, after) in pairwise(named)
    ):
        return named

    by_end = sorted(range(len(named)), key=lambda at: named[at][1].last_seen)
    emitted = [False] * len(named)
    ready: list[tuple[str, int]] = []
    in_order: list[tuple[str, Span]] = []
    at = ended = 0
    while len(in_order) < len(named):
        # Ready is what begins before the first of those that are not emitted ends.
        end = named[by_end[ended]][1].last_seen
        while at < len(named) and (named[at][1].start < end or not ready):
            heapq.heappush(ready, (named[at][0], at))
            at += 1
        _, chosen = heapq.heappop(ready)
        emitted[chosen] = True
        in_order.append(named[chosen])
        while ended < len(named) and emitted[by_end[ended]]:
            ended += 1

    return in_order
