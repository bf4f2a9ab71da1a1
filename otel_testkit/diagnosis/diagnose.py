"""
From an attempt to its findings: all rules are asked, and what they say is ranked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from otel_testkit.diagnosis.causes import RULES
from otel_testkit.diagnosis.finding import Finding
from otel_testkit.diagnosis.scene import scene_of
from otel_testkit.trace.model import Attempt


NOT_KNOWN: Final = "no known cause"
"""
How `cause_line` begins where nobody knows.
"""

# More of them explain nothing.
_MOST: Final = 5


def diagnose(attempt: Attempt, passing: Sequence[Attempt] = ()) -> tuple[Finding, ...]:
    """
    Find why *attempt* failed, the nearest cause first; nothing where no rule knows.

    What *passing* attempts of the same case show as well is no cause. What the test
    got past comes last; of an attempt that passed it is all that is told.
    """
    scene = scene_of(attempt, passing)
    leads = [lead for rule in RULES for lead in rule(scene) if lead.nearness > 0]
    leads.sort(key=lambda lead: (lead.finding.is_recovered, -lead.nearness))

    findings = [lead.finding for lead in leads]

    return tuple(_without_repeats(findings, attempt.span.span_id)[:_MOST])


def cause_line(attempt: Attempt, findings: Sequence[Finding]) -> str:
    """
    Say in a line why *attempt* ended as it did; "" if it passed and nothing happened.
    """
    for finding in findings:
        if not finding.is_recovered:
            return str(finding)
    if not attempt.is_failure:
        return f"got past {findings[0]}" if findings else ""

    return f"{NOT_KNOWN}{_nothing_found(attempt)}"


def _without_repeats(findings: Iterable[Finding], test_id: str) -> list[Finding]:
    """
    Leave out what a nearer one says of the same calls, and add the evidence of those
    that name the same cause.
    """
    kept: list[Finding] = []
    for finding in findings:
        place = _known_as(finding, kept)
        if place is None:
            kept.append(finding)
        elif kept[place].cause is finding.cause:
            # That the test itself has failed shows nothing that a call shows not.
            more = [one for one in finding.evidence if one != test_id]
            both = dict.fromkeys((*kept[place].evidence, *more))
            kept[place] = replace(kept[place], evidence=tuple(both))

    return kept


def _known_as(finding: Finding, kept: Sequence[Finding]) -> int | None:
    for place, other in enumerate(kept):
        if finding.is_recovered is not other.is_recovered:
            continue
        if finding.cause is other.cause or set(finding.evidence) <= set(other.evidence):
            return place

    return None


def _nothing_found(attempt: Attempt) -> str:
    count, failing = len(attempt.calls), len(attempt.failing_calls)
    if not count:
        return ": the test made no call"
    if count == 1:
        return (
            ", though its only call failed" if failing else ": its only call did well"
        )
    if failing:
        return f", though {failing} of its {count} calls failed"

    return f": none of its {count} calls failed"
