"""
The life of a test: what begins, what is added, how it ends.

One synchronous context manager serves sync and async code alike. It sees every
exception, `BaseException` included, holds on to none and lets each go on as it
came.
"""

from __future__ import annotations

import atexit
import os

from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Final,
    NamedTuple,
    Protocol,
    Self,
    TypeVar,
)

from opentelemetry import context as context_api, trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanContext, StatusCode

from otel_testkit import semconv
from otel_testkit.errors import never_raises
from otel_testkit.recording.allowance import Allowance
from otel_testkit.recording.clock import now
from otel_testkit.recording.current import attach, get_current
from otel_testkit.recording.failure import (
    exception_type,
    record_exception,
    summary,
)
from otel_testkit.recording.lazy import SPAN_KEY, LazySpan, add, begun
from otel_testkit.recording.outcome import Outcome
from otel_testkit.recording.provider import Recording, recording
from otel_testkit.recording.sdk import Span
from otel_testkit.recording.values import (
    attribute_key,
    holds_no_secret,
    masked_value,
    masked_values,
    text,
)
from otel_testkit.recording.wrapping import wrap
from otel_testkit.store.encode import Encoded


if TYPE_CHECKING:
    from otel_testkit.masking import Masker

F = TypeVar("F", bound=Callable[..., Any])

_TEST_KEY: Final = context_api.create_key("otel_testkit.test")
_STARTED_BY_KEY: Final = context_api.create_key("otel_testkit.started_by")
_PHASE_KEY: Final = context_api.create_key("otel_testkit.phase")
_RESULT_STATUS: Final = {
    Outcome.PASSED: "pass",
    Outcome.FAILED: "fail",
    Outcome.ERROR: "fail",
}
_AT_END: Final = {
    outcome: Encoded.of(
        {semconv.OUTCOME: outcome.value}
        | (
            {semconv.TEST_CASE_RESULT_STATUS: _RESULT_STATUS[outcome]}
            if outcome in _RESULT_STATUS
            else {}
        )
    )
    for outcome in Outcome
}
_AT_END_OF_NO_CASE: Final = {
    outcome: Encoded.of({semconv.OUTCOME: outcome.value}) for outcome in Outcome
}
_getpid = os.getpid


class Part(Protocol):
    """
    What can be under way when its test ends.
    """

    def closed(self) -> None: ...


class Ending(NamedTuple):
    """
    How a test ends, and the *span* that tells of it.
    """

    outcome: Outcome
    exception: BaseException | None
    span: Span
    recording: Recording


