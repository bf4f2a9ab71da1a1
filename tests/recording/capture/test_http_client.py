"""
What is recorded of the calls that go through http.client, by hand or for others.
"""

from __future__ import annotations

import datetime as dt
import gc
import http.client
import io
import ipaddress
import json
import ssl
import subprocess
import sys
import threading
import urllib.error
import urllib.request
import weakref
import xmlrpc.client

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import requests
import urllib3

from otel_testkit import configure, errors, step, test_span
from otel_testkit.recording import capture
from otel_testkit.recording.capture import body, exchange
from otel_testkit.recording.capture.taps import http_client as tap


BODY = b'{"id": 17, "name": "an item"}'
STATUS = "http.response.status_code"
RESENT = "http.request.resend_count"
SENT = "http.request.body.content"
SENT_CUT = "otel_testkit.http.request.body.truncated"
GOT = "http.response.body.content"
CUT = "otel_testkit.http.response.body.truncated"
FAULTS = [
    (tap, "begin"),
    (tap, "passing"),
    (tap, "current_test"),
    (tap, "_is_of_urllib3"),
    (tap, "_look_for_end"),
    (tap, "_Request"),
    (exchange, "resend_count"),
    (exchange.Exchange, "responded"),
    (exchange.Exchange, "requested"),
    (body.BodyCopy, "add"),
]


@pytest.fixture
def connection(server) -> Iterator[http.client.HTTPConnection]:
    """
    A connection to the server, with nothing sent yet.
    """
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    yield connection
    connection.close()


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


def test_a_call_of_urllib_request(store, server, wire) -> None:
    """
    A request is one CLIENT span in the step where it was made, with where it
    went and what came back.
    """
    url = server.script("/items", wire.reply(200, BODY, wire.JSON))

    with test_span("a test"), step("a step"):
        with urllib.request.urlopen(f"{url}?q=1") as response:
            assert json.load(response)["id"] == 17

    found = call(store)
    assert found.name == "GET"
    assert found.parent_id == store.span("a step").span_id
    assert found.attributes["url.full"] == f"{url}?q=1"
    assert found.attributes["server.port"] == server.port
    assert found.attributes["network.peer.address"] == "127.0.0.1"
    assert found.attributes["otel_testkit.time_to_connect"] > 0
    assert found.attributes["network.protocol.version"] == "1.1"
    assert found.attributes["http.request.header.connection"] == ["close"]
    assert found.attributes[STATUS] == 200
    assert found.attributes[GOT] == BODY.decode()
    assert CUT not in found.attributes
    assert RESENT not in found.attributes


def test_redirects_are_one_operation(store, server, wire) -> None:
    """
    What `urlopen` asks for to follow a redirect is resent; its next call is not.
    """
    server.script("/a", wire.reply(302, b"over there", "Location: /b"))
    server.script("/b", wire.reply(200, b"here"))

    with test_span("a test"):
        urllib.request.urlopen(server.url + "/a").close()
        urllib.request.urlopen(server.url + "/b").close()

    assert [each.attributes.get(RESENT, 0) for each in calls(store)] == [0, 1, 0]
    assert calls(store)[0].attributes[GOT] == "over there"


def test_a_new_try_with_a_password(store, server, wire) -> None:
    """
    A 401 and the request with the password that answers it are one operation.
    """
    url = server.script(
        "/a", wire.reply(401, b"who?", 'WWW-Authenticate: Basic realm="r"')
    )
    server.script("/a", wire.reply(200, b"come in"))
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, url, "me", "secret")
    opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(passwords))

    with test_span("a test"), opener.open(url, timeout=5) as response:
        assert response.read() == b"come in"

    assert [each.attributes.get(RESENT, 0) for each in calls(store)] == [0, 1]


def test_an_http_error(store, server, wire) -> None:
    """
    The body of an answer that `urlopen` raises is recorded as it is read.
    """
    url = server.script("/a", wire.reply(404, b"nothing", "Content-Type: text/plain"))

    with test_span("a test"):
        with pytest.raises(urllib.error.HTTPError) as raised:
            urllib.request.urlopen(url)
        assert raised.value.read() == b"nothing"
        raised.value.close()

    assert call(store).attributes[STATUS] == 404
    assert call(store).attributes["error.type"] == "404"
    assert call(store).attributes[GOT] == "nothing"


