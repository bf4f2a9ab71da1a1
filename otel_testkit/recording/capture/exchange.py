"""
One request on the wire and what came back: what all taps fill in.

A call is a span from the moment the request leaves until the caller has read
the answer, or has stopped reading it. What a tap tells here never raises.
"""

from __future__ import annotations

import functools

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, Final

from opentelemetry.trace import SpanKind, StatusCode

from otel_testkit import semconv
from otel_testkit.errors import never_raises
from otel_testkit.recording.capture.body import BodyCopy
from otel_testkit.recording.capture.call import Call, taken_place
from otel_testkit.recording.capture.headers import Headers, is_signed, written_headers
from otel_testkit.recording.capture.operations import resend_count
from otel_testkit.recording.capture.request import Request, described
from otel_testkit.recording.capture.selection import peer_name
from otel_testkit.recording.clock import now
from otel_testkit.recording.failure import (
    exception_type,
    record_exception,
    summary,
)
from otel_testkit.recording.quiet import QuietSpan
from otel_testkit.recording.relay import is_telling
from otel_testkit.recording.sdk import add_attributes
from otel_testkit.recording.span import Place
from otel_testkit.store.encode import Encoded


on_begin: Final[ContextVar[Callable[[Exchange], None] | None]] = ContextVar(
    "otel_testkit.on_begin", default=None
)
"""
Told of each call that begins, by one who knows what calls are made for.
"""
_LEVELS: Final = {"off": 0, "calls": 1, "headers": 2, "bodies": 3}
_NO_TYPE: Final = ("", "")
_REQUEST_BODY: Final = (
    semconv.HTTP_REQUEST_BODY,
    semconv.HTTP_REQUEST_BODY_SIZE,
    semconv.HTTP_REQUEST_BODY_TRUNCATED,
)
_RESPONSE_BODY: Final = (
    semconv.HTTP_RESPONSE_BODY,
    semconv.HTTP_RESPONSE_BODY_SIZE,
    semconv.HTTP_RESPONSE_BODY_TRUNCATED,
)


