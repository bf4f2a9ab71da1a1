"""
Whatever the network and the collector do, a run is as it is without us, but for two
seconds and a line, nothing of it is lost, and what was not taken goes later, once.
"""

from __future__ import annotations

import contextlib
import re
import socket
import sys
import threading
import time
import venv

from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate

import pytest

from . import behaviours
from .behaviours import RESPONSE_SECRET, refuses
from .checks import (
    KEPT,
    REFUSED,
    all_but,
    check_all_there,
    check_as_without,
    check_reason,
    send_rest,
)
from .collector import LOGS, Behaviour, Collector
from .programs import TOKEN, Done, Programs, holders
from .receivers import eventually


@dataclass(frozen=True, slots=True)
class Fault:
    """
    What a collector does, and the reason that is given for it. What is *final* is
    not tried again: it would be refused again.
    """

    behaviours: tuple[Behaviour, ...]
    why: str
    is_final: bool = False
    variables: dict[str, str] = field(default_factory=dict)


def _in_an_hour() -> str:
    return formatdate(time.time() + 3600, usegmt=True)


MILLISECONDS = {"OTEL_EXPORTER_OTLP_TIMEOUT": "10000"}
SHORT = {"OTEL_EXPORTER_OTLP_TIMEOUT": "3"}
FAULTS = {
    "never answers": Fault((behaviours.silent,), "no answer in time", variables=SHORT),
    "never reads": Fault((behaviours.deaf,), "no answer in time"),
    "never answers, milliseconds": Fault(
        (behaviours.silent,), "no answer in time", variables=MILLISECONDS
    ),
    **{
        f"503, again after {after}": Fault((refuses(503, after),), "503 Serv.*")
        for after in ("1", "9", "3600", "-5", "0", "nan", "inf", "soon")
    },
    "503, again at a date": Fault((refuses(503, _in_an_hour()),), "503 Serv.*"),
    "429": Fault((refuses(429),), "429 Too Many Requests"),
    **{
        str(status): Fault((refuses(status),), f"{status} .*", status in (400, 413))
        for status in (400, 401, 403, 404, 405, 413, 415, 500, 501)
    },
    "reset while sending": Fault((behaviours.resets_midway,), "connection reset"),
    "reset while answering": Fault((behaviours.resets_answering,), "connection .*"),
    "hangs up": Fault((behaviours.hangs_up,), "connection closed"),
    "words of its own": Fault((behaviours.speaks,), "503 Service Unavailable"),
    "garbage": Fault((behaviours.garbage,), "its answer is no HTTP"),
    "a byte a second": Fault(
        (behaviours.slow_loris,), "no answer in time", variables=SHORT
    ),
    "a body of a byte a second": Fault((behaviours.slow_body,), "no answer in time"),
    "redirect": Fault((behaviours.redirects("http://127.0.0.1:9/"),), "302 Found"),
    "redirect to itself": Fault((behaviours.redirects("/v1/traces"),), "302 Found"),
}
# One of a kind, on each push; `make faults` runs all.
FEW = (
    "never answers",
    "503, again after 3600",
    "401",
    "413",
    "reset while answering",
    "a byte a second",
    "redirect",
)


@pytest.mark.parametrize("name", all_but(FEW, FAULTS))
def test_a_collector_with_troubles(
    programs: Programs, collector: Collector, baseline: dict[str, Done], name: str
) -> None:
    """A run ends as without us, says what it could not send, and sends it later."""
    fault = FAULTS[name]
    to = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    collector.behave(*fault.behaviours)

    done = programs.script(**to, **fault.variables)

    check_as_without(done, baseline["script"])
    (line,) = done.lines()
    found = (REFUSED if fault.is_final else KEPT).search(line)
    assert found is not None
    assert ["6", f"127.0.0.1:{collector.port}"] == list(found.groups()[:2])
    check_reason(done, fault.why, found[3])
    # No burst, whatever it says of when to come again.
    requests = [one for one in collector.requests if one.path.endswith("traces")]
    assert len(requests) <= (12 if name == "413" else 4)

    collector.behave(behaviours.healthy)
    sent = send_rest(programs, done, **to)
    if fault.is_final:
        assert [] == collector.spans()
    else:
        assert done.folder.name == found[4]
        assert 0 == sent.code
        check_all_there(collector, done)
    assert [] == [*sent.says(TOKEN), *sent.says(RESPONSE_SECRET)]


