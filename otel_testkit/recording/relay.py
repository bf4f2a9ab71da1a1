"""
Between our provider and those of the program.

A provider that the program has set is followed: its spans are recorded with
ours, and ours pass through its processors. Ours becomes the program's where it
has set none, and gives way without a word when it sets one later.
"""

from __future__ import annotations

import contextlib
import weakref

from collections.abc import Iterable, Iterator
from typing import Any, Final

from opentelemetry import trace

from otel_testkit import semconv
from otel_testkit.errors import trouble
from otel_testkit.recording.recorder import Recorder
from otel_testkit.recording.sdk import (
    ReadableSpan,
    Span,
    SpanProcessor,
    TracerProvider,
)


class Relay(SpanProcessor):
    """
    Passes our spans to processors that are not ours, and stops what they raise.
    """

    def __init__(self, own: TracerProvider) -> None:
        self._own: Final = own
        # Whether anybody but the recorder listens.
        self.is_needed: bool = False
        self._added: list[SpanProcessor] = []
        self._followed: SpanProcessor | None = None
        self._known: weakref.WeakSet[trace.TracerProvider] = weakref.WeakSet()
        self._latest: object = None

    def add(self, processors: Iterable[SpanProcessor]) -> None:
        """
        Pass our spans to *processors* as well; each of them once.
        """
        self._added.extend(new for new in processors if new not in self._added)
        self._step_in()

    def follow(self, recorder: Recorder) -> None:
        """
        Keep up with the provider that the program has set, or swapped in.
        """
        current = trace.get_tracer_provider()
        if current is self._latest:
            return

        self._latest = current
        self._followed = None
        if isinstance(current, trace.ProxyTracerProvider):
            _offer(self._own)
            self._latest = trace.get_tracer_provider()
        elif current is not self._own and hasattr(current, "add_span_processor"):
            if current not in self._known:
                self._known.add(current)
                current.add_span_processor(_Door(recorder))
            # The tracer has it under a public name, the provider has not.
            self._followed = getattr(
                current.get_tracer(semconv.SCOPE), "span_processor", None
            )
            self._step_in()

    def _step_in(self) -> None:
        if not self.is_needed and self._all():
            self.is_needed = True
            self._own.add_span_processor(self)

    def on_start(self, span: Span, parent_context: Any = None) -> None:
        for processor in self._all():
            with _told("span-processor"):
                processor.on_start(span, parent_context)

    def _on_ending(self, span: Span) -> None:
        for processor in self._all():
            with _told("span-processor"):
                processor._on_ending(span)  # noqa: SLF001  # the SDK's own protocol

    def on_end(self, span: ReadableSpan) -> None:
        for processor in self._all():
            with _told("span-processor"):
                processor.on_end(span)

    def shutdown(self) -> None:
        """
        Do nothing: a test may shut our provider down, and we go on.
        """

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return all(
            processor.force_flush(timeout_millis) for processor in list(self._added)
        )

    def shutdown_added(self) -> None:
        for processor in self._added:
            with _told("span-processor"):
                processor.shutdown()

    def _all(self) -> list[SpanProcessor]:
        if self._followed is None:
            return self._added

        return [*self._added, self._followed]


class _Door(SpanProcessor):
    """
    Lets the spans of somebody else's provider in, and our own, which it is
    shown as well, pass by.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def on_start(self, span: Span, parent_context: Any = None) -> None:
        if _scope_name(span) != semconv.SCOPE:
            self._recorder.on_start(span, parent_context)

    def on_end(self, span: ReadableSpan) -> None:
        if _scope_name(span) != semconv.SCOPE:
            self._recorder.on_end(span)


def _offer(provider: TracerProvider) -> None:
    """
    Make *provider* the program's, in a way that lets the program set its own
    later: `set_tracer_provider` would refuse that one, with a log line.
    """
    if hasattr(trace, "_TRACER_PROVIDER"):
        trace._TRACER_PROVIDER = provider  # noqa: SLF001  # see above
    else:
        trace.set_tracer_provider(provider)


def _scope_name(span: ReadableSpan) -> str:
    scope = span.instrumentation_scope

    return "" if scope is None else scope.name


@contextlib.contextmanager
def _told(slug: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001  # never into the test
        trouble(slug, f"a span processor raised {type(error).__name__}")
