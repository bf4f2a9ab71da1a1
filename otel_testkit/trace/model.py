"""
The read model: what happened in a run, immutable, with its facts worked out once.

    Run ─► Case ─► Attempt ─► Span ─► Span …
                                └ a Call is a Span on the wire; a Log is
                                  what was said in a Span

Nothing here says what a failure means: that is the diagnosis' work.
"""

from __future__ import annotations

import enum

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from otel_testkit import semconv
from otel_testkit.trace.fields import text
from otel_testkit.trace.questions import answer


# The least of OTLP's severity numbers that are called so.
_WARN: Final = 13
_ERROR: Final = 17


class Kind(enum.IntEnum):
    """
    Which side of what a span stands for, by OTLP's numbers.
    """

    UNSPECIFIED = 0
    INTERNAL = 1
    SERVER = 2
    CLIENT = 3
    PRODUCER = 4
    CONSUMER = 5


class Outcome(enum.StrEnum):
    """
    How an attempt ended, the worst first. OPEN: it still runs, or its process
    died. UNKNOWN: somebody else's test span, which does not say.
    """

    FAILED = "failed"
    ERROR = "error"
    OPEN = "open"
    INTERRUPTED = "interrupted"
    CANCELLED = "cancelled"
    PASSED = "passed"
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    XPASSED = "xpassed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Event:
    """
    Something that happened in a span, *time* in nanoseconds since 1970.
    """

    name: str
    time: int
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Error:
    """
    A link of an exception chain. *relation* is how it hangs on the one before:
    "cause", "context" or "member" (of a group), "" for the one that was raised.

    *source* is the failing line of the test; like the place and the stack trace
    it is known of the raised one only, if at all.
    """

    type: str
    message: str = ""
    relation: str = ""
    file: str = ""
    line: int | None = None
    function: str = ""
    source: str = ""
    stacktrace: str = field(default="", repr=False)

    @property
    def short_type(self) -> str:
        return self.type.rpartition(".")[2]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Log:
    """
    A log record, *time* in nanoseconds since 1970. *severity* is OTLP's number,
    0 where it is not known, *level* the word that its source has for it.

    *span_id* is that of the span in which it was made, which may be lost; *error*
    the exception that was logged with it.
    """

    time: int
    severity: int
    level: str
    logger: str
    text: str
    trace_id: str
    span_id: str
    file: str
    line: int | None
    function: str
    error: Error | None
    attributes: Mapping[str, Any] = field(repr=False)
    resource: Mapping[str, Any] = field(repr=False)

    @property
    def is_warning(self) -> bool:
        """
        Whether it is a warning or worse.
        """
        return self.severity >= _WARN

    @property
    def is_error(self) -> bool:
        return self.severity >= _ERROR


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Span:
    """
    A piece of work. Times are nanoseconds since 1970.

    An open span has no *end*; *last_seen* is then the last sign of life in its
    trace, otherwise the end. An orphan's recorded parent was not found. *logs*
    are its own, without those of its children, by their time.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    summary: str
    kind: Kind
    scope: str
    start: int
    end: int | None
    last_seen: int
    is_error: bool
    status_message: str
    is_orphan: bool
    attributes: Mapping[str, Any] = field(repr=False)
    resource: Mapping[str, Any] = field(repr=False)
    events: tuple[Event, ...] = field(repr=False)
    errors: tuple[Error, ...] = field(repr=False)
    logs: tuple[Log, ...] = field(repr=False)
    children: tuple[Span, ...] = field(repr=False)

    @property
    def duration(self) -> int:
        return self.last_seen - self.start

    @property
    def is_open(self) -> bool:
        return self.end is None

    @property
    def is_test(self) -> bool:
        return semconv.TEST_CASE_NAME in self.attributes

    @property
    def is_step(self) -> bool:
        # Of what was only opened no scope is known: mostly, a test was killed in a step.
        is_ours = self.scope == semconv.SCOPE or (self.is_open and not self.scope)

        return (
            is_ours
            and self.kind is Kind.INTERNAL
            and not self.is_test
            and not isinstance(self, Call)
        )

    @property
    def error_type(self) -> str:
        return text(self.attributes, semconv.ERROR_TYPE)

    @property
    def is_failing(self) -> bool:
        return self.is_error

    def walk(self) -> Iterator[Span]:
        """
        Give the span and all below it, parents first, siblings by their start.
        """
        # No recursion: a trace may be deeper than Python's stack.
        waiting: list[Span] = [self]
        while waiting:
            span = waiting.pop()
            yield span
            waiting.extend(reversed(span.children))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Call(Span):
    """
    A span of a client: for HTTP one request on the wire, where it was recorded
    there. *method* is the verb, of HTTP, of a statement or of a command, "" where
    none is known; *template* is the path with its changing parts taken out, see
    `naming`.
    """

    method: str
    url: str = field(repr=False)
    peer: str
    path: str
    template: str
    status: int | None
    resend_count: int

    @property
    def is_failing(self) -> bool:
        return self.is_error or (self.status or 0) >= 400

    @property
    def answer(self) -> str:
        """
        What came back, in a word: the HTTP status, or the code of a database or of
        a remote procedure; "" where nothing came.
        """
        return str(self.status or "") or answer(self.attributes)

    @property
    def is_wrapper(self) -> bool:
        """
        Whether the real calls are below: an instrumentation's span around ours.
        """
        return any(isinstance(child, Call) for child in self.children)

    @property
    def request_body(self) -> str | None:
        return _body(self.attributes, semconv.HTTP_REQUEST_BODY)

    @property
    def response_body(self) -> str | None:
        return _body(self.attributes, semconv.HTTP_RESPONSE_BODY)

    @property
    def time_to_headers(self) -> float | None:
        """
        Seconds until the response's headers were there.
        """
        value = self.attributes.get(semconv.HTTP_TIME_TO_HEADERS)

        return value if isinstance(value, float) else None

    def request_headers(self) -> dict[str, tuple[str, ...]]:
        return _headers(self.attributes, semconv.HTTP_REQUEST_HEADER)

    def response_headers(self) -> dict[str, tuple[str, ...]]:
        return _headers(self.attributes, semconv.HTTP_RESPONSE_HEADER)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Attempt:
    """
    One execution of a case: the *number*-th in the run, from 1, *of* so many.

    *spans* holds the test's span first, then all others in the order of their
    start; *calls* only those that wrap no other call; *logs* the log records of
    all spans by their time; *errors* the exception that ended the test, then what
    it hangs on.
    """

    case: str
    suite: str
    number: int
    of: int
    outcome: Outcome
    is_failure: bool
    span: Span
    spans: tuple[Span, ...] = field(repr=False)
    calls: tuple[Call, ...] = field(repr=False)
    failing_calls: tuple[Call, ...] = field(repr=False)
    logs: tuple[Log, ...] = field(repr=False)
    errors: tuple[Error, ...] = field(repr=False)
    tags: Mapping[str, Any] = field(repr=False)

    @property
    def trace_id(self) -> str:
        return self.span.trace_id

    @property
    def start(self) -> int:
        return self.span.start

    @property
    def duration(self) -> int:
        return self.span.duration

    @property
    def is_open(self) -> bool:
        return self.span.is_open


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Case:
    """
    A test with its attempts in this run, in the order of their start. The last
    one says how it ended.
    """

    name: str
    suite: str
    attempts: tuple[Attempt, ...]

    @property
    def outcome(self) -> Outcome:
        return self.attempts[-1].outcome

    @property
    def is_failure(self) -> bool:
        return self.attempts[-1].is_failure

    @property
    def failing_attempt(self) -> Attempt | None:
        """
        The last attempt that failed, also where a later one passed.
        """
        failing = (one for one in reversed(self.attempts) if one.is_failure)

        return next(failing, None)

    @property
    def is_flaky(self) -> bool:
        """
        Whether it both failed and passed in this run.
        """
        return any(attempt.is_failure for attempt in self.attempts) and any(
            attempt.outcome is Outcome.PASSED for attempt in self.attempts
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Run:
    """
    One invocation of a runner or script. Times are nanoseconds since 1970, from
    the first to the last thing seen; both 0 if there is nothing.

    *loose* are the roots of what belongs to no attempt, *loose_logs* the log
    records that belong to no span; *damaged* counts the lines, spans and log
    records that could not be read.
    """

    id: str
    path: str
    header: Mapping[str, Any] = field(repr=False)
    start: int
    end: int
    cases: tuple[Case, ...] = field(repr=False)
    loose: tuple[Span, ...] = field(repr=False)
    loose_logs: tuple[Log, ...] = field(repr=False)
    counts: Mapping[Outcome, int]
    tags: Mapping[str, Any] = field(repr=False)
    damaged: int

    @property
    def duration(self) -> int:
        return self.end - self.start

    @property
    def command(self) -> str:
        """
        The command line that the run was started with; "" where it is not known.
        """
        return text(self.header, "command")

    def attempts(self) -> Iterator[Attempt]:
        """
        Give every attempt, case by case.
        """
        return (attempt for case in self.cases for attempt in case.attempts)

    def spans(self) -> Iterator[Span]:
        """
        Give every span of the run, once.
        """
        for attempt in self.attempts():
            yield from attempt.spans
        for root in self.loose:
            yield from root.walk()


def _body(attributes: Mapping[str, Any], name: str) -> str | None:
    value = attributes.get(name)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")

    return value if isinstance(value, str) else None


def _headers(attributes: Mapping[str, Any], prefix: str) -> dict[str, tuple[str, ...]]:
    return {
        name.removeprefix(prefix): tuple(
            str(item) for item in (value if isinstance(value, list) else [value])
        )
        for name, value in attributes.items()
        if name.startswith(prefix)
    }
