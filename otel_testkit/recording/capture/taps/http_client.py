"""
The tap on http.client, and so on urllib.request and xmlrpc.client.

A call begins where a request's headers leave: in `endheaders`, which those who
send by hand call as well. Bodies are copied where they go to the socket, and in
the methods by which callers read them: nothing is ever read for us.
"""

from __future__ import annotations

import functools
import http.client
import sys

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final

from otel_testkit.errors import never_raises
from otel_testkit.recording.capture.body import passing
from otel_testkit.recording.capture.exchange import Exchange, begin
from otel_testkit.recording.capture.patch import Patches
from otel_testkit.recording.capture.taps.urllib3 import waiting
from otel_testkit.recording.capture.watching import Above, Watch
from otel_testkit.recording.clock import now
from otel_testkit.recording.span import current_test


_REQUEST: Final = "_otel_testkit_request"
# Not the attribute of urllib3's tap: that one sits on responses of http.client.
_CALL: Final = "_otel_testkit_call"
_TIMES: Final = "_otel_testkit_connecting"
_STARTED: Final = "Request-started"
_VERSIONS: Final = {10: "1.0", 11: "1.1"}

_patches: Final = Patches()
# The call whose response is being read: its methods call each other.
_reading: ContextVar[Exchange | None] = ContextVar("otel_testkit.reading", default=None)


class _Request:
    """
    A request whose headers have left, until its response is there.
    """

    __slots__ = ("exchange", "has_begun", "is_busy", "is_framed", "is_sending")

    def __init__(self, exchange: Exchange, *, is_framed: bool) -> None:
        self.exchange = exchange
        # Whether http.client puts a chunked body's framing around each part.
        self.is_framed = is_framed
        # Within a method of the connection, which may call others of it.
        self.is_busy = True
        self.is_sending = False
        self.has_begun = False


def set_on(module: Any) -> None:
    """
    Tap `http.client`.
    """
    name = module.__name__
    connection = module.HTTPConnection
    _patches.wrap(name, connection, "connect", _connect)
    _patches.wrap(
        name, getattr(module, "HTTPSConnection", None), "connect", _connect_securely
    )
    _patches.replace(name, connection, "endheaders", _endheaders)
    _patches.replace(name, connection, "send", _send)
    _patches.replace(name, connection, "getresponse", _getresponse)
    _patches.replace(name, connection, "close", _close_connection)


def remove(module: str) -> None:
    _patches.remove(module)


def _connect(wrapped: Any, connection: Any, args: Any, kwargs: Any) -> Any:
    __tracebackhide__ = True
    start = now()
    result = wrapped(*args, **kwargs)
    _connected(connection, now() - start, is_secure=False)

    return result


def _connect_securely(wrapped: Any, connection: Any, args: Any, kwargs: Any) -> Any:
    __tracebackhide__ = True
    start = now()
    result = wrapped(*args, **kwargs)
    _connected(connection, now() - start, is_secure=True)

    return result


@never_raises("capture", "the connection of a call was not recorded")
def _connected(connection: Any, time: int, *, is_secure: bool) -> None:
    if not current_test().is_recording or _is_of_urllib3(connection):
        return

    # The part without TLS is there already.
    before = vars(connection).get(_TIMES, ())[:1] if is_secure else ()
    vars(connection)[_TIMES] = (*before, time)


def _is_of_urllib3(connection: Any) -> bool:
    """
    Whether the tap on urllib3 sees what *connection* does.
    """
    theirs = getattr(sys.modules.get("urllib3.connection"), "HTTPConnection", ())

    awaited = waiting.get()

    return isinstance(connection, theirs) or (
        awaited is not None and awaited[1] is connection
    )


