"""
A test as data for the page: what the page counts on, and what is told only once.
"""

from __future__ import annotations

import json
import re

import pytest

from otel_testkit.diagnosis.explanation import explain
from otel_testkit.report.html import chunk
from otel_testkit.report.html.beside import rows
from otel_testkit.report.html.case import plain_case
from otel_testkit.report.html.chunk import Bodies, json_bytes, plain_attempt, values
from otel_testkit.trace import load


NAME = "tests/test_orders.py::test_refund"
API = "http://api.test/orders/1"
BODY = "http.response.body.content"


@pytest.fixture
def told(run_folder):
    """
    Give the only attempt of the run as data, and its bodies.
    """

    def tell(**more):
        run = load(run_folder.write())
        bodies = Bodies()
        (attempt,) = run.attempts()

        return plain_attempt(attempt, (), bodies, **more), bodies.texts()

    return tell


def documented(name):
    """
    Give the keys that the docstring has for *name*, and which of them may be missing.
    """
    # Without what a key holds in turn.
    contract = re.sub(r": \[\{?\w*\}?\]", "", chunk.__doc__)
    found = re.search(rf"^    {name}\s+\{{([^}}]*)", contract, re.MULTILINE)
    keys = re.findall(r"(\w+)(\??)", found[1])

    return {key: bool(mark) for key, mark in keys}


def test_documented(run_folder, told, make_exception):
    """
    What is written has the keys that the contract names, and no other.
    """
    failure = make_exception("AssertionError", "no", relation="cause")
    test = run_folder.test(NAME, 0.0, 2.0, "failed", exceptions=[failure], team="a")
    step = run_folder.step("refund", 0.1, 1.0, test)
    told_all = {"http.request.body.content": "{}", "service.peer.name": "api"}
    run_folder.call(
        "POST", API, 503, 0.2, 0.3, step, body="busy", resend=1, message="x", **told_all
    )
    run_folder.span("lost", 0.3, 0.4, "f" * 16, scope="theirs")
    run_folder.log("slow", 0.25, step, **{"thread.name": "main"})

    attempt, _ = told(run="earlier")

    found = {
        "ATTEMPT": [attempt],
        "SPAN": attempt["spans"],
        "call": [span["call"] for span in attempt["spans"] if "call" in span],
        "LOG": attempt["logs"],
    }
    for name, all_of_it in found.items():
        keys = documented(name)
        assert all_of_it
        for one in all_of_it:
            assert set(one) <= set(keys), name
            assert {key for key, may_miss in keys.items() if not may_miss} <= set(one)


def test_times(run_folder, told):
    """
    Times are microseconds after the start of the attempt, and parents are indices.
    """
    test = run_folder.test(NAME, 5.0, 7.5)
    step = run_folder.step("refund", 5.25, 6.0, test)
    run_folder.call("GET", API, 200, 5.5, 5.5, step)

    attempt, _ = told()

    assert (2_500_000, 2_500_000) == (attempt["took"], attempt["seen"])
    assert [(None, 0, 2_500_000), (0, 250_000, 750_000), (1, 500_000, 0)] == [
        (span.get("up"), span["at"], span["took"]) for span in attempt["spans"]
    ]


def test_open(run_folder, told):
    """
    What never ended took no time that anybody knows, but was seen until somewhen.
    """
    test = run_folder.test(NAME, 0.0, None)
    run_folder.call("GET", API, None, 1.0, None, test)

    attempt, _ = told()

    assert "took" not in attempt
    assert 1_000_000 == attempt["seen"]
    assert not any("took" in span for span in attempt["spans"])


def test_bodies_once(run_folder, told):
    """
    The same body is kept once, however many calls had it, and is no attribute.
    """
    test = run_folder.test(NAME)
    for poll in range(3):
        sent = {"http.request.body.content": "busy" if poll else "{}"}
        run_folder.call("POST", API, 503, 0.1 * poll, None, test, body="busy", **sent)
        run_folder.call(
            "POST", API, 503, 0.1 * poll, 0.1 * poll + 0.05, test, body="busy", **sent
        )

    attempt, bodies = told()

    ended = [span for span in attempt["spans"][1:] if "took" in span]
    assert ["{}", "busy"] == bodies
    assert [(0, 1), (1, 1), (1, 1)] == [
        (span["request"], span["response"]) for span in ended
    ]
    assert not any(
        "body.content" in name for span in ended for name in span["attributes"]
    )


def test_bytes(run_folder, told):
    """
    A body of bytes stays among the attributes, as base64.
    """
    test = run_folder.test(NAME)
    run_folder.call("GET", API, 200, 0.1, 0.2, test, body="BYTES")
    run_folder.traces[-1] = run_folder.traces[-1].replace(
        '"stringValue": "BYTES"', '"bytesValue": "AAEC"'
    )

    attempt, bodies = told()

    assert not bodies
    assert "response" not in attempt["spans"][1]
    assert "AAEC" == attempt["spans"][1]["attributes"][BODY]


def test_values():
    """
    Numbers that JavaScript would round, or JSON has not, are told as texts.
    """
    held = values(
        {
            "large": 2**53,
            "inside": [2**60, {"deep": -(2**53)}],
            "exact": 2**53 - 1,
            "no number": float("nan"),
            "is": True,
            "half a pair": "\ud800",
        }
    )

    assert {
        "large": "9007199254740992",
        "inside": ["1152921504606846976", {"deep": "-9007199254740992"}],
        "exact": 2**53 - 1,
        "no number": "NaN",
        "is": True,
        "half a pair": "\ud800",
    } == held
    assert held == json.loads(json_bytes(held))