def test_a_refused_connection(store) -> None:
    """
    A server that is not there is a call that failed, with why.
    """
    with test_span("a test"), pytest.raises(urllib.error.URLError):
        urllib.request.urlopen("http://127.0.0.1:9/", timeout=5)

    assert call(store).attributes["error.type"] == "ConnectionRefusedError"


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("CLOSE", "http.client.RemoteDisconnected"),
        ("RESET", "ConnectionResetError"),
        ("HANG", "TimeoutError"),
    ],
)
def test_no_answer(store, server, script, error) -> None:
    """
    A server that says nothing is a call that failed, with how.
    """
    server.script("/a", script)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=0.2)

    with test_span("a test"):
        connection.request("GET", "/a")
        with pytest.raises(OSError) as raised:
            connection.getresponse()
        connection.close()
    assert type(raised.value).__name__ == error.rpartition(".")[2]
    assert call(store).attributes["error.type"] == error
    assert STATUS not in call(store).attributes


def test_an_xml_rpc(store, server, wire) -> None:
    """
    A call of `xmlrpc.client` is recorded with both its bodies, and a request
    that it sends again after a broken connection as resent.
    """
    answer = xmlrpc.client.dumps((42,), methodresponse=True).encode()
    url = server.script("/RPC2", wire.CLOSE)
    server.script("/RPC2", wire.reply(200, answer, "Content-Type: text/xml"))

    with test_span("a test"), xmlrpc.client.ServerProxy(url) as proxy:
        assert proxy.answer("life") == 42

    broken, found = calls(store)
    assert broken.attributes["error.type"] == "http.client.RemoteDisconnected"
    assert found.attributes[RESENT] == 1
    assert "<string>life</string>" in found.attributes[SENT]
    assert "<int>42</int>" in found.attributes[GOT]


def test_a_request_by_hand(store, server, wire, connection) -> None:
    """
    One that is put together line by line and sent in parts is one call, and the
    connection serves for the next.
    """
    server.script("/a", wire.reply(200, b"yes"))

    with test_span("a test"):
        for _ in range(2):
            connection.putrequest(
                "POST", "/a", skip_host=True, skip_accept_encoding=True
            )
            connection.putheader("Host", "x")
            connection.putheader("Content-Length", 9)
            connection.endheaders()
            connection.send(b"one")
            connection.send(iter([b"t", b"wo"]))
            connection.send(io.StringIO("six"))
            assert connection.getresponse().read() == b"yes"

    first, second = calls(store)
    assert first.attributes[SENT] == second.attributes[SENT] == "onetwosix"
    assert SENT_CUT not in first.attributes
    assert "otel_testkit.time_to_connect" in first.attributes
    assert "otel_testkit.time_to_connect" not in second.attributes
    assert [each.body for each in server.received] == [b"onetwosix"] * 2
    assert server.received[0].header("traceparent").split("-")[2] == first.span_id


@pytest.mark.parametrize(
    "make",
    [
        lambda: b"one two",
        lambda: "one two",
        lambda: bytearray(b"one two"),
        lambda: io.BytesIO(b"one two"),
        lambda: io.StringIO("one two"),
        lambda: [b"one", b" ", b"", b"two"],
        lambda: (part for part in (b"one ", b"two")),
    ],
    ids=["bytes", "text", "buffer", "file", "text file", "list", "generator"],
)
@pytest.mark.parametrize("headers", [{}, {"Content-Length": "7"}], ids=["", "length"])
def test_a_request_body(store, server, wire, connection, make, headers) -> None:
    """
    Whatever a body is made of, it is recorded once and without its framing.
    """
    server.script("/a", wire.reply(200))

    with test_span("a test"):
        connection.request("POST", "/a", make(), headers)
        connection.getresponse().read()

    found = call(store)
    assert found.attributes[SENT] == "one two"
    assert found.attributes["http.request.body.size"] == 7
    assert SENT_CUT not in found.attributes


def test_a_request_body_that_breaks(store, server, connection) -> None:
    """
    What raises while it is sent comes out as it is; what was sent is recorded.
    """
    error = LookupError("no more")

    def parts() -> Iterator[bytes]:
        yield b"one"
        raise error

    with test_span("a test"):
        with pytest.raises(LookupError) as raised:
            connection.request("POST", "/a", parts())
        assert raised.value is error

    assert call(store).attributes[SENT] == "one"
    assert call(store).attributes[SENT_CUT] is True
    assert call(store).attributes["error.type"] == "LookupError"


def _into(response: Any) -> bytes:
    buffer = bytearray(4)
    got = b""
    while size := response.readinto(buffer):
        got += buffer[:size]

    return got


