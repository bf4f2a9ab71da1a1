"""
What all tests of a run together were like.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from otel_testkit.report.html.entry import Entry
from otel_testkit.trace.model import Case, Run


class Overview:
    """
    Gathers, part by part, what the head of the page says of the run.
    """

    def __init__(self) -> None:
        self.id = ""
        self.command = ""
        self.tags: dict[str, Any] = {}
        self.start = 0
        self.end = 0
        self.damaged = 0
        self.counts: Counter[str] = Counter()

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

    def add(self, entry: Entry, case: Case) -> None:
        """
        Add *case*, which is listed as *entry*.
        """
        self.counts[entry.state] += 1