class TestSpan:
    """
    One execution of a test, as a span of its own trace.

    Outside a test `current_test()` gives one that does nothing, so that
    helpers can use it anywhere.
    """

    __slots__ = (
        "_allowance",
        "_attributes",
        "_context",
        "_links",
        "_outer",
        "_parts",
        "_pid",
        "_previous",
        "_recording",
        "_span",
        "_suite",
        "_tags",
        "name",
        "outcome",
    )
    __test__ = False

    is_case: ClassVar[bool] = True
    """
    Whether it is a test, and not what is done once for some of them.
    """

    _begins_with_part: ClassVar[bool] = False

    def __init__(
        self,
        name: str,
        *,
        tags: Mapping[str, Any] | None = None,
        suite: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        links: Iterable[SpanContext] = (),
    ) -> None:
        self.name: str = name
        self.outcome: Outcome | None = None

        self._tags = tags
        self._suite = suite
        self._attributes = attributes
        self._links = links
        self._recording: Recording | None = None
        self._span: Span | None = None
        self._context: Context | None = None
        self._outer: TestSpan | None = None
        self._previous: Context | None = None
        self._pid = 0
        self._parts: dict[int, Part] | None = None
        self._allowance: Allowance | None = None

    @property
    def trace_id(self) -> str:
        """
        The id of the test's trace, 32 hexadecimal digits; all zero outside one.
        """
        span = self._span
        if type(span) is LazySpan:
            # Without making more of it.
            return span.written_trace_id

        return f"{self._span_context().trace_id:032x}"

    @property
    def span_id(self) -> str:
        """
        The id of the test's span, 16 hexadecimal digits; all zero outside one.
        """
        return f"{self._span_context().span_id:016x}"

    @property
    def is_recording(self) -> bool:
        """
        Whether what is added now is still recorded.
        """
        return self._span is not None and self.outcome is None

    @property
    def recording(self) -> Recording | None:
        """
        What parts of this test are recorded with; None when nothing is.
        """
        return self._recording if self.is_recording else None

    @property
    def allowance(self) -> Allowance | None:
        """
        How much of this test may still be recorded; None when nothing is.
        """
        return self._allowance if self.is_recording else None

    def set_tag(self, key: str, value: Any) -> None:
        """
        Add a tag: a key of your own and any value, to find the test by.
        """
        self.set_attribute(key, value)

    @never_raises("attribute", "an attribute was not recorded")
    def set_attribute(self, key: str, value: Any) -> None:
        """
        Set an attribute of the test's span, a tag among others.

        Values that a span can't hold are written as JSON or as text; secrets
        are masked.
        """
        recording = self.recording
        if self._span is not None and recording is not None:
            name = attribute_key(key, recording.masker)
            self._span.set_attribute(name, masked_value(name, value, recording.masker))

    @never_raises("event", "an event was not recorded")
    def event(self, name: str, attributes: Mapping[str, Any] | None = None) -> None:
        """
        Note that something happened, at this moment.
        """
        recording = self.recording
        if self._span is not None and recording is not None:
            self._span.add_event(
                recording.masker.text(text(name)),
                masked_values(attributes, recording.masker),
                timestamp=now(),
            )

    def step(self, name: str, attributes: Mapping[str, Any] | None = None) -> step:
        """
        Give a named part of this test, as a context manager or decorator.
        """
        return step(name, attributes, test=self)

    def __enter__(self) -> Self:
        self._begin()

        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end(exception)

    def part_begins(self, part: Part) -> None:
        """
        Have *part* closed with this test, unless it ends before.
        """
        # Not made here, at the first part: two threads may begin theirs at once.
        if self._parts is not None:
            self._parts[id(part)] = part

    def part_ends(self, part: Part) -> None:
        """
        Take notice that *part* has ended.
        """
        if self._parts is not None:
            self._parts.pop(id(part), None)

    def outcome_of(self, exception: BaseException | None) -> Outcome:
        """
        Tell the outcome; for callers that know more than the exception says.
        """
        if exception is None:
            return Outcome.PASSED
        if type(exception) is SystemExit and not exception.code:
            # How a script says that all went well.
            return Outcome.PASSED

        return Outcome.of(exception)

    @never_raises("span", "a test was not recorded")
    def _begin(self) -> None:
        self._recording = self._span = None
        self.outcome = None
        now_recording = recording()
        if now_recording is None:
            return

        surrounding = get_current()
        if _is_stale(surrounding):
            surrounding = current_test()._context or surrounding  # noqa: SLF001  # of one house
        outer = surrounding.get(_TEST_KEY)
        self._outer = (
            outer if isinstance(outer, TestSpan) and outer.is_recording else None
        )
        name, attributes = self._described(now_recording.masker)
        parent = surrounding
        links: tuple[Link, ...] = ()
        if self._outer is not None:
            attributes[semconv.NESTED] = True
        else:
            parent, links = _root(now_recording, surrounding)
        if self._links:
            links = (*links, *map(Link, self._links))

        span: Any = begun(
            now_recording.tracer,
            name,
            parent,
            attributes,
            links,
            with_part=self._begins_with_part,
        )
        self._pid = _getpid()
        self._recording = now_recording
        self._span = span
        self._parts = {}
        self._allowance = Allowance(now_recording.settings)
        self._previous = surrounding
        self._context = Context({**surrounding, SPAN_KEY: span, _TEST_KEY: self})
        _open[id(self)] = self
        # Set and never reset: a token is good in the one context that made it,
        # and a test may end in another.
        attach(self._context)

    def _described(self, masker: Masker) -> tuple[str, dict[str, Any]]:
        """
        Give the name and all that is known of it, as they may be written.
        """
        name = self.name if type(self.name) is str else text(self.name)
        own = {semconv.TEST_CASE_NAME: name} if self.is_case else {}
        if self._suite is not None:
            own[semconv.TEST_SUITE_NAME] = (
                self._suite if type(self._suite) is str else text(self._suite)
            )
        if self._tags is None or type(self._tags) is dict:
            known = {**(self._tags or {}), **(self._attributes or {}), **own}
            if holds_no_secret(known, name, masker):
                return name, known

        return masker.text(name), {
            **masked_values(self._tags, masker),
            **masked_values(self._attributes, masker),
            **{key: masker.text(value) for key, value in own.items()},
        }

    @never_raises("span", "the end of a test was not recorded")
    def _end(self, exception: BaseException | None) -> None:
        span, context, previous = self._span, self._context, self._previous
        if span is None or self._recording is None:
            return

        self._context = self._previous = None
        _open.pop(id(self), None)
        if previous is not None and get_current() is context:
            attach(previous)
        if self._pid != _getpid():
            # A forked child leaves the parent's test to the parent.
            return

        try:
            self._settle(span, exception, self._recording)
        finally:
            # Whatever is wrong with the exception, the test has ended.
            span.end(self._end_time())

    def _end_time(self) -> int:
        return now()

    def _settle(
        self, span: Span, exception: BaseException | None, recording: Recording
    ) -> None:
        parts, self._parts = self._parts, None
        for part in list((parts or {}).values()):
            part.closed()

        if self._allowance is not None and (left_out := self._allowance.left_out()):
            add(span, Encoded.of(left_out))
        self.outcome = outcome = self.outcome_of(exception)
        add(span, (_AT_END if self.is_case else _AT_END_OF_NO_CASE)[outcome])
        if exception is not None or outcome is not Outcome.PASSED:
            self._explain(Ending(outcome, exception, span, recording))

    def _explain(self, ending: Ending) -> None:
        """
        Say what led to it.
        """
        outcome, exception, span, recording = ending
        if outcome.is_failure:
            span.set_attribute(
                semconv.ERROR_TYPE,
                outcome.value if exception is None else exception_type(exception),
            )
            span.set_status(
                StatusCode.ERROR,
                outcome.value
                if exception is None
                else summary(exception, recording.masker),
            )
        if exception is not None:
            record_exception(span, exception, recording.masker, recording.project)

    def _span_context(self) -> SpanContext:
        if self._span is None:
            return trace.INVALID_SPAN_CONTEXT

        return self._span.get_span_context()


