"""
The tap on aiohttp's client, and so on aiobotocore and elasticsearch's async one.

A session asks its connector for a connection before each request that goes to
the wire: that is where a call begins, one a hop. Bodies are copied where they
pass on the wire's side: what is sent as it is written, what comes as it arrives.
So an answer that nobody reads, as before a retry, is there as well; and nothing
is ever read for us.
"""

from __future__ import annotations

import asyncio
import functools
import sys

from typing import Any, Final

from otel_testkit.errors import never_raises
from otel_testkit.recording.capture import operations
from otel_testkit.recording.capture.exchange import Exchange, begin
from otel_testkit.recording.capture.patch import Patches
from otel_testkit.recording.clock import now


_ATTRIBUTE: Final = "_otel_testkit_call"
_UNPACKS: Final = "_otel_testkit_unpacks"

_patches: Final = Patches()


class _Call:
    """
    A call, as the request, the connection and the response know it in their turn.
    """

    __slots__ = ("exchange", "interrupted", "is_packed", "length", "times")

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        # When each part of making the connection began and ended.
        self.times = {"begun": now()}
        # Of the request's body, as its header tells.
        self.length: str | None = None
        # Whether a content coding (gzip, …) is left on what arrives.
        self.is_packed = False
        # The id of the exception that took the caller out of waiting for more.
        self.interrupted = 0


def set_on(module: Any) -> None:
    """
    Tap `aiohttp.client`, and what it has loaded.
    """
    from aiohttp import (  # noqa: PLC0415  # loaded by *module*
        client_proto,
        client_reqrep,
        connector,
        http_writer,
        streams,
    )

    wrap = functools.partial(_patches.wrap, module.__name__)
    wrap(connector.BaseConnector, "connect", _connect)
    wrap(client_proto.ResponseHandler, "set_response_params", _set_response_params)
    wrap(client_reqrep.ClientRequest, "send", _send)
    wrap(http_writer.StreamWriter, "write_headers", _write_headers)
    wrap(http_writer.StreamWriter, "write", _write)
    wrap(http_writer.StreamWriter, "write_eof", _write_eof)
    wrap(client_reqrep.ClientResponse, "start", _start)
    wrap(client_reqrep.ClientResponse, "close", _close)
    wrap(client_reqrep.ClientResponse, "release", _close)
    wrap(streams.StreamReader, "feed_data", _feed_data)
    wrap(streams.StreamReader, "feed_eof", _feed_eof)
    wrap(streams.StreamReader, "set_exception", _set_exception)
    wrap(streams.StreamReader, "_wait", _wait)


def remove(module: str) -> None:
    _patches.remove(module)


@never_raises("capture", "a call through aiohttp was not recorded in full")
def _known(holder: Any) -> _Call | None:
    """
    Give the call that is going on over *holder*, if there is one.
    """
    found = getattr(holder, _ATTRIBUTE, None)

    # A mock has every attribute.
    return found if type(found) is _Call and not found.exchange.is_over else None


async def _connect(wrapped: Any, _connector: Any, args: Any, kwargs: Any) -> Any:
    __tracebackhide__ = True
    request = args[0] if args else kwargs.get("req")
    call = _begin(request)
    if call is None:
        return await wrapped(*args, **kwargs)

    try:
        return await wrapped(*args, **(_timed(call, kwargs) or kwargs))
    except BaseException as error:
        _not_connected(call, request, kwargs.get("timeout"), error)
        raise


@never_raises("capture", "a call through aiohttp was not recorded")
def _begin(request: Any) -> _Call | None:
    url = request.url
    # The hops of one operation have one timer. `ClientSession._request` cannot
    # be wrapped: where its warnings point to would be a line of ours.
    with operations.within(request._timer):  # noqa: SLF001  # see above
        exchange = begin(
            request.method,
            url.scheme,
            url.raw_host,
            url.port,
            url.raw_path_qs,
        )
    if exchange is None:
        return None

    call = _Call(exchange)
    setattr(request, _ATTRIBUTE, call)

    return call


@never_raises("capture", "the connection of a call was not recorded")
def _timed(call: _Call, kwargs: Any) -> dict[str, Any]:
    return {**kwargs, "traces": [*kwargs["traces"], _timing()(call)]}


@functools.cache
def _timing() -> Any:
    from aiohttp import tracing  # noqa: PLC0415  # loaded by who calls

    timing = tracing.TraceConfig()
    timing.on_connection_create_start.append(_noting("connecting"))
    timing.on_connection_create_end.append(_noting("connected"))
    timing.on_dns_resolvehost_start.append(_noting("resolving"))
    timing.on_dns_resolvehost_end.append(_noting("resolved"))
    timing.freeze()
    trace: Any = tracing.Trace

    # A session it would only hand on.
    return functools.partial(trace, None, timing)


