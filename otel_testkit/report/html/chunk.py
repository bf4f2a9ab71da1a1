"""
A test as data for the page: all its attempts, and a passing one to lay beside.

The page gets it as JSON, once somebody opens the test. What is the same as nearly
everywhere is left out, and `test/model.js` puts it back:

    CHUNK    {attempts: [ATTEMPT], beside: [BESIDE]}
             those of this run come first, then one of an earlier run that passed
    ATTEMPT  {number, of, outcome, failure, trace, start, took?, seen, tags, errors,
             findings, spans: [SPAN], logs: [LOG], resources: [{}], run?, lost?}
             start in nanoseconds since 1970, as a text; took in µs, none where it
             is open; seen in µs, until the last sign of life; run is the id of the
             run where it is another; lost says what was beyond the test's limits
    SPAN     {id, up?, at, took?, name?, summary, kind?, scope?, resource?, error?,
             message?, orphan?, step?, attributes?, events?, call?, request?,
             response?, said?}
             up is the index of its parent, none for the test's own span; at is in µs
             after the start of the attempt; request and response are indices into
             the bodies; said is what a failing call complains of
    call     {method, peer?, path?, template?, url?, status?, answer?, resend?,
             failing?}
             template is as the path, url as the attribute, where there is none
    LOG      {span?, at, level, severity, logger, text, error?, file?, line?,
             function?, attributes?}
             span is an index
    BESIDE   {failing, passing, rows: [{label, depth, failing: [], passing: []}],
             differences?, consequences?}
             failing and passing are indices of attempts, in rows of spans; of those
             with the same failing one, the nearest comes first, and it alone has the
             differences, which are those from all that passed

Bodies are a list of texts beside it, for most people never look at most of them.
"""

from __future__ import annotations

import json

from collections.abc import Iterable, Mapping
from typing import Any, Final

from otel_testkit import semconv
from otel_testkit.diagnosis import Finding
from otel_testkit.report import plain
from otel_testkit.report.html.lost import lost_line
from otel_testkit.trace.complaint import complaint
from otel_testkit.trace.fields import text
from otel_testkit.trace.model import Attempt, Call, Error, Event, Kind, Log, Span


Plain = dict[str, Any]

_BODIES: Final = {
    "request": semconv.HTTP_REQUEST_BODY,
    "response": semconv.HTTP_RESPONSE_BODY,
}
# What JavaScript's numbers can't hold is told as a text.
_LARGEST: Final = 2**53


class Bodies:
    """
    The bodies of a test, each kept once: retries send the same.
    """

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def place(self, body: str) -> int:
        return self._places.setdefault(body, len(self._places))

    def texts(self) -> list[str]:
        return list(self._places)


class _Resources:
    """
    The resources of an attempt, each *told* once. Most spans share one object.
    """

    def __init__(self) -> None:
        self.told: list[Plain] = []
        self._places: dict[int, int] = {}
        self._alike: dict[bytes, int] = {}

    def place(self, resource: Mapping[str, Any]) -> int:
        place = self._places.get(id(resource))
        if place is None:
            told = values(resource)
            place = self._alike.setdefault(json_bytes(told), len(self.told))
            if place == len(self.told):
                self.told.append(told)
            self._places[id(resource)] = place

        return place


def plain_attempt(
    attempt: Attempt, findings: Iterable[Finding], bodies: Bodies, *, run: str = ""
) -> Plain:
    """
    Give *attempt* as ATTEMPT, its bodies put into *bodies*.
    """
    places = {span.span_id: place for place, span in enumerate(attempt.spans)}
    ups = {
        child.span_id: places[span.span_id]
        for span in attempt.spans
        for child in span.children
    }
    resources = _Resources()

    return _told(
        {
            "number": attempt.number,
            "of": attempt.of,
            "outcome": str(attempt.outcome),
            "failure": attempt.is_failure,
            "trace": attempt.trace_id,
            "start": str(attempt.start),
            "took": None if attempt.is_open else _micros(attempt.duration),
            "seen": _micros(attempt.duration),
            "run": run,
            "lost": lost_line(attempt),
            "tags": values(attempt.tags),
            "errors": [_error(error) for error in attempt.errors],
            "findings": plain.plain_findings(findings),
            "spans": [
                _span(span, attempt.start, ups.get(span.span_id), resources, bodies)
                for span in attempt.spans
            ],
            "logs": [_log(log, attempt.start, places) for log in attempt.logs],
            "resources": resources.told,
        },
        always={"tags", "errors", "findings", "spans", "logs", "failure", "seen"},
    )


