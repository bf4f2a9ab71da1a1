"""
Why a test failed, in a terminal: a sentence, and what to do next.
"""

from __future__ import annotations

import textwrap

from collections.abc import Sequence
from typing import Final

from rich.text import Text

from otel_testkit.diagnosis import Finding, cause_line
from otel_testkit.report.page import PLACE, QUIET, Page
from otel_testkit.trace.model import Attempt


_MOST_LINES: Final = 3
# Where the texts of all labels begin.
_INDENT: Final = 9


def cause_lines(
    page: Page, attempt: Attempt, findings: Sequence[Finding]
) -> list[Text]:
    """
    Say by its *findings* why *attempt* failed and what to do next, or what it got
    past.
    """
    if not findings and not attempt.calls:
        # One that asked nobody has to look at itself.
        return []
    said = cause_line(attempt, findings)
    if not said:
        return []
    if not attempt.is_failure:
        return labelled(page, "note", said, QUIET)

    lines = labelled(page, "cause", said, "bold")
    step = _next_step(findings)

    return lines + (labelled(page, "next", step, PLACE) if step else [])


def labelled(page: Page, label: str, said: str, style: str = "") -> list[Text]:
    """
    Give what is *said* in as many lines as it needs, a few at most.
    """
    room = page.width - _INDENT
    rows = textwrap.wrap(page.text(said), room, break_on_hyphens=False)
    if len(rows) > _MOST_LINES:
        rest = " ".join(rows[_MOST_LINES - 1 :])
        rows = [*rows[: _MOST_LINES - 1], page.cut(rest, room)]
    labels = [label, *[""] * len(rows)]

    return [
        Text.assemble((f"  {name:{_INDENT - 2}}", QUIET), (row, style if name else ""))
        for name, row in zip(labels, rows, strict=False)
    ]


def _next_step(findings: Sequence[Finding]) -> str:
    return next((one.next_step for one in findings if not one.is_recovered), "")
