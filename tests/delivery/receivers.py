"""
Receivers that others have made, started for a few tests; `make receivers` installs
them. Where they are missing the tests say so and are skipped; with
`REQUIRE_SERVERS` in the environment, as in CI, they fail.
"""

from __future__ import annotations

import contextlib
import glob
import json
import os
import socket
import subprocess
import sysconfig
import time
import urllib.request

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


INSTALLED = Path(__file__).parents[2] / ".venv-receivers"
ROTEL = "lib/python3*/site-packages/rotel/rotel-agent"
ASPIRE = "node_modules/@microsoft/aspire-cli-linux-x64/bin/aspire"
_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Dashboard:
    """
    An Aspire dashboard: where it takes OTLP, and where it can be asked.
    """

    endpoint: str
    url: str

    def ask(self, what: str) -> dict[str, Any]:
        """
        Give what it has, as OTLP/JSON: of `spans`, `traces` or `logs`.
        """
        url = f"{self.url}/api/telemetry/{what}?limit=10000"
        with _DIRECT.open(url, timeout=10) as response:
            return dict(json.load(response)["data"])


@contextlib.contextmanager
def running_rotel(to: str, folder: Path) -> Iterator[str]:
    """
    A rotel that passes on all it gets to the endpoint *to*; gives its own.
    """
    http, grpc = free_ports(2)
    command = [_binary(ROTEL), "start", "--exporter", "otlp"]
    command += ["--otlp-http-endpoint", f"127.0.0.1:{http}"]
    command += ["--otlp-grpc-endpoint", f"127.0.0.1:{grpc}"]
    command += ["--otlp-exporter-endpoint", to, "--otlp-exporter-protocol", "http"]
    command += ["--pid-file", str(folder / "rotel.pid")]
    command += ["--log-file", str(folder / "rotel.log")]
    # Linked with the library of the Python that it is a wheel for.
    libraries = {"LD_LIBRARY_PATH": sysconfig.get_config_var("LIBDIR")}

    with _running(command, folder / "rotel.out", libraries) as is_alive:
        _wait_until(lambda: _listens(http), is_alive)
        yield f"http://127.0.0.1:{http}"


@contextlib.contextmanager
def running_aspire(folder: Path) -> Iterator[Dashboard]:
    """
    An Aspire dashboard.
    """
    http, grpc, web = free_ports(3)
    command = [_binary(ASPIRE), "dashboard", "run", "--allow-anonymous"]
    command += ["--nologo", "--non-interactive"]
    command += ["--frontend-url", f"http://127.0.0.1:{web}"]
    command += ["--otlp-http-url", f"http://127.0.0.1:{http}"]
    command += ["--otlp-grpc-url", f"http://127.0.0.1:{grpc}"]
    home = INSTALLED / "home"
    home.mkdir(exist_ok=True)
    # It unpacks itself there, once, and tells nobody about it.
    environ = {
        "HOME": str(home),
        "ASPIRE_CLI_TELEMETRY_OPTOUT": "true",
        "DOTNET_CLI_TELEMETRY_OPTOUT": "1",
    }
    dashboard = Dashboard(f"http://127.0.0.1:{http}", f"http://127.0.0.1:{web}")

    def answers() -> bool:
        with contextlib.suppress(OSError):
            return dashboard.ask("traces") is not None
        return False

    with _running(command, folder / "aspire.out", environ) as is_alive:
        _wait_until(answers, is_alive)
        yield dashboard


def eventually(
    ask: Callable[[], Any], is_enough: Callable[[Any], bool], seconds: float = 20
) -> Any:
    """
    Ask until the answer is enough, and give the last one in any case.
    """
    deadline = time.monotonic() + seconds
    while not is_enough(answer := ask()) and time.monotonic() < deadline:
        time.sleep(0.1)

    return answer


def free_ports(count: int) -> list[int]:
    """
    Ports that nobody listens on.
    """
    with contextlib.ExitStack() as stack:
        listeners = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            for _ in range(count)
        ]

        return [int(listener.getsockname()[1]) for listener in listeners]


# Without the proxies of this machine.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _binary(pattern: str) -> str:
    found = glob.glob(str(INSTALLED / pattern))
    if found:
        return found[0]

    reason = f"NOT TESTED: no {pattern} in {INSTALLED.name} (make receivers)"
    if os.environ.get("REQUIRE_SERVERS"):
        pytest.fail(reason)
    pytest.skip(reason)


@contextlib.contextmanager
def _running(
    command: list[str], output: Path, environ: dict[str, str]
) -> Iterator[Callable[[], bool]]:
    with (
        output.open("wb") as file,
        subprocess.Popen(
            command,
            env=os.environ | environ,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
        ) as process,
    ):
        try:
            yield lambda: process.poll() is None
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_until(is_up: Callable[[], bool], is_alive: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not is_up():
        assert is_alive(), "the receiver has ended"
        assert time.monotonic() < deadline, "the receiver does not come up"
        time.sleep(0.05)


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError):
        with socket.create_connection(("127.0.0.1", port), 1):
            return True

    return False
