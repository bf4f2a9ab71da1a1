"""
Clocks that a test freezes, moves or mocks: its record keeps the real time.

What is real is told by the kernel, which dates the files that the tests leave.
"""

from __future__ import annotations

import re
import time

from typing import Any

import pytest

from otel_testkit.trace import Run


NEAR = 150_000_000

CLOCKS = {
    "freezegun": ("import freezegun", "freezegun.freeze_time('2001-02-03')"),
    "freezegun-ticking": (
        "import freezegun",
        "freezegun.freeze_time('2001-02-03', tick=True)",
    ),
    "freezegun-stepping": (
        "import freezegun",
        "freezegun.freeze_time('2001-02-03', auto_tick_seconds=3600)",
    ),
    "freezegun-future": ("import freezegun", "freezegun.freeze_time('2101-02-03')"),
    "time-machine": (
        "import time_machine",
        "time_machine.travel(981158400, tick=False)",
    ),
    "time-machine-ticking": ("import time_machine", "time_machine.travel(981158400)"),
    "time": ("", "mock.patch('time.time', return_value=981158400.0)"),
    "time_ns": ("", "mock.patch('time.time_ns', return_value=981158400 * 10**9)"),
    "monotonic": ("", "mock.patch('time.monotonic', return_value=7.0)"),
    "perf_counter": ("", "mock.patch('time.perf_counter', return_value=7.0)"),
    "perf_counter_ns": ("", "mock.patch('time.perf_counter_ns', return_value=7)"),
    "sdk": ("", "mock.patch('opentelemetry.sdk.trace.time_ns', return_value=7)"),
    "datetime": ("", "mock.patch('datetime.datetime')"),
    "gone": ("", "mock.patch.multiple('time', time_ns=None, perf_counter_ns=None)"),
}

# Every kind of record, each between two marks.
WORK = """
    import logging, time, urllib.request
    from unittest import mock
    import pytest
    import opentelemetry.sdk.trace
    from opentelemetry import trace
    from ledger import mark
    from otel_testkit import current_test, step
    {imports}

    class between:
        def __init__(self, name): self.name = name
        def __enter__(self): mark(f"{{self.name}} before")
        def __exit__(self, *_): mark(f"{{self.name}} after")

    def work(name):
        inner = f"{{name}} inner"
        with between(inner), step(inner):
            mark(f"{{inner}} during")
        with between(f"{{name}} theirs"):
            with trace.get_tracer("theirs").start_as_current_span(f"{{name}} theirs"):
                mark(f"{{name}} theirs during")
        with between(f"{{name}} event"):
            current_test().event(f"{{name}} event")
        with between(f"{{name}} log"):
            logging.getLogger("shop").warning(f"{{name}} log")
        with between(f"{{name}} error"), pytest.raises(ZeroDivisionError):
            with step(f"{{name}} error"):
                1 / 0
"""


def all_is_dated(run: Run, marks: dict[str, int]) -> None:
    """
    Each span, event and log record of *run* lies between its marks.
    """
    spans = {span.name.rpartition("::")[2]: span for span in run.spans()}
    events = {event.name: event.time for one in run.spans() for event in one.events}
    logs = {log.text: log.time for one in run.attempts() for log in one.logs}
    bracketed = {name.removesuffix(" before") for name in marks if "before" in name}

    assert bracketed <= spans.keys() | events.keys() | logs.keys()
    for name in bracketed:
        before, after = marks[f"{name} before"] - NEAR, marks[f"{name} after"] + NEAR
        if name in spans:
            span = spans[name]
            during = marks.get(f"{name} during", span.start)
            assert before <= span.start <= during + NEAR, name
            assert during - NEAR <= span.end <= after, name
        else:
            assert before <= (events | logs)[name] <= after, name


@pytest.mark.parametrize(
    "clock",
    [
        clock
        if clock in ("freezegun", "time-machine", "sdk", "gone")
        else pytest.param(clock, marks=pytest.mark.matrix)
        for clock in CLOCKS
    ],
)
def test_a_clock_that_a_test_stops(beside: Any, clock: str) -> None:
    """By decorator, block or fixture: no test and no part of one is dated by it."""
    imports, stopped = CLOCKS[clock]
    text = (
        WORK
        + """
    def stopped():
        return {stopped}

    @pytest.fixture
    def fixture():
        with stopped():
            yield

    @stopped()
    def test_decorated(*_):
        work("decorated")

    def test_block():
        mark("test_block during")
        with stopped():
            work("block")

    def test_by_fixture(fixture):
        work("fixture")
    """
    )
    before = time.time_ns()

    done = beside(text.format(imports=imports, stopped=stopped))

    assert done.code == 0, done.out
    assert len(done.outcomes()) == 3
    all_is_dated(done.run(), done.marks())
    for span in done.run().spans():
        assert before - NEAR <= span.start <= span.end <= time.time_ns() + NEAR


@pytest.mark.parametrize(
    "start",
    [
        "import freezegun; freezegun.freeze_time('2001-02-03').start()",
        "import time_machine; time_machine.travel(981158400, tick=False).start()",
    ],
    ids=["freezegun", "time-machine"],
)
@pytest.mark.parametrize("at", ["session", "import"])
def test_a_session_with_another_time(beside: Any, start: str, at: str) -> None:
    """Frozen by the first fixture, or when the module is imported: all is real."""
    text = WORK.format(imports="") + (
        f"""
    @pytest.fixture(autouse=True, scope="session")
    def frozen():
        {start}
    """
        if at == "session"
        else f"\n    {start}\n"
    )
    text += """
    def test_it():
        assert time.time() == 981158400
        work("it")
    """

    done = beside(text)

    assert done.code == 0, done.out
    all_is_dated(done.run(), done.marks())
    assert done.run().id[:4] == time.strftime("%Y", time.gmtime())


@pytest.mark.parametrize(
    "start",
    [
        "import freezegun; freezegun.freeze_time('2001-02-03').start()",
        "import time_machine; time_machine.travel(981158400, tick=False).start()",
    ],
    ids=["freezegun", "time-machine"],
)
def test_frozen_before_we_come(program: Any, start: str) -> None:
    """A clock that stands still since before our import is no measure for us."""
    done = program(
        f"    {start}\n"
        + WORK.format(imports="from otel_testkit import test_span")
        + """
    with between("t"), test_span("t"):
        work("w")
        assert time.time() == 981158400
    """
    )

    assert done.err == "w log\n"
    all_is_dated(done.run(), done.marks())
    assert re.match(time.strftime("%Y-%m-%dT", time.gmtime()), done.run().id)


@pytest.mark.parametrize(
    "clock",
    ["freezegun", pytest.param("monotonic", marks=pytest.mark.matrix), "time-machine"],
)
def test_time_that_passes_is_seen(beside: Any, clock: str) -> None:
    """A wait that the test's own clock knows nothing of has its real length."""
    imports, stopped = CLOCKS[clock]
    text = (
        WORK
        + """
    def test_it():
        wait = time.sleep
        with {stopped}, between("waits"), step("waits"):
            wait(0.3)
    """
    )

    done = beside(text.format(imports=imports, stopped=stopped))

    (waits,) = (span for span in done.run().spans() if span.name == "waits")
    marks = done.marks()
    real = marks["waits after"] - marks["waits before"]
    assert 300_000_000 <= waits.end - waits.start <= real + NEAR
