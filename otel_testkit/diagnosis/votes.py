"""
What status, codes, words and hints of an answer speak for, and how clearly.

That no rule knows a service is the normal case: nothing here asks who it was.
"""

from __future__ import annotations

import re

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Final

from otel_testkit.diagnosis import patterns
from otel_testkit.diagnosis.answer import Answer, Facts
from otel_testkit.diagnosis.dialects import codes, statuses
from otel_testkit.diagnosis.finding import Cause


Votes = dict[Cause, dict[str, tuple[int, str]]]
"""
By cause and by witness: how clearly it speaks for the cause, and by what.
"""

STATUS: Final = "status"

# A known code counts as much as a phrase that leaves no doubt.
_CODE: Final = 6
_VAGUE: Final = 2
_HINT: Final = 5
# No more of them: the later a message comes, the less is it about the matter.
_MESSAGES: Final = 6

_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SUFFIX: Final = re.compile(r"(?:exception|error|fault)$")
_NO_LETTER: Final = re.compile(r"[^a-z0-9]")
_QUOTES: Final = re.compile(r"(?<![a-z])['\"`]+|['\"`]+(?![a-z])")

# Such a code judges a value, `invalid_timeout`, which may be called after a trouble.
_JUDGEMENT: Final = re.compile(
    r"(?:invalid|illegal|bad|malformed|missing|unknown|unsupported|wrong) "
)
_NAMES_OF_VALUES: Final = frozenset(
    {
        Cause.RATE_LIMITED,
        Cause.QUOTA_EXHAUSTED,
        Cause.RESOURCE_LIMIT,
        Cause.GATEWAY_TIMEOUT,
    }
)
_LIMIT: Final = re.compile(r"rate[- ]?limits?")
_OF_A_VALUE: Final = re.compile(
    r"\b(?:must|should|invalid|unknown|positive|negative|integer|number|param\w*|value"
    r"|field|greater|less|between|not an?)\b"
)
_INVALID: Final = frozenset({400, 422})
_OF_THE_SERVICE: Final = frozenset({Cause.UNAVAILABLE, Cause.GATEWAY_TIMEOUT})
_CREDENTIALS: Final = frozenset(
    {Cause.AUTH_MISSING, Cause.AUTH_INVALID, Cause.AUTH_EXPIRED}
)
_ABOUT_WHO: Final = re.compile(
    r"credential|api[- _]?key|access|passw|auth|log[- ]?in|bearer|jwt|oauth|user"
)
_ABOUT_WHO_STATUSES: Final = frozenset({401, 403, 407, 419, 498, None})
_ABOUT_RIGHTS: Final = re.compile(
    r"permission|scope|privilege|role|right|insuff|deni|to perform"
)


def votes_of(answer: Answer, facts: Facts) -> Votes:
    """
    Gather what all that *answer* tells speaks for.
    """
    votes: Votes = defaultdict(dict)

    def vote(witness: str, cause: Cause, weight: int, told: str) -> None:
        if weight > votes[cause].get(witness, (0, ""))[0]:
            votes[cause][witness] = (weight, told)

    for code in facts.codes:
        for cause, weight in _code_votes(code):
            # Where something is deleted, nothing is made.
            is_odd = cause is Cause.ALREADY_EXISTS and answer.method == "DELETE"
            vote("code", cause, _VAGUE if is_odd else weight, code)
    for cause, weight, told in _word_votes(answer, facts, votes):
        vote("words", cause, weight, told)
    for cause, weight, told in _status_votes(answer):
        vote(STATUS, cause, weight, told)
    for cause, weight, told in _hint_votes(answer, facts, votes):
        vote("hint", cause, weight, told)

    return votes


def _word_votes(
    answer: Answer, facts: Facts, votes: Votes
) -> Iterator[tuple[Cause, int, str]]:
    is_about_who = answer.status in _ABOUT_WHO_STATUSES or not _CREDENTIALS.isdisjoint(
        votes
    )
    for place, message in enumerate(facts.messages[:_MESSAGES]):
        text = _unquoted(message.lower())
        for cause, clear, told in phrase_votes(text):
            weight = clear - (place > 2)
            if cause in _CREDENTIALS and not (is_about_who or _ABOUT_WHO.search(told)):
                # There are tokens for pages, uploads, parsers.
                weight = _VAGUE
            yield cause, _in_context(cause, weight, text, told, answer), told


