"""
Lines of the store as what the official exporter takes.

The SDK has no way to make a span that has ended; these are its readable spans,
with the counts of what was dropped as the file tells them.
"""

from __future__ import annotations

import functools
import json

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags, TraceState
from opentelemetry.trace.status import Status, StatusCode

from otel_testkit import semconv
from otel_testkit.delivery.ledger import Line
from otel_testkit.store import decode, layout
from otel_testkit.store.decode import Attributes, Json


_HAS_REMOTE_PARENT: Final = 0x200
_KINDS: Final = dict(enumerate(SpanKind, 1))
_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)


class _Attributes(dict[str, Any]):
    # Where older exporters look for the count.
    dropped = 0


class _Event(Event):
    dropped_attributes = 0


class _Link(Link):
    dropped_attributes = 0


class _Span(ReadableSpan):
    dropped_attributes = 0
    dropped_events = 0
    dropped_links = 0


class _Resource(Resource):
    """
    The same one for equal attributes, so that it need not be compared by them.
    """

    __eq__ = object.__eq__
    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class _Severity:
    value: int


@dataclass(frozen=True, slots=True)
class _Record:
    """
    A log record under the names that the exporters of all versions read.
    """

    timestamp: int
    observed_timestamp: int
    trace_id: int
    span_id: int
    trace_flags: TraceFlags
    severity_text: str
    severity_number: _Severity
    body: Any
    attributes: Attributes
    resource: Resource
    dropped_attributes: int = 0
    event_name: str | None = None


@dataclass(frozen=True, slots=True)
class _Log:
    log_record: _Record
    resource: Resource
    instrumentation_scope: InstrumentationScope
    dropped_attributes: int = 0


class Reviver:
    """
    Makes the SDK's spans and log records of the lines of one run, whose
    resource, told in full by its *header*, the lines of its parts leave out.
    """

    def __init__(self, header: Mapping[str, Any]) -> None:
        self._run = decode.attributes(header.get("resource"))
        self._resources: dict[str, Resource] = {}

    def revive(self, line: Line) -> Sequence[Any]:
        """
        Give the spans, or the log records, in *line*.

        Raises:
            ValueError: if there is none to be read.
        """
        try:
            record = json.loads(line.text)
            if line.file.startswith(f"{layout.OPEN}."):
                return [self._left_open(record)]

            return list(self._records(record))
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(str(error)) from None

    def _records(self, record: Json) -> Iterator[Any]:
        for signal, fields_of, make in (
            ("Spans", "spans", self._span),
            ("Logs", "logRecords", self._log),
        ):
            for of_resource in record.get(f"resource{signal}", ()):
                resource = self._resource(of_resource.get("resource") or {})
                for of_scope in of_resource[f"scope{signal}"]:
                    told = of_scope.get("scope") or {}
                    scope = _scope(told.get("name"), told.get("version"))
                    for fields in of_scope[fields_of]:
                        yield make(fields, resource, scope)

    def _span(
        self, fields: Json, resource: Resource, scope: InstrumentationScope
    ) -> ReadableSpan:
        attributes = _attributes(fields)
        if semconv.OUTCOME in attributes:
            # Some backends drop the resource.
            attributes.setdefault(
                semconv.RUN_ID, self._run.get(semconv.RUN_ID, "unknown")
            )
        status = fields.get("status") or {}
        span = _Span(
            fields["name"],
            context=_context(
                fields["traceId"], fields["spanId"], state=fields.get("traceState")
            ),
            parent=_parent(fields),
            resource=resource,
            attributes=attributes,
            events=[_event(event) for event in fields.get("events", ())],
            links=[_link(link) for link in fields.get("links", ())],
            kind=_KINDS.get(fields.get("kind", 1), SpanKind.INTERNAL),
            status=_status(status.get("code", 0), status.get("message")),
            start_time=decode.time(fields["startTimeUnixNano"]),
            end_time=decode.time(fields.get("endTimeUnixNano")),
            instrumentation_scope=scope,
        )
        for name, told in (
            ("dropped_attributes", "droppedAttributesCount"),
            ("dropped_events", "droppedEventsCount"),
            ("dropped_links", "droppedLinksCount"),
        ):
            if fields.get(told):
                setattr(span, name, int(fields[told]))

        return span

    def stand_in(self, fields: Json) -> ReadableSpan:
        """
        Make a span of one that is open still, marked as such.

        Raises:
            ValueError: if it cannot be read.
        """
        try:
            span = self._span(
                fields, self._resource({}), InstrumentationScope(semconv.SCOPE)
            )
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(str(error)) from None

        span._attributes = {**(span.attributes or {}), semconv.OPEN: True}  # noqa: SLF001  # made here

        return span

    def _left_open(self, fields: Json) -> ReadableSpan:
        """
        Make a span of one whose process died before it ended.
        """
        told = fields.setdefault("attributes", [])
        if any(pair["key"] == semconv.TEST_CASE_NAME for pair in told):
            told += [
                _pair(semconv.OUTCOME, "open"),
                _pair(semconv.TEST_CASE_RESULT_STATUS, "fail"),
            ]
        fields["status"] = {"code": 2, "message": "its process ended before it did"}

        return self.stand_in(fields)

    def _log(
        self, fields: Json, resource: Resource, scope: InstrumentationScope
    ) -> _Log:
        body = fields.get("body")
        time = decode.time(fields.get("timeUnixNano"))
        record = _Record(
            timestamp=time,
            observed_timestamp=decode.time(fields.get("observedTimeUnixNano")) or time,
            trace_id=int(fields.get("traceId") or "0", 16),
            span_id=int(fields.get("spanId") or "0", 16),
            trace_flags=_SAMPLED,
            severity_text=decode.text(fields.get("severityText")),
            severity_number=_Severity(int(fields.get("severityNumber") or 0)),
            body=decode.any_value(body) if isinstance(body, dict) else "",
            attributes=_attributes(fields),
            resource=resource,
        )

        return _Log(record, resource, scope)

    def _resource(self, raw: Json) -> Resource:
        key = json.dumps(raw)
        found = self._resources.get(key)
        if found is None:
            attributes = _attributes(raw)
            name = semconv.SERVICE_NAME
            if not attributes or attributes == {name: self._run.get(name)}:
                # One that tells the name alone, for the sake of short lines.
                attributes = self._run
            found = self._resources[key] = _Resource(attributes)

        return found


