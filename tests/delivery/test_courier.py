"""
The courier: a process that sends a run while its tests run, and leaves with it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from collections.abc import Callable
from pathlib import Path

import pytest

from . import behaviours
from .collector import Collector
from .programs import SCRIPT, SUITE, Programs


WAITS = """
import os, sys, time
from otel_testkit import step, test_span

with test_span("first"):
    pass
with test_span("second"):
    with step("inside"):
        print("waiting", flush=True)
        sys.stdin.read()
"""


REMOVES = """
import os, shutil, sys, time
from otel_testkit import test_span

with test_span("first"):
    pass
sys.stdin.read()
shutil.rmtree(os.environ["OTEL_TESTKIT_DIR"])
for number in range(10, 50):
    with test_span(f"later {number}"):
        time.sleep(0.05)
"""


def wait_for(condition: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def start(programs: Programs, text: str, **variables: str) -> subprocess.Popen[str]:
    (programs.folder / "program.py").write_text(text)

    return subprocess.Popen(
        [sys.executable, "program.py"],
        cwd=programs.folder,
        env=programs.environ() | variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def couriers(folder: Path) -> list[int]:
    """
    The processes that work on a run in *folder*.
    """
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            files = [os.readlink(file) for file in (process / "fd").iterdir()]
        except OSError:
            continue
        if any(file.startswith(str(folder)) for file in files):
            found.append(int(process.name))

    return found


@pytest.mark.parametrize("how", ["environment", "keyword", "pyproject"])
def test_a_run_is_sent(how: str, programs: Programs, collector: Collector) -> None:
    """
    With an endpoint, however it is set, all of a run is there when it has ended;
    the program says no word about it, and nothing is left behind.
    """
    text, variables = SCRIPT, {}
    if how == "environment":
        variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    elif how == "keyword":
        text = (
            f"import otel_testkit\notel_testkit.configure(endpoint={collector.url!r})"
        )
        text += SCRIPT
    else:
        (programs.folder / "pyproject.toml").write_text(
            f"[tool.otel_testkit]\nendpoint = '{collector.url}'\n"
        )
    done = programs.script(text, **variables, OTEL_TESTKIT_SEND_SECONDS="60")

    assert sorted(collector.spans(), key=repr) == sorted(done.spans(), key=repr)
    assert len(collector.logs()) == 2
    assert (done.code, done.lines()) == (3, [])
    wait_for(lambda: not couriers(programs.store))


def test_nothing_is_started_without_an_endpoint(programs: Programs) -> None:
    """
    Nobody listens, nothing is sent, no file tells of it.
    """
    done = programs.script()

    assert [one.name for one in done.folder.glob("delivery*")] == []


def test_tests_are_sent_while_others_run(
    programs: Programs, collector: Collector
) -> None:
    """
    Who watches sees each test when it has ended, not the run.
    """
    program = start(programs, WAITS, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    wait_for(lambda: [span.name for span in collector.spans()] == ["first"])
    assert program.poll() is None
    program.communicate("")

    assert sorted(span.name for span in collector.spans()) == [
        "first",
        "inside",
        "second",
    ]


def test_a_kill_of_the_tests_loses_nothing(
    programs: Programs, collector: Collector
) -> None:
    """
    The courier sends all the rest, and what was open then, and goes.
    """
    program = start(programs, WAITS, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    assert program.stdout is not None
    assert program.stdout.readline() == "waiting\n"
    program.send_signal(signal.SIGKILL)
    program.communicate()
    wait_for(lambda: len(collector.spans()) == 3)
    spans = {span.name: span for span in collector.spans()}

    assert spans["second"].attributes["otel_testkit.outcome"] == "open"
    assert spans["inside"].parent == spans["second"].id
    wait_for(lambda: not couriers(programs.store))


def test_a_store_that_is_removed_is_sent_once(
    programs: Programs, collector: Collector
) -> None:
    """
    Who cleans up in the middle of a run gets no second courier for it.
    """
    program = start(programs, REMOVES, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    wait_for(lambda: [span.name for span in collector.spans()] == ["first"])
    program.communicate("")
    names = sorted(span.name for span in collector.spans())

    assert names == ["first", *(f"later {number}" for number in range(10, 50))]
    assert not collector.sent_twice()
    wait_for(lambda: not couriers(programs.store))


def test_a_test_that_hangs_can_be_seen(
    programs: Programs, collector: Collector
) -> None:
    """
    Open spans have stand-ins beneath them, and come themselves in the end, once.
    """
    program = start(
        programs,
        WAITS,
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_TESTKIT_SEND_OPEN="true",
        OTEL_TESTKIT_SEND_SECONDS="60",
    )
    wait_for(lambda: len(collector.spans()) == 3)
    stand_ins = {
        span.name: span
        for span in collector.spans()
        if span.attributes.get("otel_testkit.open")
    }
    program.communicate("")
    spans = {
        span.name: span
        for span in collector.spans()
        if not span.attributes.get("otel_testkit.open")
    }

    assert sorted(stand_ins) == ["inside", "second"]
    assert stand_ins["inside"].parent == spans["inside"].id
    assert stand_ins["second"].trace_id == spans["second"].trace_id
    assert "test.case.name" not in stand_ins["second"].attributes
    assert sorted(spans) == ["first", "inside", "second"]
    assert collector.sent_twice() == []


def test_the_next_run_sends_what_is_left(
    programs: Programs, collector: Collector
) -> None:
    """
    What a collector that was down did not get comes with the run after it, once;
    a run that was never to be sent is not.
    """
    programs.script("from otel_testkit import test_span\nwith test_span('own'): pass")
    collector.down()
    programs.script(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    collector.up()
    program = start(programs, WAITS, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    wait_for(lambda: len(collector.spans()) == 7)
    program.communicate("")
    names = [span.name for span in collector.spans()]

    assert len(names) == 9
    assert "own" not in names
    assert collector.sent_twice() == []


def test_what_is_left_is_told_and_sent_by_hand(
    programs: Programs, collector: Collector
) -> None:
    """
    One line says how much, where to, why, where it is kept, and the command that
    sends it; the command does, and says so.
    """
    collector.down()
    done = programs.script(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    (line,) = done.lines()
    run = done.folder.name
    collector.up()

    assert line == (
        "otel-testkit: 6 spans and 2 log records not delivered to "
        f"127.0.0.1:{collector.port} (connection refused); kept in "
        f"store/runs/{run}: `otel-testkit send {run}` (delivery)"
    )

    sent = programs.send(run, "--endpoint", collector.url)
    again = programs.send(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)

    assert (sent.code, sent.out) == (
        0,
        f"{run}: sent 6 spans and 2 log records to 127.0.0.1:{collector.port}\n",
    )
    assert (again.code, again.out) == (
        0,
        f"{run}: nothing left to send\n",
    )
    assert sorted(collector.spans(), key=repr) == sorted(done.spans(), key=repr)


def test_what_was_left_out_stays_out(programs: Programs, collector: Collector) -> None:
    """
    Of a run whose failed tests alone were to be sent no others go later, unless
    somebody names it.
    """
    collector.down()
    done = programs.script(
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_TESTKIT_SEND="notable"
    )
    collector.up()
    programs.send(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    notable = [span.name for span in collector.spans()]
    programs.send(done.folder.name, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)

    assert notable == ["fails"]
    assert len(collector.spans()) == 6
    assert collector.sent_twice() == []


def test_sending_by_hand_says_what_it_cannot(
    programs: Programs, collector: Collector
) -> None:
    """
    Exit code 1 where something is left, or nothing was meant for where it should go,
    2 where it was asked wrongly.
    """
    done = programs.script()
    collector.behave(behaviours.refuses(401))
    refused = programs.send(done.folder.name, "--endpoint", collector.url)
    nowhere = programs.send(done.folder.name)
    bad = programs.send(done.folder.name, "--endpoint", "c:4318")
    unknown = programs.send("1999", "--endpoint", collector.url)
    none = programs.send("--endpoint", collector.url.replace("127.0.0.1", "localhost"))

    assert (refused.code, refused.err) == (1, "")
    assert refused.out == (
        f"{done.folder.name}: 6 spans and 2 log records left (401 Unauthorized)\n"
    )
    assert nowhere.code == bad.code == unknown.code == 2
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in nowhere.err
    assert "endpoint takes a URL" in bad.err
    assert none.code == 1
    assert "none was recorded to be sent to localhost" in none.out
    assert f"`otel-testkit send {done.folder.name}`" in none.out


def test_without_a_process_the_end_sends(
    programs: Programs, collector: Collector
) -> None:
    """
    Where nothing can be started, the same is done at exit, within its time.
    """
    text = f"import sys\nsys.executable = '/nowhere/python'{SCRIPT}"
    sent = programs.script(text, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    assert len(collector.spans()) == 6
    assert sent.lines() == []

    collector.behave(behaviours.silent)
    kept = programs.script(text, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    assert "6 spans and 2 log records not delivered" in kept.lines()[0]
    assert "Failed to export" not in kept.err
    assert kept.code == 3


def test_a_start_that_takes_too_long_is_no_warning(
    programs: Programs, collector: Collector
) -> None:
    """
    Nothing is told in a test of a process that was given up.
    """
    text = """
