"""
An explanation in a terminal: the cause, the differences, and the test's tree.
"""

from __future__ import annotations

from typing import IO

from rich.text import Text

from otel_testkit.diagnosis.explanation import Explanation
from otel_testkit.report.cause import cause_lines, labelled
from otel_testkit.report.differences import told_differences
from otel_testkit.report.page import QUIET, Page
from otel_testkit.report.terminal import attempt_head, error_lines, tree_of
from otel_testkit.store.layout import near_path


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
    run = Text(f"  run    {page.text(near_path(found.run.path))}", QUIET)
    page.print([*lines, *tree_of(page, attempt, folded=True), run, Text()])


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
