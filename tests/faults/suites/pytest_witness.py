"""
What pytest reports of each test, written down for the suites here: a plugin for a
pytest that knows nothing of us.
"""

from __future__ import annotations

import json
import os

from collections import Counter
from typing import Any

import pytest


class Witness:
    """
    All that was reported, up to the end of the session.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._phases: list[tuple[str, str, str]] = []
        self._warned: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: Any) -> None:
        said = report.outcome + ("?" if hasattr(report, "wasxfail") else "")
        is_part = type(report).__name__ == "SubtestReport"
        phase = "subtest" if is_part else report.when
        self._phases.append((report.nodeid, phase, said))

    def pytest_collectreport(self, report: Any) -> None:
        if not report.passed:
            self._phases.append((report.nodeid, "collect", report.outcome))

    def pytest_warning_recorded(self, warning_message: Any, nodeid: str) -> None:
        file = os.path.basename(warning_message.filename)
        kind = warning_message.category.__name__
        self._warned[f"{nodeid} {kind} {file}:{warning_message.lineno}"] += 1

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        told = {"phases": self._phases, "warnings": sorted(self._warned.items())}
        with open(self._path, "w", encoding="utf-8") as file:
            json.dump(told, file)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--witness")


def pytest_configure(config: pytest.Config) -> None:
    # Workers of xdist report to the one that started them.
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Witness(config.getoption("witness")))
