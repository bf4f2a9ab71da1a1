"""
What failing attempts have that passing ones have not.
"""

from __future__ import annotations

import json

import pytest

from otel_testkit.diagnosis.comparison import compare, preceding_tests
from otel_testkit.diagnosis.comparison.predicate import DifferenceKind
from otel_testkit.trace import load
from tests.conftest import exception


def asked(method, path, status=200, **more):
    return {"method": method, "path": path, "status": status} | more


SIGN_UP = asked("POST", "/signup", 201)
READ = asked("GET", "/insights", 200)


def comparison(attempts, **options):
    failing, passing = attempts.load()

    return compare(failing, passing, **options)


def first(attempts, **options):
    return comparison(attempts, **options).differences[0]


class TestErrors:
    def test_first_error(self, attempts):
        """
        The first error that passing attempts lack comes first, said in a sentence.
        """
        for number in range(37):
            invoke = asked("POST", f"/functions/make-{number}a/invocations")
            attempts.passed(SIGN_UP, invoke, READ)
        for number in range(4):
            invoke = asked("POST", f"/functions/make-{number}b/invocations", 429)
            attempts.failed(SIGN_UP, invoke, *[asked("GET", "/insights", 404)] * 6)

        found = comparison(attempts)

        assert (
            "POST api /functions/make-{}/invocations: 429 instead of 200; in 4 of 4 "
            "failing attempts, in 0 of 37 passing ones (p < 0.001)"
        ) == found.differences[0].statement
        assert "GET api /insights: 404 instead of 200" in found.differences[1].statement
        assert found.is_proved
        assert "" == found.needs

    def test_evidence(self, attempts):
        """
        A difference names the spans that show it, when it came and by which way.
        """
        attempts.passed(SIGN_UP, asked("GET", "/insights", step="look"))
        attempts.failed(SIGN_UP, asked("GET", "/insights", 500, step="look"))
        failing, passing = attempts.load()

        difference = compare(failing, passing).differences[0]

        assert (failing[0].failing_calls[0].span_id,) == difference.evidence
        assert ("look", "GET api /insights") == difference.path
        assert 0.15 == pytest.approx(difference.time)
        assert ("500", ("200",)) == (
            difference.failing_value,
            difference.passing_values,
        )

    def test_expected_error(self, attempts):
        """
        An error that passing attempts have as well is no difference.
        """
        for _ in range(3):
            attempts.passed(asked("GET", "/users/1", 404), SIGN_UP)
        attempts.failed(asked("GET", "/users/2", 404), SIGN_UP)

        found = comparison(attempts)

        assert () == found.differences
        assert "no difference was found" == found.needs

    def test_exception(self, attempts):
        """
        A call without an answer is told by its exception, steps around it are not.
        """
        attempts.passed(asked("GET", "/slow", step="wait"))
        attempts.failed(
            asked("GET", "/slow", None, step="wait", error="app.ReadTimeout: 5 s"),
            error="app.ReadTimeout: 5 s",
        )

        found = comparison(attempts).differences

        assert "GET api /slow: ReadTimeout instead of 200" in found[0].statement
        assert 1 == sum(one.kind is DifferenceKind.ERROR for one in found)

    def test_recovered(self, attempts):
        """
        An error that a retry mended is told as such.
        """
        for _ in range(5):
            attempts.passed(SIGN_UP, READ)
        attempts.failed(SIGN_UP, asked("GET", "/insights", 503), READ)

        difference = first(attempts)

        assert DifferenceKind.RECOVERED is difference.kind
        assert "GET api /insights: 503 before 200" in difference.statement

    def test_poll_that_runs_out(self, attempts):
        """
        A poll that ends well only where the test passes differs by its end.
        """
        wait = asked("GET", "/jobs/1", 404)
        for times in (1, 3, 2):
            attempts.passed(SIGN_UP, *[wait] * times, asked("GET", "/jobs/1"))
        attempts.failed(SIGN_UP, *[wait] * 15)

        difference = first(attempts)

        assert "GET api /jobs/{}: 404 instead of 200" in difference.statement
        assert DifferenceKind.MORE in {one.kind for one in difference.also}

    def test_no_end(self, attempts, run_folder):
        """
        What a killed test was waiting for is the call that has no end.
        """
        attempts.passed(SIGN_UP, READ)
        test = run_folder.test("test_it", 5000, None, "open", trace_id="e" * 32)
        run_folder.call(
            "POST",
            "http://127.0.0.1:1/signup",
            201,
            5000,
            5000.05,
            test,
            **{"service.peer.name": "api"},
        )
        run_folder.call(
            "GET",
            "http://127.0.0.1:1/insights",
            None,
            5000.1,
            None,
            test,
            **{"service.peer.name": "api"},
        )

        assert "GET api /insights: no end instead of 200" in first(attempts).statement

    def test_killed(self, run_folder, attempts):
        """
        In which step that was, and what did not come any more, is no difference.
        """

        def make(offset, number, end):
            run_folder.trace_id = f"{number:032x}"
            outcome = "open" if end is None else "passed"
            test = run_folder.test("test_it", offset, end, outcome)
            step = run_folder.step("call", offset + 0.1, end and end - 0.5, test)
            run_folder.call(
                "GET", "http://a/b", end and 200, offset + 0.2, end and end - 0.6, step
            )
            if end:
                run_folder.step("teardown", end - 0.4, end - 0.3, test)

        make(0, 1, 2)
        make(10, 2, None)
        failing, passing = attempts.load()
        found = compare(failing, passing)

        assert [one.statement.partition(":")[0] for one in found.differences] == [
            "GET a /b"
        ]
        assert ["teardown"] == [one.place for one in found.consequences]


