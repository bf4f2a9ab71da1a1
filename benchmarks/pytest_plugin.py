"""
What the pytest plugin costs a test: beside none, installed and not asked,
tracing, and beside another plugin where that is installed.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import sys
import tempfile
import time

from benchmarks.rounds import measure, median


TESTS = 2_000
OURS = "otel_testkit.integrations.pytest"
OTHER = "pytest_opentelemetry"
VARIANTS = {
    "no plugin": [],
    "installed, not asked": ["-p", OURS],
    "--trace-tests": ["-p", OURS, "--trace-tests"],
    OTHER: ["-p", "pytest_opentelemetry.plugin"],
}


def report(rounds: int) -> None:
    variants = [
        name
        for name in VARIANTS
        if name != OTHER or importlib.util.find_spec(OTHER) is not None
    ]
    cpu = measure(
        __name__,
        variants,
        rounds=rounds,
        environment={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )
    plain = cpu["no plugin"]

    print(f"\npytest, {TESTS} tests, µs of CPU a test (median of {rounds} rounds)")
    for name, measured in cpu.items():
        more = median(a - b for a, b in zip(measured, plain, strict=True))
        told = "" if name == "no plugin" else f"   {more:+7.1f}"
        print(f"  {name:32} {median(measured):7.1f}{told}")
    print("  to reach: +150 tracing")


def _run(variant: str) -> float:
    """
    Give the CPU time of a test in µs, without what starting pytest takes.
    """
    import pytest

    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name, count in (("test_one.py", 1), ("test_all.py", TESTS)):
            with open(name, "w", encoding="utf-8") as file:
                file.writelines(f"def test_{n}(): pass\n" for n in range(count))

        options = ["-q", "-p", "no:cacheprovider", *VARIANTS[variant]]
        with contextlib.redirect_stdout(io.StringIO()):
            # What is loaded once is loaded by now.
            pytest.main([*options, "test_one.py"])
            before = time.process_time()
            code = pytest.main([*options, "test_all.py"])
        taken = time.process_time() - before
        os.chdir("/")

    assert code == 0

    return taken / TESTS * 1e6


if __name__ == "__main__":
    print(_run(sys.argv[1]))
