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

    if not raised:
        # Of what was killed, the last thing that began is its end, not after it.
        return attempt.span.last_seen + 1

    return _left_at(attempt, min(raised))


def _left_at(attempt: Attempt, noted: int) -> int:
    """
    Tell when the step that failed came to its end: what it raised may be *noted* later,
    after a runner has made its report of it.
    """
    ends = [
        span.last_seen
        for span in attempt.spans
        if span.is_step
        and span.is_error
        and span.error_type == attempt.span.error_type
        and span.start < span.last_seen <= noted
    ]
    left = max(ends, default=noted)
    # Where the test went on after it, something else was raised.
    went_on = any(
        left < span.start < noted for span in attempt.spans if not span.is_step
    )

    return noted if went_on else left
