"""
Runs programs that come to grief, beside the same programs without us.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import otel_testkit

from otel_testkit.trace import Attempt, Run, load


# What the program imports in our place, to see what it does without us.
STAND_IN = """
import contextlib

def traced_test(function=None, **_):
    return (lambda decorated: decorated) if function is None else function

class TestSpan(contextlib.ContextDecorator):
    __test__ = False
    def __enter__(self): return self
    def __exit__(self, *_): pass
    def __getattr__(self, _): return lambda *_, **__: self

def test_span(*_, **__): return TestSpan()
test_span.__test__ = False
step = test_span
def current_test(): return TestSpan()
def configure(**_): pass
"""


@dataclass(frozen=True)
class Done:
    """
    What a program left behind.
    """

    code: int
    out: str
    err: str
    store: Path

    def runs(self) -> list[Run]:
        return [load(str(folder)) for folder in sorted(self.store.glob("runs/*"))]

    def run(self) -> Run:
        """
        The one run of the program, all of whose lines can be read.
        """
        (run,) = self.runs()
        assert run.damaged == 0

        return run

    def attempts(self) -> list[Attempt]:
        return list(self.run().attempts())

    def outcomes(self) -> dict[str, str]:
        return {attempt.case: str(attempt.outcome) for attempt in self.attempts()}

    def span_ids(self) -> list[str]:
        """
        The ids of the ended spans, as often as they were written.
        """
        return [
            span["spanId"]
            for file in self.store.rglob("traces.*.jsonl")
            for line in file.read_text("utf-8").splitlines()
            for resource in json.loads(line)["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]


Program = Callable[..., Done]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """
    Runs the text of a Python program, and gives what it left behind.
    """
    here = tmp_path / "program"
    here.mkdir()
    stand_in = tmp_path / "stand_in"
    (stand_in / "otel_testkit" / "integrations").mkdir(parents=True)
    (stand_in / "otel_testkit" / "__init__.py").write_text(STAND_IN)
    # What the installed entry point names.
    (stand_in / "otel_testkit" / "integrations" / "pytest.py").write_text("")

    def run(
        text: str,
        *options: str,
        arguments: Sequence[str] = (),
        traced: bool = True,
        file: str = "program.py",
        preexec: Callable[[], Any] | None = None,
        **variables: str,
    ) -> Done:
        (here / file).write_text(textwrap.dedent(text))
        ours = Path(otel_testkit.__file__).parents[1]
        environ = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("OTEL_", "PYTEST_", "COVERAGE_"))
        }
        environ |= {
            "OTEL_TESTKIT_DIR": str(here / "store"),
            "OTEL_TESTKIT_SHOW": "none",
            "PYTHONPATH": str(ours if traced else stand_in),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = arguments or [*options, file]
        done = subprocess.run(
            [sys.executable, *command],
            cwd=here,
            env=environ | variables,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
            preexec_fn=preexec,
        )

        return Done(done.returncode, done.stdout, done.stderr, here / "store")

    return run


@pytest.fixture
def suite(program: Program) -> Program:
    """
    Runs the text of a pytest module, with warnings as errors, traced or not.
    """

    def run(text: str, *options: str, **more: Any) -> Done:
        fixed = ["-q", "-W", "error", "-p", "no:randomly", "-p", "no:cacheprovider"]
        # pytest-asyncio warns of what is not set.
        if "no:asyncio" not in options:
            fixed += ["-o", "asyncio_default_fixture_loop_scope=function"]
        command = ["-m", "pytest", *fixed, "-rA", "--tb=short", *options, "test_it.py"]

        return program(text, file="test_it.py", arguments=command, **more)

    return run
