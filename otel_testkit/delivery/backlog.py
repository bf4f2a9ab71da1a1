"""
What of a run is still to be sent, in batches.

Files are read while other processes write them: a line counts once it is
whole. What waits, waits on disk: no more than a batch is held in memory.
"""

from __future__ import annotations

import os
import re

from collections.abc import Iterator
from typing import Final

from otel_testkit.delivery.ledger import Ledger, Line
from otel_testkit.delivery.selection import Selection
from otel_testkit.store import layout
from otel_testkit.store.layout import is_alive


MOST_RECORDS: Final = 512
_MOST_BYTES: Final = 1_000_000
# How `store.encode` begins a span, in either kind of file.
SPAN_ID: Final = re.compile(
    rb'"traceId": ?"[0-9a-f]{32}", ?"spanId": ?"([0-9a-f]{16})"'
)
_TIMES: Final = re.compile(rb'"(?:start|end)TimeUnixNano": ?"(\d{19})"')


class Backlog:
    """
    What of the files of *signal* in *folder* the endpoint *to* has not answered
    for, according to *ledger*, as far as it is selected.
    """

    def __init__(
        self, folder: str, signal: str, ledger: Ledger, to: str, selection: Selection
    ) -> None:
        self._folder = folder
        self._signal = signal
        self._ledger = ledger
        self._to = to
        self._selection = selection
        self._tails: dict[str, Tail] = {}
        self._is_over = False
        self._open: list[Line] | None = None

    def take(self, batch: list[Line]) -> None:
        """
        Add to *batch* what there is, until it is full.
        """
        size = _size(batch)
        for line in self._lines():
            batch.append(line)
            size += len(line.text)
            if len(batch) >= MOST_RECORDS or size >= _MOST_BYTES:
                return

    def end(self) -> None:
        """
        Count as records what processes that have died left open, and as selected
        what is undecided: the run is over.
        """
        self._is_over = True

    def count_rest(self) -> int:
        """
        Count what is left, which is then out of reach.
        """
        count = 0
        while True:
            batch: list[Line] = []
            self.take(batch)
            if not batch:
                return count
            count += len(batch)

    def _lines(self) -> Iterator[Line]:
        yield from self._selection.released(self._signal)
        for name in files(self._folder, self._signal):
            for line in self._tail(name).lines():
                yield from self._selection.select(self._signal, line)

        if self._is_over and self._signal == layout.TRACES:
            # All has been read by now.
            self._selection.end()
            yield from self._selection.released(self._signal)
            if self._open is None:
                self._open = list(self._left_open())
            while self._open:
                yield self._open.pop()

    def _tail(self, name: str) -> Tail:
        tail = self._tails.get(name)
        if tail is None:
            settled = self._ledger.settled(self._to, name)
            tail = self._tails[name] = Tail(self._folder, name, settled)

        return tail

    def _left_open(self) -> Iterator[Line]:
        for name in files(self._folder, layout.OPEN):
            suffix = name.removeprefix(layout.OPEN)
            if is_alive(suffix.removeprefix(".")):
                continue

            ended, last_seen = self._what_ended(layout.TRACES + suffix)
            left = [
                line
                for line in self._tail(name).lines()
                if (found := SPAN_ID.search(line.text)) and found[1] not in ended
            ]
            times = [time for line in left for time in _TIMES.findall(line.text)]
            end = max([last_seen, *times]).decode()
            for line in left:
                text = line.text.decode().rstrip().removesuffix("}")
                yield line._replace(text=f'{text},"endTimeUnixNano":"{end}"}}'.encode())

    def _what_ended(self, name: str) -> tuple[set[bytes], bytes]:
        """
        Give the ids of the spans in the file *name*, and the last time in it.
        """
        ended: set[bytes] = set()
        last_seen = b""
        for line in Tail(self._folder, name, []).lines():
            if found := SPAN_ID.search(line.text):
                ended.add(found[1])
                last_seen = max([last_seen, *_TIMES.findall(line.text)])

        return ended, last_seen


class Tail:
    """
    One file, from where it was last read; without the bytes that are *settled*.
    """

    def __init__(self, folder: str, name: str, settled: list[tuple[int, int]]) -> None:
        self._path = os.path.join(folder, name)
        self._name = name
        self._settled = settled
        self._place = 0

    def lines(self) -> Iterator[Line]:
        self._skip_settled()
        try:
            if os.path.getsize(self._path) <= self._place:
                return
            with open(self._path, "rb") as file:
                yield from self._lines_of(file)
        except OSError:
            # Pruned in between.
            return

    def _lines_of(self, file: Iterator[bytes]) -> Iterator[Line]:
        file.seek(self._place)  # type: ignore[attr-defined]  # a binary file
        for text in file:
            if not text.endswith(b"\n"):
                return

            start = self._place
            self._place += len(text)
            yield Line(self._name, start, self._place, text)
            if self._skip_settled():
                file.seek(self._place)  # type: ignore[attr-defined]  # as above

    def _skip_settled(self) -> bool:
        before = self._place
        while self._settled and self._settled[0][0] <= self._place:
            self._place = max(self._place, self._settled.pop(0)[1])

        return self._place != before


def is_full(batch: list[Line]) -> bool:
    return len(batch) >= MOST_RECORDS or _size(batch) >= _MOST_BYTES


def _size(batch: list[Line]) -> int:
    return sum(len(line.text) for line in batch)


def files(folder: str, kind: str) -> list[str]:
    """
    Give the names of the files of *kind* in *folder*.
    """
    try:
        names = os.listdir(folder)
    except OSError:
        return []

    return sorted(
        name
        for name in names
        if name.startswith(f"{kind}.") and name.endswith(".jsonl")
    )
