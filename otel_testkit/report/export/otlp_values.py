"""
Plain values as OTLP's `AnyValue`s, such as every reader of protobuf's JSON takes.
"""

from __future__ import annotations

import base64
import math

from collections.abc import Mapping
from typing import Any, Final


_INT64: Final = range(-(2**63), 2**63)
_UINT32: Final = range(2**32)
# Readers give up where it is too deep; nobody looks there.
_DEEPEST: Final = 40


def pairs(attributes: Mapping[str, Any], depth: int = 0) -> list[dict[str, Any]]:
    """
    Give *attributes* as a list of key-value pairs.
    """
    return [
        {"key": key, "value": any_value(value, depth)}
        for key, value in attributes.items()
    ]


def any_value(value: Any, depth: int = 0) -> dict[str, Any]:
    """
    Give *value* as an `AnyValue`: an empty one for None, and below the depth that is
    written.
    """
    match value:
        case str():
            return {"stringValue": value}
        case bool():
            return {"boolValue": value}
        case int():
            # Larger ones have no place there.
            kind = "intValue" if value in _INT64 else "stringValue"
            return {kind: str(value)}
        case float():
            return {"doubleValue": _double(value)}
        case bytes():
            return {"bytesValue": base64.b64encode(value).decode()}
        case Mapping() | list() if depth < _DEEPEST:
            return _nested(value, depth + 1)

    return {}


def count(fields: Mapping[str, Any], name: str) -> dict[str, int]:
    """
    Give {*name*: number} for the number of that *name* in *fields*, if it is one.
    """
    value = fields.get(name)
    is_number = isinstance(value, int) and not isinstance(value, bool)

    return {name: value} if is_number and value in _UINT32 and value else {}


def _nested(value: Mapping[str, Any] | list[Any], depth: int) -> dict[str, Any]:
    if isinstance(value, list):
        items = [any_value(item, depth) for item in value]
        return {"arrayValue": {"values": items} if items else {}}

    told = pairs(value, depth)

    return {"kvlistValue": {"values": told} if told else {}}


def _double(value: float) -> float | str:
    if math.isfinite(value):
        return value
    if math.isnan(value):
        return "NaN"

    return "Infinity" if value > 0 else "-Infinity"
