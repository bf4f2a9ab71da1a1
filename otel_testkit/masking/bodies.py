"""
Secrets in bodies: JSON, multipart, XML.

JSON is not parsed and written again but read token by token, and only the
strings and numbers that are secret are replaced: all other bytes stay (big
numbers, spaces, doubled keys), depth costs no stack, and a body that was cut in
the middle is read as far as it goes.
"""

from __future__ import annotations

import itertools
import re

from collections.abc import Callable
from typing import Final, TypeAlias

from otel_testkit.masking import budget, headers, values
from otel_testkit.masking.keys import (
    SECURE,
    Keys,
    Kind,
    harmless,
    split,
    vocabulary,
)
from otel_testkit.masking.patterns import Patterns
from otel_testkit.masking.values import MASK
from otel_testkit.masking.words import finder


# What may be between two strings, each of which a quote stands for here.
_STRUCTURE: Final = re.compile(
    r"(?:[\s,\[\]{}]++|\"(?:\s*+:\s*+(?:\"|(?=[\[{\]}\da-zA-Z\-]|\Z)))?+"
    r"|-?\d[\d.eE+\-]*+|true|false|null|NaN|-?Infinity|REDACTED|[a-zA-Z]{1,8}+\Z)*+"
)
_TOKEN: Final = re.compile(r"([\[{])|([\]}])|(-?\d[\d.eE+\-]*+)|[a-zA-Z]++")
_OPEN, _CLOSE, _NUMBER = 1, 2, 3
_BRACKETS: Final = re.compile(r"[\[\]{}]")
# All that a number or a word is made of, and what is around it.
_SCALAR: Final = ":, \t\r\n0123456789.+-eEtrufalsn"
# What a string must have for the rules of free text to find anything. A colon
# in the time of day is not it.
_SPECIAL: Final = re.compile(r"=|'|\\|:(?!\d\d(?:[:.Z+\-]|\Z))|-(?<![^\s\-]-)|<")
# What is found without such a mark.
_SAID: Final = finder(
    ["auth ", "authenticate ", "login "]
    + [
        f"{name} {verb} "
        for name in (
            *("password", "passphrase", "passcode", "secret", "token", "pin", "otp"),
            *("api key", "api_key", "apikey"),
        )
        for verb in ("is", "was", "of")
    ]
)
_PARTIAL_ESCAPE: Final = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?\Z")
# Lists of things with a name and a value: environments, headers, OTLP, forms.
_NAME, _VALUE, _CARD, _TYPE = 1, 2, 3, 4
_VALUES: Final = vocabulary(
    "value Value VALUE val content default defaultValue ParameterValue"
)
# Of a card, if the object around it is one.
_ROLES_ALONE: Final = dict.fromkeys(vocabulary("number pan"), _CARD)
_ROLES: Final = {
    **dict.fromkeys(
        vocabulary(
            "name Name NAME key Key KEY field parameter header attribute ParameterKey"
        ),
        _NAME,
    ),
    **dict.fromkeys(_VALUES, _VALUE),
    **_ROLES_ALONE,
}
_ROLES_TYPED: Final = {**_ROLES, **dict.fromkeys(vocabulary("Type type"), _TYPE)}
_CARDS: Final = ("card", "Card")
_CARD_NUMBER: Final = re.compile(r"\d[\d \-]{10,22}\Z")
# An object that says what it is: all its data is secret.
_KUBERNETES: Final = re.compile(r"\"kind\"\s{0,8}:\s{0,8}\"Secret\"")
_DATA: Final = vocabulary("data stringData")
# Of a string: its part. Of a number: also where in its part it starts and ends.
_Place: TypeAlias = tuple[int, int, int]
# So many strings are read between two looks at the clock, less one.
_OFTEN: Final = 0xFF
_OPENINGS: Final = frozenset('{["')


def looks_like_json(text: str) -> bool:
    """
    Tell if *text* starts as JSON does.
    """
    return text[:64].lstrip()[:1] in _OPENINGS


class _Frame:
    # An object or array that is open while its insides are read.
    __slots__ = (
        *("array", "collect", "count", "is_card", "is_named", "names", "previous"),
        *("secret", "values", "watched"),
    )

    def __init__(
        self,
        secret: Kind = Kind.HARMLESS,
        collect: list[_Place] | None = None,
        *,
        array: bool = False,
        nested: bool = False,
        is_card: bool = False,
        watched: bool = True,
    ) -> None:
        self.array = array
        self.secret = secret
        # Where the values in here are noted, as long as a name may condemn them.
        self.collect = collect
        # Whether a string in here may be more than itself.
        self.watched = watched and (array or collect is not None)
        self.values: list[_Place] = []
        self.names: list[str] = []
        self.is_named = False
        self.is_card = is_card
        self.previous = ""
        # The second of two in a list of lists has the first for its name.
        self.count = 0 if nested else 2


# Most have nothing to note, and are one of these.
_OBJECT: Final = _Frame()
_ARRAY: Final = _Frame(array=True, watched=False)
_OPTIONS: Final = _Frame(array=True)
_NESTED: Final = _Frame(array=True, nested=True)
_SHARED: Final = (_OBJECT, _ARRAY, _OPTIONS, _NESTED)


