"""
JSON that is written while it is made: a run may be larger than memory has room for
twice.

It is plain ASCII, so that a terminal shows it and does not obey it, and holds nothing
that strict readers refuse.
"""

from __future__ import annotations

import json
import re

from collections.abc import Iterator
from typing import Any, Final


_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7e]")


def json_text(value: Any, *, indent: int | None = None) -> str:
    """
    Give *value* as JSON, without *indent* on one line.
    """
    text = json.dumps(
        value,
        ensure_ascii=False,
        allow_nan=False,
        indent=indent,
        separators=(",", ":") if indent is None else None,
    )

    # All that is left to be escaped stands in strings, DEL with it.
    is_plain = text.isascii() and "\x7f" not in text

    return text if is_plain else _BEYOND_ASCII.sub(_escaped, text)


def pieces(value: Any, *, indent: int | None = None, depth: int = 1) -> Iterator[str]:
    """
    Give *value* as JSON piece by piece, its iterators as lists. With *indent* 1 it is
    what `json.dumps` makes of it; without, each item of an iterator is a line.
    """
    if isinstance(value, Iterator):
        brackets = "[]"
        items = (("", item) for item in value)
    elif _is_lazy(value):
        brackets = "{}"
        items = ((f"{json_text(name)}: ", item) for name, item in value.items())
    else:
        # Strings hold no line breaks of their own.
        yield json_text(value, indent=indent).replace("\n", "\n" + " " * (depth - 1))
        return

    before = brackets[0]
    for label, item in items:
        yield f"{before}\n{' ' * depth}{label}"
        yield from pieces(item, indent=indent, depth=depth + 1)
        before = ","

    yield brackets if before != "," else f"\n{' ' * (depth - 1)}{brackets[1]}"


def _is_lazy(value: Any) -> bool:
    return isinstance(value, Iterator) or (
        isinstance(value, dict) and any(map(_is_lazy, value.values()))
    )


def _escaped(found: re.Match[str]) -> str:
    char = found[0]
    # Half of a pair, which no reader but ours would take.
    is_lone = "\ud800" <= char <= "\udfff"

    return r"\ufffd" if is_lone else json.dumps(char)[1:-1]
