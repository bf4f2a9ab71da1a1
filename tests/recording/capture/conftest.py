"""
A server on the loopback that does byte for byte as it is told, and remembers
byte for byte what it was sent.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import socket
import struct
import threading
import time

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import urllib3

from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from otel_testkit import configure, test_span
from otel_testkit.recording import capture


RESET = "RESET"
CLOSE = "CLOSE"
# Do nothing until the client has gone.
HANG = "HANG"
RETRY = Retry(total=2, backoff_factor=0, status_forcelist=[503], allowed_methods=None)


@dataclass(frozen=True)
class Received:
    """
    A request as it came in; *body* has its framing still on.
    """

    connection: int
    line: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """
        The value of the header *name*, if it was sent.
        """
        return {key.lower(): value for key, value in self.headers}.get(name)


class Server:
    """
    Answers each path with the scripts set for it, one after the other, the last
    for ever.

    A script is bytes to send, seconds to wait, and what to do in the end.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._scripts: dict[str, list[tuple[Any, ...]]] = {}
        self._threads: list[threading.Thread] = []
        self._stopped = threading.Event()
        self._open: set[socket.socket] = set()
        self.reset()
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def reset(self) -> None:
        """
        Forget scripts and requests; connections are counted from 0 again.
        """
        self._scripts.clear()
        self.received: list[Received] = []
        self._connections = itertools.count()

    def script(self, path: str, *parts: Any) -> str:
        """
        Add a script for *path*, and give the URL.
        """
        self._scripts.setdefault(path, []).append(parts)

        return self.url + path

    def stop(self) -> None:
        """
        End all.
        """
        self._stopped.set()
        self._listener.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return

            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.add(connection)
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        number = next(self._connections)
        with connection, connection.makefile("rb") as file:
            with contextlib.suppress(OSError, ValueError):
                while request := _read_request(file, number):
                    self.received.append(request)
                    if not self._play(connection, self._next(request)):
                        break
            self._open.discard(connection)

    def _next(self, request: Received) -> tuple[Any, ...]:
        path = request.line.split()[1].partition("?")[0]
        scripts = self._scripts.get(path)
        if scripts is None:
            return (reply(404),)

        return scripts.pop(0) if len(scripts) > 1 else scripts[0]

    def _play(self, connection: socket.socket, script: tuple[Any, ...]) -> bool:
        for part in script:
            if isinstance(part, bytes):
                connection.sendall(part)
            elif isinstance(part, float):
                time.sleep(part)
            elif part == HANG:
                connection.recv(1)
                return False
            elif part == RESET:
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                return False
            elif part == CLOSE:
                return False

        return True


def _read_request(file: Any, number: int) -> Received | None:
    line = file.readline().decode("latin-1").strip()
    if not line:
        return None

    headers = []
    while header := file.readline().decode("latin-1").rstrip("\r\n"):
        name, _, value = header.partition(": ")
        headers.append((name, value))
    known = {name.lower(): value for name, value in headers}

    body = b""
    if known.get("transfer-encoding") == "chunked":
        while True:
            size = file.readline()
            data = file.read(int(size, 16) + 2)
            body += size + data
            if data == b"\r\n":
                break
    elif "content-length" in known:
        body = file.read(int(known["content-length"]))

    return Received(number, line, tuple(headers), body)


def reply(
    status: int = 200, body: bytes = b"", *headers: str, length: bool = True
) -> bytes:
    """
    A response, its length told unless *length* is False.
    """
    lines = [f"HTTP/1.1 {status} Said", *headers]
    if length and status not in (204, 304):
        lines.append(f"Content-Length: {len(body)}")

    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def chunk(data: bytes) -> bytes:
    """
    A chunk of a chunked body; the last one is empty.
    """
    return b"%x\r\n%b\r\n" % (len(data), data)


@dataclass(frozen=True)
class Wire:
    """
    What scripts are made of; here since conftest modules cannot be imported.
    """

    RESET: str = RESET
    CLOSE: str = CLOSE
    HANG: str = HANG
    JSON: str = "Content-Type: application/json"
    CHUNKED: str = "Transfer-Encoding: chunked"

    reply = staticmethod(reply)
    chunk = staticmethod(chunk)