class _Entered(NamedTuple):
    """
    A step that is under way.
    """

    span: Span
    context: Context
    previous: Context
    pid: int
    recording: Recording


class step:  # noqa: N801  # read as a word: `with step("sign up")`
    """
    A named part of a test, as a context manager or a decorator of sync and
    async functions. Outside a test it does nothing.
    """

    # What leaves it is told by the test's own span.
    _tells_exception = False

    def __init__(
        self,
        name: str,
        attributes: Mapping[str, Any] | None = None,
        *,
        test: TestSpan | None = None,
    ) -> None:
        self._name = name
        self._attributes = attributes
        self._test = test
        # One may be kept and entered again, also while it is entered.
        self._entered: list[_Entered] = []

    def __call__(self, function: F) -> F:
        return wrap(
            function, lambda *_: step(self._name, self._attributes, test=self._test)
        )

    def __enter__(self) -> Self:
        self._begin()

        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end(exception)

    @never_raises("step", "a step was not recorded")
    def _begin(self) -> None:
        test = current_test() if self._test is None else self._test
        if test.recording is None:
            return

        surrounding = parent_context(test)
        span = begun(
            test.recording.part_tracer,
            test.recording.masker.text(text(self._name)),
            surrounding,
            masked_values(self._attributes, test.recording.masker),
        )
        entered = _Entered(
            span,
            trace.set_span_in_context(span, surrounding),
            get_current(),
            _getpid(),
            test.recording,
        )
        self._entered.append(entered)
        attach(entered.context)

    @never_raises("step", "the end of a step was not recorded")
    def _end(self, exception: BaseException | None) -> None:
        if not self._entered:
            return

        current = get_current()
        entered = next(
            (last for last in reversed(self._entered) if last.context is current),
            self._entered[-1],
        )
        self._entered.remove(entered)
        if entered.context is current:
            attach(entered.previous)
        if entered.pid != _getpid():
            return

        try:
            self._settle(entered, exception)
        finally:
            # Whatever is wrong with the exception, the step has ended.
            entered.span.end(now())

    def _settle(self, entered: _Entered, exception: BaseException | None) -> None:
        span = entered.span
        if exception is not None and Outcome.of(exception).is_failure:
            span.set_attribute(semconv.ERROR_TYPE, exception_type(exception))
            span.set_status(StatusCode.ERROR)
            if self._tells_exception:
                told_by = entered.recording
                record_exception(span, exception, told_by.masker, told_by.project)


