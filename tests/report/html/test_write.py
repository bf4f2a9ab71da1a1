"""
The report as a file: what is in it, and what is not where there is no room.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import re

from html.parser import HTMLParser
from pathlib import Path

import pytest

from otel_testkit.errors import UnreadableRun
from otel_testkit.report.html import write, write_report
from otel_testkit.store import layout


BODY = "a body that takes some room: " + "0123456789" * 20


class _Templates(HTMLParser):
    """
    Collects what the templates of a page hold, and each address that it names.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}
        self.addresses: list[str] = []
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self._inside = told.get("id") or "" if tag == "template" else ""
        self.addresses += [
            told[name] or "" for name in ("src", "href", "action") if name in told
        ]

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.texts[self._inside] = self.texts.get(self._inside, "") + data

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""


def held(path, name):
    """
    Unpack the template *name* of the page at *path*; None if it is empty.
    """
    page = _Templates(Path(path).read_text(encoding="utf-8"))
    packed = page.texts.get(name, "").strip()

    return json.loads(gzip.decompress(base64.b64decode(packed))) if packed else None


@pytest.fixture
def run(failing_run):
    """
    A failing test, a flaky one, one that passed, and a fixture's span of no test.
    """
    for number, outcome in enumerate(("failed", "passed")):
        trace = f"{number + 100:032x}"
        test = failing_run.test(
            "tests/test_search.py::test_reindex",
            *(10.0 + number, 10.5 + number, outcome),
            trace_id=trace,
        )
        failing_run.call(
            *("GET", "http://es:9200/_search", 503 - 303 * number, 10.1 + number),
            *(10.2 + number, test),
            body=BODY,
            trace_id=trace,
        )
    outside = {"trace_id": "d" * 32}
    fixture = failing_run.span("shop", 0.0, 2.0, **outside)
    failing_run.call(
        "POST", "http://api/shops", 201, 0.1, 0.2, fixture, body=BODY, **outside
    )
    failing_run.write()

    return failing_run


def test_every_test_is_there(run):
    """
    Each test is listed, and its data has all attempts, spans and bodies.
    """
    written = write_report(str(run.path))

    entries = {entry["name"]: entry for entry in held(written.report, "index")}
    assert {
        "tests/test_insights.py::test_insight_is_created": "failed",
        "tests/test_search.py::test_reindex": "flaky",
        "tests/test_insights.py::test_health": "passed",
        "tests/test_orders.py::test_refund": "passed",
        "shop": "outside",
    } == {name: entry["state"] for name, entry in entries.items()}
    place = entries["tests/test_search.py::test_reindex"]["place"]
    chunk = held(written.report, f"data-case-{place}")
    assert ["failed", "passed"] == [one["outcome"] for one in chunk["attempts"]]
    assert [{"failing": 0, "passing": 1}] == [
        {"failing": one["failing"], "passing": one["passing"]}
        for one in chunk["beside"]
    ]
    call = chunk["attempts"][0]["spans"][1]
    assert 503 == call["call"]["status"]
    assert [BODY] == held(written.report, f"bodies-case-{place}")
    assert 0 == call["response"]


def test_a_page_for_each_failure(run):
    """
    A test that failed, be it once, has a page of its own, which leads to the report.
    """
    written = write_report(str(run.path))

    assert {
        "tests/test_insights.py::test_insight_is_created": "test_insight_is_created.html",
        "tests/test_search.py::test_reindex": "test_reindex.html",
    } == {name: os.path.basename(path) for (_, name), path in written.failures.items()}
    assert 0 == written.more
    for path in written.failures.values():
        assert 1 == len(held(path, "index"))
        page = _Templates(Path(path).read_text())
        (back,) = {
            link.partition("#")[0] for link in page.addresses if "report.html" in link
        }
        assert os.path.samefile(
            os.path.join(os.path.dirname(path), back), written.report
        )


def test_pages_of_one_name(run_folder):
    """
    Tests of one name in several suites have each a page, to be told apart.
    """
    for number, suite in enumerate(("one", "two"), 1):
        run_folder.test(
            *("same", number, number + 0.5, "failed"),
            trace_id=f"{number:032x}",
            **{"test.suite.name": suite},
        )

    written = write_report(run_folder.write())

    assert {("one", "same"), ("two", "same")} == set(written.failures)
    assert 2 == len(set(written.failures.values()))
    assert "two" in Path(written.failures["two", "same"]).read_text()


