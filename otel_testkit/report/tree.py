"""
The waterfall of one test, drawn in columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.text import Text

from otel_testkit.report import text as texts
from otel_testkit.report.page import BAD, QUIET, Glyphs, Page
from otel_testkit.report.waterfall import Row
from otel_testkit.trace.model import Span


_MOST_LABEL: Final = 60
_SECOND: Final = 1_000_000_000


def tree_lines(page: Page, rows: list[Row], root: Span) -> Iterator[Text]:
    """
    Draw *rows*, those of *root* and what is below it, in columns: label, status,
    seconds after the start of *root*, bar, duration.
    """
    if len(rows) == 1:
        # All that it could tell stands in the rule above.
        return

    glyphs = page.glyphs
    heads = [_guides(glyphs, row) for row in rows]
    labels = [_label(page, row) for row in rows]
    tails = [f" (retry {row.resend_count})" if row.resend_count else "" for row in rows]
    statuses = [_status(glyphs, row) for row in rows]
    digits = 2 if root.duration >= _SECOND else 3
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

        if row.note:
            deeper = place + 1 < len(rows) and len(rows[place + 1].branches) > len(
                row.branches
            )
            head = _note_guides(glyphs, row, has_below=deeper)
            note = page.fit(row.note, page.width - 2 - len(head))
            yield Text.assemble("  ", (head, QUIET), (note, BAD))


def _label(page: Page, row: Row) -> str:
    label = page.text(row.label)

    # GET, PUT and POST in one column: that is what is compared.
    return f"{page.text(row.method):<4} {label}" if row.method else label


def _guides(glyphs: Glyphs, row: Row) -> str:
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
