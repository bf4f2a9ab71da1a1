"""
The tap on the clients of websockets: the opening handshake, as a call.

What is said over the socket afterwards is not recorded.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import functools

from contextvars import ContextVar
from typing import Any, Final

from otel_testkit.errors import never_raises
from otel_testkit.recording.capture.exchange import Exchange, begin
from otel_testkit.recording.capture.patch import Patches
from otel_testkit.recording.clock import now


_ATTRIBUTE: Final = "_otel_testkit_exchange"
_START: Final = "_otel_testkit_start"

_patches: Final = Patches()
# A handshake that was cancelled, until the client says what that means.
_cancelled: ContextVar[Exchange | None] = ContextVar(
    "otel_testkit.cancelled_handshake", default=None
)


def set_on(module: Any) -> None:
    """
    Tap a module of websockets that has a client, or what all clients share.
    """
    name = module.__name__
    wrap = functools.partial(_patches.wrap, name)
    if name == "websockets.client":
        wrap(module.ClientProtocol, "send_request", _send_request)
    elif name == "websockets.legacy.client":
        wrap(module.WebSocketClientProtocol, "handshake", _legacy_handshake)
        wrap(module.WebSocketClientProtocol, "write_http_request", _write_http_request)
        wrap(module.WebSocketClientProtocol, "read_http_response", _read_http_response)
        # The outer one, where there are two, knows of the timeout.
        outer = "__await_impl_timeout__"
        is_there = hasattr(module.Connect, outer)
        wrap(module.Connect, outer if is_there else "__await_impl__", _connect)
    elif name == "websockets.sync.client":
        wrap(module.ClientConnection, "handshake", _handshake)
        opener = getattr(module, "reconnect", None)
        wrap(opener, "open_socket", _open)
        wrap(opener, "enable_tls", _open)
    else:
        wrap(module.ClientConnection, "handshake", _async_handshake)
        # Each is called as in some versions.
        wrap(module.connect, "open_tcp_connection", _async_open)
        wrap(module.connect, "create_connection", _async_open)
        wrap(module.connect, "connect", _connect)
        wrap(module.connect, "__await_impl__", _connect)


def remove(module: str) -> None:
    _patches.remove(module)


@never_raises("capture", "a handshake through websockets was not recorded")
def _begin(holder: Any, uri: Any, start: int = 0) -> Exchange | None:
    exchange = begin(
        "GET",
        "wss" if uri.secure else "ws",
        uri.host,
        uri.port,
        uri.resource_name,
        start,
    )
    if exchange is not None and holder is not None:
        setattr(holder, _ATTRIBUTE, exchange)

    return exchange


@never_raises("capture", "a call through websockets was not recorded in full")
def _known(holder: Any) -> Exchange | None:
    found = getattr(holder, _ATTRIBUTE, None)

    return found if type(found) is Exchange and not found.is_over else None


def _open(wrapped: Any, opener: Any, args: Any, kwargs: Any) -> Any:
    __tracebackhide__ = True
    start = now()
    try:
        return wrapped(*args, **kwargs)
    except BaseException as error:
        _not_opened(opener, start, error)
        raise


async def _async_open(wrapped: Any, opener: Any, args: Any, kwargs: Any) -> Any:
    __tracebackhide__ = True
    start = now()
    try:
        connection = await wrapped(*args, **kwargs)
    except BaseException as error:
        _not_opened(opener, start, error)
        raise

    with contextlib.suppress(AttributeError):
        setattr(connection, _START, start)

    return connection


@never_raises("capture", "a handshake through websockets was not recorded")
def _not_opened(opener: Any, start: int, error: BaseException) -> None:
    from websockets.uri import parse_uri  # noqa: PLC0415  # loaded by who calls

    exchange = _begin(None, parse_uri(opener.uri), start)
    if exchange is not None:
        _failed(exchange, error)


def _failed(exchange: Exchange, error: BaseException) -> None:
    if isinstance(error, asyncio.CancelledError):
        # Most often a timeout, as which the caller will get it.
        _cancelled.set(exchange)
    else:
        exchange.failed(error)


async def _connect(wrapped: Any, _opener: Any, args: Any, kwargs: Any) -> Any:
    __tracebackhide__ = True
    try:
        return await wrapped(*args, **kwargs)
    except BaseException as error:
        _given_up(error)
        raise


@never_raises("capture", "the failure of a call was not recorded")
def _given_up(error: BaseException) -> None:
    exchange = _cancelled.get()
    if exchange is not None:
        _cancelled.set(None)
        exchange.failed(error)


def _handshake(wrapped: Any, connection: Any, args: Any, kwargs: Any) -> Any:
    __tracebackhide__ = True
    exchange = _handshake_begins(connection)
    if exchange is None:
        return wrapped(*args, **kwargs)

    try:
        result = wrapped(*args, **kwargs)
    except BaseException as error:
        _handshake_ends(exchange, connection, error)
        raise

    _handshake_ends(exchange, connection)

    return result


async def _async_handshake(
    wrapped: Any, connection: Any, args: Any, kwargs: Any
) -> Any:
    __tracebackhide__ = True
    exchange = _handshake_begins(connection)
    if exchange is None:
        return await wrapped(*args, **kwargs)

    try:
        result = await wrapped(*args, **kwargs)
    except BaseException as error:
        _handshake_ends(exchange, connection, error)
        raise

    _handshake_ends(exchange, connection)

    return result


@never_raises("capture", "a handshake through websockets was not recorded")
def _handshake_begins(connection: Any) -> Exchange | None:
    protocol = connection.protocol
    uri = getattr(protocol, "uri", None) or protocol.wsuri
    exchange = _begin(protocol, uri, vars(connection).pop(_START, 0))
    if exchange is not None:
        _connected(exchange, connection)

    return exchange


@never_raises("capture", "the connection of a call was not recorded")
def _connected(exchange: Exchange, connection: Any) -> None:
    # The socket may be gone already.
    with contextlib.suppress(OSError):
        peer = connection.remote_address
        if isinstance(peer, tuple):
            exchange.connected(*peer[:2])


def _send_request(wrapped: Any, protocol: Any, args: Any, kwargs: Any) -> Any:
    exchange = _known(protocol)
    if exchange is None or not args:
        return wrapped(*args, **kwargs)

    return wrapped(_requested(exchange, args[0]) or args[0], *args[1:], **kwargs)


@never_raises("capture", "a call through websockets was not recorded in full")
def _requested(exchange: Exchange, request: Any) -> Any:
    headers = _sent_headers(exchange, request.headers)
    if headers is None:
        return None

    # A copy: the caller can look at its own.
    sent = copy.copy(request)
    sent.headers = headers

    return sent


def _sent_headers(exchange: Exchange, headers: Any) -> Any:
    exchange.requested(headers.raw_items())
    if not exchange.may_propagate:
        return None

    copied = headers.copy()
    copied["traceparent"] = exchange.traceparent

    return copied


@never_raises("capture", "a response through websockets was not recorded")
def _handshake_ends(
    exchange: Exchange, connection: Any, error: BaseException | None = None
) -> None:
    vars(connection.protocol).pop(_ATTRIBUTE, None)
    response = connection.response
    if response is not None:
        headers = response.headers.raw_items()
        exchange.responded(response.status_code, headers, "1.1")
        exchange.received(response.body, encoded=True)

    is_refused = response is not None and response.status_code != 101
    if error is None or is_refused:
        exchange.complete()
    else:
        _failed(exchange, error)


async def _legacy_handshake(wrapped: Any, protocol: Any, args: Any, kwargs: Any) -> Any:
    __tracebackhide__ = True
    exchange = _begin(protocol, args[0] if args else kwargs.get("wsuri"))
    if exchange is None:
        return await wrapped(*args, **kwargs)

    _connected(exchange, protocol)
    try:
        result = await wrapped(*args, **kwargs)
    except BaseException as error:
        _failed(exchange, error)
        raise

    exchange.complete()

    return result


def _write_http_request(wrapped: Any, protocol: Any, args: Any, kwargs: Any) -> Any:
    exchange = _known(protocol)
    if exchange is None or len(args) < 2:
        return wrapped(*args, **kwargs)

    result = wrapped(*(_written(exchange, *args) or args), **kwargs)
    # Where the caller looks at its own.
    protocol.request_headers = args[1]

    return result


@never_raises("capture", "a call through websockets was not recorded in full")
def _written(exchange: Exchange, path: Any, headers: Any) -> Any:
    sent = _sent_headers(exchange, headers)

    return None if sent is None else (path, sent)


async def _read_http_response(
    wrapped: Any, protocol: Any, args: Any, kwargs: Any
) -> Any:
    __tracebackhide__ = True
    result = await wrapped(*args, **kwargs)
    _legacy_responded(protocol, result)

    return result


@never_raises("capture", "a response through websockets was not recorded")
def _legacy_responded(protocol: Any, result: Any) -> None:
    exchange = _known(protocol)
    if exchange is None:
        return

    status, headers = result
    exchange.responded(status, headers.raw_items(), "1.1")
    if status != 101:
        # Refused, or sent elsewhere; its body is not read by anybody.
        exchange.closed()
