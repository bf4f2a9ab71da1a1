"""
What belongs to no test, told as if it were one: what fixtures do that several tests
share, and what a program did around its tests.
"""

from __future__ import annotations

from otel_testkit.trace.model import Attempt, Call, Case, Outcome, Run, Span


def outside_cases(run: Run) -> list[Case]:
    """
    Give a case for each loose root of *run*, of which nobody says how it ended.
    """
    return [
        Case(name=root.summary, suite="", attempts=(_attempt(root),))
        for root in run.loose
    ]


def _attempt(root: Span) -> Attempt:
    _, *below = root.walk()
    below.sort(key=lambda span: span.start)
    spans = (root, *below)
    calls = tuple(
        span for span in spans if isinstance(span, Call) and not span.is_wrapper
    )

    return Attempt(
        case=root.summary,
        suite="",
        number=1,
        of=1,
        outcome=Outcome.UNKNOWN,
        is_failure=False,
        span=root,
        spans=spans,
        calls=calls,
        failing_calls=tuple(call for call in calls if call.is_failing),
        logs=tuple(
            sorted((log for one in spans for log in one.logs), key=lambda log: log.time)
        ),
        errors=root.errors,
        tags={},
    )
