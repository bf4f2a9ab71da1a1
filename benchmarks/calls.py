"""
What recording a call adds to it: a request on a keep-alive connection to a
server on this machine, made with requests; CPU of this process and time.
"""

from __future__ import annotations

import os
import sys
import time

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from benchmarks import sink
from benchmarks.rounds import measure_all, median, ratio


REQUESTS = 1_000
WARM = 50

Work = Callable[[], None]


@contextmanager
def nothing() -> Iterator[None]:
    yield


@contextmanager
def with_otel_testkit() -> Iterator[None]:
    from otel_testkit import configure, test_span

    configure(capture=os.environ.get("CAPTURE", "bodies"))
    with test_span("calls"):
        yield


@contextmanager
def outside_a_test() -> Iterator[None]:
    from otel_testkit import configure

    configure()
    yield


@contextmanager
def with_sdk_to_sink() -> Iterator[None]:
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.requests import RequestsInstrumentor
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(
        # A queue that holds all: spans that are dropped cost nothing.
        BatchSpanProcessor(OTLPSpanExporter(), max_queue_size=REQUESTS * 2)
    )
    trace.set_tracer_provider(provider)
    RequestsInstrumentor().instrument()
    with trace.get_tracer("benchmark").start_as_current_span("calls"):
        yield
    provider.force_flush()


VARIANTS = {
    variant.__name__: variant
    for variant in (nothing, with_otel_testkit, outside_a_test, with_sdk_to_sink)
}


def report(rounds: int) -> None:
    variants = list(VARIANTS)
    if find_spec("opentelemetry.instrumentation") is None:
        variants.remove("with_sdk_to_sink")

    with sink.running() as url:
        figures = measure_all(
            __name__,
            variants,
            rounds=rounds,
            environment={"OTEL_EXPORTER_OTLP_ENDPOINT": url, "no_proxy": "127.0.0.1"},
        )

    cpu = {name: [pair[0] for pair in measured] for name, measured in figures.items()}
    wall = {name: [pair[1] for pair in measured] for name, measured in figures.items()}
    print(f"\nA request with requests, µs (median of {rounds} rounds)")
    print(f"  {'':20} {'CPU':>8} {'wall':>8}  over nothing: CPU   wall")
    for name in variants:
        print(
            f"  {name:20} {median(cpu[name]):8.1f} {median(wall[name]):8.1f}"
            f"  {ratio(cpu[name], cpu['nothing']):17.3f}"
            f"  {ratio(wall[name], wall['nothing']):5.3f}"
        )
    print("  with_otel_testkit over nothing, to reach: 1.10")


def run(variant: str) -> None:
    import requests

    url = f"{os.environ['OTEL_EXPORTER_OTLP_ENDPOINT']}/items/17"
    with requests.Session() as session:
        with VARIANTS[variant]():
            for _ in range(WARM):
                session.get(url).json()
            cpu, wall = time.process_time(), time.perf_counter()
            for _ in range(REQUESTS):
                session.get(url).json()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(cpu / REQUESTS * 1e6, wall / REQUESTS * 1e6)


if __name__ == "__main__":
    run(sys.argv[1])