@pytest.mark.parametrize("name", all_but(("refused",), ("refused", "silent")))
def test_a_suite_whose_collector_has_troubles(
    programs: Programs, collector: Collector, baseline: dict[str, Done], name: str
) -> None:
    """The same holds for a run of pytest, and the next run sends what is left."""
    if name == "refused":
        collector.down()
    else:
        collector.behave(behaviours.silent)
    to = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}

    done = programs.suite(**to)

    check_as_without(done, baseline["suite"], most_lines=3)
    report = re.compile(r"1 failed, 3 passed")
    assert report.search(baseline["suite"].out)
    assert report.search(done.out)
    assert KEPT.search(done.err + done.out)

    if name == "refused":
        collector.up()
    else:
        collector.behave(behaviours.healthy)
    first = done.spans()
    again = programs.script(
        f"""
import pathlib, time
from otel_testkit import test_span

with test_span("in the meantime"):
    pass
earlier = pathlib.Path({str(done.folder / "delivery.jsonl")!r})
deadline = time.monotonic() + 30
while '"sent"' not in earlier.read_text() and time.monotonic() < deadline:
    time.sleep(0.1)
""",
        **to,
    )
    assert "" == again.err
    expected = {span.id for span in first}
    assert len(expected) + 1 == len(collector.spans())
    assert expected < {span.id for span in collector.spans()}
    assert [] == collector.sent_twice()


def test_nobody_listens(
    programs: Programs, collector: Collector, baseline: dict[str, Done]
) -> None:
    """Where nobody listens, the line says so, and what is sent later goes once."""
    collector.down()
    to = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}

    done = programs.script(**to)
    still = programs.send(**to)
    collector.up()
    sent = programs.send(**to)
    nothing = programs.send(**to)

    check_as_without(done, baseline["script"])
    found = KEPT.search(done.err)
    assert found is not None
    assert "6" == found[1]
    check_reason(done, "connection refused", found[3])
    assert 0 != still.code
    assert "connection refused" in still.out + still.err
    assert (0, 0) == (sent.code, nothing.code)
    check_all_there(collector, done)
    assert sorted(log.body for log in done.logs()) == sorted(
        log.body for log in collector.logs()
    )


