"""
Secrets in bodies: JSON, multipart, XML.

JSON is not parsed and written again but read token by token, and only the
strings and numbers that are secret are replaced: all other bytes stay (big
numbers, spaces, doubled keys), depth costs no stack, and a body that was cut in
the middle is read as far as it goes.
"""

from __future__ import annotations

import re

from collections.abc import Callable
from typing import Final

from otel_testkit.masking import budget, headers, values
from otel_testkit.masking.keys import Keys, Kind, harmless, split, vocabulary
from otel_testkit.masking.patterns import Patterns
from otel_testkit.masking.values import MASK


# A member or an element: its name, and the string, bracket, number or word.
_TOKEN: Final = re.compile(
    r"[\s,]*+(?:\"((?:[^\"\\]++|\\.)*+)\"\s*+:\s*+)?+"
    r"(?:\"((?:[^\"\\]++|\\.)*+)(\"|\\?\Z)|([\[{])|([\]}])|(-?\d[\d.eE+\-]*+)"
    r"|(true|false|null|NaN|-?Infinity|REDACTED|[a-zA-Z]{1,8}+\Z)|(\Z))",
    re.DOTALL,
)
_STRING, _OPEN, _CLOSE, _NUMBER, _END = 3, 4, 5, 6, 8
# What a string must have for the rules of free text to find anything. A colon
# in the time of day is not it.
_SPECIAL: Final = re.compile(r"=|'|\\|:(?!\d\d(?:[:.Z+\-]|\Z))")
_PARTIAL_ESCAPE: Final = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?\Z")
# Lists of things with a name and a value: environments, headers, OTLP, forms.
# It pays to look for nothing at all in a small body; a large one has something.
_SMALL: Final = 1024
_NAME, _VALUE, _CARD = 1, 2, 3
_ROLES: Final = {
    **dict.fromkeys(
        vocabulary(
            "name Name NAME key Key KEY field parameter header attribute ParameterKey"
        ),
        _NAME,
    ),
    **dict.fromkeys(
        vocabulary("value Value VALUE val content default defaultValue ParameterValue"),
        _VALUE,
    ),
    # Of a card, if the object around it is one.
    **dict.fromkeys(vocabulary("number pan"), _CARD),
}
_CARDS: Final = ("card", "Card")
_CARD_NUMBER: Final = re.compile(r"\d[\d \-]{10,22}\Z")
# An object that says what it is: all its data is secret.
_KUBERNETES: Final = re.compile(r"\"kind\"\s{0,8}:\s{0,8}\"Secret\"")
_DATA: Final = vocabulary("data stringData")
_OPENINGS: Final = frozenset('{["')


def looks_like_json(text: str) -> bool:
    """
    Tell if *text* starts as JSON does.
    """
    return text[:64].lstrip()[:1] in _OPENINGS


class _Frame:
    # An object or array that is open while its insides are read.
    __slots__ = (
        *("array", "collect", "count", "is_card", "named", "previous", "secret"),
        *("values", "watched"),
    )

    def __init__(
        self, *, array: bool, secret: Kind, collect: list[tuple[int, int]] | None
    ) -> None:
        self.array = array
        self.secret = secret
        # Where the values in here are noted, as long as a name may condemn them.
        self.collect = collect
        self.watched = array or collect is not None
        self.values: list[tuple[int, int]] = []
        self.named = False
        self.is_card = False
        self.previous = ""
        self.count = 0


def json_text(
    text: str, keys: Keys, leaf: Callable[[str], str], patterns: Patterns
) -> tuple[str, bool]:
    """
    Strike the secrets out of *text*, one JSON value or many; *leaf* does so for a
    string, *patterns* for names and numbers. Tell also if all of it was JSON.
    """
    reader = _Reader(text, keys, leaf, patterns)
    if len(text) <= _SMALL and reader.dull():
        return text, True
    whole = reader.read()

    return reader.result(), whole