import gc, subprocess

class Slow(subprocess.Popen):
    def wait(self, timeout=None):
        raise subprocess.TimeoutExpired("sh", timeout)

subprocess.Popen = Slow
from otel_testkit import test_span
with test_span("first"):
    gc.collect()
print("done")
"""
    done = programs.script(
        text,
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        PYTHONWARNINGS="always::ResourceWarning",
    )

    assert (done.code, done.out) == (0, "done\n")
    assert "ResourceWarning" not in done.err
    wait_for(lambda: [span.name for span in collector.spans()] == ["first"])
    wait_for(lambda: not couriers(programs.store))


def test_the_tests_process_stays_as_it_was(
    programs: Programs, collector: Collector
) -> None:
    """
    It has no thread, no child and no file more than without an endpoint.
    """
    text = """
import os, threading
from otel_testkit import test_span

with test_span("looks"):
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        print("no child")
    print(threading.enumerate(), len(os.listdir("/proc/self/fd")))
"""
    alone = programs.script(text)
    sent = programs.script(text, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    mask = str.maketrans("", "", "0123456789")

    assert sent.out.startswith("no child\n")
    assert sent.out.translate(mask) == alone.out.translate(mask)
    assert sent.out.split()[-1] == alone.out.split()[-1]


def test_a_project_with_odd_modules(programs: Programs, collector: Collector) -> None:
    """
    The courier does not take the project's `requests.py` for the real one, nor is
    it measured or traced by what the tests are started with.
    """
    for name in ("requests.py", "logging_.py", "sitecustomize.py"):
        (programs.folder / name).write_text("raise SystemExit('taken')")
    done = programs.script(
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_TESTKIT_SEND_SECONDS="60",
        COVERAGE_PROCESS_START="nowhere.cfg",
    )

    assert len(collector.spans()) == 6
    assert done.lines() == []


def test_pytest_tells_what_was_sent(programs: Programs, collector: Collector) -> None:
    """
    Its summary has a line for what was sent, and one for what was not; a failing
    test stays one failing test.
    """
    shown = {"OTEL_TESTKIT_SHOW": "failed", "OTEL_TESTKIT_SEND_SECONDS": "60"}
    to = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    sent = programs.suite(SUITE, **shown, **to)
    spans = len(collector.spans())
    collector.down()
    kept = programs.suite(SUITE, **shown, **to)

    assert f"\n  sent   {spans} spans to 127.0.0.1:{collector.port}\n" in sent.out
    assert "not delivered" not in sent.out + sent.err
    assert f"\n  unsent {spans} spans not delivered to 127.0.0.1" in kept.out
    assert "(connection refused); kept in store/runs/" in kept.out
    assert sent.code == kept.code == 1
    assert kept.err == ""


def test_pytest_tells_at_exit_what_its_summary_does_not(
    programs: Programs, collector: Collector
) -> None:
    """
    With `--trace-show=none` there is no summary of ours: what was not delivered is
    told all the same.
    """
    collector.down()
    done = programs.suite(
        SUITE, "--trace-show=none", OTEL_EXPORTER_OTLP_ENDPOINT=collector.url
    )

    assert "not delivered" not in done.out
    assert "spans not delivered" in done.err


def test_a_run_goes_where_it_began(programs: Programs, collector: Collector) -> None:
    """
    Another endpoint in its middle is warned of.
    """
    text = f"""
import warnings, otel_testkit
from otel_testkit import test_span

with test_span("one"):
    pass
with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")
    otel_testkit.configure(endpoint="http://127.0.0.1:4")
    otel_testkit.configure(endpoint={collector.url!r})
print([str(one.message) for one in warned])
with test_span("two"):
    pass
"""
    done = programs.script(
        text,
        OTEL_TESTKIT_ENDPOINT=collector.url,
        OTEL_TESTKIT_SEND_SECONDS="60",
    )

    assert done.out == (
        "['the run is being sent already, to where it began (setting)']\n"
    )
    assert [span.name for span in collector.spans()] == ["one", "two"]
