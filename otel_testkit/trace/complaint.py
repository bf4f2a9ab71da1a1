"""
What a failing call complains of, in a few words.

Services say it in a hundred shapes: AWS by a header, Elasticsearch three objects
deep, FastAPI in a list, proxies in the title of a page. The words are theirs; we
only find them.
"""

from __future__ import annotations

import html
import json
import re

from typing import Any, Final

from otel_testkit import semconv
from otel_testkit.trace.fields import text
from otel_testkit.trace.model import Call


# More than this is no message, whatever it is.
_BODY_LENGTH: Final = 65_536
_EXCERPT_LENGTH: Final = 200
_DEPTH: Final = 6

_AWS_ERROR: Final = "x-amzn-errortype"
_MESSAGES: Final = (
    "message",
    "errormessage",
    "error_description",
    "detail",
    "reason",
    "msg",
    "error",
    "errors",
    "title",
    "description",
)
_TYPES: Final = ("__type", "errortype", "code", "type", "error")
_TYPE: Final = re.compile(r"[A-Za-z_][\w.-]*")
_CUT_MESSAGE: Final = re.compile(r'"message"\s*:\s*"((?:[^"\\]|\\.)*)', re.IGNORECASE)
_XML_CODE: Final = re.compile(r"<Code>([^<]*)</Code>")
_TITLES: Final = re.compile(r"<(Message|title)\b[^<>]*>([^<]*)<", re.IGNORECASE)
_MARKUP: Final = re.compile(
    r"<(script|style)\b.*?(?:</\1>|\Z)|<[^<>]*>", re.IGNORECASE | re.DOTALL
)


def complaint(call: Call) -> str:
    """
    Give the kind of error and the message of *call*, as far as they are known:
    `TooManyRequestsException "Rate Exceeded."`.
    """
    body = (call.response_body or "").strip()
    kind, message = _from_body(body) if body else ("", "")
    for known in call.response_headers().get(_AWS_ERROR, ()):
        kind = known.partition(":")[0]
    kind = text(call.attributes, semconv.RPC_RESPONSE_STATUS_CODE) or kind
    message = text(call.attributes, semconv.AWS_ERROR_MESSAGE) or message
    if call.error_type and call.error_type != str(call.status):
        kind = call.error_type.rpartition(".")[2]
    if not message and call.errors:
        kind = kind or call.errors[0].short_type
        message = call.errors[-1].message
    if not message:
        message = call.status_message

    excerpt = " ".join(message[: 4 * _EXCERPT_LENGTH].split())
    if len(excerpt) > _EXCERPT_LENGTH:
        excerpt = excerpt[:_EXCERPT_LENGTH] + "…"

    return " ".join(part for part in (kind, f'"{excerpt}"' if excerpt else "") if part)


def _from_body(body: str) -> tuple[str, str]:
    if len(body) <= _BODY_LENGTH and body[0] in '{["':
        try:
            said = json.loads(body)
        except (ValueError, RecursionError):
            pass
        else:
            return _type(said), _message(said) or body

    body = body[:_BODY_LENGTH]
    if body[0] == "<":
        code = _XML_CODE.search(body)
        title = _TITLES.search(body)
        words = title[2] if title else _MARKUP.sub(" ", body)

        return code[1] if code else "", html.unescape(words).strip()
    if cut := _CUT_MESSAGE.search(body):
        return "", cut[1]

    return "", body


def _message(said: Any, depth: int = _DEPTH) -> str:
    if isinstance(said, str):
        return said
    if not depth:
        return ""
    if isinstance(said, list):
        return _message(said[0], depth - 1) if said else ""
    if isinstance(said, dict):
        fields = {str(key).lower(): value for key, value in said.items()}
        for name in _MESSAGES:
            if message := _message(fields.get(name), depth - 1):
                return message

    return ""


def _type(said: Any, depth: int = _DEPTH) -> str:
    if isinstance(said, list) and said and depth:
        return _type(said[0], depth - 1)
    if not isinstance(said, dict) or not depth:
        return ""

    for name in _TYPES:
        value = said.get(name)
        if isinstance(value, str):
            # AWS: "com.amazonaws.dynamodb#ResourceNotFoundException".
            word = value.rpartition("#")[2]
            if _TYPE.fullmatch(word) and value != _message(said):
                return word
        elif isinstance(value, dict) and (inner := _type(value, depth - 1)):
            return inner

    return ""
