"""
What an answer means: status, codes, words and hints each have a vote.

A cause that two of them name, one of them outright, and that none denies is certain.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from otel_testkit.diagnosis import patterns
from otel_testkit.diagnosis.answer import Answer, Facts, read
from otel_testkit.diagnosis.dialects import statuses
from otel_testkit.diagnosis.finding import TRANSIENT, Cause, Confidence, Meaning
from otel_testkit.diagnosis.votes import STATUS, Votes, votes_of


_OUTRIGHT: Final = 5
_CLEAR: Final = 9
_OBJECTION: Final = 3

# What is said of everything that is refused: no vote for it adds to another.
_RESIDUAL: Final = frozenset(
    {
        Cause.VALIDATION,
        Cause.CONFLICT,
        Cause.STATE_FORBIDDEN,
        Cause.PERMISSION_DENIED,
        Cause.AUTH_INVALID,
        Cause.NOT_FOUND,
    }
)
# Of all others services use the same words for different things.
_MAY_BE_CERTAIN: Final = frozenset(
    {
        Cause.RATE_LIMITED,
        Cause.CONCURRENCY_CONFLICT,
        Cause.SERVER_ERROR,
        Cause.UNAVAILABLE,
        Cause.GATEWAY_TIMEOUT,
        Cause.AUTH_EXPIRED,
        Cause.ALREADY_EXISTS,
        Cause.PAYMENT_DECLINED,
        Cause.DRY_RUN,
        Cause.ARCHIVED_COPY,
    }
)
# The status alone says as much as there is to say.
_BY_STATUS: Final = frozenset(
    {
        Cause.RATE_LIMITED,
        Cause.NOT_FOUND,
        Cause.SERVER_ERROR,
        Cause.UNAVAILABLE,
        Cause.GATEWAY_TIMEOUT,
    }
)


def classify_answer(answer: Answer) -> Meaning | None:
    """
    Tell what *answer* complains of; None where it does not complain.
    """
    facts = read(answer)
    if not _is_complaint(answer, facts):
        return None

    votes = votes_of(answer, facts)
    allowed = statuses.ONLY.get(answer.status or 0)
    if allowed is not None:
        votes = {cause: said for cause, said in votes.items() if cause in allowed}
    if not votes:
        return None

    cause = max(votes, key=lambda cause: (_weight(votes, cause), -_rank(cause)))
    hints = facts.hints
    is_transient = cause in TRANSIENT

    return Meaning(
        cause=cause,
        confidence=_confidence(cause, votes),
        is_transient=is_transient if hints.should_retry is None else hints.should_retry,
        told_by=max(votes[cause].values())[1],
        retry_after=hints.retry_after,
    )


def _is_complaint(answer: Answer, facts: Facts) -> bool:
    if answer.grpc_status:
        return answer.grpc_status != "OK"
    if answer.status is None:
        return bool(facts.codes or facts.messages)

    return answer.status >= 300 or (answer.status >= 200 and facts.says_error)


def _weight(votes: Votes, cause: Cause) -> int:
    weights = [weight for weight, _ in votes[cause].values()]
    if cause in _RESIDUAL:
        return max(weights) + (cause is Cause.NOT_FOUND)

    return sum(weights)


@cache
def _rank(cause: Cause) -> int:
    # What is said first in the tables of phrases is the more telling.
    order = [*dict.fromkeys(one for one, _, _ in patterns.of_services()), *Cause]

    return order.index(cause) + len(order) * (cause in _RESIDUAL)


def _confidence(cause: Cause, votes: Votes) -> Confidence:
    said = votes[cause]
    total = sum(weight for weight, _ in said.values())
    is_outright = any(weight >= _OUTRIGHT for weight, _ in said.values())
    rival = max(
        (_objection(votes[other]) for other in votes if other is not cause), default=0
    )
    is_clear = is_outright and len(said) > 1 and total >= _CLEAR
    if is_clear and rival <= _OBJECTION and cause in _MAY_BE_CERTAIN:
        return Confidence.CERTAIN
    if (is_outright and total > rival + 1) or (not rival and cause in _BY_STATUS):
        return Confidence.LIKELY

    return Confidence.POSSIBLE


def _objection(said: Mapping[str, tuple[int, str]]) -> int:
    # A status is none: half of the services have the wrong one.
    return sum(weight for witness, (weight, _) in said.items() if witness != STATUS)
