"""
A run as plain data, for `--json` and whoever reads it.

The keys are part of our promise: they may become more, and stay what they are.
Times are ISO 8601 in UTC, durations seconds. Spans lie flat in a list, each with
the id of its parent, for a tree may be deeper than a reader's stack.
"""

from __future__ import annotations

import base64
import math

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from otel_testkit.diagnosis import Difference, Finding
from otel_testkit.diagnosis.explanation import Explanation
from otel_testkit.diagnosis.flakiness import Flakiness, Incident
from otel_testkit.diagnosis.origins import Case as CaseId, Origin
from otel_testkit.report.differences import first_difference
from otel_testkit.report.findings import explained, findings_in
from otel_testkit.trace.model import Attempt, Call, Case, Error, Log, Run, Span


Plain = dict[str, Any]

# With earlier attempts: the others are told by themselves.
_MOST_COMPARED = 50
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def plain_run(
    run: Run,
    cases: Iterable[Case],
    loose: Iterable[Span] = (),
    logs: Iterable[Log] = (),
) -> Plain:
    """
    Give *run* with those *cases*, *loose* spans and *logs* that belong to neither:

        run     as `plain_summary` gives it
        cases   a list of {name, suite, outcome, flaky, attempts}, each attempt with
                the findings of its diagnosis besides, and the first difference from
                passing attempts, None where none is told
        loose   a list of spans, each with {logs} besides
        logs    a list of log records

    The lists are iterators: of a large run there is never more than a case at once.
    """
    failing = [one for case in run.cases if (one := case.failing_attempt)]
    told = explained(run, failing[:_MOST_COMPARED])

    return {
        "run": plain_summary(run),
        "cases": (_case(case, told) for case in cases),
        "loose": (
            plain_span(span, root.start)
            | {"logs": [_log(log, root.start) for log in span.logs]}
            for root in loose
            for span in root.walk()
        ),
        "logs": (_log(log, run.start) for log in logs),
    }


def _case(case: Case, told: Mapping[str, Explanation]) -> Plain:
    return {
        "name": case.name,
        "suite": case.suite,
        "outcome": str(case.outcome),
        "flaky": case.is_flaky,
        "attempts": [
            plain_attempt(attempt) | _why(case, attempt, told.get(attempt.trace_id))
            for attempt in case.attempts
        ],
    }


def _why(case: Case, attempt: Attempt, told: Explanation | None) -> Plain:
    findings = findings_in(case, attempt) if told is None else told.findings
    first = None if told is None else first_difference(told.comparison)

    return {
        "findings": plain_findings(findings),
        "difference": first and plain_difference(first),
    }


def plain_summary(run: Run) -> Plain:
    """
    Give {id, path, command, start, duration, counts, flaky, tags, damaged} of *run*.
    """
    return {
        "id": run.id,
        "path": run.path,
        "command": run.command,
        "start": iso_time(run.start),
        "duration": _seconds(run.duration),
        "counts": {str(outcome): count for outcome, count in run.counts.items()},
        "flaky": sum(case.is_flaky for case in run.cases),
        "tags": values(run.tags),
        "damaged": run.damaged,
    }


def plain_attempt(attempt: Attempt) -> Plain:
    """
    Give {number, outcome, failure, trace_id, start, duration, errors, tags,
    spans, logs} of *attempt*; the duration of an open one is None.

    A log record has {span_id, time, offset, level, severity, logger, message,
    error, file, line, function, attributes}; severity is OTLP's number, 0 where it
    is not known.
    """
    return {
        "number": attempt.number,
        "outcome": str(attempt.outcome),
        "failure": attempt.is_failure,
        "trace_id": attempt.trace_id,
        "start": iso_time(attempt.start),
        "duration": None if attempt.is_open else _seconds(attempt.duration),
        "errors": [_error(error) for error in attempt.errors],
        "tags": values(attempt.tags),
        "spans": [plain_span(span, attempt.start) for span in attempt.spans],
        "logs": [_log(log, attempt.start) for log in attempt.logs],
    }


def plain_findings(findings: Iterable[Finding]) -> list[Plain]:
    """
    Give {cause, confidence, statement, next_step, recovered, evidence} of each of
    *findings*, the nearest cause first; evidence is a list of ids of spans.
    """
    return [
        {
            "cause": str(finding.cause),
            "confidence": str(finding.confidence),
            "statement": finding.statement,
            "next_step": finding.next_step,
            "recovered": finding.is_recovered,
            "evidence": list(finding.evidence),
        }
        for finding in findings
    ]


def plain_explanation(found: Explanation) -> Plain:
    """
    Give {run, case, suite, attempt, findings, differences, consequences, failing,
    passing, needs} of *found*; the attempt as `plain_attempt` gives it, *needs* what
    it takes to prove the first difference.
    """
    comparison = found.comparison

    return {
        "run": found.run.id,
        "case": found.attempt.case,
        "suite": found.attempt.suite,
        "attempt": plain_attempt(found.attempt),
        "findings": plain_findings(found.findings),
        "differences": [plain_difference(one) for one in comparison.differences],
        "consequences": [plain_difference(one) for one in comparison.consequences],
        "failing": comparison.failing,
        "passing": comparison.passing,
        "needs": comparison.needs,
    }


