"""
What the README and the documentation say is true.
"""

from __future__ import annotations

import re
import shlex

from pathlib import Path

import pytest

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

from otel_testkit import configure, errors, test_span
from otel_testkit.cli import main
from otel_testkit.settings import RUN_VARIABLE


ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Whatever a page records goes into a store of its own.
    """
    monkeypatch.setenv(RUN_VARIABLE, "")
    monkeypatch.setenv("OTEL_TESTKIT_DIR", str(tmp_path / "store"))
    monkeypatch.setenv("OTEL_TESTKIT_SHOW", "none")
    configure(directory=tmp_path / "store")


@pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: f"{page.parent.name}-{page.name}"
)
def test_the_code_of_a_page_runs(page: Path) -> None:
    """
    Every Python block is executed, the blocks of a page one after the other.
    """
    document = Sybil(parsers=[PythonCodeBlockParser(), SkipParser()]).parse(page)
    for example in document.examples():
        example.evaluate()

    configure()

    assert [] == errors.troubles()


def test_the_commands_of_the_readme_work(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Every `otel-testkit` command of the README can be given as it stands.
    """
    monkeypatch.setattr("webbrowser.open", lambda _: True)
    with (
        pytest.raises(AssertionError),
        test_span("tests/test_insights.py::test_insight_is_created"),
    ):
        raise AssertionError

    written = PAGES[0].read_text("utf-8")
    commands = re.findall(r"^\$ otel-testkit ([^#\n]*)", written, re.MULTILINE)

    assert 8 == len(commands)
    for command in commands:
        assert 0 == main(shlex.split(command)), capsys.readouterr().err


def test_links_between_pages_lead_somewhere() -> None:
    """
    No page links to a file that is not there.
    """
    for page in PAGES:
        for target in re.findall(r"\]\((?!http)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_fault_is_shown() -> None:
    """
    Each row of docs/faults.md names tests that are there.
    """
    written = (ROOT / "docs" / "faults.md").read_text("utf-8")
    rows = re.findall(r"^\| f\d\d.*", written, re.MULTILINE)
    named = [re.findall(r"`(tests/[\w/.]+)`", row) for row in rows]

    assert 54 == len(rows)
    for files in named:
        assert files
        assert [] == [file for file in files if not (ROOT / file).exists()]


def test_every_slug_is_explained() -> None:
    """
    The slugs that the code can say are the ones that docs/troubles.md explains.
    """
    slugs = {
        slug
        for path in (ROOT / "otel_testkit").rglob("*.py")
        for slug in re.findall(
            r"\b(?:never_raises|trouble|warn|_told)\(\s*\"([a-z-]+)\"",
            path.read_text("utf-8"),
        )
    }
    written = (ROOT / "docs" / "troubles.md").read_text("utf-8")
    explained = {
        slug
        for row in re.findall(r"^\| (`[^|]*) \|", written, re.MULTILINE)
        for slug in re.findall(r"`([a-z-]+)`", row)
    }

    assert slugs | {"lost"} == explained


def test_every_ci_system_is_named() -> None:
    """
    docs/tags.md names the CI systems that are known, and the README their number.
    """
    from otel_testkit.recording.tags.providers import PROVIDERS

    names = [provider.name for provider in PROVIDERS]
    written = (ROOT / "docs" / "tags.md").read_text("utf-8")

    assert [] == [name for name in names if name not in written]
    assert f"for {len(names)} CI systems" in PAGES[0].read_text("utf-8")
