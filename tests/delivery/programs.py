"""
Programs that are recorded and sent, beside the same without us: what they print,
how they end and how long that takes.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import otel_testkit

from . import otlp_json
from .collector import Log, Span


# Said in every request; nobody may ever read them anywhere.
TOKEN = "tok-hunter22-of-the-headers"
HEADERS = f"authorization=Bearer%20{TOKEN},x-api-key=key-{TOKEN}"
# Six spans, four of them tests, one of which fails, and two log records.
SCRIPT = """
import logging, sys, time
from otel_testkit import step, test_span

for number in range(2):
    with test_span(f"passes {number}"), step("inside"):
        logging.warning("told by %s", number)
with test_span("passes too"):
    pass
try:
    with test_span("fails"):
        raise ValueError("as it should")
except ValueError:
    print("failed")

open("ended", "w").write(str(time.monotonic()))
sys.exit(3)
"""
SUITE = """
import time, pytest
from otel_testkit import step

@pytest.mark.parametrize("number", range(2))
def test_passes(number):
    with step("inside"):
        pass

def test_fails():
    raise ValueError("as it should")

def test_ends():
    open("ended", "w").write(str(time.monotonic()))
"""


@dataclass(frozen=True, slots=True)
class Done:
    """
    A program that has ended. *exit_seconds* went by from its last line until all
    of it was gone, *seconds* in all.
    """

    code: int
    out: str
    err: str
    exit_seconds: float
    seconds: float
    store: Path

    @property
    def folder(self) -> Path:
        """
        Of its one run.
        """
        (folder,) = self.store.glob("runs/*")

        return folder

    def spans(self) -> list[Span]:
        return otlp_json.stored_spans(self.folder)

    def logs(self) -> list[Log]:
        return otlp_json.stored_logs(self.folder)

    def lines(self) -> list[str]:
        """
        What we said.
        """
        return [
            line
            for line in (self.err + self.out).splitlines()
            if line.startswith("otel-testkit: ")
        ]

    def says(self, secret: str) -> list[str]:
        """
        Where *secret* can be read.
        """
        texts = {"stdout": self.out.encode(), "stderr": self.err.encode()}
        for file in self.store.rglob("*"):
            if file.is_file():
                texts[file.name] = file.read_bytes()

        return [name for name, text in texts.items() if secret.encode() in text]


class Programs:
    """
    Runs programs in *folder*, where their store is.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "store"
        self.python = sys.executable
        # Given to all of them.
        self.variables: dict[str, str] = {}

    def script(self, text: str = SCRIPT, **variables: str) -> Done:
        (self.folder / "program.py").write_text(text)

        return self.run(["program.py"], variables)

    def suite(self, text: str = SUITE, *options: str, **variables: str) -> Done:
        (self.folder / "test_program.py").write_text(text)
        (self.folder / "pytest.ini").write_text("[pytest]\n")
        command = ["-m", "pytest", "-p", "no:cacheprovider", *options]
        if variables.get("OTEL_TESTKIT_ENABLED") != "false":
            command += ["-p", "otel_testkit.integrations.pytest", "--trace-tests"]
        # Those of this environment take seconds.
        variables = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **variables}

        return self.run([*command, "test_program.py"], variables)

    def send(self, *arguments: str, **variables: str) -> Done:
        """
        `otel-testkit send`.
        """
        return self.run(["-m", "otel_testkit", "send", *arguments], variables)

    def run(self, command: Sequence[str], variables: Mapping[str, str]) -> Done:
        started = time.monotonic()
        done = subprocess.run(
            [self.python, *command],
            cwd=self.folder,
            env=self.environ() | self.variables | variables,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        gone = time.monotonic()
        ended = self.folder / "ended"
        last = float(ended.read_text()) if ended.exists() else started
        ended.unlink(missing_ok=True)

        return Done(
            done.returncode,
            done.stdout,
            done.stderr,
            gone - last,
            gone - started,
            self.store,
        )

    def environ(self) -> dict[str, str]:
        """
        The variables that a program has if nothing else is said.
        """
        clean = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("OTEL_", "PYTEST_", "COVERAGE_", "LUMIGO_"))
            and not name.upper().endswith("_PROXY")
        }

        return clean | {
            "OTEL_TESTKIT_DIR": str(self.store),
            "OTEL_TESTKIT_SHOW": "none",
            "OTEL_EXPORTER_OTLP_HEADERS": HEADERS,
            # The same otel_testkit as ours, wherever that lies.
            "PYTHONPATH": str(Path(otel_testkit.__file__).parents[1]),
        }


def holders(store: Path) -> Iterator[Path]:
    """
    The processes, as folders of /proc, that hold a run of *store* to send it.
    """
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            targets = [os.readlink(file) for file in (process / "fd").iterdir()]
            if any(
                target.startswith(str(store)) and target.endswith("delivery.jsonl")
                for target in targets
            ):
                yield process
