"""
Suites of pytest that are killed, interrupted or timed out in the midst of a test.
"""

from __future__ import annotations

import signal
import sys

from typing import Any

import pytest


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")
matrix = pytest.mark.matrix

SUITE = """
import ctypes, os, resource, signal, sys, threading, time
import pytest
from otel_testkit import traced_test
from spans import noted

resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

@pytest.fixture
def thing():
    with noted("test_it.py::test_b/set up"):
        pass

def test_a():
    with noted("test_it.py::test_a/done"):
        pass

def test_b(thing):
    with noted("test_it.py::test_b/done"):
        pass
    with noted("test_it.py::test_b/under way"):
        STATEMENT

@traced_test
def test_c():
    with noted("test_it.py::test_c/done"):
        pass
"""
DEATHS = {"sigkill": ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL)}
MORE_DEATHS = {
    "sigterm": ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
    "sighup": ("os.kill(os.getpid(), signal.SIGHUP)", -signal.SIGHUP),
    "segfault": ("ctypes.string_at(0)", -signal.SIGSEGV),
    "_exit": ("os._exit(7)", 7),
    "execv": ("os.execv('/bin/sh', ['sh', '-c', 'exit 9'])", 9),
}
LEAVES = {
    "sigint": ("os.kill(os.getpid(), signal.SIGINT)", 2, "interrupted"),
    "sys-exit": ("sys.exit(4)", 1, "failed"),
}
MORE = {
    "exit-of-pytest": ("pytest.exit('enough', 6)", 6, "interrupted"),
    "fail": ("pytest.fail('so')", 1, "failed"),
}
SLOW = "time.sleep(20)"


@pytest.mark.parametrize(
    "way", ["sigkill", *(pytest.param(way, marks=matrix) for way in MORE_DEATHS)]
)
def test_a_suite_that_dies(kept_suite: Any, way: str) -> None:
    """The tests that were over are kept, the one under way is open."""
    statement, code = (DEATHS | MORE_DEATHS)[way]

    done = kept_suite(SUITE.replace("STATEMENT", statement), "-p", "no:faulthandler")

    assert done.code == code
    assert done.outcomes() == {
        "test_it.py::test_a": "passed",
        "test_it.py::test_b": "open",
    }


@pytest.mark.parametrize(
    "way", [*LEAVES, *(pytest.param(way, marks=matrix) for way in MORE)]
)
def test_a_suite_that_is_stopped(kept_suite: Any, way: str) -> None:
    """The test in which it was stopped has ended, with its fixtures."""
    statement, code, outcome = (LEAVES | MORE)[way]

    done = kept_suite(SUITE.replace("STATEMENT", statement))

    assert done.code == code
    assert done.outcomes()["test_it.py::test_b"] == outcome


@pytest.mark.parametrize(
    ("method", "func_only"),
    [("signal", False), ("thread", False), pytest.param("signal", True, marks=matrix)],
)
def test_a_suite_that_is_timed_out(
    kept_suite: Any, method: str, func_only: bool
) -> None:
    """By a signal the test fails, and by a thread it is open and the process gone."""
    done = kept_suite(
        SUITE.replace("STATEMENT", SLOW),
        *("-o", f"timeout_func_only={func_only}"),
        *("--timeout=0.5", f"--timeout-method={method}"),
        plugins=("pytest_timeout",),
    )

    assert "Timeout" in done.out + done.err
    outcomes = done.outcomes()
    assert outcomes.pop("test_it.py::test_a") == "passed"
    if method == "thread":
        assert outcomes == {"test_it.py::test_b": "open"}
    else:
        assert outcomes == {
            "test_it.py::test_b": "failed",
            "test_it.py::test_c": "passed",
        }
