"""
The report at the end of a run: of pytest by option or setting, of other doors by ours.
"""

from __future__ import annotations

import importlib.util
import os

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


OURS = "otel_testkit.integrations.pytest"
SUITE = """
import sys

def test_good():
    pass

def test_bad():
    assert 1 == 2

def test_worse(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    raise ValueError

def test_last():
    assert "jinja2" not in sys.modules
"""
CONFTEST = """
import sys

def pytest_unconfigure():
    print("jinja2" in sys.modules)
"""

Suite = Callable[..., Any]


@pytest.fixture
def suite(python: Any) -> Suite:
    """
    Runs pytest on tests of which two fail.
    """

    def run(*options: str, ini: str = "", text: str = SUITE, **more: Any) -> Any:
        files = {"pytest.ini": f"[pytest]\n{ini}", "test_it.py": text}

        return python(
            files | more.pop("files", {}),
            *("-m", "pytest", "-p", "no:cacheprovider", "-p", OURS),
            *options,
            **{"OTEL_TESTKIT_SHOW": "failed"} | more,
        )

    return run


def pages(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.html"))


def run_folder(done: Any) -> str:
    (folder,) = (done.folder / "store" / "runs").glob("*")

    return str(folder.relative_to(done.folder))


def reports(done: Any) -> list[str]:
    """
    The paths that were printed, in their order.
    """
    lines = done.out.splitlines()

    return [line.split()[1] for line in lines if line.startswith("  report ")]


def test_into_the_run(suite: Suite) -> None:
    """
    Asked without a path, the report and the pages of what failed lie with the run, and
    are named: each page under its test, the report at the end.
    """
    done = suite("--trace-report")

    folder = run_folder(done)
    failing = [f"{folder}/failures/test_{name}.html" for name in ("bad", "worse")]
    assert (1, "") == (done.code, done.err)
    assert [*failing, f"{folder}/report.html"] == reports(done)
    assert sorted(reports(done)) == pages(done.folder)
    _before, _, after = done.out.partition("test_it.py::test_bad ")
    assert after.index("test_bad.html") < after.index("test_it.py::test_worse ")
    assert "2 failed, 2 passed" in after


def test_what_follows_is_a_test(suite: Suite) -> None:
    """
    The word after the option is what to run, and no path of the report's.
    """
    done = suite(
        "--trace-report", "test_it.py::test_good", "--", "test_it.py::test_bad"
    )

    assert 1 == done.code
    assert {"test_it.py::test_good", "test_it.py::test_bad"} == set(done.outcomes())
    assert f"{run_folder(done)}/report.html" in reports(done)


def test_conftest_of_what_follows(suite: Suite) -> None:
    """
    The folder after the option has its `conftest.py` loaded as early as ever.
    """
    conftest = "def pytest_addoption(parser): parser.addoption('--of-below')"
    files = {"below/conftest.py": conftest, "below/test_below.py": SUITE}

    done = suite("--trace-report", "below", "--of-below=1", files=files)

    assert 1 == done.code, done.out + done.err
    assert 3 == len(reports(done))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("out/deep/look.html", "out/deep/look.html"),
        ("out/deep", "out/deep/report.html"),
    ],
)
def test_to_a_path(suite: Suite, path: str, expected: str) -> None:
    """
    A path is where the report goes, its folders are made; it counts from where pytest
    was called.
    """
    done = suite(f"--trace-report={path}")

    failing = [f"out/deep/failures/test_{name}.html" for name in ("bad", "worse")]
    assert [*failing, expected] == reports(done), done.err
    assert sorted(reports(done)) == pages(done.folder)


def test_workers(suite: Suite) -> None:
    """
    With xdist, the report is written once, of all workers' tests.
    """
    if importlib.util.find_spec("xdist") is None:
        pytest.skip("pytest-xdist is not installed here")

    done = suite("-p", "xdist.plugin", "-n", "2", "--trace-report=it.html")

    assert (1, "") == (done.code, done.err)
    assert ["failures/test_bad.html", "failures/test_worse.html", "it.html"] == sorted(
        reports(done)
    )
    assert sorted(reports(done)) == pages(done.folder)


def test_stopped_early(suite: Suite) -> None:
    """
    Where pytest stops at the first failure, there is a report of what was run.
    """
    done = suite("-x", "--trace-report=it.html")

    assert ["failures/test_bad.html", "it.html"] == reports(done)


@pytest.mark.parametrize("option", ["--setup-only", "--setup-plan", "--collect-only"])
def test_no_test_ran(suite: Suite, option: str) -> None:
    """
    Where no test ran there is no report, and one of an earlier run stays.
    """
    done = suite(option, "--trace-report=it.html", files={"it.html": "the one before"})

    assert 0 == done.code
    assert [] == reports(done)
    assert ["it.html"] == pages(done.folder)
    assert "the one before" == (done.folder / "it.html").read_text("utf-8")


