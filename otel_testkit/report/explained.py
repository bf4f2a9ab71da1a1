"""
An explanation in a terminal: the cause, the differences, and the test's tree.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Final

from rich.text import Text

from otel_testkit.diagnosis import Comparison, Difference
from otel_testkit.diagnosis.explanation import Explanation
from otel_testkit.report.cause import cause_lines, labelled
from otel_testkit.report.page import QUIET, Page
from otel_testkit.report.terminal import attempt_head, error_lines, tree_of


_MOST_DIFFERENCES: Final = 5
_LIKELY_CHANCE: Final = 0.25


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
    for difference in told_differences(found.comparison):
        lines += labelled(page, "diff", difference.statement)
    lines += labelled(page, "beside", beside_text(found), QUIET)
    page.print([*lines, *tree_of(page, attempt), Text()])


def told_differences(comparison: Comparison) -> Sequence[Difference]:
    """
    Give the differences that are worth a line: the first ones, without those that
    come by chance as often as not.
    """
    # Of a single failing attempt no chance can be told.
    is_single = comparison.failing == 1 or comparison.passing == 1
    told = [
        one for one in comparison.differences if is_single or one.p <= _LIKELY_CHANCE
    ]

    return told[:_MOST_DIFFERENCES]


def beside_text(found: Explanation) -> str:
    """
    Tell what the attempt was compared with, and how much that proves.
    """
    comparison = found.comparison
    passing, others = comparison.passing, comparison.failing - 1
    if not passing and not others:
        return "nothing yet: there is no other attempt of this test"

    counts = [f"{passing} passing"] if passing else []
    counts += [f"{others} more failing"] if others else []
    attempts = "attempt" if passing + others == 1 else "attempts"
    runs = f"{found.runs} run{'' if found.runs == 1 else 's'}"
    beside = f"{' and '.join(counts)} {attempts} in {runs}"
    if comparison.differences and not told_differences(comparison):
        return f"{beside}: nothing that differs goes beyond chance"
    # Two attempts laid side by side are no sample.
    needs = comparison.needs if passing != 1 or others else ""

    return "; ".join(part for part in (beside, needs) if part)