def plain_flaky(
    found: Iterable[Flakiness],
    origins: Mapping[CaseId, Origin],
    together: Iterable[tuple[Incident, str]],
) -> list[Plain]:
    """
    Give of each that was *found* {cause, last_failure, fails_with} besides: the cause of
    its last failure, None where it is not known or not asked for; the run and the trace
    of that; the names of the cases that fail together with it.
    """
    others: dict[CaseId, list[str]] = {
        case: [name for suite, name in incident.cases if (suite, name) != case]
        for incident, _ in together
        for case in incident.cases
    }

    return [
        plain_flakiness(one)
        | _origin(origins.get((one.suite, one.case)))
        | {"fails_with": others.get((one.suite, one.case), [])}
        for one in found
    ]


def _origin(found: Origin | None) -> Plain:
    if found is None:
        return {"cause": None, "last_failure": None}

    return {
        "cause": found.cause if found.is_known else None,
        "last_failure": {
            "run": found.run,
            "trace_id": found.trace_id,
            "error": found.error or None,
            "gone": found.is_gone,
        },
    }


def plain_flakiness(found: Flakiness) -> Plain:
    """
    Give {case, suite, state, attempts, failures, rate, interval, flip_rate, proved,
    bursty} of *found*; rates are shares of 1.
    """
    return {
        "case": found.case,
        "suite": found.suite,
        "state": str(found.state),
        "attempts": found.attempts,
        "failures": found.failures,
        "rate": round(found.rate, 4),
        "interval": [round(bound, 4) for bound in found.interval],
        "flip_rate": round(found.flip_rate, 4),
        "proved": found.is_proved,
        "bursty": found.is_bursty,
    }


def plain_span(span: Span, since: int) -> Plain:
    """
    Give {trace_id, span_id, parent_span_id, name, summary, kind, scope, start,
    offset, duration, error, status_message, orphan, attributes, events} of *span*;
    offset is in seconds after *since*, the duration of an open one None.

    A call has {method, peer, template, status} besides; its status is None where
    no response came.
    """
    plain: Plain = {
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "parent_span_id": span.parent_id,
        "name": span.name,
        "summary": span.summary,
        "kind": span.kind.name.lower(),
        "scope": span.scope,
        "start": iso_time(span.start),
        "offset": _seconds(span.start - since),
        "duration": None if span.is_open else _seconds(span.duration),
        "error": span.is_error,
        "status_message": span.status_message,
        "orphan": span.is_orphan,
        "attributes": values(span.attributes),
        "events": [
            {
                "name": event.name,
                "time": iso_time(event.time),
                "attributes": values(event.attributes),
            }
            for event in span.events
        ],
    }
    if isinstance(span, Call):
        plain |= {
            "method": span.method,
            "peer": span.peer,
            "template": span.template,
            "status": span.status,
        }

    return plain


def plain_difference(found: Difference) -> Plain:
    return {
        "kind": str(found.kind),
        "place": found.place,
        "statement": found.statement,
        "failing_value": found.failing_value,
        "passing_values": list(found.passing_values),
        "evidence": list(found.evidence),
        "offset": round(found.time, 6),
        "failing": [found.failing, found.of_failing],
        "passing": [found.passing, found.of_passing],
        "p": found.p,
        "q": found.q,
        "proved": found.is_proved,
    }


def _log(log: Log, since: int) -> Plain:
    return {
        "span_id": log.span_id or None,
        "time": iso_time(log.time),
        "offset": _seconds(log.time - since),
        "level": log.level,
        "severity": log.severity,
        "logger": log.logger,
        "message": log.text,
        "error": None if log.error is None else _error(log.error),
        "file": log.file or None,
        "line": log.line,
        "function": log.function or None,
        "attributes": values(log.attributes),
    }


def _error(error: Error) -> Plain:
    return {
        "type": error.type,
        "message": error.message,
        "relation": error.relation or None,
        "file": error.file or None,
        "line": error.line,
        "function": error.function or None,
        "source": error.source or None,
    }


def iso_time(nanoseconds: int) -> str | None:
    """
    Give a time in *nanoseconds* since 1970 as ISO 8601 in UTC; None for 0.
    """
    if not nanoseconds:
        return None

    # Not by way of a float, which has no place for microseconds since 1970.
    moment = _EPOCH + timedelta(microseconds=nanoseconds // 1000)

    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _seconds(nanoseconds: int) -> float:
    return round(nanoseconds / 1e9, 6)


def values(attributes: Mapping[str, Any]) -> Plain:
    """
    Give *attributes* as JSON can hold them.
    """
    return {name: _value(value) for name, value in attributes.items()}


def _value(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        # JSON has no such numbers; OTLP writes these words.
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Mapping):
        return values(value)
    if isinstance(value, list):
        return [_value(item) for item in value]

    return value
