"""
What a runner says of its tests: for the doors to the runners.

A runner keeps the exceptions of a test to itself and judges by rules of its own.
So an exception is told as soon as it is known, and what it comes to at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from opentelemetry.trace import SpanContext

from otel_testkit import semconv
from otel_testkit.errors import never_raises
from otel_testkit.recording.outcome import Outcome
from otel_testkit.recording.span import Ending, TestSpan, current_test, step
from otel_testkit.recording.values import masked_values, text


class RunnerSpan(TestSpan):
    """
    The span of a test that is begun and judged by its runner.
    """

    _ruling: Outcome | None = None
    _is_explained: bool = False

    def __init__(self, case: str, **known: Any) -> None:
        super().__init__(case, **known)
        self.case: str = case

    @never_raises("outcome", "a test's outcome is a guess")
    def judge(self, outcome: Outcome, exception: BaseException | None = None) -> None:
        """
        Take notice of what the runner says, and why. It may say more than one
        thing: the first failure counts, or else what was said last.
        """
        recording = self.recording
        ruling = self._ruling
        if recording is None or (ruling is not None and ruling.is_failure):
            return

        self._ruling = outcome
        if exception is not None and self._span is not None:
            # Now: what is kept of an exception, keeps all that it holds.
            super()._explain(Ending(outcome, exception, self._span, recording))
            self._is_explained = True

    @never_raises("attribute", "what a decorator says of a test was not recorded")
    def adopt(
        self,
        *,
        name: str | None = None,
        tags: Mapping[str, Any] | None = None,
        suite: str | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> None:
        """
        Take what the test says of itself.
        """
        recording, span = self.recording, self._span
        if recording is None or span is None:
            return

        told = masked_values(tags, recording.masker)
        told |= masked_values(attributes, recording.masker)
        if suite is not None:
            told[semconv.TEST_SUITE_NAME] = recording.masker.text(text(suite))
        if name is not None:
            self.name = name
            told[semconv.TEST_CASE_NAME] = recording.masker.text(text(name))
            span.update_name(told[semconv.TEST_CASE_NAME])
        span.set_attributes(told)

    def outcome_of(self, exception: BaseException | None) -> Outcome:
        if exception is None:
            return self._ruling or Outcome.PASSED

        return super().outcome_of(exception)

    def _explain(self, ending: Ending) -> None:
        if ending.exception is not None or not self._is_explained:
            super()._explain(ending)


class OnceSpan(TestSpan):
    """
    The span of what is done once for many tests: no test, unless it goes wrong,
    for that is all there will be of them.
    """

    __slots__ = ()
    is_case: ClassVar[bool] = False

    def _explain(self, ending: Ending) -> None:
        if ending.outcome is not Outcome.PASSED:
            name = ending.recording.masker.text(text(self.name))
            ending.span.set_attribute(semconv.TEST_CASE_NAME, name)
        super()._explain(ending)

    @property
    def place(self) -> SpanContext:
        """
        What the spans of these tests link to.
        """
        return self._span_context()


class RunnerStep(step):
    """
    A step whose exception goes no further than to the runner.
    """

    _tells_exception = True


def span_of_runner(case: str) -> RunnerSpan | None:
    """
    Give the span that a runner has begun for the test *case* that begins here.
    """
    test = current_test()

    return test if isinstance(test, RunnerSpan) and test.case == case else None
