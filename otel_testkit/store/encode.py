"""
Spans and log records as OTLP/JSON, one `TracesData` or `LogsData` a line.

The form is that of OpenTelemetry's file exporter: ids in hexadecimal, 64-bit
integers as strings, `kind` and `code` as numbers. protobuf's own JSON gives
base64 ids and takes ten times as long; and since this runs twice for every
span, the text is put together here, which takes a third of the time of a
dictionary handed to `json`. All escaping is `json`'s.
"""

from __future__ import annotations

import base64
import functools
import math

from collections.abc import Callable, Iterable, Mapping
from json.encoder import encode_basestring as _string
from typing import Any, NamedTuple

from otel_testkit.semconv import SERVICE_NAME


Mask = Callable[[str, str], str]
"""
Takes an attribute's key and text, gives the text that may be written.
"""

CLIENT = 3
_HAS_IS_REMOTE = 0x100
_IS_REMOTE = 0x200
_SHORT = 64


def resource_prefix(
    attributes: Mapping[str, Any],
    scope: Any,
    *,
    short: bool = False,
    mask: Mask | None = None,
) -> str:
    """
    Give what stands before the span in each line of one resource and *scope*,
    of which a *short* one tells the name alone.
    """
    resource = (
        f'{{"attributes":[{attribute_list(attributes, mask)}]}}' if attributes else "{}"
    )
    fields: list[str] = []
    if scope:
        told = {"name": scope.name, "version": "" if short else scope.version}
        fields = [
            f'"{field}":{_string(text if mask is None else mask("", text))}'
            for field, text in told.items()
            if text or field == "name"
        ]

    return (
        f'{{"resourceSpans":[{{"resource":{resource}'
        f',"scopeSpans":[{{"scope":{{{",".join(fields)}}},"spans":['
    )


class Encoded(NamedTuple):
    """
    Attributes, and the same as they are written: for those that come again.
    """

    attributes: Mapping[str, Any]
    text: str

    @classmethod
    def of(cls, attributes: Mapping[str, Any]) -> Encoded:
        """
        Encode *attributes*, which are masked.
        """
        return cls(attributes, attribute_list(attributes))


def identity(context: Any, parent: Any, kind: int) -> str:
    """
    Encode what of a span never changes: the beginning of both of its lines.
    *kind* is OTLP's, which counts from 1 and the API from 0.
    """
    more = ""
    flags = _HAS_IS_REMOTE
    if context.trace_state:
        more = f',"traceState":{_string(context.trace_state.to_header())}'
    if parent is not None:
        more += f',"parentSpanId":"{parent.span_id:016x}"'
        if parent.is_remote:
            flags |= _IS_REMOTE

    return (
        f'{{"traceId":"{context.trace_id:032x}","spanId":"{context.span_id:016x}"'
        f'{more},"flags":{flags},"kind":{kind}'
    )


def beginning(identity: str, name: str, start_time: int, attributes: str) -> str:
    """
    Encode what is known of a span when it starts: all but the brackets that
    close its *attributes*, which are encoded and may be gone on with.
    """
    return (
        f'{identity},"name":{_string(name)},"startTimeUnixNano":"{start_time}"'
        f',"attributes":[{attributes}'
    )


def part_beginning(
    trace: str, span: str, parent: str, name: str, start_time: int, attributes: str
) -> str:
    """
    Do as `beginning` for an internal span that begins below another one in this
    process, from ids that are written already.
    """
    return (
        f'{{"traceId":"{trace}","spanId":"{span}","parentSpanId":"{parent}"'
        f',"flags":256,"kind":1,"name":{_string(name)}'
        f',"startTimeUnixNano":"{start_time}","attributes":[{attributes}'
    )


def span_line(prefix: str, start: str, span: Any, mask: Mask | None = None) -> bytes:
    """
    Encode the ended *span* (an SDK `ReadableSpan`) as a line of a traces file,
    from its resource's *prefix* and the *start* that `identity` gave.
    """
    return ended_line(prefix, start + _rest(span, mask), span, mask)


