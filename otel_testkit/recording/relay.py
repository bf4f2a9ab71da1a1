"""
Between our provider and those of the program.

A provider that the program has set is added to: its spans are recorded with
ours. Ours do not pass through its processors, where a test may count what its
program has exported. Where the program has set none, ours becomes it, and gives
way without a word when it sets one later.
"""

from __future__ import annotations

import contextlib

from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from typing import Any, Final

from opentelemetry import trace

from otel_testkit.errors import is_interruption, never_raises, trouble
from otel_testkit.recording.recorder import Recorder
from otel_testkit.recording.sdk import (
    ReadableSpan,
    Span,
    SpanProcessor,
    TracerProvider,
)


is_telling: Final[ContextVar[bool]] = ContextVar(
    "otel_testkit.is_telling", default=False
)
"""
On while span processors of the user's are told of a span: what they send is no
call of the test, and telling them of that would never end.
"""


class Relay(SpanProcessor):
    """
    Passes our spans to the processors that the user gave us, and stops what
    they raise; and keeps up with the provider of the program.
    """

    def __init__(self, own: TracerProvider) -> None:
        self._own: Final = own
        # Whether anybody but the recorder listens.
        self.is_needed: bool = False
        self._added: list[SpanProcessor] = []
        self._known: list[object] = []
        self._latest: object = None

    def add(self, processors: Iterable[SpanProcessor]) -> None:
        """
        Pass our spans to *processors* as well; each of them once.
        """
        self._added.extend(new for new in processors if new not in self._added)
        if self._added and not self.is_needed:
            self.is_needed = True
            self._own.add_span_processor(self)

    def follow(self, recorder: Recorder) -> None:
        """
        Keep up with the provider that the program has set, or swapped in.
        """
        if self._latest is not None and self._latest is getattr(
            trace, "_TRACER_PROVIDER", None
        ):
            # As below, without asking.
            return

        current = trace.get_tracer_provider()
        if current is not self._latest:
            self._join(current, recorder)
            self._latest = trace.get_tracer_provider()

    @never_raises("provider", "spans of the program's provider are not recorded")
    def _join(self, current: Any, recorder: Recorder) -> None:
        if isinstance(current, trace.ProxyTracerProvider):
            _offer(self._own)
        elif hasattr(current, "add_span_processor") and not any(
            known is current for known in (self._own, *self._known)
        ):
            self._known.append(current)
            current.add_span_processor(_Door(recorder))

    def on_start(self, span: Span, parent_context: Any = None) -> None:
        for processor in self._added:
            with _told("span-processor"):
                processor.on_start(span, parent_context)

    def _on_ending(self, span: Span) -> None:
        for processor in self._added:
            with _told("span-processor"):
                processor._on_ending(span)  # noqa: SLF001  # the SDK's own protocol

    def on_end(self, span: ReadableSpan) -> None:
        for processor in self._added:
            with _told("span-processor"):
                processor.on_end(span)

    def shutdown(self) -> None:
        """
        Do nothing: a test may shut our provider down, and we go on.
        """

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        flushed = 0
        for processor in self._added:
            with _told("span-processor"):
                flushed += bool(processor.force_flush(timeout_millis))

        return flushed == len(self._added)

    def shutdown_added(self) -> None:
        for processor in self._added:
            with _told("span-processor"):
                processor.shutdown()


class _Door(SpanProcessor):
    """
    Lets the spans of somebody else's provider in.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def on_start(self, span: Span, parent_context: Any = None) -> None:
        self._recorder.on_start(span, parent_context)

    def on_end(self, span: ReadableSpan) -> None:
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


@contextlib.contextmanager
def _told(slug: str) -> Iterator[None]:
    token = is_telling.set(True)
    try:
        yield
    except (Exception, SystemExit) as error:  # never into the test
        if is_interruption(error):
            raise
        trouble(slug, f"a span processor raised {type(error).__name__}")
    finally:
        is_telling.reset(token)
