"""
What went wrong in the calls of an attempt, and what the test did about it.

A call that failed is no cause yet: it may have been tried again with success, it may
be what the test is about, or it may be the clean-up after the failure.
"""

from __future__ import annotations

import json

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from otel_testkit import semconv
from otel_testkit.diagnosis.answer import Answer, read
from otel_testkit.diagnosis.asked import asked
from otel_testkit.diagnosis.credentials import refused
from otel_testkit.diagnosis.exceptions import classify_exception
from otel_testkit.diagnosis.finding import Meaning
from otel_testkit.diagnosis.meaning import classify_answer
from otel_testkit.trace.fields import text
from otel_testkit.trace.model import Attempt, Call, Error
from otel_testkit.trace.questions import answer as answer_of


_IDEMPOTENT: Final = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
# Success with an error inside: only small documents are looked at.
_SMALL: Final = 16_384
_MOST_READ: Final = 1_000_000
_HEAD: Final = 600
# Of one attempt.
_MOST: Final = 400

# What is worth reading to know whether it is one.
_MARKS: Final = ('"ok":', '"ok" :', '"success', '"succeeded', "error", '"fail')

# What a call asks, to the letter.
_Request = tuple[str, str, str]
# What it asks for; how it ended.
_Signature = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Trouble:
    """
    *calls* that were alike and went wrong alike, and what they mean.

    *recovered_by* is the same call with success afterwards; *is_expected* tells that
    it goes wrong in passing attempts, too, *is_new* that there are some, and in none
    of them.
    """

    calls: tuple[Call, ...]
    meaning: Meaning
    recovered_by: Call | None
    is_expected: bool
    is_new: bool

    @property
    def call(self) -> Call:
        return self.calls[-1]


