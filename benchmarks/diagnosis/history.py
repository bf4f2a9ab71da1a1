"""
How long it takes to index runs, and to ask the index what is flaky.

    python -m benchmarks.diagnosis.history [ATTEMPTS]
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time

from collections.abc import Iterator

from benchmarks.diagnosis.scenarios import TUNED, suite
from otel_testkit.diagnosis.history import flaky, open_index
from otel_testkit.store.index import Index, IndexedAttempt


def report(attempts: int = 1_000_000) -> None:
    with tempfile.TemporaryDirectory() as folder:
        spans = _runs(folder)
        started = time.process_time()
        open_index(folder).close()
        speed = spans / (time.process_time() - started)
    print(
        f"\nIndexing {spans:,} spans: {speed:,.0f} spans a second of CPU"
        f"   (to reach: 20,000)"
    )
    print(f"Asking {attempts:,} attempts of 1,000 cases what is flaky, s of CPU")
    for failing in (0.05, 0.5):
        taken = _asked(attempts, failing)
        print(f"  {failing:4.0%} of the cases fail {taken:8.2f}   (to reach: 2)")


def _runs(folder: str) -> int:
    spans = 0
    for number, scenario in enumerate(TUNED):
        run = os.path.join(folder, "runs", f"2026-01-01T00-00-00-{number:04x}")
        os.makedirs(run)
        lines = suite(scenario, number, failing=5, passing=45).lines
        with open(os.path.join(run, "traces.1-a.jsonl"), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        spans += len(lines)

    return spans


def _asked(attempts: int, failing: float) -> float:
    chance = random.Random(1)  # noqa: S311 - no secret
    rates = [
        chance.choice((0.001, 0.01, 0.1, 0.3)) if chance.random() < failing else 0.0
        for _ in range(1_000)
    ]
    with (
        tempfile.TemporaryDirectory() as folder,
        Index(os.path.join(folder, "index")) as index,
    ):
        for run in range(attempts // 1_000):
            index.put(f"run-{run}", "", _attempts(run, rates, chance))
        started = time.process_time()
        flaky(index)

        return time.process_time() - started


def _attempts(
    run: int, rates: list[float], chance: random.Random
) -> Iterator[IndexedAttempt]:
    for number, rate in enumerate(rates):
        yield IndexedAttempt(
            suite="",
            case=f"tests/test_{number % 50}.py::test_{number}",
            start=run * 10**12 + number * 10**9,
            duration=10**6,
            is_failure=chance.random() < rate,
            revision=f"revision-{run // 2}",
            trace_id=f"{run * 1_000 + number:032x}",
            error="",
        )


if __name__ == "__main__":
    report(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