@pytest.fixture(scope="session")
def wire() -> Wire:
    """
    The words of which a server's scripts are made.
    """
    return Wire()


@pytest.fixture(scope="session")
def _server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def server(_server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """
    The server, with no scripts yet.
    """
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    _server.reset()

    return _server


@pytest.fixture(autouse=True)
def _taps_as_before() -> Iterator[None]:
    yield
    capture.install()


def seen(response: Any) -> Any:
    """
    All that a caller sees of a response of requests.
    """
    history = [
        (each.status_code, dict(each.headers), each.content)
        for each in response.history
    ]

    return (
        response.status_code,
        response.reason,
        list(response.headers.items()),
        response.content,
        response.encoding,
        response.url,
        history,
        type(response.raw).__name__,
        dict(response.request.headers).keys() - {"traceparent"},
    )


def raw(response: Any, data: Any = None) -> Any:
    """
    All that a caller sees of a response of urllib3, its bytes read as *data*.
    """
    return (
        response.status,
        response.reason,
        list(response.headers.items()),
        response.data if data is None else data,
        response.tell(),
        response.closed,
    )


def _exceptions(error: BaseException | None) -> list[tuple[str, str]]:
    links = []
    while error is not None:
        said = re.sub(r" at 0x[0-9a-f]+|object \d+", "", str(error))
        links.append((type(error).__qualname__, said))
        error = error.__cause__ or error.__context__

    return links


def _played(play: Callable[..., Any], server: Any, wire: Any) -> tuple[Any, Any]:
    server.reset()
    with requests.Session() as session, requests.Session() as retrying:
        retrying.mount("http://", HTTPAdapter(max_retries=RETRY))
        with urllib3.PoolManager(retries=3) as pool:
            known = SimpleNamespace(
                url=server.url + "/",
                server=server,
                wire=wire,
                session=session,
                retrying=retrying,
                pool=pool,
                seen=seen,
                raw=raw,
            )
            try:
                result = ("gave", play(known))
            except NameError:
                # Of the scenario itself.
                raise
            except Exception as error:
                result = ("raised", _exceptions(error))

    first = min((each.connection for each in server.received), default=0)
    return result, [
        (
            each.connection - first,
            each.line,
            [pair for pair in each.headers if pair[0].lower() != "traceparent"],
            each.body,
        )
        for each in server.received
    ]


@pytest.fixture(params=["alone", "instrumented"])
def company(request: Any) -> Iterator[str]:
    """
    Whether OpenTelemetry's own instrumentations are on, too.
    """
    if request.param == "alone":
        yield "alone"
        return

    reason = "opentelemetry-instrumentation-{requests,urllib3} are NOT INSTALLED"
    name = "opentelemetry.instrumentation"
    of_requests = pytest.importorskip(f"{name}.requests", reason=reason)
    of_urllib3 = pytest.importorskip(f"{name}.urllib3", reason=reason)
    instrumentors = (
        of_requests.RequestsInstrumentor(),
        of_urllib3.URLLib3Instrumentor(),
    )
    for instrumentor in instrumentors:
        instrumentor.instrument()
    yield "instrumented"
    for instrumentor in instrumentors:
        instrumentor.uninstrument()


@pytest.fixture
def same_bytes(
    store: Any, server: Server, wire: Wire, company: str
) -> Callable[..., None]:
    """
    Plays a scenario with the taps off and on, and compares what the caller and
    the server have seen.
    """

    def compare(play: Callable[..., Any], *, propagate: bool) -> None:
        configure(directory=store.directory, show="none", propagate=propagate)
        capture.remove()
        with test_span("without"):
            expected = _played(play, server, wire)
        capture.install()
        with test_span("with"):
            actual = _played(play, server, wire)

        assert expected[0] == actual[0]
        assert expected[1] == actual[1]
        if company == "alone":
            sent = {each.header("traceparent") is not None for each in server.received}
            assert sent <= {propagate}
        assert [
            each
            for each in store.spans()
            if each.kind == 3 and each.scope == "otel_testkit"
        ]

    return compare
