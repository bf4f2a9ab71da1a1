"""
Marks the operations of clients: the methods within which a client makes one
request, or several, by its own decision.
"""

from __future__ import annotations

import functools
import inspect

from typing import Any, Final

from otel_testkit.errors import never_raises
from otel_testkit.recording.capture.operations import WITHIN, begin, end, resend
from otel_testkit.recording.capture.patch import Patches


# Of each module: the class and its method, which may be a coroutine function.
_METHODS: Final = {
    "urllib3.connectionpool": (("HTTPConnectionPool", "urlopen"),),
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

_patches: Final = Patches()


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
        outer = begin(kind, client)
        if outer is WITHIN:
            return original(client, *args, **kwargs)

        _go_on(kwargs)
        try:
            return original(client, *args, **kwargs)
        finally:
            end(outer)

    return operation


def _async_operation(kind: str, original: Any) -> Any:
    @functools.wraps(original)
    async def operation(client: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        outer = begin(kind, client)
        if outer is WITHIN:
            return await original(client, *args, **kwargs)

        try:
            return await original(client, *args, **kwargs)
        finally:
            end(outer)

    return operation


@never_raises("capture", "attempts were not told apart")
def _go_on(kwargs: Any) -> None:
    # The pools of one manager follow each other, along its redirects; around its
    # own method we cannot be, for its warnings point at who has called it.
    history = getattr(kwargs.get("retries"), "history", None)
    if history:
        resend(len(history))
