"""
Secrets in free text: messages, log lines, command lines, SQL, code, cut bodies.

A name is looked for together with what joins it to its value (`password=`,
`"token": `, `--secret `). A harmless name is stepped over and its value is read
again, since `reason: token=x` has two names; a secret one gives up its value,
quoted, bare, or in brackets. All is linear in the length of the text.
"""

from __future__ import annotations

import re

from typing import Final, NamedTuple

from otel_testkit.masking import budget, headers
from otel_testkit.masking.keys import (
    PLACEHOLDER,
    SECURE,
    Keys,
    Kind,
    harmless,
    placeholder,
    split,
    vocabulary,
)
from otel_testkit.masking.values import LIMIT, MASK


_PAIR: Final = re.compile(
    # A name that is not the end of a longer one; `\n` may be two characters, in
    # the repr of a request.
    r"(?:\\[nrt]|(?<![\w$.%\-]))(?:"
    r"(?P<key>[\w$.%\-]++(?:\[[\w.\-]{0,64}\])?+(?:\[[\w.\-]{0,64}\])?+)"
    r"(?P<quote>\\*+[\"'`]?+)\]?+[ \t]{0,8}+"
    r"(?P<sep>!?={1,3}+>?+|:=|:(?!:)|,(?=\s{0,8}+b?\\*+[\"']))"
    r"|(?P<flag>--?[A-Za-z_][\w\-.]*+(?:\[[\w\-.]{0,64}\]?+[\w\-.]*+){0,4}+)\]?+\\*+[\"']?+[ \t]{1,8}+(?=[^\s\-=|&;>])"
    r"|(?<![\"'`])(?P<sql>(?i:password|passwd|passphrase|by|as))\s{0,4}+\(?(?=\s{0,4}+\\*+['\"])"
    r"|(?P<call>Secret(?:Str|Bytes)?)\((?=[bru]?\\*[\"'])"
    r")[ \t]{0,64}+"
)
_QUOTED: Final = re.compile(
    r"(?:\s|\\[nrt]){0,8}+(?:string\(\d{1,9}\) )?[bBrRuUfF]{0,2}+(?P<quote>\\*+[\"'`])"
)
_CONTENT: Final = {
    '"': re.compile(r"(?:[^\"\\]++|\\.){0,4000}+", re.DOTALL),
    "'": re.compile(r"(?:[^'\\]++|\\.|''){0,4000}+", re.DOTALL),
    "`": re.compile(r"(?:[^`\\]++|\\.){0,4000}+", re.DOTALL),
}
# A bare value goes on over a delimiter that a value follows, and ends at one
# that the text follows: `a,b` is one value, `a, b` and `a,b=c` are not.
_BARE: Final = re.compile(
    r"(?:[^\s,;&)\]}>\"'`\\|]++"
    r"|[,;&|](?![\s\"'\\]|\Z|[\w$.%\-]++(?:=|:\s))"
    r"|[)\]}>\"'`](?![\s,;:.!?)\]}>\"'`\\|&<]|\Z)"
    # Not possessive: before Python 3.11.4 such a group kept what it had given back.
    r"|\\(?![rnt\"'`\\])|\\\\(?![\"'`\\]))*"
)
_ENDS: Final = re.compile(r"[\s,;&)\]}>\"'`\\|:.!?<]|\Z")
_SCHEME: Final = re.compile(r"(?P<scheme>[A-Za-z][\w\-]{1,30}+) {1,9}+")
_LINE: Final = re.compile(r"(?:[^\r\n\\]++|\\(?![rn]))*+")
_NUMBER: Final = re.compile(r"[+\-]?\d++(?:[_,.]\d++)*+(?:[eE][+\-]?\d++)?[.,:]?")
_OBJECT: Final = re.compile(r"<[^<>\n]{0,200}? (?:object )?at 0x[0-9a-fA-F]++>")
_BLOCK: Final = re.compile(
    r"[|>][+\-\d]{0,2}[ \t]*+\r?\n(?P<lines>(?:[ \t]++[^\n]*+\n?)++)"
)
_LIST: Final = re.compile(r"[ \t]*+(?:\r?\n[ \t]*+- [^\s:,'\"]++[ \t]*+(?=\r?\n|\Z))++")
_ITEM: Final = re.compile(r"(- )(\S++)")
_BRACKETS: Final = re.compile(r"[\[\](){}<>]|\\*+[\"'`]")
_CLOSING: Final = {"[": "]", "(": ")", "{": "}", "<": ">"}

