"""
Runs as recording writes them, made by hand and without recording.
"""

from __future__ import annotations

import json

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest


SECOND = 1_000_000_000
# 2026-11-22T06:43:12Z
START = 1_795_329_792 * SECOND
RUN_ID = "2026-11-22T06-43-12-7f3a"
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


def any_value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [any_value(item) for item in value]}}

    return {"stringValue": value}


def pairs(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"key": key, "value": any_value(value)} for key, value in attributes.items()
    ]


def exception(kind: str, message: str, **more: Any) -> dict[str, Any]:
    """
    An exception event; *more* are attributes with `_` for `.`.
    """
    names = {
        "relation": "otel_testkit.exception.relation",
        "file": "code.file.path",
        "line": "code.line.number",
        "source": "otel_testkit.code.source",
    }
    attributes = {"exception.type": kind, "exception.message": message}
    attributes |= {names[name]: value for name, value in more.items()}

    return {
        "timeUnixNano": str(START),
        "name": "exception",
        "attributes": pairs(attributes),
    }


def span_fields(
    name: str,
    start: float,
    end: float | None,
    *,
    span_id: str,
    parent: str | None = None,
    trace_id: str = TRACE_ID,
    kind: int = 1,
    **attributes: Any,
) -> dict[str, Any]:
    """
    An OTLP span, its times in seconds after the start of the run.
    """
    fields: dict[str, Any] = {
        "traceId": trace_id,
        "spanId": span_id,
        "name": name,
        "kind": kind,
        "startTimeUnixNano": str(START + round(start * SECOND)),
        "attributes": pairs(attributes),
    }
    if parent is not None:
        fields["parentSpanId"] = parent
    if end is not None:
        fields["endTimeUnixNano"] = str(START + round(end * SECOND))

    return fields


