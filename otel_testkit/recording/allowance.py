"""
How much of one test is recorded, and how much of it was left out.
"""

from __future__ import annotations

import itertools

from typing import Final

from otel_testkit import semconv
from otel_testkit.settings import Settings


_MEGABYTE: Final = 1_000_000


class Allowance:
    """
    What one test may still have recorded. A limit that is reached is told with
    the test: how many calls, bodies and log records are not there.
    """

    __slots__ = ("_bodies", "_bytes", "_calls", "_logs", "_max_calls", "_max_logs")

    def __init__(self, settings: Settings) -> None:
        self._max_calls = settings.max_calls
        self._max_logs = settings.max_logs
        self._bytes = settings.max_bodies_megabytes * _MEGABYTE
        # Counters that threads can share.
        self._calls = itertools.count()
        self._logs = itertools.count()
        self._bodies = itertools.count()

    def has_call(self) -> bool:
        """
        Take one call, and tell if it may be recorded.
        """
        return next(self._calls) < self._max_calls

    def has_log(self) -> bool:
        """
        Take one log record, and tell if it may be recorded.
        """
        return next(self._logs) < self._max_logs

    def body_limit(self, wanted: int) -> int:
        """
        Give how many bytes of a body may be kept, of the *wanted* ones.
        """
        return wanted if self._bytes > 0 else 0

    def take_body(self, kept: int, size: int) -> None:
        """
        Note that *kept* bytes of a body of *size* bytes are recorded.
        """
        self._bytes -= kept
        if size and not kept and self._bytes <= 0:
            next(self._bodies)

    def left_out(self) -> dict[str, int]:
        """
        Give what was left out, as attributes of the test.
        """
        calls = next(self._calls) - self._max_calls
        logs = next(self._logs) - self._max_logs
        bodies = next(self._bodies)
        if calls <= 0 and logs <= 0 and not bodies:
            return {}

        counts = {
            semconv.CALLS_LEFT_OUT: calls,
            semconv.LOGS_LEFT_OUT: logs,
            semconv.BODIES_LEFT_OUT: bodies,
        }

        return {name: count for name, count in counts.items() if count > 0}
