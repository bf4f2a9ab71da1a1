"""
Exports of runs made by hand.
"""

from __future__ import annotations

import json

from collections.abc import Callable
from typing import Any

import pytest

from otel_testkit.report.export.chosen import Chosen
from otel_testkit.report.export.formats import export
from otel_testkit.trace import Run, load


def whole(run: Run) -> Chosen:
    """
    All of *run*.
    """
    return Chosen(
        run=run,
        cases=run.cases,
        attempts=list(run.attempts()),
        loose=run.loose,
        logs=run.loose_logs,
    )


@pytest.fixture
def exported() -> Callable[[str, str], Any]:
    """
    Export the whole run at a path; gives the JSON object, or the list of them.
    """

    def export_run(form: str, path: str) -> Any:
        text = "".join(export(form, whole(load(path))))
        assert text.isascii()
        if form == "otlp":
            return [json.loads(line) for line in text.splitlines()]

        return json.loads(text)

    return export_run
