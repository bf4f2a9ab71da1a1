"""
Runs suites of the runners in a folder of their own, with us and with a stand-in
that does nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import otel_testkit

from otel_testkit.recording import provider
from otel_testkit.settings import RUN_VARIABLE
from otel_testkit.trace import Attempt, Run, load


_NOTHING = """
import contextlib

def traced_test(function=None, **_):
    return (lambda decorated: decorated) if function is None else function

class step(contextlib.ContextDecorator):
    def __init__(self, *_, **__): pass
    def __enter__(self): return self
    def __exit__(self, *_): pass
"""
_STAND_IN = {
    "__init__.py": _NOTHING,
    "integrations/__init__.py": "",
    "integrations/unittest.py": "class TracedTestCase: pass",
    "integrations/behave.py": "def trace_scenarios(): pass",
}


@dataclass(frozen=True)
class Done:
    """
    A run that is over.
    """

    code: int
    out: str
    err: str
    folder: Path

    def run(self) -> Run:
        (folder,) = (self.folder / "store" / "runs").glob("*")

        return load(str(folder))

    def attempts(self) -> dict[str, Attempt]:
        """
        The last attempt of each case, by its name.
        """
        return {one.case: one for one in self.run().attempts()}

    def outcomes(self) -> dict[str, str]:
        return {case: str(one.outcome) for case, one in self.attempts().items()}


Python = Callable[..., Done]


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """
    What a test records in this process goes into a store of its own.
    """
    monkeypatch.setenv(RUN_VARIABLE, "")
    otel_testkit.configure(directory=tmp_path / "store", show="none")

    yield

    provider._current.run.writer.forget_files()


@pytest.fixture
def python(tmp_path: Path) -> Python:
    """
    Runs Python with *arguments* in a folder with these *files*.
    """

    def run(
        files: Mapping[str, str],
        *arguments: str,
        traced: bool = True,
        **environ: Any,
    ) -> Done:
        folder = tmp_path / ("traced" if traced else "bare")
        _write(folder, files)
        path = Path(otel_testkit.__file__).parents[1]
        if not traced:
            path = tmp_path / "stand_in"
            _write(path / "otel_testkit", _STAND_IN)

        left_out = ("OTEL_", "PYTEST_", "GITHUB_")
        if not traced:
            # Of the others we want to know what of ours they run.
            left_out += ("COVERAGE_",)
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(left_out)
        }
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=folder,
            env=kept
            | {
                "OTEL_TESTKIT_DIR": str(folder / "store"),
                "OTEL_TESTKIT_SHOW": "none",
                "PYTHONPATH": str(path),
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            }
            | environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        return Done(done.returncode, done.stdout, done.stderr, folder)

    return run


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