def json_bytes(value: Any) -> bytes:
    """
    Give *value* as JSON in as few bytes as are needed, plain ASCII.
    """
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


def values(attributes: Mapping[str, Any]) -> Plain:
    """
    Give *attributes* as JSON has them, and as JavaScript can hold them.
    """
    told = dict(attributes)
    # Most of them are texts.
    others = {name: value for name, value in told.items() if type(value) is not str}
    if others:
        for name, value in plain.values(others).items():
            told[name] = _held(value)

    return told


def _span(
    span: Span,
    since: int,
    up: int | None,
    resources: _Resources,
    bodies: Bodies,
) -> Plain:
    attributes = span.attributes
    held: Plain = {}
    for name, key in _BODIES.items():
        if isinstance(body := attributes.get(key), str):
            held[name] = bodies.place(body)
    if held:
        attributes = {
            name: value
            for name, value in attributes.items()
            if name not in _BODIES.values() or not isinstance(value, str)
        }

    # The first one is that of the test.
    place = resources.place(span.resource)

    return _told(
        {
            "id": span.span_id,
            "up": up,
            "at": _micros(span.start - since),
            "took": None if span.is_open else _micros(span.duration),
            "name": span.name if span.name != span.summary else "",
            "summary": span.summary,
            "kind": "" if span.kind is Kind.INTERNAL else span.kind.name.lower(),
            "scope": "" if span.scope == semconv.SCOPE else span.scope,
            "resource": place or None,
            "error": span.is_error,
            "message": span.status_message,
            "orphan": span.is_orphan,
            "step": span.is_step,
            "attributes": values(attributes),
            "events": [_event(event, since) for event in span.events],
            "call": _call(span) if isinstance(span, Call) else None,
            "said": complaint(span)
            if isinstance(span, Call) and span.is_failing
            else "",
            **held,
        },
        always={"at", "took", "up", "summary", *held},
    )


def _call(call: Call) -> Plain:
    return _told(
        {
            "method": call.method,
            "peer": call.peer,
            "path": call.path,
            "template": call.template if call.template != call.path else "",
            "url": call.url
            if call.url != text(call.attributes, semconv.URL_FULL)
            else "",
            "status": call.status,
            "answer": call.answer if call.status is None else "",
            "resend": call.resend_count,
            "failing": call.is_failing,
        },
        always={"method"},
    )


def _event(event: Event, since: int) -> Plain:
    return {
        "name": event.name,
        "at": _micros(event.time - since),
        "attributes": values(event.attributes),
    }


def _log(log: Log, since: int, places: Mapping[str, int]) -> Plain:
    return _told(
        {
            "span": places.get(log.span_id),
            "at": _micros(log.time - since),
            "level": log.level,
            "severity": log.severity,
            "logger": log.logger,
            "text": log.text,
            "error": None if log.error is None else _error(log.error),
            "file": log.file,
            "line": log.line,
            "function": log.function,
            "attributes": values(log.attributes),
        },
        always={"span", "at", "severity", "level", "logger", "text"},
    )


def _error(error: Error) -> Plain:
    return _told(
        {
            "type": error.type,
            "message": error.message,
            "relation": error.relation,
            "file": error.file,
            "line": error.line,
            "function": error.function,
            "source": error.source,
            "stacktrace": error.stacktrace,
        },
        always={"type", "message"},
    )


def _told(whole: Plain, always: Iterable[str] = ()) -> Plain:
    """
    Leave out of *whole* what says nothing, but None for those that are *always* told.
    """
    kept = frozenset(always)

    return {
        name: value
        for name, value in whole.items()
        if value is not None and (value or name in kept)
    }


def _held(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -_LARGEST < value < _LARGEST else str(value)
    if isinstance(value, list):
        return [_held(item) for item in value]
    if isinstance(value, dict):
        return {name: _held(item) for name, item in value.items()}

    return value


def _micros(nanoseconds: int) -> int:
    return round(nanoseconds / 1000)
