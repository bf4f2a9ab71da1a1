"""
The tests that have failed, one a line: how often, why, and which of them together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rich.text import Text

from otel_testkit.diagnosis.flakiness import Flakiness, Incident
from otel_testkit.diagnosis.origins import Case, Origin
from otel_testkit.report import text as texts
from otel_testkit.report.page import QUIET, Page


_MOST_INCIDENTS: Final = 5
_MOST_NAMES: Final = 5
# So much of a trace's id is one of a kind.
_ID_LENGTH: Final = 8


def flaky_lines(
    page: Page,
    found: Sequence[Flakiness],
    attempts: int,
    origins: Mapping[Case, Origin],
    together: Sequence[tuple[Incident, str]] = (),
) -> list[Text | str]:
    """
    Give a table of the cases that were *found* to have failed, out of so many
    *attempts*, below each by its *origins* why it did so last; then what fails
    *together*.
    """
    if not found:
        return [f"none of the tests asked for has failed in {attempts:,} attempts"]

    rows: list[tuple[str, ...]] = [
        ("test", "state", "failed", "expected", "range (95 %)", "")
    ]
    rows += [_flaky_row(page, one) for one in found]
    head, *table = _table(page, rows)
    lines: list[Text | str] = [head]
    for one, row in zip(found, table, strict=True):
        lines.append(row)
        origin = origins.get((one.suite, one.case))
        if origin is not None:
            lines.append(Text("  " + page.fit(_why(origin), page.width - 2), QUIET))
    for incident, cause in together[:_MOST_INCIDENTS]:
        names = [page.text(case) for _, case in incident.cases]
        lines += ["", *_incident_lines(page, names, len(incident.runs), cause)]

    return lines


def _flaky_row(page: Page, one: Flakiness) -> tuple[str, ...]:
    low, high = one.interval
    words = (("both on one revision", one.is_proved), ("in bursts", one.is_bursty))

    return (
        page.text(one.case),
        str(one.state),
        f"{one.failures} of {one.attempts}",
        "too few" if one.is_too_few else f"{one.rate:.0%}",
        "-" if one.is_too_few else f"{low:.0%} to {high:.0%}",
        ", ".join(word for word, holds in words if holds),
    )


def _why(origin: Origin) -> str:
    """
    Say why a case failed last, or at least where that can be looked up.
    """
    if origin.cause:
        return origin.cause
    if origin.is_gone:
        raised = origin.error.rpartition(".")[2]
        return f"{f'{raised}, ' if raised else ''}in run {origin.run}, which is gone"

    return f"not yet told: otel-testkit explain {origin.trace_id[:_ID_LENGTH]}"


def _incident_lines(
    page: Page, names: Sequence[str], runs: int, cause: str
) -> Iterator[Text | str]:
    more = len(names) - _MOST_NAMES
    shown = ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
    yield page.fit(f"together in {runs} runs: {shown}", page.width)
    if cause:
        yield Text("  " + page.fit(cause, page.width - 2), QUIET)


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
