"""
Tells retries and redirects from calls that a test makes again.

On the wire both look the same. What a client does within one call of one of
its methods is one operation: the requests after its first are resent ones.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Final

from otel_testkit.recording.capture.patch import Patches


_METHODS: Final = {
    "urllib3.connectionpool": ("HTTPConnectionPool", "urlopen"),
    "urllib3.poolmanager": ("PoolManager", "urlopen"),
    "requests.sessions": ("Session", "send"),
    "botocore.endpoint": ("Endpoint", "make_request"),
    "elastic_transport._transport": ("Transport", "perform_request"),
}

_patches: Final = Patches()


class _Operation:
    __slots__ = ("client", "kind", "requests")

    def __init__(self, kind: str, client: Any) -> None:
        self.kind = kind
        self.client = id(client)
        self.requests = 0


_under_way: ContextVar[_Operation | None] = ContextVar(
    "otel_testkit.operation", default=None
)


def set_on(module: Any) -> None:
    """
    Mark the operations of the client in *module*.
    """
    name = module.__name__
    owner, method = _METHODS[name]

    def operation(wrapped: Any, client: Any, args: Any, kwargs: Any) -> Any:
        __tracebackhide__ = True
        under_way = _under_way.get()
        # The outermost counts: requests calls urllib3, which calls itself. But
        # a hook that asks another client of its kind begins something new.
        if under_way is not None and (
            under_way.kind != name or under_way.client == id(client)
        ):
            return wrapped(*args, **kwargs)

        token = _under_way.set(_Operation(name, client))
        try:
            return wrapped(*args, **kwargs)
        finally:
            _under_way.reset(token)

    _patches.wrap(name, getattr(module, owner, None), method, operation)


def remove(module: str) -> None:
    _patches.remove(module)


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
