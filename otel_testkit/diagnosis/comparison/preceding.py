"""
Which test ran before which: what one leaves behind, the next one finds.
"""

from __future__ import annotations

from otel_testkit import semconv
from otel_testkit.trace.model import Run


def preceding_tests(run: Run) -> dict[str, str]:
    """
    Name for each attempt of *run*, by its trace, the case that ran before it in the
    same worker; the first ones have none.
    """
    last: dict[str, str] = {}
    before: dict[str, str] = {}
    found: dict[str, str] = {}
    for attempt in sorted(run.attempts(), key=lambda one: one.start):
        worker = str(attempt.tags.get(semconv.WORKER, ""))
        # One that is repeated does not come after itself.
        if worker in last and last[worker] != attempt.case:
            before[worker] = last[worker]
        if worker in before:
            found[attempt.trace_id] = before[worker]
        last[worker] = attempt.case

    return found
