"""
Runs made up for the report, and their reports.
"""

from __future__ import annotations

import contextlib
import json

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from otel_testkit.report.html import write_report
from otel_testkit.store.layout import run_folders
from tests.conftest import RUN_ID, RunFolder, exception, failing_test

from .hostile import write_hostile


EARLIER = "2026-11-21T06-43-12-7f3a"
# More than a number of JavaScript's can hold.
BIG = 9_007_199_254_740_993
TAGS = {
    "vcs.ref.head.name": "main",
    "vcs.ref.head.revision": "1a2b3c4d" * 5,
    "vcs.repository.url.full": "https://git.test/shop",
    "vcs.change.id": "17",
    "otel_testkit.ci.change.url": "https://git.test/shop/pull/17",
    "otel_testkit.ci.actor": "ada",
    "cicd.pipeline.run.url.full": "https://ci.test/runs/4711",
    "cicd.pipeline.name": "integration",
}
CREATED = "tests/test_insights.py::test_insight_is_created"
LISTED = "tests/test_insights.py::test_insights_are_listed[all]"
REINDEXED = "tests/test_search.py::test_reindex"
BULKY = "tests/test_bulk.py::test_many_orders"
_FUNCTIONS = "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions"
_INVOKED = f"{_FUNCTIONS}/make-insights-7f3a/invocations"
_SIGNED = {"rpc.service": "lambda", "rpc.system": "aws-api"}


@dataclass(frozen=True, slots=True)
class Report:
    """
    A report of a run: its file, and those of what failed, by the test's name.
    """

    file: Path
    failures: dict[str, Path]


def report_of(folder: Path) -> Report:
    """
    Write the report of the run in *folder*, which compares with those beside it.
    """
    written = write_report(str(folder), folders=run_folders(str(folder.parents[1])))
    failures = {name: Path(path) for (_, name), path in written.failures.items()}

    return Report(Path(written.report), failures)


def new_run(store: Path, run_id: str = RUN_ID) -> RunFolder:
    """
    An empty run in a store.
    """
    run = RunFolder(store / "runs" / run_id, header={"command": "pytest tests"})
    run.resource |= {**TAGS, "otel_testkit.run.id": run_id}

    return run


def insights_report(store: Path) -> Report:
    """
    A run as they are, after one in which what fails now has passed.
    """
    earlier = new_run(store, EARLIER)
    for number, name in enumerate((CREATED, LISTED), 1):
        _passing(earlier, name, f"{number:032x}")
    earlier.write()

    run = new_run(store)
    run.trace_id = "a1" * 16
    failing_test(run)
    run.log("lambda is throttled: retry after 2 s", 0.43, f"{5:016x}")
    run.log("no insight yet", 0.60, f"{6:016x}", level="INFO", severity=9)
    _of_service(run)
    _same_cause(run)
    _flaky(run)
    _bulky(run)
    for number, outcome in enumerate(("passed", "passed", "skipped", "xfailed")):
        trace_id = f"{number + 100:032x}"
        name = f"tests/test_orders.py::test_order_{number}"
        test = run.test(name, 30.0, 30.1 + number, outcome, trace_id=trace_id)
        run.call("GET", f"http://shop/orders/{number}", 200, 30.0, 30.1, test)
    run.test("tests/test_orders.py::test_that_hangs", 35.0, None, trace_id="d" * 32)

    return report_of(Path(run.write()))


def large_report(store: Path, tests: int = 1000) -> Report:
    """
    A run of so many tests, of which every hundredth failed.
    """
    run = new_run(store)
    for number in range(tests):
        outcome = "passed" if number % 100 else "failed"
        name = f"tests/test_{number // 50}.py::test_{number:04}"
        test = run.test(
            name, number, number + 1, outcome, trace_id=f"{number + 1:032x}"
        )
        run.call("GET", f"http://shop/{number}", 200, number, number + 0.5, test)

    return report_of(Path(run.write()))


