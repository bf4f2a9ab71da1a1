"""
What is recorded of the calls that go through urllib3.
"""

from __future__ import annotations

import contextlib
import socket

from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
import requests
import urllib3

from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from otel_testkit import configure, step, test_span


IS_2 = not urllib3.__version__.startswith("1.")


BODY = b'{"id": 17, "name": "an item"}'
RETRY = Retry(total=3, backoff_factor=0, status_forcelist=[500], allowed_methods=None)
STATUS = "http.response.status_code"
RESENT = "http.request.resend_count"
SENT = "http.request.body.content"
GOT = "http.response.body.content"
CUT = "otel_testkit.http.response.body.truncated"


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """
    A session that tries again after a 500.
    """
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=RETRY))
        yield session


@pytest.fixture
def pool() -> Iterator[urllib3.PoolManager]:
    """
    A pool of bare urllib3 that never tries again.
    """
    with urllib3.PoolManager(retries=False) as pool:
        yield pool


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


def test_a_call_is_a_client_span_of_its_test(store, server, wire) -> None:
    """
    A request is one CLIENT span in the step where it was made, named by its
    method, with where it went and what came back.
    """
    url = server.script("/items", wire.reply(200, BODY, wire.JSON))

    with test_span("a test"), step("a step"):
        assert requests.get(url, timeout=5).json()["id"] == 17

    found = call(store)
    assert found.name == "GET"
    assert found.parent_id == store.span("a step").span_id
    assert {
        "http.request.method": "GET",
        "url.full": url,
        "server.address": "127.0.0.1",
        "server.port": server.port,
        STATUS: 200,
        "network.protocol.version": "1.1",
        "http.response.header.content-type": ["application/json"],
        GOT: BODY.decode(),
        "http.response.body.size": len(BODY),
    }.items() <= found.attributes.items()
    assert RESENT not in found.attributes
    assert CUT not in found.attributes
    assert found.status == {}


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

    with test_span("a test"):
        requests.post(
            f"http://bob:{secret}@127.0.0.1:{server.port}/login?api_key={secret}&a=b",
            json={"user": "bob", "password": secret},
            headers={"X-Api-Key": secret},
            cookies={"session": secret},
            timeout=5,
        )

    found = call(store)
    assert secret not in store.text()
    assert found.attributes["url.full"].endswith("&a=b")
    assert "bob" not in found.attributes["url.full"]
    assert '"user": "bob"' in found.attributes[SENT]
    assert '"n": 1' in found.attributes[GOT]


def test_each_attempt_is_a_call(store, server, wire, session) -> None:
    """
    A 500 that is retried into a 200 is two calls, the first with its body; one
    that the test makes again is no resent one.
    """
    url = server.script("/items", wire.reply(500, b'{"error": "shard"}', wire.JSON))
    server.script("/items", wire.reply(200, BODY, wire.JSON))

    with test_span("a test"):
        assert session.post(url, json={"q": 1}, timeout=5).status_code == 200
        assert session.get(url, timeout=5).status_code == 200

    first, second, again = calls(store)
    assert [500, 200, 200] == [
        each.attributes[STATUS] for each in (first, second, again)
    ]
    assert '{"error": "shard"}' == first.attributes[GOT]
    assert '{"q": 1}' == first.attributes[SENT] == second.attributes[SENT]
    assert ("500", 2) == (first.attributes["error.type"], first.status["code"])
    assert [None, 1, None] == [
        each.attributes.get(RESENT) for each in (first, second, again)
    ]
    assert CUT not in first.attributes


def test_retries_of_bare_urllib3(store, server, wire) -> None:
    """
    Bare urllib3 shows its attempts as well, preloaded or not.
    """
    for preload in (True, False):
        server.reset()
        url = server.script("/x", wire.reply(500, b"no"))
        server.script("/x", wire.reply(500, b"never"))
        server.script("/x", wire.reply(200, b"yes"))
        with test_span("a test"), urllib3.PoolManager(retries=RETRY) as pool:
            assert pool.request("GET", url, preload_content=preload).data == b"yes"

    assert ["no", "never", "yes"] * 2 == [each.attributes[GOT] for each in calls(store)]
    assert [None, 1, 2] * 2 == [each.attributes.get(RESENT) for each in calls(store)]


