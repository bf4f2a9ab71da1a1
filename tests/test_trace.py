"""
The read model: what is made of the records, and what of broken ones.
"""

from __future__ import annotations

import json
import random

from pathlib import Path
from typing import Any

import pytest

from hypothesis import HealthCheck, given, settings, strategies as st

from otel_testkit.trace import Call, Kind, Outcome, load
from otel_testkit.trace.complaint import complaint
from otel_testkit.trace.naming import call_name, short_path, template


SECOND = 1_000_000_000
START = 1_795_329_792 * SECOND
GOLD_RUN = Path(__file__).parent / "gold" / "runs" / "v1" / "2026-11-22T06-43-12-7f3a"


def only_attempt(run):
    (attempt,) = run.attempts()

    return attempt


class TestLogs:
    def test_of_an_attempt(self, run_folder):
        """
        Each span has its own log records and the attempt all, by their time.
        """
        test = run_folder.test("t", outcome="failed")
        step = run_folder.step("s", 0.1, 0.5, test)
        run_folder.log("third", 0.9, test)
        run_folder.log("first", 0.2, step, severity=17, level="ERROR")
        run_folder.log("second", 0.3, test, severity=9, level="INFO", sku="a")

        attempt = only_attempt(load(run_folder.write()))

        assert ["first", "second", "third"] == [log.text for log in attempt.logs]
        assert ["second", "third"] == [log.text for log in attempt.span.logs]
        (first,) = attempt.spans[1].logs
        assert ("ERROR", True, True) == (first.level, first.is_error, first.is_warning)
        assert ("orders", step, START + SECOND // 5) == (
            first.logger,
            first.span_id,
            first.time,
        )
        second = attempt.logs[1]
        assert (False, {"sku": "a"}) == (second.is_warning, second.attributes)

    def test_place_and_exception(self, run_folder):
        """
        A record knows its line of code and the exception that came with it.
        """
        test = run_folder.test("t")
        run_folder.log(
            "failed",
            0.1,
            test,
            **{
                "code.file.path": "app/orders.py",
                "code.line.number": 7,
                "code.function.name": "pay",
                "exception.type": "app.PaymentError",
                "exception.message": "declined",
                "exception.stacktrace": "Traceback …",
            },
        )

        (log,) = only_attempt(load(run_folder.write())).logs

        assert ("app/orders.py", 7, "pay") == (log.file, log.line, log.function)
        assert ("PaymentError", "declined") == (log.error.short_type, log.error.message)
        assert "Traceback …" == log.error.stacktrace

    def test_lost_span(self, run_folder):
        """
        A record whose span is lost is the test's, where its trace has only one;
        its own time may be lost as well.
        """
        test = run_folder.test("t", 0.5)
        run_folder.log("lost", None, "f" * 16)
        run_folder.log("unknown", 0.7, None)
        run_folder.log("own", 0.6, test)
        run_folder.log("of no trace", 0.7, test, trace_id="e" * 32)

        run = load(run_folder.write())

        attempt = only_attempt(run)
        assert ["lost", "own", "unknown"] == [log.text for log in attempt.span.logs]
        assert attempt.start == attempt.logs[0].time
        assert ["of no trace"] == [log.text for log in run.loose_logs]

    def test_lost_span_of_one_of_two(self, run_folder):
        """
        Where a trace has two tests, nobody knows whose it is.
        """
        run_folder.test("a", 0, 1)
        run_folder.test("b", 1, 2)
        run_folder.log("lost", 0.5, "f" * 16)

        run = load(run_folder.write())

        assert [()] * 2 == [attempt.logs for attempt in run.attempts()]
        assert ["lost"] == [log.text for log in run.loose_logs]

    def test_sign_of_life(self, run_folder):
        """
        A test that never ended was alive when it logged its last.
        """
        test = run_folder.test("t", 0, None)
        run_folder.log("still here", 7, test)

        assert 7 * SECOND == only_attempt(load(run_folder.write())).duration

    def test_of_loose_spans(self, run_folder):
        """
        Spans that belong to no test keep their records.
        """
        job = run_folder.span("job", 0, 1)
        run_folder.log("said", 0.5, job)

        run = load(run_folder.write())

        (root,) = run.loose
        assert (["said"], ()) == ([log.text for log in root.logs], run.loose_logs)

    def test_left_out_is_no_tag(self, run_folder):
        """
        How much was left out of a test is not what it is found by.
        """
        run_folder.test("t", **{"otel_testkit.logs.left_out": 3, "team": "a"})

        attempt = only_attempt(load(run_folder.write()))

        assert {"vcs.ref.head.name": "main", "team": "a"} == attempt.tags