def deep_report(store: Path, spans: int = 50_000) -> Report:
    """
    A run with one failed test of so many spans.
    """
    run = new_run(store)
    test = run.test("tests/test_deep.py::test_deep", 0, spans / 1000, "failed")
    step = test
    for number in range(spans - 2):
        start = number / 1000
        if number % 100 == 0:
            step = run.step(f"step {number}", start, start + 0.1, test)
        else:
            run.span(f"work {number}", start, start + 0.001, step)
    end = spans / 1000
    run.call("GET", "http://shop/last", 500, end - 0.001, end, test)

    return report_of(Path(run.write()))


def hostile_report(store: Path) -> Report:
    """
    A run of which every text is hostile.
    """
    return report_of(Path(write_hostile(new_run(store))))


def _passing(run: RunFolder, name: str, trace_id: str) -> None:
    api = "http://127.0.0.1:8080"
    # A day before.
    at = -86_400.0
    test = run.test(name, at, at + 2.0, trace_id=trace_id)
    step = run.step("sign up", at, at + 0.42, test)
    named = {"service.peer.name": "api"}
    run.call("POST", f"{api}/signup", 201, at, at + 0.12, step, **named)
    run.call("POST", _FUNCTIONS, 201, at + 0.12, at + 0.42, step, **_SIGNED)
    body = json.dumps({"state": "done", "id": BIG, "retries": 0})
    run.call("POST", _INVOKED, 200, at + 0.42, at + 0.5, test, body=body, **_SIGNED)
    body = json.dumps({"id": BIG, "state": "done", "items": [{"price": 1.5}]})
    polled = f"{api}/insights?poll=0"
    run.call("GET", polled, 200, at + 0.6, at + 0.7, test, body=body, **named)


def _of_service(run: RunFolder) -> None:
    """
    What the service recorded of the first call.
    """
    with _told_by(run, "api"):
        server = run.span("POST /signup", 0.01, 0.11, f"{3:016x}", kind=2, scope="api")
        run.span(
            *("INSERT users", 0.02, 0.05, server),
            kind=3,
            scope="api",
            **{"db.system.name": "postgresql", "db.query.text": "INSERT INTO users"},
        )


def _same_cause(run: RunFolder) -> None:
    failed = exception("AssertionError", "assert 429 == 200", line=80)
    test = run.test(
        *(LISTED, 10.0, 11.0, "failed"), trace_id="a2" * 16, exceptions=[failed]
    )
    run.call(
        *("POST", _INVOKED, 429, 10.1, 10.2, test),
        body='{"Reason":"CallerRateLimitExceeded","message":"Rate Exceeded."}',
        **{
            **_SIGNED,
            "http.request.header.authorization": ["REDACTED"],
            "http.request.header.content-type": ["application/json"],
            "http.request.body.content": f'{{"name":"it\'s","id":{BIG}}}',
            "http.response.header.x-amzn-errortype": ["TooManyRequestsException"],
        },
    )


def _flaky(run: RunFolder) -> None:
    for number, (outcome, status) in enumerate((("failed", 503), ("passed", 200))):
        start = 12.0 + number
        failed = exception("AssertionError", f"assert {status} == 200", line=5)
        test = run.test(
            *(REINDEXED, start, start + 0.5, outcome),
            trace_id=f"{number + 1}" * 32,
            exceptions=[failed] if number == 0 else None,
        )
        url = "http://elastic:9200/_reindex"
        run.call("POST", url, status, start + 0.1, start + 0.3, test, body="{}")


def _bulky(run: RunFolder) -> None:
    failed = exception("TimeoutError", "orders did not arrive", line=9)
    test = run.test(
        *(BULKY, 15.0, 25.0, "failed"),
        trace_id="a3" * 16,
        exceptions=[failed],
        **{"otel_testkit.calls.left_out": 500},
    )
    for number in range(120):
        at = 15.0 + number / 20
        status = 500 if number in (60, 110) else 201
        run.call("POST", f"http://shop/orders/{number}", status, at, at + 0.04, test)


@contextlib.contextmanager
def _told_by(run: RunFolder, service: str) -> Iterator[None]:
    own = run.resource
    run.resource = {"service.name": service}
    yield
    run.resource = own