# Source lines in stack traces: annotations, calls, look-ups.
_TYPE: Final = re.compile(
    r"\[?(?:(?:str|string|String|ID|bytes|int|Int|float|Float|bool|Boolean|object|Any|any"
    r"|SecretStr|SecretBytes|None|dict|list|tuple|number|unknown|Optional|Union|Literal"
    r"|Annotated|Mapping|Callable)(?![\w\-])(?:\[[^\]\n]{0,200}\]{1,3})?!?\]?!?"
    r"(?:\s?\|\s?(?=[A-Za-z]))?+){1,8}+"
    r"(?=\s{0,4}+(?:(?P<default>=(?!=))|[,)\]}]|\Z|[\r\n]))"
)
_WRAPPED: Final = re.compile(r"[A-Za-z_][\w.]{0,80}\((?=[bru]?\\*[\"'])")
_CODE: Final = re.compile(
    r"[A-Za-z_][A-Za-z0-9_.]{0,80}(?:\((?=[A-Za-z_)\[{(*])|\[\\*[\"'])"
    r"|(?:self|cls|os|settings|config|this|args|kwargs|request|response|resp|env)"
    r"\.[A-Za-z_][A-Za-z_.]*+(?=[\s,;)\]}(]|\Z)"
)
_VARIABLE: Final = re.compile(r"\$(\w++)(?=[\s,;&)\]}>\"'`\\|]|\Z)")
# What is said of a secret, and is none.
PROSE: Final = vocabulary(
    "a an and are as at be been but by can cannot could did do does for from had has "
    "have if in into is it its may must my no not of on or our should so than that the "
    "then there this to too used using was were when which will with without would you "
    "your invalid expired missing required incorrect wrong bad unknown unable failed "
    "failure failing error errors ok okay passed skipped xfail xpass success successful "
    "succeeded valid verified accepted denied refused rejected revoked forbidden "
    "unauthorized unauthenticated empty unset set present absent provided given found "
    "mismatch malformed unsupported unexpected disabled enabled optional field fields "
    "value values length type types include omit same-origin string str int bool bytes "
    "object array integer number creating created reading refreshed refreshing renewed "
    "retrying rotating rotated loading loaded checking sending sent received starting "
    "raise return pass continue break yield await assert print "
    "started closed opened redacted hidden masked filtered removed withheld"
)
_WHOLE_LINE: Final = frozenset({"password", "passwd", "passphrase", "secret"})
# Names of several words, in prose: "API key: ", "session id = ", "token was: ".
_FILLERS: Final = vocabulary(
    "key keys id string number code provided is was used given phrase"
)
_PREVIOUS: Final = re.compile(r"(?:[A-Za-z]{1,20}[ ]){1,2}\Z")
_OPAQUE: Final = re.compile(
    r"(?=[^\s]{0,200}?[0-9+/=_.~!@#$%^*])[^\s]{6,}|\w{16,}|\S{200}"
)
# So far is looked for what else there may be in a line.
_FAR: Final = 2048
_MENTIONS: Final = ("=", ":", "'", '"', " -", "--")


class _Found(NamedTuple):
    start: int
    end: int
    instead: str


def mask(text: str, keys: Keys) -> str:
    """
    Strike out of *text* the values of the names that *keys* call secret.
    """
    if not _mentions(text, keys):
        return text
    kept: list[str] = []
    done = position = 0
    due = budget.STRIDE
    while match := _PAIR.search(text, position):
        if position >= due:
            due = budget.check(position)
        found = _judge(text, match, keys)
        if found is None:
            position = max(match.end(), position + 1)
            continue
        kept += text[done : found.start], found.instead
        done = found.end
        position = max(done, match.end())
    kept.append(text[done:])

    return "".join(kept)


def _mentions(text: str, keys: Keys) -> bool:
    # A quick no, for nearly all texts.
    for mark in _MENTIONS:
        if mark in text:
            break
    else:
        return False

    return keys.mentioned(text) or "dentified" in text or "DENTIFIED" in text


