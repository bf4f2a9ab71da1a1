"""
When calls are recorded and when they are not, and when they end.
"""

from __future__ import annotations

import functools
import threading

from typing import Any

import pytest
import requests
import urllib3

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider

from otel_testkit import configure, test_span
from otel_testkit.recording import capture


STATUS = "http.response.status_code"
GOT = "http.response.body.content"
CUT = "otel_testkit.http.response.body.truncated"


def calls(store: Any) -> list[Any]:
    """
    The spans of calls, in the order in which they began.
    """
    return sorted(
        (span for span in store.spans() if span.kind == 3), key=lambda span: span.start
    )


def call(store: Any) -> Any:
    """
    The span of the one call.
    """
    (found,) = calls(store)

    return found


def test_remove_and_install(store, server, wire) -> None:
    """
    `remove` takes every tap off, `install` puts each on again, once.
    """
    from urllib3.connectionpool import HTTPConnectionPool
    from urllib3.response import HTTPResponse

    url = server.script("/x", wire.reply(200, b"a"))
    capture.remove()
    originals = {**vars(HTTPConnectionPool), **vars(HTTPResponse)}
    assert not [each for each in originals.values() if _is_ours(each)]
    with test_span("without"):
        requests.get(url, timeout=5)
    assert calls(store) == []

    capture.install()
    capture.install()
    with test_span("with"):
        requests.get(url, timeout=5)
    assert len(calls(store)) == 1


def test_remove_under_another_wrapper(store, server, wire, monkeypatch) -> None:
    """
    A tap that somebody wrapped is silent after `remove`, and one again after
    `install`.
    """
    from urllib3.connectionpool import HTTPConnectionPool

    url = server.script("/x", wire.reply(200, b"a"))
    ours = HTTPConnectionPool._make_request

    @functools.wraps(ours)
    def theirs(*args: Any, **kwargs: Any) -> Any:
        return ours(*args, **kwargs)

    monkeypatch.setattr(HTTPConnectionPool, "_make_request", theirs)
    capture.remove()
    with test_span("without"):
        requests.get(url, timeout=5)
    assert calls(store) == []

    capture.install()
    with test_span("with"):
        requests.get(url, timeout=5)
    assert len(calls(store)) == 1


@pytest.mark.parametrize("order", ["theirs first", "ours first"])
@pytest.mark.parametrize(
    ("module", "instrumentor", "owner", "method"),
    [
        ("requests", "RequestsInstrumentor", requests.Session, "send"),
        (
            "urllib3",
            "URLLib3Instrumentor",
            urllib3.connectionpool.HTTPConnectionPool,
            "urlopen",
        ),
    ],
)
def test_an_instrumentation_can_be_taken_off(
    store, server, wire, order, module, instrumentor, owner, method
) -> None:
    """
    OpenTelemetry's own wrappers come off, whoever came first, and then ours do.
    """
    name = f"opentelemetry.instrumentation.{module}"
    official = pytest.importorskip(name, reason=f"{name} is NOT INSTALLED")
    theirs = getattr(official, instrumentor)()
    url = server.script("/x", wire.reply(200, b"a"))
    capture.remove()
    original = vars(owner)[method]

    def recorded(test: str) -> int:
        before = len(calls(store))
        with test_span(test):
            requests.get(url, timeout=5)

        return len(calls(store)) - before

    steps = [theirs.instrument, capture.install]
    for each in steps if order == "theirs first" else reversed(steps):
        each()
    assert recorded("both") == 2
    theirs.uninstrument()
    assert recorded("ours alone") == 1

    capture.remove()
    assert vars(owner)[method] is original


def _is_ours(value: Any) -> bool:
    code = getattr(value, "__code__", None)

    return code is not None and "otel_testkit" in code.co_filename


def test_outside_a_test_nothing_is_recorded(store, server, wire) -> None:
    """
    A call that no test makes leaves no trace, on disk or on the wire.
    """
    url = server.script("/x", wire.reply(200, b"a"))

    with test_span("a test"):
        pass
    requests.get(url, timeout=5)

    assert calls(store) == []
    assert server.received[0].header("traceparent") is None


