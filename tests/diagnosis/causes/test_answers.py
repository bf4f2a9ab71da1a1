"""
What answers of services mean: by their words, and by what they ask for.
"""

from __future__ import annotations

import json
import time

from pathlib import Path

import pytest

from hypothesis import given, strategies as some

from otel_testkit.diagnosis.advice import NEXT
from otel_testkit.diagnosis.answer import Answer, read
from otel_testkit.diagnosis.dialects import codes
from otel_testkit.diagnosis.finding import Cause, Confidence
from otel_testkit.diagnosis.meaning import classify_answer


# Written by hand, of services that no rule was tried on before.
ROWS = [
    json.loads(line)
    for line in (Path(__file__).parent / "answers.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]


def meaning(status, body="", headers=None, method="GET", **more):
    said = body if isinstance(body, str) else json.dumps(body)

    return classify_answer(Answer(status, headers or {}, said, method, **more))


@pytest.fixture(scope="module")
def read_rows():
    """
    Each row with what was made of it.
    """
    return [
        (row, meaning(row["status"], row["body"], row["headers"], row["method"]))
        for row in ROWS
    ]


def test_rows_are_read_rightly(read_rows) -> None:
    """
    Of the hand-written answers at least nine in ten are named rightly.
    """
    right = [row for row, said in read_rows if said.cause.name.lower() == row["label"]]

    assert len(right) >= 0.9 * len(ROWS)


def test_nothing_certain_is_wrong(read_rows) -> None:
    """
    What is said to be certain is right, and a sixth is certain.
    """
    certain = [one for one in read_rows if one[1].confidence is Confidence.CERTAIN]

    assert not [row for row, said in certain if said.cause.name.lower() != row["label"]]
    assert len(certain) >= len(ROWS) / 6


@pytest.mark.parametrize(
    ("status", "body", "cause"),
    [
        (400, "The email address is invalid. Please correct it and try again.", "V"),
        (400, "status must be one of INTEGRATION_TIMEOUT, PENDING_APPROVAL", "V"),
        (400, "This model's maximum context length is 8192 tokens.", "V"),
        (500, {"error": "No zone found"}, "NOT_FOUND"),
        (503, {"message": "cloud-init is not supported on this offer"}, "UNSUPPORTED"),
        (400, {"message": "Invalid pagination token"}, "V"),
    ],
)
def test_hard_negatives(status, body, cause) -> None:
    """
    Words that often speak of something that passes don't always.
    """
    said = meaning(status, body)

    assert Cause[cause if cause != "V" else "VALIDATION"] is said.cause
    assert not said.is_transient


@pytest.mark.parametrize("header", ["memento-datetime", "x-archive-orig-date"])
def test_archived_copies(header) -> None:
    """
    An old 429 that an archive plays back is no limit of today.
    """
    said = meaning(429, "Too many requests", {header: "Sat, 01 Jan 2022 00:00:00 GMT"})

    assert said.cause is Cause.ARCHIVED_COPY
    assert not said.is_transient


def test_dry_run() -> None:
    """
    The error that says that there would have been none is a dry run.
    """
    body = "<Error><Code>DryRunOperation</Code><Message>Request would have succeeded"

    assert meaning(412, body + "</Message></Error>").cause is Cause.DRY_RUN


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "7"}, "", 7),
        ({"retry-after-ms": "250"}, "", 0.25),
        (
            {
                "Date": "Sun, 22 Nov 2026 10:00:00 GMT",
                "Retry-After": "Sun, 22 Nov 2026 10:00:30 GMT",
            },
            "",
            30,
        ),
        ({}, {"message": "You are being rate limited.", "retry_after": 0.5}, 0.5),
        ({}, {"error": {"details": [{"retryDelay": "3s"}]}}, 3),
        ({}, {"details": {"retryAfterSeconds": 1}}, 1),
    ],
    ids=["seconds", "ms", "date", "body", "RetryInfo", "Kubernetes"],
)
def test_waits(headers, body, seconds) -> None:
    """
    How long to wait is found in headers and in bodies.
    """
    assert seconds == meaning(429, body, headers).retry_after


