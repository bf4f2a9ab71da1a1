"""
What made a test fail, from its calls and its exception alone.
"""

from __future__ import annotations

import itertools
import time

import pytest

from otel_testkit.diagnosis import Cause, Confidence, cause_line, diagnose


EQUAL = "assert {} == 200\n +  where {} = <Response [{}]>.status_code"
THROTTLED = '{"__type": "ThrottlingException", "message": "Rate exceeded"}'


def unequal(status):
    return (("AssertionError", EQUAL.format(status, status, status)),)


def first(attempt, passing=()):
    return diagnose(attempt, passing)[0]


def test_thousands_of_calls(tell, ask) -> None:
    """
    However many calls there are, and fail, it takes seconds, not minutes.
    """
    names = ["".join(one) for one in itertools.product("abcdefghijklmnop", repeat=3)]
    calls = [ask("GET", f"/{name}", 200, takes=0.002) for name in names]
    passing = [tell(*calls) for _ in range(3)]
    failed = tell(*(call | {"status": 404} for call in calls), errors=unequal(404))
    later = tell(*calls, errors=unequal(404))
    started = time.process_time()
    diagnose(failed, passing)
    diagnose(later, passing)

    # Minutes, before; and coverage makes it three times as long.
    assert time.process_time() - started < 30


def test_named_call(tell, ask) -> None:
    """
    The call that the failure speaks of is the cause, with its own words.
    """
    attempt = tell(
        ask("GET", "/a", 404, body='{"message": "a not found"}'),
        ask("POST", "/b", 429, body=THROTTLED, headers={"retry-after": "2"}),
        ask("GET", "/c", 200, takes=3.0),
        errors=unequal(429),
    )

    found = first(attempt)

    assert found.cause is Cause.RATE_LIMITED
    assert found.confidence is Confidence.CERTAIN
    assert found.evidence == (attempt.calls[1].span_id,)
    assert found.statement == (
        'POST api:8080 /b → 429 ThrottlingException "Rate exceeded", '
        "3.0 s before the failure"
    ).replace("api:8080", attempt.calls[1].peer)
    assert "2.0 s" in found.next_step
    assert cause_line(attempt, [found]).startswith("rate limited (certain): POST ")


def test_retried_calls_are_one(tell, ask) -> None:
    """
    Attempts of one call are told together, the last one first.
    """
    calls = [ask("POST", "/b", 429, resend=n, body=THROTTLED) for n in range(3)]
    attempt = tell(*calls, errors=unequal(429))

    found = first(attempt)

    assert len(diagnose(attempt)) == 1
    assert "(3 times)" in found.statement
    assert found.evidence[0] == attempt.calls[2].span_id


def test_recovered(tell, ask) -> None:
    """
    What the test got past is context, after the cause, and all of a good test.
    """
    again = (ask("GET", "/a", 500), ask("GET", "/a", 200, resend=1))
    failed = tell(*again, ask("GET", "/b", 503), errors=unequal(503))
    passed = tell(*again)

    causes = [(one.cause, one.is_recovered) for one in diagnose(failed)]

    assert causes == [(Cause.UNAVAILABLE, False), (Cause.SERVER_ERROR, True)]
    assert [one.is_recovered for one in diagnose(passed)] == [True]
    assert cause_line(passed, diagnose(passed)).startswith("got past server error")
    assert "then 200 at retry 1" in first(passed).statement


def test_another_request_is_no_recovery(tell, ask) -> None:
    """
    A POST of something else that succeeds doesn't make good the one that failed.
    """
    attempt = tell(
        ask("POST", "/a", 500, request="one"),
        ask("POST", "/a", 201, request="two"),
        errors=unequal(500),
    )

    assert not first(attempt).is_recovered


def test_expected_errors(tell, ask) -> None:
    """
    What goes wrong in passing attempts, too, is no cause.
    """
    wanted = ask("GET", "/gone", 404)
    passing = [tell(wanted, ask("GET", "/a", 200)) for _ in range(3)]
    attempt = tell(wanted, ask("GET", "/a", 200), errors=(("AssertionError", "no"),))

    assert diagnose(attempt, passing) == ()
    assert "no known cause, though 1 of its 2 calls failed" == cause_line(attempt, ())


def test_more_of_an_expected_error(tell, ask) -> None:
    """
    An expected 404 is not mistaken for the 503 that is new.
    """
    wanted = ask("GET", "/gone", 404)
    passing = [tell(wanted, ask("GET", "/a", 200)) for _ in range(3)]
    attempt = tell(wanted, ask("GET", "/a", 503), errors=(("AssertionError", "no"),))

    found = diagnose(attempt, passing)

    assert [one.cause for one in found] == [Cause.UNAVAILABLE]


def test_cause_before_its_consequence(tell, ask) -> None:
    """
    The refused write is the cause, not the read that finds nothing for it.
    """
    attempt = tell(
        ask("POST", "/jobs", 429, body=THROTTLED),
        *(ask("GET", "/jobs/7", 404, wait=0.5) for _ in range(4)),
        errors=(("AssertionError", "assert None is not None"),),
    )

    assert first(attempt).cause is Cause.RATE_LIMITED


