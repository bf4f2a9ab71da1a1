"""
What can be said of an attempt at a place: it failed there, was slow, never came.

Nothing here knows which attempts failed: thresholds are where the attempts
themselves fall apart into two. So counting afterwards who shows what is honest.
"""

from __future__ import annotations

import math

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from otel_testkit.diagnosis.comparison.alignment import Place
from otel_testkit.diagnosis.comparison.measures import counts, durations
from otel_testkit.diagnosis.comparison.observations import answer, facts_of, is_bad
from otel_testkit.diagnosis.comparison.orders import orders
from otel_testkit.diagnosis.comparison.predicate import DifferenceKind, Predicate, bits
from otel_testkit.diagnosis.failure import failed_at
from otel_testkit.trace.model import Attempt


_ABSENT: Final = "nothing"
# What stands where something was taken out.
_ANY: Final = "{}"


def predicates(root: Place, attempts: Sequence[Attempt]) -> Iterator[Predicate]:
    """
    Give what holds in some of *attempts* and not in others, at all places of *root*.
    """
    ends = [failed_at(attempt) or math.inf for attempt in attempts]
    for place in root.walk():
        if place.parent is not None:
            yield from _presence(place, place.parent)
            yield from _answers(place, attempts)
            yield from counts(place)
            yield from _values(place)
        yield from durations(place, ends)
    yield from orders(root)


def around(
    worlds: Sequence[Mapping[str, str]], kinds: Mapping[str, DifferenceKind]
) -> Iterator[Predicate]:
    """
    Give what differs in the *worlds* around the attempts, of the *kinds* of their
    names, otherwise ENVIRONMENT.
    """
    by_name: dict[str, dict[int, str]] = {}
    for index, world in enumerate(worlds):
        for name, value in world.items():
            by_name.setdefault(name, {})[index] = value
    for name, values in by_name.items():
        kind = kinds.get(name, DifferenceKind.ENVIRONMENT)
        for value, holds in _varying(values, range(len(worlds))):
            is_alone = holds.bit_count() < 2
            if is_alone and len(set(values.values())) > 2:
                # In such a world there is always somebody alone.
                continue
            yield Predicate(
                kind=kind,
                place=None,
                holds=holds,
                name=name,
                value=value,
                values=values,
            )


def _presence(place: Place, parent: Place) -> Iterator[Predicate]:
    came = bits(place.spans)
    could = bits(parent.spans)
    if came == could:
        return

    values = {
        index: "made" if index in place.spans else "not made" for index in parent.spans
    }
    for kind, holds, value in (
        (DifferenceKind.MISSING, could & ~came, "not made"),
        (DifferenceKind.EXTRA, came, "made"),
    ):
        yield Predicate(kind=kind, place=place, holds=holds, value=value, values=values)


def _answers(place: Place, attempts: Sequence[Attempt]) -> Iterator[Predicate]:
    """
    Tell errors, at whichever turn, and how the last turn ended.
    """
    last: dict[int, str] = {}
    errors: dict[str, int] = {}
    at_last: dict[str, int] = {}
    for index, spans in place.spans.items():
        bad = [answer(span) if is_bad(span, attempts[index]) else "" for span in spans]
        last[index] = bad[-1] or answer(spans[-1], is_good=True)
        for said in {*bad} - {""}:
            errors[said] = errors.get(said, 0) | 1 << index
        if bad[-1]:
            at_last[bad[-1]] = at_last.get(bad[-1], 0) | 1 << index

    for value, holds in errors.items():
        ended = at_last.get(value, 0)
        mended = holds & ~ended
        for kind, where in (
            (DifferenceKind.ERROR, ended),
            (DifferenceKind.RECOVERED, mended),
            (DifferenceKind.ERROR, holds if ended and mended else 0),
        ):
            if where:
                yield Predicate(
                    kind=kind, place=place, holds=where, value=value, values=last
                )
    good = {index: said for index, said in last.items() if said not in errors}
    for value, holds in _varying(good, place.spans):
        if value != _ABSENT:
            yield Predicate(
                kind=DifferenceKind.STATUS,
                place=place,
                holds=holds,
                value=value,
                values=last,
            )


def _values(place: Place) -> Iterator[Predicate]:
    by_name: dict[str, dict[int, str]] = {}
    for index, spans in place.spans.items():
        for name, value in facts_of(spans[-1]):
            by_name.setdefault(name, {})[index] = value
    for name, said in by_name.items():
        values = _alike(said)
        for value, holds in _varying(values, place.spans):
            is_shape = len(values) < len(place.spans) and value == _ABSENT
            others = {values.get(index, _ABSENT) for index in place.spans} - {value}
            kind = DifferenceKind.VALUE if len(others) == 1 else DifferenceKind.IDENTITY
            yield Predicate(
                kind=DifferenceKind.SHAPE
                if is_shape and kind is DifferenceKind.VALUE
                else kind,
                place=place,
                holds=holds,
                name=name,
                value=value,
                values={index: values.get(index, _ABSENT) for index in place.spans},
            )


def _alike(values: dict[int, str]) -> dict[int, str]:
    """
    Take out small numbers, too, where others had to be taken out.
    """
    if _ANY not in values.values():
        return values

    return {
        index: _ANY if value.strip('"').isdigit() else value
        for index, value in values.items()
    }


def _varying(
    values: Mapping[int, str], indexes: Iterable[int]
) -> Iterator[tuple[str, int]]:
    """
    Give the values that some of *indexes* have and others have not, with those that
    have them; none of what is different each time, as ids are.
    """
    holders: dict[str, int] = {}
    count = 0
    for index in indexes:
        value = values.get(index, _ABSENT)
        holders[value] = holders.get(value, 0) | 1 << index
        count += 1
    if len(holders) < 2:
        return

    is_varied = len(holders) > max(2, count // 2)
    for value, holds in holders.items():
        if not is_varied or holds.bit_count() >= 2:
            yield value, holds
