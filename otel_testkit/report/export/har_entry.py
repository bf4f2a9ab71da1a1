"""
One entry of an HTTP archive: a request, its answer, and how long each part took.
"""

from __future__ import annotations

import base64
import ipaddress
import re

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

from otel_testkit import semconv
from otel_testkit.report.plain import Plain
from otel_testkit.trace.fields import integer, text
from otel_testkit.trace.model import Call


_Headers = Mapping[str, tuple[str, ...]]

# What stands for a body that is no text.
_DESCRIBED: Final = re.compile(r"<[^<>,]+, \d+ bytes>")
_UNKNOWN: Final = -1
_NO_TYPE: Final = "x-unknown"
_SAFE_INTEGER: Final = 2**53


def is_http(call: Call) -> bool:
    return bool(
        text(call.attributes, semconv.HTTP_REQUEST_METHOD, semconv.OLD_HTTP_METHOD)
    )


def entry(call: Call) -> Plain:
    """
    Give all of the entry for *call* but its page and when it started.
    """
    timings = _timings(call)
    told: Plain = {
        # What a new connection took for TLS is counted with it.
        "time": round(
            sum(max(time, 0) for part, time in timings.items() if part != "ssl"), 6
        ),
        "request": _request(call),
        "response": _response(call),
        "cache": {},
        "timings": timings,
        "comment": call.summary,
        "_resourceType": "websocket" if call.url.startswith("ws") else "fetch",
        "_traceId": call.trace_id,
        "_spanId": call.span_id,
    }
    if address := _address(call):
        told["serverIPAddress"] = address
    if call.resend_count:
        told["comment"] += f" (retry {call.resend_count})"

    return told


def _request(call: Call) -> Plain:
    headers = call.request_headers()
    request: Plain = {
        "method": call.method,
        "url": call.url or _bare_url(call),
        "httpVersion": _version(call),
        "cookies": _cookies(headers.get("cookie", ()), most=None),
        "headers": _pairs(headers),
        "queryString": _query(call.url),
        "headersSize": _UNKNOWN,
        "bodySize": _size(call, semconv.HTTP_REQUEST_BODY_SIZE),
    }
    body = _body(call, semconv.HTTP_REQUEST_BODY, semconv.HTTP_REQUEST_BODY_TRUNCATED)
    if body:
        kind = _first(headers, "content-type") or _NO_TYPE
        # Here the form has no word for an encoding.
        if body.pop("encoding", None):
            body["comment"] = "text is base64"
        request["postData"] = {"mimeType": kind, "text": "", **body}

    return request


def _response(call: Call) -> Plain:
    headers = call.response_headers()
    status = call.status or 0
    if not 0 < status <= 999:
        status = 0
    size = _size(call, semconv.HTTP_RESPONSE_BODY_SIZE)
    content: Plain = {
        "size": max(size, 0),
        "mimeType": _first(headers, "content-type") or _NO_TYPE,
        **_body(call, semconv.HTTP_RESPONSE_BODY, semconv.HTTP_RESPONSE_BODY_TRUNCATED),
    }
    response: Plain = {
        "status": status,
        "statusText": _phrase(status),
        "httpVersion": _version(call),
        "cookies": _cookies(headers.get("set-cookie", ()), most=1),
        "headers": _pairs(headers),
        "content": content,
        "redirectURL": _first(headers, "location"),
        "headersSize": _UNKNOWN,
        "bodySize": size,
    }
    if error := _error(call, status):
        response["_error"] = error

    return response


def _timings(call: Call) -> dict[str, float]:
    """
    Share out the duration in milliseconds; what is not known apart is waiting.
    """
    resolving, connecting, securing = (
        _seconds(call, name)
        for name in (
            semconv.TIME_TO_RESOLVE,
            semconv.TIME_TO_CONNECT,
            semconv.TIME_TO_SECURE,
        )
    )
    connection = _sum(connecting, securing)
    whole = call.duration / 1e9
    headers = call.time_to_headers
    until = whole if headers is None or not 0 <= headers <= whole else headers
    before = sum(time for time in (resolving, connection) if time is not None)

    return {
        "blocked": _UNKNOWN,
        "dns": _milliseconds(resolving),
        "connect": _milliseconds(connection),
        "ssl": _milliseconds(securing),
        "send": 0,
        "wait": _milliseconds(max(until - before, 0)),
        "receive": _milliseconds(whole - until),
    }


def _seconds(call: Call, name: str) -> float | None:
    value = call.attributes.get(name)
    is_time = isinstance(value, float) and 0 <= value <= call.duration / 1e9

    return value if is_time else None


def _sum(*times: float | None) -> float | None:
    known = [time for time in times if time is not None]

    return sum(known) if known else None


def _milliseconds(seconds: float | None) -> float:
    return _UNKNOWN if seconds is None else round(seconds * 1e3, 6)


def _body(call: Call, name: str, truncated: str) -> Plain:
    """
    Give {text}, with {encoding} if it is base64, or {comment} on what is missing.
    """
    body = call.attributes.get(name)
    if isinstance(body, bytes):
        return {"text": base64.b64encode(body).decode(), "encoding": "base64"}
    if not isinstance(body, str):
        return {}
    if _DESCRIBED.fullmatch(body):
        return {"comment": f"not recorded: {body[1:-1]}"}
    if call.attributes.get(truncated) is True:
        return {"text": body, "comment": "only the beginning was recorded"}

    return {"text": body}


def _error(call: Call, status: int) -> str:
    """
    Say what ended the call before its answer was read; "" if nothing did.
    """
    for error in call.errors[:1]:
        return f"{error.type}: {error.message}" if error.message else error.type
    if status:
        return ""

    still = "no answer yet" if call.is_open else "no answer"

    return call.status_message or call.error_type or still


def _pairs(headers: _Headers) -> list[Plain]:
    return [
        {"name": name, "value": value}
        for name, values in headers.items()
        for value in values
    ]


def _cookies(values: Iterable[str], *, most: int | None) -> list[Plain]:
    """
    Give the cookies in headers of *values*, in each at most so many: what follows
    one that is set are its properties.
    """
    return [
        {"name": name.strip(), "value": text}
        for value in values
        for name, _, text in (pair.partition("=") for pair in value.split(";")[:most])
    ]


def _query(url: str) -> list[Plain]:
    query = url.partition("#")[0].partition("?")[2]

    return [
        {"name": name, "value": value}
        for name, value in parse_qsl(query, keep_blank_values=True)
    ]


def _bare_url(call: Call) -> str:
    host = text(call.attributes, semconv.SERVER_ADDRESS)
    port = integer(call.attributes, semconv.SERVER_PORT)
    if not host:
        return "about:blank"

    return f"http://{host}:{port}/" if port else f"http://{host}/"


def _version(call: Call) -> str:
    version = text(call.attributes, semconv.NETWORK_PROTOCOL_VERSION)

    return f"HTTP/{version}" if version else "unknown"


def _size(call: Call, name: str) -> int:
    size = integer(call.attributes, name)

    return size if size is not None and 0 <= size <= _SAFE_INTEGER else _UNKNOWN


def _first(headers: _Headers, name: str) -> str:
    return next(iter(headers.get(name, ())), "")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _address(call: Call) -> str:
    address: Any = text(call.attributes, semconv.NETWORK_PEER_ADDRESS)
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return ""