def test_pages_have_a_limit(run_folder, monkeypatch):
    """
    Of very many tests that failed some have pages, and the others are counted.
    """
    for number in range(5):
        outcome = "failed" if number else "passed"
        run_folder.test(
            f"t{number}", number, number + 0.5, outcome, trace_id=f"{number + 1:032x}"
        )
    monkeypatch.setattr(write, "_MOST_TOLD", 3)

    written = write_report(run_folder.write())

    assert [("", "t1"), ("", "t2"), ("", "t3")] == list(written.failures)
    assert "and 1 more failed test in the report" == written.more_text
    assert 3 == len(os.listdir(run_folder.path / "failures"))


def test_no_pages(run, tmp_path):
    """
    Without pages there is the report alone, where it was wanted.
    """
    written = write_report(
        str(run.path), str(tmp_path / "new" / "all.html"), pages=False
    )

    assert ["all.html"] == os.listdir(tmp_path / "new")
    assert {} == written.failures


def test_an_earlier_run_is_laid_beside(run, tmp_path):
    """
    A failing test is compared with the attempt of an earlier run that passed.
    """
    earlier = type(run)(run.path.parent / "2026-11-21T06-43-12-0000")
    name = "tests/test_insights.py::test_insight_is_created"
    earlier.test(name, 0.0, 1.0, trace_id="e" * 32)
    earlier.write()
    folders = list(layout.run_folders(str(run.path.parent.parent)))

    written = write_report(str(run.path), folders=folders)

    (entry,) = (one for one in held(written.report, "index") if one["name"] == name)
    chunk = held(written.report, f"data-case-{entry['place']}")
    assert [None, earlier.path.name] == [one.get("run") for one in chunk["attempts"]]
    assert 1 == chunk["beside"][0]["passing"]


def test_bodies_of_passing_tests_go_first(run, monkeypatch):
    """
    What is too large loses the bodies of tests that passed, and says so.
    """
    whole = write_report(str(run.path))
    entries = held(whole.report, "index")
    size = sum(
        len(
            _Templates(Path(whole.report).read_text()).texts[
                f"data-case-{one['place']}"
            ]
        )
        for one in entries
    )
    failing = [one["place"] for one in entries if one["state"] in ("failed", "flaky")]
    others = [one["place"] for one in entries if one["place"] not in failing]
    assert any(held(whole.report, f"bodies-case-{place}") for place in others)
    room = size + sum(
        len(_Templates(Path(whole.report).read_text()).texts[f"bodies-case-{place}"])
        for place in failing
    )

    monkeypatch.setattr(write, "_MOST_BYTES", room)
    smaller = write_report(str(run.path))

    assert all(held(smaller.report, f"bodies-case-{place}") for place in failing)
    assert not any(held(smaller.report, f"bodies-case-{place}") for place in others)
    assert "no room" in Path(smaller.report).read_text()
    assert "no room" not in re.sub(
        r"<script.*",
        "",
        Path(next(iter(whole.failures.values()))).read_text(),
        flags=re.DOTALL,
    )


def test_the_page_asks_nobody(run):
    """
    No address outside of the page is loaded by it, and its policy forbids it.
    """
    page = Path(write_report(str(run.path)).report).read_text()

    assert "default-src 'none'" in page
    assert not re.search(r"<(script|link|img|iframe|object)[^>]*\s(src|href)=", page)
    assert 1 == page.count("<script")
    assert not re.search(r"\sstyle=\"", page)


def test_a_page_that_cannot_be_written(run, tmp_path, monkeypatch):
    """
    Half a page is never seen: what was there stays, and nothing else is left.
    """
    target = tmp_path / "report.html"
    target.write_text("the one before")

    def no_room(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", no_room)
    with pytest.raises(OSError, match="No space"):
        write_report(str(run.path), str(target), pages=False)

    assert "the one before" == target.read_text()
    assert ["report.html"] == [
        name for name in os.listdir(tmp_path) if not name.startswith(".otel")
    ]


def test_others_may_read_it(run):
    """
    A report is as readable as any file that the user makes.
    """
    mask = os.umask(0o022)
    try:
        written = write_report(str(run.path))
    finally:
        os.umask(mask)

    assert 0o644 == os.stat(written.report).st_mode & 0o777


def test_an_empty_page_is_small(run_folder, tmp_path):
    """
    What every page has takes at most 80 KB.
    """
    written = write_report(run_folder.write(), str(tmp_path / "report.html"))

    assert os.path.getsize(written.report) <= 80_000


def test_no_run(tmp_path):
    """
    Where no run is, nothing is written.
    """
    with pytest.raises(UnreadableRun):
        write_report(str(tmp_path / "none"), str(tmp_path / "report.html"))

    assert not os.listdir(tmp_path)
