"""
The examples for other harnesses do what the documentation says.
"""

from __future__ import annotations

import re

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


PAGE = (Path(__file__).parents[2] / "docs" / "harnesses.md").read_text("utf-8")

Python = Callable[..., Any]

ROBOT = """\
*** Settings ***
Suite Setup    Log    once
Test Tags      nightly

*** Test Cases ***
Passes
    Log    hello
Fails
    Should Be Equal    1    2
Skips
    Skip    not today
Expects
    Run Keyword And Expect Error    *    Fail    as expected
"""


def _example(heading: str) -> str:
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    found = re.search(r"```python\n(.*?)```", section, re.DOTALL)

    assert found is not None
    return found[1]


def test_robot(python: Python) -> None:
    """Robot Framework's tests and keywords are cases and steps; it says the same."""
    pytest.importorskip("robot", reason="robotframework is not installed")
    files = {"it.robot": ROBOT, "robot_trace.py": _example("Robot Framework")}
    options = ("-m", "robot", "--pythonpath", ".", "--output", "NONE")
    quiet = (*options, "--log", "NONE", "--report", "NONE")
    listener = ("--listener", "robot_trace.TraceListener")
    bare = python(files, *quiet, "it.robot", traced=False)
    done = python(files, *quiet, *listener, "it.robot")

    assert (done.code, done.out, done.err) == (bare.code, bare.out, bare.err)
    assert done.outcomes() == {
        "Passes": "passed",
        "Fails": "failed",
        "Skips": "skipped",
        "Expects": "passed",
    }
    fails = done.attempts()["Fails"]
    assert fails.suite == "It"
    assert fails.tags["nightly"] is True
    assert fails.errors[0].message == "1 != 2"
    assert [(one.name, one.is_error) for one in fails.spans[1:]] == [
        ("BuiltIn.Should Be Equal", True)
    ]


def test_asyncio(python: Python) -> None:
    """Tests that run at the same time have each its own trace."""
    done = python({"it.py": _example("asyncio")}, "it.py")
    attempts = done.attempts()

    assert (done.code, done.err) == (0, "")
    assert done.outcomes() == {"check_signup": "passed", "check_refund": "error"}
    assert [span.name for span in attempts["check_signup"].spans[1:]] == ["sign up"]
    assert len({one.trace_id for one in attempts.values()}) == 2


def test_a_load_test(python: Python) -> None:
    """Iterations are attempts of one case, some of which failed."""
    text = _example("A load test").replace("share=0.5", "share=1")
    done = python({"it.py": text}, "it.py")
    (case,) = done.run().cases

    assert (done.code, done.err) == (0, "")
    assert case.is_flaky
    assert {one.tags["user"] for one in case.attempts} == set(range(8))


POOL = """
import multiprocessing, sys
from otel_testkit import step, traced_test

@traced_test
def check(number):
    with step("inside"):
        assert number != 1, "one"

def attempt(number):
    try:
        check(number)
    except AssertionError:
        return number

if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    with multiprocessing.Pool(2) as pool:
        print(pool.map(attempt, range(4), chunksize=1))
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_pool_of_processes(python: Python, method: str) -> None:
    """Tests that a harness runs in processes are one run, shown once at its end."""
    done = python({"it.py": POOL}, "it.py", method, OTEL_TESTKIT_SHOW="failed")
    attempts = list(done.run().attempts())

    assert (done.code, done.out) == (0, "[None, 1, None, None]\n")
    assert sorted(str(one.outcome) for one in attempts) == ["failed", *["passed"] * 3]
    assert done.err.count("✗ it.check") == 1


@pytest.mark.parametrize(("rows", "code"), [('["a", "b"]', 0), ("[]", 1)])
def test_a_cron_job(python: Python, rows: str, code: int) -> None:
    """The exit code is the outcome; only a failure is printed."""
    text = _example("A cron job").replace('["a", "b"]', rows)
    done = python({"it.py": text}, "it.py", OTEL_TESTKIT_SHOW="failed")

    assert done.code == code
    assert ("nightly import" in done.err) == bool(code)
    assert done.outcomes() == {"nightly import": "error" if code else "passed"}
