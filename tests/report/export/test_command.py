"""
`otel-testkit export`, as a user types it.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import threading
import zipfile

from pathlib import Path

import pytest

from otel_testkit.cli import main
from otel_testkit.diagnosis import explanation
from otel_testkit.report.export.formats import FORMATS


FAILING = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def store(failing_run, monkeypatch):
    """
    The store of the failing run, from within its project.
    """
    failing_run.write()
    directory = failing_run.path.parent.parent
    (directory.parent / "pyproject.toml").touch()
    monkeypatch.chdir(directory.parent)
    monkeypatch.delenv("OTEL_TESTKIT_DIR", raising=False)

    return directory


@pytest.fixture
def run(store, capsysbinary):
    """
    Run the command; gives its exit code, and what it wrote.
    """

    def run_export(*arguments):
        code = main(["export", *arguments])
        out, err = capsysbinary.readouterr()

        return code, out, err.decode()

    return run_export


def cases_in(out: bytes) -> list[str]:
    return [case["name"].rpartition("::")[2] for case in json.loads(out)["cases"]]


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_but_the_export(run, form) -> None:
    """
    Standard output is the export of the whole of the newest run, and nothing else; the
    same bytes go into a file.
    """
    code, out, err = run("--format", form)

    assert (0, "") == (code, err)
    assert out.startswith(b"## `tests/" if form == "markdown" else b"{")
    assert out.endswith(b"\n")
    assert b"\r" not in out
    assert (0, b"", "") == run("--format", form, "-o", "out")
    assert out == Path("out").read_bytes()
    assert ["out"] == [name for name in os.listdir() if name.startswith("out")]


def test_json_is_what_show_prints(run, capsysbinary) -> None:
    """
    The format json is that of `show --all --json`.
    """
    _, out, _ = run("--format", "json")

    main(["show", "--all", "--json"])

    assert out == capsysbinary.readouterr().out
    assert out == (json.dumps(json.loads(out), indent=1) + "\n").encode()
    assert ["test_insight_is_created", "test_health", "test_refund"] == cases_in(out)


def test_markdown_is_what_explain_prints(run, capsysbinary) -> None:
    """
    The format markdown is that of `explain --markdown`, for each attempt that failed,
    or for the one that is named.
    """
    _, out, _ = run("--format", "markdown")
    _, one, _ = run("--format", "markdown", FAILING[:5])
    _, passed, _ = run("--format", "markdown", "bbb")

    main(["explain", "test_insight_is_created", "--markdown"])

    assert out == one == capsysbinary.readouterr().out
    assert passed.startswith(b"## `tests/test_insights.py::test_health`\n\npassed")


def test_every_failed_attempt(run, failing_run) -> None:
    """
    A flaky test is told, and each failure of one that failed more than once.
    """
    failing_run.test("test_flaky", 0, 1, "failed", trace_id="d" * 32)
    failing_run.test("test_flaky", 1, 2, "failed", trace_id="e" * 32)
    failing_run.test("test_flaky", 2, 3, "passed", trace_id="f" * 32)
    failing_run.write()

    _, out, _ = run("--format", "markdown")

    assert [
        b"## `tests/test_insights.py::test_insight_is_created`",
        b"## `test_flaky`",
        b"## `test_flaky`",
    ] == [line for line in out.splitlines() if line.startswith(b"## ")]


def test_markdown_of_a_good_run(run, failing_run) -> None:
    """
    A run in which nothing failed says so.
    """
    del failing_run.traces[:-1], failing_run.opened[:-1]
    failing_run.write()

    assert (
        b"No test failed in run 2026-11-22T06-43-12-7f3a.\n"
        == run("--format", "markdown")[1]
    )


@pytest.mark.parametrize(
    ("arguments", "cases"),
    [
        (("7f3a",), 3),
        ((".otel-testkit/runs/2026-11-22T06-43-12-7f3a",), 3),
        ((".otel-testkit/runs/2026-11-22T06-43-12-7f3a/traces.7-aa.jsonl",), 3),
        ((FAILING,), 1),
        ((FAILING[:6].upper(),), 1),
        (("7f3a", "--trace", "ccc"), 1),
        (("--case", "test_health"), 1),
    ],
)
def test_run_or_trace(run, arguments, cases) -> None:
    """
    A run is named as for `show`; what is no run is how a trace's id begins.
    """
    code, out, _ = run("--format", "json", *arguments)

    assert 0 == code
    assert cases == len(cases_in(out))


def test_trace_of_an_older_run(run, failing_run) -> None:
    """
    A trace is found in whichever run it is.
    """
    later = failing_run.path.parent / "2026-11-23T00-00-00-aaaa"
    failing_run.path.rename(later.with_name("2026-11-22T06-43-12-7f3a"))
    later.mkdir()
    traces = failing_run.line(
        {
            "traceId": "9" * 32,
            "spanId": "1" * 16,
            "name": "t",
            "startTimeUnixNano": "5",
            "attributes": [
                {"key": "test.case.name", "value": {"stringValue": "test_later"}}
            ],
        }
    )
    (later / "traces.1-a.jsonl").write_text(traces, "utf-8")

    assert ["test_later"] == cases_in(run("--format", "json")[1])
    assert ["test_insight_is_created"] == cases_in(
        run("--format", "json", FAILING[:9])[1]
    )


def test_only_that_trace(run) -> None:
    """
    OTLP of a trace has the spans of that trace alone.
    """
    _, out, _ = run("--format", "otlp", "--case", "test_health")

    (line,) = out.splitlines()
    ((span,),) = (
        of_scope["spans"]
        for of_resource in json.loads(line)["resourceSpans"]
        for of_scope in of_resource["scopeSpans"]
    )
    assert "b" * 32 == span["traceId"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--format", "har", "0123"), "nor is there a trace whose id begins so"),
        (("--format", "har", "nothing"), "there is no run 'nothing'"),
        (("--format", "har", "--case", "test_none"), "there is no test 'test_none'"),
        (("--format", "har", "--trace", "f"), "there is no trace 'f'"),
        (
            ("--format", "har", "-o", "pyproject.toml/run.har"),
            "pyproject.toml/run.har cannot be written",
        ),
        (("--format", "har", "-o", "."), ". cannot be written"),
    ],
)
def test_asked_wrongly(run, arguments, problem) -> None:
    """
    What is not there, or cannot be written, is said in a line; exit code 2.
    """
    code, out, err = run(*arguments)

    assert (2, b"") == (code, out)
    assert err.startswith("otel-testkit: ")
    assert problem in err
    assert 1 == err.count("\n")


def test_folders_are_made(run) -> None:
    """
    The file goes into the folder that was named, even if that is not there yet.
    """
    assert (0, b"", "") == run("--format", "json", "-o", "new/deep/run.json")
    assert cases_in(Path("new/deep/run.json").read_bytes())


@pytest.mark.parametrize("arguments", [("--format", "xml"), ()])
def test_formats_are_named(run, capsysbinary, arguments) -> None:
    """
    A format that there is not, or none, is answered with those that there are.
    """
    with pytest.raises(SystemExit) as caught:
        run(*arguments)

    err = capsysbinary.readouterr().err.decode()

    assert 2 == caught.value.code
    assert all(form in err for form in FORMATS)


def test_damage_is_told(run, failing_run) -> None:
    """
    What could not be read is counted, beside the export and not in it.
    """
    failing_run.traces.append('{"resourceSp')
    failing_run.write()

    code, out, err = run("--format", "otlp")

    assert 0 == code
    assert "otel-testkit: lines and records left out as damaged: 1\n" == err
    assert all(json.loads(line) for line in out.splitlines())


def test_a_file_is_whole_or_not_at_all(run, monkeypatch) -> None:
    """
    Where writing fails, what was there before stays, and nothing else does.
    """
    Path("out").write_text("before")
    monkeypatch.setattr(os, "replace", _refuse)

    code, _, err = run("--format", "har", "-o", "out")

    assert (2, "otel-testkit: out cannot be written: no\n") == (code, err)
    assert "before" == Path("out").read_text()
    assert ["out"] == [name for name in os.listdir() if name.startswith("out")]


def _refuse(*_: object) -> None:
    raise OSError(28, "no")


@pytest.mark.skipif(sys.platform == "win32", reason="no such files there")
def test_links_and_pipes_stay(run) -> None:
    """
    A link leads to the new file, and a pipe is written to, not replaced.
    """
    Path("real").write_text("before")
    Path("link").symlink_to("real")
    os.mkfifo("pipe")
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(Path("pipe").read_bytes()))
    reader.start()

    assert 0 == run("--format", "har", "-o", "link")[0]
    assert 0 == run("--format", "har", "-o", "pipe")[0]
    reader.join(60)

    assert Path("link").is_symlink()
    assert [Path("real").read_bytes()] == read
    assert b'"log"' in read[0]


@pytest.mark.skipif(sys.platform == "win32", reason="no such signal there")
def test_a_reader_that_went_away(run, failing_run) -> None:
    """
    Who reads only the beginning is not told off.
    """
    for number in range(200):
        failing_run.test(f"test_{number}", 1, 2, trace_id=f"{number + 1:032x}")
    failing_run.write()

    done = subprocess.run(
        f"{sys.executable} -m otel_testkit export --format json | head -c 1",
        shell=True,
        check=False,
        capture_output=True,
        timeout=60,
    )

    assert (b"{", b"") == (done.stdout, done.stderr)


def test_the_commands_of_the_page_work(run) -> None:
    """
    Every command of docs/exports.md can be given as it stands.
    """
    page = Path(__file__).parents[3] / "docs" / "exports.md"
    commands = re.findall(
        r"^\$ otel-testkit export ([^#\n]*)", page.read_text("utf-8"), re.MULTILINE
    )

    assert 7 == len(commands)
    for command in commands:
        assert 0 == run(*shlex.split(command))[0]


@pytest.mark.skipif(sys.platform != "linux", reason="split is GNU's")
def test_an_archive_for_aspire(run) -> None:
    """
    The line of docs/exports.md makes an archive of whole documents.
    """
    page = Path(__file__).parents[3] / "docs" / "exports.md"
    (command,) = re.findall(r"^\$ (split .*)", page.read_text("utf-8"), re.MULTILINE)
    run("--format", "otlp", "-o", "run.jsonl")

    subprocess.run(command, shell=True, check=True, timeout=60)

    with zipfile.ZipFile("run.zip") as archive:
        (name,) = archive.namelist()
        assert name.endswith(".json")
        assert ["resourceSpans"] == list(json.loads(archive.read(name)))


def test_other_runs_are_read_once(run, store, failing_run, monkeypatch) -> None:
    """
    However many tests failed, each other run of the store is read but once.
    """
    for number in range(3):
        trace = f"{number + 1:032x}"
        failing_run.test(
            f"tests/test_{number}.py::test_it", 9, 10, "failed", trace_id=trace
        )
    failing_run.write()
    earlier = type(failing_run)(store / "runs" / "2026-11-21T06-43-12-0000")
    earlier.test("tests/test_1.py::test_it", 0.0, 1.0, trace_id="e" * 32)
    earlier.write()
    read: list[str] = []
    load = explanation.load
    monkeypatch.setattr(
        explanation,
        "load",
        lambda path, **told: read.append(path) or load(path, **told),
    )

    _, out, _ = run("--format", "markdown")

    assert 4 == out.count(b"## `tests/")
    assert [str(earlier.path)] == read
    assert b"Beside 1 passing attempt in 1 run" in out
