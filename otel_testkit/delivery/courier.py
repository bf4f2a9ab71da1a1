"""
The process that ships a run while its tests run.

It is outside the tests' process on purpose: what replaces sockets, clocks or
HTTP clients in there does not reach it, and it outlives a kill of the tests.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import time

from collections.abc import Mapping
from typing import Any, Final

from otel_testkit.delivery.destination import SIGNALS
from otel_testkit.delivery.ledger import Taken, meant_for, slow_of
from otel_testkit.delivery.live import LiveSpans
from otel_testkit.delivery.order import DISMISSAL, FAREWELL, Order
from otel_testkit.delivery.post import exporter_class
from otel_testkit.delivery.shipment import Shipment
from otel_testkit.store import layout


# Seconds: between two looks, also at earlier runs, for one of these, and for one
# whose process was killed, where nobody waits.
_POLL: Final = 0.1
_AGAIN: Final = 2.0
_EARLIER: Final = 10.0
_ORPHANED: Final = 30.0


def main(plain: Mapping[str, Any]) -> None:
    """
    Ship what *plain*, an order as JSON can hold it, says; and leave for good,
    whatever some request is still waiting for.
    """
    status = 1
    if hasattr(os, "nice"):
        # The tests come first.
        os.nice(5)
    try:
        order = Order.from_plain(plain)
        with contextlib.suppress(Taken):
            ship(order)
        status = 0
    finally:
        os._exit(status)


def ship(order: Order) -> None:
    """
    Ship the run of *order* until its process has said that it is over, or died.
    """
    shipment = Shipment(order.folder, order.to, slow=order.slow)
    live = LiveSpans(order.folder, order.to) if order.sends_open else None
    look_back_at = 0.0

    while (seconds := _dismissal(order.folder)) is None:
        if shipment.is_gone:
            return
        if not layout.is_alive(str(order.owner)):
            break
        if shipment.go():
            continue
        if live is not None:
            live.go()
        if shipment.has_delivered and time.monotonic() >= look_back_at:
            is_done = _ship_earlier(order)
            look_back_at = math.inf if is_done else time.monotonic() + _AGAIN
        time.sleep(_POLL)

    shipment.finish(_ORPHANED if seconds is None else seconds)
    _say_farewell(order.folder, shipment)
    # Nobody waits for that any more.
    shipment.note_late_answers()


def load() -> None:
    """
    Load all that sending needs.
    """
    for signal in SIGNALS:
        exporter_class(signal)


def ship_within(order: Order, seconds: float) -> None:
    """
    Ship the run of *order* at its end, where no courier could be started.
    """
    with contextlib.suppress(Taken):
        shipment = Shipment(order.folder, order.to, slow=order.slow)
        shipment.finish(seconds)
        _say_farewell(order.folder, shipment)
        shipment.close()


def _ship_earlier(order: Order) -> bool:
    """
    Ship what is left of earlier runs that were to go to the same place. Tells
    whether that is all: the courier of the last one may not have left yet.
    """
    is_done = True
    directory = os.path.dirname(os.path.dirname(order.folder))
    names = {one.name for one in order.to.values()}
    for folder in layout.run_folders(directory):
        if folder == order.folder or not names & meant_for(folder):
            continue

        try:
            shipment = Shipment(folder, order.to, slow=slow_of(folder))
        except Taken:
            is_done = False
            continue
        except OSError:
            continue

        # It may be removed in between.
        with contextlib.suppress(OSError):
            shipment.finish(
                _EARLIER,
                is_called_off=lambda: _dismissal(order.folder) is not None,
                is_strict=False,
            )
        shipment.close()

    return is_done


def _dismissal(folder: str) -> float | None:
    try:
        with open(os.path.join(folder, DISMISSAL), encoding="utf-8") as file:
            return float(json.load(file)["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _say_farewell(folder: str, shipment: Shipment) -> None:
    aside = os.path.join(folder, f".{FAREWELL}")
    with open(aside, "w", encoding="utf-8") as file:
        json.dump(shipment.receipt().as_plain(), file)
    os.replace(aside, os.path.join(folder, FAREWELL))
    with contextlib.suppress(OSError):
        os.unlink(os.path.join(folder, DISMISSAL))
