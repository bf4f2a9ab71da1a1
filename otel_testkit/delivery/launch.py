"""
How the tests' process sends a courier on its way, and takes leave of it.

What is asked of the system is kept from before any test runs, as in the store.
"""

from __future__ import annotations

import json
import os
import sys
import time

from typing import Any, Final

from otel_testkit.delivery import receipt
from otel_testkit.delivery.destination import Destinations
from otel_testkit.delivery.ledger import count_of
from otel_testkit.delivery.order import DISMISSAL, FAREWELL, Order
from otel_testkit.delivery.receipt import Receipt, Tally
from otel_testkit.errors import never_raises
from otel_testkit.settings import Settings
from otel_testkit.store import layout
from otel_testkit.store.disk import disk


# Sees the project's own packages, but prefers the interpreter's: a project may
# have a `json.py`.
_BOOT: Final = """\
import json, sys
plain = json.load(sys.stdin)
sys.path.extend(path for path in plain.pop("path") if path not in sys.path)
from otel_testkit.delivery.courier import main
main(plain)
"""
# Nobody's child: a test may wait for all of its own.
_ALONE: Final = 'exec 3<&0; "$@" <&3 3<&- &'
# What would make another program of it: a measuring, traced or tested one.
_NOT_HANDED: Final = ("COVERAGE_", "OTEL_", "PYTEST_", "PYTHON", "LUMIGO_")

# Seconds.
_LONGEST_START: Final = 5.0
_POLL: Final = 0.01


class Delivery:
    """
    The way of a run to the endpoints of *to*: as long as its tests run, in the
    hands of a courier.
    """

    def __init__(self, to: Destinations, settings: Settings) -> None:
        # Loaded where something is sent, and before a test can replace it.
        import subprocess  # noqa: PLC0415

        self.to: Destinations = to
        self._settings = settings
        self._order: Order | None = None
        self._has_courier = False
        self._deadline: float | None = None
        self._receipt: Receipt | None = None
        self._subprocess: Any = subprocess
        self._popen: Any = subprocess.Popen
        # No fake clock stops it, once it is kept.
        self._now = time.perf_counter
        self._sleep = time.sleep

    @property
    def is_under_way(self) -> bool:
        return self._order is not None

    @never_raises("courier", "no courier was started; the run is sent at its end")
    def start(self, folder: str) -> None:
        """
        Send a courier on its way with the run in *folder*.
        """
        self._order = order = Order(
            folder=folder,
            owner=disk.getpid(),
            to=self.to,
            slow=(
                self._settings.slow_seconds
                if self._settings.send == "notable"
                else None
            ),
            sends_open=self._settings.send_open,
        )
        told = {**order.as_plain(), "path": list(map(os.path.abspath, sys.path))}
        self._has_courier = self._start_alone(json.dumps(told).encode())
        if not self._has_courier:
            # Now: at exit nothing can be imported that may start a thread.
            from otel_testkit.delivery.courier import load  # noqa: PLC0415

            load()

    @never_raises("courier", "the courier was not told of the end")
    def dismiss(self) -> None:
        """
        Tell the courier that this is the end of the run; once.
        """
        if self._order is None or self._deadline is not None:
            return

        seconds = self._settings.send_seconds
        self._deadline = self._now() + seconds
        # Also where none is known to have started: it may have been slow.
        path = disk.join(self._order.folder, DISMISSAL)
        with disk.open_text(f"{path}.new", "w", encoding="utf-8") as file:
            # The rest is for its last words.
            file.write(json.dumps({"seconds": seconds * 0.85}))
        disk.replace(f"{path}.new", path)

    @never_raises("delivery", "it is not known what was delivered")
    def receipt(self) -> Receipt | None:
        """
        Say what has become of the run, once that is known or time is up; None if
        there was nothing to deliver.
        """
        order = self._order
        if order is None or not _holds_records(order.folder):
            return None

        self.dismiss()
        if self._receipt is None:
            if not self._has_courier:
                self._deliver_here(order)
            self._receipt = self._awaited(order)

        return self._receipt

    def _awaited(self, order: Order) -> Receipt:
        path = disk.join(order.folder, FAREWELL)
        while True:
            if disk.exists(path):
                with disk.open_text(path, encoding="utf-8") as file:
                    return receipt.from_plain(json.load(file))
            if self._deadline is None or self._now() >= self._deadline:
                break
            self._sleep(_POLL)

        return _unfinished(order)

    def _deliver_here(self, order: Order) -> None:
        import logging  # noqa: PLC0415  # at the end, where there is no other way

        from otel_testkit.delivery.courier import ship_within  # noqa: PLC0415

        left = (self._deadline or 0.0) - self._now()
        before = logging.root.manager.disable
        logging.disable(logging.CRITICAL)
        try:
            ship_within(order, max(left, 0.0))
        finally:
            logging.disable(before)

    def _start_alone(self, told: bytes) -> bool:
        if not os.access(sys.executable or "", os.X_OK):
            # An interpreter within some other program; the shell would not tell.
            return False

        nothing = self._subprocess.DEVNULL
        is_posix = os.name == "posix"
        command = [sys.executable, "-I", "-c", _BOOT]
        options: dict[str, Any] = (
            {"start_new_session": True, "cwd": "/"}
            if is_posix
            else {"creationflags": self._subprocess.DETACHED_PROCESS}
        )
        process = None
        try:
            process = self._popen(
                ["/bin/sh", "-c", _ALONE, "sh", *command] if is_posix else command,
                stdin=self._subprocess.PIPE,
                stdout=nothing,
                stderr=nothing,
                env=_environment(),
                **options,
            )
            with process.stdin as pipe:
                pipe.write(told)
            return not is_posix or bool(process.wait(_LONGEST_START) == 0)
        except (OSError, self._subprocess.SubprocessError):
            return False
        finally:
            if process is not None and process.returncode is None:
                # Not waited for any more, and no warning of it in some test.
                process.returncode = 0


def _environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_NOT_HANDED)
    }


def _unfinished(order: Order) -> Receipt:
    """
    Say what is known where nobody has said how it ended.
    """
    tallies = {}
    for signal, destination in order.to.items():
        count = count_of(order.folder, destination.name)
        lines = 0
        for path in _files(order.folder, signal):
            with disk.open_text(path, "rb") as file:
                lines += sum(1 for _ in file)
        left = max(lines - count.sent - count.refused, 0)
        tallies[signal] = Tally(count.sent, count.refused, left)

    return Receipt(
        ", ".join(dict.fromkeys(one.host for one in order.to.values())),
        tallies.get(layout.TRACES, Tally()),
        tallies.get(layout.LOGS, Tally()),
        "no answer in time",
    )


def _holds_records(folder: str) -> bool:
    return any(
        disk.lstat(path).st_size
        for signal in (layout.TRACES, layout.LOGS)
        for path in _files(folder, signal)
    )


def _files(folder: str, signal: str) -> list[str]:
    return [
        disk.join(folder, name)
        for name in disk.names(folder)
        if name.startswith(f"{signal}.") and name.endswith(".jsonl")
    ]
