"""
The stream that a report is printed on, and what it can show.

It may be narrow, without colours, without Unicode, or no terminal at all.
"""

from __future__ import annotations

import os
import sys

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import IO, Final

from rich.console import Console
from rich.text import Text

from otel_testkit.report import text as texts


# The styles that a report is written in.
BAD: Final = "red"
GOOD: Final = "green"
PLACE: Final = "cyan"
QUIET: Final = "dim"

_LEAST_WIDTH: Final = 48
# On a wider screen the eye loses the line.
_MOST_WIDTH: Final = 140
# Where nothing tells the width: CI logs are wider than old terminals.
_LOG_WIDTH: Final = 100


@dataclass(frozen=True, slots=True)
class Glyphs:
    """
    The characters that a tree is drawn with; *cut* stands for text left out.
    """

    rule: str
    fail: str
    passed: str
    other: str
    times: str
    cut: str
    full: str
    left: str
    right: str
    branch: str
    last: str
    line: str
    gap: str
    ellipsis: str


UNICODE: Final = Glyphs(
    rule="─",
    fail="✗",
    passed="✓",
    other="○",
    times="×",  # noqa: RUF001 - it is meant
    cut="…",
    full="█",
    left="▌",
    right="▐",
    branch="├─ ",
    last="└─ ",
    line="│  ",
    gap="   ",
    ellipsis="…",
)
ASCII: Final = Glyphs(
    rule="-",
    fail="x",
    passed="+",
    other="o",
    times="x",
    cut="~",
    full="#",
    left="|",
    right="|",
    branch="|- ",
    last="`- ",
    line="|  ",
    gap="   ",
    ellipsis="...",
)


# What our own words hold.
_PLAINER: Final = ((texts.ELLIPSIS, ASCII.ellipsis), ("µ", "u"), ("→", "->"))


class _Console(Console):
    def on_broken_pipe(self) -> None:
        # Rich would end the process; whose process it is, we do not know.
        raise  # noqa: PLE0704 - rich calls this while it handles the error


class Page:
    """
    Where a report is printed: a stream, with what it can show.

    *width* and *color* are found out from the stream and the environment.
    """

    def __init__(
        self, file: IO[str], *, width: int | None = None, color: bool | None = None
    ) -> None:
        if color is None:
            color = _wants_color(file)
        self.width: Final = min(max(width or _width(file), _LEAST_WIDTH), _MOST_WIDTH)
        self.encoding: Final = getattr(file, "encoding", None) or "utf-8"
        self.glyphs: Final = UNICODE if _can_show(self.encoding) else ASCII
        self._console: Final = _Console(
            file=file,
            width=self.width,
            force_terminal=color,
            force_jupyter=False,
            color_system="standard" if color else None,
            highlight=False,
            markup=False,
            emoji=False,
        )

    def print(self, lines: Iterable[Text | str]) -> None:
        for line in lines:
            text = Text(line) if isinstance(line, str) else line
            text.rstrip()
            self._console.print(text, soft_wrap=True)

    def text(self, value: str) -> str:
        """
        Make *value*, somebody else's text, fit to be shown here.
        """
        value = texts.harmless(value)
        if self.glyphs is ASCII:
            for char, plain in _PLAINER:
                value = value.replace(char, plain)

        return value.encode(self.encoding, "backslashreplace").decode(self.encoding)

    def fit(self, value: str, columns: int, *, tail: float = 0.0) -> str:
        """
        Make *value* fit to be shown in *columns*, keeping the share *tail* of
        its end.
        """
        return self.cut(self.text(value), columns, tail=tail)

    def cut(self, value: str, columns: int, *, tail: float = 0.0) -> str:
        """
        Cut *value*, which may be shown as it is, to *columns*.
        """
        short = texts.shorten(value, columns, tail=tail)

        return short.replace(texts.ELLIPSIS, self.glyphs.cut)


def _can_show(encoding: str) -> bool:
    try:
        "".join(astuple(UNICODE)).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False

    return True


def _wants_color(file: IO[str]) -> bool:
    environ = os.environ
    if environ.get("NO_COLOR"):
        return False
    if forced := environ.get("FORCE_COLOR"):
        return forced.lower() not in ("0", "false")

    return environ.get("TERM") != "dumb" and _is_terminal(file)


def _is_terminal(file: IO[str]) -> bool:
    try:
        return file.isatty()
    except (AttributeError, ValueError):
        return False


def _width(file: IO[str]) -> int:
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told):
        return int(told)

    # A pager or a pipe may stand before the one, the terminal behind another.
    for stream in (file, sys.__stdout__, sys.__stderr__):
        try:
            columns = os.get_terminal_size(stream.fileno()).columns if stream else 0
        except (AttributeError, OSError, ValueError):
            continue
        if columns:
            return columns

    return _LOG_WIDTH
