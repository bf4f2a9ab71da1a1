"""
OTLP/JSON back into plain Python: what `encode` does, undone.

Files come from other tools, other versions and dying processes, so every field
is taken as a rumour: what has the wrong type is left out, and only a span
without an identity is refused.
"""

from __future__ import annotations

import base64
import binascii
import sys

from dataclasses import dataclass
from typing import Any, Final

from otel_testkit.semconv import OPEN


Json = dict[str, Any]
Attributes = dict[str, Any]

_KINDS: Final = {
    "SPAN_KIND_INTERNAL": 1,
    "SPAN_KIND_SERVER": 2,
    "SPAN_KIND_CLIENT": 3,
    "SPAN_KIND_PRODUCER": 4,
    "SPAN_KIND_CONSUMER": 5,
}
_STATUS_CODES: Final = {"STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}
_SEVERITIES: Final = {
    f"SEVERITY_NUMBER_{name}{step or ''}": 4 * tens + max(step, 1)
    for tens, name in enumerate(("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"))
    for step in (0, 2, 3, 4)
}
_HIGHEST_SEVERITY: Final = 24
# For those who tell the word alone.
_LEVELS: Final = {
    "TRACE": 1,
    "DEBUG": 5,
    "INFO": 9,
    "WARN": 13,
    "WARNING": 13,
    "ERROR": 17,
    "FATAL": 21,
    "CRITICAL": 21,
}
_NO_IDS: Final = frozenset({"", "0" * 16, "0" * 32})
_PARENT_IS_REMOTE: Final = 0x200
# The year 2262: later times, like those before 1970, are no times.
_TIME_LIMIT: Final = 2**63


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """
    Something that happened in a span, *time* in nanoseconds since 1970.
    """

    name: str
    time: int
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class StoredSpan:
    """
    A span as a file holds it: with times and a parent that may not be true.

    Times are nanoseconds since 1970, 0 where unknown; one that was only opened
    has no *end*. *kind* and *status* are OTLP's numbers.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    parent_is_remote: bool
    name: str
    kind: int
    start: int
    end: int | None
    attributes: Attributes
    events: tuple[StoredEvent, ...]
    status: int
    status_message: str
    scope: str
    resource: Attributes


@dataclass(frozen=True, slots=True)
class StoredLog:
    """
    A log record as a file holds it; ids are None where they are not told, times
    nanoseconds since 1970, 0 where unknown. *severity* is OTLP's number, *level*
    the word for it.
    """

    trace_id: str | None
    span_id: str | None
    time: int
    severity: int
    level: str
    text: str
    attributes: Attributes
    scope: str
    resource: Attributes


def span(fields: Any, scope: str, resource: Attributes) -> StoredSpan:
    """
    Decode the OTLP span *fields*.

    Raises:
        ValueError: if it is no span, or has no ids.
    """
    if not isinstance(fields, dict):
        msg = "not a span"
        raise ValueError(msg)  # noqa: TRY004 - one kind of refusal for the caller

    trace_id = _id(fields.get("traceId"))
    span_id = _id(fields.get("spanId"))
    if trace_id is None or span_id is None:
        msg = "a span without ids"
        raise ValueError(msg)

    status = fields.get("status")
    if not isinstance(status, dict):
        status = {}
    flags = fields.get("flags")
    told = attributes(fields.get("attributes"))
    end = time(fields.get("endTimeUnixNano")) or None
    if told.get(OPEN) is True:
        # It was sent, or exported, before it ended: others need an end.
        del told[OPEN]
        end, status = None, {}

    return StoredSpan(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=_id(fields.get("parentSpanId")),
        parent_is_remote=isinstance(flags, int) and bool(flags & _PARENT_IS_REMOTE),
        name=text(fields.get("name")),
        kind=_number(fields.get("kind"), _KINDS),
        start=time(fields.get("startTimeUnixNano")),
        end=end,
        attributes=told,
        events=_events(fields.get("events")),
        status=_number(status.get("code"), _STATUS_CODES),
        status_message=text(status.get("message")),
        scope=scope,
        resource=resource,
    )


def log(fields: Json, scope: str, resource: Attributes) -> StoredLog:
    """
    Decode the OTLP log record *fields*.
    """
    body = fields.get("body")
    said = any_value(body) if isinstance(body, dict) else None
    level = text(fields.get("severityText"))

    return StoredLog(
        trace_id=_id(fields.get("traceId")),
        span_id=_id(fields.get("spanId")),
        time=time(fields.get("timeUnixNano"))
        or time(fields.get("observedTimeUnixNano")),
        severity=_severity(fields.get("severityNumber"), level),
        level=level,
        text=said if isinstance(said, str) else "" if said is None else str(said),
        attributes=attributes(fields.get("attributes")),
        scope=scope,
        resource=resource,
    )


def attributes(pairs: Any) -> Attributes:
    """
    Decode a list of OTLP key-value *pairs*; those that are none are left out.
    """
    decoded: Attributes = {}

    if isinstance(pairs, list):
        for pair in pairs:
            if not isinstance(pair, dict):
                continue

            key, value = pair.get("key"), pair.get("value")
            if isinstance(key, str) and isinstance(value, dict):
                string = value.get("stringValue")
                # The same few names come back in every span, most of them with texts.
                decoded[sys.intern(key)] = (
                    string if isinstance(string, str) else any_value(value)
                )

    return decoded


def any_value(value: Json) -> Any:
    """
    Decode an OTLP `AnyValue`; None where it is empty or cannot be read.
    """
    string = value.get("stringValue")
    if isinstance(string, str):
        return string

    for kind, raw in value.items():
        match kind:
            case "boolValue" if isinstance(raw, bool):
                return raw
            case "intValue":
                return _int(raw)
            case "doubleValue":
                return _float(raw)
            case "bytesValue":
                return _bytes(raw)
            case "arrayValue":
                items = raw.get("values") if isinstance(raw, dict) else None
                return [
                    any_value(item) if isinstance(item, dict) else None
                    for item in (items if isinstance(items, list) else ())
                ]
            case "kvlistValue":
                return attributes(raw.get("values") if isinstance(raw, dict) else None)

    return None


def text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def time(value: Any) -> int:
    """
    Read a time in nanoseconds, given as a number or its digits; 0 if it is none.
    """
    nanoseconds = _int(value) or 0

    return nanoseconds if 0 < nanoseconds < _TIME_LIMIT else 0


def _id(value: Any) -> str | None:
    if not isinstance(value, str) or value in _NO_IDS:
        return None

    # Hexadecimal ids mean the same in either case; others (base64) do not.
    return value.lower() if len(value) in (16, 32) else value


def _number(value: Any, names: dict[str, int]) -> int:
    if isinstance(value, str):
        return names.get(value, 0)

    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _severity(value: Any, level: str) -> int:
    number = _number(value, _SEVERITIES)
    if 0 < number <= _HIGHEST_SEVERITY:
        return number

    return _LEVELS.get(level.upper(), 0)


def _events(raw: Any) -> tuple[StoredEvent, ...]:
    if not raw or not isinstance(raw, list):
        return ()

    return tuple(
        StoredEvent(
            text(event.get("name")),
            time(event.get("timeUnixNano")),
            attributes(event.get("attributes")),
        )
        for event in raw
        if isinstance(event, dict)
    )


def _int(value: Any) -> int | None:
    if isinstance(value, (str, int)) and not isinstance(value, bool):
        try:
            return int(value)
        except ValueError:
            return None
    if isinstance(value, float) and value.is_integer():
        return int(value)

    return None


def _float(value: Any) -> float | None:
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        try:
            return float(value)
        except (ValueError, OverflowError):
            return None

    return None


def _bytes(value: Any) -> bytes | None:
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError, binascii.Error):
        return None
