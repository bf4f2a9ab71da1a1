"""
What the diagnosis says: a cause, how sure it is, and what shows it.
"""

from __future__ import annotations

import enum

from dataclasses import dataclass


class Confidence(enum.StrEnum):
    """
    How sure a finding is. CERTAIN: it was said outright, in more than one way.
    """

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Cause(enum.StrEnum):
    """
    Why a test failed, or a call did, in the words that people read.
    """

    # --- wait, or ask less
    RATE_LIMITED = "rate limited"
    NOT_READY = "not ready yet"
    CONCURRENCY_CONFLICT = "lost a race to write"
    RACE = "race"
    # --- the other side is in trouble
    SERVER_ERROR = "server error"
    UNAVAILABLE = "service unavailable"
    GATEWAY_TIMEOUT = "gateway timeout"
    DEPENDENCY_FAILURE = "failure behind the service"
    # --- the way there
    CONNECTION_REFUSED = "connection refused"
    CONNECTION_RESET = "connection reset"
    SERVER_DISCONNECTED = "connection closed by the server"
    CONNECT_TIMEOUT = "no connection in time"
    TIMEOUT = "timeout"
    SLOW = "slow dependency"
    DNS_FAILURE = "name not resolved"
    TLS_FAILURE = "TLS failure"
    PROTOCOL_ERROR = "broken protocol"
    REDIRECT_LOOP = "redirected to nowhere"
    POOL_EXHAUSTED = "no free connection"
    # --- who asks
    AUTH_MISSING = "credentials missing"
    AUTH_INVALID = "credentials wrong"
    AUTH_EXPIRED = "credentials expired or revoked"
    AUTH_OR_NOT_FOUND = "not found, or not allowed to know"
    PERMISSION_DENIED = "permission denied"
    FEATURE_DISABLED = "feature is off"
    CLIENT_BLOCKED = "client blocked"
    PAYMENT_DECLINED = "payment declined"
    # --- what is there already, and how much of it
    QUOTA_EXHAUSTED = "quota used up"
    RESOURCE_LIMIT = "limit of resources reached"
    ALREADY_EXISTS = "already exists"
    RESOURCE_IN_USE = "still in use"
    STATE_FORBIDDEN = "not in this state"
    CONFLICT = "conflict"
    # --- what is asked
    NOT_FOUND = "not found"
    VALIDATION = "request not valid"
    UNSUPPORTED = "not supported"
    DRY_RUN = "dry run"
    ARCHIVED_COPY = "archived copy"
    # --- what came back
    TRUNCATED_BODY = "truncated answer"
    UNEXPECTED_BODY = "unexpected answer"
    NEW_FIELD = "new field in an answer"
    STALE = "stale answer"
    # --- the test itself
    STATE_LEAK = "left over from another test"
    CLOCK = "depends on clock or time zone"
    UNORDERED = "depends on an order"
    CANCELLED = "cancelled"
    CONSEQUENCE = "consequence of an earlier error"


# These pass by themselves: the same request may succeed later.
TRANSIENT = frozenset(
    {
        Cause.RATE_LIMITED,
        Cause.NOT_READY,
        Cause.CONCURRENCY_CONFLICT,
        Cause.RACE,
        Cause.SERVER_ERROR,
        Cause.UNAVAILABLE,
        Cause.GATEWAY_TIMEOUT,
        Cause.DEPENDENCY_FAILURE,
        Cause.CONNECTION_REFUSED,
        Cause.CONNECTION_RESET,
        Cause.SERVER_DISCONNECTED,
        Cause.CONNECT_TIMEOUT,
        Cause.TIMEOUT,
        Cause.SLOW,
        Cause.POOL_EXHAUSTED,
    }
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """
    What an answer or an exception says. *told_by* is what said so, for a person;
    *retry_after* the seconds that the service asks to wait, where it does.
    """

    cause: Cause
    confidence: Confidence
    is_transient: bool
    told_by: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """
    A cause that an attempt shows. *evidence* are ids of spans, the most telling
    one first; *statement* says in a sentence what happened, *next_step* what to do.

    Of what *is_recovered* the test has seen nothing: it is context, no cause.
    """

    cause: Cause
    confidence: Confidence
    evidence: tuple[str, ...]
    statement: str
    next_step: str
    is_recovered: bool = False

    def __str__(self) -> str:
        return f"{self.cause} ({self.confidence}): {self.statement}"
