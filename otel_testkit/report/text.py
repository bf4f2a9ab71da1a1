"""
Text for a line of a report: harmless, measured, and cut to fit.

What a trace holds was written by servers, and may be written by an attacker.
"""

from __future__ import annotations

import re
import unicodedata

from collections.abc import Mapping
from typing import Final

from otel_testkit.trace.model import Outcome


ELLIPSIS: Final = "…"
"""
Stands for what was cut.
"""

_SPACES: Final = re.compile(r"[\s\x1c-\x1f\x85\u2028\u2029]+")
_ASCII: Final = re.compile(r"[\x20-\x7e]*")
# Controls, invisible and directional marks, surrogates, unknown code points.
_HARMFUL: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MARKS: Final = frozenset({"Mn", "Me"})
# As many marks on one letter as a script needs, and no tower of them.
_MOST_MARKS: Final = 3
# No line is longer: what comes after is not even looked at.
_LENGTH: Final = 4096
# Nor is a text of several lines.
_MOST: Final = 20_000
_BLANKS: Final = re.compile(r"( +)")


def harmless(text: str) -> str:
    """
    Make *text* one line that shows what it holds: no control character, no
    escape sequence and no change of direction gets through.
    """
    text = _SPACES.sub(" ", text[:_LENGTH])
    if _ASCII.fullmatch(text):
        return text

    shown = []
    marks = 0
    for char in text:
        category = unicodedata.category(char)
        marks = marks + 1 if category in _MARKS else 0
        if category in _HARMFUL:
            shown.append(char.encode("unicode_escape").decode())
        elif marks <= _MOST_MARKS:
            shown.append(char)

    return "".join(shown)


def harmless_lines(text: str) -> str:
    """
    Make *text* harmless line by line, its indentation kept, and cut where it is long.
    """
    shown = [
        "".join(
            part if part.isspace() else harmless(part)
            for part in _BLANKS.split(line.expandtabs(4))
        )
        for line in text[:_MOST].splitlines()
    ]
    if len(text) > _MOST:
        shown.append(f"{ELLIPSIS} {len(text) - _MOST:,} more characters")

    return "\n".join(shown)


def width(text: str) -> int:
    """
    Count the columns that *text* takes in a terminal.
    """
    if text.isascii():
        return len(text)

    return sum(_char_width(char) for char in text)


def shorten(text: str, columns: int, *, tail: float = 0.0) -> str:
    """
    Cut *text* to *columns*; of what stays, the share *tail* is its end.
    """
    if width(text) <= columns:
        return text
    if columns <= 1:
        return ELLIPSIS[:columns]

    last = int((columns - 1) * tail)
    head = _take(text, columns - 1 - last)
    end = _take(text[::-1], last)[::-1]

    return head + ELLIPSIS + end


def pad(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))


def duration(nanoseconds: int) -> str:
    """
    Tell a duration by two or three digits and its unit.
    """
    for unit, size in (("s", 1_000_000_000), ("ms", 1_000_000), ("µs", 1_000)):
        amount = nanoseconds / size
        # Not "1000 ms" for 999.6 ms.
        if amount >= 0.9995:
            return (
                f"{amount:.1f} {unit}"
                if amount < 9.95 or (unit == "s" and amount < 99.95)
                else f"{amount:.0f} {unit}"
            )

    return "0 s" if nanoseconds <= 0 else "<1 µs"


def counted(counts: Mapping[Outcome, int]) -> str:
    """
    Tell how many tests ended how: `1 failed, 12 passed`.
    """
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.items())


def _take(text: str, columns: int) -> str:
    taken = 0
    for place, char in enumerate(text):
        taken += _char_width(char)
        if taken > columns:
            return text[:place]

    return text


def _char_width(char: str) -> int:
    if unicodedata.category(char) in _MARKS:
        return 0

    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
