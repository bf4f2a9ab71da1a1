"""
The promise that a test sees the same bytes, and a server as well: aiohttp.

Each scenario is played with the taps off and with them on. What the caller got
(or what was raised) and what the server received must be equal.
"""

from __future__ import annotations

import asyncio
import gc
import gzip
import io
import json
import warnings
import zlib

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest


TEXT = json.dumps({"items": [{"id": n, "name": "ü" * 9} for n in range(50)]}).encode()
BIG = bytes(range(256)) * 20_480
SCENARIOS: list[Callable[..., Any]] = []


def scenario(function: Callable[..., Any]) -> Callable[..., Any]:
    SCENARIOS.append(function)

    return function


async def seen(response: Any) -> Any:
    """
    All that a caller sees of a response.
    """
    return (
        response.status,
        response.reason,
        response.version,
        list(response.headers.items()),
        response.raw_headers,
        await response.read(),
        str(response.url),
        [(each.status, each.closed) for each in response.history],
        list(response.request_info.headers),
        sorted(response.cookies.items()),
        response.closed,
        type(response.content).__name__,
    )


@asynccontextmanager
async def clients() -> AsyncIterator[Mapping[str, Any]]:
    """
    A session with the settings that it has by itself.
    """
    with pytest.MonkeyPatch.context() as patch:
        async with aiohttp.ClientSession() as session:
            yield {"session": session, "seen": seen, "patch": patch}


def _trickling(s: Any, parts: int = 4) -> None:
    head = s.wire.reply(
        200, b"", s.wire.CHUNKED, "Content-Type: text/event-stream", length=False
    )
    events = [
        p for n in range(parts) for p in (s.wire.chunk(b"data: %d\n\n" % n), 0.05)
    ]
    s.server.script("/", head, *events, s.wire.chunk(b""))


@scenario
async def json_body(s):
    s.server.script("/", s.wire.reply(200, TEXT, s.wire.JSON))
    async with s.session.get(s.url, params={"a": "b ü"}) as response:
        return await response.json(), await s.seen(response)


@scenario
async def text_twice(s):
    s.server.script("/", s.wire.reply(200, TEXT, "Content-Type: text/plain"))
    async with s.session.get(s.url) as response:
        return await response.text(), await response.text(), await response.read()


@scenario
async def gzip_decoded(s):
    packed = gzip.compress(TEXT, mtime=0)
    s.server.script("/", s.wire.reply(200, packed, "Content-Encoding: gzip"))
    async with s.session.get(s.url) as response:
        return await s.seen(response), response.content.total_bytes


@scenario
async def gzip_left_packed(s):
    packed = gzip.compress(TEXT, mtime=0)
    s.server.script("/", s.wire.reply(200, packed, "Content-Encoding: gzip"))
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        async with session.get(s.url) as response:
            return await s.seen(response)


@scenario
async def gzip_that_is_none(s):
    s.server.script("/", s.wire.reply(200, b"no gzip", "Content-Encoding: gzip"))
    async with s.session.get(s.url) as response:
        return await s.seen(response)


@scenario
async def deflate(s):
    packed = zlib.compress(TEXT)
    s.server.script("/", s.wire.reply(200, packed, "Content-Encoding: deflate"))
    async with s.session.get(s.url) as response:
        return await s.seen(response)


@scenario
async def brotli(s):
    packed = pytest.importorskip("brotli").compress(TEXT)
    s.server.script("/", s.wire.reply(200, packed, "Content-Encoding: br"))
    async with s.session.get(s.url) as response:
        return await s.seen(response)


@scenario
async def head(s):
    s.server.script("/", s.wire.reply(200, b"", "Content-Length: 12", length=False))
    async with s.session.head(s.url) as response:
        return await s.seen(response), response.content.at_eof()


@scenario
async def statuses_without_body(s):
    s.server.script("/", s.wire.reply(204))
    s.server.script("/", s.wire.reply(304, b"", "ETag: x"))
    got = []
    for _ in range(2):
        async with s.session.get(s.url) as response:
            got.append(await s.seen(response))
    return got


@scenario
async def binary_of_5_megabytes(s):
    kind = "Content-Type: application/octet-stream"
    s.server.script("/", s.wire.reply(200, BIG, kind))
    async with s.session.get(s.url) as response:
        whole = await s.seen(response)
    async with s.session.get(s.url, read_bufsize=1_000) as response:
        sizes = [len(part) async for part in response.content.iter_chunked(70_000)]
        return whole, sum(sizes), max(sizes)


@scenario
async def events_line_by_line(s):
    _trickling(s)
    async with s.session.get(s.url) as response:
        return [line async for line in response.content], response.closed


