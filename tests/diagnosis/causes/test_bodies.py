"""
Answers that are not what they were taken for.
"""

from __future__ import annotations

import pytest

from otel_testkit.diagnosis import Cause, Confidence, diagnose


CHOKED = (
    ("json.decoder.JSONDecodeError", "Expecting value: line 1 column 1 (char 0)"),
)
WRONG = (("AssertionError", "assert 1 == 2"),)
PAGE = "<!doctype html><title>Maintenance</title><p>Come back later"


@pytest.mark.parametrize(
    ("body", "cause", "said"),
    [
        (PAGE, Cause.UNEXPECTED_BODY, 'a page ("Maintenance'),
        ('{"items": [1, 2', Cause.TRUNCATED_BODY, "ends after 15 characters"),
        ("", Cause.UNEXPECTED_BODY, "an empty body"),
        ("ok", Cause.UNEXPECTED_BODY, 'a text ("ok")'),
    ],
)
def test_unreadable(tell, ask, body, cause, said) -> None:
    """
    The answer that the client choked on is named, though its call is green.
    """
    attempt = tell(
        ask("GET", "/a", 200, body='{"id": 1}'),
        ask("GET", "/b", 200, body=body),
        errors=CHOKED,
    )

    found = diagnose(attempt)[0]

    assert found.cause is cause
    assert found.evidence == (attempt.calls[1].span_id,)
    assert said in found.statement


def test_swallowed_page(tell, ask) -> None:
    """
    A page is told also where the client took it without a word.
    """
    passing = [tell(ask("GET", "/b", 200, body='{"id": 1}')) for _ in range(2)]
    attempt = tell(ask("GET", "/b", 200, body=PAGE), errors=WRONG)
    aws = ask("POST", "/", 200, body=PAGE, attributes={"rpc.system": "aws-api"})

    assert diagnose(attempt, passing)[0].confidence is Confidence.LIKELY
    assert diagnose(tell(aws, errors=WRONG))[0].confidence is Confidence.POSSIBLE
    assert diagnose(attempt) == ()


def test_a_page_as_ever(tell, ask) -> None:
    """
    A page that passing attempts get, too, is no surprise.
    """
    passing = [tell(ask("GET", "/b", 200, body=PAGE))]
    attempt = tell(ask("GET", "/b", 200, body=PAGE), errors=WRONG)

    assert diagnose(attempt, passing) == ()


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (500, Cause.SERVER_ERROR),
        (502, Cause.UNAVAILABLE),
        (404, Cause.NOT_FOUND),
        (401, Cause.AUTH_INVALID),
    ],
)
@pytest.mark.parametrize("body", ["<html><title>nginx</title><p>Oh no", "", "oops"])
def test_refused_with_a_page(tell, ask, status, cause, body) -> None:
    """
    That the page of a failed call is no document comes of the failure.
    """
    attempt = tell(
        ask("GET", "/a", 200, body='{"id": 1}'),
        ask("GET", "/b", status, body=body),
        errors=CHOKED,
    )

    found = diagnose(attempt)[0]

    assert found.cause is cause
    assert f"→ {status}" in found.statement


def test_refused_with_a_document(tell, ask) -> None:
    """
    Where the failed call came with a document, something else could not be read.
    """
    attempt = tell(
        ask("GET", "/a", 200, body=PAGE),
        ask("GET", "/b", 404, body='{"message": "b not found"}'),
        errors=CHOKED,
    )

    assert diagnose(attempt)[0].cause is Cause.UNEXPECTED_BODY


def test_redirected(tell, ask) -> None:
    """
    A client that follows no redirect has no document to read.
    """
    attempt = tell(ask("GET", "/b", 302), errors=CHOKED)

    assert diagnose(attempt)[0].cause is Cause.REDIRECT_LOOP


def test_missing_key(tell, ask) -> None:
    """
    The answer without the key that was looked up is named.
    """
    passing = [tell(ask("GET", "/me", 200, body='{"id": 1, "plan": "pro"}'))]
    attempt = tell(
        ask("GET", "/me", 200, body='{"id": 1}'), errors=(("KeyError", "'plan'"),)
    )

    found = diagnose(attempt, passing)[0]

    assert (found.cause, found.confidence) == (
        Cause.UNEXPECTED_BODY,
        Confidence.LIKELY,
    )
    assert "without 'plan', which passing attempts got" in found.statement
    assert diagnose(attempt)[0].confidence is Confidence.POSSIBLE


def test_missing_key_of_something_else(tell, ask) -> None:
    """
    A key that no answer ever had is none of theirs.
    """
    passing = [tell(ask("GET", "/me", 200, body='{"id": 1}'))]
    attempt = tell(
        ask("GET", "/me", 200, body='{"id": 1}'), errors=(("KeyError", "'HOME'"),)
    )

    assert diagnose(attempt, passing) == ()


def test_new_field(tell, ask) -> None:
    """
    An answer that has all that it ever had and more breaks a test that wants equality.
    """
    passing = [tell(ask("GET", "/me", 200, body='{"id": 1}')) for _ in range(2)]
    attempt = tell(
        ask("GET", "/me", 200, body='{"id": 1, "plan": "pro"}'),
        errors=(("AssertionError", "assert {'id': 1, 'plan': 'pro'} == {'id': 1}"),),
    )

    found = diagnose(attempt, passing)[0]

    assert (found.cause, found.confidence) == (Cause.NEW_FIELD, Confidence.LIKELY)
    assert ".plan" in found.statement
    assert diagnose(attempt) == ()


def test_stale(tell, ask) -> None:
    """
    A cached answer that is older than the write before it is stale.
    """
    attempt = tell(
        ask("PUT", "/me", 200),
        ask("GET", "/me", 200, headers={"age": "30"}),
        errors=WRONG,
    )
    hit = tell(
        ask("PUT", "/me", 200),
        ask("GET", "/me", 200, headers={"x-cache": "HIT from a"}),
        errors=WRONG,
    )
    unwritten = tell(ask("GET", "/me", 200, headers={"age": "30"}), errors=WRONG)
    endless = tell(
        ask("PUT", "/me", 200),
        ask("GET", "/me", 200, headers={"age": "9" * 5000}),
        errors=WRONG,
    )

    found = diagnose(attempt)[0]

    assert (found.cause, found.confidence) == (Cause.STALE, Confidence.LIKELY)
    assert "from a cache (age 30 s)" in found.statement
    assert diagnose(hit)[0].confidence is Confidence.POSSIBLE
    assert diagnose(unwritten) == ()
    assert diagnose(endless) == ()
