"""
`explain`, `flaky` and `runs add`: from a store with a history to why a test failed.
"""

from __future__ import annotations

import json
import re
import zipfile

from pathlib import Path
from typing import Any

import pytest

from markdown_it import MarkdownIt

from otel_testkit.cli import main
from otel_testkit.diagnosis.explanation import explain
from otel_testkit.store.read import read_run
from otel_testkit.trace import load
from tests.conftest import SECOND, START, RunFolder, exception


CASE = "tests/test_orders.py::test_order"


def day(
    store: Path,
    number: int,
    *,
    status: int = 201,
    case: str = CASE,
    body: str = '{"code": "rate_limited", "message": "Too many requests"}',
) -> RunFolder:
    """
    A run in which one test makes an order; it fails unless the answer is 201.
    """
    run = RunFolder(store / "runs" / f"2026-11-{number:02}T06-43-12-7f3a")
    run.trace_id = f"{number:032x}"
    is_good = status == 201
    at = (number - 40) * 86_400.0
    test = run.test(
        case,
        at,
        at + 2.0,
        "passed" if is_good else "failed",
        trace_id=f"{number:032x}",
        exceptions=[]
        if is_good
        else [
            exception("AssertionError", f"assert {status} == 201")
            | {"timeUnixNano": str(START + round(at + 1) * SECOND)}
        ],
    )
    run.call("GET", "http://api.test/stock", 200, at + 0.1, at + 0.2, test)
    run.call(
        "POST",
        "http://api.test/orders",
        status,
        at + 0.5,
        at + 0.6,
        test,
        body="{}" if is_good else body,
    )
    run.test(
        "tests/test_orders.py::test_other", at + 2, at + 3, trace_id=f"{number:031x}e"
    )
    run.write()

    return run


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """
    A store in which the test has passed on nine days and failed on three.
    """
    directory = tmp_path / "store"
    for number in range(1, 13):
        day(directory, number, status=429 if number in (4, 8, 11) else 201)
    monkeypatch.setenv("OTEL_TESTKIT_DIR", str(directory))
    monkeypatch.setenv("COLUMNS", "100")

    return directory


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0, capsys.readouterr().err

    return capsys.readouterr().out


