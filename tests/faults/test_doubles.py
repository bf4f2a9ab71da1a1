"""
Tests that replace the clock, the dice, the file system and what else we stand on.
"""

from __future__ import annotations

import re
import time

from typing import Any

import pytest


NEAR = 150_000_000
# How pytest tells each outcome, for a comparison beside the same suite without us.
_TOLD = re.compile(r"^(PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)\b.*", re.MULTILINE)


def same_as_without_us(suite: Any, text: str, *options: str) -> Any:
    """
    Run *text* with and without us: each test has the same outcome.
    """
    bare = suite(text, *options, traced=False)
    done = suite(text, *options)

    told = _TOLD.findall(bare.out)
    assert told, bare.out + bare.err
    assert (done.code, _TOLD.findall(done.out)) == (bare.code, told), done.out
    assert summary(done.out) == summary(bare.out)

    return done


def summary(out: str) -> str:
    """
    pytest's last line without the time.
    """
    return out.strip().splitlines()[-1].partition(" in ")[0]


def all_pass(suite: Any, text: str, count: int, *options: str) -> Any:
    """
    Run *text*, whose *count* tests pass without us: they do with us, and are kept.
    """
    done = suite(text, *options)

    assert summary(done.out) == f"{count} passed"
    assert set(done.outcomes().values()) == {"passed"}
    assert len(done.outcomes()) == count
    assert "otel-testkit:" not in done.err

    return done


def times_are_real(done: Any, before: int, after: int) -> None:
    """
    Every span lies between *before* and *after*, parts within their test.
    """
    for span in done.run().spans():
        assert before - NEAR <= span.start <= span.end <= after + NEAR


@pytest.mark.parametrize(
    ("imports", "freeze"),
    [
        ("import freezegun", "freezegun.freeze_time('2001-02-03')"),
        ("import time_machine", "time_machine.travel(981158400, tick=False)"),
    ],
    ids=["freezegun", "time-machine"],
)
def test_frozen_clock(suite: Any, imports: str, freeze: str) -> None:
    """A clock that a test freezes does not date its spans."""
    text = f"""
        {imports}
        frozen = {freeze}
        import time
        from opentelemetry import trace
        from otel_testkit import step, traced_test

        def work():
            with step("mine"):
                with trace.get_tracer("theirs").start_as_current_span("theirs"):
                    assert time.time() == 981158400

        @frozen
        @traced_test
        def test_above():
            work()

        @traced_test
        @frozen
        def test_below():
            work()

        @traced_test
        def test_inside():
            with frozen:
                work()
    """
    before = time.time_ns()

    done = all_pass(suite, text, 3, "-p", "no:asyncio")

    times_are_real(done, before, time.time_ns())
    names = sorted(span.name.rpartition("::")[2] for span in done.run().spans())
    assert names == [
        *["mine"] * 3,
        "test_above",
        "test_below",
        "test_inside",
        *["theirs"] * 3,
    ]


@pytest.mark.parametrize(
    "freeze",
    [
        "import freezegun; freezegun.freeze_time('2001-02-03').start()",
        "import time_machine; time_machine.travel(981158400, tick=False).start()",
    ],
    ids=["freezegun", "time-machine"],
)
def test_frozen_before_we_come(program: Any, freeze: str) -> None:
    """A clock that stands still since before our import is no measure for us."""
    before = time.time_ns()

    done = program(f"""
        {freeze}
        import time
        from otel_testkit import step, test_span
        from opentelemetry import trace

        with test_span("t"), step("mine"):
            with trace.get_tracer("theirs").start_as_current_span("theirs"):
                assert time.time() == 981158400
    """)

    assert done.err == ""
    assert [span.name for span in done.run().spans()] == ["t", "mine", "theirs"]
    times_are_real(done, before, time.time_ns())
    assert done.run().id[:10] == time.strftime("%Y-%m-%d", time.gmtime())


def test_frozen_session(suite: Any) -> None:
    """A session-wide freeze does not reach the id of the run."""
    text = """
        import freezegun, pytest
        from otel_testkit import traced_test

        @pytest.fixture(autouse=True, scope="session")
        def frozen():
            with freezegun.freeze_time("2001-02-03"):
                yield

        @traced_test
        def test_it():
            pass
    """

    done = all_pass(suite, text, 1)

    assert done.run().id[:10] == time.strftime("%Y-%m-%d", time.gmtime())


def test_dice(suite: Any) -> None:
    """Seeded tests draw the same numbers as ever, and no id comes twice."""
    text = """
        import random
        import pytest
        from otel_testkit import step, traced_test

        @traced_test
        @pytest.mark.parametrize("number", range(5))
        def test_it(number):
            random.seed(0)
            with step("a"), step("b"):
                pass
            assert random.getrandbits(32) == 3626764237
    """

    done = all_pass(suite, text, 5)

    assert len(set(done.span_ids())) == len(done.span_ids()) == 15
    assert len({one.trace_id for one in done.attempts()}) == 5


