"""
What the diagnosis says of a run's attempts: what every report tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from otel_testkit.diagnosis import Finding, explanation
from otel_testkit.errors import never_raises
from otel_testkit.trace.model import Attempt, Case, Outcome, Run


def explained(
    run: Run, attempts: Sequence[Attempt]
) -> Mapping[str, explanation.Explanation]:
    """
    Explain what failed of *attempts* of *run*, by their traces, as far as half a second
    carries: beside the latest runs of the same store.
    """
    failed = [attempt for attempt in attempts if attempt.is_failure]

    return (_explained(run, failed) or {}) if failed else {}


def findings_of(run: Run, attempt: Attempt) -> tuple[Finding, ...]:
    """
    Give what *run* shows of why *attempt* ended as it did.
    """
    wanted = attempt.suite, attempt.case
    cases = (case for case in run.cases if (case.suite, case.name) == wanted)
    case = next(cases, None)

    return findings_in(case, attempt) if case else ()


def findings_in(case: Case, attempt: Attempt) -> tuple[Finding, ...]:
    """
    Give what *case* shows of why its *attempt* ended as it did.
    """
    if not attempt.is_failure and attempt.outcome is not Outcome.PASSED:
        return ()
    passing = [
        other
        for other in explanation.near(case, attempt)
        if other.outcome is Outcome.PASSED and other is not attempt
    ]

    return explanation.findings_of(attempt, passing)


@never_raises("diagnosis", "tests are not compared with earlier runs")
def _explained(
    run: Run, attempts: Sequence[Attempt]
) -> dict[str, explanation.Explanation]:
    return explanation.explain_briefly(run, attempts)


def cause_text(findings: Sequence[Finding]) -> str:
    """
    Say in a sentence what *findings* name for a cause; "" where there is none.
    """
    return next((str(one) for one in findings if not one.is_recovered), "")
