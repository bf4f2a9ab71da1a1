"""
The places at which a failing attempt and a passing one had other answers, as texts:
what is left of the comparison where no program shows it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from otel_testkit.report import text as texts
from otel_testkit.report.html.beside import rows
from otel_testkit.trace.model import Attempt, Call, Span


_MOST_ROWS: Final = 15
_NOTHING: Final = "not made"


@dataclass(frozen=True, slots=True)
class Change:
    """
    A place, and what came of it in a passing attempt and in the failing one. *span_id*
    is that of the latter, "" where it never came there.
    """

    place: str
    passing: str
    failing: str
    span_id: str


def changes(failing: Attempt, passing: Attempt) -> tuple[list[Change], int]:
    """
    Give the places that differ, the first ones, and how many more there are.
    """
    found = []
    for row in rows(failing, passing):
        failed = [failing.spans[place] for place in row["failing"]]
        passed = [passing.spans[place] for place in row["passing"]]
        one, other = _came(failed), _came(passed)
        if one != other:
            span_id = failed[0].span_id if failed else ""
            label = texts.shorten(texts.harmless(row["label"]), 200)
            found.append(Change(label, other, one, span_id))

    return found[:_MOST_ROWS], max(0, len(found) - _MOST_ROWS)


def _came(spans: list[Span]) -> str:
    answers = Counter(_answer(span) for span in spans)
    said = (
        f"{answer} ×{count}" if count > 1 else answer  # noqa: RUF001 - it is meant
        for answer, count in answers.items()
    )

    return ", ".join(said) or _NOTHING


def _answer(span: Span) -> str:
    if span.is_open:
        return "no end"
    if not isinstance(span, Call):
        # Which steps the failure came through is no news.
        return "done"

    return texts.harmless(span.answer) or ("no answer" if span.is_failing else "done")