class TestRun:
    def test_failing_run(self, failing_run):
        """
        A run knows its cases, how they ended, how long it took and its tags.
        """
        run = load(failing_run.write())

        assert failing_run.path.name == run.id
        assert ["test_insight_is_created", "test_health", "test_refund"] == [
            case.name.rpartition("::")[2] for case in run.cases
        ]
        assert {Outcome.FAILED: 1, Outcome.PASSED: 2} == run.counts
        assert 9.4 == run.duration / SECOND
        assert {"vcs.ref.head.name": "main"} == run.tags
        assert () == run.loose

    def test_failing_attempt(self, failing_run):
        """
        An attempt knows its calls in order, the failing ones, and its error.
        """
        attempt = next(load(failing_run.write()).attempts())

        assert [201, 201, 429] + [404] * 6 == [call.status for call in attempt.calls]
        assert [429] + [404] * 6 == [call.status for call in attempt.failing_calls]
        assert 9.0 == attempt.duration / SECOND
        (error,) = attempt.errors
        assert ("AssertionError", 57) == (error.type, error.line)
        assert "assert resp.status == 200" == error.source

    def test_empty_folder(self, tmp_path):
        """
        A run that holds nothing is an empty run.
        """
        run = load(str(tmp_path))

        assert ((), (), {}, 0) == (run.cases, run.loose, run.counts, run.duration)

    def test_tags(self, run_folder):
        """
        Tags are what the run and the test carry and we do not need for ourselves.
        """
        tags = {"team": "insights", "code.line.number": 3, "cicd.pipeline.name": "ci"}
        run_folder.resource["telemetry.sdk.name"] = "opentelemetry"
        run_folder.test("test_tagged", **tags)

        assert {
            "vcs.ref.head.name": "main",
            "team": "insights",
            "cicd.pipeline.name": "ci",
        } == only_attempt(load(run_folder.write())).tags

    def test_tags_without_header(self, run_folder):
        """
        Without a header the run's tags are those that all of its tests have.
        """
        run_folder.test("test_a", trace_id="a" * 32)
        run_folder.resource["worker"] = "gw1"
        run_folder.test("test_b", trace_id="b" * 32)
        run_folder.write()
        (run_folder.path / "run.json").unlink()

        run = load(str(run_folder.path))

        assert {"vcs.ref.head.name": "main"} == run.tags
        assert "2026-11-22T06-43-12-7f3a" == run.id

    def test_immutable(self, failing_run):
        """
        What was loaded cannot be changed.
        """
        run = load(failing_run.write())

        with pytest.raises(AttributeError):
            run.id = "other"
        with pytest.raises(AttributeError):
            run.cases[0].attempts[0].span.name = "other"


class TestGold:
    def test_format_1(self):
        """
        A run of format 1 can be read, whatever the format is by now.
        """
        run = load(str(GOLD_RUN))

        assert {
            Outcome.FAILED: 1,
            Outcome.ERROR: 1,
            Outcome.OPEN: 1,
            Outcome.PASSED: 2,
            Outcome.SKIPPED: 1,
        } == run.counts
        assert ["tests/test_flaky.py::test_flaky"] == [
            case.name for case in run.cases if case.is_flaky
        ]
        assert (56, 1) == (len(list(run.spans())), run.damaged)
        assert "integration" == run.tags["cicd.pipeline.name"]


