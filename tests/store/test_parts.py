"""
Reading a run in parts gives what reading it at once gives.
"""

from __future__ import annotations

from functools import partial

import pytest

from otel_testkit.errors import UnreadableRun
from otel_testkit.store.parts import read_parts
from otel_testkit.store.read import StoredRun, read_run
from otel_testkit.trace import build
from otel_testkit.trace.build import load_parts


TRACES = [f"{number:032x}" for number in range(1, 9)]


@pytest.fixture
def run(run_folder):
    """
    Eight tests of four cases, one of them open, that ran at the same time.
    """
    tests = [
        run_folder.test(
            f"test_{number % 4}", 0.0, None if number == 5 else 9.0, trace_id=trace
        )
        for number, trace in enumerate(TRACES)
    ]
    for at in range(3):
        for number, (trace, test) in enumerate(zip(TRACES, tests, strict=True)):
            call = run_folder.call(
                *("GET", f"http://api/{number}", 200, at, at + 0.5, test),
                trace_id=trace,
                body="x" * 200,
            )
            run_folder.log("said", at + 0.1, call, trace_id=trace)
    run_folder.log("outside", 5.0, None, trace_id="")
    run_folder.write()

    return run_folder


def told(runs: list[StoredRun]) -> tuple[object, ...]:
    spans = sorted(
        (one.trace_id, one.span_id, one.name, one.start, one.end)
        for run in runs
        for one in run.spans
    )
    logs = sorted((one.trace_id or "", one.text) for run in runs for one in run.logs)

    return spans, logs, sum(run.damaged for run in runs), runs[0].header


@pytest.mark.parametrize("most", [1, 2_000, 10**9])
def test_all_parts_are_the_whole(run, most):
    """
    Nothing is lost between the parts, and nothing is told twice.
    """
    parts = list(read_parts(str(run.path), most_bytes=most))

    assert told([read_run(str(run.path))]) == told(parts)
    assert (len(parts) > 1) == (most < 10**9)


def test_damage_is_counted_once(run):
    """
    Torn lines, and lines of nobody, are counted as they are at once.
    """
    file = run.path / "traces.7-aa.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(
        b"".join([b"no JSON\n", b"\n", lines[0][:300] + b"\n", *lines[1:]])[:-30]
    )

    parts = list(read_parts(str(run.path), most_bytes=1))

    assert 3 == read_run(str(run.path)).damaged
    assert told([read_run(str(run.path))]) == told(parts)


def test_attempts_of_a_case_stay_together(run, monkeypatch):
    """
    However small a part is, a case is whole in one.
    """
    monkeypatch.setattr(build, "read_parts", partial(read_parts, most_bytes=1))

    runs = [part for part in load_parts(str(run.path)) if part.cases]

    assert sorted(f"test_{number}" for number in range(4)) == sorted(
        case.name for part in runs for case in part.cases
    )
    assert all(
        [1, 2] == [one.number for one in case.attempts]
        for part in runs
        for case in part.cases
    )


def test_a_file_is_one_part(run):
    """
    A file of OTLP/JSON lines may have lines of several traces: it is read at once.
    """
    (part,) = read_parts(str(run.path / "traces.7-aa.jsonl"), most_bytes=1)

    assert told([read_run(str(run.path / "traces.7-aa.jsonl"))]) == told([part])


def test_no_run(tmp_path):
    """
    Where no run is, that is said.
    """
    with pytest.raises(UnreadableRun, match="there is no run"):
        list(read_parts(str(tmp_path / "none")))
