"""
Secrets in the headers that have a grammar of their own.

What tells a reader something stays: the scheme of an authorization, the names of
cookies, the attributes of a cookie that is set.
"""

from __future__ import annotations

import re

from collections.abc import Sequence
from typing import Final

from otel_testkit.masking.keys import harmless, placeholder, vocabulary
from otel_testkit.masking.values import MASK


SCHEMES: Final = vocabulary(
    "basic bearer digest negotiate ntlm aws hawk mac oauth token apikey api-key dpop "
    "hoba mutual sharedkey sharedkeylite sharedaccesssignature googlelogin gnap jwt "
    "signature splunk sso-key privatetoken private-token vapid bot scram-sha-1 "
    "scram-sha-256 aws4-hmac-sha256 aws4-ecdsa-p256-sha256 aws3 aws3-https goog4-rsa-"
    "sha256 goog4-hmac-sha256 tc3-hmac-sha256 hmac hmac-sha256 key genie"
)
_SCHEME: Final = re.compile(r"\s*([A-Za-z][\w\-]{1,30})(\s++)(?=\S)")
# Several headers may have been folded into one; a date has a comma as well.
_FOLDED: Final = re.compile(r",(?=\s{0,9}[^;,\s=]{1,256}=)")
_ATTRIBUTES: Final = vocabulary(
    "expires max-age domain path secure httponly samesite partitioned priority version "
    "comment"
)


def strike(words: Sequence[str], value: str) -> str:
    """
    Strike out *value*, which is secret by its name of these *words*.
    """
    if words[-1:] == ["authorization"]:
        return authorization(value)
    if words[-1:] == ["cookie"] and "=" in value:
        return set_cookie(value) if "set" in words else cookie(value)

    return MASK


def authorization(value: str) -> str:
    """
    Keep the scheme of *value* and strike out the rest.
    """
    if harmless(value):
        return value
    match = _SCHEME.match(value)
    if match is None or match[1].lower() not in SCHEMES:
        return MASK
    if placeholder(value[match.end() :]):
        return value

    return f"{match[1]} {MASK}"


def cookie(value: str) -> str:
    """
    Keep the names in *value*, the cookies of a request, and strike out the values.
    """
    return ";".join(_cookie(pair) for pair in value.split(";"))


def set_cookie(value: str) -> str:
    """
    Keep the name and the attributes of the cookie or cookies set by *value*.
    """
    return ",".join(map(_set_cookie, _FOLDED.split(value)))


def _set_cookie(value: str) -> str:
    first, *rest = value.split(";")
    kept = [
        part if part.partition("=")[0].strip().lower() in _ATTRIBUTES else _cookie(part)
        for part in rest
    ]

    return ";".join([_cookie(first), *kept])


def _cookie(pair: str) -> str:
    name, equals, value = pair.partition("=")
    if not equals:
        blank = pair[: len(pair) - len(pair.lstrip())]

        return pair if harmless(pair) else f"{blank}{MASK}"

    return pair if not value.strip() else f"{name}={MASK}"
