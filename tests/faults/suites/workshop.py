"""
Runs a suite in an environment of its own, with us in it or without, and gives what
its runner told.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tarfile
import time

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


HERE = Path(__file__).parent
ROOT = HERE.parents[2]
WITNESSES = ("pytest_witness.py", "unittest_witness.py")
# The exit code where an environment cannot be made.
CANNOT = 2
PLAIN, IDLE, TRACING, SILENT = "without", "not asked", "tracing", "no traceparent"
_PYTEST = {PLAIN: ["-p", "no:otel_testkit"], IDLE: [], TRACING: ["--trace-tests"]}
_UNITTEST = {PLAIN: [], IDLE: ["--import-only"], TRACING: ["--trace-tests"]}
# Variables that say something to us, to pytest or to Python.
_NONE_OF_THEIRS = (
    *("COVERAGE_", "GITHUB_STEP_SUMMARY", "LUMIGO_", "OTEL_", "PIP_", "PYTEST_"),
    "PYTHON",
)


@dataclass(frozen=True)
class Suite:
    """
    The tests of a package, and how they are run.
    """

    name: str
    # None of what comes with Python.
    version: str = ""
    requires: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    # Ids of tests, and why they are left out.
    deselect: Mapping[str, str] = field(default_factory=dict)
    # What ids begin with where all the headers of a call are compared, which carries
    # one of ours: such a test ends as without us when it does not.
    sees_traceparent: tuple[str, ...] = ()
    # What is not to be taken for the package that is installed.
    remove: tuple[str, ...] = ()
    # Of pytest-xdist, in a further comparison.
    workers: int = 0
    runner: str = "pytest"


@dataclass(frozen=True)
class Told:
    """
    What one run of a suite told, and what it took.
    """

    code: int
    outcomes: Mapping[str, list[str]]
    # Of the tests; workers have none.
    order: tuple[str, ...]
    warnings: Mapping[str, int]
    summary: str
    # Lines of ours that say what went wrong with us.
    troubles: list[str]
    seconds: float
    cpu: float


class Workshop:
    """
    The folder with the sources, the environments, and what the runs leave behind.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._wheel = ""
        (folder / "witness").mkdir(parents=True, exist_ok=True)
        for name in WITNESSES:
            shutil.copy(HERE / name, folder / "witness")

    def prepare(self, suite: Suite) -> None:
        """
        Make the environment of *suite*, with us in it as users have us.
        """
        if not self._wheel:
            wheels = self._folder / "wheel"
            shutil.rmtree(wheels, ignore_errors=True)
            _pip("wheel", "--no-deps", "--wheel-dir", str(wheels), str(ROOT))
            self._wheel = str(*wheels.iterdir())

        wanted = json.dumps(dataclasses.asdict(suite))
        noted = self._home(suite) / "wanted.json"
        into = ("--python", str(self._python(suite)))
        if not noted.exists() or noted.read_text("utf-8") != wanted:
            shutil.rmtree(self._home(suite), ignore_errors=True)
            _do(sys.executable, "-m", "venv", "--without-pip", str(self._home(suite)))
            exactly = f"{suite.name}=={suite.version}"
            packages = [exactly] if suite.version else []
            packages += [*suite.requires, *(["pytest-xdist"] if suite.workers else [])]
            _pip(*into, "install", *packages, self._wheel)
            if suite.version:
                # The tests are in the sources alone.
                _pip(
                    *("download", "--no-deps", "--no-binary", suite.name),
                    *("--dest", str(self._home(suite) / "source"), exactly),
                )
            noted.write_text(wanted, encoding="utf-8")
        else:
            _pip(*into, "install", "--force-reinstall", "--no-deps", self._wheel)

    def run(self, suite: Suite, variant: str, workers: int) -> Told:
        tree, witnessed = self._unpack(suite), self._home(suite) / f"{variant}.json"
        witnessed.unlink(missing_ok=True)
        shutil.rmtree(self.store(suite), ignore_errors=True)
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(_NONE_OF_THEIRS)
        }
        environment |= {
            "OTEL_TESTKIT_DIR": str(self.store(suite)),
            "OTEL_TESTKIT_PROPAGATE": str(variant != SILENT).lower(),
            "PYTHONHASHSEED": "0",
            "PYTHONPATH": str(self._folder / "witness"),
        }
        used, start = _cpu(), time.monotonic()
        done = subprocess.run(
            [
                *(str(self._python(suite)), "-m"),
                *_command(suite, TRACING if variant == SILENT else variant, workers),
                f"--witness={witnessed}",
                *suite.arguments,
            ],
            cwd=tree,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        seconds, used = time.monotonic() - start, _cpu() - used
        printed = self._home(suite) / f"{variant}.txt"
        printed.write_text(done.stdout, encoding="utf-8")
        if not witnessed.exists():
            raise SystemExit(f"{suite.name} {variant} broke off: see {printed}")

        outcomes: dict[str, list[str]] = {}
        told = json.loads(witnessed.read_text("utf-8"))
        for test, phase, outcome in told["phases"]:
            outcomes.setdefault(test, []).append(f"{phase} {outcome}")

        return Told(
            code=done.returncode,
            outcomes=outcomes,
            order=() if workers else tuple(outcomes),
            warnings=dict(told["warnings"]),
            summary=_summary(done.stdout),
            troubles=re.findall(r"^otel-testkit: .*", done.stdout, re.MULTILINE),
            seconds=seconds,
            cpu=used,
        )

    def _home(self, suite: Suite) -> Path:
        return self._folder / suite.name

    def _python(self, suite: Suite) -> Path:
        return self._home(suite) / "bin" / "python"

    def store(self, suite: Suite) -> Path:
        return self._home(suite) / "store"

    def _unpack(self, suite: Suite) -> Path:
        """
        Give the sources, as they came and at the same place each time.
        """
        folder = self._home(suite) / "tree"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        if not suite.version:
            return folder

        (file,) = (self._home(suite) / "source").iterdir()
        with tarfile.open(file) as archive:
            # Not before Python 3.11.4.
            safe = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            archive.extractall(folder, **safe)
        (tree,) = folder.iterdir()
        for name in suite.remove:
            shutil.rmtree(tree / name)

        return tree


def _command(suite: Suite, variant: str, workers: int) -> list[str]:
    if suite.runner == "unittest":
        return ["unittest_witness", *_UNITTEST[variant]]

    left_out = [word for test in suite.deselect for word in ("--deselect", test)]
    spread = ["-n", str(workers)] if workers else []

    return ["pytest", "-p", "pytest_witness", *_PYTEST[variant], *spread, *left_out]


def _summary(printed: str) -> str:
    """
    Give the runner's last line, without the time that it took.
    """
    line = re.findall(r"^=* ?(\d+ \w+.*) in [\d.]+s\b.*$", printed, re.MULTILINE)

    return line[-1] if line else ""


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)

    return used.ru_utime + used.ru_stime


def _pip(*arguments: str) -> None:
    quiet = ("--quiet", "--disable-pip-version-check")
    _do(sys.executable, "-m", "pip", *quiet, *arguments)


def _do(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stderr.write(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
        raise SystemExit(CANNOT)
