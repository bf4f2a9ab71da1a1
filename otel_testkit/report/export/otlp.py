"""
OTLP/JSON lines, as OpenTelemetry's file exporter writes them and other tools read
them: an `ExportTraceServiceRequest` or an `ExportLogsServiceRequest` a line.

The store's own files are nearly that. Here torn lines are left out, spans that are
there twice are there once, times make sense, ids and numbers are what strict readers
take, and each resource is told in full. A span that was never ended ends at the last
sign of life of its trace, and says so in `otel_testkit.open`.
"""

from __future__ import annotations

import json
import re

from collections.abc import Iterator
from typing import Any, Final

from otel_testkit import semconv
from otel_testkit.report.export.chosen import Chosen
from otel_testkit.report.export.document import json_text
from otel_testkit.report.export.otlp_lines import Batch, Group
from otel_testkit.report.export.otlp_values import any_value, count, pairs
from otel_testkit.store import decode, read
from otel_testkit.store.decode import Attributes, Json, StoredSpan
from otel_testkit.trace.model import Kind, Outcome, Span


_TRACE_ID: Final = re.compile(r"(?!0+$)[0-9a-f]{32}")
_SPAN_ID: Final = re.compile(r"(?!0+$)[0-9a-f]{16}")
_ERROR: Final = 2

# Of a trace, and of a span in it.
_Ids = tuple[str, str]


def lines(chosen: Chosen) -> Iterator[str]:
    """
    Give what is *chosen* line by line.
    """
    spans = {(span.trace_id, span.span_id): span for span in chosen.spans()}
    logs = {
        (log.trace_id, log.span_id)
        for of in (*(span.logs for span in spans.values()), chosen.logs)
        for log in of
    }
    own = decode.attributes(chosen.run.header.get("resource"))
    told, said = Batch("Spans", "spans"), Batch("Logs", "logRecords")

    for request in _requests(chosen.run.path):
        for group, fields in _records(request, told, own):
            if record := _span(fields, spans):
                yield from told.add(group, record)
        for group, fields in _records(request, said, own):
            if record := _log(fields, logs):
                yield from said.add(group, record)

    yield from told.line()
    yield from said.line()


def _requests(run: str) -> Iterator[Json]:
    for path in read.files(run, with_logs=True):
        for line in read.lines(path):
            try:
                request = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if read.is_open_file(path):
                request = {"resourceSpans": [{"scopeSpans": [{"spans": [request]}]}]}
            if isinstance(request, dict):
                yield request


def _records(
    request: Json, batch: Batch, own: Attributes
) -> Iterator[tuple[Group, Json]]:
    """
    Give the fields of each record in *request*; *own* is the run's resource.
    """
    for of_resource in _objects(request.get(f"resource{batch.signal}")):
        resource = _resource(of_resource, own)
        for of_scope in _objects(of_resource.get(f"scope{batch.signal}")):
            group = resource, _scope(of_scope)
            for fields in _objects(of_scope.get(batch.records)):
                yield group, fields


def _objects(values: Any) -> Iterator[Json]:
    return (
        value
        for value in (values if isinstance(values, list) else ())
        if isinstance(value, dict)
    )


def _resource(of_resource: Json, own: Attributes) -> str:
    raw = of_resource.get("resource")
    told = decode.attributes(raw.get("attributes")) if isinstance(raw, dict) else {}
    name = semconv.SERVICE_NAME
    if not told or told == {name: own.get(name)}:
        # One that tells the name alone, for the sake of short lines.
        told = own or told

    resource = {"attributes": pairs(told)} if told else {}

    return f'"resource":{json_text(resource)}{_schema(of_resource)}'


def _scope(of_scope: Json) -> str:
    raw = of_scope.get("scope")
    told: Json = {}
    if isinstance(raw, dict):
        told = {"name": decode.text(raw.get("name"))}
        told |= _texts(raw, "version")
        told |= _attributes(decode.attributes(raw.get("attributes")))

    return f'"scope":{json_text(told)}{_schema(of_scope)}'


def _schema(fields: Json) -> str:
    url = decode.text(fields.get("schemaUrl"))

    return f',"schemaUrl":{json_text(url)}' if url else ""


def _span(fields: Json, spans: dict[_Ids, Span]) -> Json | None:
    """
    Give the span of *fields* if it is one of *spans*, and take it out of them: of two
    that are the same, the one that the model took is told.
    """
    try:
        stored = decode.span(fields, "", {})
    except (ValueError, RecursionError):
        return None

    ids = stored.trace_id, stored.span_id
    span = spans.get(ids)
    if span is None or not _is_taken(stored, span):
        return None

    return _span_record(fields, stored, spans.pop(ids))


