"""
What the diagnosis says of a run's attempts: what every report tells.
"""

from __future__ import annotations

from otel_testkit.diagnosis import Finding, diagnose
from otel_testkit.errors import never_raises
from otel_testkit.trace.model import Attempt, Outcome, Run


def findings_of(run: Run, attempt: Attempt) -> tuple[Finding, ...]:
    """
    Give what *run* shows of why *attempt* ended as it did.
    """
    if not attempt.is_failure and attempt.outcome is not Outcome.PASSED:
        return ()

    return _diagnosed(attempt, passing_beside(run, attempt)) or ()


# What a service sends is no end of strange, and a report without a cause is still one.
@never_raises("diagnosis", "of a test it is not told why it failed")
def _diagnosed(attempt: Attempt, passing: list[Attempt]) -> tuple[Finding, ...]:
    return diagnose(attempt, passing)


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
