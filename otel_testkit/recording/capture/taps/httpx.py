"""
The tap on httpx, sync and async.

A transport is where each attempt goes out, one call an attempt: to the wire, to
an app in the same process, or to a mock. Bodies are copied in the streams that
httpx iterates: they are never read for us, and never twice.
"""

from __future__ import annotations

import functools
import sys

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Final

import wrapt

from otel_testkit.errors import never_raises
from otel_testkit.recording.capture import operations
from otel_testkit.recording.capture.exchange import Exchange, begin
from otel_testkit.recording.capture.patch import Patches
from otel_testkit.recording.clock import now


_WIRE: Final = "httpx._transports.default"
_MOCK: Final = "httpx._transports.mock"
_TRANSPORTS: Final = {
    _WIRE: ("HTTPTransport", "AsyncHTTPTransport"),
    "httpx._transports.asgi": ("ASGITransport",),
    "httpx._transports.wsgi": ("WSGITransport",),
    _MOCK: ("MockTransport",),
}
_PORTS: Final = {"http": 80, "https": 443}
# Of the events of httpcore, whatever part of it tells them.
_HEARD: Final = frozenset(
    {
        "connect_tcp.started",
        "connect_tcp.complete",
        "connect_unix_socket.started",
        "connect_unix_socket.complete",
        "start_tls.started",
        "start_tls.complete",
        "retry.started",
        "retry.complete",
        "send_request_headers.started",
    }
)

_patches: Final = Patches()


def set_on(module: Any) -> None:
    """
    Tap the transports in *module*.
    """
    name = module.__name__

    def handle(wrapped: Any, transport: Any, args: Any, kwargs: Any) -> Any:
        __tracebackhide__ = True
        call = _begin(name, transport, args, kwargs)
        if call is None:
            return wrapped(*args, **kwargs)

        with call:
            response = wrapped(call.sent)
        call.responded(response)

        return response

    async def async_handle(wrapped: Any, transport: Any, args: Any, kwargs: Any) -> Any:
        __tracebackhide__ = True
        call = _begin(name, transport, args, kwargs, is_async=True)
        if call is None:
            return await wrapped(*args, **kwargs)

        with call:
            response = await wrapped(call.sent)
        call.responded(response)

        return response

    for owner_name in _TRANSPORTS[name]:
        owner = getattr(module, owner_name, None)
        _patches.wrap(name, owner, "handle_request", handle)
        _patches.wrap(name, owner, "handle_async_request", async_handle)


def remove(module: str) -> None:
    _patches.remove(module)


@never_raises("capture", "a call through httpx was not recorded")
def _begin(
    place: str, transport: Any, args: Any, kwargs: Any, *, is_async: bool = False
) -> _Call | None:
    import httpx  # noqa: PLC0415  # loaded by who calls

    request = args[0] if args else kwargs.get("request")
    if not isinstance(request, httpx.Request) or not request.url.host:
        return None

    url = request.url
    begins = functools.partial(
        begin,
        request.method,
        url.scheme,
        url.raw_host.decode("ascii"),
        url.port or _PORTS.get(url.scheme),
        url.raw_path.decode("ascii"),
    )
    exchange = begins()
    if exchange is None:
        return None

    if place == _WIRE and _is_replaced(transport, is_async=is_async):
        place = _MOCK

    return _Call(request, exchange, begins, place, is_async=is_async)


def _is_replaced(transport: Any, *, is_async: bool) -> bool:
    """
    Tell if somebody has put a method of his own into httpcore, as respx does to
    show tests what comes there.
    """
    pool = type(getattr(transport, "_pool", None))
    method = getattr(pool, f"handle_{'async_' * is_async}request", None)

    return _is_of_httpcore(pool) and not _is_of_httpcore(method)


def _is_of_httpcore(thing: Any) -> bool:
    return str(thing.__module__).partition(".")[0] == "httpcore"


