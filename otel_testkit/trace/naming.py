"""
What a call is called, wherever a person or a comparison meets it.

A *summary* is for people: method, peer and as much of the path's end as fits,
`POST lambda …/my-function/invocations`. A *template* is for comparing: the path
with everything that changes from run to run taken out, `/users/{}/orders`.
Both depend on the call alone, so that the same call has the same name in every
report.
"""

from __future__ import annotations

import re

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

from otel_testkit import semconv
from otel_testkit.trace.fields import integer, text
from otel_testkit.trace.questions import question


# A path of at most this length is told in full.
_PATH_LENGTH: Final = 24
_ID_LENGTH: Final = 8
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ID: Final = re.compile(
    r"""
    \d+                                       # a number
    | (?=[a-f]*\d) [0-9a-f]{8,}               # a hash
    | (?=[a-z]*\d) (?=\d*[a-z]) [0-9a-z]{20,} # a token
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_DATE: Final = re.compile(
    r"\d{4}-\d\d-\d\d(T[\d:.Z+-]*)?|\d{8}T\d{6}(\.\d+)?Z?", re.ASCII
)
_DIGIT: Final = re.compile(r"[0-9]")
_SEPARATORS: Final = re.compile(r"([-_.:~,;=@!+]|%[0-9A-Fa-f]{2})")
_ADDRESS: Final = re.compile(r"[\d.]+|.*:.*|localhost|.*\.localhost", re.ASCII)


@dataclass(frozen=True, slots=True)
class CallName:
    """
    The parts of a call's name, and the *summary* made of them. *path* is without
    the query; *peer* is "" where nothing tells who was called.
    """

    method: str
    peer: str
    path: str
    template: str
    summary: str


def call_name(attributes: Mapping[str, Any]) -> CallName | None:
    """
    Name the call that *attributes* describe, by HTTP, of a database or of a remote
    procedure; None if they describe none.
    """
    method = text(attributes, semconv.HTTP_REQUEST_METHOD, semconv.OLD_HTTP_METHOD)
    if not method:
        asked = question(attributes)
        return asked and _asked(*asked)
    if method == "_OTHER":
        method = text(attributes, semconv.HTTP_REQUEST_METHOD_ORIGINAL) or method

    scheme, host, port, path = _parts(url(attributes))
    peer = text(attributes, semconv.SERVICE_PEER_NAME, semconv.RPC_SERVICE)
    if not peer:
        host = text(attributes, semconv.SERVER_ADDRESS) or host
        port = integer(attributes, semconv.SERVER_PORT) or port
        peer = _peer(host, None if port == _DEFAULT_PORTS.get(scheme) else port)
    if operation := _aws_operation(attributes):
        peer = operation
        # Many services have one path for all that they do.
        path = "" if path == "/" else path

    return _named(method, peer, path)


def url(attributes: Mapping[str, Any]) -> str:
    """
    Give the URL that was called; "" where it was not recorded.
    """
    return text(attributes, semconv.URL_FULL, semconv.OLD_HTTP_URL)


def template(path: str) -> str:
    """
    Put `{}` for each number, UUID, hash, date and random token in *path*.
    """
    return "/".join(_segment_template(segment) for segment in path.split("/"))


def short_path(path: str) -> str:
    """
    Shorten *path* to its last segments: as many as fit, and at least the last
    one that says something, with the ids after it cut to their first characters.
    """
    segments = [
        segment[:_ID_LENGTH] + "…"
        if len(segment) > _ID_LENGTH + 4 and _is_id(segment)
        else segment
        for segment in path.split("/")
    ]
    if len(segments) > 2 and _DATE.fullmatch(segments[1]):
        # AWS begins its paths with the version of the service.
        segments[:2] = ["…"]
    short = "/".join(segments)
    if len(short) <= _PATH_LENGTH:
        return short

    telling = [
        place
        for place, segment in enumerate(segments)
        if segment and not _is_id(segment.removesuffix("…"))
    ]
    first = telling[-1] if telling else len(segments) - 1
    while first > 1 and len("/".join(segments[first - 1 :])) + 2 <= _PATH_LENGTH:
        first -= 1

    return "…/" + "/".join(segments[first:]) if first > 1 else short


def _aws_operation(attributes: Mapping[str, Any]) -> str:
    """
    Name an AWS operation as the conventions do, `DynamoDB.GetItem`, or after the
    name that its host has, `localstack DynamoDB.GetItem` and `lambda Invoke`.
    """
    if text(attributes, semconv.RPC_SYSTEM) != "aws-api":
        return ""

    service = text(attributes, semconv.RPC_SERVICE)
    method = text(attributes, semconv.RPC_METHOD)

    if not service or not method:
        return ""

    named = text(attributes, semconv.SERVICE_PEER_NAME)
    if named.lower() == service.lower():
        return f"{named} {method}"

    return f"{named} {service}.{method}".lstrip()


@lru_cache(maxsize=4096)
def _named(method: str, peer: str, path: str) -> CallName:
    summary = " ".join(part for part in (method, peer, short_path(path)) if part)

    return CallName(method, peer, path, template(path), summary)


@lru_cache(maxsize=4096)
def _asked(verb: str, peer: str, about: str) -> CallName:
    summary = " ".join(part for part in (verb, peer, about) if part)

    return CallName(verb, peer, about, template(about), summary)


@lru_cache(maxsize=4096)
def _parts(address: str) -> tuple[str, str, int | None, str]:
    """
    Split the URL *address* into scheme, host, port and path.
    """
    try:
        split = urlsplit(address)
        host = split.hostname or ""
    except ValueError:
        return "", "", None, ""

    try:
        port = split.port
    except ValueError:
        port = None

    path = split.path or ("/" if host else "")

    return split.scheme, host, port, path


def _peer(host: str, port: int | None) -> str:
    """
    Call a *host* by its first label; an address, which has none, with its port.
    """
    if not host:
        return ""
    if _ADDRESS.fullmatch(host):
        shown = f"[{host}]" if ":" in host else host
        return f"{shown}:{port}" if port else shown

    return host.removeprefix("www.").partition(".")[0] or host


def _segment_template(segment: str) -> str:
    # None of what changes is without a digit.
    if _DIGIT.search(segment) is None:
        return segment
    if _is_id(segment):
        return "{}"

    parts = _SEPARATORS.split(_UUID.sub("{}", segment))

    return "".join("{}" if _ID.fullmatch(part) else part for part in parts)


def _is_id(segment: str) -> bool:
    return any(kind.fullmatch(segment) for kind in (_ID, _UUID, _DATE))
