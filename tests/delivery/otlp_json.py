"""
What a run has on disk, and what a dashboard gives back, as the collector has it;
read without any code of ours.
"""

from __future__ import annotations

import json

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from .collector import Log, Span


def stored_spans(run: Path) -> list[Span]:
    """
    The ended spans of the run in the folder *run*.
    """
    resource = attributes(json.loads((run / "run.json").read_text("utf-8"))["resource"])

    return [
        _of_run(span)
        for document in _documents(run, "traces")
        for span in spans(document, resource)
    ]


def _of_run(span: Span) -> Span:
    """
    A test is sent with the id of its run, for the sake of those who drop resources.
    """
    if "otel_testkit.outcome" not in span.attributes:
        return span

    run = {"otel_testkit.run.id": span.resource["otel_testkit.run.id"]}

    return replace(span, attributes=span.attributes | run)


def stored_logs(run: Path) -> list[Log]:
    resource = attributes(json.loads((run / "run.json").read_text("utf-8"))["resource"])

    return [
        log for document in _documents(run, "logs") for log in logs(document, resource)
    ]


def spans(
    document: Mapping[str, Any], resource: dict[str, Any] | None = None
) -> Iterator[Span]:
    """
    The spans in *document*, where the name alone stands for the whole *resource*.
    """
    for of_resource in document["resourceSpans"]:
        found = _resource(of_resource["resource"], resource)
        for of_scope in of_resource["scopeSpans"]:
            for span in of_scope["spans"]:
                yield _span(span, found, of_scope["scope"]["name"])


def logs(
    document: Mapping[str, Any], resource: dict[str, Any] | None = None
) -> Iterator[Log]:
    for of_resource in document["resourceLogs"]:
        found = _resource(of_resource["resource"], resource)
        for of_scope in of_resource["scopeLogs"]:
            for record in of_scope["logRecords"]:
                yield Log(
                    int(record["timeUnixNano"]),
                    _value(record["body"]),
                    record["severityText"],
                    record.get("traceId", ""),
                    record.get("spanId", ""),
                    of_scope["scope"]["name"],
                    attributes(record.get("attributes", ())),
                    found,
                )


def attributes(pairs: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {pair["key"]: _value(pair["value"]) for pair in pairs}


def _resource(
    fields: Mapping[str, Any], whole: dict[str, Any] | None
) -> dict[str, Any]:
    told = attributes(fields.get("attributes", ()))
    is_short = whole is not None and told == {"service.name": whole.get("service.name")}

    return whole if whole is not None and is_short else told


def _documents(run: Path, kind: str) -> Iterator[Mapping[str, Any]]:
    for file in sorted(run.glob(f"{kind}.*.jsonl")):
        with file.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def _span(span: Mapping[str, Any], resource: dict[str, Any], scope: str) -> Span:
    status = span.get("status", {})

    return Span(
        span["spanId"],
        span["traceId"],
        span.get("parentSpanId", ""),
        span["name"],
        span["kind"],
        int(span["startTimeUnixNano"]),
        int(span["endTimeUnixNano"]),
        status.get("code", 0),
        status.get("message", ""),
        attributes(span.get("attributes", ())),
        resource,
        scope,
        tuple(
            (
                int(event["timeUnixNano"]),
                event["name"],
                attributes(event.get("attributes", ())),
            )
            for event in span.get("events", ())
        ),
        tuple(
            (link["traceId"], link["spanId"], attributes(link.get("attributes", ())))
            for link in span.get("links", ())
        ),
    )


def _value(value: Mapping[str, Any]) -> Any:
    if not value:
        return None

    ((kind, content),) = value.items()
    if kind == "arrayValue":
        return [_value(item) for item in content.get("values", ())]
    if kind == "kvlistValue":
        return attributes(content["values"])
    if kind == "intValue":
        return int(content)
    if kind == "doubleValue":
        return float(content)

    return content
