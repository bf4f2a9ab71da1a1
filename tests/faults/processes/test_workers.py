"""
Several processes that write one run, or one store: xdist's workers and others.
"""

from __future__ import annotations

import re
import sys

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest


# Many processes on a machine that may have two cores.
pytestmark = pytest.mark.timeout(600)
matrix = pytest.mark.matrix
XDIST = ("xdist", "xdist.looponfail")

SUITE = """
    import os, signal, time
    import pytest
    from spans import noted

    @pytest.fixture(scope="session")
    def shared():
        yield

    @pytest.mark.parametrize("number", range(COUNT))
    def test_it(number, shared):
        name = f"test_it.py::test_it[{number}]"
        with noted(f"{name}/step"), noted(f"{name}/step/inner"):
            assert number % 10 != 7
"""
CRASH = """
    def test_crash():
        with noted("test_it.py::test_crash/done"):
            pass
        with noted("test_it.py::test_crash/under way"):
            time.sleep(0.2)
            END
"""


@pytest.fixture
def dealt(
    noting_suite: Any, account: Any, request: pytest.FixtureRequest
) -> Callable[..., Any]:
    """
    Runs a suite in xdist's workers, without us and with us: pytest tells the same of
    each test, though other workers may have had it, and all that was noted is kept.
    """

    def run(text: str, *options: str) -> Any:
        bare = noting_suite(text, *options, plugins=XDIST, traced=False)
        done = noting_suite(text, *options, plugins=XDIST)

        told, bare_told = (
            sorted(re.sub(r"\bgw\d", "gw", line) for line in each.told)
            for each in (done, bare)
        )
        assert (done.code, told) == (bare.code, bare_told), done.out
        assert (done.err, sorted(done.noted)) == (bare.err, sorted(bare.noted))
        found = account(done)
        lost = len(found.lost)
        request.node.user_properties += [("ended", found.ended), ("lost", lost)]
        assert found.is_even, found

        return done

    return run


@pytest.mark.parametrize(
    ("workers", "count"),
    [
        (2, 20),
        pytest.param(8, 40, marks=matrix),
        pytest.param(8, 1000, marks=matrix),
    ],
)
def test_workers_of_xdist(dealt: Any, workers: int, count: int) -> None:
    """All workers write one run, which has each test once."""
    done = dealt(SUITE.replace("COUNT", str(count)), f"-n{workers}")

    outcomes = Counter(done.outcomes().values())
    assert outcomes == {"failed": count // 10, "passed": count - count // 10}
    written = [file for file in done.store.rglob("traces.*") if file.stat().st_size]
    assert len(written) <= workers


@pytest.mark.parametrize("dist", ["loadscope", "loadfile", "loadgroup", "worksteal"])
@matrix
def test_ways_of_xdist(dealt: Any, dist: str) -> None:
    """However the tests are dealt out, each is kept once."""
    done = dealt(SUITE.replace("COUNT", "20"), "-n2", f"--dist={dist}")

    assert len(done.outcomes()) == 20


@pytest.mark.parametrize(
    "end",
    [
        "os._exit(3)",
        pytest.param("os.kill(os.getpid(), signal.SIGKILL)", marks=matrix),
        pytest.param("os.abort()", marks=matrix),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_worker_that_crashes(dealt: Any, end: str) -> None:
    """The test in which it crashed is open, and no other test is affected."""
    text = SUITE.replace("COUNT", "20") + CRASH.replace("END", end)

    done = dealt(text, "-n2", "-p", "no:faulthandler")

    outcomes = done.outcomes()
    assert outcomes.pop("test_it.py::test_crash") == "open"
    assert Counter(outcomes.values()) == {"passed": 18, "failed": 2}


PROCESSES = """
    import os, subprocess, sys
    from spans import noted

    if len(sys.argv) > 1:
        for number in range(40):
            name = f"{sys.argv[1]}-{number}"
            with noted(name), noted(f"{name}/step", x="y" * LENGTH):
                pass
    else:
        if IS_ONE:
            with noted("parent"):
                pass
        children = [
            subprocess.Popen([sys.executable, __file__, str(child)])
            for child in range(8)
        ]
        print({child.wait() for child in children})
"""


@pytest.mark.parametrize("is_one", [True, False], ids=["one-run", "eight-runs"])
@pytest.mark.parametrize("length", [10, pytest.param(60_000, marks=matrix)])
def test_eight_processes(kept: Any, is_one: bool, length: int) -> None:
    """Eight at once write one run, or a run each in one store; no line is torn."""
    text = PROCESSES.replace("IS_ONE", str(is_one)).replace("LENGTH", str(length))

    done = kept(text)

    assert done.out == "{0}\n"
    assert len(done.runs()) == (1 if is_one else 8)
    assert {run.damaged for run in done.runs()} == {0}


@pytest.mark.parametrize(
    "end",
    ["os.kill(os.getpid(), 9)", "pass", pytest.param("os._exit(1)", marks=matrix)],
)
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_the_run_before(noting: Any, account: Any, end: str) -> None:
    """What a run has kept, the next one leaves as it is: it can still be delivered."""
    text = f"""
        import os
        from spans import noted

        for number in range(6):
            with noted(f"test {{number}}"):
                pass
        with noted("last"):
            {end}
    """

    first = noting(text)
    before = {file: file.read_bytes() for file in first.store.rglob("*.jsonl")}
    second = noting(text)

    assert before
    assert {file: file.read_bytes() for file in before} == before
    assert len(second.runs()) == 2
    noted = Counter(first.noted) + Counter(second.noted)
    found = account(replace(second, noted=tuple(noted.elements())))
    assert found.is_even
    assert found.ended == 12 + 2 * (end == "pass")


def test_a_run_that_is_gone(kept: Any) -> None:
    """A folder that is handed down but no longer there is not joined."""
    done = kept(
        'from spans import noted\nwith noted("t"): pass',
        OTEL_TESTKIT_RUN="/nowhere/runs/2026-x",
    )

    assert done.outcomes() == {"t": "passed"}
