"""
What of a run has gone where: written beside it, so that nothing goes twice.

`delivery.jsonl` has a line for each batch that an endpoint has answered. It names the endpoint (without user, password and query) and the bytes of
each file that are settled. Whoever holds the lock on it is the one who sends.
"""

from __future__ import annotations

import json
import os

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any, Final, NamedTuple

from otel_testkit.delivery.destination import Destinations


_LEDGER: Final = "delivery.jsonl"


class Line(NamedTuple):
    """
    One record of a run: where it stands, and itself.
    """

    file: str
    start: int
    end: int
    text: bytes


@dataclass(slots=True)
class Count:
    """
    How many records of one kind an endpoint has taken, and refused.
    """

    sent: int = 0
    refused: int = 0


class Taken(Exception):
    """
    Another process is sending this run.
    """


class Ledger:
    """
    The ledger of the run in *folder*, held by this process until `close`.

    Raises:
        Taken: if another process holds it.
        OSError: if it cannot be written.
    """

    def __init__(self, folder: str) -> None:
        path = os.path.join(folder, _LEDGER)
        self._file: Final[IO[str]] = open(path, "a+", encoding="utf-8")  # noqa: SIM115  # closed by `close`
        try:
            _lock(self._file)
        except OSError:
            self._file.close()
            raise Taken(folder) from None
        # By endpoint and file.
        self._settled: defaultdict[tuple[str, str], list[tuple[int, int]]]
        self._settled = defaultdict(list)
        self._counts: defaultdict[str, Count] = defaultdict(Count)
        for entry in _entries(folder):
            self._note(entry)

    def address(self, to: Destinations, slow: float | None) -> None:
        """
        Note where the run is meant to go: all of it, or what failed, is flaky or took
        *slow* seconds and more.
        """
        names = sorted({one.name for one in to.values()})
        self._write({"meant": names, "slow": slow})

    def settle(self, to: str, lines: Iterable[Line], *, refused: int = 0) -> None:
        """
        Note that *to* has answered for *lines*, of which it *refused* so many
        records for good.
        """
        ranges: dict[str, list[list[int]]] = {}
        count = 0
        for line in lines:
            count += 1
            found = ranges.setdefault(line.file, [])
            if found and found[-1][1] == line.start:
                found[-1][1] = line.end
            else:
                found.append([line.start, line.end])

        entry = {"to": to, "sent": count - refused, "lines": ranges}
        if refused:
            entry["refused"] = refused
        self._write(entry)
        self._note(entry)

    def settled(self, to: str, file: str) -> list[tuple[int, int]]:
        """
        Give the bytes of *file* that *to* has answered for, in order.
        """
        return sorted(self._settled[to, file])

    def count(self, to: str) -> Count:
        return self._counts[to]

    @property
    def is_gone(self) -> bool:
        """
        Whether it was removed, so that another one may be in its place.
        """
        return os.name == "posix" and not os.fstat(self._file.fileno()).st_nlink

    def close(self) -> None:
        self._file.close()

    def _write(self, entry: dict[str, Any]) -> None:
        # Whole, in one go: whoever is killed leaves no half line behind.
        os.write(self._file.fileno(), f"{json.dumps(entry)}\n".encode())

    def _note(self, entry: dict[str, Any]) -> None:
        to, lines = entry.get("to"), entry.get("lines")
        if not isinstance(to, str) or not isinstance(lines, dict):
            return

        for file, ranges in lines.items():
            self._settled[to, file] += [(start, end) for start, end in ranges]
        self._counts[to].sent += int(entry.get("sent", 0))
        self._counts[to].refused += int(entry.get("refused", 0))


def meant_for(folder: str) -> set[str]:
    """
    Give the endpoints that the run in *folder* was meant to go to.
    """
    meant: set[str] = set()
    for entry in _entries(folder):
        meant.update(map(str, entry.get("meant", ())))

    return meant


def slow_of(folder: str) -> float | None:
    """
    Give from how many seconds on a test is sent that passed, as it was last meant for
    the run in *folder*; None if all are.
    """
    slow = None
    for entry in _entries(folder):
        if "meant" in entry:
            slow = entry.get("slow")

    return slow


def count_of(folder: str, to: str) -> Count:
    """
    Give what of the run in *folder* the endpoint *to* has taken and refused.
    """
    count = Count()
    for entry in _entries(folder):
        if entry.get("to") == to:
            count.sent += int(entry.get("sent", 0))
            count.refused += int(entry.get("refused", 0))

    return count


def _entries(folder: str) -> Iterator[dict[str, Any]]:
    try:
        with open(os.path.join(folder, _LEDGER), encoding="utf-8") as file:
            for line in file:
                try:
                    entry = json.loads(line)
                except ValueError:
                    # Torn by a full disk: what it told of may go twice.
                    continue
                if isinstance(entry, dict):
                    yield entry
    except OSError:
        return


def _lock(file: IO[str]) -> None:
    try:
        import fcntl  # noqa: PLC0415  # not on every system
    except ImportError:
        import msvcrt  # noqa: PLC0415  # where the other is not

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]  # of another system
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
