"""
An OTLP/HTTP collector that behaves as it is told, and remembers what it was sent.

How it behaves is a function of an `Exchange`: see `behaviours`. Each request takes
the next of the behaviours set, the last one stays.
"""

from __future__ import annotations

import contextlib
import gzip
import random
import socket
import ssl
import struct
import threading
import time
import zlib

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)


TRACES = "/v1/traces"
LOGS = "/v1/logs"
_UNPACK: Mapping[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "identity": bytes,
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
}


@dataclass(frozen=True, slots=True)
class Span:
    """
    A span as it came in; ids in hexadecimal, times in nanoseconds.
    """

    id: str
    trace_id: str
    parent: str
    name: str
    kind: int
    start: int
    end: int
    status: int
    message: str
    attributes: dict[str, Any]
    resource: dict[str, Any]
    scope: str
    events: tuple[tuple[int, str, dict[str, Any]], ...]
    links: tuple[tuple[str, str, dict[str, Any]], ...]


@dataclass(frozen=True, slots=True)
class Log:
    """
    A log record as it came in.
    """

    time: int
    body: Any
    severity: str
    trace_id: str
    span_id: str
    logger: str
    attributes: dict[str, Any]
    resource: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """
    A request as it came in; *body* unpacked, *size* what was on the wire.

    Whoever sent a request that is not *taken* has every right to send it again.
    """

    path: str
    headers: dict[str, str]
    body: bytes
    size: int
    time: float
    taken: bool

    def spans(self) -> Iterator[Span]:
        if not self.path.endswith(TRACES):
            return

        for resource in ExportTraceServiceRequest.FromString(self.body).resource_spans:
            attributes = _attributes(resource.resource.attributes)
            for scope in resource.scope_spans:
                for span in scope.spans:
                    yield _span(span, attributes, scope.scope.name)

    def logs(self) -> Iterator[Log]:
        if not self.path.endswith(LOGS):
            return

        for resource in ExportLogsServiceRequest.FromString(self.body).resource_logs:
            attributes = _attributes(resource.resource.attributes)
            for scope in resource.scope_logs:
                for record in scope.log_records:
                    yield Log(
                        record.time_unix_nano,
                        _value(record.body),
                        record.severity_text,
                        record.trace_id.hex(),
                        record.span_id.hex(),
                        scope.scope.name,
                        _attributes(record.attributes),
                        attributes,
                    )


class Exchange:
    """
    One request under way, and all that can be done about it.
    """

    def __init__(self, handler: BaseHTTPRequestHandler, collector: Collector) -> None:
        self._handler = handler
        self.collector = collector
        self.path = handler.path
        self.size = int(handler.headers.get("Content-Length") or 0)
        self._body = b""

    def read(self, most: int | None = None) -> None:
        """
        Read the body, or *most* bytes of it.
        """
        self._body = self._handler.rfile.read(self.size if most is None else most)

    def note(self, *, taken: bool) -> None:
        """
        Remember the request; *taken*: as one whose content we now have.
        """
        headers = {key.lower(): value for key, value in self._handler.headers.items()}
        unpack = _UNPACK[headers.get("content-encoding", "")]
        whole = len(self._body) == self.size
        self.collector.requests.append(
            Request(
                self.path,
                headers,
                unpack(self._body) if whole else b"",
                self.size,
                time.monotonic(),
                taken,
            )
        )

    def answer(
        self, status: int = 200, body: bytes = b"", headers: Mapping[str, str] = {}
    ) -> None:
        self._handler.send_response(status)
        kind = {"Content-Type": "application/x-protobuf"}
        length = {"Content-Length": str(len(body))}
        for name, value in {**kind, **length, **headers}.items():
            self._handler.send_header(name, value)
        self._handler.end_headers()
        self._handler.wfile.write(body)

    def send(self, text: bytes) -> None:
        """
        Send *text* as it is, and close the connection when the exchange is over.
        """
        self._handler.close_connection = True
        self._handler.wfile.write(text)
        self._handler.wfile.flush()

    def reset(self) -> None:
        """
        End the connection with a RST.
        """
        self._handler.close_connection = True
        linger = struct.pack("ii", 1, 0)
        connection = self._handler.connection
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        # Below TLS, which would say goodbye, and whatever else still holds it.
        socket.socket(fileno=connection.detach()).close()

    def wait(self, seconds: float = 120.0) -> None:
        """
        Wait, but not for longer than the collector is up.
        """
        self._handler.close_connection = True
        self.collector.went_down.wait(seconds)


