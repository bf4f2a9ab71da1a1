"""
What all tests of a run together were like.
"""

from __future__ import annotations

import heapq
import json

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from otel_testkit import semconv
from otel_testkit.report.html.calls import Calls, services_of
from otel_testkit.report.html.entry import Entry
from otel_testkit.report.html.gaps import Gap, Gaps
from otel_testkit.report.html.origin import Fact, facts_of, other_tags
from otel_testkit.report.html.trends import Trend, trends_of
from otel_testkit.report.text import duration
from otel_testkit.trace.fields import text
from otel_testkit.trace.model import Case, Run


_MOST_SLOWEST: Final = 10
# How tests ended, the worst first, and the mark of each.
_MARKS: Final = {
    "failed": "✗",
    "flaky": "≈",
    "passed": "✓",
    "skipped": "–",  # noqa: RUF001 - a mark, and no minus
    "outside": "○",
}


class Overview:
    """
    Gathers, part by part, what the head of the page says of the run.
    """

    def __init__(self) -> None:
        self.id: str = ""
        self.command: str = ""
        self.tags: dict[str, Any] = {}
        self.start: int = 0
        self.end: int = 0
        self.damaged: int = 0
        self.counts: Counter[str] = Counter()
        self.calls: Calls = Calls()
        self.slowest: list[Entry] = []
        self._gaps = Gaps()
        self._trends: Mapping[tuple[str, str], Trend] | None = None

    def add_run(self, run: Run) -> None:
        """
        Add what *run*, a part of the whole, says of itself.
        """
        self.id, self.command = run.id, run.command
        self.tags = dict(run.tags)
        if run.start:
            self.start = min(self.start or run.start, run.start)
        self.end = max(self.end, run.end)
        self.damaged += run.damaged
        if self._trends is None:
            self._trends = trends_of(run.path)

    def add(self, entry: Entry, case: Case) -> None:
        """
        Add *case*, which is listed as *entry*.
        """
        self.counts[entry.state] += 1
        self._gaps.add(entry, case)
        own = text(case.attempts[0].span.resource, semconv.SERVICE_NAME)
        for attempt in case.attempts:
            self.calls.add(attempt, entry.anchor)
            for service, count in services_of(attempt, own):
                self.calls.add_spans(service, count)
        if entry.state != "outside":
            self.slowest = heapq.nlargest(
                _MOST_SLOWEST, [*self.slowest, entry], key=lambda one: one.duration
            )

    @property
    def tests(self) -> int:
        """
        How many tests there were.
        """
        return self.counts.total() - self.counts["outside"]

    @property
    def marks(self) -> dict[str, str]:
        """
        The states that a test of this run may be in, and the mark of each; what is
        outside of all tests only where there is something.
        """
        return {
            state: mark
            for state, mark in _MARKS.items()
            if state != "outside" or self.counts[state]
        }

    @property
    def verdict(self) -> str:
        """
        What became of the run, in a sentence.
        """
        failed, flaky = self.counts["failed"], self.counts["flaky"]
        if not self.tests:
            return "No test was recorded"
        if failed:
            also = f", {flaky} {_is(flaky)} flaky" if flaky else ""

            return f"{failed:,} of {_tests(self.tests)} failed{also}"
        if flaky:
            return f"No test failed, {flaky:,} {_is(flaky)} flaky"
        if not self.counts["passed"]:
            return f"{_tests(self.tests)} skipped"

        return f"{_tests(self.counts['passed'])} passed, none failed"

    @property
    def began(self) -> datetime:
        return datetime.fromtimestamp(self.start / 1e9, UTC)

    @property
    def when(self) -> str:
        """
        The time of the start, as people write it.
        """
        began = self.began

        return f"{began.day} {began:%B %Y, %H:%M} UTC" if self.start else ""

    @property
    def took(self) -> str:
        """
        The time from the first to the last thing seen.
        """
        minutes, seconds = divmod((self.end - self.start) // 10**9, 60)

        return (
            f"{minutes:,} min {seconds} s"
            if minutes
            else duration(self.end - self.start)
        )

    @property
    def facts(self) -> list[Fact]:
        return facts_of(self.tags)

    @property
    def other_tags(self) -> dict[str, Any]:
        return other_tags(self.tags)

    @property
    def gaps(self) -> list[Gap]:
        return self._gaps.told(self.damaged)

    def trend(self, entry: Entry) -> Trend | None:
        """
        Tell how the case of *entry* has fared up to this run, if it ever failed.
        """
        return (self._trends or {}).get((entry.suite, entry.name))

    def trends(self, entries: Iterable[Entry]) -> str:
        """
        Tell it of those *entries* that the page does not tell of by itself, as JSON,
        by their place: a mark for each run, and in words.
        """
        return json.dumps(
            {
                entry.place: [trend.marks, str(trend)]
                for entry in entries
                if not entry.is_told and (trend := self.trend(entry))
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )

    def clusters(
        self, entries: Iterable[Entry], state: str
    ) -> list[tuple[str, list[Entry]]]:
        """
        Put those of *entries* that are in *state* together by their title, the largest
        cluster first; those that stand alone come last, with the title "". All whose
        cause is known come before all others.
        """
        own = [entry for entry in entries if entry.state == state]

        return [
            *_clusters(entry for entry in own if entry.is_known),
            *_clusters(entry for entry in own if not entry.is_known),
        ]


def _clusters(entries: Iterable[Entry]) -> list[tuple[str, list[Entry]]]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.title or entry.anchor, []).append(entry)
    several = [item for item in found.items() if len(item[1]) > 1]
    alone = [group[0] for group in found.values() if len(group) == 1]
    several.sort(key=lambda item: -len(item[1]))

    return [*several, ("", alone)] if alone else several


def _tests(count: int) -> str:
    return f"{count:,} test{'' if count == 1 else 's'}"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
