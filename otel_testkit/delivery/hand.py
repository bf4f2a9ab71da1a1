"""
Delivery by hand: `otel-testkit send`.
"""

from __future__ import annotations

import logging
import os
import time

from typing import TextIO

from otel_testkit.delivery.destination import Destinations, destinations
from otel_testkit.delivery.ledger import Taken, meant_for, slow_of
from otel_testkit.delivery.shipment import Shipment
from otel_testkit.errors import BadEndpoint
from otel_testkit.settings import resolve
from otel_testkit.store import layout


# Seconds without progress, for one run; progress is waited for without end.
_PATIENCE = 20.0
_STEP = 0.1


def send_runs(
    directory: str, folders: list[str], endpoint: str | None, out: TextIO
) -> int:
    """
    Send what is left of the runs in *folders*, or without any, of all those in
    *directory* that were to be sent, as far as they were; and tell of each on *out*.

    Gives the exit code: 1 where something is still left.

    Raises:
        BadEndpoint: if it is not known where to.
    """
    to = _where_to(endpoint)
    # What went wrong is told below, and once.
    logging.disable(logging.CRITICAL)
    names = {one.name for one in to.values()}
    is_named = bool(folders)
    if not folders:
        # The oldest first, as they were made.
        known = layout.run_folders(directory)[::-1]
        folders = [folder for folder in known if meant_for(folder) & names]
        if not folders:
            hosts = ", ".join({one.host for one in to.values()})
            out.write(_nothing_meant(known, directory, hosts))
            return 1 if known else 0

    return max(
        [
            _send(folder, to, out, slow=None if is_named else slow_of(folder))
            for folder in folders
        ]
    )


def _nothing_meant(known: list[str], directory: str, hosts: str) -> str:
    if not known:
        return f"nothing to send: there is no run in {directory}\n"

    return (
        f"nothing was sent: of the runs in {directory} none was recorded to be sent "
        f"to {hosts}. `otel-testkit send RUN` sends one all the same, the newest by "
        f"`otel-testkit send {os.path.basename(known[-1])}`\n"
    )


def _where_to(endpoint: str | None) -> Destinations:
    project = layout.project_root(os.getcwd())
    given = {"endpoint": endpoint, "send": "all", "logs": True}
    settings, _ = resolve(given, os.environ, project)
    to, problems = destinations(settings, os.environ)
    if to:
        return to

    msg = "; ".join(problems) or (
        "it is not known where to: give --endpoint URL or set "
        "OTEL_EXPORTER_OTLP_ENDPOINT"
    )
    raise BadEndpoint(msg)


def _shipment(folder: str, to: Destinations, slow: float | None) -> Shipment:
    """
    Take the run in *folder*, from a courier that is about to leave, too.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            return Shipment(folder, to, slow=slow)
        except Taken:
            if time.monotonic() > deadline:
                raise
        time.sleep(_STEP)


def _send(folder: str, to: Destinations, out: TextIO, *, slow: float | None) -> int:
    run = os.path.basename(folder)
    if not os.path.isdir(folder):
        msg = f"{folder} is a file: only runs of a store can be sent"
        raise BadEndpoint(msg)

    try:
        shipment = _shipment(folder, to, slow)
    except Taken:
        out.write(f"{run}: another process is sending it\n")
        return 1
    except OSError as error:
        out.write(f"{run}: cannot be sent ({error.strerror}): {folder}\n")
        return 1

    before = shipment.sent()
    while True:
        so_far = shipment.sent()
        shipment.finish(_PATIENCE, is_strict=False)
        if shipment.sent() == so_far:
            break

    receipt = shipment.receipt()
    shipment.close()
    done = receipt.beyond(*before)
    told = [f"sent {done.sent_text()}"] if done.has_sent else []
    if not receipt.is_complete:
        told.append(receipt.left_text())
    out.write(f"{run}: {'; '.join(told) or 'nothing left to send'}\n")

    return 1 if receipt.is_kept else 0
