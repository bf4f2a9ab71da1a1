"""
The runs of a store, one a line.
"""

from __future__ import annotations

from otel_testkit.diagnosis.flakiness import Flakiness
from otel_testkit.report import text as texts
from otel_testkit.report.page import Page
from otel_testkit.store.read import size_of
from otel_testkit.trace.model import Run


_AGES = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_SIZES = ((1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB"))


def run_lines(page: Page, runs: list[Run], now: float) -> list[str]:
    """
    Give a table of *runs* and its head; *now* in seconds since 1970.
    """
    rows = [("run", "age", "size", "tests", "command")]
    rows += [
        (
            page.text(run.id),
            _age(now - run.start / 1e9) if run.start else "-",
            size_text(size_of(run.path)),
            texts.counted(run.counts) or "-",
            page.text(run.command),
        )
        for run in runs
    ]
    widths = [max(map(texts.width, column)) for column in zip(*rows, strict=True)]

    lines = []
    for name, age, size, tests, command in rows:
        line = (
            f"{texts.pad(name, widths[0])}  {age:>{widths[1]}}  {size:>{widths[2]}}  "
            f"{tests:<{widths[3]}}  "
        )
        left = page.width - texts.width(line)
        lines.append(line + page.cut(command, max(left, 0)))

    return lines


def flaky_lines(page: Page, found: list[Flakiness], attempts: int) -> list[str]:
    """
    Give a table of the cases that were *found* to have failed, out of so many
    *attempts*.
    """
    if not found:
        return [f"none of the tests asked for has failed in {attempts:,} attempts"]

    rows: list[tuple[str, ...]] = [
        ("test", "state", "failed", "expected", "range (95 %)", "")
    ]
    for one in found:
        low, high = one.interval
        rows.append(
            (
                page.text(one.case),
                str(one.state),
                f"{one.failures} of {one.attempts}",
                f"{one.rate:.0%}",
                f"{low:.0%} to {high:.0%}",
                ", ".join(
                    word
                    for word, holds in (
                        ("both on one revision", one.is_proved),
                        ("in bursts", one.is_bursty),
                    )
                    if holds
                ),
            )
        )

    return _table(page, rows)


def _table(page: Page, rows: list[tuple[str, ...]]) -> list[str]:
    """
    Align *rows*, of which the first column is cut where the page is too narrow.
    """
    columns = list(zip(*rows, strict=True))
    first, *others = [max(map(texts.width, column)) for column in columns]
    first = min(first, max(page.width - sum(others) - 2 * len(others), 20))

    return [
        "  ".join(
            [
                texts.pad(page.cut(name, first, tail=0.6), first),
                *(
                    texts.pad(cell, width)
                    for cell, width in zip(cells, others, strict=True)
                ),
            ]
        ).rstrip()
        for name, *cells in rows
    ]


def _age(seconds: float) -> str:
    for size, unit in _AGES:
        if seconds >= size:
            return f"{seconds // size:.0f} {unit}"

    return "0 s"


def size_text(count: int) -> str:
    """
    Tell a size in a unit that fits.
    """
    for size, unit in _SIZES:
        if count >= size:
            return f"{count / size:.1f} {unit}"

    return f"{count} B"
