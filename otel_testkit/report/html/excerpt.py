"""
The code around the line that failed, as it stands on this disk when the page is made.

A store may come from anywhere. So a file is read only where it is Python, lies in the
project of the run, which is the one that we are in, and still has the line that was
recorded; and it is masked as all that is recorded is.
"""

from __future__ import annotations

import functools
import os
import re

from dataclasses import dataclass
from typing import Final

from otel_testkit.masking import Masker, secret_environment_values
from otel_testkit.settings import resolve
from otel_testkit.store.layout import project_root
from otel_testkit.trace.model import Error


_BEFORE: Final = 4
_AFTER: Final = 2
# A failing statement is recorded with as many lines at most.
_MOST_FAILING: Final = 4
_MOST_BYTES: Final = 2_000_000
# Where another function begins.
_BEGINS: Final = re.compile(r"\s*((async\s+def|def|class)\b|@)")


@dataclass(frozen=True, slots=True)
class Line:
    """
    A line of code, and whether it belongs to what failed.
    """

    number: int
    text: str
    is_failing: bool


def excerpt(error: Error, project: str) -> tuple[Line, ...]:
    """
    Give the lines around the one that *error* was raised in; none where they can't be
    told. *project* is the folder from which its file is named.
    """
    if not error.source or not error.line or error.line < 1 or not project:
        return ()

    path = _inside(error.file, project)
    if not path:
        return ()
    masker = _masker(project)
    lines = _lines(path)
    failing = _matching(lines, error, masker)
    if not failing:
        return ()

    # As a whole: a secret of several lines is known by its first.
    masked = masker.text("\n".join(lines)).split("\n")
    if len(masked) != len(lines):
        return ()

    return tuple(
        Line(place + 1, masked[place], place in failing)
        for place in _around(failing, masked)
    )


def _inside(file: str, project: str) -> str:
    """
    Give the path of *file*, "" if it is none of the project's.
    """
    try:
        root = project_root(os.getcwd())
        path = os.path.normpath(os.path.join(root, file))
        # As texts first: to look at some paths is to ask another machine.
        if project != root or not _is_below(path, root):
            return ""
        path = os.path.realpath(path)
        is_inside = _is_below(path, os.path.realpath(root))
    except (OSError, ValueError):
        # The folder is gone, or there can be no such path.
        return ""

    return path if is_inside and path.endswith(".py") else ""


def _is_below(path: str, root: str) -> bool:
    return path.startswith(os.path.join(root, ""))


@functools.lru_cache(maxsize=64)
def _lines(path: str) -> tuple[str, ...]:
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > _MOST_BYTES:
            return ()
        with open(path, encoding="utf-8", errors="replace") as file:
            return tuple(line.rstrip("\n") for line in file)
    except (OSError, ValueError):
        return ()


@functools.lru_cache(maxsize=4)
def _masker(project: str) -> Masker:
    settings, _ = resolve({}, os.environ, project)

    return Masker(
        keys=settings.mask_keys,
        allow=settings.mask_allow,
        patterns=settings.mask_patterns,
        secrets=secret_environment_values(os.environ),
    )


def _matching(lines: tuple[str, ...], error: Error, masker: Masker) -> range:
    """
    Find the lines of the statement that was recorded, which is without its breaks.
    """
    first = (error.line or 0) - 1
    for count in range(1, _MOST_FAILING + 1):
        parts = (line.strip() for line in lines[first : first + count])
        if masker.text(" ".join(filter(None, parts))) == error.source:
            return range(first, first + count)

    return range(0)


def _around(failing: range, lines: list[str]) -> range:
    """
    Give the places around those that are *failing*, as far as they are of the same
    function, without blank lines at the ends.
    """
    start, stop = failing.start, failing.stop
    while start > max(0, failing.start - _BEFORE) and not _BEGINS.match(lines[start]):
        start -= 1
    while stop < min(len(lines), failing.stop + _AFTER) and not _BEGINS.match(
        lines[stop]
    ):
        stop += 1
    while not lines[start].strip():
        start += 1
    while not lines[stop - 1].strip():
        stop -= 1

    return range(start, stop)
