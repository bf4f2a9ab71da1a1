"""
Suites that look at themselves: logs, streams, threads, warnings, tasks, providers.
"""

from __future__ import annotations

import re

from typing import Any


_TOLD = re.compile(r"^(PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)\b.*", re.MULTILINE)

LOOKS_AROUND = """
import logging, sys, threading, warnings
import pytest
from otel_testkit import step, test_span, traced_test

before = [thread.name for thread in threading.enumerate()]
level = logging.getLogger().level
handlers = list(logging.getLogger().handlers)

class Raising(logging.Handler):
    def emit(self, record):
        raise RuntimeError("logged")

@traced_test(tags={"odd": object(), "more": {"a": float("nan")}})
def test_nothing_is_logged(caplog):
    caplog.set_level(0)
    with step("a"):
        pass
    assert caplog.records == []

@traced_test
def test_nothing_is_written(capfd):
    with step("a"), test_span("nested"):
        pass
    assert capfd.readouterr() == ("", "")

@traced_test
def test_no_thread_is_there():
    with step("a"):
        assert [thread.name for thread in threading.enumerate()] == before

@traced_test
def test_nothing_warns(recwarn):
    with step("a"):
        pass
    assert len(recwarn) == 0

@traced_test
def test_a_raising_handler():
    handler = Raising()
    logging.getLogger().addHandler(handler)
    try:
        with step("a", {"x": object()}):
            pass
    finally:
        logging.getLogger().removeHandler(handler)

@traced_test
def test_logging_is_as_it_was():
    assert logging.getLogger().level == level

@traced_test
def test_filters_are_kept():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with step("a"), test_span("inner", tags={"a": {1}}):
            pass

@traced_test
def test_the_stack_is_no_deeper_than_it_must():
    def down(left):
        return down(left - 1) if left else 0
    assert down(700) == 0

@traced_test
def test_fails(capsys):
    print("seen")
    warnings.warn("mine", stacklevel=1)

@traced_test
def test_exits():
    sys.exit(0)

@traced_test
@pytest.mark.xfail(reason="known")
def test_is_known():
    assert 0
"""


def test_a_suite_that_looks_around(suite: Any) -> None:
    """Nothing of us is heard, seen or counted, and each outcome is its own."""
    bare = suite(LOOKS_AROUND, "-p", "no:logging-x", traced=False)
    done = suite(LOOKS_AROUND, "-p", "no:logging-x")

    told = _TOLD.findall(bare.out)
    assert (done.code, _TOLD.findall(done.out)) == (bare.code, told), done.out
    assert bare.out.count("PASSED ") == 8
    assert bare.err == done.err == ""
    outcomes = {name.partition("::")[2]: x for name, x in done.outcomes().items()}
    assert outcomes["test_fails"] == outcomes["test_exits"] == "error"
    assert outcomes["test_is_known"] == "xfailed"
    assert list(outcomes.values()).count("passed") == 8


def test_at_the_recursion_limit(program: Any) -> None:
    """Steps may go down to where Python gives up: that is what the test sees."""
    done = program("""
        from otel_testkit import step, test_span

        def down():
            with step("deeper"):
                down()

        with test_span("t"):
            try:
                down()
            except RecursionError:
                print("the end")
        with test_span("after"), step("a"):
            pass
    """)

    assert (done.code, done.out) == (0, "the end\n")
    assert done.outcomes() == {"t": "passed", "after": "passed"}
    # What lies at the limit itself is lost, with a line for each kind of loss.
    assert len(done.err.splitlines()) <= 3


def test_providers_that_come_and_go(program: Any) -> None:
    """A test may set, swap, reset and shut down providers; ours goes on."""
    done = program("""
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.util._once import Once
        from otel_testkit import step, test_span

        def theirs(name):
            trace.get_tracer("theirs").start_span(name).end()

        with test_span("own"):
            theirs("in own")
        with test_span("set"):
            first = TracerProvider()
            trace.set_tracer_provider(first)
        with test_span("after set"), step("a"):
            theirs("in first")
        with test_span("shut down"), step("b"):
            first.shutdown()
            theirs("in a dead one")
        with test_span("reset"):
            trace._TRACER_PROVIDER = None
            trace._TRACER_PROVIDER_SET_ONCE = Once()
        with test_span("after reset"), step("c"):
            theirs("in own again")
        with test_span("swapped"), step("d"):
            trace._TRACER_PROVIDER = TracerProvider()
        with test_span("after swap"), step("e"):
            theirs("in second")
        with test_span("shut all down"):
            trace.get_tracer_provider().shutdown()
        with test_span("ours shut down"):
            from otel_testkit.recording.provider import recording
            recording().provider.shutdown()
        with test_span("after all"), step("f"):
            pass
    """)

    assert (done.code, done.err) == (0, "")
    assert set(done.outcomes().values()) == {"passed"}
    assert len(done.outcomes()) == 11
    names = {span.name for span in done.run().spans()}
    assert names >= set("abcdef") | {"in own", "in first", "in own again", "in second"}
    assert len(set(done.span_ids())) == len(done.span_ids())


