"""
The promise that a test sees the same bytes, and a server as well: httpx.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import json
import pickle
import zlib

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest


httpx = pytest.importorskip("httpx", reason="httpx is NOT INSTALLED")

TEXT = json.dumps({"items": [{"id": n, "name": "ü" * 9} for n in range(50)]}).encode()
BIG = bytes(range(256)) * 20_480
# Connecting takes as long as it takes, on a busy machine, too.
A_MOMENT = (30.0, 0.03, 30.0, 30.0)
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
        (again.content, again.status_code, type(again.stream).__name__),
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


def _generated() -> Iterator[bytes]:
    yield b"one"
    yield b""
    yield b"two"


@contextlib.contextmanager
def clients() -> Iterator[Mapping[str, Any]]:
    with httpx.Client(verify=False) as client:
        yield {"client": client}


@scenario
def json_read(s):
    s.server.script("/", s.wire.reply(200, TEXT, s.wire.JSON))
    return seen(s.client.get(s.url)), s.client.get(s.url).json()


@scenario
def get_without_a_client(s):
    s.server.script("/", s.wire.reply(200, TEXT, s.wire.JSON))
    return seen(httpx.get(s.url, verify=False))


@scenario
def gzip_decoded(s):
    packed = gzip.compress(TEXT, mtime=0)
    s.server.script("/", s.wire.reply(200, packed, "Content-Encoding: gzip"))
    return seen(s.client.get(s.url))


@scenario
def gzip_left_packed(s):
    packed = gzip.compress(TEXT, mtime=0)
    s.server.script("/", s.wire.reply(200, packed, "Content-Encoding: gzip"))
    with s.client.stream("GET", s.url) as response:
        return list(response.iter_raw(10)), response.num_bytes_downloaded


@scenario
def gzip_that_is_none(s):
    s.server.script("/", s.wire.reply(200, b"no gzip", "Content-Encoding: gzip"))
    return s.client.get(s.url)


@scenario
def deflate(s):
    s.server.script(
        "/", s.wire.reply(200, zlib.compress(TEXT), "Content-Encoding: deflate")
    )
    return seen(s.client.get(s.url))


@scenario
def brotli(s):
    packed = pytest.importorskip("brotli").compress(TEXT)
    s.server.script("/", s.wire.reply(200, packed, "Content-Encoding: br"))
    return seen(s.client.get(s.url))


@scenario
def head(s):
    s.server.script("/", s.wire.reply(200, b"", "Content-Length: 9", length=False))
    return seen(s.client.head(s.url))


@scenario
def nothing_in_it(s):
    s.server.script("/", s.wire.reply(204))
    s.server.script("/", s.wire.reply(304, b"", "ETag: x"))
    return seen(s.client.get(s.url)), seen(s.client.get(s.url))


@scenario
def binary(s):
    s.server.script("/", s.wire.reply(200, BIG[:5_000], "Content-Type: image/png"))
    return seen(s.client.get(s.url))


@scenario
def five_megabytes(s):
    s.server.script("/", s.wire.reply(200, BIG))
    with s.client.stream("GET", s.url) as response:
        parts = list(response.iter_bytes(100_000))
    return b"".join(parts) == BIG, [len(part) for part in parts]


@scenario
def events_that_trickle(s):
    parts = []
    for number in range(4):
        parts += [s.wire.chunk(b"data: %d\n\n" % number), 0.01]
    opening = s.wire.reply(200, b"", s.wire.CHUNKED, length=False)
    s.server.script("/", opening, *parts, s.wire.chunk(b""))
    with s.client.stream("GET", s.url) as response:
        return [line for line in response.iter_lines() if line]


@scenario
def texts_and_lines(s):
    s.server.script("/", s.wire.reply(200, "grün\r\nrot\n".encode()))
    with s.client.stream("GET", s.url) as response:
        texts = list(response.iter_text(3))
    with s.client.stream("GET", s.url) as response:
        return texts, list(response.iter_lines())


@scenario
def read_twice(s):
    s.server.script("/", s.wire.reply(200, b"abc"))
    with s.client.stream("GET", s.url) as response:
        list(response.iter_raw())
        return list(response.iter_raw())


@scenario
def read_when_closed(s):
    s.server.script("/", s.wire.reply(200, b"abc"))
    with s.client.stream("GET", s.url) as response:
        pass
    return response.read()


@scenario
def early_break_and_the_pool(s):
    s.server.script("/", s.wire.reply(200, BIG[:300_000]))
    with s.client.stream("GET", s.url) as response:
        for _ in response.iter_bytes(10):
            break
        state = response.is_closed, response.is_stream_consumed
    s.server.script("/after", s.wire.reply(200, b"x"))
    return state, response.is_closed, seen(s.client.get(s.url + "after"))


@scenario
def never_read(s):
    s.server.script("/", s.wire.reply(200, b"abc"))
    request = s.client.build_request("GET", s.url)
    response = s.client.send(request, stream=True)
    state = (
        response.is_closed,
        response.is_stream_consumed,
        response.request is request,
    )
    response.close()
    return state, type(response.stream).__name__, asked(request)


@scenario
def connections_are_kept(s):
    s.server.script("/", s.wire.reply(200, b"a"))
    return [seen(s.client.get(s.url)) for _ in range(3)]


@scenario
def http_1_0(s):
    s.server.script(
        "/", b"HTTP/1.0 200 Yes\r\nContent-Type: text/plain\r\n\r\nall", s.wire.CLOSE
    )
    return seen(s.client.get(s.url))


@scenario
def kinds_of_uploads(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    return [
        seen(s.client.post(s.url, **body))
        for body in (
            {"content": b"bytes"},
            {"content": "grün"},
            {"json": {"a": "ü"}},
            {"data": {"a": "ü b"}},
            {"content": b""},
            {},
        )
    ]


@scenario
def generator_upload(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    return seen(s.client.post(s.url, content=_generated()))


@scenario
def generator_with_its_length(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    return seen(
        s.client.post(s.url, content=_generated(), headers={"Content-Length": "6"})
    )


@scenario
def generator_that_raises(s):
    def broken() -> Iterator[bytes]:
        yield b"one"
        raise KeyError("mine")

    s.server.script("/", s.wire.reply(200, b"ok"))
    return s.client.post(s.url, content=broken())


@scenario
def parts_of_a_wrong_type(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    return s.client.post(s.url, content=iter([b"one", 5]))


@scenario
def request_that_is_sent_twice(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    request = s.client.build_request("POST", s.url, content=b"again")
    return seen(s.client.send(request)), seen(s.client.send(request))


@scenario
def generator_that_is_sent_twice(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    request = s.client.build_request("POST", s.url, content=_generated())
    s.client.send(request)
    return s.client.send(request)


@scenario
def file_upload(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    file = io.BytesIO(BIG[:200_000])
    return seen(s.client.put(s.url, content=file)), file.tell(), file.closed


@scenario
def multipart_upload(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    file = io.BytesIO(b"\x00\xff" * 9)
    files = {"file": ("a.bin", file), "more": ("b.txt", b"bee")}
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    return (
        seen(s.client.post(s.url, data={"a": "b"}, files=files, headers=headers)),
        file.tell(),
    )


@scenario
def header_order_and_kinds(s):
    s.server.script("/", s.wire.reply(200, b"ok", "X-Two: a", "X-Two: b"))
    headers = [("Z-First", "1"), ("accept", "x"), (b"X-Bytes", b"\xe9"), ("A", "2")]
    request = s.client.build_request("GET", s.url, headers=headers)
    response = s.client.send(request)
    return seen(response), headers, request.headers.encoding


@scenario
def headers_stay_open_to_any_text(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    request = httpx.Request("GET", s.url)
    s.client.send(request)
    request.headers["X-Later"] = "grün"
    return asked(request)


@scenario
def dropped_in_the_head(s):
    s.server.script("/", b"HTTP/1.1 200 OK\r\nContent-", s.wire.RESET)
    return s.client.get(s.url)


@scenario
def dropped_before_the_head(s):
    s.server.script("/", s.wire.CLOSE)
    return s.client.get(s.url)


@scenario
def dropped_in_the_body(s):
    s.server.script(
        "/", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", s.wire.CLOSE
    )
    got = []
    with s.client.stream("GET", s.url) as response:
        try:
            got += response.iter_bytes(2)
        except httpx.RemoteProtocolError as error:
            got.append((str(error), error.request is response.request))
    return got, response.is_closed


@scenario
def dropped_between_chunks(s):
    opening = s.wire.reply(200, s.wire.chunk(b"one"), s.wire.CHUNKED, length=False)
    s.server.script("/", opening, s.wire.CLOSE)
    return s.client.get(s.url)


@scenario
def timeout_before_the_head(s):
    s.server.script("/", s.wire.HANG)
    return s.client.get(s.url, timeout=A_MOMENT)


@scenario
def timeout_in_the_body(s):
    s.server.script(
        "/", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", s.wire.HANG
    )
    return s.client.get(s.url, timeout=A_MOMENT)


@scenario
def refused(s):
    try:
        s.client.get("http://127.0.0.1:1/")
    except httpx.ConnectError as error:
        return asked(error.request), type(error.__cause__).__qualname__


@scenario
def no_scheme(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    s.client.get(s.url)
    return s.client.get("/only/a/path")


@scenario
def redirects(s):
    s.server.script("/", s.wire.reply(302, b"gone", "Location: /next"))
    s.server.script("/next", s.wire.reply(200, b"here"))
    stays = s.client.get(s.url)
    return (
        seen(s.client.get(s.url, follow_redirects=True)),
        seen(stays),
        asked(stays.next_request),
    )


@scenario
def redirects_of_a_post(s):
    s.server.script("/", s.wire.reply(303, b"gone", "Location: /next"))
    s.server.script("/same", s.wire.reply(307, b"gone", "Location: /next"))
    s.server.script("/next", s.wire.reply(200, b"here"))
    return [
        seen(s.client.post(s.url + path, content=b"x", follow_redirects=True))
        for path in ("", "same")
    ]


@scenario
def redirect_of_a_generator(s):
    s.server.script("/", s.wire.reply(307, b"gone", "Location: /next"))
    s.server.script("/next", s.wire.reply(200, b"here"))
    return s.client.post(s.url, content=_generated(), follow_redirects=True)


@scenario
def too_many_redirects(s):
    s.server.script("/", s.wire.reply(302, b"round", "Location: /"))
    s.client.max_redirects = 2
    return s.client.get(s.url, follow_redirects=True)


@scenario
def auth_that_asks_again(s):
    class Token(httpx.Auth):
        requires_response_body = True

        def auth_flow(self, request):
            response = yield request
            if response.status_code == 401:
                request.headers["Authorization"] = response.json()["use"]
                yield request

    s.server.script("/", s.wire.reply(401, b'{"use": "Bearer x"}', s.wire.JSON))
    s.server.script("/", s.wire.reply(200, b"in"))
    return seen(s.client.post(s.url, content=b"x", auth=Token()))


@scenario
def basic_and_digest_auth(s):
    challenge = 'WWW-Authenticate: Digest realm="r", nonce="n", algorithm=MD5'
    s.server.script("/", s.wire.reply(200, b"in"))
    s.server.script("/digest", s.wire.reply(401, b"no", challenge))
    s.server.script("/digest", s.wire.reply(200, b"in"))
    expected = base64.b64encode(b"u:p").decode()
    response = s.client.get(s.url, auth=("u", "p"))
    digest = s.client.get(s.url + "digest", auth=httpx.DigestAuth("u", "p"))
    return (
        response.request.headers["authorization"] == f"Basic {expected}",
        seen(response),
        seen(digest),
    )


@scenario
def event_hooks(s):
    heard = []

    def on_response(response: Any) -> None:
        heard.append((asked(response.request), response.is_closed))
        response.read()

    s.client.event_hooks = {
        "request": [lambda request: heard.append(asked(request))],
        "response": [on_response],
    }
    s.server.script("/", s.wire.reply(200, b"ok"))
    return seen(s.client.get(s.url)), heard


@scenario
def cookies_are_kept(s):
    s.server.script("/", s.wire.reply(200, b"ok", "Set-Cookie: a=b", "Set-Cookie: c=d"))
    return seen(s.client.get(s.url)), seen(s.client.get(s.url)), dict(s.client.cookies)


@scenario
def a_trace_of_the_callers(s):
    heard: list[Any] = []
    extensions = {"trace": lambda name, info: heard.append((name, sorted(info)))}
    s.server.script("/", s.wire.reply(200, b"ok"))
    response = s.client.get(s.url, extensions=extensions)
    return seen(response), heard, response.request.extensions["trace"] is not None


@scenario
def a_trace_that_raises(s):
    def trace(name: str, info: Any) -> None:
        if name.endswith("receive_response_headers.complete"):
            raise KeyError("mine")

    s.server.script("/", s.wire.reply(200, b"ok"))
    return s.client.get(s.url, extensions={"trace": trace})


@scenario
def a_bare_transport(s):
    s.server.script("/", s.wire.reply(200, b"abc"))
    with httpx.HTTPTransport(verify=False) as transport:
        response = transport.handle_request(httpx.Request("GET", s.url))
        parts = list(response.stream)
        response.close()
    return isinstance(response.stream, httpx.SyncByteStream), parts


@scenario
def a_mock_between(s):
    s.server.script("/", s.wire.reply(200, b"abc"))
    got = []

    def handler(request: Any) -> Any:
        got.append((request, asked(request), request.content))
        return httpx.Response(200, content=_generated())

    with httpx.Client(transport=httpx.MockTransport(handler)) as client:
        response = client.post("http://mock/", content=_generated())
    return (
        got[0][0] is response.request,
        got[0][1:],
        seen(response),
        seen(s.client.get(s.url)),
    )


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("play", SCENARIOS, ids=lambda play: play.__name__)
@pytest.mark.parametrize("propagate", [True, False], ids=["propagate", "silent"])
def test_the_same_bytes(same_bytes, play, propagate) -> None:
    """
    Caller and server see the same with the taps off and on.
    """
    same_bytes(play, clients, propagate=propagate)
