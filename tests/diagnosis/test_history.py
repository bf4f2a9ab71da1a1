"""
From run folders to the index, and from the index to what is flaky.
"""

from __future__ import annotations

import os
import sqlite3
import time

import pytest

from otel_testkit.diagnosis.flakiness import State
from otel_testkit.diagnosis.history import flaky, open_index
from otel_testkit.store.index import Index, IndexedAttempt


CI = {"otel_testkit.ci.provider": "github", "vcs.ref.head.revision": "abc"}
OUTCOMES = {"P": "passed", "F": "failed", "S": "skipped", "?": "open"}
LONG_AGO = time.time() - 3_600


@pytest.fixture
def record(run_folder, tmp_path):
    """
    Record a run: its name, then each test with its outcomes, one letter each.
    """

    def record(name, tests, resource=(), **options):
        run = type(run_folder)(tmp_path / "runs" / name)
        run.resource |= dict(resource)
        number = 1000 * int(name[-4:])
        for case, outcomes in tests.items():
            for outcome in outcomes:
                number += 1
                ended = OUTCOMES[outcome]
                end = None if ended == "open" else number + 0.5
                run.test(case, number, end, ended, trace_id=f"{number:032x}")
        folder = run.write()
        for file in os.listdir(folder):
            os.utime(os.path.join(folder, file), (options.get("at", LONG_AGO),) * 2)

    return record


def asked(tmp_path, **options):
    with open_index(str(tmp_path)) as index:
        return flaky(index, **options)


class TestIndexing:
    def test_runs(self, record, tmp_path):
        """
        Every attempt of every run is known, but for those that say nothing.
        """
        record("2026-01-01T00-00-00-0001", {"a": "P", "b": "F", "c": "S"})
        record("2026-01-01T00-00-00-0002", {"a": "P", "b": "FP"})

        with open_index(str(tmp_path)) as index:
            assert 5 == index.count()
        (found,) = asked(tmp_path)

        assert ("b", 3, 2) == (found.case, found.attempts, found.failures)
        assert ("2026-01-01T00-00-00-0002",) == found.proofs

    def test_once(self, record, tmp_path, monkeypatch):
        """
        A run is read once, and again if it has grown.
        """
        record("2026-01-01T00-00-00-0001", {"a": "P"})
        asked(tmp_path)
        monkeypatch.setattr(
            "otel_testkit.diagnosis.history.load",
            lambda *_, **__: pytest.fail("was read again"),
        )
        asked(tmp_path)
        monkeypatch.undo()

        record("2026-01-01T00-00-00-0001", {"a": "PF"})

        (found,) = asked(tmp_path)
        assert (2, 1) == (found.attempts, found.failures)

    def test_no_more_time(self, record, tmp_path, monkeypatch):
        """
        Where time is up the latest runs are known, and the others the next time.
        """
        record("2026-01-01T00-00-00-0001", {"a": "F"})
        record("2026-01-01T00-00-00-0002", {"b": "F"})
        seconds = iter(range(10))
        monkeypatch.setattr(
            "otel_testkit.diagnosis.history.time.monotonic", lambda: next(seconds)
        )
        with open_index(str(tmp_path), until=0) as index:
            assert ["b"] == [one.case for one in flaky(index)]

        assert ["a", "b"] == [one.case for one in asked(tmp_path)]

    def test_pruned(self, record, tmp_path):
        """
        What is known of a run outlives its folder.
        """
        record("2026-01-01T00-00-00-0001", {"a": "F"})
        asked(tmp_path)
        for name in os.listdir(tmp_path / "runs" / "2026-01-01T00-00-00-0001"):
            os.remove(tmp_path / "runs" / "2026-01-01T00-00-00-0001" / name)
        os.rmdir(tmp_path / "runs" / "2026-01-01T00-00-00-0001")

        assert ["a"] == [one.case for one in asked(tmp_path)]

    def test_going_on(self, record, tmp_path):
        """
        A test without an end has failed, unless its run may still go on.
        """
        record("2026-01-01T00-00-00-0001", {"a": "?"}, at=time.time())
        assert [] == asked(tmp_path)

        record("2026-01-01T00-00-00-0001", {"a": "?"})
        assert ["a"] == [one.case for one in asked(tmp_path)]

    def test_unreadable(self, record, tmp_path):
        """
        A run of a newer format is passed over.
        """
        record("2026-01-01T00-00-00-0001", {"a": "F"})
        record("2026-01-01T00-00-00-0002", {"b": "F"})
        (tmp_path / "runs" / "2026-01-01T00-00-00-0002" / "run.json").write_text(
            '{"format": 999}'
        )

        assert ["a"] == [one.case for one in asked(tmp_path)]


