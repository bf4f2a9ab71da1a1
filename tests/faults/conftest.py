"""
Runs programs that come to grief, beside the same programs without us.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
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

# With what a program notes what it does, apart from us: whatever it has replaced.
LEDGER = """
import os

class _Ledger:
    def __init__(self):
        self._write, self._close, self._open = os.write, os.close, os.open
        self._join = os.path.join
        self._marks = self._join(os.getcwd(), "marks")
        self._file = self._open("ledger", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.makedirs(self._marks, exist_ok=True)

    def note(self, what):
        self._write(self._file, f"{what}\\n".encode())

    def mark(self, name):
        # The kernel dates it.
        self._close(self._open(self._join(self._marks, name), os.O_CREAT | os.O_EXCL))

_ledger = _Ledger()
note, mark = _ledger.note, _ledger.mark
"""
# How pytest tells each outcome.
_TOLD = re.compile(r"^(PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)\b.*", re.MULTILINE)


@dataclass(frozen=True)
class Done:
    """
    What a program left behind.
    """

    code: int
    out: str
    err: str
    store: Path
    noted: tuple[str, ...] = ()

    @property
    def told(self) -> list[str]:
        """
        What pytest says of each test, and its last line without the time.
        """
        out = re.sub(r" at 0x\w+", "", self.out)
        last = out.strip().splitlines()[-1].partition(" in ")[0]

        return [*(match.group() for match in _TOLD.finditer(out)), last]

    @property
    def troubles(self) -> list[str]:
        """
        The lines that are ours.
        """
        return [one for one in self.err.splitlines() if one.startswith("otel-testkit:")]

    def marks(self) -> dict[str, int]:
        """
        When the program came by each place that it marked, in real nanoseconds.
        """
        folder = self.store.parent / "marks"

        return {mark.name: mark.stat().st_mtime_ns for mark in folder.iterdir()}

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
    # Where hypothesis looks for constants of the program's own, ours are none.
    ours, stand_in = (tmp_path / name / "site-packages" for name in ("ours", "none"))
    ours.mkdir(parents=True)
    (ours / "otel_testkit").symlink_to(Path(otel_testkit.__file__).parent)
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
        def begin() -> None:
            # What CI starts in the background has these ignored, and hands that down.
            for number in (signal.SIGINT, signal.SIGQUIT):
                signal.signal(number, signal.SIG_DFL)
            if preexec is not None:
                preexec()

        (here / file).write_text(textwrap.dedent(text))
        (here / "ledger.py").write_text(LEDGER)
        ledger = here / "ledger"
        ledger.unlink(missing_ok=True)
        shutil.rmtree(here / "marks", ignore_errors=True)
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
            errors="replace",
            timeout=100,
            check=False,
            preexec_fn=begin,
        )

        noted = ledger.read_text().splitlines() if ledger.exists() else []

        return Done(
            done.returncode, done.stdout, done.stderr, here / "store", tuple(noted)
        )

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


@pytest.fixture
def beside(suite: Program) -> Program:
    """
    Runs the text of a pytest module without us, and with all of its tests traced:
    pytest tells the same, and the tests note the same. Gives the latter.
    """

    def run(text: str, *options: str, **more: Any) -> Done:
        # Loading all of them would be most of what it takes; some are asked for.
        more |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        if "pytest_asyncio" not in options:
            options += ("-p", "no:asyncio")
        bare = suite(text, *options, traced=False, **more)
        ours = ("-p", "otel_testkit.integrations.pytest", "--trace-tests")
        done = suite(text, *options, *ours, **more)

        assert len(bare.told) > 1, bare.out + bare.err
        assert (done.code, done.told) == (bare.code, bare.told), done.out + done.err
        assert (done.noted, done.err) == (bare.noted, bare.err), done.out

        return done

    return run