def test_workers_without_a_test(suite: Suite) -> None:
    """
    With xdist, too, nothing is written where no test was chosen.
    """
    if importlib.util.find_spec("xdist") is None:
        pytest.skip("pytest-xdist is not installed here")

    options = ("-p", "xdist.plugin", "-n", "2", "-k", "nothing")
    done = suite(*options, "--trace-report=it.html")

    assert (5, [], []) == (done.code, reports(done), pages(done.folder))


def test_without_failures(suite: Suite) -> None:
    """
    Of a run in which nothing failed there is a report, and no page besides.
    """
    done = suite("--trace-report=it.html", "-k", "good")

    assert (0, "") == (done.code, done.err)
    assert ["it.html"] == reports(done) == pages(done.folder)


@pytest.mark.parametrize(
    ("options", "environ"),
    [
        (("--trace-report=it.txt/look.html",), {}),
        ((), {"OTEL_TESTKIT_REPORT": "it.txt"}),
    ],
)
def test_where_nothing_can_be_written(
    suite: Suite, options: tuple[str, ...], environ: dict[str, str]
) -> None:
    """
    One line says that there is no report; pytest ends as it would have, with the tests
    shown.
    """
    files = {"it.txt": "a file"}

    done = suite("--trace-tests", *options, files=files, **environ)

    assert 1 == done.code
    assert [] == pages(done.folder) == reports(done)
    assert "2 failed, 2 passed in" in done.out.splitlines()[-1]
    assert "── ✗ test_it.py::test_bad ─" in done.out
    (line,) = done.err.splitlines()
    assert line.startswith("otel-testkit: the report was not written: ")
    assert line.endswith("(report)")
    assert "it.txt" in line


def test_nobody_asked(suite: Suite) -> None:
    """
    Without being asked nothing is written, and what would write it is not loaded.
    """
    done = suite("--trace-tests", "-s", files={"conftest.py": CONFTEST})

    assert [] == pages(done.folder) == reports(done)
    assert "False" == done.out.split()[-1]


@pytest.mark.parametrize(
    ("told", "expected"),
    [("true", "report.html"), ("false", None)],
)
def test_by_setting(suite: Suite, told: str, expected: str | None) -> None:
    """
    pytest's settings ask as the option does, or say that nobody does.
    """
    ini = f"trace_tests = true\ntrace_report = {told}\n"

    done = suite("-k", "good or bad", "--rootdir", ".", ini=ini)

    wanted = [f"{run_folder(done)}/{expected}"] if expected else []
    assert wanted == reports(done)[-1:]


def test_the_option_counts_most(suite: Suite) -> None:
    """
    The option goes before pytest's settings, and these before ours; a path in them
    counts from their folder.
    """
    ini = "trace_tests = true\ntrace_report = ini.html\n"

    by_option = suite("--trace-report=option.html", ini=ini, OTEL_TESTKIT_REPORT="true")
    assert "option.html" == reports(by_option)[-1]

    by_ini = suite(ini=ini, OTEL_TESTKIT_REPORT="true")
    assert "ini.html" == reports(by_ini)[-1]


def test_nothing_shown(suite: Suite) -> None:
    """
    Where no test is to be shown, the report is written and not spoken of.
    """
    done = suite("--trace-report=it.html", "--trace-show=none")

    assert [] == reports(done)
    assert (done.folder / "it.html").is_file()


SCRIPT = """
import os
import unittest
from otel_testkit.integrations.unittest import TracedTestCase

class TestIt(TracedTestCase, unittest.TestCase):
    def test_good(self):
        os.chdir("/")

    def test_zbad(self):
        self.fail("bad")

if __name__ == "__main__":
    unittest.main(argv=["it", *ARGV])
"""


@pytest.mark.parametrize("only", [(), ("TestIt.test_good",)])
def test_other_doors(python: Any, only: tuple[str, ...]) -> None:
    """
    unittest and scripts write it when their process ends, where a setting asks; also
    where nothing failed and the test has gone elsewhere.
    """
    text = SCRIPT.replace("ARGV", repr(list(only)))

    done = python(
        {"it.py": text},
        "it.py",
        OTEL_TESTKIT_REPORT="look.html",
        OTEL_TESTKIT_SHOW="failed",
    )

    assert (0 if only else 1) == done.code
    page = "failures/__main__-TestIt-test_zbad.html"
    assert [page] * (not only) + ["look.html"] == pages(done.folder)
    # From where the process is in the end.
    near = os.path.relpath(done.folder / "look.html", "/")
    assert f"  report {near}" in done.err.splitlines()
