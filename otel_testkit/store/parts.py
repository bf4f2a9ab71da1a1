"""
Reads a run folder in parts, each with all attempts of some tests: a run may be
larger than memory.
"""

from __future__ import annotations

import os
import re

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from otel_testkit.semconv import TEST_CASE_NAME
from otel_testkit.store import decode, read
from otel_testkit.store.header import read_header


# What is read of them takes about ten times as much memory.
_PART: Final = 16_000_000
_CASE: Final = re.compile(
    rb'"'
    + TEST_CASE_NAME.encode()
    + rb'", ?"value": ?{"stringValue": ?("(?:[^"\\]|\\.)*")'
)
_Range = tuple[str, int, int]


@dataclass(slots=True)
class _Trace:
    """
    Where the lines of a trace lie: a file, the first byte, the byte after the last.
    """

    ranges: list[_Range] = field(default_factory=list)
    case: bytes = b""
    size: int = 0

    def add(self, file: str, begin: int, end: int) -> None:
        self.size += end - begin
        if self.ranges and self.ranges[-1][0] == file and self.ranges[-1][2] == begin:
            begin = self.ranges.pop()[1]
        self.ranges.append((file, begin, end))


def read_parts(path: str, *, most_bytes: int = _PART) -> Iterator[read.StoredRun]:
    """
    Read the run folder, or the file of OTLP/JSON lines, at *path*, by parts of about
    so many bytes; a file is one part. All attempts of a case are in the same one.

    Raises:
        UnreadableRun: if nothing is there, or its format is newer than ours.
    """
    if not os.path.isdir(path):
        yield read.read_run(path)
        return

    header = read.modernize(read_header(path))
    for traces in _parts(_traces(path), most_bytes):
        yield _read(path, header, traces)


def _traces(path: str) -> list[_Trace]:
    """
    Find the lines of each trace; what belongs to none is one trace, the last.
    """
    traces: dict[bytes, _Trace] = {}
    rest = _Trace()
    for file in read.files(path, with_logs=True):
        at = 0
        for line in read.lines(file, blank=True):
            found = read.TRACE_ID.search(line)
            trace = traces.setdefault(found[1], _Trace()) if found else rest
            trace.add(file, at, at + len(line))
            at += len(line)
            if not trace.case and (case := _CASE.search(line)):
                trace.case = case[1]

    return [*traces.values(), rest]


def _parts(traces: list[_Trace], most_bytes: int) -> Iterator[list[_Trace]]:
    cases: dict[bytes, list[_Trace]] = {}
    for at, trace in enumerate(traces):
        cases.setdefault(trace.case or str(at).encode(), []).append(trace)

    part: list[_Trace] = []
    size = 0
    for of_case in cases.values():
        needed = sum(trace.size for trace in of_case)
        if part and size + needed > most_bytes:
            yield part
            part, size = [], 0
        part += of_case
        size += needed
    yield part


def _read(path: str, header: decode.Json, traces: list[_Trace]) -> read.StoredRun:
    reader = read.Reader(decode.attributes(header.get("resource")))
    ranges = sorted(
        (one for trace in traces for one in trace.ranges),
        key=lambda one: (read.is_open_file(one[0]), one),
    )
    for file, begin, end in ranges:
        take = reader.read_open if read.is_open_file(file) else reader.read
        for line in _lines(file, begin, end):
            take(line)

    return read.StoredRun(path, header, reader.spans, reader.logs, reader.damaged)


def _lines(path: str, begin: int, end: int) -> Iterator[bytes]:
    try:
        with open(path, "rb") as file:
            file.seek(begin)
            while begin < end:
                line = file.readline()
                if not line:
                    return
                begin += len(line)
                if not line.isspace():
                    yield line
    except OSError:
        yield b"?"
