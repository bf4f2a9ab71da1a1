"""
A run on its way: its spans and its log records, each on a route of its own.
"""

from __future__ import annotations

import math
import time

from collections.abc import Callable
from typing import Final

from otel_testkit.delivery.backlog import Backlog
from otel_testkit.delivery.destination import Destinations
from otel_testkit.delivery.ledger import Ledger
from otel_testkit.delivery.receipt import Receipt, Tally
from otel_testkit.delivery.revive import Reviver
from otel_testkit.delivery.route import Route
from otel_testkit.delivery.selection import Everything, Notable, Selection
from otel_testkit.store import layout
from otel_testkit.store.header import read_header


# Seconds; at the end nothing waits for a full batch.
_STEP: Final = 0.02


def never() -> bool:
    return False


class Shipment:
    """
    The run in *folder*, on its way to the endpoints of *to*: all of it, or what
    failed, is flaky or took *slow* seconds and more.

    Raises:
        Taken: if another process is sending it.
        OSError: if nothing can be written beside it.
    """

    def __init__(
        self, folder: str, to: Destinations, *, slow: float | None = None
    ) -> None:
        self.folder: Final = folder
        self._to = to
        self._ledger = Ledger(folder)
        self._ledger.address(to, slow)
        selection: Selection = Everything() if slow is None else Notable(folder, slow)
        reviver = Reviver(read_header(folder))
        self._routes = {
            signal: Route(
                signal,
                destination,
                Backlog(folder, signal, self._ledger, destination.name, selection),
                self._ledger,
                reviver,
            )
            for signal, destination in to.items()
        }

    @property
    def has_delivered(self) -> bool:
        return any(route.has_delivered for route in self._routes.values())

    @property
    def is_gone(self) -> bool:
        """
        Whether its folder was removed: whoever makes it anew sends it anew.
        """
        return self._ledger.is_gone

    def go(self) -> bool:
        """
        Send what is ready. Tells whether there is more.
        """
        moved = [
            route.go(self._to[signal].timeout, is_last=False)
            for signal, route in self._routes.items()
        ]

        return any(moved)

    def finish(
        self,
        seconds: float,
        *,
        is_called_off: Callable[[], bool] = never,
        is_strict: bool = True,
    ) -> None:
        """
        Send all the rest that can be sent within *seconds*: the run is over. What
        processes that have died left open goes, too.

        A request under way is cut short when time is up only where that *is_strict*:
        what was taken by then would go twice.
        """
        deadline = time.monotonic() + seconds
        for route in self._routes.values():
            route.end()

        while not is_called_off():
            left = deadline - time.monotonic()
            if left <= 0:
                return
            most = left if is_strict else math.inf
            moved = [route.go(most, is_last=True) for route in self._routes.values()]
            if any(moved):
                continue

            pauses = [route.pause() for route in self._routes.values()]
            # Nobody has anything more, or none can have it in time.
            if not any(pause is not None and pause <= left for pause in pauses):
                return
            time.sleep(_STEP)

    def note_late_answers(self) -> None:
        """
        Note what was taken by who had no time to say so.
        """
        for route in self._routes.values():
            route.note_late_answer()

    def sent(self) -> tuple[int, int]:
        """
        Count the spans and the log records that have been taken, ever.
        """
        tallies = {
            signal: self._ledger.count(destination.name).sent
            for signal, destination in self._to.items()
        }

        return tallies.get(layout.TRACES, 0), tallies.get(layout.LOGS, 0)

    def receipt(self) -> Receipt:
        """
        Say what has become of it; nothing can be sent after that.
        """
        tallies = {signal: route.tally() for signal, route in self._routes.items()}
        whys = [route.why for route in self._routes.values() if route.why]
        hosts = dict.fromkeys(destination.host for destination in self._to.values())

        return Receipt(
            ", ".join(hosts),
            tallies.get(layout.TRACES, Tally()),
            tallies.get(layout.LOGS, Tally()),
            whys[0] if whys else "",
        )

    def close(self) -> None:
        """
        Let others send it.
        """
        self._ledger.close()