class Exchange(Call):
    """
    A call over HTTP.
    """

    __slots__ = (
        "_allowance",
        "_attributes",
        "_encoded",
        "_is_due",
        "_is_held",
        "_latest",
        "_level",
        "_request_type",
        "_response_type",
        "_start",
        "_status",
        "count",
        "has_response",
        "is_sealed",
        "request_body",
        "response_body",
    )

    def __init__(self, place: Place, request: Request, start: int) -> None:
        test, recording, allowance, context, parent = place
        super().__init__(test, recording)
        settings = recording.settings
        self._level = _LEVELS[settings.capture]
        self._allowance = allowance
        limit = (
            allowance.body_limit(settings.max_body_bytes) if self.keeps_bodies else 0
        )
        self.request_body: Final = BodyCopy(limit)
        self.response_body: Final = BodyCopy(limit)
        # Tells the size of the response's body, where it is not all handed to us.
        self.count: Callable[[], int] | None = None
        self.has_response: bool = False
        # Whether the request's headers must stay as they are.
        self.is_sealed: bool = is_signed(request.target)
        self._start = self._latest = start
        # Handed to the span at its end, all at once.
        self._attributes: dict[str, Any] = {}
        self._encoded: dict[str, Encoded] = {}
        self._status: tuple[Any, ...] = ()
        self._request_type = _NO_TYPE
        self._response_type = _NO_TYPE
        self._is_held = self._is_due = False
        self._span = self._begun_span(context, parent, request)
        # The test may end before the call, and who stops reading tells nobody.
        test.part_begins(self)

    def _begun_span(self, context: Any, parent: Any, request: Request) -> Any:
        recording = self._recording
        name, encoded = described(recording.masker, request)
        if not recording.relay.is_needed:
            return QuietSpan(
                recording.recorder,
                recording.part_tracer,
                name,
                parent,
                encoded,
                self._start,
            )

        token = is_telling.set(True)
        try:
            return recording.part_tracer.start_span(
                name,
                context,
                SpanKind.CLIENT,
                encoded.attributes,
                start_time=self._start,
            )
        finally:
            is_telling.reset(token)

    @property
    def keeps_bodies(self) -> bool:
        return self._level >= _LEVELS["bodies"]

    @property
    def may_propagate(self) -> bool:
        return self._recording.settings.propagate and not self.is_sealed

    @never_raises("capture", "a request was not recorded in full")
    def requested(self, headers: Headers) -> None:
        """
        Note the request's *headers*.
        """
        written = written_headers(
            self._recording.masker, semconv.HTTP_REQUEST_HEADER, headers
        )
        self._request_type = written.content
        self.is_sealed = self.is_sealed or written.is_sealed
        if written.aws_service:
            # Unless somebody knows it better.
            self._attributes.setdefault(semconv.RPC_SYSTEM, "aws-api")
            self._attributes.setdefault(semconv.RPC_SERVICE, written.aws_service)
        if self._level >= _LEVELS["headers"]:
            self._encoded["request headers"] = written.attributes

    @never_raises("capture", "the connection of a call was not recorded")
    def connected(
        self,
        address: str,
        port: int | None,
        *,
        resolving: float | None = None,
        connecting: float | None = None,
        securing: float | None = None,
    ) -> None:
        """
        Note the peer's *address* and *port*; and for a new connection, where the
        client tells it, the seconds that each part of making it took.
        """
        self._encoded["peer"] = _peer(address, port)
        for name, value in (
            (semconv.TIME_TO_RESOLVE, resolving),
            (semconv.TIME_TO_CONNECT, connecting),
            (semconv.TIME_TO_SECURE, securing),
        ):
            if value is not None:
                self._attributes[name] = value

    @never_raises("capture", "what a call means was not recorded")
    def annotate(self, attributes: Mapping[str, Any]) -> None:
        """
        Add *attributes*, masked already, to a call that is not written yet.
        """
        if self._open or self._is_due:
            self._attributes |= attributes

    def hold(self) -> None:
        """
        Have the call written only with `release`, so that one who learns what it
        meant after its end can still `annotate` it. Its times stay as they are.
        """
        self._is_held = True

    @never_raises("capture", "the end of a call was not recorded")
    def release(self) -> None:
        """
        Write the call as soon as it is over; now, if it already is.
        """
        self._is_held = False
        if self._is_due:
            self._end()

    @never_raises("capture", "a response was not recorded in full")
    def responded(self, status: int, headers: Headers, version: str = "") -> None:
        """
        Note that the response's *headers* are there.
        """
        self.has_response = True
        if not self._open:
            return

        self._latest = now()
        self.response_body.is_whole = False
        self._encoded["answer"] = _answer(status, version)
        self._attributes[semconv.HTTP_TIME_TO_HEADERS] = (
            self._latest - self._start
        ) / 1e9
        if status >= 400:
            self._attributes[semconv.ERROR_TYPE] = str(status)
            self._status = (StatusCode.ERROR,)

        written = written_headers(
            self._recording.masker, semconv.HTTP_RESPONSE_HEADER, headers
        )
        self._response_type = written.content
        if self._level >= _LEVELS["headers"]:
            self._encoded["response headers"] = written.attributes

    @never_raises("capture", "a response body was not recorded")
    def received(self, data: Any, *, encoded: bool = False) -> None:
        """
        Note that the caller has read *data*; *encoded* if its content coding
        is still on.
        """
        if not data or not self._open:
            return

        self._latest = now()
        body = self.response_body
        if body.size and body.is_encoded != encoded:
            # Nobody could make sense of half of each.
            body.forget()
        body.is_encoded = encoded
        body.add(data)

    @never_raises("capture", "the end of a call was not recorded")
    def complete(self) -> None:
        """
        Note that the response has been read to its end.
        """
        if self._ends():
            self._latest = now()
            self.response_body.is_whole = True
            self._end()

    @never_raises("capture", "the failure of a call was not recorded")
    def failed(self, exception: BaseException) -> None:
        """
        Note the *exception* that ended the call; the caller gets it as it is.
        """
        if not self._ends():
            return

        self._latest = now()
        self._attributes[semconv.ERROR_TYPE] = exception_type(exception)
        try:
            record_exception(
                self._span, exception, self._recording.masker, self._recording.project
            )
            self._status = (
                StatusCode.ERROR,
                summary(exception, self._recording.masker),
            )
        finally:
            self._end()

    @never_raises("capture", "the end of a call was not recorded")
    def closed(self) -> None:
        """
        Note that nobody reads on, wherever the response stands.
        """
        self._is_held = False
        if self._is_due:
            self._end()
        elif self._ends():
            if not self.has_response or self.response_body.is_full:
                # Still waited for; or read, who knows how long: until now.
                self._latest = now()
            self._end()

    def _end(self) -> None:
        self._is_due = self._is_held
        if self._is_due:
            return

        self._test.part_ends(self)
        try:
            if self.keeps_bodies:
                self._set_bodies()
            self._add_attributes()
            if self._status:
                self._span.set_status(*self._status)
        finally:
            self._end_span()

        # The response, and this with it, may be kept for long.
        self._attributes = {}
        self._encoded = {}
        self.request_body.forget()
        self.response_body.forget()

    def _add_attributes(self) -> None:
        span = self._span
        if isinstance(span, QuietSpan):
            for encoded in self._encoded.values():
                span.add(encoded)
            span.set_attributes(self._attributes)
        else:
            for encoded in self._encoded.values():
                add_attributes(span, encoded.attributes)
            add_attributes(span, self._attributes)

    def _end_span(self) -> None:
        if isinstance(self._span, QuietSpan):
            self._span.end(self._latest)
            return

        token = is_telling.set(True)
        try:
            self._span.end(self._latest)
        finally:
            is_telling.reset(token)

    @never_raises("capture", "the bodies of a call were not recorded")
    def _set_bodies(self) -> None:
        if self.count is not None:
            self.response_body.size = max(self.response_body.size, self.count())
        if self.request_body.size:
            self._set_body(self.request_body, self._request_type, *_REQUEST_BODY)
        if self.response_body.size:
            self._set_body(self.response_body, self._response_type, *_RESPONSE_BODY)

    def _set_body(
        self, body: BodyCopy, content: tuple[str, str], key: str, size: str, cut: str
    ) -> None:
        self._attributes[size] = body.size
        written, whole = body.text(self._recording.masker, *content)
        self._allowance.take_body(len(written), body.size)
        if written:
            self._attributes[key] = written
        if not whole:
            self._attributes[cut] = True


