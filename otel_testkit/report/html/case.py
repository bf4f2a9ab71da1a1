"""
A test as data for the page, whole: CHUNK, as `chunk.py` describes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from otel_testkit.diagnosis import Finding
from otel_testkit.diagnosis.explanation import Explanation
from otel_testkit.report.html.beside import rows
from otel_testkit.report.html.chunk import Bodies, Plain, plain_attempt
from otel_testkit.report.plain import plain_difference
from otel_testkit.trace.model import Attempt, Case, Outcome


# To choose from, beside the nearest one that passed.
_MOST_OTHERS: Final = 2


def plain_case(
    case: Case,
    findings: Sequence[Sequence[Finding]],
    explained: Mapping[int, Explanation],
    bodies: Bodies,
) -> Plain:
    """
    Give *case* with the *findings* of each of its attempts, some of which are
    *explained*, by their places; its bodies are put into *bodies*.
    """
    attempts = [
        plain_attempt(attempt, found, bodies)
        for attempt, found in zip(case.attempts, findings, strict=True)
    ]
    places = {attempt.trace_id: at for at, attempt in enumerate(case.attempts)}
    beside = []
    for place, found in explained.items():
        if found.last_pass is None:
            continue
        run_id, passing = found.last_pass
        if passing.trace_id not in places:
            places[passing.trace_id] = len(attempts)
            attempts.append(plain_attempt(passing, (), bodies, run=run_id))
        beside.append(_beside(place, places[passing.trace_id], found, passing))
        beside += [
            {"failing": place, "passing": at, "rows": rows(found.attempt, other)}
            for at, other in _others(case, passing)
        ]

    return {"attempts": attempts, "beside": beside}


def _others(case: Case, passing: Attempt) -> list[tuple[int, Attempt]]:
    """
    Give attempts of *case* that passed, but for *passing*, with their places.
    """
    others = [
        (at, other)
        for at, other in enumerate(case.attempts)
        if other.outcome is Outcome.PASSED and other.trace_id != passing.trace_id
    ]

    return others[-_MOST_OTHERS:]


def _beside(failing: int, passing: int, found: Explanation, other: Attempt) -> Plain:
    comparison = found.comparison

    return {
        "failing": failing,
        "passing": passing,
        "rows": rows(found.attempt, other),
        "differences": [plain_difference(one) for one in comparison.differences],
        "consequences": [plain_difference(one) for one in comparison.consequences],
    }