@pytest.fixture
def full_port() -> Iterator[int]:
    """
    A port where connections are neither accepted nor refused.
    """
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@pytest.mark.skipif(sys.platform != "linux", reason="a full backlog differs elsewhere")
def test_no_connection_ever(
    programs: Programs, full_port: int, baseline: dict[str, Done]
) -> None:
    """Where packets vanish, a run ends all the same."""
    done = programs.script(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{full_port}")

    check_as_without(done, baseline["script"])
    assert KEPT.search(done.err)


def test_an_unknown_name(programs: Programs, baseline: dict[str, Done]) -> None:
    """A name that nobody knows is told, and not resolved in the tests' process."""
    done = programs.script(OTEL_EXPORTER_OTLP_ENDPOINT="http://nowhere.invalid:4318")

    check_as_without(done, baseline["script"])
    found = KEPT.search(done.err)
    assert found is not None
    assert "nowhere.invalid:4318" == found[2]


def test_names_that_take_long(
    programs: Programs, collector: Collector, baseline: dict[str, Done]
) -> None:
    """A resolver that hangs keeps nobody waiting."""
    folder = programs.folder / "python"
    venv.create(folder, with_pip=False)
    (site,) = folder.glob("lib/python3*/site-packages")
    ours = [path for path in sys.path if path.endswith("site-packages")]
    (site / "slow.pth").write_text("\n".join([*ours, "import slow_names", ""]))
    (site / "slow_names.py").write_text("""
import socket, time
quick = socket.getaddrinfo
def slow(host, *more, **others):
    if "slow.test" in str(host):
        time.sleep(20)
    return quick(host, *more, **others)
socket.getaddrinfo = slow
""")
    programs.python = str(folder / "bin" / "python")

    done = programs.script(OTEL_EXPORTER_OTLP_ENDPOINT="http://slow.test:4318", **SHORT)

    check_as_without(done, baseline["script"])
    assert "slow.test:4318 (no answer in time)" in done.err
    sent = send_rest(programs, done, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    assert 0 == sent.code
    check_all_there(collector, done)


@pytest.mark.parametrize("status", [429, pytest.param(503, marks=pytest.mark.matrix)])
def test_a_collector_that_recovers(
    programs: Programs, collector: Collector, status: int
) -> None:
    """What is refused for now is sent again a little later, in the same run."""
    collector.behave(refuses(status), refuses(status), behaviours.healthy)

    done = programs.script(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    if done.err.count("not delivered"):  # of a machine that is slow
        send_rest(programs, done, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)

    check_all_there(collector, done)


@pytest.mark.parametrize(
    "name", all_but(("resets_midway",), ("resets_midway", "resets_answering"))
)
def test_one_reset(programs: Programs, collector: Collector, name: str) -> None:
    """After one reset of a connection the rest of it is as always."""
    behave = getattr(behaviours, name)
    collector.behave(behave, behave, behaviours.healthy)

    done = programs.script(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    if done.lines():
        send_rest(programs, done, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)

    check_all_there(collector, done)


def test_too_large_as_a_whole(programs: Programs, collector: Collector) -> None:
    """What is too large for a collector is sent in parts."""
    collector.behave(behaviours.at_most(3000))

    done = programs.script(
        """
from otel_testkit import test_span

for number in range(40):
    with test_span(f"number {number}", tags={"text": str(number) * 200}):
        pass
""",
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
    )

    assert "" == done.err
    assert 40 == len(done.spans())
    check_all_there(collector, done)


def test_an_answer_after_five_seconds(
    programs: Programs, collector: Collector, baseline: dict[str, Done]
) -> None:
    """Who has taken the spans and says so late is believed: they don't go twice."""
    to = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    collector.behave(behaviours.slow(5))

    done = programs.script(**to)
    check_as_without(done, baseline["script"])
    collector.behave(behaviours.healthy)
    sent = send_rest(programs, done, **to)

    assert 0 == sent.code
    check_all_there(collector, done)


def test_dies_midway(programs: Programs, collector: Collector) -> None:
    """What a collector had before it died does not go again when it is back."""
    collector.behave(behaviours.healthy, behaviours.dies)
    to = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}

    done = programs.script(
        """
import time
from otel_testkit import test_span

for number in range(4):
    with test_span(f"number {number}"):
        time.sleep(1.5)
""",
        **to,
    )
    had = len(collector.spans())
    collector.up()
    collector.behave(behaviours.healthy)
    sent = programs.send(**to)

    assert 0 < had < 4
    assert KEPT.search(done.err)
    assert 0 == sent.code
    check_all_there(collector, done)


def test_back_while_tests_run(programs: Programs, collector: Collector) -> None:
    """A collector that comes back while tests run gets all of it."""
    collector.down()
    late = f"""
import time, socket
from otel_testkit import test_span

with test_span("before"):
    pass
while True:
    try:
        socket.create_connection(("127.0.0.1", {collector.port})).close()
        break
    except OSError:
        time.sleep(0.1)
with test_span("after"):
    time.sleep(3)
"""
    threading.Timer(3, collector.up).start()
    done = programs.script(late, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)

    assert "" == done.err
    check_all_there(collector, done)


def test_rejected_spans(
    programs: Programs, collector: Collector, baseline: dict[str, Done]
) -> None:
    """Spans that a collector rejects of those it takes are counted and told."""
    collector.behave(behaviours.rejects(2, f"because {RESPONSE_SECRET}"))

    done = programs.script(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)

    check_as_without(done, baseline["script"])
    (line,) = done.lines()
    assert "2 spans" in line
    assert "refused by" in line


def test_a_collector_of_traces_alone(programs: Programs, collector: Collector) -> None:
    """Who takes no log records gets none, and nobody is told of it."""

    def no_logs(exchange: behaviours.Exchange) -> None:
        takes = not exchange.path.endswith(LOGS)
        (behaviours.healthy if takes else refuses(404))(exchange)

    collector.behave(no_logs)
    to = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}

    done = programs.script(**to)
    sent = send_rest(programs, done, **to)

    assert [] == done.lines()
    assert 0 == sent.code
    check_all_there(collector, done)


@pytest.mark.parametrize("compression", all_but(("gzip",), ("gzip", "deflate")))
def test_compression(
    programs: Programs, collector: Collector, compression: str
) -> None:
    """What is sent is packed as it is set."""
    done = programs.script(
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_EXPORTER_OTLP_COMPRESSION=compression,
    )

    check_all_there(collector, done)
    packed = {request.headers["content-encoding"] for request in collector.requests}
    assert {compression} == packed


@pytest.mark.skipif(sys.platform != "linux", reason="processes are read from /proc")
@pytest.mark.parametrize("name", all_but(("silent",), ("healthy", "silent")))
def test_no_courier_stays_behind(
    programs: Programs, collector: Collector, name: str
) -> None:
    """Whatever the collector does, soon nobody has to do with a run any more."""
    collector.behave(getattr(behaviours, name))

    done = programs.script(
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_EXPORTER_OTLP_TIMEOUT="3"
    )

    assert 0 < done.exit_seconds
    assert [] == eventually(
        lambda: list(holders(programs.store)), lambda found: not found
    )


def test_odd_values_arrive(programs: Programs, collector: Collector) -> None:
    """Whatever could be stored can be sent: no span takes others down with it."""
    values = """
import logging
from otel_testkit import step, test_span

with test_span("bad \\ud800 name") as test:
    for place, value in enumerate([
        2**70, -(2**63) - 1, float("inf"), None, b"\\xff\\x00", "\\udfff", "nul \\0",
        [1, "a", None], [[1], [2]], {"a": {"b": "\\udfff"}}, "x" * 2_000_000, (), "",
        True, {1},
    ]):
        test.set_attribute(f"key {place}", value)
    test.event("event \\ud800", {"key \\ud800": "\\ud800"})
    logging.getLogger("logger \\ud800").warning("told \\ud800 %s", 2**80)
    with step("\\ud800"):
        pass
for name in ("", "long" * 100_000):
    with test_span(name):
        pass
"""

    done = programs.script(values, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)

    assert [] == done.lines()
    check_all_there(collector, done)
    stored = {span.id: span for span in done.spans()}
    for span in collector.spans():
        one = stored[span.id]
        assert (one.name, one.events) == (span.name, span.events)
        assert one.attributes.items() <= span.attributes.items()
    assert done.logs() == collector.logs()