class TestAttempts:
    def test_numbered_by_start(self, run_folder):
        """
        Attempts of one case are numbered in the order of their start.
        """
        run_folder.test("test_a", 5.0, 6.0, "passed", trace_id="b" * 32)
        run_folder.test("test_a", 1.0, 2.0, "failed", trace_id="a" * 32)

        (case,) = load(run_folder.write()).cases

        assert [(1, 2, "failed"), (2, 2, "passed")] == [
            (attempt.number, attempt.of, attempt.outcome) for attempt in case.attempts
        ]
        assert case.is_flaky
        assert not case.is_failure
        assert case.attempts[0] is case.failing_attempt

    def test_same_name_in_two_suites(self, run_folder):
        """
        Tests of one name in two suites are two cases; one that died before it
        said its suite belongs to the only one there is.
        """
        suite = "test.suite.name"
        run_folder.test("same", trace_id="a" * 32, **{suite: "one"})
        run_folder.test("same", trace_id="b" * 32, **{suite: "two"})
        run_folder.test("rerun", trace_id="c" * 32, **{suite: "one"})
        run_folder.test("rerun", 2.0, None, trace_id="d" * 32)

        assert [("one", "same", 1), ("two", "same", 1), ("one", "rerun", 2)] == [
            (case.suite, case.name, len(case.attempts))
            for case in load(run_folder.write()).cases
        ]

    def test_nested_test_span(self, run_folder):
        """
        A test span inside another belongs to the outer one's attempt.
        """
        outer = run_folder.test("outer")
        step = run_folder.step("step", 0.1, 0.9, outer)
        nested = {"test.case.name": "inner", "otel_testkit.nested": True}
        run_folder.span("inner", 0.2, 0.8, step, **nested)

        attempt = only_attempt(load(run_folder.write()))

        assert ["outer", "step", "inner"] == [span.name for span in attempt.spans]

    def test_nested_test_span_whose_parents_are_lost(self, run_folder):
        """
        A nested test span stays one also where the spans around it are lost.
        """
        run_folder.test("outer")
        nested = {"test.case.name": "inner", "otel_testkit.nested": True}
        run_folder.span("inner", 0.2, 0.8, "f" * 16, **nested)

        attempt = only_attempt(load(run_folder.write(), tests_only=True))

        assert ["outer", "inner"] == [span.name for span in attempt.spans]

    def test_inside_foreign_spans(self, run_folder):
        """
        A test span below somebody else's span is an attempt; what is around it
        stays in the run, without it.
        """
        session = run_folder.span("session", 0.0, 3.0, scope="other")
        run_folder.span("test_a", 0.0, 1.0, session, **{"test.case.name": "a"})
        run_folder.span("test_b", 1.0, 2.0, session, **{"test.case.name": "b"})

        run = load(run_folder.write())

        assert ["a", "b"] == [case.name for case in run.cases]
        (loose,) = run.loose
        assert ("session", ()) == (loose.name, loose.children)
        assert 3 == len(list(run.spans()))

    @pytest.mark.parametrize(
        ("attributes", "status", "outcome", "is_failure"),
        [
            ({"test.case.result.status": "pass"}, 0, Outcome.PASSED, False),
            ({"test.case.result.status": "fail"}, 0, Outcome.FAILED, True),
            ({}, 2, Outcome.FAILED, True),
            ({}, 0, Outcome.UNKNOWN, False),
            ({"otel_testkit.outcome": "invented"}, 0, Outcome.UNKNOWN, False),
            ({"otel_testkit.outcome": "xfailed"}, 2, Outcome.XFAILED, False),
            ({"otel_testkit.outcome": "error"}, 0, Outcome.ERROR, True),
        ],
    )
    def test_outcomes(self, run_folder, attributes, status, outcome, is_failure):
        """
        The outcome is ours, else the semantic conventions', else the span's status.
        """
        told = {"test.case.name": "a", **attributes}
        run_folder.span("a", 0.0, 1.0, status=status, **told)

        attempt = only_attempt(load(run_folder.write()))

        assert (outcome, is_failure) == (attempt.outcome, attempt.is_failure)

    def test_last_exception_counts(self, run_folder):
        """
        Of several noted exceptions the last one, with its chain, ended the test.
        """
        from_other_tool = [
            {"name": "exception", "attributes": []},
            event("ValueError"),
            event("KeyError", "cause"),
        ]
        run_folder.test("test_a", outcome="failed", exceptions=from_other_tool)

        attempt = only_attempt(load(run_folder.write()))

        assert [("ValueError", ""), ("KeyError", "cause")] == [
            (error.type, error.relation) for error in attempt.errors
        ]
        assert "Exception" == attempt.span.errors[0].type


