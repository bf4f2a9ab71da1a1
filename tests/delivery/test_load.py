"""
A hundred thousand spans, a slow collector, many workers: nothing is lost on the
way, nothing goes twice, and what waits, waits on disk.
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
import threading

from collections.abc import Iterator
from pathlib import Path

import pytest

from . import behaviours
from .checks import KEPT, check_all_there
from .collector import Collector
from .programs import Programs, holders


MEGABYTE = 1 << 20
MANY = """
import time
from otel_testkit import step, test_span

for number in range({tests}):
    with test_span(f"number {{number}}"):
        for place in range(9):
            with step(f"step {{place}}"):
                pass
open("ended", "w").write(str(time.monotonic()))
"""


class Memory:
    """
    Watches whoever holds a run of *store* open to send it, for its peak in bytes.
    """

    def __init__(self, store: Path) -> None:
        self._store = store
        self._ended = threading.Event()
        self.peak = 0

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        thread = threading.Thread(target=self._watch, daemon=True)
        thread.start()
        yield
        self._ended.set()
        thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.2):
            for process in holders(self._store):
                with contextlib.suppress(OSError):
                    status = (process / "status").read_text()
                    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
                    self.peak = max(self.peak, int(peak) * 1024)


def load(
    programs: Programs, collector: Collector, spans: int
) -> tuple[int, float, float]:
    """
    Record *spans* spans and have them sent, also those for which there was no time;
    gives the peak of the senders' memory, how long the process took to end, and
    how many spans had arrived by then.
    """
    memory = Memory(programs.store)
    to = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    with memory.watched():
        done = programs.script(MANY.format(tests=spans // 10), **to)
        live = sum(len(list(one.spans())) for one in collector.requests)
        assert len(done.lines()) <= 1
        if done.lines():
            found = KEPT.search(done.lines()[0].replace(",", ""))
            assert found is not None
            sent = programs.send(done.folder.name, **to)
            assert 0 == sent.code

    assert 0 == done.code
    assert spans == len(done.spans())
    check_all_there(collector, done)
    print(  # noqa: T201  # for `-rP`
        f"{spans} spans: exit {done.exit_seconds:.1f} s, {live} live, "
        f"peak {memory.peak / MEGABYTE:.0f} MB, {len(collector.requests)} requests"
    )

    return memory.peak, done.exit_seconds, live


@pytest.mark.timeout(240)
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
@pytest.mark.parametrize(
    ("spans", "pause"),
    [
        pytest.param(5_000, 0.0, id="some", marks=pytest.mark.matrix),
        pytest.param(5_000, 0.1, id="some, slowly"),
        pytest.param(100_000, 0.0, id="many", marks=pytest.mark.matrix),
        pytest.param(100_000, 0.1, id="many, slowly", marks=pytest.mark.matrix),
    ],
)
def test_many_spans(
    programs: Programs, collector: Collector, spans: int, pause: float
) -> None:
    """However many there are, all arrive, once, and memory does not grow with them."""
    if pause:
        collector.behave(behaviours.slow(pause))

    peak, exit_seconds, _ = load(programs, collector, spans)

    assert 10 * MEGABYTE < peak < 120 * MEGABYTE
    assert exit_seconds < 6


@pytest.mark.parametrize("workers", [pytest.param(8, marks=pytest.mark.matrix), 2])
def test_workers(programs: Programs, collector: Collector, workers: int) -> None:
    """Workers of xdist make one run, which is sent once."""
    suite = """
import time, pytest
from otel_testkit import step

@pytest.mark.parametrize("number", range(80))
def test_it(number):
    with step("inside"):
        time.sleep(0.01)
"""
    to = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}

    done = programs.suite(suite, "-p", "xdist", f"-n{workers}", **to)

    assert 0 == done.code
    assert "80 passed" in done.out
    assert done.folder.is_dir()
    assert 160 <= len(done.spans())
    if done.lines():  # of a machine that is slow
        programs.send(**to)
    check_all_there(collector, done)
    runs = {span.resource["otel_testkit.run.id"] for span in collector.spans()}
    assert {done.folder.name} == runs
    assert 1 == len(set(couriers(done.folder)))


def couriers(folder: Path) -> list[str]:
    """
    The endpoints that a run was meant for, each time that somebody took it.
    """
    lines = (folder / "delivery.jsonl").read_text().splitlines()

    return [str(entry["meant"]) for entry in map(json.loads, lines) if "meant" in entry]
