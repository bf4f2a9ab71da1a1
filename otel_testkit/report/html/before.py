"""
What happened before a test failed, in the order of time: its steps, its calls, and
the warnings in between; folded as the terminal folds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from otel_testkit.diagnosis.failure import failed_at
from otel_testkit.report import text as texts
from otel_testkit.report.html.lost import lost_line
from otel_testkit.report.waterfall import LogRow, Row, waterfall
from otel_testkit.trace.model import Attempt


# As many as the eye runs over.
_MOST_ROWS: Final = 40
_SECOND: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """
    A row of the list: *at* is the time after the start of the test, *kind* one of
    "call", "step" and "log"; *answer* is what a call was answered, and how often;
    *span_id* leads to what is told.
    """

    at: str
    kind: str
    what: str
    answer: str
    took: str
    said: str
    span_id: str
    is_bad: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """
    The *moments* before the failure, which came *at* so long after the start of the
    test, how many *more* spans and log records were recorded, and what was *lost*.
    """

    moments: tuple[Moment, ...]
    at: str
    more: int
    lost: str


def before(attempt: Attempt) -> Before:
    """
    Tell what happened in *attempt* until it failed.
    """
    failed = failed_at(attempt) or attempt.span.last_seen
    found = waterfall(attempt.span, lines=_MOST_ROWS)
    rows = [row for row in found.rows[1:] if _time(row) <= failed]
    rows.sort(key=_time)
    later = [row for row in found.rows[1:] if _time(row) > failed]

    return Before(
        moments=tuple(
            _log(row, attempt) if isinstance(row, LogRow) else _span(row, attempt)
            for row in rows
        ),
        at=_after(min(failed, attempt.span.last_seen), attempt),
        more=found.hidden_spans + found.hidden_logs + sum(map(_count, later)),
        lost=lost_line(attempt),
    )


def _time(row: Row | LogRow) -> int:
    return row.logs[0].time if isinstance(row, LogRow) else row.start


def _count(row: Row | LogRow) -> int:
    return len(row.logs if isinstance(row, LogRow) else row.spans)


def _span(row: Row, attempt: Attempt) -> Moment:
    span = row.spans[0]
    what = " ".join(part for part in (row.method, row.label) if part)
    again = f" (retry {row.resend_count})" if row.resend_count else ""

    return Moment(
        at=_after(row.start, attempt),
        kind="call" if row.method else "step",
        what=texts.harmless(what) + again,
        answer=_answer(row),
        took=texts.duration(row.duration) + ("+" if row.is_open else ""),
        said=texts.harmless(row.note),
        span_id=span.span_id,
        # That a step failed, of what is in it, says nothing more.
        is_bad=row.is_open or (row.is_failing and bool(row.method or row.note)),
    )


def _answer(row: Row) -> str:
    is_call = bool(row.method)
    answer = row.status or ("no answer" if is_call and row.is_failing else "")
    if row.is_open:
        answer = "no end"
    times = f"×{len(row.spans)}" if len(row.spans) > 1 else ""  # noqa: RUF001 - it is meant

    return " ".join(part for part in (texts.harmless(answer), times) if part)


def _log(row: LogRow, attempt: Attempt) -> Moment:
    log = row.logs[0]
    times = f"×{len(row.logs)}" if len(row.logs) > 1 else ""  # noqa: RUF001 - it is meant

    return Moment(
        at=_after(log.time, attempt),
        kind="log",
        what=texts.harmless(f"{log.level} {log.logger}".strip()),
        answer=times,
        took="",
        said=texts.shorten(texts.harmless(log.text), 300),
        span_id=log.span_id,
        is_bad=log.is_error,
    )


def _after(time: int, attempt: Attempt) -> str:
    digits = 2 if attempt.duration >= _SECOND else 3

    return f"{(time - attempt.start) / _SECOND:.{digits}f} s"