@pytest.mark.parametrize(
    ("headers", "body", "is_transient"),
    [
        ({"x-should-retry": "false"}, "", False),
        ({"stripe-should-retry": "true"}, {"error": {"message": "bad"}}, True),
        ({}, {"error": {"type": "x", "durability": "PERMANENT"}}, False),
    ],
)
def test_asked_to_retry(headers, body, is_transient) -> None:
    """
    Whether to try again is the service's word, not ours.
    """
    status = 400 if is_transient else 503

    assert is_transient is meaning(status, body, headers).is_transient


def test_nothing_remains() -> None:
    """
    A 403 with nothing left of the rate limit is one, whatever it says.
    """
    said = meaning(403, {"message": "Forbidden"}, {"X-RateLimit-Remaining": "0"})

    assert said.cause is Cause.RATE_LIMITED


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": "ThrottlingException", "message": "no"}},
        {"__type": "com.amazonaws.x#ThrottlingException"},
        {"errors": [{"reason": "rateLimitExceeded"}]},
        {"fault": {"faultstring": "Rate limit quota violation. Too many requests"}},
        {"detail": '{"code": "too_many_requests"}'},
        "<Error><Code>SlowDown</Code></Error>",
        '<ns:Error xmlns:ns="x"><ns:Code>Throttling</ns:Code></ns:Error>',
        "error=slow&error_description=Too+many+requests",
        "<!doctype html><title>Too Many Requests</title><p>wait",
        "Rate limit exceeded",
        '"Rate limit exceeded"',
        '{"message": "Rate limit exceeded, and here it is c',
    ],
    ids=lambda body: str(body)[:24],
)
def test_shapes(body) -> None:
    """
    Codes and messages are found in each shape of answer.
    """
    assert meaning(400, body).cause is Cause.RATE_LIMITED


def test_headers() -> None:
    """
    Codes in headers and challenges are read as those of a body.
    """
    aws = {"x-amzn-ErrorType": "ThrottlingException:http://internal.amazon.com/"}
    bearer = {
        "WWW-Authenticate": 'Bearer error="invalid_token", '
        'error_description="The access token expired"'
    }

    assert meaning(400, "", aws).cause is Cause.RATE_LIMITED
    assert meaning(401, "", bearer).cause is Cause.AUTH_EXPIRED
    assert meaning(401, "", {"WWW-Authenticate": "Bearer"}).cause is Cause.AUTH_INVALID


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        ({"ok": False, "error": "ratelimited"}, Cause.RATE_LIMITED),
        ({"ok": False, "error": "token_revoked"}, Cause.AUTH_EXPIRED),
        ({"ok": True, "messages": []}, None),
        ({"errors": [], "data": {"id": 1}}, None),
        ({"message": "rate limit exceeded is what this document is about"}, None),
    ],
)
def test_errors_in_success(body, cause) -> None:
    """
    A 200 is a complaint only if its body says so.
    """
    said = meaning(200, body)

    assert cause is (said and said.cause)


@pytest.mark.parametrize(
    "body",
    [
        *({"error": said} for said in (None, False, "", 0, "0", "none", "No error")),
        {"ok": True, "error": "null"},
        {"errors": []},
        {"error": {"code": 0, "message": "all went well"}},
        {"errorCode": "SUCCESS", "errorMessage": "OK"},
    ],
)
def test_success_without_an_error(body) -> None:
    """
    A place for errors with nothing in it is none.
    """
    assert meaning(200, body) is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"code": "invalid_rate_limit"}),
        (400, {"code": "invalid_rate_limit", "message": "it must be positive"}),
        (400, {"error": "invalid_timeout"}),
        (400, {"error": {"code": "BadQuota", "message": "quota is out of range"}}),
        (422, {"message": "Rate limit is not a number"}),
    ],
)
def test_values_that_are_called_after_troubles(status, body) -> None:
    """
    A limit that is sent is not one that was reached.
    """
    assert meaning(status, body, method="POST").cause is Cause.VALIDATION