def test_a_processor_that_raises(program: Any) -> None:
    """Another's processor may raise in either method; no test sees it."""
    done = program("""
        from opentelemetry import trace
        from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
        from otel_testkit import configure, step, test_span

        class Raising(SpanProcessor):
            def on_start(self, span, parent_context=None): raise RuntimeError
            def on_end(self, span): raise RuntimeError
            def shutdown(self): raise RuntimeError
            def force_flush(self, timeout_millis=0): raise RuntimeError

        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(Raising())
        trace.set_tracer_provider(provider)
        configure(span_processors=[Raising()])
        with test_span("t"), step("a"):
            pass
    """)

    assert done.code == 0
    assert [line.partition(":")[0] for line in done.err.splitlines()] == [
        "otel-testkit"
    ]
    assert done.outcomes() == {"t": "passed"}


def test_threads(program: Any) -> None:
    """A step in a bare thread or executor belongs to the one open test."""
    done = program("""
        import concurrent.futures, threading
        from otel_testkit import current_test, step, test_span

        def work():
            with step("in a thread"):
                current_test().set_tag("seen", True)

        with test_span("t"):
            threads = [threading.Thread(target=work) for _ in range(50)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                list(pool.map(lambda _: work(), range(50)))
        work()
    """)

    (attempt,) = done.attempts()
    parts = attempt.spans[1:]
    assert len(parts) == 100
    assert {span.parent_id for span in parts} == {attempt.span.span_id}
    assert attempt.span.attributes["seen"] is True
    assert done.run().loose == ()


def test_five_hundred_tests_at_once(program: Any) -> None:
    """Concurrent tests of one loop keep their own parts, and their own outcomes."""
    done = program("""
        import asyncio
        from otel_testkit import step, traced_test

        @step("inner")
        async def inner(number):
            await asyncio.sleep(0)
            return number

        async def test(number):
            with step(f"outer {number}"):
                await asyncio.sleep(0)
                await asyncio.gather(*(inner(number) for _ in range(2)))
            assert number % 10

        async def main():
            return await asyncio.gather(
                *(traced_test(name=f"test {n}")(test)(n) for n in range(500)),
                return_exceptions=True,
            )

        print(sum(x is None for x in asyncio.run(main())))
    """)

    assert (done.out, done.err) == ("450\n", "")
    attempts = {one.case: one for one in done.attempts()}
    assert len(attempts) == 500
    for number in range(500):
        spans = attempts[f"test {number}"].spans
        (outer,) = (span for span in spans if span.name == f"outer {number}")
        assert outer.parent_id == spans[0].span_id
        inner = [span.parent_id for span in spans if span.name == "inner"]
        assert inner == [outer.span_id] * 2
        expected = "passed" if number % 10 else "failed"
        assert str(attempts[f"test {number}"].outcome) == expected


def test_cancelled_tasks(program: Any) -> None:
    """Tasks that are cancelled, or left behind by their loop, end without a word."""
    done = program("""
        import asyncio
        from otel_testkit import step, traced_test

        @traced_test
        async def test_slow():
            with step("waits"):
                await asyncio.sleep(60)

        async def main():
            tasks = [asyncio.create_task(test_slow()) for _ in range(3)]
            await asyncio.sleep(0)
            tasks[0].cancel()
            try:
                async with asyncio.timeout(0.01):
                    await test_slow()
            except TimeoutError:
                print("timeout")
            try:
                await tasks[0]
            except asyncio.CancelledError:
                print("cancelled")

        asyncio.run(main())
    """)

    assert (done.code, done.out, done.err) == (0, "timeout\ncancelled\n", "")
    assert [str(one.outcome) for one in done.attempts()] == ["cancelled"] * 4
    assert not any(span.is_open for span in done.run().spans())


def test_generators_and_contexts(program: Any) -> None:
    """A generator closed elsewhere, a copied context: nothing leaks, nothing is said."""
    done = program("""
        import contextvars, gc, threading
        from opentelemetry import context
        from otel_testkit import current_test, step, test_span, traced_test

        @traced_test
        def test_generator():
            with step("inside"):
                yield 1
                yield 2

        root = context.get_current()
        here = test_generator()
        print(next(here), context.get_current() is root, current_test().is_recording)
        thread = threading.Thread(target=here.close)
        thread.start(); thread.join()
        dropped = test_generator()
        next(dropped)
        del dropped
        gc.collect()
        elsewhere = test_generator()
        contextvars.copy_context().run(next, elsewhere)
        print(list(elsewhere), context.get_current() is root)

        with test_span("t"):
            copied = contextvars.copy_context()
        with step("no test"):
            pass
        copied.run(lambda: step("late").__enter__())
        span = test_span("crossed")
        contextvars.copy_context().run(span.__enter__)
        span.__exit__(None, None, None)
        print(current_test().is_recording, context.get_current() is root)
    """)

    out = "1 True True\n[2] True\nFalse True\n"
    assert (done.code, done.out, done.err) == (0, out, "")
    outcomes = sorted(str(one.outcome) for one in done.attempts())
    assert outcomes == ["cancelled", "cancelled", "passed", "passed", "passed"]
    assert not any(span.is_open for span in done.run().spans())


