"""
What a single span has to say when attempts are laid side by side.
"""

from __future__ import annotations

import math

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qsl

from otel_testkit import semconv
from otel_testkit.diagnosis import bodies
from otel_testkit.trace.model import Attempt, Call, Span


# These are compared in a way of their own, or are never the same twice.
_LEFT_OUT: Final = frozenset(
    {
        semconv.AWS_EXTENDED_REQUEST_ID,
        semconv.AWS_REQUEST_ID,
        semconv.CODE_STACKTRACE,
        semconv.ERROR_TYPE,
        semconv.HTTP_REQUEST_BODY,
        semconv.HTTP_REQUEST_BODY_SIZE,
        semconv.HTTP_RESPONSE_BODY,
        semconv.HTTP_RESPONSE_BODY_SIZE,
        semconv.HTTP_RESPONSE_STATUS_CODE,
        semconv.HTTP_TIME_TO_HEADERS,
        semconv.NETWORK_PEER_PORT,
        semconv.OLD_HTTP_STATUS_CODE,
        semconv.OLD_HTTP_URL,
        semconv.SERVER_PORT,
        semconv.TIME_TO_CONNECT,
        semconv.TIME_TO_RESOLVE,
        semconv.TIME_TO_SECURE,
        semconv.URL_FULL,
        semconv.HTTP_RESPONSE_HEADER + "content-length",
        semconv.HTTP_RESPONSE_HEADER + "date",
        semconv.HTTP_REQUEST_HEADER + "content-length",
        semconv.HTTP_REQUEST_HEADER + "traceparent",
    }
)


def answer(span: Span, *, is_good: bool = False) -> str:
    """
    Say in a word how *span* ended: `429`, `ReadTimeout`, `ok`. *is_good*: whatever
    it says itself, it was no failure of its own.
    """
    if isinstance(span, Call) and span.answer:
        return span.answer
    if is_good:
        return "ok"
    if span.is_open:
        return "no end"
    if not span.is_failing:
        return "ok"
    if span.errors:
        # By the outermost it is known, the innermost of a chain says what happened.
        name, said = span.errors[0].short_type, span.errors[-1].short_type
        return name if name == said else f"{name} ({said})"

    return span.error_type.rpartition(".")[2] or "error"


def is_bad(span: Span, attempt: Attempt) -> bool:
    """
    Tell whether *span* failed or never ended, and not only for the exception that
    ended the test came by, or the test died in it.
    """
    if not (span.is_step or span.is_test):
        return span.is_failing or span.is_open
    if not span.errors or not attempt.errors:
        return False

    raised, ended = span.errors[0], attempt.errors[0]

    return (raised.type, raised.message) != (ended.type, ended.message)


def own_time(span: Span, until: float = math.inf) -> int:
    """
    Give the nanoseconds of *span* in which nothing inside of it ran, *until* a time.
    """
    last = int(max(min(span.last_seen, until), span.start))
    own = last - span.start
    covered = span.start
    for child in span.children:
        begin = max(child.start, covered)
        end = min(child.last_seen, last)
        if end > begin:
            own -= end - begin
            covered = end

    return own


def facts_of(span: Span) -> Iterator[tuple[str, str]]:
    """
    Give what *span* says, by a name for people: headers, attributes, bodies by path.
    """
    for name, value in span.attributes.items():
        if name not in _LEFT_OUT:
            yield _named(name), bodies.steady(_text(value))
    if not isinstance(span, Call):
        return

    for name, value in parse_qsl(_query(span.url)):
        yield f"?{name}", bodies.steady(value)
    for side, body in (
        ("request", span.request_body),
        ("response", span.response_body),
    ):
        if body is not None:
            for path, said in bodies.facts(body).items():
                yield f"{side} {path or 'body'}", said


def _query(url: str) -> str:
    # Not taken apart: it may be no URL at all.
    return url.partition("#")[0].partition("?")[2]


def _named(name: str) -> str:
    for prefix, side in (
        (semconv.HTTP_REQUEST_HEADER, "request header"),
        (semconv.HTTP_RESPONSE_HEADER, "response header"),
    ):
        if name.startswith(prefix):
            return f"{side} {name.removeprefix(prefix)}"

    return name


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)

    return str(value)
