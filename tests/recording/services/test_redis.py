"""
Redis, and connects that it never sees.
"""

from __future__ import annotations

import asyncio

from typing import Any

import pytest

from otel_testkit import test_span
from otel_testkit.recording import capture


redis = pytest.importorskip(
    "redis", reason="NOT TESTED: redis is not in this environment"
)
pytest.importorskip(
    "opentelemetry.instrumentation.redis",
    reason="NOT TESTED: redis' instrumentation is not in this environment",
)


def test_commands_are_calls(store, redis_port) -> None:
    """
    Each command is a span of the test, without the values.
    """
    with test_span("a test"), redis.Redis(port=redis_port) as client:
        client.set("session", "swordfish99")
        assert client.get("session") == b"swordfish99"

    assert store.span("GET").parent_id == store.span("a test").span_id
    assert store.span("SET").attributes["db.system"] == "redis"
    assert "swordfish99" not in store.text()


def test_an_error_of_the_server(store, redis_port) -> None:
    """
    What the server answers is told with the command.
    """
    with test_span("a test"), redis.Redis(port=redis_port) as client:
        client.set("word", "x")
        with pytest.raises(redis.ResponseError):
            client.lpush("word", "y")

    failed = store.span("LPUSH")
    assert failed.attributes["error.type"] == "redis.exceptions.ResponseError"
    assert "WRONGTYPE" in failed.status["message"]


def _client(port: int, **more: Any) -> Any:
    return redis.Redis(port=port, retry=redis.retry.Retry(_no_wait(), 0), **more)


def _no_wait() -> Any:
    from redis.backoff import NoBackoff

    return NoBackoff()


def test_a_refused_connect(store, refused_port) -> None:
    """
    The command that could not be sent has its failed connect below it, and that
    the cause of its exception.
    """
    with test_span("a test"), _client(refused_port, password="swordfish99") as client:
        with pytest.raises(redis.ConnectionError):
            client.get("key")

    failed = store.span("connect")
    assert failed.parent_id == store.span("GET").span_id
    assert failed.attributes["db.system.name"] == "redis"
    assert failed.attributes["server.port"] == refused_port
    assert [event["exception.type"] for _, event in failed.events] == [
        "redis.exceptions.ConnectionError",
        "ConnectionRefusedError",
    ]
    assert "swordfish99" not in store.text()


def test_a_refused_connect_in_asyncio(store, refused_port) -> None:
    """
    So it is in asyncio.
    """
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry

    async def ask() -> None:
        async with Redis(port=refused_port, retry=Retry(_no_wait(), 0)) as client:
            await client.get("key")

    with test_span("a test"), pytest.raises(redis.ConnectionError):
        asyncio.run(ask())

    assert store.span("connect").attributes["server.port"] == refused_port


def test_a_wrong_password(store, redis_port) -> None:
    """
    A login that is refused is a failed connect, without the password.
    """
    with redis.Redis(port=redis_port) as owner:
        owner.config_set("requirepass", "another-one-7")
        try:
            with (
                test_span("a test"),
                _client(redis_port, password="swordfish99") as bad,
            ):
                with pytest.raises(redis.AuthenticationError):
                    bad.get("key")
        finally:
            owner.config_set("requirepass", "")

    assert store.span("connect").status["code"] == 2
    assert "swordfish99" not in store.text()


def _story(port: int, refused_port: int) -> list[Any]:
    told: list[Any] = []
    with redis.Redis(port=port) as client:
        client.flushall()
        with client.pipeline() as pipeline:
            told.append(pipeline.set("a", 1).incr("a").get("a").execute())
        told.append(client.mget("a", "b"))
        try:
            client.lpush("a", 1)
        except redis.ResponseError as error:
            told.append((type(error), str(error), error.__context__))
    with _client(refused_port) as client:
        try:
            client.ping()
        except redis.ConnectionError as error:
            told.append((type(error), str(error), type(error.__context__)))

    return told


def test_the_same_results(store, redis_port, refused_port) -> None:
    """
    With the taps and without, a program sees the same.
    """
    capture.remove()
    without = _story(redis_port, refused_port)
    capture.install()
    with test_span("a test"):
        within = _story(redis_port, refused_port)

    assert without == within
    assert store.span("connect").attributes["error.type"].endswith("ConnectionError")
