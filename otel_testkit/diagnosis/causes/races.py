"""
Races: what was asked for came too late, or things came in another order.
"""

from __future__ import annotations

import re

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, groupby
from typing import Final

from otel_testkit.diagnosis.advice import NEXT
from otel_testkit.diagnosis.asked import Asked, asked
from otel_testkit.diagnosis.finding import Cause, Confidence, Finding
from otel_testkit.diagnosis.scene import Lead, Scene, is_named
from otel_testkit.diagnosis.trouble import Trouble, same_call
from otel_testkit.diagnosis.wording import duration, told
from otel_testkit.trace.model import Attempt, Call


_WRITES: Final = frozenset({"POST", "PUT", "PATCH"})
_READS: Final = frozenset({"GET", "HEAD"})
# As often, at least, is no accident.
_LEAST_POLLS: Final = 3
_LEAST_PASSING: Final = 3
# A poll fails for its own sake where nothing worse went before.
_POLL: Final = 5.0
_READ: Final = 4.0
_ORDER: Final = 2.0
_LEAST_LEAD: Final = 1_000_000
_LONGEST_NAME: Final = 8
# Each is compared with each.
_MOST_KINDS: Final = 200


def poll_that_ran_out(scene: Scene) -> Iterator[Lead]:
    """
    Find what was asked for again and again until the test gave up.
    """
    if not scene.attempt.is_failure:
        return

    for polls in _repeated(scene.calls):
        last = polls[-1]
        if last.method not in _READS or _asked_of_later(last, scene):
            continue
        trouble = _trouble_of(last, scene)
        if not _is_waiting(polls, trouble):
            continue
        waited = polls[-1].last_seen - polls[0].start
        patience = _patience(last, scene)
        named = trouble is not None and is_named(trouble, scene)
        blamed = _is_blamed(polls[0], scene)
        likely = not blamed and (named or patience > 1)
        yield Lead(
            Finding(
                cause=Cause.RACE,
                confidence=Confidence.LIKELY if likely else Confidence.POSSIBLE,
                evidence=tuple(call.span_id for call in reversed(polls)),
                statement=f"{told(last, times=len(polls))}: still so when the test "
                f"gave up after {duration(waited)}" + _usually(patience),
                next_step="Poll with a longer deadline; if it never comes, look at "
                "what should have made it.",
            ),
            _POLL
            + 2 * named
            + 2 * (trouble is not None and trouble.is_new)
            + (patience > 1)
            - 4 * blamed,
        )


def read_after_write(scene: Scene) -> Iterator[Lead]:
    """
    Find what was not there right after it had been made.
    """
    for trouble in scene.troubles:
        call = trouble.call
        if call.status != 404 or call.start > scene.time or trouble.is_expected:
            continue
        made_by = _write_of(call, scene)
        written = made_by or _likely_write(trouble, scene)
        if written is None or len(trouble.calls) >= _LEAST_POLLS:
            continue
        named = is_named(trouble, scene)
        if not scene.attempt.is_failure and trouble.recovered_by is None:
            continue
        yield Lead(
            Finding(
                cause=Cause.RACE,
                confidence=Confidence.LIKELY
                if named or trouble.recovered_by
                else Confidence.POSSIBLE,
                evidence=(call.span_id, written.span_id),
                statement=f"{told(call)}, {duration(call.start - written.last_seen)} "
                f"after {written.summary} → {written.answer}"
                + (" made it" if made_by else "; passing attempts find it"),
                next_step="Wait until it can be read before the next step; the write "
                "is accepted before it can be seen.",
                is_recovered=trouble.recovered_by is not None,
            ),
            _READ + 3 * named + 2 * trouble.is_new,
        )


def inverted_order(scene: Scene) -> Iterator[Lead]:
    """
    Find two calls that came in the other order than in each passing attempt.
    """
    if len(scene.passing) < _LEAST_PASSING or not scene.attempt.is_failure:
        return

    here = _single_calls(scene.attempt)
    usual = [_single_calls(attempt) for attempt in scene.passing]
    common = [key for key in here if all(key in one for one in usual)][:_MOST_KINDS]
    for first, second in combinations(common, 2):
        a, b = here[first], here[second]
        if a.start + _LEAST_LEAD > b.start:
            continue
        if not all(one[second].start + _LEAST_LEAD < one[first].start for one in usual):
            continue
        yield Lead(
            Finding(
                cause=Cause.RACE,
                confidence=Confidence.POSSIBLE,
                evidence=(b.span_id, a.span_id),
                statement=f"{b.summary} came {duration(b.start - a.start)} after "
                f"{a.summary}; it came first in all {len(usual)} passing attempts",
                next_step=NEXT[Cause.RACE],
            ),
            _ORDER,
        )
        return