def _is_taken(stored: StoredSpan, span: Span) -> bool:
    if not _TRACE_ID.fullmatch(span.trace_id) or not _SPAN_ID.fullmatch(span.span_id):
        return False
    if stored.end is None or span.end is None:
        return span.end is None

    return max(stored.end, span.start) == span.end


def _span_record(fields: Json, stored: StoredSpan, span: Span) -> Json:
    attributes, status = stored.attributes, _status(stored)
    if stored.end is None:
        attributes = attributes | _marks(span)
        status = {"message": "never ended", "code": _ERROR}
    parent = stored.parent_id or ""
    links = [*filter(None, map(_link, _objects(fields.get("links"))))]

    return {
        "traceId": stored.trace_id,
        "spanId": stored.span_id,
        **_texts(fields, "traceState"),
        **({"parentSpanId": parent} if _SPAN_ID.fullmatch(parent) else {}),
        **count(fields, "flags"),
        "name": stored.name,
        "kind": stored.kind if 0 <= stored.kind <= max(Kind) else 0,
        "startTimeUnixNano": str(span.start),
        "endTimeUnixNano": str(max(stored.end or span.last_seen, span.start)),
        **_attributes(attributes),
        **count(fields, "droppedAttributesCount"),
        **_events(fields, stored),
        **count(fields, "droppedEventsCount"),
        **({"links": links} if links else {}),
        **count(fields, "droppedLinksCount"),
        "status": status,
    }


def _events(fields: Json, stored: StoredSpan) -> Json:
    told = zip(_objects(fields.get("events")), stored.events, strict=True)
    events = [
        {
            "timeUnixNano": str(event.time),
            "name": event.name,
            **_attributes(event.attributes),
            **count(raw, "droppedAttributesCount"),
        }
        for raw, event in told
    ]

    return {"events": events} if events else {}


def _marks(span: Span) -> Json:
    if not span.is_test:
        return {semconv.OPEN: True}

    return {
        semconv.OUTCOME: str(Outcome.OPEN),
        semconv.TEST_CASE_RESULT_STATUS: "fail",
        semconv.OPEN: True,
    }


def _status(stored: StoredSpan) -> Json:
    status: Json = {"message": stored.status_message} if stored.status_message else {}
    if stored.status in (1, _ERROR):
        status["code"] = stored.status

    return status


def _link(fields: Json) -> Json | None:
    trace_id, span_id = (
        decode.text(fields.get(name)).lower() for name in ("traceId", "spanId")
    )
    if not _TRACE_ID.fullmatch(trace_id) or not _SPAN_ID.fullmatch(span_id):
        return None

    return {
        "traceId": trace_id,
        "spanId": span_id,
        **_texts(fields, "traceState"),
        **_attributes(decode.attributes(fields.get("attributes"))),
        **count(fields, "droppedAttributesCount"),
        **count(fields, "flags"),
    }


def _log(fields: Json, logs: set[_Ids]) -> Json | None:
    """
    Give the log record of *fields* if it was made where *logs* say.
    """
    try:
        log = decode.log(fields, "", {})
        body = fields.get("body")
        said = decode.any_value(body) if isinstance(body, dict) else None
    except RecursionError:
        return None

    trace_id, span_id = log.trace_id or "", log.span_id or ""
    if (trace_id, span_id) not in logs:
        return None

    return {
        "timeUnixNano": str(log.time),
        "observedTimeUnixNano": str(
            decode.time(fields.get("observedTimeUnixNano")) or log.time
        ),
        "severityNumber": log.severity,
        "severityText": log.level,
        "body": any_value(said),
        **_attributes(log.attributes),
        **count(fields, "droppedAttributesCount"),
        **count(fields, "flags"),
        **({"traceId": trace_id} if _TRACE_ID.fullmatch(trace_id) else {}),
        **({"spanId": span_id} if _SPAN_ID.fullmatch(span_id) else {}),
        **_texts(fields, "eventName"),
    }


def _attributes(attributes: Attributes) -> Json:
    return {"attributes": pairs(attributes)} if attributes else {}


def _texts(fields: Json, name: str) -> Json:
    text = decode.text(fields.get(name))

    return {name: text} if text else {}
