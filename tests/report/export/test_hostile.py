"""
Whatever lies in a store, an export of it is a valid file.
"""

from __future__ import annotations

import json
import tempfile

from pathlib import Path

import pytest

from hypothesis import HealthCheck, given, settings

from otel_testkit.report.export.formats import FORMATS, export
from otel_testkit.trace import load

from .conftest import whole
from .forms import check_chrome, check_har, check_otlp
from .hostile import FILES


def _no_constant(word: str) -> None:
    pytest.fail(f"{word} is no JSON")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile") / "run.jsonl"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=FILES)
def test_every_export_is_valid(path: Path, text: str) -> None:
    """
    NaN, bytes, lone surrogates, huge numbers, no names and no times: each format takes
    them, and strict readers take what it gives.
    """
    path.write_text(text, "utf-8")
    chosen = whole(load(str(path)))

    for form in FORMATS:
        written = "".join(export(form, chosen))
        if form == "markdown":
            written.encode()
            continue
        assert written.isascii()
        documents = [
            json.loads(part, parse_constant=_no_constant)
            for part in (written.splitlines() if form == "otlp" else [written])
        ]
        for document in documents:
            # A lone surrogate would fail here.
            json.dumps(document, ensure_ascii=False).encode()
            {"otlp": check_otlp, "chrome": check_chrome, "har": check_har}.get(
                form, bool
            )(document)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=FILES)
def test_an_export_can_be_exported(path: Path, text: str) -> None:
    """
    What was repaired once needs no repair: OTLP of an export is that export.
    """
    path.write_text(text, "utf-8")
    with tempfile.TemporaryDirectory() as folder:
        once = Path(folder) / "run.jsonl"
        once.write_text("".join(export("otlp", whole(load(str(path))))), "utf-8")

        again = "".join(export("otlp", whole(load(str(once)))))

        assert _records(once.read_text("utf-8")) == _records(again)


def _records(text: str) -> list[str]:
    return sorted(
        json.dumps([of_resource.get("resource"), record], sort_keys=True)
        for line in text.splitlines()
        for signal, names in (("Spans", "spans"), ("Logs", "logRecords"))
        for of_resource in json.loads(line).get(f"resource{signal}", ())
        for of_scope in of_resource[f"scope{signal}"]
        for record in of_scope[names]
        # Their order says nothing.
        if record.get("attributes", []).sort(key=json.dumps) is None
    )
