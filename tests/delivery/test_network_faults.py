"""
Whatever the network and the collector do, a run is as it is without us, but for two
seconds and a line, nothing of it is lost, and what was not taken goes later, once.
"""

from __future__ import annotations

import collections
import contextlib
import re
import socket
import sys
import threading
import time
import venv

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path

import pytest

from . import behaviours
from .behaviours import RESPONSE_SECRET, refuses
from .certificates import Certificates
from .collector import Behaviour, Collector
from .programs import TOKEN, Done, Programs
from .receivers import eventually, free_ports


# Seconds: of waiting for the courier, and of a machine that has other things to do.
ALLOWED = 2.0
SLACK = 3.0
# What one of our lines says of spans that stay behind.
KEPT = re.compile(
    r"otel-testkit: (\d+) spans(?: and \d+ log records?)? not delivered to (\S+) "
    r"\((.+?)\); kept in \S+: `otel-testkit send (\S+)`"
)
REFUSED = re.compile(
    r"otel-testkit: (\d+) spans(?: and \d+ log records?)? refused by (\S+) \((.+?)\)"
)


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
FAULTS = {
    "never answers": Fault((behaviours.silent,), "no answer in time"),
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
    "garbage": Fault((behaviours.garbage,), "(?!None).*"),
    "a byte a second": Fault((behaviours.slow_loris,), "no answer in time"),
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


def all_but(few: tuple[str, ...], names: Iterable[str]) -> list[object]:
    """
    Mark all of *names* but a *few* as part of the matrix.
    """
    return [
        pytest.param(name, marks=[] if name in few else [pytest.mark.matrix])
        for name in names
    ]


def check_as_without(done: Done, base: Done, *, most_lines: int = 1) -> None:
    """
    The program ended as without us, said little, and kept what it had to.
    """
    assert base.code == done.code
    assert base.out.count("\n") + most_lines >= done.out.count("\n") or not done.out
    assert len(base.err.splitlines()) + most_lines >= len(done.err.splitlines())
    assert most_lines >= len(done.lines())
    took = done.exit_seconds - base.exit_seconds
    print(f"exit +{took:.2f} s: {done.lines()}")  # noqa: T201  # for `-rP`
    assert ALLOWED + SLACK > took
    assert 6 <= len(done.spans())
    for secret in (TOKEN, RESPONSE_SECRET):
        assert [] == done.says(secret)


def check_all_there(collector: Collector, *runs: Done) -> None:
    """
    Each span of *runs* was taken, once.
    """
    expected = collections.Counter(span.id for done in runs for span in done.spans())
    taken = collections.Counter(span.id for span in collector.spans())
    assert expected == taken


def send_rest(programs: Programs, done: Done, **variables: str) -> Done:
    """
    Send what is left of a run, once its courier has gone.
    """
    return eventually(
        lambda: programs.send(done.folder.name, **variables),
        lambda sent: "another process" not in sent.out,
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
    assert re.fullmatch(fault.why, found[3])
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
        """
import time
from otel_testkit import test_span

with test_span("in the meantime"):
    time.sleep(6)
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
    assert ("6", "connection refused") == (found[1], found[3])
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

    done = programs.script(OTEL_EXPORTER_OTLP_ENDPOINT="http://slow.test:4318")

    check_as_without(done, baseline["script"])
    assert "slow.test:4318 (no answer in time)" in done.err
    sent = send_rest(programs, done, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    assert 0 == sent.code
    check_all_there(collector, done)


@pytest.mark.parametrize("status", [429, 503])
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
    "behave", [behaviours.resets_midway, behaviours.resets_answering]
)
def test_one_reset(programs: Programs, collector: Collector, behave: Behaviour) -> None:
    """After one reset of a connection the rest of it is as always."""
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


@pytest.mark.parametrize(
    "name", ["unknown authority", "http to TLS", "TLS to http", "no certificate"]
)
def test_tls_that_fails(
    programs: Programs,
    new_collector: Callable[..., Collector],
    certificates: Certificates,
    baseline: dict[str, Done],
    name: str,
) -> None:
    """Where TLS fails the run ends as always, and goes when it works."""
    is_strict = name == "no certificate"
    collector = new_collector(
        None
        if name == "TLS to http"
        else certificates.of_server(asks_for_client=is_strict)
    )
    url, known = collector.url, {}
    if name == "http to TLS":
        url = url.replace("https", "http")
    elif name == "TLS to http":
        url = url.replace("http", "https")
    elif name == "no certificate":
        known["OTEL_EXPORTER_OTLP_CERTIFICATE"] = str(certificates.authority)

    done = programs.script(OTEL_EXPORTER_OTLP_ENDPOINT=url, **known)

    check_as_without(done, baseline["script"])
    assert KEPT.search(done.err)
    assert [] == collector.spans()
    sent = send_rest(
        programs,
        done,
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_EXPORTER_OTLP_CERTIFICATE=str(certificates.authority),
        OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=str(certificates.client),
        OTEL_EXPORTER_OTLP_CLIENT_KEY=str(certificates.client_key),
        # Another program's, which is nobody to overrule ours.
        REQUESTS_CA_BUNDLE=str(certificates.server_key),
    )
    assert 0 == sent.code
    check_all_there(collector, done)


def test_tls_live(
    programs: Programs,
    new_collector: Callable[..., Collector],
    certificates: Certificates,
) -> None:
    """With the certificates that are asked for, spans arrive while the tests run."""
    collector = new_collector(certificates.of_server(asks_for_client=True))

    done = programs.script(
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_EXPORTER_OTLP_CERTIFICATE=str(certificates.authority),
        OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=str(certificates.client),
        OTEL_EXPORTER_OTLP_CLIENT_KEY=str(certificates.client_key),
    )

    assert [] == done.lines()
    check_all_there(collector, done)


def test_certificates_that_are_not_there(
    programs: Programs, collector: Collector, baseline: dict[str, Done]
) -> None:
    """A file that cannot be read is told, and nothing else comes of it."""
    done = programs.script(
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url.replace("http", "https"),
        OTEL_EXPORTER_OTLP_CERTIFICATE="/nowhere/authority.pem",
        OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE="/nowhere/client.pem",
    )

    check_as_without(done, baseline["script"], most_lines=3)
    assert done.lines()


PROXY_PASSWORD = "hunter22-of-the-proxy"


def test_a_proxy_is_not_for_this_machine(
    programs: Programs, collector: Collector, baseline: dict[str, Done]
) -> None:
    """A collector on the loopback is reached, whatever proxy there is."""
    (dead,) = free_ports(1)
    proxy = f"http://user:{PROXY_PASSWORD}@127.0.0.1:{dead}"

    done = programs.script(
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, HTTP_PROXY=proxy, ALL_PROXY=proxy
    )

    check_as_without(done, baseline["script"])
    assert [] == done.lines()
    assert [] == done.says(PROXY_PASSWORD)
    check_all_there(collector, done)


def test_a_dead_proxy(programs: Programs, baseline: dict[str, Done]) -> None:
    """A proxy that is dead is told, without its password."""
    (dead,) = free_ports(1)
    proxy = f"http://user:{PROXY_PASSWORD}@127.0.0.1:{dead}"

    done = programs.script(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://collector.test:4318",
        HTTP_PROXY=proxy,
        http_proxy=proxy,
    )

    check_as_without(done, baseline["script"])
    found = KEPT.search(done.err)
    assert found is not None
    assert ("collector.test:4318", "the proxy cannot be reached") == found.groups()[1:3]
    assert [] == done.says(PROXY_PASSWORD)


def test_through_a_proxy(programs: Programs, collector: Collector) -> None:
    """A collector elsewhere is reached through the proxy, with its password."""
    proxy = f"http://user:{PROXY_PASSWORD}@127.0.0.1:{collector.port}"

    done = programs.script(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://collector.test:4318",
        HTTP_PROXY=proxy,
        http_proxy=proxy,
    )

    assert [] == done.lines()
    check_all_there(collector, done)
    request = collector.requests[0]
    assert request.path.startswith("http://collector.test:4318/v1/")
    assert request.headers["proxy-authorization"].startswith("Basic ")
    assert [] == done.says(PROXY_PASSWORD)


def test_headers_are_sent_and_seen_by_nobody_else(
    programs: Programs, collector: Collector
) -> None:
    """The headers set reach the collector, and no other process's command line."""
    collector.behave(behaviours.slow(1))
    seen: list[bytes] = []

    def look() -> None:
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                seen.append(file.read_bytes())

    timers = [threading.Timer(0.3 * number, look) for number in range(8)]
    for timer in timers:
        timer.start()
    done = programs.script(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    for timer in timers:
        timer.join()
    eventually(lambda: len(collector.requests), lambda count: count >= 2)

    for request in collector.requests:
        assert f"Bearer {TOKEN}" == request.headers["authorization"]
        assert f"key-{TOKEN}" == request.headers["x-api-key"]
    assert any(b"otel_testkit" in line for line in seen)
    assert not any(TOKEN.encode() in line for line in seen)
    assert [] == done.says(TOKEN)
