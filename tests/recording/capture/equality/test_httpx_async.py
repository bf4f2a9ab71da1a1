"""
The promise that a test sees the same bytes, and a server as well: httpx, async.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import pickle

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest


anyio = pytest.importorskip("anyio", reason="anyio is NOT INSTALLED")
httpx = pytest.importorskip("httpx", reason="httpx is NOT INSTALLED")

TEXT = json.dumps({"items": [{"id": n, "name": "ü" * 9} for n in range(50)]}).encode()
BIG = bytes(range(256)) * 20_480
# Connecting takes as long as it takes, on a busy machine, too.
A_MOMENT = (30.0, 0.03, 30.0, 30.0)
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
SCENARIOS: list[Callable[..., Any]] = []


def scenario(function: Callable[..., Any]) -> Callable[..., Any]:
    SCENARIOS.append(function)

    return function


def seen(response: Any) -> Any:
    """
    All that a caller sees of a response that was read.
    """
    again = pickle.loads(pickle.dumps(response))
    names = ("status_code", "reason_phrase", "http_version", "content", "text")
    flags = ("encoding", "url", "num_bytes_downloaded", "is_closed")

    return (
        [getattr(response, name) for name in (*names, *flags, "is_stream_consumed")],
        response.headers.raw,
        sorted(response.extensions),
        type(response.stream).__name__,
        response.elapsed.total_seconds() > 0,
        [seen(each) for each in response.history],
        again.content,
        asked(response.request),
    )


def asked(request: Any) -> Any:
    """
    All that a caller sees of a request that was sent.
    """
    return (
        request.method,
        request.url,
        [pair for pair in request.headers.raw if pair[0].lower() != b"traceparent"],
        sorted(request.extensions),
        type(request.stream).__name__,
        vars(request).get("_content"),
    )


def bodies(s: Any) -> Any:
    """
    What the server received over connections that came in any order.
    """
    received = [each.body for each in s.server.received]
    s.server.received.clear()

    return received


async def arrived(s: Any, what: Any = None) -> None:
    """
    Wait until the server has a request, or until there is *what*.
    """
    while not (s.server.received if what is None else what):  # noqa: ASYNC110  # a thread's
        await asyncio.sleep(0.005)


async def _generated(ends: list[str] | None = None) -> AsyncIterator[bytes]:
    try:
        for part in (b"one", b"", b"two"):
            await asyncio.sleep(0)
            yield part
    finally:
        if ends is not None:
            ends.append("ended")


@contextlib.asynccontextmanager
async def clients() -> AsyncIterator[Mapping[str, Any]]:
    async with httpx.AsyncClient(verify=False) as client:
        yield {"client": client}


@scenario
async def json_read(s):
    s.server.script("/", s.wire.reply(200, TEXT, s.wire.JSON))
    return seen(await s.client.get(s.url)), (await s.client.get(s.url)).json()


@scenario
async def gzip_decoded(s):
    packed = gzip.compress(TEXT, mtime=0)
    s.server.script("/", s.wire.reply(200, packed, "Content-Encoding: gzip"))
    async with s.client.stream("GET", s.url) as response:
        packed = [part async for part in response.aiter_raw(10)]
    return seen(await s.client.get(s.url)), packed


@scenario
async def brotli(s):
    packed = pytest.importorskip("brotli").compress(TEXT)
    s.server.script("/", s.wire.reply(200, packed, "Content-Encoding: br"))
    return seen(await s.client.get(s.url))


@scenario
async def head_and_nothing(s):
    s.server.script("/", s.wire.reply(200, b"", "Content-Length: 9", length=False))
    s.server.script("/", s.wire.reply(204))
    s.server.script("/", s.wire.reply(304, b"", "ETag: x"))
    head = await s.client.head(s.url)
    return seen(head), [seen(await s.client.get(s.url)) for _ in range(2)]


@scenario
async def five_megabytes(s):
    s.server.script("/", s.wire.reply(200, BIG))
    async with s.client.stream("GET", s.url) as response:
        parts = [part async for part in response.aiter_bytes(100_000)]
    return b"".join(parts) == BIG, [len(part) for part in parts]


@scenario
async def events_that_trickle(s):
    parts = []
    for number in range(4):
        parts += [s.wire.chunk(b"data: %d\n\n" % number), 0.01]
    opening = s.wire.reply(200, b"", s.wire.CHUNKED, length=False)
    s.server.script("/", opening, *parts, s.wire.chunk(b""))
    async with s.client.stream("GET", s.url) as response:
        return [line async for line in response.aiter_lines() if line]


@scenario
async def texts(s):
    s.server.script("/", s.wire.reply(200, "grün\r\nrot\n".encode()))
    async with s.client.stream("GET", s.url) as response:
        return [text async for text in response.aiter_text(3)]


@scenario
async def read_twice(s):
    s.server.script("/", s.wire.reply(200, b"abc"))
    async with s.client.stream("GET", s.url) as response:
        await response.aread()
        return [part async for part in response.aiter_raw()]


@scenario
async def read_as_if_not_async(s):
    s.server.script("/", s.wire.reply(200, b"abc"))
    async with s.client.stream("GET", s.url) as response:
        response.read()


@scenario
async def early_break_and_the_pool(s):
    s.server.script("/", s.wire.reply(200, BIG[:300_000]))
    s.server.script("/after", s.wire.reply(200, b"x"))
    async with s.client.stream("GET", s.url) as response:
        async for _ in response.aiter_bytes(10):
            break
        state = response.is_closed, response.is_stream_consumed
    return state, response.is_closed, seen(await s.client.get(s.url + "after"))


@scenario
async def closed_by_another_task(s):
    s.server.script("/", s.wire.reply(200, b"abc"))
    request = s.client.build_request("GET", s.url)
    response = await s.client.send(request, stream=True)
    await asyncio.create_task(response.aclose())
    return response.is_closed, response.request is request, asked(request)


@scenario
async def read_by_another_task(s):
    s.server.script("/", s.wire.reply(200, b"abc"))
    request = s.client.build_request("GET", s.url)
    response = await s.client.send(request, stream=True)
    return await asyncio.create_task(response.aread()), seen(response)


@scenario
async def never_read(s):
    s.server.script("/", s.wire.reply(200, b"abc"))
    request = s.client.build_request("GET", s.url)
    response = await s.client.send(request, stream=True)
    return response.is_closed, type(response.stream).__name__, asked(request)


@scenario
async def many_at_once(s):
    s.server.script("/", 0.01, s.wire.reply(200, b"ok"))
    got = await asyncio.gather(
        *(s.client.post(s.url, content=b"same") for _ in range(5))
    )
    return [(each.content, asked(each.request)) for each in got], bodies(s)


@scenario
async def one_request_many_times_at_once(s):
    s.server.script("/", 0.01, s.wire.reply(200, b"ok"))
    request = s.client.build_request("POST", s.url, content=b"same")
    got = await asyncio.gather(*(s.client.send(request) for _ in range(4)))
    return [each.request is request for each in got], asked(request), bodies(s)


@scenario
async def generator_upload(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    ends: list[str] = []
    response = await s.client.post(s.url, content=_generated(ends))
    return seen(response), ends


@scenario
async def generator_that_is_sent_twice(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    request = s.client.build_request("POST", s.url, content=_generated())
    await s.client.send(request)
    return await s.client.send(request)


@scenario
async def generator_that_raises(s):
    async def broken() -> AsyncIterator[bytes]:
        yield b"one"
        raise KeyError("mine")

    s.server.script("/", s.wire.reply(200, b"ok"))
    return await s.client.post(s.url, content=broken())


@scenario
async def generator_that_is_cancelled(s):
    states = []

    async def slow() -> AsyncIterator[bytes]:
        try:
            yield b"x"
            states.append("waits")
            await asyncio.sleep(5)
        finally:
            states.append("ended")

    task = asyncio.create_task(s.client.post(s.url, content=slow()))
    await arrived(s, states)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return states


@scenario
async def multipart_upload(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    files = {"file": ("a.bin", b"\x00\xff")}
    return seen(await s.client.post(s.url, files=files, headers=headers))


@scenario
async def sync_generator(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    await s.client.get(s.url)
    return await s.client.post(s.url, content=iter([b"a"]))


@scenario
async def header_order_and_kinds(s):
    s.server.script("/", s.wire.reply(200, b"ok", "X-Two: a", "X-Two: b"))
    headers = [("Z-First", "1"), ("accept", "x"), (b"X-Bytes", b"\xe9"), ("A", "2")]
    return seen(await s.client.get(s.url, headers=headers)), headers


@scenario
async def dropped_before_the_head(s):
    s.server.script("/", s.wire.CLOSE)
    return await s.client.get(s.url)


@scenario
async def dropped_in_the_head(s):
    s.server.script("/", b"HTTP/1.1 200 OK\r\nContent-", s.wire.RESET)
    return await s.client.get(s.url)


@scenario
async def dropped_in_the_body(s):
    s.server.script("/", HALF, s.wire.CLOSE)
    got = []
    async with s.client.stream("GET", s.url) as response:
        try:
            async for part in response.aiter_bytes(2):
                got.append(part)  # noqa: PERF401  # kept when it fails
        except httpx.RemoteProtocolError as error:
            got.append((str(error), error.request is response.request))
    return got, response.is_closed


@scenario
async def timeout_before_the_head(s):
    s.server.script("/", s.wire.HANG)
    return await s.client.get(s.url, timeout=A_MOMENT)


@scenario
async def timeout_in_the_body(s):
    s.server.script("/", HALF, s.wire.HANG)
    return await s.client.get(s.url, timeout=A_MOMENT)


@scenario
async def cancelled(s):
    s.server.script("/", s.wire.HANG)
    task = asyncio.create_task(s.client.get(s.url))
    await arrived(s)
    task.cancel("enough")
    (result,) = await asyncio.gather(task, return_exceptions=True)
    s.server.script("/after", s.wire.reply(200, b"x"))
    return type(result), result.args, seen(await s.client.get(s.url + "after"))


@scenario
async def cancelled_in_the_body(s):
    s.server.script("/", HALF, s.wire.HANG)
    async with anyio.create_task_group() as group:
        group.start_soon(s.client.get, s.url)
        await arrived(s)
        await asyncio.sleep(0.03)
        group.cancel_scope.cancel()
    return group.cancel_scope.cancel_called


@scenario
async def timed_out_by_asyncio(s):
    s.server.script("/", s.wire.HANG)
    async with asyncio.timeout(0.3):
        await s.client.get(s.url)


@scenario
async def refused(s):
    try:
        await s.client.get("http://127.0.0.1:1/")
    except httpx.ConnectError as error:
        return asked(error.request), type(error.__cause__).__qualname__


@scenario
async def redirects(s):
    s.server.script("/", s.wire.reply(303, b"gone", "Location: /next"))
    s.server.script("/next", s.wire.reply(200, b"here"))
    stays = await s.client.get(s.url)
    response = await s.client.post(s.url, content=b"x", follow_redirects=True)
    return seen(response), seen(stays), asked(stays.next_request)


@scenario
async def auth_that_asks_again(s):
    class Token(httpx.Auth):
        requires_request_body = True

        async def async_auth_flow(self, request):
            response = yield request
            if response.status_code == 401:
                request.headers["Authorization"] = (await response.aread()).decode()
                yield request

    s.server.script("/", s.wire.reply(401, b"Bearer x"))
    s.server.script("/", s.wire.reply(200, b"in"))
    return seen(await s.client.post(s.url, content=b"x", auth=Token()))


@scenario
async def event_hooks(s):
    heard = []

    async def on_request(request: Any) -> None:
        heard.append(asked(request))

    async def on_response(response: Any) -> None:
        heard.append((asked(response.request), response.is_closed))

    s.client.event_hooks = {"request": [on_request], "response": [on_response]}
    s.server.script("/", s.wire.reply(200, b"ok"))
    return seen(await s.client.get(s.url)), heard


@scenario
async def a_trace_of_the_callers(s):
    heard = []

    async def trace(name: str, info: Any) -> None:
        heard.append((name, sorted(info)))

    s.server.script("/", s.wire.reply(200, b"ok"))
    response = await s.client.get(s.url, extensions={"trace": trace})
    return seen(response), heard


@scenario
async def a_trace_that_is_not_async(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    return await s.client.get(s.url, extensions={"trace": lambda *_: None})


@scenario
async def an_app_in_the_process(s):
    received = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive()).get("more_body"):
            received.append(message["body"])
        names = [name for name, _ in scope["headers"] if name != b"traceparent"]
        received.append((scope["method"], scope["path"], names))
        await send({"type": "http.response.start", "status": 201, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        await send({"type": "http.response.body", "body": b"b"})

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as client:
        got = [
            seen(await client.post("http://app/x", content=content))
            for content in (b"bytes", _generated())
        ]
    s.server.script("/", s.wire.reply(200, b"ok"))
    return got, received, seen(await s.client.get(s.url))


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("play", SCENARIOS, ids=lambda play: play.__name__)
@pytest.mark.parametrize("propagate", [True, False], ids=["propagate", "silent"])
def test_the_same_bytes(same_bytes, play, propagate) -> None:
    """
    Caller and server see the same with the taps off and on.
    """
    same_bytes(play, clients, propagate=propagate)
