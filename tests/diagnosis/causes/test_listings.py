"""
Lists that lack what has just been made.
"""

from __future__ import annotations

import json

import pytest

from otel_testkit.diagnosis import Cause, Confidence, diagnose


EMPTY = (("AssertionError", "assert 0 == 1"),)


def made(ask, path="/orders", name="o-4711"):
    return ask("POST", path, 201, body=json.dumps({"id": name, "state": "new"}))


def found(ask, *names, path="/orders/search?state=new"):
    hits = [{"id": name, "state": "new"} for name in names]

    return ask("GET", path, 200, body=json.dumps({"hits": {"hits": hits}}))


def causes(attempt, passing=()):
    return [(one.cause, one.confidence) for one in diagnose(attempt, passing)]


@pytest.mark.parametrize(
    ("path", "search"),
    [
        ("/orders", "/orders"),
        ("/orders", "/orders/search?state=new"),
        ("/orders/_doc/4711", "/orders/_search"),
        ("/orders", "/everything?q=o-4711"),
    ],
)
def test_search_after_a_write(tell, ask, path, search) -> None:
    """
    A search that lacks the new id is a race, with both calls for evidence.
    """
    attempt = tell(made(ask, path), found(ask, "o-1", "o-2", path=search), errors=EMPTY)

    (told,) = diagnose(attempt)

    assert (told.cause, told.confidence) == (Cause.RACE, Confidence.POSSIBLE)
    assert "without 'o-4711', 10 ms after POST api" in told.statement
    assert told.evidence == tuple(one.span_id for one in reversed(attempt.calls))


def test_passing_attempts_find_it(tell, ask) -> None:
    """
    It is likelier where passing attempts find what they made.
    """
    passing = [
        tell(made(ask, name=name), found(ask, "o-1", name)) for name in ("o-5", "o-66")
    ]
    attempt = tell(made(ask), found(ask, "o-1"), errors=EMPTY)

    assert causes(attempt, passing) == [(Cause.RACE, Confidence.LIKELY)]


def test_passing_attempts_lack_it_too(tell, ask) -> None:
    """
    What is never in that list is not missing in it.
    """
    passing = [tell(made(ask), found(ask, "o-1"))]

    assert causes(tell(made(ask), found(ask, "o-1"), errors=EMPTY), passing) == []


def told_calls(ask):
    """
    Give by name what a test did, none of which is a race.
    """
    new = made(ask)
    many = found(ask, "o-1", "o-4711")
    gone = ask("DELETE", "/orders/o-4711", 204)

    return {
        "it is in the list": (new, many),
        "a list of something else": (new, found(ask, "u-1", path="/users")),
        "nothing was made": (ask("POST", "/orders", 400, body="{}"), found(ask)),
        "it was deleted": (new, gone, found(ask)),
        "it was found later": (new, found(ask), many),
        "the list came first": (found(ask), new),
        "much was asked afterwards": (new, found(ask), ask("GET", "/me", 200)),
        "no list at all": (new, ask("GET", "/orders/total", 200, body='{"n": 3}')),
        "an answer that was cut": (
            new,
            found(ask)
            | {"attributes": {"otel_testkit.http.response.body.truncated": True}},
        ),
        "a long time": (new, found(ask) | {"wait": 100.0}),
    }


@pytest.mark.parametrize(
    "name",
    [
        "it is in the list",
        "a list of something else",
        "nothing was made",
        "it was deleted",
        "it was found later",
        "the list came first",
        "much was asked afterwards",
        "no list at all",
        "an answer that was cut",
        "a long time",
    ],
)
def test_no_race(tell, ask, name) -> None:
    """
    A list is suspected only where it should have what was made.
    """
    attempt = tell(*told_calls(ask)[name], errors=EMPTY)

    assert Cause.RACE not in {cause for cause, _ in causes(attempt)}


@pytest.mark.parametrize(
    ("path", "asks", "is_lacking"),
    [
        ("/orders", "/search?id=9", True),
        ("/orders", "/shipments?order_id=9", True),
        ("/orders", "/shipments?page=1&orderId=9", True),
        ("/categories", "/items?category_id=9", True),
        ("/orders", "/users?id=9", False),
        ("/orders", "/users?customer_id=9", False),
        ("/orders", "/search?id=8", False),
        ("/orders", "/search?paid=9", False),
        ("/orders", "/search?page=9", False),
    ],
)
def test_short_id(tell, ask, path, asks, is_lacking) -> None:
    """
    A short id is enough where the query names it as one, of that kind of thing.
    """
    attempt = tell(made(ask, path, name="9"), found(ask, path=asks), errors=EMPTY)

    expected = [(Cause.RACE, Confidence.POSSIBLE)] if is_lacking else []
    assert causes(attempt) == expected
