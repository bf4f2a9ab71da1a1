"""
The parts of a test that its runner knows of, and what it does for several tests.

Unlike a step, a phase says itself what it belongs to: fixtures, event loops and
a runner's hooks each have a context of their own, in which a phase may still
stand that is long over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanContext, StatusCode

from otel_testkit import semconv
from otel_testkit.masking import Masker
from otel_testkit.recording.clock import now
from otel_testkit.recording.current import attach, get_current
from otel_testkit.recording.failure import exception_type, record_exception
from otel_testkit.recording.lazy import SPAN_KEY, LazySpan, begun
from otel_testkit.recording.outcome import Outcome
from otel_testkit.recording.runner import RunnerSpan
from otel_testkit.recording.span import (
    _PHASE_KEY,
    _TEST_KEY,
    Ending,
    TestSpan,
    _open,
)
from otel_testkit.recording.values import cut


_MAX_MESSAGE: Final = 200
_NONE: Final[Mapping[str, Any]] = {}


class Phase:
    """
    A part of *test* that begins now, under a *name* and with *attributes* that hold
    no secret, inside of the phase that is under way there. Its caller sees to it
    that nothing of it is raised into a test.

    What a fixture of the user's has made current, and left so, stays current.
    """

    __slots__ = ("_around", "_context", "_previous", "_test", "is_over", "span")

    def __init__(
        self, test: TestSpan, name: str, attributes: Mapping[str, Any] = _NONE
    ) -> None:
        self.is_over: bool = False
        self.span: Any = None
        self._test = test
        around, recording = test._context, test._recording  # noqa: SLF001  # of one house
        if around is None or recording is None or test.outcome is not None:
            return

        self.span = begun(recording.part_tracer, name, around, attributes)
        self._around = around
        self._previous = surrounding = get_current()
        self._context = test._context = Context(  # noqa: SLF001  # as above
            {**surrounding, SPAN_KEY: self.span, _TEST_KEY: test, _PHASE_KEY: self}
        )
        if surrounding is around or not _is_users(surrounding, test):
            attach(self._context)

    @property
    def place(self) -> SpanContext | None:
        """
        What others link to; None where it is not recorded.
        """
        return None if self.span is None else self.span.get_span_context()

    def end(
        self,
        exception: BaseException | None = None,
        *,
        at: int = 0,
        tell: bool = False,
        is_last: bool = False,
    ) -> None:
        """
        End now, or as it was *at* a time; *tell* what the exception says, where
        its test does not. With the *last* one its test ends as well.
        """
        span = self.span
        if self.is_over or span is None:
            return

        self.is_over = True
        test, context, previous = self._test, self._context, self._previous
        if test._context is context:  # noqa: SLF001  # as above
            test._context = self._around  # noqa: SLF001  # as above
        # They hold all that the test had made current.
        del self._context, self._previous, self._around
        if get_current() is context:
            attach(previous)
        if exception is not None and Outcome.of(exception).is_failure:
            self._explain(exception, tell=tell)
        if is_last and type(span) is LazySpan:
            span.end_last(at or now())
        else:
            span.end(at or now())

    def _explain(self, exception: BaseException, *, tell: bool) -> None:
        span, recording = self.span, self._test.recording
        span.set_attributes({semconv.ERROR_TYPE: exception_type(exception)})
        span.set_status(StatusCode.ERROR)
        if tell and recording is not None:
            record_exception(span, exception, recording.masker, recording.project)


class PhasedSpan(RunnerSpan):
    """
    The span of a test whose runner tells of its phases, and begins the first of
    them with it.

    *ended_at* is when it ended, where its last phase went on with what is done
    for several tests; *message* what the runner says of a failure that is no
    exception; *variant* what tells it from others of which only a secret does.
    """

    _begins_with_part: ClassVar[bool] = True
    ended_at: int = 0
    message: str = ""
    variant: str = ""
    _before: Context | None = None

    def _described(self, masker: Masker) -> tuple[str, dict[str, Any]]:
        name, known = super()._described(masker)
        if self.variant and name != self.name:
            # Otherwise two tests would be one that now fails and now does not.
            name = known[semconv.TEST_CASE_NAME] = f"{name}#{self.variant}"

        return name, known

    def _begin(self) -> None:
        self._before = get_current()
        super()._begin()

    def _end(self, exception: BaseException | None) -> None:
        super()._end(exception)
        before, self._before = self._before, None
        if before is not None and get_current().get(_TEST_KEY) is self:
            # A fixture has put back what was current while it was set up.
            attach(before)

    def _end_time(self) -> int:
        return self.ended_at or now()

    def _explain(self, ending: Ending) -> None:
        super()._explain(ending)
        if self.message and ending.outcome.is_failure:
            first, _, _ = self.message.strip().partition("\n")
            message = cut(ending.recording.masker.text(first), _MAX_MESSAGE)
            ending.span.set_status(StatusCode.ERROR, message)


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
        self._surrounding = surrounding = get_current()
        self._base = Context(
            {
                **trace.set_span_in_context(trace.INVALID_SPAN, surrounding),
                _TEST_KEY: None,
                _PHASE_KEY: None,
            }
        )
        self._set_aside = dict(_open)
        _open.clear()
        attach(self._base)
        super()._begin()
        if self._span is None:
            self._resume()

    def _end(self, exception: BaseException | None) -> None:
        super()._end(exception)
        self._resume()

    def _resume(self) -> None:
        _open.update(self._set_aside)
        if get_current() is self._base:
            attach(self._surrounding)


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
        phase is not None and span is getattr(phase, "span", None)
    )

    return not is_ours and getattr(span, "end_time", None) is None
