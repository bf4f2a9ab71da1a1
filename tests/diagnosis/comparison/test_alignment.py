"""
Which calls of different attempts are taken for the same.
"""

from __future__ import annotations

import pytest

from otel_testkit.diagnosis.comparison.alignment import align


def asked(method, path, status=200, **more):
    return {"method": method, "path": path, "status": status} | more


UUIDS = ("0f8fad5b-d9cb-469f-a165-70867728950e", "7c9e6679-7425-40de-944b-e07fc1f90ae7")


def places(attempts):
    """
    The places of the test's calls, with the number of spans in each attempt.
    """
    failing, passing = attempts.load()
    root = align([*passing, *failing])
    indexes = range(len(passing) + len(failing))

    return {
        " > ".join(place.path): [len(place.spans.get(index, ())) for index in indexes]
        for place in root.walk()
        if place.parent is not None
    }


class TestNames:
    @pytest.mark.parametrize(
        ("one", "other", "label"),
        [
            (f"/users/{UUIDS[0]}", f"/users/{UUIDS[1]}", "GET api /users/{}"),
            ("/users/17/orders", "/users/4711/orders", "GET api /users/{}/orders"),
            ("/days/2026-11-22", "/days/2025-01-01", "GET api /days/{}"),
            ("/blobs/9f86d081884c", "/blobs/60303ae22b99", "GET api /blobs/{}"),
        ],
    )
    def test_what_changes(self, attempts, one, other, label):
        """
        Ids, numbers, dates and hashes make no other place.
        """
        attempts.passed(asked("GET", one))
        attempts.failed(asked("GET", other))

        assert {label: [1, 1]} == places(attempts)

    @pytest.mark.parametrize(
        ("one", "other", "label"),
        [
            ("127.0.0.1:41234", "127.0.0.1:50123", ""),
            ("172.17.0.2:9200", "172.17.0.9:9200", "{}:9200"),
            ("localhost:8080", "localhost:8080", "localhost:8080"),
            ("[::1]:41234", "[::1]:50123", ""),
            ("db-17", "db-4", "db-{}"),
            ("odd:" + "9" * 5000, "odd:1234567", "odd:{}"),
            ("odd:²", "odd:²", "odd:²"),
        ],
    )
    def test_peers(self, attempts, one, other, label):
        """
        Neither do addresses and ports that are dealt out anew, where fixed ones do;
        what has no other name than such a port is called by its path alone.
        """
        for peer in (one, other):
            attempts.passed(asked("GET", "/a", attributes={"service.peer.name": peer}))

        name = " ".join(filter(None, ["GET", label, "/a"]))
        assert {name: [1, 1]} == places(attempts)

    def test_own_names(self, attempts):
        """
        Nor does what each attempt puts behind a name to make it its own.
        """
        for name in ("make-7f3a", "make-b2c4", "make-9d"):
            attempts.passed(
                asked("POST", f"/functions/{name}/invocations"), asked("GET", "/v-1a")
            )

        assert {
            "POST api /functions/make-{}/invocations": [1, 1, 1],
            "GET api /v-1a": [1, 1, 1],
        } == places(attempts)

    def test_steps_and_services(self, attempts):
        """
        A place is known by the way to it: the step, the call, the span inside.
        """
        for path in ("/users/1", "/users/2"):
            attempts.passed(
                asked("GET", path, step="sign 3 up", inside=(("query 7", 0.01, 0.02),))
            )

        assert {
            "sign {} up": [1, 1],
            "sign {} up > GET api /users/{}": [1, 1],
            "sign {} up > GET api /users/{} > tests: query {}": [1, 1],
        } == places(attempts)


class TestRepeated:
    def test_poll(self, attempts):
        """
        A poll is one place, however often it asks.
        """
        for times in (2, 7, 3):
            attempts.passed(asked("POST", "/jobs"), *[asked("GET", "/jobs/1")] * times)

        assert {
            "POST api /jobs": [1, 1, 1],
            "GET api /jobs/{}": [2, 7, 3],
        } == places(attempts)

    def test_loop(self, attempts):
        """
        So are the calls of a loop, also if its last turn is cut short.
        """
        turn = [asked("GET", "/queue"), asked("POST", "/ack")]
        attempts.passed(*turn * 2, asked("GET", "/done"))
        attempts.passed(*turn * 5, asked("GET", "/done"))
        attempts.failed(*turn * 3, turn[0])

        assert {
            "GET api /queue": [2, 5, 4],
            "POST api /ack": [2, 5, 3],
            "GET api /done": [1, 1, 0],
        } == places(attempts)

    def test_again_later(self, attempts):
        """
        What is asked again after something else is a place of its own.
        """
        for _ in range(2):
            attempts.passed(
                asked("GET", "/users/1", 404),
                asked("POST", "/users"),
                asked("GET", "/users/1", 200),
            )
        failing, passing = attempts.load()

        root = align([*passing, *failing])

        assert ["GET", "POST", "GET"] == [
            place.label.partition(" ")[0] for place in root.children
        ]


class TestSequence:
    def test_optional_call(self, attempts):
        """
        A call that only some make moves nothing else out of its place.
        """
        rest = [asked("GET", "/a"), asked("GET", "/b"), asked("GET", "/a")]
        attempts.passed(*rest)
        attempts.passed(asked("POST", "/token"), *rest)
        attempts.passed(rest[0], asked("POST", "/token"), *rest[1:])
        failing, passing = attempts.load()

        root = align([*passing, *failing])

        shared = [place for place in root.children if len(place.spans) == 3]
        assert ["GET api /a", "GET api /b", "GET api /a"] == [
            place.label for place in shared
        ]
        assert {"POST api /token"} == {
            place.label for place in root.children if place not in shared
        }

    def test_at_the_same_time(self, attempts):
        """
        Of calls at the same time it means nothing which was sent first.
        """
        for order in ("abc", "cab", "bca"):
            attempts.passed(
                asked("GET", "/start"),
                *[
                    asked("GET", f"/{name}", at=1 + place / 100, takes=0.5)
                    for place, name in enumerate(order)
                ],
                asked("GET", "/end"),
            )
        failing, passing = attempts.load()

        root = align([*passing, *failing])

        assert ["/start", "/a", "/b", "/c", "/end"] == [
            place.label.rpartition(" ")[2] for place in root.children
        ]
        assert all(3 == len(place.spans) for place in root.children)

    def test_cut_short(self, attempts):
        """
        What a failed test clears up is not taken for what it did not come to.
        """
        delete = asked("DELETE", "/users/1")
        work = [asked("POST", "/users", step="create"), asked("GET", "/users/1")]
        more = [asked("PUT", "/users/1"), asked("POST", "/users", step="create again")]
        attempts.passed(*work, *more, delete)
        attempts.failed(*work[:1], after=(delete,))

        assert {
            "create": [1, 1],
            "create > POST api /users": [1, 1],
            "GET api /users/{}": [1, 0],
            "PUT api /users/{}": [1, 0],
            "create again": [1, 0],
            "create again > POST api /users": [1, 0],
            "DELETE api /users/{}": [1, 1],
        } == places(attempts)

    def test_deep(self, attempts, run_folder):
        """
        A trace deeper than Python's stack is aligned as any.
        """
        attempts.passed(asked("GET", "/a"))
        parent = "0000000000000001"
        for depth in range(2, 1500):
            parent = run_folder.span(
                f"level {depth}", 1000, 1000.1, parent, span_id=f"{depth:016x}"
            )

        assert 1500 <= sum(1 for _ in align(attempts.load()[1]).walk())