def event(kind: str, relation: str = "") -> dict[str, Any]:
    values = {"exception.type": kind, "otel_testkit.exception.relation": relation}

    return {
        "name": "exception",
        "attributes": [
            {"key": key, "value": {"stringValue": value}}
            for key, value in values.items()
        ],
    }


class TestRepairs:
    def test_open_spans(self, run_folder):
        """
        What never ended is open, and seen until the last sign of life of its trace.
        """
        test = run_folder.test("test_hangs", 0.0, None)
        run_folder.call("GET", "http://a.b/x", 200, 1.0, 2.0, test)
        run_folder.call("GET", "http://a.b/y", None, 3.0, None, test)

        run = load(run_folder.write())

        attempt = only_attempt(run)
        assert (Outcome.OPEN, True) == (attempt.outcome, attempt.is_failure)
        assert [True, False, True] == [span.is_open for span in attempt.spans]
        assert [3.0, 1.0, 0.0] == [span.duration / SECOND for span in attempt.spans]
        assert None is attempt.span.end

    def test_orphans_of_a_lone_attempt(self, run_folder):
        """
        Spans whose parent is lost belong to the only test of their trace, marked.
        """
        run_folder.test("test_a")
        run_folder.call("GET", "http://a.b/x", 200, 0.1, 0.2, "f" * 16)

        run = load(run_folder.write())

        root, orphan = only_attempt(run).spans
        assert (orphan,) == root.children
        assert [False, True] == [root.is_orphan, orphan.is_orphan]
        assert "f" * 16 == orphan.parent_id

    def test_orphans_of_one_of_two(self, run_folder):
        """
        Where two tests share a trace nobody knows whose an orphan is.
        """
        run_folder.test("test_a")
        run_folder.test("test_b")
        run_folder.span("lost", 0.1, 0.2, "f" * 16)

        run = load(run_folder.write())

        assert 2 == len(run.cases)
        assert ["lost"] == [span.name for span in run.loose]

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    def test_twice_ended(self, run_folder, order):
        """
        Of two spans with one id the one that ended later counts.
        """
        test = run_folder.test("test_a")
        for end in (0.4, 0.6):
            run_folder.span(f"until {end}", 0.1, end, test, span_id="d" * 16)
        first, *both = run_folder.traces
        run_folder.traces = [first, *(both[place] for place in order)]

        _, span = only_attempt(load(run_folder.write())).spans

        assert "until 0.6" == span.name

    def test_parents_in_a_circle(self, run_folder):
        """
        Parents that run in a circle are cut above the earliest of them.
        """
        ids = ["a" * 16, "b" * 16, "c" * 16]
        for place, span_id in enumerate(ids):
            parent = ids[place - 1]
            run_folder.span(f"span {place}", place, 3.0, parent, span_id=span_id)
        run_folder.span("own", 0.0, 1.0, "d" * 16, span_id="d" * 16)

        run = load(run_folder.write())

        assert ["span 0", "own"] == [root.name for root in run.loose]
        assert all(root.is_orphan for root in run.loose)
        assert ["span 0", "span 1", "span 2"] == [
            span.name for span in run.loose[0].walk()
        ]

    def test_end_before_start(self, run_folder):
        """
        A span that ends before it starts took no time.
        """
        run_folder.test("test_a", 2.0, 1.0)

        assert 0 == only_attempt(load(run_folder.write())).duration

    def test_no_start(self, run_folder):
        """
        A span without a start starts at its end, or with its trace.
        """
        test = run_folder.test("test_a", 1.0, 3.0)
        run_folder.span("ended", 1.0, 2.0, test)
        run_folder.span("opened", 1.0, None, test)
        for lines in (run_folder.traces, run_folder.opened):
            lines[1:] = [
                line.replace('"startTimeUnixNano"', '"x"') for line in lines[1:]
            ]

        root, *others = only_attempt(load(run_folder.write())).spans

        assert {"ended": 1.0, "opened": 0.0} == {
            span.name: (span.start - root.start) / SECOND for span in others
        }

    def test_very_deep(self, run_folder):
        """
        A trace may be deeper than Python's stack.
        """
        parent = run_folder.test("test_deep")
        for _ in range(5000):
            parent = run_folder.step("deeper", 0.1, 0.9, parent)

        run = load(run_folder.write())

        assert 5001 == len(list(run.spans()))
        assert repr(run)


