"""
The tap on urllib3, and so on requests, botocore, elasticsearch and selenium.

`_make_request` is where each attempt goes to the wire, one call an attempt, in
1.26 as in 2.x. The body is copied in the methods by which callers read it: it
is never read for us, and never twice.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import weakref

from collections.abc import Callable, Generator
from contextvars import ContextVar
from typing import Any, Final

from otel_testkit.errors import never_raises
from otel_testkit.recording.capture.body import passing
from otel_testkit.recording.capture.exchange import Exchange, begin
from otel_testkit.recording.capture.patch import Patches
from otel_testkit.recording.capture.watching import Above, Watch
from otel_testkit.recording.clock import now


_ATTRIBUTE: Final = "_otel_testkit_exchange"
_PEER: Final = "_otel_testkit_peer"
# On a response while the next of its chunks is read.
_CHUNK: Final = "_otel_testkit_chunk"
_BREAKING: Final = "_error_catcher"
_VERSIONS: Final = {10: "1.0", 11: "1.1", 20: "2"}

_patches: Final = Patches()
_tapped: Final[set[str]] = set()
# The call that is waited for here, while its response is made, and by what
# connection.
waiting: ContextVar[tuple[Exchange, Any] | None] = ContextVar(
    "otel_testkit.waiting", default=None
)


def set_on(module: Any) -> None:
    """
    Tap `urllib3.connectionpool`.
    """
    # Loaded by *module*.
    from urllib3.connection import (  # noqa: PLC0415
        HTTPConnection,
        HTTPSConnection,
    )
    from urllib3.response import HTTPResponse  # noqa: PLC0415

    name = module.__name__
    _tapped.add(name)
    _patches.replace(name, module.HTTPConnectionPool, "_make_request", _make_request)
    _patches.wrap(name, module.HTTPSConnectionPool, "_prepare_proxy", _prepare_proxy)
    _patches.wrap(name, HTTPConnection, "connect", _connect)
    _patches.wrap(name, HTTPSConnection, "connect", _connect)
    _patches.replace(name, HTTPResponse, "__init__", _init)


def remove(module: str) -> None:
    _tapped.clear()
    _patches.remove(module)


def _make_request(original: Any) -> Any:
    @functools.wraps(original)
    def _make_request(pool: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        exchange = _begin(pool, args)
        if exchange is None:
            return original(pool, *args, **kwargs)

        sent = _sent(exchange, args, kwargs) or kwargs
        token = waiting.set((exchange, args[0]))
        try:
            response = original(pool, *args, **sent)
        except BaseException as error:
            exchange.failed(error)
            raise
        finally:
            waiting.reset(token)

        if not exchange.has_response:
            _responded(exchange, response)

        return response

    return _make_request


@never_raises("capture", "a call through urllib3 was not recorded")
def _begin(pool: Any, args: Any) -> Exchange | None:
    if len(args) < 3 or not _tapped:
        return None

    exchange = begin(args[1], pool.scheme, pool.host, pool.port, args[2])
    peer = getattr(args[0], _PEER, None)
    # A stand-in has every attribute.
    if exchange is not None and type(peer) is tuple and args[0].sock is not None:
        exchange.connected(*peer)

    return exchange


def _connect(wrapped: Any, connection: Any, args: Any, kwargs: Any) -> Any:
    __tracebackhide__ = True
    start = now()
    result = wrapped(*args, **kwargs)
    _connected(connection, now() - start)

    return result


@never_raises("capture", "the connection of a call was not recorded")
def _connected(connection: Any, time: int) -> None:
    peer = None
    # It may have gone already; and a stand-in need not tell.
    with contextlib.suppress(Exception):
        peer = connection.sock.getpeername()
    if not isinstance(peer, tuple):
        return

    # Asked for once a connection.
    setattr(connection, _PEER, peer[:2])
    awaited = waiting.get()
    if awaited is not None and awaited[1] is connection:
        awaited[0].connected(*peer[:2], connecting=time / 1e9)


def _prepare_proxy(wrapped: Any, pool: Any, args: Any, kwargs: Any) -> Any:
    __tracebackhide__ = True
    start = now()
    try:
        return wrapped(*args, **kwargs)
    except BaseException as error:
        # Otherwise the tunnel is a part of the request that goes through it.
        _without_tunnel(pool, start, error)
        raise


@never_raises("capture", "a failed tunnel was not recorded")
def _without_tunnel(pool: Any, start: int, error: BaseException) -> None:
    exchange = begin("CONNECT", pool.scheme, pool.host, pool.port, "/", start)
    if exchange is not None:
        exchange.failed(error)


@never_raises("capture", "a call through urllib3 was not recorded in full")
def _sent(exchange: Exchange, args: Any, kwargs: Any) -> dict[str, Any]:
    sent = dict(kwargs)
    headers = kwargs.get("headers")
    if headers is not None:
        pairs = tuple(headers.items())
        exchange.requested(pairs)
        # What stands in for a server compares the headers with those of a cassette.
        is_played = type(args[0]).__module__.startswith("vcr.")
        if exchange.may_propagate and not is_played:
            # A copy: the caller may send its own again.
            copied = _copied(headers, pairs, args[0])
            copied["traceparent"] = exchange.traceparent
            sent["headers"] = copied

    body = kwargs.get("body")
    if body is not None and exchange.keeps_bodies:
        # 1.26 leaves it to http.client, which takes texts for Latin-1.
        leaves = "retries" not in kwargs and not kwargs.get("chunked")
        sent["body"] = passing(
            body, exchange.request_body, "iso-8859-1" if leaves else "utf-8"
        )

    return sent


def _copied(headers: Any, pairs: tuple[Any, ...], connection: Any) -> Any:
    if type(connection).__module__ == "urllib3.connection":
        copied = dict(pairs)
        if len(copied) == len(pairs):
            # All that urllib3 does is to go through them; those of requests take
            # twenty times as long to copy.
            return copied

    return headers.copy()


def _init(original: Any) -> Any:
    @functools.wraps(original)
    def __init__(response: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807  # as the original
        # Before: in 2.x a body that is wanted at once is read in here.
        _made(response, kwargs)
        original(response, *args, **kwargs)

    return __init__


@never_raises("capture", "a response through urllib3 was not recorded")
def _made(response: Any, kwargs: Any) -> None:
    original = kwargs.get("original_response")
    awaited = waiting.get()
    if awaited is None or original is None:
        # In 1.26 it is made later, of what http.client gave.
        exchange = getattr(original, "__dict__", {}).pop(_ATTRIBUTE, None)
    elif awaited[0].has_response:
        return
    else:
        exchange = awaited[0]
        exchange.responded(
            kwargs["status"],
            # As they came: urllib3's own go through Python one by one.
            original.headers.raw_items(),
            _VERSIONS.get(kwargs.get("version", 0), ""),
        )
    if exchange is not None:
        vars(response)[_ATTRIBUTE] = exchange
        _reading.begin(response)


@never_raises("capture", "a response through urllib3 was not recorded")
def _responded(exchange: Exchange, response: Any) -> None:
    # 1.26 gives the response of http.client.
    exchange.responded(
        response.status,
        response.headers.items(),
        _VERSIONS.get(getattr(response, "version", 0), ""),
    )
    data = vars(response).get("_data")
    if isinstance(data, bytes):
        # That of HTTP/2, which has been read.
        exchange.received(data, encoded=True)
        exchange.complete()
    else:
        vars(response)[_ATTRIBUTE] = exchange


def _reads(name: str, *, is_kept: bool = True) -> Callable[[Above], Any]:
    """
    Give the tap on the method *name* by which a response is read; what is read is
    handed on where it *is_kept*, and an error is noted in any case.
    """

    def tapped(above: Above) -> Any:
        def read(response: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            try:
                data = getattr(above(response), name)(*args, **kwargs)
            except BaseException as error:
                _ended(response, error)
                raise

            if is_kept:
                _received(response, data, args, kwargs)

            return data

        read.__name__ = name

        return read

    return tapped


@never_raises("capture", "a response body was not recorded")
def _received(response: Any, data: Any, args: Any, kwargs: Any) -> None:
    exchange = vars(response).get(_ATTRIBUTE)
    if exchange is None:
        return

    if data:
        decode = args[1] if len(args) > 1 else kwargs.get("decode_content")
        if decode is None:
            decode = response.decode_content
        exchange.received(data, encoded=not decode)
    if _is_at_end(response):
        _ended(response)
    elif exchange.response_body.is_full and _reading.end(response):
        is_packed = getattr(response, "_decoder", None) is not None
        (_unpacking if is_packed else _passing).begin(response)
        exchange.count = functools.partial(_told, weakref.ref(response))


def _is_at_end(response: Any) -> bool:
    """
    Whether all of *response* came over the wire, and the caller has had it.
    """
    # 2.x decodes more than it was asked for, and keeps the rest.
    decoder = getattr(response, "_decoder", None)

    return (
        response._original_response.isclosed()  # noqa: SLF001  # no public name
        and not getattr(response, "_decoded_buffer", None)
        and not getattr(decoder, "has_unconsumed_tail", False)
    )


def _told(known: Callable[[], Any]) -> int:
    # Weakly known: the response knows the call.
    response = known()

    return 0 if response is None else int(response.tell())


@never_raises("capture", "the end of a response was not recorded")
def _ended(
    response: Any, error: BaseException | None = None, *, is_closed: bool = False
) -> None:
    exchange = vars(response).pop(_ATTRIBUTE, None)
    for watch in (_draining, _reading, _passing, _unpacking):
        watch.end(response)
    if exchange is None:
        return

    body = exchange.response_body
    if body.is_full:
        # Those parts were not counted, nor has urllib3 counted the last one yet.
        is_whole = getattr(response._original_response, "length", None) == 0  # noqa: SLF001  # see `_is_at_end`
        length = response.headers.get("content-length", "") if is_whole else ""
        body.size = max(
            body.size, response.tell(), int(length) if length.isdecimal() else 0
        )
        exchange.count = None
    if error is not None:
        exchange.failed(error)
    elif is_closed:
        exchange.closed()
    else:
        exchange.complete()


def _read_chunked(above: Above) -> Any:
    def read_chunked(response: Any, *args: Any, **kwargs: Any) -> Generator[bytes]:
        chunks = above(response).read_chunked(*args, **kwargs)
        while True:
            # urllib3 closes a response that has broken before it says so.
            vars(response)[_CHUNK] = True
            try:
                chunk = next(chunks)
            except StopIteration:
                break
            except BaseException as error:
                _ended(response, error)
                raise
            finally:
                vars(response).pop(_CHUNK, None)

            _received(response, chunk, args, kwargs)
            try:
                yield chunk
            except GeneratorExit:
                chunks.close()
                raise

        _ended(response)

    return read_chunked


def _drain_conn(above: Above) -> Any:
    def drain_conn(response: Any) -> Any:
        # Before a retry urllib3 reads the rest and throws it away, in 2.x by a
        # method of its own: the only sight of the answer that was retried.
        _draining.begin(response)
        try:
            return above(response).drain_conn()
        finally:
            _ended(response)

    return drain_conn


def _raw_read(above: Above) -> Any:
    def _raw_read(response: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            data = above(response)._raw_read(*args, **kwargs)  # noqa: SLF001  # see `_drain_conn`
        except BaseException as error:
            _ended(response, error)
            raise

        exchange = vars(response).get(_ATTRIBUTE)
        if exchange is not None:
            exchange.received(data, encoded=True)

        return data

    return _raw_read


def _close(above: Above) -> Any:
    def close(response: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return above(response).close(*args, **kwargs)
        finally:
            if _CHUNK not in vars(response):
                _ended(response, is_closed=True)

    return close


def _release_conn(above: Above) -> Any:
    def release_conn(response: Any, *args: Any, **kwargs: Any) -> Any:
        # What urllib3 does by itself at the end of a body, a broken one as well.
        _released(response)

        return above(response).release_conn(*args, **kwargs)

    return release_conn


@never_raises("capture", "the end of a response was not recorded")
def _released(response: Any) -> None:
    if not response._original_response.isclosed() or _CHUNK in vars(response):  # noqa: SLF001  # see `_is_at_end`
        return

    # On its way out of the response, and no further yet: otherwise it is one that
    # the caller was dealing with before.
    error = sys.exc_info()[1]
    trace = None if error is None else error.__traceback__
    is_breaking = trace is not None and trace.tb_frame.f_code.co_name == _BREAKING
    _ended(response, error if is_breaking else None)


_reading: Final = Watch(
    close=_close,
    drain_conn=_drain_conn,
    read=_reads("read"),
    read1=_reads("read1"),
    read_chunked=_read_chunked,
)
_draining: Final = Watch(_raw_read=_raw_read)
# How a long body goes on, of which we have what is kept: it is read in a thousand
# parts, and none of them comes by here.
_passing: Final = Watch(close=_close, release_conn=_release_conn)
# The same where it is unpacked: what cannot be is told by nobody else.
_unpacking: Final = Watch(
    close=_close,
    read=_reads("read", is_kept=False),
    read1=_reads("read1", is_kept=False),
    release_conn=_release_conn,
)
