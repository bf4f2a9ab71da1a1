"""
The promise that a test sees the same bytes, and a server as well: http.client,
by hand and through urllib.request and xmlrpc.client.
"""

from __future__ import annotations

import contextlib
import gc
import gzip
import http.client
import http.cookiejar
import io
import json
import shutil
import traceback
import urllib.error
import urllib.request
import warnings
import xmlrpc.client

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest


TEXT = json.dumps({"items": [{"id": n, "name": "ü" * 9} for n in range(50)]}).encode()
LINES = b"".join(b"line %d\n" % n for n in range(3_000)) + b"and no end"
BIG = bytes(range(256)) * 4_096
SCENARIOS: list[Callable[..., Any]] = []


def scenario(function: Callable[..., Any]) -> Callable[..., Any]:
    SCENARIOS.append(function)

    return function


def seen(response: Any, body: Any = None) -> Any:
    """
    All that a caller sees of a response, its body read as *body*.
    """
    body = response.read() if body is None else body

    return (
        response.status,
        response.reason,
        response.version,
        response.getheaders(),
        body,
        response.isclosed(),
        response.closed,
        response.length,
        response.chunked,
        response.will_close,
        type(response),
        repr(response.fp)[:10],
    )


def chunked(wire: Any, data: bytes, size: int = 700) -> bytes:
    """
    An answer whose body comes in chunks.
    """
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    chunks = b"".join(wire.chunk(part) for part in [*parts, b""])

    return wire.reply(200, chunks, wire.CHUNKED, length=False)


@contextmanager
def _clients() -> Iterator[Mapping[str, Any]]:
    with contextlib.ExitStack() as stack:

        def connect(s: Any, **options: Any) -> http.client.HTTPConnection:
            connection = http.client.HTTPConnection(
                "127.0.0.1", s.server.port, **{"timeout": 5, **options}
            )
            stack.callback(connection.close)

            return connection

        yield {"connect": connect}


@scenario
def json_of_urlopen(s):
    s.server.script("/", s.wire.reply(200, TEXT, s.wire.JSON))
    with urllib.request.urlopen(s.url) as response:
        return json.load(response), response.url, response.msg, seen(response)


@scenario
def post_of_urlopen(s):
    s.server.script("/", s.wire.reply(201, b"made"))
    request = urllib.request.Request(s.url, b"a=b", {"X-Mine": "1"}, method="PUT")
    with urllib.request.urlopen(request) as response:
        return seen(response), request.headers.keys() - {"traceparent"}


class Sized(io.BytesIO):
    """
    A file with a length, which OpenTelemetry's instrumentation asks for.
    """

    def __len__(self) -> int:
        return len(self.getvalue())


