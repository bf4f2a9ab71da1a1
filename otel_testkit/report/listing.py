"""
The runs of a store, one a line.
"""

from __future__ import annotations

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
