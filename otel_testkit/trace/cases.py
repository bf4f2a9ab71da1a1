"""
From test spans to cases with their attempts, outcomes and tags.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from otel_testkit import semconv
from otel_testkit.trace.fields import text
from otel_testkit.trace.model import Attempt, Call, Case, Error, Outcome, Span


# What we write for ourselves; every other attribute of a test is a tag.
_STRUCTURE: Final = frozenset(
    {
        semconv.ATTEMPT,
        semconv.BASE_NAME,
        semconv.BODIES_LEFT_OUT,
        semconv.CALLS_LEFT_OUT,
        semconv.CODE_FILE_PATH,
        semconv.CODE_FUNCTION_NAME,
        semconv.CODE_LINE_NUMBER,
        semconv.ERROR_TYPE,
        semconv.LOGS_LEFT_OUT,
        semconv.NESTED,
        semconv.OUTCOME,
        semconv.RUN_ID,
        semconv.SERVICE_NAME,
        semconv.TEST_CASE_NAME,
        semconv.TEST_CASE_RESULT_STATUS,
        semconv.TEST_SUITE_NAME,
    }
)
_SDK: Final = "telemetry."

_OUTCOMES: Final = {str(outcome): outcome for outcome in Outcome}
_FAILURES: Final = frozenset(
    {
        Outcome.FAILED,
        Outcome.ERROR,
        Outcome.CANCELLED,
        Outcome.INTERRUPTED,
        Outcome.OPEN,
    }
)


def cases_of(tests: list[Span]) -> tuple[Case, ...]:
    """
    Make cases of the spans of *tests*, in the order of their first start.
    """
    tests.sort(key=lambda span: span.start)
    suites: dict[str, set[str]] = {}
    for span in tests:
        if suite := text(span.attributes, semconv.TEST_SUITE_NAME):
            suites.setdefault(_case_name(span), set()).add(suite)

    cases: dict[tuple[str, str], list[Span]] = {}
    for span in tests:
        name = _case_name(span)
        suite = text(span.attributes, semconv.TEST_SUITE_NAME)
        if not suite and len(suites.get(name, ())) == 1:
            # One that died before it had its suite belongs to the others.
            (suite,) = suites[name]
        cases.setdefault((suite, name), []).append(span)

    return tuple(
        Case(
            name=name,
            suite=suite,
            attempts=tuple(
                _attempt(span, name, suite, number, len(spans))
                for number, span in enumerate(spans, 1)
            ),
        )
        for (suite, name), spans in cases.items()
    )


def _case_name(span: Span) -> str:
    return text(span.attributes, semconv.TEST_CASE_NAME) or span.summary


def _attempt(span: Span, case: str, suite: str, number: int, of: int) -> Attempt:
    outcome = _outcome(span)
    _, *below = span.walk()
    below.sort(key=lambda span: span.start)
    calls = tuple(
        span for span in below if isinstance(span, Call) and not span.is_wrapper
    )
    status = span.attributes.get(semconv.TEST_CASE_RESULT_STATUS)

    return Attempt(
        case=case,
        suite=suite,
        number=number,
        of=of,
        outcome=outcome,
        is_failure=status == "fail" or (status != "pass" and outcome in _FAILURES),
        span=span,
        spans=(span, *below),
        calls=calls,
        failing_calls=tuple(call for call in calls if call.is_failing),
        logs=tuple(
            sorted(
                (log for one in (span, *below) for log in one.logs),
                key=lambda log: log.time,
            )
        ),
        errors=_last_chain(span.errors),
        tags=tags_of({**span.resource, **span.attributes}),
    )


def _outcome(span: Span) -> Outcome:
    attributes = span.attributes
    told = attributes.get(semconv.OUTCOME)
    if isinstance(told, str) and told in _OUTCOMES:
        return _OUTCOMES[told]
    if span.is_open:
        return Outcome.OPEN

    # A test span of somebody else.
    match attributes.get(semconv.TEST_CASE_RESULT_STATUS):
        case "pass":
            return Outcome.PASSED
        case "fail":
            return Outcome.FAILED

    return Outcome.FAILED if span.is_error else Outcome.UNKNOWN


def _last_chain(errors: tuple[Error, ...]) -> tuple[Error, ...]:
    # Other tools note every exception that passes; the last one ended the test.
    raised = [place for place, error in enumerate(errors) if not error.relation]

    return errors[raised[-1] :] if raised else errors


def counts_of(cases: Iterable[Case]) -> dict[Outcome, int]:
    """
    Count *cases* by their outcome, the worst first.
    """
    counted = Counter(case.outcome for case in cases)

    return {outcome: counted[outcome] for outcome in Outcome if counted[outcome]}


def tags_of(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """
    Give those of *attributes* that are tags: the user's and the execution's.
    """
    return {
        name: value
        for name, value in attributes.items()
        if name not in _STRUCTURE and not name.startswith(_SDK)
    }
