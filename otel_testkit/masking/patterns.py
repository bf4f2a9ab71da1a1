"""
Patterns of the user's own, which may be anything.

They may match nothing at all, or the very word that stands for a secret, and
they may be slow. Python cannot stop a search that has begun, so a pattern sees
a stretch of the text at a time, and the clock is looked at in between.
"""

from __future__ import annotations

import re

from collections.abc import Iterable, Iterator
from typing import Final

from otel_testkit.masking import budget
from otel_testkit.masking.values import MASK


STRETCH: Final = 4096
# A secret that one stretch cuts is found in the next, if it is no longer than this.
_OVERLAP: Final = 1024
_GROUP: Final = "secret"


class Patterns:
    """
    Strikes out what *patterns* match, or their group `secret` if they have one.
    """

    __slots__ = ("_patterns",)

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = tuple(map(re.compile, patterns))

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def mask(self, text: str) -> str:
        """
        Strike out of *text* what any of the patterns matches.
        """
        for pattern in self._patterns:
            text = _mask(pattern, text)

        return text


def _mask(pattern: re.Pattern[str], text: str) -> str:
    group = _GROUP if _GROUP in pattern.groupindex else 0
    kept: list[str] = []
    done = 0
    for match in _matches(pattern, text):
        start, end = _spread(text, *match.span(group))
        start = max(start, done)
        if end <= start or text[start:end] == MASK:
            continue
        # Secrets side by side are one.
        if not kept or start > done:
            kept += text[done:start], MASK
        done = end
    if not kept:
        return text
    kept.append(text[done:])

    return re.sub(f"(?:{MASK}){{2,}}", MASK, "".join(kept))


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    position, size = 0, len(text)
    while position < size:
        budget.check()
        stretch = min(size, position + STRETCH)
        following = stretch - _OVERLAP
        for match in pattern.finditer(text, position, stretch):
            if match.end() == stretch < size and match.start() > position:
                # Cut by the stretch, perhaps: the next one begins with it.
                following = match.start()
                break
            yield match
            following = max(following, match.end())
        if stretch == size:
            return
        position = following


def _spread(text: str, start: int, end: int) -> tuple[int, int]:
    # The mask is one word: nothing is struck out within it, and what covers a
    # part of it covers all.
    size = len(MASK)
    head = text.rfind(MASK, max(0, start - size + 1), start + size)
    tail = text.rfind(MASK, max(0, end - size + 1), end - 1 + size)

    return (
        head if head >= 0 else start,
        tail + size if tail >= 0 else end,
    )