def _attributes(fields: Json) -> Attributes:
    decoded = decode.attributes(fields.get("attributes"))

    return {key: value for key, value in decoded.items() if value is not None}


@functools.lru_cache
def _scope(name: Any, version: Any) -> InstrumentationScope:
    return InstrumentationScope(decode.text(name), decode.text(version))


def _context(
    trace_id: str, span_id: str, *, state: Any = None, is_remote: bool = False
) -> SpanContext:
    return SpanContext(
        int(trace_id, 16),
        int(span_id, 16),
        is_remote=is_remote,
        trace_flags=_SAMPLED,
        trace_state=TraceState.from_header([state]) if state else None,
    )


def _parent(fields: Json) -> SpanContext | None:
    parent = fields.get("parentSpanId")
    if not parent:
        return None

    is_remote = bool(int(fields.get("flags") or 0) & _HAS_REMOTE_PARENT)

    return _context(fields["traceId"], parent, is_remote=is_remote)


def _event(fields: Json) -> _Event:
    return _Event(
        decode.text(fields.get("name")),
        attributes=_Attributes(_attributes(fields)),
        timestamp=decode.time(fields.get("timeUnixNano")),
    )


def _link(fields: Json) -> _Link:
    is_remote = bool(int(fields.get("flags") or 0) & _HAS_REMOTE_PARENT)

    return _Link(
        _context(
            fields["traceId"],
            fields["spanId"],
            state=fields.get("traceState"),
            is_remote=is_remote,
        ),
        attributes=_Attributes(_attributes(fields)),
    )


def _pair(key: str, value: str) -> Json:
    return {"key": key, "value": {"stringValue": value}}


def _status(code: int, message: Any) -> Status:
    found = StatusCode(code) if code in (1, 2) else StatusCode.UNSET
    # The SDK complains of a description that is not an error's.
    is_told = isinstance(message, str) and found is StatusCode.ERROR

    return Status(found, message if is_told else None)
