"""
What is to be exported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from otel_testkit.trace.model import Attempt, Case, Log, Run, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """
    Of *run* these *attempts* of these *cases*, with *loose* roots and log records that
    belong to no span; *is_named* if their trace was asked for. Attempts to compare with
    are in the runs in *folders*.
    """

    run: Run
    cases: Sequence[Case]
    attempts: Sequence[Attempt]
    loose: Sequence[Span]
    logs: Sequence[Log]
    is_named: bool = False
    folders: Sequence[str] = ()

    def roots(self) -> Iterator[Span]:
        """
        Give the tests and whatever else has no parent.
        """
        yield from (attempt.span for attempt in self.attempts)
        yield from self.loose

    def spans(self) -> Iterator[Span]:
        """
        Give every span, parents first.
        """
        for root in self.roots():
            yield from root.walk()
