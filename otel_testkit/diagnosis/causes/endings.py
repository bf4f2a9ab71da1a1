"""
How the test ended: by an exception of a client, by a timeout, in the middle of a
call.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from otel_testkit.diagnosis.advice import NEXT, next_step
from otel_testkit.diagnosis.causes.answers import CONSEQUENCES
from otel_testkit.diagnosis.causes.slowness import is_late, usual_time, waited
from otel_testkit.diagnosis.exceptions import classify_exception
from otel_testkit.diagnosis.finding import Cause, Confidence, Finding
from otel_testkit.diagnosis.scene import Lead, Scene, refusal_taken_for_a_document
from otel_testkit.diagnosis.wording import duration
from otel_testkit.trace.model import Call, Error, Outcome


_EXCERPT: Final = 160
_EXCEPTION: Final = 6.0
_VAGUE: Final = 2.0
# Less than any call that failed.
_CONSEQUENCE: Final = 0.5
_WAITING: Final = 5.5
# Less than this is no wait, in nanoseconds.
_LEAST: Final = 200_000_000


def exception(scene: Scene) -> Iterator[Lead]:
    """
    Name what the exception that ended the test says, where it is one of a client.
    """
    if not scene.errors or scene.is_assertion:
        return
    meaning = classify_exception(scene.errors)
    if meaning is None:
        return

    call = _call_of(scene)
    nearness = _EXCEPTION if meaning.confidence is not Confidence.POSSIBLE else _VAGUE
    if meaning.cause in CONSEQUENCES:
        nearness /= 2
    if refusal_taken_for_a_document(scene):
        nearness = _CONSEQUENCE
    where = f" in {call.summary}" if call else ""
    yield Lead(
        Finding(
            cause=meaning.cause,
            confidence=meaning.confidence,
            evidence=(call.span_id if call else scene.attempt.span.span_id,),
            statement=f"{_telling(scene)}{where}" + waited(meaning.cause, call, scene),
            next_step=next_step(meaning, call),
        ),
        nearness,
    )


def waiting(scene: Scene) -> Iterator[Lead]:
    """
    Find the call in whose middle the test was ended.
    """
    attempt = scene.attempt
    ended = attempt.outcome in (Outcome.OPEN, Outcome.CANCELLED, Outcome.INTERRUPTED)
    if not (ended or (attempt.is_failure and is_late(scene))):
        return

    open_calls = [call for call in attempt.calls if call.is_open]
    if not open_calls:
        return
    call = max(open_calls, key=lambda call: call.start)
    # Of what was killed nobody knows for how long it had been waiting.
    after = f" after {duration(call.duration)}," if call.duration >= _LEAST else " yet"
    yield Lead(
        Finding(
            cause=Cause.TIMEOUT,
            confidence=Confidence.LIKELY,
            evidence=(call.span_id,),
            statement=f"{call.summary} had no answer{after} when the test was ended"
            + usual_time(call, scene),
            next_step=NEXT[Cause.TIMEOUT],
        ),
        _WAITING,
    )


def _call_of(scene: Scene) -> Call | None:
    """
    Find the call that raised what ended the test; else the last one, if it failed.
    """
    raised = {(error.type, error.message) for error in scene.errors}
    for call in reversed(scene.calls):
        if any((error.type, error.message) in raised for error in call.errors):
            return call
    if scene.calls and scene.calls[-1].is_failing:
        return scene.calls[-1]

    return None


def _telling(scene: Scene) -> str:
    """
    Give the link of the chain that says the most, which is rarely the outermost.
    """

    def said(error: Error) -> str:
        words = " ".join(error.message.split())[:_EXCERPT]
        return f'{error.short_type} "{words}"' if words else error.short_type

    told = [error for error in scene.errors if error.message] or list(scene.errors)
    first, last = told[0], told[-1]
    if first is last or last.message in first.message:
        return said(first)

    return f"{said(first)}, by {said(last)}"
