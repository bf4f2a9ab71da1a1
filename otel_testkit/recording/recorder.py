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
)
from otel_testkit.store import layout
from otel_testkit.store.append import RunWriter
from otel_testkit.store.encode import (
    identity,
    open_line,
    resource_prefix,
    span_line,
)


if TYPE_CHECKING:
    from otel_testkit.masking import Masker


_MAX_PREFIXES: Final = 256
_FROZEN_NS: Final = 1_000_000_000
_URL_KEYS: Final = frozenset({semconv.URL_FULL, semconv.OLD_HTTP_URL})


class Recorder(SpanProcessor):
    """
    Hands every span that it sees to a run's *writer*.

    Spans of ours come masked. All others, made by instrumentations or by the
    program under test, are masked here, at the door.
    """

    def __init__(self, writer: RunWriter, masker: Masker) -> None:
        self.writer = writer
        self.masker = masker
        # What this process has started. After a fork the parent's spans are
        # in the child's memory, too, and are not the child's to end.
        self._started: dict[int, tuple[str, int]] = {}
        self._prefixes: dict[tuple[int, int], tuple[Any, Any, str]] = {}
        self._short: Resource | None = None

    @never_raises("record", "a span was not recorded")
    def on_start(self, span: Any, parent_context: object = None) -> None:  # noqa: ARG002  # the SDK's signature
        ours = _is_ours(span)
        start = identity(span)
        self._started[span.context.span_id] = start, 0 if ours else self._real_start()
        self.writer.append(
            layout.OPEN, open_line(start, span, None if ours else self._mask)
        )

    @never_raises("record", "a span was not recorded")
    def on_end(self, span: Any) -> None:
        started = self._started.pop(span.context.span_id, None)
        if started is None:
            return

        start, real_start = started
        if real_start:
            span = _at_real_time(span, real_start)

        ours = _is_ours(span)
        self.writer.append(
            layout.TRACES,
            span_line(
                self._prefix(span, ours=ours),
                start,
                span,
                None if ours else self._mask,
            ),
        )

    def after_fork(self) -> None:
        """
        Begin anew in a child process.
        """
        self._started.clear()
        self.writer.forget_files()

    @never_raises("record", "the store was not tidied")
    def tidy(self) -> None:
        """
        Remove the open file at the end of a process that has ended all spans.
        """
        if not self._started:
            self.writer.discard(layout.OPEN)

    def shutdown(self) -> None:
        """
        Do nothing: a test may shut its provider down, and we go on.
        """

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002  # the SDK's signature
        return True

    def _real_start(self) -> int:
        """
        Give the time where the clock that the SDK reads is a fake, else 0.
        """
        real = now()

        return real if abs(real - time.time_ns()) > _FROZEN_NS else 0

    def shorten(self, resource: Resource) -> None:
        """
        Leave all but the service's and the scope's name out of the lines of
        *resource*.

        The tags of a run stand at its tests; repeated at every call they would
        be most of the file.
        """
        self._short = resource

    def _prefix(self, span: ReadableSpan, *, ours: bool) -> str:
        key = (id(span.resource), id(span.instrumentation_scope))
        found = self._prefixes.get(key)
        if found is not None:
            return found[2]

        resource: Mapping[str, Any] = span.resource.attributes
        if span.resource is self._short:
            name = semconv.SERVICE_NAME
            resource = {name: resource[name]} if name in resource else {}
        elif not ours:
            resource = {
                name: self._mask(name, value) if isinstance(value, str) else value
                for name, value in resource.items()
            }

        if len(self._prefixes) >= _MAX_PREFIXES:
            self._prefixes.clear()

        prefix = resource_prefix(
            resource,
            span.instrumentation_scope,
            short=span.resource is self._short,
        )
        # Kept together: an id stands for its object only while that lives.
        self._prefixes[key] = (span.resource, span.instrumentation_scope, prefix)

        return prefix

    def _mask(self, key: str, value: str) -> str:
        if key in _URL_KEYS:
            return self.masker.url(value)

        return self.masker.value(key, value) if key else self.masker.text(value)


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
