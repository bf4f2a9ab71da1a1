"""
Capture of what a test says to the outside, by taps, one file a library.

A tap is set when the test's program imports the library, and never before.
Tapped code runs exactly as it would: the same bytes, exceptions and objects.
"""

from __future__ import annotations

import importlib
import sys

from collections.abc import Collection
from typing import Any, Final

from otel_testkit.errors import trouble
from otel_testkit.settings import Settings


# Of each library, by the name that the setting `capture_without` knows: the
# modules that are waited for, and the tap that is set on each.
_TAPS: Final = {
    "urllib3": (
        ("urllib3.connectionpool", "urllib3"),
        ("urllib3.connectionpool", "clients"),
        ("requests.sessions", "clients"),
    ),
    "http.client": (
        ("http.client", "http_client"),
        ("urllib.request", "clients"),
        ("xmlrpc.client", "clients"),
    ),
    "threading": (
        ("threading", "threads"),
        ("concurrent.futures.thread", "threads"),
    ),
    "logging": (("logging", "logs"),),
    "botocore": (
        ("botocore.client", "botocore"),
        ("botocore.endpoint", "botocore"),
        ("botocore.endpoint", "clients"),
        ("botocore.stub", "botocore"),
    ),
    "aiobotocore": (
        ("aiobotocore.client", "botocore"),
        ("aiobotocore.endpoint", "botocore"),
        ("aiobotocore.endpoint", "clients"),
    ),
    "elasticsearch": (
        ("elastic_transport._transport", "elastic"),
        ("elastic_transport._transport", "clients"),
        ("elastic_transport._async_transport", "elastic"),
        ("elastic_transport._async_transport", "clients"),
    ),
    "opensearch": (
        ("opensearchpy.transport", "elastic"),
        ("opensearchpy.transport", "clients"),
        ("opensearchpy._async.transport", "elastic"),
        ("opensearchpy._async.transport", "clients"),
    ),
    "httpx": (
        ("httpx._transports.default", "httpx"),
        ("httpx._transports.asgi", "httpx"),
        ("httpx._transports.wsgi", "httpx"),
        ("httpx._transports.mock", "httpx"),
        ("httpx._client", "clients"),
    ),
    "aiohttp": (("aiohttp.client", "aiohttp"),),
    "websockets": (
        ("websockets.client", "websockets"),
        ("websockets.asyncio.client", "websockets"),
        ("websockets.sync.client", "websockets"),
        ("websockets.legacy.client", "websockets"),
        ("websockets.asyncio.client", "clients"),
        ("websockets.sync.client", "clients"),
        ("websockets.legacy.client", "clients"),
    ),
    "grpc": (("grpc._channel", "grpc"), ("grpc.aio._call", "grpc")),
    # Ours goes inside: an instrumentation takes off what lies on top.
    "psycopg": (("psycopg", "connects"), ("psycopg", "official")),
    "psycopg2": (("psycopg2", "official"),),
    "asyncpg": (("asyncpg", "official"),),
    "pymysql": (("pymysql.connections", "connects"), ("pymysql", "official")),
    "mysqlclient": (("MySQLdb", "official"),),
    "mysql-connector": (("mysql.connector", "official"),),
    "redis": (
        ("redis.connection", "connects"),
        ("redis.asyncio.connection", "connects"),
        ("redis", "official"),
    ),
    "pymongo": (
        ("pymongo.topology", "connects"),
        ("pymongo.synchronous.topology", "connects"),
        ("pymongo.asynchronous.topology", "connects"),
        ("pymongo", "official"),
    ),
    "pymemcache": (("pymemcache", "official"),),
    "cassandra": (("cassandra.cluster", "official"),),
}

# In the order in which they were set; the last goes first.
_installed: dict[tuple[str, str], None] = {}
# What is told of an import once is told of it for good.
_awaited: set[tuple[str, str]] = set()


def install_for(settings: Settings) -> None:
    """
    Set the taps that *settings* want, and take off those that they don't.
    """
    if not _TAPS.keys() >= set(settings.capture_without):
        trouble(
            "setting",
            "capture_without takes names of libraries that have a tap; one that was "
            "given is none",
        )
    for library in settings.capture_without:
        for module, tap in reversed(_TAPS.get(library, ())):
            _remove(module, tap)

    install(settings.capture_without)


def install(without: Collection[str] = ()) -> None:
    """
    Set the taps of all libraries but those *without*, each as soon as its
    library is imported.
    """
    import wrapt  # noqa: PLC0415  # loads asyncio: paid by who records

    for library, taps in _TAPS.items():
        for module, tap in taps:
            if library not in without and (module, tap) not in _installed:
                _installed[module, tap] = None
                if (module, tap) not in _awaited:
                    _awaited.add((module, tap))
                    wrapt.register_post_import_hook(_setter(tap), module)
                elif module in sys.modules:
                    _setter(tap)(sys.modules[module])


def remove() -> None:
    """
    Take all taps off again; `install` sets them anew.
    """
    for module, tap in reversed(list(_installed)):
        _remove(module, tap)


def _remove(module: str, tap: str) -> None:
    _installed.pop((module, tap), None)
    loaded = sys.modules.get(f"{__name__}.taps.{tap}")
    if loaded is not None:
        loaded.remove(module)


def _setter(tap: str) -> Any:
    def set_tap(module: Any) -> None:
        # After `remove` the hook is still registered.
        if (module.__name__, tap) in _installed:
            importlib.import_module(f"{__name__}.taps.{tap}").set_on(module)

    return set_tap