READERS = {
    "read": lambda response: response.read(),
    "parts": lambda response: b"".join(iter(lambda: response.read(3), b"")),
    "read1": lambda response: b"".join(iter(response.read1, b"")),
    "readinto": _into,
    "lines": b"".join,
    "readlines": lambda response: b"".join(response.readlines()),
    "peek": lambda response: (
        response.peek(1)[:0] + response.peek()[:0] + response.read()
    ),
    "mixed": lambda response: response.readline() + response.read(2) + response.read(),
    "buffered": lambda response: io.BufferedReader(response).read(),
    "text": lambda response: io.TextIOWrapper(response, newline="").read().encode(),
    "file": lambda response: response.readline(3) + response.read1(2) + response.read(),
}


@pytest.mark.parametrize("is_chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("reader", READERS)
def test_each_way_to_read(store, server, wire, connection, reader, is_chunked) -> None:
    """
    Each byte is recorded once, by whichever methods it is read.
    """
    text = b"first line\nsecond line\nend"
    if is_chunked:
        chunks = b"".join(map(wire.chunk, (text[:5], text[5:14], text[14:], b"")))
        server.script("/a", wire.reply(200, chunks, wire.CHUNKED, length=False))
    else:
        server.script("/a", wire.reply(200, text))

    with test_span("a test"):
        connection.request("GET", "/a")
        response = connection.getresponse()
        assert READERS[reader](response) == text
        (ended,) = [each for each in store.spans() if each.kind == 3] or [None]

    found = ended or call(store)
    assert found.attributes[GOT] == text.decode()
    assert found.attributes["http.response.body.size"] == len(text)
    assert CUT not in found.attributes


@pytest.mark.parametrize(
    ("method", "status", "headers"),
    [("HEAD", 200, ["Content-Length: 9"]), ("GET", 204, []), ("GET", 304, ["ETag: x"])],
)
def test_answers_without_a_body(
    store, server, wire, connection, method, status, headers
) -> None:
    """
    A call whose answer has no body is over when the answer is there.
    """
    server.script("/a", wire.reply(status, b"", *headers, length=False))

    with test_span("a test"):
        connection.request(method, "/a")
        response = connection.getresponse()
        assert call(store).attributes[STATUS] == status
        assert response.read() == b""


def test_an_answer_that_is_cut(store, server, wire, connection) -> None:
    """
    A server that sends less than it said leaves a failed call, with what it
    did send.
    """
    server.script(
        "/a", wire.reply(200, b"abc", "Content-Length: 9", length=False), wire.CLOSE
    )

    with test_span("a test"):
        connection.request("GET", "/a")
        with pytest.raises(http.client.IncompleteRead):
            connection.getresponse().read()
        connection.close()
        connection.request("GET", "/a")
        assert connection.getresponse().read(9) == b"abc"

    failed, short = calls(store)
    assert failed.attributes["error.type"] == "http.client.IncompleteRead"
    assert failed.attributes[GOT] == short.attributes[GOT] == "abc"
    assert failed.attributes[CUT] is short.attributes[CUT] is True


def test_an_interim_answer(store, server, wire, connection) -> None:
    """
    A 100 that comes first is no answer.
    """
    server.script("/a", b"HTTP/1.1 100 Continue\r\n\r\n", wire.reply(201, b"made"))

    with test_span("a test"):
        connection.request("PUT", "/a", b"x", {"Expect": "100-continue"})
        assert connection.getresponse().read() == b"made"

    assert call(store).attributes[STATUS] == 201


def test_out_of_turn(store, server, wire, connection) -> None:
    """
    A connection that is used out of turn complains as ever, and what it could
    not do is no call.
    """
    server.script("/a", wire.reply(200, b"abc"))

    with test_span("a test"):
        with pytest.raises(http.client.CannotSendHeader):
            connection.endheaders()
        with pytest.raises(http.client.ResponseNotReady):
            connection.getresponse()
        connection.request("GET", "/a")
        with pytest.raises(http.client.CannotSendRequest):
            connection.request("GET", "/a")
        first = connection.getresponse()
        connection.request("GET", "/a")
        with pytest.raises(http.client.ResponseNotReady):
            connection.getresponse()
        assert first.read() == connection.getresponse().read() == b"abc"
        connection.putrequest("GET", "/a")
        connection.close()
        with pytest.raises(http.client.CannotSendHeader):
            connection.endheaders()

    assert [each.attributes[GOT] for each in calls(store)] == ["abc", "abc"]


def test_closing_ends_a_call(store, server, wire, connection) -> None:
    """
    A connection that is closed before the answer, and an answer that is closed
    in the middle, are calls that are over.
    """
    server.script("/a", wire.HANG)
    server.script("/b", wire.reply(200, b"abcdef"))

    with test_span("a test") as test:
        connection.request("GET", "/a")
        connection.close()
        assert STATUS not in call(store).attributes
        connection.request("GET", "/b")
        with connection.getresponse() as response:
            assert response.read(2) == b"ab"
        assert not test._parts

    assert calls(store)[1].attributes[GOT] == "ab"
    assert calls(store)[1].attributes[CUT] is True


def test_a_tunnel(store, server, wire, connection) -> None:
    """
    A call through a tunnel names the server at its end, and the request for the
    tunnel is a part of it.
    """
    server.script("there:8080", b"HTTP/1.1 200 OK\r\n\r\n")
    server.script("/a", wire.reply(200, b"abc"))

    with test_span("a test"):
        connection.set_tunnel("there", 8080, {"X-Proxy": "1"})
        connection.request("POST", "/a", b"body")
        assert connection.getresponse().read() == b"abc"

    assert [each.line for each in server.received] == [
        f"CONNECT there:8080 HTTP/1.{0 if sys.version_info < (3, 12) else 1}",
        "POST /a HTTP/1.1",
    ]
    assert server.received[0].header("traceparent") is None
    assert call(store).attributes["url.full"] == "http://there:8080/a"
    assert call(store).attributes[SENT] == "body"


def test_a_tunnel_that_is_refused(store, server, wire, connection) -> None:
    """
    A tunnel that the proxy refuses is a call that failed.
    """
    server.script("there:8080", wire.reply(407, b""))

    with test_span("a test"):
        connection.set_tunnel("there", 8080)
        with pytest.raises(OSError, match="407"):
            connection.request("GET", "/a")

    assert call(store).attributes["error.type"] == "OSError"


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        (
            "/a",
            {
                "Authorization": "AWS4-HMAC-SHA256 Credential=AKIA/20261122/eu/s3/aws4_request"
            },
        ),
        ("/a?X-Amz-Signature=abc", {}),
        ("/a", {"TraceParent": "00-aa-bb-01"}),
    ],
    ids=["signed", "presigned", "traceparent"],
)
def test_what_is_signed_stays_as_it_is(
    store, server, wire, connection, target, headers
) -> None:
    """
    No header is added to a request that is signed, or that has it already.
    """
    server.script("/a", wire.reply(200))

    with test_span("a test"):
        connection.request("GET", target, headers=headers)
        connection.getresponse().read()

    names = [name.lower() for name, _ in server.received[0].headers]
    assert names.count("traceparent") == ("TraceParent" in headers)
    assert len(calls(store)) == 1


