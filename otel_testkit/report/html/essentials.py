"""
What the page says of a failed attempt before anybody asks, and where nothing runs:
what failed, why, what happened before, and what differs from passing attempts.
"""

from __future__ import annotations

from dataclasses import dataclass

from otel_testkit.diagnosis import Difference, Finding
from otel_testkit.diagnosis.explanation import Explanation
from otel_testkit.report.explained import beside_text, told_differences
from otel_testkit.trace.model import Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Essentials:
    """
    The story of *attempt*, as far as the page tells it by itself.
    """

    attempt: Attempt
    findings: tuple[Finding, ...]
    differences: tuple[Difference, ...]
    beside: str


def essentials_of(found: Explanation) -> Essentials:
    """
    Take out of an explanation what is told first.
    """
    return Essentials(
        attempt=found.attempt,
        findings=found.findings,
        differences=tuple(told_differences(found.comparison)),
        beside=beside_text(found),
    )
