"""
The collector of these tests, told by the plain exporter.
"""

from __future__ import annotations

import contextlib
import logging
import time

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import urllib3

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from . import behaviours
from .certificates import Certificates
from .collector import Collector


FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError)


@pytest.fixture(autouse=True)
def _quiet_exporter() -> Iterator[None]:
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def spans() -> tuple[ReadableSpan, ...]:
    """
    A parent and a child with attributes, and an event.
    """
    exporter = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource({"service.name": "tests"}))
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("tests.of.collector")
    with tracer.start_as_current_span("parent", attributes={"size": 2**53 + 1}):
        with tracer.start_as_current_span("child") as child:
            child.set_attribute("words", ("a", "b"))
            child.add_event("seen", {"good": True})

    return exporter.get_finished_spans()


def send(
    collector: Collector, spans: tuple[ReadableSpan, ...], **more: Any
) -> SpanExportResult:
    """
    Send with the official exporter, which is given a second.
    """
    exporter = OTLPSpanExporter(f"{collector.url}/v1/traces", timeout=1, **more)
    try:
        return exporter.export(spans)
    finally:
        exporter.shutdown()


def post(collector: Collector, body: bytes, **more: Any) -> int | None:
    """
    Send *body* as it is; gives the status of the answer, if one came in a second.
    """
    with contextlib.suppress(*FAILURES), requests.Session() as session:
        session.trust_env = False
        url = f"{collector.url}/v1/traces"
        with session.post(
            url, data=body, timeout=1, stream=True, allow_redirects=False, **more
        ) as response:
            started = time.monotonic()
            while response.raw.read(1):
                if time.monotonic() - started > 2:
                    return None
            return response.status_code

    return None


@pytest.mark.parametrize("compression", Compression)
def test_what_came_in(
    collector: Collector, spans: tuple[ReadableSpan, ...], compression: Compression
) -> None:
    """Spans are remembered as they were, however they were packed."""
    result = send(collector, spans, compression=compression, headers={"x-a": "1"})

    assert SpanExportResult.SUCCESS == result
    child, parent = sorted(collector.spans(), key=lambda span: span.name)
    assert (child.parent, parent.parent) == (parent.id, "")
    assert child.trace_id == parent.trace_id
    assert {"words": ["a", "b"]} == child.attributes
    ((_, *event),) = child.events
    assert ["seen", {"good": True}] == event
    assert {"size": 2**53 + 1} == parent.attributes
    assert parent.start <= child.start <= child.end <= parent.end
    assert "tests.of.collector" == parent.scope
    assert {"service.name": "tests"} == parent.resource
    (request,) = collector.requests
    assert ("/v1/traces", "1") == (request.path, request.headers["x-a"])
    assert [] == collector.sent_twice()


NOT_TAKEN = {
    "silent": behaviours.silent,
    "deaf": behaviours.deaf,
    "a byte a second": behaviours.slow_loris,
    "a body of a byte a second": behaviours.slow_body,
    "reset in the middle of the request": behaviours.resets_midway,
    "reset in the middle of the answer": behaviours.resets_answering,
    "no answer": behaviours.hangs_up,
    "garbage": behaviours.garbage,
    "400": behaviours.refuses(400),
    "503": behaviours.refuses(503, "3600"),
    "413": behaviours.at_most(10),
    "dead": behaviours.dies,
}


@pytest.mark.parametrize("name", NOT_TAKEN)
def test_what_it_does_not_take(
    collector: Collector, spans: tuple[ReadableSpan, ...], name: str
) -> None:
    """A request that went wrong counts as one that did not come in."""
    send(collector, spans)
    (first,) = collector.requests
    collector.behave(NOT_TAKEN[name])

    status = post(collector, first.body)

    assert (int(name) if name.isdecimal() else None) == status
    assert [True, False] == [request.taken for request in collector.requests]
    assert 2 == len(collector.spans())
    if name != "dead":
        assert 2 == collector.connections


def test_one_behaviour_after_the_other(
    collector: Collector, spans: tuple[ReadableSpan, ...]
) -> None:
    """Each request takes the next behaviour, and the last one stays."""
    send(collector, spans)
    (first,) = collector.requests
    collector.behave(behaviours.refuses(400), behaviours.healthy)

    assert [400, 200, 200] == [post(collector, first.body) for _ in range(3)]
    assert [True, False, True, True] == [one.taken for one in collector.requests]
    assert {first.body} == {request.body for request in collector.requests}
    assert 2 == len(collector.sent_twice())


def test_down_and_up(collector: Collector, spans: tuple[ReadableSpan, ...]) -> None:
    """It comes back on the port where it was, and still knows what it had."""
    send(collector, spans)
    (first,) = collector.requests
    port = collector.port

    collector.down()
    assert post(collector, first.body) is None
    collector.up()
    assert 200 == post(collector, first.body)

    assert port == collector.port
    assert 4 == len(collector.spans())


def test_tls(
    new_collector: Callable[..., Collector], certificates: Certificates
) -> None:
    """Who does not know the authority, or has no certificate to show, is not let in."""
    lenient = new_collector(certificates.of_server())
    strict = new_collector(certificates.of_server(asks_for_client=True))
    known = {"verify": str(certificates.authority)}
    shown = {"cert": (str(certificates.client), str(certificates.client_key))}

    assert 200 == post(lenient, b"", **known)
    assert 200 == post(strict, b"", **known, **shown)
    assert post(lenient, b"") is None
    assert post(strict, b"", **known) is None
    assert [1, 1] == [len(one.requests) for one in (lenient, strict)]


def test_partial_success(collector: Collector, spans: tuple[ReadableSpan, ...]) -> None:
    """The exporter takes for a success what rejects a span: the response says it."""
    collector.behave(behaviours.rejects(1))

    assert SpanExportResult.SUCCESS == send(collector, spans)
    assert 2 == len(collector.spans())
