"""
Log records, and `logging` as it is without us.
"""

from __future__ import annotations

import copy
import enum
import functools
import inspect
import io
import json
import logging
import logging.handlers
import queue
import sys
import threading
import time
import traceback

from collections import UserDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple
from unittest import TestCase
from unittest.mock import MagicMock

import pytest

from otel_testkit import configure, errors, step, test_span
from otel_testkit.recording import capture
from otel_testkit.recording.capture.taps import logs


SECRET = "hunter2-is-my-word"
LEFT_OUT = "otel_testkit.logs.left_out"


@dataclass(frozen=True)
class Written:
    """
    A log record as it stands in the logs file.
    """

    fields: dict[str, Any]
    logger: str
    resource: dict[str, Any]

    @property
    def body(self) -> str:
        return self.fields["body"]["stringValue"]

    @property
    def attributes(self) -> dict[str, Any]:
        return {
            pair["key"]: next(iter(pair["value"].values()))
            for pair in self.fields["attributes"]
        }


def written(store: Any) -> list[Written]:
    """
    The log records of all runs, process by process.
    """
    return [
        Written(record, scope["scope"]["name"], resource["resource"])
        for path in sorted(store.directory.rglob("logs.*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
        for resource in json.loads(line)["resourceLogs"]
        for scope in resource["scopeLogs"]
        for record in scope["logRecords"]
    ]


def bodies(store: Any) -> list[str]:
    """
    The messages alone.
    """
    return [record.body for record in written(store)]


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """
    A logger that lets everything pass, with a handler that does nothing.
    """
    logger = logging.getLogger("shop.orders")
    handler = logging.NullHandler()
    logger.addHandler(handler)
    logger.setLevel(1)
    yield logger
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


@pytest.fixture
def alone() -> logging.Logger:
    """
    The same, out of the reach of pytest's own handlers, which ask for texts.
    """
    logger = logging.Logger("alone")  # noqa: LOG001  # one that pytest can't find
    logger.addHandler(logging.NullHandler())

    return logger


def received(**fields: Any) -> logging.LogRecord:
    """
    A record of another process.
    """
    known = {"name": "theirs", "levelno": 30, "levelname": "WARNING", "process": 1}

    return logging.makeLogRecord(known | fields)


def test_what_is_written(store, logger) -> None:
    """
    A record has the ids of the step it was made in, its level, its message, its
    logger, its place, its thread and its extra fields.
    """
    before = time.time_ns()
    with test_span("a test"), step("order"):
        logger.warning("%s are left of %d", "two", 5, extra={"sku": "a-1", "n": 2})
        line = inspect.currentframe().f_lineno - 1
    after = time.time_ns()

    (record,) = written(store)
    span = store.span("order")
    assert (record.logger, record.body) == ("shop.orders", "two are left of 5")
    fields = record.fields
    assert (fields["traceId"], fields["spanId"]) == (span.trace_id, span.span_id)
    assert (fields["severityNumber"], fields["severityText"]) == (13, "WARNING")
    assert before <= int(fields["timeUnixNano"]) <= after
    assert record.attributes == {
        "sku": "a-1",
        "n": "2",
        "code.file.path": "tests/recording/capture/test_logs.py",
        "code.line.number": str(line),
        "code.function.name": "test_what_is_written",
        "thread.name": "MainThread",
    }
    assert "tests" in json.dumps(record.resource)


def test_official_exporter(store, logger) -> None:
    """
    The line equals what OpenTelemetry's file exporter writes of the same record.
    """
    exporter = pytest.importorskip(
        "opentelemetry.exporter.otlp.json.file._log_exporter",
        reason="the oracle pins the newest SDK",
    )
    from opentelemetry._logs import LogRecord, SeverityNumber
    from opentelemetry.sdk._logs import ReadableLogRecord
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import (
        NonRecordingSpan,
        SpanContext,
        TraceFlags,
        set_span_in_context,
    )

    with test_span("a test"):
        logger.error('said "%s"', "é\n", extra={"n": 2, "yes": True, "sizes": [1, 2]})

    (path,) = store.directory.rglob("logs.*.jsonl")
    (ours,) = written(store)
    fields, said = ours.fields, ours.attributes
    context = SpanContext(
        int(fields["traceId"], 16), int(fields["spanId"], 16), False, TraceFlags(1)
    )
    record = LogRecord(
        timestamp=int(fields["timeUnixNano"]),
        observed_timestamp=int(fields["observedTimeUnixNano"]),
        context=set_span_in_context(NonRecordingSpan(context)),
        severity_text="ERROR",
        severity_number=SeverityNumber.ERROR,
        body='said "é\n"',
        attributes={
            "n": 2,
            "yes": True,
            "sizes": [1, 2],
            "code.file.path": said["code.file.path"],
            "code.line.number": int(said["code.line.number"]),
            "code.function.name": "test_official_exporter",
            "thread.name": "MainThread",
        },
    )
    stream = io.StringIO()
    exporter.FileLogExporter(stream=stream).export(
        [
            ReadableLogRecord(
                record,
                Resource({"service.name": "tests"}),
                InstrumentationScope("shop.orders"),
            )
        ]
    )
    assert json.loads(stream.getvalue()) == json.loads(path.read_text())


@pytest.mark.parametrize(
    ("level", "severity"),
    [(1, 2), (5, 4), (10, 5), (11, 6), (20, 9), (25, 12), (30, 13), (31, 14), (35, 16),
     (40, 17), (50, 21), (51, 22), (99, 24)],
)  # fmt: skip
def test_levels(store, logger, level, severity) -> None:
    """
    Python's levels become OTLP's, those between them the steps between.
    """
    with test_span("a test"):
        logger.log(level, "said")

    (record,) = written(store)
    assert record.fields["severityNumber"] == severity
    assert record.fields["severityText"] == logging.getLevelName(level)


@pytest.mark.parametrize("tool", ["freezegun", "time_machine"])
def test_frozen_time(store, logger, tool) -> None:
    """
    The time is the real one, whatever the test takes it for.
    """
    module = pytest.importorskip(tool, reason="this environment freezes no time")
    freeze = getattr(module, "freeze_time", None) or functools.partial(
        module.travel, tick=False
    )
    before = time.time_ns()
    with test_span("a test"), freeze("2001-02-03"):
        logger.info("said")

    (record,) = written(store)
    assert before <= int(record.fields["timeUnixNano"]) <= time.time_ns()


def test_exception(store, logger) -> None:
    """
    An exception comes with its type, its text and its stack.
    """
    with test_span("a test"):
        try:
            {}["sku"]
        except KeyError:
            logger.exception("not found")
            logger.error("nor here", exc_info=sys.exc_info())  # noqa: G201  # as a tuple
        logger.error("not at all", exc_info=True)  # noqa: LOG014  # it happens

    first, second, third = written(store)
    for record in (first, second):
        assert record.attributes["exception.type"] == "KeyError"
        assert record.attributes["exception.message"] == "'sku'"
        stack = record.attributes["exception.stacktrace"]
        assert stack.startswith("Traceback (most") and '{}["sku"]' in stack
    assert "exception.type" not in third.attributes


def test_stack(store, logger) -> None:
    """
    A stack that was asked for is there, and one that came as text.
    """
    with test_span("a test"):
        logger.info("here", stack_info=True)
        logger.handle(received(msg="x", exc_text="Traceback …\nE: x"))

    here, there = written(store)
    assert "in test_stack" in here.attributes["code.stacktrace"]
    assert there.attributes["exception.stacktrace"] == "Traceback …\nE: x"


def test_masked(store, logger) -> None:
    """
    No secret is written, wherever it stands.
    """
    said = f"password={SECRET}"
    with test_span("a test"):
        logger.info(said)
        logger.info("%s and %s", said, {"password": SECRET})
        logger.info("x", extra={"password": SECRET, "note": said, "all": [said]})
        try:
            raise ValueError(said)
        except ValueError:
            logger.exception("failed", stack_info=True)
        logger.handle(received(msg="x", exc_text=said, stack_info=said))
        logging.getLogger(f"shop.orders.{said}").info("x")
        logger.info({"event": said, "password": SECRET})

    assert len(written(store)) == 7
    assert SECRET not in store.text()


def test_long(store, logger) -> None:
    """
    Of a message and a stack no more than 16 KiB are kept.
    """
    with test_span("a test"):
        logger.info("x" * 50_000)
        try:
            raise ValueError("y" * 100_000)
        except ValueError as error:
            logger.info("failed", exc_info=error)

    first, second = written(store)
    assert first.body.endswith("x… (cut)")
    assert len(first.body) < 16_400
    assert len(second.attributes["exception.stacktrace"]) < 16_400
    assert len(second.attributes["exception.message"]) < 16_400


class Point(NamedTuple):
    """
    A class of one's own that holds plain values.
    """

    x: int
    y: int


class Raises:
    """
    An argument that cannot be told.
    """

    def __init__(self, error: type[BaseException]) -> None:
        self.error = error

    def __str__(self) -> str:
        raise self.error


@pytest.mark.parametrize(
    ("message", "args", "body"),
    [
        ("%d of %s", ("x", 1), "%d of %s"),
        ("%s", (1, 2), "%s"),
        ("it is %s", (Raises(ValueError),), "it is %s"),
        ("it is %s", (Raises(SystemExit),), "it is %s"),
        ("%(a)s", ({"a": 1},), "1"),
        ("%(a)s", (UserDict(a=1),), "1"),
        ("%s", (Point(1, 2),), "Point(x=1, y=2)"),
        ("%s", ("Rate Exceeded.",), "Rate Exceeded."),
        ("100%", (), "100%"),
        ("", (), ""),
        (ValueError("bad"), (), "bad"),
        (None, (), "None"),
        ("\ud800", (), "?"),
    ],
)
def test_messages(store, alone, message, args, body) -> None:
    """
    What cannot be formatted is written as it is, and nobody hears of it.
    """
    with test_span("a test"):
        alone.info(message, *args)

    assert bodies(store) == [body]


@pytest.mark.parametrize("error", [ValueError, SystemExit])
def test_what_a_text_raises(store, alone, error) -> None:
    """
    Whatever objects raise when they are asked for their text, nobody hears of it.
    """

    class Failed(Exception):
        def __str__(self) -> str:
            raise error

    bad = Raises(error)
    with test_span("a test"):
        alone.info("it is %s", bad)
        alone.info(bad)
        alone.info("more", extra={"bad": bad, "all": [bad], "good": 1})
        alone.info({"event": bad})
        alone.error("failed", exc_info=Failed())
        alone.handle(received(name=bad, levelname=bad, msg="named", args=()))

    unprintable = f"<Raises, unprintable: {error.__name__}>"
    records = written(store)
    assert [record.body for record in records] == [
        *("it is %s", unprintable, "more", unprintable, "failed", "named"),
    ]
    assert records[2].attributes["bad"] == unprintable
    assert records[2].attributes["good"] == "1"
    assert records[4].attributes["exception.type"].endswith("Failed")
    assert records[5].logger == unprintable
    assert errors.troubles() == []


def test_an_interrupt_is_none_of_ours(store, alone) -> None:
    """
    Ctrl-C in the midst of our work ends the program's, too.
    """
    with test_span("a test"), pytest.raises(KeyboardInterrupt):
        alone.info("it is %s", Raises(KeyboardInterrupt))


def test_asked_once(store, alone) -> None:
    """
    Each object is asked for its text once, also where that is of no use, and a
    mapping for what stands in the message.
    """
    asked: list[str] = []

    class Counted:
        def __init__(self, name: str) -> None:
            self.name = name

        def __str__(self) -> str:
            asked.append(self.name)
            return self.name

        def __hash__(self) -> int:
            raise AssertionError

    class Looked(UserDict[str, str]):
        def __getitem__(self, key: str) -> str:
            asked.append(key)
            return "there"

        def __len__(self) -> int:
            asked.append("how many")
            return 1

    args = (Counted("a"), Counted("b"))
    mapping = received(msg="it is %(c)s", args=None)
    mapping.args = Looked()
    with test_span("a test"):
        alone.info("%s and %s", *args)
        alone.handle(mapping)
        alone.info(Counted("d"))
        alone.info("e", extra={"e": Counted("e")})
        alone.info(Counted("f"), 1)
        alone.info("%s of %d", Counted("g"), "one")

    assert asked == list("abcdefg")
    assert bodies(store) == ["a and b", "it is there", "d", "e", "f", "%s of %d"]


def test_a_record_of_odd_parts(store, alone) -> None:
    """
    A record whose fields are of any type is written, with what can be told of it.
    """

    class Level(enum.IntEnum):
        LOUD = 30

    odd = {"name": ["x"], "pathname": ["p"], "funcName": {}, "levelno": Level.LOUD}
    with test_span("a test"):
        alone.handle(received(msg="odd", args=None, lineno="1", **odd))

    (record,) = written(store)
    assert (record.body, record.logger) == ("odd", "['x']")
    assert record.fields["severityNumber"] == 13
    assert not {"code.file.path", "code.line.number"} & set(record.attributes)
    assert errors.troubles() == []


class Result:
    """
    A query's result, which asks the database for its text.
    """

    asked = 0

    def __len__(self) -> int:
        raise AssertionError

    def __iter__(self) -> Iterator[int]:
        raise AssertionError

    def __repr__(self) -> str:
        Result.asked += 1
        return "[…]"


def test_nothing_is_fetched(store, alone) -> None:
    """
    The text of a collection of somebody's own is not asked for: it may have to
    be fetched.
    """
    mock = MagicMock()
    with test_span("a test"):
        alone.info("found %s and %d", Result(), 3, extra={"found": Result()})
        alone.info("found %(all)s", {"all": Result()})
        alone.info(Result())
        alone.info("found %d", Result())
        alone.info({"event": "found", "all": Result()})
        alone.info("mocked %s", mock)

    assert Result.asked == 0
    assert mock.mock_calls == []
    assert bodies(store) == [
        "found <Result> and 3",
        "found <Result>",
        "<Result>",
        "found %d",
        "found",
        "mocked <MagicMock>",
    ]
    assert written(store)[0].attributes["found"] == "<Result>"
    assert written(store)[4].attributes["all"] == "<Result>"


def test_an_argument_that_logs(store, logger) -> None:
    """
    What an argument logs while we ask for its text is not recorded.
    """

    class Talkative:
        def __str__(self) -> str:
            logger.info("asked: %s", self)
            return "me"

    logger.setLevel(20)
    with test_span("a test"):
        # Without us it would never end, were it asked by a handler.
        logger.addFilter(quiet := lambda record: "asked" not in record.msg)
        logger.info("it is %s", Talkative())
        logger.removeFilter(quiet)

    assert bodies(store) == ["it is me"]


def test_outside(store, alone) -> None:
    """
    Where no test runs, nothing is written and nothing formatted.
    """
    with test_span("a test"):
        pass
    alone.info("%s", asked := MagicMock())

    assert bodies(store) == []
    assert asked.mock_calls == []


@pytest.mark.parametrize("setting", [{"logs": False}, {"capture_without": ["logging"]}])
def test_switched_off(store, logger, setting) -> None:
    """
    On request nothing is recorded, and there is no file.
    """
    configure(directory=store.directory, show="none", **setting)
    with test_span("a test"):
        logger.error("said")
    configure(directory=store.directory, show="none")
    with test_span("another"):
        logger.error("said again")

    assert bodies(store) == ["said again"]


def test_exporters(store, logger) -> None:
    """
    What an exporter's own traffic logs is left out.
    """
    from opentelemetry import context

    key = getattr(context, "_SUPPRESS_INSTRUMENTATION_KEY", "suppress_instrumentation")
    with test_span("a test"):
        token = context.attach(context.set_value(key, True))
        logger.debug("Starting new HTTP connection")
        context.detach(token)
        logger.debug("said")

    assert bodies(store) == ["said"]


def test_many(store, logger) -> None:
    """
    Beyond the limit records are counted, not kept.
    """
    configure(directory=store.directory, show="none", max_logs=3)
    with test_span("a test"):
        for number in range(10):
            logger.info("%d", number)

    assert bodies(store) == ["0", "1", "2"]
    assert store.span("a test").attributes[LEFT_OUT] == 7


def test_what_logging_leaves_out(store, logger) -> None:
    """
    Levels, filters and switches of `logging` count for us as well.
    """
    with test_span("a test"):
        logger.setLevel(logging.WARNING)
        logger.info("below the level")
        logger.addFilter(no := lambda _record: False)
        logger.error("filtered")
        logger.removeFilter(no)
        logging.disable(logging.ERROR)
        logger.error("disabled")
        logging.disable(logging.NOTSET)
        logger.disabled = True
        logger.error("the logger is")
        logger.disabled = False
        logger.error("said")

    assert bodies(store) == ["said"]


def test_a_filter_that_changes_the_record(store, logger) -> None:
    """
    What is written is what the handlers get.
    """

    def change(record: logging.LogRecord) -> bool:
        record.msg, record.args = f"changed: {record.msg}", ()
        record.sku = "a-1"

        return True

    with test_span("a test"):
        logger.addFilter(change)
        logger.info("said %s", 1)
        logger.removeFilter(change)

    (record,) = written(store)
    assert (record.body, record.attributes["sku"]) == ("changed: said %s", "a-1")


@pytest.mark.skipif(sys.version_info < (3, 12), reason="new in Python 3.12")
def test_a_filter_that_replaces_the_record(store, logger) -> None:
    """
    The record that a filter puts in its place is written.
    """

    def replace(record: logging.LogRecord) -> logging.LogRecord:
        other = copy.copy(record)
        other.msg = "another"

        return other

    with test_span("a test"):
        logger.addFilter(replace)
        logger.info("said")
        logger.removeFilter(replace)

    assert bodies(store) == ["another"]


def test_a_filter_that_raises(store, logger) -> None:
    """
    The caller gets its exception, the same object.
    """
    error = LookupError("in a filter")

    def broken(_record: logging.LogRecord) -> bool:
        raise error

    with test_span("a test"):
        logger.addFilter(broken)
        with pytest.raises(LookupError) as raised:
            logger.info("said")
        logger.removeFilter(broken)

    assert raised.value is error
    assert bodies(store) == []


def test_all_ways_to_a_logger(store) -> None:
    """
    Adapters, loggers that do not propagate, classes that have `handle` or
    `callHandlers` of their own and finished records: each is seen once.
    """

    class Own(logging.Logger):
        def handle(self, record: logging.LogRecord) -> None:
            super().handle(record)

        def callHandlers(self, record: logging.LogRecord) -> None:  # noqa: N802
            """
            Call none.
            """

    alone = logging.Logger("alone")  # noqa: LOG001  # as above
    alone.propagate = False
    with test_span("a test"):
        alone.info("alone")
        logging.LoggerAdapter(alone, {"sku": "a"}).info("adapted")
        Own("own").info("own")
        alone.handle(received(msg="made %s", args=("there",)))
        logging.getLogger().warning("by the root")

    assert bodies(store) == ["alone", "adapted", "own", "made there", "by the root"]


def test_a_record_without_a_place(store, alone) -> None:
    """
    What a record does not know is left out.
    """
    unknown = {"pathname": None, "lineno": None, "threadName": None, "funcName": None}
    with test_span("a test"):
        alone.handle(received(msg="x", levelno=30.5, **unknown))

    (record,) = written(store)
    assert (record.attributes, record.fields["severityNumber"]) == ({}, 0)


def test_a_record_that_comes_by_again(store, logger) -> None:
    """
    A record that a handler hands to another logger is written once.
    """
    other = logging.getLogger("other")

    class Forward(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            other.handle(record)

    logger.addHandler(forward := Forward())
    with test_span("a test"):
        logger.warning("said")
    logger.removeHandler(forward)

    assert bodies(store) == ["said"]


def test_a_record_that_comes_through_a_queue(store, logger) -> None:
    """
    One that another thread hands to a logger was seen where it was made; one of
    another process was not.
    """
    waiting: queue.Queue[Any] = queue.Queue()
    other = logging.getLogger("other")

    class Again(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            other.handle(record)

    listener = logging.handlers.QueueListener(waiting, Again())
    logger.addHandler(handler := logging.handlers.QueueHandler(waiting))
    with test_span("a test"):
        listener.start()
        logger.warning("said %s", "here")
        waiting.put(received(msg="said there", thread=1))
        listener.stop()
    logger.removeHandler(handler)

    assert sorted(bodies(store)) == ["said here", "said there"]


def test_threads(store, logger) -> None:
    """
    Eight threads that know of no test: each of their records is written, whole.
    """

    def talk(number: int) -> None:
        for turn in range(100):
            logger.info("%d says %d", number, turn)

    with test_span("a test"):
        threads = [threading.Thread(target=talk, args=[n]) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert sorted(bodies(store)) == sorted(
        f"{n} says {turn}" for n in range(8) for turn in range(100)
    )
    ids = {record.fields["spanId"] for record in written(store)}
    assert ids == {store.span("a test").span_id}
    assert len({record.attributes["thread.name"] for record in written(store)}) == 8


def test_beside_caplog(store, logger, caplog) -> None:
    """
    pytest's `caplog` gets what we get.
    """
    with test_span("a test"), caplog.at_level(logging.INFO, "shop.orders"):
        logger.debug("no %s", 1)
        logger.info("yes %s", 2)
        logger.error("yes %s", 3)

    assert bodies(store) == caplog.messages == ["yes 2", "yes 3"]


def test_beside_assert_logs(store, logger) -> None:
    """
    unittest's `assertLogs` gets what we get, and `assertNoLogs` none.
    """
    with test_span("a test"):
        with TestCase().assertLogs("shop.orders", "INFO") as watched:
            logger.debug("no %s", 1)
            logger.info("yes %s", 2)
        with TestCase().assertNoLogs("shop.orders", "ERROR"):
            logger.info("not here")

    assert watched.output == ["INFO:shop.orders:yes 2"]
    assert bodies(store) == ["yes 2"]


def test_nothing_of_ours_in_the_way(store, logger) -> None:
    """
    A handler finds nothing of ours in the stack and in no list of handlers, and
    a record has nothing that it had not.
    """
    stacks: list[list[str]] = []
    fields: list[set[str]] = []

    class Look(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            stacks.append([each.filename for each in traceback.extract_stack()])
            fields.append(set(vars(record)))

    logger.addHandler(look := Look())
    handlers = list(logging.getLogger().handlers), list(logger.handlers)
    with test_span("a test"):
        assert handlers == (logging.getLogger().handlers, logger.handlers)
        logger.info("said")
        capture.remove()
        logger.info("said")
        assert "filter" not in vars(logging.Logger)
        capture.install()
    logger.removeHandler(look)

    assert bodies(store) == ["said"]
    assert stacks[0] == stacks[1]
    assert fields[0] == fields[1]


def test_under_another_wrapper(store, logger, monkeypatch) -> None:
    """
    A tap that somebody wrapped is silent after `remove`, and one again after
    `install`.
    """
    ours = logging.Logger.filter

    @functools.wraps(ours)
    def theirs(*args: Any) -> Any:
        return ours(*args)

    monkeypatch.setattr(logging.Logger, "filter", theirs)
    with test_span("a test"):
        capture.remove()
        logger.info("without")
        capture.install()
        capture.install()
        logger.info("with")
    monkeypatch.undo()

    assert bodies(store) == ["with"]


def test_under_many_wrappers(store, logger, monkeypatch) -> None:
    """
    Wherever it stands below, a record is written once.
    """

    def wrapped(inner: Any) -> Any:
        @functools.wraps(inner)
        def outer(*args: Any) -> Any:
            return inner(*args)

        return outer

    for _ in range(40):
        monkeypatch.setattr(logging.Logger, "filter", wrapped(logging.Logger.filter))
    with test_span("a test"):
        capture.remove()
        logger.info("without")
        capture.install()
        logger.info("with")
    capture.remove()
    monkeypatch.undo()
    # It has put back what was there before it.
    del logging.Logger.filter

    assert bodies(store) == ["with"]


def test_above_another_wrapper(store, logger, monkeypatch) -> None:
    """
    What somebody has put on before us is asked as before, and left as it was.
    """
    asked: list[str] = []

    def theirs(_logger: logging.Logger, record: logging.LogRecord) -> bool:
        asked.append(record.msg)

        return record.msg != "dropped"

    capture.remove()
    monkeypatch.setattr(logging.Logger, "filter", theirs, raising=False)
    capture.install()
    with test_span("a test"):
        logger.info("dropped")
        logger.info("said")
    capture.remove()
    assert logging.Logger.filter is theirs
    monkeypatch.undo()
    assert "filter" not in vars(logging.Logger)

    assert (asked, bodies(store)) == (["dropped", "said"], ["said"])


def test_structlog(store, logger) -> None:
    """
    structlog's two ways into `logging` give the event as the message and its
    values as attributes.
    """
    structlog = pytest.importorskip("structlog", reason="not in this environment")

    def bound(last: Any) -> Any:
        return structlog.wrap_logger(
            logger,
            processors=[structlog.stdlib.add_log_level, last],
            wrapper_class=structlog.stdlib.BoundLogger,
        )

    formatter = structlog.stdlib.ProcessorFormatter
    with test_span("a test"):
        bound(structlog.stdlib.render_to_log_kwargs).warning("stale", sku="a-1")
        bound(formatter.wrap_for_formatter).warning("staler", sku="a-2")

    first, second = written(store)
    assert (first.body, second.body) == ("stale", "staler")
    assert first.attributes["sku"] == "a-1"
    assert second.attributes["sku"] == "a-2"
    assert second.attributes["level"] == "warning"
    assert not [name for name in second.attributes if name.startswith("_")]


@pytest.fixture
def loguru() -> Iterator[Any]:
    """
    loguru's logger, without its own output.
    """
    module = pytest.importorskip("loguru", reason="loguru is in the newest one alone")
    module.logger.remove()
    yield module.logger
    module.logger.remove()


@pytest.mark.parametrize("enqueue", [False, True])
def test_from_loguru(store, loguru, enqueue) -> None:
    """
    What loguru passes on to `logging` is recorded, from its own thread as well.
    """

    class PropagateHandler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            logging.getLogger(record.name).handle(record)

    with test_span("a test"):
        loguru.add(PropagateHandler(), format="{message}", enqueue=enqueue)
        loguru.success("stock of {} is stale", "a-1")
        loguru.complete()

    (record,) = written(store)
    assert (record.body, record.logger) == ("stock of a-1 is stale", __name__)
    assert (record.fields["severityNumber"], record.fields["severityText"]) == (
        12,
        "SUCCESS",
    )
    assert record.attributes["code.function.name"] == "test_from_loguru"


def test_to_loguru(store, loguru, logger) -> None:
    """
    The handler that loguru's documentation has for `logging` finds who logged.
    """

    class InterceptHandler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            frame, depth = inspect.currentframe(), 0
            while frame and (
                depth == 0 or frame.f_code.co_filename == logging.__file__
            ):
                frame = frame.f_back
                depth += 1
            loguru.opt(depth=depth, exception=record.exc_info).log(
                record.levelname, record.getMessage()
            )

    found: list[Any] = []
    loguru.add(lambda message: found.append(message.record))
    logger.addHandler(intercept := InterceptHandler())
    with test_span("a test"):
        logger.warning("said")
    logger.removeHandler(intercept)

    assert [each["function"] for each in found] == ["test_to_loguru"]
    assert bodies(store) == ["said"]


@pytest.mark.parametrize(
    "name",
    ["current_test", "_was_seen", "is_suppressed", "_write", "log_line", "now",
     "_message_and_fields", "masked_values", "_place", "exception_attributes"],
)  # fmt: skip
def test_a_fault_of_ours(store, logger, caplog, monkeypatch, name) -> None:
    """
    Where one of our own functions raises, the caller notices nothing, and one
    trouble is noted.
    """

    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(logs, name, broken)
    with test_span("a test"):
        try:
            raise ValueError("bad")
        except ValueError:
            logger.exception("said", extra={"n": 1})
    monkeypatch.undo()

    assert caplog.messages == ["said"]
    assert len(errors.troubles()) == 1
