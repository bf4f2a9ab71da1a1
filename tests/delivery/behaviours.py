"""
What a collector can do to those who send to it, from the good to the vile.
"""

from __future__ import annotations

import time

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsPartialSuccess,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from .collector import LOGS, Behaviour, Exchange


# Stands in the body of each answer that is no success: nobody may show it.
RESPONSE_SECRET = "sk-of-the-response-4711"
_COMPLAINT = f'{{"message": "no: {RESPONSE_SECRET}"}}'.encode()


def healthy(exchange: Exchange) -> None:
    exchange.read()
    exchange.note(taken=True)
    exchange.answer(200, ExportTraceServiceResponse().SerializeToString())


def slow(seconds: float) -> Behaviour:
    """
    Take it, and answer *seconds* later.
    """

    def behave(exchange: Exchange) -> None:
        exchange.read()
        exchange.note(taken=True)
        time.sleep(seconds)
        exchange.answer(200)

    return behave


def silent(exchange: Exchange) -> None:
    """
    Read, and never answer.
    """
    exchange.read()
    exchange.note(taken=False)
    exchange.wait()


def deaf(exchange: Exchange) -> None:
    """
    Never read.
    """
    exchange.note(taken=False)
    exchange.wait()


def slow_loris(exchange: Exchange) -> None:
    """
    Answer with a byte a second.
    """
    exchange.read()
    exchange.note(taken=False)
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b"x" * 100:
        exchange.send(bytes([byte]))
        exchange.wait(1)
        if exchange.collector.went_down.is_set():
            return


def slow_body(exchange: Exchange) -> None:
    """
    Answer with headers at once, and with a byte of the body a second.
    """
    exchange.read()
    exchange.note(taken=False)
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    for _ in range(100):
        exchange.send(b"x")
        exchange.wait(1)
        if exchange.collector.went_down.is_set():
            return


def refuses(status: int, retry_after: str | None = None) -> Behaviour:
    """
    Answer with *status*, and perhaps with a `Retry-After`.
    """
    headers = {} if retry_after is None else {"Retry-After": retry_after}

    def behave(exchange: Exchange) -> None:
        exchange.read()
        exchange.note(taken=False)
        exchange.answer(status, _COMPLAINT, headers)

    return behave


def at_most(most: int) -> Behaviour:
    """
    Take what has *most* bytes on the wire, answer 413 to all that is larger.
    """
    too_large = refuses(413)

    def behave(exchange: Exchange) -> None:
        (healthy if exchange.size <= most else too_large)(exchange)

    return behave


def resets_midway(exchange: Exchange) -> None:
    """
    Reset the connection while the request is being sent.
    """
    exchange.read(exchange.size // 2)
    exchange.note(taken=False)
    exchange.reset()


def resets_answering(exchange: Exchange) -> None:
    """
    Reset the connection in the middle of the answer.
    """
    exchange.read()
    exchange.note(taken=False)
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Le")
    exchange.reset()


def hangs_up(exchange: Exchange) -> None:
    """
    Close the connection without an answer.
    """
    exchange.read()
    exchange.note(taken=False)
    exchange.send(b"")


def garbage(exchange: Exchange) -> None:
    """
    Answer with what is no HTTP.
    """
    exchange.read()
    exchange.note(taken=False)
    exchange.send(b"\x16\x03\x01\x00 what \xff\xfe is this\r\n\r\n")


def speaks(exchange: Exchange) -> None:
    """
    Answer with words in the status line that nobody may repeat.
    """
    exchange.read()
    exchange.note(taken=False)
    secret = RESPONSE_SECRET.encode()
    exchange.send(b"HTTP/1.1 503 \x1b[31m" + secret + b"\r\nContent-Length: 0\r\n\r\n")


def redirects(to: str) -> Behaviour:
    """
    Send everybody elsewhere, as a login page does.
    """

    def behave(exchange: Exchange) -> None:
        exchange.read()
        exchange.note(taken=False)
        exchange.answer(302, b"", {"Location": to})

    return behave


def rejects(spans: int, message: str = "too old") -> Behaviour:
    """
    Take it, but for *spans* spans, or as many log records.
    """

    def behave(exchange: Exchange) -> None:
        exchange.read()
        exchange.note(taken=True)
        if exchange.path.endswith(LOGS):
            logs = ExportLogsPartialSuccess(
                rejected_log_records=spans, error_message=message
            )
            body = ExportLogsServiceResponse(partial_success=logs).SerializeToString()
        else:
            partial = ExportTracePartialSuccess(
                rejected_spans=spans, error_message=message
            )
            answer = ExportTraceServiceResponse(partial_success=partial)
            body = answer.SerializeToString()
        exchange.answer(200, body)

    return behave


def dies(exchange: Exchange) -> None:
    """
    Be gone, as of now, with all connections.
    """
    exchange.note(taken=False)
    exchange.reset()
    exchange.collector.down()
