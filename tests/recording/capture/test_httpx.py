"""
What is recorded of the calls that go through httpx.
"""

from __future__ import annotations

import asyncio
import socket
import threading

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from otel_testkit import configure, step, test_span


httpx = pytest.importorskip("httpx", reason="httpx is NOT INSTALLED")

BODY = b'{"id": 17, "name": "an item"}'
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
STATUS = "http.response.status_code"
RESENT = "http.request.resend_count"
SENT = "http.request.body.content"
GOT = "http.response.body.content"
CUT = "otel_testkit.http.response.body.truncated"
VERSION = "network.protocol.version"


def calls(store: Any) -> list[Any]:
    """
    The spans of calls, in the order in which they began.
    """
    return sorted(
        (span for span in store.spans() if span.kind == 3 and span.scope[:4] == "otel"),
        key=lambda span: span.start,
    )


def call(store: Any) -> Any:
    """
    The span of the one call.
    """
    (found,) = calls(store)

    return found


@pytest.fixture(params=["sync", "async"])
def ask(request: Any) -> Callable[..., Any]:
    """
    Asks once with a client of its own, made with *client*, and reads the answer.
    """

    def sync_ask(method: str, url: str, *, client: Any = None, **more: Any) -> Any:
        with httpx.Client(**{"verify": False, **(client or {})}) as asking:
            return asking.request(method, url, **more)

    async def async_ask(
        method: str, url: str, *, client: Any = None, **more: Any
    ) -> Any:
        async with httpx.AsyncClient(**{"verify": False, **(client or {})}) as asking:
            return await asking.request(method, url, **more)

    if request.param == "sync":
        return sync_ask

    return lambda *args, **kwargs: asyncio.run(async_ask(*args, **kwargs))


def test_a_call_is_a_client_span_of_its_test(store, server, wire, ask) -> None:
    """
    A request is one CLIENT span in the step where it was made, with where it
    went, who was there, how long connecting took and what came back.
    """
    url = server.script("/items", wire.reply(200, BODY, wire.JSON))

    with test_span("a test"), step("a step"):
        assert ask("POST", url, json={"q": 1}).json()["id"] == 17

    found = call(store)
    assert found.name == "POST"
    assert found.parent_id == store.span("a step").span_id
    assert {
        "http.request.method": "POST",
        "url.full": url,
        "server.address": "127.0.0.1",
        "server.port": server.port,
        "network.peer.address": "127.0.0.1",
        "network.peer.port": server.port,
        STATUS: 200,
        VERSION: "1.1",
        "http.response.header.content-type": ["application/json"],
        GOT: BODY.decode(),
        "http.response.body.size": len(BODY),
    }.items() <= found.attributes.items()
    assert found.attributes[SENT].replace(" ", "") == '{"q":1}'
    assert 0 < found.attributes["otel_testkit.time_to_connect"] < 1
    assert not {RESENT, CUT} & found.attributes.keys()
    assert found.status == {}
    (received,) = server.received
    assert (
        f"00-{found.trace_id}-{found.span_id}-01",
        "traceparent",
    ) == (received.header("traceparent"), received.headers[-1][0])


def test_a_connection_that_is_used_again(store, server, wire) -> None:
    """
    A call over a connection that was there names its peer, and took no time to
    connect.
    """
    url = server.script("/x", wire.reply(200, b"a"))

    with test_span("a test"), httpx.Client(verify=False) as client:
        client.get(url)
        client.get(url)

    _, again = calls(store)
    assert again.attributes["network.peer.port"] == server.port
    assert "otel_testkit.time_to_connect" not in again.attributes


def test_secrets_are_masked(store, server, wire, ask) -> None:
    """
    Secrets in the URL, the headers and the bodies do not reach the disk.
    """
    secret = "hunter2-Zx81q"
    answer = b'{"access_token": "%b", "n": 1}' % secret.encode()
    server.script(
        "/login", wire.reply(200, answer, wire.JSON, f"Set-Cookie: s={secret}")
    )

    with test_span("a test"):
        ask(
            "POST",
            f"http://bob:{secret}@127.0.0.1:{server.port}/login?api_key={secret}&a=b",
            json={"user": "bob", "password": secret},
            headers={"X-Api-Key": secret},
        )

    assert secret not in store.text()
    assert call(store).attributes["url.full"].endswith("&a=b")
    assert '"n": 1' in call(store).attributes[GOT]