class _Reader:
    def __init__(
        self, text: str, keys: Keys, leaf: Callable[[str], str], patterns: Patterns
    ) -> None:
        self._text = text
        self._keys = keys
        self._leaf = leaf
        self._patterns = patterns
        self._edits: dict[int, tuple[int, str]] = {}
        self._everywhere = (
            bool(patterns)
            or values.suspect(text)
            or " -" in text
            or "--" in text
            or '"-' in text
        )

    def dull(self) -> bool:
        """
        Tell quickly if there is nothing to be found, JSON or not.
        """
        return not (
            self._everywhere
            or "://" in self._text
            or "\\u" in self._text
            or "dentified" in self._text
            or self._keys.mentioned(self._text)
        )

    def result(self) -> str:
        """
        Give the text with the secrets struck out: the same object if there are none.
        """
        if not self._edits:
            return self._text
        out: list[str] = []
        done = 0
        for start, (end, instead) in sorted(self._edits.items()):
            out += self._text[done:start], instead
            done = end
        out.append(self._text[done:])

        return "".join(out)

    def read(self) -> bool:  # noqa: C901 - a hot loop
        """
        Read on until the end, or until what follows is no JSON.
        """
        text, token, special = self._text, _TOKEN.match, _SPECIAL.search
        kind_of, role_of = self._keys.kind, _ROLES.get
        harmless_kind, everywhere = Kind.HARMLESS, self._everywhere
        secret_kind = Kind.SECRET
        frame = _Frame(array=False, secret=harmless_kind, collect=None)
        stack = [frame]
        data = _DATA if '"Secret"' in text and _KUBERNETES.search(text) else ()
        position, due = 0, budget.STRIDE
        while match := token(text, position):
            position = match.end()
            if position >= due:
                due = budget.check(position)
            what = match.lastindex
            name = match[1]
            kind, role = frame.secret, 0
            if name is not None:
                if everywhere or "\\" in name:
                    name = self._name(match)
                own = kind_of(name)
                if own is not harmless_kind and kind is not secret_kind:
                    kind = own
                role = role_of(name, 0)
                if role == _VALUE and frame.named:
                    kind = secret_kind
            if what == _STRING:
                # What is nearly always so comes first: this is a hot loop.
                start, end = match.span(2)
                if (
                    role == 0
                    and kind is harmless_kind
                    and not frame.watched
                    and not everywhere
                    and special(text, start, end) is None
                ):
                    continue
                self._string(start, end, frame, name or "", kind, role)
            elif what == _OPEN:
                collect = frame.values if role == _VALUE else frame.collect
                if name in data:
                    kind = secret_kind
                child = _Frame(array=match[4] == "[", secret=kind, collect=collect)
                # The second of two in a list of lists has the first for its name.
                child.count = 0 if frame.array else 2
                child.is_card = name is not None and name.endswith(_CARDS)
                frame = child
                stack.append(frame)
            elif what == _CLOSE:
                if len(stack) > 1:
                    stack.pop()
                frame = stack[-1]
            elif what == _NUMBER:
                self._number(match, frame, kind, role)
            elif what == _END:
                return True

        return False

    def _name(self, match: re.Match[str]) -> str:
        raw = match[1]
        name = _unescaped(raw) if "\\" in raw else raw
        masked = self._patterns.mask(name)
        masked = values.mask(masked) if len(masked) >= 8 else masked
        if masked != name:
            self._edits[match.start(1)] = (match.end(1), _escaped(masked))

        return name

    def _number(
        self, match: re.Match[str], frame: _Frame, kind: Kind, role: int
    ) -> None:
        start, end = match.span(_NUMBER)
        if kind is Kind.SECRET or (
            self._patterns and self._patterns.mask(match[_NUMBER]) != match[_NUMBER]
        ):
            self._edits[start] = (end, f'"{MASK}"')
        elif role == _VALUE:
            frame.values.append((start, end))
        elif frame.collect is not None:
            frame.collect.append((start, end))

    def _string(  # noqa: C901 - as above
        self, start: int, end: int, frame: _Frame, name: str, kind: Kind, role: int
    ) -> None:
        text = self._text
        if start == end:
            return
        if kind is not Kind.HARMLESS:
            self._strike(start, end, name)
            return
        if role == _NAME:
            if end - start <= 256 and self._keys.secret(text[start:end]):
                frame.named = True
                for span in frame.values:
                    self._strike_span(*span)
        elif role == _CARD:
            if frame.is_card and _CARD_NUMBER.match(text, start, end):
                self._strike(start, end, name)
                return
        elif role == _VALUE:
            frame.values.append((start, end))
        elif frame.array:
            if self._announced(frame, start):
                self._strike(start, end, frame.previous)
                frame.previous = ""
                return
            frame.previous = text[start:end] if end - start <= 64 else ""
        if frame.collect is not None:
            frame.collect.append((start, end))
        if not self._everywhere and _SPECIAL.search(text, start, end) is None:
            return
        raw = text[start:end]
        plain = _unescaped(raw) if "\\" in raw else raw
        masked = self._leaf(plain)
        if masked != plain:
            self._edits[start] = (end, _escaped(masked))

    def _announced(self, frame: _Frame, start: int) -> bool:
        # By an option in a list of arguments, or by the name in a pair.
        frame.count += 1
        previous = frame.previous
        if not previous or self._text.startswith("-", start):
            return False
        paired = frame.count == 2

        return (paired or previous.startswith("-")) and self._keys.secret(previous)

    def _strike(self, start: int, end: int, name: str) -> None:
        raw = self._text[start:end]
        plain = _unescaped(raw) if "\\" in raw else raw
        if harmless(plain):
            return
        struck = headers.strike(split(name), plain)
        if struck != plain:
            self._edits[start] = (end, _escaped(struck))

    def _strike_span(self, start: int, end: int) -> None:
        if self._text.startswith('"', start - 1):
            self._strike(start, end, "")
        else:
            self._edits[start] = (end, f'"{MASK}"')


