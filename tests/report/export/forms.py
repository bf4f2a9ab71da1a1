"""
What each format asks for, checked strictly and without any code of ours.
"""

from __future__ import annotations

import base64
import re

from datetime import datetime
from typing import Any

from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span


TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def check_otlp(request: dict[str, Any]) -> Any:
    """
    Parse *request* as protobuf does, which refuses what is not in the protocol.
    """
    is_trace = "resourceSpans" in request
    message = ExportTraceServiceRequest() if is_trace else ExportLogsServiceRequest()

    return ParseDict(
        _with_base64(request),
        message,
        # The oldest releases know fewer fields.
        ignore_unknown_fields="flags" not in Span.DESCRIPTOR.fields_by_name,
    )


def _with_base64(value: Any) -> Any:
    # The one thing in which OTLP's JSON is not protobuf's.
    if isinstance(value, list):
        return [_with_base64(item) for item in value]
    if not isinstance(value, dict):
        return value

    told = {}
    for name, item in value.items():
        if name in ("traceId", "spanId", "parentSpanId"):
            length = 32 if name == "traceId" else 16
            assert re.fullmatch(f"[0-9a-f]{{{length}}}", item)
            assert item.strip("0")
            told[name] = base64.b64encode(bytes.fromhex(item)).decode()
        else:
            assert not name.endswith("UnixNano") or isinstance(item, str)
            told[name] = _with_base64(item)

    return told


def check_chrome(document: dict[str, Any]) -> None:
    """
    Check that what lies in a lane nests, that all lanes are named, and that all times
    can be told.
    """
    events = document["traceEvents"]
    named = {
        (event["name"], event["pid"], event["tid"])
        for event in events
        if event["ph"] == "M"
    }
    lanes: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for event in events:
        assert isinstance(event["name"], str)
        assert event["name"]
        if event["ph"] == "M":
            continue
        lane = event["pid"], event["tid"]
        assert ("process_name", event["pid"], 0) in named
        assert ("thread_name", *lane) in named
        assert event["ts"] >= 0
        if event["ph"] == "X":
            # As Perfetto has them: nanoseconds, the rest cut off.
            start, took = int(event["ts"] * 1_000), int(event["dur"] * 1_000)
            assert took >= 0
            lanes.setdefault(lane, []).append((start, start + took))
        else:
            assert ("i", "t") == (event["ph"], event["s"])

    for spans in lanes.values():
        check_nesting(spans)


def check_nesting(spans: list[tuple[int, int]]) -> None:
    """
    Check that each of *spans*, in the order of the file, comes after the one before or
    lies in it.
    """
    going: list[tuple[int, int]] = []
    for start, end in spans:
        while going and going[-1][1] <= start:
            going.pop()
        if going:
            assert going[-1][0] <= start
            assert end <= going[-1][1]
        going.append((start, end))


def check_har(document: dict[str, Any]) -> None:
    """
    Check *document* by HAR 1.2: what it requires is there, with the right types.
    """
    assert ["log"] == list(document)
    log = document["log"]
    _check(log, version=str, creator=dict, pages=list, entries=list, comment=str)
    _check(log["creator"], name=str, version=str)
    for page in log["pages"]:
        _check(page, startedDateTime=str, id=str, title=str, pageTimings=dict)
        _check_time(page["startedDateTime"])
        for time in page["pageTimings"].values():
            assert time == -1 or time >= 0
    ids = [page["id"] for page in log["pages"]]
    assert len(set(ids)) == len(ids)

    starts = [entry["startedDateTime"] for entry in log["entries"]]
    assert sorted(starts) == starts
    for entry in log["entries"]:
        assert "pageref" not in entry or entry["pageref"] in ids
        _check_entry(entry)


def _check_entry(entry: dict[str, Any]) -> None:
    _check(
        entry,
        startedDateTime=str,
        time=(int, float),
        request=dict,
        response=dict,
        cache=dict,
        timings=dict,
    )
    _check_time(entry["startedDateTime"])
    _check_timings(entry)
    request, response = entry["request"], entry["response"]
    message = {
        "httpVersion": str,
        "cookies": list,
        "headers": list,
        "headersSize": int,
        "bodySize": int,
    }
    _check(request, method=str, url=str, queryString=list, **message)
    _check(
        response, status=int, statusText=str, content=dict, redirectURL=str, **message
    )
    for pair in (
        *request["headers"],
        *request["cookies"],
        *request["queryString"],
        *response["headers"],
        *response["cookies"],
    ):
        _check(pair, name=str, value=str)
        assert {"name", "value"} == pair.keys()
    if "postData" in request:
        _check(request["postData"], mimeType=str, text=str)
        assert request["postData"].keys() <= {"mimeType", "text", "params", "comment"}
    content = response["content"]
    _check(content, size=int, mimeType=str)
    assert content.keys() <= {"size", "mimeType", "text", "encoding", "comment"}
    assert content["size"] >= 0
    if content.get("encoding"):
        assert "base64" == content["encoding"]
        base64.b64decode(content["text"], validate=True)
    assert 0 <= response["status"] <= 999
    if not response["status"]:
        assert response["_error"]


def _check_timings(entry: dict[str, Any]) -> None:
    timings = entry["timings"]
    for name in ("blocked", "dns", "connect", "ssl"):
        assert timings[name] == -1 or timings[name] >= 0
    for name in ("send", "wait", "receive"):
        assert timings[name] >= 0
    assert timings["ssl"] <= timings["connect"]
    parts = sum(max(timings[name], 0) for name in timings if name != "ssl")
    assert abs(entry["time"] - parts) <= 1e-6 * max(parts, 1)


def _check(fields: dict[str, Any], **kinds: Any) -> None:
    for name, kind in kinds.items():
        assert isinstance(fields[name], kind), name
        assert not isinstance(fields[name], bool)


def _check_time(time: str) -> None:
    assert TIME.fullmatch(time)
    datetime.fromisoformat(time)
