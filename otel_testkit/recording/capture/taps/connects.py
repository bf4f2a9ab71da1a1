"""
Connections that databases refuse.

OpenTelemetry's instrumentations begin with what is asked over a connection: one
that never came about leaves nothing with them. Here it is a span, also where none
of them is installed. One that comes about is no news.
"""

from __future__ import annotations

import inspect
import sys
import types

from collections.abc import Callable
from typing import Any, Final

from otel_testkit import semconv
from otel_testkit.errors import never_raises
from otel_testkit.recording.capture.outgoing import begin
from otel_testkit.recording.capture.patch import Patches
from otel_testkit.recording.clock import now


_Described = tuple[tuple[str, int | None], dict[str, Any]]


def _postgresql(_: Any, args: Any, kwargs: Any) -> _Described:
    from psycopg import Error  # noqa: PLC0415  # loaded, or nobody could connect
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    named = {
        name: kwargs[name] for name in ("host", "port", "dbname") if name in kwargs
    }
    try:
        given = conninfo_to_dict(*args[:1] or [kwargs.get("conninfo") or ""], **named)
    except Error:
        # This is what is wrong with it.
        given = {}
    host = str(given.get("host") or given.get("hostaddr") or "")
    port = str(given.get("port") or "5432")
    is_remote = host and not host.startswith("/")

    return (host, int(port) if is_remote and port.isdecimal() else None), {
        semconv.DB_SYSTEM_NAME: "postgresql",
        semconv.DB_NAMESPACE: given.get("dbname"),
    }


def _mysql(connection: Any, _: Any, __: Any) -> _Described:
    database = connection.db
    socket = connection.unix_socket

    return (str(socket or connection.host), None if socket else connection.port), {
        semconv.DB_SYSTEM_NAME: "mysql",
        semconv.DB_NAMESPACE: database.decode("utf-8", "replace")
        if isinstance(database, bytes)
        else database,
    }


def _redis(connection: Any, _: Any, __: Any) -> _Described:
    path = getattr(connection, "path", None)
    host = path or getattr(connection, "host", None) or ""
    port = None if path else getattr(connection, "port", None)

    return (str(host), int(port) if port else None), {
        semconv.DB_SYSTEM_NAME: "redis",
        semconv.DB_NAMESPACE: str(getattr(connection, "db", "")),
    }


def _mongodb(topology: Any, _: Any, __: Any) -> _Described:
    seeds = list(topology._settings.seeds)  # noqa: SLF001  # no public name
    host, port = seeds[0] if len(seeds) == 1 else (",".join(map(_place, seeds)), None)

    return (str(host), port), {semconv.DB_SYSTEM_NAME: "mongodb"}


def _place(seed: tuple[str, int | None]) -> str:
    return ":".join(str(part) for part in seed if part is not None)


# Of each module: classes, their method that gives a connection or raises, and
# what tells to where.
_METHODS: Final[dict[str, tuple[tuple[str, str, Callable[..., _Described]], ...]]] = {
    "psycopg": (
        ("Connection", "connect", _postgresql),
        ("AsyncConnection", "connect", _postgresql),
    ),
    "pymysql.connections": (("Connection", "connect", _mysql),),
    "redis.connection": (
        ("AbstractConnection", "connect", _redis),
        # Before 4.5 there was but this one.
        ("Connection", "connect", _redis),
    ),
    "redis.asyncio.connection": (
        ("AbstractConnection", "connect", _redis),
        ("Connection", "connect", _redis),
    ),
    "pymongo.topology": (("Topology", "select_servers", _mongodb),),
    "pymongo.synchronous.topology": (("Topology", "select_servers", _mongodb),),
    "pymongo.asynchronous.topology": (("Topology", "select_servers", _mongodb),),
}

_patches: Final = Patches()
# What `psycopg.connect` was before us, and what we have put there.
_bound: Final[dict[str, tuple[Any, Any]]] = {}


@never_raises("capture", "the failed connects of a library are not recorded")
def set_on(module: Any) -> None:
    """
    Watch the connections that *module* makes.
    """
    name = module.__name__
    is_bound = name == "psycopg" and _is_own(module)
    for owner_name, method, describe in _METHODS[name]:
        owner = getattr(module, owner_name, None)
        if owner is None or owner.__module__ != name:
            # That of another module, which is waited for by itself.
            continue

        function = inspect.unwrap(getattr(owner, method, describe))
        is_async = inspect.iscoroutinefunction(function)
        watch = _watching_coroutine(describe) if is_async else _watching(describe)
        _patches.wrap(name, owner, method, watch)

    if is_bound:
        # A method that was bound before it was tapped.
        ours = module.Connection.connect
        _bound[name] = (module.connect, ours)
        module.connect = ours


def remove(module: str) -> None:
    _patches.remove(module)
    _unbind(module)


def _is_own(module: Any) -> bool:
    return (
        type(module.connect) is types.MethodType
        and module.connect.__func__ is module.Connection.connect.__func__
        and module.__name__ not in _bound
    )


@never_raises("capture", "a tap was not taken off")
def _unbind(module: str) -> None:
    original, ours = _bound.pop(module, (None, None))
    loaded: Any = sys.modules.get(module)
    if loaded is not None and ours is not None and loaded.connect is ours:
        loaded.connect = original


def _watching(describe: Callable[..., _Described]) -> Callable[..., Any]:
    def watch(wrapped: Any, owner: Any, args: Any, kwargs: Any) -> Any:
        __tracebackhide__ = True
        start = now()
        try:
            return wrapped(*args, **kwargs)
        except BaseException as error:
            _refused(describe, error, start, owner, args, kwargs)
            raise

    return watch


def _watching_coroutine(describe: Callable[..., _Described]) -> Callable[..., Any]:
    async def watch(wrapped: Any, owner: Any, args: Any, kwargs: Any) -> Any:
        __tracebackhide__ = True
        start = now()
        try:
            return await wrapped(*args, **kwargs)
        except BaseException as error:
            _refused(describe, error, start, owner, args, kwargs)
            raise

    return watch


@never_raises("capture", "a failed connect was not recorded")
def _refused(
    describe: Callable[..., _Described],
    error: BaseException,
    start: int,
    owner: Any,
    args: Any,
    kwargs: Any,
) -> None:
    place, attributes = describe(owner, args, kwargs)
    attributes[semconv.DB_OPERATION_NAME] = "connect"
    connect = begin("connect", place, "", attributes, start)
    if connect is not None:
        connect.failed(error)