@pytest.mark.parametrize("key", ["_SUPPRESS_INSTRUMENTATION_KEY", None])
def test_exporters_are_not_recorded(store, server, wire, key) -> None:
    """
    What is sent under the SDK's `suppress_instrumentation` is an exporter's.
    """
    from opentelemetry import context

    url = server.script("/x", wire.reply(200, b"a"))
    name = getattr(context, key) if key else "suppress_instrumentation"

    with test_span("a test"):
        token = context.attach(context.set_value(name, True))
        requests.get(url, timeout=5)
        context.detach(token)

    assert calls(store) == []
    assert server.received[0].header("traceparent") is None


def test_a_bare_thread(store, server, wire) -> None:
    """
    What a thread does that knows of no test belongs to the one that is open.
    """
    url = server.script("/x", wire.reply(200, b"a"))

    with test_span("a test"):
        thread = threading.Thread(
            target=requests.get, args=[url], kwargs={"timeout": 5}
        )
        thread.start()
        thread.join()

    assert call(store).parent_id == store.span("a test").span_id


def test_in_a_trace_of_the_programs_own(store, server, wire) -> None:
    """
    A call is in its test's trace, though the program has begun another around it;
    what the program sees as current is its own.
    """
    url = server.script("/x", wire.reply(200, b"a"))
    tracer = TracerProvider().get_tracer("theirs")

    with test_span("a test"):
        with tracer.start_as_current_span("job", context=Context()) as job:
            requests.get(url, timeout=5)
            assert trace.get_current_span() is job

    assert call(store).parent_id == store.span("a test").span_id
    assert call(store).trace_id == store.span("a test").trace_id


def test_a_call_that_outlives_its_test(store, server, wire, caplog) -> None:
    """
    A call that waits when its test ends is closed with it, and what comes after
    changes nothing and breaks nothing.
    """
    url = server.script("/x", 0.1, wire.reply(200, b"late"))
    got = []

    with test_span("a test"):
        thread = threading.Thread(
            target=lambda: got.append(requests.get(url, timeout=5).text)
        )
        thread.start()
        while not server.received:
            pass
    before = call(store)
    thread.join()

    assert got == ["late"]
    assert call(store) == before
    assert STATUS not in before.attributes
    assert before.end > before.start
    assert "ended span" not in caplog.text


def test_a_response_read_after_its_test(store, server, wire, caplog) -> None:
    """
    A response that is read on when its test has ended gives all its bytes.
    """
    url = server.script("/x", wire.reply(200, b"abcdef"))

    with test_span("a test"):
        response = requests.get(url, stream=True, timeout=5)
        assert response.raw.read(2) == b"ab"
    assert response.raw.read() == b"cdef"

    assert call(store).attributes[GOT] == "ab"
    assert call(store).attributes[CUT] is True
    assert "ended span" not in caplog.text


def test_a_body_read_to_its_end_in_parts(store, server, wire) -> None:
    """
    A body that was asked for to its last byte is whole, though nobody read on.
    """
    url = server.script("/x", wire.reply(200, b"abcdef"))

    with test_span("a test"):
        response = requests.get(url, stream=True, timeout=5)
        assert response.raw.read(4) + response.raw.read(2) == b"abcdef"

    assert call(store).attributes[GOT] == "abcdef"
    assert CUT not in call(store).attributes


def test_closing_ends_a_call(store, server, wire) -> None:
    """
    A response that is closed in the middle is a call that is over, and is cut.
    """
    url = server.script("/x", wire.reply(200, b"abcdef"))

    with test_span("a test"):
        with requests.get(url, stream=True, timeout=5) as response:
            next(response.iter_content(2))
        assert call(store).attributes[GOT] == "ab"

    assert call(store).attributes[CUT] is True


def test_a_span_processor_that_calls_out(store, server, wire) -> None:
    """
    What a span processor of the user's sends when it is told of a call is no
    call of the test.
    """
    from opentelemetry.sdk.trace import SpanProcessor

    url = server.script("/x", wire.reply(200, b"a"))

    class Reporting(SpanProcessor):
        def on_end(self, span: Any) -> None:
            if span.name == "GET":
                requests.get(url, timeout=5)

    processor = Reporting()
    configure(directory=store.directory, show="none", span_processors=[processor])
    with test_span("a test"):
        requests.get(url, timeout=5)
    processor.on_end = lambda span: None

    assert len(calls(store)) == 1
    assert len(server.received) == 2
