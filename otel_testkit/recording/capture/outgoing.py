"""
A call that is not HTTP, as a span of ours; and whether a test wants one recorded.
"""

from __future__ import annotations

import os

from collections.abc import Mapping
from typing import Any

from opentelemetry.trace import SpanKind, StatusCode

from otel_testkit import semconv
from otel_testkit.errors import never_raises
from otel_testkit.recording.capture.selection import is_suppressed, is_wanted
from otel_testkit.recording.clock import now
from otel_testkit.recording.failure import (
    exception_type,
    record_exception,
    summary,
)
from otel_testkit.recording.provider import Recording
from otel_testkit.recording.relay import is_telling
from otel_testkit.recording.sdk import add_attributes
from otel_testkit.recording.span import TestSpan, current_test, parent_context
from otel_testkit.recording.values import masked_values


_getpid = os.getpid


class Outgoing:
    """
    A call that is under way.
    """

    __slots__ = ("_open", "_pid", "_recording", "_span", "_test")

    def __init__(
        self,
        test: TestSpan,
        recording: Recording,
        name: str,
        attributes: Mapping[str, Any],
        start: int,
    ) -> None:
        self._recording = recording
        self._test = test
        self._pid = _getpid()
        # Who pops it ends the call: threads may want to at the same time.
        self._open = [True]
        self._span: Any = recording.part_tracer.start_span(
            name, parent_context(test), SpanKind.CLIENT, attributes, start_time=start
        )
        test.part_begins(self)

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

    @never_raises("capture", "the end of a call was not recorded")
    def complete(
        self, attributes: Mapping[str, Any] | None = None, problem: str = ""
    ) -> None:
        """
        Note that the call is over, and the *problem* that the other side has
        told, if any.
        """
        if self._ends():
            masker = self._recording.masker
            add_attributes(self._span, masked_values(attributes, masker))
            if problem:
                self._span.set_status(StatusCode.ERROR, masker.text(problem)[:200])
            self._end()

    @never_raises("capture", "the failure of a call was not recorded")
    def failed(
        self, exception: BaseException, attributes: Mapping[str, Any] | None = None
    ) -> None:
        """
        Note the *exception* that ended the call; the caller gets it as it is.
        """
        if not self._ends():
            return

        try:
            note_failure(self._span, exception, self._recording)
            masked = masked_values(attributes, self._recording.masker)
            add_attributes(self._span, masked)
        finally:
            self._end()

    @never_raises("capture", "the end of a call was not recorded")
    def closed(self) -> None:
        """
        Note that the test is over, and with it the wait for an answer.
        """
        if self._ends():
            self._end()

    def _ends(self) -> bool:
        if self._pid != _getpid():
            # A forked child leaves the parent's calls to the parent.
            return False

        try:
            return self._open.pop()
        except IndexError:
            return False

    def _end(self) -> None:
        self._test.part_ends(self)
        self._span.end(now())


@never_raises("capture", "a call was not recorded")
def begin(
    name: str,
    place: tuple[str, int | None],
    target: str,
    attributes: Mapping[str, Any],
    start: int = 0,
) -> Outgoing | None:
    """
    Begin a call of *target* at *place*, a host and its port, if a test is running
    that wants it recorded. *start* is when it began, if that was not now.
    """
    host, port = place
    found = recorded_test(host, port, target)
    if found is None:
        return None

    test, recording = found
    told: dict[str, Any] = {
        **attributes,
        semconv.SERVER_ADDRESS: host,
        semconv.SERVER_PORT: port,
    }
    peers = recording.settings.peers
    if peers:
        peer = peers.get(f"{host}:{port}") or peers.get(host)
        told[semconv.SERVICE_PEER_NAME] = peer
    known = {key: value for key, value in told.items() if value not in (None, "")}

    return Outgoing(
        test,
        recording,
        recording.masker.text(name),
        masked_values(known, recording.masker),
        start or now(),
    )


def recorded_test(
    host: str | None = None, port: int | None = None, target: str = ""
) -> tuple[TestSpan, Recording] | None:
    """
    Take one call of the test that is running, and give the test and what it is
    recorded with; None where the call is not to be recorded. The *host* is None
    where nobody knows it yet.
    """
    test = current_test()
    recording, allowance = test.recording, test.allowance
    if recording is None or allowance is None or recording.settings.capture == "off":
        return None
    if is_telling.get() or is_suppressed():
        return None
    if host is not None and not is_wanted(recording.settings, host, port, target):
        return None

    return (test, recording) if allowance.has_call() else None


def note_failure(span: Any, exception: BaseException, recording: Recording) -> None:
    """
    Add to *span* that it failed, and all that *exception* says of it.
    """
    span.set_attribute(semconv.ERROR_TYPE, exception_type(exception))
    status = _response_status(exception)
    if status:
        span.set_attribute(semconv.DB_RESPONSE_STATUS_CODE, status)
    record_exception(span, exception, recording.masker, recording.project)
    span.set_status(StatusCode.ERROR, summary(exception, recording.masker))


def _response_status(exception: BaseException) -> str:
    """
    Give the code that a database has for what went wrong; "" where it told none.
    """
    for name in ("sqlstate", "pgcode"):
        code = getattr(exception, name, None)
        if isinstance(code, str) and code:
            return code

    kind = type(exception)
    code = next(iter(exception.args), None)
    if kind.__module__.lower().startswith(("pymysql", "mysql")) and type(code) is int:
        return str(code)

    return ""
