"""
The tap on urllib3, and so on requests, botocore, elasticsearch and selenium.

`_make_request` is where each attempt goes to the wire, one call an attempt, in
1.26 as in 2.x. The body is copied in the methods by which callers read it: it
is never read for us, and never twice.
"""

from __future__ import annotations

import re

from collections.abc import Generator
from contextvars import ContextVar
from typing import Any, Final

from otel_testkit.errors import never_raises
from otel_testkit.recording.capture.body import passing
from otel_testkit.recording.capture.exchange import Exchange, begin
from otel_testkit.recording.capture.patch import Patches
from otel_testkit.recording.clock import now


_ATTRIBUTE: Final = "_otel_testkit_exchange"
_VERSIONS: Final = {10: "1.0", 11: "1.1", 20: "2"}
_SIGNED_URL: Final = re.compile(
    r"[?&](?:X-(?:Amz|Goog)-Signature|AWSAccessKeyId|GoogleAccessId)=", re.IGNORECASE
)

_patches: Final = Patches()
# The call that this thread is waiting for, while its response is made.
_waiting: ContextVar[Exchange | None] = ContextVar("otel_testkit.waiting", default=None)


def set_on(module: Any) -> None:
    """
    Tap `urllib3.connectionpool`.
    """
    from urllib3.response import HTTPResponse  # noqa: PLC0415  # loaded by *module*

    name = module.__name__
    _patches.wrap(name, module.HTTPConnectionPool, "_make_request", _make_request)
    _patches.wrap(name, module.HTTPSConnectionPool, "_prepare_proxy", _prepare_proxy)
    _patches.wrap(name, HTTPResponse, "__init__", _init)
    _patches.wrap(name, HTTPResponse, "read", _read)
    _patches.wrap(name, HTTPResponse, "read1", _read)
    _patches.wrap(name, HTTPResponse, "read_chunked", _read_chunked)
    _patches.wrap(name, HTTPResponse, "drain_conn", _drain_conn)
    _patches.wrap(name, HTTPResponse, "close", _close)


def remove(module: str) -> None:
    _patches.remove(module)


def _make_request(wrapped: Any, pool: Any, args: Any, kwargs: Any) -> Any:
    __tracebackhide__ = True
    exchange = _begin(pool, args)
    if exchange is None:
        return wrapped(*args, **kwargs)

    sent = _sent(exchange, args, kwargs) or kwargs
    token = _waiting.set(exchange)
    try:
        response = wrapped(*args, **sent)
    except BaseException as error:
        exchange.failed(error)
        raise
    finally:
        _waiting.reset(token)

    if not exchange.has_response:
        _responded(exchange, response)

    return response


@never_raises("capture", "a call through urllib3 was not recorded")
def _begin(pool: Any, args: Any) -> Exchange | None:
    if len(args) < 3:
        return None

    return begin(args[1], pool.scheme, pool.host, pool.port, args[2])


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
        exchange.requested(headers.items())
        if exchange.may_propagate and not _is_signed(args[0], args[2]):
            # A copy: the caller may send its own again.
            copied = headers.copy()
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


def _is_signed(connection: Any, target: str) -> bool:
    """
    Whether a header more might spoil a signature that is not in the headers.
    """
    if type(connection).__module__.startswith("botocore."):
        return True

    return "=" in target and _SIGNED_URL.search(target) is not None


def _init(wrapped: Any, _response: Any, args: Any, kwargs: Any) -> Any:
    # In 2.x a body that is wanted at once is read in here.
    exchange = _waiting.get()
    if exchange is not None and not exchange.has_response:
        _made(exchange, kwargs)

    return wrapped(*args, **kwargs)


@never_raises("capture", "a response through urllib3 was not recorded")
def _made(exchange: Exchange, kwargs: Any) -> None:
    original = kwargs.get("original_response")
    if original is not None:
        exchange.responded(
            kwargs["status"],
            kwargs["headers"].items(),
            _VERSIONS.get(kwargs.get("version", 0), ""),
        )
        setattr(original, _ATTRIBUTE, exchange)


