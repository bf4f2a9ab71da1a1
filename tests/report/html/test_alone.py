"""
The command that runs a test alone.
"""

from __future__ import annotations

import pytest

from otel_testkit.report.html.alone import command_alone


@pytest.mark.parametrize(
    ("case", "command", "alone"),
    [
        (
            "tests/test_a.py::test_x",
            "pytest -q tests",
            "pytest tests/test_a.py::test_x",
        ),
        (
            "tests/test_a.py::TestA::test_x[a b-1]",
            "python3 -m pytest",
            'python3 -m pytest "tests/test_a.py::TestA::test_x[a b-1]"',
        ),
        (
            'test_a.py::test_x[$(rm) "`!]',
            "pytest",
            "pytest 'test_a.py::test_x[$(rm) \"`!]'",
        ),
        (
            "tests.test_a.TestA.test_x",
            "python -m unittest",
            "python -m unittest tests.test_a.TestA.test_x",
        ),
    ],
)
def test_the_command(case, command, alone):
    """
    It is that of the runner, and what a shell would act upon is quoted.
    """
    assert alone == command_alone(case, command)


@pytest.mark.parametrize(
    ("case", "command"),
    [
        ("nightly import", "python nightly.py"),
        ("tests/test_a.py::test_x[\nrm -r /\n]", "pytest"),
        ("tests/test_a.py::test_x[\u202e]", "pytest"),
        ("--co.py::test_x", "pytest"),
        ("@args.py::test_x", "pytest"),
        ("__main__.TestA.test_x", "python -m unittest"),
        ("a.b; rm -r /", "python -m unittest"),
    ],
)
def test_none(case, command):
    """
    There is none where the runner is not known, or what is copied is not what is seen.
    """
    assert "" == command_alone(case, command)
