"""
Collectors to send to, and how each of them is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .behaviours import healthy
from .certificates import Certificates, make_certificates
from .collector import Collector
from .programs import Done, Programs


# Others check with it, too.
pytest.register_assert_rewrite("tests.delivery.checks")


@pytest.fixture
def new_collector() -> Iterator[Callable[..., Collector]]:
    """
    Makes collectors, which take everything as long as they aren't told otherwise.
    """
    made: list[Collector] = []

    def make(*args: Any) -> Collector:
        made.append(Collector(healthy, *args))

        return made[-1]

    yield make
    for collector in made:
        collector.down()


@pytest.fixture
def collector(new_collector: Callable[..., Collector]) -> Collector:
    """
    A collector.
    """
    return new_collector()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """
    Of a server and of a client, signed by somebody whom nobody knows.
    """
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    """
    Runs programs, all of which have one store.
    """
    return Programs(tmp_path)


@pytest.fixture(scope="session")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Done]:
    """
    How the script and the suite end without us.
    """
    programs = Programs(tmp_path_factory.mktemp("baseline"))
    off = {"OTEL_TESTKIT_ENABLED": "false"}

    return {"script": programs.script(**off), "suite": programs.suite(**off)}
