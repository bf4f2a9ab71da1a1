"""
`otel-testkit report`, as a user types it.
"""

from __future__ import annotations

import shutil
import webbrowser

import pytest

from otel_testkit.cli import main
from otel_testkit.report.html import write


RUN = ".otel-testkit/runs/2026-11-22T06-43-12-7f3a"
PAGE = "test_insight_is_created.html"


@pytest.fixture
def project(failing_run, monkeypatch):
    """
    The project of the failing run, where the user is.
    """
    failing_run.write()
    folder = failing_run.path.parents[2]
    (folder / "pyproject.toml").touch()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("OTEL_TESTKIT_DIR", raising=False)

    return folder


@pytest.fixture
def report(project, capsys):
    """
    Run the command; gives its exit code, and what it wrote.
    """

    def run(*arguments):
        code = main(["report", *arguments])

        return code, *capsys.readouterr()

    return run


def pages(project):
    return sorted(str(path.relative_to(project)) for path in project.rglob("*.html"))


@pytest.mark.parametrize(
    "arguments", [(), ("7f3a",), (RUN,), ("--dir", ".otel-testkit")]
)
def test_into_the_run(project, report, arguments):
    """
    Of a run the report lies in its folder, and its path comes before those of the pages.
    """
    written = [f"{RUN}/report.html", f"{RUN}/failures/{PAGE}"]

    assert (0, "".join(f"{path}\n" for path in written), "") == report(*arguments)
    assert sorted(written) == pages(project)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("look.html", "look.html"),
        ("out/deep/LOOK.HTM", "out/deep/LOOK.HTM"),
        ("out", "out/report.html"),
    ],
)
def test_to_a_file(project, report, output, expected):
    """
    `-o` names a page, or a folder for it; the pages of tests come beside it.
    """
    beside = expected.rpartition("/")[0]
    page = f"{beside}/failures/{PAGE}" if beside else f"failures/{PAGE}"

    assert (0, f"{expected}\n{page}\n", "") == report("-o", output)
    assert (project / expected).is_file()
    assert (project / page).is_file()


def test_of_somebody_else(project, report):
    """
    Of a file that is none of our runs there is one page, beside it and of its name; and
    all of them where somebody says so.
    """
    (project / "artifact").mkdir()
    foreign = project / "artifact" / "otlp.v1.jsonl"
    shutil.copy(project / RUN / "traces.7-aa.jsonl", foreign)

    assert (0, "artifact/otlp.v1.html\n", "") == report("artifact/otlp.v1.jsonl")
    assert ["artifact/otlp.v1.html"] == pages(project)

    code, out, _ = report(str(foreign), "-o", "look.html")
    assert (0, f"look.html\nfailures/{PAGE}\n") == (code, out)


def test_more_than_pages(project, report, monkeypatch):
    """
    Failed tests without a page are counted, and not where paths are read.
    """
    monkeypatch.setattr(write, "_MOST_TOLD", 0)

    code, out, err = report("-o", "look.html")

    assert (0, "look.html\n") == (code, out)
    assert "and 1 more failed test in the report\n" == err
    assert ["look.html"] == pages(project)


def test_written_anew(project, report):
    """
    A report that is there is replaced, and nothing half-done stays.
    """
    (project / "look.html").write_text("old")

    report("-o", "look.html")

    assert (project / "look.html").read_text("utf-8").startswith("<!doctype html>")
    assert ["failures", "look.html"] == sorted(
        path.name
        for path in project.iterdir()
        if path.name in ("failures", "look.html") or "tmp" in path.name
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nope",), "there is no run 'nope'"),
        (("-o", "pyproject.toml/look.html"), "pyproject.toml"),
        (("-o", "pyproject.toml"), "cannot be written"),
        (("--dir", "nowhere"), "there is no run with tests in nowhere"),
    ],
)
def test_what_cannot_be(project, report, arguments, says):
    """
    A run that is not there, or a file that can't be written, is told in a line.
    """
    code, out, err = report(*arguments)

    assert (2, "") == (code, out)
    assert says in err
    assert 1 == err.count("\n")
    assert [] == pages(project)


@pytest.mark.parametrize("is_there", [True, False])
def test_open(project, report, monkeypatch, is_there):
    """
    `--open` opens the report in a browser, or says that there is none.
    """
    opened = []
    monkeypatch.setattr(
        webbrowser, "open", lambda address: opened.append(address) or is_there
    )

    code, _, err = report("--open", "-o", "my look.html")

    assert 0 == code
    assert [(project / "my look.html").as_uri()] == opened
    assert is_there == (not err)
    assert is_there or "no browser" in err
