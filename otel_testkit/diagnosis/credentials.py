"""
Whose credentials were refused: services say the same of old, wrong and missing ones,
but the other calls of the test know more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from otel_testkit.diagnosis.asked import asked
from otel_testkit.diagnosis.finding import Cause, Confidence, Meaning
from otel_testkit.trace.model import Attempt, Call


_HEADERS: Final = frozenset({"authorization", "cookie", "x-api-key", "x-auth-token"})


def refused(
    meaning: Meaning, call: Call, calls: Sequence[Call], passing: Sequence[Attempt]
) -> Meaning:
    """
    Correct the *meaning* of *call*, one of *calls*: credentials that worked a moment
    ago, or in *passing* attempts, are not wrong but old, and where others sent some
    and this one did not, they are missing.
    """
    if meaning.cause is not Cause.AUTH_INVALID:
        return meaning

    with_some = [
        one
        for one in calls
        if one.peer == call.peer
        and one.last_seen <= call.start
        and not one.is_failing
        and _sent(one)
    ]
    if not with_some:
        return _usually_accepted(meaning, call, passing)
    if _sent(call) & _sent(with_some[-1]):
        return replace(
            meaning,
            cause=Cause.AUTH_EXPIRED,
            confidence=Confidence.LIKELY,
            told_by=f"accepted by {with_some[-1].summary} before",
        )
    if call.request_headers() and meaning.confidence is Confidence.POSSIBLE:
        return replace(meaning, cause=Cause.AUTH_MISSING, confidence=Confidence.LIKELY)

    return meaning


def _usually_accepted(
    meaning: Meaning, call: Call, passing: Sequence[Attempt]
) -> Meaning:
    works = any(
        asked(one) == asked(call) and not one.is_failing
        for attempt in passing
        for one in attempt.calls
    )
    if not works:
        return meaning

    return replace(meaning, cause=Cause.AUTH_EXPIRED, confidence=Confidence.POSSIBLE)


def _sent(call: Call) -> frozenset[str]:
    return _HEADERS & call.request_headers().keys()
