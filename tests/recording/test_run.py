"""
What is said of a run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from pathlib import Path

import pytest

from otel_testkit.recording.run import _command
from otel_testkit.store.read import may_hold_failures


BIN = os.path.dirname(sys.executable)
PROGRAM = """
import os, sys
import otel_testkit

with otel_testkit.test_span("good"):
    print("out")
    os.fork() or os._exit(0)
if "--fail" in sys.argv:
    with otel_testkit.test_span("bad"):
        raise LookupError("nothing here")
"""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([sys.executable, "a.py", "-x"], [os.path.basename(sys.executable), "a.py", "-x"]),
        ([sys.executable, f"{BIN}/pytest", "-q"], ["pytest", "-q"]),
        (["python3"], ["python3"]),
        ([], []),
    ],
)  # fmt: skip
def test_the_command_is_as_it_would_be_typed(
    words: list[str], expected: list[str]
) -> None:
    """
    No folder of the interpreter, and no interpreter before a command beside it.
    """
    assert expected == _command(words)


def _run(
    tmp_path: Path, *words: str, **environ: str
) -> subprocess.CompletedProcess[str]:
    program = tmp_path / "nightly.py"
    program.write_text(PROGRAM)
    known = {k: v for k, v in os.environ.items() if not k.startswith("OTEL_TESTKIT")}

    return subprocess.run(
        [sys.executable, str(program), *words],
        cwd=tmp_path,
        env={**known, "COLUMNS": "80", **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_failed_tests_are_printed_when_a_script_ends(tmp_path: Path) -> None:
    """
    On standard error, once, by the process that began the run; the exit code
    and standard output are the script's.
    """
    done = _run(tmp_path, "--fail")

    assert (1, "out\n") == (done.returncode, done.stdout)
    assert 1 == done.stderr.count("── ✗ bad ─ error ─")
    assert "good" not in done.stderr.split("── ✗ bad")[1]


def test_nothing_is_said_when_all_went_well(tmp_path: Path) -> None:
    """
    A script whose tests pass says what it says itself.
    """
    done = _run(tmp_path)

    assert (0, "out\n", "") == (done.returncode, done.stdout, done.stderr)


def test_a_large_run_without_failures_is_not_read(tmp_path: Path) -> None:
    """
    Whether any test has failed is seen without reading the run.
    """
    store = tmp_path / ".otel-testkit" / "runs"
    for words, expected in (((), False), (("--fail",), True)):
        _run(tmp_path, *words, OTEL_TESTKIT_SHOW="none")
        newest = max(store.iterdir())

        assert expected == may_hold_failures(str(newest))

    (newest / "open.1-aa.jsonl").write_text("")
    next(newest.glob("traces.*")).write_text("")

    assert may_hold_failures(str(newest))


def test_nothing_is_printed_when_it_is_not_wanted(tmp_path: Path) -> None:
    """
    `show` set to none prints no test; the record is there.
    """
    done = _run(tmp_path, "--fail", OTEL_TESTKIT_SHOW="none")

    assert "✗" not in done.stderr
    assert 1 == len(list(tmp_path.glob(".otel-testkit/runs/*/run.json")))


def test_the_header_tells_what_was_run(tmp_path: Path) -> None:
    """
    Command, project, versions and the tags of the run, the command masked.
    """
    _run(tmp_path, "--password", "hunter2", OTEL_TESTKIT_TAGS="team=x")
    (path,) = tmp_path.glob(".otel-testkit/runs/*/run.json")
    header = json.loads(path.read_text("utf-8"))

    assert header["run"] == path.parent.name
    assert header["command"].endswith("nightly.py --password REDACTED")
    assert {"key": "team", "value": {"stringValue": "x"}} in header["resource"]


def test_old_runs_go_when_a_run_ends(tmp_path: Path) -> None:
    """
    `keep_runs` is kept to, the run that just ended among them.
    """
    for _ in range(4):
        _run(tmp_path, OTEL_TESTKIT_KEEP_RUNS="2")

    assert 2 == len(list(tmp_path.glob(".otel-testkit/runs/*")))
