"""
An explanation to be pasted into an issue, or given to whoever mends it: Markdown.

All that is quoted stands in code blocks, which no quoted text can leave.
"""

from __future__ import annotations

import json

from collections.abc import Hashable, Iterator
from itertools import groupby
from typing import Final

from otel_testkit.diagnosis.explanation import Explanation
from otel_testkit.report import text as texts
from otel_testkit.report.differences import told_differences
from otel_testkit.report.explained import beside_text
from otel_testkit.report.waterfall import duration_of
from otel_testkit.trace.complaint import complaint
from otel_testkit.trace.model import Attempt, Call, Span


_MOST_CALLS: Final = 5
_MOST_STEPS: Final = 40
# Of a body: the terminal and `show --json` have the rest.
_BODY: Final = 2_000


def markdown(found: Explanation) -> str:
    """
    Give *found* as sections: failure, cause, evidence, what differs, what happened
    before, and where to find more.
    """
    sections = [
        f"## {_inline(found.attempt.case)}",
        *_failure(found.attempt),
        *_causes(found),
        *_evidence(found),
        *_differences(found),
        *_before(found.attempt),
        *_where(found),
    ]

    return "\n\n".join(sections) + "\n"


def _failure(attempt: Attempt) -> Iterator[str]:
    took = texts.duration(attempt.duration)
    how = "still open" if attempt.is_open else str(attempt.outcome)
    yield f"{how} after {took}, attempt {attempt.number} of {attempt.of}"
    for error in attempt.errors[:1]:
        place = f"{error.file}:{error.line}" if error.file else ""
        said = f"{error.type}: {error.message}"
        yield _block("\n".join(filter(None, [place, error.source, said])))
    if not attempt.errors and attempt.span.status_message:
        yield _block(attempt.span.status_message)


def _causes(found: Explanation) -> Iterator[str]:
    yield "### Cause"
    if not any(not finding.is_recovered for finding in found.findings):
        yield "No cause is known."
    for finding in found.findings:
        past = "got past: " if finding.is_recovered else ""
        yield (
            f"- {past}**{finding.cause}** ({finding.confidence}): "
            f"{_inline(finding.statement)}\n  - {_inline(finding.next_step)}"
        )


def _evidence(found: Explanation) -> Iterator[str]:
    wanted = [span for finding in found.findings for span in finding.evidence]
    spans = {span.span_id: span for span in found.attempt.spans}
    shown = (spans[one] for one in dict.fromkeys(wanted) if one in spans)
    # Polls and retries are one exchange, told once.
    alike = {
        (call.method, call.url, call.status, call.response_body): call
        for call in shown
        if isinstance(call, Call)
    }
    calls = list(alike.values())
    if calls:
        yield "### Evidence"
    for call in calls[:_MOST_CALLS]:
        yield _block(_exchange(call))


def _differences(found: Explanation) -> Iterator[str]:
    yield "### What differs from passing attempts"
    if told := told_differences(found.comparison):
        yield "\n".join(
            f"{place}. {_inline(difference.statement)}"
            for place, difference in enumerate(told, 1)
        )
    yield f"Beside {beside_text(found)}."


def _before(attempt: Attempt) -> Iterator[str]:
    spans = (
        span
        for span in attempt.spans
        if span is not attempt.span and (isinstance(span, Call) or span.is_step)
    )
    groups = [tuple(alike) for _, alike in groupby(spans, _likeness)]
    if groups:
        left = sum(map(len, groups[:-_MOST_STEPS]))
        more = [f"({left} before these)"] if left > 0 else []
        rows = [_row(alike, attempt) for alike in groups[-_MOST_STEPS:]]
        yield "### What happened before"
        yield _block("\n".join([*more, *rows]))


def _likeness(span: Span) -> Hashable:
    return (span.summary, *_answer(span)) if isinstance(span, Call) else span


def _answer(span: Span) -> tuple[str, str]:
    """
    Give what *span* was answered, and what it complains of.
    """
    if not isinstance(span, Call):
        return "", ""

    return span.answer, complaint(span) if span.is_failing else ""


def _where(found: Explanation) -> Iterator[str]:
    attempt = found.attempt
    yield "### Reproduce"
    yield _block(
        "\n".join(
            filter(
                None,
                [
                    found.run.command,
                    f"otel-testkit show {found.run.id} --trace {attempt.trace_id}",
                ],
            )
        )
    )
    tags = {name: str(value) for name, value in attempt.tags.items()}
    if tags:
        yield "Recorded with these tags:"
        yield _block(json.dumps(tags, indent=1, ensure_ascii=False))


def _row(alike: tuple[Span, ...], attempt: Attempt) -> str:
    span = alike[0]
    at = (span.start - attempt.start) / 1e9
    answer, said = _answer(span)
    took = texts.duration(duration_of(alike))
    times = f"{len(alike)} times" if len(alike) > 1 else ""

    return "  ".join(
        part
        for part in (f"{at:7.3f}", f"{took:>7}", span.summary, answer, times, said)
        if part
    )


def _exchange(call: Call) -> str:
    lines = [f"{call.method} {call.url}"]
    lines += _headers(call.request_headers())
    lines += _body(call.request_body)
    lines += ["", f"-> {call.answer or 'no answer'}"]
    lines += _headers(call.response_headers())
    lines += _body(call.response_body)

    return "\n".join(lines)


def _headers(headers: dict[str, tuple[str, ...]]) -> list[str]:
    return [f"{name}: {', '.join(values)}" for name, values in headers.items()]


def _body(body: str | None) -> list[str]:
    if not body:
        return []

    return ["", body[:_BODY] + ("…" if len(body) > _BODY else "")]


def _inline(text: str) -> str:
    """
    Give *text* as a span of code where it holds marks, else as it is.
    """
    plain = texts.harmless(text)
    if not any(mark in plain for mark in "`*_[]<>|#&~\\@"):
        return plain

    fence = "`" * (_longest_run(plain) + 1)
    pad = " " if plain.startswith("`") or plain.endswith("`") else ""

    return f"{fence}{pad}{plain}{pad}{fence}"


def _block(text: str) -> str:
    lines = [texts.harmless(line) for line in text.splitlines()]
    fence = "`" * max(3, max((_longest_run(line) for line in lines), default=0) + 1)

    return "\n".join([fence, *lines, fence])


def _longest_run(text: str) -> int:
    longest = run = 0
    for letter in text:
        run = run + 1 if letter == "`" else 0
        longest = max(longest, run)

    return longest