def _repeated(calls: Sequence[Call]) -> Iterator[list[Call]]:
    """
    Give the calls that ask the same, one after the other. What a service asks of its
    database meanwhile is not the test's.
    """
    ordered = [call for call in calls if call.url and not call.resend_count]
    keyed = groupby(ordered, key=lambda call: (call.method, call.peer, call.path))
    for _, group in keyed:
        polls = list(group)
        if len(polls) >= _LEAST_POLLS:
            yield polls


def _is_waiting(polls: list[Call], trouble: Trouble | None) -> bool:
    last = polls[-1]
    if trouble is not None:
        # "Not there yet" is waited for; of other troubles others speak.
        return trouble.meaning.cause in (Cause.NOT_FOUND, Cause.NOT_READY) and (
            len(trouble.calls) >= _LEAST_POLLS
        )
    # The same success again and again is no answer to what was asked.
    latest = polls[-_LEAST_POLLS:]
    said = {call.response_body for call in latest}

    return (
        len(said) == 1
        and bool(last.response_body)
        and not any(call.is_failing for call in latest)
    )


def _is_blamed(first: Call, scene: Scene) -> bool:
    """
    Tell whether something went wrong before, so that the wait was in vain.
    """
    return any(
        one.recovered_by is None
        and not one.is_expected
        and one.call.last_seen <= first.start
        and one.meaning.cause is not Cause.NOT_FOUND
        for one in scene.troubles
    )


def _asked_of_later(call: Call, scene: Scene) -> bool:
    return any(
        same_call(call, other) and call.start < other.start for other in scene.calls
    )


def _trouble_of(call: Call, scene: Scene) -> Trouble | None:
    return next((one for one in scene.troubles if call in one.calls), None)


def _patience(call: Call, scene: Scene) -> int:
    """
    Tell how often, at most, a passing attempt had to ask.
    """
    asked = Counter(other.trace_id for other in scene.alike(call))

    return max(asked.values(), default=0)


def _usually(patience: int) -> str:
    if not patience:
        return ""

    times = "once" if patience == 1 else f"at most {patience} times"

    return f" (passing attempts asked {times})"


def _write_of(call: Call, scene: Scene) -> Call | None:
    """
    Find the call that made what *call* asks for: by its own path, or by an id that
    was in its answer.
    """
    name = call.path.rstrip("/").rpartition("/")[2]
    for other in reversed(scene.calls):
        if other.last_seen > call.start or other.method not in _WRITES:
            continue
        if other.is_failing or other.peer != call.peer:
            continue
        if other.path == call.path and other.method == "PUT":
            return other
        inside = call.path.startswith(other.path.rstrip("/") + "/")
        said = f"{other.request_body or ''}{other.response_body or ''}"
        if inside and name and _names(said, name):
            return other
        if len(name) >= _LONGEST_NAME and name in said:
            return other

    return None


def _names(said: str, name: str) -> bool:
    """
    Tell whether a body has *name* for a value, as a text or as a number.
    """
    if f'"{name}"' in said:
        return True

    return name.isdecimal() and bool(re.search(rf"[:\[,]\s*{name}(?![\w.])", said))


def _likely_write(trouble: Trouble, scene: Scene) -> Call | None:
    """
    Find the call that made what passing attempts find at this place, by its path.
    """
    call = trouble.call
    if not trouble.is_new or all(one.is_failing for one in scene.alike(call)):
        return None

    for other in reversed(scene.calls):
        if other.last_seen > call.start or other.method not in _WRITES:
            continue
        if not other.is_failing and call.template.startswith(other.template + "/"):
            return other

    return None


def _single_calls(attempt: Attempt) -> Mapping[Asked, Call]:
    calls: dict[Asked, list[Call]] = {}
    for call in attempt.calls:
        calls.setdefault(asked(call), []).append(call)

    return {key: found[0] for key, found in calls.items() if len(found) == 1}