@pytest.mark.parametrize(
    ("method", "said", "cause"),
    [
        ("DELETE", "cannot delete: user already exists in group", "RESOURCE_IN_USE"),
        ("DELETE", "Cannot remove a team that has members of it", "RESOURCE_IN_USE"),
        ("POST", "user already exists in group", "ALREADY_EXISTS"),
    ],
)
def test_what_exists_in_something(method, said, cause) -> None:
    """
    What cannot be deleted is not in the way of something new.
    """
    assert meaning(409, {"message": said}, method=method).cause is Cause[cause]


def test_nothing_is_made_where_something_is_deleted() -> None:
    """
    So that something exists is no certain trouble of a DELETE.
    """
    body = {"code": "already_exists", "message": "A deletion already exists"}

    assert meaning(409, body, method="DELETE").confidence is Confidence.POSSIBLE


@pytest.mark.parametrize(
    ("status", "said", "cause"),
    [
        ("RESOURCE_EXHAUSTED", "Quota exceeded: 60 per minute", Cause.RATE_LIMITED),
        ("RESOURCE_EXHAUSTED", "limit of 10 databases reached", Cause.RESOURCE_LIMIT),
        ("ABORTED", "Transaction was aborted", Cause.CONCURRENCY_CONFLICT),
        ("UNAUTHENTICATED", "", Cause.AUTH_INVALID),
        ("OK", "", None),
    ],
)
def test_grpc(status, said, cause) -> None:
    """
    An answer of gRPC is read by its status and by its words.
    """
    found = classify_answer(Answer(grpc_status=status, message=said))

    assert cause is (found and found.cause)


def _codes():
    for cause, words in codes.CODES.items():
        for word in words.split():
            yield cause, word


def test_codes() -> None:
    """
    A code of the tables alone says what its table says.
    """
    wrong = [
        (code, said.cause)
        for cause, code in _codes()
        if (said := meaning(None, {"code": code})).cause is not cause
    ]

    assert not wrong


def test_tables() -> None:
    """
    No code stands for two causes, and there is advice for every cause.
    """
    known: dict[str, Cause] = {}
    for cause, word in _codes():
        assert known.setdefault(word.lower(), cause) is cause

    assert not set(Cause) - set(NEXT)


def test_long_answers() -> None:
    """
    However long an answer is, it is read in no time.
    """
    started = time.perf_counter()
    for text in (
        "is ",
        "not ",
        "token ",
        "cannot be ",
        "<a>",
        "<title>",
        "<html><h1>",
        "<html><script ",
        "<html><",
        "a=b&",
        '"a":"',
    ):
        meaning(400, text * 30_000)
    # Nearly a form, to which there are many ways.
    meaning(400, "a=b&" * 200 + "c=d e")

    assert time.perf_counter() - started < 5


def test_facts() -> None:
    """
    What was found is kept in the order in which it stands, without repeats.
    """
    facts = read(Answer(400, {}, '{"code": "no_name", "errors": ["a b", "a b"]}'))

    assert facts.codes == ("no_name",)
    assert facts.messages == ("a b",)
    assert facts.excerpt == 'no_name "a b"'
    assert facts.shape == "json"


_JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner) | some.dictionaries(some.text(), inner),
    max_leaves=20,
)


@given(
    status=some.none() | some.integers(100, 599),
    headers=some.dictionaries(
        some.sampled_from(["Retry-After", "Date", "x-ratelimit-remaining"])
        | some.text(),
        some.text() | some.lists(some.text()),
        max_size=4,
    ),
    body=some.text() | _JSON.map(json.dumps) | some.text().map("<e>{}</e>".format),
)
def test_any_answer(status, headers, body) -> None:
    """
    Whatever a service answers, it is read.
    """
    said = classify_answer(Answer(status, headers, body))

    assert said is None or said.cause in Cause
