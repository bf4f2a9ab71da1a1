"""
Tells retries and redirects from calls that a test makes again.

On the wire both look the same. What a client does within one call of one of
its methods is one operation: the requests after its first are resent ones.
"""

from __future__ import annotations

import inspect

from contextvars import ContextVar
from typing import Any, Final

from otel_testkit.recording.capture.patch import Patches


# Of each module: the class and its method, which may be a coroutine function.
_METHODS: Final = {
    "urllib3.connectionpool": (("HTTPConnectionPool", "urlopen"),),
    "urllib3.poolmanager": (("PoolManager", "urlopen"),),
    "requests.sessions": (("Session", "send"),),
    "botocore.endpoint": (("Endpoint", "make_request"),),
    "elastic_transport._transport": (("Transport", "perform_request"),),
}

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


def set_on(module: Any) -> None:
    """
    Mark the operations of the client in *module*.
    """
    name = module.__name__

    def operation(wrapped: Any, client: Any, args: Any, kwargs: Any) -> Any:
        __tracebackhide__ = True
        outer = _begun(name, client)
        if outer is _WITHIN:
            return wrapped(*args, **kwargs)

        try:
            return wrapped(*args, **kwargs)
        finally:
            _under_way.set(outer)

    async def async_operation(wrapped: Any, client: Any, args: Any, kwargs: Any) -> Any:
        __tracebackhide__ = True
        outer = _begun(name, client)
        if outer is _WITHIN:
            return await wrapped(*args, **kwargs)

        try:
            return await wrapped(*args, **kwargs)
        finally:
            _under_way.set(outer)

    for owner_name, method in _METHODS[name]:
        owner = getattr(module, owner_name, None)
        is_async = inspect.iscoroutinefunction(vars(owner or object).get(method))
        _patches.wrap(name, owner, method, async_operation if is_async else operation)


def remove(module: str) -> None:
    _patches.remove(module)


def _begun(kind: str, client: Any) -> _Operation | None:
    """
    Begin an operation, unless this is a part of one, and give what was under
    way before it.
    """
    under_way = _under_way.get()
    # The outermost counts: requests calls urllib3, which calls itself. But a
    # hook that asks another client of its kind begins something new.
    if under_way is not None and (
        under_way.kind != kind or under_way.client == id(client)
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
