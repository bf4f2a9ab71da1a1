"""
The page's program and its looks, each as one text to stand inside the page.

The modules of the program are joined in the order in which they need each other: a
page opened from a disk may load nothing. Each becomes a function that is called once,
and gives what the module exports.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re

from importlib import resources
from typing import Final


_ENTRY: Final = "main"
_LOADER: Final = "loader.js"
# In the order of the cascade: what the page is read with, and what its program shows.
_STYLES: Final = ("base.css", "run.css", "test.css", "print.css")
_LATER_STYLES: Final = ("timeline.css", "detail.css")
_COMMENT: Final = re.compile(r"^\s*(?:/\*.*?\*/|//[^\n]*)\n", re.MULTILINE | re.DOTALL)
_INDENT: Final = re.compile(r"^\s+", re.MULTILINE)
_IMPORT: Final = re.compile(
    r"^import (\{[^}]*\}) from \"\./([\w-]+)\.js\";$", re.MULTILINE
)
_EXPORT: Final = re.compile(
    r"^export ((?:async )?(?:function\*?|const|class) (\w+))", re.MULTILINE
)


@functools.cache
def script() -> str:
    """
    Give the program, module after module.
    """
    texts: dict[str, str] = {}
    _join(_ENTRY, texts, ())

    return "\n".join(texts.values())


@functools.cache
def loader() -> str:
    """
    Give the program that unpacks the program.
    """
    return _bare(_read(_LOADER))


@functools.cache
def style() -> str:
    """
    Give the style sheet that the page is read with.
    """
    return "".join(_bare(_read(name)) for name in _STYLES)


@functools.cache
def later_style() -> str:
    """
    Give the style sheet of what the program shows.
    """
    return "".join(_bare(_read(name)) for name in _LATER_STYLES)


def digest(text: str) -> str:
    """
    Give the hash by which a content security policy allows *text*.
    """
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _join(name: str, texts: dict[str, str], above: tuple[str, ...]) -> None:
    if name in above:
        msg = f"these modules need each other: {' → '.join((*above, name))}"
        raise ValueError(msg)
    if name in texts:
        return

    source = _bare(_read(f"{name}.js"))
    for _, needed in _IMPORT.findall(source):
        _join(needed, texts, (*above, name))
    variable = name.replace("-", "_")
    names = ", ".join(exported for _, exported in _EXPORT.findall(source))
    body = _EXPORT.sub(r"\1", _IMPORT.sub(_constant, source)).strip()
    texts[name] = (
        f"const {variable}_js = (() => {{\n{body}\n\nreturn {{ {names} }};\n}})();\n"
    )


def _bare(text: str) -> str:
    """
    Leave out of *text* what is for its readers. No text of ours goes over a line.
    """
    return _INDENT.sub("", _COMMENT.sub("", text))


def _constant(found: re.Match[str]) -> str:
    return f"const {found[1]} = {found[2].replace('-', '_')}_js;"


def _read(name: str) -> str:
    file = resources.files("otel_testkit.report.html") / "assets" / name

    return file.read_text(encoding="utf-8")
