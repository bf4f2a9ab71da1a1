"""
Tests and fixtures that are under way, from hook to hook.
"""

from __future__ import annotations

from typing import Any

import pytest

from opentelemetry.trace import SpanContext

from otel_testkit import semconv
from otel_testkit.recording.clock import now
from otel_testkit.recording.outcome import Outcome
from otel_testkit.recording.phases import Phase, PhasedSpan, SharedSpan


class Attempt:
    """
    One execution of *item*; its span begins when all is there that it shares.
    """

    def __init__(self, item: pytest.Item) -> None:
        self.item = item
        self.span: PhasedSpan | None = None
        self.phase: Phase | None = None
        self._phase_name = ""
        # When its teardown was over, which ends with the test.
        self._was_over_at = 0
        self._has_failed = False
        # Where nothing is said, it has passed.
        self.is_judged: bool = False

    def begin_phase(self, name: str) -> None:
        if self.span is not None:
            self._phase_name = name
            self.phase = Phase(self.span, name)

    def phase_is_over(self, call: pytest.CallInfo[None]) -> None:
        """
        Take notice of what pytest is about to report of.
        """
        if call.excinfo is None and call.when == "teardown":
            # It has ended when that is done, and so has the test: one write for both.
            self._was_over_at = now()
        else:
            self.end_phase(None if call.excinfo is None else call.excinfo.value)

    def end_phase(
        self, exception: BaseException | None, *, is_last: bool = False
    ) -> None:
        phase, self.phase = self.phase, None
        if phase is not None and self.span is not None:
            phase.end(
                exception,
                at=self.span.ended_at or self._was_over_at,
                # What goes wrong after a failure, the test itself does not tell.
                tell=self._has_failed,
                is_last=is_last,
            )

    def shares_from_now(self) -> None:
        """
        Take notice that what is still to be torn down is not of this test alone.
        """
        if self.span is not None and self._phase_name == "teardown":
            self.span.ended_at = self.span.ended_at or now()

    def judge(self, outcome: Outcome, exception: BaseException | None) -> None:
        self.is_judged = True
        if self.span is not None:
            self.span.judge(outcome, exception)

    def fails(
        self, outcome: Outcome, exception: BaseException | None, said: object
    ) -> None:
        if self.span is not None and not self._has_failed:
            if exception is None and isinstance(said, str):
                self.span.message = said
            self.judge(outcome, exception)
        self._has_failed = True

    def end(self, exception: BaseException | None) -> None:
        try:
            self.end_phase(exception, is_last=exception is None)
        finally:
            if self.span is not None:
                self.span.__exit__(None, exception, None)


class Fixture:
    """
    A fixture that is being set up or torn down: in a test, alone, or both, where
    a test waits for one that it shares.
    """

    def __init__(self, definition: Any, name: str) -> None:
        self.definition = definition
        self.is_shared: bool = definition.scope != "function"
        self.finalizers: int | None = None
        self._name = f"fixture {name}"
        self._attributes = {
            semconv.FIXTURE_NAME: name,
            semconv.FIXTURE_SCOPE: str(definition.scope),
        }
        self._phase: Phase | None = None
        self._alone: SharedSpan | None = None

    def begin_in(self, test: PhasedSpan) -> None:
        self._phase = Phase(test, self._name, self._attributes)

    def begin_alone(
        self, what: str = "", after: SpanContext | None = None
    ) -> SpanContext:
        links = [] if after is None else [after]
        if self._phase is not None and self._phase.place is not None:
            links.append(self._phase.place)
        self._alone = SharedSpan(
            f"{self._name} ({self._attributes[semconv.FIXTURE_SCOPE]}){what}",
            attributes=self._attributes,
            links=links,
        )
        self._alone.__enter__()

        return self._alone.place

    def end(self, exception: BaseException | None) -> None:
        alone, self._alone = self._alone, None
        if alone is not None:
            alone.__exit__(None, exception, None)
        phase, self._phase = self._phase, None
        if phase is not None:
            phase.end(exception)


def count_finalizers(definition: Any) -> int | None:
    finalizers = getattr(definition, "_finalizers", None)

    return None if finalizers is None else len(finalizers)
