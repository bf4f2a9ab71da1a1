"""
What the rules look at: an attempt, what ended it, and what went wrong before.
"""

from __future__ import annotations

import re

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from otel_testkit.diagnosis.answer import read
from otel_testkit.diagnosis.asked import Asked, asked
from otel_testkit.diagnosis.exceptions import classify_exception
from otel_testkit.diagnosis.failure import failed_at
from otel_testkit.diagnosis.finding import Cause, Finding
from otel_testkit.diagnosis.trouble import Trouble, answer_to, document, troubles
from otel_testkit.trace.model import Attempt, Call, Error


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """
    *said* is all that the failure says, *time* when it was raised, in nanoseconds
    since 1970; *calls* are those before it, for what comes after is no cause of it.
    *usual* are the calls of passing attempts by what they ask for.
    """

    attempt: Attempt
    passing: tuple[Attempt, ...]
    errors: tuple[Error, ...]
    said: str
    time: int
    calls: tuple[Call, ...]
    troubles: tuple[Trouble, ...]
    usual: Mapping[Asked, tuple[Call, ...]]

    def alike(self, call: Call) -> tuple[Call, ...]:
        """
        Give the calls of passing attempts that ask for the same kind of thing.
        """
        return self.usual.get(asked(call), ())

    @property
    def is_assertion(self) -> bool:
        return any(
            error.short_type in ("AssertionError", "Failed") for error in self.errors
        )


@dataclass(frozen=True, slots=True)
class Lead:
    """
    A finding, and how near it is to the failure: the more, the nearer.
    """

    finding: Finding
    nearness: float


def scene_of(attempt: Attempt, passing: Sequence[Attempt] = ()) -> Scene:
    """
    Gather what the rules need to know of *attempt*.
    """
    errors = attempt.errors
    if not errors and attempt.span.status_message and attempt.is_failure:
        errors = (Error("", attempt.span.status_message),)
    time = failed_at(attempt) or attempt.span.last_seen

    return Scene(
        attempt=attempt,
        passing=tuple(passing),
        errors=errors,
        said="\n".join(f"{one.type}: {one.message}\n{one.source}" for one in errors),
        time=time,
        calls=tuple(call for call in attempt.calls if call.start <= time),
        troubles=troubles(attempt, passing),
        usual=_usual(passing),
    )


def _usual(passing: Sequence[Attempt]) -> Mapping[Asked, tuple[Call, ...]]:
    calls: dict[Asked, list[Call]] = {}
    for attempt in passing:
        for call in attempt.calls:
            calls.setdefault(asked(call), []).append(call)

    return {wanted: tuple(found) for wanted, found in calls.items()}


def is_named(trouble: Trouble, scene: Scene) -> bool:
    """
    Tell whether the failure speaks of *trouble*: by its status, its code, its words
    or its exception, or as it could not read the answer.
    """
    call = trouble.call
    if call is refusal_taken_for_a_document(scene):
        return True
    if any((one.type, one.message) in _shown(call) for one in scene.errors if one.type):
        return True

    facts = read(answer_to(call))
    said = scene.said
    if call.status and re.search(rf"(?<![\w.]){call.status}(?![\w.])", said):
        return True
    if any(len(code) > 5 and code in said for code in facts.codes):
        return True

    return any(len(told) > 11 and told[:80] in said for told in facts.messages)


def refusal_taken_for_a_document(scene: Scene) -> Call | None:
    """
    Give the last call, where it failed and the test ended by reading what is no
    document in its answer: a gateway's page, say.
    """
    call = scene.calls[-1] if scene.calls else None
    if call is None or (call.status or 0) < 400 or document(call) is not None:
        return None

    meaning = classify_exception(scene.errors) if scene.errors else None
    is_choked = meaning is not None and meaning.cause in (
        Cause.UNEXPECTED_BODY,
        Cause.TRUNCATED_BODY,
    )

    return call if is_choked else None


def _shown(call: Call) -> set[tuple[str, str]]:
    return {(error.type, error.message) for error in call.errors}