@scenario
async def events_as_they_arrive(s):
    _trickling(s)
    async with s.session.get(s.url) as response:
        return [part async for part in response.content.iter_any()]


@scenario
async def chunk_boundaries(s):
    _trickling(s)
    async with s.session.get(s.url) as response:
        return [part async for part in response.content.iter_chunks()]


@scenario
async def small_parts_of_chunks(s):
    _trickling(s)
    async with s.session.get(s.url) as response:
        return [part async for part in response.content.iter_chunked(3)]


@scenario
async def reads_of_all_kinds(s):
    s.server.script("/", s.wire.reply(200, b"one\ntwo\nthree|four|five"))
    async with s.session.get(s.url) as response:
        content = response.content
        await content.readexactly(2)
        parts = [await content.readline(), await content.readuntil(b"|")]
        parts.append(content.read_nowait(2))
        parts += [await content.read(0), await content.read(3), await content.readany()]
        return parts, content.at_eof(), content.is_eof(), await content.read()


@scenario
async def readexactly_of_too_much(s):
    s.server.script("/", s.wire.reply(200, b"abc"))
    async with s.session.get(s.url) as response:
        return await response.content.readexactly(10)


@scenario
async def early_break(s):
    s.server.script(
        "/",
        s.wire.reply(200, s.wire.chunk(b"x" * 10), s.wire.CHUNKED, length=False),
        s.wire.HANG,
    )
    async with s.session.get(s.url) as response:
        async for part in response.content.iter_any():
            first = part
            break
    return first, response.closed, response.connection, await _raised(response.read())


@scenario
async def released_and_closed(s):
    s.server.script("/", s.wire.reply(200, b"abcdef"))
    first = await s.session.get(s.url)
    first.release()
    second = await s.session.get(s.url)
    second.close()
    third = await s.session.get(s.url)
    data = await third.read()
    third.release()
    return (
        [await _raised(each.read()) for each in (first, second, third)],
        data,
        await _raised(first.content.read()),
    )


async def _raised(awaitable: Any) -> Any:
    try:
        return await awaitable
    except Exception as error:
        return type(error), str(error)


@scenario
async def a_wait_that_is_given_up(s):
    head = s.wire.reply(200, b"", s.wire.CHUNKED, length=False)
    s.server.script("/", head, 0.2, s.wire.chunk(b"late"), s.wire.chunk(b""))
    async with s.session.get(s.url) as response:
        try:
            await asyncio.wait_for(response.content.readany(), 0.05)
        except TimeoutError:
            return await response.content.readany(), await response.content.readany()


@scenario
async def two_readers_at_once(s):
    s.server.script("/", s.wire.reply(200, b"ab", "Content-Length: 4", length=False))
    s.server.script("/", s.wire.HANG)
    async with s.session.get(s.url) as response:
        await response.content.readany()
        first = asyncio.create_task(response.content.readany())
        await asyncio.sleep(0)
        got = await _raised(response.content.readany())
        first.cancel()
        return got


async def _generated() -> AsyncIterator[bytes]:
    yield b"one"
    yield b""
    yield b"two"


