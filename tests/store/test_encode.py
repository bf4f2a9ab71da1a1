"""
Our OTLP/JSON beside that of OpenTelemetry's own exporter.
"""

from __future__ import annotations

import io
import json

from typing import Any

import pytest

from hypothesis import given, strategies as st
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode
from opentelemetry.trace.span import TraceFlags, TraceState

from otel_testkit.store.encode import (
    attribute_list,
    identity,
    log_line,
    log_prefix,
    open_line,
    resource_prefix,
    span_line,
)


REMOTE = SpanContext(
    0xABC, 0xDEF, is_remote=True, trace_flags=TraceFlags(1), trace_state=TraceState()
)
STATEFUL = SpanContext(
    0xABC,
    0xDEF,
    is_remote=True,
    trace_flags=TraceFlags(1),
    trace_state=TraceState([("vendor", 'a"b')]),
)


def _line(span: ReadableSpan) -> bytes:
    prefix = resource_prefix(span.resource.attributes, span.instrumentation_scope)

    return span_line(
        prefix, identity(span.context, span.parent, span.kind.value + 1), span
    )


def _oracle(span: ReadableSpan) -> Any:
    file = pytest.importorskip(
        "opentelemetry.exporter.otlp.json.file",
        reason="the oracle pins the newest SDK",
    )
    stream = io.StringIO()
    file.FileSpanExporter(stream=stream).export([span])

    return json.loads(stream.getvalue())


def _spans(**more: Any) -> list[ReadableSpan]:
    """
    A family of spans that has everything a span can have.
    """
    exporter = InMemorySpanExporter()
    provider = TracerProvider(
        resource=Resource({"service.name": 'a "service"', "n": 1}),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("scope", "1.0")
    parent = trace.set_span_in_context(trace.NonRecordingSpan(STATEFUL))
    attributes = {
        "text": 'é "quoted" \\ \n \x07 \u2028 😀',
        "empty": "",
        "long": "x" * 100,
        "int": 3,
        "negative": -(2**63),
        "yes": True,
        "float": 1.5,
        "tiny": 5e-324,
        "texts": ["a", 'b"'],
        "ints": [1, 2],
        "none": [],
    }
    with tracer.start_as_current_span("root", attributes=attributes):
        with tracer.start_as_current_span(
            "child", kind=SpanKind.CLIENT, links=[Link(REMOTE, {"x": 1})]
        ) as child:
            child.set_status(Status(StatusCode.ERROR, 'bad "thing"'))
            child.add_event("empty")
            child.add_event("full", {"a": "b", "n": 2}, timestamp=17)
    with tracer.start_as_current_span("remote", context=parent) as span:
        span.set_status(StatusCode.OK)

    return list(exporter.get_finished_spans())


@pytest.mark.parametrize("name", ["root", "child", "remote"])
def test_a_line_is_what_the_official_exporter_writes(name: str) -> None:
    """
    Parsed, each of our lines equals that of opentelemetry-exporter-otlp-json-file.
    """
    (span,) = [span for span in _spans() if span.name == name]

    assert _oracle(span) == json.loads(_line(span))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), {"doubleValue": "NaN"}),
        (float("inf"), {"doubleValue": "Infinity"}),
        (float("-inf"), {"doubleValue": "-Infinity"}),
        (b"\xff", {"bytesValue": "/w=="}),
        ({"a": [1]}, {"kvlistValue": {"values": [
            {"key": "a", "value": {"arrayValue": {"values": [{"intValue": "1"}]}}}
        ]}}),
        ({}, {"kvlistValue": {}}),
        ((), {"arrayValue": {}}),
        (object(), {}),
    ],
)  # fmt: skip
def test_rare_values(value: object, expected: object) -> None:
    """
    What newer SDKs allow in attributes has OTLP's form, too.
    """
    assert [{"key": "k", "value": expected}] == json.loads(
        f"[{attribute_list({'k': value})}]"
    )


@given(
    st.dictionaries(
        st.text(min_size=1),
        st.text() | st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.floats(),
    )
)
def test_every_text_survives(attributes: dict[str, Any]) -> None:
    """
    Whatever stands in keys and texts, the line is JSON and gives them back.
    """
    written = json.loads(f"[{attribute_list(attributes)}]")
    texts = {
        pair["key"]: pair["value"]["stringValue"]
        for pair in written
        if "stringValue" in pair["value"]
    }

    assert list(attributes) == [pair["key"] for pair in written]
    assert {k: v for k, v in attributes.items() if isinstance(v, str)} == texts


def test_a_lone_surrogate_costs_a_character_and_not_the_line() -> None:
    """
    What UTF-8 can't hold becomes a question mark.
    """
    (span, *_) = [span for span in _spans() if span.name == "root"]
    line = span_line(
        "[",
        identity(span.context, span.parent, span.kind.value + 1),
        span,
        lambda _key, text: text + "\ud800",
    )

    assert b"\\ud800" not in line
    assert '"root?"' in line.decode()


def test_masks_reach_every_text() -> None:
    """
    Name, attributes, lists, events and status go through the mask.
    """
    (child,) = [span for span in _spans() if span.name == "child"]
    line = span_line(
        "",
        identity(child.context, child.parent, child.kind.value + 1),
        child,
        lambda _key, _text: "*",
    ).decode()

    assert [] == [text for text in ("child", "thing", "full") if text in line]


def test_a_link_keeps_its_trace_state() -> None:
    """
    OTLP has a place for it, which the official exporter leaves empty.
    """
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("scope")
    span = tracer.start_span("one", links=[Link(STATEFUL)])
    span.end()
    written = json.loads(_line(span))
    (link,) = written["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["links"]

    assert 'vendor=a"b' == link["traceState"]


def test_a_log_line() -> None:
    """
    A log record stands in a line with its resource and its logger; what UTF-8
    can't hold costs a character.
    """
    context = SpanContext(0xABC, 0xDEF, is_remote=False, trace_flags=TraceFlags(1))
    prefix = log_prefix('a "service"', 'a "logger"')
    line = log_line(prefix, context, 17, 13, 'W"', "said\n\ud800", "")

    record = json.loads(line)
    assert b"\n" == line[-1:]
    (resource,) = record["resourceLogs"]
    (scope,) = resource["scopeLogs"]
    (pair,) = resource["resource"]["attributes"]
    assert {"stringValue": 'a "service"'} == pair["value"]
    assert {"name": 'a "logger"'} == scope["scope"]
    assert [
        {
            "timeUnixNano": "17",
            "observedTimeUnixNano": "17",
            "severityNumber": 13,
            "severityText": 'W"',
            "body": {"stringValue": "said\n?"},
            "attributes": [],
            "flags": 1,
            "traceId": f"{0xABC:032x}",
            "spanId": f"{0xDEF:016x}",
        }
    ] == scope["logRecords"]


def test_an_open_line_is_the_beginning_of_the_span() -> None:
    """
    The line of a span that has just started is the OTLP span without an end.
    """
    (span,) = [span for span in _spans() if span.name == "root"]
    opened = json.loads(
        open_line(identity(span.context, span.parent, span.kind.value + 1), span)
    )
    record = json.loads(_line(span))
    whole = record["resourceSpans"][0]["scopeSpans"][0]["spans"][0]

    assert opened.items() <= whole.items()
    assert {"endTimeUnixNano", "status"} == whole.keys() - opened.keys()
