"""
Nothing that goes wrong in a tap, and nothing that it keeps, reaches a test.
"""

from __future__ import annotations

import gc
import weakref

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import urllib3

from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from otel_testkit import configure, errors, test_span
from otel_testkit.recording import provider, quiet, span as span_module
from otel_testkit.recording.capture import body, call, exchange
from otel_testkit.recording.capture.taps import urllib3 as tap


FAULTS = [
    (tap, "begin"),
    (tap, "passing"),
    (exchange, "is_signed"),
    (tap, "_is_at_end"),
    (exchange, "resend_count"),
    (exchange, "taken_place"),
    (call, "current_place"),
    (call.Call, "_ends"),
    (exchange, "described"),
    (exchange.Exchange, "__init__"),
    (exchange, "written_headers"),
    (exchange, "record_exception"),
    (exchange, "summary"),
    (exchange.Exchange, "_add_attributes"),
    (quiet.QuietSpan, "add"),
    (quiet.QuietSpan, "set_attributes"),
    (quiet.QuietSpan, "end"),
    (tap, "_copied"),
    (exchange, "exception_type"),
    (exchange.Exchange, "_end"),
    (exchange.Exchange, "_set_body"),
    (body.BodyCopy, "add"),
    (body.BodyCopy, "text"),
    (body.BodyCopy, "forget"),
]


def _generated() -> Iterator[bytes]:
    yield b"one"
    yield b"two"


def _story(server: Any, wire: Any) -> Any:
    """
    A retry, an upload, a stream and a failure; what the caller gets of them.
    """
    server.reset()
    server.script("/a", wire.reply(500, b"no", wire.JSON))
    server.script("/a", wire.reply(200, b'{"a": 1}', wire.JSON))
    server.script(
        "/b",
        wire.reply(200, wire.chunk(b"b") + wire.chunk(b""), wire.CHUNKED, length=False),
    )
    server.script("/c", wire.CLOSE)
    server.script(
        "/d", wire.reply(200, wire.chunk(b"d"), wire.CHUNKED, length=False), wire.CLOSE
    )

    got = []
    with requests.Session() as session:
        retry = Retry(3, backoff_factor=0, status_forcelist=[500], allowed_methods=None)
        session.mount("http://", HTTPAdapter(max_retries=retry))
        got.append(session.post(f"{server.url}/a", data=b"x").json())
        got.append(session.post(f"{server.url}/b", data=_generated()).content)
        with session.get(f"{server.url}/b", stream=True) as response:
            got.append(list(response.iter_content(1)))
        for path in ("/c", "/d"):
            try:
                session.get(server.url + path)
            except requests.RequestException as error:
                got.append((type(error), str(error.__context__)[-60:]))

    return got, [(each.line, each.body) for each in server.received]


@pytest.mark.parametrize(
    ("owner", "name"), FAULTS, ids=[f"{o.__name__}.{n}" for o, n in FAULTS]
)
def test_a_fault_of_ours(store, server, wire, monkeypatch, owner, name) -> None:
    """
    Where one of our own functions raises, the caller notices nothing, and one
    trouble is noted.
    """
    if owner is quiet.QuietSpan:
        # Another test may have left a processor that wants to hear of calls.
        monkeypatch.setattr(provider.recording().relay, "is_needed", False)
    with test_span("as it should be"):
        expected = _story(server, wire)

    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(owner, name, broken)
    with test_span("a test"):
        actual = _story(server, wire)
    monkeypatch.undo()

    assert expected == actual
    assert len(errors.troubles()) == 1


def test_a_fault_of_the_end_leaves_a_span(store, server, wire, monkeypatch) -> None:
    """
    A body that cannot be written does not lose the call.
    """
    monkeypatch.setattr(body.BodyCopy, "text", None)
    with test_span("a test"):
        requests.get(server.script("/x", wire.reply(200, b"a")), timeout=5)

    (found,) = [each for each in store.spans() if each.kind == 3]
    assert found.attributes["http.response.status_code"] == 200
    assert len(errors.troubles()) == 1


@pytest.fixture
def _no_gc() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("client", ["requests", "urllib3"])
@pytest.mark.usefixtures("_no_gc")
def test_responses_are_freed_at_once(store, server, wire, client) -> None:
    """
    A response that nobody holds is freed without the garbage collector, read or
    not.
    """
    url = server.script("/x", wire.reply(200, b"abc"))

    with test_span("a test"), urllib3.PoolManager() as pool:
        for is_read in (True, False):
            if client == "requests":
                response = requests.get(url, stream=not is_read, timeout=5).raw
            else:
                response = pool.request("GET", url, preload_content=is_read)
            gone = weakref.ref(response)
            del response
            assert gone() is None


