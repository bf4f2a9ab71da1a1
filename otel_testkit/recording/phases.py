"""
The parts of a test that its runner knows of, and what it does for several tests.

Unlike a step, a phase says itself what it belongs to: fixtures, event loops and
a runner's hooks each have a context of their own, in which a phase may still
stand that is long over.
"""

from __future__ import annotations

import os

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from opentelemetry import context as context_api, trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanContext, StatusCode

from otel_testkit import semconv
from otel_testkit.recording.clock import now
from otel_testkit.recording.failure import exception_type, record_exception
from otel_testkit.recording.outcome import Outcome
from otel_testkit.recording.provider import Recording
from otel_testkit.recording.quiet import QuietSpan
from otel_testkit.recording.runner import RunnerSpan
from otel_testkit.recording.sdk import Span
from otel_testkit.recording.span import (
    _PHASE_KEY,
    _TEST_KEY,
    TestSpan,
    _open,
)
from otel_testkit.recording.values import cut
from otel_testkit.store.encode import Encoded


_INTERNAL: Final = 1
_SAMPLED: Final = trace.TraceFlags(trace.TraceFlags.SAMPLED)
_MAX_MESSAGE: Final = 200
_getpid = os.getpid


class Phase:
    """
    A part of *test*, inside of the phase that is under way there. Its caller sees
    to it that nothing of it is raised into a test.

    What a fixture of the user's has made current, and left so, stays current.
    """

    __slots__ = (
        "_around",
        "_context",
        "_current",
        "_pid",
        "_previous",
        "_test",
        "is_over",
        "span",
    )

    def __init__(self, test: TestSpan) -> None:
        self._test = test
        self._around: Context | None = None
        self._context: Context | None = None
        self._previous: Context | None = None
        self._pid = 0
        self.is_over: bool = False
        self.span: Any = None
        self._current: Any = None

    @property
    def place(self) -> SpanContext | None:
        """
        What others link to; None where it is not recorded.
        """
        return None if self._current is None else self._current.get_span_context()

    def begin(
        self,
        name: str,
        attributes: Mapping[str, Any] | None = None,
        *,
        is_quiet: bool = False,
    ) -> None:
        """
        Begin now, under a *name* and with *attributes* that hold no secret.

        What a program adds to the current span, one that *is_quiet* does not take,
        and costs half as much.
        """
        test = self._test
        recording = test.recording
        if recording is None:
            return

        self._pid = _getpid()
        self._around = around = test._context  # noqa: SLF001  # of one house
        if is_quiet and not recording.relay.is_needed:
            self.span, current = _quiet(recording, name, around, attributes)
        else:
            self.span = current = recording.part_tracer.start_span(
                name, around, attributes=attributes, start_time=now()
            )
        self._current = current
        self._previous = surrounding = context_api.get_current()
        self._context = test._context = Context(  # noqa: SLF001  # as above
            {
                **trace.set_span_in_context(current, surrounding),
                _TEST_KEY: test,
                _PHASE_KEY: self,
            }
        )
        if not _is_users(surrounding, test):
            context_api.attach(self._context)

    def end(
        self, exception: BaseException | None = None, *, at: int = 0, tell: bool = False
    ) -> None:
        """
        End now, or as it was *at* a time; *tell* what the exception says, where
        its test does not.
        """
        self.is_over = True
        span, recording = self.span, self._test.recording
        if span is None:
            return

        if self._test._context is self._context:  # noqa: SLF001  # as above
            self._test._context = self._around  # noqa: SLF001  # as above
        if self._previous is not None and context_api.get_current() is self._context:
            context_api.attach(self._previous)
        self._context = self._previous = self._around = None
        if self._pid != _getpid():
            return

        if exception is not None and Outcome.of(exception).is_failure:
            span.set_attributes({semconv.ERROR_TYPE: exception_type(exception)})
            span.set_status(StatusCode.ERROR)
            if tell and recording is not None:
                record_exception(span, exception, recording.masker, recording.project)
        span.end(at or now())


class PhasedSpan(RunnerSpan):
    """
    The span of a test whose runner tells of its phases.

    *ended_at* is when it ended, where its last phase went on with what is done
    for several tests; *message* what the runner says of a failure that is no
    exception.
    """

    __slots__ = ("_before", "ended_at", "message")

    def __init__(self, case: str, **known: Any) -> None:
        super().__init__(case, **known)
        self.ended_at: int = 0
        self.message: str = ""
        self._before: Context | None = None

    def _begin(self) -> None:
        self._before = context_api.get_current()
        super()._begin()

    def _end(self, exception: BaseException | None) -> None:
        super()._end(exception)
        before, self._before = self._before, None
        if before is not None and context_api.get_current().get(_TEST_KEY) is self:
            # A fixture has put back what was current while it was set up.
            context_api.attach(before)

    def _end_time(self) -> int:
        return self.ended_at or super()._end_time()

    def _explain(
        self,
        span: Span,
        outcome: Outcome,
        exception: BaseException | None,
        recording: Recording,
    ) -> None:
        super()._explain(span, outcome, exception, recording)
        if self.message and outcome.is_failure:
            message = recording.masker.text(self.message.strip().partition("\n")[0])
            span.set_status(StatusCode.ERROR, cut(message, _MAX_MESSAGE))


class SharedSpan(TestSpan):
    """
    The span of what is done for several tests, in a trace of its own: a test
    that is open meanwhile is set aside.
    """

    __slots__ = ("_base", "_set_aside", "_surrounding")
    is_case: ClassVar[bool] = False

    @property
    def place(self) -> SpanContext:
        """
        What the tests link to.
        """
        return self._span_context()

    def _begin(self) -> None:
        self._surrounding = surrounding = context_api.get_current()
        self._base = Context(
            {
                **trace.set_span_in_context(trace.INVALID_SPAN, surrounding),
                _TEST_KEY: None,
                _PHASE_KEY: None,
            }
        )
        self._set_aside = dict(_open)
        _open.clear()
        context_api.attach(self._base)
        super()._begin()
        if self._span is None:
            self._resume()

    def _end(self, exception: BaseException | None) -> None:
        super()._end(exception)
        self._resume()

    def _resume(self) -> None:
        _open.update(self._set_aside)
        if context_api.get_current() is self._base:
            context_api.attach(self._surrounding)


def _is_users(context: Context, test: TestSpan) -> bool:
    """
    Tell whether the span that is current in *context* is of the user's making,
    inside of *test*, and still open.
    """
    if context.get(_TEST_KEY) is not test:
        return False

    span: Any = trace.get_current_span(context)
    phase = context.get(_PHASE_KEY)
    is_ours = span is test._span or (  # noqa: SLF001  # of one house
        phase is not None and span is getattr(phase, "_current", None)
    )

    return not is_ours and getattr(span, "end_time", None) is None


def _quiet(
    recording: Recording,
    name: str,
    around: Context | None,
    attributes: Mapping[str, Any] | None,
) -> tuple[QuietSpan, trace.Span]:
    """
    Give a span that nobody but the recorder hears of, and what is current in it.
    """
    span = QuietSpan(
        recording.recorder,
        recording.part_tracer,
        name,
        trace.get_current_span(around).get_span_context(),
        Encoded.of(attributes or {}),
        now(),
        _INTERNAL,
    )
    context = SpanContext(
        span.context.trace_id,
        span.context.span_id,
        is_remote=False,
        trace_flags=_SAMPLED,
        trace_state=span.context.trace_state,
    )

    return span, trace.NonRecordingSpan(context)
