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
import posixpath
import re

from importlib import resources
from typing import Final


_ENTRY: Final = "main"
_LOADER: Final = "loader.js"
# In the order of the cascade: what the page is read with, and what its program shows.
_STYLES: Final = ("page/base.css", "run/run.css", "test/test.css", "page/print.css")
_LATER_STYLES: Final = ("timeline/timeline.css", "call/detail.css")
_COMMENT: Final = re.compile(r"^\s*(?:/\*.*?\*/|//[^\n]*)\n", re.MULTILINE | re.DOTALL)
_INDENT: Final = re.compile(r"^\s+", re.MULTILINE)
_IMPORT: Final = re.compile(
    r"^import (\{[^}]*\}) from \"(\.{1,2}/[\w/-]+)\.js\";$", re.MULTILINE
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
    for _, path in _IMPORT.findall(source):
        _join(_module(name, path), texts, (*above, name))
    source = _IMPORT.sub(
        lambda found: f"const {found[1]} = {_variable(_module(name, found[2]))};",
        source,
    )
    names = ", ".join(exported for _, exported in _EXPORT.findall(source))
    body = _EXPORT.sub(r"\1", source).strip()
    texts[name] = (
        f"const {_variable(name)} = (() => {{\n{body}\n\nreturn {{ {names} }};\n}})();\n"
    )


def _module(name: str, path: str) -> str:
    """
    Name the module that the module *name* finds at *path*.
    """
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), path))


def _variable(name: str) -> str:
    return re.sub(r"\W", "_", name) + "_js"


def _bare(text: str) -> str:
    """
    Leave out of *text* what is for its readers. No text of ours goes over a line.
    """
    return _INDENT.sub("", _COMMENT.sub("", text))


def _read(name: str) -> str:
    file = resources.files("otel_testkit.report.html") / "assets" / name

    return file.read_text(encoding="utf-8")
