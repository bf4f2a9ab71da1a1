"""
The demo is what people see first: it has to work wherever the tests do.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

from pathlib import Path

import pytest

import otel_testkit

from otel_testkit.diagnosis import cause_line, diagnose
from otel_testkit.trace import load


# Servers and four suites, one after the other, on whatever machine.
pytestmark = pytest.mark.timeout(240)

EXAMPLES = Path(__file__).parents[2] / "examples"
FAILING = (
    "test_insight_is_created",
    "test_insight_tells_the_severity",
    "test_items_are_kept",
)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """
    Run Python with *arguments* in *folder*, where its store is to be, too.
    """
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OTEL_TESTKIT_", "INSIGHTS_"))
    }
    environ |= {
        "OTEL_TESTKIT_DIR": str(folder / "store"),
        # Wide enough for the names of all tests.
        "COLUMNS": "120",
        # The same otel_testkit as ours, wherever that lies.
        "PYTHONPATH": str(Path(otel_testkit.__file__).parents[1]),
    }

    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        timeout=220,
        check=False,
    )


def bad_days(folder: Path) -> list[Path]:
    """
    Give the runs of the bad day: all but the first.
    """
    return sorted((folder / "store" / "runs").iterdir())[1:]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    The working directory of the demo.
    """
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(folder: Path) -> subprocess.CompletedProcess[str]:
    """
    What the demo printed, and its exit code.
    """
    return run(folder, str(EXAMPLES / "demo.py"))


def test_goes_as_planned(demo: subprocess.CompletedProcess[str]) -> None:
    """The tests fail that the seed has chosen, for its reasons, and no other."""
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert "As planned" in demo.stdout


@pytest.mark.parametrize(
    ("suite", "passed"), [("a plain script", 3), ("unittest", 3), ("pytest", 5)]
)
def test_tells_each_suite(
    demo: subprocess.CompletedProcess[str], suite: str, passed: int
) -> None:
    """Each suite has a line that counts its outcomes."""
    bad_day = demo.stdout.partition("One bad day")[2].splitlines()
    (line,) = (x for x in bad_day if x.strip().startswith(suite))

    assert f"{passed} passed, 3 failed" in line


def test_a_good_day(demo: subprocess.CompletedProcess[str]) -> None:
    """On a good day all tests pass, and the failures are compared with them."""
    good_day, _, bad_day = demo.stdout.partition("One bad day")

    assert "8 passed, 0 failed" in good_day
    assert "401 instead of 201" in bad_day


@pytest.mark.parametrize("name", FAILING)
def test_shows_the_failures(demo: subprocess.CompletedProcess[str], name: str) -> None:
    """It ends with the failed tests of the pytest run."""
    shown = demo.stdout.partition("As planned")[2]

    assert f"test_insights.py::{name}" in shown


@pytest.mark.usefixtures("demo")
def test_leaves_a_run_for_each_suite(folder: Path) -> None:
    """The runs of both days lie in the store, to be shown again."""
    assert len(list((folder / "store" / "runs").iterdir())) == 4


@pytest.mark.usefixtures("demo")
def test_leaves_a_report(folder: Path) -> None:
    """It ends with a report, and a page for each test that failed."""
    (report,) = (folder / "store" / "runs").glob("*/report.html")
    pages = [page.stem for page in report.parent.glob("failures/*.html")]

    assert sorted(pages) == sorted(FAILING)


@pytest.mark.usefixtures("demo")
def test_keeps_the_secrets_out_of_the_store(folder: Path) -> None:
    """Neither a password nor a token is in any file."""
    kept = "".join(x.read_text() for x in folder.glob("store/runs/*/*.jsonl"))

    assert "/signup" in kept
    assert "correct horse" not in kept
    assert "tok_" not in kept


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    ("names", "cause"),
    [
        (("created", "globex"), "rate limited (certain): POST lambda Invoke"),
        (("kept",), "credentials expired or revoked (certain): "),
        (("severity", "hooli"), "race (likely): GET api /insights/"),
    ],
)
def test_names_the_causes(folder: Path, names: tuple[str, ...], cause: str) -> None:
    """Each failure has its cause, in whichever suite."""
    attempts = [
        attempt
        for run in bad_days(folder)
        for attempt in load(str(run)).attempts()
        if any(name in attempt.case for name in names)
    ]
    lines = [cause_line(attempt, diagnose(attempt)) for attempt in attempts]

    assert len(lines) == 3
    assert all(line.startswith(cause) for line in lines)


@pytest.mark.usefixtures("demo")
def test_names_what_was_got_past(folder: Path) -> None:
    """The 500 that nobody saw is told of the test that passed."""
    lines = [
        cause_line(attempt, diagnose(attempt))
        for run in bad_days(folder)
        for attempt in load(str(run)).attempts()
        if not attempt.is_failure and "found" in attempt.case
    ]

    assert len(lines) == 3
    assert all(line.startswith("got past server error (likely)") for line in lines)


@pytest.mark.parametrize(
    "arguments",
    [
        ("-m", "pytest", "-q", str(EXAMPLES / "test_insights.py"), "-k", "sign"),
        (str(EXAMPLES / "unittest_insights.py"), "-k", "sign_up"),
    ],
    ids=["pytest", "unittest"],
)
def test_a_suite_runs_alone(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """A suite starts the servers itself where nobody tells it their addresses."""
    done = run(tmp_path, *arguments)

    assert done.returncode == 0, done.stdout + done.stderr


def test_says_what_did_not_go_as_planned() -> None:
    """A day without its troubles is told trouble by trouble."""
    done = run(EXAMPLES, "-c", "import demo; print(*demo.surprises([]), sep='\\n')")

    assert len(done.stdout.splitlines()) == 5
    assert "no test has failed: its token was revoked" in done.stdout


def test_many_days(tmp_path: Path) -> None:
    """On many days it tells which tests are flaky, each with the cause of its failure."""
    days = run(tmp_path, str(EXAMPLES / "history.py"), "2")
    told, _, listed = days.stdout.partition("Which of them fail how often")

    assert days.returncode == 0, days.stdout + days.stderr
    assert [f"day  {number}" for number in (1, 2)] == [
        line[:6] for line in told.splitlines() if line
    ]
    failed = set(re.findall(r"test_insight_tells_\w+", told))
    assert failed == {"test_insight_tells_the_kind", "test_insight_tells_the_severity"}
    assert failed == set(re.findall(r"test_insight_tells_\w+", listed))
    assert "race (likely): GET api /insights/" in listed
    assert "1 of 2" in listed
