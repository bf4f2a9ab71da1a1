"""
Answers that are older than what the test has written since.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from otel_testkit.diagnosis.advice import NEXT
from otel_testkit.diagnosis.finding import Cause, Confidence, Finding
from otel_testkit.diagnosis.scene import Lead, Scene
from otel_testkit.diagnosis.wording import duration
from otel_testkit.trace.model import Call


_STALE: Final = 3.0
_SECOND: Final = 1_000_000_000
# More of them are no age, and some too many for a number.
_DIGITS: Final = 12
_WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_CACHES: Final = ("x-cache", "cf-cache-status", "x-cache-status", "x-proxy-cache")


def stale_answer(scene: Scene) -> Iterator[Lead]:
    """
    Find what was read from a cache after it had been written.
    """
    if not scene.is_assertion:
        return

    writes = [
        call for call in scene.calls if call.method in _WRITES and not call.is_failing
    ]
    for call in reversed(scene.calls):
        # Of thousands, hardly any comes from a cache.
        if call.method != "GET" or call.is_failing or not _cached(call, 0)[0]:
            continue
        written = _write_before(call, writes)
        if written is None:
            continue
        since = call.start - written.last_seen
        cached, is_older = _cached(call, since)
        yield Lead(
            Finding(
                cause=Cause.STALE,
                confidence=Confidence.LIKELY if is_older else Confidence.POSSIBLE,
                evidence=(call.span_id, written.span_id),
                statement=f"{call.summary} → {call.answer} from a cache ({cached}), "
                f"{duration(since)} after {written.summary}",
                next_step=NEXT[Cause.STALE],
            ),
            _STALE + 2 * is_older,
        )
        return


def _write_before(call: Call, writes: Sequence[Call]) -> Call | None:
    for other in reversed(writes):
        if other.last_seen > call.start:
            continue
        near = other.path.startswith(call.path) or call.path.startswith(other.path)
        if other.peer == call.peer and near:
            return other

    return None


def _cached(call: Call, since: int) -> tuple[str, bool]:
    """
    Tell by what a call shows that a cache answered, and whether what it gave is
    older than the write, *since* nanoseconds ago.
    """
    headers = call.response_headers()
    age = next(iter(headers.get("age", ())), "")
    if age.isdecimal() and len(age) <= _DIGITS and int(age) > 0:
        # The header counts whole seconds.
        return f"age {age} s", (int(age) + 1) * _SECOND > since + _SECOND
    for name in _CACHES:
        value = next(iter(headers.get(name, ())), "")
        if "hit" in value.lower():
            return f"{name}: {value}", False
    if call.status == 304:
        return "not modified", False

    return "", False