def troubles(attempt: Attempt, passing: Sequence[Attempt] = ()) -> tuple[Trouble, ...]:
    """
    Find the troubles of *attempt*, in the order of their last calls. Those that
    *passing* attempts have as well are expected.
    """
    groups = list(_groups(attempt))
    again = _by_request(attempt)
    usual = _usual(passing)
    found = []
    for calls, meaning in groups:
        recovered_by = _recovery(calls[-1], again)
        signature = _signature(calls[-1], is_recovered=recovered_by is not None)
        times = usual.get(signature, 0)
        found.append(
            Trouble(
                calls=calls,
                meaning=refused(meaning, calls[0], attempt.calls, passing),
                recovered_by=recovered_by,
                is_expected=times >= len(calls),
                is_new=bool(passing) and not times,
            )
        )

    found.sort(key=lambda trouble: trouble.call.last_seen)
    if len(found) > _MOST:
        # What began it, and what it led to; the rest is more of the same.
        found = [*found[: _MOST // 2], *found[-_MOST // 2 :]]

    return tuple(found)


def meaning_of(call: Call, ended: Sequence[Error] = ()) -> Meaning | None:
    """
    Tell what went wrong in *call*; None where nothing did. A span has but the
    outermost exception: the chain that *ended* the test knows the rest of it.
    """
    if not _went_wrong(call):
        return None
    if call.status is not None and (call.status >= 400 or not call.is_error):
        return classify_answer(answer_to(call))

    word = answer_of(call.attributes)
    chain = _chain(call, word, ended)
    system = text(call.attributes, semconv.DB_SYSTEM_NAME, semconv.OLD_DB_SYSTEM)
    meaning = classify_exception(chain, code=word, system=system)
    if meaning is None and call.status is not None:
        return classify_answer(answer_to(call))

    return meaning


def answer_to(call: Call) -> Answer:
    """
    Give what came back to *call*, to be read.
    """
    code = text(call.attributes, semconv.RPC_RESPONSE_STATUS_CODE)

    return Answer(
        status=call.status,
        headers=call.response_headers(),
        body=call.response_body or "",
        method=call.method,
        message=text(call.attributes, semconv.AWS_ERROR_MESSAGE),
        codes=(code,) if code else (),
    )


def document(call: Call) -> Any:
    """
    Give the JSON that came back to *call*; None where it is none.
    """
    body = call.response_body or ""
    if len(body) > _MOST_READ:
        return None
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def same_call(call: Call, other: Call) -> bool:
    """
    Tell whether *other* asks the same of the same.
    """
    return _request(call) == _request(other)


def _chain(call: Call, word: str, ended: Sequence[Error]) -> Sequence[Error]:
    raised = {(error.type, error.message) for error in call.errors}
    for place, error in enumerate(ended):
        if (error.type, error.message) in raised:
            return ended[place:]
    if call.errors:
        return call.errors
    if text(call.attributes, semconv.RPC_SYSTEM, semconv.RPC_SYSTEM_NAME) == "grpc":
        said = f'status = {word} details = "{call.status_message}"'
        return (Error("grpc.RpcError", said),)

    return (Error(call.error_type or "Error", call.status_message),)


def _went_wrong(call: Call) -> bool:
    """
    Tell whether something went wrong in *call*, without asking what.
    """
    if call.is_failing:
        return True

    body = call.response_body or ""
    if len(body) > _SMALL:
        return False
    # What is about a failure says so at one of its ends.
    lowered = (body[:_HEAD] + body[-_HEAD:]).lower()

    return any(mark in lowered for mark in _MARKS) and (
        read(answer_to(call)).says_error
    )


def _groups(attempt: Attempt) -> Iterator[tuple[tuple[Call, ...], Meaning]]:
    """
    Give calls that went wrong alike, with nothing else asked of the same in between.
    """
    open_groups: dict[_Request, tuple[list[Call], Meaning]] = {}
    for call in attempt.calls:
        key = _request(call)
        meaning = meaning_of(call, attempt.errors)
        known = open_groups.get(key)
        if known and meaning and known[1].cause is meaning.cause:
            known[0].append(call)
            continue
        if known:
            yield tuple(known[0]), known[1]
            del open_groups[key]
        if meaning is not None:
            open_groups[key] = ([call], meaning)
    for calls, meaning in open_groups.values():
        yield tuple(calls), meaning


def _request(call: Call) -> _Request:
    return call.method, call.peer, call.path


def _by_request(attempt: Attempt) -> Mapping[_Request, Sequence[Call]]:
    calls: dict[_Request, list[Call]] = {}
    for call in attempt.calls:
        calls.setdefault(_request(call), []).append(call)

    return calls


def _recovery(call: Call, again: Mapping[_Request, Sequence[Call]]) -> Call | None:
    for later in again[_request(call)]:
        if later.start < call.start or later is call:
            continue
        if later.is_open or (_went_wrong(later) and not _is_over(call, later)):
            continue
        is_retry = later.resend_count > 0 or call.method in _IDEMPOTENT
        if is_retry or later.request_body == call.request_body:
            return later

    return None


def _is_over(call: Call, later: Call) -> bool:
    """
    Tell whether the service, in trouble at *call*, was there again at *later*,
    whatever it said.
    """
    return _is_down(call) and later.status is not None and not _is_down(later)


def _is_down(call: Call) -> bool:
    return call.status is None or call.status == 429 or call.status >= 500


def _usual(passing: Sequence[Attempt]) -> Mapping[_Signature, int]:
    """
    Count what goes wrong in *passing* attempts: how often at most, where it does in
    at least half of them.
    """
    most: Counter[_Signature] = Counter()
    seen_in: Counter[_Signature] = Counter()
    for attempt in passing:
        here: Counter[_Signature] = Counter()
        again = _by_request(attempt)
        for call in filter(_went_wrong, attempt.calls):
            recovered = _recovery(call, again) is not None
            here[_signature(call, is_recovered=recovered)] += 1
        seen_in.update(here.keys())
        for signature, times in here.items():
            most[signature] = max(most[signature], times)

    return {
        signature: times
        for signature, times in most.items()
        if 2 * seen_in[signature] >= len(passing)
    }


def _signature(call: Call, *, is_recovered: bool) -> _Signature:
    how = call.answer or call.error_type

    return (*asked(call), how, str(is_recovered))