def _judge(text: str, match: re.Match[str], keys: Keys) -> _Found | None:
    name = match["key"] or match["flag"] or match["sql"] or match["call"]
    at = match.end()
    if match["sql"]:
        start = match.start("sql")
        if name.lower() in {"by", "as"} and not _identified(text, start):
            return None

        return _quoted(text, at, name)
    if match["call"]:
        return _quoted(text, at, name)
    start = match.start("key") if match["key"] else match.start("flag")
    kind = keys.kind(name)
    if kind is Kind.HARMLESS:
        kind = _in_context(text, start, name, keys)
    if kind is Kind.HARMLESS or _no_name(text, start):
        return None
    separator = match["sep"] or " "
    if separator == ",":
        before = text[:start].rstrip("\"'`\\b")[-1:] if start < 8 else ""
        before = before or text[start - 8 : start].rstrip("\"'`\\b")[-1:]
        if not name.startswith("-") and before not in {"(", "["}:
            return None
        if "_keys(" in text[max(0, start - 8) : start]:
            return None

        return _quoted(text, at, name)

    return _value(
        text, at, _Name(name, kind, separator, match["quote"] or "", start), keys
    )


class _Name(NamedTuple):
    name: str
    kind: Kind
    separator: str
    quote: str
    start: int


def _value(  # noqa: C901 - a list of forms, each of its own
    text: str, at: int, name: _Name, keys: Keys
) -> _Found | None:
    if at >= len(text):
        return None
    if text.startswith(MASK, at) and _ENDS.match(text, at + len(MASK)):
        return None
    if _QUOTED.match(text, at):
        return _quoted(text, at, name.name)
    if name.name in {"PWD", "OLDPWD"} and text[at] == "/":
        return None
    colon = name.separator == ":"
    if colon and (match := _TYPE.match(text, at)):
        if not match["default"]:
            return None
        at = match.end("default")
        at += len(text[at : at + 64]) - len(text[at : at + 64].lstrip(" \t"))

        return _value(text, at, name._replace(separator="="), keys)
    for harmless_form in (_OBJECT, PLACEHOLDER, _CODE):
        if harmless_form.match(text, at):
            return None
    if (match := _VARIABLE.match(text, at)) and keys.secret(match[1]):
        return None
    if match := _WRAPPED.match(text, at):
        return _quoted(text, match.end(), name.name)
    if colon and (match := _BLOCK.match(text, at)):
        return _Found(match.start("lines"), match.end(), f"  {MASK}\n")
    if colon and (match := _LIST.match(text, at)):
        items = _ITEM.sub(_item, match[0])

        return None if items == match[0] else _Found(at, match.end(), items)
    if text[at] in _CLOSING and not text.startswith(MASK, at):
        return _bracketed(text, at, name)
    header = split(name.name)[-1:]
    if header == ["authorization"]:
        return _authorization(text, at, name)
    if colon and header == ["cookie"] and text.find("=", at, at + _FAR) >= 0:
        end = _end_of_line(text, at, name.start)
        if "=" in text[at:end]:
            struck = headers.strike(split(name.name), text[at:end])

            return _Found(at, end, struck)

    return _bare(text, at, name)


def _item(match: re.Match[str]) -> str:
    return match[0] if harmless(match[2]) else f"{match[1]}{MASK}"


def _bare(text: str, at: int, name: _Name) -> _Found | None:
    end = _bare_end(text, at)
    value = text[at:end]
    if harmless(value) or value == name.name.rpartition(".")[2]:
        return None
    # `tokens: 512` is a count, `test_token.py:57` a line.
    if _NUMBER.fullmatch(value) and (
        name.kind is Kind.WEAK
        or (name.name.startswith("test") and text[at - 1 : at] == ":")
    ):
        return None
    if name.separator == ":" and not name.quote:
        word = value.rstrip(".!?:").lower()
        if word in PROSE or (name.kind is Kind.WEAK and not _OPAQUE.match(value)):
            return None
    if name.separator in {":", "="} and text[at - 1 : at] in {" ", "\t"}:
        line = text.rfind("\n", max(0, name.start - 200), name.start) + 1
        words = split(name.name)
        if not text[line : name.start].strip(" \t-") and words[-1] in _WHOLE_LINE:
            end = max(end, _end_of_line(text, at, name.start))

    return _Found(at, end, _as_quoted(name.quote))


def _bare_end(text: str, at: int) -> int:
    end = at + len(MASK) if text.startswith(MASK, at) else at
    match = _BARE.match(text, end)

    return match.end() if match else end


