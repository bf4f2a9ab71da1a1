"""
A call that is not HTTP, as a span of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opentelemetry.trace import SpanKind, StatusCode

from otel_testkit import semconv
from otel_testkit.errors import never_raises
from otel_testkit.recording.capture.call import Call, taken_place
from otel_testkit.recording.capture.selection import peer_name
from otel_testkit.recording.clock import now
from otel_testkit.recording.failure import (
    exception_type,
    record_exception,
    summary,
)
from otel_testkit.recording.provider import Recording
from otel_testkit.recording.sdk import add_attributes
from otel_testkit.recording.span import Place
from otel_testkit.recording.values import masked_values


class Outgoing(Call):
    """
    A call that is not over HTTP.
    """

    __slots__ = ()

    def __init__(
        self, place: Place, name: str, attributes: Mapping[str, Any], start: int
    ) -> None:
        super().__init__(place.test, place.recording)
        self._span = place.recording.part_tracer.start_span(
            name, place.context, SpanKind.CLIENT, attributes, start_time=start
        )
        place.test.part_begins(self)

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

    def _end(self) -> None:
        self._test.part_ends(self)
        self._span.end(now())


@never_raises("capture", "a call was not recorded")
def begin(
    name: str,
    server: tuple[str, int | None],
    target: str,
    attributes: Mapping[str, Any],
    start: int = 0,
) -> Outgoing | None:
    """
    Begin a call of *target* at *server*, a host and its port, if a test is running
    that wants it recorded. *start* is when it began, if that was not now.
    """
    host, port = server
    place = taken_place(host, port, target)
    if place is None:
        return None

    recording = place.recording
    told: dict[str, Any] = {
        **attributes,
        semconv.SERVER_ADDRESS: host,
        semconv.SERVER_PORT: port,
        semconv.SERVICE_PEER_NAME: peer_name(recording.settings, host, port),
    }
    known = {key: value for key, value in told.items() if value not in (None, "")}

    return Outgoing(
        place,
        recording.masker.text(name),
        masked_values(known, recording.masker),
        start or now(),
    )


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
