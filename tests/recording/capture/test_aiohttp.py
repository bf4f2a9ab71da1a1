"""
What is recorded of the calls that go through aiohttp.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import gzip
import importlib
import io
import socket
import weakref

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import aiohttp
import pytest

from otel_testkit import configure, errors, step, test_span
from otel_testkit.recording import capture
from otel_testkit.recording.capture import body, exchange
from otel_testkit.recording.capture.taps import aiohttp as tap


BODY = b'{"id": 17, "name": "an item"}'
STATUS = "http.response.status_code"
RESENT = "http.request.resend_count"
SENT = "http.request.body.content"
GOT = "http.response.body.content"
CUT = "otel_testkit.http.response.body.truncated"
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"


def calls(store: Any) -> list[Any]:
    """
    The spans of our calls, in the order in which they began.
    """
    return sorted(
        (
            span
            for span in store.spans()
            if span.kind == 3 and span.scope == "otel_testkit"
        ),
        key=lambda span: span.start,
    )


def call(store: Any) -> Any:
    """
    The span of the one call.
    """
    (found,) = calls(store)

    return found


def got(store: Any) -> list[Any]:
    """
    Status, resend count and body of each call.
    """
    return [
        tuple(each.attributes.get(name) for name in (STATUS, RESENT, GOT))
        for each in calls(store)
    ]


def with_session(play: Callable[..., Coroutine[Any, Any, Any]], **kwargs: Any) -> Any:
    """
    Run *play* in a test, with a session made with *kwargs*.
    """

    async def run() -> Any:
        async with aiohttp.ClientSession(**kwargs) as session:
            return await play(session)

    with test_span("a test"):
        return asyncio.run(run())


def test_a_call_is_a_client_span_of_its_test(store, server, wire) -> None:
    """
    A request is one CLIENT span in the step where it was made, named by its
    method, with where it went and what came back.
    """
    url = server.script("/items", wire.reply(200, BODY, wire.JSON))

    async def play(session: Any) -> Any:
        with step("a step"):
            async with session.get(url, params={"a": "b c"}) as response:
                return await response.json()

    assert with_session(play)["id"] == 17
    found = call(store)
    assert found.name == "GET"
    assert found.parent_id == store.span("a step").span_id
    assert {
        "http.request.method": "GET",
        "url.full": f"{url}?a=b+c",
        "server.address": "127.0.0.1",
        "server.port": server.port,
        "network.peer.address": "127.0.0.1",
        "network.peer.port": server.port,
        STATUS: 200,
        "network.protocol.version": "1.1",
        "http.response.header.content-type": ["application/json"],
        GOT: BODY.decode(),
        "http.response.body.size": len(BODY),
    }.items() <= found.attributes.items()
    assert "http.request.header.user-agent" in found.attributes
    assert found.attributes["otel_testkit.time_to_connect"] >= 0
    assert not {RESENT, CUT, SENT} & found.attributes.keys()
    assert found.status == {}


def test_a_session_that_was_there_before(store, server, wire) -> None:
    """
    A session made before the taps are set is recorded, and has no more trace
    configurations than its owner gave it.
    """
    url = server.script("/x", wire.reply(200, b"a"))
    capture.remove()

    async def run() -> Any:
        async with aiohttp.ClientSession() as session:
            capture.install()
            with test_span("a test"):
                async with session.get(url) as response:
                    await response.read()
            return session.trace_configs

    assert asyncio.run(run()) == []
    assert got(store) == [(200, None, "a")]


def test_names_are_resolved_in_time(store, server, wire) -> None:
    """
    What a name's resolution took is told of a new connection, and not again.
    """
    server.script("/x", wire.reply(200, b"a"))
    url = f"http://localhost:{server.port}/x"

    async def play(session: Any) -> None:
        for _ in "ab":
            async with session.get(url) as response:
                await response.read()

    with_session(play)
    names = {"otel_testkit.time_to_resolve", "otel_testkit.time_to_connect"}
    assert [names, set()] == [names & each.attributes.keys() for each in calls(store)]


def test_redirects_are_calls(store, server, wire) -> None:
    """
    Each hop of a redirect is a call, the ones after the first resent; what a
    test asks again is none.
    """
    url = server.script(
        "/old", wire.reply(302, b"moved", "Location: /new?token=a9Z8x7")
    )
    server.script("/new", wire.reply(200, b"here"))

    async def play(session: Any) -> None:
        for _ in "ab":
            async with session.get(url) as response:
                assert await response.read() == b"here"

    with_session(play)
    assert got(store) == [(302, None, "moved"), (200, 1, "here")] * 2
    assert "a9Z8x7" not in store.text()


def test_a_connection_that_was_closed_meanwhile(store, server, wire) -> None:
    """
    Where aiohttp sends again because a kept connection is gone, both are calls.
    """
    if not hasattr(aiohttp, "ClientConnectionResetError"):
        pytest.skip("this aiohttp does NOT send again by itself")
    url = server.script("/x", wire.reply(200, b"a"))
    server.script("/x", wire.CLOSE)
    server.script("/x", wire.reply(200, b"c"))

    async def play(session: Any) -> None:
        for _ in "ab":
            async with session.get(url) as response:
                await response.read()

    with_session(play)
    assert got(store) == [(200, None, "a"), (None, None, None), (200, 1, "c")]
    assert (
        calls(store)[1].attributes["error.type"]
        == "aiohttp.client_exceptions.ServerDisconnectedError"
    )


async def _generated() -> AsyncIterator[bytes]:
    yield b"one"
    yield b"two"


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        ({"data": b'{"a": 1}'}, '{"a": 1}'),
        ({"data": "grün"}, "grün"),
        ({"json": {"a": "ü"}}, '{"a": "\\u00fc"}'),
        ({"data": {"a": "b c"}}, "a=b+c"),
        ({"data": io.BytesIO(b"file")}, "file"),
        ({"data": b"text " * 9, "compress": "deflate"}, "text " * 9),
        (
            {
                "data": gzip.compress(b"packed"),
                "headers": {"Content-Encoding": "gzip"},
            },
            "packed",
        ),
    ],
    ids=["bytes", "text", "json", "form", "file", "compressed", "packed before"],
)
def test_what_is_sent(store, server, wire, sent, written) -> None:
    """
    Bodies of all kinds are recorded as they are written, unpacked.
    """
    url = server.script("/x", wire.reply(200, b"a"))
    headers = (
        {"Content-Type": "text/plain; charset=utf-8"} if "json" not in sent else {}
    )
    sent["headers"] = headers | sent.get("headers", {})

    async def play(session: Any) -> None:
        async with session.post(url, **sent) as response:
            await response.read()

    with_session(play)
    assert call(store).attributes[SENT] == written
    assert "otel_testkit.http.request.body.truncated" not in call(store).attributes


def test_a_generator_and_a_form_are_sent(store, server, wire) -> None:
    """
    Of what is written in parts all of it is recorded, and its size.
    """
    url = server.script("/x", wire.reply(200, b"a"))

    async def play(session: Any) -> None:
        kind = {"Content-Type": "text/plain"}
        async with session.post(url, data=_generated(), headers=kind) as response:
            await response.read()
        form = aiohttp.FormData()
        form.add_field("field", "value")
        form.add_field("file", io.BytesIO(b"content"), filename="a.txt")
        async with session.post(url, data=form) as response:
            await response.read()

    with_session(play)
    first, second = calls(store)
    assert (first.attributes[SENT], first.attributes["http.request.body.size"]) == (
        "onetwo",
        6,
    )
    assert "value" in second.attributes[SENT]
    assert "content" in second.attributes[SENT]
    assert second.attributes["http.request.body.size"] == len(server.received[1].body)


@pytest.mark.parametrize("unpacks", [True, False])
def test_packed_answers(store, server, wire, unpacks) -> None:
    """
    An answer that came packed is recorded unpacked, whoever unpacks it.
    """
    packed = gzip.compress(BODY)
    url = server.script(
        "/x", wire.reply(200, packed, wire.JSON, "Content-Encoding: gzip")
    )

    async def play(session: Any) -> bytes:
        async with session.get(url) as response:
            return await response.read()  # type: ignore[no-any-return]

    assert with_session(play, auto_decompress=unpacks) == (BODY if unpacks else packed)
    assert call(store).attributes[GOT] == BODY.decode()
    assert CUT not in call(store).attributes


def test_streams_are_recorded_as_they_arrive(store, server, wire) -> None:
    """
    A stream is recorded whichever way it is read, and its call ends with it.
    """
    head = wire.reply(200, b"", wire.CHUNKED, "Content-Type: text/plain", length=False)
    parts = [part for n in range(3) for part in (wire.chunk(b"%d\n" % n), 0.02)]
    url = server.script("/x", head, *parts, wire.chunk(b""))

    async def play(session: Any) -> Any:
        async with session.get(url) as response:
            lines = [line async for line in response.content]
            await asyncio.sleep(0.2)
            return lines

    assert with_session(play) == [b"0\n", b"1\n", b"2\n"]
    found = call(store)
    assert found.attributes[GOT] == "0\n1\n2\n"
    assert 0.06e9 <= found.end - found.start < 0.2e9
    assert CUT not in found.attributes


def test_an_answer_that_nobody_reads(store, server, wire) -> None:
    """
    Of an answer that is not read there is what had come when it was let go.
    """
    url = server.script("/whole", wire.reply(500, b"why", "Content-Type: text/plain"))
    server.script("/half", wire.reply(500, b"why", "Content-Length: 9", length=False))

    async def play(session: Any) -> None:
        with pytest.raises(aiohttp.ClientResponseError):
            await session.get(url, raise_for_status=True)
        async with session.get(f"{server.url}/half"):
            pass

    with_session(play)
    first, second = calls(store)
    assert got(store) == [(500, None, "why")] * 2
    assert [first.attributes.get(CUT), second.attributes.get(CUT)] == [None, True]
    assert first.attributes["error.type"] == second.attributes["error.type"] == "500"


def test_nothing_is_read_for_us(store, server, wire) -> None:
    """
    A body that the caller leaves alone is held back by flow control as ever.
    """
    url = server.script("/x", wire.reply(200, b"a" * 5_000_000))

    async def play(session: Any) -> int:
        async with session.get(url, read_bufsize=1_000) as response:
            await asyncio.sleep(0.2)
            return response.content.total_bytes  # type: ignore[no-any-return]

    assert with_session(play) < 1_000_000
    assert call(store).attributes[CUT] is True


def _refused() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"http://127.0.0.1:{free.getsockname()[1]}/"


def test_a_refused_connection(store) -> None:
    """
    A connection that is refused is a call with the chain of exceptions.
    """

    async def play(session: Any) -> None:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(_refused())

    with_session(play)
    found = call(store)
    kind = "aiohttp.client_exceptions.ClientConnectorError"
    assert found.attributes["error.type"] == kind
    assert found.status["code"] == 2
    chain = [event["exception.type"] for _, event in found.events]
    assert {kind, "ConnectionRefusedError"} <= set(chain)


def test_a_name_that_nobody_has(store, monkeypatch) -> None:
    """
    A name that cannot be resolved is a call with the resolver's error.
    """

    async def getaddrinfo(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)

    async def play(session: Any) -> None:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get("http://nowhere.invalid/")

    async def run() -> None:
        resolving = aiohttp.TCPConnector(resolver=aiohttp.ThreadedResolver())
        async with aiohttp.ClientSession(connector=resolving) as session:
            await play(session)

    with test_span("a test"):
        asyncio.run(run())
    found = call(store)
    assert found.attributes["server.address"] == "nowhere.invalid"
    assert "socket.gaierror" in [event["exception.type"] for _, event in found.events]


@pytest.mark.parametrize(
    ("script", "kind", "status"),
    [
        (("HANG",), "TimeoutError", None),
        (("RESET",), "aiohttp.client_exceptions.ClientOSError", None),
        (("CLOSE",), "aiohttp.client_exceptions.ServerDisconnectedError", None),
        ((HALF, "CLOSE"), "aiohttp.client_exceptions.ClientPayloadError", 200),
        ((HALF, 0.02, "CLOSE"), "aiohttp.client_exceptions.ClientPayloadError", 200),
        ((HALF, "HANG"), "TimeoutError", 200),
        (
            (b"rubbish\r\n\r\n", "CLOSE"),
            "aiohttp.client_exceptions.ClientResponseError",
            None,
        ),
    ],
    ids=["timeout", "reset", "close", "cut", "cut later", "body timeout", "rubbish"],
)
@pytest.mark.parametrize("how", ["read", "content"])
def test_failures_on_the_wire(store, server, script, kind, status, how) -> None:
    """
    What goes wrong on the wire names itself, with the status that had come
    before, however the answer is read.
    """
    url = server.script("/x", *script)
    raised = []

    async def play(session: Any) -> None:
        try:
            async with session.post(
                url, timeout=aiohttp.ClientTimeout(0.3)
            ) as response:
                await (response if how == "read" else response.content).read()
        except Exception as error:
            raised.append(error)

    with_session(play)
    found = call(store)
    assert found.attributes.get("error.type") == kind
    assert found.attributes.get(STATUS) == status
    assert kind.endswith(type(raised[0]).__name__)
    assert found.events
    assert found.attributes.get(GOT) == ("half" if status else None)


def test_a_timeout_while_connecting(store, monkeypatch) -> None:
    """
    A timeout in the making of a connection is what the caller gets of it.
    """

    async def hang(*_: Any, **__: Any) -> None:
        await asyncio.sleep(9)

    monkeypatch.setattr(aiohttp.TCPConnector, "_create_connection", hang)

    async def play(session: Any) -> None:
        for name in ("total", "connect"):
            timeout = aiohttp.ClientTimeout(**{name: 0.05})
            with pytest.raises(TimeoutError):
                await session.get("http://127.0.0.1/", timeout=timeout)

    with_session(play)
    assert ["TimeoutError"] * 2 == [
        each.attributes["error.type"] for each in calls(store)
    ]


@pytest.mark.parametrize("how", ["read", "content"])
def test_a_call_that_is_cancelled(store, server, wire, how) -> None:
    """
    A call that is cancelled says so, in the head and in the body.
    """
    server.script("/head", wire.HANG)
    server.script("/body", HALF, wire.HANG)

    async def one(session: Any, path: str) -> None:
        async with session.get(server.url + path) as response:
            await (response if how == "read" else response.content).read()

    for path in ("/head", "/body"):

        async def play(session: Any, path: str = path) -> None:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(one(session, path), 0.1)

        with_session(play)
    kinds = [each.attributes["error.type"] for each in calls(store)]
    assert kinds == ["asyncio.exceptions.CancelledError"] * 2


def test_a_wait_that_is_given_up(store, server, wire) -> None:
    """
    Who stops waiting and then reads on has made one call that is fine.
    """
    head = wire.reply(200, b"", wire.CHUNKED, "Content-Type: text/plain", length=False)
    url = server.script("/x", head, 0.2, wire.chunk(b"late"), wire.chunk(b""))

    async def play(session: Any) -> None:
        async with session.get(url) as response:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(response.content.readany(), 0.05)
            await response.read()

    with_session(play)
    assert got(store) == [(200, None, "late")]
    assert "error.type" not in call(store).attributes


def test_what_a_caller_does_while_it_handles_an_error(store, server, wire) -> None:
    """
    A response that is closed while an exception of others is handled did not fail.
    """
    url = server.script("/x", HALF, wire.HANG)

    async def play(session: Any) -> None:
        try:
            raise TimeoutError
        except TimeoutError:
            async with session.get(url):
                pass

    with_session(play)
    assert "error.type" not in call(store).attributes


def test_secrets_are_masked(store, server, wire) -> None:
    """
    Secrets in the URL, the headers and the bodies reach neither disk nor report.
    """
    secret = "hunter2-Zx81q"
    answer = b'{"access_token": "%b", "n": 1}' % secret.encode()
    server.script(
        "/login",
        wire.reply(200, answer, wire.JSON, f"Set-Cookie: sid={secret}; Path=/"),
    )
    url = f"http://bob:{secret}@127.0.0.1:{server.port}/login?api_key={secret}&a=b"

    async def play(session: Any) -> None:
        sent = {"password": secret, "user": "bob"}
        async with session.post(url, json=sent, cookies={"sid": secret}) as response:
            await response.read()

    with_session(play)
    assert secret not in store.text()
    assert "bob" in call(store).attributes[SENT]


@pytest.mark.parametrize("propagate", [True, False])
def test_traceparent_names_the_call(store, server, wire, propagate) -> None:
    """
    The server gets the ids of the call's span; the caller sees them nowhere.
    """
    configure(directory=store.directory, show="none", propagate=propagate)
    url = server.script("/x", wire.reply(302, b"a", "Location: /y"))
    server.script("/y", wire.reply(200, b"a"))
    headers = {"X-Mine": "1"}

    async def play(session: Any) -> Any:
        async with session.get(url, headers=headers) as response:
            return [*response.history, response]

    for response in with_session(play):
        assert "traceparent" not in response.request_info.headers
    assert headers == {"X-Mine": "1"}
    expected = [f"00-{each.trace_id}-{each.span_id}-01" for each in calls(store)]
    sent = [each.header("traceparent") for each in server.received]
    assert sent == (expected if propagate else [None, None])


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"Authorization": "AWS4-HMAC-SHA256 Credential=A/2/eu/s3/aws4_request"}, ""),
        ({"x-amz-content-sha256": "e3b0"}, ""),
        ({"amz-sdk-invocation-id": "1"}, ""),
        ({}, "?a=b&X-Amz-Signature=abc"),
    ],
    ids=["AWS", "payload", "unsigned", "presigned"],
)
def test_what_is_signed_stays_as_it_is(store, server, wire, headers, query) -> None:
    """
    No header is added to a request that is signed, which is recorded as any.
    """
    url = server.script("/x", wire.reply(200, b"a"))

    async def play(session: Any) -> None:
        async with session.get(url + query, headers=headers) as response:
            await response.read()

    with_session(play)
    assert server.received[0].header("traceparent") is None
    assert got(store) == [(200, None, "a")]


def test_a_socket_is_a_call_of_its_opening(store, server, wire) -> None:
    """
    The opening of a WebSocket is a call with status 101, or with the refusal.
    """
    pytest.importorskip("aiohttp.test_utils")
    from aiohttp import web

    server.script("/refused", wire.reply(403, b"not you", "Content-Type: text/plain"))

    async def echo(request: Any) -> Any:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(message.data)
        return socket

    async def play(session: Any) -> None:
        app = web.Application()
        app.router.add_get("/", echo)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        async with session.ws_connect(f"ws://{host}:{port}/") as opened:
            await opened.send_str("hello")
            assert (await opened.receive()).data == "hello"
        await runner.cleanup()
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(f"{server.url}/refused")

    with_session(play)
    assert got(store) == [(101, None, None), (403, None, "not you")]
    assert "hello" not in store.text()


def test_a_proxy_that_gives_no_tunnel(store, server, wire) -> None:
    """
    Where a proxy refuses a tunnel, the call that wanted it has failed.
    """
    server.script("target:443", wire.reply(407), wire.CLOSE)

    async def play(session: Any) -> None:
        with pytest.raises(aiohttp.ClientHttpProxyError):
            await session.get("https://target/x", proxy=server.url)

    with_session(play)
    found = call(store)
    assert found.attributes["url.full"] == "https://target/x"
    assert found.attributes["error.type"].endswith("ClientHttpProxyError")


def test_retries_of_tenacity(store, server, wire) -> None:
    """
    A 503 that a test's own retry turns into a 200 is there, with its body, though
    nobody has read it.
    """
    tenacity = pytest.importorskip("tenacity", reason="tenacity is NOT INSTALLED")
    url = server.script("/x", wire.reply(503, b'{"error": "busy"}', wire.JSON))
    server.script("/x", wire.reply(200, b'{"ok": true}', wire.JSON))

    async def play(session: Any) -> Any:
        @tenacity.retry(stop=tenacity.stop_after_attempt(3))
        async def ask() -> Any:
            async with session.get(url, raise_for_status=True) as response:
                return await response.json()

        return await ask()

    assert with_session(play) == {"ok": True}
    assert got(store) == [
        (503, None, '{"error": "busy"}'),
        (200, None, '{"ok": true}'),
    ]


def test_a_middleware_that_retries(store, server, wire) -> None:
    """
    What a middleware sends again is resent.
    """
    if not hasattr(aiohttp, "ClientHandlerType"):
        pytest.skip("this aiohttp has NO MIDDLEWARES")
    url = server.script("/x", wire.reply(503, b"busy"))
    server.script("/x", wire.reply(200, b"fine"))

    async def retrying(request: Any, handler: Any) -> Any:
        response = await handler(request)
        return response if response.ok else await handler(request)

    async def play(session: Any) -> bytes:
        async with session.get(url) as response:
            return await response.read()  # type: ignore[no-any-return]

    assert with_session(play, middlewares=[retrying]) == b"fine"
    assert got(store) == [(503, None, "busy"), (200, 1, "fine")]


def test_a_call_that_outlives_its_test(store, server, wire, caplog) -> None:
    """
    A call that waits when its test ends is closed with it, and what comes after
    changes nothing and breaks nothing.
    """
    url = server.script(
        "/x", b"HTTP/1.1 200 OK\r\n", 0.2, b"Content-Length: 4\r\n\r\nlate"
    )

    async def play() -> bytes:
        async with aiohttp.ClientSession() as session:

            async def one() -> bytes:
                async with session.get(url) as response:
                    return await response.read()

            with test_span("a test"):
                waiting = asyncio.create_task(one())
                await asyncio.sleep(0.05)
            before = call(store)
            data = await waiting
            assert call(store) == before
            assert STATUS not in before.attributes
            return data

    assert asyncio.run(play()) == b"late"
    assert "ended span" not in caplog.text


def test_a_response_read_after_its_test(store, server, wire) -> None:
    """
    A response that is read on when its test has ended gives all its bytes.
    """
    head = wire.reply(200, b"ab", "Content-Length: 4", length=False)
    url = server.script("/x", head, 0.1, b"cd")

    async def play() -> None:
        async with aiohttp.ClientSession() as session:
            with test_span("a test"):
                response = await session.get(url)
                assert await response.content.readany() == b"ab"
            assert await response.read() == b"cd"

    asyncio.run(play())
    assert call(store).attributes[GOT] == "ab"
    assert call(store).attributes[CUT] is True


@pytest.fixture
def _no_gc() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def _alive() -> set[int]:
    gc.collect()

    return {id(each) for each in gc.get_objects() if type(each) is tap._Call}


@pytest.mark.usefixtures("_no_gc")
@pytest.mark.parametrize("path", ["/read", "/closed", "/failed"])
def test_nothing_is_kept_of_a_call_that_is_over(store, server, wire, path) -> None:
    """
    A response that nobody holds is freed as soon as without us, and nothing else
    holds on to its call.
    """
    server.script("/read", wire.reply(200, b"a" * 5_000))
    server.script("/closed", HALF, wire.HANG)
    server.script("/failed", HALF, wire.CLOSE)

    async def freed(session: Any) -> bool:
        response = await session.get(server.url + path)
        gone = weakref.ref(response)
        if path == "/closed":
            response.close()
        else:
            with contextlib.suppress(aiohttp.ClientPayloadError):
                await response.read()
        response.release()
        del response
        await asyncio.sleep(0.01)
        return gone() is None

    async def play(session: Any) -> tuple[bool, bool]:
        capture.remove()
        without = await freed(session)
        capture.install()
        with test_span("within") as test:
            freed_with_us = await freed(session)
            assert not test._parts
        return without, freed_with_us

    before = _alive()
    without, freed_with_us = with_session(play)
    assert without == freed_with_us
    assert _alive() <= before


@pytest.mark.parametrize("order", ["theirs first", "ours first"])
def test_under_the_official_instrumentation(store, server, wire, order) -> None:
    """
    With OpenTelemetry's own instrumentation on, whoever came first, each request
    is one call of ours, under the span of theirs.
    """
    official = pytest.importorskip(
        "opentelemetry.instrumentation.aiohttp_client",
        reason="the official instrumentation is NOT INSTALLED",
    ).AioHttpClientInstrumentor()
    url = server.script("/x", wire.reply(302, b"a", "Location: /y"))
    server.script("/y", wire.reply(200, b"b"))

    async def play(session: Any) -> None:
        async with session.get(url) as response:
            await response.read()

    with test_span("before"):
        pass
    if order == "theirs first":
        capture.remove()
    official.instrument()
    capture.install()
    try:
        with_session(play)
    finally:
        official.uninstrument()

    assert got(store) == [(302, None, "a"), (200, 1, "b")]
    (theirs,) = (
        each
        for each in store.spans()
        if each.kind == 3 and each.scope != "otel_testkit"
    )
    assert {each.parent_id for each in calls(store)} == {theirs.span_id}


FAULTS = [
    (tap, "begin"),
    (tap, "_Call"),
    (tap.operations, "within"),
    (tap, "_timing"),
    (tap, "_can_unpack"),
    (tap, "_arriving"),
    (tap, "_forget"),
    (exchange, "resend_count"),
    (exchange.Exchange, "__init__"),
    (exchange, "written_headers"),
    (exchange, "record_exception"),
    (exchange.Exchange, "_end"),
    (exchange.Exchange, "_set_body"),
    (body.BodyCopy, "add"),
    (body.BodyCopy, "text"),
]


def _story(server: Any, wire: Any) -> Any:
    """
    A redirect, uploads, a stream and failures; what the caller gets of them.
    """
    server.reset()
    server.script("/a", wire.reply(302, b"no", "Location: /b"))
    server.script("/b", wire.reply(200, b'{"a": 1}', wire.JSON))
    chunks = wire.chunk(b"c"), 0.05, wire.chunk(b"d"), 0.05, wire.chunk(b"")
    server.script("/c", wire.reply(200, b"", wire.CHUNKED, length=False), *chunks)
    server.script("/d", wire.CLOSE)
    server.script("/e", HALF, 0.02, wire.CLOSE)
    server.script("/f", HALF, wire.HANG)

    async def run() -> Any:
        got: list[Any] = []
        async with aiohttp.ClientSession() as session:
            async with session.post(f"{server.url}/a", data=b"x") as response:
                got.append(await response.json())
            async with session.put(f"{server.url}/c", data=_generated()) as response:
                got.append([part async for part in response.content.iter_chunks()])
            for path, limit in (("/d", 9), ("/e", 9), ("/f", 0.3)):
                timeout = aiohttp.ClientTimeout(total=limit)
                url = server.url + path
                try:
                    async with session.post(url, timeout=timeout) as response:
                        await response.read()
                except Exception as error:
                    got.append((type(error), str(error)))
            try:
                await session.get("http://127.0.0.1:1")
            except aiohttp.ClientError as error:
                got.append((type(error), str(error)))
            async with session.get(f"{server.url}/f") as response:
                got.append(await response.content.readany())
        return got

    return asyncio.run(run()), [(each.line, each.body) for each in server.received]


@pytest.mark.parametrize(
    ("owner", "name"), FAULTS, ids=[f"{o.__name__}.{n}" for o, n in FAULTS]
)
def test_a_fault_of_ours(store, server, wire, monkeypatch, owner, name) -> None:
    """
    Where one of our own functions raises, the caller notices nothing, and one
    trouble is noted.
    """
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


def _is_ours(value: Any) -> bool:
    code = getattr(value, "__code__", None)

    return code is not None and "otel_testkit" in code.co_filename


def test_remove_and_install(store, server, wire) -> None:
    """
    `remove` takes every tap off, `install` puts each on again, once.
    """
    url = server.script("/x", wire.reply(200, b"a"))
    capture.remove()
    for module in ("client", "client_reqrep", "connector", "http_writer", "streams"):
        for owner in vars(importlib.import_module(f"aiohttp.{module}")).values():
            if isinstance(owner, type):
                assert not [each for each in vars(owner).values() if _is_ours(each)]

    async def play(session: Any) -> None:
        async with session.get(url) as response:
            await response.read()

    with_session(play)
    assert calls(store) == []
    capture.install()
    capture.install()
    with_session(play)
    assert got(store) == [(200, None, "a")]


def _client(service: str, url: str) -> Any:
    from aiobotocore.config import AioConfig
    from aiobotocore.session import get_session

    return get_session().create_client(
        service,
        endpoint_url=url,
        region_name="eu-west-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=AioConfig(retries={"mode": "standard", "total_max_attempts": 3}),
    )


def test_aiobotocore_recovers(store, server, wire, monkeypatch) -> None:
    """
    A 429 that aiobotocore retries into a 200 is there, with what AWS said, and
    its requests go out as it made them.
    """
    pytest.importorskip("aiobotocore", reason="aiobotocore is NOT INSTALLED")
    path = "/2015-03-31/functions/f/invocations"
    throttled = "x-amzn-ErrorType: TooManyRequestsException"
    server.script(
        path,
        wire.reply(429, b'{"message": "Rate Exceeded."}', throttled),
    )
    server.script(path, wire.reply(200, b'{"ok": true}', wire.JSON))
    server.script("/bucket/key", wire.reply(200, b"a thing"))
    sleep = asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", lambda _: sleep(0))

    async def play() -> Any:
        async with _client("lambda", server.url) as functions:
            answer = await functions.invoke(FunctionName="f", Payload=b'{"a": 1}')
            payload = await answer["Payload"].read()
        async with _client("s3", server.url) as s3:
            answer = await s3.get_object(Bucket="bucket", Key="key")
            async with answer["Body"] as stream:
                return payload, await stream.read()

    with test_span("a test"):
        assert asyncio.run(play()) == (b'{"ok": true}', b"a thing")

    assert got(store) == [
        (429, None, '{"message": "Rate Exceeded."}'),
        (200, 1, '{"ok": true}'),
        (200, None, "a thing"),
    ]
    assert calls(store)[0].attributes[SENT] == '{"a": 1}'
    assert {each.header("traceparent") for each in server.received} == {None}
    assert all(each.header("authorization") for each in server.received)