class _Call:
    """
    A request on its way through a transport, while it is entered.
    """

    __slots__ = (
        "_begins",
        "_given",
        "_is_async",
        "_operation",
        "_place",
        "_request",
        "exchange",
        "is_located",
        "sent",
    )

    def __init__(
        self,
        request: Any,
        exchange: Exchange,
        begins: Callable[[], Exchange | None],
        place: str,
        *,
        is_async: bool,
    ) -> None:
        self.exchange = exchange
        # What the transport gets: a copy where it is to say more.
        self.sent = request
        # Whether it is known who is at the other end.
        self.is_located: bool = False
        self._request = request
        self._begins = begins
        self._place = place
        self._is_async = is_async
        self._operation: Any = None
        self._given: dict[str, Any] = {}

    def __enter__(self) -> None:
        self._prepare()
        if self._place != _WIRE:
            # What an app or a mock asks in its turn is no attempt of ours.
            self._operation = operations.set_aside()

    def __exit__(
        self, _kind: object, error: BaseException | None, _traceback: object
    ) -> None:
        if self._place != _WIRE:
            operations.end(self._operation)
        self._put_back()
        # They know the trace, and that knows this.
        self.sent = None
        self._given = {}
        if error is not None:
            _stopped(self.exchange, error)

    @never_raises("capture", "a call through httpx was not recorded in full")
    def _prepare(self) -> None:
        self._requested()
        # The handler of a mock gets the caller's own, and may keep it.
        if self._place == _MOCK:
            return

        request = self._request
        sent: Any = object.__new__(type(request))
        vars(sent).update(vars(request))
        if self.exchange.keeps_bodies and not _is_at_hand(request.stream):
            sent.stream = _Tee(request.stream, _SentBody(self))
        if self._place == _WIRE:
            trace = _Trace(self, request.extensions, is_async=self._is_async)
            sent.extensions = {**request.extensions, "trace": trace}
        if self.exchange.may_propagate:
            # Not by `copy`: it fixes the encoding of the caller's own.
            sent.headers = type(request.headers)(request.headers)
            sent.headers["traceparent"] = self.exchange.traceparent
        self._given = dict(vars(sent))
        self.sent = sent

    def _requested(self) -> None:
        self.exchange.requested(self._request.headers.raw)
        stream = self._request.stream
        if self.exchange.keeps_bodies and _is_at_hand(stream):
            for part in stream:
                self.exchange.request_body.add(part)

    @never_raises("capture", "a request body was not recorded")
    def _put_back(self) -> None:
        request, body = self._request, self.exchange.request_body
        if self._place == _MOCK:
            if self.exchange.keeps_bodies and not body.size:
                body.add(vars(request).get("_content", b""))
            return

        # What the transport read is there for the caller, too.
        for name, value in vars(self.sent).items():
            if self._given and self._given.get(name) is not value:
                setattr(request, name, value)

    def again(self) -> None:
        """
        Begin the next attempt to connect: all of them are one call of a transport.
        """
        exchange = self._begins()
        if exchange is not None:
            self.exchange = exchange
            self._requested()

    def reached(self, stream: Any, **seconds: Any) -> None:
        """
        Note who is at the other end of the network's *stream*.
        """
        address = _server_address(stream)
        if address is not None:
            self.is_located = True
            self.exchange.connected(*address, **seconds)

    @never_raises("capture", "a response through httpx was not recorded")
    def responded(self, response: Any) -> None:
        exchange, extensions = self.exchange, response.extensions
        version = extensions.get("http_version", b"").decode("ascii", "replace")
        exchange.responded(
            response.status_code, response.headers.raw, version.removeprefix("HTTP/")
        )
        if not self.is_located and "network_stream" in extensions:
            self.reached(extensions["network_stream"])

        content = vars(response).get("_content")
        if content is None:
            response.stream = _Tee(response.stream, exchange)
        else:
            # That of a mock, which has been decoded.
            exchange.received(content)
            exchange.complete()


def _is_at_hand(stream: Any) -> bool:
    import httpx  # noqa: PLC0415  # loaded by who calls

    return type(stream) is httpx.ByteStream


def _server_address(stream: Any) -> tuple[str, int | None] | None:
    try:
        address = stream.get_extra_info("server_addr")
    except OSError:
        # Gone already.
        return None

    if isinstance(address, tuple):
        return address[0], address[1]

    return (address, None) if isinstance(address, str) and address else None


def _stopped(exchange: Exchange | _SentBody, error: BaseException) -> None:
    if isinstance(error, GeneratorExit):
        # Nobody awaits it any more.
        exchange.closed()
    else:
        exchange.failed(error)


