"""
A server on the loopback that does byte for byte as it is told, and remembers
byte for byte what it was sent.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import socket
import struct
import threading
import time
import warnings

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from otel_testkit.recording import capture


RESET = "RESET"
CLOSE = "CLOSE"
# Do nothing until the client has gone.
HANG = "HANG"


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


@pytest.fixture(autouse=True, scope="module")
def _rubbish_is_taken_out() -> Iterator[None]:
    yield
    # Some scenarios leave a response unread, in a cycle of its client's own: its
    # warning must not meet a test of something else.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(autouse=True)
def _taps_as_before() -> Iterator[None]:
    yield
    capture.install()
