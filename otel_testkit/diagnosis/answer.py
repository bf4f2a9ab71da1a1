"""
Reads an answer, whatever shape it has: its codes, what it says in words, and what
it asks the client to do.

JSON in all its nestings, XML, a form, a page of HTML, a line of text; headers and
trailers. What the words mean is none of its business, see `meaning`.
"""

from __future__ import annotations

import html
import json
import re

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from otel_testkit.diagnosis.hints import Hints, hints


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# More than this is no message, whatever it is.
_BODY_LENGTH: Final = 65_536
_MESSAGE_LENGTH: Final = 600
_MOST_FIELDS: Final = 200
_DEPTH: Final = 8

# Keys are compared without case and separators.
_CODE_KEYS: Final = _words(
    """
    code errorcode errcode error type errortype reason status name exception
    exceptionname errorname errorkey subcode errorsubcode slug id key kind title
    category tag errorsummary faultcode declinecode internalcode errors detail
    message msg state errorid rule
    """
)
_MESSAGE_KEYS: Final = _words(
    """
    message msg errormessage errormsg errmsg detail details description
    errordescription error errors reason title text summary usermessage hint cause
    developermessage fault faultstring info localizedmessage longmessage explanation
    shortmessage messages errormessages warning warnings failure exception
    moreinfo note code statustext statusmessage response result status stderr
    """
)
# What hangs below them is about the error, whatever it is called itself.
_ABOUT_ERRORS: Final = _words(
    "error errors errormessages details detail fault failure failures"
)
_CODE_HEADERS: Final = ("x-amzn-errortype", "x-ms-error-code", "x-error-code")
_MESSAGE_HEADERS: Final = ("grpc-message", "x-error-message", "x-reason")