@pytest.mark.parametrize("client", ["requests", "urllib3"])
def test_redirects_are_calls(store, server, wire, client) -> None:
    """
    Each hop of a redirect is a call, the ones after the first resent.
    """
    url = server.script(
        "/old", wire.reply(302, b"moved", "Location: /new?token=abc123secret")
    )
    server.script("/new", wire.reply(200, b"here"))

    with (
        test_span("a test"),
        requests.Session() as session,
        urllib3.PoolManager() as pool,
    ):
        if client == "requests":
            assert session.get(url, timeout=5).text == "here"
        else:
            assert pool.request("GET", url).data == b"here"

    first, second = calls(store)
    assert (302, "moved") == (first.attributes[STATUS], first.attributes[GOT])
    assert (200, "here", 1) == (
        second.attributes[STATUS],
        second.attributes[GOT],
        second.attributes[RESENT],
    )
    assert "abc123secret" not in store.text()


def test_a_hook_that_asks_another_client(store, server, wire) -> None:
    """
    What a response hook asks through a session of its own is no resent call.
    """
    url = server.script("/a", wire.reply(200, b"a"))
    other = server.script("/b", wire.reply(200, b"b"))

    def hook(response: Any, **_: Any) -> None:
        if response.url == url:
            requests.get(other, timeout=5)

    with test_span("a test"):
        requests.get(url, hooks={"response": hook}, timeout=5)

    assert [None, None] == [each.attributes.get(RESENT) for each in calls(store)]


def _refused() -> str:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"http://127.0.0.1:{free.getsockname()[1]}/"


def test_a_refused_connection(store) -> None:
    """
    A connection that is refused is a call with the chain of exceptions.
    """
    with test_span("a test"), pytest.raises(requests.ConnectionError):
        requests.get(_refused(), timeout=5)

    found = call(store)
    assert found.attributes["error.type"] == "urllib3.exceptions.NewConnectionError"
    assert found.status["code"] == 2
    assert "refused" in found.status["message"]
    chain = [event["exception.type"] for _, event in found.events]
    assert "ConnectionRefusedError" in chain
    assert STATUS not in found.attributes


@pytest.mark.parametrize("says", [None, 407])
def test_a_proxy_that_gives_no_tunnel(store, server, wire, says) -> None:
    """
    Where a proxy is not there, or refuses, the failed CONNECT is the call.
    """
    proxy = _refused()
    if says:
        server.script("target:443", wire.reply(says), wire.CLOSE)
        proxy = server.url
    with test_span("a test"), pytest.raises(requests.exceptions.ProxyError):
        requests.get("https://target/x", proxies={"https": proxy}, timeout=5)

    found = call(store)
    assert ("CONNECT", "target") == (found.name, found.attributes["server.address"])
    assert found.status["code"] == 2
    assert found.events


def test_a_name_that_nobody_has(store, monkeypatch) -> None:
    """
    A name that cannot be resolved is a call with the resolver's error.
    """

    def getaddrinfo(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with test_span("a test"), pytest.raises(requests.ConnectionError):
        requests.get("http://nowhere.invalid/", timeout=5)

    found = call(store)
    assert found.attributes["server.address"] == "nowhere.invalid"
    assert "socket.gaierror" in [event["exception.type"] for _, event in found.events]


@pytest.mark.parametrize(
    ("script", "kind", "status"),
    [
        (("HANG",), "urllib3.exceptions.ReadTimeoutError", None),
        (("RESET",), "ConnectionResetError", None),
        ((b"HTTP/1.1 200 Sa", "CLOSE"), None, 200),
        (
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "CLOSE"),
            "urllib3.exceptions.ProtocolError",
            200,
        ),
        (
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "HANG"),
            "urllib3.exceptions.ReadTimeoutError",
            200,
        ),
        ((b"rubbish\r\n\r\n", "CLOSE"), "http.client.BadStatusLine", None),
    ],
    ids=["timeout", "reset", "cut head", "cut body", "body timeout", "rubbish"],
)
@pytest.mark.parametrize("preload", [True, False])
def test_failures_on_the_wire(
    store, server, pool, script, kind, status, preload
) -> None:
    """
    What goes wrong on the wire names itself, with the status that had come
    before.
    """
    url = server.script("/x", *script)
    # The machine may be busy.
    wait = 0.05 if "HANG" in script else 5

    with test_span("a test"):
        try:
            data = pool.request("GET", url, timeout=wait, preload_content=preload).data
        except Exception:
            data = None

    found = call(store)
    assert found.attributes.get("error.type") == kind
    assert found.attributes.get(STATUS) == status
    assert (data is None) == (kind is not None)
    assert bool(found.events) == (kind is not None)


