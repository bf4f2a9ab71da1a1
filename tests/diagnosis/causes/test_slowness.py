"""
Calls that took too long.
"""

from __future__ import annotations

import pytest

from otel_testkit.diagnosis import Cause, Confidence, diagnose


LATE = (("AssertionError", "assert elapsed < 0.3\nassert 0.55 < 0.3"),)
OTHER = (("AssertionError", "assert 1 == 2"),)


def get(ask, takes, port=0):
    where = {"url": f"http://127.0.0.1:{port}"} if port else {}

    return ask("GET", "/a", 200, takes=takes, **where)


def test_slower_than_ever(tell, ask) -> None:
    """
    A call that takes many times as long as ever is told, surer with a timeout.
    """
    passing = [tell(get(ask, takes)) for takes in (0.052, 0.061, 0.055)]
    slow = get(ask, 1.5)
    late = tell(slow, errors=(("AssertionError", "timed out waiting"),))
    other = tell(slow, errors=OTHER)

    (found,) = diagnose(late, passing)

    assert (found.cause, found.confidence) == (Cause.SLOW, Confidence.LIKELY)
    assert "took 1.5 s, 52 to 61 ms when the test passes" in found.statement
    assert diagnose(other, passing)[0].confidence is Confidence.POSSIBLE
    assert diagnose(other, passing[:2]) == ()


@pytest.mark.parametrize(
    ("passing", "confidence"), [(1, Confidence.POSSIBLE), (2, Confidence.LIKELY)]
)
def test_a_failure_about_time(tell, ask, passing, confidence) -> None:
    """
    Where the test itself is about time, less of a delay is told.
    """
    usual = [tell(get(ask, 0.2)) for _ in range(passing)]
    attempt = tell(get(ask, 0.45), errors=LATE)

    (found,) = diagnose(attempt, usual)

    assert (found.cause, found.confidence) == (Cause.SLOW, confidence)


def test_a_failure_about_something_else(tell, ask) -> None:
    """
    A call that is but twice as slow explains nothing else.
    """
    usual = [tell(get(ask, 0.2)) for _ in range(3)]

    assert diagnose(tell(get(ask, 0.45), errors=OTHER), usual) == ()


def test_other_ports(tell, ask) -> None:
    """
    A service that gets another port each time is still the same.
    """
    usual = [tell(get(ask, 0.05, port)) for port in (41_001, 52_002, 33_003)]
    attempt = tell(get(ask, 2.0, 44_004), errors=OTHER)

    assert [one.cause for one in diagnose(attempt, usual)] == [Cause.SLOW]


def test_how_long_it_takes_otherwise(tell, ask) -> None:
    """
    Of a client that gave up it is told how long the answer takes when the test passes.
    """
    usual = [tell(get(ask, takes)) for takes in (0.052, 0.061)]
    late = ("httpx.ReadTimeout", "timed out")
    slow = ask("GET", "/a", None, takes=1.0, errors=[late])
    waits = ask("GET", "/a", None, takes=1.0, is_open=True)

    gave_up = diagnose(tell(slow, errors=(late,)), usual)[0]
    killed = diagnose(tell(waits, outcome="open", lasts=9.0), usual)[0]

    assert gave_up.statement == (
        'GET api /a → ReadTimeout "timed out" after 1.0 s, 52 to 61 ms when the test '
        "passes"
    )
    assert killed.cause is Cause.TIMEOUT


@pytest.mark.parametrize("takes", [0.54, 0.2])
def test_what_the_test_measured(tell, ask, takes) -> None:
    """
    That a call took as long as the test measured is told without any other attempt.
    """
    attempt = tell(ask("GET", "/b", 200), get(ask, takes), errors=LATE)

    found = [(one.cause, one.evidence) for one in diagnose(attempt)]

    told = [(Cause.SLOW, (attempt.calls[1].span_id,))]
    assert found == (told if takes > 0.5 else [])


def test_a_number_that_is_no_time(tell, ask) -> None:
    """
    A number that happens to be as large is none.
    """
    attempt = tell(get(ask, 0.54), errors=(("AssertionError", "assert 0.55 < 0.3"),))

    assert diagnose(attempt) == ()