MOCKS = {
    "getrandbits": ("random.getrandbits", "return_value=7"),
    "urandom": ("os.urandom", "return_value=b'7777777777777777'"),
    "time_ns": ("time.time_ns", "return_value=7"),
    "time": ("time.time", "side_effect=RuntimeError"),
    "perf_counter_ns": ("time.perf_counter_ns", "return_value=7"),
    "sdk-time": ("opentelemetry.sdk.trace.time_ns", "side_effect=RuntimeError"),
    "lock": ("threading.Lock", ""),
    "rlock": ("threading.RLock", "side_effect=RuntimeError"),
    "dumps": ("json.dumps", ""),
    "raising-dumps": ("json.dumps", "side_effect=RuntimeError"),
    "open": ("builtins.open", ""),
    "raising-open": ("builtins.open", "side_effect=RuntimeError"),
    "os.open": ("os.open", "side_effect=RuntimeError"),
    "write": ("os.write", "return_value=0"),
    "raising-write": ("os.write", "side_effect=RuntimeError"),
    "getpid": ("os.getpid", "return_value=7"),
    "getcwd": ("os.getcwd", "side_effect=FileNotFoundError"),
    "makedirs": ("os.makedirs", "side_effect=PermissionError"),
    "exists": ("os.path.exists", "return_value=True"),
    "isdir": ("os.path.isdir", "return_value=True"),
    "environ": ("os.environ", "new={}"),
    "str.join": ("os.path.join", "return_value='/nowhere'"),
    "warn": ("warnings.warn", "side_effect=RuntimeError"),
    "print": ("builtins.print", "side_effect=RuntimeError"),
    "unwrap": ("inspect.unwrap", "side_effect=RuntimeError"),
    "asyncio-task": ("asyncio.current_task", "side_effect=RuntimeError"),
}


# The SDK makes a lock for each span, and asks the API for the span around it.
OF_THE_SDK = {
    "raising-lock": ("threading.Lock", "side_effect=RuntimeError"),
    "no-lock": ("threading.Lock", "new=None"),
    "get_current_span": ("opentelemetry.trace.get_current_span", ""),
}

INSIDE = """
    import asyncio, contextlib, inspect, json, os, random, threading, time, warnings
    from unittest import mock
    from otel_testkit import step, test_span
    import opentelemetry.sdk.trace

    {before}
    for name, (target, how) in {mocks}.items():
        with test_span(name) as test:
            with eval(f"mock.patch({{target!r}}, {{how}})"):
                with step("inner", {{"a": {{"b": [1]}}}}):
                    test.set_tag("c", {{"d": 2}})
                with contextlib.suppress(ValueError), step("failing"):
                    raise ValueError("x")
    print("done")
"""


def test_mocks_inside_of_a_test(program: Any) -> None:
    """What a test replaces while it runs is not what its record stands on."""
    begun = "with test_span('before'): pass"

    done = program(INSIDE.format(mocks=MOCKS, before=begun))

    assert (done.code, done.out, done.err) == (0, "done\n", "")
    attempts = {one.case: one for one in done.attempts()}
    kept = {name: [span.name for span in attempts[name].spans] for name in MOCKS}
    assert kept == {name: [name, "inner", "failing"] for name in MOCKS}
    tags = {name: attempts[name].span.attributes["c"] for name in MOCKS}
    assert tags == dict.fromkeys(MOCKS, '{"d": 2}')
    assert len(set(done.span_ids())) == len(done.span_ids()) == 3 * len(MOCKS) + 1


def test_mocks_of_what_the_sdk_needs(program: Any) -> None:
    """What cannot be recorded costs the record, one line and nothing else."""
    done = program(INSIDE.format(mocks=OF_THE_SDK, before=""))

    assert (done.code, done.out) == (0, "done\n")
    assert done.outcomes() == dict.fromkeys(OF_THE_SDK, "passed")
    (line,) = done.err.splitlines()
    assert line.startswith("otel-testkit: a step was not recorded")


@pytest.mark.parametrize("name", MOCKS)
def test_mocks_around_the_first_test(program: Any, name: str) -> None:
    """What is replaced before we begin does not get into the test, either."""
    target, how = MOCKS[name]

    done = program(f"""
        import asyncio, inspect, json, os, random, threading, time, warnings
        from unittest import mock
        from otel_testkit import traced_test
        import opentelemetry.sdk.trace

        ran = []

        @mock.patch({target!r}, {how})
        @traced_test
        def test_it(*_):
            ran.append(1)

        test_it()
        assert ran == [1]

        @traced_test
        def test_after():
            ran.append(2)

        test_after()
        assert ran == [1, 2]
    """)

    assert done.code == 0, done.err
    assert done.outcomes() == {
        "program.test_it": "passed",
        "program.test_after": "passed",
    }
    assert done.err == ""


def test_fake_file_system(suite: Any) -> None:
    """A test in pyfakefs sees its own files alone; its record is on the real disk."""
    text = """
        import os
        import pytest
        from otel_testkit import step, traced_test

        @traced_test
        def test_first():
            pass

        @traced_test
        def test_it(fs):
            fs.create_file("/a/b", contents="c")
            with step("inner"):
                with open("/a/b") as file:
                    assert file.read() == "c"
            assert sorted(os.listdir("/a")) == ["b"]
            assert not os.path.exists("/work")
    """

    done = all_pass(suite, text, 2)

    assert "inner" in {span.name for span in done.run().spans()}


def test_fake_file_system_from_the_first_test_on(suite: Any) -> None:
    """A first test that has a fake file system already is recorded as well."""
    text = """
        import os
        from otel_testkit import traced_test

        @traced_test
        def test_it(fs):
            assert os.listdir("/") == ["tmp"]
    """

    all_pass(suite, text, 1)