class TestTimes:
    def test_slow(self, attempts):
        """
        What takes many times as long as in any passing attempt is slow.
        """
        for took in (0.04, 0.06, 0.05, 0.05):
            attempts.passed(SIGN_UP, asked("GET", "/report", takes=took))
        attempts.failed(SIGN_UP, asked("GET", "/report", takes=4.0))

        difference = first(attempts)

        assert (
            "GET api /report: 4.0 s instead of 40 to 60 ms; "
            "in the failing attempt, in 0 of 4 passing ones"
        ) == difference.statement

    def test_inside(self, attempts):
        """
        Slow is the span in which the time was spent, not those around it.
        """
        for _ in range(4):
            attempts.passed(
                asked("GET", "/report", takes=0.2, inside=(("query", 0.05, 0.1),))
            )
        attempts.failed(
            asked("GET", "/report", takes=4.0, inside=(("query", 0.05, 3.85),))
        )

        assert ("GET api /report", "tests: query") == first(attempts).path

    def test_delay_that_hurts_nobody(self, attempts):
        """
        A delay that is nothing to the whole test comes after a call that is missing.
        """
        long = asked("GET", "/import", takes=20)
        for _ in range(4):
            attempts.passed(long, asked("GET", "/a"), asked("GET", "/b"), READ)
        attempts.failed(long, asked("GET", "/a", takes=0.5), READ)

        places = [one.place for one in comparison(attempts).differences]

        assert ["GET api /b", "GET api /a"] == places

    def test_slow_elsewhere(self, attempts):
        """
        Where passing attempts are slow, each somewhere else, slow says less.
        """
        for slow in range(4):
            attempts.passed(
                *[
                    asked("GET", f"/{name}", takes=2 if at == slow else 0.1)
                    for at, name in enumerate("abcd")
                ],
                asked("GET", "/e", takes=0.1),
                asked("POST", "/notify"),
                READ,
            )
        calls = [asked("GET", f"/{name}", takes=0.1) for name in "abcd"]
        attempts.failed(*calls, asked("GET", "/e", takes=2), READ)

        places = [one.place for one in comparison(attempts).differences]

        assert ["POST api /notify", "GET api /e"] == places

    def test_scatter(self, attempts):
        """
        A little more than the slowest of attempts that scatter is not slow.
        """
        for took in (0.04, 0.3, 0.1, 0.2, 0.15):
            attempts.passed(SIGN_UP, asked("GET", "/report", takes=took))
        attempts.failed(SIGN_UP, asked("GET", "/report", takes=0.4))

        assert () == comparison(attempts).differences


