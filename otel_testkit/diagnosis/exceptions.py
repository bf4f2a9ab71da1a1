"""
What a chain of exceptions means: the most telling link counts, not the outermost.
"""

from __future__ import annotations

import re

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final

from otel_testkit.diagnosis import patterns
from otel_testkit.diagnosis.answer import Answer
from otel_testkit.diagnosis.dialects import databases, exceptions, statuses
from otel_testkit.diagnosis.finding import TRANSIENT, Cause, Confidence, Meaning
from otel_testkit.diagnosis.meaning import classify_answer
from otel_testkit.diagnosis.votes import phrase_votes
from otel_testkit.trace.model import Error


_TYPE: Final = 6
_VAGUE_TYPE: Final = 2
_CODE: Final = 8
_MOST_LINKS: Final = 12
_MESSAGE_LENGTH: Final = 2000

# How clients write down which code they got.
_QUOTED_TYPE: Final = re.compile(r"\b([A-Z]\w+)\(")
_AWS: Final = re.compile(
    r"An error occurred \(([\w.:-]+)\) when calling the (\w+) operation[^:]*: ?(.*)",
    re.DOTALL,
)
_SQLSTATE: Final = re.compile(r"sqlstate\W{1,4}([0-9A-Z]{5})\b", re.IGNORECASE)
# Which table a database's codes are in; those of all others are SQLSTATEs.
_TABLES: Final = {"mysql": "MYSQL", "mongodb": "MONGODB", "redis": "REDIS"}
_MYSQL: Final = re.compile(r"^\(?(\d{4})\b[,:)]|\bError (\d{4})\b")
_REDIS: Final = re.compile(r"^([A-Z]{3,})\b(?= )")
_MONGO: Final = re.compile(r"[\"']?\bcode[\"']?: ?(\d{1,5})\b|^E(11000)\b")
_WORD: Final = re.compile(r"\b[A-Z]{3,}(?:_[A-Z]+)+\b")
_GRPC: Final = re.compile(r"(?:StatusCode\.|status = |^<?)([A-Z_]{4,})\b")
_DETAILS: Final = re.compile(r'details = "([^"]*)"')
_CLIENTS: Final = (
    *("aiohttp.", "asyncpg.", "botocore.", "elastic", "grpc.", "http.", "httpcore."),
    *("httpx.", "kafka.", "opensearchpy.", "psycopg", "pymongo.", "pymysql.", "redis."),
    *("requests.", "socket.", "sqlalchemy.", "ssl.", "urllib"),
)
_GRPC_TYPES: Final = re.compile(r"RpcError|InactiveRpc|MultiThreadedRendezvous|grpc")

_Votes = dict[Cause, tuple[int, str]]


def classify_exception(
    chain: Sequence[Error], *, code: str = "", system: str = ""
) -> Meaning | None:
    """
    Tell what the exceptions of a *chain* mean for a call; None where they say
    nothing of one. A database of this *system* may have given a *code* as well.
    """
    votes: _Votes = defaultdict(lambda: (0, ""))
    known = _known(code, system)
    if known is not None:
        votes[known] = (_CODE + 1, code)
    links = chain[:_MOST_LINKS]
    for place, link in enumerate(links, 1):
        for cause, weight, told in _link_votes(link, is_innermost=place == len(links)):
            if weight > votes[cause][0]:
                votes[cause] = (weight, told)
    votes = {cause: said for cause, said in votes.items() if said[0]}
    if not votes:
        return None

    cause = max(votes, key=lambda cause: (votes[cause][0], -_rank(cause)))
    weight, told = votes[cause]
    rival = max(
        (one[0] for other, one in votes.items() if other is not cause), default=0
    )

    return Meaning(
        cause=cause,
        confidence=_confidence(
            weight, rival, is_client=known is not None or _is_client(links)
        ),
        is_transient=cause in TRANSIENT,
        told_by=told,
    )


def _link_votes(link: Error, *, is_innermost: bool) -> Iterator[tuple[Cause, int, str]]:
    message = link.message[:_MESSAGE_LENGTH]
    name = link.short_type
    if name in exceptions.OWN:
        return
    if name in _table(vague=True):
        yield _table(vague=True)[name], _VAGUE_TYPE, name
    if name in _table(vague=False):
        yield _table(vague=False)[name], _TYPE + is_innermost, name
    # Clients write the chain into the message as well.
    for quoted in _QUOTED_TYPE.findall(message)[:5]:
        if quoted in _table(vague=False):
            yield _table(vague=False)[quoted], _TYPE, quoted

    yield from _answer_votes(link.type, message)
    yield from _code_votes(link.type, message)
    text = _noise().sub(" ", message.lower())
    for cause, weight, pattern in patterns.of_clients():
        if match := pattern.search(text):
            yield cause, weight, match[0]