def test_a_subclass_with_methods_of_its_own(store, server, wire) -> None:
    """
    A subclass that watches headers and bytes sees its own, and is recorded.
    """
    seen = []

    class Watching(http.client.HTTPConnection):
        def putheader(self, header: Any, *values: Any) -> None:
            seen.append(header)
            super().putheader(header, *values)

    server.script("/a", wire.reply(200, b"abc"))
    connection = Watching("127.0.0.1", server.port)
    with test_span("a test"):
        connection.request("GET", "/a")
        assert connection.getresponse().read() == b"abc"
    connection.close()

    assert seen == ["Host", "Accept-Encoding"]
    assert call(store).attributes[GOT] == "abc"


def test_a_response_class_of_the_programs_own(store, server, wire, connection) -> None:
    """
    What is no response of http.client goes through, and its call is recorded.
    """

    class Answer:
        will_close = True

        def __init__(self, sock: Any, *_: Any, **__: Any) -> None:
            self.file = sock.makefile("rb")

        def begin(self) -> None:
            self.line = self.file.readline()

        def close(self) -> None:
            self.file.close()

    connection.response_class = Answer
    server.script("/a", wire.reply(200))
    with test_span("a test"):
        connection.request("GET", "/a")
        answer = connection.getresponse()
        assert answer.line == b"HTTP/1.1 200 Said\r\n"
        answer.close()

    assert STATUS not in call(store).attributes