def test_clean_up_is_no_cause(tell, ask) -> None:
    """
    What is refused after the failure is not what failed the test.
    """
    attempt = tell(
        ask("GET", "/a", 200),
        ask("DELETE", "/a", 500, wait=5.0),
        errors=(("AssertionError", "assert 1 == 2"),),
    )
    raised = attempt.calls[0].last_seen + 1
    events = attempt.span.events
    object.__setattr__(events[0], "time", raised)

    assert diagnose(attempt) == ()


def test_nothing_to_say(tell, ask) -> None:
    """
    Where no rule knows, nothing is claimed.
    """
    attempt = tell(ask("GET", "/a", 200), errors=(("AssertionError", "assert 1 == 2"),))
    alone = tell(errors=(("ValueError", "no such luck"),))

    assert diagnose(attempt) == ()
    assert cause_line(attempt, ()) == "no known cause: its only call did well"
    assert cause_line(alone, ()) == "no known cause: the test made no call"
    assert cause_line(tell(ask("GET", "/a", 200)), ()) == ""


@pytest.mark.parametrize(
    ("agent", "status", "advice"),
    [
        ("elasticsearch-py/9", 500, "doesn't retry a 500 by default"),
        ("elasticsearch-py/9", 503, "more often"),
        ("python-requests/2", 503, "HTTPAdapter"),
        ("curl/8", 503, "Try again after a pause"),
    ],
)
def test_advice(tell, ask, agent, status, advice) -> None:
    """
    The next step knows what the client does by itself.
    """
    attempt = tell(
        ask("GET", "/a", status, sends={"user-agent": agent}), errors=unequal(status)
    )

    assert advice in first(attempt).next_step


@pytest.mark.parametrize("agent", ["python-requests/2.32", "python-urllib3/2.2"])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "PATCH"])
def test_allowed_methods(tell, ask, agent, method) -> None:
    """
    Methods are to be allowed only where urllib3 does not send them again by itself.
    """
    sends = {"user-agent": agent}
    attempt = tell(ask(method, "/a", 503, sends=sends), errors=unequal(503))

    said = first(attempt).next_step
    assert ("allowed_methods" in said) is (method in ("POST", "PATCH"))
    assert said.endswith(f"for {method}.") is (method in ("POST", "PATCH"))


def test_given_up(tell, ask) -> None:
    """
    A client that has tried again already is not told to begin with it.
    """
    boto3 = {"user-agent": "Boto3/1.43"}
    attempt = tell(
        ask("POST", "/a", 429, sends=boto3),
        ask("POST", "/a", 429, sends=boto3, resend=1),
        errors=unequal(429),
    )

    assert first(attempt).next_step.startswith("boto3 gave up after 2 attempts")


def test_unseen_retries(tell, ask) -> None:
    """
    A span of botocore for several tries tells that some of them failed.
    """
    passed = tell(ask("POST", "/", 200, attributes={"retry_attempts": 2}))

    assert "tried again 2 times" in first(passed).statement
    assert first(passed).confidence is Confidence.POSSIBLE


def test_calls_of_others(tell, ask) -> None:
    """
    gRPC and databases are read by their own codes.
    """
    grpc = {"rpc.system": "grpc", "rpc.grpc.status_code": 14, "status": 2}
    said = "failed to connect to all addresses; Connection refused"
    sql = {"db.system": "postgresql", "db.response.status_code": "40001", "status": 2}
    call = ask("", "", None, attributes=grpc | {"message": said})
    query = ask("", "", None, attributes=sql | {"message": "could not serialize"})

    assert first(tell(call, errors=(("X", said),))).cause is Cause.CONNECTION_REFUSED
    found = first(tell(query, errors=(("AssertionError", "could not serialize"),)))
    assert found.cause is Cause.CONCURRENCY_CONFLICT


@pytest.mark.parametrize(
    ("sends", "body", "cause"),
    [
        ({"authorization": "Bearer ***"}, "Unauthorized", Cause.AUTH_EXPIRED),
        ({"accept": "*/*"}, "Unauthorized", Cause.AUTH_MISSING),
        ({"accept": "*/*"}, "Incorrect username or password", Cause.AUTH_INVALID),
        ({}, "Unauthorized", Cause.AUTH_INVALID),
    ],
    ids=["worked before", "not sent", "said outright", "not recorded"],
)
def test_credentials(tell, ask, sends, body, cause) -> None:
    """
    What other calls of the test sent tells old credentials from wrong ones.
    """
    good = ask("GET", "/a", 200, sends={"authorization": "Bearer ***"})
    refused = ask("GET", "/b", 401, sends=sends, body=body)

    assert first(tell(good, refused, errors=unequal(401))).cause is cause
    assert first(tell(refused, good, errors=unequal(401))).cause is Cause.AUTH_INVALID


def test_credentials_that_usually_work(tell, ask) -> None:
    """
    Where passing attempts were let in, the credentials may have grown old.
    """
    attempt = tell(ask("GET", "/a", 401), errors=unequal(401))
    passing = [tell(ask("GET", "/a", 200))]

    assert first(attempt, passing).cause is Cause.AUTH_EXPIRED
    assert first(attempt, [tell(ask("GET", "/b", 200))]).cause is Cause.AUTH_INVALID
