"""
How every attempt ended, in one small database, so that history need not be read
out of a thousand run folders.

It is written by the reading side only, and holds nothing that is not in the folders:
a damaged one, or one of another version, is thrown away and made anew. What has been
pruned since stays in it.
"""

from __future__ import annotations

import os
import sqlite3

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Final, NamedTuple, Self


_VERSION: Final = 1
_SECONDS_TO_WAIT: Final = 10.0
_SCHEMA: Final = f"""
CREATE TABLE run (id INTEGER PRIMARY KEY, name TEXT UNIQUE, signature TEXT);
CREATE TABLE revision (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
CREATE TABLE subject (
    id INTEGER PRIMARY KEY, suite TEXT, name TEXT, UNIQUE (suite, name)
);
CREATE TABLE attempt (
    subject INTEGER, start INTEGER, failed INTEGER, run INTEGER, revision INTEGER,
    trace TEXT, duration INTEGER, error TEXT
);
CREATE INDEX attempt_by_subject ON attempt (subject, start, failed, run, revision);
CREATE INDEX attempt_by_run ON attempt (run);
PRAGMA user_version = {_VERSION};
"""
# Came later: what it holds is worked out anew where it is missing.
_CAUSES: Final = "CREATE TABLE IF NOT EXISTS cause (trace TEXT PRIMARY KEY, said TEXT)"


class IndexedAttempt(NamedTuple):
    """
    How an attempt ended. Times are nanoseconds; *revision* is "" where the code is
    not known for sure, *error* the type of what ended it.
    """

    suite: str
    case: str
    start: int
    duration: int
    is_failure: bool
    revision: str
    trace_id: str
    error: str


class Result(NamedTuple):
    """
    How one attempt ended, and in which run; *revision* is that of the code, "" where
    it is not known for sure.
    """

    is_failure: bool
    run: str
    revision: str = ""


class LastFailure(NamedTuple):
    """
    Where a case failed last: the run, the trace, and the type of what ended it;
    *cause* is "" where it has not been told to the index.
    """

    run: str
    trace_id: str
    error: str
    cause: str


