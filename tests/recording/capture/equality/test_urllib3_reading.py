"""
The promise that a test sees the same bytes, and a server as well: reading.

Each scenario is played with the taps off and with them on. What the caller got
(or what was raised) and what the server received must be equal.
"""

from __future__ import annotations

import gc
import gzip
import io
import json
import pickle
import warnings
import zlib

from collections.abc import Callable
from typing import Any

import pytest
import urllib3


IS_2 = not urllib3.__version__.startswith("1.")
TEXT = json.dumps({"items": [{"id": n, "name": "ü" * 9} for n in range(50)]}).encode()
BIG = bytes(range(256)) * 20_480
SCENARIOS: list[Callable[..., Any]] = []


def scenario(function: Callable[..., Any]) -> Callable[..., Any]:
    SCENARIOS.append(function)

    return function


@scenario
def json_of_requests(s):
    s.server.script("/", s.wire.reply(200, TEXT, s.wire.JSON))
    return s.seen(s.session.get(s.url)), s.session.get(s.url).json()


@scenario
def json_of_urllib3(s):
    s.server.script("/", s.wire.reply(200, TEXT, s.wire.JSON))
    response = s.pool.request("GET", s.url)
    return s.raw(response), json.loads(response.data), response.data is response.data


@scenario
def json_method_of_urllib3(s):
    s.server.script("/", s.wire.reply(200, TEXT, s.wire.JSON))
    response = s.pool.request("GET", s.url, preload_content=False)
    return response.json() if IS_2 else json.loads(response.data)


@scenario
def gzip_decoded(s):
    s.server.script(
        "/", s.wire.reply(200, gzip.compress(TEXT, mtime=0), "Content-Encoding: gzip")
    )
    return s.seen(s.session.get(s.url)), s.raw(s.pool.request("GET", s.url))


@scenario
def gzip_read_in_small_parts(s):
    s.server.script(
        "/", s.wire.reply(200, gzip.compress(BIG, mtime=0), "Content-Encoding: gzip")
    )
    response = s.pool.request("GET", s.url, preload_content=False)
    return [len(part) for part in iter(lambda: response.read(1_000), b"")]


@scenario
def gzip_left_packed(s):
    s.server.script(
        "/", s.wire.reply(200, gzip.compress(TEXT, mtime=0), "Content-Encoding: gzip")
    )
    response = s.session.get(s.url, stream=True)
    return response.raw.read(10, decode_content=False), response.raw.data


@scenario
def gzip_that_is_none(s):
    s.server.script("/", s.wire.reply(200, b"no gzip", "Content-Encoding: gzip"))
    return s.session.get(s.url).content


@scenario
def deflate(s):
    s.server.script(
        "/", s.wire.reply(200, zlib.compress(TEXT), "Content-Encoding: deflate")
    )
    return s.seen(s.session.get(s.url))


@scenario
def brotli(s):
    packed = pytest.importorskip("brotli").compress(TEXT)
    s.server.script("/", s.wire.reply(200, packed, "Content-Encoding: br"))
    return s.seen(s.session.get(s.url)), s.raw(s.pool.request("GET", s.url))


@scenario
def head(s):
    s.server.script("/", s.wire.reply(200, b"", "Content-Length: 12", length=False))
    return s.seen(s.session.head(s.url)), s.raw(s.pool.request("HEAD", s.url))


@scenario
def statuses_without_body(s):
    s.server.script("/", s.wire.reply(204))
    s.server.script("/", s.wire.reply(304, b"", "ETag: x"))
    return [s.seen(s.session.get(s.url)) for _ in "ab"], s.raw(
        s.pool.request("GET", s.url)
    )


@scenario
def empty_body(s):
    s.server.script("/", s.wire.reply(200))
    return s.seen(s.session.get(s.url)), s.raw(
        s.pool.request("GET", s.url, preload_content=False)
    )


@scenario
def binary_of_5_megabytes(s):
    s.server.script(
        "/", s.wire.reply(200, BIG, "Content-Type: application/octet-stream")
    )
    response = s.pool.request("GET", s.url, preload_content=False)
    return s.seen(s.session.get(s.url)), [len(part) for part in response.stream(70_000)]


@scenario
def chunked(s):
    parts = [
        s.wire.chunk(part)
        for part in (
            b"one",
            b"two",
            b"",
        )
    ]
    s.server.script(
        "/", s.wire.reply(200, b"".join(parts), s.wire.CHUNKED, length=False)
    )
    response = s.pool.request("GET", s.url, preload_content=False)
    return s.seen(s.session.get(s.url)), list(response.read_chunked()), response.closed


@scenario
def events_as_they_trickle(s):
    parts = [p for n in range(4) for p in (s.wire.chunk(b"data: %d\n\n" % n), 0.01)]
    opening = s.wire.reply(
        200, b"", s.wire.CHUNKED, "Content-Type: text/event-stream", length=False
    )
    s.server.script("/", opening, *parts, s.wire.chunk(b""))
    with s.session.get(s.url, stream=True) as response:
        chunks = list(response.iter_content(None))
    with s.session.get(s.url, stream=True) as response:
        return chunks, list(response.iter_lines())