def test_the_cause_and_the_difference_are_told(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    The last failure is explained by what it says itself, and beside all the attempts
    of the store: in how many of them that is so.
    """
    out = " ".join(told(capsys, "explain", "test_order").split())

    assert "cause rate limited (certain): POST api /orders → 429" in out
    assert "next " in out
    assert re.search(
        r"diff [^;]*429[^;]* instead of 201[^;]*; in 3 of 3 failing attempts, in 0 of "
        r"9 passing ones \(p = 0\.005\)",
        out,
    )
    assert "beside 9 passing and 2 more failing attempts in 11 runs" in out
    assert f"trace {11:032x}" in out


def test_it_can_be_told_as_json(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    With all that a program may want to know, and ids that lead to the spans.
    """
    found = json.loads(told(capsys, "explain", CASE, "--json"))
    spans = {span["span_id"]: span for span in found["attempt"]["spans"]}
    (first, *_), (difference, *_) = found["findings"], found["differences"]

    assert first["cause"] == "rate limited"
    assert spans[first["evidence"][0]]["status"] == 429
    assert spans[difference["evidence"][0]]["status"] == 429
    assert (difference["failing"], difference["passing"]) == ([3, 3], [0, 9])
    assert difference["proved"] is True
    assert (found["failing"], found["passing"]) == (3, 9)


def test_it_can_be_told_as_markdown(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    To be pasted: the cause, the exchange that shows it, what differs, what happened
    before, and how to see it again.
    """
    out = told(capsys, "explain", CASE, "--markdown")
    sections = re.findall(r"^### (.*)$", out, re.MULTILINE)

    assert sections == [
        "Cause",
        "Evidence",
        "What differs from passing attempts",
        "What happened before",
        "Reproduce",
    ]
    assert "POST http://api.test/orders" in out
    assert '{"code": "rate_limited", "message": "Too many requests"}' in out
    assert f"otel-testkit show 2026-11-11T06-43-12-7f3a --trace {11:032x}" in out


@pytest.mark.parametrize(
    "hostile",
    ["```\n# not mine\n<script>", "`` ` ```` [a](http://b) **c** @d", "|\n\n---\n## e"],
)
def test_markdown_quotes_what_others_wrote(
    hostile: str, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Nothing that a server says becomes a heading, a link or HTML.
    """
    day(store, 20, status=400, body=json.dumps({"message": hostile, "code": hostile}))
    out = told(capsys, "explain", CASE, "--markdown")
    html = MarkdownIt().render(out)

    assert set(re.findall(r"<(\w+)", html)) <= {
        *("h2", "h3", "p", "ul", "ol", "li", "strong", "code", "pre")
    }
    assert re.findall(r"<h\d>(.*?)</h\d>", html)[1:] == [
        "Cause",
        "Evidence",
        "What differs from passing attempts",
        "What happened before",
        "Reproduce",
    ]


def test_one_attempt_can_be_told_and_compared_with_one(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    A trace says which attempt, `--against` which other one, `--run` in which run.
    """
    one = json.loads(told(capsys, "explain", f"{8:032x}", "--json"))
    two = json.loads(
        told(capsys, "explain", f"{8:032x}", "--against", f"{9:032x}", "--json")
    )
    run = json.loads(
        told(capsys, "explain", CASE, "--run", "2026-11-04T06-43-12-7f3a", "--json")
    )

    assert one["attempt"]["trace_id"] == f"{8:032x}"
    assert (one["failing"], one["passing"]) == (3, 9)
    assert (two["failing"], two["passing"]) == (1, 1)
    assert run["attempt"]["trace_id"] == f"{4:032x}"
    assert (run["failing"], run["passing"]) == (3, 9)


@pytest.mark.parametrize(
    ("test", "says"),
    [
        ("test_oder", "did you mean tests/test_orders.py::test_order"),
        ("test_other", "has not failed in any of these runs"),
    ],
)
def test_what_cannot_be_explained_is_said(
    test: str, says: str, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    No such test, or none that failed: exit code 2, and a line.
    """
    assert main(["explain", test]) == 2
    assert says in capsys.readouterr().err


def test_an_empty_store_has_nothing_to_explain(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    It says so.
    """
    assert main(["explain", "test_a", "--dir", str(tmp_path)]) == 2
    assert "there are no runs" in capsys.readouterr().err


def test_only_what_is_needed_is_read(store: Path) -> None:
    """
    Of a case all spans are read, of the others their tests alone.
    """
    folder = day(store, 21)
    folder.trace_id = "f" * 32
    test = folder.test("tests/test_much.py::test_much", 5, 6, trace_id="f" * 32)
    folder.call("GET", "http://api.test/much", 200, 5.1, 5.2, test)
    folder.write()
    stored = read_run(str(folder.path), case=CASE)

    assert sorted(span.name for span in stored.spans) == [
        "GET",
        "POST",
        "tests/test_much.py::test_much",
        CASE,
        "tests/test_orders.py::test_other",
    ]


def test_a_failure_of_another_kind_is_not_counted(store: Path) -> None:
    """
    What failed with another exception is no witness for this one.
    """
    other = RunFolder(store / "runs" / "2026-11-25T06-43-12-7f3a")
    other.test(
        CASE,
        outcome="failed",
        trace_id=f"{25:032x}",
        exceptions=[exception("KeyError", "'id'")],
    )
    run = load(other.write())
    (attempt,) = run.cases[0].attempts
    folders = [str(one) for one in sorted((store / "runs").iterdir())]
    found = explain(run, attempt, folders)

    assert found.comparison.failing == 1
    assert found.comparison.passing == 9


def test_flaky_lists_what_fails(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    With how often, and between which bounds; and those alone that have failed.
    """
    table = told(capsys, "flaky")
    (found,) = json.loads(told(capsys, "flaky", "--json"))

    assert re.search(
        rf"^{CASE} +flaky +3 of 12 +2\d% +\d+% to \d+%", table, re.MULTILINE
    )
    assert "test_other" not in table
    assert (found["case"], found["state"]) == (CASE, "flaky")
    assert (found["failures"], found["attempts"]) == (3, 12)
    assert found["interval"][0] < found["rate"] < found["interval"][1]


def test_flaky_can_be_asked_for_less(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    For the last days, or for tests that ran often enough.
    """
    assert "none of the tests asked for has failed" in told(
        capsys, "flaky", "--min-runs", "13"
    )
    assert json.loads(told(capsys, "flaky", "--since", "0", "--json")) == []


@pytest.mark.parametrize("form", ["folder", "zip"])
def test_runs_of_ci_are_added(
    form: str, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    An artifact is searched for runs; those that are there already stay as they are,
    and files that are no part of a run stay out.
    """
    artifact = tmp_path / "artifact"
    for number in (12, 27, 28):
        folder = day(artifact / "deep" / "down", number, status=429).path
        (folder / "evil.sh").write_text("echo")
    path = artifact
    if form == "zip":
        path = tmp_path / "artifact.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in artifact.rglob("*"):
                archive.write(file, file.relative_to(artifact))
            archive.writestr("../../climbed/run.json", "{}")
    out = told(capsys, "runs", "add", str(path))
    (found,) = json.loads(told(capsys, "flaky", "--json"))

    assert out == f"{path}: 2 runs added\n"
    assert (found["failures"], found["attempts"]) == (5, 14)
    assert not list(store.rglob("evil.sh"))
    assert not (tmp_path.parent / "climbed").exists()


@pytest.mark.parametrize("path", ["nowhere", "empty", "text.zip"])
def test_what_holds_no_runs_is_said(
    path: str, store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Exit code 2, and a line.
    """
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.zip").write_text("no archive")

    assert main(["runs", "add", str(tmp_path / path)]) == 2
    assert path in capsys.readouterr().err


def test_the_tree_of_a_run_tells_the_cause(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Where a failed test is shown, its cause is; in JSON its findings are.
    """
    run = "2026-11-11T06-43-12-7f3a"
    shown = told(capsys, "show", run)
    plain: dict[str, Any] = json.loads(told(capsys, "show", run, "--json"))
    (attempt,) = plain["cases"][0]["attempts"]

    assert "  cause  rate limited (certain): POST api /orders → 429" in shown
    assert attempt["findings"][0]["cause"] == "rate limited"


def test_a_test_that_asked_nobody_has_no_cause_line(
    run_folder: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Its error says it all.
    """
    run_folder.test("t", outcome="failed", exceptions=[exception("E", "no")])

    assert "cause" not in told(capsys, "show", run_folder.write())
