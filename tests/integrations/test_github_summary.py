"""
The table of failed and flaky tests in the summary of a job of GitHub Actions.
"""

from __future__ import annotations

import re
import textwrap

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from otel_testkit.report.markdown import failed_tests
from otel_testkit.trace import load


markdown_it = pytest.importorskip("markdown_it", reason="markdown-it-py not installed")

Python = Callable[..., Any]

INVOCATIONS = (
    "POST lambda …/invocations → 429 "
    "TooManyRequestsException &quot;Rate Exceeded.&quot;"
)
INSIGHTS = "GET api /insights → 404 &quot;no such insight&quot; \u00d76"

TWO = """
from otel_testkit import test_span

for passes in (False, True):
    with __import__("contextlib").suppress(AssertionError):
        with test_span("flaky"):
            assert passes

with test_span("good"):
    pass
"""


def _html(table: str) -> str:
    parser = markdown_it.MarkdownIt("commonmark").enable("table")

    return str(parser.render(table))


def _rows(table: str) -> list[list[str]]:
    """
    What the cells of *table* show, row by row.
    """
    rows = re.findall(r"<tr>(.*?)</tr>", _html(table), re.DOTALL)

    return [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in rows[1:]]


FAILURE = (
    "AssertionError test_insights.py:57 assert 429 == 200<br>rate limited (certain): "
    "POST lambda …/invocations → 429 TooManyRequestsException &quot;Rate "
    "Exceeded.&quot;, 8.5 s before the failure"
)


def test_a_failed_test_is_a_row(failing_run: Any) -> None:
    """A row says which test, how it ended, what failed, and on what calls."""
    table = failed_tests(load(failing_run.write()))

    assert table.startswith("### Failed and flaky tests\n\n1 failed, 2 passed in 9.4 s")
    assert _rows(table) == [
        [
            "tests/test_insights.py::test_insight_is_created",
            "failed",
            FAILURE,
            f"{INVOCATIONS}<br>{INSIGHTS}",
            "9.0\u00a0s",
            "0af7651916cd43dd8448eb211c80319c",
        ]
    ]


def test_a_row_says_in_which_step(run_folder: Any, make_exception: Any) -> None:
    """The steps that what was raised came through are named, and no others."""
    for number, outer in enumerate(("call", "sign up")):
        test = run_folder.test(
            f"test {number}",
            0,
            9,
            "failed",
            trace_id=f"{number + 1:032x}",
            exceptions=[make_exception("ValueError", "no account")],
            **{"error.type": "ValueError"},
        )
        failing = {"status": 2, "error.type": "ValueError"}
        step = run_folder.span(outer, 1, 8, test, **failing)
        run_folder.span("recovers", 2, 3, step, **failing | {"error.type": "OSError"})
        run_folder.span("create | account", 4, 7, step, **failing)
        run_folder.span("passes", 7, 8, step)
    told = [row[2] for row in _rows(failed_tests(load(run_folder.write())))]

    assert told == [
        "ValueError no account<br>in create | account",
        "ValueError no account<br>in sign up &gt; create | account",
    ]


def test_a_flaky_test_is_a_row(run_folder: Any) -> None:
    """A test that failed and then passed says how often; others count, too."""
    for number, outcome in enumerate(("failed", "error", "passed")):
        run_folder.test(
            "flaky", number, number + 0.5, outcome, trace_id=f"{number + 1:032}"
        )
    for number in (4, 5):
        run_folder.test("bad", number, number + 0.5, "failed", trace_id=f"{number:032}")
    run_folder.test("hung", 6, None, trace_id=f"{6:032}")
    told = [row[:3] for row in _rows(failed_tests(load(run_folder.write())))]

    assert told == [
        ["flaky", "flaky: 2 of 3 attempts failed", ""],
        ["bad", "failed, 2 of 2 attempts", ""],
        ["hung", "open", "never ended: killed or still running, in its own code"],
    ]


def test_nothing_where_nothing_failed(run_folder: Any) -> None:
    """A run without a failed test has no section, and one without tests neither."""
    assert failed_tests(load(run_folder.write())) == ""

    run_folder.test("good")
    run_folder.test("skipped", outcome="skipped", trace_id="b" * 32)

    assert failed_tests(load(run_folder.write())) == ""