class TestDamage:
    @pytest.mark.parametrize("content", [b"this is no database" * 99, b""])
    def test_damaged(self, record, tmp_path, content):
        """
        A damaged index is made anew from the folders.
        """
        record("2026-01-01T00-00-00-0001", {"a": "F"})
        (tmp_path / "index.sqlite3").write_bytes(content)

        assert ["a"] == [one.case for one in asked(tmp_path)]
        assert ["a"] == [one.case for one in asked(tmp_path)]

    def test_other_version(self, record, tmp_path):
        """
        So is one of another version.
        """
        record("2026-01-01T00-00-00-0001", {"a": "F"})
        database = sqlite3.connect(tmp_path / "index.sqlite3")
        database.execute("PRAGMA user_version = 99")
        database.close()

        assert ["a"] == [one.case for one in asked(tmp_path)]

    def test_no_place(self, record, tmp_path):
        """
        Where no index can be written, one is made in memory.
        """
        record("2026-01-01T00-00-00-0001", {"a": "F"})
        (tmp_path / "index.sqlite3").mkdir()

        assert ["a"] == [one.case for one in asked(tmp_path)]
        assert [] == os.listdir(tmp_path / "index.sqlite3")

    def test_locked(self, record, tmp_path, monkeypatch):
        """
        An index that somebody else writes to is left alone.
        """
        record("2026-01-01T00-00-00-0001", {"a": "F"})
        asked(tmp_path)
        monkeypatch.setattr("otel_testkit.store.index._SECONDS_TO_WAIT", 0.01)
        other = sqlite3.connect(tmp_path / "index.sqlite3")
        other.execute("BEGIN EXCLUSIVE")

        assert ["a"] == [one.case for one in asked(tmp_path)]
        other.rollback()
        assert [(1,)] == other.execute("SELECT COUNT(*) FROM attempt").fetchall()
        other.close()


class TestFlaky:
    def test_order(self, record, tmp_path):
        """
        What is broken comes first, then what fails most often, then what is fixed.
        """
        tests = {"a": "PPP", "b": "PFPF", "c": "PPPPPP", "d": "FPFPFP"}
        record("2026-01-01T00-00-00-0001", tests)
        tests = {"a": "PFPPPP", "b": "PPFP", "c": "FF", "d": "P" * 20}
        record("2026-01-01T00-00-00-0002", tests)
        record("2026-01-01T00-00-00-0003", {"c": "FF"})

        assert [
            ("c", State.BROKEN),
            ("b", State.FLAKY),
            ("a", State.NEW),
            ("d", State.FIXED),
        ] == [(one.case, one.state) for one in asked(tmp_path)]

    def test_limits(self, record, tmp_path):
        """
        Old attempts and cases with few of them can be left out.
        """
        record("2026-01-01T00-00-00-0001", {"a": "FPP", "b": "F"})
        start = 1_795_329_792 * 10**9

        assert ["a"] == [one.case for one in asked(tmp_path, least_attempts=2)]
        assert ["b"] == [
            one.case for one in asked(tmp_path, since=start + 1004 * 10**9)
        ]

    def test_since(self, record, tmp_path):
        """
        What a case is does not depend on since when it is asked for.
        """
        record("2026-01-01T00-00-00-0001", {"a": "PPFP"})
        record("2026-01-01T00-00-00-0002", {"a": "PPPF"})
        start = 1_795_329_792 * 10**9
        (whole,) = asked(tmp_path)

        assert [whole] == asked(tmp_path, since=start + 2004 * 10**9)
        assert [] == asked(tmp_path, since=start + 2005 * 10**9)
        assert (State.FLAKY, 8) == (whole.state, whole.attempts)

    def test_revisions(self, record, tmp_path):
        """
        A revision is proof where CI tells it, not on a desk.
        """
        for number, outcome in enumerate("PF"):
            name = f"2026-01-01T00-00-00-000{number}"
            record(name, {"a": outcome}, resource=CI)
            at_desk = {"vcs.ref.head.revision": "abc"}
            record(name + "0", {"b": outcome}, resource=at_desk)
        a, b = sorted(asked(tmp_path), key=lambda one: one.case)

        assert (("abc",), ()) == (a.proofs, b.proofs)


def test_put_again(tmp_path):
    """
    What is noted of a run takes the place of what was known of it.
    """
    attempt = IndexedAttempt("", "a", 1, 1, True, "", "f" * 32, "AssertionError")
    with Index(str(tmp_path / "index")) as index:
        index.put("one", "1", [attempt] * 3)
        index.put("two", "1", [attempt])
        index.put("one", "2", [attempt])

        assert 2 == index.count()
        assert {"one": "2", "two": "1"} == index.signatures()