def _answer_votes(kind: str, message: str) -> Iterator[tuple[Cause, int, str]]:
    """
    Read the answer that an exception was made of.
    """
    meaning = None
    if aws := _AWS.search(message):
        number = int(aws[1]) if aws[1].isdecimal() else None
        answer = Answer(status=number or 400, codes=(aws[1],), message=aws[3])
        meaning = classify_answer(answer)
    elif _GRPC_TYPES.search(kind) and (status := _GRPC.search(message)):
        details = _DETAILS.search(message)
        said = details[1] if details else message
        word = status[1] if status[1] in statuses.GRPC else ""
        meaning = (
            classify_answer(Answer(grpc_status=word, message=said)) if word else None
        )
    elif status := _status().search(message):
        number = int(next(group for group in status.groups() if group))
        meaning = classify_answer(Answer(status=number, message=message))
    if meaning is not None:
        # Whose deadline it was is the caller's business.
        is_late = meaning.cause is Cause.GATEWAY_TIMEOUT
        yield Cause.TIMEOUT if is_late else meaning.cause, _TYPE, meaning.told_by


def _code_votes(kind: str, message: str) -> Iterator[tuple[Cause, int, str]]:
    state = _SQLSTATE.search(message)
    if state and (cause := _sqlstate(state[1].upper())):
        yield cause, _CODE, state[1]
    if "mysql" in kind.lower() and (number := _MYSQL.search(message)):
        yield from _coded("MYSQL", number[1] or number[2])
    if "mongo" in kind.lower() and (number := _MONGO.search(message)):
        yield from _coded("MONGODB", number[1] or number[2])
    if "redis" in kind.lower() and (word := _REDIS.search(message)):
        yield from _coded("REDIS", word[1])
    for found in _WORD.findall(message)[:5]:
        yield from _coded("KAFKA", found)
    if "kafka" in kind.lower():
        snake = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.rpartition(".")[2]).upper()
        yield from _coded("KAFKA", snake.removesuffix("_ERROR"))
    if kind.startswith(("psycopg", "sqlalchemy", "asyncpg", "pymysql", "MySQLdb")):
        # They speak as services do, and that is all that is known at connecting.
        for cause, weight, told in phrase_votes(message.lower()):
            yield cause, weight - 2, told


def _known(code: str, system: str) -> Cause | None:
    table = _TABLES.get(system)

    return _codes(table).get(code) if table else _sqlstate(code)


def _coded(table: str, code: str) -> Iterator[tuple[Cause, int, str]]:
    cause = _codes(table).get(code)
    if cause is not None:
        yield cause, _CODE, code


def _sqlstate(code: str) -> Cause | None:
    if len(code) != 5:
        return None
    table = _codes("SQLSTATES")

    return table.get(code) or table.get(code[:2])


@cache
def _codes(table: str) -> Mapping[str, Cause]:
    by_cause: Mapping[Cause, str] = getattr(databases, table)

    return {code: cause for cause, codes in by_cause.items() for code in codes.split()}


@cache
def _table(*, vague: bool) -> Mapping[str, Cause]:
    by_cause = exceptions.VAGUE_TYPES if vague else exceptions.TYPES

    return {name: cause for cause, names in by_cause.items() for name in names.split()}


@cache
def _noise() -> re.Pattern[str]:
    return re.compile(exceptions.NOISE)


@cache
def _status() -> re.Pattern[str]:
    return re.compile(exceptions.STATUS, re.IGNORECASE)


@cache
def _rank(cause: Cause) -> int:
    return [*exceptions.WORDS, *Cause].index(cause)


def _is_client(links: Sequence[Error]) -> bool:
    """
    Tell whether a client's exception is among *links*: others may say anything.
    """
    return any(
        link.short_type in _table(vague=True)
        or link.short_type in _table(vague=False)
        or link.type.startswith(_CLIENTS)
        for link in links
    )


def _confidence(weight: int, rival: int, *, is_client: bool) -> Confidence:
    if is_client and weight >= _TYPE and rival <= weight - 2:
        return Confidence.CERTAIN
    if weight >= _TYPE:
        return Confidence.LIKELY

    return Confidence.POSSIBLE