Behaviour = Callable[[Exchange], None]


class Collector:
    """
    Listens on the loopback, on the same port each time that it is up.
    """

    def __init__(self, default: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self._default = default
        self._behaviours: list[Behaviour] = [default]
        self._tls = tls
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self.requests: list[Request] = []
        self.went_down = threading.Event()
        self.port = 0
        self.up()

    @property
    def url(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """
        How many were made since it came up.
        """
        return self._server.connections if self._server else 0

    def behave(self, *behaviours: Behaviour) -> None:
        """
        Behave like this from the next request on.
        """
        with self._lock:
            self._behaviours = list(behaviours) or [self._default]

    def spans(self) -> list[Span]:
        """
        All that it took, those that came twice twice.
        """
        return [span for one in self._taken() for span in one.spans()]

    def logs(self) -> list[Log]:
        return [log for one in self._taken() for log in one.logs()]

    def sent_twice(self) -> list[str]:
        """
        The ids of the spans that it took more than once.
        """
        counts = Counter(span.id for span in self.spans())

        return [span_id for span_id, count in counts.items() if count > 1]

    def down(self) -> None:
        """
        Refuse connections, and cut those that there are.
        """
        server, self._server = self._server, None
        self.went_down.set()
        if server is not None:
            server.shutdown()
            server.server_close()
            server.cut()

    def up(self) -> None:
        self.went_down = threading.Event()
        self._server = server = self._listen()
        server.collector, server.tls = self, self._tls
        self.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def _listen(self) -> _Server:
        if self.port:
            return _Server(("127.0.0.1", self.port), _Handler)

        while True:
            # None that a connection of somebody's gets while this is down.
            with contextlib.suppress(OSError):
                port = random.randrange(20_000, 32_000)
                return _Server(("127.0.0.1", port), _Handler)

    def next_behaviour(self) -> Behaviour:
        with self._lock:
            if len(self._behaviours) > 1:
                return self._behaviours.pop(0)

            return self._behaviours[0]

    def _taken(self) -> list[Request]:
        return [request for request in list(self.requests) if request.taken]


class _Server(ThreadingHTTPServer):
    collector: Collector
    tls: ssl.SSLContext | None = None
    request_queue_size = 128
    block_on_close = False

    def __init__(self, *args: Any) -> None:
        self.connections = 0
        self._open: set[socket.socket] = set()
        super().__init__(*args)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        with contextlib.suppress(OSError):  # of a handshake
            if self.tls is not None:
                request = self.tls.wrap_socket(request, server_side=True)
            self._open.add(request)
            super().process_request_thread(request, client_address)
        self._open.discard(request)
        request.close()

    def cut(self) -> None:
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """
        Say nothing: that the other side goes away is what many tests are about.
        """


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        collector = self.server.collector
        collector.next_behaviour()(Exchange(self, collector))

    # Those who follow a redirect may do so with another method.
    do_GET = do_POST  # noqa: N815  # http.server calls it so

    def log_message(self, *_: Any) -> None:
        pass


def _span(span: Any, resource: dict[str, Any], scope: str) -> Span:
    return Span(
        span.span_id.hex(),
        span.trace_id.hex(),
        span.parent_span_id.hex(),
        span.name,
        span.kind,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        span.status.code,
        span.status.message,
        _attributes(span.attributes),
        resource,
        scope,
        tuple(
            (event.time_unix_nano, event.name, _attributes(event.attributes))
            for event in span.events
        ),
        tuple(
            (link.trace_id.hex(), link.span_id.hex(), _attributes(link.attributes))
            for link in span.links
        ),
    )


def _attributes(pairs: Iterable[Any]) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return _attributes(value.kvlist_value.values)

    return getattr(value, kind)