@pytest.mark.parametrize(
    "hostile",
    [
        "a | b || c",
        "a\n\n# b\n| c |",
        "`code` ``more`` ```",
        "<script>alert(1)</script><img src=x onerror=y> <!-- -->",
        "[link](https://evil.test) ![x](y) <https://evil.test>",
        "https://evil.test www.evil.test me@evil.test",
        "*a* _b_ ~~c~~ **d** $e$ :tada: #12 @octocat",
        "\\| \\` \\<b> &lt; &#124; &amp;",
        "\x1b[31m\u202e\u2028|\r|",
    ],
)
def test_what_others_wrote_is_text(
    run_folder: Any, make_exception: Any, hostile: str
) -> None:
    """No mark, tag, link or row of a name, message or answer gets through."""
    test = run_folder.test(
        hostile, 0, 9, "failed", exceptions=[make_exception(hostile, hostile)]
    )
    run_folder.call(
        "GET",
        f"http://api.test/{hostile}",
        500,
        1,
        2,
        test,
        body=hostile,
        **{"service.peer.name": hostile},
    )
    table = failed_tests(load(run_folder.write()))
    html = _html(table)

    assert [len(row) for row in _rows(table)] == [6]
    assert set(re.findall(r"<(\w+)", html)) == {
        *("h3", "p", "table", "thead", "tr", "th", "tbody", "td", "br")
    }
    for row in table.splitlines()[6:]:
        assert not re.search(r"https?://|www\.|@|(?<!&)#|[`*_$\[\]~\\]", row), row


def test_a_table_has_bounds(run_folder: Any, make_exception: Any) -> None:
    """What does not fit is counted, and nothing is written where nothing fits."""
    for number in range(700):
        run_folder.test(
            f"test_{number}" + "<" * 50,
            number,
            number + 1,
            "failed",
            trace_id=f"{number + 1:032x}",
            exceptions=[make_exception("ValueError", "|" * 100)],
        )
    run = load(run_folder.write())
    table = failed_tests(run)

    assert len(_rows(table)) == 500
    assert table.endswith("\nand 200 more\n")
    assert len(table.encode()) < 1_000_000
    for most in (50_000, 5_000, 1_000, 10, -1):
        less = failed_tests(run, max_bytes=most)
        assert len(less.encode()) <= max(most, 0)
        assert (less == "") == (most <= 1_000)


def test_the_summary_is_added_to(python: Python, tmp_path: Path) -> None:
    """The table comes after what stands there, once, whoever runs it."""
    summary = tmp_path / "summary.md"
    summary.write_text("before", "utf-8")
    done = python({"it.py": TWO}, "it.py", GITHUB_STEP_SUMMARY=str(summary))

    before, _, table = summary.read_text("utf-8").partition("\n")
    assert " · python it.py\n" in table
    assert (done.code, done.out, done.err) == (0, "", "")
    assert before == "before"
    assert [row[:2] for row in _rows(table)] == [
        ["flaky", "flaky: 1 of 2 attempts failed"]
    ]


def test_a_child_adds_nothing(python: Python, tmp_path: Path) -> None:
    """Only the process that began the run writes, with what its children did."""
    summary = tmp_path / "summary.md"
    text = """
        import subprocess, sys
        from otel_testkit import test_span

        if sys.argv[1:]:
            with test_span("child"):
                raise AssertionError
        with test_span("parent"):
            subprocess.run([sys.executable, "it.py", "child"], stderr=subprocess.PIPE)
    """
    files = {"it.py": textwrap.dedent(text)}
    python(files, "it.py", GITHUB_STEP_SUMMARY=str(summary))

    assert [row[0] for row in _rows(summary.read_text("utf-8"))] == ["child"]


@pytest.mark.parametrize(
    "environ",
    [
        {"OTEL_TESTKIT_GITHUB_SUMMARY": "off"},
        {"GITHUB_STEP_SUMMARY": ""},
        {"GITHUB_STEP_SUMMARY": "nowhere/at/all"},
        {"GITHUB_STEP_SUMMARY": "."},
    ],
)
def test_it_can_be_off(python: Python, environ: dict[str, str]) -> None:
    """Off by the setting, and silent where there is nothing to write to."""
    done = python({"it.py": TWO}, "it.py", **{"GITHUB_STEP_SUMMARY": "s.md"} | environ)

    assert (done.code, done.out, done.err) == (0, "", "")
    assert not (done.folder / "s.md").exists()


def test_nothing_is_written_into_a_full_summary(python: Python, tmp_path: Path) -> None:
    """GitHub drops a summary of more than a MiB: we do not make it one."""
    summary = tmp_path / "summary.md"
    summary.write_text("x" * 999_900, "utf-8")
    python({"it.py": TWO}, "it.py", GITHUB_STEP_SUMMARY=str(summary))

    assert summary.stat().st_size == 999_900
