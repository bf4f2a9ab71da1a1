"""
Spans that nobody listens to are written as those that somebody does.
"""

from __future__ import annotations

import dataclasses

from typing import Any

from opentelemetry import context, trace
from opentelemetry.trace import SpanKind, StatusCode

from otel_testkit import test_span
from otel_testkit.recording import provider
from otel_testkit.recording.quiet import QuietSpan
from otel_testkit.store.encode import Encoded


def _told(span: Any) -> None:
    span.set_attributes({"http.response.status_code": 404, "x": ("a", "b")})
    span.set_status(StatusCode.ERROR, "gone")
    span.add_event("exception", {"exception.type": "ValueError"}, timestamp=17)
    span.end(23)


def test_both_are_written_alike(store) -> None:
    """
    But for its id, a quiet span's lines are those of the SDK's span.
    """
    with test_span("one") as test:
        now = provider.recording()
        parent = trace.get_current_span().get_span_context()
        given = {"http.request.method": "GET"}
        quiet = QuietSpan(
            now.recorder, now.part_tracer, "GET", parent, Encoded.of(given), 7
        )
        loud = now.part_tracer.start_span(
            "GET", context.get_current(), SpanKind.CLIENT, dict(given), start_time=7
        )
        opened = store.opened()[1:]
        _told(quiet)
        _told(loud)

    written = [dataclasses.asdict(span) for span in store.spans()[:2]]
    ids = [span.pop("span_id") for span in written]

    assert ids == [opened[0].pop("spanId"), opened[1].pop("spanId")]
    assert 2 == len(set(ids))
    assert opened[0] == opened[1]
    assert written[0] == written[1]
    assert (test.span_id, 404) == (
        written[0]["parent_id"],
        written[0]["attributes"]["http.response.status_code"],
    )