def test_time_covers_the_body(store, server, wire) -> None:
    """
    A call ends when its body has been read; when its headers came is told.
    """
    head = wire.reply(200, b"", "Content-Length: 2", length=False)
    url = server.script("/x", 0.05, head, 0.1, b"ab")

    with test_span("a test"):
        requests.get(url, timeout=5)

    found = call(store)
    to_headers = found.attributes["otel_testkit.http.time_to_headers"]
    assert 0.05 <= to_headers < 0.14
    assert found.end - found.start >= 0.15e9


def test_time_to_headers_of_a_preloaded_body(store, server, wire, pool) -> None:
    """
    Headers are timed before a body that urllib3 reads at once.
    """
    head = wire.reply(200, b"", "Content-Length: 2", length=False)
    url = server.script("/x", head, 0.1, b"ab")

    with test_span("a test"):
        assert pool.request("GET", url).data == b"ab"

    assert call(store).attributes["otel_testkit.http.time_to_headers"] < 0.09


def test_levels(store, server, wire) -> None:
    """
    `capture` sets how much is recorded: nothing, calls, headers, or bodies.
    """
    url = server.script("/x", wire.reply(200, BODY, wire.JSON))
    seen = {}

    for level in ("off", "calls", "headers", "bodies"):
        configure(directory=store.directory, show="none", capture=level)
        before = len(calls(store))
        with test_span(level):
            requests.post(url, data=b"sent", timeout=5)
        seen[level] = [
            {
                key.split(".")[2] if key.startswith("http.re") else ""
                for key in each.attributes
            }
            for each in calls(store)[before:]
        ]

    assert seen["off"] == []
    assert [{"header", "body"} & kinds for kinds in seen["calls"]] == [set()]
    assert [{"header", "body"} & kinds for kinds in seen["headers"]] == [{"header"}]
    assert [{"header", "body"} & kinds for kinds in seen["bodies"]] == [
        {"header", "body"}
    ]


def test_long_bodies_are_cut(store, server, wire) -> None:
    """
    `max_body_bytes` bounds what is kept of a body; its size is the whole one's.
    """
    configure(directory=store.directory, show="none", max_body_bytes=10)
    url = server.script("/x", wire.reply(200, b"a" * 100, "Content-Type: text/plain"))

    with test_span("a test"):
        requests.post(url, data="b" * 50, timeout=5)

    attributes = call(store).attributes
    assert (attributes[GOT], attributes["http.response.body.size"]) == ("a" * 10, 100)
    assert (attributes[SENT], attributes["http.request.body.size"]) == ("b" * 10, 50)
    assert attributes[CUT] is True
    assert attributes["otel_testkit.http.request.body.truncated"] is True


@pytest.mark.parametrize(
    ("framing", "stop"),
    [
        ("length", None),
        ("chunked", None),
        ("until closed", None),
        ("length", "closed"),
        ("length", "left"),
        ("length", "dropped"),
    ],
)
def test_a_long_body_is_counted(store, server, wire, framing, stop) -> None:
    """
    Of a body that is longer than is kept all bytes are counted that were read, and
    how it ended is told.
    """
    body = b"a" * 100_000
    head = wire.reply(200, b"", "Content-Type: text/plain", length=False)
    scripts = {
        "length": [head[:-2] + b"Content-Length: 100000\r\n\r\n", body],
        "chunked": [
            head[:-2] + wire.CHUNKED.encode() + b"\r\n\r\n",
            wire.chunk(body) + wire.chunk(b""),
        ],
        "until closed": [head, body, wire.CLOSE],
    }
    if stop == "dropped":
        scripts["length"] = [scripts["length"][0], body[:60_000], wire.CLOSE]
    url = server.script("/x", *scripts[framing])

    with test_span("a test"), requests.Session() as session:
        response = session.get(url, stream=True, timeout=5)
        if stop == "dropped":
            with contextlib.suppress(requests.RequestException):
                list(response.iter_content(1_000))
        elif stop:
            parts = response.iter_content(1_000)
            read = sum(len(next(parts)) for _ in range(50))
            assert read == 50_000
            if stop == "closed":
                response.close()
        else:
            assert body == b"".join(response.iter_content(1_000))

    found = call(store)
    assert {"dropped": 60_000, "closed": 50_000, "left": 50_000}.get(
        stop, 100_000
    ) == found.attributes["http.response.body.size"]
    assert found.attributes["otel_testkit.http.response.body.truncated"]
    assert 8_192 == len(found.attributes["http.response.body.content"])
    # 1.26 takes it for the end.
    is_told = stop == "dropped" and IS_2
    assert ("error.type" in found.attributes) is is_told


