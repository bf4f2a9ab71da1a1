"""
Lists and searches that lack what the test has just made: the write is accepted
before everybody can see it.
"""

from __future__ import annotations

import re

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from otel_testkit import semconv
from otel_testkit.diagnosis.asked import Asked, asked
from otel_testkit.diagnosis.finding import Cause, Confidence, Finding
from otel_testkit.diagnosis.scene import Lead, Scene
from otel_testkit.diagnosis.trouble import document
from otel_testkit.diagnosis.wording import duration
from otel_testkit.trace.model import Call


_LACKING: Final = 3.0
_FOUND_ELSEWHERE: Final = 2.5
_WRITES: Final = frozenset({"POST", "PUT", "PATCH"})
_NAMES: Final = frozenset({"id", "uuid", "guid", "key", "name", "slug", "arn"})
# A shorter text may be part of anything.
_TELLING: Final = 6
# What it is the id of, if it says so: order_id, orderId, id.
_ID: Final = re.compile(r"(?:.*[_.-])?([a-z]+)(?:[_.-]id|Id|ID)|id|ID")
_SEARCH: Final = re.compile(r"[/:_-](?:_?search|find|query|list|_?count|lookup)$")
_DEPTH: Final = 6
_MOST_CALLS: Final = 100
# Later than this, nobody is still about to write it down.
_SOON: Final = 60 * 10**9


@dataclass(frozen=True, slots=True)
class _Lack:
    read: Call
    written: Call
    name: str


def list_without_the_new(scene: Scene) -> Iterator[Lead]:
    """
    Find the list that lacks what had been made just before.
    """
    if not scene.attempt.is_failure or not scene.calls:
        return

    usual: set[Asked] | None = None
    for lack in _lacks(scene.calls):
        if usual is None:
            usual = {
                asked(one.read)
                for attempt in scene.passing
                for one in _lacks(attempt.calls)
            }
        read, written = lack.read, lack.written
        is_new = bool(scene.alike(read)) and asked(read) not in usual
        if asked(read) in usual or not (is_new or read is scene.calls[-1]):
            continue
        yield Lead(
            Finding(
                cause=Cause.RACE,
                confidence=Confidence.LIKELY if is_new else Confidence.POSSIBLE,
                evidence=(read.span_id, written.span_id),
                statement=f"{read.summary} → {read.answer} without {lack.name!r}, "
                f"{duration(read.start - written.last_seen)} after "
                f"{written.summary} → {written.answer} made it"
                + (", which passing attempts find" if is_new else ""),
                next_step="Ask again until the new one is found, with a deadline: the "
                "write is accepted before it can be seen everywhere.",
            ),
            _LACKING + _FOUND_ELSEWHERE * is_new,
        )
        return


def _lacks(calls: Sequence[Call]) -> Iterator[_Lack]:
    """
    Give the lists that lack what was made before them, the latest first, each kind
    once.
    """
    seen: set[Asked] = set()
    writes = [call for call in calls if call.method in _WRITES and _made(call)]
    if not writes:
        return

    for read in list(reversed(calls))[:_MOST_CALLS]:
        if asked(read) in seen or read.method not in ("GET", "POST"):
            continue
        listed = _listed(read)
        if listed is None:
            continue
        seen.add(asked(read))
        before = (
            one
            for one in reversed(writes)
            if one.last_seen <= read.start <= one.last_seen + _SOON
            and _is_about(read, one)
        )
        written = next(before, None)
        if written is None or _is_deleted(written, read, calls):
            continue
        names = _made(written)
        if not any(_holds(listed, read, name) for name in names):
            yield _Lack(read, written, names[0])


def _made(call: Call) -> list[str]:
    """
    Give the names of what *call* made, by its answer: its id first.
    """
    if call.is_failing or not 200 <= (call.status or 0) < 300:
        return []

    said = document(call)
    if isinstance(said, dict) and len(said) == 1:
        # The one thing that it tells of, by its kind.
        (said,) = said.values()
    if not isinstance(said, dict):
        return []

    named = {
        key: str(value)
        for key, value in said.items()
        if _is_name(key) and isinstance(value, str | int) and value is not True
    }

    return [named[key] for key in sorted(named, key=lambda key: key.strip("_") != "id")]


def _is_name(key: str) -> bool:
    return key.lower().strip("_") in _NAMES


def _listed(call: Call) -> Any:
    """
    Give the document that came back to *call*, if there is a list in it.
    """
    if call.is_failing or call.status != 200:
        return None
    if call.attributes.get(semconv.HTTP_RESPONSE_BODY_TRUNCATED):
        return None

    said = document(call)
    is_list = isinstance(said, list) or (
        isinstance(said, dict)
        and any(
            isinstance(inner, list)
            for one in (said, *said.values())
            if isinstance(one, dict)
            for inner in one.values()
        )
    )

    return said if is_list else None


def _is_about(read: Call, written: Call) -> bool:
    """
    Tell whether *read* asks for the kind of thing that *written* made: below the same
    path, or by a value that was written.
    """
    ours, theirs = read.path.rstrip("/"), written.path.rstrip("/")
    if read.peer == written.peer and ours and theirs:
        # /orders/search has what is below /orders.
        place = _SEARCH.sub("", ours)
        if place and f"{theirs}/".startswith(f"{place}/"):
            return True

    said = f"{written.request_body or ''}{written.response_body or ''}"
    wanted = parse_qsl(read.url.partition("?")[2])

    return any(
        value in said
        if len(value) >= _TELLING
        else value in _made(written) and _is_its_id(key, read, written)
        for key, value in wanted
    )


def _is_its_id(key: str, read: Call, written: Call) -> bool:
    """
    Tell whether *key*, in the query of *read*, asks for an id of the kind of thing that
    *written* made: of each kind, there is a number 9.
    """
    found = _ID.fullmatch(key)
    if found is None:
        return False

    kinds = written.path.lower().split("/")
    if found[1] is None:
        # Elsewhere, it is the id of something else.
        place = read.path.rstrip("/")
        return bool(_SEARCH.search(place)) or place.rpartition("/")[2].lower() in kinds

    # Categories have a category_id.
    stem = found[1].removesuffix("y")

    return any(kind.startswith(stem) for kind in kinds)


def _is_deleted(written: Call, read: Call, calls: Sequence[Call]) -> bool:
    return any(
        call.method == "DELETE"
        and call.peer == written.peer
        and written.last_seen <= call.start <= read.start
        for call in calls
    )


def _holds(said: Any, call: Call, name: str) -> bool:
    if len(name) >= _TELLING and name in (call.response_body or ""):
        return True

    return name in set(_scalars(said, _DEPTH))


def _scalars(said: Any, depth: int) -> Iterator[str]:
    if isinstance(said, Mapping) and depth:
        for key, value in said.items():
            yield key
            yield from _scalars(value, depth - 1)
    elif isinstance(said, list) and depth:
        for value in said:
            yield from _scalars(value, depth - 1)
    else:
        yield str(said)
