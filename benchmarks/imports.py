"""
What `from otel_testkit import test_span` costs beside the SDK that it needs
anyway.
"""

from __future__ import annotations

import importlib
import sys
import time

from benchmarks.rounds import measure, median, ratio


SDK = "opentelemetry.sdk.trace"
OURS = "otel_testkit"


def report(rounds: int) -> None:
    cpu = measure(__name__, (SDK, OURS), rounds=rounds)

    print(f"\nImport, ms of CPU (median of {rounds} rounds)")
    for name, measured in cpu.items():
        print(f"  {name:32} {median(measured):7.1f}")
    print(
        f"  otel_testkit / SDK               {ratio(cpu[OURS], cpu[SDK]):7.2f}"
        "   (to reach: 1.2)"
    )


if __name__ == "__main__":
    before = time.process_time()
    # Ours is loaded with the first of its names.
    getattr(importlib.import_module(sys.argv[1]), "test_span", None)
    print((time.process_time() - before) * 1e3)