def _noting(name: str) -> Any:
    async def note(_session: Any, call: _Call, _params: Any) -> None:
        call.times[name] = now()

    return note


@never_raises("capture", "the failure of a call was not recorded")
def _not_connected(
    call: _Call, request: Any, timeout: Any, error: BaseException
) -> None:
    delattr(request, _ATTRIBUTE)
    told = error
    if isinstance(error, asyncio.CancelledError) and _is_late(call, request, timeout):
        # A timer cancels; the session will make of it what the caller gets.
        told = TimeoutError()
        told.__cause__ = error
    call.exchange.failed(told)


def _is_late(call: _Call, request: Any, timeout: Any) -> bool:
    if getattr(request._timer, "_cancelled", False):  # noqa: SLF001  # no public name
        return True

    # Before 3.11 it is the session that minds this one.
    limit = getattr(timeout, "connect", None) or float("inf")

    return now() - call.times["begun"] >= limit * 1e9


def _set_response_params(wrapped: Any, protocol: Any, args: Any, kwargs: Any) -> Any:
    _note_unpacking(protocol, kwargs)

    return wrapped(*args, **kwargs)


@never_raises("capture", "a response body was not recorded")
def _note_unpacking(protocol: Any, kwargs: Any) -> None:
    setattr(protocol, _UNPACKS, kwargs.get("auto_decompress", True))


async def _send(wrapped: Any, request: Any, args: Any, kwargs: Any) -> Any:
    __tracebackhide__ = True
    call = _sending(request, args, kwargs)
    if call is None:
        return await wrapped(*args, **kwargs)

    try:
        return await wrapped(*args, **kwargs)
    except BaseException as error:
        call.exchange.failed(error)
        raise


@never_raises("capture", "a call through aiohttp was not recorded")
def _sending(request: Any, args: Any, kwargs: Any) -> _Call | None:
    call = vars(request).pop(_ATTRIBUTE, None)
    if call is None:
        return None

    connection = args[0] if args else kwargs["conn"]
    setattr(connection.protocol, _ATTRIBUTE, call)
    # What aiohttp packs is copied before that.
    call.exchange.request_body.is_encoded = not request.compress
    _connected(call, request, connection.transport)

    return call  # type: ignore[no-any-return]  # put there by `_begin`


@never_raises("capture", "the connection of a call was not recorded")
def _connected(call: _Call, request: Any, transport: Any) -> None:
    peer = transport and transport.get_extra_info("peername")
    if not isinstance(peer, tuple):
        return

    times = call.times
    resolving = connecting = None
    if "resolved" in times:
        resolving = (times["resolved"] - times["resolving"]) / 1e9
    if "connected" in times and not request.is_ssl():
        # With TLS there is no telling them apart.
        connecting = (times["connected"] - times["connecting"]) / 1e9
        connecting -= resolving or 0
    call.exchange.connected(*peer[:2], resolving=resolving, connecting=connecting)


def _write_headers(wrapped: Any, writer: Any, args: Any, kwargs: Any) -> Any:
    call = _known(getattr(writer, "protocol", None))
    if call is None or len(args) < 2:
        return wrapped(*args, **kwargs)

    return wrapped(*(_written(call, *args) or args), **kwargs)


@never_raises("capture", "a call through aiohttp was not recorded in full")
def _written(call: _Call, line: Any, headers: Any) -> Any:
    exchange = call.exchange
    call.length = headers.get("Content-Length")
    exchange.requested(headers.items())
    if not exchange.may_propagate:
        return None

    # A copy: the caller may look at what it has sent, or send it again.
    copied = headers.copy()
    copied["traceparent"] = exchange.traceparent

    return line, copied


def _write(wrapped: Any, writer: Any, args: Any, kwargs: Any) -> Any:
    _passed(writer, args, kwargs, at_end=False)

    return wrapped(*args, **kwargs)


def _write_eof(wrapped: Any, writer: Any, args: Any, kwargs: Any) -> Any:
    _passed(writer, args, kwargs, at_end=True)

    return wrapped(*args, **kwargs)


@never_raises("capture", "a request body was not recorded")
def _passed(writer: Any, args: Any, kwargs: Any, *, at_end: bool) -> None:
    call = _known(getattr(writer, "protocol", None))
    if call is None or not call.exchange.keeps_bodies:
        return

    body = call.exchange.request_body
    data = args[0] if args else kwargs.get("chunk")
    if data:
        body.add(data)
    # A server may answer before aiohttp has closed the file that it sent.
    body.is_whole = at_end or str(body.size) == call.length