# What stands for an error where there is none.
_NO_ERROR: Final = frozenset(
    {
        *("", "0", "-", "false", "n/a", "nil", "no", "no error", "no errors", "none"),
        *("null", "ok", "okay", "success", "successful", "undefined"),
    }
)
_SEPARATORS: Final = re.compile(r"[^a-z0-9]+")
_CODE: Final = re.compile(r"[A-Za-z][\w.:/#-]{1,120}", re.ASCII)
_HEX: Final = re.compile(r"[0-9a-f]{8}-?[0-9a-f-]{8,}", re.IGNORECASE)
_HTML: Final = re.compile(r"<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
_LEAF: Final = re.compile(r"<([\w:.-]+)(?:\s[^<>]*)?>([^<>]+)</")
_HEADING: Final = re.compile(
    r"<(title|h1|h2)\b[^<>]*>(.{0,1000}?)</\1", re.IGNORECASE | re.DOTALL
)
_MARKUP: Final = re.compile(
    r"<(script|style)\b.*?(?:</\1>|\Z)|<[^<>]*>", re.IGNORECASE | re.DOTALL
)
_FORM: Final = re.compile(r"[\w.]+=[^\s<>{}]*")
_CUT_TEXT: Final = re.compile(r'"(\w+)"\s*:\s*"((?:[^"\\]|\\.)*)')
_CHALLENGE: Final = re.compile(r'\b(error|error_description)="?([^",]+)')


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What came back from a service. *headers* in lower case; *grpc_status* is the
    word for it, `UNAVAILABLE`, where the answer is one of gRPC.
    """

    status: int | None = None
    headers: Mapping[str, Sequence[str]] | None = None
    body: str = ""
    method: str = ""
    grpc_status: str = ""
    message: str = ""
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """
    What an answer says. *shape* is "json", "xml", "html", "form", "text" or "".
    """

    shape: str
    codes: tuple[str, ...]
    messages: tuple[str, ...]
    hints: Hints
    says_error: bool

    @property
    def excerpt(self) -> str:
        """
        The first code and message, for a person.
        """
        code = next(iter(self.codes), "")
        message = next(iter(self.messages), "")

        return " ".join(
            part for part in (code, f'"{message}"' if message else "") if part
        )


def read(answer: Answer) -> Facts:
    """
    Read *answer*.
    """
    headers = {
        name.lower(): tuple([values] if isinstance(values, str) else map(str, values))
        for name, values in (answer.headers or {}).items()
    }
    body = answer.body.strip()[:_BODY_LENGTH]
    shape, said, fields = _read_body(body)

    codes = list(answer.codes)
    messages = [answer.message] if answer.message else []
    for name, values in headers.items():
        for value in values:
            _read_header(name, value, codes, messages)
    _sort_fields(fields, codes, messages)
    if not messages and shape in ("text", "html"):
        messages.append(said)

    return Facts(
        shape=shape,
        codes=tuple(dict.fromkeys(codes)),
        messages=tuple(
            dict.fromkeys(_plain(message) for message in messages if message)
        ),
        hints=hints(headers, fields),
        says_error=_says_error(fields),
    )


def _read_header(name: str, value: str, codes: list[str], messages: list[str]) -> None:
    if name in _CODE_HEADERS:
        codes.append(value.partition(":")[0])
    elif name in _MESSAGE_HEADERS:
        messages.append(value)
    elif name == "www-authenticate":
        for key, said in _CHALLENGE.findall(value):
            (codes if key == "error" else messages).append(said)


def _read_body(body: str) -> tuple[str, str, list[tuple[tuple[str, ...], Any]]]:
    """
    Give the shape of *body*, its text if it is no more than that, and otherwise its
    fields, each with the way to it.
    """
    if not body:
        return "", "", []
    if body[0] in '{["':
        return _read_json(body)
    if _HTML.search(body[:1000]):
        return "html", _page_text(body), []
    if body[0] == "<":
        leaves: list[tuple[tuple[str, ...], Any]] = [
            ((_key(name.rpartition(":")[2]),), html.unescape(value).strip())
            for name, value in _LEAF.findall(body)[:_MOST_FIELDS]
        ]
        return "xml", "", leaves
    if len(body) < 4000 and "=" in body and _FORM.fullmatch(body):
        return "form", "", [((_key(name),), said) for name, said in parse_qsl(body)]

    return "text", body, []


def _read_json(body: str) -> tuple[str, str, list[tuple[tuple[str, ...], Any]]]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        # It may be cut: by the recorder, or on its way.
        found = _CUT_TEXT.findall(body)
        if not found:
            return "text", body, []
        return "json", "", [((_key(key),), text) for key, text in found[:_MOST_FIELDS]]
    if isinstance(said, str):
        return "text", said, []

    return "json", "", list(_fields(said))


def _page_text(body: str) -> str:
    headings = [_MARKUP.sub(" ", found) for _, found in _HEADING.findall(body)]
    text = _MARKUP.sub(" ", body)

    return html.unescape(" . ".join([*headings, text]))


def _fields(said: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """
    Give each value of a JSON document with the keys that lead to it.
    """
    waiting: list[tuple[tuple[str, ...], Any]] = [((), said)]
    given = 0
    while waiting and given < _MOST_FIELDS:
        path, value = waiting.pop(0)
        if isinstance(value, dict) and len(path) < _DEPTH:
            waiting += [((*path, _key(str(key))), one) for key, one in value.items()]
        elif isinstance(value, list) and len(path) < _DEPTH:
            waiting += [(path, one) for one in value[:20]]
        elif isinstance(value, str) and value.lstrip()[:2] in ('{"', "[{", "{'"):
            waiting += [((*path, key[-1]), one) for key, one in _nested(value)]
        else:
            given += 1
            yield path, value


def _nested(value: str) -> list[tuple[tuple[str, ...], Any]]:
    try:
        said = json.loads(value)
    except (ValueError, RecursionError):
        return [(("message",), " " + value)]

    return [(path or ("message",), one) for path, one in _fields(said)]


def _sort_fields(
    fields: list[tuple[tuple[str, ...], Any]], codes: list[str], messages: list[str]
) -> None:
    others: list[str] = []
    for path, value in fields:
        if not isinstance(value, str) or not value.strip():
            continue
        key = path[-1] if path else "message"
        told = value.strip()
        below = not _ABOUT_ERRORS.isdisjoint(path)
        if _CODE.fullmatch(told) and not _HEX.search(told):
            if key in _CODE_KEYS or below:
                codes.append(told.rpartition("#")[2])
        elif key in _MESSAGE_KEYS or below:
            messages.append(told)
        else:
            others.append(told)
    if not messages:
        messages += [told for told in others if " " in told or not told.isascii()]


def _says_error(fields: list[tuple[tuple[str, ...], Any]]) -> bool:
    """
    Tell whether a document says itself that it is about a failure.
    """
    told: list[str] = []
    for path, value in fields:
        if not path or len(path) > 2:
            continue
        if path[-1] in ("ok", "success", "succeeded") and value in (False, "false"):
            return True
        if path == ("status",) and str(value).lower() in ("error", "fail", "failed"):
            return True
        if path[0] in ("error", "errors", "errorcode", "errormessage"):
            if path[-1] in ("code", "errorcode") and str(value) == "0":
                # Whatever else stands there: that is how many say that all is well.
                return False
            told.append(str(value or "").strip().lower())

    return any(one not in _NO_ERROR for one in told)


def _key(name: str) -> str:
    return _SEPARATORS.sub("", name.lower())


def _plain(message: str) -> str:
    text = " ".join(html.unescape(message[: 4 * _MESSAGE_LENGTH]).split())

    return text.replace("\u2019", "'")[:_MESSAGE_LENGTH]
