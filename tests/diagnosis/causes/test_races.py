"""
Races: too early, too late, in another order.
"""

from __future__ import annotations

from otel_testkit.diagnosis import Cause, Confidence, diagnose


MISSING = (("AssertionError", "assert 404 == 200"),)


def first(attempt, passing=()):
    return diagnose(attempt, passing)[0]


def polls(ask, times, status=404, **more):
    return [ask("GET", "/jobs/7", status, wait=0.5, **more) for _ in range(times)]


class TestPolls:
    def test_ran_out(self, tell, ask) -> None:
        """
        What was asked for until the test gave up is a race, with the time it waited.
        """
        attempt = tell(ask("POST", "/jobs", 202), *polls(ask, 6), errors=MISSING)

        found = first(attempt)

        assert found.cause is Cause.RACE
        assert found.confidence is Confidence.LIKELY
        assert len(found.evidence) == 6
        assert (
            "(6 times): still so when the test gave up after 2.6 s" in found.statement
        )

    def test_passing_attempts(self, tell, ask) -> None:
        """
        How often passing attempts had to ask is told beside it.
        """
        passing = [tell(*polls(ask, 2), *polls(ask, 1, 200)) for _ in range(3)]
        attempt = tell(*polls(ask, 6), errors=MISSING)

        found = first(attempt, passing)

        assert found.cause is Cause.RACE
        assert "passing attempts asked at most 3 times" in found.statement

    def test_same_success(self, tell, ask) -> None:
        """
        The same "pending" again and again is waited for as well.
        """
        pending = polls(ask, 5, 200, body='{"state": "pending"}')
        attempt = tell(*pending, errors=(("AssertionError", "'pending' == 'done'"),))

        assert first(attempt).cause is Cause.RACE

    def test_in_between(self, tell, ask) -> None:
        """
        A 503 on the way, and what the service asks its database, end no poll.
        """
        query = ask("", "", None, url="", attributes={"db.system": "postgresql"})
        waits = [one for poll in polls(ask, 3) for one in (poll, query)]
        attempt = tell(*waits, *polls(ask, 1, 503), *waits, errors=MISSING)

        found = first(attempt)

        assert found.cause is Cause.RACE
        assert len(found.evidence) == 7

    def test_other_troubles(self, tell, ask) -> None:
        """
        A poll that is answered 500 is no race.
        """
        attempt = tell(*polls(ask, 5, 500), errors=(("AssertionError", "500 == 200"),))

        assert first(attempt).cause is Cause.SERVER_ERROR

    def test_came_in_time(self, tell, ask) -> None:
        """
        A poll that came to its end is no cause.
        """
        attempt = tell(
            *polls(ask, 4),
            *polls(ask, 1, 200),
            errors=(("AssertionError", "assert 'a' == 'b'"),),
        )

        assert diagnose(attempt) == ()


class TestReadAfterWrite:
    def test_not_there_yet(self, tell, ask) -> None:
        """
        What was made a moment ago and is not found is a race.
        """
        attempt = tell(
            ask("POST", "/users", 201, body='{"id": "u-17"}'),
            ask("GET", "/users/u-17", 404),
            errors=MISSING,
        )

        found = first(attempt)

        assert found.cause is Cause.RACE
        assert found.evidence == (attempt.calls[1].span_id, attempt.calls[0].span_id)
        assert "10 ms after POST" in found.statement

    def test_never_made(self, tell, ask) -> None:
        """
        What nobody made is just not there.
        """
        attempt = tell(
            ask("POST", "/users", 201, body='{"id": "u-17"}'),
            ask("GET", "/users/u-99", 404),
            errors=MISSING,
        )

        assert first(attempt).cause is Cause.NOT_FOUND

    def test_made_in_vain(self, tell, ask) -> None:
        """
        What could not be made is not there for that reason.
        """
        attempt = tell(
            ask("PUT", "/users/u-17", 503),
            ask("GET", "/users/u-17", 404),
            errors=MISSING,
        )

        assert Cause.RACE not in {one.cause for one in diagnose(attempt)}

    def test_by_path(self, tell, ask) -> None:
        """
        What passing attempts find there was made by the write to the place above.
        """
        write = ask("POST", "/users/1/items", 201)
        passing = [tell(write, ask("GET", "/users/1/items/5", 200)) for _ in range(2)]
        attempt = tell(write, ask("GET", "/users/1/items/7", 404), errors=MISSING)

        found = first(attempt, passing)

        assert found.cause is Cause.RACE
        assert "passing attempts find it" in found.statement
        assert first(attempt).cause is Cause.NOT_FOUND


def test_other_order(tell, ask) -> None:
    """
    Two calls that came the other way round are told, with what is usual.
    """
    store, show = ask("POST", "/events", 200), ask("GET", "/report", 200)
    passing = [tell(store, show) for _ in range(3)]
    attempt = tell(show, store, errors=(("AssertionError", "assert 0 == 1"),))

    found = first(attempt, passing)

    assert found.cause is Cause.RACE
    assert found.confidence is Confidence.POSSIBLE
    assert "it came first in all 3 passing attempts" in found.statement
    assert diagnose(attempt, passing[:2]) == ()


def test_not_ready(tell, ask) -> None:
    """
    A service that says that it is not ready is taken at its word.
    """
    body = '{"message": "The cluster is still being created, try again later"}'
    attempt = tell(
        ask("POST", "/tables", 409, body=body), errors=(("E", "409 Conflict"),)
    )

    assert first(attempt).cause is Cause.NOT_READY
