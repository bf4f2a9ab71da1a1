"""
What is asked for, as the name and the attributes of a call.
"""

from __future__ import annotations

import functools

from typing import Any, Final, NamedTuple

from otel_testkit import semconv
from otel_testkit.masking import Masker
from otel_testkit.store.encode import Encoded


_METHODS: Final = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}
)
_DEFAULT_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_SHORT: Final = 256


class Request(NamedTuple):
    """
    A request line, where it goes, the name that the settings have for that, and
    how many requests of the same operation went before.
    """

    method: str
    scheme: str
    host: str
    port: int | None
    target: str
    peer_name: str
    resend_count: int


def described(masker: Masker, request: Request) -> tuple[str, Encoded]:
    """
    Give the name of a call that makes *request*, and its attributes.
    """
    if len(request.target) > _SHORT:
        return _described.__wrapped__(masker, request)

    return _described(masker, request)


# What is asked for once is asked for again, in a poll many times.
@functools.lru_cache(maxsize=512)
def _described(masker: Masker, request: Request) -> tuple[str, Encoded]:
    method, _, host, port, _, peer_name, resend_count = request
    known = method.upper()
    if known not in _METHODS:
        known = ""
    attributes: dict[str, Any] = {
        semconv.HTTP_REQUEST_METHOD: known or "_OTHER",
        semconv.URL_FULL: masker.url(_url(request)),
        semconv.SERVER_ADDRESS: host,
    }
    if method != known:
        attributes[semconv.HTTP_REQUEST_METHOD_ORIGINAL] = method
    if port is not None:
        attributes[semconv.SERVER_PORT] = port
    if peer_name:
        attributes[semconv.SERVICE_PEER_NAME] = peer_name
    if resend_count:
        attributes[semconv.HTTP_REQUEST_RESEND_COUNT] = resend_count

    return known or "HTTP", Encoded.of(attributes)


def _url(request: Request) -> str:
    scheme, host, port, target = request[1:5]
    if not target.startswith("/") and "://" in target:
        # Through a proxy.
        return target

    own_port = "" if port in (None, _DEFAULT_PORTS.get(scheme)) else f":{port}"
    shown_host = f"[{host}]" if ":" in host else host
    slash = "" if target.startswith("/") else "/"

    return f"{scheme}://{shown_host}{own_port}{slash}{target}"