def _unescaped(raw: str) -> str:
    # Imported here for its cost, as below: few bodies need it.
    from json import loads  # noqa: PLC0415

    for candidate in (raw, _PARTIAL_ESCAPE.sub("", raw)):
        try:
            return str(loads(f'"{candidate}"', strict=False))
        except ValueError:
            continue

    return raw


def _escaped(plain: str) -> str:
    from json import dumps  # noqa: PLC0415

    try:
        plain.encode()
    except UnicodeEncodeError:
        # Half a surrogate pair cannot be written but as an escape.
        return dumps(plain)[1:-1]

    return dumps(plain, ensure_ascii=False)[1:-1]


_BOUNDARY: Final = re.compile(r"boundary=\"?([^\s\";,]{1,200})", re.IGNORECASE)
_PART_NAME: Final = re.compile(r"(?i)\bname=(?:\"([^\"]*)\"|([^\s;]+))")
_PART_TYPE: Final = re.compile(r"(?i)^content-type:\s*([^\r\n]*)", re.MULTILINE)
# A file that is no text, as it looks once it was read as one.
_NO_TEXT: Final = frozenset("\ufffd\0")
_BLANK_LINE: Final = re.compile(r"\r?\n\r?\n")


def multipart(
    text: str, content_type: str, keys: Keys, body: Callable[[str, str], str]
) -> str:
    """
    Strike out the secret fields of a form sent in parts; *body* does so for a part.
    """
    match = _BOUNDARY.search(content_type)
    boundary = f"--{match[1]}" if match else text[:200].lstrip().split("\n")[0].rstrip()
    if len(boundary) < 3:
        return text

    return boundary.join(_part(part, keys, body) for part in text.split(boundary))


