"""
The code that failed, read again from the project.
"""

from __future__ import annotations

import pytest

from otel_testkit.report.html.excerpt import excerpt
from otel_testkit.trace.model import Error


CODE = """\
import api


@api.mark
def test_refund():
    api_key = "hunter2-hunter2"

    order = api.order(
        17,
    )
    assert order.status == "refunded"

def test_other():
    pass
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """
    A project with a test in it, in which we are.
    """
    (tmp_path / "app" / "tests").mkdir(parents=True)
    (tmp_path / "app" / "tests" / "test_orders.py").write_text(CODE, "utf-8")
    (tmp_path / "app" / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path / "app" / "tests")

    return tmp_path / "app"


def lines(project, line, source, file="tests/test_orders.py"):
    error = Error("AssertionError", file=str(file), line=line, source=source)

    return [
        (one.number, one.text, one.is_failing) for one in excerpt(error, str(project))
    ]


def test_the_lines_around(project):
    """
    The failing line stands among those of its function, secrets masked.
    """
    assert [
        (8, "    order = api.order(", False),
        (9, "        17,", False),
        (10, "    )", False),
        (11, '    assert order.status == "refunded"', True),
    ] == lines(project, 11, 'assert order.status == "refunded"')


def test_a_statement_of_several_lines(project):
    """
    All lines of a statement are marked, and what is above it is masked.
    """
    shown = lines(project, 8, "order = api.order( 17, )")

    assert [8, 9, 10] == [number for number, _, is_failing in shown if is_failing]
    assert (6, '    api_key = "REDACTED"', False) in shown
    assert 5 == shown[0][0]


@pytest.mark.parametrize(
    ("line", "source"),
    [
        (11, "assert order.status == 'paid'"),
        (10, 'assert order.status == "refunded"'),
        (99, 'assert order.status == "refunded"'),
        (None, 'assert order.status == "refunded"'),
        (11, ""),
    ],
)
def test_a_file_that_has_changed(project, line, source):
    """
    Where the line that was recorded is no longer there, nothing is shown.
    """
    assert [] == lines(project, line, source)


def test_a_file_outside(project):
    """
    Nothing is read outside of the project, not by a link either, and only Python.
    """
    outside = project.parent / "secret.py"
    outside.write_text("assert order\n", "utf-8")
    (project / "link.py").symlink_to(outside)
    (project / "notes.txt").write_text("assert order\n", "utf-8")
    (project / "folder.py").mkdir()
    (project / "good.py").write_text("assert order\n", "utf-8")

    for file in (outside, "../secret.py", "link.py", "notes.txt", "folder.py", ""):
        assert [] == lines(project, 1, "assert order", file)
    assert [(1, "assert order", True)] == lines(project, 1, "assert order", "good.py")


def test_another_project(project, tmp_path_factory):
    """
    Whoever wrote the store does not choose what is read: it is from where we are.
    """
    other = tmp_path_factory.mktemp("other")
    (other / "pyproject.toml").touch()
    (other / "good.py").write_text("assert order\n", "utf-8")

    for file in ("good.py", other / "good.py"):
        assert [] == lines(other, 1, "assert order", file)
        assert [] == lines(project.anchor, 1, "assert order", file)


@pytest.mark.parametrize("file", ["a\0.py", "\ud800.py", "a" * 9_000 + ".py"])
def test_no_path_at_all(project, file):
    """
    What can be no path is not read, and neither are lines before the first.
    """
    assert [] == lines(project, 11, 'assert order.status == "refunded"', file)
    assert [] == lines(file, 11, 'assert order.status == "refunded"')
    assert [] == lines(project, -4, 'assert order.status == "refunded"')


def test_settings_of_the_project_mask(project):
    """
    What the project calls a secret is masked as when it was recorded.
    """
    (project / "pyproject.toml").write_text(
        '[tool.otel_testkit]\nmask_patterns = ["order[.]status"]\n', "utf-8"
    )

    shown = lines(project, 11, 'assert REDACTED == "refunded"')

    assert (11, '    assert REDACTED == "refunded"', True) in shown
