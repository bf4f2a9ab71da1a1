"""
Spans that nobody listens to but the recorder.

A call's span is never current, so that no code of the test can get hold of it.
Where no other processor wants to hear of it either, the locks, limits and
copies that the SDK makes for them would be half of what a call costs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from opentelemetry.trace import SpanKind, Status, StatusCode

from otel_testkit.recording.recorder import Recorder
from otel_testkit.recording.sdk import Event


_UNSET: Final = Status()


class _Ids(NamedTuple):
    trace_id: int
    span_id: int
    trace_state: Any


class QuietSpan:
    """
    What the recorder and a call need of a span, in the SDK's own words.
    """

    __slots__ = (
        "_recorder",
        "attributes",
        "context",
        "end_time",
        "events",
        "instrumentation_scope",
        "kind",
        "links",
        "name",
        "parent",
        "resource",
        "start_time",
        "status",
    )

    def __init__(
        self,
        recorder: Recorder,
        tracer: Any,
        name: str,
        parent: Any,
        kind: SpanKind,
        attributes: dict[str, Any],
        start_time: int,
    ) -> None:
        self.name: str = name
        self.context: _Ids = _Ids(
            parent.trace_id,
            tracer.id_generator.generate_span_id(),
            parent.trace_state,
        )
        self.parent: Any = parent
        self.kind: SpanKind = kind
        self.attributes: dict[str, Any] = attributes
        self.start_time: int = start_time
        self.end_time: int = 0
        self.events: list[Event] = []
        self.links: tuple[()] = ()
        self.status: Status = _UNSET
        self.resource: Any = tracer.resource
        self.instrumentation_scope: Any = tracer._instrumentation_scope  # noqa: SLF001  # no public name
        self._recorder = recorder
        recorder.on_start(self)

    def get_span_context(self) -> Any:
        return self.context

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        self.attributes |= attributes

    def set_status(self, code: StatusCode, description: str | None = None) -> None:
        self.status = Status(code, description)

    def add_event(
        self, name: str, attributes: Mapping[str, Any], timestamp: int
    ) -> None:
        self.events.append(Event(name, attributes, timestamp))

    def end(self, end_time: int) -> None:
        self.end_time = end_time
        self._recorder.on_end(self)