class TestStructure:
    def test_missing_and_extra(self, attempts):
        """
        A call that never came is told, and so is one that passing attempts lack.
        """
        for _ in range(3):
            attempts.passed(SIGN_UP, asked("POST", "/notify"), READ)
        attempts.failed(SIGN_UP, asked("POST", "/cleanup"), READ)

        statements = [one.statement for one in comparison(attempts).differences]

        assert any(
            one.startswith("POST api /notify: does not come") for one in statements
        )
        assert any(
            one.startswith("POST api /cleanup: comes in addition") for one in statements
        )

    def test_consequences(self, attempts):
        """
        What comes after the failure, or comes no more, is a consequence.
        """
        delete = asked("DELETE", "/users/1", 204)
        for _ in range(3):
            attempts.passed(SIGN_UP, READ, asked("PUT", "/insights/1"), delete)
        attempts.failed(
            SIGN_UP,
            asked("GET", "/insights", 500),
            after=(asked("DELETE", "/users/1", 404),),
        )

        found = comparison(attempts)

        assert ["GET api /insights"] == [one.place for one in found.differences]
        assert {"PUT api /insights/{}", "DELETE api /users/{}"} == {
            one.place for one in found.consequences
        }

    def test_order(self, attempts):
        """
        A read that came before what it reads was there is told by the order.
        """
        for _ in range(5):
            attempts.passed(
                asked("POST", "/orders", takes=0.2, inside=(("store", 0.1, 0.15),)),
                asked("GET", "/orders", at=0.4),
            )
        attempts.failed(
            asked("POST", "/orders", takes=0.2, inside=(("store", 0.1, 0.9),)),
            asked("GET", "/orders", at=0.4),
        )

        orders = [
            one
            for difference in comparison(attempts).differences
            for one in (difference, *difference.also)
            if one.kind is DifferenceKind.ORDER
        ]

        assert ["GET api /orders: comes before the end of tests: store"] == [
            one.statement.partition(";")[0] for one in orders
        ]

    def test_counts(self, attempts):
        """
        Twice instead of once is told.
        """
        for _ in range(3):
            attempts.passed(SIGN_UP, READ)
        attempts.failed(SIGN_UP, SIGN_UP, READ)

        assert "POST api /signup: twice instead of once" in first(attempts).statement


class TestValues:
    def test_body(self, attempts):
        """
        Bodies are compared by path; what differs between passing ones is left out.
        """
        for number in range(5):
            body = {"id": number, "plan": "basic", "rows": 3}
            attempts.passed(SIGN_UP, asked("GET", "/me", body=json.dumps(body)))
        body = {"id": 99, "plan": "none", "rows": 3}
        attempts.failed(SIGN_UP, asked("GET", "/me", body=json.dumps(body)))

        (difference,) = comparison(attempts).differences

        assert (
            'GET api /me: response .plan is "none" instead of "basic"; '
            "in the failing attempt, in 0 of 5 passing ones"
        ) == difference.statement

    def test_missing_key(self, attempts):
        """
        A key that an answer lacks is a difference of its shape.
        """
        for _ in range(3):
            attempts.passed(asked("GET", "/me", body='{"name": "Bob", "plan": 1}'))
        attempts.failed(asked("GET", "/me", body='{"plan": 1}'))

        (difference,) = comparison(attempts).differences

        assert DifferenceKind.SHAPE is difference.kind
        assert 'response .name is nothing instead of "Bob"' in difference.statement

    def test_identity(self, attempts):
        """
        Which of several nodes answered is told, after all else.
        """
        header = "http.response.header.x-served-by"
        for node in ("a", "b", "a", "b", "a", "b"):
            attempts.passed(asked("GET", "/me", attributes={header: [node]}))
        for _ in range(2):
            attempts.failed(asked("GET", "/me", 500, attributes={header: ["c"]}))

        difference = first(attempts)

        assert DifferenceKind.ERROR is difference.kind
        (also,) = difference.also
        assert DifferenceKind.IDENTITY is also.kind
        assert (
            "GET api /me: response header x-served-by is c instead of a (or 1 other "
            "value); in 2 of 2 failing attempts, in 0 of 6 passing ones (p = 0.036)"
        ) == also.statement

    def test_query(self, attempts):
        """
        So is what was asked otherwise.
        """
        for _ in range(3):
            attempts.passed(asked("GET", "/me?limit=10"))
        attempts.failed(asked("GET", "/me?limit=20"))

        assert "GET api /me: ?limit is 20 instead of 10" in first(attempts).statement


