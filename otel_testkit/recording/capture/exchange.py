"""
One request on the wire and what came back: what all taps fill in.

A call is a span from the moment the request leaves until the caller has read
the answer, or has stopped reading it. What a tap tells here never raises.
"""

from __future__ import annotations

import functools
import os

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, Final

from opentelemetry import context as context_api, trace
from opentelemetry.trace import SpanKind, StatusCode

from otel_testkit import semconv
from otel_testkit.errors import never_raises
from otel_testkit.masking import Masker
from otel_testkit.recording.allowance import Allowance
from otel_testkit.recording.capture.body import BodyCopy
from otel_testkit.recording.capture.headers import Headers, written_headers
from otel_testkit.recording.capture.operations import resend_count
from otel_testkit.recording.capture.selection import is_wanted
from otel_testkit.recording.clock import now
from otel_testkit.recording.failure import (
    exception_type,
    record_exception,
    summary,
)
from otel_testkit.recording.provider import Recording
from otel_testkit.recording.quiet import QuietSpan
from otel_testkit.recording.sdk import add_attributes
from otel_testkit.recording.span import TestSpan, current_test, parent_context


# What exporters set around their own traffic; the API has no public name for it.
_SUPPRESSED: Final = tuple(
    key
    for key in (
        getattr(context_api, "_SUPPRESS_INSTRUMENTATION_KEY", None),
        "suppress_instrumentation",
    )
    if key is not None
)
# On while span processors, the user's as well, are told of a call: what they
# send is no call of the test, and telling them of that would never end.
_is_telling: ContextVar[bool] = ContextVar("otel_testkit.is_telling", default=False)
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
_METHODS: Final = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"}
)
_SHORT: Final = 256
_getpid = os.getpid
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class Exchange:
    """
    A call that is under way.
    """

    __slots__ = (
        "_allowance",
        "_attributes",
        "_is_due",
        "_is_held",
        "_latest",
        "_level",
        "_open",
        "_pid",
        "_recording",
        "_request_type",
        "_response_type",
        "_span",
        "_start",
        "_status",
        "_test",
        "has_response",
        "is_sealed",
        "request_body",
        "response_body",
    )

    def __init__(
        self,
        span: Any,
        recording: Recording,
        test: TestSpan,
        allowance: Allowance,
        start: int,
    ) -> None:
        self._level = _LEVELS[recording.settings.capture]
        self._allowance = allowance
        limit = (
            allowance.body_limit(recording.settings.max_body_bytes)
            if self.keeps_bodies
            else 0
        )
        self.request_body: Final = BodyCopy(limit)
        self.response_body: Final = BodyCopy(limit)
        self.has_response: bool = False
        # Whether the request's headers must stay as they are.
        self.is_sealed: bool = False
        self._span = span
        self._recording = recording
        self._test = test
        self._pid = _getpid()
        self._start = self._latest = start
        # Handed to the span at its end, all at once.
        self._attributes: dict[str, Any] = {}
        self._status: tuple[Any, ...] = ()
        self._request_type = _NO_TYPE
        self._response_type = _NO_TYPE
        # Who pops it ends the call: threads may want to at the same time.
        self._open = [True]
        self._is_held = self._is_due = False
        # The test may end before the call, and who stops reading tells nobody.
        test.part_begins(self)

    @property
    def is_over(self) -> bool:
        return not self._open

    @property
    def keeps_bodies(self) -> bool:
        return self._level >= _LEVELS["bodies"]

    @property
    def traceparent(self) -> str:
        """
        What the receiver needs to hang its spans on this call.
        """
        context = self._span.get_span_context()

        return f"00-{context.trace_id:032x}-{context.span_id:016x}-01"

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
        self.is_sealed = written.is_sealed
        if written.aws_service:
            self._attributes[semconv.RPC_SYSTEM] = "aws-api"
            self._attributes[semconv.RPC_SERVICE] = written.aws_service
        if self._level >= _LEVELS["headers"]:
            self._attributes |= written.attributes

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
        for name, value in (
            (semconv.NETWORK_PEER_ADDRESS, address),
            (semconv.NETWORK_PEER_PORT, port),
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
        self._attributes[semconv.HTTP_RESPONSE_STATUS_CODE] = status
        self._attributes[semconv.HTTP_TIME_TO_HEADERS] = (
            self._latest - self._start
        ) / 1e9
        if version:
            self._attributes[semconv.NETWORK_PROTOCOL_VERSION] = version
        if status >= 400:
            self._attributes[semconv.ERROR_TYPE] = str(status)
            self._status = (StatusCode.ERROR,)

        written = written_headers(
            self._recording.masker, semconv.HTTP_RESPONSE_HEADER, headers
        )
        self._response_type = written.content
        if self._level >= _LEVELS["headers"]:
            self._attributes |= written.attributes

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
            if not self.has_response:
                # Still waited for, until now.
                self._latest = now()
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
        self._is_due = self._is_held
        if self._is_due:
            return

        self._test.part_ends(self)
        try:
            if self.keeps_bodies:
                self._set_bodies()
            add_attributes(self._span, self._attributes)
            if self._status:
                self._span.set_status(*self._status)
        finally:
            token = _is_telling.set(True)
            try:
                self._span.end(self._latest)
            finally:
                _is_telling.reset(token)

        # The response, and this with it, may be kept for long.
        self._attributes = {}
        self.request_body.forget()
        self.response_body.forget()

    @never_raises("capture", "the bodies of a call were not recorded")
    def _set_bodies(self) -> None:
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
    method: str, scheme: str, host: str, port: int | None, target: str, start: int = 0
) -> Exchange | None:
    """
    Begin a call, if a test is running that wants it recorded.

    *target* is what stands in the request line: a path, or through a proxy a
    whole URL. *start* is when it began, if that was not now.
    """
    test = current_test()
    recording, allowance = test.recording, test.allowance
    if recording is None or allowance is None or recording.settings.capture == "off":
        return None
    context = context_api.get_current()
    if _is_telling.get() or any(context.get(key) for key in _SUPPRESSED):
        return None
    if not is_wanted(recording.settings, host, port, target):
        return None
    if not allowance.has_call():
        return None

    url = target
    if target.startswith("/") or "://" not in target:
        own_port = "" if port in (None, _DEFAULT_PORTS.get(scheme)) else f":{port}"
        shown_host = f"[{host}]" if ":" in host else host
        slash = "" if target.startswith("/") else "/"
        url = f"{scheme}://{shown_host}{own_port}{slash}{target}"

    known = method.upper()
    if known not in _METHODS:
        known = ""
    attributes: dict[str, Any] = {
        semconv.HTTP_REQUEST_METHOD: known or "_OTHER",
        semconv.URL_FULL: (
            _short_url(recording.masker, url)
            if len(url) <= _SHORT
            else recording.masker.url(url)
        ),
        semconv.SERVER_ADDRESS: host,
    }
    if method != known:
        attributes[semconv.HTTP_REQUEST_METHOD_ORIGINAL] = method
    if port is not None:
        attributes[semconv.SERVER_PORT] = port
    peers = recording.settings.peers
    if peers and (name := peers.get(f"{host}:{port}") or peers.get(host)):
        attributes[semconv.SERVICE_PEER_NAME] = name
    if resent := resend_count():
        attributes[semconv.HTTP_REQUEST_RESEND_COUNT] = resent

    start = start or now()
    name = known or "HTTP"
    parent = parent_context(test)
    if not recording.relay.is_needed:
        quiet = QuietSpan(
            recording.recorder,
            recording.part_tracer,
            name,
            trace.get_current_span(parent).get_span_context(),
            SpanKind.CLIENT,
            attributes,
            start,
        )
        return _told(Exchange(quiet, recording, test, allowance, start))

    token = _is_telling.set(True)
    try:
        span = recording.part_tracer.start_span(
            name, parent, SpanKind.CLIENT, attributes, start_time=start
        )
    finally:
        _is_telling.reset(token)

    return _told(Exchange(span, recording, test, allowance, start))


def _told(exchange: Exchange) -> Exchange:
    tell = on_begin.get()
    if tell is not None:
        tell(exchange)

    return exchange


@functools.lru_cache(maxsize=512)
def _short_url(masker: Masker, url: str) -> str:
    return masker.url(url)
