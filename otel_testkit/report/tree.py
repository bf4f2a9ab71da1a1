"""
The waterfall of one test, drawn in columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.text import Text

from otel_testkit.report import text as texts
from otel_testkit.report.page import BAD, QUIET, Glyphs, Page
from otel_testkit.report.waterfall import LogRow, Row
from otel_testkit.trace.model import Log, Span


_MOST_LABEL: Final = 60
_SECOND: Final = 1_000_000_000


def tree_lines(page: Page, all_rows: list[Row | LogRow], root: Span) -> Iterator[Text]:
    """
    Draw *all_rows*, those of *root* and what is below it: spans in columns (label,
    status, seconds after the start of *root*, bar, duration), between them the log
    records.
    """
    if len(all_rows) == 1:
        # All that it could tell stands in the rule above.
        return

    rows = [row for row in all_rows if isinstance(row, Row)]
    drawn = iter(list(_span_lines(page, rows, root)))
    for place, row in enumerate(all_rows):
        if isinstance(row, LogRow):
            yield _log_line(page, row, root)
            continue

        yield next(drawn)
        if row.note:
            deeper = place + 1 < len(all_rows) and len(
                all_rows[place + 1].branches
            ) > len(row.branches)
            yield _note_line(page, row, has_below=deeper)


def _span_lines(page: Page, rows: list[Row], root: Span) -> Iterator[Text]:
    glyphs = page.glyphs
    heads = [_guides(glyphs, row) for row in rows]
    labels = [_label(page, row) for row in rows]
    tails = [f" (retry {row.resend_count})" if row.resend_count else "" for row in rows]
    statuses = [_status(glyphs, row) for row in rows]
    digits = _digits(root)
    starts = [f"{(row.start - root.start) / _SECOND:.{digits}f}" for row in rows]
    durations = [
        page.text(texts.duration(row.duration)) + ("+" if row.is_open else "")
        for row in rows
    ]

    status_width = max(map(len, statuses))
    if status_width:
        status_width += 1
    start_width = max(map(len, starts))
    duration_width = max(7, *map(len, durations))
    left = page.width - status_width - start_width - duration_width - 6
    longest = max(
        len(head) + texts.width(label) + len(tail)
        for head, label, tail in zip(heads, labels, tails, strict=True)
    )
    label_width = min(longest, left - page.width // 5, _MOST_LABEL)
    bar_width = left - label_width

    for place, row in enumerate(rows):
        head, tail = heads[place], tails[place]
        label = page.cut(labels[place], label_width - len(head) - len(tail), tail=0.6)
        style = _style(row)
        line = Text("  ")
        line.append(head, QUIET).append(label).append(tail, QUIET)
        line.append(" " * (2 + label_width + 2 - texts.width(line.plain)))
        line.append(statuses[place].ljust(status_width), style)
        line.append(starts[place].rjust(start_width) + " ", QUIET)
        line.append(_bar(glyphs, row, root, bar_width), style)
        line.append(" " + durations[place].rjust(duration_width))
        yield line


def _note_line(page: Page, row: Row, *, has_below: bool) -> Text:
    head = _note_guides(page.glyphs, row, has_below=has_below)
    note = page.fit(row.note, page.width - 2 - len(head))

    return Text.assemble("  ", (head, QUIET), (note, BAD))


def _log_line(page: Page, row: LogRow, root: Span) -> Text:
    """
    Draw a log record: when, how grave, by which logger, what.
    """
    log, *others = row.logs
    line = Text("  ")
    line.append(_guides(page.glyphs, row), QUIET)
    mark = "! " if log.is_warning else "  "
    seconds = f"{(log.time - root.start) / _SECOND:.{_digits(root)}f}"
    level = log.level or (f"severity {log.severity}" if log.severity else "")
    who = " ".join(part for part in (level, log.logger) if part)
    line.append(mark, style := _log_style(log))
    line.append(seconds, QUIET)

    count = f"  {page.glyphs.times}{len(row.logs)}" if others else ""
    left = page.width - texts.width(line.plain) - len(count)
    if who:
        who = page.fit(who, max(left // 2, 0), tail=0.6)
        line.append(" ").append(who, style)
        left -= texts.width(who) + 1
    line.append("  ").append(page.fit(_said(log), max(left - 2, 0)))
    line.append(count, QUIET)

    return line


def _said(log: Log) -> str:
    if log.error is None or not log.error.type:
        return log.text

    # `logger.exception("failed")` says the most in what it was called for.
    error = f"{log.error.short_type}: {log.error.message}".removesuffix(": ")

    return f"{log.text} ({error})" if error not in log.text else log.text


def _log_style(log: Log) -> str:
    if log.is_error:
        return BAD

    return "yellow" if log.is_warning else QUIET


def _digits(root: Span) -> int:
    return 2 if root.duration >= _SECOND else 3


def _label(page: Page, row: Row) -> str:
    label = page.text(row.label)

    # GET, PUT and POST in one column: that is what is compared.
    return f"{page.text(row.method):<4} {label}" if row.method else label


def _guides(glyphs: Glyphs, row: Row | LogRow) -> str:
    if not row.branches:
        return ""

    *above, is_last = row.branches
    head = "".join(glyphs.gap if ended else glyphs.line for ended in above)

    return head + (glyphs.last if is_last else glyphs.branch)


def _note_guides(glyphs: Glyphs, row: Row, *, has_below: bool) -> str:
    head = "".join(glyphs.gap if ended else glyphs.line for ended in row.branches)

    return head + (glyphs.line if has_below else glyphs.gap)


def _status(glyphs: Glyphs, row: Row) -> str:
    if row.is_open:
        return f"{glyphs.ellipsis}open"

    count = len(row.spans)
    if count > 1:
        return f"{row.status or glyphs.fail * row.is_failing}{glyphs.times}{count}"

    if not row.branches:
        # The rule above says it.
        return row.status

    return " ".join(part for part in (row.status, glyphs.fail * row.is_failing) if part)


def _style(row: Row) -> str:
    if row.is_open:
        return "yellow"
    if not row.branches:
        # The measure of the others; that it failed stands in the rule above.
        return f"{QUIET} blue"
    if row.is_failing:
        return BAD

    return "cyan" if row.status else "blue"


def _bar(glyphs: Glyphs, row: Row, root: Span, columns: int) -> str:
    """
    Draw the times of a row, in halves of a column.
    """
    halves = 2 * columns
    total = max(root.duration, 1)
    filled = [False] * halves
    for span in row.spans:
        first = int(halves * (span.start - root.start) / total)
        length = round(halves * span.duration / total)
        if length < 2:
            # All short ones look alike, wherever they fall.
            first, length = min(first // 2 * 2, halves - 2), 1
        end = min(max(first + length, 1), halves)
        for half in range(min(max(first, 0), end - 1), end):
            filled[half] = True

    cells = {
        (True, True): glyphs.full,
        (True, False): glyphs.left,
        (False, True): glyphs.right,
        (False, False): " ",
    }

    return "".join(cells[pair] for pair in zip(filled[::2], filled[1::2], strict=True))
