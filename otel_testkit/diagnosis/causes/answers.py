"""
Calls that went wrong, and by their own words why.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from otel_testkit import semconv
from otel_testkit.diagnosis.advice import NEXT, next_step
from otel_testkit.diagnosis.causes.slowness import waited
from otel_testkit.diagnosis.finding import TRANSIENT, Cause, Confidence, Finding
from otel_testkit.diagnosis.scene import Lead, Scene, is_named
from otel_testkit.diagnosis.trouble import Trouble
from otel_testkit.diagnosis.wording import before, told
from otel_testkit.trace.fields import integer


# What a call is refused for at last, when something else went wrong before.
CONSEQUENCES: Final = frozenset(
    {
        Cause.NOT_FOUND,
        Cause.VALIDATION,
        Cause.CONFLICT,
        Cause.STATE_FORBIDDEN,
        Cause.UNSUPPORTED,
        Cause.CONSEQUENCE,
        Cause.CANCELLED,
    }
)
_WATCH: Final = "The client's retry helped: nothing to do, but to keep an eye on it."
_ROOT: Final = 4.0
_CONSEQUENCE: Final = 1.0
_NAMED: Final = 3.0
_NEW: Final = 2.0
_LAST: Final = 0.5
# That there is nothing to delete comes of what went wrong before.
_CLEAN_UP: Final = 2.0
_SURENESS: Final = {
    Confidence.CERTAIN: 1.0,
    Confidence.LIKELY: 0.5,
    Confidence.POSSIBLE: 0.0,
}


def failed_calls(scene: Scene) -> Iterator[Lead]:
    """
    Name what each failed call complains of; those that the test got past are told
    as context.
    """
    open_ones = [
        one
        for one in scene.troubles
        if one.recovered_by is None and not one.is_expected
    ]
    for trouble in scene.troubles:
        if trouble.recovered_by is not None:
            yield _recovered(trouble)
        elif trouble.is_expected or trouble.call.start > scene.time:
            continue
        elif scene.attempt.is_failure:
            yield _unrecovered(trouble, scene, is_last=trouble is open_ones[-1])


def unseen_retries(scene: Scene) -> Iterator[Lead]:
    """
    Tell of calls that a client tried again where its attempts were not recorded.
    """
    for call in scene.calls:
        times = integer(call.attributes, semconv.OLD_RETRY_ATTEMPTS) or 0
        if not times or call.is_failing:
            continue
        again = "once" if times == 1 else f"{times} times"
        finding = Finding(
            cause=Cause.SERVER_ERROR,
            confidence=Confidence.POSSIBLE,
            evidence=(call.span_id,),
            statement=f"{call.summary} was tried again {again} before its {call.answer}; "
            "what failed was not recorded",
            next_step="Record each attempt, with the capture of otel_testkit on.",
            is_recovered=True,
        )
        yield Lead(finding, 0.5)


def _recovered(trouble: Trouble) -> Lead:
    later = trouble.recovered_by
    meaning = trouble.meaning
    how = "later"
    if later is not None:
        how = (
            f"at retry {later.resend_count}"
            if later.resend_count
            else "at the next try"
        )
        how = f"then {later.answer} {how}" if later.answer else how
    finding = Finding(
        cause=meaning.cause,
        confidence=meaning.confidence,
        evidence=(
            *(call.span_id for call in reversed(trouble.calls)),
            *((later.span_id,) if later else ()),
        ),
        statement=f"{told(trouble.call, times=len(trouble.calls))}, {how}",
        next_step=_WATCH if later and later.resend_count else NEXT[meaning.cause],
        is_recovered=True,
    )

    # 404s of a poll that came to its end are hardly worth a word.
    return Lead(finding, float(meaning.cause in TRANSIENT))


def _unrecovered(trouble: Trouble, scene: Scene, *, is_last: bool) -> Lead:
    meaning, call = trouble.meaning, trouble.call
    named = is_named(trouble, scene)
    finding = Finding(
        cause=meaning.cause,
        confidence=_confidence(trouble, named=named, scene=scene),
        evidence=tuple(call.span_id for call in reversed(trouble.calls)),
        statement=told(call, times=len(trouble.calls))
        + (waited(meaning.cause, call, scene) or before(call, scene.time)),
        next_step=next_step(meaning, call),
    )
    nearness = (
        (_CONSEQUENCE if meaning.cause in CONSEQUENCES else _ROOT)
        + _NAMED * named
        + _NEW * trouble.is_new
        + _LAST * is_last
        - _CLEAN_UP * (call.method == "DELETE" and meaning.cause is Cause.NOT_FOUND)
        + _SURENESS[meaning.confidence]
    )

    return Lead(finding, nearness)


def _confidence(trouble: Trouble, *, named: bool, scene: Scene) -> Confidence:
    """
    Tell how sure it is that this failed the test, and not only that it happened.
    """
    surest = trouble.meaning.confidence
    if named or trouble.is_new:
        return surest
    others = [
        one
        for one in scene.troubles
        if one is not trouble
        and one.recovered_by is None
        and not one.is_expected
        and one.meaning.cause not in CONSEQUENCES
    ]
    is_common = trouble.meaning.cause in CONSEQUENCES
    if others or scene.passing or is_common or surest is Confidence.POSSIBLE:
        return Confidence.POSSIBLE

    return Confidence.LIKELY
