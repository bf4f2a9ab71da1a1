"""
What of a test was beyond its limits, and was not recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from otel_testkit import semconv
from otel_testkit.trace.fields import integer
from otel_testkit.trace.model import Attempt


WORDS: Final = {
    semconv.CALLS_LEFT_OUT: ("call", "calls"),
    semconv.BODIES_LEFT_OUT: ("body", "bodies"),
    semconv.LOGS_LEFT_OUT: ("log record", "log records"),
}


def lost_in(attempt: Attempt) -> dict[str, int]:
    """
    Count, by the attribute that says so, what is missing of *attempt*.
    """
    counts = {name: integer(attempt.span.attributes, name) or 0 for name in WORDS}

    return {name: count for name, count in counts.items() if count > 0}


def lost_text(counts: Mapping[str, int]) -> str:
    """
    Say it: `500 calls, 1 body`.
    """
    return ", ".join(
        f"{counts[name]:,} {one if counts[name] == 1 else several}"
        for name, (one, several) in WORDS.items()
        if name in counts
    )


def lost_line(attempt: Attempt) -> str:
    """
    Say in a sentence what is missing of *attempt*; "" if nothing is.
    """
    counts = lost_in(attempt)
    if not counts:
        return ""
    verb = "was" if sum(counts.values()) == 1 else "were"

    return f"{lost_text(counts)} beyond the limit of this test {verb} not recorded"