def ended_line(prefix: str, text: str, span: Any, mask: Mask | None = None) -> bytes:
    """
    Encode the end of *span*, of which all up to its attributes is in *text*.
    """
    more = ""
    if events := _kept(span, "_events", "events"):
        texts = [_event(event, mask) for event in events]
        more += f',"events":[{",".join(texts)}]'
    if links := _kept(span, "_links", "links"):
        texts = [_link(link, mask) for link in links]
        more += f',"links":[{",".join(texts)}]'
    if mask is not None:
        # Our own spans have no limits.
        more += _dropped(span)

    return _bytes(
        f'{prefix}{text},"endTimeUnixNano":"{span.end_time}"{more},"status":{_status(span.status, mask)}}}]}}]}}]}}\n'
    )


def plainly_ended_line(prefix: str, text: str, end_time: int) -> bytes:
    """
    Do as `ended_line` for a span that has nothing but the attributes that end
    *text*, and of which nothing is told but that it ended.
    """
    line = f'{prefix}{text}],"endTimeUnixNano":"{end_time}","status":{{}}}}]}}]}}]}}\n'
    try:
        # As `_bytes` does, which is a call more.
        return line.encode()
    except UnicodeEncodeError:
        return _bytes(line)


def open_line(start: str, span: Any, mask: Mask | None = None) -> bytes:
    """
    Encode the *span* that has just started as a line of an open file: the OTLP
    span alone, without an end.
    """
    return opened_line(start + _rest(span, mask))


def opened_line(text: str) -> bytes:
    """
    Encode the start of a span, of which all up to its attributes is in *text*.
    """
    line = text + "}\n"
    try:
        return line.encode()
    except UnicodeEncodeError:
        return _bytes(line)


@functools.lru_cache(maxsize=256)
def log_prefix(service: str, scope: str) -> str:
    """
    Give what stands before the record in each line of one *service*'s logger,
    whose name is the *scope*.
    """
    resource = attribute_list({SERVICE_NAME: service})

    return (
        f'{{"resourceLogs":[{{"resource":{{"attributes":[{resource}]}}'
        f',"scopeLogs":[{{"scope":{{"name":{_string(scope)}}},"logRecords":['
    )


def log_line(
    prefix: str,
    context: Any,
    time: int,
    severity: int,
    level: str,
    body: str,
    attributes: str,
) -> bytes:
    """
    Encode a log record, masked already, as a line of a logs file.

    Args:
        prefix: what `log_prefix` gave.
        context: of the span in which it was made.
        severity: OTLP's number for the *level*.
        attributes: what `attribute_list` gave.
    """
    return _bytes(
        f'{prefix}{{"timeUnixNano":"{time}","observedTimeUnixNano":"{time}"'
        f',"severityNumber":{severity},"severityText":{_string(level)}'
        f',"body":{{"stringValue":{_string(body)}}}'
        f',"attributes":[{attributes}]'
        f',"flags":{int(context.trace_flags)}'
        f',"traceId":"{context.trace_id:032x}","spanId":"{context.span_id:016x}"'
        "}]}]}]}\n"
    )


def attribute_list(attributes: Mapping[str, Any], mask: Mask | None = None) -> str:
    """
    Encode *attributes* as OTLP's `KeyValue`s, separated by commas.
    """
    if mask is not None:
        attributes = {
            key: _masked(mask, key, value) for key, value in attributes.items()
        }

    return ",".join(
        [
            # The common case first: this runs for every attribute of every span.
            _short_text(key, value)
            if type(value) is str and len(value) <= _SHORT
            else f'{_key(key)}{{"intValue":"{value}"}}}}'
            if type(value) is int
            else _short_list(key, value[0])
            # A header, as a rule.
            if type(value) is tuple
            and len(value) == 1
            and type(value[0]) is str
            and len(value[0]) <= _SHORT
            else f"{_key(key)}{_any_value(value)}}}"
            for key, value in attributes.items()
        ]
    )


@functools.lru_cache(maxsize=4096)
def _short_text(key: str, value: str) -> str:
    # Most texts are short and come again: a method, a tag, a status.
    return f'{_key(key)}{{"stringValue":{_string(value)}}}}}'


@functools.lru_cache(maxsize=4096)
def _short_list(key: str, value: str) -> str:
    return f"{_key(key)}{_any_value((value,))}}}"


