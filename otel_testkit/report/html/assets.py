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
# In the order of the cascade.
_STYLES: Final = (
    "base.css",
    "run.css",
    "test.css",
    "timeline.css",
    "detail.css",
    "print.css",
)
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
def style() -> str:
    """
    Give the style sheet.
    """
    return "\n".join(map(_read, _STYLES))


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

    source = _read(f"{name}.js")
    for _, needed in _IMPORT.findall(source):
        _join(needed, texts, (*above, name))
    names = ", ".join(exported for _, exported in _EXPORT.findall(source))
    body = _EXPORT.sub(r"\1", _IMPORT.sub(r"const \1 = \2_js;", source)).strip()
    texts[name] = (
        f"const {name}_js = (() => {{\n{body}\n\nreturn {{ {names} }};\n}})();\n"
    )


def _read(name: str) -> str:
    file = resources.files("otel_testkit.report.html") / "assets" / name

    return file.read_text(encoding="utf-8")
