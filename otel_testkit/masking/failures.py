"""
Secrets in what libraries say of a failure, where the value stands apart from its
name: pytest, pydantic, SQLAlchemy and the databases.
"""

from __future__ import annotations

import re

from typing import Final

from otel_testkit.masking.keys import Keys, Kind, harmless
from otel_testkit.masking.values import MASK


# `assert 'x' == 'y'`, and below it: `where 'x' = <User>.password`.
_WHERE: Final = re.compile(
    r"\+ {1,40}where (?P<value>b?(?P<quote>['\"])(?:[^'\"\\\n]|\\.){4,400}+(?P=quote))"
    r" = (?P<of>[^\n]*+)"
)
_LAST_NAME: Final = re.compile(r"(\w{1,100})(?:\(\))?\Z")
_MOST: Final = 32
# The name of a field in one line, what was given for it in the next.
_INPUT: Final = re.compile(
    r"(?P<head>(?<![\w.\-\[\]])(?P<name>[\w.\-\[\]]{1,200}+)\r?\n(?:E )?[ \t]++[^\n]{0,500}?"
    r"\[type=\w{1,60}, input_value=)(?P<value>[^\n]{0,500}?)(?=, input_type=)"
)
_PARAMETERS: Final = re.compile(
    r"(?P<head>\[SQL: (?P<sql>.{1,4000}?)\]\r?\n(?:E +)?\[parameters: )"
    r"(?P<value>\[?\([^\n]*+)",
    re.DOTALL,
)
_NAME: Final = re.compile(r"[A-Za-z_]\w*+")
# As PostgreSQL and MySQL have it.
_DUPLICATE: Final = re.compile(
    r"(?P<head>\((?P<name>[^()\n]{1,200})\)=\()(?P<value>[^()\n]{1,1000})(?=\))"
)
_ENTRY: Final = re.compile(
    r"(?P<head>Duplicate entry ')(?P<value>[^\n]{1,500}?)"
    r"(?=' for key '(?P<name>[^'\n]{1,200})')"
)


def mask(text: str, keys: Keys) -> str:
    """
    Strike out of *text* the values that were given for secret names.
    """

    def struck(match: re.Match[str]) -> str:
        if harmless(match["value"]) or not keys.secret(match["name"]):
            return match[0]

        return f"{match['head']}{MASK}"

    def parameters(match: re.Match[str]) -> str:
        names = _NAME.findall(match["sql"])
        if all(keys.kind(name) is not Kind.SECRET for name in names):
            return match[0]

        return f"{match['head']}{MASK}]"

    if "where " in text:
        text = _where(text, keys)
    if "input_value=" in text:
        text = _INPUT.sub(struck, text)
    if "[parameters: " in text:
        text = _PARAMETERS.sub(parameters, text)
    if ")=(" in text:
        text = _DUPLICATE.sub(struck, text)
    if "Duplicate entry" in text:
        text = _ENTRY.sub(struck, text)

    return text


def _where(text: str, keys: Keys) -> str:
    secrets: set[str] = set()
    for match in _WHERE.finditer(text):
        name = _LAST_NAME.search(match["of"][-110:])
        if name and keys.secret(name[1]) and not harmless(match["value"]):
            secrets.add(match["value"])
        if len(secrets) >= _MOST:
            break
    if not secrets:
        return text

    return re.sub("|".join(map(re.escape, sorted(secrets))), f"'{MASK}'", text)
