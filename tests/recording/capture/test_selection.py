"""
Which calls are recorded, and how much of one test.
"""

from __future__ import annotations

import threading

from typing import Any

import pytest
import requests

from otel_testkit import configure, errors, test_span
from otel_testkit.recording.capture.selection import is_wanted
from otel_testkit.settings import Settings


def calls(store: Any) -> list[Any]:
    """
    The recorded calls.
    """
    return [span for span in store.spans() if span.kind == 3]


@pytest.mark.parametrize(
    ("pattern", "host", "port", "target", "expected"),
    [
        ("api.test", "api.test", 80, "/", True),
        ("api.test", "API.test", 8080, "/orders?x=1", True),
        ("api.test", "api.test", None, "/", True),
        ("api.test", "an-api.test", 80, "/", False),
        ("api.test", "api.test.example", 80, "/", False),
        ("api.test:8080", "api.test", 8080, "/a", True),
        ("api.test:8080", "api.test", 80, "/a", False),
        ("*.internal", "db.internal", 5432, "", True),
        ("*/health", "api", 80, "/health", True),
        ("*/health", "api", 80, "/health?deep=1", True),
        ("*/health", "api", 80, "/healthy", False),
        ("api/orders/*", "api", 443, "/orders/17/items", True),
        ("api/orders/*", "api", 443, "/order", False),
        ("[::1]", "::1", 80, "/", True),
        ("[::1]:81", "::1", 80, "/", False),
        ("api.test/a", "proxy", 3128, "http://api.test/a", False),
        ("proxy/a", "proxy", 3128, "http://api.test/a", True),
        ("api?(", "api1(", 80, "/", True),
    ],
)
def test_patterns(
    pattern: str, host: str, port: int | None, target: str, expected: bool
) -> None:
    """
    A pattern names hosts, and a port or a path if it likes.
    """
    included = Settings(capture_include=("other", pattern))
    excluded = Settings(capture_exclude=(pattern, "other"))

    assert is_wanted(included, host, port, target) is expected
    assert is_wanted(excluded, host, port, target) is not expected


def test_what_is_excluded_is_not_recorded(store, server) -> None:
    """
    Calls that the settings leave out are made as ever, and not recorded.
    """
    configure(
        directory=store.directory,
        show="none",
        capture_include=["127.0.0.1"],
        capture_exclude=["*/health"],
    )
    with test_span("x"):
        requests.get(f"{server.url}/health", timeout=5)
        requests.get(f"{server.url}/orders", timeout=5)

    (call,) = calls(store)
    assert call.attributes["url.full"].endswith("/orders")
    assert 2 == len(server.received)


def test_a_library_is_left_alone(store, server) -> None:
    """
    A library that the settings name has no tap, until they no longer do.
    """
    configure(directory=store.directory, show="none", capture_without=["urllib3"])
    with test_span("without"):
        requests.get(server.url, timeout=5)
    assert [] == calls(store)

    configure(directory=store.directory, show="none")
    with test_span("with"):
        requests.get(server.url, timeout=5)
    assert 1 == len(calls(store))


def test_an_unknown_library_is_told(store) -> None:
    """
    A name that no tap has is told, and the rest is done.
    """
    configure(
        directory=store.directory, show="none", capture_without=["urllib3", "urlib"]
    )

    (line,) = errors.troubles()
    assert "capture_without" in line
    assert "urlib" not in line


def test_calls_beyond_the_limit_are_counted(store, server) -> None:
    """
    Calls beyond a test's limit are counted and not recorded; the next test has
    a limit of its own.
    """
    configure(directory=store.directory, show="none", max_calls=3)
    with test_span("one"), requests.Session() as session:
        for _ in range(5):
            session.get(server.url, timeout=5)
    with test_span("two"):
        requests.get(server.url, timeout=5)

    assert 4 == len(calls(store))
    assert 2 == store.span("one").attributes["otel_testkit.calls.left_out"]
    assert "otel_testkit.calls.left_out" not in store.span("two").attributes


def test_bodies_beyond_the_limit_are_counted(store, server, wire) -> None:
    """
    Once a test has its megabytes, its calls are recorded without bodies.
    """
    configure(
        directory=store.directory,
        show="none",
        max_bodies_megabytes=1,
        max_body_bytes=600_000,
    )
    server.script("/", wire.reply(200, b"a" * 600_000, "Content-Type: text/plain"))
    with test_span("x"):
        for _ in range(4):
            requests.get(server.url, timeout=5)

    kept = [
        len(call.attributes.get("http.response.body.content", ""))
        for call in calls(store)
    ]
    assert [600_000, 600_000, 0, 0] == kept
    assert 2 == store.span("x").attributes["otel_testkit.bodies.left_out"]
    assert calls(store)[3].attributes["http.response.body.size"] == 600_000


def test_threads_share_a_limit(store, server) -> None:
    """
    The limit is one for all threads of a test.
    """
    configure(directory=store.directory, show="none", max_calls=10)
    with test_span("x"):
        threads = [
            threading.Thread(
                target=lambda: [requests.get(server.url, timeout=5) for _ in range(3)]
            )
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert 10 == len(calls(store))
    assert 14 == store.span("x").attributes["otel_testkit.calls.left_out"]
