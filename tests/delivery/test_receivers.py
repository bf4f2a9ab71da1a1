"""
What the demo records arrives, with all it holds, at receivers that others have made:
live through a collector, and later, with `otel-testkit send`, at a dashboard.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest

import otel_testkit

from otel_testkit.cli import main

from . import otlp_json
from .behaviours import healthy
from .collector import Collector, Log, Span
from .receivers import Dashboard, eventually, running_aspire, running_rotel


GOLD = Path(__file__).parents[1] / "gold" / "runs" / "v1" / "2026-11-22T06-43-12-7f3a"
EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass(frozen=True, slots=True)
class Demo:
    """
    The demo's pytest suite when it has run: its store, its run, and who it was
    sent to while it ran.
    """

    output: str
    run: Path
    collector: Collector


def environ(store: Path) -> dict[str, str]:
    """
    The environment for a process of ours that keeps its runs in *store*.
    """
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OTEL_", "INSIGHTS_", "AWS_", "LUMIGO_", "PYTEST_"))
    }

    return clean | {
        "OTEL_TESTKIT_DIR": str(store),
        # The same otel_testkit as ours, wherever that lies.
        "PYTHONPATH": str(Path(otel_testkit.__file__).parents[1]),
    }


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """
    The demo's pytest suite, sent through rotel while it ran.
    """
    folder = tmp_path_factory.mktemp("receivers")
    collector = Collector(healthy)
    with running_rotel(collector.url, folder) as endpoint:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "test_insights.py"],
            cwd=EXAMPLES,
            env=environ(folder) | {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=110,
            check=False,
        )
        assert "3 failed, 5 passed" in done.stdout
        (run,) = folder.glob("runs/*")
        yield Demo(done.stdout, run, collector)
    collector.down()


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """
    An Aspire dashboard.
    """
    with running_aspire(tmp_path_factory.mktemp("dashboard")) as dashboard:
        yield dashboard


def test_live_through_a_collector(demo: Demo) -> None:
    """rotel passes on each span and log record as it is on disk, once."""
    spans = otlp_json.stored_spans(demo.run)
    logs = otlp_json.stored_logs(demo.run)
    collector = demo.collector
    eventually(lambda: len(collector.spans()), lambda count: count >= len(spans))
    eventually(lambda: len(collector.logs()), lambda count: count >= len(logs))

    assert len(spans) > 60
    check_same(map(as_sent, spans), collector.spans())
    assert [] == collector.sent_twice()
    assert len(logs) > 0
    check_same(logs, collector.logs())


def test_later_to_a_dashboard(demo: Demo, dashboard: Dashboard) -> None:
    """Aspire shows each span and log record, as exactly as it keeps them."""
    spans = otlp_json.stored_spans(demo.run)
    logs = otlp_json.stored_logs(demo.run)
    endpoint = ["--endpoint", dashboard.endpoint]

    done = subprocess.run(
        [sys.executable, "-m", "otel_testkit", "send", demo.run.name, *endpoint],
        cwd=demo.run,
        env=environ(demo.run.parents[1]),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (0, "") == (done.returncode, done.stderr)
    assert f"{len(spans)} spans" in done.stdout
    shown = eventually(
        lambda: list(otlp_json.spans(dashboard.ask("spans"))),
        lambda shown: len(shown) >= len(spans),
    )
    # It has one resource for each service: the first that it hears of.
    whole = spans[-1].resource
    sent = (replace(as_sent(span), resource=whole) for span in spans)
    check_same(map(as_aspire_keeps_it, sent), map(as_aspire_keeps_it, shown))
    shown_logs = eventually(
        lambda: list(otlp_json.logs(dashboard.ask("logs"))),
        lambda shown: len(shown) >= len(logs),
    )
    check_same(
        map(log_as_aspire_keeps_it, logs), map(log_as_aspire_keeps_it, shown_logs)
    )


def test_an_export_to_a_dashboard(tmp_path: Path) -> None:
    """Aspire takes each line of an export as it stands, and shows each span once."""
    exported = tmp_path / "run.jsonl"
    arguments = ["--format", "otlp", "-o", str(exported)]
    assert 0 == main(["export", str(GOLD), *arguments])
    told = [json.loads(line) for line in exported.read_text("utf-8").splitlines()]
    spans = re.findall(r'"spanId":"(\w+)"', exported.read_text("utf-8"))

    with running_aspire(tmp_path) as dashboard:
        for request in told:
            post = Request(
                f"{dashboard.endpoint}/v1/traces",
                json.dumps(request).encode(),
                {"Content-Type": "application/json"},
            )
            with build_opener(ProxyHandler({})).open(post, timeout=30) as answer:
                assert b"{}" == answer.read()
        shown = eventually(
            lambda: list(otlp_json.spans(dashboard.ask("spans"))),
            lambda shown: len(shown) >= len(spans),
        )

    assert 56 == len(spans)
    assert sorted(spans) == sorted(span.id for span in shown)


def check_same(expected: Iterable[Any], actual: Iterable[Any]) -> None:
    """
    Both have the same spans, or log records, in whatever order.
    """
    ordered = sorted(expected, key=_order), sorted(actual, key=_order)
    for one, other in zip(*ordered, strict=True):
        assert one == other


def _order(record: Span | Log) -> tuple[Any, ...]:
    return (record.id,) if isinstance(record, Span) else (record.time, record.body)


def as_sent(span: Span) -> Span:
    """
    The span of a test tells its run itself: not everybody keeps resources.
    """
    if "otel_testkit.outcome" not in span.attributes:
        return span

    run_id = span.resource["otel_testkit.run.id"]

    return replace(span, attributes={**span.attributes, "otel_testkit.run.id": run_id})


def as_aspire_keeps_it(span: Span) -> Span:
    """
    A time is a multiple of 100 ns, an attribute is a text, and some are added.
    """
    return replace(
        span,
        start=_ticks(span.start),
        end=_ticks(span.end),
        attributes=_plain(span.attributes),
        resource=_plain(span.resource),
        events=tuple(
            (_ticks(time), name, _plain(attributes))
            for time, name, attributes in span.events
        ),
        links=tuple((*ids, _plain(attributes)) for *ids, attributes in span.links),
    )


def log_as_aspire_keeps_it(log: Log) -> Log:
    """
    The same, and a severity is one of .NET's.
    """
    return replace(
        log,
        time=_ticks(log.time),
        severity=log.severity.capitalize(),
        attributes=_plain(log.attributes),
        resource=_plain(log.resource),
    )


def _ticks(nanoseconds: int) -> int:
    return nanoseconds // 100 * 100


def _plain(attributes: dict[str, Any]) -> dict[str, Any]:
    added = ("aspire.", "service.instance.id")

    return {
        key: _read(value)
        for key, value in attributes.items()
        if not key.startswith(added)
    }


def _read(value: Any) -> Any:
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value
