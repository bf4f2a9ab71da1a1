"""
Reads run folders, and any other file of OTLP/JSON lines.

A file may be torn, hold garbage, or be written to while we read: each line
stands for itself, and what cannot be read is counted, not raised.
"""

from __future__ import annotations

import json
import os
import re

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from otel_testkit.errors import UnreadableRun
from otel_testkit.semconv import FORMAT_VERSION, OUTCOME, TEST_CASE_NAME
from otel_testkit.store import decode, layout
from otel_testkit.store.decode import Attributes, Json, StoredLog, StoredSpan
from otel_testkit.store.header import read_header


# Without these bytes a line holds no test span.
_TEST_MARK: Final = TEST_CASE_NAME.encode()
# As `store.encode` writes the outcomes that somebody has to look at.
_FAILURES: Final = tuple(
    f'"{OUTCOME}","value":{{"stringValue":"{outcome}"}}'.encode()
    for outcome in ("failed", "error", "cancelled", "interrupted")
)
TRACE_ID: Final = re.compile(rb'"traceId": ?"([0-9a-f]{32})"')
# How `store.encode` begins the line of an opened span.
_OPEN_IDS: Final = re.compile(rb'{"traceId":"([0-9a-f]{32})","spanId":"([0-9a-f]{16})"')


@dataclass(frozen=True, slots=True)
class StoredRun:
    """
    All that a run folder, or a single file, holds, in the order of its files.
    *damaged* counts the lines, spans and log records that could not be read.
    """

    path: str
    header: Json
    spans: list[StoredSpan]
    logs: list[StoredLog]
    damaged: int


def read_run(
    path: str, *, tests_only: bool = False, cases: Collection[str] | None = None
) -> StoredRun:
    """
    Read the run folder, or the file of OTLP/JSON lines, at *path*.

    With *tests_only* the lines without a test span are passed over, which is
    enough to count outcomes and many times as fast. With the names of *cases* those
    of their attempts' traces are read besides.

    Raises:
        UnreadableRun: if nothing is there, or its format is newer than ours.
    """
    header = modernize(read_header(path)) if os.path.isdir(path) else {}
    reader = Reader(decode.attributes(header.get("resource")))
    paths = files(path, with_logs=not tests_only)
    is_wanted = _wanted(paths, tests_only=tests_only, cases=cases)

    for file in paths:
        read = reader.read_open if is_open_file(file) else reader.read
        for line in lines(file):
            if is_wanted(line):
                read(line)

    return StoredRun(path, header, reader.spans, reader.logs, reader.damaged)


def _wanted(
    paths: list[str], *, tests_only: bool, cases: Collection[str] | None
) -> Callable[[bytes], bool]:
    """
    Tell for each line whether it is to be read.
    """
    if cases is None:
        return lambda line: not tests_only or _TEST_MARK in line

    names = [
        json.dumps(case, ensure_ascii=is_plain)
        for case in cases
        for is_plain in (True, False)
    ]
    marks = [name.encode(errors="replace") for name in names]
    traces = {
        found[1]
        for file in paths
        for line in lines(file)
        if _TEST_MARK in line and any(mark in line for mark in marks)
        if (found := TRACE_ID.search(line))
    }

    def is_wanted(line: bytes) -> bool:
        found = TRACE_ID.search(line)

        return _TEST_MARK in line or (found is not None and found[1] in traces)

    return is_wanted


def may_hold_failures(folder: str) -> bool:
    """
    Tell quickly whether a test of the run in *folder* may have failed, or still
    be open: reading a large run takes seconds, looking through it hardly any.
    """
    for path in files(folder):
        if os.path.basename(path).startswith(layout.OPEN + "."):
            return True

        if any(outcome in line for line in lines(path) for outcome in _FAILURES):
            return True

    return False


def holds_tests(path: str) -> bool:
    """
    Tell whether there is a test in the run at *path*; reads no further than that.
    """
    return any(_TEST_MARK in line for file in files(path) for line in lines(file))


def holds_records(path: str) -> bool:
    """
    Tell whether a span or a log record is in the file at *path*; reads no further.

    Raises:
        UnreadableRun: if it cannot be opened.
    """
    reader = Reader({})
    for file in files(path):
        read = reader.read_open if is_open_file(file) else reader.read
        for line in lines(file):
            read(line)
            if reader.spans or reader.logs:
                return True

    return False


def size_of(path: str) -> int:
    """
    Add up the bytes of the run folder, or the file, at *path*.
    """
    size = 0
    for file in files(path, with_logs=True):
        try:
            size += os.path.getsize(file)
        except OSError:
            # Removed in between.
            continue

    return size


