"""
How a finding is put into words.
"""

from __future__ import annotations

from typing import Final

from otel_testkit.diagnosis.finding import Meaning
from otel_testkit.trace.complaint import complaint
from otel_testkit.trace.model import Call


_SECOND: Final = 1_000_000_000


def told(call: Call, *, times: int = 1) -> str:
    """
    Say what was asked, and what came back: `GET api /items → 401 token_revoked`.
    """
    answered = " ".join(part for part in (call.answer, complaint(call)) if part)
    count = f" ({times} times)" if times > 1 else ""

    return f"{call.summary} → {answered or 'no answer'}{count}"


def before(call: Call, time: int) -> str:
    """
    Say how long before *time* a call ended; "" where that says nothing.
    """
    gap = time - call.last_seen
    if gap < _SECOND // 10:
        return ""

    return f", {duration(gap)} before the failure"


def duration(nanoseconds: float) -> str:
    """
    Tell a duration by two digits and its unit.
    """
    if nanoseconds >= _SECOND:
        seconds = nanoseconds / _SECOND
        return f"{seconds:.1f} s" if seconds < 99.95 else f"{seconds:.0f} s"

    return (
        f"{nanoseconds / 1_000_000:.2g} ms"
        if nanoseconds < 9_950_000
        else (f"{nanoseconds / 1_000_000:.0f} ms")
    )


def between(low: str, high: str) -> str:
    """
    Tell two measures as the bounds of something: `52 to 61 ms`.
    """
    if low == high:
        return high
    number, _, unit = low.partition(" ")

    return f"{number if unit and high.endswith(' ' + unit) else low} to {high}"


def asked_wait(meaning: Meaning) -> str:
    """
    Say how long the service asks to wait, if it does, in a sentence to be added.
    """
    if not meaning.retry_after:
        return ""

    return f" The service asks to wait {duration(meaning.retry_after * _SECOND)}."