def test_redirects_are_calls(store, server, wire, ask) -> None:
    """
    Each hop of a redirect is a call, the ones after the first resent; what the
    test asks again is not.
    """
    url = server.script("/old", wire.reply(302, b"moved", "Location: /new"))
    server.script("/new", wire.reply(200, b"here"))

    with test_span("a test"):
        ask("GET", url, client={"follow_redirects": True})
        ask("GET", url)

    assert [(302, "moved", None), (200, "here", 1), (302, "moved", None)] == [
        (each.attributes[STATUS], each.attributes[GOT], each.attributes.get(RESENT))
        for each in calls(store)
    ]


def test_an_auth_flow_is_one_operation(store, server, wire, ask) -> None:
    """
    A request that an auth flow sends again is a resent one.
    """
    challenge = 'WWW-Authenticate: Digest realm="r", nonce="n", algorithm=MD5'
    url = server.script("/x", wire.reply(401, b"who?", challenge))
    server.script("/x", wire.reply(200, b"in"))

    with test_span("a test"):
        ask("POST", url, content=b"body", auth=httpx.DigestAuth("u", "p"))

    first, second = calls(store)
    assert (401, "who?", "body") == tuple(
        first.attributes[name] for name in (STATUS, GOT, SENT)
    )
    assert (200, "in", "body", 1) == tuple(
        second.attributes[name] for name in (STATUS, GOT, SENT, RESENT)
    )


def test_a_transport_that_tries_again(store, server, wire) -> None:
    """
    What a transport of the user's sends again through ours are attempts of one
    operation.
    """

    class Retrying(httpx.HTTPTransport):
        def handle_request(self, request: Any) -> Any:
            response = super().handle_request(request)
            if response.status_code != 503:
                return response

            response.read()
            return super().handle_request(request)

    url = server.script("/x", wire.reply(503, b"no"))
    server.script("/x", wire.reply(200, b"yes"))

    with test_span("a test"), httpx.Client(transport=Retrying(verify=False)) as client:
        assert client.get(url).text == "yes"

    assert [("no", None), ("yes", 1)] == [
        (each.attributes[GOT], each.attributes.get(RESENT)) for each in calls(store)
    ]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def test_a_refused_connection(store, ask) -> None:
    """
    A connection that is refused is a call with the chain of exceptions.
    """
    with test_span("a test"), pytest.raises(httpx.ConnectError):
        ask("GET", f"http://127.0.0.1:{_free_port()}/")

    found = call(store)
    assert found.attributes["error.type"] == "httpx.ConnectError"
    assert found.status["code"] == 2
    types = [event["exception.type"] for _, event in found.events]
    assert types[0] == "httpx.ConnectError"
    assert "httpcore.ConnectError" in types
    assert "ConnectionRefusedError" in types
    assert STATUS not in found.attributes


def test_a_connection_that_is_tried_again(store, server, wire, ask, request) -> None:
    """
    With `retries` each attempt to connect is a call, and the server is told of
    the one that reached it.
    """
    asynchronous = "async" in request.node.name.rpartition("[")[2]
    transport = httpx.AsyncHTTPTransport if asynchronous else httpx.HTTPTransport
    port = _free_port()
    listeners = []

    def trace(name: str, _info: Any) -> Any:
        if name.endswith("retry.started"):
            listeners.append(socket.create_server(("127.0.0.1", port)))
            threading.Thread(target=answer).start()

        async def nothing() -> None:
            pass

        return nothing() if asynchronous else None

    heads = []

    def answer() -> None:
        connection, _ = listeners[0].accept()
        with connection, listeners[0]:
            heads.append(connection.recv(65_536))
            connection.sendall(wire.reply(200, b"late"))

    with test_span("a test"):
        response = ask(
            "POST",
            f"http://127.0.0.1:{port}/",
            content=b"body",
            extensions={"trace": trace},
            client={"transport": transport(verify=False, retries=2)},
        )

    assert response.text == "late"
    first, second = calls(store)
    assert "httpcore.ConnectError" == first.attributes["error.type"]
    assert "ConnectionRefusedError" in [e["exception.type"] for _, e in first.events]
    assert (200, 1, "late", "body") == tuple(
        second.attributes[name] for name in (STATUS, RESENT, GOT, SENT)
    )
    assert first.attributes[SENT] == "body"
    assert f"00-{second.trace_id}-{second.span_id}-01".encode() in heads[0]


