"""
When a test failed.
"""

from __future__ import annotations

from otel_testkit import semconv
from otel_testkit.trace.fields import text
from otel_testkit.trace.model import Attempt


def failed_at(attempt: Attempt) -> int | None:
    """
    Tell when what ended *attempt* was raised, in nanoseconds since 1970; None if
    nothing did.
    """
    if not attempt.is_failure:
        return None

    raised = [
        event.time
        for span in attempt.spans
        if span.is_step or span.is_test
        for event in span.events
        if event.name == semconv.EXCEPTION
        # No test fails before it begins: such a time is none.
        and event.time > attempt.start
        and attempt.errors
        and text(event.attributes, semconv.EXCEPTION_TYPE) == attempt.errors[0].type
        and text(event.attributes, semconv.EXCEPTION_MESSAGE)
        == attempt.errors[0].message
    ]

    # Of what was killed, the last thing that began is its end, not after it.
    return min(raised, default=attempt.span.last_seen + 1)
