"""
An explanation in a terminal: the cause, the differences, and the test's tree.
"""

from __future__ import annotations

from typing import IO, Final

from rich.text import Text

from otel_testkit.diagnosis.explanation import Explanation
from otel_testkit.report.cause import cause_lines, labelled
from otel_testkit.report.page import QUIET, Page
from otel_testkit.report.terminal import attempt_head, error_lines, tree_of


_MOST_DIFFERENCES: Final = 5


def print_explanation(found: Explanation, file: IO[str]) -> None:
    """
    Print why the attempt failed, what it has that passing ones have not, and its tree.
    """
    page = Page(file)
    attempt = found.attempt
    lines = [
        attempt_head(page, attempt),
        *error_lines(page, attempt),
        *cause_lines(page, attempt, found.findings),
    ]
    for finding in found.findings[1:]:
        past = "got past " if finding.is_recovered else ""
        lines += labelled(page, "also", past + str(finding))
    for difference in found.comparison.differences[:_MOST_DIFFERENCES]:
        lines += labelled(page, "diff", difference.statement)
    lines += labelled(page, "beside", beside_text(found), QUIET)
    page.print([*lines, *tree_of(page, attempt), Text()])


def beside_text(found: Explanation) -> str:
    """
    Tell what the attempt was compared with, and how much that proves.
    """
    comparison = found.comparison
    passing, others = comparison.passing, comparison.failing - 1
    runs = f"{found.runs} run{'' if found.runs == 1 else 's'}"
    counts = f"{passing} passing and {others} more failing attempts in {runs}"

    return "; ".join(part for part in (counts, comparison.needs) if part)