@never_raises("capture", "a response through urllib3 was not recorded")
def _responded(exchange: Exchange, response: Any) -> None:
    # 1.26 gives the response of http.client, and wraps it later.
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
        setattr(response, _ATTRIBUTE, exchange)


def _exchange(response: Any) -> Exchange | None:
    original = getattr(response, "_original_response", None)
    found = getattr(original, _ATTRIBUTE, None)

    # A mock has every attribute.
    return found if type(found) is Exchange and not found.is_over else None


def _read(wrapped: Any, response: Any, args: Any, kwargs: Any) -> Any:
    __tracebackhide__ = True
    exchange = _exchange(response)
    if exchange is None:
        return wrapped(*args, **kwargs)

    try:
        data = wrapped(*args, **kwargs)
    except BaseException as error:
        exchange.failed(error)
        raise

    _received(exchange, response, data, args, kwargs)

    return data


@never_raises("capture", "a response body was not recorded")
def _received(
    exchange: Exchange, response: Any, data: Any, args: Any, kwargs: Any
) -> None:
    if data:
        decode = args[1] if len(args) > 1 else kwargs.get("decode_content")
        if decode is None:
            decode = response.decode_content
        exchange.received(data, encoded=not decode)
    if _is_at_end(response):
        exchange.complete()


def _is_at_end(response: Any) -> bool:
    """
    Whether all of *response* came over the wire, and the caller has had it.
    """
    # 2.x decodes more than it was asked for, and keeps the rest.
    decoder = getattr(response, "_decoder", None)

    return (
        response._original_response.isclosed()  # noqa: SLF001  # see above
        and not getattr(response, "_decoded_buffer", None)
        and not getattr(decoder, "has_unconsumed_tail", False)
    )


def _read_chunked(wrapped: Any, response: Any, args: Any, kwargs: Any) -> Any:
    chunks = wrapped(*args, **kwargs)
    exchange = _exchange(response)
    if exchange is None:
        return chunks

    return _read_items(chunks, exchange, response, args, kwargs)


def _read_items(
    chunks: Generator[bytes], exchange: Exchange, response: Any, args: Any, kwargs: Any
) -> Generator[bytes]:
    try:
        for chunk in chunks:
            _received(exchange, response, chunk, args, kwargs)
            yield chunk
    except GeneratorExit:
        chunks.close()
        raise
    except BaseException as error:
        exchange.failed(error)
        raise

    exchange.complete()


def _drain_conn(wrapped: Any, response: Any, args: Any, kwargs: Any) -> Any:
    exchange = _exchange(response)
    if exchange is None:
        return wrapped(*args, **kwargs)

    # Before a retry urllib3 reads the rest and throws it away, in 2.x by a
    # method of its own: the only sight of the answer that was retried.
    _watch_raw_reads(exchange, response)
    try:
        return wrapped(*args, **kwargs)
    finally:
        vars(response).pop("_raw_read", None)
        exchange.complete()


@never_raises("capture", "a response body was not recorded")
def _watch_raw_reads(exchange: Exchange, response: Any) -> None:
    wrapped = getattr(response, "_raw_read", None)
    if wrapped is None:
        return

    def raw_read(*args: Any, **kwargs: Any) -> Any:
        try:
            data = wrapped(*args, **kwargs)
        except BaseException as error:
            exchange.failed(error)
            raise

        exchange.received(data, encoded=True)

        return data

    response._raw_read = raw_read  # noqa: SLF001  # see `_drain_conn`


def _close(wrapped: Any, response: Any, args: Any, kwargs: Any) -> Any:
    try:
        return wrapped(*args, **kwargs)
    finally:
        exchange = _exchange(response)
        if exchange is not None:
            exchange.closed()
