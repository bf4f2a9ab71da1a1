"""
Nothing that goes wrong in the tap on httpx, and nothing that it keeps, reaches a
test.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import weakref

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from otel_testkit import configure, errors, test_span
from otel_testkit.recording import capture
from otel_testkit.recording.capture import body, exchange, operations
from otel_testkit.recording.capture.taps import httpx as tap


httpx = pytest.importorskip("httpx", reason="httpx is NOT INSTALLED")

FAULTS = [
    (tap, "begin"),
    (tap, "_Call"),
    (tap._Call, "_requested"),
    (tap, "_is_at_hand"),
    (tap, "_Trace"),
    (tap, "_SentBody"),
    (tap, "_Tee"),
    (tap._Call, "reached"),
    (tap, "_server_address"),
    (exchange, "resend_count"),
    (exchange.Exchange, "__init__"),
    (exchange, "written_headers"),
    (exchange, "record_exception"),
    (exchange.Exchange, "_end"),
    (exchange.Exchange, "_ends"),
    (body.BodyCopy, "add"),
    (body.BodyCopy, "text"),
]


def _generated() -> Iterator[bytes]:
    yield b"one"
    yield b"two"


async def _generated_async() -> AsyncIterator[bytes]:
    yield b"one"
    yield b"two"


def _scripts(server: Any, wire: Any) -> None:
    server.reset()
    server.script("/a", wire.reply(302, b"moved", "Location: /b"))
    server.script(
        "/b",
        wire.reply(200, wire.chunk(b"b") + wire.chunk(b""), wire.CHUNKED, length=False),
    )
    server.script("/c", wire.CLOSE)
    server.script(
        "/d", wire.reply(200, wire.chunk(b"d"), wire.CHUNKED, length=False), wire.CLOSE
    )


def _told(error: Exception) -> Any:
    return type(error), str(error), type(error.__cause__)


def _story(server: Any, wire: Any) -> Any:
    """
    A redirect, uploads, a stream, failures and a mock; what the caller gets.
    """
    _scripts(server, wire)
    got: list[Any] = []
    with httpx.Client(verify=False, follow_redirects=True) as client:
        response = client.post(f"{server.url}/a", content=b"x")
        got.append((response.text, [each.text for each in response.history]))
        got.append(client.post(f"{server.url}/b", content=_generated()).content)
        with client.stream("GET", f"{server.url}/b") as response:
            got.append(list(response.iter_bytes(1)))
        for path in ("/c", "/d"):
            try:
                client.get(server.url + path)
            except httpx.TransportError as error:
                got.append(_told(error))
    mock = httpx.MockTransport(lambda request: httpx.Response(200, json=[1]))
    with httpx.Client(transport=mock) as client:
        response = client.post("http://mock/", content=_generated())
        got.append((response.json(), response.request.content))

    return got, [(each.line, each.body) for each in server.received]


async def _async_story(server: Any, wire: Any) -> Any:
    _scripts(server, wire)
    got: list[Any] = []
    async with httpx.AsyncClient(verify=False, follow_redirects=True) as client:
        response = await client.post(f"{server.url}/a", content=b"x")
        got.append((response.text, [each.text for each in response.history]))
        response = await client.post(f"{server.url}/b", content=_generated_async())
        got.append(response.content)
        async with client.stream("GET", f"{server.url}/b") as response:
            got.append([part async for part in response.aiter_bytes(1)])
        for path in ("/c", "/d"):
            try:
                await client.get(server.url + path)
            except httpx.TransportError as error:
                got.append(_told(error))

    return got, [(each.line, each.body) for each in server.received]


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize(
    ("owner", "name"), FAULTS, ids=[f"{o.__name__}.{n}" for o, n in FAULTS]
)
def test_a_fault_of_ours(store, server, wire, monkeypatch, kind, owner, name) -> None:
    """
    Where one of our own functions raises, the caller notices nothing, and a
    trouble is noted.
    """

    def played() -> Any:
        if kind == "sync":
            return _story(server, wire)

        return asyncio.run(_async_story(server, wire))

    with test_span("as it should be"):
        expected = played()
    assert errors.troubles() == []

    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(owner, name, broken)
    with test_span("a test"):
        actual = played()
    monkeypatch.undo()

    assert expected == actual
    assert errors.troubles()


@pytest.fixture
def _no_gc() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("is_read", [True, False], ids=["read", "closed"])
@pytest.mark.usefixtures("_no_gc")
def test_responses_are_freed_at_once(store, server, wire, is_read) -> None:
    """
    A response that nobody holds, and its request, are freed without the garbage
    collector. Those of a client are not, as httpx ties them to their streams.
    """
    url = server.script("/x", wire.reply(200, b"abc"))

    with test_span("a test"), httpx.HTTPTransport(verify=False) as transport:
        request = httpx.Request("POST", url, content=_generated())
        response = transport.handle_request(request)
        if is_read:
            assert response.read() == b"abc"
        response.close()
        gone = weakref.ref(response), weakref.ref(request)
        del response, request
        assert [each() for each in gone] == [None, None]


@pytest.mark.usefixtures("_no_gc")
def test_failed_requests_are_freed_as_without_us(store, server, wire) -> None:
    """
    A request that failed is freed when it would be.
    """
    url = server.script("/x", wire.CLOSE)

    def is_freed() -> bool:
        request = httpx.Request("POST", url, content=_generated())
        with httpx.HTTPTransport(verify=False) as transport:
            with contextlib.suppress(httpx.TransportError):
                transport.handle_request(request)
        gone = weakref.ref(request)
        del request

        return gone() is None

    capture.remove()
    bare = is_freed()
    capture.install()
    with test_span("a test"):
        assert is_freed() == bare


def test_memory_of_an_open_call_is_bounded(store, server, wire) -> None:
    """
    Of an open response no more is held than the limit says, however it is read.
    """
    configure(directory=store.directory, show="none", max_body_bytes=100)
    url = server.script("/x", wire.reply(200, b"a" * 50_000))

    with test_span("a test") as test, httpx.Client(verify=False) as client:
        with client.stream("GET", url) as response:
            for _ in response.iter_bytes(1_000):
                break
            (under_way,) = test._parts.values()
            assert len(under_way.response_body._kept) <= 100 + 512
            assert under_way.response_body.size > 1_000


def test_nothing_is_kept_of_a_call_that_is_over(store, server, wire) -> None:
    """
    A response that is held on to holds on to no body and no test of ours.
    """
    url = server.script("/x", wire.reply(200, b"a" * 5_000))

    with test_span("a test") as test, httpx.Client(verify=False) as client:
        response = client.post(url, content=b"b" * 5_000)
        assert not test._parts
    kept = response.stream._stream._self_told

    assert kept.is_over
    assert len(kept.request_body._kept) + len(kept.response_body._kept) == 0


def test_an_async_stream_that_is_dropped() -> None:
    """
    A generator within our stream is told at once when nobody reads on.
    """
    ends = []

    class Told:
        def received(self, data: Any, *, encoded: bool) -> None:
            pass

    async def generated() -> AsyncIterator[bytes]:
        try:
            yield b"one"
            yield b"two"
        finally:
            ends.append("ended")

    async def played(parts: Any) -> int:
        ends.clear()
        async for _ in parts:
            break
        del parts
        turns = 0
        while not ends and turns < 99:
            turns += 1
            await asyncio.sleep(0)

        return turns

    bare = asyncio.run(played(generated()))
    tapped = asyncio.run(played(aiter(tap._Tee(generated(), Told()))))
    assert (bare, ends) == (tapped, ["ended"])


def test_operations_are_taken_up_again(store) -> None:
    """
    A mock that raises leaves the operation under way as it was.
    """

    def handler(_: Any) -> Any:
        assert operations._under_way.get() is None
        raise KeyError("mine")

    with test_span("a test"):
        with httpx.Client(transport=httpx.MockTransport(handler)) as client:
            with pytest.raises(KeyError):
                client.get("http://mock/")

    assert operations._under_way.get() is None
