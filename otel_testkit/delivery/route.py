"""
One kind of record of a run on its way to its endpoint.

What an endpoint may take later is tried again later, what it refuses for what
it holds is counted and never sent again, and one that cannot work as it is set
(a wrong path, a token that expired) is left alone: all is kept for another time.
"""

from __future__ import annotations

import time

from dataclasses import replace
from typing import Any, Final

from otel_testkit.delivery.backlog import MOST_RECORDS, Backlog, is_full
from otel_testkit.delivery.destination import Destination
from otel_testkit.delivery.ledger import Ledger, Line
from otel_testkit.delivery.post import Answer, Post
from otel_testkit.delivery.receipt import Tally
from otel_testkit.delivery.revive import Reviver
from otel_testkit.store import layout


# Seconds.
_GATHERING: Final = 1.0
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 30.0

_TOO_LARGE: Final = 413
_LATER: Final = frozenset({0, 408, 429, 502, 503, 504})
_REFUSED: Final = frozenset({400, 413, 422})
# An endpoint that says so of log records takes none.
_UNKNOWN_HERE: Final = frozenset({404, 405, 415, 501})


class Route:
    """
    The way of the records of *signal* to *destination*.
    """

    def __init__(
        self,
        signal: str,
        destination: Destination,
        backlog: Backlog,
        ledger: Ledger,
        reviver: Reviver,
    ) -> None:
        self.has_delivered: bool = False
        self.why: str = ""

        self._signal = signal
        self._destination = destination
        self._backlog = backlog
        self._ledger = ledger
        self._reviver = reviver
        self._post = Post(signal, destination)
        self._batch: list[Line] = []
        self._unanswered: list[Line] = []
        self._gathered_since = 0.0
        self._is_stopped = False
        self._failures = 0
        self._not_before = 0.0
        # How many at once: now, and ever again.
        self._limit = self._most = MOST_RECORDS

    def go(self, seconds: float, *, is_last: bool) -> bool:
        """
        Send a batch, if there is a full one, or one that has waited long enough,
        or this *is_last*; waiting at most *seconds* for the answer.

        Tells whether another call may achieve more at once.
        """
        now = time.monotonic()
        if self._is_stopped or now < self._not_before:
            return False

        if not is_full(self._batch):
            was_empty = not self._batch
            self._backlog.take(self._batch)
            if was_empty:
                self._gathered_since = now
        if not self._batch:
            return False
        if not (
            is_last or is_full(self._batch) or now - self._gathered_since >= _GATHERING
        ):
            return False

        return self._send(min(seconds, self._destination.timeout), is_last=is_last)

    def pause(self) -> float | None:
        """
        Give the seconds until another try makes sense; None where none does, or none
        is needed.
        """
        if self._is_stopped or not self._batch:
            return None

        return max(self._not_before - time.monotonic(), 0.0)

    def end(self) -> None:
        """
        Count as records what nobody will end: the run is over.
        """
        self._backlog.end()

    def tally(self) -> Tally:
        """
        Add up what has been sent, refused and left; for the end.
        """
        count = self._ledger.count(self._destination.name)
        left = len(self._batch) + self._backlog.count_rest()
        is_unknown = self._is_stopped and self.why == ""

        return Tally(count.sent, count.refused, 0 if is_unknown else left)

    def note_late_answer(self) -> None:
        """
        Wait for an answer that did not come in time, and note what was taken after
        all: it must not go twice.
        """
        lines, self._unanswered = self._unanswered, []
        if not lines:
            return

        answer = self._post.late_answer()
        if answer is not None and answer.is_accepted:
            self._settle(lines, answer)

    def _send(self, seconds: float, *, is_last: bool) -> bool:
        lines = self._batch[: self._limit]
        records: list[Any] = []
        damaged = 0
        for line in lines:
            try:
                records += self._reviver.revive(line)
            except ValueError:
                damaged += 1

        answer = self._post.send(records, seconds) if records else Answer(200)
        self._unanswered = lines if answer.status == 0 else []
        if damaged and answer.is_accepted:
            answer = replace(answer, rejected=answer.rejected + damaged)
        if answer.is_accepted:
            self._settle(lines, answer)
            return True
        if answer.status in _REFUSED:
            return self._divide(lines, answer)
        if answer.status not in _LATER:
            self._stop(answer)
            return False

        self._wait(answer, is_last=is_last)
        return False

    def _settle(self, lines: list[Line], answer: Answer) -> None:
        refused = min(answer.rejected, len(lines))
        self._ledger.settle(self._destination.name, lines, refused=refused)
        del self._batch[: len(lines)]
        self._failures = 0
        self._limit = min(self._limit * 2, self._most)
        self.has_delivered = True
        self.why = f"{refused} were rejected" if refused else ""

    def _divide(self, lines: list[Line], answer: Answer) -> bool:
        """
        Send half of what is too large, or holds something that cannot be sent.
        """
        is_ours = answer.status == _TOO_LARGE or not answer.says.startswith("4")
        if is_ours and len(lines) > 1:
            self._limit = len(lines) // 2
            if answer.status == _TOO_LARGE:
                self._most = self._limit
            return True

        self._ledger.settle(self._destination.name, lines, refused=len(lines))
        del self._batch[: len(lines)]
        self._limit = min(self._limit * 2, self._most)
        self.why = answer.says

        return True

    def _stop(self, answer: Answer) -> None:
        self._is_stopped = True
        is_unknown = self._signal == layout.LOGS and answer.status in _UNKNOWN_HERE
        self.why = "" if is_unknown else answer.says

    def _wait(self, answer: Answer, *, is_last: bool) -> None:
        self.why = answer.says
        # At the end there is no time for one that does not even answer.
        self._is_stopped = is_last and answer.status == 0
        pause = max(_FIRST_PAUSE * 2**self._failures, answer.wait)
        self._failures = min(self._failures + 1, 10)
        self._not_before = time.monotonic() + min(pause, _LONGEST_PAUSE)