def modernize(header: Json) -> Json:
    """
    Bring a *header* of an older format to today's, one step a version.

    Raises:
        UnreadableRun: if the format is newer than this version of otel_testkit.
    """
    version = header.get("format", FORMAT_VERSION)
    if not isinstance(version, int) or version > FORMAT_VERSION:
        msg = (
            f"run {header.get('run')} has format {version}, this otel_testkit reads "
            f"up to {FORMAT_VERSION}: install a newer otel-testkit"
        )
        raise UnreadableRun(msg)

    return header


class Reader:
    """
    Collects spans and log records line by line. *own_resource* is that of spans which were only
    opened: their lines carry none.
    """

    def __init__(self, own_resource: Attributes) -> None:
        self.spans: list[StoredSpan] = []
        self.logs: list[StoredLog] = []
        self.damaged: int = 0

        self._own_resource = own_resource
        self._ended: set[tuple[str, str]] | None = None
        self._resources: dict[Any, Attributes] = {}

    def read_open(self, line: bytes) -> None:
        """
        Read the *line* of a span that was opened; to be called after all `read`.
        """
        if self._ended is None:
            self._ended = {(span.trace_id, span.span_id) for span in self.spans}

        # Nearly all have ended, and need not be decoded to know it.
        ids = _OPEN_IDS.match(line)
        if ids and (ids[1].decode(), ids[2].decode()) in self._ended:
            return

        try:
            self._add(json.loads(line), "", self._own_resource)
        except (ValueError, RecursionError):
            self.damaged += 1

    def read(self, line: bytes) -> None:
        """
        Read the *line* of a file of `TracesData` or `LogsData`.
        """
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            self.damaged += 1
            return

        if not isinstance(record, dict):
            self.damaged += 1
            return

        for spans, scope, resource in self._scopes(record, "Spans"):
            for span in self._objects(spans.get("spans")):
                self._add(span, scope, resource)
        for logs, scope, resource in self._scopes(record, "Logs"):
            for log in self._objects(logs.get("logRecords")):
                self._add_log(log, scope, resource)

    def _scopes(
        self, record: Json, signal: str
    ) -> Iterator[tuple[Json, str, Attributes]]:
        """
        Give what each scope has of *signal*, with its name and its resource.
        """
        for of_resource in self._objects(record.get(f"resource{signal}")):
            resource = self._resource(of_resource.get("resource"))
            for of_scope in self._objects(of_resource.get(f"scope{signal}")):
                scope = of_scope.get("scope")
                name = decode.text(scope.get("name")) if isinstance(scope, dict) else ""
                yield of_scope, name, resource

    def _objects(self, values: Any) -> Iterator[Json]:
        """
        Give the objects among *values*; what else is there counts as damage.
        """
        for value in values if isinstance(values, list) else ():
            if isinstance(value, dict):
                yield value
            else:
                self.damaged += 1

        if values is not None and not isinstance(values, list):
            self.damaged += 1

    def _add(self, span: Any, scope: str, resource: Attributes) -> None:
        try:
            self.spans.append(decode.span(span, scope, resource))
        except (ValueError, RecursionError):
            # Its neighbours in the same line may be sound.
            self.damaged += 1

    def _add_log(self, log: Json, scope: str, resource: Attributes) -> None:
        try:
            self.logs.append(decode.log(log, scope, resource))
        except RecursionError:
            self.damaged += 1

    def _resource(self, raw: Any) -> Attributes:
        """
        Give one and the same dictionary for equal resources: each line has its own.
        """
        resource = (
            decode.attributes(raw.get("attributes")) if isinstance(raw, dict) else {}
        )
        # Types as well, for 1 == True.
        key = (*resource.items(), *map(type, resource.values()))

        try:
            return self._resources.setdefault(key, resource)
        except TypeError:
            return resource


def files(path: str, *, with_logs: bool = False) -> list[str]:
    """
    Give the files of the run at *path*, those of opened spans last.

    Raises:
        UnreadableRun: if nothing is there.
    """
    kinds = (layout.TRACES, layout.OPEN, *[layout.LOGS] * with_logs)
    try:
        if not os.path.isdir(path):
            with open(path, "rb"):
                return [path]

        names = sorted(
            name
            for name in os.listdir(path)
            if name.endswith(".jsonl") and name.startswith(kinds)
        )
        # Those that were only opened last: most of them have ended.
        names.sort(key=is_open_file)

        return [os.path.join(path, name) for name in names]
    except FileNotFoundError:
        msg = f"there is no run at {path}"
        raise UnreadableRun(msg) from None
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise UnreadableRun(msg) from None


def is_open_file(path: str) -> bool:
    return os.path.basename(path).startswith(layout.OPEN + ".")


def lines(path: str, *, blank: bool = False) -> Iterator[bytes]:
    """
    Give the lines of the file at *path*, with the *blank* ones on request.
    """
    try:
        with open(path, "rb") as file:
            for line in file:
                if blank or not line.isspace():
                    yield line
    except OSError:
        # A line that is no JSON: counted, as what we miss should be.
        yield b"?"
