"""
Real time, whatever a test does to the clock.

freezegun replaces the names of `time` in every module, time-machine the C
functions behind them. Neither reaches a counter that is kept in a closure, nor
the C library, which is asked once for the distance between counter and time
of day.
"""

from __future__ import annotations

import importlib.util
import sys
import time

from collections.abc import Callable
from importlib.machinery import BuiltinImporter
from types import BuiltinFunctionType
from typing import Any


def _make_clock() -> Callable[[], int]:
    counter = _counter()
    offset = 0

    def now() -> int:
        """
        Give the nanoseconds since 1970, never going back within a process.
        """
        nonlocal offset
        if not offset:
            # Costs milliseconds: paid by who records, not by who imports.
            time_of_day = _time_of_day()
            time_of_day()
            before = counter()
            of_day = time_of_day()
            offset = of_day - (before + counter()) // 2

        return offset + counter()

    return now


def _counter() -> Callable[[], int]:
    found = time.perf_counter_ns
    if isinstance(found, BuiltinFunctionType):
        return found

    # Replaced already: in a module of its own, the interpreter's is as it was.
    try:
        spec = BuiltinImporter.find_spec("time")
        module: Any = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
        BuiltinImporter.exec_module(module)
    except (ImportError, AttributeError, TypeError):
        return found

    own: Callable[[], int] = module.perf_counter_ns

    return own


def _time_of_day() -> Callable[[], int]:
    # A clock that is already frozen would put the whole run into another year.
    try:
        system = _system_clock()
        system()
    except (ImportError, OSError, AttributeError, ValueError):
        return time.time_ns

    return system


def _system_clock() -> Callable[[], int]:
    import ctypes  # noqa: PLC0415  # costs milliseconds, and is asked once

    if sys.platform == "win32":
        ticks = ctypes.c_ulonglong()
        get_time = ctypes.windll.kernel32.GetSystemTimePreciseAsFileTime

        def windows() -> int:
            get_time(ctypes.byref(ticks))

            # Counted in 100 ns since 1601.
            return (ticks.value - 116_444_736_000_000_000) * 100

        return windows

    class Timespec(ctypes.Structure):
        _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))

    timespec = Timespec()
    clock_gettime = ctypes.CDLL(None).clock_gettime
    realtime = 0

    def posix() -> int:
        if clock_gettime(realtime, ctypes.byref(timespec)) != 0:
            msg = "clock_gettime failed"
            raise OSError(msg)

        return int(timespec.seconds) * 1_000_000_000 + int(timespec.nanoseconds)

    return posix


now: Callable[[], int] = _make_clock()
