"""
What is recorded of the sockets that websockets opens.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import socket
import threading

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from otel_testkit import configure, errors, test_span
from otel_testkit.recording import capture
from otel_testkit.recording.capture import body, exchange
from otel_testkit.recording.capture.taps import websockets as tap


websockets = pytest.importorskip("websockets", reason="websockets is NOT INSTALLED")
# Old ones load it when somebody else has.
pytest.importorskip("websockets.exceptions")

STATUS = "http.response.status_code"
RESENT = "http.request.resend_count"
GOT = "http.response.body.content"
TEXT = "Content-Type: text/plain"


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


def _async_client(name: str) -> Callable[..., Any]:
    def opened(url: str, headers: Any = None, wait: float = 5) -> Any:
        async def run() -> Any:
            module = importlib.import_module(name)
            given = "extra_headers" if "legacy" in name else "additional_headers"
            connect = module.connect(url, open_timeout=wait, **{given: headers})
            async with connect as connection:
                await connection.send("a secret word")
                said = await connection.recv()
                if "legacy" in name:
                    return said, connection.request_headers, connection.response_headers
                request, response = connection.request, connection.response
                return said, request.headers, response.headers

        return asyncio.run(run())

    return opened


def _sync_client(url: str, headers: Any = None, wait: float = 5) -> Any:
    from websockets.sync.client import connect

    with connect(url, open_timeout=wait, additional_headers=headers) as connection:
        connection.send("a secret word")
        said = connection.recv()

        return said, connection.request.headers, connection.response.headers


@pytest.fixture(params=["asyncio", "sync", "legacy"])
def opened(request: Any) -> Callable[..., Any]:
    """
    Opens a socket, says something, and gives the answer and both sides' headers.
    """
    if request.param == "sync":
        return _sync_client

    name = f"websockets.{request.param}.client"
    if request.param == "asyncio" and websockets.__version__ < "13":
        pytest.skip(f"this websockets has NO {name}")

    return _async_client(name)


@pytest.fixture(autouse=True)
def _deprecated() -> Iterator[None]:
    import warnings

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        yield


@pytest.fixture
def echo() -> Iterator[tuple[str, list[Any]]]:
    """
    The URL of a server that says again what it is told, and the headers it got.
    """
    from websockets.sync.server import serve

    asked: list[Any] = []

    def say_again(connection: Any) -> None:
        asked.append(connection.request.headers)
        for message in connection:
            connection.send(message)

    with serve(say_again, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}", asked
        server.shutdown()
        thread.join()


def test_an_opening_is_a_call(store, opened, echo) -> None:
    """
    The handshake is one CLIENT span with status 101; what is said afterwards is
    not recorded.
    """
    url, _ = echo

    with test_span("a test"):
        said, _, _ = opened(f"{url}/chat?a=b", {"X-Mine": "1"})

    assert said == "a secret word"
    found = call(store)
    assert found.name == "GET"
    assert found.parent_id == store.span("a test").span_id
    assert {
        "http.request.method": "GET",
        "url.full": f"{url}/chat?a=b",
        "server.address": "127.0.0.1",
        "server.port": int(url.rpartition(":")[2]),
        "network.peer.address": "127.0.0.1",
        "http.request.header.x-mine": ["1"],
        STATUS: 101,
    }.items() <= found.attributes.items()
    assert "http.response.header.sec-websocket-accept" in found.attributes
    assert found.status == {}
    assert "a secret word" not in store.text()


@pytest.mark.parametrize("propagate", [True, False])
def test_traceparent_names_the_call(store, opened, echo, propagate) -> None:
    """
    The server gets the ids of the call's span; the caller sees them nowhere.
    """
    configure(directory=store.directory, show="none", propagate=propagate)
    url, asked = echo
    mine = {"X-Mine": "1"}

    with test_span("a test"):
        _, requested, _ = opened(url, mine)

    found = call(store)
    expected = f"00-{found.trace_id}-{found.span_id}-01" if propagate else None
    assert asked[0].get("traceparent") == expected
    assert "traceparent" not in requested
    assert mine == {"X-Mine": "1"}


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"traceparent": "00-aa-bb-01"}, ""),
        ({"Authorization": "AWS4-HMAC-SHA256 Credential=A/2/eu/s3/aws4_request"}, ""),
        ({}, "?X-Amz-Signature=abc"),
    ],
    ids=["the caller's", "signed", "presigned"],
)
def test_headers_that_stay_as_they_are(store, opened, echo, headers, query) -> None:
    """
    Where a header more could do harm, or is there already, none is added.
    """
    url, asked = echo

    with test_span("a test"):
        opened(f"{url}/{query}", headers)

    assert asked[0].get_all("traceparent") == [
        value for name, value in headers.items() if name == "traceparent"
    ]
    assert call(store).attributes[STATUS] == 101


def test_the_same_to_both_sides(store, opened, echo) -> None:
    """
    Server and caller see the same headers with the taps off and on.
    """
    url, asked = echo
    sides = []
    for tapped in (False, True):
        (capture.install if tapped else capture.remove)()
        with test_span("a test"):
            _, requested, responded = opened(url, [("Z", "1"), ("A", "2")])
        sides.append(
            [
                [name for name, _ in side.raw_items() if name != "traceparent"]
                for side in (asked[-1], requested, responded)
            ]
        )

    assert sides[0] == sides[1]
    assert len(calls(store)) == 1


def test_a_refusal(store, server, wire, opened) -> None:
    """
    A server that refuses has its say in the call: status, and body where the
    client reads it.
    """
    url = server.script("/x", wire.reply(403, b"not you", TEXT), wire.CLOSE)

    with test_span("a test"):
        try:
            opened(url.replace("http", "ws"))
        except websockets.exceptions.InvalidHandshake as error:
            raised = error

    found = call(store)
    assert "403" in str(raised)
    assert (found.attributes[STATUS], found.attributes["error.type"]) == (403, "403")
    if "legacy" not in type(raised).__module__ and "Code" not in type(raised).__name__:
        assert found.attributes[GOT] == "not you"


def test_a_redirect(store, server, wire, opened) -> None:
    """
    Where a client follows a redirect, each hop is a call, the second resent.
    """
    url = server.script("/x", wire.reply(302, b"", "Location: /y"), wire.CLOSE)
    server.script("/y", wire.reply(403, b"not you", TEXT), wire.CLOSE)

    with test_span("a test"):
        with pytest.raises(websockets.exceptions.InvalidHandshake) as raised:
            opened(url.replace("http", "ws"))

    hops = [
        (each.attributes[STATUS], each.attributes.get(RESENT)) for each in calls(store)
    ]
    assert hops == [(302, None), (403, 1)][: 2 if "403" in str(raised.value) else 1]


@pytest.mark.parametrize("what", ["HANG", "CLOSE", "rubbish"])
def test_failures_on_the_wire(store, server, wire, opened, what) -> None:
    """
    What goes wrong before there is an answer is the call's error, as the caller
    gets it.
    """
    script = (b"rubbish\r\n\r\n", wire.CLOSE) if what == "rubbish" else (what,)
    url = server.script("/x", *script)

    with test_span("a test"):
        try:
            opened(url.replace("http", "ws"), wait=0.1)
        except Exception as error:
            raised = error

    found = call(store)
    assert found.attributes["error.type"].endswith(type(raised).__name__)
    assert STATUS not in found.attributes
    assert found.events


def test_an_answer_that_is_no_handshake(store, server, wire, opened) -> None:
    """
    A 101 that does not hold what a handshake needs is a failure.
    """
    upgrade = ("Upgrade: websocket", "Connection: Upgrade")
    url = server.script("/x", wire.reply(101, b"", *upgrade, length=False), wire.CLOSE)

    with test_span("a test"), pytest.raises(websockets.exceptions.InvalidHandshake):
        opened(url.replace("http", "ws"))

    assert call(store).attributes["error.type"].endswith("InvalidHeader")


def test_a_refused_connection(store, opened, request) -> None:
    """
    A connection that is refused is a call with the error of the system.
    """
    is_async = "asyncio" in request.node.name
    if not is_async and (
        "sync" not in request.node.name or websockets.__version__ < "17"
    ):
        pytest.skip("of this client NO CONNECTION that is refused is seen")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with test_span("a test"), pytest.raises(OSError, match=r"refused|failed"):
        opened(f"ws://127.0.0.1:{port}/")

    assert call(store).attributes["error.type"] == "ConnectionRefusedError"
    assert call(store).attributes["url.full"] == f"ws://127.0.0.1:{port}/"


FAULTS = [
    (tap, "begin"),
    (tap, "_sent_headers"),
    (exchange, "resend_count"),
    (exchange.Exchange, "__init__"),
    (exchange, "written_headers"),
    (exchange.Exchange, "_end"),
    (body.BodyCopy, "text"),
]


@pytest.mark.parametrize(
    ("owner", "name"), FAULTS, ids=[f"{o.__name__}.{n}" for o, n in FAULTS]
)
def test_a_fault_of_ours(
    store, server, wire, opened, echo, monkeypatch, owner, name
) -> None:
    """
    Where one of our own functions raises, the caller notices nothing, and one
    trouble is noted at most.
    """
    url, _ = echo
    refused = server.script("/x", wire.reply(403, b"no", TEXT), wire.CLOSE)

    def story() -> Any:
        said, headers, _ = opened(url)
        with pytest.raises(websockets.exceptions.InvalidHandshake) as raised:
            opened(refused.replace("http", "ws"))
        return said, [name for name, _ in headers.raw_items()], str(raised.value)

    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    with test_span("as it should be"):
        expected = story()
    monkeypatch.setattr(owner, name, broken)
    with test_span("a test"):
        actual = story()
    monkeypatch.undo()

    assert expected == actual
    assert len(errors.troubles()) <= 1


def _alive() -> set[int]:
    gc.collect()

    return {id(each) for each in gc.get_objects() if type(each) is exchange.Exchange}


def test_nothing_is_kept_of_a_call_that_is_over(store, opened, echo) -> None:
    """
    What was opened holds on to no call of ours.
    """
    url, _ = echo
    before = _alive()

    with test_span("a test") as test:
        opened(url)
        assert not test._parts
        assert _alive() <= before


def test_remove_and_install(store, opened, echo) -> None:
    """
    `remove` takes every tap off, `install` puts each on again, once.
    """
    url, _ = echo
    capture.remove()
    with test_span("without"):
        opened(url)
    assert calls(store) == []

    capture.install()
    capture.install()
    with test_span("with"):
        opened(url)
    assert len(calls(store)) == 1
