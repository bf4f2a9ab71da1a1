"""
An HTTP archive, HAR 1.2: what the network panel of every browser opens.

A page stands for an attempt of a test, an entry for a request on the wire. Calls of
other kinds are counted in the log's comment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import Final

from otel_testkit import semconv
from otel_testkit.report.export.chosen import Chosen
from otel_testkit.report.export.document import pieces
from otel_testkit.report.export.har_entry import entry, is_http
from otel_testkit.report.plain import Plain, iso_time
from otel_testkit.report.text import harmless
from otel_testkit.trace.fields import text
from otel_testkit.trace.model import Attempt, Call


_LONG_AGO: Final = "1970-01-01T00:00:00.000000Z"


def document(chosen: Chosen) -> Iterator[str]:
    """
    Give what is *chosen* as a JSON object, an entry a line.
    """
    calls = [
        *((call, _page_id(one)) for one in chosen.attempts for call in one.calls),
        *((call, "") for call in _loose_calls(chosen)),
    ]
    calls.sort(key=lambda told: told[0].start)
    left_out = Counter(_system(call) for call, _ in calls if not is_http(call))

    yield from pieces(
        {
            "log": {
                "version": "1.2",
                "creator": {"name": "otel_testkit", "version": semconv.VERSION},
                "pages": (_page(attempt) for attempt in chosen.attempts),
                "entries": (
                    _entry(call, page) for call, page in calls if is_http(call)
                ),
                "comment": _comment(chosen, left_out),
            }
        }
    )
    yield "\n"


def _loose_calls(chosen: Chosen) -> Iterator[Call]:
    spans = chain.from_iterable(root.walk() for root in chosen.loose)

    return (span for span in spans if isinstance(span, Call) and not span.is_wrapper)


def _system(call: Call) -> str:
    return (
        text(
            call.attributes,
            semconv.DB_SYSTEM_NAME,
            semconv.OLD_DB_SYSTEM,
            semconv.RPC_SYSTEM_NAME,
            semconv.RPC_SYSTEM,
        )
        or "unknown kind"
    )


def _comment(chosen: Chosen, left_out: Counter[str]) -> str:
    comment = f"run {harmless(chosen.run.id)}"
    if left_out:
        told = ", ".join(
            f"{count} {harmless(system)}" for system, count in left_out.items()
        )
        comment += f"; calls that are not HTTP are left out: {told}"

    return comment


def _page_id(attempt: Attempt) -> str:
    # A trace may hold more than one test.
    return f"{attempt.trace_id}-{attempt.span.span_id}"


def _page(attempt: Attempt) -> Plain:
    return {
        "startedDateTime": iso_time(attempt.start) or _LONG_AGO,
        "id": _page_id(attempt),
        "title": f"{harmless(attempt.case)}: {attempt.outcome}",
        "pageTimings": {
            "onContentLoad": -1,
            "onLoad": -1 if attempt.is_open else attempt.duration / 1e6,
        },
    }


def _entry(call: Call, page: str) -> Plain:
    told = {"startedDateTime": iso_time(call.start) or _LONG_AGO, **entry(call)}

    return {"pageref": page, **told} if page else told
