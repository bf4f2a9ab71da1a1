"""
What the diagnosis says of a run's attempts: what every report tells.
"""

from __future__ import annotations

from otel_testkit.diagnosis import Finding, diagnose
from otel_testkit.trace.model import Attempt, Outcome, Run


def findings_of(run: Run, attempt: Attempt) -> tuple[Finding, ...]:
    """
    Give what *run* shows of why *attempt* ended as it did.
    """
    if not attempt.is_failure and attempt.outcome is not Outcome.PASSED:
        return ()

    return diagnose(attempt, passing_beside(run, attempt))


def passing_beside(run: Run, attempt: Attempt) -> list[Attempt]:
    """
    Give the attempts of the same case that passed in *run*.
    """
    return [
        other
        for case in run.cases
        if (case.suite, case.name) == (attempt.suite, attempt.case)
        for other in case.attempts
        if other.outcome is Outcome.PASSED and other is not attempt
    ]


def cause_text(run: Run, attempt: Attempt) -> str:
    """
    Say in a sentence why *attempt* failed; "" where that is not known.
    """
    return next(
        (str(one) for one in findings_of(run, attempt) if not one.is_recovered), ""
    )
