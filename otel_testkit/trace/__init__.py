"""
The read model of a run, and `load`, which makes one from a run folder or file.
"""

from otel_testkit.trace.build import load
from otel_testkit.trace.model import (
    Attempt,
    Call,
    Case,
    Error,
    Event,
    Kind,
    Log,
    Outcome,
    Run,
    Span,
)


__all__ = [
    "Attempt",
    "Call",
    "Case",
    "Error",
    "Event",
    "Kind",
    "Log",
    "Outcome",
    "Run",
    "Span",
    "load",
]
