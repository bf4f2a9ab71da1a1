"""
The data of a report, test by test, on its way into the page.

It waits in a file of its own, for the page says first what all tests together were
like; and how much of it goes in is known only when all is there.
"""

from __future__ import annotations

import base64
import gzip
import tempfile

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, Final, Self

from otel_testkit.report.html.chunk import json_bytes


_LEVEL: Final = 6
# Bytes of base64 at once, a multiple of four.
_PIECE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class _Kept:
    begin: int
    size: int


class Spool:
    """
    A file of what is packed: JSON, gzip, base64.
    """

    def __init__(self) -> None:
        self._file: Final[IO[bytes]] = tempfile.TemporaryFile()  # noqa: SIM115 - closed below
        self._kept: Final[dict[str, _Kept]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def put(self, name: str, value: Any) -> None:
        """
        Pack *value*, to be taken by *name*.
        """
        raw = _pack(value)
        self._kept[name] = _Kept(self._file.seek(0, 2), len(raw))
        self._file.write(raw)

    def size(self, name: str) -> int:
        """
        Tell how many bytes *name* takes in a page, 0 where there is none.
        """
        return self._kept[name].size if name in self._kept else 0

    def take(self, name: str) -> Iterator[str]:
        """
        Give what is kept by *name*, piece by piece.
        """
        kept = self._kept.get(name)
        if kept is None:
            return
        left = kept.size
        self._file.seek(kept.begin)
        while left:
            piece = self._file.read(min(left, _PIECE))
            left -= len(piece)
            yield piece.decode()


def packed_text(value: Any) -> str:
    """
    Pack *value* for a page.
    """
    return _pack(value).decode()


def _pack(value: Any) -> bytes:
    return base64.b64encode(gzip.compress(json_bytes(value), _LEVEL, mtime=0))