@pytest.mark.usefixtures("_no_gc")
def test_nothing_is_kept_of_a_call_that_is_over(store, server, wire) -> None:
    """
    A response that is held on to holds on to no body and no test of ours.
    """
    url = server.script("/x", wire.reply(200, b"a" * 5_000))

    with test_span("a test") as test:
        read = requests.post(url, data=b"b" * 5_000, timeout=5)
        assert not test._parts
        unread = requests.post(url, data=b"b" * 5_000, stream=True, timeout=5)
        unread.raw.read(10)

    def held_by(response: Any) -> list[Any]:
        held = [*vars(response.raw).values(), *vars(response.raw._original_response)]

        return [each for each in held if isinstance(each, exchange.Exchange)]

    (kept,) = held_by(unread)
    assert len(kept.request_body._kept) + len(kept.response_body._kept) == 0
    assert not kept._attributes
    assert not held_by(read)
    unread.close()
    assert not held_by(unread)


def test_memory_of_an_open_call_is_bounded(store, server, wire) -> None:
    """
    Of an open response no more is held than the limit says, however it is read.
    """
    configure(directory=store.directory, show="none", max_body_bytes=100)
    url = server.script("/x", wire.reply(200, b"a" * 50_000))

    with test_span("a test") as test:
        response = requests.get(url, stream=True, timeout=5)
        for size in (1,) * 2_000 + (40_000,):
            response.raw.read(size)
        (under_way,) = test._parts.values()
        assert len(under_way.response_body._kept) <= 100 + 512
        response.close()


def test_traceparent_names_the_call(store, server, wire) -> None:
    """
    The server gets the ids of the call's span, and the caller's own headers stay
    as they are.
    """
    url = server.script("/x", wire.reply(200, b"a"))
    headers = {"X-Mine": "1"}

    with test_span("a test"), urllib3.PoolManager() as pool:
        response = requests.get(url, headers=headers, timeout=5)
        pool.request("GET", url, headers=headers)

    spans = [each for each in store.spans() if each.kind == 3]
    assert [f"00-{each.trace_id}-{each.span_id}-01" for each in spans] == [
        each.header("traceparent") for each in server.received
    ]
    assert headers == {"X-Mine": "1"}
    assert "traceparent" not in response.request.headers


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        (
            {
                "Authorization": "AWS4-HMAC-SHA256 Credential=AKIA/20261122/eu/s3/aws4_request"
            },
            "",
        ),
        ({"x-amz-content-sha256": "e3b0"}, ""),
        ({}, "?a=b&X-Amz-Signature=abc"),
        ({}, "?X-Goog-Signature=abc"),
        ({}, "?AWSAccessKeyId=a&Signature=abc"),
    ],
    ids=["AWS", "payload", "presigned", "Google", "version 2"],
)
def test_what_is_signed_stays_as_it_is(store, server, wire, headers, query) -> None:
    """
    No header is added to a request that is signed, which is recorded as any.
    """
    url = server.script("/x", wire.reply(200, b"a"))

    with test_span("a test"):
        requests.get(url + query, headers=headers, timeout=5)

    assert server.received[0].header("traceparent") is None
    assert len([each for each in store.spans() if each.kind == 3]) == 1


@pytest.mark.parametrize(
    "name", ["traceparent", "TraceParent", b"traceparent"], ids=["", "case", "bytes"]
)
def test_a_traceparent_of_the_caller(store, server, wire, name) -> None:
    """
    A `traceparent` that is there already, the caller's or an instrumentation's,
    is the one that is sent.
    """
    url = server.script("/x", wire.reply(200, b"a"))

    with test_span("a test"):
        requests.get(url, headers={name: "00-aa-bb-01"}, timeout=5)

    (request,) = server.received
    assert [
        value for key, value in request.headers if key.lower() == "traceparent"
    ] == ["00-aa-bb-01"]


def test_propagation_is_off(store, server, wire) -> None:
    """
    With `propagate=False` nothing is added to any request.
    """
    configure(directory=store.directory, show="none", propagate=False)
    url = server.script("/x", wire.reply(200, b"a"))

    with test_span("a test"):
        requests.get(url, timeout=5)

    assert server.received[0].header("traceparent") is None


def test_nothing_is_read_for_us(store, server, wire) -> None:
    """
    A body that the caller leaves alone stays on the wire, and is not recorded.
    """
    url = server.script("/x", wire.reply(200, b"abc", wire.JSON))

    with test_span("a test"):
        response = requests.get(url, stream=True, timeout=5)
        assert response.raw.tell() == 0
        assert not response.raw._fp.isclosed()

    (found,) = [each for each in store.spans() if each.kind == 3]
    assert "http.response.body.content" not in found.attributes
    assert response.content == b"abc"


def test_a_mocked_method_works(store, server, wire) -> None:
    """
    Methods under our taps can be mocked with their signatures, as ever.
    """
    from unittest import mock

    with mock.patch.object(requests.Session, "send", autospec=True) as send:
        send.return_value.status_code = 418
        with test_span("a test"):
            assert requests.get("http://x/", timeout=5).status_code == 418
    with mock.patch.object(
        urllib3.HTTPConnectionPool, "urlopen", autospec=True
    ) as send:
        send.side_effect = urllib3.exceptions.ReadTimeoutError(None, "/", "no")
        with test_span("a test"), pytest.raises(requests.ReadTimeout):
            requests.get(server.url, timeout=5)

    assert [each for each in store.spans() if each.kind == 3] == []
    assert span_module.current_test().is_recording is False