class TestCalls:
    def test_call(self, run_folder):
        """
        A call has its facts at hand.
        """
        test = run_folder.test("test_a")
        run_folder.call(
            "PUT",
            "https://api.example.com/users/42?q=1",
            503,
            0.1,
            0.2,
            test,
            body="no",
            resend=2,
            **{
                "http.response.header.retry-after": ["3"],
                "http.request.header.accept": ["a", "b"],
                "http.request.body.content": "yes",
                "otel_testkit.http.time_to_headers": 0.05,
                "error.type": "503",
            },
        )

        (call,) = only_attempt(load(run_folder.write())).calls

        assert isinstance(call, Call)
        assert Kind.CLIENT is call.kind
        assert ("PUT", "api", "/users/42") == (call.method, call.peer, call.path)
        assert ("/users/{}", 503, 2) == (call.template, call.status, call.resend_count)
        assert "PUT api /users/42" == call.summary
        assert {"retry-after": ("3",)} == call.response_headers()
        assert {"accept": ("a", "b")} == call.request_headers()
        assert ("yes", "no") == (call.request_body, call.response_body)
        assert 0.05 == call.time_to_headers
        assert call.is_failing

    def test_old_names(self, run_folder):
        """
        Calls of instrumentations from before 2024 are calls.
        """
        test = run_folder.test("test_a")
        old = {
            "http.method": "GET",
            "http.url": "http://x.y/z",
            "http.status_code": 404,
        }
        run_folder.span("HTTP GET", 0.1, 0.2, test, scope="old", **old)

        (call,) = only_attempt(load(run_folder.write())).failing_calls

        assert ("GET x /z", 404) == (call.summary, call.status)

    def test_instrumentor_around_ours(self, run_folder):
        """
        Only the calls on the wire count, not the span that an instrumentation
        puts around them.
        """
        test = run_folder.test("test_a")
        outer = run_folder.call("GET", "http://x.y/z", 200, 0.1, 0.5, test)
        run_folder.call("GET", "http://x.y/z", 500, 0.1, 0.2, outer)
        run_folder.call("GET", "http://x.y/z", 200, 0.3, 0.4, outer, resend=1)

        attempt = only_attempt(load(run_folder.write()))

        assert [500, 200] == [call.status for call in attempt.calls]

    def test_other_clients(self, run_folder):
        """
        A span of another client, as of a database, is a call under its own name;
        the serving side of a call is none.
        """
        test = run_folder.test("test_a")
        run_folder.span("SELECT orders", 0.1, 0.2, test, kind=3)
        run_folder.span("GET /x", 0.2, 0.3, test, kind=2, **{"http.method": "GET"})

        (call,) = only_attempt(load(run_folder.write())).calls

        assert ("SELECT orders", "", None) == (call.summary, call.method, call.status)

    def test_steps(self, run_folder):
        """
        A step is an inner span of ours that is neither test nor call.
        """
        test = run_folder.test("test_a")
        step = run_folder.step("step", 0.1, 0.9, test)
        run_folder.span("theirs", 0.1, 0.2, step, scope="app")
        run_folder.call("GET", "http://x.y/z", 200, 0.3, 0.4, step)

        attempt = only_attempt(load(run_folder.write()))

        assert ["step"] == [span.name for span in attempt.spans if span.is_step]