@scenario
def a_file_through_urlopen(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    request = urllib.request.Request(s.url, Sized(BIG), {"Content-Length": len(BIG)})
    with urllib.request.urlopen(request) as response:
        return seen(response)


@scenario
def redirects_and_cookies(s):
    s.server.script("/", s.wire.reply(302, b"over", "Location: /b", "Set-Cookie: a=b"))
    s.server.script("/b", s.wire.reply(301, b"and over", "Location: /c"))
    s.server.script("/c", s.wire.reply(200, b"there"))
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    with opener.open(s.url) as response:
        return seen(response), response.geturl(), [each.value for each in jar]


@scenario
def redirects_for_ever(s):
    s.server.script("/", s.wire.reply(302, b"again", "Location: /"))
    urllib.request.urlopen(s.url)


@scenario
def an_http_error(s):
    s.server.script("/", s.wire.reply(503, TEXT, s.wire.JSON, "Retry-After: 1"))
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(s.url)
    error = raised.value
    with error:
        return (
            error.code,
            error.headers.items(),
            error.read(9),
            error.readline(),
            error.read(),
            str(error),
        )


@scenario
def an_http_error_that_nobody_reads(s):
    s.server.script("/", s.wire.reply(404, TEXT))
    with pytest.raises(urllib.error.HTTPError, match="404") as raised:
        urllib.request.urlopen(s.url)
    raised.value.close()


@scenario
def a_url_error(s):
    s.server.script("/", s.wire.reply(200))
    with urllib.request.urlopen(s.url):
        pass
    urllib.request.urlopen("http://127.0.0.1:9/")


@scenario
def retrieved_into_a_file(s):
    s.server.script("/", s.wire.reply(200, BIG))
    told = []
    name, headers = urllib.request.urlretrieve(
        s.url, None, lambda *args: told.append(args)
    )
    with open(name, "rb") as file:
        data = file.read()
    urllib.request.urlcleanup()
    return data, headers.items(), told


@scenario
def retrieved_too_little(s):
    s.server.script(
        "/", s.wire.reply(200, b"abc", "Content-Length: 9", length=False), s.wire.CLOSE
    )
    try:
        urllib.request.urlretrieve(s.url)
    finally:
        urllib.request.urlcleanup()


@scenario
def copied_and_unpacked(s):
    s.server.script("/", s.wire.reply(200, gzip.compress(LINES, mtime=0)))
    file = io.BytesIO()
    with urllib.request.urlopen(s.url) as response:
        shutil.copyfileobj(response, file, 100)
    with urllib.request.urlopen(s.url) as response:
        return file.getvalue(), gzip.GzipFile(fileobj=response).readlines()


@scenario
def an_xml_rpc(s):
    answer = xmlrpc.client.dumps(({"a": [1, "ü"]},), methodresponse=True).encode()
    s.server.script("/", s.wire.CLOSE)
    s.server.script("/", s.wire.reply(200, answer, "Content-Type: text/xml"))
    with xmlrpc.client.ServerProxy(s.url) as proxy:
        return proxy.some.method(1, "two", b"three"), proxy.other()


@scenario
def an_xml_rpc_that_fails(s):
    s.server.script("/", s.wire.reply(500, b"no"))
    with xmlrpc.client.ServerProxy(s.url) as proxy:
        proxy.some.method()


@scenario
def one_connection_for_many(s):
    s.server.script("/", s.wire.reply(200, TEXT))
    connection = s.connect(s)
    got = []
    for method in ("GET", "POST", "HEAD", "OPTIONS", "GET"):
        connection.request(method, "/", b"x" if method == "POST" else None)
        if method == "HEAD":
            s.server.script("/", s.wire.reply(200, TEXT))
            connection.getresponse().read()
            connection.close()
            continue
        got.append(seen(connection.getresponse()))
    return got


@scenario
def statuses_without_body(s):
    s.server.script("/", s.wire.reply(204))
    s.server.script("/", s.wire.reply(304, b"", "ETag: x"))
    connection = s.connect(s)
    got = []
    for _ in range(2):
        connection.request("GET", "/")
        got.append(seen(connection.getresponse()))
    return got


def _readers() -> list[Callable[[Any], Any]]:
    def into(response: Any) -> Any:
        buffer = bytearray(900)
        return [
            (n, bytes(buffer[:n])) for n in iter(lambda: response.readinto(buffer), 0)
        ]

    def into_1(response: Any) -> Any:
        buffer = bytearray(900)
        n = response.readinto1(buffer)
        return n > 0, response.read() + bytes(buffer[:n]) == b""

    return [
        lambda response: response.read(),
        lambda response: list(iter(lambda: response.read(777), b"")),
        lambda response: b"".join(iter(response.read1, b"")),
        list,
        lambda response: response.readlines(),
        lambda response: [response.readline(5), response.readline(), response.read(3)],
        lambda response: [
            response.peek(1)[:1],
            response.read(1),
            response.read(0),
            response.read(),
        ],
        lambda response: io.BufferedReader(response, 512).readlines(),
        lambda response: io.TextIOWrapper(response, "utf-8").read(),
        lambda response: [response.fp.read(10), response.close()],
        lambda response: [response.fileno() > 0, response.readable(), response.flush()],
        into,
        into_1,
    ]


@scenario
def each_way_to_read(s):
    s.server.script("/", s.wire.reply(200, LINES))
    got = []
    for reader in _readers():
        connection = s.connect(s)
        connection.request("GET", "/")
        response = connection.getresponse()
        data = reader(response)
        got.append((data, None if response.closed else seen(response)))
        response.close()
        got.append((response.closed, response.isclosed()))
        connection.close()
    return got


@scenario
def each_way_to_read_chunks(s):
    s.server.script("/", chunked(s.wire, LINES))
    got = []
    for reader in _readers():
        connection = s.connect(s)
        connection.request("GET", "/")
        response = connection.getresponse()
        data = reader(response)
        got.append(data)
        response.close()
        connection.close()
    return got


@scenario
def until_the_connection_ends(s):
    s.server.script("/", b"HTTP/1.0 200 OK\r\nX: y\r\n\r\n" + BIG, s.wire.CLOSE)
    got = []
    for size in (None, 50_000):
        connection = s.connect(s)
        connection.request("GET", "/")
        response = connection.getresponse()
        got.append((connection.sock, [response.read(size), response.read(size)]))
        got.append(seen(response))
    return got


@scenario
def interim_answers(s):
    s.server.script(
        "/", b"HTTP/1.1 100 Continue\r\nX: y\r\n\r\n" * 2, s.wire.reply(200, b"at last")
    )
    connection = s.connect(s)
    connection.request("POST", "/", b"x", {"Expect": "100-continue"})
    return seen(connection.getresponse())


@scenario
def bodies_of_all_kinds(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    connection = s.connect(s, blocksize=1_000)
    file = io.BytesIO(BIG)
    text = io.StringIO("é" * 3_000)
    for body in (
        b"",
        b"bytes",
        "text é",
        bytearray(b"buffer"),
        memoryview(b"view"),
        file,
        text,
        [b"a", b"", b"list"],
        (b"%d" % n for n in range(9)),
        {b"key": 1},
    ):
        connection.request("POST", "/", body)
        connection.getresponse().read()
    return file.tell(), text.tell(), type(file.read())


@scenario
def bodies_that_are_none(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    got = []
    for body in (7, ["texts"], "☃", iter([1])):
        connection = s.connect(s)
        try:
            connection.request("POST", "/", body)
        except (TypeError, ValueError) as error:
            got.append((type(error), str(error)))
        connection.close()
    connection.request("GET", "/")
    return got, seen(connection.getresponse())


@scenario
def a_body_that_raises(s):
    error = LookupError("no more")

    def parts() -> Iterator[bytes]:
        yield b"one"
        raise error

    connection = s.connect(s)
    try:
        connection.request("POST", "/", parts())
    except LookupError as raised:
        names = [each.name for each in traceback.extract_tb(raised.__traceback__)]
        return raised is error, names[0], names[-1], error.__context__


@scenario
def by_hand(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    connection = s.connect(s)
    connection.connect()
    connection.putrequest("POST", "/", skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", "a", "b")
    connection.putheader("X-Bytes", b"\xff")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    for part in (b"one", b"two", b""):
        connection.send(s.wire.chunk(part))
    return seen(connection.getresponse()), sorted(
        name for name in vars(connection) if "otel" not in name
    )


@scenario
def framed_by_endheaders(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    connection = s.connect(s)
    connection.putrequest("PUT", "/")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders([b"one", b"", b"two"], encode_chunked=True)
    return seen(connection.getresponse())


@scenario
def out_of_turn(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    connection = s.connect(s)
    got = []

    def refused(function: Callable[..., Any], *args: Any) -> None:
        with pytest.raises(http.client.HTTPException) as raised:
            function(*args)
        got.append((type(raised.value), raised.value.args))

    refused(connection.endheaders)
    refused(connection.getresponse)
    refused(connection.putheader, "A", "b")
    connection.request("GET", "/")
    refused(connection.request, "GET", "/")
    first = connection.getresponse()
    connection.request("GET", "/")
    refused(connection.getresponse)
    got.append(seen(first))
    got.append(seen(connection.getresponse()))
    connection.auto_open = 0
    connection.close()
    refused(connection.request, "GET", "/")
    return got


@scenario
def strange_answers(s):
    got = []
    for said in (
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/3.0 200 OK\r\n\r\n",
        b"HTTP/1.1 200\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
        b"",
    ):
        s.server.reset()
        s.server.script("/", said, s.wire.CLOSE)
        connection = s.connect(s)
        connection.request("GET", "/")
        try:
            got.append(seen(connection.getresponse()))
        except (http.client.HTTPException, OSError) as error:
            got.append(
                (type(error), error.args, error.__cause__, error.__context__ is None)
            )
        connection.close()
    return [repr(each) for each in got]


@scenario
def too_late(s):
    s.server.script("/", 0.3, s.wire.reply(200, b"late"))
    s.server.script(
        "/b", s.wire.reply(200, b"abc", "Content-Length: 9", length=False), s.wire.HANG
    )
    got = []
    for path in ("/", "/b"):
        connection = s.connect(s, timeout=0.1)
        connection.request("GET", path)
        with pytest.raises(TimeoutError) as raised:
            connection.getresponse().read()
        got.append(raised.value.args)
        connection.close()
    return got


@scenario
def a_reset(s):
    s.server.script("/", s.wire.RESET)
    connection = s.connect(s)
    connection.request("GET", "/")
    connection.getresponse()


@scenario
def a_tunnel(s):
    s.server.script("there:80", b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n")
    s.server.script("/", s.wire.reply(200, b"abc"))
    connection = s.connect(s)
    connection.set_tunnel("there", headers={"X-Proxy": "1"})
    connection.request("POST", "/", b"x")
    return seen(connection.getresponse())


@scenario
def through_a_proxy(s):
    s.server.script("http://there/x", s.wire.reply(200, b"abc"))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": s.url}))
    with opener.open("http://there/x") as response:
        return seen(response)


@scenario
def closed_in_the_middle(s):
    s.server.script("/", s.wire.reply(200, LINES))
    connection = s.connect(s)
    connection.request("GET", "/")
    response = connection.getresponse()
    got = [response.read(3), response.close(), response.read(3), seen(response)]
    with pytest.raises(ValueError, match="closed"):
        response.__enter__()
    return got


@scenario
def warnings_of_what_is_left_open(s):
    s.server.script("/", s.wire.reply(200, b"abc"))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for is_read in (True, False):
            connection = http.client.HTTPConnection("127.0.0.1", s.server.port)
            connection.request("GET", "/")
            response = connection.getresponse()
            if is_read:
                response.read()
            del connection, response
        gc.collect()
    return [each.category.__name__ for each in caught]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("play", SCENARIOS, ids=lambda play: play.__name__)
@pytest.mark.parametrize("propagate", [True, False], ids=["propagate", "silent"])
def test_the_same_bytes(same_bytes, play, propagate) -> None:
    """
    Caller and server see the same with the taps off and on.
    """
    same_bytes(play, _clients, propagate=propagate)
