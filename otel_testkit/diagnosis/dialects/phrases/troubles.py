"""
What is wrong with the service itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from otel_testkit.diagnosis.finding import Cause


WORDS: Final[Mapping[str, str]] = {}

PHRASES: Final[Mapping[Cause, Mapping[int, str]]] = {
    Cause.SERVER_ERROR: {
        5: r"""
            internal (?:server |service |system )?(?:error|failure|exception)
            (?:unexpected|unknown|unhandled|server|system|generic) (?:\w+ )?(?:error|
                exception|failure|condition)\b
            something went wrong|an? error (?:has )?occur+ed|our (?:side|end|servers?)
            we (?:are|were|have) (?:sorry|having|experienc|been notified)
        """,
    },
    Cause.UNAVAILABLE: {
        6: r"""
            (?:service|server|site|system|backend|host|api)\b.{0,30}(?:temporarily |
                currently |is |are )*(?:unavailable|not available|overloaded|down\b|
                offline|unreachable)
            temporar(?:y|ily) (?:\w+ )?(?:unavailable|unable|overloaded|down|error|
                failure|problem|issue|outage|out of)
            overload(?:ed)?\b|(?:under|for|scheduled|down for) maintenance
            no (?:healthy|available|live) (?:upstream|server|node|host|backend)
            no server is available|upstream connect|bad gateway
            (?:at|over|insufficient|not enough|out of) (?:\w+ )?(?:capacity|
                resources to)
            circuit breaker|data too large|queue capacity|rejected execution
        """,
        3: r"""
            \bunavailable\b
            (?<!and )try again
        """,
    },
    Cause.GATEWAY_TIMEOUT: {
        6: r"""
            time[sd]?[- ]?out\b|deadline exceeded|took too long|did not respond
            not respond in time
        """,
    },
    Cause.DEPENDENCY_FAILURE: {
        6: r"""
            (?:failed|unable|could not|cannot|error|problem)\b(?: to)? (?:fetch|
                download|connect to|reach|contact|retriev|access)\w*.{0,60}(?:url|uri|
                image|upstream|remote|origin|host|endpoint|website|feed|server)\b
            upstream (?:service|request|server|api|provider)\b.{0,40}(?:fail|error)
            failed dependency
        """,
    },
}
