"""
gevent, with everything patched: greenlets in the place of threads.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest


pytestmark = pytest.mark.skipif(find_spec("gevent") is None, reason="no gevent")

HEAD = """
from gevent import monkey
monkey.patch_all()
import gevent, threading
from spans import noted
"""


def test_four_hundred_spans(kept: Any) -> None:
    """What twenty greenlets do lies in the one test that is open."""
    done = kept(
        HEAD
        + """
def work(greenlet):
    for number in range(10):
        name = f"t/{greenlet}-{number}"
        with noted(name):
            gevent.sleep(0)
            with noted(f"{name}/inner"):
                gevent.sleep(0.001)

with noted("t"):
    gevent.joinall([gevent.spawn(work, n) for n in range(20)])
"""
    )

    assert len(done.attempts()[0].spans) == 401


def test_a_test_in_each_greenlet(kept: Any) -> None:
    """Tests that run at the same time in a greenlet each keep apart."""
    done = kept(
        HEAD
        + """
def test(number):
    with noted(f"test {number}"):
        gevent.sleep(0.001)
        with noted(f"test {number}/step"):
            gevent.sleep(0)
        thread = threading.Thread(target=part, args=[f"test {number}/thread"])
        thread.start()
        thread.join()

def part(name):
    with noted(name):
        gevent.sleep(0)

gevent.joinall([gevent.spawn(test, n) for n in range(50)])
"""
    )

    assert len(done.attempts()) == 50


def test_killed_greenlets(kept: Any) -> None:
    """A test whose greenlet is killed or timed out has ended, and nothing is said."""
    done = kept(
        HEAD
        + """
import sys

def test(name):
    with noted(name), noted(f"{name}/waits"):
        gevent.sleep(60)

killed = gevent.spawn(test, "killed")
gevent.sleep(0)
killed.kill()
try:
    with gevent.Timeout(0.01):
        test("timed out")
except gevent.Timeout:
    print("timeout")
left = gevent.spawn(test, "left behind")
gevent.sleep(0)
sys.exit(3)
"""
    )

    outcomes = done.outcomes()
    assert done.code == 3
    assert outcomes.pop("left behind") == "open"
    assert set(outcomes) == {"killed", "timed out"}


def test_a_suite_under_gevent(kept_suite: Any) -> None:
    """Under pytest the same, patched by the suite itself."""
    done = kept_suite(
        HEAD
        + """
import pytest

@pytest.mark.parametrize("number", range(3))
def test_it(number):
    def work(job):
        with noted(f"test_it.py::test_it[{number}]/{job}"):
            gevent.sleep(0)
    gevent.joinall([gevent.spawn(work, job) for job in range(10)])
    assert number != 1
""",
        "-W",
        "default",
    )

    assert sorted(done.outcomes().values()) == ["failed", "passed", "passed"]
