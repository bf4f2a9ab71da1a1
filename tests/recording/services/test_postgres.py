"""
PostgreSQL through psycopg: what OpenTelemetry's instrumentation records, and
connects that fail.
"""

from __future__ import annotations

import asyncio
import contextlib

from collections.abc import Iterator
from typing import Any

import pytest

from otel_testkit import configure, test_span
from otel_testkit.recording import capture


psycopg = pytest.importorskip(
    "psycopg", reason="NOT TESTED: psycopg is not in this environment"
)
instrumentation = pytest.importorskip(
    "opentelemetry.instrumentation.psycopg",
    reason="NOT TESTED: psycopg's instrumentation is not in this environment",
)


@pytest.fixture
def connection(postgres) -> Iterator[Any]:
    """
    A connection in a schema of its own, opened while no test was recorded.
    """
    capture.install()
    with psycopg.connect(**postgres, autocommit=True) as opened:
        opened.execute("drop schema if exists mine cascade")
        opened.execute("create schema mine")
        opened.execute("set search_path to mine")
        opened.execute("create table users (name text unique, password text)")
        yield opened


def test_statements_are_calls_of_the_test(store, connection) -> None:
    """
    A statement is a span below the test's step, with its text.
    """
    with test_span("a test") as test, test.step("a step"):
        connection.execute("insert into users values (%s, %s)", ("ann", "x"))
        (row,) = connection.execute("select name from users").fetchall()

    assert row == ("ann",)
    (insert,) = [span for span in store.spans() if span.name == "insert"]
    assert insert.parent_id == store.span("a step").span_id
    assert insert.kind == 3
    assert insert.attributes["db.system"] == "postgresql"
    assert insert.attributes["db.statement"] == "insert into users values (%s, %s)"
    assert store.span("select").parent_id == store.span("a step").span_id


def test_a_password_in_a_statement(store, connection) -> None:
    """
    A password that is written into a statement is masked, in the open line also.
    """
    with test_span("a test"):
        connection.execute(
            "insert into users (name, password) values ('bob', 'swordfish99')"
        )
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(
                "insert into users (name, password) values ('bob', 'swordfish99')"
            )

    text = store.text()
    assert "bob" in text
    assert "swordfish99" not in text


def test_a_violated_constraint(store, connection) -> None:
    """
    An error has the database's own code, and its message.
    """
    with pytest.raises(psycopg.errors.UniqueViolation), test_span("a test"):
        connection.execute("insert into users values ('ann')")
        connection.execute("insert into users values ('ann')")

    failed = [span for span in store.spans() if span.name == "insert"][1]
    assert failed.attributes["db.response.status_code"] == "23505"
    assert failed.attributes["error.type"] == "psycopg.errors.UniqueViolation"
    assert failed.status["code"] == 2
    ((name, event),) = failed.events
    assert name == "exception"
    assert "users_name_key" in event["exception.message"]


def test_a_lock_that_is_held(store, connection, postgres) -> None:
    """
    A wait for a lock that is given up is told by its code.
    """
    with psycopg.connect(**postgres) as holder:
        holder.execute("lock table mine.users")
        connection.execute("set lock_timeout to '50ms'")
        with test_span("a test"), pytest.raises(psycopg.errors.LockNotAvailable):
            connection.execute("select * from users")

    assert store.span("select").attributes["db.response.status_code"] == "55P03"


def test_asyncio(store, postgres) -> None:
    """
    Async connections are recorded alike.
    """

    async def ask() -> Any:
        async with await psycopg.AsyncConnection.connect(**postgres) as opened:
            return await (await opened.execute("select 7")).fetchone()

    with test_span("a test"):
        assert asyncio.run(ask()) == (7,)

    assert store.span("select").parent_id == store.span("a test").span_id


@pytest.mark.parametrize(
    "connect",
    [
        lambda **given: psycopg.connect(**given),  # noqa: PLW0108  # as it is then
        lambda **given: psycopg.Connection.connect(
            psycopg.conninfo.make_conninfo(**given)
        ),
        lambda **given: asyncio.run(psycopg.AsyncConnection.connect(**given)),
    ],
    ids=["function", "method", "asyncio"],
)
def test_a_wrong_password(store, postgres, connect, password) -> None:
    """
    A connect that fails is a span, and neither password is on disk.
    """
    given = {**postgres, "password": "wrong-pass-word-1"}

    with test_span("a test"), pytest.raises(psycopg.OperationalError) as raised:
        connect(**given)

    failed = store.span("connect")
    assert failed.parent_id == store.span("a test").span_id
    assert failed.attributes["db.system.name"] == "postgresql"
    assert failed.attributes["db.namespace"] == "postgres"
    assert failed.attributes["server.address"] == "127.0.0.1"
    assert failed.attributes["server.port"] == postgres["port"]
    assert failed.attributes["error.type"] == "psycopg.OperationalError"
    assert "password authentication failed" in str(raised.value)
    assert "password authentication failed" in failed.status["message"]
    assert "wrong-pass-word-1" not in store.text()
    assert password not in store.text()


def test_a_refused_connect(store, refused_port) -> None:
    """
    A URL with a password in it is not on disk when nobody listens there.
    """
    url = f"postgresql://me:swordfish99@127.0.0.1:{refused_port}/shop"

    with test_span("a test"), pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)

    assert store.span("connect").attributes["db.namespace"] == "shop"
    assert store.span("connect").attributes["server.port"] == refused_port
    assert "swordfish99" not in store.text()


