"""
A run on its way: all of it, once, whatever the other side makes of it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from otel_testkit.delivery.destination import Destination
from otel_testkit.delivery.ledger import Taken
from otel_testkit.delivery.receipt import Receipt, Tally
from otel_testkit.delivery.shipment import Shipment
from tests.conftest import RunFolder

from . import behaviours
from .collector import Behaviour, Collector


Ship = Callable[..., Receipt]


@pytest.fixture
def many(run_folder: RunFolder) -> RunFolder:
    """
    A run of 600 tests, which is more than a batch, and a log record in each.
    """
    for number in range(600):
        trace = f"{number + 1:032x}"
        span = run_folder.test(f"test_{number}", number, number + 1, trace_id=trace)
        run_folder.log(f"record {number}", number, span)
    run_folder.write()

    return run_folder


@pytest.fixture
def ship(collector: Collector) -> Ship:
    """
    Sends a run to the collector, within the time given, and says what came of it.
    """

    def ship_run(run: RunFolder, seconds: float = 60.0, **options: Any) -> Receipt:
        to = {
            signal: Destination(f"{collector.url}/v1/{signal}", timeout=5.0)
            for signal in ("traces", "logs")
        }
        shipment = Shipment(str(run.path), to, **options)
        shipment.finish(seconds)
        receipt = shipment.receipt()
        shipment.close()

        return receipt

    return ship_run


def numbers(collector: Collector) -> list[int]:
    return sorted(int(span.trace_id, 16) for span in collector.spans())


def test_all_of_it_arrives_once(
    many: RunFolder, collector: Collector, ship: Ship
) -> None:
    """
    Spans and log records go, in batches, and what was sent is not sent again.
    """
    first, second = ship(many), ship(many)

    assert (first.spans, first.logs) == (Tally(sent=600), Tally(sent=600))
    assert second == first
    assert numbers(collector) == list(range(1, 601))
    assert len(collector.logs()) == 600
    assert len(collector.requests) == 4
    assert first.is_complete
    assert first.why == ""


def test_what_a_span_is_arrives(
    run_folder: RunFolder, collector: Collector, ship: Ship
) -> None:
    """
    Name, kind, times, parent, attributes of all types, events, links, status,
    scope and resource are the ones on disk.
    """
    test = run_folder.test(
        "test_it",
        1.0,
        2.5,
        "failed",
        exceptions=[{"timeUnixNano": "1795329793000000000", "name": "exception"}],
        number=7,
        ratio=0.5,
        truth=True,
        words=["a", "b"],
    )
    run_folder.call("GET", "http://c/x", 500, 1.1, 1.2, test)
    fields = json.loads(run_folder.traces[0])
    span = fields["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    span["links"] = [{"traceId": "d" * 32, "spanId": "e" * 16, "flags": 768}]
    span["status"]["message"] = "it broke"
    run_folder.traces[0] = json.dumps(fields)
    run_folder.write()
    ship(run_folder)
    root, call = sorted(collector.spans(), key=lambda span: span.start)

    assert (root.name, root.kind, root.parent) == ("test_it", 1, "")
    assert root.end - root.start == 1_500_000_000
    assert root.attributes["number"] == 7
    assert root.attributes["ratio"] == 0.5
    assert root.attributes["truth"] is True
    assert root.attributes["words"] == ["a", "b"]
    assert root.events == ((1_795_329_793_000_000_000, "exception", {}),)
    assert root.links == (("d" * 32, "e" * 16, {}),)
    assert (root.status, root.message) == (2, "it broke")
    assert root.scope == "otel_testkit"
    assert root.resource == run_folder.resource
    assert (call.kind, call.parent) == (3, test)
    assert call.attributes["http.response.status_code"] == 500


def test_parts_get_the_resource_of_the_run(
    run_folder: RunFolder, collector: Collector, ship: Ship
) -> None:
    """
    On disk the lines of steps and calls tell the service alone; in a backend they
    are of the same service as their tests, with all its tags.
    """
    whole = run_folder.resource
    run_folder.header = {"resource": []}
    test = run_folder.test("test_it")
    run_folder.resource = {"service.name": "tests"}
    run_folder.step("a step", 0.1, 0.2, test)
    path = Path(run_folder.write()) / "run.json"
    header = json.loads(path.read_text())
    header["resource"] = [
        {"key": key, "value": {"stringValue": value}} for key, value in whole.items()
    ]
    path.write_text(json.dumps(header))
    ship(run_folder)

    assert [span.resource for span in collector.spans()] == [whole, whole]


def test_tests_name_their_run(
    run_folder: RunFolder, collector: Collector, ship: Ship
) -> None:
    """
    Also where a backend drops the resource.
    """
    run_folder.test("test_it")
    run_folder.write()
    ship(run_folder)
    (span,) = collector.spans()

    assert (
        span.attributes["otel_testkit.run.id"]
        == run_folder.resource["otel_testkit.run.id"]
    )


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
@pytest.mark.parametrize("retry_after", [None, "0", "-5", "nan", "soon"])
def test_what_may_be_taken_later_is_tried_again(
    status: int,
    retry_after: str | None,
    many: RunFolder,
    collector: Collector,
    ship: Ship,
) -> None:
    """
    A busy collector gets it in the end, without a burst of requests.
    """
    busy = behaviours.refuses(status, retry_after)
    collector.behave(busy, busy, behaviours.healthy)
    receipt = ship(many)
    times = [request.time for request in collector.requests]

    assert receipt.is_complete
    assert numbers(collector) == list(range(1, 601))
    assert times[2] - times[0] >= 0.4


def test_retry_after_is_obeyed(
    many: RunFolder, collector: Collector, ship: Ship
) -> None:
    """
    A second is waited for, as it was asked.
    """
    collector.behave(behaviours.refuses(503, "1"), behaviours.healthy)
    ship(many)
    times = [one.time for one in collector.requests if one.path == "/v1/traces"]

    assert times[1] - times[0] >= 1.0


def test_nobody_waits_for_an_hour(
    many: RunFolder, collector: Collector, ship: Ship
) -> None:
    """
    What cannot be sent within the time there is is kept, and it takes no longer.
    """
    collector.behave(behaviours.refuses(503, "3600"))
    receipt = ship(many, seconds=1.0)

    assert receipt.spans == Tally(left=600)
    assert receipt.why == "503 Service Unavailable"
    assert len(collector.requests) <= 2


@pytest.mark.parametrize("status", [301, 302, 401, 403, 405, 415, 500, 501])
def test_an_endpoint_that_cannot_work_is_left_alone(
    status: int, many: RunFolder, collector: Collector, ship: Ship
) -> None:
    """
    One request is enough to know; all is kept for when it has been mended.
    """
    collector.behave(behaviours.refuses(status))
    receipt = ship(many)
    collector.behave()

    assert receipt.spans == Tally(left=600)
    assert receipt.why.startswith(str(status))
    assert len(collector.requests) == 2
    assert ship(many).is_complete
    assert numbers(collector) == list(range(1, 601))


@pytest.mark.parametrize("status", [400, 422])
def test_what_is_refused_for_good_is_counted_and_not_repeated(
    status: int, many: RunFolder, collector: Collector, ship: Ship
) -> None:
    """
    The other batches go all the same.
    """
    collector.behave(behaviours.refuses(status), behaviours.healthy)
    receipt = ship(many)
    again = ship(many)

    assert receipt.spans == again.spans == Tally(sent=88, refused=512)
    assert receipt.logs == Tally(sent=600)
    assert "512 spans refused" in receipt.trouble_text("f/r")
    assert len(collector.requests) == 4


def test_what_is_too_large_is_divided(
    many: RunFolder, collector: Collector, ship: Ship
) -> None:
    """
    A collector that takes only small requests gets small ones.
    """
    collector.behave(behaviours.at_most(20_000))
    receipt = ship(many)

    assert receipt.is_complete
    assert numbers(collector) == list(range(1, 601))
    assert len(collector.requests) < 60


def test_one_that_is_too_large_by_itself_is_refused(
    run_folder: RunFolder, collector: Collector, ship: Ship
) -> None:
    """
    It stands in nobody's way.
    """
    for number in range(5):
        run_folder.test(
            f"test_{number}",
            trace_id=f"{number + 1:032x}",
            blob="x" * (50_000 if number == 3 else 10),
        )
    run_folder.write()
    collector.behave(behaviours.at_most(20_000))
    receipt = ship(run_folder)

    assert receipt.spans == Tally(sent=4, refused=1)
    assert numbers(collector) == [1, 2, 3, 5]


def test_what_is_rejected_in_part_is_counted(
    many: RunFolder, collector: Collector, ship: Ship
) -> None:
    """
    An endpoint that says yes, but, is heard.
    """
    collector.behave(behaviours.rejects(3), behaviours.healthy)
    receipt = ship(many)

    assert receipt.spans == Tally(sent=597, refused=3)
    assert not receipt.is_complete


def test_an_endpoint_without_logs_is_no_trouble(
    many: RunFolder, collector: Collector, ship: Ship
) -> None:
    """
    Many backends take spans alone.
    """

    def no_logs(exchange: Any) -> None:
        if exchange.path == "/v1/logs":
            behaviours.refuses(404)(exchange)
        else:
            behaviours.healthy(exchange)

    collector.behave(no_logs)
    receipt = ship(many)

    assert receipt.is_complete
    assert receipt.spans == Tally(sent=600)
    assert receipt.trouble_text("f/r") == ""


@pytest.mark.parametrize(
    "behaviour",
    [
        behaviours.resets_midway,
        behaviours.resets_answering,
        behaviours.hangs_up,
        behaviours.garbage,
    ],
)
def test_a_broken_connection_is_tried_again(
    behaviour: Behaviour, many: RunFolder, collector: Collector, ship: Ship
) -> None:
    """
    While tests run there is time for it.
    """
    collector.behave(behaviour, behaviours.healthy)
    to = {"traces": Destination(f"{collector.url}/v1/traces", timeout=5.0)}
    shipment = Shipment(str(many.path), to)
    shipment.go()
    assert not shipment.has_delivered
    # At the end it gets one more try.
    _wait_and_finish(shipment)
    receipt = shipment.receipt()
    shipment.close()

    assert receipt.spans == Tally(sent=600)
    assert set(numbers(collector)) == set(range(1, 601))


def _wait_and_finish(shipment: Shipment) -> None:
    time.sleep(0.6)
    shipment.finish(30.0)


@pytest.mark.parametrize(
    "behaviour", [behaviours.silent, behaviours.slow_loris, behaviours.slow_body]
)
def test_a_request_takes_no_longer_than_it_may(
    behaviour: Behaviour, many: RunFolder, collector: Collector, ship: Ship
) -> None:
    """
    An answer that comes byte by byte is no answer.
    """
    collector.behave(behaviour)
    receipt = ship(many, seconds=1.0)

    assert receipt.spans == Tally(left=600)
    assert receipt.why == "no answer in time"


def test_a_line_that_is_being_written_waits(
    run_folder: RunFolder, collector: Collector, ship: Ship
) -> None:
    """
    It goes once it is whole.
    """
    run_folder.test("test_it")
    path = Path(run_folder.write()) / "traces.7-aa.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-30])
    before = ship(run_folder)
    path.write_bytes(whole)
    after = ship(run_folder)

    assert before.spans == Tally()
    assert after.spans == Tally(sent=1)


def test_a_damaged_line_stands_in_nobodys_way(
    run_folder: RunFolder, collector: Collector, ship: Ship
) -> None:
    """
    It is counted, and its neighbours go.
    """
    run_folder.test("test_it")
    run_folder.traces += ["{garbage", '{"resourceSpans": [{"x": 1}]}']
    run_folder.test("test_that", trace_id="d" * 32)
    run_folder.write()
    receipt = ship(run_folder)

    assert receipt.spans == Tally(sent=2, refused=2)
    assert len(collector.spans()) == 2


def test_what_a_dead_process_left_open_is_sent(
    run_folder: RunFolder, collector: Collector, ship: Ship
) -> None:
    """
    Or else a backend would show the calls of a killed test without it.
    """
    test = run_folder.test("test_killed", 0.0, None)
    run_folder.call("GET", "http://c/x", 200, 0.5, 3.0, test)
    run_folder.step("waiting", 3.5, None, test)
    run_folder.write()
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        dead = process.pid
    for kind in ("open", "traces"):
        file = run_folder.path / f"{kind}.7-aa.jsonl"
        file.rename(file.with_name(f"{kind}.{dead}-aa.jsonl"))
    ship(run_folder)
    ship(run_folder)
    spans = {span.name: span for span in collector.spans()}

    assert len(collector.spans()) == 3
    assert spans["GET"].parent == spans["test_killed"].id
    assert spans["test_killed"].attributes["otel_testkit.outcome"] == "open"
    assert spans["test_killed"].attributes["otel_testkit.open"] is True
    assert spans["test_killed"].status == 2
    # As long as it is known to have been there.
    assert spans["test_killed"].end == spans["waiting"].start


def test_only_what_is_notable(
    run_folder: RunFolder, collector: Collector, ship: Ship
) -> None:
    """
    Of a large suite those tests alone that failed, are flaky or slow, with all
    that belongs to them.
    """
    for number, (name, outcome, seconds, attempt) in enumerate(
        [
            ("good", "passed", 1.0, 1),
            ("bad", "failed", 1.0, 1),
            ("slow", "passed", 12.0, 1),
            ("flaky", "failed", 1.0, 1),
            ("flaky", "passed", 1.0, 2),
            ("skipped", "skipped", 1.0, 1),
        ]
    ):
        trace = f"{number + 1:032x}"
        identity = {"span_id": f"{number + 1:016x}", "trace_id": trace}
        run_folder.step(f"step of {name}", 0.1, 0.2, identity["span_id"])
        run_folder.traces[-1] = run_folder.traces[-1].replace(
            run_folder.trace_id, trace
        )
        run_folder.log(f"log of {name}", 0.1, None, trace_id=trace)
        attributes = {"otel_testkit.attempt": attempt}
        run_folder.test(name, 0.0, seconds, outcome, **identity, **attributes)
    # Of no test, as what several of them share.
    run_folder.span("shared", 0.0, 0.1, trace_id="f" * 32)
    run_folder.write()
    receipt = ship(run_folder, slow=10.0)
    names = sorted(span.name for span in collector.spans())

    assert names == [
        "bad",
        "flaky",
        "flaky",
        "shared",
        "slow",
        "step of bad",
        "step of flaky",
        "step of flaky",
        "step of slow",
    ]
    assert sorted(str(log.body) for log in collector.logs()) == [
        "log of bad",
        "log of flaky",
        "log of flaky",
        "log of slow",
    ]
    assert receipt.is_complete
    assert ship(run_folder, slow=10.0) == receipt


def test_tests_of_one_trace_are_notable_together(
    run_folder: RunFolder, collector: Collector, ship: Ship
) -> None:
    """
    Where all tests hang on what started them, one that passed is no reason to drop
    what belongs to the next. Of those that passed alone nothing is sent.
    """
    for number, outcome in enumerate(["passed", "failed", "passed", "passed"]):
        test = f"{number + 1:016x}"
        trace = f"{number // 2 + 1:032x}"
        run_folder.span(f"step {number}", 0.1, 0.2, test, trace_id=trace)
        run_folder.test(
            f"test {number}",
            0.0,
            1.0,
            outcome,
            span_id=test,
            trace_id=trace,
            parent="e" * 16,
        )
    run_folder.write()
    receipt = ship(run_folder, slow=10.0)
    names = sorted(span.name for span in collector.spans())

    assert names == ["step 0", "step 1", "test 0", "test 1"]
    assert receipt.is_complete


def test_two_do_not_send_one_run(many: RunFolder, collector: Collector) -> None:
    """
    The second one is told.
    """
    to = {"traces": Destination(f"{collector.url}/v1/traces")}
    first = Shipment(str(many.path), to)
    with pytest.raises(Taken):
        Shipment(str(many.path), to)
    first.close()
    Shipment(str(many.path), to).close()


def test_another_endpoint_gets_all_of_it(
    many: RunFolder, new_collector: Callable[[], Collector]
) -> None:
    """
    What one has been sent says nothing of another.
    """
    for collector in (new_collector(), new_collector()):
        to = {"traces": Destination(f"{collector.url}/v1/traces")}
        shipment = Shipment(str(many.path), to)
        shipment.finish(30.0)
        shipment.close()

        assert numbers(collector) == list(range(1, 601))


def test_nothing_secret_is_written_beside_the_run(
    many: RunFolder, collector: Collector
) -> None:
    """
    The ledger names the endpoint, not the user, the password or the headers.
    """
    url = collector.url.replace("://", "://me:s3cr3t@")
    to = {"traces": Destination(f"{url}/v1/traces", {"x-key": "s3cr3t"})}
    shipment = Shipment(str(many.path), to)
    shipment.finish(30.0)
    shipment.close()

    assert len(collector.spans()) == 600
    assert collector.requests[0].headers["authorization"] == "Basic bWU6czNjcjN0"
    assert collector.requests[0].headers["x-key"] == "s3cr3t"
    assert all(b"s3cr3t" not in one.read_bytes() for one in many.path.iterdir())
