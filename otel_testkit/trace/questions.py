"""
What is asked of a database or a remote procedure: who is asked, and for what.

Read by the names of the semantic conventions and by those from before: most
instrumentations still write the old ones.
"""

from __future__ import annotations

import re

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from otel_testkit import semconv
from otel_testkit.trace.fields import integer, text


# More of a statement need not be read to know its table.
_MOST_READ: Final = 2_000
_COMMENT: Final = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
_WORD: Final = re.compile(r"\s*([A-Za-z][\w.]*)", re.ASCII)
_TABLE: Final = re.compile(
    r"\b(?:from|into|update|table|join)\s+(?:if\s+(?:not\s+)?exists\s+|only\s+)*"
    r"([\w.$\"`\[\]]+)",
    re.IGNORECASE,
)
_GRPC_STATUSES: Final = (
    *("OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED"),
    *("NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED"),
    *("FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED"),
    *("INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"),
)
_AWS: Final = "aws-api"


class Question(NamedTuple):
    """
    The *verb*, who is asked, and what the question is about.
    """

    verb: str
    peer: str
    about: str


def question(attributes: Mapping[str, Any]) -> Question | None:
    """
    Tell what is asked in a call with *attributes*; None where it is neither of a
    database nor of a remote procedure. What AWS is asked goes by HTTP.
    """
    rpc = text(attributes, semconv.RPC_SYSTEM_NAME, semconv.RPC_SYSTEM)
    if rpc == _AWS:
        return None
    if database := text(attributes, semconv.DB_SYSTEM_NAME, semconv.OLD_DB_SYSTEM):
        return _of_database(attributes, database)
    if rpc:
        return _of_procedure(attributes, rpc)

    return None


def answer(attributes: Mapping[str, Any]) -> str:
    """
    Give in a word what a database or a remote procedure answered; "" where it is
    not known.
    """
    told = text(
        attributes, semconv.RPC_RESPONSE_STATUS_CODE, semconv.DB_RESPONSE_STATUS_CODE
    )
    number = integer(attributes, semconv.OLD_RPC_GRPC_STATUS_CODE)
    if told or number is None:
        return told

    known = 0 <= number < len(_GRPC_STATUSES)

    return _GRPC_STATUSES[number] if known else str(number)


def _of_database(attributes: Mapping[str, Any], database: str) -> Question:
    statement = text(attributes, semconv.DB_QUERY_TEXT, semconv.OLD_DB_STATEMENT)
    statement = _COMMENT.sub(" ", statement[:_MOST_READ])
    word = _WORD.match(statement)
    verb = text(attributes, semconv.DB_OPERATION_NAME, semconv.OLD_DB_OPERATION)
    verb = verb or (word[1] if word else "query")
    about = text(attributes, semconv.DB_COLLECTION_NAME, semconv.OLD_DB_COLLECTION)
    table = _TABLE.search(statement)
    if not about and table is not None:
        verb, about = verb.upper(), re.sub(r'["`\[\]]', "", table[1])
    if verb == "connect":
        about = _place(attributes)

    return Question(
        verb, text(attributes, semconv.SERVICE_PEER_NAME) or database, about
    )


def _of_procedure(attributes: Mapping[str, Any], system: str) -> Question:
    method = text(attributes, semconv.RPC_METHOD)
    service = text(attributes, semconv.RPC_SERVICE)
    if service and "/" not in method:
        method = f"{service}/{method}"

    return Question(
        "gRPC" if system == "grpc" else system,
        text(attributes, semconv.SERVICE_PEER_NAME),
        method.removeprefix("/"),
    )


def _place(attributes: Mapping[str, Any]) -> str:
    host = text(attributes, semconv.SERVER_ADDRESS)
    port = integer(attributes, semconv.SERVER_PORT)

    return f"{host}:{port}" if host and port else host
