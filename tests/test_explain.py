"""
`explain`, `flaky` and `runs add`: from a store with a history to why a test failed.
"""

from __future__ import annotations

import json
import re
import shutil
import zipfile

from pathlib import Path
from typing import Any

import pytest

from markdown_it import MarkdownIt

from otel_testkit import errors
from otel_testkit.cli import main
from otel_testkit.diagnosis.explanation import explain, explain_briefly
from otel_testkit.report.markdown import failed_tests
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


def test_several_tests_are_not_one(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Where a part of a name fits several tests that failed they are listed, and none is
    explained; one that has that name is meant by it.
    """
    number = 22
    run = day(store, number, status=429, case="tests/test_orders.py::test_order[1.5]")
    for place, name in enumerate(("test_order[a]", "test_orders", "test_reorder")):
        run.test(
            f"tests/test_more.py::{name}",
            outcome="failed",
            trace_id=f"{place + 1}" * 32,
        )
    run.write()

    assert main(["explain", "order["]) == 2
    said = capsys.readouterr().err
    assert said.splitlines() == [
        "otel-testkit: 'order[' may mean 2 tests that failed; name one of them:",
        "- tests/test_orders.py::test_order[1.5]",
        "- tests/test_more.py::test_order[a]",
    ]
    assert main(["explain", "0000"]) == 2
    assert "may mean 2 traces" in capsys.readouterr().err
    assert "test_orders.py::test_order[1.5] " in told(
        capsys, "explain", "test_order[1.5]"
    )
    assert "test_more.py::test_orders " in told(capsys, "explain", "test_orders")


def test_a_name_goes_before_a_part_of_one(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    A test that is called so is meant in whichever run it failed, not a later one whose
    name merely begins like that; nor where it has never failed.
    """
    run = day(store, 22, status=429, case="tests/test_more.py::test_orders[0]")
    run.test("test_others", 3, 4, "failed", trace_id="d" * 32)
    run.write()

    assert f"trace  {11:032x}" in told(capsys, "explain", "test_order")
    assert f"trace  {22:032x}" in told(capsys, "explain", "test_orders")
    assert f"trace  {22:032x}" in told(capsys, "explain", "orders[")
    assert main(["explain", "test_other"]) == 2
    assert "has not failed in any of these runs" in capsys.readouterr().err


def test_what_repeats_is_folded(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    A thousand equal polls are a line, and so are the log records that came of them;
    all steps are there.
    """
    run = RunFolder(store / "runs" / "2026-11-30T06-43-12-7f3a")
    test = run.test("test_polls", 0, 50, "failed")
    for number in range(40):
        run.step(f"step {number}", number / 100, (number + 1) / 100, test)
    for number in range(1000):
        at = 1 + number * 0.04
        run.call("GET", "http://api.test/job", 202, at, at + 0.01, test)
        run.log(f"poll {number}", at, test, severity=9, level="INFO")
    run.write()
    out = told(capsys, "explain", "test_polls")
    pasted = told(capsys, "explain", "test_polls", "--markdown")

    assert "10.0 s GET api /job 202 1000 times\n" in pasted
    assert "(1 before these)" in pasted
    assert len(out.splitlines()) < 60
    assert all(f"─ step {number} " in out for number in range(40))
    assert re.search(r"GET  api /job +202.1000 .* 10\.0 s$", out, re.MULTILINE)
    assert re.search(r"INFO orders +poll 0 +.1000$", out, re.MULTILINE)


def test_the_only_one_that_failed_is_meant(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    That others have such a name is said beside; and which run was taken.
    """
    assert main(["explain", "test_o"]) == 0
    out, said = capsys.readouterr()

    assert said == (
        f"otel-testkit: {CASE} is the only one of 2 tests with 'test_o' in their names "
        "that failed in run 2026-11-11T06-43-12-7f3a\n"
    )
    assert "2026-11-11T06-43-12-7f3a" in out.splitlines()[-2]


def test_a_failure_whose_run_is_gone_is_told(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Its history outlives it, and says so; `flaky` still knows why it failed.
    """
    table = told(capsys, "flaky")
    for number in (4, 8, 11):
        shutil.rmtree(store / "runs" / f"2026-11-{number:02}T06-43-12-7f3a")

    assert main(["explain", "test_order"]) == 2
    assert (
        f"{CASE} failed last in run 2026-11-11T06-43-12-7f3a, which is gone"
        in capsys.readouterr().err
    )
    assert told(capsys, "flaky") == table
    assert "rate limited (certain): POST api /orders → 429 rate_limited" in table


def test_the_whole_history_is_asked(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Runs that have been pruned since they were read count as ever.
    """
    told(capsys, "flaky")
    shutil.rmtree(store / "runs")
    for number in range(13, 33):
        day(store, number)
    (found,) = json.loads(told(capsys, "flaky", "--json"))

    assert (found["failures"], found["attempts"]) == (3, 32)
    assert found["state"] == "fixed"
    assert found["last_failure"]["gone"] is True


@pytest.mark.parametrize("command", ["explain", "flaky"])
def test_an_interrupt_says_nothing(
    command: str,
    store: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """
    Who presses Ctrl-C knows it.
    """

    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("otel_testkit.diagnosis.explanation.diagnose", interrupted)

    assert main([command, *["test_order"] * (command == "explain")]) == 130
    assert capsys.readouterr() == ("", "")


def test_what_nobody_can_make_sense_of_costs_the_cause(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    And nothing else of what is told.
    """

    def strange(*_: Any, **__: Any) -> None:
        raise RuntimeError

    for name in ("diagnose", "compare"):
        monkeypatch.setattr(f"otel_testkit.diagnosis.explanation.{name}", strange)
    out = told(capsys, "explain", "test_order")

    assert "cause  no known cause" in out
    assert f"trace  {11:032x}" in out
    assert errors.troubles()


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
    stored = read_run(str(folder.path), cases=[CASE])

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
    assert json.loads(told(capsys, "flaky", "--since", "1e-9", "--json")) == []
    assert json.loads(told(capsys, "flaky", "--since", "1e308", "--json"))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--since", "0"], "'0' is no number of days above 0"),
        (["--since=-1"], "'-1' is no number of days above 0"),
        (["--since", "nan"], "'nan' is no number of days above 0"),
        (["--min-runs", "0"], "'0' is no whole number from 1 on"),
        (["--min-runs", "many"], "'many' is no whole number from 1 on"),
    ],
)
def test_what_flaky_cannot_be_asked_is_refused(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Rather than answered with an empty table: exit code 2.
    """
    with pytest.raises(SystemExit) as stop:
        main(["flaky", *arguments])

    assert stop.value.code == 2
    assert says in capsys.readouterr().err


def test_an_empty_store_has_no_flaky_tests(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    It says so, in the words of `runs`, and stays as it was.
    """
    store = tmp_path / "none"

    assert told(capsys, "flaky", "--dir", str(store)).replace("\n", "") == (
        f"there are no runs in {store}"
    )
    assert told(capsys, "flaky", "--dir", str(store), "--json") == "[]\n"
    assert not store.exists()


def test_flaky_tells_causes_and_what_fails_together(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Each test has the cause of its last failure below; those that fail together share
    a line; and where there are too few attempts no rate is told.
    """
    for number in (4, 8):
        run = RunFolder(store / "runs" / f"2026-12-{number:02}T06-43-12-7f3a")
        for place, name in enumerate("ab"):
            trace_id = f"{number}{place}".rjust(32, "e")
            test = run.test(name, number, number + 1, "failed", trace_id=trace_id)
            run.call("GET", f"http://api.test/{name}", 503, number, number + 0.5, test)
        run.write()
    lines = told(capsys, "flaky").splitlines()
    found = json.loads(told(capsys, "flaky", "--json"))

    assert re.search(r"^a +broken +2 of 2 +too few +-$", lines[1])
    assert lines[2].startswith("  service unavailable (likely): GET api /a → 503")
    assert "together in 2 runs: a, b" in lines
    at = lines.index("together in 2 runs: a, b")
    assert lines[at + 1].startswith("  service unavailable (likely)")
    assert [one["fails_with"] for one in found] == [["b"], ["a"], []]
    assert found[0]["cause"].startswith("service unavailable (likely)")
    assert found[0]["last_failure"]["run"] == "2026-12-08T06-43-12-7f3a"


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


def test_every_report_tells_the_first_difference(
    store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    From what passes, and passed and failed in the latest runs of the store: in the
    tree, in JSON and in the summary of a CI job.
    """
    run = "2026-11-11T06-43-12-7f3a"
    folder = str(store / "runs" / run)
    shown = " ".join(told(capsys, "show", run).split())
    plain: dict[str, Any] = json.loads(told(capsys, "show", run, "--json"))
    (attempt,) = plain["cases"][0]["attempts"]
    table = failed_tests(load(folder))

    says = "429 instead of 201; in 3 of 3 failing attempts, in 0 of 7 passing ones"
    assert f"diff POST api /orders: {says} (p = 0.008) test" in shown
    assert attempt["difference"]["statement"].startswith(f"POST api /orders: {says}")
    assert f"<br>POST api /orders&#58; {says} (p = 0.008) |" in table


def test_a_difference_that_says_nothing_is_not_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    That a test ran after another one, for once, is an accident.
    """
    for number in (4, 5):
        day(tmp_path, number)
    run = RunFolder(tmp_path / "runs" / "2026-11-03T06-43-12-7f3a")
    run.resource["otel_testkit.worker"] = "gw7"
    test = run.test(CASE, 0, 2, "failed", trace_id="a" * 32)
    run.call("GET", "http://api.test/stock", 200, 0.1, 0.2, test)
    run.call("POST", "http://api.test/orders", 201, 0.5, 0.6, test, body="{}")
    run.write()

    shown = told(capsys, "show", run.path.name, "--dir", str(tmp_path))

    assert "1 failed" in shown
    assert "  diff " not in shown


def test_what_takes_too_long_is_left_out(store: Path) -> None:
    """
    Printing a run does not wait for its history: none is read where there is no time,
    and no run that is too large for it.
    """
    run = load(str(store / "runs" / "2026-11-11T06-43-12-7f3a"))
    attempt = next(run.attempts())

    (found,) = explain_briefly(run, [attempt], seconds=60).values()
    (alone,) = explain_briefly(run, [attempt], seconds=1e-5).values() or (None,)

    assert (found.comparison.failing, found.comparison.passing) == (3, 7)
    assert alone is None or alone.comparison.passing == 0


def test_a_run_of_no_store_has_no_history(store: Path, tmp_path: Path) -> None:
    """
    A folder that was copied to somewhere else is told by itself.
    """
    folder = store / "runs" / "2026-11-11T06-43-12-7f3a"
    alone = folder.rename(tmp_path / folder.name)
    run = load(str(alone))

    (found,) = explain_briefly(run, [next(run.attempts())]).values()

    assert found.comparison.passing == 0
    assert found.findings[0].cause == "rate limited"


def test_a_test_that_asked_nobody_has_no_cause_line(
    run_folder: RunFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    Its error says it all.
    """
    run_folder.test("t", outcome="failed", exceptions=[exception("E", "no")])

    assert "cause" not in told(capsys, "show", run_folder.write())
