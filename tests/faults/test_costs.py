"""
What it costs to be there: the limits of the fault matrix, in time of the processor.
"""

from __future__ import annotations

import os

import pytest


SPANS = """
    import time
    from otel_testkit import step, test_span

    COUNT = 2_000
    means = []
    for _ in range(5):
        with test_span("t"):
            begun = time.process_time_ns()
            for number in range(COUNT):
                with step("s", {"http.request.method": "GET", "n": number, "ok": True}):
                    pass
            means.append((time.process_time_ns() - begun) / COUNT / 1000)
    print(min(means))
"""

FIRST = """
    import sys, time
    begun = time.process_time()
    before = set(sys.modules)
    from otel_testkit import step, test_span
    with test_span("t"), step("s"):
        pass
    print((time.process_time() - begun) * 1000)
    print(*sorted(set(sys.modules) - before))
"""


@pytest.mark.matrix
def test_a_span_takes_fifty_microseconds_at_the_most(program) -> None:
    """With three attributes, on disk twice: when it starts and when it ends."""
    took = min(float(program(SPANS).out) for _ in range(3))

    assert took <= 50


@pytest.mark.matrix
def test_the_first_span_takes_150_milliseconds_at_the_most(program) -> None:
    """From the import to the first test on disk, where nobody else is at work."""
    if os.getloadavg()[0] > (os.cpu_count() or 1):
        pytest.skip("the machine is too busy to measure this")

    took = min(float(program(FIRST).out.split()[0]) for _ in range(8))

    assert took <= 150


def test_what_sends_is_not_loaded_by_who_records(program) -> None:
    """No exporter, no HTTP client and no protobuf comes along where nothing is sent."""
    done = program(FIRST)

    loaded = done.out.splitlines()[1].split()
    heavy = ("google", "requests", "urllib3", "httpx", "rich", "jinja2")
    assert [name for name in loaded if name.split(".")[0] in heavy] == []
    assert not [name for name in loaded if name.startswith("opentelemetry.exporter")]
    # 378 come with the stock exporter, before the first test.
    assert len(loaded) < 340