def test_said_by_itself(run_folder, told):
    """
    What follows from something else, or is as nearly everywhere, is left out.
    """
    test = run_folder.test(NAME)
    run_folder.call("GET", API, 200, 0.1, 0.2, test)

    attempt, _ = told()

    call = attempt["spans"][1]
    assert {
        "id",
        "up",
        "at",
        "took",
        "name",
        "summary",
        "kind",
        "attributes",
        "call",
    } == {*call}
    assert {"method", "peer", "path", "template", "status"} == set(call["call"])
    assert API == call["attributes"]["url.full"]


def test_complaint(run_folder, told):
    """
    A failing call says what it complains of, for its body may have no room.
    """
    test = run_folder.test(NAME)
    run_folder.call("GET", API, 503, 0.1, 0.2, test, body='{"message": "busy"}')

    attempt, _ = told()

    assert "busy" in attempt["spans"][1]["said"]
    assert attempt["spans"][1]["call"]["failing"]


def test_logs(run_folder, told):
    """
    Log records know their span by its index, and none if it was lost.
    """
    test = run_folder.test(NAME)
    step = run_folder.step("refund", 0.1, 0.9, test)
    run_folder.log("of the step", 0.2, step)
    run_folder.log("of the test", 0.3, test, severity=0, level="")

    attempt, _ = told()

    assert [(1, 200_000, "of the step", 13), (0, 300_000, "of the test", 0)] == [
        (log["span"], log["at"], log["text"], log["severity"])
        for log in attempt["logs"]
    ]


def test_resources(run_folder, told):
    """
    Each resource is told once, that of the test first.
    """
    test = run_folder.test(NAME)
    call = run_folder.call("GET", API, 200, 0.1, 0.5, test)
    run_folder.resource = {"service.name": "api"}
    for at in (0.2, 0.3):
        run_folder.span("work", at, at + 0.1, call, scope="api")

    attempt, _ = told()

    assert ["tests", "api"] == [one["service.name"] for one in attempt["resources"]]
    assert [0, 0, 1, 1] == [span.get("resource", 0) for span in attempt["spans"]]


class TestBeside:
    @pytest.fixture
    def attempts(self, run_folder):
        """
        Give a failing attempt and one that passed, as spans were noted for them.
        """

        def load_both():
            (case,) = load(run_folder.write()).cases

            return case.attempts

        return load_both

    @staticmethod
    def attempt(run_folder, start, outcome, polls, *, last):
        trace = f"{int(start) + 1:032x}"
        test = run_folder.test(NAME, start, start + 1, outcome, trace_id=trace)
        step = run_folder.step("refund", start, start + 0.9, test)
        for poll in range(polls):
            at = start + 0.1 * (poll + 1)
            run_folder.call(
                "GET", API, 200 if poll == last else 404, at, at + 0.05, step
            )

        return step, start

    def test_polls(self, run_folder, attempts):
        """
        The turns of a poll are one row, each side with as many spans as it has.
        """
        self.attempt(run_folder, 0.0, "failed", 4, last=None)
        self.attempt(run_folder, 10.0, "passed", 2, last=1)
        failing, passing = attempts()

        step, polls = rows(failing, passing)

        assert ("refund", 0, [1], [1]) == tuple(step.values())
        assert (1, [2, 3, 4, 5], [2, 3]) == (
            polls["depth"],
            polls["failing"],
            polls["passing"],
        )
        assert polls["label"].startswith("GET api /orders")

    def test_one_side(self, run_folder, attempts):
        """
        What only one of them came to has a row with nothing on the other side.
        """
        failed, _ = self.attempt(run_folder, 0.0, "failed", 0, last=None)
        run_folder.call("POST", "http://mail.test/send", 500, 0.1, 0.2, failed)
        passed, _ = self.attempt(run_folder, 10.0, "passed", 0, last=None)
        run_folder.call("DELETE", "http://cache.test/key", 204, 10.1, 10.2, passed)
        failing, passing = attempts()

        told = {row["label"]: row for row in rows(failing, passing)}

        assert ([2], []) == (
            told["POST mail /send"]["failing"],
            told["POST mail /send"]["passing"],
        )
        assert ([], [2]) == (
            told["DELETE cache /key"]["failing"],
            told["DELETE cache /key"]["passing"],
        )

    def test_choice(self, run_folder, attempts):
        """
        Beside the nearest attempt that passed there are others to choose from, two at
        most; what differs from all of them is told once.
        """
        self.attempt(run_folder, 0.0, "failed", 1, last=None)
        for start in (10.0, 20.0, 30.0, 40.0):
            self.attempt(run_folder, start, "passed", 1, last=0)
        attempts()
        run = load(str(run_folder.path))
        (case,) = run.cases
        explained = {0: explain(run, case.attempts[0], ())}

        told = plain_case(case, [()] * 5, explained, Bodies())

        nearest, *others = told["beside"]
        assert 5 == len(told["attempts"])
        assert nearest["differences"]
        assert [{"failing", "passing", "rows"}] * 2 == [set(other) for other in others]
        places = [one["passing"] for one in told["beside"]]
        assert 3 == len(set(places))
        assert {one["failing"] for one in told["beside"]} == {0}
        assert {*places} <= {1, 2, 3, 4}

    def test_bounded(self, run_folder, attempts, monkeypatch):
        """
        A table longer than anybody reads is cut.
        """
        monkeypatch.setattr("otel_testkit.report.html.beside._MOST_ROWS", 2)
        for start, outcome in ((0.0, "failed"), (10.0, "passed")):
            step, _ = self.attempt(run_folder, start, outcome, 0, last=None)
            for name in ("a", "b", "c"):
                url = f"http://{name}.test/"
                run_folder.call("GET", url, 200, start + 0.1, start + 0.2, step)
        failing, passing = attempts()

        assert 2 == len(rows(failing, passing))
