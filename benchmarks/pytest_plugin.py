"""
What the pytest plugin costs a test, beside what others cost: each of them in an
environment of its own, against pytest alone in the same.

Instructions are counted where valgrind is installed, and are the steady figure.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv

from pathlib import Path
from typing import NamedTuple

from benchmarks import sink
from benchmarks.rounds import median


TESTS = 2_000
# Enough where each instruction is counted, which takes fifty times as long.
COUNTED = 400
OURS = ("-p", "otel_testkit.integrations.pytest")
ROOT = Path(__file__).parents[1]
RAW = """
import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
tracer = provider.get_tracer("raw")

@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_protocol(item):
    with tracer.start_as_current_span(item.nodeid, attributes={"name": item.nodeid}):
        yield

def pytest_unconfigure():
    provider.force_flush()
"""


class Variant(NamedTuple):
    """
    A way to run pytest, in an environment with these *packages* (ours if none).
    """

    name: str
    options: tuple[str, ...]
    packages: tuple[str, ...] = ()


VARIANTS = (
    Variant("installed, not asked", OURS),
    Variant("--trace-tests", (*OURS, "--trace-tests")),
    Variant("a span of the SDK, by a hook", ("-p", "raw_hook")),
    Variant(
        "pytest-opentelemetry",
        ("-p", "pytest_opentelemetry.plugin", "--export-traces"),
        ("pytest-opentelemetry", "opentelemetry-exporter-otlp-proto-http"),
    ),
    Variant(
        "pytest-otel",
        # Else it speaks gRPC, to a server that never answers that.
        ("-p", "pytest_otel", "--otel-exporter-protocol", "http/protobuf"),
        ("pytest-otel",),
    ),
)


def report(rounds: int) -> None:
    with sink.running() as url, tempfile.TemporaryDirectory() as folder:
        _write(Path(folder))
        pythons = {one.packages: _python(one.packages) for one in VARIANTS}
        bare = {
            packages: _instructions(python, (), folder, url)
            for packages, python in pythons.items()
        }
        print(f"\npytest, added to each of {TESTS} tests (median of {rounds} rounds)")
        for one in VARIANTS:
            python = pythons[one.packages]
            counted = _instructions(python, one.options, folder, url)
            times = [_times(python, one, folder, url) for _ in range(rounds)]
            added = median(with_it - alone for alone, with_it in times)
            ratio = median(with_it / alone for alone, with_it in times)
            more = counted - bare[one.packages]
            told = f"{more:8.0f} k instructions" if counted else ""
            print(
                f"  {one.name:30}{added:+8.0f} µs of CPU  x{ratio:.2f}{told}",
                flush=True,
            )
    print("  to reach, tracing: +150 µs, 400 k instructions; not asked: 20 k")


def _python(packages: tuple[str, ...]) -> str:
    if not packages:
        return sys.executable

    folder = ROOT / ".venv-peers" / packages[0]
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        quiet = ("--quiet", "--disable-pip-version-check")
        subprocess.run(
            [python, "-m", "pip", "install", *quiet, "pytest", *packages],
            check=True,
        )

    return str(python)


def _write(folder: Path) -> None:
    (folder / "raw_hook.py").write_text(RAW, "utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", "utf-8")
    for name, count in (
        ("test_one.py", 1),
        ("test_some.py", COUNTED),
        ("test_all.py", TESTS),
    ):
        lines = (f"def test_{n}(): pass\n" for n in range(count))
        (folder / name).write_text("".join(lines), "utf-8")


def _times(python: str, one: Variant, folder: str, url: str) -> tuple[float, float]:
    """
    Give the CPU time of a test in µs, without and with the plugin, and without
    what starting pytest takes.
    """
    bare, with_it = (
        (
            _cpu(python, options, "test_all.py", folder, url)
            - _cpu(python, options, "test_one.py", folder, url)
        )
        / (TESTS - 1)
        * 1e6
        for options in ((), one.options)
    )

    return bare, with_it


def _cpu(
    python: str, options: tuple[str, ...], file: str, folder: str, url: str
) -> float:
    before = os.times()
    _run([python], options, file, folder, url)
    after = os.times()

    return (
        after.children_user
        - before.children_user
        + after.children_system
        - before.children_system
    )


def _instructions(
    python: str, options: tuple[str, ...], folder: str, url: str
) -> float:
    """
    Give how many thousands of instructions a test takes; 0 where none can be
    counted.
    """
    if shutil.which("valgrind") is None:
        return 0

    one, many = (
        _count(python, options, file, folder, url)
        for file in ("test_one.py", "test_some.py")
    )

    return (many - one) / (COUNTED - 1) / 1e3


def _count(
    python: str, options: tuple[str, ...], file: str, folder: str, url: str
) -> int:
    # What is compiled once is compiled by now.
    _run([python], options, file, folder, url)
    counting = ("valgrind", "--tool=cachegrind", "--cache-sim=no")
    nowhere = f"--cachegrind-out-file={os.devnull}"
    told = _run([*counting, nowhere, python], options, file, folder, url)
    (found,) = re.findall(r"I\s+refs:\s+([\d,]+)", told)

    return int(found.replace(",", ""))


def _run(
    python: list[str], options: tuple[str, ...], file: str, folder: str, url: str
) -> str:
    done = subprocess.run(
        [*python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, file],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPATH": folder,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "OTEL_TESTKIT_DIR": os.path.join(folder, f"store-{time.time_ns()}"),
            "OTEL_TESTKIT_SHOW": "none",
        }
        # Ours writes to the disk alone.
        | ({} if OURS[1] in options else {"OTEL_EXPORTER_OTLP_ENDPOINT": url})
        | {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )

    return done.stderr


if __name__ == "__main__":
    report(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
