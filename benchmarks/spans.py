"""
What a test span costs: process CPU of one run, in microseconds a span.
"""

from __future__ import annotations

import asyncio
import sys
import time

from collections.abc import Callable
from typing import Any

from benchmarks import sink
from benchmarks.rounds import measure, median, ratio


SPANS = 10_000
# With the four that a test span has of its own, eight attributes.
TAGS = {"team": "insights", "region": "eu-west-1", "customer.id": 4711, "beta": True}
OWN = {
    "test.case.name": "tests.test_insights.test_insight_is_created",
    "test.suite.name": "tests.test_insights",
    "otel_testkit.outcome": "passed",
    "test.case.result.status": "pass",
}


def nothing() -> Callable[[], None]:
    def run() -> None:
        for _ in range(SPANS):
            pass

    return run


def _sdk(exporter: Any) -> Callable[[], None]:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(
        # A queue that holds all: spans that are dropped cost nothing.
        BatchSpanProcessor(exporter, max_queue_size=SPANS * 2)
    )
    tracer = provider.get_tracer("benchmark")
    name = OWN["test.case.name"]

    def run() -> None:
        for _ in range(SPANS):
            with tracer.start_as_current_span(name, attributes={**TAGS, **OWN}):
                pass
        provider.force_flush()

    return run


def sdk_to_sink() -> Callable[[], None]:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return _sdk(OTLPSpanExporter())


def sdk_to_nothing() -> Callable[[], None]:
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class NoExporter(SpanExporter):
        def export(self, _spans: Any) -> SpanExportResult:
            return SpanExportResult.SUCCESS

    return _sdk(NoExporter())


def _warm() -> None:
    """
    Have settings read and the run begun, as the SDK's provider is made, before
    the clock runs.
    """
    from otel_testkit import test_span

    with test_span("warm"):
        pass


def with_test_span() -> Callable[[], None]:
    from otel_testkit import test_span

    _warm()
    name, suite = OWN["test.case.name"], OWN["test.suite.name"]

    def run() -> None:
        for _ in range(SPANS):
            with test_span(name, tags=TAGS, suite=suite):
                pass

    return run


def with_traced_test() -> Callable[[], None]:
    from otel_testkit import traced_test

    _warm()

    @traced_test(
        tags=dict(list(TAGS.items())[:1]), suite=OWN["test.suite.name"]
    )  # and three of the code's place
    def test_insight_is_created() -> None:
        pass

    def run() -> None:
        for _ in range(SPANS):
            test_insight_is_created()

    return run


def with_test_span_of_a_function() -> Callable[[], None]:
    from otel_testkit import test_span

    _warm()
    name, suite = OWN["test.case.name"], OWN["test.suite.name"]
    tags = dict(list(TAGS.items())[:1])
    place = {
        "code.function.name": "benchmarks.spans.with_traced_test",
        "code.file.path": "benchmarks/spans.py",
        "code.line.number": 100,
    }

    def test_insight_is_created() -> None:
        pass

    def run() -> None:
        for _ in range(SPANS):
            with test_span(name, tags=tags, suite=suite, attributes=place):
                test_insight_is_created()

    return run


def sdk_to_nothing_async() -> Callable[[], None]:
    from opentelemetry.sdk.trace import TracerProvider

    tracer = TracerProvider().get_tracer("benchmark")
    name = OWN["test.case.name"]

    async def one() -> None:
        with tracer.start_as_current_span(name, attributes={**TAGS, **OWN}):
            await asyncio.sleep(0)

    return lambda: asyncio.run(_many(one))


def with_test_span_async() -> Callable[[], None]:
    from otel_testkit import test_span

    _warm()
    name, suite = OWN["test.case.name"], OWN["test.suite.name"]

    async def one() -> None:
        with test_span(name, tags=TAGS, suite=suite):
            await asyncio.sleep(0)

    return lambda: asyncio.run(_many(one))


def nothing_async() -> Callable[[], None]:
    async def one() -> None:
        await asyncio.sleep(0)

    return lambda: asyncio.run(_many(one))


async def _many(one: Callable[[], Any]) -> None:
    for _ in range(SPANS):
        await one()


VARIANTS = {
    variant.__name__: variant
    for variant in (
        nothing,
        sdk_to_sink,
        sdk_to_nothing,
        with_test_span,
        with_traced_test,
        with_test_span_of_a_function,
        nothing_async,
        sdk_to_nothing_async,
        with_test_span_async,
    )
}


def report(rounds: int) -> None:
    with sink.running() as url:
        cpu = measure(
            __name__,
            VARIANTS,
            rounds=rounds,
            environment={"OTEL_EXPORTER_OTLP_ENDPOINT": url},
        )

    print(f"\nA test span with 8 attributes, µs of CPU (median of {rounds} rounds)")
    for name, measured in cpu.items():
        print(f"  {name:32} {median(measured):7.1f}")

    mine = cpu["with_test_span"]
    added = median(
        a - b
        for a, b in zip(
            cpu["with_traced_test"], cpu["with_test_span_of_a_function"], strict=True
        )
    )
    print(
        f"  test_span / SDK to a sink        {ratio(mine, cpu['sdk_to_sink']):7.2f}"
        "   (to reach: 0.8)\n"
        f"  test_span / SDK to nothing       {ratio(mine, cpu['sdk_to_nothing']):7.2f}"
        "   (to reach: 2.0)\n"
        f"  traced_test over test_span, µs   {added:7.2f}   (to reach: 2)"
    )


if __name__ == "__main__":
    work = VARIANTS[sys.argv[1]]()
    before = time.process_time()
    work()
    print((time.process_time() - before) / SPANS * 1e6)