@never_raises("capture", "a call was not recorded")
def begin(
    method: str,
    scheme: str,
    host: str,
    port: int | None,
    target: str,
    start: int = 0,
) -> Exchange | None:
    """
    Begin a call, if a test is running that wants it recorded.

    *target* is what stands in the request line: a path, or through a proxy a
    whole URL. *start* is when it began, if that was not now.
    """
    place = taken_place(host, port, target)
    if place is None:
        return None

    # Some clients take what stands before it for a part of the host.
    host = host.rpartition("@")[2]
    name = peer_name(place.recording.settings, host, port)
    request = Request(method, scheme, host, port, target, name, resend_count())
    exchange = Exchange(place, request, start or now())
    tell = on_begin.get()
    if tell is not None:
        tell(exchange)

    return exchange


@functools.lru_cache(maxsize=256)
def _answer(status: int, version: str) -> Encoded:
    attributes: dict[str, Any] = {semconv.HTTP_RESPONSE_STATUS_CODE: status}
    if version:
        attributes[semconv.NETWORK_PROTOCOL_VERSION] = version

    return Encoded.of(attributes)


@functools.lru_cache(maxsize=256)
def _peer(address: str, port: int | None) -> Encoded:
    attributes: dict[str, Any] = {semconv.NETWORK_PEER_ADDRESS: address}
    if port is not None:
        attributes[semconv.NETWORK_PEER_PORT] = port

    return Encoded.of(attributes)