def _part(part: str, keys: Keys, body: Callable[[str, str], str]) -> str:
    blank = _BLANK_LINE.search(part)
    if blank is None:
        return part
    head, content = part[: blank.end()], part[blank.end() :]
    trailing = content[len(content.rstrip("\r\n")) :]
    content = content[: len(content) - len(trailing)]
    name = _PART_NAME.search(head)
    if name and keys.secret(name[1] or name[2] or ""):
        return part if harmless(content) else f"{head}{MASK}{trailing}"
    kind = _PART_TYPE.search(head)
    if "filename" in head and not _NO_TEXT.isdisjoint(content):
        return f"{head}<{kind[1] if kind else 'binary'}, not shown>{trailing}"

    return f"{head}{body(content, kind[1] if kind else '')}{trailing}"


_TAG: Final = re.compile(
    r"<(?P<name>[A-Za-z_][\w:.\-]*+)(?P<attributes>(?:\s[^<>]*+)?)(?P<end>/?>|\Z)"
)
_NAMED: Final = re.compile(
    r"(?i)\s(?:name|key|id|property|type)\s*=\s*[\"']([^\"'<>]{1,200})"
)
_VALUED: Final = re.compile(r"(?i)(\s(?:value|content|default)\s*=\s*[\"'])([^\"'<>]+)")
_NAME_ELEMENTS: Final = frozenset({"key", "name"})
_INNER: Final = re.compile(
    r"(?P<cdata><!\[CDATA\[)(?P<raw>.*?)(?:\]\]>|\Z)|<[^<>]*+>?|[^<]++", re.DOTALL
)


def xml(text: str, keys: Keys) -> str:
    """
    Strike out the text of secret elements, and values that secret names announce.
    """
    out: list[str] = []
    position, due = 0, budget.STRIDE
    announced = False
    while match := _TAG.search(text, position):
        if position >= due:
            due = budget.check(position)
        out.append(text[position : match.start()])
        position = match.end()
        tag, attributes = match["name"].rpartition(":")[2], match["attributes"]
        named = _NAMED.findall(attributes) if attributes else ()
        secret = any(map(keys.secret, named))
        if secret:
            attributes = _VALUED.sub(_valued, attributes)
        out.append(f"<{match['name']}{attributes}{match['end']}")
        if match["end"] != ">":
            continue
        lower = tag.lower()
        if lower in _NAME_ELEMENTS:
            # <key>password</key><string>…</string>, as in property lists.
            end = text.find("<", position)
            announced = (
                end > 0 and end - position < 200 and keys.secret(text[position:end])
            )
            continue
        if (
            (secret and lower not in {"input", "meta", "form"})
            or announced
            or keys.secret(tag)
        ):
            end = text.find(f"</{match['name']}", position)
            end = len(text) if end < 0 else end
            out.append(_INNER.sub(_inner, text[position:end]))
            position = end
        announced = False
    out.append(text[position:])

    return "".join(out)


_DELIMITER: Final = re.compile(r"[,;\t]")


def csv(text: str, keys: Keys) -> str:
    """
    Strike out the columns that the first line of *text* gives a secret name.
    """
    first = text[:4096].lstrip("\ufeff").partition("\n")[0].rstrip("\r")
    delimiter = _DELIMITER.search(first)
    mark = delimiter[0] if delimiter else ","
    names = [name.strip("\"' ") for name in first.split(mark)]
    secret = {index for index, name in enumerate(names) if keys.secret(name)}
    if not secret:
        return text
    field = re.compile(
        rf"(\"(?:[^\"]++|\"\")*+\"?|[^{mark}\r\n]*+)({mark}|\r?\n|\r|\Z)"
    )
    start = text.find("\n") + 1 or len(text)
    out, index, position = [text[:start]], 0, start
    while position < len(text) and (match := field.match(text, position)):
        value, end = match.groups()
        out += MASK if index in secret and not harmless(value) else value, end
        index = index + 1 if end == mark else 0
        position = match.end()
    out.append(text[position:])

    return "".join(out)


def _valued(match: re.Match[str]) -> str:
    return match[0] if harmless(match[2]) else f"{match[1]}{MASK}"


def _inner(match: re.Match[str]) -> str:
    if match["cdata"]:
        return f"{match['cdata']}{MASK}]]>"
    if match[0].startswith("<") or harmless(match[0]):
        return match[0]

    return MASK
