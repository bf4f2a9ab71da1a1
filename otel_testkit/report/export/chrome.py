"""
The trace format of chrome://tracing, which Perfetto opens as well.

A process stands for a service, and its threads for the lanes in which its spans lie.
"""

from __future__ import annotations

import math

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from otel_testkit import semconv
from otel_testkit.report.export.chosen import Chosen
from otel_testkit.report.export.document import pieces
from otel_testkit.report.export.lanes import lay_out
from otel_testkit.report.plain import Plain, values
from otel_testkit.report.text import harmless
from otel_testkit.trace.fields import text
from otel_testkit.trace.model import Call, Log, Span


# Nanoseconds, 13 days: up to there a number holds microseconds with all three digits.
_EXACT: Final = 2**50
# Larger ones are rounded by readers in JavaScript.
_SAFE_INTEGER: Final = 2**53


def document(chosen: Chosen) -> Iterator[str]:
    """
    Give what is *chosen* as a JSON object, an event a line.
    """
    yield from pieces(
        {
            "displayTimeUnit": "ms",
            "otherData": {"run": chosen.run.id, "start_ns": str(_span_of(chosen)[0])},
            "traceEvents": _events(chosen),
        }
    )
    yield "\n"


def _span_of(chosen: Chosen) -> tuple[int, int]:
    first = min((root.start for root in chosen.spans()), default=0)
    last = max((span.last_seen for span in chosen.spans()), default=first)

    return first, max([last, *(log.time for log in chosen.logs)])


@dataclass(slots=True)
class _Threads:
    """
    The numbers of processes and threads, given as they are asked for.
    """

    processes: dict[str, int] = field(default_factory=dict)
    threads: dict[tuple[str, int], int] = field(default_factory=dict)
    named: list[Plain] = field(default_factory=list)

    def place(self, service: str, lane: int) -> Plain:
        """
        Give {pid, tid} of a *service*'s *lane*; a new one goes to `named`.
        """
        pid = self.processes.get(service)
        if pid is None:
            pid = self.processes[service] = len(self.processes) + 1
            self._name("process", service, {"pid": pid, "tid": 0}, pid)

        tid = self.threads.get((service, lane))
        if tid is None:
            # Never that of a process, whose main thread it would be.
            tid = self.threads[service, lane] = len(self.threads) + 1_000
            self._name("thread", f"lane {lane + 1}", {"pid": pid, "tid": tid}, lane)

        return {"pid": pid, "tid": tid}

    def _name(self, what: str, name: str, place: Plain, order: int) -> None:
        for told, args in (
            ("name", {"name": harmless(name)}),
            ("sort_index", {"sort_index": order}),
        ):
            self.named.append(
                {"name": f"{what}_{told}", "ph": "M", **place, "args": args}
            )


@dataclass(frozen=True, slots=True)
class _Clock:
    """
    Times after the *first* one; in whole microseconds if they are far apart.
    """

    first: int
    is_exact: bool

    def at(self, time: int) -> float:
        return self._microseconds(max(time - self.first, 0))

    def between(self, start: int, end: int) -> float:
        if self.is_exact:
            return self._microseconds(end - start)

        # So that what ends together still does.
        return self.at(end) - self.at(start)

    def _microseconds(self, nanoseconds: int) -> float:
        if not self.is_exact:
            return nanoseconds // 1_000

        # Perfetto cuts off what is left of nanoseconds.
        time = nanoseconds / 1_000
        is_short = int(time * 1_000) < nanoseconds

        return math.nextafter(time, math.inf) if is_short else time


def _events(chosen: Chosen) -> Iterator[Plain]:
    first, last = _span_of(chosen)
    clock = _Clock(first, last - first < _EXACT)
    threads = _Threads()

    for span, service, lane in lay_out(chosen.roots(), _service):
        place = threads.place(service, lane)
        yield from _taken(threads)
        yield _span(span, clock) | place
        for event in span.events:
            name = text(event.attributes, semconv.EXCEPTION_TYPE) or event.name
            args = values(event.attributes)
            yield _instant(name, "event", clock.at(event.time), args) | place
        for log in span.logs:
            yield _log(log, clock) | place
    for log in chosen.logs:
        place = threads.place(_service(log), 0)
        yield from _taken(threads)
        yield _log(log, clock) | place


def _taken(threads: _Threads) -> Iterator[Plain]:
    yield from threads.named
    threads.named.clear()


def _service(of: Span | Log) -> str:
    return text(of.resource, semconv.SERVICE_NAME) or "(no service)"


def _span(span: Span, clock: _Clock) -> Plain:
    answer = span.answer if isinstance(span, Call) else ""
    args: Plain = {"trace_id": span.trace_id, "span_id": span.span_id}
    if span.is_open:
        args["open"] = True
    if span.status_message:
        args["status_message"] = span.status_message
    event: Plain = {
        "name": harmless(f"{span.summary} {answer}".rstrip()) or "(no name)",
        "cat": _category(span),
        "ph": "X",
        "ts": clock.at(span.start),
        "dur": clock.between(span.start, span.last_seen),
        "args": _args(args | values(span.attributes)),
    }
    if span.is_failing:
        # Red, where there are colours.
        event["cname"] = "terrible"

    return event


def _category(span: Span) -> str:
    if span.is_test:
        return "test"
    if isinstance(span, Call):
        return "call"

    return "step" if span.is_step else span.kind.name.lower()


def _log(log: Log, clock: _Clock) -> Plain:
    args: Plain = {"level": log.level, "logger": log.logger, "message": log.text}
    if log.error is not None:
        args |= {"error": log.error.type, "error_message": log.error.message}

    return _instant(log.text, "log", clock.at(log.time), args | values(log.attributes))


def _instant(name: str, category: str, at: float, args: Plain) -> Plain:
    return {
        "name": harmless(name) or "(no name)",
        "cat": category,
        "ph": "i",
        "s": "t",
        "ts": at,
        "args": _args(args),
    }


def _args(args: Plain) -> dict[str, Any]:
    return {
        name: str(value)
        if isinstance(value, int) and abs(value) > _SAFE_INTEGER
        else value
        for name, value in args.items()
    }
