"""
Real servers, each started once and for these tests alone.

Nothing is installed from here: `make servers` does, on Debian, for the two that are
no Python. Where they are missing the tests say so and are skipped; with
`REQUIRE_SERVERS` in the environment, as in CI, they fail.
"""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
import socket
import subprocess
import tempfile
import time

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from otel_testkit.recording import capture


PASSWORD = "hunter22-of-the-tests"


def free_port() -> int:
    """
    A port that nobody listens on.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _binary(name: str, *folders: str) -> str:
    path = os.pathsep.join(
        [os.environ.get("PATH", os.defpath), *sorted(folders, reverse=True)]
    )
    found = shutil.which(name, path=path)
    if found is None:
        reason = f"NOT TESTED: {name} is not installed on this machine (make servers)"
        if os.environ.get("REQUIRE_SERVERS"):
            pytest.fail(reason)
        pytest.skip(reason)

    return found


@contextlib.contextmanager
def _folder_of_its_own(user: str) -> Iterator[Path]:
    # Not below the tests' own, which only their user may enter.
    folder = Path(tempfile.mkdtemp(prefix="otel-testkit-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, user)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port), 1),
        ):
            return
        assert server.poll() is None, "the server has ended"
        time.sleep(0.05)

    pytest.fail("the server does not listen")


@pytest.fixture(scope="session")
def refused_port() -> int:
    """
    A port where every connection is refused.
    """
    return free_port()


@pytest.fixture(scope="session")
def password() -> str:
    """
    The password of the servers, which must never stand on a disk of ours.
    """
    return PASSWORD


@pytest.fixture(scope="session")
def postgres() -> Iterator[dict[str, Any]]:
    """
    How to connect to a PostgreSQL.
    """
    # Debian has only links in the path.
    binary = os.path.realpath(
        _binary("postgres", *glob.glob("/usr/lib/postgresql/*/bin"))
    )
    initdb = os.path.join(os.path.dirname(binary), "initdb")
    as_user: list[str] = []
    if os.geteuid() == 0:
        # It refuses to run as root.
        as_user = [_binary("setpriv"), "--reuid=postgres", "--regid=postgres"]
        as_user += ["--clear-groups", "--"]

    with _folder_of_its_own("postgres") as folder:
        secret, data = folder / "password", folder / "data"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        options = ["-U", "tests", "--auth=scram-sha-256", f"--pwfile={secret}"]
        options += ["--no-sync", "--no-locale", "-E", "UTF8"]
        subprocess.run(
            [*as_user, initdb, "-D", str(data), *options],
            check=True,
            cwd=folder,
            capture_output=True,
        )
        port = free_port()
        options = ["--fsync=off", "--listen_addresses=127.0.0.1"]
        options += [f"--port={port}", f"--unix_socket_directories={folder}"]
        server = subprocess.Popen(
            [*as_user, binary, "-D", str(data), *options],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(port, server)
            yield {
                "host": "127.0.0.1",
                "port": port,
                "dbname": "postgres",
                "user": "tests",
                "password": PASSWORD,
            }
        finally:
            server.terminate()
            server.wait(10)


@pytest.fixture(scope="session")
def redis_port() -> Iterator[int]:
    """
    The port of a Redis.
    """
    binary, port = _binary("redis-server"), free_port()
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen(
            [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", ""],
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )
        try:
            _wait_for(port, server)
            yield port
        finally:
            server.terminate()
            server.wait(10)


@pytest.fixture(autouse=True)
def _taps_as_before() -> Iterator[None]:
    capture.install()
    yield
    capture.install()