class _Trace:
    """
    The trace extension of httpcore: it hears of connections and of attempts to
    make one; the caller's hears all that it would.
    """

    __slots__ = ("_call", "_is_async", "_since", "_stale", "_theirs")

    def __init__(self, call: _Call, extensions: Any, *, is_async: bool) -> None:
        self._call = call
        self._theirs = extensions.get("trace")
        self._is_async = is_async
        self._since = 0
        # The `traceparent` that is in the headers, if it names an earlier attempt.
        self._stale = b""

    def __call__(self, name: str, info: Any) -> Any:
        event = name.partition(".")[2]
        if event in _HEARD:
            self._hear(event, info)
        if self._theirs is not None:
            return self._theirs(name, info)

        return _nothing() if self._is_async else None

    @never_raises("capture", "the connection of a call was not recorded")
    def _hear(self, event: str, info: Any) -> None:
        call = self._call
        if event == "retry.started":
            # Told while the error of the attempt before is handled.
            error = sys.exc_info()[1]
            if error is not None:
                call.exchange.failed(error)
        elif event == "retry.complete":
            self._stale = self._stale or call.exchange.traceparent.encode()
            call.again()
        elif event == "send_request_headers.started":
            if self._stale:
                self._renew(info["request"].headers)
        elif event.endswith(".started"):
            self._since = now()
        else:
            took = (now() - self._since) / 1e9
            part = "securing" if event.startswith("start_tls") else "connecting"
            call.reached(info["return_value"], **{part: took})

    def _renew(self, headers: list[tuple[bytes, bytes]]) -> None:
        for index, (name, value) in enumerate(headers):
            if value == self._stale:
                headers[index] = (name, self._call.exchange.traceparent.encode())


async def _nothing() -> None:
    pass


class _SentBody:
    """
    Hears of a request's body what an exchange hears of the response's.
    """

    __slots__ = ("_call",)

    def __init__(self, call: _Call) -> None:
        self._call = call
        call.exchange.request_body.is_whole = False

    @never_raises("capture", "a request body was not recorded")
    def received(self, data: Any, *, encoded: bool) -> None:  # noqa: ARG002  # as an exchange's
        # What is no part of a body is for httpx to complain of.
        if isinstance(data, (bytes, bytearray, memoryview)):
            self._call.exchange.request_body.add(data)

    def complete(self) -> None:
        self._call.exchange.request_body.is_whole = True

    def failed(self, _: BaseException) -> None:
        """
        Nothing: it comes out of the transport as well.
        """

    def closed(self) -> None:
        """
        Nothing: it stays as whole as it is.
        """


class _Tee(wrapt.ObjectProxy):  # type: ignore[type-arg]  # generic in the stubs alone
    """
    A stream that tells what passes.
    """

    def __init__(self, stream: Any, told: Exchange | _SentBody) -> None:
        super().__init__(stream)
        self._self_told = told

    def __iter__(self) -> Iterator[Any]:
        return _Parts(iter(self.__wrapped__), self._self_told)

    def __aiter__(self) -> AsyncIterator[Any]:
        return _AsyncParts(aiter(self.__wrapped__), self._self_told)

    def close(self) -> Any:
        try:
            return self.__wrapped__.close()
        finally:
            self._self_told.closed()

    async def aclose(self) -> Any:
        try:
            return await self.__wrapped__.aclose()
        finally:
            self._self_told.closed()


class _Parts:
    """
    The parts of a stream. No generator: one that is dropped ends at once, and
    one of the caller's that is in it must do so when it would.
    """

    __slots__ = ("_parts", "_told")

    def __init__(self, parts: Any, told: Any) -> None:
        self._parts = parts
        self._told = told

    def __getattr__(self, name: str) -> Any:
        return getattr(self._parts, name)

    def __iter__(self) -> _Parts:
        return self

    def __next__(self) -> Any:
        __tracebackhide__ = True
        try:
            part = next(self._parts)
        except StopIteration:
            self._told.complete()
            raise
        except BaseException as error:
            self._told.failed(error)
            raise

        self._told.received(part, encoded=True)

        return part


class _AsyncParts(_Parts):
    __slots__ = ()

    def __aiter__(self) -> _AsyncParts:
        return self

    async def __anext__(self) -> Any:
        __tracebackhide__ = True
        try:
            part = await anext(self._parts)
        except StopAsyncIteration:
            self._told.complete()
            raise
        except BaseException as error:
            _stopped(self._told, error)
            raise

        self._told.received(part, encoded=True)

        return part