def _authorization(text: str, at: int, name: _Name) -> _Found | None:
    match = _SCHEME.match(text, at)
    if match is None or match["scheme"].lower() not in headers.SCHEMES:
        return _bare(text, at, name)
    token = match.end()
    end = token
    if text.find("=", token, token + _FAR) >= 0 <= text.find(",", token, token + _FAR):
        end = _end_of_line(text, token, name.start, token + _FAR)
    if "=" not in text[token:end] or "," not in text[token:end]:
        if text.startswith(MASK, token) and _ENDS.match(text, token + len(MASK)):
            return None
        end = _bare_end(text, token)
        if PLACEHOLDER.match(text, token) or harmless(text[token:end]):
            return None

    return _Found(token, end, MASK)


def _quoted(text: str, at: int, name: str) -> _Found | None:
    opening = _QUOTED.match(text, at)
    if opening is None:
        return None
    quote, start = opening["quote"], opening.end()
    end = _closing(text, start, quote)
    content = text[start:end]
    if harmless(content) or placeholder(content):
        return None

    return _Found(start, end, headers.strike(split(name), content))


def _closing(text: str, start: int, quote: str) -> int:
    # Where the string that *quote* opened before *start* is closed, or cut.
    mark = quote[-1]
    if len(quote) == 1:
        if (
            text.startswith(mark * 2, start)
            and (end := text.find(mark * 3, start + 2)) >= 0
        ):
            return end
        match = _CONTENT[mark].match(text, start)
        end = match.end() if match else start
        # In the repr of JSON an escaped quote has one backslash too many.
        while (
            text[end - 1 : end + 1] == f"\\{mark}" and text[end + 1 : end + 2].isalnum()
        ):
            match = _CONTENT[mark].match(text, end + 1)
            end = match.end() if match else len(text)
        if text.startswith(mark, end):
            return end
    else:
        end = text.find(quote, start)
        while end > 0 and text[end - 1] == "\\":
            end = text.find(quote, end + len(quote))
        if end >= 0:
            return end
    line = text.find("\n", start)

    return len(text) if line < 0 else line


def _bracketed(text: str, at: int, name: _Name) -> _Found | None:
    if text[at] == "(" and name.separator == ":" and not name.quote:
        return None
    open_: list[str] = []
    position = at
    while match := _BRACKETS.search(text, position):
        mark = match[0]
        position = match.end()
        if mark in _CLOSING:
            open_.append(_CLOSING[mark])
        elif open_ and mark == open_[-1]:
            open_.pop()
            if not open_:
                break
        elif mark[-1] in "\"'`":
            position = min(len(text), _closing(text, position, mark) + len(mark))
    else:
        position = len(text)
    inner = text[at + 1 : position - 1].strip()
    if not inner or inner == MASK or harmless(inner):
        return None

    if not _ENDS.match(text, position):
        position = _bare_end(text, position)

    return _Found(at, position, _as_quoted(name.quote))


def _as_quoted(quote: str) -> str:
    return f"{quote}{MASK}{quote}"


def _end_of_line(text: str, at: int, name_at: int, limit: int = LIMIT) -> int:
    opening = text[name_at - 1 : name_at]
    if opening in {'"', "'", "`"} and (closing := text.find(opening, at, limit)) >= 0:
        limit = closing
    match = _LINE.match(text, at, limit)

    return match.end() if match else at


def _in_context(text: str, start: int, name: str, keys: Keys) -> Kind:
    if name in {"Value", "value"} and (
        text.find(SECURE, max(0, start - _FAR), start + _FAR) >= 0
    ):
        return Kind.SECRET
    if name.lower() not in _FILLERS:
        return Kind.HARMLESS
    previous = _PREVIOUS.search(text, max(0, start - 44), start)

    return keys.kind(previous[0] + name) if previous else Kind.HARMLESS


def _no_name(text: str, start: int) -> bool:
    # "Unexpected token: }" is about a parser's; `…:secret:…` is in an ARN.
    if text.startswith(":", start - 1) and "arn:" in text[max(0, start - 80) : start]:
        return True

    return text[max(0, start - 12) : start].lower().endswith("expected ")


def _identified(text: str, start: int) -> bool:
    return "identified" in text[max(0, start - 60) : start].lower()