VALUES = """
    import sys
    import numpy
    from otel_testkit import current_test, step, test_span

    class Raises:
        def __str__(self): raise RuntimeError
        __repr__ = __hash__ = __eq__ = __len__ = __iter__ = __str__
    class Leaves:
        def __str__(self): sys.exit(3)
        __repr__ = __str__
    class NoText:
        def __str__(self): return 7
        __repr__ = __str__
    class AllAttributes:
        def __getattr__(self, name): return AllAttributes()
        def __call__(self, *_, **__): return self
    class RaisingAttributes:
        def __getattribute__(self, name): raise RuntimeError
    class OwnText(str):
        def __str__(self): raise RuntimeError
        __len__ = __hash__ = __eq__ = __str__
        def __hash__(self): return 1
    class OwnInt(int):
        def __str__(self): raise RuntimeError
        __repr__ = __index__ = __str__
    class Endless(list):
        def __iter__(self):
            while True: yield 1
    loop = []; loop.append(loop)
    ring = {}; ring["ring"] = ring
    deep = []
    for _ in range(5000): deep = [deep]
    values = [
        None, 2**70, -(2**70), float("nan"), float("inf"), 1 + 2j, b"bytes", b"\\xff",
        bytearray(5), memoryview(b"x"), "x" * 10**7, "\\udc80", "a\\0b", [1, "a", None],
        [1, 2**70], [float("nan"), 1.0], (), [], {}, set(), {1, 2}, frozenset("a"),
        range(10**9), loop, ring, deep, Raises(), Leaves(), NoText(), AllAttributes(),
        RaisingAttributes(), OwnText("a"), OwnInt(7), Endless([1]), [OwnText("b")] * 2,
        {Raises: 1, Leaves(): 2, "\\udc80": 3}, object(), Raises, print, sys, iter([1]),
        numpy.arange(3), numpy.zeros((1000, 1000)), numpy.float32(1.5), numpy.int64(7),
        numpy.array(5), numpy.bool_(True), numpy.nan, numpy.array(["a"]), ValueError("x"),
        [True, False], ["a", "b"], [["a"], ["b"]], True, Ellipsis, lambda: 1, 1e300,
    ]
    keys = ["", "a", "\\udc80", "x" * 10**5, 7, None, Leaves(), Raises(), (1, 2), b"k"]
"""


def test_values_of_every_kind(program: Any) -> None:
    """Tags, attributes and events take anything, and nobody hears of it."""
    done = program(
        VALUES
        + """
    for number, value in enumerate(values):
        with test_span(f"value {number}", tags={"before": value}) as test:
            test.set_tag("tag", value)
            test.event("event", {"in": value})
            with step("step", {"at": value}):
                current_test().set_attribute("again", value)
    print(number + 1)
    """
    )

    assert (done.code, done.err) == (0, "")
    count = int(done.out)
    attempts = {one.case: one for one in done.attempts()}
    assert len(attempts) == count
    for attempt in attempts.values():
        test, step = attempt.spans
        assert {"before", "tag", "again"} <= set(test.attributes)
        assert "at" in step.attributes
        assert [list(event.attributes) for event in test.events] == [["in"]]
    size = sum(file.stat().st_size for file in done.store.rglob("*.jsonl"))
    assert size < count * 200_000


def test_names_of_every_kind(program: Any) -> None:
    """Names, suites and keys that are no texts are written as texts."""
    done = program(
        VALUES
        + """
    for name in keys + values:
        with test_span(name, suite=name) as test:
            test.event(name)
            with step(name):
                print("ran")
    for key in keys[:6]:
        with test_span("key", tags={key: 1}) as test:
            test.set_tag(key, 2)
    for tags in values:
        with test_span("all tags", tags=tags, attributes=tags) as test, step("s", tags):
            print("ran")
    """
    )

    assert done.code == 0, done.err
    assert [line.partition(" ")[0] for line in done.err.splitlines()] == [
        "otel-testkit:"
    ]
    ran = done.out.count("ran")
    assert ran == sum(1 for span in done.run().spans() if span.is_step)
    cases = [one.case for one in done.attempts()]
    assert cases.count("all tags") + 10 == ran / 2 + 5
    assert "tags" in done.err