@pytest.mark.parametrize(
    ("script", "kind", "cause", "status"),
    [
        (("HANG",), "httpx.ReadTimeout", "TimeoutError", None),
        (("RESET",), "httpx.ReadError", "ConnectionResetError", None),
        ((b"HTTP/1.1 200 Sa", "CLOSE"), "httpx.RemoteProtocolError", None, None),
        ((HALF, "CLOSE"), "httpx.RemoteProtocolError", "h11.RemoteProtocolError", 200),
        ((HALF, "HANG"), "httpx.ReadTimeout", "TimeoutError", 200),
        ((b"rubbish\r\n\r\n", "CLOSE"), "httpx.RemoteProtocolError", None, None),
    ],
    ids=["timeout", "reset", "cut head", "cut body", "body timeout", "rubbish"],
)
def test_failures_on_the_wire(store, server, ask, script, kind, cause, status) -> None:
    """
    What goes wrong on the wire names itself and its cause, with the status that
    had come before.
    """
    url = server.script("/x", *script)

    with test_span("a test"), pytest.raises(httpx.TransportError):
        ask("GET", url, timeout=0.05)

    found = call(store)
    types = [event["exception.type"] for _, event in found.events]
    assert (kind, status) == (
        found.attributes["error.type"],
        found.attributes.get(STATUS),
    )
    assert types[0] == kind
    assert cause is None or any(
        each.endswith(cause.rpartition(".")[2]) for each in types
    )


def test_a_call_that_is_cancelled(store, server, wire) -> None:
    """
    A call whose task is cancelled is over then, with what ended it.
    """
    url = server.script("/x", wire.HANG)

    async def body() -> None:
        async with httpx.AsyncClient(verify=False) as client:
            await asyncio.wait_for(client.get(url), 0.03)

    with test_span("a test"), pytest.raises(TimeoutError):
        asyncio.run(body())

    assert call(store).attributes["error.type"].endswith("CancelledError")


def test_a_call_under_trio(store, server, wire) -> None:
    """
    Trio's calls are recorded as asyncio's are, a cancelled one as well.
    """
    trio = pytest.importorskip("trio", reason="trio is NOT INSTALLED")
    url = server.script("/x", wire.reply(200, b"a"))
    hangs = server.script("/hangs", wire.HANG)

    async def body() -> None:
        async with httpx.AsyncClient(verify=False) as client:
            assert (await client.get(url)).text == "a"
            with trio.move_on_after(0.03):
                await client.get(hangs)

    with test_span("a test"):
        trio.run(body)

    first, second = calls(store)
    assert first.attributes["network.peer.port"] == server.port
    assert second.attributes["error.type"] == "trio.Cancelled"


def test_levels(store, server, wire, ask) -> None:
    """
    `capture` sets how much is recorded: nothing, calls, headers, or bodies.
    """
    url = server.script("/x", wire.reply(200, BODY, wire.JSON))
    seen = {}

    for level in ("off", "calls", "headers", "bodies"):
        configure(directory=store.directory, show="none", capture=level)
        before = len(calls(store))
        with test_span(level):
            ask("POST", url, content=b"sent")
        seen[level] = [
            {key.split(".")[2] for key in each.attributes if key.startswith("http.re")}
            & {"header", "body"}
            for each in calls(store)[before:]
        ]

    assert seen == {
        "off": [],
        "calls": [set()],
        "headers": [{"header"}],
        "bodies": [{"header", "body"}],
    }


def _generated() -> Iterator[bytes]:
    yield b"o" * 8
    yield b"n" * 8


def test_streams_that_are_cut(store, server, wire) -> None:
    """
    Of a stream is recorded what passed: what is beyond the limit, or was never
    read, is missing and told to be.
    """
    configure(directory=store.directory, show="none", max_body_bytes=10)
    url = server.script("/x", wire.reply(200, b"a" * 100, "Content-Type: text/plain"))

    with test_span("a test"), httpx.Client(verify=False) as client:
        client.post(url, content=_generated())
        with client.stream("GET", url) as response:
            assert not response.is_stream_consumed

    whole, unread = calls(store)
    assert ("o" * 8 + "nn", 16, True) == tuple(
        whole.attributes[name]
        for name in (
            SENT,
            "http.request.body.size",
            "otel_testkit.http.request.body.truncated",
        )
    )
    assert ("a" * 10, 100, True) == tuple(
        whole.attributes[name] for name in (GOT, "http.response.body.size", CUT)
    )
    assert unread.attributes[STATUS] == 200
    assert GOT not in unread.attributes


