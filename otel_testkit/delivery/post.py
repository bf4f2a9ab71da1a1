"""
One request to an endpoint, by the official exporter.

The exporter tries again by itself, for as long as it likes, and tells no more
than that it has failed. So it gets a session that shows it each answer as final,
and keeps what the endpoint really said.
"""

from __future__ import annotations

import contextlib
import email.utils
import http.client
import json
import math
import os
import threading
import time

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import requests

from otel_testkit.delivery.destination import Destination
from otel_testkit.semconv import VERSION
from otel_testkit.store import layout


_ACCEPTED: Final = range(200, 300)
# How much of an answer is read: it has a line to say, if any.
_MOST_BYTES: Final = 65_536
# What is wrong with a request as it was found, in the words for a summary.
_WORDS: Final = (
    (requests.exceptions.ProxyError, "the proxy cannot be reached"),
    (requests.exceptions.SSLError, "TLS failed"),
    (requests.exceptions.ConnectTimeout, "connecting took too long"),
    (requests.exceptions.Timeout, "no answer in time"),
)
_SYSTEM_WORDS: Final = (
    ("NameResolutionError", "its name is unknown"),
    ("gaierror", "its name is unknown"),
    ("onnection refused", "connection refused"),
    ("ConnectionRefusedError", "connection refused"),
    ("ConnectionResetError", "connection reset"),
    ("RemoteDisconnected", "connection closed"),
    ("BadStatusLine", "its answer is no HTTP"),
    ("NewConnectionError", "it cannot be reached"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What came of a request. *status* is 0 where there was no answer at all;
    *rejected* counts the records that were refused of those accepted, *wait* is
    the seconds the endpoint asks us to wait.
    """

    status: int
    says: str = ""
    rejected: int = 0
    wait: float = 0.0

    @property
    def is_accepted(self) -> bool:
        return self.status in _ACCEPTED


class Post:
    """
    Sends records of *signal* to *destination*.
    """

    def __init__(self, signal: str, destination: Destination) -> None:
        self._signal = signal
        self._destination = destination
        self._exporter: Any = None
        self._session: _Session | None = None
        # Of the last request.
        self._thread: threading.Thread | None = None
        self._answers: list[Answer] = []
        self._began = 0.0

    def send(self, records: Sequence[Any], seconds: float) -> Answer:
        """
        Send *records* and wait for the answer, at most *seconds* in all: a request
        that drags on is left to itself, in a thread that keeps nobody alive.
        """
        self._answers = answers = []
        self._began = time.monotonic()
        session, exporter = self._session, self._exporter
        if session is None:
            session, exporter = self._begin()

        def work() -> None:
            answers.append(_export(exporter, session, records))

        self._thread = thread = threading.Thread(target=work, daemon=True)
        try:
            thread.start()
        except RuntimeError:
            # The interpreter is about to end, and has no more threads to give.
            session.most_seconds = seconds / 2
            work()
        else:
            thread.join(seconds)
        if not answers:
            self._session = None
            return Answer(0, "no answer in time")

        return answers[0]

    def late_answer(self) -> Answer | None:
        """
        Give the answer to a request that was left to itself, if it comes while it
        may.
        """
        if self._thread is not None:
            left = self._began + self._destination.timeout - time.monotonic()
            self._thread.join(max(left, 0.0))

        return self._answers[0] if self._answers else None

    def _begin(self) -> tuple[_Session, Any]:
        session = self._session = _Session(self._destination)
        with _no_variables():
            self._exporter = exporter_class(self._signal)(
                endpoint=self._destination.url,
                # Not none at all: it would read the variables then.
                headers={
                    "user-agent": f"otel-testkit/{VERSION}",
                    **self._destination.headers,
                },
                timeout=self._destination.timeout,
                compression=_compression(self._destination.compression),
                session=session,
            )

        return session, self._exporter


class _Session(requests.Session):
    """
    Keeps to what *destination* says, and to one try.
    """

    def __init__(self, destination: Destination) -> None:
        super().__init__()
        # A proxy does not know what is on this machine.
        self.trust_env = not destination.is_local
        self.most_seconds = destination.timeout
        self.answer = Answer(0, "not asked")
        self._destination = destination
        user = requests.utils.get_auth_from_url(destination.url)
        # One that does nothing, or else `.netrc` would be asked.
        self.auth = user if any(user) else lambda request: request

    def request(
        self,
        method: Any,
        url: Any,
        *_: Any,
        data: Any = None,
        headers: Any = None,
        **_others: Any,
    ) -> requests.Response:
        to = self._destination
        final = requests.Response()
        try:
            with super().request(
                method,
                url,
                data=data,
                headers=headers,
                timeout=self.most_seconds,
                verify=to.certificate or True,
                cert=_pair(to),
                # It would become a GET, and be lost.
                allow_redirects=False,
                stream=True,
            ) as response:
                content = response.raw.read(_MOST_BYTES, decode_content=True)
                self.answer = _answer(response, content or b"")
        except Exception as error:  # noqa: BLE001  # of many kinds, all of them an answer
            self.answer = Answer(0, _reason(error))

        # 400 is what no exporter tries again.
        final.status_code = 200 if self.answer.is_accepted else 400
        final._content = b""  # noqa: SLF001  # as adapters for tests do

        return final


def _export(exporter: Any, session: _Session, records: Sequence[Any]) -> Answer:
    session.answer = Answer(0, "not asked")
    try:
        exporter.export(records)
    except Exception as error:  # noqa: BLE001  # one bad record must not stop the rest
        return Answer(400, f"it cannot be encoded ({type(error).__name__})")

    if session.answer.says == "not asked":
        return Answer(400, "it cannot be encoded")

    return session.answer


def _answer(response: requests.Response, content: bytes) -> Answer:
    status = response.status_code
    # Not the words of the endpoint, which could be any.
    says = f"{status} {http.client.responses.get(status, '')}".strip()
    if status in _ACCEPTED:
        kind = response.headers.get("content-type", "")
        return Answer(status, says, rejected=_rejected(content, kind))

    return Answer(status, says, wait=_wait(response.headers.get("retry-after", "")))


def _rejected(content: bytes, kind: str) -> int:
    """
    Count the records of an accepted request that were refused.
    """
    try:
        if "json" in kind:
            partial = json.loads(content).get("partialSuccess", {})
            told = partial.get("rejectedSpans") or partial.get("rejectedLogRecords")
            return int(told or 0)

        # The two responses have one form: what counts has one number in both.
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: PLC0415  # comes with the exporter
            ExportTraceServiceResponse,
        )

        response = ExportTraceServiceResponse.FromString(content)

        return int(response.partial_success.rejected_spans)
    except Exception:  # noqa: BLE001  # whatever it says, it was accepted
        return 0


def _wait(text: str) -> float:
    """
    Read `Retry-After`, in seconds or as a date; 0 where it is neither.
    """
    try:
        seconds = float(text)
    except ValueError:
        with contextlib.suppress(TypeError, ValueError):
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
            return max(seconds, 0.0)
        return 0.0

    return seconds if 0 < seconds < math.inf else 0.0


def _reason(error: Exception) -> str:
    """
    Say why there was no answer; not in the error's words, which hold the URL.
    """
    text = repr(error)
    for kind, words in _WORDS:
        if isinstance(error, kind):
            return words
    for name, words in _SYSTEM_WORDS:
        if name in text:
            return words

    return type(error).__name__


def _pair(to: Destination) -> Any:
    if not to.client_certificate:
        return None

    return (
        (to.client_certificate, to.client_key)
        if to.client_key
        else (to.client_certificate)
    )


def exporter_class(signal: str) -> Any:
    """
    Give the official exporter of *signal*.
    """
    if signal == layout.TRACES:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415  # only where there are any
            OTLPSpanExporter,
        )

        return OTLPSpanExporter

    from opentelemetry.exporter.otlp.proto.http._log_exporter import (  # noqa: PLC0415  # as above
        OTLPLogExporter,
    )

    return OTLPLogExporter


def _compression(name: str) -> Any:
    from opentelemetry.exporter.otlp.proto.http import Compression  # noqa: PLC0415

    return Compression(name)


@contextlib.contextmanager
def _no_variables() -> Iterator[None]:
    """
    Hide OpenTelemetry's variables: we have read them, and the exporter logs the
    headers that it cannot read.
    """
    hidden = {
        name: os.environ.pop(name)
        for name in list(os.environ)
        if name.startswith("OTEL_")
    }
    try:
        yield
    finally:
        os.environ.update(hidden)
