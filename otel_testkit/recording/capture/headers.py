"""
Headers as they may be written, and what they say of the body and the sender.
"""

from __future__ import annotations

import functools
import re

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from otel_testkit.masking import Masker
from otel_testkit.store.encode import Encoded


Headers = Iterable[tuple[Any, Any]]

_SHORT: Final = 256
# The service is named in what an AWS request is signed for.
_AWS_SIGNATURE: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=[^/\s]+/\d+/[^/\s]*/([\w.-]+)/aws4_request"
)
# The last one is in all that botocore sends: it goes out as it was made.
_SEALS: Final = frozenset(
    {"traceparent", "x-amz-content-sha256", "amz-sdk-invocation-id"}
)
_SIGNED_URL: Final = re.compile(
    r"[?&](?:X-(?:Amz|Goog)-Signature|AWSAccessKeyId|GoogleAccessId)=", re.IGNORECASE
)


class WrittenHeaders(NamedTuple):
    """
    Headers as attributes, and what they say: type and coding of the body, the
    AWS service that they are signed for, and whether a header more might spoil
    a signature or is there already.
    """

    attributes: Encoded
    content: tuple[str, str]
    aws_service: str
    is_sealed: bool


def written_headers(masker: Masker, prefix: str, headers: Headers) -> WrittenHeaders:
    """
    Mask *headers*, pairs of texts or bytes, and name each after *prefix*.
    """
    # Plain texts: what is kept for the next request must not hold objects of the
    # caller's, and `True` is equal to `1`.
    pairs = tuple(
        (
            name if type(name) is str else _string(name),
            value if type(value) is str else _string(value),
        )
        for name, value in headers
    )

    return _known_headers(masker, prefix, pairs)


# A client sends much the same with every request.
@functools.lru_cache(maxsize=64)
def _known_headers(
    masker: Masker, prefix: str, headers: tuple[tuple[str, str], ...]
) -> WrittenHeaders:
    written: dict[str, tuple[str, ...]] = {}
    content_type = content_encoding = aws_service = ""
    is_sealed = False

    for raw_name, value in headers:
        name = raw_name.lower()
        if name == "content-type":
            content_type = content_type or value
        elif name == "content-encoding":
            content_encoding = content_encoding or value
        elif name == "authorization":
            signature = _AWS_SIGNATURE.match(value)
            aws_service = signature[1] if signature else ""
            is_sealed = is_sealed or value.startswith("AWS")
        elif name in _SEALS:
            is_sealed = True
        masked = (
            _short_header(masker, name, value)
            if len(value) <= _SHORT
            else masker.header(name, value)
        )
        key = prefix + name
        written[key] = (*written[key], masked) if key in written else (masked,)

    return WrittenHeaders(
        Encoded.of(written), (content_type, content_encoding), aws_service, is_sealed
    )


def is_signed(target: str) -> bool:
    """
    Whether *target*, a path with its query, has a signature in it, which a header
    more might spoil.
    """
    return "=" in target and _SIGNED_URL.search(target) is not None


@functools.lru_cache(maxsize=2048)
def _short_header(masker: Masker, name: str, value: str) -> str:
    return masker.header(name, value)


def _string(written: Any) -> str:
    if isinstance(written, bytes):
        return bytes.decode(written, "iso-8859-1")
    if isinstance(written, str):
        # Through the base class: as it is sent.
        return str.__str__(written)

    return str(written)