def test_a_socket_that_is_none(store) -> None:
    """
    A connection to no network at all works, and its call has no peer.
    """

    class Socket:
        def makefile(self, *_: Any) -> io.BytesIO:
            return io.BytesIO(b"HTTP/1.0 200 OK\r\n\r\nall of it")

        def sendall(self, data: Any) -> None:
            pass

        def close(self) -> None:
            pass

    connection = http.client.HTTPConnection("nowhere")
    connection.sock = Socket()
    with test_span("a test"):
        connection.request("GET", "/a")
        assert connection.getresponse().read() == b"all of it"

    assert call(store).attributes[GOT] == "all of it"
    assert call(store).attributes["network.protocol.version"] == "1.0"
    assert "network.peer.address" not in call(store).attributes


def test_calls_of_urllib3_are_not_doubled(store, server, wire) -> None:
    """
    What goes through urllib3 is one call, and bears nothing of this tap.
    """
    url = server.script("/a", wire.reply(200, BODY, wire.JSON))

    with test_span("a test"), urllib3.PoolManager() as pool:
        requests.post(url, data=b"x", timeout=5)
        pool.request("GET", url)
        response = pool.request("GET", url, preload_content=False)
        assert not hasattr(response._original_response, tap._CALL)
        response.release_conn()

    assert len(calls(store)) == 3


def test_without_urllib3_there_is_none_of_its_calls(store, server, wire) -> None:
    """
    Who leaves urllib3 out does not get its calls from this tap.
    """
    url = server.script("/a", wire.reply(200, BODY, wire.JSON))
    configure(directory=store.directory, show="none", capture_without=["urllib3"])

    with test_span("a test"):
        requests.get(url, timeout=5)
        urllib.request.urlopen(url).close()

    assert len(calls(store)) == 1


def test_a_call_within_a_call_of_urllib3(store, server, wire) -> None:
    """
    What a body that urllib3 sends asks for is a call of its own.
    """
    inner = server.script("/inner", wire.reply(200, b"inner"))
    outer = server.script("/outer", wire.reply(200, b"outer"))

    def parts() -> Iterator[bytes]:
        with urllib.request.urlopen(inner, timeout=5) as response:
            yield response.read()

    with test_span("a test"), urllib3.PoolManager() as pool:
        pool.request("POST", outer, body=parts())

    assert {"/inner", "/outer"} == {
        "/" + each.attributes["url.full"].rpartition("/")[2] for each in calls(store)
    }
    assert 2 == len(calls(store))


