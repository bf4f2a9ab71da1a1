"""
From what a run's files hold to the read model.
"""

from __future__ import annotations

import os

from collections.abc import Collection, Iterator
from typing import Any, Final

from otel_testkit import semconv
from otel_testkit.store import decode
from otel_testkit.store.decode import StoredLog, StoredSpan
from otel_testkit.store.parts import read_parts
from otel_testkit.store.read import StoredRun, read_run
from otel_testkit.trace.cases import cases_of, counts_of, tags_of
from otel_testkit.trace.fields import integer, text
from otel_testkit.trace.model import Call, Case, Error, Event, Kind, Log, Run, Span
from otel_testkit.trace.naming import call_name, url
from otel_testkit.trace.repair import Node, trees


# By trace and span.
_Logs = dict[str | None, dict[str | None, list[StoredLog]]]

_ERROR_STATUS: Final = 2
_KINDS: Final = {int(kind): kind for kind in Kind}


def load(
    path: str, *, tests_only: bool = False, cases: Collection[str] | None = None
) -> Run:
    """
    Load the run at *path*, a run folder or any file of OTLP/JSON lines.

    With *tests_only* the spans below the tests are left out, which is many times
    as fast; with the names of *cases* those below all others.

    Raises:
        UnreadableRun: if nothing is there, or its format is newer than ours.
    """
    return _run(read_run(path, tests_only=tests_only, cases=cases))


def load_parts(path: str) -> Iterator[Run]:
    """
    Load the run at *path* in parts that fit into memory, as runs which have each all
    attempts of some cases, or spans that belong to none.

    Raises:
        UnreadableRun: as `load`.
    """
    return map(_run, read_parts(path))


def _run(stored: StoredRun) -> Run:
    tests: list[Node] = []
    roots: list[Node] = []
    loose_logs = _by_span(stored.logs)
    for tree in trees(stored.spans, stored.logs):
        taken = _take_tests(tree)
        _take_logs(tree, taken, loose_logs)
        tests += taken
        # Orphans that a test adopted have a parent by now.
        rest = set(tree) - set(taken)
        roots += [root for root in tree if root in rest and root.parent is None]

    cases = cases_of([_span(node) for node in tests])
    loose = tuple(_span(root) for root in roots)
    seen = [attempt.span for case in cases for attempt in case.attempts] or [
        span for root in loose for span in root.walk()
    ]
    times = [time for span in seen for time in (span.start, span.last_seen) if time]

    return Run(
        id=_run_id(stored),
        path=stored.path,
        header=stored.header,
        start=min(times, default=0),
        end=max(times, default=0),
        cases=cases,
        loose=loose,
        loose_logs=tuple(
            _log(log)
            for logs in loose_logs.values()
            for of_span in logs.values()
            for log in of_span
        ),
        counts=counts_of(cases),
        tags=_run_tags(stored, cases),
        damaged=stored.damaged,
    )


def _take_tests(roots: list[Node]) -> list[Node]:
    """
    Cut the outermost test spans out of a trace, and give a lone one the orphans.
    """
    tests: list[Node] = []
    below: list[Node] = list(reversed(roots))
    while below:
        node = below.pop()
        if semconv.TEST_CASE_NAME in node.span.attributes:
            tests.append(node)
        else:
            below.extend(reversed(node.children))

    # One inside another whose way up is lost is still no attempt.
    lost = {node for node in tests if node.is_orphan and _is_nested(node)}
    if len(lost) < len(tests):
        tests = [node for node in tests if node not in lost]
    if len(tests) == 1:
        _adopt_orphans(tests[0], roots)

    for test in tests:
        if test.parent is not None:
            test.parent.children.remove(test)
            test.parent = None

    return tests


def _by_span(logs: list[StoredLog]) -> _Logs:
    by_span: _Logs = {}
    for log in logs:
        by_span.setdefault(log.trace_id, {}).setdefault(log.span_id, []).append(log)

    return by_span


def _take_logs(roots: list[Node], tests: list[Node], logs: _Logs) -> None:
    """
    Take those of *logs* that belong to a trace, and give each to its span.
    """
    known = logs.get(roots[0].span.trace_id)
    if known is None:
        return

    # Neither the roots alone nor the tests reach all: each cuts the other's.
    for root in {*roots, *tests}:
        for node in root.walk():
            node.logs += known.pop(node.span.span_id, ())
    if len(tests) == 1:
        for lost in known.values():
            tests[0].logs += lost
        known.clear()


def _adopt_orphans(test: Node, roots: list[Node]) -> None:
    top = test
    while top.parent is not None:
        top = top.parent

    for root in roots:
        if root.is_orphan and root is not top:
            root.parent = test
            test.children.append(root)
    test.children.sort(key=lambda node: node.start)


def _is_nested(node: Node) -> bool:
    return node.span.attributes.get(semconv.NESTED) is True


