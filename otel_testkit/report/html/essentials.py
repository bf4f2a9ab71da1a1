"""
What the page says of a failed attempt before anybody asks, and where nothing runs:
what failed, why, what happened before, and what differs from passing attempts.

All of it texts, so that no trace stays in memory until the page is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from otel_testkit.diagnosis import Difference, Finding, cause_line
from otel_testkit.diagnosis.explanation import Explanation
from otel_testkit.report import text as texts
from otel_testkit.report.differences import told_differences
from otel_testkit.report.explained import beside_text
from otel_testkit.report.explained_markdown import markdown
from otel_testkit.report.html.alone import command_alone
from otel_testkit.report.html.before import Before, before
from otel_testkit.report.html.changes import Change, changes
from otel_testkit.report.html.excerpt import Line, excerpt
from otel_testkit.report.html.spool import packed_text
from otel_testkit.trace.fields import text
from otel_testkit.trace.model import Attempt, Call, Error, Span


# The most telling ones come first.
_MOST_LINKS: Final = 6
_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Essentials:
    """
    The story of the *number*-th *of* so many attempts, as far as the page tells it by
    itself. *ended* says in a word or two with what it did; *errors* are those of the
    attempt, or what else it says of its end, *code* are the lines around the failing
    one. Where no cause is known, *unknown* says so, and *looked* what was looked at;
    *links* are names for the spans that findings and differences speak of, by their ids.

    *alone* is the command that runs the test alone, *handover* the explanation as
    Markdown, packed; *last_pass* names the attempt that *changed* compares with.
    """

    number: int
    of: int
    outcome: str
    ended: str
    took: str
    errors: tuple[Error, ...]
    code: tuple[Line, ...]
    alone: str
    handover: str
    findings: tuple[Finding, ...]
    unknown: str
    looked: str
    links: dict[str, str]
    before: Before
    differences: tuple[Difference, ...]
    beside: str
    last_pass: str
    changed: list[Change]
    more_changed: int

    def linked(self, evidence: tuple[str, ...]) -> list[tuple[str, str]]:
        """
        Give the spans of *evidence* that the page has, the first ones: (id, name).
        """
        names: dict[str, str] = {}
        for one in evidence:
            if one in self.links:
                names.setdefault(self.links[one], one)

        return [(one, name) for name, one in names.items()][:_MOST_LINKS]


def essentials_of(found: Explanation) -> Essentials:
    """
    Take out of an explanation what is told first.
    """
    attempt = found.attempt
    errors = _errors(attempt)
    told = tuple(told_differences(found.comparison))
    changed, more = changes(attempt, found.last_pass[1]) if found.last_pass else ([], 0)

    return Essentials(
        number=attempt.number,
        of=attempt.of,
        outcome=_outcome(attempt),
        ended=(errors and errors[0].short_type) or _outcome(attempt),
        took=texts.duration(attempt.duration),
        errors=errors,
        code=excerpt(errors[0], text(found.run.header, "directory")) if errors else (),
        alone=command_alone(attempt.case, found.run.command),
        handover=packed_text(markdown(found)),
        findings=found.findings,
        unknown=_unknown(attempt, found.findings),
        looked=_looked(attempt),
        links=_links(attempt, found.findings, told),
        before=before(attempt),
        differences=told,
        beside=beside_text(found),
        last_pass=_last_pass(found),
        changed=changed,
        more_changed=more,
    )


def _outcome(attempt: Attempt) -> str:
    return "never ended" if attempt.is_open else str(attempt.outcome)


def _errors(attempt: Attempt) -> tuple[Error, ...]:
    if attempt.errors:
        return attempt.errors
    if attempt.is_open:
        *_, inner = (span for span in attempt.spans if span.is_open)
        place = "its own code" if inner is attempt.span else inner.summary
        return (Error("", f"never ended: killed or still running, in {place}"),)

    said = attempt.span.status_message

    return (Error("", said),) if said else ()


def _unknown(attempt: Attempt, findings: tuple[Finding, ...]) -> str:
    """
    Say that no cause is known; "" where one is.
    """
    if any(not one.is_recovered for one in findings):
        return ""

    return cause_line(attempt, ()).capitalize() + "."


def _looked(attempt: Attempt) -> str:
    """
    Count what there was to look at.
    """
    counts = {
        "span": len(attempt.spans),
        "call": len(attempt.calls),
        "log record": len(attempt.logs),
        "exception": len(attempt.errors),
    }

    return ", ".join(
        f"{count:,} {what if count == 1 else what + 's'}"
        for what, count in counts.items()
        if count
    )


def _links(
    attempt: Attempt, findings: tuple[Finding, ...], told: tuple[Difference, ...]
) -> dict[str, str]:
    wanted = {span for finding in findings for span in finding.evidence}
    wanted |= {span for difference in told for span in difference.evidence}

    return {
        span.span_id: _name(span)
        for span in attempt.spans
        # That the test itself has failed is what it is about.
        if span.span_id in wanted and span is not attempt.span
    }


def _name(span: Span) -> str:
    answer = span.answer if isinstance(span, Call) else ""

    return texts.harmless(" ".join(filter(None, (span.summary, answer))))


def _last_pass(found: Explanation) -> str:
    if found.last_pass is None:
        return ""

    run, attempt = found.last_pass
    where = (
        f"attempt {attempt.number} of this run"
        if run == found.run.id
        else f"run {texts.harmless(run)}"
    )
    seconds = (found.attempt.start - attempt.start) / 1e9

    return f"{where}, {_apart(abs(seconds))} {'before' if seconds > 0 else 'after'}"


def _apart(seconds: float) -> str:
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds // size:.0f} {unit}"

    return "less than a second"
