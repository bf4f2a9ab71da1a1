"""
Writes a line when a span starts and a line when it ends.

Both at once and from the thread that is there: what has ended is on disk
before the test goes on, and what has not ended can still be read as open.
"""

from __future__ import annotations

import time

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from otel_testkit import semconv
from otel_testkit.errors import never_raises
from otel_testkit.recording.clock import now
from otel_testkit.recording.sdk import (
    ReadableSpan,
    Resource,
    SpanProcessor,
    sdk_trace,
)
from otel_testkit.store import layout
from otel_testkit.store.append import RunWriter
from otel_testkit.store.encode import (
    identity,
    open_line,
    opened_line,
    resource_prefix,
    span_line,
)


if TYPE_CHECKING:
    from otel_testkit.masking import Masker


_OPEN: Final = layout.OPEN
_TRACES: Final = layout.TRACES
_MAX_PREFIXES: Final = 256
_FROZEN_NS: Final = 1_000_000_000
# What a span's lines begin with, where they go, when it really began (0 if it is
# ours and tells itself), and whether the clock was a fake then.
_Started = tuple[str, RunWriter, int, bool]


class Recorder(SpanProcessor):
    """
    Hands every span that it sees to a run's *writer*.

    Spans of ours come masked. All others, made by instrumentations or by the
    program under test, are masked here, at the door.
    """

    def __init__(self, writer: RunWriter, masker: Masker) -> None:
        self.writer = writer
        self.masker = masker
        self.is_on: bool = True
        # What this process has started. After a fork the parent's spans are
        # in the child's memory, too, and are not the child's to end.
        self._started: dict[int, _Started] = {}
        # Of the tracers that make our own, each with the resource that it is of.
        self.prefixes: dict[Any, tuple[Any, str]] = {}
        self._prefixes: dict[tuple[int, int], tuple[Any, Any, str]] = {}
        self._short: Resource | None = None

    @never_raises("record", "a span was not recorded")
    def on_start(self, span: Any, parent_context: object = None) -> None:  # noqa: ARG002  # the SDK's signature
        if not self.is_on:
            return

        ours = _is_ours(span)
        start = identity(span.context, span.parent, span.kind.value + 1)
        # It ends in the run in which it began.
        writer = self.writer
        self._started[span.context.span_id] = (
            start,
            writer,
            0 if ours else now(),
            not ours and _is_clock_fake(),
        )
        writer.append(layout.OPEN, open_line(start, span, None if ours else self._mask))

    @never_raises("record", "a span was not recorded")
    def on_end(self, span: Any) -> None:
        started = self._started.pop(span.context.span_id, None)
        if started is None:
            return

        start, writer, real_start, was_fake = started
        if not start:
            # Begun as a quiet one.
            start = identity(span.context, span.parent, span.kind.value + 1)
        ours = not real_start
        if not ours and (was_fake or _is_clock_fake()):
            span = _at_real_time(span, real_start)

        writer.append(
            layout.TRACES,
            span_line(
                self.prefix(span.resource, span.instrumentation_scope, ours=ours),
                start,
                span,
                None if ours else self._mask,
            ),
        )

    def began(self, span_id: int, text: str) -> None:
        """
        Take notice of a span that encodes itself: its id, and all up to its
        attributes; nothing, where that is written with its first part.
        """
        if self.is_on:
            writer = self.writer
            self._started[span_id] = ("", writer, 0, False)
            if not text:
                return

            line = text + "}\n"
            try:
                record = line.encode()
            except UnicodeEncodeError:
                record = opened_line(text)
            writer.append(_OPEN, record)

    def ended(
        self, span_id: int, line: bytes, last: tuple[int, bytes] | None = None
    ) -> None:
        """
        Write the *line* of a span that has begun here, behind that of the *last* of
        its parts, where this has ended with it.
        """
        started = self._started.pop(span_id, None)
        if last is not None and self._started.pop(last[0], None) is not None:
            line = last[1] + line
        if started is not None:
            started[1].append(_TRACES, line)

    def after_fork(self) -> None:
        """
        Begin anew in a child process.
        """
        self._started.clear()

    @property
    def is_idle(self) -> bool:
        """
        Whether all spans that this process has started have ended.
        """
        return not self._started

    def shutdown(self) -> None:
        """
        Do nothing: a test may shut its provider down, and we go on.
        """

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002  # the SDK's signature
        return True

    def shorten(self, resource: Resource) -> None:
        """
        Leave all but the service's and the scope's name out of the lines of
        *resource*.

        The tags of a run stand at its tests; repeated at every call they would
        be most of the file.
        """
        self._short = resource

    def prefix_of(self, tracer: Any, resource: Resource, scope: Any) -> str:
        """
        Give what the lines of spans of *tracer*, one of ours, begin with.
        """
        prefix = self.prefix(resource, scope)
        self.prefixes[tracer] = (resource, prefix)

        return prefix

    def prefix(self, of: Resource, scope: Any, *, ours: bool = True) -> str:
        """
        Give what the lines of spans of a resource and a *scope* begin with.
        """
        key = (id(of), id(scope))
        found = self._prefixes.get(key)
        if found is not None:
            return found[2]

        resource: Mapping[str, Any] = of.attributes
        if of is self._short:
            name = semconv.SERVICE_NAME
            resource = {name: resource[name]} if name in resource else {}

        if len(self._prefixes) >= _MAX_PREFIXES:
            self._prefixes.clear()

        prefix = resource_prefix(
            resource,
            scope,
            short=of is self._short,
            mask=None if ours else self._mask,
        )
        # Kept together: an id stands for its object only while that lives.
        self._prefixes[key] = (of, scope, prefix)

        return prefix

    def _mask(self, key: str, value: str) -> str:
        return self.masker.value(key, value) if key else self.masker.text(value)


def _is_clock_fake() -> bool:
    # By the name that the SDK reads: a test may count the calls of its own.
    read = getattr(sdk_trace, "time_ns", time.time_ns)

    return bool(abs(now() - read()) > _FROZEN_NS)


def _is_ours(span: ReadableSpan) -> bool:
    scope = span.instrumentation_scope

    return scope is not None and scope.name == semconv.SCOPE


def _at_real_time(span: ReadableSpan, start: int) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=span.attributes,
        events=span.events,
        links=span.links,
        kind=span.kind,
        status=span.status,
        start_time=start,
        end_time=now(),
        instrumentation_scope=span.instrumentation_scope,
    )