@scenario
async def generator_upload(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    async with s.session.post(s.url, data=_generated()) as response:
        return await s.seen(response)


@scenario
async def generator_that_raises(s):
    async def broken() -> AsyncIterator[bytes]:
        yield b"one"
        raise KeyError("mine")

    s.server.script("/", s.wire.reply(200, b"ok"))
    async with s.session.post(s.url, data=broken()) as response:
        return await s.seen(response)


@scenario
async def file_upload(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    file = io.BytesIO(BIG[:200_000])
    async with s.session.put(s.url, data=file) as response:
        return await s.seen(response)


@scenario
async def text_and_form_uploads(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    got = []
    for sent in (b"bytes", "grün", {"a": "ü b"}, bytearray(b"array"), memoryview(b"v")):
        async with s.session.post(s.url, data=sent) as response:
            got.append(await s.seen(response))
    async with s.session.post(s.url, json={"a": [1, "ü"]}) as response:
        return got, await s.seen(response)


@scenario
async def multipart_upload(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    with aiohttp.MultipartWriter("form-data", boundary="b") as form:
        form.append("value").set_content_disposition("form-data", name="field")
        form.append(io.BytesIO(b"\x00\xff")).set_content_disposition(
            "form-data", name="file", filename="a.bin"
        )
    async with s.session.post(s.url, data=form) as response:
        return await s.seen(response)


@scenario
async def compressed_upload(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    async with s.session.post(s.url, data=TEXT, compress="deflate") as response:
        return await s.seen(response)


@scenario
async def upload_that_waits_for_a_word(s):
    came = []

    async def serve(reader: Any, writer: Any) -> None:
        came.append(len(await reader.readuntil(b"\r\n\r\n")) > 0)
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        came.append(await reader.readexactly(3))
        writer.write(s.wire.reply(200, b"ok", "Connection: close"))
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        url = f"http://localhost:{port}/"
        async with s.session.post(url, data=b"abc", expect100=True) as response:
            return response.status, await response.read(), came


@scenario
async def chunked_bytes(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    async with s.session.put(s.url, data=b"abc", chunked=True) as response:
        return await s.seen(response)


@scenario
async def header_order_and_kinds(s):
    s.server.script("/", s.wire.reply(200, b"ok", "X-Two: a", "X-Two: b"))
    headers = {"Z-First": "1", "accept": "x", "A-Last": "2"}
    async with s.session.get(s.url, headers=headers) as response:
        return await s.seen(response), headers


@scenario
async def cookies(s):
    s.server.script("/", s.wire.reply(200, b"a", "Set-Cookie: sid=1; Path=/"))
    async with aiohttp.ClientSession(
        cookie_jar=aiohttp.CookieJar(unsafe=True)
    ) as session:
        async with session.get(s.url) as response:
            first = await s.seen(response)
        async with session.get(s.url, cookies={"own": "2"}) as response:
            return first, await s.seen(response)


def _total(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=seconds)


@scenario
async def refused(s):
    await s.session.get("http://127.0.0.1:1/")


@scenario
async def dropped_before_the_head(s):
    s.server.script("/", s.wire.CLOSE)
    await s.session.post(s.url, data=b"x")


@scenario
async def dropped_in_the_head(s):
    s.server.script("/", b"HTTP/1.1 200 OK\r\nContent-", s.wire.CLOSE)
    await s.session.post(s.url)


@scenario
async def no_http_at_all(s):
    s.server.script("/", b"rubbish\r\n\r\n", s.wire.CLOSE)
    await s.session.post(s.url)


@scenario
async def dropped_in_the_body(s):
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
    s.server.script("/", half, s.wire.CLOSE)
    async with s.session.get(s.url) as response:
        return await response.read()


@scenario
async def dropped_between_chunks(s):
    opening = s.wire.reply(200, s.wire.chunk(b"one"), s.wire.CHUNKED, length=False)
    s.server.script("/", opening, 0.03, s.wire.CLOSE)
    parts = []
    async with s.session.get(s.url) as response:
        try:
            while part := await response.content.readany():
                parts.append(part)
        except aiohttp.ClientPayloadError as error:
            return parts, str(error)


@scenario
async def closed_by_the_server(s):
    answer = s.wire.reply(200, b"to the end", "Connection: close", length=False)
    s.server.script("/", answer, s.wire.CLOSE)
    async with s.session.get(s.url) as response:
        return await s.seen(response)


@scenario
async def timeout_before_the_head(s):
    s.server.script("/", s.wire.HANG)
    await s.session.get(s.url, timeout=_total(0.3))


@scenario
async def timeout_of_the_socket(s):
    s.server.script("/", s.wire.HANG)
    await s.session.get(s.url, timeout=aiohttp.ClientTimeout(sock_read=0.3))


@scenario
async def timeout_in_the_body(s):
    s.server.script(
        "/", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", s.wire.HANG
    )
    async with s.session.get(s.url, timeout=_total(0.3)) as response:
        return await response.read()


@scenario
async def cancelled_before_the_head(s):
    s.server.script("/", s.wire.HANG)
    await asyncio.wait_for(s.session.get(s.url), 0.3)


@scenario
async def cancelled_in_the_body(s):
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
    s.server.script("/", half, s.wire.HANG)
    async with s.session.get(s.url) as response:
        await asyncio.wait_for(response.read(), 0.3)


@scenario
async def redirects(s):
    s.server.script("/", s.wire.reply(302, b"gone", "Location: /next"))
    s.server.script("/next", s.wire.reply(307, b"further", "Location: /last?a=b"))
    s.server.script("/last", s.wire.reply(200, b"here"))
    async with s.session.get(s.url) as response:
        return await s.seen(response)


@scenario
async def redirect_of_a_post(s):
    s.server.script("/", s.wire.reply(307, b"gone", "Location: /next"))
    s.server.script("/next", s.wire.reply(303, b"gone", "Location: /last"))
    s.server.script("/last", s.wire.reply(200, b"here"))
    async with s.session.post(s.url, data=b"x") as response:
        return await s.seen(response)


@scenario
async def redirect_that_is_not_followed(s):
    s.server.script("/", s.wire.reply(302, b"gone", "Location: /next"))
    async with s.session.get(s.url, allow_redirects=False) as response:
        return await s.seen(response)


@scenario
async def too_many_redirects(s):
    s.server.script("/", s.wire.reply(302, b"round", "Location: /"))
    await s.session.get(s.url, max_redirects=3)


@scenario
async def kept_alive(s):
    s.server.script("/", s.wire.reply(200, b"a"))
    got = []
    for _ in range(3):
        async with s.session.get(s.url) as response:
            got.append(await s.seen(response))
    return got


@scenario
async def many_that_wait_for_one_connection(s):
    s.server.script("/", s.wire.reply(200, TEXT))
    connector = aiohttp.TCPConnector(limit=1)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def one() -> Any:
            async with session.get(s.url) as response:
                return await response.read()

        return await asyncio.gather(*(one() for _ in range(5)))


@scenario
async def an_idle_connection_that_the_server_closes(s):
    s.server.script("/", s.wire.reply(200, b"a"), 0.05, s.wire.CLOSE)
    s.server.script("/", s.wire.reply(200, b"b"))
    got = []
    for _ in range(2):
        async with s.session.get(s.url) as response:
            got.append(await s.seen(response))
    return got


@scenario
async def a_connection_closed_just_when_it_is_used(s):
    s.server.script("/", s.wire.reply(200, b"a"))
    s.server.script("/", s.wire.CLOSE)
    s.server.script("/", s.wire.reply(200, b"c"))
    got = []
    for _ in range(2):
        async with s.session.get(s.url) as response:
            got.append(await s.seen(response))
    return got


@scenario
async def raise_for_status(s):
    s.server.script("/", s.wire.reply(500, b"why", "X-A: b"))
    async with s.session.get(s.url) as response:
        try:
            response.raise_for_status()
        except aiohttp.ClientResponseError as error:
            got = error.status, error.message, list(error.headers.items())
    return got, await _raised(s.session.get(s.url, raise_for_status=True))


@scenario
async def tracing_of_the_callers_own(s):
    told: list[str] = []
    config = aiohttp.TraceConfig()
    for name in vars(config):
        if name.startswith("_on_") and "dns" not in name:

            async def note(_session: Any, _context: Any, params: Any) -> None:
                told.append(type(params).__name__)

            getattr(config, name[1:]).append(note)
    s.server.script("/", s.wire.reply(302, b"a", "Location: /next"))
    s.server.script("/next", s.wire.reply(200, b"a"))
    async with aiohttp.ClientSession(trace_configs=[config]) as session:
        async with session.post(s.url, data=b"x") as response:
            await response.read()
        return told, len(session.trace_configs)


@scenario
async def tracing_that_raises(s):
    async def broken(*_: Any) -> None:
        raise KeyError("mine")

    config = aiohttp.TraceConfig()
    config.on_connection_create_end.append(broken)
    async with aiohttp.ClientSession(trace_configs=[config]) as session:
        await session.get(s.url)


@scenario
async def warnings_and_where_they_point_to(s):
    s.server.script("/", s.wire.reply(200, b"abc"))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DeprecationWarning)
        login = aiohttp.BasicAuth("a", "b")
        async with s.session.post(
            s.url, data=b"x", auth=login, chunked=1, verify_ssl=False
        ) as response:
            await response.read()
    return [(each.category.__name__, each.filename, each.lineno) for each in caught]


@scenario
async def what_is_left_open(s):
    s.server.script("/", s.wire.reply(200, b"abc", "Content-Length: 9", length=False))
    gc.collect()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        told: list[str] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: told.append(context["message"]))
        session = aiohttp.ClientSession()
        response = await session.get(s.url)
        await response.content.readany()
        connector = session.connector
        del response
        del session
        gc.collect()
        await asyncio.sleep(0.01)
    await connector.close()
    return sorted(each.category.__name__ for each in caught), sorted(told)


@scenario
async def a_socket_that_is_refused(s):
    s.server.script("/", s.wire.reply(403, b"not you"))
    # Otherwise the key is another each time.
    s.patch.setattr("os.urandom", bytes)
    try:
        await s.session.ws_connect(s.url)
    except aiohttp.WSServerHandshakeError as error:
        return error.status, error.message, list(error.headers.items())


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("play", SCENARIOS, ids=lambda play: play.__name__)
@pytest.mark.parametrize("propagate", [True, False], ids=["propagate", "silent"])
def test_the_same_bytes(same_bytes, play, propagate) -> None:
    """
    Caller and server see the same with the taps off and on.
    """
    same_bytes(play, clients, propagate=propagate)