class TestWorld:
    def test_tags(self, attempts):
        """
        A tag that goes with the failures is told, what names a run is not.
        """
        for number in range(4):
            attempts.passed(SIGN_UP, browser="firefox", cicd__pipeline__run__id=number)
        for _ in range(2):
            attempts.failed(SIGN_UP, browser="chrome", cicd__pipeline__run__id=9)

        (difference,) = comparison(attempts).differences

        assert DifferenceKind.ENVIRONMENT is difference.kind
        assert "browser is chrome instead of firefox" in difference.statement
        assert () == difference.evidence

    def test_alone(self, attempts):
        """
        Where all have another worker, it is nothing to have one alone.
        """
        for number in range(6):
            attempts.passed(SIGN_UP, otel_testkit__worker=f"gw{number % 3}")
        attempts.failed(SIGN_UP, otel_testkit__worker="gw7")

        assert () == comparison(attempts).differences

    def test_preceding(self, attempts):
        """
        The test that ran before every failing one, and no other, is told.
        """
        for _ in range(6):
            attempts.passed(SIGN_UP)
        for _ in range(2):
            attempts.failed(SIGN_UP)
        failing, passing = attempts.load()
        before = {one.trace_id: f"test_{at % 3}" for at, one in enumerate(passing)}
        before |= {one.trace_id: "test_leaves_rows" for one in failing}

        (difference,) = compare(failing, passing, preceding=before).differences

        assert DifferenceKind.PRECEDING is difference.kind
        assert "preceding test is test_leaves_rows" in difference.statement

    def test_preceding_tests(self, run_folder):
        """
        Before a test ran the one that started last in the same worker; one that is
        repeated does not come after itself.
        """
        for number, (name, worker) in enumerate(
            [("a", "gw0"), ("b", "gw1"), ("c", "gw0"), ("d", "gw1"), ("d", "gw1")]
        ):
            run_folder.test(
                name,
                number,
                number + 1.5,
                trace_id=f"{number:032x}" if number else "f" * 32,
                **{"otel_testkit.worker": worker},
            )

        before = preceding_tests(load(run_folder.write()))

        assert {2: "a", 3: "b", 4: "b"} == {
            int(at): name for at, name in before.items()
        }


class TestClaims:
    def test_one_failure(self, attempts):
        """
        A single failing attempt proves nothing; what is needed is said.
        """
        for _ in range(5):
            attempts.passed(SIGN_UP, READ)
        attempts.failed(SIGN_UP, asked("GET", "/insights", 500))

        found = comparison(attempts)

        assert not found.is_proved
        assert 1 / 6 == pytest.approx(found.differences[0].p)
        assert (
            "needs 1 more failing run or 4 more passing runs to be told from chance"
            == found.needs
        )

    def test_seen_in_passing_ones(self, attempts):
        """
        What passing attempts show as often is no difference; seldom, a weaker one.
        """
        for at in range(8):
            attempts.passed(SIGN_UP, asked("GET", "/a", 500 if at < 4 else 200), READ)
        for at in range(2):
            attempts.failed(
                SIGN_UP,
                asked("GET", "/a", 500 if at else 200),
                asked("GET", "/insights", 500),
            )

        (difference,) = comparison(attempts).differences

        assert ("GET api /insights", 1.0) == (difference.place, difference.score)

    def test_same_group(self, attempts):
        """
        What is seen in the same attempts is of one group: counts tell nothing of it.
        """
        for _ in range(4):
            attempts.passed(SIGN_UP, READ)
        for _ in range(2):
            attempts.failed(
                asked("POST", "/signup", 500), asked("GET", "/insights", 500)
            )

        a, b = comparison(attempts).differences

        assert (a.group, a.p) == (b.group, b.p)

    def test_nothing_to_compare(self, attempts):
        """
        Without a passing attempt there is no difference, and that is said.
        """
        attempts.failed(SIGN_UP)

        found = comparison(attempts)

        assert ((), ()) == (found.differences, found.consequences)
        assert "needs a passing run to be compared with" == found.needs


def test_what_a_failed_step_was_to_lead_to(run_folder):
    """
    After the step that raised what ended the test only clearing up comes: that others
    go on is no difference, also where the exception is noted at the very end.
    """
    for number in range(4):
        is_failing = number == 3
        test = run_folder.test(
            "test_it",
            *(0.0, 9.0, "failed" if is_failing else "passed"),
            trace_id=f"{number + 1:032x}",
            exceptions=[exception("app.Throttled", "no")] if is_failing else None,
            **{"error.type": "app.Throttled"} if is_failing else {},
        )
        told = {"status": 2, "error.type": "app.Throttled"} if is_failing else {}
        step = run_folder.span("invoke", 1.0, 2.0, test, **told)
        run_folder.call("POST", "http://api/invoke", 429 if told else 200, 1, 2, step)
        if not is_failing:
            run_folder.step("wait", 2.0, 3.0, test)
        run_folder.call("DELETE", "http://api/it", 204, 4.0, 5.0, test)

    (case,) = load(run_folder.write()).cases
    found = compare(case.attempts[3:], case.attempts[:3])

    assert "POST api /invoke" == found.differences[0].place
    assert "wait" not in [one.place for one in found.differences]
    assert "wait" in [one.place for one in found.consequences]
