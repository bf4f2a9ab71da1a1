"""
Tells retries and redirects from calls that a test makes again.

On the wire both look the same. What a client does within one call of one of
its methods is one operation: the requests after its first are resent ones.
"""

from __future__ import annotations

import contextlib
import functools
import inspect

from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, Final

from otel_testkit.recording.capture.patch import Patches


# Of each module: the class and its method, which may be a coroutine function.
_METHODS: Final = {
    "urllib3.connectionpool": (("HTTPConnectionPool", "urlopen"),),
    "urllib3.poolmanager": (("PoolManager", "urlopen"),),
    "requests.sessions": (("Session", "send"),),
    "urllib.request": (("OpenerDirector", "open"),),
    "xmlrpc.client": (("Transport", "request"),),
    "botocore.endpoint": (("Endpoint", "make_request"),),
    "aiobotocore.endpoint": (("AioEndpoint", "_send_request"),),
    "elastic_transport._transport": (("Transport", "perform_request"),),
    "elastic_transport._async_transport": (("AsyncTransport", "perform_request"),),
    "opensearchpy.transport": (
        ("Transport", "perform_request"),
        ("Transport", "sniff_hosts"),
    ),
    "opensearchpy._async.transport": (
        ("AsyncTransport", "perform_request"),
        ("AsyncTransport", "sniff_hosts"),
    ),
    "httpx._client": (("Client", "send"), ("AsyncClient", "send")),
    "websockets.asyncio.client": (
        ("connect", "connect"),
        ("connect", "__await_impl__"),
    ),
    "websockets.sync.client": (("reconnect", "connect"),),
    "websockets.legacy.client": (("Connect", "__await_impl__"),),
}
# No other client makes calls by these: what they ask within one, for credentials
# or for nodes, is an operation of its own.
_TOPMOST: Final = ("aiobotocore", "botocore", "elastic_transport", "opensearchpy")

_patches: Final = Patches()


class _Operation:
    __slots__ = ("client", "kind", "requests")

    def __init__(self, kind: str, client: Any) -> None:
        self.kind = kind
        self.client = id(client)
        self.requests = 0


_WITHIN: Final = _Operation("", None)
# Set and never reset: a token is good in the one context that made it, and a
# coroutine may be closed in another.
_under_way: ContextVar[_Operation | None] = ContextVar(
    "otel_testkit.operation", default=None
)
# The same for a client whose operation is known by an object, not by a method.
_repeating: ContextVar[tuple[Any, _Operation] | None] = ContextVar(
    "otel_testkit.repeating", default=None
)


def set_on(module: Any) -> None:
    """
    Mark the operations of the client in *module*.
    """
    name = module.__name__

    for owner_name, method in _METHODS[name]:
        owner = getattr(module, owner_name, None)
        is_async = inspect.iscoroutinefunction(vars(owner or object).get(method))
        marked = _async_operation if is_async else _operation
        _patches.replace(name, owner, method, functools.partial(marked, name))


def remove(module: str) -> None:
    _patches.remove(module)


def _operation(kind: str, original: Any) -> Any:
    @functools.wraps(original)
    def operation(client: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        outer = _begun(kind, client)
        if outer is _WITHIN:
            return original(client, *args, **kwargs)

        try:
            return original(client, *args, **kwargs)
        finally:
            _under_way.set(outer)

    return operation


def _async_operation(kind: str, original: Any) -> Any:
    @functools.wraps(original)
    async def operation(client: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        outer = _begun(kind, client)
        if outer is _WITHIN:
            return await original(client, *args, **kwargs)

        try:
            return await original(client, *args, **kwargs)
        finally:
            _under_way.set(outer)

    return operation


def _begun(kind: str, client: Any) -> _Operation | None:
    """
    Begin an operation, unless this is a part of one, and give what was under
    way before it.
    """
    under_way = _under_way.get()
    # The outermost counts: requests calls urllib3, which calls itself. But a
    # hook that asks another client of its kind begins something new.
    if (
        under_way is not None
        and (under_way.kind != kind or under_way.client == id(client))
        and not kind.startswith(_TOPMOST)
    ):
        return _WITHIN

    _under_way.set(_Operation(kind, client))

    return under_way


def resend_count() -> int:
    """
    Count one more request of the operation that is under way, and give how
    many went before it.
    """
    operation = _under_way.get()
    if operation is None:
        return 0

    operation.requests += 1

    return operation.requests - 1


def set_aside() -> Any:
    """
    Have what follows be no part of the operation that is under way, and give
    that for `go_on_with`.
    """
    operation = _under_way.get()
    _under_way.set(None)

    return operation


def go_on_with(operation: Any) -> None:
    """
    Take up an *operation* that was set aside.
    """
    _under_way.set(operation)


def resending(count: int) -> None:
    """
    Have the next request of an AWS call known as resent *count* times: what went
    before may have been for its credentials.
    """
    operation = _under_way.get()
    if operation is not None and "botocore" in operation.kind:
        operation.requests = count


@contextlib.contextmanager
def within(operation: Any) -> Iterator[None]:
    """
    Count a request that begins in here with those of the same object *operation*,
    unless a larger operation is under way.
    """
    if _under_way.get() is not None:
        yield
        return

    latest = _repeating.get()
    if latest is None or latest[0] is not operation:
        latest = (operation, _Operation("", None))
        _repeating.set(latest)
    _under_way.set(latest[1])
    try:
        yield
    finally:
        _under_way.set(None)
