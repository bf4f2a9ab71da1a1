"""
Bodies as flat facts, path by path, so that two of them can be laid side by side.

Lists are taken as one: an answer with five rows has the same paths as one with
seven, and a length that differs.
"""

from __future__ import annotations

import json
import re

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl

from otel_testkit.trace.naming import template


# Beyond it, no body is compared in full.
_MOST_READ: Final = 100_000
_MOST_FACTS: Final = 200
_MOST_ITEMS: Final = 20
_DEPTH: Final = 8
_LONGEST: Final = 80
_EXCERPT: Final = 400
_FORM: Final = re.compile(r"[\w.~%+-]+=[^\s<>{}\"]*$")
_NUMBER: Final = re.compile(r"-?[\d.]{1,6}")
_BREAKS: Final = re.compile(r"(\s+|['\"()\[\]{}<>/?&|]+)")


def facts(body: str) -> Mapping[str, str]:
    """
    Give what *body* says by its path, `.items[].state`: values as JSON, with their
    ids, numbers in texts and dates taken out. One that is neither JSON nor a form
    has a single fact, what it is.
    """
    text = body.strip()
    if not text or len(text) > _MOST_READ:
        return {"": _kind(text)}

    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return _form(text) or {"": _kind(text)}

    found: dict[str, set[str]] = {}
    _gather(said, "", found, _DEPTH)

    # Of the items of a list all that they say, in the order of the alphabet.
    return {path: ", ".join(sorted(values)) for path, values in found.items()}


def steady(text: str) -> str:
    """
    Take out of *text* what changes from run to run, and cut it short. What is but a
    small number stays.
    """
    return _steady(text[:_EXCERPT])


@lru_cache(maxsize=8192)
def _steady(text: str) -> str:
    if _NUMBER.fullmatch(text):
        return text

    steadied = "".join(
        template(part) if at % 2 == 0 else " " if part.isspace() else part
        for at, part in enumerate(_BREAKS.split(text))
    )

    return steadied if len(steadied) <= _LONGEST else steadied[:_LONGEST] + "…"


def _gather(value: Any, path: str, found: dict[str, set[str]], depth: int) -> None:
    if len(found) >= _MOST_FACTS:
        return
    if isinstance(value, dict) and depth:
        if not value:
            found.setdefault(path, set()).add("{}")
        for key, inner in value.items():
            _gather(inner, f"{path}.{template(key)}", found, depth - 1)
    elif isinstance(value, list) and depth:
        found.setdefault(f"{path}.length", set()).add(str(len(value)))
        for inner in value[:_MOST_ITEMS]:
            _gather(inner, f"{path}[]", found, depth - 1)
    else:
        found.setdefault(path, set()).add(_shown(value))


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f'"{steady(value)}"'
    if isinstance(value, dict | list):
        return "…"

    return json.dumps(value)[:_LONGEST]


def _form(text: str) -> dict[str, str]:
    if _FORM.match(text) is None:
        return {}

    return {f".{name}": f'"{steady(value)}"' for name, value in parse_qsl(text)}


def _kind(text: str) -> str:
    """
    Say in a word or two what a *text* is that cannot be taken apart.
    """
    if not text:
        return "nothing"
    if text[0] == "<":
        is_page = "<html" in text[:_EXCERPT].lower() or text[:2] == "<!"
        return "a page of HTML" if is_page else "XML or HTML"
    if text[0] in "{[":
        return "JSON that ends too early, or is too long"

    return steady(text)