@pytest.fixture(scope="module")
def secure_server(tmp_path_factory) -> Iterator[tuple[str, Path]]:
    """
    The URL of a server that speaks TLS, and the certificate to trust.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    today = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(today - dt.timedelta(1))
        .not_valid_after(today + dt.timedelta(1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    file.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"secret")

        def log_message(self, *_: Any) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}/a", file
        server.shutdown()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_https(store, secure_server) -> None:
    """
    A call over TLS is recorded as any, and one of urllib3's is not doubled.
    """
    url, certificate = secure_server
    context = ssl.create_default_context(cafile=certificate)

    with test_span("a test"):
        with urllib.request.urlopen(url, context=context) as response:
            assert response.read() == b"secret"
        with urllib3.PoolManager(ca_certs=str(certificate)) as pool:
            assert pool.request("GET", url).data == b"secret"

    found, _ = calls(store)
    assert found.attributes["url.full"] == url
    assert found.attributes[GOT] == "secret"
    assert found.attributes["otel_testkit.time_to_secure"] > 0


def test_outside_a_test_nothing_is_recorded(store, server, wire, connection) -> None:
    """
    A call that no test makes leaves no trace, on the wire or on its objects.
    """
    server.script("/a", wire.reply(200, b"a"))
    with test_span("a test"):
        pass

    connection.request("GET", "/a")
    response = connection.getresponse()
    response.read()

    assert calls(store) == []
    assert server.received[0].header("traceparent") is None
    assert not [
        name for name in {**vars(connection), **vars(response)} if "otel" in name
    ]


def test_remove_restores() -> None:
    """
    `remove` leaves nothing of ours on http.client.
    """
    capture.install()
    assert _tapped()
    capture.remove()

    assert not _tapped()


def _tapped() -> list[Any]:
    owners = (
        http.client.HTTPConnection,
        http.client.HTTPSConnection,
        http.client.HTTPResponse,
    )

    return [
        each
        for owner in (*owners, urllib.request.OpenerDirector, xmlrpc.client.Transport)
        for each in vars(owner).values()
        if "otel_testkit" in getattr(getattr(each, "__code__", None), "co_filename", "")
    ]


def _story(server: Any, wire: Any) -> Any:
    """
    Bodies, a redirect, failures and a reading in parts; what the caller gets.
    """
    server.reset()
    server.script("/a", wire.reply(302, b"no", "Location: /b"))
    server.script(
        "/b",
        wire.reply(
            200, wire.chunk(b"b\nb") + wire.chunk(b""), wire.CHUNKED, length=False
        ),
    )
    server.script("/c", wire.CLOSE)
    server.script(
        "/d", wire.reply(200, b"d", "Content-Length: 5", length=False), wire.CLOSE
    )

    got: list[Any] = []
    with urllib.request.urlopen(f"{server.url}/a") as response:
        got.append(list(response))
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request("POST", "/b", iter([b"one", b"two"]))
    response = connection.getresponse()
    got.append((response.readinto(bytearray(1)), response.read(1)))
    connection.close()
    connection.putrequest("POST", "/b")
    connection.putheader("Content-Length", 3)
    connection.endheaders()
    connection.send(io.BytesIO(b"abc"))
    got.append(connection.getresponse().read())
    for path in ("/c", "/d"):
        connection.request("GET", path)
        try:
            connection.getresponse().read()
        except (OSError, http.client.HTTPException) as error:
            got.append((type(error), str(error)))
    connection.close()

    return got, [(each.line, each.body) for each in server.received]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
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


def test_what_is_read_is_freed_at_once(store, server, wire) -> None:
    """
    Connections and responses that nobody holds are freed without the garbage
    collector, and one that is held holds on to no body.
    """
    server.script("/a", wire.reply(200, b"a" * 5_000))

    gc.collect()
    gc.disable()
    try:
        with test_span("a test") as test:
            for is_read in (True, False):
                connection = http.client.HTTPConnection("127.0.0.1", server.port)
                connection.request("POST", "/a", b"b" * 5_000)
                response = connection.getresponse()
                if is_read:
                    response.read()
                    kept = vars(response).get(tap._CALL)
                gone = weakref.ref(response), weakref.ref(connection)
                connection.close()
                del response, connection
                assert [each() for each in gone] == [None, None]
            assert not test._parts
    finally:
        gc.enable()

    assert kept is None


def test_memory_of_an_open_call_is_bounded(store, server, wire, connection) -> None:
    """
    Of an open response no more is held than the limit says.
    """
    configure(directory=store.directory, show="none", max_body_bytes=100)
    server.script("/a", wire.reply(200, b"a" * 50_000))

    with test_span("a test") as test:
        connection.request("GET", "/a")
        response = connection.getresponse()
        for size in (1,) * 2_000 + (40_000,):
            response.read(size)
        (under_way,) = test._parts.values()
        assert len(under_way.response_body._kept) <= 100 + 512
        assert under_way.response_body.size == 42_000
        response.close()


def test_a_process_that_ends_in_the_middle(server, wire, tmp_path) -> None:
    """
    A process that ends with a response open says nothing of it.
    """
    url = server.script("/a", wire.reply(200, b"abc"))
    program = f"""
import http.client
from otel_testkit import configure, test_span
configure(directory={str(tmp_path)!r}, show="none")
test = test_span("a test")
test.__enter__()
connection = http.client.HTTPConnection("127.0.0.1", {server.port})
connection.request("GET", "/a")
class Ring: response = connection.getresponse()
Ring.me = Ring()
"""
    ended = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert url
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_mocks_of_reading(store, server, wire) -> None:
    """
    What a test puts in the place of a method is called as without us, and gone
    when it takes it away.
    """
    url = server.script("/x", wire.reply(200, b"real"))

    def read() -> Any:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.read(9)

    with test_span("a test"):
        with mock.patch.object(
            http.client.HTTPResponse, "read", return_value=b"fake"
        ) as fake:
            assert read() == b"fake"
        assert read() == b"real"

    assert fake.call_args_list == [mock.call(9)]


def test_a_password_before_the_host(store, server, wire) -> None:
    """
    urllib takes what stands before the host for a part of it; we do not.
    """
    url = server.url.replace("//", "//somebody:s3cr3tPw9@")

    with test_span("a test"), pytest.raises(OSError, match="urlopen"):
        urllib.request.urlopen(url, timeout=5)

    assert "s3cr3tPw9" not in store.text()
    assert call(store).attributes["server.address"] == "127.0.0.1"