def test_a_long_body_that_breaks_while_another_error_is_handled(
    store, server, wire
) -> None:
    """
    Where a caller reads while it deals with an error, that one is not the body's.
    """
    whole = server.script("/whole", wire.reply(200, b"a" * 100_000))
    broken = server.script(
        "/broken",
        wire.reply(200, wire.chunk(b"a" * 100_000), wire.CHUNKED, length=False)[:-9],
        wire.CLOSE,
    )

    with test_span("a test"), requests.Session() as session:
        try:
            session.get(broken, timeout=5)
        except requests.RequestException:
            response = session.get(whole, stream=True, timeout=5)
            list(response.iter_content(1_000))

    errors = {
        each.attributes["url.full"].rpartition("/")[2]: "error.type" in each.attributes
        for each in calls(store)
    }
    assert errors == {"broken": True, "whole": False}


def test_a_response_is_of_its_class(store, server, wire, pool) -> None:
    """
    A response is called as its class, while it is read, and is of it at the end.
    """
    kind = urllib3.response.HTTPResponse
    url = server.script("/x", wire.reply(200, b"a" * 50_000))

    with test_span("a test"):
        response = pool.request("GET", url, preload_content=False)
        kinds = []
        for size in (1, 20_000, None):
            kinds.append(type(response))
            response.read(size)

    assert type(response) is kind
    assert {(kind.__name__, kind.__module__)} == {
        (each.__name__, each.__module__) for each in kinds
    }
    assert all(issubclass(each, kind) for each in kinds)


def test_a_long_body_in_many_chunks(store, server, wire) -> None:
    """
    However many chunks a body comes in, a response is watched by one class.
    """
    chunks = wire.chunk(b"a" * 10) * 5_000 + wire.chunk(b"")
    url = server.script("/x", wire.reply(200, chunks, wire.CHUNKED, length=False))

    with test_span("a test"), requests.Session() as session:
        response = session.get(url, stream=True, timeout=5)
        depths = set()
        for _ in response.iter_content(10):
            depths.add(len(type(response.raw).__mro__))

    assert max(depths) - min(depths) <= 2
    assert call(store).attributes["http.response.body.size"] >= 50_000


@pytest.mark.parametrize("ending", ["cut", "broken"])
def test_a_chunked_body_that_breaks(store, server, wire, ending) -> None:
    """
    A chunked body that ends too early is a failure, also through requests, and
    though urllib3 closes the response before it says so.
    """
    rest = b"5\r\nab" if ending == "cut" else b"nonsense\r\n"
    head = wire.reply(200, wire.chunk(b"whole") + rest, wire.CHUNKED, length=False)
    url = server.script("/x", head, wire.CLOSE)

    with test_span("a test"), pytest.raises(requests.RequestException):
        requests.get(url, timeout=5)

    found = call(store)
    assert "Error" in found.attributes["error.type"]
    assert found.status["code"] == 2


def test_mocks_of_reading(store, server, wire, monkeypatch, pool) -> None:
    """
    What a test puts in the place of a method is called as without us, and gone
    when it takes it away.
    """
    kind = urllib3.response.HTTPResponse
    url = server.script("/x", wire.reply(200, b"real"))

    def read() -> Any:
        return pool.request("GET", url, preload_content=False).read(9)

    with test_span("a test"):
        assert read() == b"real"
        with mock.patch.object(kind, "read", return_value=b"fake") as fake:
            assert read() == b"fake"
        assert read() == b"real"

    assert fake.call_args_list == [mock.call(9)]
