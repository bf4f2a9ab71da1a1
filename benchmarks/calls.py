"""
What recording a call adds to it: a small request on a keep-alive connection to
a server on this machine, and a download of 5 MB; CPU of this process and time.

The answers differ from each other, so that nothing is known from the last one.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from benchmarks import sink
from benchmarks.rounds import measure_all, median, ratio


WARM = 50


@contextmanager
def nothing() -> Iterator[None]:
    yield


@contextmanager
def with_otel_testkit() -> Iterator[None]:
    from otel_testkit import configure, test_span

    configure(capture=os.environ.get("CAPTURE", "bodies"), max_calls=10_000)
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
        BatchSpanProcessor(OTLPSpanExporter(), max_queue_size=4_096)
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


def with_requests(url: str, count: int) -> None:
    import requests

    with requests.Session() as session:
        for _ in range(count):
            assert session.get(url).content


def with_urllib3(url: str, count: int) -> None:
    import urllib3

    with urllib3.PoolManager() as pool:
        for _ in range(count):
            assert pool.request("GET", url).data


def with_httpx(url: str, count: int) -> None:
    import httpx

    with httpx.Client(trust_env=False) as client:
        for _ in range(count):
            assert client.get(url).content


def with_async_httpx(url: str, count: int) -> None:
    import httpx

    async def work() -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            for _ in range(count):
                assert (await client.get(url)).content

    asyncio.run(work())


def with_aiohttp(url: str, count: int) -> None:
    import aiohttp

    async def work() -> None:
        async with aiohttp.ClientSession() as session:
            for _ in range(count):
                async with session.get(url) as response:
                    assert await response.read()

    asyncio.run(work())


def with_http_client(url: str, count: int) -> None:
    import http.client

    host, _, path = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host)
    for _ in range(count):
        connection.request("GET", f"/{path}")
        assert connection.getresponse().read()
    connection.close()


CLIENTS = {
    client.__name__.removeprefix("with_"): client
    for client in (
        with_requests,
        with_urllib3,
        with_httpx,
        with_async_httpx,
        with_aiohttp,
        with_http_client,
    )
}
SIZES = {"small": ("/items/17", 1_000, 1.10), "5 MB": ("/five-megabytes", 20, 1.05)}


def report(rounds: int) -> None:
    with sink.running() as url:
        for size, (path, count, wanted) in SIZES.items():
            print(f"\nA request, {size}, µs (median of {rounds} rounds)")
            print(f"  {'':33} {'CPU':>8} {'wall':>8}  over nothing: CPU   wall")
            for client in CLIENTS:
                _report_client(rounds, url, client, path, count)
            print(f"  with_otel_testkit over nothing, to reach: {wanted:.2f}")


def _report_client(rounds: int, url: str, client: str, path: str, count: int) -> None:
    variants = ["nothing", "with_otel_testkit"]
    if client == "requests":
        variants.append("outside_a_test")
        if find_spec("opentelemetry.instrumentation.requests") is not None:
            variants.append("with_sdk_to_sink")

    figures = measure_all(
        __name__,
        variants,
        rounds=rounds,
        environment={
            "OTEL_EXPORTER_OTLP_ENDPOINT": url,
            "no_proxy": "127.0.0.1",
            "BENCHMARK": f"{client} {path} {count}",
        },
    )
    cpu = {name: [pair[0] for pair in measured] for name, measured in figures.items()}
    wall = {name: [pair[1] for pair in measured] for name, measured in figures.items()}
    for name in variants:
        print(
            f"  {client:13} {name:19} {median(cpu[name]):8.1f} {median(wall[name]):8.1f}"
            f"  {ratio(cpu[name], cpu['nothing']):17.3f}"
            f"  {ratio(wall[name], wall['nothing']):5.3f}"
        )


def run(variant: str) -> None:
    client, path, count = os.environ["BENCHMARK"].split()
    url = os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] + path
    with VARIANTS[variant]():
        CLIENTS[client](url, WARM if int(count) > WARM else 1)
        cpu, wall = time.process_time(), time.perf_counter()
        CLIENTS[client](url, int(count))
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(cpu / int(count) * 1e6, wall / int(count) * 1e6)


if __name__ == "__main__":
    run(sys.argv[1])