def test_time_covers_the_body(store, server, wire, ask) -> None:
    """
    A call ends when its body has been read; when its headers came is told.
    """
    head = wire.reply(200, b"", "Content-Length: 2", length=False)
    url = server.script("/x", 0.05, head, 0.1, b"ab")

    with test_span("a test"):
        ask("GET", url)

    found = call(store)
    assert 0.05 <= found.attributes["otel_testkit.http.time_to_headers"] < 0.14
    assert found.end - found.start >= 0.15e9


def test_an_asgi_app(store, server, wire) -> None:
    """
    A call to an app in the process is recorded and tells the app of itself, and
    what the app asks in its turn is no resent one.
    """
    url = server.script("/behind", wire.reply(200, b"behind"))
    heard = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        heard.append(dict(scope["headers"])[b"traceparent"].decode())
        await receive()
        httpx.get(url, verify=False)
        await send({"type": "http.response.start", "status": 503, "headers": []})
        await send({"type": "http.response.body", "body": b"not yet"})

    async def body() -> None:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport) as client:
            assert (await client.post("http://app/x", content=b"in")).text == "not yet"

    with test_span("a test"):
        asyncio.run(body())

    outer, inner = calls(store)
    assert ("http://app/x", 503, "in", "not yet") == tuple(
        outer.attributes[name] for name in ("url.full", STATUS, SENT, GOT)
    )
    assert inner.attributes["url.full"] == url
    assert RESENT not in inner.attributes
    assert heard == [f"00-{outer.trace_id}-{outer.span_id}-01"]


def test_a_wsgi_app(store, server, wire) -> None:
    """
    A call to a WSGI app is recorded, and its request stays readable.
    """
    requests = pytest.importorskip("requests")
    url = server.script("/behind", wire.reply(200, b"behind"))

    def app(environ: Any, start_response: Any) -> Any:
        requests.get(url, timeout=5)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [environ["wsgi.input"].read(), environ["HTTP_TRACEPARENT"].encode()]

    with test_span("a test"):
        transport = httpx.WSGITransport(app=app)
        with httpx.Client(transport=transport) as client:
            response = client.post("http://app/x", content=_generated())

    outer, inner = calls(store)
    assert (
        outer.attributes[SENT] == "o" * 8 + "n" * 8 == response.request.content.decode()
    )
    assert outer.attributes[GOT].startswith("o" * 8 + "n" * 8 + "00-")
    assert RESENT not in inner.attributes
    assert "traceparent" not in response.request.headers


def test_a_mock(store, ask) -> None:
    """
    A call to a mock is recorded, its handler gets the request as it was made,
    and what it raises is the call's failure.
    """
    got = []

    def handler(request: Any) -> Any:
        got.append(request)
        if request.url.path == "/no":
            raise httpx.ConnectError("no such host")
        return httpx.Response(200, json={"a": 1})

    client = {"transport": httpx.MockTransport(handler)}
    with test_span("a test"):
        response = ask("POST", "http://mock/x", content=b"in", client=client)
        with pytest.raises(httpx.ConnectError):
            ask("GET", "http://mock/no", client=client)

    assert response.request is got[0]
    assert "traceparent" not in got[0].headers
    first, second = calls(store)
    assert ("in", 200) == (first.attributes[SENT], first.attributes[STATUS])
    assert first.attributes[GOT].replace(" ", "") == '{"a":1}'
    assert second.attributes["error.type"] == "httpx.ConnectError"


@pytest.mark.parametrize("header", ["traceparent", "x-amz-content-sha256"])
def test_sealed_requests_stay_as_they_are(store, server, wire, ask, header) -> None:
    """
    Nothing is added to a request that is signed or has a `traceparent`.
    """
    url = server.script("/x", wire.reply(200, b"a"))

    with test_span("a test"):
        ask("GET", url, headers={header: "mine"})
        ask("GET", url + "?a=b&X-Amz-Signature=abc")

    assert ["mine" if header == "traceparent" else None, None] == [
        each.header("traceparent") for each in server.received
    ]
    assert len(calls(store)) == 2


