"""
Where in an attempt something shows: in which spans, when, and whether only for the
test had failed by then.
"""

from __future__ import annotations

from otel_testkit.diagnosis.comparison.alignment import Place
from otel_testkit.diagnosis.comparison.observations import answer, is_bad, own_time
from otel_testkit.diagnosis.comparison.predicate import DifferenceKind, Predicate
from otel_testkit.trace.model import Attempt, Span


def spans_of(predicate: Predicate, index: int, attempt: Attempt) -> tuple[Span, ...]:
    """
    Give the spans in which *predicate* shows in the *index*-th attempt, the most
    telling one first.
    """
    place = predicate.place
    if place is None:
        return ()

    spans = place.spans.get(index, ())
    match predicate.kind:
        case DifferenceKind.MISSING:
            return _around(place, index)
        case DifferenceKind.ERROR | DifferenceKind.RECOVERED:
            return tuple(
                span
                for span in spans
                if answer(span) == predicate.value and is_bad(span, attempt)
            )
        case DifferenceKind.SLOW | DifferenceKind.WAIT | DifferenceKind.FAST:
            return tuple(sorted(spans, key=own_time, reverse=True)[:1])
        case DifferenceKind.ORDER if predicate.other is not None:
            return spans[:1] + predicate.other.spans.get(index, ())[-1:]
        case (
            DifferenceKind.VALUE
            | DifferenceKind.SHAPE
            | DifferenceKind.IDENTITY
            | DifferenceKind.STATUS
        ):
            return spans[-1:]

    return spans


def divergence(predicate: Predicate, index: int, attempt: Attempt) -> int:
    """
    Tell how many nanoseconds after its start the *index*-th attempt begins to differ
    by *predicate*.
    """
    if predicate.place is None:
        return 0
    if predicate.kind is DifferenceKind.MISSING:
        following = _next_start(predicate.place, index, None)
        around = _around(predicate.place, index)
        ended = max((span.last_seen for span in around), default=attempt.start)
        return (ended if following is None else following) - attempt.start

    spans = spans_of(predicate, index, attempt)
    starts = [span.start for span in spans]
    if predicate.kind is DifferenceKind.ORDER:
        # When the second should have begun.
        return max(starts, default=attempt.start) - attempt.start

    return min(starts, default=attempt.start) - attempt.start


def is_late(predicate: Predicate, index: int, attempt: Attempt, failed: int) -> bool:
    """
    Tell whether the *index*-th attempt shows *predicate* only for it had *failed* by
    then.
    """
    place = predicate.place
    if place is None or place.parent is None:
        return False
    if predicate.kind in (DifferenceKind.MISSING, DifferenceKind.FEWER):
        return _follows_failure(place, index, attempt) or (
            _is_cut(place.parent, index, failed)
            and _next_start(place, index, failed) is None
        )

    return attempt.start + divergence(predicate, index, attempt) >= failed


def _around(place: Place, index: int) -> tuple[Span, ...]:
    return place.parent.spans.get(index, ()) if place.parent else ()


def _is_cut(place: Place, index: int, failed: int) -> bool:
    """
    Tell whether the test left *place* by its failure, or never did: it, or a step of it.
    """
    return any(
        (span.is_step or span.is_test) and (span.is_open or span.last_seen >= failed)
        for span in place.spans.get(index, ())
    )


def _follows_failure(place: Place, index: int, attempt: Attempt) -> bool:
    """
    Tell whether the step that came last before *place* raised what ended the test: the
    rest cleaned up.
    """
    siblings = place.parent.children if place.parent else []
    before = (
        sibling.spans[index][-1]
        for sibling in reversed(siblings[: siblings.index(place)])
        if index in sibling.spans
    )
    last = next(before, None)

    return (
        last is not None
        and last.is_step
        and last.is_error
        and last.error_type == attempt.span.error_type
    )


def _next_start(place: Place, index: int, before: int | None) -> int | None:
    """
    Tell when attempt *index* came to the first place after *place*, on its level;
    None if to none, or to none *before* a time.
    """
    siblings = place.parent.children if place.parent else []
    for sibling in siblings[siblings.index(place) + 1 :]:
        starts = [span.start for span in sibling.spans.get(index, ())]
        if starts and (before is None or min(starts) < before):
            return min(starts)

    return None
