"""
Tells retries and redirects from calls that a test makes again.

On the wire both look the same. What a client does within one call of one of
its methods is one operation: the requests after its first are resent ones.
"""

from __future__ import annotations

import contextlib

from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, Final

from otel_testkit.errors import never_raises


# Which clients make their calls by which others. What else is asked within an
# operation, by a hook or for credentials, is one of its own.
_SERVES: Final[dict[str, tuple[str, ...]]] = {
    "urllib3.connectionpool": (
        "botocore",
        "elastic_transport",
        "opensearchpy",
        "requests",
    ),
    "requests.sessions": ("elastic_transport", "opensearchpy"),
    "aiohttp": ("aiobotocore", "elastic_transport", "opensearchpy"),
}
# Which call their own method again for what they resend.
_NESTED: Final = (
    "httpx._client",
    "requests.sessions",
    "urllib.request",
    "urllib3.connectionpool",
)


class Operation:
    """
    What a client does within one call of one of its methods.
    """

    __slots__ = ("client", "kind", "requests")

    def __init__(self, kind: str, client: Any) -> None:
        self.kind: str = kind
        self.client: int = id(client)
        self.requests: int = 0


WITHIN: Final = Operation("", None)
# Set and never reset: a token is good in the one context that made it, and a
# coroutine may be closed in another.
_under_way: ContextVar[Operation | None] = ContextVar(
    "otel_testkit.operation", default=None
)
# The same for a client whose operation is known by an object, not by a method.
_repeating: ContextVar[tuple[Any, Operation] | None] = ContextVar(
    "otel_testkit.repeating", default=None
)


@never_raises("capture", "attempts were not told apart")
def begin(kind: str, client: Any) -> Operation | None:
    """
    Begin an operation of *client*, and give what was under way before it, for
    `end`; WITHIN if this is a part of that.
    """
    under_way = _under_way.get()
    # The outermost counts: requests calls urllib3, which calls itself.
    if under_way is not None and (
        (under_way.kind == kind and under_way.client == id(client) and kind in _NESTED)
        or under_way.kind.startswith(_SERVES.get(kind, ()))
    ):
        return WITHIN

    _under_way.set(Operation(kind, client))

    return under_way


def end(outer: Operation | None) -> None:
    """
    Go on with the *outer* operation, if there is one.
    """
    _under_way.set(outer)


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


def set_aside() -> Operation | None:
    """
    Have what follows be no part of the operation that is under way, and give
    that for `end`.
    """
    outer = _under_way.get()
    _under_way.set(None)

    return outer


def resend(count: int, *, of: str = "") -> None:
    """
    Have the next request known as resent *count* times; with *of*, a part of its
    kind, only if that is the operation that is under way.
    """
    operation = _under_way.get()
    if operation is not None and of in operation.kind:
        operation.requests = count


@contextlib.contextmanager
def within(operation: Any) -> Iterator[None]:
    """
    Count a request that begins in here with those of the same object *operation*,
    unless a larger operation is under way.
    """
    outer = _under_way.get()
    if outer is not None and outer.kind.startswith(_SERVES["aiohttp"]):
        yield
        return

    latest = _repeating.get()
    if latest is None or latest[0] is not operation:
        latest = (operation, Operation("", None))
        _repeating.set(latest)
    _under_way.set(latest[1])
    try:
        yield
    finally:
        _under_way.set(outer)
