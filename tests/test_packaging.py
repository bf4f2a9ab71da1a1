"""
What an installation has in it, and what importing it costs others.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from importlib import metadata
from pathlib import Path

import pytest

import otel_testkit


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Programs that are run here keep their runs to themselves.
    """
    monkeypatch.chdir(tmp_path)


def _loaded_by(statement: str) -> set[str]:
    """
    The modules that *statement* loads in a fresh interpreter.
    """
    program = f"import json, sys\n{statement}\nprint(json.dumps(sorted(sys.modules)))"
    # Without what coverage loads.
    environ = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE")}
    finished = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env=environ,
    )

    return set(json.loads(finished.stdout))


def test_the_version_is_the_installed_one() -> None:
    """
    The version that we say is the one that pip knows.
    """
    assert metadata.version("otel-testkit") == otel_testkit.__version__


def test_the_public_names_are_few() -> None:
    """
    Every public name is there, and there are ten at the most.
    """
    assert 10 >= len(otel_testkit.__all__)
    for name in otel_testkit.__all__:
        assert hasattr(otel_testkit, name)


def test_it_is_typed() -> None:
    """
    The marker for type checkers is in the package.
    """
    assert Path(otel_testkit.__file__).with_name("py.typed").exists()


@pytest.mark.parametrize(
    "unwanted",
    [
        "google.protobuf",
        "jinja2",
        "opentelemetry.exporter",
        "opentelemetry.instrumentation",
        "otel_testkit.cli",
        "otel_testkit.report",
        "otel_testkit.trace",
        "pytest",
        "requests",
        "rich",
        "sqlite3",
        "urllib3",
    ],
)
def test_importing_us_loads_nothing_heavy(unwanted: str) -> None:
    """
    No reading room, no HTTP client, no exporter comes with the import, nor
    with a test that passes.
    """
    loaded = _loaded_by(
        "import otel_testkit\n"
        "otel_testkit.configure(show='none')\n"
        "with otel_testkit.test_span('one'): pass"
    )

    assert set() == {
        name for name in loaded if name == unwanted or name.startswith(f"{unwanted}.")
    }


@pytest.mark.parametrize(
    "statement",
    [
        "import otel_testkit; dir(otel_testkit); otel_testkit.__version__",
        "from otel_testkit import OtelTestkitWarning",
        "import otel_testkit.integrations.pytest",
    ],
)
def test_what_records_is_loaded_when_it_is_needed(statement: str) -> None:
    """
    The package itself and pytest's door load no OpenTelemetry, and no name that
    we don't have.
    """
    loaded = _loaded_by(statement + "; import otel_testkit as us; hasattr(us, 'x')")

    assert not [name for name in loaded if name.startswith("opentelemetry")]
    assert "otel_testkit.recording" not in loaded


@pytest.mark.parametrize(
    "statement",
    [
        "from otel_testkit import test_span, traced_test",
        "from otel_testkit.integrations.unittest import TracedTestCase",
    ],
)
def test_wrappers_are_loaded_when_something_is_wrapped(statement: str) -> None:
    """
    Who imports us does not pay for asyncio, which wrapt loads.
    """
    assert not {"asyncio", "multiprocessing"} & _loaded_by(statement)


def test_what_records_is_prepared_once() -> None:
    """
    By whatever name it is loaded first, calls are recorded and failures shown.
    """
    for name in set(otel_testkit.__all__) - {"OtelTestkitWarning", "__version__"}:
        program = (
            f"from otel_testkit import {name}\n"
            "from otel_testkit import *\n"
            "from otel_testkit.recording import provider, run\n"
            "assert 1 == len(provider.preparations) and run.farewells.count(run.farewells[0]) == 1\n"
            "assert set(__import__('otel_testkit').__all__) <= set(globals())"
        )
        subprocess.run([sys.executable, "-c", program], check=True)


def test_limits_of_the_environment_stop_nothing() -> None:
    """
    The SDK raises at import for a limit that is no number; with us it does not,
    and a line says so at the end.
    """
    program = (
        "import otel_testkit\n"
        "with otel_testkit.test_span('one'): pass\n"
        "import os; assert os.environ['OTEL_SPAN_EVENT_COUNT_LIMIT'] == 'many'"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program],
        env={"OTEL_SPAN_EVENT_COUNT_LIMIT": "many", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (finished.returncode, finished.stdout)
    assert finished.stderr == (
        "otel-testkit: OTEL_SPAN_EVENT_COUNT_LIMIT: not a whole number, left unread"
        " (environment)\n"
    )