def _span(root: Node) -> Span:
    # From the leaves up, for a frozen span needs its children; no recursion, for
    # a trace may be deeper than Python's stack.
    built: dict[Node, Span] = {}
    for node in reversed(list(root.walk())):
        built[node] = _one_span(
            node, tuple(built.pop(child) for child in node.children)
        )
        # It goes when its tree does, without being looked for.
        node.parent, node.children = None, []

    return built[root]


def _one_span(node: Node, children: tuple[Span, ...]) -> Span:
    stored = node.span
    attributes = stored.attributes
    name = call_name(attributes) if stored.kind != Kind.SERVER else None
    fields: dict[str, Any] = {
        "trace_id": stored.trace_id,
        "span_id": stored.span_id,
        "parent_id": stored.parent_id,
        "name": stored.name,
        "summary": name.summary if name else stored.name or "(no name)",
        "kind": _KINDS.get(stored.kind, Kind.UNSPECIFIED),
        "scope": stored.scope,
        "start": node.start,
        "end": node.end,
        "last_seen": node.last_seen,
        "is_error": stored.status == _ERROR_STATUS,
        "status_message": stored.status_message,
        "is_orphan": node.is_orphan,
        "attributes": attributes,
        "resource": stored.resource,
        "events": _events(stored),
        "errors": _errors(stored),
        "logs": _logs(node),
        "children": children,
    }
    if name is None and stored.kind != Kind.CLIENT:
        return Span(**fields)

    return Call(
        **fields,
        method=name.method if name else "",
        url=url(attributes),
        peer=name.peer if name else "",
        path=name.path if name else "",
        template=name.template if name else stored.name,
        status=integer(
            attributes,
            semconv.HTTP_RESPONSE_STATUS_CODE,
            semconv.OLD_HTTP_STATUS_CODE,
        ),
        resend_count=integer(attributes, semconv.HTTP_REQUEST_RESEND_COUNT) or 0,
    )


def _events(stored: StoredSpan) -> tuple[Event, ...]:
    # Most spans have none.
    if not stored.events:
        return ()

    return tuple(
        Event(event.name, event.time, event.attributes) for event in stored.events
    )


def _logs(node: Node) -> tuple[Log, ...]:
    if not node.logs:
        return ()

    logs = (_log(log, node.start) for log in node.logs)

    return tuple(sorted(logs, key=lambda log: log.time))


def _log(stored: StoredLog, start: int = 0) -> Log:
    attributes = stored.attributes
    kind = text(attributes, semconv.EXCEPTION_TYPE)
    stack = text(attributes, semconv.EXCEPTION_STACKTRACE)

    return Log(
        time=stored.time or start,
        severity=stored.severity,
        level=stored.level,
        logger=stored.scope,
        text=stored.text,
        trace_id=stored.trace_id or "",
        span_id=stored.span_id or "",
        file=text(attributes, semconv.CODE_FILE_PATH),
        line=integer(attributes, semconv.CODE_LINE_NUMBER),
        function=text(attributes, semconv.CODE_FUNCTION_NAME),
        error=Error(
            type=kind or "Exception",
            message=text(attributes, semconv.EXCEPTION_MESSAGE),
            stacktrace=stack,
        )
        if kind or stack
        else None,
        attributes=attributes,
        resource=stored.resource,
    )


def _errors(stored: StoredSpan) -> tuple[Error, ...]:
    if not stored.events:
        return ()

    return tuple(
        Error(
            type=text(event.attributes, semconv.EXCEPTION_TYPE) or "Exception",
            message=text(event.attributes, semconv.EXCEPTION_MESSAGE),
            relation=text(event.attributes, semconv.EXCEPTION_RELATION),
            file=text(event.attributes, semconv.CODE_FILE_PATH),
            line=integer(event.attributes, semconv.CODE_LINE_NUMBER),
            function=text(event.attributes, semconv.CODE_FUNCTION_NAME),
            source=text(event.attributes, semconv.CODE_SOURCE),
            stacktrace=text(event.attributes, semconv.EXCEPTION_STACKTRACE),
        )
        for event in stored.events
        if event.name == semconv.EXCEPTION
    )


def _run_id(stored: StoredRun) -> str:
    told = stored.header.get("run")
    if isinstance(told, str) and told:
        return told

    for span in stored.spans:
        if run_id := text(span.resource, semconv.RUN_ID):
            return run_id

    return os.path.basename(os.path.abspath(stored.path)).removesuffix(".jsonl")


def _run_tags(stored: StoredRun, cases: tuple[Case, ...]) -> dict[str, Any]:
    resource = decode.attributes(stored.header.get("resource"))
    if resource:
        return tags_of(resource)

    resources = [
        attempt.span.resource for case in cases for attempt in case.attempts
    ] or [{}]

    return {
        name: value
        for name, value in tags_of(resources[0]).items()
        if all(name in other and other[name] == value for other in resources)
    }
