"""
The command line, as a user types it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from otel_testkit.cli import main


@pytest.fixture
def store(failing_run, monkeypatch):
    """
    The store of the failing run, from within its project.
    """
    failing_run.write()
    directory = failing_run.path.parent.parent
    (directory.parent / "pyproject.toml").touch()
    monkeypatch.chdir(directory.parent)
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("OTEL_TESTKIT_DIR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

    return directory


@pytest.fixture
def run(store, capsys):
    """
    Run the command line; gives its exit code, and what it wrote.
    """

    def run_main(*arguments):
        code = main(arguments)

        return code, *capsys.readouterr()

    return run_main


def cases_of(shown):
    return re.findall(r"^── . (\S+)", shown, re.MULTILINE)


class TestShow:
    @pytest.mark.parametrize(
        "arguments",
        [
            (),
            ("7f3a",),
            (".otel-testkit/runs/2026-11-22T06-43-12-7f3a",),
            (".otel-testkit/runs/2026-11-22T06-43-12-7f3a/traces.7-aa.jsonl",),
            ("--dir", ".otel-testkit"),
        ],
    )
    def test_failed_tests(self, run, arguments):
        """
        The failed tests of the newest run, or of that which is named, are shown.
        """
        code, out, err = run("show", *arguments)

        assert (0, "") == (code, err)
        assert ["tests/test_insights.py::test_insight_is_created"] == cases_of(out)
        assert "1 failed, 2 passed in 9.4 s" in out

    def test_from_below(self, run, tmp_path, monkeypatch):
        """
        The project's runs are found from any folder in it.
        """
        (tmp_path / "deep" / "down").mkdir(parents=True)
        monkeypatch.chdir(tmp_path / "deep" / "down")

        assert 0 == run("show")[0]

    def test_directory_of_environment(self, run, store, tmp_path_factory, monkeypatch):
        """
        OTEL_TESTKIT_DIR says where the runs lie.
        """
        monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
        monkeypatch.setenv("OTEL_TESTKIT_DIR", str(store))

        assert 0 == run("show")[0]

    def test_nothing_failed(self, run, run_folder):
        """
        A run in which nothing failed says so, and how to see it nevertheless.
        """
        del run_folder.traces[:10], run_folder.opened[:10]
        run_folder.write()

        code, out, _ = run("show")

        assert 0 == code
        assert [
            "  no failed test (--all shows the others)",
            "  run    .otel-testkit/runs/2026-11-22T06-43-12-7f3a",
            "  2 passed in 400 ms",
        ] == out.splitlines()

    def test_all(self, run):
        """
        On request all tests are shown with all their spans.
        """
        _, out, _ = run("show", "--all")

        assert 3 == len(cases_of(out))
        assert 6 == out.count("/insights")

    @pytest.mark.parametrize(
        "name", ["test_refund", "tests/test_orders.py::test_refund", "refu"]
    )
    def test_case(self, run, name):
        """
        A test is found by its name, the last part of it, or any part, also when
        it passed.
        """
        _, out, _ = run("show", "--case", name)

        assert ["tests/test_orders.py::test_refund"] == cases_of(out)

    def test_trace(self, run):
        """
        A test is found by the id of its trace, or how that begins.
        """
        _, out, _ = run("show", "--trace", "BBBB")

        assert ["tests/test_insights.py::test_health"] == cases_of(out)

    def test_loose_spans(self, run, run_folder):
        """
        A run without tests, as from elsewhere, shows its spans.
        """
        file = run_folder.path / "foreign.jsonl"
        run_folder.traces.clear()
        run_folder.span("nightly job", 0, 1)
        file.write_text("\n".join(run_folder.traces))

        code, out, _ = run("show", str(file))

        assert 0 == code
        assert "── ○ nightly job ─ 1.0 s ─" in out

    def test_loose_trace(self, run, run_folder):
        """
        Spans without a test are found by their trace, too.
        """
        run_folder.span("job", 0, 1, trace_id="9" * 32)
        run_folder.write()

        assert "── ○ job ─ 1.0 s ─" in run("show", "--trace", "999")[1]

    def test_json(self, run):
        """
        For programs the failed tests are given as data.
        """
        _, out, _ = run("show", "--json")

        told = json.loads(out)
        assert {"failed": 1, "passed": 2} == told["run"]["counts"]
        (case,) = told["cases"]
        (attempt,) = case["attempts"]
        call = attempt["spans"][4]
        assert ("failed", 9.0) == (case["outcome"], attempt["duration"])
        assert "2026-11-22T06:43:12.420000Z" == call["start"]
        assert (0.42, 0.09, 429) == (call["offset"], call["duration"], call["status"])
        assert "POST lambda …/invocations" == call["summary"]
        assert attempt["spans"][0]["span_id"] == call["parent_span_id"]
        assert ["TooManyRequestsException"] == call["attributes"][
            "http.response.header.x-amzn-errortype"
        ]

    def test_json_of_logs(self, run, run_folder):
        """
        Log records stand with their attempt, or with the span that has no test.
        """
        test = run_folder.test("t", outcome="failed")
        failed = {"exception.type": "app.Declined", "code.line.number": 7, "sku": "a"}
        run_folder.log("not paid", 0.5, test, severity=17, level="ERROR", **failed)
        job = run_folder.span("job", 2, 3, trace_id="9" * 32)
        run_folder.log("said", 2.5, job, trace_id="9" * 32)
        run_folder.log("by nobody", 3, None, trace_id="8" * 32)
        run_folder.write()

        told = json.loads(run("show", "--json", "--all")[1])

        (case,) = [case for case in told["cases"] if case["name"] == "t"]
        (log,) = case["attempts"][0]["logs"]
        assert ("not paid", "ERROR", 17, "orders") == (
            log["message"],
            log["level"],
            log["severity"],
            log["logger"],
        )
        assert (test, 0.5, 7, None) == (
            log["span_id"],
            log["offset"],
            log["line"],
            log["file"],
        )
        assert "app.Declined" == log["error"]["type"]
        assert "a" == log["attributes"]["sku"]
        assert "2026-11-22T06:43:12.500000Z" == log["time"]
        assert ["by nobody"] == [log["message"] for log in told["logs"]]
        ((said,),) = [span["logs"] for span in told["loose"]]
        assert ("said", 0.5) == (said["message"], said["offset"])

    def test_json_of_what_json_has_not(self, run, run_folder):
        """
        Open spans, infinite numbers and foreign characters are valid JSON in ASCII.
        """
        numbers = {"double": float("inf"), "text": "\x1b[31m日本"}
        run_folder.test("test_hangs", 20, None, trace_id="9" * 32, **numbers)
        run_folder.write()

        _, out, _ = run("show", "--json", "--trace", "9")

        assert out.isascii()
        (span,) = json.loads(out)["cases"][0]["attempts"][0]["spans"]
        assert (None, "Infinity") == (span["duration"], span["attributes"]["double"])

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["xyz"], "there is no run 'xyz' in .*; `otel-testkit runs` lists them"),
            (
                ["--case", "test_refnd"],
                "no test 'test_refnd' .*did you mean tests/test_o",
            ),
            (
                ["--case", "?"],
                "no test '\\?' in run .*; `otel-testkit show --all` shows",
            ),
            (["--trace", "abc"], "there is no trace 'abc' in run 2026.*--all"),
            (["--dir", "nowhere"], "there is no run with tests in nowhere; run some"),
            (["\x1b[31m"], r"no run '\\x1b\[31m'"),
        ],
    )
    def test_not_found(self, run, arguments, said):
        """
        What is not there is named, with the remedy.
        """
        code, out, err = run("show", *arguments)

        assert (2, "") == (code, out)
        assert re.match("otel-testkit: .*" + said, err)

    @pytest.mark.parametrize(
        "text", ["", "\n", "junk\n", '{"a": 1}\n', '{\n"resourceSpans": []\n}\n']
    )
    @pytest.mark.parametrize("command", ["show", "report", "export --format=json"])
    def test_nothing_to_read(self, run, text, command):
        """
        A file in which there is no span is no run in which nothing failed.
        """
        with open("other.jsonl", "w", encoding="utf-8") as file:
            file.write(text)

        code, out, err = run(*command.split(), "other.jsonl")

        assert (2, "") == (code, out)
        assert re.fullmatch(
            "otel-testkit: there is nothing to read in other.jsonl: .* OTLP/JSON.*\n",
            err,
        )
        assert not [name for name in os.listdir() if name.endswith(".html")]

    def test_damaged_file(self, run, run_folder):
        """
        What can be read of a file is shown, whatever else is in it.
        """
        with open("other.jsonl", "w", encoding="utf-8") as file:
            file.write("junk\n" + "\n".join(run_folder.traces))

        code, out, _ = run("show", "other.jsonl")

        assert 0 == code
        assert "1 damaged record left out" in out


class TestRuns:
    def test_table(self, run, store):
        """
        The runs are listed with what became of them.
        """
        (store / "runs" / "2026-11-23T00-00-00-0000").mkdir()

        _, out, _ = run("runs")

        head, empty, failing = out.splitlines()
        assert ["run", "age", "size", "tests", "command"] == head.split()
        assert re.match("2026-11-23T00-00-00-0000 +- +0 B  -$", empty)
        assert re.match(r"2026-11-22T06-43-12-7f3a .* kB  1 failed, 2 passed", failing)

    def test_json(self, run, failing_run):
        """
        For programs the runs are given as data.
        """
        failing_run.header["command"] = "pytest -x"
        failing_run.write()

        (told,) = json.loads(run("runs", "--json")[1])

        assert ("2026-11-22T06-43-12-7f3a", "pytest -x") == (
            told["id"],
            told["command"],
        )
        assert {"failed": 1, "passed": 2} == told["counts"]

    def test_none(self, run):
        """
        A store without runs is said to be empty.
        """
        assert (0, "there are no runs in nowhere\n", "") == run(
            "runs", "--dir", "nowhere"
        )
        assert (0, "[]\n", "") == run("runs", "--dir", "nowhere", "--json")

    def test_newer_format(self, run, failing_run):
        """
        A run of a newer format does not hide the others.
        """
        failing_run.header["format"] = 99
        failing_run.write()

        assert 0 == run("runs")[0]


class TestProcess:
    def test_version(self, capsys):
        """
        The version is told.
        """
        with pytest.raises(SystemExit) as stop:
            main(["--version"])

        assert 0 == stop.value.code
        assert re.fullmatch(r"otel-testkit \d+\.\d+.*\n", capsys.readouterr().out)

    def test_no_command(self, capsys):
        """
        Without a command the commands are named.
        """
        with pytest.raises(SystemExit) as stop:
            main([])

        assert 2 == stop.value.code
        assert "COMMAND" in capsys.readouterr().err

    def test_module(self, store):
        """
        `python -m otel_testkit` is the same command.
        """
        done = subprocess.run(
            [sys.executable, "-m", "otel_testkit", "show"],
            cwd=store.parent,
            capture_output=True,
            check=True,
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
        )

        assert b"-- x tests/test_insights.py" in done.stdout

    @pytest.mark.parametrize(
        "arguments", [["show", "--all"], ["show", "--all", "--json"]]
    )
    def test_reader_went_away(self, run_folder, store, arguments):
        """
        A reader that stops early, as `head` does, is no error.
        """
        for number in range(3000):
            run_folder.step(f"step {number}", 0, 1, "0" * 15 + "1")
        run_folder.write()

        with subprocess.Popen(
            [sys.executable, "-m", "otel_testkit", *arguments],
            cwd=store.parent,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            process.stdout.readline()
            process.stdout.close()

            assert b"" == process.stderr.read()
        assert 141 == process.returncode

    def test_interrupted(self, run, monkeypatch):
        """
        Ctrl-C ends the command without a traceback.
        """

        def interrupt(_options):
            raise KeyboardInterrupt

        monkeypatch.setattr("otel_testkit.cli.commands.show", interrupt)

        assert (130, "", "") == run("show")

    def test_rich_is_loaded_late(self, store):
        """
        What needs no tree does not wait for what draws it.
        """
        code = (
            "import sys; from otel_testkit.cli import main; main(['runs', '--json']);"
            "assert not {'rich', 'jinja2'} & set(sys.modules)"
        )

        subprocess.run([sys.executable, "-c", code], cwd=store.parent, check=True)
