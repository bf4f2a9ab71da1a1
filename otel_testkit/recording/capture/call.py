"""
What all calls have in common, over HTTP or not: where they belong, whether they
are recorded, and that each ends once.
"""

from __future__ import annotations

import os

from typing import Any, Final

from otel_testkit.recording.capture.selection import is_suppressed, is_wanted
from otel_testkit.recording.provider import Recording
from otel_testkit.recording.relay import is_telling
from otel_testkit.recording.span import Place, TestSpan, current_place


_getpid = os.getpid


class Call:
    """
    A call that is under way.
    """

    __slots__ = ("_open", "_pid", "_recording", "_span", "_test")

    def __init__(self, test: TestSpan, recording: Recording) -> None:
        self._test = test
        self._recording = recording
        self._span: Any = None
        self._pid = _getpid()
        # Who pops it ends the call: threads may want to at the same time.
        self._open: Final = [True]

    @property
    def is_over(self) -> bool:
        return not self._open

    @property
    def may_propagate(self) -> bool:
        return self._recording.settings.propagate

    @property
    def traceparent(self) -> str:
        """
        What the receiver needs to hang its spans on this call.
        """
        context = self._span.get_span_context()

        return f"00-{context.trace_id:032x}-{context.span_id:016x}-01"

    def _ends(self) -> bool:
        """
        Tell if it ends here and now: it has not before.
        """
        if self._pid != _getpid():
            # A forked child leaves the parent's calls to the parent.
            return False

        try:
            return self._open.pop()
        except IndexError:
            return False


def taken_place(
    host: str | None = None, port: int | None = None, target: str = ""
) -> Place | None:
    """
    Take one call of the test that is running, and give where it belongs; None
    where it is not to be recorded. The *host* is None where nobody knows it yet.
    """
    place = current_place()
    if place is None:
        return None

    settings = place.recording.settings
    if settings.capture == "off" or is_telling.get() or is_suppressed():
        return None
    if host is not None and not is_wanted(settings, host, port, target):
        return None

    return place if place.allowance.has_call() else None
