"""
What makes a record less than the truth: spans without an end or a parent, what had no
room, lines that nobody could read, clocks that differ. Whoever looks should know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from otel_testkit import semconv
from otel_testkit.report.html.entry import Entry
from otel_testkit.report.html.lost import WORDS, lost_in, lost_text
from otel_testkit.report.text import duration
from otel_testkit.trace.fields import text
from otel_testkit.trace.model import Attempt, Call, Case, Span


# Clocks of one house differ by less than this, in nanoseconds.
_SKEW: Final = 5_000_000


@dataclass(frozen=True, slots=True)
class Gap:
    """
    A sentence, and the first test that it is true of, if it is of one.
    """

    text: str
    first: Entry | None = None


class Gaps:
    """
    Looks for gaps, case by case.
    """

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._first: dict[str, Entry] = {}
        self._skew = 0

    def add(self, entry: Entry, case: Case) -> None:
        for attempt in case.attempts:
            self._add(entry, attempt)

    def told(self, damaged: int) -> list[Gap]:
        """
        Give all that were found, and the *damaged* lines.
        """
        lost = lost_text(self._counts)
        first = next((self._first[name] for name in WORDS if name in self._first), None)
        gaps = [
            self._gap("open", "span", "never ended: killed, or still running"),
            self._gap("orphan", "span", "came without the one above it"),
            self._gap(
                "skew",
                "span",
                "outside of the call to its service, by up to"
                f" {duration(self._skew)}: clocks differ",
            ),
            Gap(f"{lost} beyond a test's limit, not recorded", first) if lost else None,
            Gap(f"{_counted(damaged, 'line', 'lines')} could not be read")
            if damaged
            else None,
        ]

        return [gap for gap in gaps if gap is not None]

    def _add(self, entry: Entry, attempt: Attempt) -> None:
        for name, count in lost_in(attempt).items():
            self._count(name, entry, count)
        for span in attempt.spans:
            if span.is_open:
                self._count("open", entry)
            if span.is_orphan:
                self._count("orphan", entry)
            for skew in _skews(span):
                self._count("skew", entry)
                self._skew = max(self._skew, skew)

    def _count(self, name: str, entry: Entry, by: int = 1) -> None:
        self._counts[name] = self._counts.get(name, 0) + by
        self._first.setdefault(name, entry)

    def _gap(self, name: str, noun: str, what: str) -> Gap | None:
        if name not in self._counts:
            return None

        counted = _counted(self._counts[name], noun, f"{noun}s")

        return Gap(f"{counted} {what}", self._first[name])


def _skews(span: Span) -> Iterator[int]:
    """
    Tell of each child of *span* in another service by how much it lies outside. It
    may well end later, but nobody answers before being asked, or after the answer.
    """
    if not isinstance(span, Call) or span.end is None:
        return
    for child in span.children:
        skew = max(span.start - child.start, child.start - span.end)
        if skew > _SKEW and _service(child.resource) != _service(span.resource):
            yield skew


def _service(resource: Mapping[str, Any]) -> str:
    return text(resource, semconv.SERVICE_NAME)


def _counted(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"
