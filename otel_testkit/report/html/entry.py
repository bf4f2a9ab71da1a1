"""
A test as the run page lists it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from otel_testkit.diagnosis import Finding
from otel_testkit.diagnosis.comparison.alignment import label
from otel_testkit.report.html.chunk import values
from otel_testkit.report.text import shorten
from otel_testkit.trace.model import Attempt, Case, Error, Outcome


# By which calls a test is found: as many as are worth their bytes.
_MOST_LABELS: Final = 40
# Characters of what an error says, in a list.
_LONGEST: Final = 300
_OUTSIDE: Final = "outside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    The *place*-th case of the report. *state* is "failed", "flaky", "passed",
    "skipped", or "outside" for spans that belong to no test; *outcomes* are those of
    its attempts, *duration* that of the last one, in nanoseconds. *cause* says in a
    line why it failed, *title* is that cause without what is this test's own: tests
    of one title form a cluster. Where no cause *is_known*, both are what was raised,
    and *title* is "" if that says nothing. *labels* name its calls.
    """

    place: int
    name: str
    suite: str
    state: str
    outcome: Outcome
    outcomes: tuple[str, ...]
    start: int
    duration: int
    is_open: bool
    cause: str
    title: str
    is_known: bool
    labels: tuple[str, ...]
    tags: dict[str, Any]
    services: tuple[str, ...]
    failing_calls: int

    @property
    def is_told(self) -> bool:
        """
        Whether the page tells of it before anybody asks.
        """
        return self.state in ("failed", "flaky")

    @property
    def anchor(self) -> str:
        return f"case-{self.place}"


def entry_of(place: int, case: Case, findings: Iterable[Finding]) -> Entry:
    """
    Sum up *case*, of whose failing attempt these are the *findings*.
    """
    attempt = case.failing_attempt or case.attempts[-1]
    finding = next((one for one in findings if not one.is_recovered), None)

    return Entry(
        place=place,
        name=case.name,
        suite=case.suite,
        state=_state(case),
        outcome=case.outcome,
        outcomes=tuple(str(one.outcome) for one in case.attempts),
        start=attempt.start,
        duration=attempt.duration,
        is_open=attempt.is_open,
        cause=str(finding) if finding else _error(attempt),
        title=_title(attempt, finding) if case.failing_attempt else "",
        is_known=finding is not None,
        labels=tuple(dict.fromkeys(map(label, attempt.calls)))[:_MOST_LABELS],
        tags=values(attempt.tags),
        services=tuple(dict.fromkeys(call.peer for call in attempt.calls if call.peer)),
        failing_calls=len(attempt.failing_calls),
    )


def _state(case: Case) -> str:
    if case.is_flaky and not case.is_failure:
        return "flaky"
    if case.is_failure:
        return "failed"
    if case.outcome in (Outcome.SKIPPED, Outcome.XFAILED):
        return "skipped"

    return _OUTSIDE if case.outcome is Outcome.UNKNOWN else "passed"


def _error(attempt: Attempt) -> str:
    if not attempt.errors:
        return "never ended" if attempt.is_open else ""
    error = attempt.errors[0]
    first = _first_line(error)

    said = f"{error.short_type}: {first}" if first else error.short_type

    return shorten(said, _LONGEST)


def _title(attempt: Attempt, finding: Finding | None) -> str:
    if finding is not None:
        spans = {span.span_id: span for span in attempt.spans}
        place = next((spans[one] for one in finding.evidence if one in spans), None)

        return f"{finding.cause}: {label(place)}" if place else str(finding.cause)

    # A type alone is shared by tests that have nothing to do with each other.
    return _error(attempt) if attempt.errors and _first_line(attempt.errors[0]) else ""


def _first_line(error: Error) -> str:
    return next(filter(str.strip, error.message.splitlines()), "").strip()
