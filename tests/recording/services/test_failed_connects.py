"""
MySQL and MongoDB where nobody listens.
"""

from __future__ import annotations

import asyncio
import gc
import warnings

import pytest

from otel_testkit import errors, test_span
from otel_testkit.recording import capture
from otel_testkit.recording.capture.taps import connects


def test_mysql(store, refused_port) -> None:
    """
    A connect of PyMySQL that fails is a span; the caller gets PyMySQL's exception.
    """
    pymysql = pytest.importorskip(
        "pymysql", reason="NOT TESTED: PyMySQL is not in this environment"
    )
    given = {"host": "127.0.0.1", "port": refused_port, "database": "shop"}

    with test_span("a test"), pytest.raises(pymysql.OperationalError) as raised:
        pymysql.connect(user="me", password="swordfish99", **given)

    assert raised.value.args[0] == 2003
    failed = store.span("connect")
    assert failed.parent_id == store.span("a test").span_id
    assert failed.attributes["db.system.name"] == "mysql"
    assert failed.attributes["db.namespace"] == "shop"
    assert failed.attributes["server.port"] == refused_port
    assert failed.attributes["db.response.status_code"] == "2003"
    assert failed.events[1][1]["exception.type"] == "ConnectionRefusedError"
    assert "swordfish99" not in store.text()


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "asyncio"])
def test_mongodb(store, refused_port, is_async) -> None:
    """
    A server that pymongo does not find is a span as long as it looked for one.
    """
    pymongo = pytest.importorskip(
        "pymongo", reason="NOT TESTED: pymongo is not in this environment"
    )
    url = f"mongodb://me:swordfish99@127.0.0.1:{refused_port}/"

    def ask() -> None:
        with pymongo.MongoClient(url, serverSelectionTimeoutMS=100) as client:
            client.shop.orders.find_one()

    async def ask_async() -> None:
        async with pymongo.AsyncMongoClient(
            url, serverSelectionTimeoutMS=100
        ) as client:
            await client.shop.orders.find_one()

    with test_span("a test"), pytest.raises(pymongo.errors.ServerSelectionTimeoutError):
        asyncio.run(ask_async()) if is_async else ask()

    if is_async:
        # pymongo leaves a socket to the collector.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
    failed = store.span("connect")
    assert failed.end - failed.start > 50_000_000
    assert failed.attributes["db.system.name"] == "mongodb"
    assert failed.attributes["server.address"] == "127.0.0.1"
    assert failed.attributes["server.port"] == refused_port
    assert "ServerSelectionTimeoutError" in failed.attributes["error.type"]
    assert "swordfish99" not in store.text()


def test_nothing_outside_of_tests(store, refused_port) -> None:
    """
    A connect that fails in no test, or with the taps off, leaves no span.
    """
    pymysql = pytest.importorskip(
        "pymysql", reason="NOT TESTED: PyMySQL is not in this environment"
    )

    with test_span("a test"):
        capture.remove()
        with pytest.raises(pymysql.OperationalError):
            pymysql.connect(host="127.0.0.1", port=refused_port)
        capture.install()
    with pytest.raises(pymysql.OperationalError):
        pymysql.connect(host="127.0.0.1", port=refused_port)

    assert [span.name for span in store.spans()] == ["a test"]


@pytest.mark.parametrize("name", ["begin", "_METHODS"])
def test_our_own_faults(store, refused_port, monkeypatch, name) -> None:
    """
    What goes wrong in ours is noted, and the caller gets PyMySQL's exception.
    """
    pymysql = pytest.importorskip(
        "pymysql", reason="NOT TESTED: PyMySQL is not in this environment"
    )
    capture.remove()
    with monkeypatch.context() as patched:
        patched.setattr(connects, name, None)
        capture.install()
        with test_span("a test"), pytest.raises(pymysql.OperationalError):
            pymysql.connect(host="127.0.0.1", port=refused_port)
        capture.remove()

    assert [span.name for span in store.spans()] == ["a test"]
    (trouble,) = errors.troubles()
    assert "TypeError" in trouble
