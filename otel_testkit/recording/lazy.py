"""
Spans of tests and of their parts, made when somebody asks for what is in them.

They are current while a test runs, and may be asked for anything. Most never are:
they begin, are written, and end. Where nobody listens but the recorder, the locks,
limits and copies that the SDK makes for each would be most of what a test costs.
"""

from __future__ import annotations

import threading

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanContext, SpanKind, Status

from otel_testkit.recording.clock import now
from otel_testkit.recording.recorder import Recorder
from otel_testkit.recording.sdk import ALWAYS_ON, NO_LIMITS, Span, add_attributes
from otel_testkit.store.encode import (
    Encoded,
    attribute_list,
    beginning,
    ended_line,
    identity,
    part_beginning,
    plainly_ended_line,
)


_new: Final = object.__new__
_INTERNAL: Final = SpanKind.INTERNAL.value + 1
_SAMPLED: Final = trace.TraceFlags(trace.TraceFlags.SAMPLED)
# What the context calls the current span: no public name, but for this one.
(SPAN_KEY,) = trace.set_span_in_context(trace.INVALID_SPAN, Context())


def begun(
    tracer: Any,
    name: str,
    context: Context,
    attributes: Mapping[str, Any],
    links: Sequence[Link] = (),
    *,
    with_part: bool = False,
) -> Span:
    """
    Give a span of *tracer*, one of ours, that begins now; *with_part*, if a part
    of it begins before anything else happens, and is written in one go with it.
    Its *attributes* are texts, numbers, truths or lists of them.
    """
    recorder = tracer.span_processor
    if type(recorder) is not Recorder:
        # Somebody else listens.
        span: Span = tracer.start_span(
            name, context, attributes=attributes, links=links, start_time=now()
        )
        return span

    above = context.get(SPAN_KEY)
    if above is not None and type(above) is not LazySpan:
        above = trace.get_current_span(context).get_span_context()
        if not above.is_valid:
            above = None

    # Past the constructors of the SDK, which cost more than all of the rest.
    lazy = _new(LazySpan)
    lazy._begin(recorder, tracer, name, above, attributes, links, with_part)  # noqa: SLF001  # a part of it

    return lazy


def add(span: Span, more: Encoded) -> None:
    """
    Add attributes to *span* that need no cleaning.
    """
    if not (type(span) is LazySpan and span.adds(more)):
        add_attributes(span, more.attributes)


class _Later:
    """
    What a span has when it is made: asking for it makes the span.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, span: Any, owner: type) -> Any:
        if span is None:
            return self

        span._make()  # a part of it

        return vars(span)[self._name]


class _Context:
    """
    The context of a span, made when it is asked for.
    """

    def __get__(self, span: Any, owner: type) -> Any:
        if span is None:
            return self

        span._context = context = SpanContext(  # noqa: SLF001  # a part of it
            span.trace_id,
            span.span_id,
            is_remote=False,
            trace_flags=_SAMPLED,
            trace_state=span.trace_state,
        )

        return context


class LazySpan(Span):
    """
    A span that has begun, as it is written, and is made when more is asked of it.
    """

    # What may be read of it before that, and is the same for all.
    _kind = SpanKind.INTERNAL
    _events: Any = ()
    _status = Status()
    _instrumentation_info: Any = None
    _end_time: int | None = None
    is_remote = False
    _is_made = False
    # What waits for its first part, and of its last one for its end.
    unwritten: str = ""
    last: tuple[int, bytes] | None = None
    _context: Any = _Context()
    trace_id: int
    span_id: int
    trace_state: Any
    written_trace_id: str
    written_id: str
    # One of these all of the SDK's methods ask for first.
    _attributes: Any = _Later()
    _limits: Any = _Later()
    _lock: Any = _Later()
    _parent: Any = _Later()

    _making: ClassVar[Any] = threading.RLock()

    def _begin(
        self,
        recorder: Recorder,
        tracer: Any,
        name: str,
        above: Any,
        attributes: Mapping[str, Any],
        links: Sequence[Link],
        with_part: bool,  # noqa: FBT001  # one call, for every span
    ) -> None:
        draw = tracer.id_generator
        # What `generate_span_id` does.
        self.span_id = span_id = draw.bits(64) or 1
        self.written_id = span = f"{span_id:016x}"
        is_inner = type(above) is LazySpan
        if is_inner:
            self.trace_id = above.trace_id
            self.written_trace_id = above.written_trace_id
            self.trace_state = above.trace_state
        else:
            self.trace_id = above.trace_id if above else draw.generate_trace_id()
            self.written_trace_id = f"{self.trace_id:032x}"
            self.trace_state = above.trace_state if above else None
        self._above = above
        self._recorder = recorder
        self._resource = resource = tracer.resource
        self._instrumentation_scope = scope = tracer._instrumentation_scope  # noqa: SLF001  # no public name
        known = recorder.prefixes.get(tracer)
        self._prefix = (
            known[1]
            if known is not None and known[0] is resource
            else recorder.prefix_of(tracer, resource, scope)
        )
        self._name = name
        self._given = attributes
        self._links: Any = links
        self._start_time = start = now()
        encoded = attribute_list(attributes) if attributes else ""
        self._text = text = (
            part_beginning(
                self.written_trace_id, span, above.written_id, name, start, encoded
            )
            if is_inner and not self.trace_state
            else beginning(identity(self, above, _INTERNAL), name, start, encoded)
        )
        opening = text + "]"
        if with_part:
            self.unwritten = opening + "}\n"
            opening = ""
        elif is_inner and above.unwritten:
            opening = above.unwritten + opening
            above.unwritten = ""
        recorder.began(span_id, opening)

    def adds(self, more: Encoded) -> bool:
        """
        Add attributes if it has none of them and is not made yet.
        """
        given, (attributes, text) = self._given, more
        if self._is_made or not given.keys().isdisjoint(attributes):
            return False

        between = "," if given else ""
        self._given = {**given, **attributes}
        self._text = f"{self._text}{between}{text}"

        return True

    def end(self, end_time: int | None = None) -> None:
        last = self.last
        if not self._is_made and self._end_time is None:
            self._recorder.ended(self.span_id, self._ended(end_time or now()), last)
            return

        if last is not None:
            self.last = None
            self._recorder.ended(*last)
        super().end(end_time)

    def end_last(self, end_time: int) -> None:
        """
        End with the span above, before anything else happens: the lines of both
        are written in one go.
        """
        above = self._above
        if self._is_made or self._end_time is not None or type(above) is not LazySpan:
            self.end(end_time)
        else:
            above.last = (self.span_id, self._ended(end_time))

    def _ended(self, end_time: int) -> bytes:
        self._end_time = end_time

        return (
            ended_line(self._prefix, self._text + "]", self)
            if self._links
            else plainly_ended_line(self._prefix, self._text, end_time)
        )

    def _make(self) -> None:
        with self._making:
            if not self._is_made:
                self._make_once()

    def _make_once(self) -> None:
        above = self._above
        start, end = self._start_time, self._end_time
        super().__init__(
            name=self._name,
            context=self._context,
            parent=above.get_span_context() if type(above) is LazySpan else above,
            sampler=ALWAYS_ON,
            resource=self._resource,
            attributes=self._given,
            links=self._links,
            span_processor=self._recorder,
            limits=NO_LIMITS,
            instrumentation_scope=self._instrumentation_scope,
        )
        self._start_time, self._end_time = start, end
        self._is_made = True