def test_span(  # named for users, no test
    name: str,
    *,
    tags: Mapping[str, Any] | None = None,
    suite: str | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> TestSpan:
    """
    Record what runs inside a `with` block as a test, in a trace of its own.

    Works in sync and async code, in any runner or none. Inside another test it
    becomes a part of that one, marked as nested.

    Args:
        name: Of the test case: the same in every run.
        tags: Keys of your own with any values, to find the test by.
        suite: The group that the test belongs to.
        attributes: Further attributes of the span.
    """
    return TestSpan(name, tags=tags, suite=suite, attributes=attributes)


test_span.__test__ = False  # type: ignore[attr-defined]  # or pytest collects it


def current_test() -> TestSpan:
    """
    Give the test that is running here; outside a test one that does nothing.

    In a thread or job that a test has started, it is that one, as long as it
    runs. In a thread that knows of no test, it is the one that is open in this
    process, if there is just one.
    """
    found = get_current().get(_TEST_KEY)
    if isinstance(found, TestSpan) and found.is_recording:
        return found

    started_by = get_current().get(_STARTED_BY_KEY)
    if isinstance(started_by, TestSpan):
        # What comes late is no part of another test that happens to be open.
        return _still_running(started_by)
    if len(_open) == 1:
        for test in list(_open.values()):
            return test

    return _NO_TEST


def context_to_carry() -> Context | None:
    """
    Give the context that a thread or job started here takes along; None where
    no test is running.
    """
    test = current_test()
    if test.is_recording:
        return context_api.set_value(_STARTED_BY_KEY, test)

    # What comes late may start something itself.
    started_by = get_current().get(_STARTED_BY_KEY)

    return (
        None
        if started_by is None
        else context_api.set_value(_STARTED_BY_KEY, started_by, Context())
    )


def parent_context(test: TestSpan) -> Context:
    """
    Give the context in which a part of *test* that begins here belongs.
    """
    current = get_current()
    if test._context is None:  # noqa: SLF001  # of one house
        return current
    if (
        current.get(_TEST_KEY) is test
        and trace.get_current_span(current).get_span_context().is_valid
        and not _is_stale(current)
    ):
        return current

    # A thread that the context was not carried into, or one without a span.
    return test._context  # noqa: SLF001


class Place(NamedTuple):
    """
    Where a part of a test belongs that begins here.
    """

    test: TestSpan
    recording: Recording
    allowance: Allowance
    context: Context
    parent: SpanContext


def current_place() -> Place | None:
    """
    Give where a part that begins here belongs; None where nothing is recorded.

    What `current_test` and `parent_context` tell, asked for with every call.
    """
    context = get_current()
    test = context.get(_TEST_KEY)
    if not isinstance(test, TestSpan) or not test.is_recording:
        test = current_test()
    recording, allowance = test.recording, test._allowance  # noqa: SLF001  # of one house
    if recording is None or allowance is None:
        return None

    parent = trace.get_current_span(context).get_span_context()
    if context.get(_TEST_KEY) is not test or not parent.is_valid or _is_stale(context):
        context = parent_context(test)
        parent = trace.get_current_span(context).get_span_context()
    if parent.trace_id != test._span_context().trace_id:  # noqa: SLF001  # as above
        # The program has begun a trace of its own, in which nobody would look.
        context = test._context or context  # noqa: SLF001  # as above
        parent = trace.get_current_span(context).get_span_context()

    return Place(test, recording, allowance, context, parent)


def _is_stale(context: Context) -> bool:
    """
    Tell whether *context* is of a part of a test, as its runner has them, that is
    over: event loops keep the one in which they were made.
    """
    phase = context.get(_PHASE_KEY)

    return phase is not None and getattr(phase, "is_over", False)


def _still_running(test: TestSpan) -> TestSpan:
    """
    Give *test*, or the one around it that is not over yet.
    """
    running: TestSpan | None = test
    while running is not None and not running.is_recording:
        running = running._outer  # noqa: SLF001  # of one house

    return running or _NO_TEST


_open: Final[dict[int, TestSpan]] = {}
# One that never ends would keep its function, and with it the program's module: then
# what is still in there would be finalized too late, or not at all.
atexit.register(_open.clear)
_NO_TEST: Final = TestSpan("")


def _root(
    now_recording: Recording, surrounding: Context
) -> tuple[Context, tuple[Link, ...]]:
    """
    Give the context of a new trace, and links to what it would have hung on.
    """
    started_in = now_recording.started_in
    if started_in is None and SPAN_KEY not in surrounding:
        return surrounding, ()

    around = trace.get_current_span(surrounding).get_span_context()
    if started_in is None and not around.is_valid:
        return surrounding, ()

    choice = now_recording.settings.traceparent
    if started_in is not None and choice == "parent":
        parent = trace.NonRecordingSpan(started_in)

        return trace.set_span_in_context(parent, surrounding), ()

    links = [Link(around)] if around.is_valid else []
    if started_in is not None and choice == "link":
        links.append(Link(started_in))

    return trace.set_span_in_context(trace.INVALID_SPAN, surrounding), tuple(links)
