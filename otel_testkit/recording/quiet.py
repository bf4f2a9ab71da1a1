"""
Spans that nobody listens to but the recorder.

A call's span is never current, so that no code of the test can get hold of it.
Where no other processor wants to hear of it either, the locks, limits and
copies that the SDK makes for them would be most of what a call costs; and what
comes again with every call, its request and its headers, is encoded once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from opentelemetry.trace import Status, StatusCode

from otel_testkit.errors import never_raises
from otel_testkit.recording.recorder import Recorder
from otel_testkit.recording.sdk import Event
from otel_testkit.store.encode import (
    CLIENT,
    Encoded,
    attribute_list,
    beginning,
    ended_line,
    identity,
)


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
        "_attributes",
        "_beginning",
        "_recorder",
        "end_time",
        "events",
        "ids",
        "instrumentation_scope",
        "links",
        "resource",
        "status",
    )

    def __init__(
        self,
        recorder: Recorder,
        tracer: Any,
        name: str,
        parent: Any,
        attributes: Encoded,
        start_time: int,
        kind: int = CLIENT,
    ) -> None:
        self.ids: _Ids = _Ids(
            parent.trace_id,
            tracer.id_generator.generate_span_id(),
            parent.trace_state,
        )
        self.end_time: int = 0
        self.events: list[Event] = []
        self.links: tuple[()] = ()
        self.status: Status = _UNSET
        self.resource: Any = tracer.resource
        self.instrumentation_scope: Any = tracer._instrumentation_scope  # noqa: SLF001  # no public name
        self._recorder = recorder
        self._beginning = beginning(
            identity(self.ids, parent, kind), name, start_time, attributes.text
        )
        self._attributes: list[str] = []
        self._begin()

    @property
    def text(self) -> str:
        """
        What is known of it, as it is written.
        """
        begun = self._beginning
        # Where it began with no attributes, none stands before these.
        between = "" if begun.endswith("[") or not self._attributes else ","

        return f"{begun}{between}{','.join(self._attributes)}]"

    def get_span_context(self) -> Any:
        return self.ids

    def add(self, attributes: Encoded) -> None:
        """
        Add *attributes*, none of which it has.
        """
        if attributes.text:
            self._attributes.append(attributes.text)

    def set_attributes(self, attributes: Mapping[str, Any]) -> None:
        if attributes:
            self._attributes.append(attribute_list(attributes))

    def set_status(self, code: StatusCode, description: str | None = None) -> None:
        self.status = Status(code, description)

    def add_event(
        self, name: str, attributes: Mapping[str, Any], timestamp: int
    ) -> None:
        self.events.append(Event(name, attributes, timestamp))

    @never_raises("record", "a call was not recorded")
    def _begin(self) -> None:
        self._recorder.began(self.ids.span_id, self.text)

    @never_raises("record", "a call was not recorded")
    def end(self, end_time: int) -> None:
        self.end_time = end_time
        recorder = self._recorder
        prefix = recorder.prefix(self.resource, self.instrumentation_scope)
        recorder.ended(self.ids.span_id, ended_line(prefix, self.text, self))
