"""
Records into a store of the test's own and reads it back, without our reader.
"""

from __future__ import annotations

import json

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from otel_testkit import configure, errors
from otel_testkit.recording import provider
from otel_testkit.settings import RUN_VARIABLE


@dataclass(frozen=True)
class RecordedSpan:
    """
    A span as it stands in the traces file, its attributes as plain values.
    """

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    kind: int
    start: int
    end: int
    attributes: dict[str, Any]
    events: list[tuple[str, dict[str, Any]]]
    links: list[tuple[str, str]]
    status: dict[str, Any]
    scope: str
    resource: dict[str, Any]


@dataclass(frozen=True)
class Store:
    """
    The store that the test under way records into.
    """

    directory: Path

    @property
    def runs(self) -> list[Path]:
        return sorted((self.directory / "runs").glob("*"))

    def text(self) -> str:
        """
        All that is on disk.
        """
        return "".join(
            path.read_text("utf-8") for path in self.directory.rglob("*.json*")
        )

    def spans(self) -> list[RecordedSpan]:
        """
        The ended spans of all runs, as they were written.
        """
        return [
            span
            for path in sorted(self.directory.rglob("traces.*.jsonl"))
            for line in path.read_text("utf-8").splitlines()
            for span in _spans(json.loads(line))
        ]

    def span(self, name: str) -> RecordedSpan:
        """
        The one span that is called *name*.
        """
        (found,) = [span for span in self.spans() if span.name == name]

        return found

    def opened(self) -> list[dict[str, Any]]:
        """
        The lines of the open files.
        """
        return [
            json.loads(line)
            for path in sorted(self.directory.rglob("open.*.jsonl"))
            for line in path.read_text("utf-8").splitlines()
        ]


def _spans(record: dict[str, Any]) -> Iterator[RecordedSpan]:
    for resource in record["resourceSpans"]:
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                yield RecordedSpan(
                    name=span["name"],
                    trace_id=span["traceId"],
                    span_id=span["spanId"],
                    parent_id=span.get("parentSpanId", ""),
                    kind=span["kind"],
                    start=int(span["startTimeUnixNano"]),
                    end=int(span["endTimeUnixNano"]),
                    attributes=_plain(span.get("attributes", [])),
                    events=[
                        (event["name"], _plain(event.get("attributes", [])))
                        for event in span.get("events", [])
                    ],
                    links=[
                        (link["traceId"], link["spanId"])
                        for link in span.get("links", [])
                    ],
                    status=span["status"],
                    scope=scope["scope"]["name"],
                    resource=_plain(resource["resource"].get("attributes", [])),
                )


def _plain(pairs: list[dict[str, Any]]) -> dict[str, Any]:
    return {pair["key"]: _value(pair["value"]) for pair in pairs}


def _value(value: dict[str, Any]) -> Any:
    ((kind, inner),) = value.items()
    if kind == "intValue":
        return int(inner)
    if kind == "arrayValue":
        return [_value(item) for item in inner.get("values", [])]

    return inner


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """
    A store of the test's own. What our code got wrong fails the test.
    """
    # Set and so restored: a run that begins hands itself down to children.
    monkeypatch.setenv(RUN_VARIABLE, "")
    errors.troubles()
    configure(directory=tmp_path / "store", show="none")

    yield Store(tmp_path / "store")

    # Each test has a run of its own, and the process few descriptors.
    provider._current.run.writer.forget_files()
    assert errors.troubles() == []
