"""
Spans that are still open, for whoever watches: a test that hangs shows in the
backend while it does.

A span can be sent once, so a stand-in of no length goes ahead of it: beneath it,
under an id of its own, and marked.
"""

from __future__ import annotations

import contextlib
import json
import os
import time

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from otel_testkit import semconv
from otel_testkit.delivery.backlog import SPAN_ID, Tail, files
from otel_testkit.delivery.destination import Destinations
from otel_testkit.delivery.post import Post
from otel_testkit.delivery.revive import Reviver
from otel_testkit.store import layout
from otel_testkit.store.header import read_header


# Seconds that a span has to be open for.
_LONG: Final = 2.0


class _Seen(NamedTuple):
    seen: float
    text: bytes


class LiveSpans:
    """
    Sends stand-ins for the open spans of the run in *folder*.
    """

    def __init__(self, folder: str, to: Destinations) -> None:
        self._folder = folder
        self._to = to.get(layout.TRACES)
        self._post = None if self._to is None else Post(layout.TRACES, self._to)
        self._reviver = Reviver(read_header(folder))
        self._tails: dict[str, Tail] = {}
        # By their ids.
        self._open: dict[bytes, _Seen] = {}
        self._early: set[bytes] = set()

    def go(self) -> None:
        """
        Send a stand-in for each span that has been open for long.
        """
        if self._post is None or self._to is None:
            return

        self._look()
        now = time.monotonic()
        due = [
            span_id for span_id, one in self._open.items() if now - one.seen >= _LONG
        ]
        spans = []
        for span_id in due:
            with contextlib.suppress(ValueError, KeyError):
                spans.append(self._stand_in(self._open.pop(span_id).text))
        if spans:
            # Not tried again: the next one to hang will be.
            self._post.send(spans, self._to.timeout)

    def _look(self) -> None:
        now = time.monotonic()
        early, self._early = self._early, set()
        for span_id, text in self._new(layout.OPEN):
            if span_id not in early:
                self._open[span_id] = _Seen(now, text)
        for span_id, _ in self._new(layout.TRACES):
            if self._open.pop(span_id, None) is None:
                # It was opened since the other files were read.
                self._early.add(span_id)

    def _new(self, kind: str) -> Iterator[tuple[bytes, bytes]]:
        for name in files(self._folder, kind):
            tail = self._tails.setdefault(name, Tail(self._folder, name, []))
            for line in tail.lines():
                if found := SPAN_ID.search(line.text):
                    yield found[1], line.text

    def _stand_in(self, text: bytes) -> Any:
        fields = json.loads(text)
        fields["parentSpanId"] = fields["spanId"]
        fields["spanId"] = os.urandom(8).hex()
        fields["endTimeUnixNano"] = fields["startTimeUnixNano"]
        # It is no test itself.
        fields["attributes"] = [
            pair
            for pair in fields.get("attributes", ())
            if pair["key"] != semconv.TEST_CASE_NAME
        ]

        return self._reviver.stand_in(fields)
