"""
Bytes a span on disk, and memory over 100,000 tests.
"""

from __future__ import annotations

import os
import sys
import tempfile

from pathlib import Path

from benchmarks import sink
from benchmarks.rounds import measure
from benchmarks.spans import OWN, TAGS


TESTS = 200
MEMORY_TESTS = 100_000


def _bytes_of(what: str, url: str) -> float:
    """
    Record *what*, and give the bytes a span on disk after the run.
    """
    from otel_testkit import step, test_span

    spans = {"test": 1, "step": 1, "calls": 1, "headers": 1, "mix": 6}[what]
    get = None
    if what in ("calls", "headers", "mix"):
        import requests

        get = requests.Session().get

    with test_span("around it") if what not in ("test", "mix") else _Nothing():
        for _ in range(TESTS):
            if what == "test":
                _one_test()
            elif what == "step":
                with step("sign up"):
                    pass
            elif what == "mix":
                with test_span(
                    OWN["test.case.name"], tags=TAGS, suite=OWN["test.suite.name"]
                ):
                    for name in ("sign up", "create a function", "wait"):
                        with step(name):
                            pass
                    for path in ("/signup", "/insights/4711"):
                        assert get is not None
                        get(url + path)
            else:
                assert get is not None
                get(url + "/insights/4711")

    run = Path(os.environ["OTEL_TESTKIT_RUN"])

    return sum(f.stat().st_size for f in run.glob("traces.*")) / TESTS / spans


def _one_test() -> None:
    from otel_testkit import test_span

    with test_span(OWN["test.case.name"], tags=TAGS, suite=OWN["test.suite.name"]):
        pass


class _Nothing:
    def __enter__(self) -> None:
        """
        Do nothing.
        """

    def __exit__(self, *_: object) -> None:
        """
        Do nothing.
        """


def _resident() -> int:
    """
    Give this process's resident memory in bytes.
    """
    pages = int(Path("/proc/self/statm").read_text().split()[1])

    return pages * os.sysconf("SC_PAGE_SIZE")


def _growth() -> float:
    from otel_testkit import test_span

    for number in range(MEMORY_TESTS + 1_000):
        if number == 1_000:
            before = _resident()
        with test_span(f"tests.test_all.test_{number}", tags=TAGS):
            pass

    return (_resident() - before) / 1e6


def report() -> None:
    print("\nOn disk, bytes a span (traces file, without bodies)")
    with sink.running() as url:
        for what, level in (
            ("test", "calls"),
            ("step", "calls"),
            ("calls", "calls"),
            ("headers", "headers"),
            ("mix", "calls"),
        ):
            figures = measure(
                __name__,
                [what],
                rounds=1,
                environment={"OTEL_TESTKIT_CAPTURE": level, "BENCHMARK_URL": url},
            )
            named = {
                "test": "a test with 8 attributes",
                "step": "a step",
                "calls": "a call",
                "headers": "a call with headers",
                "mix": "a test, 3 steps, 2 calls: mean",
            }[what]
            goal = "   (to reach: 700)" if what == "mix" else ""
            print(f"  {named:32} {figures[what][0]:7.0f}{goal}")

    if Path("/proc/self/statm").exists():
        growth = measure(__name__, ["memory"], rounds=1)["memory"][0]
        print(
            f"\nMemory over {MEMORY_TESTS:,} tests, each with a name of its own\n"
            f"  growth, MB                       {growth:7.1f}   (to reach: 10)"
        )


if __name__ == "__main__":
    wanted = sys.argv[1]
    if wanted == "memory":
        print(_growth())
    else:
        with tempfile.TemporaryDirectory():
            print(_bytes_of(wanted, os.environ["BENCHMARK_URL"]))
