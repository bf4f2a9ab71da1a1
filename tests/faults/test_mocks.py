"""
Tests that mock the builtins, the standard library or the whole file system: what
their record stands on was kept before.
"""

from __future__ import annotations

from typing import Any

import pytest


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
    """What cannot be recorded costs what it is, a line for its kind, and no span."""
    done = program(INSIDE.format(mocks=OF_THE_SDK, before=""))

    assert (done.code, done.out) == (0, "done\n")
    assert done.outcomes() == dict.fromkeys(OF_THE_SDK, "passed")
    assert done.err.splitlines() == done.troubles
    assert len(done.troubles) <= 2
    assert len(set(done.span_ids())) == 3 * len(OF_THE_SDK)


@pytest.mark.parametrize(
    "name",
    [
        name
        if name in ("time", "rlock", "raising-write", "environ")
        else pytest.param(name, marks=pytest.mark.matrix)
        for name in MOCKS
    ],
)
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


def test_mocks_in_pytest(beside: Any) -> None:
    """Replaced by decorator or fixture, in set-up and teardown: all is recorded."""
    done = beside(
        f"""
        import asyncio, inspect, json, os, random, threading, time, warnings
        from unittest import mock
        import pytest
        import opentelemetry.sdk.trace
        from otel_testkit import step
        from ledger import note

        MOCKS = { ({name: MOCKS[name] for name in IN_PYTEST})!r}

        @pytest.fixture(params=MOCKS)
        def mocked(request):
            target, how = MOCKS[request.param]
            patching = eval(f"mock.patch({{target!r}}, {{how}})")
            patching.start()
            with step("set-up"):
                yield request.param
            patching.stop()

        def test_it(mocked):
            with step("inner", {{"a": {{"b": [1]}}}}):
                note(mocked)

        @pytest.mark.parametrize("name", MOCKS)
        def test_fails(name):
            target, how = MOCKS[name]
            with eval(f"mock.patch({{target!r}}, {{how}})"):
                with step("inner"):
                    note(name)
                    raise KeyError(name)
        """
    )

    count = len(IN_PYTEST)
    assert len(done.noted) == 2 * count
    assert len(set(done.span_ids())) == len(done.span_ids())
    outcomes = list(done.outcomes().values())
    assert (outcomes.count("passed"), outcomes.count("failed")) == (count, count)
    names = [span.name for span in done.run().spans()]
    assert (names.count("inner"), names.count("set-up")) == (2 * count, count)


# What pytest itself does not stand on while a test runs.
IN_PYTEST = (
    *("getrandbits", "urandom", "time_ns", "perf_counter_ns", "sdk-time", "rlock"),
    *("dumps", "raising-dumps", "raising-write"),
)


def test_fake_file_system(beside: Any) -> None:
    """
    A test in pyfakefs sees its own files alone; its record is on the real disk,
    from the first test on.
    """
    done = beside(
        """
        import os
        from otel_testkit import step
        from ledger import note

        def test_first(fs):
            note(os.listdir("/"))
            with step("first"):
                pass

        def test_it(fs):
            fs.create_file("/a/b", contents="c")
            with step("inner"):
                with open("/a/b") as file:
                    note(file.read())
            note(sorted(os.listdir("/a")))
            assert not os.path.exists("/work")

        def test_after():
            with step("after"):
                pass
        """,
        *("-p", "pyfakefs.pytest_plugin"),
    )

    assert done.code == 0
    assert len(done.outcomes()) == 3
    names = {span.name for span in done.run().spans()}
    assert {"first", "inner", "after"} <= names


def test_fake_file_system_from_the_first_test_on(suite: Any) -> None:
    """A decorated test that has a fake one before anything of ours is recorded, too."""
    text = """
        import os
        from otel_testkit import traced_test

        @traced_test
        def test_it(fs):
            assert os.listdir("/") == ["tmp"]
    """

    done = suite(text)

    assert done.code == 0, done.out
    assert list(done.outcomes().values()) == ["passed"]
    assert done.troubles == []