@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_together_with_the_instrumentor(store, server, wire, ask, first) -> None:
    """
    With OpenTelemetry's own instrumentation, put on before or after the taps,
    there is one call of ours, and one `traceparent` is sent.
    """
    from otel_testkit.recording import capture

    name = "opentelemetry.instrumentation.httpx"
    module = pytest.importorskip(name, reason=f"{name} is NOT INSTALLED")
    url = server.script("/x", wire.reply(200, b"a"))

    if first == "theirs":
        capture.remove()
    instrumentor = module.HTTPXClientInstrumentor()
    instrumentor.instrument()
    capture.install()
    try:
        with test_span("a test"):
            assert ask("GET", url).text == "a"
    finally:
        if first == "theirs":
            # They take off theirs only where it lies on top.
            capture.remove()
        instrumentor.uninstrument()

    assert call(store).attributes[GOT] == "a"
    (received,) = server.received
    assert len([key for key, _ in received.headers if key == "traceparent"]) == 1


def _serve_http2(listener: socket.socket) -> None:
    from h2.config import H2Configuration
    from h2.connection import H2Connection
    from h2.events import DataReceived, RequestReceived, StreamEnded

    connection, _ = listener.accept()
    state = H2Connection(H2Configuration(client_side=False))
    state.initiate_connection()
    bodies: dict[int, bytes] = {}
    with connection, listener:
        connection.sendall(state.data_to_send())
        while data := connection.recv(65_536):
            for event in state.receive_data(data):
                if isinstance(event, RequestReceived):
                    bodies[event.stream_id] = b""
                elif isinstance(event, DataReceived):
                    bodies[event.stream_id] += event.data
                elif isinstance(event, StreamEnded):
                    head = [(":status", "200"), ("content-type", "text/plain")]
                    state.send_headers(event.stream_id, head)
                    body = b"got " + bodies[event.stream_id]
                    state.send_data(event.stream_id, body, end_stream=True)
            connection.sendall(state.data_to_send())


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_http_2(store, kind) -> None:
    """
    Calls over HTTP/2 are recorded as others are, several at once as well.
    """
    pytest.importorskip("h2", reason="h2 is NOT INSTALLED")
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
    thread = threading.Thread(target=_serve_http2, args=[listener])
    thread.start()
    versions = {"http1": False, "http2": True, "verify": False}

    async def body() -> list[str]:
        async with httpx.AsyncClient(**versions) as client:
            asked = [client.post(url, content=b"%d" % n) for n in range(3)]
            return [each.text for each in await asyncio.gather(*asked)]

    with test_span("a test"):
        if kind == "async":
            got = asyncio.run(body())
        else:
            with httpx.Client(**versions) as client:
                got = [client.post(url, content=b"%d" % n).text for n in range(3)]
    thread.join(5)

    assert got == ["got 0", "got 1", "got 2"]
    found = calls(store)
    assert {("2", 200, httpx.URL(url).port)} == {
        (
            each.attributes[VERSION],
            each.attributes[STATUS],
            each.attributes["network.peer.port"],
        )
        for each in found
    }
    assert sorted(got) == sorted(each.attributes[GOT] for each in found)
    assert ["0", "1", "2"] == sorted(each.attributes[SENT] for each in found)


@pytest.mark.parametrize("library", ["tenacity", "stamina"])
def test_what_a_retry_hides(store, server, wire, ask, library) -> None:
    """
    A 503 that tenacity or stamina turns into a 200 is there, with its body; they
    call again, so neither is a resent one.
    """
    module = pytest.importorskip(library, reason=f"{library} is NOT INSTALLED")
    url = server.script("/x", wire.reply(503, b'{"error": "busy"}', wire.JSON))
    server.script("/x", wire.reply(200, BODY, wire.JSON))
    retrying = (
        module.retry(stop=module.stop_after_attempt(3))
        if library == "tenacity"
        else module.retry(on=httpx.HTTPStatusError, attempts=3, wait_initial=0.01)
    )

    @retrying
    def fetch() -> Any:
        return ask("GET", url).raise_for_status() and None

    with test_span("a test"):
        fetch()

    assert [(503, '{"error": "busy"}', None), (200, BODY.decode(), None)] == [
        (each.attributes[STATUS], each.attributes[GOT], each.attributes.get(RESENT))
        for each in calls(store)
    ]
