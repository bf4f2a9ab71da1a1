"""
A failing attempt beside one that passed, call by call: what the page shows as a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from otel_testkit.diagnosis.comparison.alignment import Place, align
from otel_testkit.trace.model import Attempt, Call


# A table of more is not read.
_MOST_ROWS: Final = 2_000


def rows(failing: Attempt, passing: Attempt) -> list[dict[str, Any]]:
    """
    Give a row for each place that either attempt came to, calls and the steps around
    them: {label, depth, failing, passing}, the latter two indices of spans.
    """
    # The first one shapes the rest.
    root = align((passing, failing))
    places = [
        {span.span_id: index for index, span in enumerate(attempt.spans)}
        for attempt in (passing, failing)
    ]
    told = []
    for place, depth in _walk(root):
        if not _is_told(place):
            continue
        passed, failed = (_spans(place, index, places[index]) for index in (0, 1))
        told.append(
            {"label": place.label, "depth": depth, "failing": failed, "passing": passed}
        )

    return told[:_MOST_ROWS]


def _walk(root: Place) -> list[tuple[Place, int]]:
    found = []
    waiting = [(child, 0) for child in reversed(root.children)]
    while waiting:
        place, depth = waiting.pop()
        found.append((place, depth))
        waiting += [(child, depth + 1) for child in reversed(place.children)]

    return found


def _is_told(place: Place) -> bool:
    return any(
        isinstance(span, Call) or span.is_step
        for spans in place.spans.values()
        for span in spans
    )


def _spans(place: Place, index: int, places: Mapping[str, int]) -> list[int]:
    spans = place.spans.get(index, ())

    return [places[span.span_id] for span in spans if span.span_id in places]