def _endheaders(original: Any) -> Any:
    @functools.wraps(original)
    def endheaders(connection: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        request = _begin(connection, kwargs)
        if request is None:
            return original(connection, *args, **kwargs)

        _requested(request, connection)
        try:
            result = original(connection, *args, **kwargs)
        except BaseException as error:
            _failed(connection, request, error)
            raise

        _sent(request, connection)

        return result

    return endheaders


@never_raises("capture", "a call through http.client was not recorded")
def _begin(connection: Any, kwargs: Any) -> _Request | None:
    if _is_of_urllib3(connection):
        return None
    # Otherwise it is about to complain.
    if getattr(connection, "_HTTPConnection__state", "") != _STARTED:
        return None

    method, _, rest = connection._buffer[0].decode("latin-1").partition(" ")  # noqa: SLF001  # the one place where all of it is
    tunnelled_to = connection._tunnel_host  # noqa: SLF001
    exchange = begin(
        method,
        "https" if connection.default_port == 443 else "http",
        tunnelled_to or connection.host,
        connection._tunnel_port if tunnelled_to else connection.port,  # noqa: SLF001
        rest.rpartition(" ")[0],
    )
    if exchange is None:
        return None

    is_framed = bool(kwargs.get("encode_chunked")) and connection._http_vsn == 11  # noqa: SLF001
    request = _Request(exchange, is_framed=is_framed)
    vars(connection)[_REQUEST] = request

    return request


@never_raises("capture", "a call through http.client was not recorded in full")
def _requested(request: _Request, connection: Any) -> None:
    _, *headers = connection._buffer  # noqa: SLF001  # see `_begin`
    exchange = request.exchange
    exchange.requested([header.partition(b": ")[::2] for header in headers])
    if exchange.may_propagate:
        # Past what a subclass does with the headers that it is given.
        http.client.HTTPConnection.putheader(
            connection, "traceparent", exchange.traceparent
        )


@never_raises("capture", "the connection of a call was not recorded")
def _sent(request: _Request, connection: Any) -> None:
    request.is_busy = False
    request.exchange.request_body.is_whole = True
    times = vars(connection).pop(_TIMES, None)
    connecting = times[0] / 1e9 if times else None
    securing = (times[1] - times[0]) / 1e9 if times and len(times) > 1 else None

    # Some have no socket, but something that does as if.
    getpeername = getattr(connection.sock, "getpeername", None)
    try:
        peer = getpeername() if getpeername else None
    except OSError:
        return

    if isinstance(peer, tuple):
        request.exchange.connected(
            peer[0], peer[1], connecting=connecting, securing=securing
        )


def _request(connection: Any) -> _Request | None:
    # Past a `__getattr__` of the program's.
    found: _Request | None = getattr(connection, "__dict__", {}).get(_REQUEST)

    return found


def _send(original: Any) -> Any:
    @functools.wraps(original)
    def send(connection: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        request = _request(connection)
        # Connecting may send something as well: to a proxy.
        if request is None or request.is_sending:
            return original(connection, *args, **kwargs)

        sent = _copied(request, args) or args
        request.is_sending = True
        try:
            return original(connection, *sent, **kwargs)
        except BaseException as error:
            _failed(connection, request, error)
            raise
        finally:
            request.is_sending = False

    return send


@never_raises("capture", "a request body was not recorded")
def _copied(request: _Request, args: Any) -> tuple[Any, ...]:
    exchange = request.exchange
    if not args or not exchange.keeps_bodies or exchange.is_over:
        return ()
    if not request.is_busy:
        # Sent by hand, and perhaps a file or an iterable.
        return (passing(args[0], exchange.request_body, "iso-8859-1"), *args[1:])
    if not request.has_begun:
        # The headers.
        request.has_begun = True
        return ()

    data = args[0]
    exchange.request_body.is_whole = False
    if request.is_framed:
        data = data[data.index(b"\r\n") + 2 : -2]
    exchange.request_body.add(data)

    return ()


def _getresponse(original: Any) -> Any:
    @functools.wraps(original)
    def getresponse(connection: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        request = _request(connection)
        if request is None:
            return original(connection, *args, **kwargs)

        request.is_busy = True
        try:
            response = original(connection, *args, **kwargs)
        except http.client.ResponseNotReady:
            # It has to read the response before it first.
            request.is_busy = False
            raise
        except BaseException as error:
            _failed(connection, request, error)
            raise

        _responded(connection, request, response)

        return response

    return getresponse


def _failed(connection: Any, request: _Request, error: BaseException) -> None:
    vars(connection).pop(_REQUEST, None)
    request.exchange.failed(error)


@never_raises("capture", "a response through http.client was not recorded")
def _responded(connection: Any, request: _Request, response: Any) -> None:
    vars(connection).pop(_REQUEST, None)
    exchange = request.exchange
    if not isinstance(response, http.client.HTTPResponse):
        # Of a class of the program's own.
        exchange.closed()
        return

    exchange.responded(
        response.status,
        response.headers.items(),
        _VERSIONS.get(response.version, ""),
    )
    vars(response)[_CALL] = exchange
    _watch.begin(response)
    _look_for_end(exchange, response)


def _look_for_end(exchange: Exchange, response: Any) -> None:
    if response.length != 0 and response.fp is not None:
        return

    vars(response).pop(_CALL, None)
    _watch.end(response)
    if response.length:
        # The server has sent less than it said.
        exchange.closed()
    else:
        exchange.complete()


def _close_connection(original: Any) -> Any:
    @functools.wraps(original)
    def close(connection: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        try:
            return original(connection, *args, **kwargs)
        finally:
            request = _request(connection)
            if request is not None and not request.is_busy:
                vars(connection).pop(_REQUEST, None)
                request.exchange.closed()

    return close


def _by(name: str, data_of: Callable[[Any, Any, Any], Any]) -> Callable[..., Any]:
    """
    Give the tap on the method *name* by which a response is read; *data_of* gives
    what was read, of its result and arguments.
    """

    def tapped(above: Above) -> Any:
        def read(response: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            real = getattr(above(response), name)
            exchange = vars(response).get(_CALL)
            if exchange is None or _reading.get() is exchange:
                return real(*args, **kwargs)

            token = _reading.set(exchange)
            try:
                result = real(*args, **kwargs)
            except BaseException as error:
                if isinstance(error, http.client.IncompleteRead):
                    # What came before the end that was missing.
                    exchange.received(error.partial, encoded=True)
                exchange.failed(error)
                raise
            finally:
                _reading.reset(token)

            _received(exchange, response, data_of, (result, args, kwargs))

            return result

        read.__name__ = name

        return read

    return tapped


@never_raises("capture", "a response body was not recorded")
def _received(
    exchange: Exchange,
    response: Any,
    data_of: Callable[[Any, Any, Any], Any],
    read: tuple[Any, Any, Any],
) -> None:
    exchange.received(data_of(*read), encoded=True)
    _look_for_end(exchange, response)


def _filled(size: Any, args: Any, kwargs: Any) -> Any:
    buffer = args[0] if args else next(iter(kwargs.values()))

    return memoryview(buffer).cast("B")[:size]


def _whole(data: Any, _args: Any, _kwargs: Any) -> Any:
    return data


def _close(above: Above) -> Any:
    def close(response: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        try:
            return above(response).close(*args, **kwargs)
        finally:
            _closed(response)

    return close


@never_raises("capture", "the end of a call was not recorded")
def _closed(response: Any) -> None:
    exchange = vars(response).pop(_CALL, None)
    _watch.end(response)
    if exchange is not None:
        exchange.closed()


_watch: Final = Watch(
    close=_close,
    read=_by("read", _whole),
    read1=_by("read1", _whole),
    readinto=_by("readinto", _filled),
    readline=_by("readline", _whole),
)
