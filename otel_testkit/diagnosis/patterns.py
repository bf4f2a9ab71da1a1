"""
Tables of phrases, made ready to be searched for.
"""

from __future__ import annotations

import re
import textwrap

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from otel_testkit.diagnosis.dialects import exceptions
from otel_testkit.diagnosis.dialects.phrases import access, limits, requests, troubles
from otel_testkit.diagnosis.finding import Cause


Patterns = tuple[tuple[Cause, int, re.Pattern[str]], ...]
"""
Of what a pattern speaks, and how clearly; the clearest of a cause first.
"""

_INDENT: Final = 4


@cache
def of_services() -> Patterns:
    """
    Give the patterns for what services say.
    """
    return tuple(
        one
        for family in (limits, access, requests, troubles)
        for one in _compiled(family.PHRASES, family.WORDS)
    )


@cache
def of_clients() -> Patterns:
    """
    Give the patterns for what exceptions of clients say.
    """
    return _compiled(exceptions.WORDS, {})


def _compiled(
    table: Mapping[Cause, Mapping[int, str]], words: Mapping[str, str]
) -> Patterns:
    return tuple(
        (cause, weight, re.compile("|".join(_lines(by_weight[weight], words))))
        for cause, by_weight in table.items()
        for weight in sorted(by_weight, reverse=True)
    )


def _lines(text: str, words: Mapping[str, str]) -> Iterator[str]:
    for name, pattern in words.items():
        text = text.replace(f"<{name}>", pattern)

    whole = ""
    for line in textwrap.dedent(text.strip("\n")).splitlines():
        if line.startswith(" "):
            whole += line[_INDENT:]
            continue
        if whole.strip():
            yield f"(?:{whole})"
        whole = line
    if whole.strip():
        yield f"(?:{whole})"
