"""
Starts the system under test: three server processes on free loopback ports.

Where their addresses are in the environment, because the demo runs the servers or
because they are those of a staging environment, nothing is started.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import urllib.request

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit


EXAMPLES = Path(__file__).parent.parent
# A bad day: `demo.py` says what goes wrong on it, and checks that it does.
SEED = 224


@dataclass(frozen=True, slots=True)
class Services:
    """
    Where the parts of the system under test listen.
    """

    api: str
    aws: str
    search: str

    @property
    def environ(self) -> dict[str, str]:
        """
        The environment variables that tell the suites these addresses.
        """
        return {
            "INSIGHTS_API": self.api,
            "INSIGHTS_AWS": self.aws,
            "INSIGHTS_SEARCH": self.search,
        }

    @property
    def peers(self) -> dict[str, str]:
        """
        The names under which we want to read these addresses in a trace.
        """
        names = {self.api: "api", self.aws: "lambda", self.search: "search"}
        return {urlsplit(url).netloc: name for url, name in names.items()}

    def start_day(self, seed: int = SEED) -> None:
        """
        Begin a new day on every server, with the troubles that *seed* has for it.
        """
        for url in (self.api, self.aws, self.search):
            body = json.dumps({"seed": seed}).encode()
            urllib.request.urlopen(f"{url}/_seed", body, timeout=10).close()


@contextmanager
def running_services() -> Iterator[Services]:
    """
    Give the services of the environment, or start some and stop them at the end.
    """
    if "INSIGHTS_API" in os.environ:
        yield Services(
            os.environ["INSIGHTS_API"],
            os.environ["INSIGHTS_AWS"],
            os.environ["INSIGHTS_SEARCH"],
        )
        return

    # A proxy that this machine may have cannot reach our loopback.
    os.environ["no_proxy"] = f"{os.environ.get('no_proxy', '')},127.0.0.1"
    with (
        _server("insights.api") as api,
        _server("insights.search") as search,
        _server("insights.throttle", INSIGHTS_API=api) as aws,
    ):
        services = Services(api, aws, search)
        services.start_day()
        yield services


@contextmanager
def _server(module: str, **environ: str) -> Iterator[str]:
    # A file, not a pipe: nobody reads it unless the server fails to start.
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=EXAMPLES,
            env=os.environ | environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            port = process.stdout.readline().strip() if process.stdout else ""
            if not port:
                log.seek(0)
                msg = f"{module} did not start:\n{log.read()}"
                raise RuntimeError(msg)

            yield f"http://127.0.0.1:{port}"
        finally:
            # The server ends when its stdin does.
            try:
                process.communicate(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
