"""
Suites that look at themselves: logs, streams, threads, warnings, tasks, providers.
"""

from __future__ import annotations

from typing import Any


LOOKS_AROUND = """
import logging, sys, threading, warnings
import pytest
from ledger import note
from otel_testkit import step, test_span, traced_test

before = [thread.name for thread in threading.enumerate()]
note(before)
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

    assert (done.code, done.told) == (bare.code, bare.told), done.out
    assert done.noted == bare.noted != ()
    assert bare.out.count("PASSED ") == 8
    assert bare.err == done.err == ""
    outcomes = {name.partition("::")[2]: x for name, x in done.outcomes().items()}
    assert outcomes["test_fails"] == outcomes["test_exits"] == "error"
    assert outcomes["test_is_known"] == "xfailed"
    assert list(outcomes.values()).count("passed") == 8


def test_an_endpoint_that_is_not_there(suite: Any) -> None:
    """While the tests run, of delivery is nothing heard, seen or counted either."""
    bare = suite(LOOKS_AROUND, traced=False)
    done = suite(
        LOOKS_AROUND,
        "--trace-tests",
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9",
        OTEL_TESTKIT_SHOW="none",
    )

    assert (done.code, done.told) == (bare.code, bare.told)
    assert done.noted == bare.noted
    assert done.err.splitlines() == done.troubles
    assert len(done.troubles) == 1
    assert len(done.outcomes()) == 11


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