@dataclass
class RunFolder:
    """
    A run in the making: each method notes a span and gives its id.

    A span without an end is written as recording would have left it: opened.
    """

    path: Path
    resource: dict[str, Any] = field(
        default_factory=lambda: {
            "service.name": "tests",
            "otel_testkit.run.id": RUN_ID,
            "vcs.ref.head.name": "main",
        }
    )
    trace_id: str = TRACE_ID
    traces: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)
    header: dict[str, Any] = field(default_factory=dict)

    def test(
        self,
        name: str,
        start: float = 0.0,
        end: float | None = 1.0,
        outcome: str = "passed",
        *,
        trace_id: str | None = None,
        exceptions: list[dict[str, Any]] | None = None,
        **attributes: Any,
    ) -> str:
        self.trace_id = trace_id or self.trace_id
        is_good = outcome in ("passed", "skipped", "xfailed", "xpassed")
        at_end = {
            "otel_testkit.outcome": outcome,
            "test.case.result.status": "pass" if is_good else "fail",
        }
        if not is_good:
            attributes.setdefault("status", 2)
        attributes["test.case.name"] = name

        return self.span(
            name, start, end, events=exceptions, at_end=at_end, **attributes
        )

    def step(self, name: str, start: float, end: float | None, parent: str) -> str:
        return self.span(name, start, end, parent)

    def call(
        self,
        method: str,
        url: str,
        http_status: int | None,
        start: float,
        end: float | None,
        parent: str | None,
        *,
        body: str | None = None,
        resend: int = 0,
        **attributes: Any,
    ) -> str:
        told: dict[str, Any] = {"http.request.method": method, "url.full": url}
        at_end: dict[str, Any] = {}
        if http_status is not None:
            at_end["http.response.status_code"] = http_status
        if body is not None:
            at_end["http.response.body.content"] = body
        if resend:
            told["http.request.resend_count"] = resend
        if (http_status or 0) >= 400:
            attributes.setdefault("status", 2)
        told |= attributes

        return self.span(method, start, end, parent, kind=3, at_end=at_end, **told)

    def span(
        self,
        name: str,
        start: float,
        end: float | None,
        parent: str | None = None,
        *,
        scope: str = "otel_testkit",
        status: int = 0,
        message: str = "",
        events: list[dict[str, Any]] | None = None,
        at_end: dict[str, Any] | None = None,
        **attributes: Any,
    ) -> str:
        attributes.setdefault("span_id", f"{len(self.opened) + 1:016x}")
        attributes.setdefault("trace_id", self.trace_id)
        fields = span_fields(name, start, None, parent=parent, **attributes)
        self.opened.append(json.dumps(fields, separators=(",", ":")))
        if end is not None:
            attributes |= at_end or {}
            fields = span_fields(name, start, end, parent=parent, **attributes)
            if status:
                fields["status"] = {"code": status, "message": message}
            if events:
                fields["events"] = events
            self.traces.append(self.line(fields, scope))

        return attributes["span_id"]

    def log(
        self,
        text: Any,
        time: float | None,
        span_id: str | None,
        *,
        severity: Any = 13,
        level: str = "WARNING",
        logger: str = "orders",
        trace_id: str | None = None,
        **attributes: Any,
    ) -> None:
        """
        Note a log record, *time* in seconds after the start of the run.
        """
        fields = {
            "timeUnixNano": str(START + round(time * SECOND)) if time else "0",
            "severityNumber": severity,
            "severityText": level,
            "body": any_value(text),
            "traceId": trace_id or self.trace_id,
            "spanId": span_id,
            "attributes": pairs(attributes),
        }
        records = {"scope": {"name": logger}, "logRecords": [fields]}
        resource = {"attributes": pairs({"service.name": "tests"})}
        self.logged.append(
            json.dumps(
                {"resourceLogs": [{"resource": resource, "scopeLogs": [records]}]}
            )
        )

    def line(self, fields: Any, scope: str = "otel_testkit") -> str:
        spans = {"scope": {"name": scope}, "spans": [fields]}
        resource = {"attributes": pairs(self.resource)}

        return json.dumps(
            {"resourceSpans": [{"resource": resource, "scopeSpans": [spans]}]}
        )

    def write(self) -> str:
        """
        Write what was noted; gives the folder's path.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        header = {"format": 1, "run": self.path.name, "start": str(START)}
        header |= {"resource": pairs(self.resource), **self.header}
        logged = "".join(f"{line}\n" for line in self.logged)
        if logged:
            (self.path / "logs.7-aa.jsonl").write_text(logged, encoding="utf-8")
        for name, text in (
            ("run.json", json.dumps(header)),
            ("traces.7-aa.jsonl", "".join(f"{line}\n" for line in self.traces)),
            ("open.7-aa.jsonl", "".join(f"{line}\n" for line in self.opened)),
        ):
            (self.path / name).write_text(text, encoding="utf-8")

        return str(self.path)


def failing_test(run: RunFolder) -> None:
    """
    The failing test that every page of ours is about.
    """
    test = run.test(
        "tests/test_insights.py::test_insight_is_created",
        0.0,
        9.0,
        "failed",
        exceptions=[
            exception(
                "AssertionError",
                "assert 429 == 200\n +  where 429 = <Response [429]>.status",
                file="/home/me/app/tests/test_insights.py",
                line=57,
                source="assert resp.status == 200",
            )
        ],
    )
    api = "http://127.0.0.1:8080"
    aws = "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions"
    named = {"service.peer.name": "api"}
    signed = {"rpc.service": "lambda", "rpc.system": "aws-api"}
    step = run.step("sign up", 0.0, 0.42, test)
    run.call("POST", f"{api}/signup", 201, 0.0, 0.12, step, **named)
    run.call("POST", aws, 201, 0.12, 0.42, step, **signed)
    run.call(
        "POST",
        f"{aws}/make-insights-7f3a/invocations",
        429,
        0.42,
        0.51,
        test,
        body='{"Reason":"CallerRateLimitExceeded","message":"Rate Exceeded."}',
        **signed,
        **{"http.response.header.x-amzn-errortype": ["TooManyRequestsException"]},
    )
    for poll in range(6):
        at = 0.52 + 1.4 * poll
        run.call(
            "GET",
            f"{api}/insights?poll={poll}",
            404,
            at,
            at + 0.04,
            test,
            body='{"detail": "no such insight"}',
            **named,
        )


@pytest.fixture
def run_folder(tmp_path: Path) -> RunFolder:
    """
    An empty run in a store of its own.
    """
    return RunFolder(tmp_path / ".otel-testkit" / "runs" / RUN_ID)


@pytest.fixture
def failing_run(run_folder: RunFolder) -> RunFolder:
    """
    A run with one failing test, and two that passed.
    """
    failing_test(run_folder)
    run_folder.test("tests/test_insights.py::test_health", 9.0, 9.1, trace_id="b" * 32)
    run_folder.test("tests/test_orders.py::test_refund", 9.1, 9.4, trace_id="c" * 32)

    return run_folder


@pytest.fixture
def make_exception() -> Callable[..., dict[str, Any]]:
    """
    How an exception is noted in a span.
    """
    return exception