def phrase_votes(text: str) -> tuple[tuple[Cause, int, str], ...]:
    """
    Tell which causes the lower-case *text* speaks of, how clearly, and by which
    words.
    """
    return _phrase_votes(text)


@lru_cache(maxsize=1024)
def _phrase_votes(text: str) -> tuple[tuple[Cause, int, str], ...]:
    found: dict[Cause, tuple[int, str]] = {}
    for cause, weight, pattern in patterns.of_services():
        if weight <= found.get(cause, (0, ""))[0]:
            continue
        if match := pattern.search(text):
            found[cause] = (weight, match[0])

    return tuple((cause, weight, told) for cause, (weight, told) in found.items())


def _unquoted(message: str) -> str:
    # The 'Authorization' header is missing; quota(s) exceeded; can't stays.
    return _QUOTES.sub("", message).replace("(s)", "s")


def _in_context(cause: Cause, weight: int, text: str, told: str, answer: Answer) -> int:
    status = answer.status
    if cause is Cause.ALREADY_EXISTS and answer.method == "DELETE":
        return _VAGUE
    if cause is Cause.RATE_LIMITED and status in _INVALID and _LIMIT.fullmatch(told):
        # A parameter may have that name.
        return _VAGUE if _OF_A_VALUE.search(text) else weight
    if cause is Cause.PERMISSION_DENIED and status == 401:
        # "Not authorized" is but the name of the status.
        return weight if _ABOUT_RIGHTS.search(text) else _VAGUE
    if cause is Cause.VALIDATION and status == 403:
        return _VAGUE
    is_refusal = status is not None and 400 <= status < 500
    if cause in _OF_THE_SERVICE and is_refusal and status not in (408, 499):
        return min(weight, 3)

    return weight


def _code_votes(code: str) -> Iterator[tuple[Cause, int]]:
    spelled = _normal(code)
    if spelled in _known(vague=False):
        yield _known(vague=False)[spelled], _CODE
    elif spelled in _known(vague=True):
        yield _known(vague=True)[spelled], _VAGUE
    else:
        words = " ".join(_WORDS.findall(code)).lower()
        is_of_value = _JUDGEMENT.match(words) is not None
        if is_of_value:
            yield Cause.VALIDATION, _VAGUE
        for cause, weight, _ in phrase_votes(words):
            if not (is_of_value and cause in _NAMES_OF_VALUES):
                yield cause, weight


def _status_votes(answer: Answer) -> Iterator[tuple[Cause, int, str]]:
    if answer.grpc_status in statuses.GRPC:
        yield (*statuses.GRPC[answer.grpc_status], answer.grpc_status)
    status = answer.status or 0
    if status > 400 and status not in statuses.HTTP:
        status = status // 100 * 100
    if status in statuses.HTTP:
        yield (*statuses.HTTP[status], f"status {answer.status}")
    elif status and status < 400:
        yield Cause.VALIDATION, 1, "an error in the body"
    if status == 409 and answer.method == "DELETE":
        yield Cause.RESOURCE_IN_USE, 2, "409 to DELETE"
    elif status == 409 and answer.method in ("POST", "PUT"):
        yield Cause.ALREADY_EXISTS, 1, f"409 to {answer.method}"


def _hint_votes(
    answer: Answer, facts: Facts, votes: Votes
) -> Iterator[tuple[Cause, int, str]]:
    hints = facts.hints
    status = answer.status or 0
    if hints.is_archived:
        yield Cause.ARCHIVED_COPY, 4 * _HINT, "headers of an archive"
    if hints.is_challenge:
        yield Cause.CLIENT_BLOCKED, _CODE, "cf-mitigated"
    if hints.nothing_remains and status in (403, 429):
        yield Cause.RATE_LIMITED, _CODE, "nothing remains of the rate limit"
    if hints.retry_after is not None:
        if status in (403, 429):
            yield Cause.RATE_LIMITED, _HINT, "retry-after"
        elif status in (404, 409, 423, 425) or Cause.NOT_READY in votes:
            yield Cause.NOT_READY, _VAGUE, "retry-after"
    if hints.asks_credentials and status == 401:
        yield Cause.AUTH_MISSING, _VAGUE, "www-authenticate"


@cache
def _known(*, vague: bool) -> Mapping[str, Cause]:
    table = codes.VAGUE_CODES if vague else codes.CODES

    return {
        _normal(word): cause for cause, words in table.items() for word in words.split()
    }


def _normal(code: str) -> str:
    spelled = _NO_LETTER.sub("", code.lower())

    return _SUFFIX.sub("", spelled) or spelled
