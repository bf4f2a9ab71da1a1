"""
What a status alone lets expect: of HTTP, and of gRPC.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from otel_testkit.diagnosis.finding import Cause


# How much each speaks for what: 4 says it, 1 is a mere guess.
HTTP: Final[Mapping[int, tuple[Cause, int]]] = {
    301: (Cause.REDIRECT_LOOP, 3),
    302: (Cause.REDIRECT_LOOP, 3),
    303: (Cause.REDIRECT_LOOP, 3),
    307: (Cause.REDIRECT_LOOP, 3),
    308: (Cause.REDIRECT_LOOP, 3),
    400: (Cause.VALIDATION, 2),
    401: (Cause.AUTH_INVALID, 3),
    402: (Cause.PAYMENT_DECLINED, 3),
    403: (Cause.PERMISSION_DENIED, 3),
    404: (Cause.NOT_FOUND, 4),
    405: (Cause.UNSUPPORTED, 5),
    406: (Cause.UNSUPPORTED, 3),
    407: (Cause.AUTH_MISSING, 3),
    408: (Cause.GATEWAY_TIMEOUT, 4),
    409: (Cause.CONFLICT, 1),
    410: (Cause.NOT_FOUND, 3),
    411: (Cause.VALIDATION, 3),
    412: (Cause.CONCURRENCY_CONFLICT, 2),
    413: (Cause.VALIDATION, 3),
    414: (Cause.VALIDATION, 3),
    415: (Cause.UNSUPPORTED, 3),
    416: (Cause.VALIDATION, 3),
    417: (Cause.UNSUPPORTED, 2),
    421: (Cause.UNSUPPORTED, 2),
    422: (Cause.VALIDATION, 3),
    423: (Cause.NOT_READY, 2),
    424: (Cause.DEPENDENCY_FAILURE, 3),
    425: (Cause.NOT_READY, 3),
    426: (Cause.UNSUPPORTED, 3),
    428: (Cause.VALIDATION, 2),
    429: (Cause.RATE_LIMITED, 4),
    431: (Cause.VALIDATION, 3),
    451: (Cause.CLIENT_BLOCKED, 4),
    498: (Cause.AUTH_EXPIRED, 3),
    499: (Cause.GATEWAY_TIMEOUT, 2),
    500: (Cause.SERVER_ERROR, 4),
    501: (Cause.UNSUPPORTED, 4),
    502: (Cause.UNAVAILABLE, 3),
    503: (Cause.UNAVAILABLE, 3),
    504: (Cause.GATEWAY_TIMEOUT, 4),
    507: (Cause.QUOTA_EXHAUSTED, 2),
    509: (Cause.RATE_LIMITED, 2),
    511: (Cause.AUTH_MISSING, 3),
    520: (Cause.UNAVAILABLE, 3),
    521: (Cause.UNAVAILABLE, 3),
    522: (Cause.GATEWAY_TIMEOUT, 3),
    523: (Cause.UNAVAILABLE, 3),
    524: (Cause.GATEWAY_TIMEOUT, 4),
    529: (Cause.UNAVAILABLE, 3),
}

GRPC: Final[Mapping[str, tuple[Cause, int]]] = {
    "CANCELLED": (Cause.CANCELLED, 4),
    "UNKNOWN": (Cause.SERVER_ERROR, 1),
    "INVALID_ARGUMENT": (Cause.VALIDATION, 4),
    "DEADLINE_EXCEEDED": (Cause.TIMEOUT, 4),
    "NOT_FOUND": (Cause.NOT_FOUND, 4),
    "ALREADY_EXISTS": (Cause.ALREADY_EXISTS, 4),
    "PERMISSION_DENIED": (Cause.PERMISSION_DENIED, 3),
    "RESOURCE_EXHAUSTED": (Cause.RATE_LIMITED, 3),
    "FAILED_PRECONDITION": (Cause.STATE_FORBIDDEN, 2),
    "ABORTED": (Cause.CONCURRENCY_CONFLICT, 4),
    "OUT_OF_RANGE": (Cause.VALIDATION, 3),
    "UNIMPLEMENTED": (Cause.UNSUPPORTED, 4),
    "INTERNAL": (Cause.SERVER_ERROR, 3),
    "UNAVAILABLE": (Cause.UNAVAILABLE, 3),
    "DATA_LOSS": (Cause.SERVER_ERROR, 3),
    "UNAUTHENTICATED": (Cause.AUTH_INVALID, 3),
}

_ASKS: Final = frozenset(
    {
        Cause.RATE_LIMITED,
        Cause.QUOTA_EXHAUSTED,
        Cause.CLIENT_BLOCKED,
        Cause.AUTH_MISSING,
        Cause.AUTH_INVALID,
        Cause.AUTH_EXPIRED,
        Cause.PERMISSION_DENIED,
        Cause.FEATURE_DISABLED,
        Cause.CLOCK,
    }
)
_TROUBLE: Final = frozenset(
    {
        Cause.SERVER_ERROR,
        Cause.UNAVAILABLE,
        Cause.GATEWAY_TIMEOUT,
        Cause.DEPENDENCY_FAILURE,
    }
)

# Where a status leaves few causes, whatever the words are.
ONLY: Final[Mapping[int, frozenset[Cause]]] = {
    401: _ASKS,
    404: frozenset(
        {
            Cause.NOT_FOUND,
            Cause.NOT_READY,
            Cause.AUTH_OR_NOT_FOUND,
            Cause.FEATURE_DISABLED,
            Cause.UNSUPPORTED,
            Cause.ARCHIVED_COPY,
            Cause.DEPENDENCY_FAILURE,
        }
    ),
    422: frozenset(Cause) - _TROUBLE - {Cause.AUTH_MISSING},
    429: frozenset(
        {
            Cause.RATE_LIMITED,
            Cause.QUOTA_EXHAUSTED,
            Cause.RESOURCE_LIMIT,
            Cause.UNAVAILABLE,
            Cause.CLIENT_BLOCKED,
            Cause.ARCHIVED_COPY,
        }
    ),
    # Whatever state it speaks of is its own.
    500: frozenset(Cause) - {Cause.STATE_FORBIDDEN, Cause.CONFLICT, Cause.VALIDATION},
    502: frozenset({*_TROUBLE, Cause.NOT_READY, Cause.ARCHIVED_COPY}),
    504: frozenset({*_TROUBLE, Cause.ARCHIVED_COPY}),
}
