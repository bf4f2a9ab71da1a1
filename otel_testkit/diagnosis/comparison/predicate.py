"""
Something that may hold in an attempt, and in which attempts it does.
"""

from __future__ import annotations

import enum

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from otel_testkit.diagnosis.comparison.alignment import Place


class DifferenceKind(enum.StrEnum):
    """
    How attempts can differ at a place, the most telling first.
    """

    ERROR = "error"
    RECOVERED = "recovered error"
    SLOW = "slow"
    ORDER = "order"
    MISSING = "missing"
    EXTRA = "extra"
    MORE = "more"
    FEWER = "fewer"
    SHAPE = "shape"
    VALUE = "value"
    FAST = "fast"
    PRECEDING = "preceding test"
    STATUS = "status"
    WAIT = "wait"
    WORKER = "worker"
    ENVIRONMENT = "environment"
    IDENTITY = "identity"


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Predicate:
    """
    Something that *holds* in some attempts, one bit an attempt, at *place*; None is
    the world around the test. *name* says of what, *value* which; *values* what the
    others have, by their index, and *sizes* the same as numbers where it is one that is
    measured. *other* is the place that an order is about.
    """

    kind: DifferenceKind
    place: Place | None
    holds: int
    value: str
    name: str = ""
    values: Mapping[int, str] = field(default_factory=dict, repr=False)
    sizes: Mapping[int, float] = field(default_factory=dict, repr=False)
    other: Place | None = None


def bits(indexes: Iterable[int]) -> int:
    """
    Give *indexes* as one number, a bit each.
    """
    held = 0
    for index in indexes:
        held |= 1 << index

    return held