def json_text(
    text: str, keys: Keys, leaf: Callable[[str], str], patterns: Patterns
) -> tuple[str, bool]:
    """
    Strike the secrets out of *text*, one JSON value or many; *leaf* does so for a
    string, *patterns* for names and numbers. Tell also if all of it was JSON.
    """
    reader = _Reader(text, keys, leaf, patterns)
    reader.read()

    return reader.result(), reader.is_whole


class _Reader:
    def __init__(
        self, text: str, keys: Keys, leaf: Callable[[str], str], patterns: Patterns
    ) -> None:
        budget.check()
        self._text = text
        self._keys = keys
        self._leaf = leaf
        self._patterns = patterns
        self._suspect = (
            bool(patterns) or values.suspect(text) or _SAID(text.lower()) is not None
        )
        self._holders = (
            _DATA if '"Secret"' in text and _KUBERNETES.search(text) else frozenset()
        )
        # What is between the strings, and the strings, by turns.
        self._parts, self._rest = _parted(text)
        # A name matters where there is a value for it.
        self._roles = (
            _ROLES_ALONE
            if _VALUES.isdisjoint(self._parts) and "\\u" not in text
            else _ROLES_TYPED
            if SECURE in text
            else _ROLES
        )
        self._array = _OPTIONS if '"-' in text else _ARRAY
        self.is_whole = self._end_with_json()
        self._numbers: list[_Place] = []
        self._is_changed = False
        self._stack = [_OBJECT]

    def _end_with_json(self) -> bool:
        parts = self._parts
        structure = '"'.join(parts[::2]) + '"' * (len(parts) % 2 == 0)
        match = _STRUCTURE.match(structure)
        end = match.end() if match else 0
        if end == len(structure):
            return True
        last = 2 * structure.count('"', 0, end)
        gap, size = parts[last], end - structure.rfind('"', 0, end) - 1
        self._rest = '"'.join([gap[size:], *parts[last + 1 :]]) + self._rest
        parts[last:] = [gap[:size]]
        if (
            last
            and gap.lstrip()[:1] == ":"
            and parts[last - 2].rstrip()[-1:] != ":"
            and not gap[:size].strip()
        ):
            # A name that nothing follows is no value.
            self._rest = f'"{parts[last - 1]}"{gap[:size]}{self._rest}'
            parts[last - 1 :] = []

        return False

    def result(self) -> str:
        """
        Give the text with the secrets struck out: the same object if there are none.
        """
        if not self._is_changed:
            return self._text
        parts = self._parts
        numbers = itertools.groupby(sorted(set(self._numbers)), lambda place: place[0])
        kept: list[str]
        for index, places in numbers:
            kept = []
            gap, done = parts[index], 0
            for _, start, end in places:
                kept += gap[done:start], f'"{MASK}"'
                done = end
            parts[index] = "".join([*kept, gap[done:]])

        return '"'.join(parts) + self._rest

    def read(self) -> None:
        """
        Read on until the end, or until what follows is no JSON.
        """
        parts, stack = self._parts, self._stack
        kind_of, role_of, special = self._keys.kind, self._roles.get, _SPECIAL.search
        suspect, harmless_kind = self._suspect, Kind.HARMLESS
        self._gap(0, "", harmless_kind, 0)
        frame, name, role = stack[-1], "", 0
        kind = frame.secret
        last = len(parts) - 1
        for index in range(1, last + 1, 2):
            if not index & _OFTEN:
                budget.check()
            string = parts[index]
            after = parts[index + 1].strip() if index < last else ""
            if after and after[0] == ":":
                name = self._name(index) if suspect or "\\" in string else string
                role = role_of(name, 0)
                own = kind_of(name)
                if own is not harmless_kind and kind is not Kind.SECRET:
                    kind = own
                if role == _VALUE and self._is_named(frame):
                    kind = Kind.SECRET
                if after == ":":
                    continue
                # What is nearly always so comes first: this is a hot loop.
                if (
                    after.strip(_SCALAR)
                    or role
                    or kind is not harmless_kind
                    or frame.watched
                    or suspect
                ):
                    self._gap(index + 1, name, kind, role)
                    frame = stack[-1]
            else:
                if (
                    special(string)
                    or role
                    or kind is not harmless_kind
                    or frame.watched
                    or suspect
                ):
                    self._string(index, name, kind, role)
                if after and after != ",":
                    self._gap(index + 1, "", frame.secret, 0)
                frame = stack[-1]
            name, kind, role = "", frame.secret, 0

    def _gap(self, index: int, name: str, kind: Kind, role: int) -> None:
        # What is between two strings; what comes first in it may have a name.
        gap, stack = self._parts[index], self._stack
        if len(gap) > budget.STRIDE:
            budget.check()
        if (
            role == _VALUE
            or kind is not Kind.HARMLESS
            or stack[-1].collect is not None
            or self._patterns
            or name.endswith(_CARDS)
            or name in self._holders
        ):
            self._careful(index, name, kind, role)
            return
        for mark in _BRACKETS.findall(gap):
            if mark == "{":
                stack.append(_OBJECT)
            elif mark == "[":
                stack.append(_NESTED if stack[-1].array else self._array)
            elif len(stack) > 1:
                stack.pop()

    def _careful(self, index: int, name: str, kind: Kind, role: int) -> None:
        stack = self._stack
        for token in _TOKEN.finditer(self._parts[index]):
            frame, what = stack[-1], token.lastindex
            if what == _OPEN:
                collect = self._own().values if role == _VALUE else frame.collect
                stack.append(
                    _Frame(
                        Kind.SECRET if name in self._holders else kind,
                        collect,
                        array=token[0] == "[",
                        nested=frame.array,
                        is_card=name.endswith(_CARDS),
                    )
                )
            elif what == _CLOSE and len(stack) > 1:
                stack.pop()
            elif what == _NUMBER:
                self._number((index, *token.span()), token[0], kind, role)
            name, kind, role = "", stack[-1].secret, 0

    def _own(self) -> _Frame:
        frame = self._stack[-1]
        if frame in _SHARED:
            frame = _Frame(array=frame.array, nested=frame is _NESTED)
            self._stack[-1] = frame

        return frame

    def _name(self, index: int) -> str:
        raw = self._parts[index]
        name = _unescaped(raw) if "\\" in raw else raw
        masked = self._patterns.mask(name)
        masked = values.mask(masked) if len(masked) >= 8 else masked
        if masked != name:
            self._write(index, masked)

        return name

    def _number(self, place: _Place, number: str, kind: Kind, role: int) -> None:
        frame = self._stack[-1]
        if kind is Kind.SECRET or (
            self._patterns and self._patterns.mask(number) != number
        ):
            self._strike(place, "")
        elif role == _VALUE:
            self._own().values.append(place)
        elif frame.collect is not None:
            frame.collect.append(place)

    def _string(self, index: int, name: str, kind: Kind, role: int) -> None:
        string, frame = self._parts[index], self._stack[-1]
        if not string:
            return
        place = (index, 0, 0)
        if kind is not Kind.HARMLESS:
            self._strike(place, name)
            return
        if role:
            frame = self._own()
            if role == _CARD and frame.is_card and _CARD_NUMBER.match(string):
                self._strike(place, name)
                return
            self._note(frame, place, role)
        elif frame.array:
            frame = self._own()
            if self._announced(frame, string):
                self._strike(place, frame.previous)
                frame.previous = ""
                return
            frame.previous = string if len(string) <= 64 else ""
        if frame.collect is not None:
            frame.collect.append(place)
        if not self._suspect and _SPECIAL.search(string) is None:
            return
        plain = _unescaped(string) if "\\" in string else string
        masked = self._leaf(plain)
        if masked != plain:
            self._write(index, masked)

    def _note(self, frame: _Frame, place: _Place, role: int) -> None:
        # The name of a value may come before it or after it.
        if role == _VALUE:
            frame.values.append(place)
            return
        name = self._parts[place[0]]
        if role == _TYPE and name == SECURE:
            frame.is_named = True
        elif role == _NAME and len(name) <= 256:
            frame.names.append(name)
            if not frame.values or not self._keys.secret(name):
                return
        else:
            return
        for value in frame.values:
            self._strike(value, "")
        frame.values.clear()

    def _is_named(self, frame: _Frame) -> bool:
        # By what is secret, in an object that gives a name and a value.
        if frame.names:
            frame.is_named |= any(map(self._keys.secret, frame.names))
            frame.names.clear()

        return frame.is_named

    def _announced(self, frame: _Frame, string: str) -> bool:
        # By an option in a list of arguments, or by the name in a pair.
        frame.count += 1
        previous = frame.previous
        if not previous or string.startswith("-"):
            return False
        paired = frame.count == 2

        return (paired or previous.startswith("-")) and self._keys.secret(previous)

    def _strike(self, place: _Place, name: str) -> None:
        index, start, end = place
        if start < end:
            self._numbers.append(place)
            self._is_changed = True
            return
        raw = self._parts[index]
        plain = _unescaped(raw) if "\\" in raw else raw
        if harmless(plain):
            return
        struck = headers.strike(split(name), plain)
        if struck != plain:
            self._write(index, struck)

    def _write(self, index: int, plain: str) -> None:
        self._parts[index] = _escaped(plain)
        self._is_changed = True


def _parted(text: str) -> tuple[list[str], str]:
    # At the quotes that are not escaped; half an escape at the end is set apart.
    if "\\" not in text:
        return text.split('"'), ""
    parts: list[str] = []
    position = 0
    hidden = text.replace("\\\\", "  ").replace('\\"', "  ")
    for part in hidden.split('"'):
        parts.append(text[position : position + len(part)])
        position += len(part) + 1
    if len(parts) % 2 == 0 and hidden.endswith("\\"):
        parts[-1] = parts[-1][:-1]
        return parts, "\\"

    return parts, ""


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
    if plain == MASK:
        return plain
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