@scenario
def early_break(s):
    parts = [s.wire.chunk(b"x" * 10) for _ in range(3)]
    s.server.script(
        "/",
        s.wire.reply(200, b"".join(parts), s.wire.CHUNKED, length=False),
        s.wire.HANG,
    )
    response = s.session.get(s.url, stream=True)
    for part in response.iter_content(10):
        first = part
        break
    generator = response.raw._connection is None
    response.close()
    return first, generator, response.raw.closed


@scenario
def generator_closed_by_hand(s):
    parts = [s.wire.chunk(b"x" * 10) for _ in range(3)]
    s.server.script(
        "/",
        s.wire.reply(200, b"".join(parts), s.wire.CHUNKED, length=False),
        s.wire.HANG,
    )
    response = s.pool.request("GET", s.url, preload_content=False)
    chunks = response.stream(10)
    first = next(chunks)
    chunks.close()
    return first, response.connection is None, response.closed


@scenario
def raw_reads(s):
    s.server.script("/", s.wire.reply(200, b"abcdefghij"))
    response = s.session.get(s.url, stream=True)
    sizes = (0, 3, 4, 2, 5, 5)
    return [response.raw.read(size) for size in sizes], response.raw.closed


@scenario
def readinto(s):
    s.server.script("/", s.wire.reply(200, b"abcdefghij"))
    response = s.pool.request("GET", s.url, preload_content=False)
    buffer = bytearray(4)
    return [(response.readinto(buffer), bytes(buffer)) for _ in range(4)]


@scenario
def read1(s):
    if not IS_2:
        return s.pool.request("GET", s.url).data

    s.server.script("/", s.wire.reply(200, b"abcdefghij"))
    response = s.pool.request("GET", s.url, preload_content=False)
    return [response.read1(4), response.read1(0), response.read1(), response.read1()]


@scenario
def buffered_text_lines(s):
    s.server.script("/", s.wire.reply(200, b"one\ntwo\nthree"))
    response = s.pool.request("GET", s.url, preload_content=False)
    response.auto_close = False
    return list(io.TextIOWrapper(response, encoding="utf-8"))


@scenario
def negative_and_cached_reads(s):
    s.server.script("/", s.wire.reply(200, b"abcdefghij"))
    first = s.pool.request("GET", s.url, preload_content=False)
    second = s.pool.request("GET", s.url, preload_content=False)
    return first.read(cache_content=True), first.data, second.read(-1) if IS_2 else None


@scenario
def iter_lines_and_content(s):
    s.server.script("/", s.wire.reply(200, b"one\ntwo\nthree"))
    lines = list(s.session.get(s.url, stream=True).iter_lines(chunk_size=5))
    return lines, list(s.session.get(s.url, stream=True).iter_content(4))


@scenario
def streamed_and_never_read(s):
    s.server.script("/", s.wire.reply(200, b"abc"))
    response = s.session.get(s.url, stream=True)
    return response.status_code, response.raw.tell(), response.raw._fp.isclosed()


@scenario
def data_without_preload(s):
    s.server.script("/", s.wire.reply(200, b"abc"))
    response = s.pool.request("GET", s.url, preload_content=False)
    before = (response.tell(), response.connection is None)
    return before, response.data, response.data, response.connection is None


@scenario
def kept_alive(s):
    s.server.script("/", s.wire.reply(200, b"a"))
    return [s.seen(s.session.get(s.url)) for _ in range(3)]


@scenario
def closed_by_the_server(s):
    s.server.script(
        "/",
        s.wire.reply(200, b"until the end", "Connection: close", length=False),
        s.wire.CLOSE,
    )
    return [s.seen(s.session.get(s.url)) for _ in range(2)]


@scenario
def context_manager(s):
    s.server.script("/", s.wire.reply(200, b"abcdef"))
    with s.session.get(s.url, stream=True) as response:
        first = response.raw.read(2)
    return first, response.raw.closed, s.session.get(s.url).content


@scenario
def released_and_drained(s):
    s.server.script("/", s.wire.reply(200, b"abcdef"))
    first = s.pool.request("GET", s.url, preload_content=False)
    part = first.read(2)
    first.drain_conn()
    first.release_conn()
    second = s.pool.request("GET", s.url, preload_content=False)
    second.release_conn()
    return part, first.read(), second.connection is None, "_raw_read" in vars(first)


@scenario
def pickled(s):
    s.server.script("/", s.wire.reply(200, b"abc", "X-A: b"))
    response = pickle.loads(pickle.dumps(s.session.get(s.url)))
    return response.content, dict(response.headers), response.status_code


@scenario
def warnings_of_what_is_left_open(s):
    s.server.script("/", s.wire.reply(200, b"abc"))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        response = s.pool.request("GET", s.url, preload_content=False)
        del response
        gc.collect()
    return sorted({each.category.__name__ for each in caught})


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("play", SCENARIOS, ids=lambda play: play.__name__)
@pytest.mark.parametrize("propagate", [True, False], ids=["propagate", "silent"])
def test_the_same_bytes(same_bytes, urllib3_clients, play, propagate) -> None:
    """
    Caller and server see the same with the taps off and on.
    """
    same_bytes(play, urllib3_clients, propagate=propagate)
