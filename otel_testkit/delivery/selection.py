"""
Which records are wanted: those of all tests, or of those alone that somebody
will look at. A test is judged when it ends, so its records wait until then.
"""

from __future__ import annotations

import json
import os
import re

from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Any, Final, Protocol

from otel_testkit.delivery.ledger import Line
from otel_testkit.semconv import ATTEMPT, NESTED, OUTCOME, TEST_CASE_NAME
from otel_testkit.store import decode


_TRACE_ID: Final = re.compile(rb'"traceId": ?"([0-9a-f]{32})"')
_OUTCOME: Final = f'"{OUTCOME}"'.encode()
_FAILURES: Final = frozenset({"failed", "error", "cancelled", "interrupted"})


class Selection(Protocol):
    """
    Decides, line by line, which ones are sent.
    """

    def select(self, signal: str, line: Line) -> Iterator[Line]:
        """
        Give *line*, if it is wanted, or keep it in mind until that is known.
        """

    def released(self, signal: str) -> Iterator[Line]:
        """
        Give what was kept in mind and turned out to be wanted.
        """

    def end(self) -> None:
        """
        Want what is still undecided: there will be no more of the run.
        """


class Everything:
    """
    Wants all there is.
    """

    def select(self, signal: str, line: Line) -> Iterator[Line]:  # noqa: ARG002  # of any kind
        yield line

    def released(self, signal: str) -> Iterator[Line]:  # noqa: ARG002  # as above
        return iter(())

    def end(self) -> None:
        """
        Nothing is undecided.
        """


class Notable:
    """
    Wants the tests of the run in *folder* that failed, that passed in another
    attempt, or that took *slow* seconds and more, each with all that belongs to it.
    """

    def __init__(self, folder: str, slow: float) -> None:
        self._folder = folder
        self._slow = slow
        self._is_over = False
        self._failed: set[str] = set()
        self._wanted: dict[bytes, bool] = {}
        # Of several tests, where none was notable so far.
        self._shared: set[bytes] = set()
        # By signal and trace; without their texts, which stay on disk.
        self._waiting: defaultdict[str, defaultdict[bytes, list[Line]]]
        self._waiting = defaultdict(lambda: defaultdict(list))
        self._released: defaultdict[str, deque[Line]] = defaultdict(deque)

    def select(self, signal: str, line: Line) -> Iterator[Line]:
        found = _TRACE_ID.search(line.text)
        if found is None:
            # Of no test.
            return

        trace = found[1]
        if _OUTCOME in line.text:
            self._judge(trace, line.text)

        is_wanted = self._wanted.get(trace, True if self._is_over else None)
        if is_wanted:
            self._released[signal].append(line)
            yield from self.released(signal)
        elif is_wanted is None:
            self._waiting[signal][trace].append(line._replace(text=b""))

    def released(self, signal: str) -> Iterator[Line]:
        # One by one: whoever takes them may stop at any.
        lines = self._released[signal]
        while lines:
            yield self._read(lines.popleft())

    def end(self) -> None:
        self._is_over = True
        for trace in self._shared:
            self._settle(trace, is_wanted=False)
        self._shared.clear()
        for signal, traces in self._waiting.items():
            for lines in traces.values():
                self._released[signal] += lines
            traces.clear()

    def _read(self, line: Line) -> Line:
        if line.text:
            return line

        with open(os.path.join(self._folder, line.file), "rb") as file:
            file.seek(line.start)

            return line._replace(text=file.read(line.end - line.start))

    def _judge(self, trace: bytes, text: bytes) -> None:
        if self._wanted.get(trace):
            return

        tests = list(_tests(text))
        if not tests:
            return

        verdicts = [self._is_notable(span) for span in tests]
        is_wanted = any(verdicts)
        if is_wanted or self._is_over or not any(span.parent_id for span in tests):
            self._shared.discard(trace)
            self._settle(trace, is_wanted=is_wanted)
        else:
            # It hangs on what started the tests, and the next one may, too.
            self._shared.add(trace)

    def _settle(self, trace: bytes, *, is_wanted: bool) -> None:
        self._wanted[trace] = is_wanted
        for signal, traces in self._waiting.items():
            lines = traces.pop(trace, [])
            if is_wanted:
                self._released[signal] += lines

    def _is_notable(self, span: decode.StoredSpan) -> bool:
        case = str(span.attributes.get(TEST_CASE_NAME))
        if span.attributes[OUTCOME] in _FAILURES:
            self._failed.add(case)
            return True

        took = (span.end or span.start) - span.start
        attempt = span.attributes.get(ATTEMPT)

        return (
            took >= self._slow * 1e9
            or case in self._failed
            or (isinstance(attempt, int) and attempt > 1)
        )


def _tests(text: bytes) -> Iterator[decode.StoredSpan]:
    """
    Give the tests, not those within others, among the spans in a line.
    """
    try:
        record: Any = json.loads(text)
        fields = [
            span
            for of_resource in record["resourceSpans"]
            for of_scope in of_resource["scopeSpans"]
            for span in of_scope["spans"]
        ]
        spans = [decode.span(one, "", {}) for one in fields]
    except (ValueError, KeyError, TypeError):
        return

    for span in spans:
        if OUTCOME in span.attributes and not span.attributes.get(NESTED):
            yield span
