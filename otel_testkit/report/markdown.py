"""
The failed and flaky tests of a run as a Markdown table, for the summary of a CI job.

What a trace holds was written by servers, and may be written by an attacker: in the
table it is text, and nothing but text.
"""

from __future__ import annotations

import re

from collections import Counter
from collections.abc import Mapping
from typing import Final

from otel_testkit.diagnosis.explanation import Explanation
from otel_testkit.report import text as texts
from otel_testkit.report.differences import first_difference
from otel_testkit.report.findings import cause_text, explained, findings_of
from otel_testkit.report.terminal import duration_text, summary
from otel_testkit.trace.complaint import complaint
from otel_testkit.trace.model import Attempt, Call, Case, Run, Span


_HEAD: Final = """\
| test | outcome | what failed, and why | failing calls | time | trace |
|---|---|---|---|---:|---|
"""
_MOST_ROWS: Final = 500
_MOST_CALLS: Final = 3
# With earlier attempts: the others are told by themselves.
_MOST_COMPARED: Final = 50
_LENGTH: Final = 240
# Whatever means something to GitHub: marks, HTML, links, mentions, emojis, formulas.
_MARKS: Final = re.compile(r"[\\`*_\[\]<>&|~#:@!$]|(?<=www)\.")


def failed_tests(run: Run, *, max_bytes: int = 1_000_000) -> str:
    """
    Give a section about the tests of *run* that failed, be it once; "" if there is
    none, or no room for it.
    """
    failing = [case for case in run.cases if case.failing_attempt is not None]
    latest = [case.failing_attempt for case in failing[:_MOST_COMPARED]]
    told = explained(run, [attempt for attempt in latest if attempt])
    said = " · ".join(part for part in (summary(run), run.command) if part)
    head = f"### Failed and flaky tests\n\n{_text(said)}\n\n{_HEAD}"
    # With room for the line that counts the rest.
    left = max_bytes - len(head.encode()) - _LENGTH
    rows: list[str] = []
    for case in failing[:_MOST_ROWS]:
        row = _row(run, case, told)
        left -= len(row.encode())
        if left < 0:
            break
        rows.append(row)

    if not rows:
        return ""

    more = len(failing) - len(rows)

    return head + "".join(rows) + (f"\nand {more} more\n" if more else "")


def _row(run: Run, case: Case, told: Mapping[str, Explanation]) -> str:
    attempt = case.failing_attempt
    if attempt is None:
        return ""

    cells = (
        _text(case.name, tail=0.6),
        _outcome(case, attempt),
        "<br>".join(map(_text, [*_what_failed(attempt), *_why(run, attempt, told)])),
        "<br>".join(_failing_calls(attempt)),
        _text(duration_text(attempt)).replace(" ", "&nbsp;"),
        _text(attempt.trace_id),
    )

    return f"| {' | '.join(cells)} |\n"


def _outcome(case: Case, attempt: Attempt) -> str:
    failed = sum(one.is_failure for one in case.attempts)
    if case.is_flaky:
        return f"flaky: {failed} of {len(case.attempts)} attempts failed"
    if len(case.attempts) > 1:
        return f"{attempt.outcome}, {failed} of {len(case.attempts)} attempts"

    return str(attempt.outcome)


def _what_failed(attempt: Attempt) -> list[str]:
    """
    Tell what the failure was, and in which step.
    """
    if attempt.is_open:
        *_, inner = (span for span in attempt.spans if span.is_open)
        place = "its own code" if inner is attempt.span else inner.summary
        return [f"never ended: killed or still running, in {place}"]

    steps = _failing_steps(attempt)

    return [_failure(attempt), *([f"in {' > '.join(steps)}"] if steps else [])]


def _why(run: Run, attempt: Attempt, told: Mapping[str, Explanation]) -> list[str]:
    found = told.get(attempt.trace_id)
    if found is None:
        return [cause for cause in [cause_text(findings_of(run, attempt))] if cause]

    difference = first_difference(found.comparison)
    said = [cause_text(found.findings), difference.statement if difference else ""]

    return [one for one in said if one]


def _failure(attempt: Attempt) -> str:
    if not attempt.errors:
        return attempt.span.status_message

    raised = attempt.errors[0]
    said = next(iter(raised.message.strip().splitlines()), "") or raised.source
    place = raised.file.replace("\\", "/").rpartition("/")[2]
    if place and raised.line is not None:
        place += f":{raised.line}"

    return " ".join(part for part in (raised.short_type, place, said) if part)


def _failing_steps(attempt: Attempt) -> list[str]:
    """
    Name the steps that what was raised came through, the outer one first.
    """
    names: list[str] = []
    span: Span | None = attempt.span
    while span is not None:
        inner = (
            step
            for step in reversed(span.children)
            if step.is_step
            and step.is_error
            and step.error_type == attempt.span.error_type
        )
        span = next(inner, None)
        if span is not None:
            names.append(span.name)

    # Where pytest's tests fail, unless it says otherwise.
    return names[1:] if names[:1] == ["call"] else names


def _failing_calls(attempt: Attempt) -> list[str]:
    """
    Tell the calls that failed, the last ones, each kind once.
    """
    told = Counter(_call(call) for call in attempt.failing_calls)

    return [
        _text(f"{call} \u00d7{count}" if count > 1 else call)
        for call, count in list(told.items())[-_MOST_CALLS:]
    ]


def _call(call: Call) -> str:
    says = " ".join(part for part in (call.answer, complaint(call)) if part)

    return f"{call.summary} → {says}" if says else call.summary


def _text(text: str, *, tail: float = 0.0) -> str:
    """
    Make *text* a cell's text, one line, cut where it is long.
    """
    shown = texts.shorten(texts.harmless(text), _LENGTH, tail=tail)

    return _MARKS.sub(lambda mark: f"&#{ord(mark[0])};", shown)
