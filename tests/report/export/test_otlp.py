"""
OTLP/JSON lines: what OpenTelemetry's own tools write, and can read.
"""

from __future__ import annotations

import json

from pathlib import Path
from typing import Any

import pytest

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode

from otel_testkit.report.export.formats import export
from otel_testkit.report.plain import plain_run
from otel_testkit.trace import Outcome, Run, load

from .conftest import whole
from .forms import check_otlp


GOLD = Path(__file__).parents[2] / "gold" / "runs" / "v1" / "2026-11-22T06-43-12-7f3a"
MARKS = {"otel_testkit.outcome": "open", "test.case.result.status": "fail"}


def told(run: Run) -> Any:
    """
    All that a run tells, but where it lies and what only its header says.
    """
    plain = plain_run(run, run.cases, run.loose, run.loose_logs)
    facts = {name: list(plain[name]) for name in ("cases", "loose", "logs")}
    for case in facts["cases"]:
        for attempt in case["attempts"]:
            if attempt["outcome"] == "open":
                # What others are told, for whom every span has ended.
                attempt["spans"][0]["attributes"] |= MARKS

    return plain["run"] | facts | {"path": "", "command": "", "damaged": 0}


def spans_of(requests: list[Any]) -> list[Any]:
    return [
        span
        for request in requests
        for of_resource in request.get("resourceSpans", ())
        for of_scope in of_resource["scopeSpans"]
        for span in of_scope["spans"]
    ]


def attributes_of(fields: Any) -> dict[str, Any]:
    return {pair["key"]: pair["value"] for pair in fields["attributes"]}


def test_another_exporters_file(exported, tmp_path) -> None:
    """
    A file that OpenTelemetry's own file exporter wrote is exported as it is.
    """
    file = pytest.importorskip(
        "opentelemetry.exporter.otlp.json.file",
        reason="the oracle pins the newest SDK",
    )
    memory = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(memory))
    remote = SpanContext(0xABC, 0xDEF, is_remote=True)
    for scope in ("one", "two"):
        tracer = provider.get_tracer(scope, "1.0", "https://schema", {"a": 1})
        with tracer.start_as_current_span(
            "root", attributes={"texts": ["é", "😀"], "float": 1.5, "none": []}
        ):
            with tracer.start_as_current_span(
                "child", kind=SpanKind.CLIENT, links=[Link(remote, {"x": 1})]
            ) as child:
                child.set_status(Status(StatusCode.ERROR, 'bad "thing"'))
                child.add_event("full", {"a": "b", "n": 2}, timestamp=17)
    path = tmp_path / "official.jsonl"
    with path.open("w", encoding="utf-8") as stream:
        file.FileSpanExporter(stream=stream).export(memory.get_finished_spans())

    (official,) = map(json.loads, path.read_text("utf-8").splitlines())

    assert [official] == exported("otlp", str(path))


@pytest.mark.parametrize("run", ["gold", "failing"])
def test_an_export_is_the_same_run(run, failing_run, tmp_path) -> None:
    """
    What is loaded from an export is what it was made of: tests, calls, logs, also what
    was open, torn and there twice.
    """
    failing_run.log("slow", 0.5, "0000000000000001")
    path = str(GOLD) if run == "gold" else failing_run.write()
    original = load(path)
    copy = tmp_path / "copy.jsonl"

    copy.write_text("".join(export("otlp", whole(original))), "utf-8")

    assert told(original) == told(load(str(copy)))


def test_valid(exported) -> None:
    """
    protobuf takes every line, and finds each span in it once.
    """
    found = [check_otlp(request) for request in exported("otlp", str(GOLD))]
    ids = [
        span.span_id
        for message in found
        if hasattr(message, "resource_spans")
        for of_resource in message.resource_spans
        for of_scope in of_resource.scope_spans
        for span in of_scope.spans
    ]

    assert (56, 56) == (len(ids), len(set(ids)))


def test_what_never_ended(exported, run_folder, tmp_path) -> None:
    """
    A span that was never ended ends when its trace was last heard of, and says so;
    for us it is still open.
    """
    test = run_folder.test("test_hangs", 0.0, None)
    run_folder.call("GET", "http://h/", None, 1.0, None, test)
    run_folder.log("waiting", 3.0, test)

    path = run_folder.write()
    requests = exported("otlp", path)
    copy = tmp_path / "copy.jsonl"
    copy.write_text("".join(f"{json.dumps(one)}\n" for one in requests), "utf-8")

    root, call = spans_of(requests)
    assert root["endTimeUnixNano"] == call["endTimeUnixNano"]
    assert 3_000_000_000 == int(root["endTimeUnixNano"]) - int(
        root["startTimeUnixNano"]
    )
    assert {"boolValue": True} == attributes_of(call)["otel_testkit.open"]
    assert {"stringValue": "open"} == attributes_of(root)["otel_testkit.outcome"]
    assert 2 == root["status"]["code"]
    again = load(str(copy))
    assert {Outcome.OPEN: 1} == again.counts
    assert all(span.is_open and not span.is_error for span in again.spans())


def test_sent_before_its_end(run_folder) -> None:
    """
    A span that was sent while it was open, and again when it ended, has ended.
    """
    for end, is_open in ((1.0, False), (5.0, True)):
        more = {"otel_testkit.open": True} if is_open else {}
        run_folder.test("test_live", 0.0, end, span_id="1" * 16, **more)

    (attempt,) = load(run_folder.write()).attempts()

    assert (Outcome.PASSED, 1.0) == (attempt.outcome, attempt.duration / 1e9)
    assert "otel_testkit.open" not in attempt.tags


def test_what_is_damaged(exported, run_folder) -> None:
    """
    A torn line is left out, and a span that is there twice is told once, as it ended.
    """
    run_folder.test("test_twice", 0.0, 1.0, span_id="1" * 16)
    run_folder.test("test_twice", 0.0, 2.0, span_id="1" * 16)
    path = Path(run_folder.write())
    traces = path / "traces.7-aa.jsonl"
    traces.write_text(traces.read_text("utf-8") + '{"resourceSpans":[{"res', "utf-8")

    (span,) = spans_of(exported("otlp", str(path)))

    assert 2_000_000_000 == int(span["endTimeUnixNano"]) - int(
        span["startTimeUnixNano"]
    )


def test_tags_of_the_run(exported, failing_run) -> None:
    """
    Each line tells the whole resource, also where the store tells the name alone.
    """
    failing_run.log("slow", 0.5, "0000000000000001")

    requests = exported("otlp", failing_run.write())

    assert ["resourceSpans", "resourceLogs"] == [*map("".join, requests)]
    for request in requests:
        for of_resource in next(iter(request.values())):
            assert {"service.name", "otel_testkit.run.id", "vcs.ref.head.name"} == set(
                attributes_of(of_resource["resource"])
            )


def test_lines_are_short(run_folder) -> None:
    """
    No line is longer than a Collector reads in one, unless one span is.
    """
    test = run_folder.test("test_large")
    for number in range(40):
        body = "é" * (300_000 if number == 20 else 10_000)
        run_folder.call("GET", "http://h/", 200, 0.1, 0.2, test, body=body)

    text = "".join(export("otlp", whole(load(run_folder.write()))))
    lengths = sorted(map(len, text.splitlines()))

    assert 5 < len(lengths) < 20
    assert lengths[-2] < 2**20 < lengths[-1]
    assert 41 == len(spans_of([json.loads(line) for line in text.splitlines()]))