class Index:
    """
    The database at *path*; where nothing can be written it is kept in memory.
    """

    def __init__(self, path: str) -> None:
        self._database = _opened(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exception: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._database.close()

    def signatures(self) -> dict[str, str]:
        """
        Give what each run that is known looked like when it was read.
        """
        return dict(self._database.execute("SELECT name, signature FROM run"))

    def put(self, run: str, signature: str, attempts: Iterable[IndexedAttempt]) -> None:
        """
        Note the *attempts* of *run*, in place of what was known of it.
        """
        with self._database as database:
            database.execute(
                "INSERT INTO run (name, signature) VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET signature = excluded.signature",
                (run, signature),
            )
            (run_id,) = database.execute(
                "SELECT id FROM run WHERE name = ?", (run,)
            ).fetchone()
            database.execute("DELETE FROM attempt WHERE run = ?", (run_id,))
            subjects: dict[tuple[str, str], int] = {}
            revisions: dict[str, int] = {}
            database.executemany(
                "INSERT INTO attempt VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (
                        self._subject(one.suite, one.case, subjects),
                        one.start,
                        int(one.is_failure),
                        run_id,
                        self._revision(one.revision, revisions),
                        _whole(one.trace_id),
                        one.duration,
                        _whole(one.error),
                    )
                    for one in attempts
                ),
            )

    def failing_cases(
        self, *, since: int = 0, least_attempts: int = 1
    ) -> Iterator[tuple[str, str, list[Result]]]:
        """
        Give suite and name of each case that has failed *since*, in nanoseconds since
        1970, and all of its results from first to last.
        """
        cases = [
            subject
            for subject, count, latest in self._database.execute(
                "SELECT subject, COUNT(*), MAX(CASE failed WHEN 1 THEN start END)"
                " FROM attempt GROUP BY subject"
            )
            if latest is not None and latest >= since and count >= least_attempts
        ]
        runs = dict(self._database.execute("SELECT id, name FROM run"))
        revisions = dict(self._database.execute("SELECT id, name FROM revision"))
        for subject in cases:
            suite, name = self._database.execute(
                "SELECT suite, name FROM subject WHERE id = ?", (subject,)
            ).fetchone()
            rows = self._database.execute(
                "SELECT failed, run, revision FROM attempt"
                " WHERE subject = ? ORDER BY start",
                (subject,),
            )
            yield (
                suite,
                name,
                [
                    Result(failed == 1, runs[run], revisions.get(revision, ""))
                    for failed, run, revision in rows
                ],
            )

    def last_failure(self, suite: str, case: str) -> LastFailure | None:
        """
        Tell where a case failed last.
        """
        found = self._database.execute(
            "SELECT run.name, trace, error, COALESCE(said, '') FROM attempt"
            " JOIN subject ON subject.id = subject JOIN run ON run.id = run"
            " LEFT JOIN cause USING (trace)"
            " WHERE suite = ? AND subject.name = ? AND failed ORDER BY start DESC",
            (_whole(suite), _whole(case)),
        ).fetchone()

        return LastFailure(*found) if found else None

    def note_causes(self, causes: Iterable[tuple[str, str]]) -> None:
        """
        Keep the *causes* of failures, each with its trace: the run may be pruned.
        """
        with self._database as database:
            database.executemany(
                "INSERT OR REPLACE INTO cause VALUES (?, ?)",
                ((_whole(trace), _whole(cause)) for trace, cause in causes),
            )

    def failed_cases(self) -> Iterator[tuple[str, str]]:
        """
        Give suite and name of each case that has ever failed.
        """
        yield from self._database.execute(
            "SELECT suite, name FROM subject"
            " WHERE id IN (SELECT subject FROM attempt WHERE failed)"
        )

    def count(self) -> int:
        """
        Count the attempts that are known.
        """
        (count,) = self._database.execute("SELECT COUNT(*) FROM attempt").fetchone()

        return int(count)

    def _subject(self, suite: str, case: str, known: dict[tuple[str, str], int]) -> int:
        if (suite, case) not in known:
            known[suite, case] = self._id_of(
                "INSERT OR IGNORE INTO subject (suite, name) VALUES (?, ?)",
                "SELECT id FROM subject WHERE suite = ? AND name = ?",
                (suite, case),
            )

        return known[suite, case]

    def _revision(self, name: str, known: dict[str, int]) -> int | None:
        if not name:
            return None
        if name not in known:
            known[name] = self._id_of(
                "INSERT OR IGNORE INTO revision (name) VALUES (?)",
                "SELECT id FROM revision WHERE name = ?",
                (name,),
            )

        return known[name]

    def _id_of(self, insert: str, select: str, values: tuple[str, ...]) -> int:
        whole = tuple(map(_whole, values))
        self._database.execute(insert, whole)
        (number,) = self._database.execute(select, whole).fetchone()

        return int(number)


def _whole(text: str) -> str:
    """
    Give *text* as the database can hold it: without half a character.
    """
    return text if text.isascii() else text.encode(errors="replace").decode()


def _opened(path: str) -> sqlite3.Connection:
    for _ in range(2):
        database = None
        try:
            database = sqlite3.connect(path, timeout=_SECONDS_TO_WAIT)
            if _is_made(database):
                return database
        except sqlite3.OperationalError:
            # Nothing can be written there, or somebody does so for long.
            break
        except sqlite3.DatabaseError:
            pass
        # It is damaged, or of another version.
        if database is not None:
            database.close()
        _remove(path)

    memory = sqlite3.connect(":memory:")
    _is_made(memory)

    return memory


def _is_made(database: sqlite3.Connection) -> bool:
    """
    Make what *database* needs, if it is new; tells whether it is one of ours.
    """
    # Nothing here is lost for good, so no write waits for the disk.
    database.execute("PRAGMA synchronous = OFF")
    database.execute("BEGIN IMMEDIATE")
    with database:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version == 0:
            for statement in _SCHEMA.split(";"):
                database.execute(statement)
        if version in (0, _VERSION):
            database.execute(_CAUSES)

    return version in (0, _VERSION)


def _remove(path: str) -> None:
    for ending in ("", "-journal", "-wal", "-shm"):
        try:
            os.remove(path + ending)
        except OSError:
            continue
