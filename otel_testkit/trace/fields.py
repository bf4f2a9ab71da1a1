"""
Attributes of the type that they should have.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def text(attributes: Mapping[str, Any], *names: str) -> str:
    """
    Give the first of the attributes *names* that is a text; "" if none is.
    """
    for name in names:
        value = attributes.get(name)
        if isinstance(value, str) and value:
            return value

    return ""


def integer(attributes: Mapping[str, Any], *names: str) -> int | None:
    """
    Give the first of the attributes *names* that is an integer.
    """
    for name in names:
        value = attributes.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value

    return None
