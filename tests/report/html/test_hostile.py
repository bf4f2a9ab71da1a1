"""
Whatever lies in a store: there is a report of it, in good time.
"""

from __future__ import annotations

import os

from pathlib import Path

import pytest

from hypothesis import HealthCheck, given, settings

from otel_testkit.diagnosis import explanation
from otel_testkit.errors import troubles
from otel_testkit.integrations.reporting import write_at_end
from otel_testkit.report import findings
from otel_testkit.report.html import page, write_report
from otel_testkit.report.html.chunk import Bodies, plain_attempt
from otel_testkit.report.target import write_whole
from otel_testkit.trace import load
from tests.conftest import exception
from tests.report.export.hostile import FILES


HALF = "\ud800"
NAME = "tests/test_a.py::test_a"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile") / "run.jsonl"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=FILES)
def test_every_run_has_a_report(path: Path, text: str) -> None:
    """
    NaN, half characters, huge numbers, cycles, no names and no times: all is told.
    """
    path.write_text(text, "utf-8")

    written = write_report(str(path), str(path.parent / "all.html"))

    assert Path(written.report).read_text("utf-8").endswith("</html>")


def test_half_a_character_anywhere(run_folder):
    """
    What UTF-8 can't hold is told still, in links and in the history of the store, too.
    """
    run_folder.resource |= {
        "vcs.ref.head.revision": HALF,
        "vcs.provider.name": "github",
        "vcs.repository.url.full": "https://forge.test/a",
    }
    failure = exception("AssertionError", HALF, file=f"{HALF}.py", line=1, source="x")
    run_folder.header = {"directory": HALF, "command": HALF}
    suite = {"test.suite.name": HALF}
    test = run_folder.test(
        HALF, 0.0, 1.0, "failed", exceptions=[failure], span_id=HALF, **suite
    )
    run_folder.call("GET", f"http://a/{HALF}", 500, 0.1, 0.2, test, span_id=2 * HALF)
    earlier = type(run_folder)(run_folder.path.parent / "2026-11-21T06-43-12-0000")
    earlier.test(HALF, 0.0, 1.0, "failed", trace_id=16 * f"a{HALF}", **suite)
    run_folder.write()
    earlier.write()

    written = write_report(str(run_folder.path))

    assert [HALF] == [name for _, name in written.failures]


def test_a_header_deeper_than_the_stack(run_folder):
    """
    A header that nobody could write by hand is none.
    """
    run_folder.test(NAME)
    run_folder.write()
    (run_folder.path / "run.json").write_text('{"a":' + "[" * 9_999 + "]" * 9_999 + "}")

    assert load(str(run_folder.path)).cases
    assert os.path.exists(write_report(str(run_folder.path)).report)


def test_many_suites_with_a_test_of_one_name(run_folder):
    """
    Names of files stay as short as a disk asks for.
    """
    for number in range(100):
        suite = {"test.suite.name": f"suite {number}"}
        trace = f"{number + 1:032x}"
        run_folder.test("log in", 0.0, 1.0, "failed", trace_id=trace, **suite)
    run_folder.write()

    write_report(str(run_folder.path))

    pages = os.listdir(run_folder.path / "failures")
    assert 100 == len(pages)
    assert max(map(len, pages)) < 30


def test_a_test_without_end(run_folder, monkeypatch):
    """
    An attempt of thousands stands beside those around it alone.
    """
    monkeypatch.setattr(explanation, "_MOST_OF_A_RUN", 4)
    for number in range(20):
        trace = f"{number + 1:032x}"
        outcome = "failed" if number == 10 else "passed"
        run_folder.test(NAME, number, number + 0.5, outcome, trace_id=trace)
    run = load(run_folder.write())
    (case,) = run.cases
    seen = []
    monkeypatch.setattr(
        explanation, "diagnose", lambda _, passing: seen.append(passing) or ()
    )

    for place in (0, 10, 19):
        findings.findings_in(case, case.attempts[place])
    explanation.explain_all(run, [case.attempts[10]], (), {})

    numbers = [[one.number for one in passing] for passing in seen]
    assert [[2, 3, 4], [9, 10, 12], [17, 18, 19], [9, 10, 12]] == numbers


def test_resources_are_told_once(run_folder):
    """
    A span's resource is told once, also where each span has one of its own.
    """
    test = run_folder.test(NAME)
    for _ in range(3):
        run_folder.resource = {"service.name": "api", "ports": [80, 443]}
        run_folder.span("work", 0.1, 0.2, test)
    (attempt,) = load(run_folder.write()).attempts()

    told = plain_attempt(attempt, (), Bodies())

    assert [1, 1, 1] == [span["resource"] for span in told["spans"][1:]]
    assert {"service.name": "api", "ports": [80, 443]} == told["resources"][1]


def test_an_interrupted_report(run_folder, monkeypatch):
    """
    Who interrupts the writing of a report ends that alone: the tests are over.
    """
    run_folder.test(NAME)
    folder = run_folder.write()

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(page, "packed_text", interrupted)

    assert write_at_end(folder, asked=True) is None
    assert ["the report was not written: interrupted (report)"] == troubles()
    assert {"open.7-aa.jsonl", "run.json", "traces.7-aa.jsonl"} == set(
        os.listdir(folder)
    )


def test_a_link_in_the_way(tmp_path, monkeypatch):
    """
    Where the name of the file aside is known, what lies there is not written through.
    """
    monkeypatch.setattr(os, "urandom", bytes)
    whole, precious = tmp_path / "page.html", tmp_path / "precious"
    precious.write_text("precious")
    (tmp_path / f"page.html.{'00' * 8}.tmp").symlink_to(precious)

    with pytest.raises(FileExistsError, match=r"page\.html'$"):
        write_whole(["page"], str(whole))

    assert "precious" == precious.read_text()