class TestNames:
    @pytest.mark.parametrize(
        ("attributes", "summary"),
        [
            ({"url.full": "http://api.example.com/a"}, "GET api /a"),
            ({"url.full": "http://www.example.com"}, "GET example /"),
            ({"url.full": "http://127.0.0.1:8080/a?b=c"}, "GET 127.0.0.1:8080 /a"),
            ({"url.full": "http://127.0.0.1:80/a"}, "GET 127.0.0.1 /a"),
            (
                {"url.full": "http://localhost:9200/_search"},
                "GET localhost:9200 /_search",
            ),
            ({"url.full": "http://[::1]:80/"}, "GET [::1] /"),
            ({"url.full": "http://[::1", "server.address": "h"}, "GET h"),
            ({"url.full": "http://h:99999/a"}, "GET h /a"),
            ({"url.full": "http://x/a", "service.peer.name": "api"}, "GET api /a"),
            ({"url.full": "http://x/a", "rpc.service": "s3"}, "GET s3 /a"),
            ({"server.address": "127.0.0.1", "server.port": 81}, "GET 127.0.0.1:81"),
            ({}, "GET"),
        ],
    )
    def test_summary(self, attributes, summary):
        """
        A call is called by its method, its peer and its path.
        """
        assert summary == call_name({"http.request.method": "GET"} | attributes).summary

    @pytest.mark.parametrize(
        ("attributes", "summary"),
        [
            ({"url.full": "http://x/b/k"}, "GET S3.GetObject /b/k"),
            ({"url.full": "http://x/"}, "GET S3.GetObject"),
            ({"url.full": "http://x/", "rpc.service": ""}, "GET x /"),
            ({"url.full": "http://x/", "rpc.system": "grpc"}, "GET S3 /"),
            (
                {"url.full": "http://x/b/k", "service.peer.name": "localstack"},
                "GET localstack S3.GetObject /b/k",
            ),
        ],
    )
    def test_aws_operation(self, attributes, summary):
        """
        A call of AWS is called by its operation as well, and by no path that says
        nothing.
        """
        told = {
            "http.request.method": "GET",
            "rpc.system": "aws-api",
            "rpc.service": "S3",
            "rpc.method": "GetObject",
        }

        assert summary == call_name(told | attributes).summary

    def test_unusual_method(self):
        """
        A method that no convention knows is called as it was sent.
        """
        sent = {"http.request.method_original": "PURGE"}

        assert "PURGE" == call_name({"http.request.method": "_OTHER"} | sent).method
        assert "_OTHER" == call_name({"http.request.method": "_OTHER"}).method

    def test_no_call(self):
        """
        Without a method there is no HTTP call to be named.
        """
        assert None is call_name({"url.full": "http://x/"})

    @pytest.mark.parametrize(
        ("path", "short"),
        [
            ("/", "/"),
            ("/users/42/orders", "/users/42/orders"),
            ("/2015-03-31/functions", "…/functions"),
            ("/2015-03-31/functions/make-insights-7f3a/invocations", "…/invocations"),
            ("/2015-03-31/functions/make/invocations", "…/make/invocations"),
            ("/users/0af76519-16cd-43dd-8448-eb211c80319c", "/users/0af76519…"),
            (
                "/api/internal/v1/users/0af76519-16cd-43dd-8448-eb211c80319c",
                "…/v1/users/0af76519…",
            ),
            (
                "/a-single-segment-longer-than-that",
                "/a-single-segment-longer-than-that",
            ),
            ("/1234567890123/1234567890123", "/12345678…/12345678…"),
        ],
    )
    def test_short_path(self, path, short):
        """
        Of a long path the last segments stay, down to one that says something.
        """
        assert short == short_path(path)

    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            ("/users/42/orders", "/users/{}/orders"),
            ("/users/0af76519-16cd-43dd-8448-eb211c80319c", "/users/{}"),
            ("/blobs/deadbeef01/x", "/blobs/{}/x"),
            ("/deadbeef/facade", "/deadbeef/facade"),
            ("/test-insight-3f9a1c2b7d", "/test-insight-{}"),
            ("/file-0af76519-16cd-43dd-8448-eb211c80319c.json", "/file-{}.json"),
            ("/v1/s3/items", "/v1/s3/items"),
            ("/reports/2026-11-22", "/reports/{}"),
            ("/reports/20261122T180127Z", "/reports/{}"),
            ("/t/01HZX3K8QJ5V6W7Y8Z9ABCDEFG", "/t/{}"),
            ("/internationalization/settings", "/internationalization/settings"),
            ("", ""),
        ],
    )
    def test_template(self, path, expected):
        """
        What changes from run to run is taken out of a path.
        """
        assert expected == template(path)