def test_no_test_no_span(store, connection) -> None:
    """
    What a fixture asks outside of tests leaves nothing on disk.
    """
    with test_span("a test"):
        pass
    connection.execute("select 1")
    with pytest.raises(psycopg.Error):
        connection.execute("select * from nowhere")

    assert [span.name for span in store.spans()] == ["a test"]


@pytest.mark.parametrize(
    "settings",
    [{"capture": "off"}, {"capture_without": ["psycopg"]}],
    ids=["capture", "capture_without"],
)
def test_switched_off(store, connection, postgres, refused_port, settings) -> None:
    """
    By the settings nothing is recorded, of old connections and of new ones.
    """
    configure(directory=store.directory, show="none", **settings)
    with test_span("a test"):
        connection.execute("select 1")
        with psycopg.connect(**postgres) as another:
            another.execute("select 1")
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(host="127.0.0.1", port=refused_port)
    configure(directory=store.directory, show="none")

    assert [span.name for span in store.spans()] == ["a test"]


def test_a_limit(store, connection) -> None:
    """
    Calls beyond the limit are counted, and are made all the same.
    """
    configure(directory=store.directory, show="none", max_calls=2)
    with test_span("a test"):
        for number in range(5):
            assert connection.execute("select %s", [number]).fetchone() == (number,)
    configure(directory=store.directory, show="none")

    assert len(store.spans()) == 3
    assert store.span("a test").attributes["otel_testkit.calls.left_out"] == 3


def test_removed_without_a_trace(store, postgres) -> None:
    """
    `remove` leaves psycopg as it was: subclasses connect as themselves.
    """

    class Mine(psycopg.Connection):
        pass

    capture.remove()
    try:
        assert isinstance(vars(psycopg.Connection)["connect"], classmethod)
        assert isinstance(vars(psycopg.AsyncConnection)["connect"], classmethod)
        assert "otel_testkit" not in psycopg.connect.__func__.__code__.co_filename
        with Mine.connect(**postgres) as opened:
            assert type(opened) is Mine
            assert type(opened.cursor()) is psycopg.Cursor
    finally:
        capture.install()
    with Mine.connect(**postgres) as opened:
        assert type(opened) is Mine


@pytest.fixture
def restored() -> Iterator[None]:
    """
    Puts back what the instrumentation does not: it leaves methods bound.
    """
    capture.remove()
    owners = (psycopg, psycopg.Connection, psycopg.AsyncConnection)
    connects = [vars(owner)["connect"] for owner in owners]
    capture.install()
    yield
    capture.remove()
    for owner, connect in zip(owners, connects, strict=True):
        owner.connect = connect


def test_switched_on_by_the_program(store, postgres, restored, caplog) -> None:
    """
    A program that switches the instrumentation on itself gets its spans, through
    its own provider, and no others; nothing is told twice.
    """
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import (
        InMemorySpanExporter,
    )

    theirs, exporter = TracerProvider(), InMemorySpanExporter()
    theirs.add_span_processor(SimpleSpanProcessor(exporter))
    instrumentor = instrumentation.PsycopgInstrumentor()
    assert not instrumentor.is_instrumented_by_opentelemetry

    instrumentor.instrument(tracer_provider=theirs)
    try:
        with test_span("a test"), psycopg.connect(**postgres) as opened:
            opened.execute("select 1")
        capture.remove()
        capture.install()
        with test_span("another test"), psycopg.connect(**postgres) as opened:
            opened.execute("select 2")
    finally:
        instrumentor.uninstrument()
    assert [span.name for span in exporter.get_finished_spans()] == ["select"] * 2
    assert [span.name for span in store.spans()] == ["a test", "another test"]

    with test_span("ours again"), psycopg.connect(**postgres) as opened:
        opened.execute("select 3")
    assert len(exporter.get_finished_spans()) == 2
    assert store.span("select").parent_id == store.span("ours again").span_id
    assert caplog.text == ""


@pytest.mark.parametrize("statement", ["", "  ", "/* alive? */"], ids=repr)
def test_statements_without_a_word(store, connection, statement) -> None:
    """
    What makes the instrumentation stumble reaches the database all the same.
    """
    with test_span("a test"):
        assert connection.execute(statement).statusmessage in ("", None)

    assert len(store.spans()) == 2


def _story(postgres: dict[str, Any], refused_port: int) -> list[Any]:
    told: list[Any] = []
    with psycopg.connect(**postgres) as opened:
        cursor = opened.cursor()
        for statement in (
            "create temp table kept (id int primary key)",
            "insert into kept values (1), (2)",
            "select id from kept order by id",
            "insert into kept values (1)",
            "select 1",
        ):
            try:
                cursor.execute(statement)
                told.append((cursor.statusmessage, cursor.rowcount))
                with contextlib.suppress(psycopg.ProgrammingError):
                    told.append(cursor.fetchall())
            except psycopg.Error as error:
                told.append((type(error), str(error), error.__context__))
        opened.rollback()
    try:
        psycopg.connect(host="127.0.0.1", port=refused_port)
    except psycopg.Error as error:
        told.append((type(error), str(error).partition("\n")[0]))

    return told


def test_the_same_results(store, postgres, refused_port) -> None:
    """
    With the taps and without, a program sees the same.
    """
    capture.remove()
    without = _story(postgres, refused_port)
    capture.install()
    with test_span("a test"):
        within = _story(postgres, refused_port)

    assert without == within
    assert len(store.spans()) == 7