async def _start(wrapped: Any, response: Any, args: Any, kwargs: Any) -> Any:
    __tracebackhide__ = True
    connection = args[0] if args else kwargs.get("connection")
    protocol = getattr(connection, "protocol", None)
    call = _known(protocol)
    if call is None:
        return await wrapped(*args, **kwargs)

    try:
        result = await wrapped(*args, **kwargs)
    except BaseException as error:
        _not_started(call, protocol, error)
        raise

    _started(call, response, protocol)

    return result


@never_raises("capture", "the failure of a call was not recorded")
def _not_started(call: _Call, protocol: Any, error: BaseException) -> None:
    call.exchange.failed(error)
    _forget(call, protocol)


@never_raises("capture", "a response through aiohttp was not recorded")
def _started(call: _Call, response: Any, protocol: Any) -> None:
    exchange, content = call.exchange, response.content
    setattr(response, _ATTRIBUTE, call)
    version = response.version
    exchange.responded(
        response.status, response.headers.items(), f"{version.major}.{version.minor}"
    )
    call.is_packed = not getattr(protocol, _UNPACKS, True) or not _can_unpack(
        response.headers.get("Content-Encoding", "")
    )
    # What came together with the headers.
    for data in getattr(content, "_buffer", ()):
        exchange.received(data, encoded=call.is_packed)

    error = content.exception()
    if error is not None:
        exchange.failed(error)
    elif content.is_eof() or response.status == 101:
        exchange.complete()
    if exchange.is_over:
        _forget(call, protocol)


def _can_unpack(coding: str) -> bool:
    known = coding.lower()
    if known == "zstd":
        from aiohttp import compression_utils  # noqa: PLC0415  # loaded by who calls

        return hasattr(compression_utils, "ZSTDDecompressor")

    return known in ("", "gzip", "deflate", "br")


def _forget(call: _Call, *holders: Any) -> None:
    for holder in holders:
        held = getattr(holder, "__dict__", {})
        if held.get(_ATTRIBUTE) is call:
            del held[_ATTRIBUTE]


def _arriving(content: Any) -> _Call | None:
    """
    Give the call whose answer comes in by *content*, once its headers are there.
    """
    # One answer at a time comes over a connection.
    call = _known(getattr(content, "_protocol", None))

    return call if call is not None and call.exchange.has_response else None


def _feed_data(wrapped: Any, content: Any, args: Any, kwargs: Any) -> Any:
    _arrived(content, args)

    return wrapped(*args, **kwargs)


@never_raises("capture", "a response body was not recorded")
def _arrived(content: Any, args: Any) -> None:
    call = _arriving(content)
    if call is not None and args:
        call.exchange.received(args[0], encoded=call.is_packed)


def _feed_eof(wrapped: Any, content: Any, args: Any, kwargs: Any) -> Any:
    _at_end(content)

    return wrapped(*args, **kwargs)


@never_raises("capture", "the end of a call was not recorded")
def _at_end(content: Any) -> None:
    call = _arriving(content)
    if call is not None:
        call.exchange.complete()
        _forget(call, content._protocol)  # noqa: SLF001  # see `_arriving`


def _set_exception(wrapped: Any, content: Any, args: Any, kwargs: Any) -> Any:
    _broken(content, args)

    return wrapped(*args, **kwargs)


@never_raises("capture", "the failure of a call was not recorded")
def _broken(content: Any, args: Any) -> None:
    call = _arriving(content)
    if call is not None and args and isinstance(args[0], BaseException):
        call.exchange.failed(args[0])
        _forget(call, content._protocol)  # noqa: SLF001  # see `_arriving`


async def _wait(wrapped: Any, content: Any, args: Any, kwargs: Any) -> Any:
    __tracebackhide__ = True
    try:
        return await wrapped(*args, **kwargs)
    except BaseException as error:
        _interrupted(content, error)
        raise


@never_raises("capture", "the failure of a call was not recorded")
def _interrupted(content: Any, error: BaseException) -> None:
    call = _arriving(content)
    if call is None:
        return

    if isinstance(error, TimeoutError):
        call.exchange.failed(error)
    else:
        # Who was cancelled may still read on, or else will close.
        call.interrupted = id(error)


def _close(wrapped: Any, response: Any, args: Any, kwargs: Any) -> Any:
    _closing(response)

    return wrapped(*args, **kwargs)


@never_raises("capture", "the end of a call was not recorded")
def _closing(response: Any) -> None:
    call = _known(response)
    # The response may be kept for long.
    vars(response).pop(_ATTRIBUTE, None)
    if call is None:
        return

    error = sys.exception()
    if error is not None and id(error) == call.interrupted:
        call.exchange.failed(error)
    else:
        call.exchange.closed()
    _forget(call, getattr(response, "_protocol", None))