@functools.lru_cache(maxsize=1024)
def _key(key: str) -> str:
    return f'{{"key":{_string(key)},"value":'


def _any_value(value: Any) -> str:
    if isinstance(value, str):
        return f'{{"stringValue":{_string(value)}}}'
    if isinstance(value, bool):
        return f'{{"boolValue":{"true" if value else "false"}}}'
    if isinstance(value, int):
        return f'{{"intValue":"{int(value)}"}}'
    if isinstance(value, float):
        return f'{{"doubleValue":{_double(value)}}}'
    if isinstance(value, bytes):
        return f'{{"bytesValue":"{base64.b64encode(value).decode()}"}}'
    if isinstance(value, Mapping):
        values = f'"values":[{attribute_list(value)}]' if value else ""
        return f'{{"kvlistValue":{{{values}}}}}'
    if isinstance(value, Iterable):
        texts = ",".join([_any_value(item) for item in value])
        values = f'"values":[{texts}]' if texts else ""
        return f'{{"arrayValue":{{{values}}}}}'

    return "{}"


def _double(value: float) -> str:
    if math.isfinite(value):
        return float.__repr__(value)
    if math.isnan(value):
        return '"NaN"'

    return '"Infinity"' if value > 0 else '"-Infinity"'


def _rest(span: Any, mask: Mask | None) -> str:
    name = span.name if mask is None else mask("", span.name)
    text = f',"name":{_string(name)},"startTimeUnixNano":"{span.start_time}"'
    attributes = attribute_list(_plain(span), mask)

    return f'{text},"attributes":[{attributes}]' if attributes else text


def _kept(span: Any, name: str, view: str) -> Any:
    """
    Give the list that the SDK keeps: its own view copies it item by item.
    """
    kept = getattr(span, name, None)

    return getattr(span, view) if kept is None else kept


def _plain(span: Any) -> Mapping[str, Any]:
    """
    Give the attributes as the dictionary that the SDK keeps them in: its own
    view takes a lock and a call for each.
    """
    kept = getattr(span, "_attributes", None)
    inner: Mapping[str, Any] | None = getattr(kept, "_dict", None)

    return (span.attributes or {}) if inner is None else inner


def _masked(mask: Mask, key: str, value: Any) -> Any:
    if isinstance(value, str):
        return mask(key, value)
    if isinstance(value, Mapping):
        return {name: _masked(mask, name, item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked(mask, key, item) for item in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        # A PIN is a number.
        written = str(value)
        masked = mask(key, written)
        return value if masked == written else masked

    return value


def _event(event: Any, mask: Mask | None) -> str:
    name = event.name if mask is None else mask("", event.name)
    text = f'{{"timeUnixNano":"{event.timestamp}","name":{_string(name)}'
    attributes = attribute_list(event.attributes or {}, mask)

    return f'{text},"attributes":[{attributes}]}}' if attributes else text + "}"


def _link(link: Any, mask: Mask | None) -> str:
    context = link.context
    text = f'{{"traceId":"{context.trace_id:032x}","spanId":"{context.span_id:016x}"'
    if context.trace_state:
        text += f',"traceState":{_string(context.trace_state.to_header())}'
    if attributes := attribute_list(link.attributes or {}, mask):
        text += f',"attributes":[{attributes}]'
    flags = _HAS_IS_REMOTE | (_IS_REMOTE if context.is_remote else 0)

    return f'{text},"flags":{flags}}}'


def _dropped(span: Any) -> str:
    return "".join(
        f',"{name}":{dropped}'
        for name, dropped in (
            ("droppedAttributesCount", span.dropped_attributes),
            ("droppedEventsCount", span.dropped_events),
            ("droppedLinksCount", span.dropped_links),
        )
        if dropped
    )


def _status(status: Any, mask: Mask | None) -> str:
    fields: list[str] = []
    if text := status.description:
        fields.append(f'"message":{_string(text if mask is None else mask("", text))}')
    if code := status.status_code.value:
        fields.append(f'"code":{code}')

    return f"{{{','.join(fields)}}}"


def _bytes(line: str) -> bytes:
    try:
        return line.encode()
    except UnicodeEncodeError:
        # A lone surrogate, which no UTF-8 file can hold.
        return line.encode("utf-8", "replace")