class TestComplaint:
    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ('{"detail": "no such insight"}', '"no such insight"'),
            (
                '{"detail": [{"loc": ["x"], "msg": "field required"}]}',
                '"field required"',
            ),
            (
                '{"error": {"type": "index_not_found", "reason": "no such index"}}',
                'index_not_found "no such index"',
            ),
            (
                '{"__type": "com.amazonaws#ResourceNotFoundException", "message": "a"}',
                'ResourceNotFoundException "a"',
            ),
            ('{"error": "nope"}', '"nope"'),
            ('{"type": "about:blank", "title": "Gone"}', '"Gone"'),
            ('{"code": 7}', '"{"code": 7}"'),
            ('{"x": 1, "message": "cut off he', '"cut off he"'),
            ("<html><head><title>502 Bad\nGateway</title>", '"502 Bad Gateway"'),
            (
                "<Error><Code>NoSuchKey</Code><Message>No &lt;key&gt;</Message></Error>",
                'NoSuchKey "No <key>"',
            ),
            ("<p>only <b>text</b></p>", '"only text"'),
            ("upstream   gave\n up", '"upstream gave up"'),
            ("x" * 300, '"' + "x" * 200 + '…"'),
            ("[]", '"[]"'),
            ("[" * 100_000, '"' + "[" * 200 + '…"'),
        ],
    )
    def test_bodies(self, run_folder, body, said):
        """
        The message is found in what the service answered, whatever its shape.
        """
        run_folder.call("GET", "http://x/", 500, 0.1, 0.2, None, body=body)

        (call,) = load(run_folder.write()).loose

        assert said == complaint(call)

    def test_no_answer(self, run_folder):
        """
        Without an answer it is the exception that says what happened.
        """
        run_folder.call(
            "GET",
            "http://x/",
            None,
            0.1,
            0.2,
            None,
            status=2,
            message="connection refused",
            **{"error.type": "builtins.ConnectionRefusedError"},
        )

        (call,) = load(run_folder.write()).loose

        assert 'ConnectionRefusedError "connection refused"' == complaint(call)

    def test_aws(self, run_folder):
        """
        What botocore made of an error is told rather than what stands in its body.
        """
        said = {
            "rpc.response.status_code": "NoSuchKey",
            "otel_testkit.aws.error.message": "no such key",
        }
        run_folder.call("GET", "http://x/", 404, 0.1, 0.2, None, body="<a>", **said)

        (call,) = load(run_folder.write()).loose

        assert 'NoSuchKey "no such key"' == complaint(call)


IDS = ["a" * 16, "b" * 16, "c" * 16, "d" * 16, None]
times = st.none() | st.integers(-1, 5) | st.sampled_from(["2", "x", 2**80])
spans = st.fixed_dictionaries(
    {
        "traceId": st.sampled_from(["1" * 32, "2" * 32]),
        "spanId": st.sampled_from(IDS[:-1]),
        "parentSpanId": st.sampled_from(IDS),
        "startTimeUnixNano": times,
        "endTimeUnixNano": times,
        "kind": st.integers(-1, 7) | st.none(),
        "attributes": st.lists(
            st.sampled_from(
                [
                    {"key": "test.case.name", "value": {"stringValue": "a"}},
                    {"key": "test.case.name", "value": {"intValue": 7}},
                    {"key": "otel_testkit.nested", "value": {"boolValue": True}},
                    {"key": "http.request.method", "value": {"stringValue": "GET"}},
                    {"key": "url.full", "value": {"stringValue": "http://[x"}},
                ]
            )
        ),
    }
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(spans, max_size=12), st.randoms(use_true_random=False))
def test_every_span_once(
    tmp_path: Path, records: list[dict[str, Any]], random: random.Random
):
    """
    However broken the trees are, each span is found once, and nothing twice.
    """
    opened = [record for record in records if random.random() < 0.3]
    ended = [record for record in records if record not in opened]
    (tmp_path / "open.1-a.jsonl").write_text(
        "".join(json.dumps(record) + "\n" for record in opened)
    )
    (tmp_path / "traces.1-a.jsonl").write_text(
        json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": ended}]}]})
    )

    run = load(str(tmp_path))

    found = [(span.trace_id, span.span_id) for span in run.spans()]
    assert {(record["traceId"], record["spanId"]) for record in records} == set(found)
    assert len(set(found)) == len(found)
    assert all(span.last_seen >= span.start for span in run.spans())
