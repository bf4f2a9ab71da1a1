"""
A hundred thousand spans: all there, and the memory of the process as before.
"""

from __future__ import annotations

import json
import sys
import textwrap

from collections import Counter
from typing import Any

import pytest


matrix = pytest.mark.matrix
HEAD = """
import threading, time
from opentelemetry import trace
from otel_testkit import step, test_span

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

spans = []

def record(COUNT):
"""
# Each records that many spans.
WAYS = {
    "in-one-test": """
        with test_span("t"):
            for number in range(COUNT - 1):
                with step("part"):
                    pass
    """,
    "in-many-tests": """
        for number in range(COUNT // 10):
            with test_span("t"):
                for _ in range(9):
                    with step("part"):
                        pass
    """,
    "of-others": """
        with test_span("t"):
            tracer = trace.get_tracer("theirs")
            for number in range(COUNT - 1):
                with tracer.start_as_current_span("part"):
                    pass
    """,
    "open": """
        with test_span("t"):
            for number in range(COUNT - 1):
                spans.append(step("part"))
                spans[-1].__enter__()
                if len(spans) == 100:
                    while spans: spans.pop().__exit__(None, None, None)
            while spans: spans.pop().__exit__(None, None, None)
    """,
    "in-threads": """
        def work():
            for number in range(COUNT // 4):
                with step("part"):
                    pass
        with test_span("t"):
            threads = [threading.Thread(target=work) for _ in range(4)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
    """,
}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="no /proc")
@pytest.mark.parametrize(
    ("count", "way"),
    [
        (20_000, "in-one-test"),
        *(
            pytest.param(100_000, way, marks=[matrix, pytest.mark.timeout(600)])
            for way in WAYS
        ),
    ],
)
def test_many_spans(program: Any, count: int, way: str, request: Any) -> None:
    """None is lost, none is there twice, and memory does not grow with their number."""
    done = program(
        HEAD
        + textwrap.indent(textwrap.dedent(WAYS[way]), "    ")
        + f"""
record(1000)
before, start = resident(), time.perf_counter()
record({count})
print(resident() - before, time.perf_counter() - start)
"""
    )

    grown, seconds = map(float, done.out.split())
    ids = Counter(
        json.loads(line)["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["spanId"]
        for file in done.store.rglob("traces.*.jsonl")
        for line in file.read_text("utf-8").splitlines()
    )
    read = {span.span_id for span in done.run().spans() if not span.is_open}
    request.node.user_properties += [
        ("ended", len(ids)),
        ("microseconds a span", round(seconds / count * 1e6, 1)),
        ("grown by bytes", int(grown)),
    ]
    assert (done.code, done.err) == (0, "")
    tests = 2 * (way == "in-threads")
    assert ids.total() == len(ids) == count + 1000 + tests
    assert read == ids.keys()
    assert grown < 4_000_000
