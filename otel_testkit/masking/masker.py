"""
The one door to all that is masked.
"""

from __future__ import annotations

import functools
import re

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from otel_testkit.masking import (
    bodies,
    budget,
    failures,
    free_text,
    headers,
    statements,
    urls,
    values,
)
from otel_testkit.masking.keys import Keys, Kind, harmless, split
from otel_testkit.masking.patterns import Patterns
from otel_testkit.masking.values import LIMIT, MASK
from otel_testkit.masking.words import finder


_CACHED: Final = 256
# Longer texts are read by those who look at the clock.
_GLANCE: Final = 9_000
_ANYTHING: Final = re.compile("").search
# How far to follow JSON in a string of JSON, and URLs in parameters of URLs.
_DEPTH: Final = 24
_DEPTH_OF_URL: Final = 8
_PASSES: Final = 3
_SHORTEST_SECRET: Final = 8

_URL_HEADERS: Final = frozenset({"location", "content-location", "referer", "origin"})
_URL_NAMES: Final = frozenset(
    {"url.full", "url.original", "url.path", "http.url", "http.target"}
)
_QUERY_NAMES: Final = frozenset({"url.query", "url.fragment"})
_HEADER_NAME: Final = re.compile(r"http\.(?:request|response)\.header\.(?P<name>.+)")
_URL: Final = re.compile(
    r"(?<![A-Za-z0-9+.\-])[A-Za-z][A-Za-z0-9+.\-]*+:/{2}[^\s\"'<>\\`]++"
)
# Nothing that a URL has no room for.
_A_URL: Final = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.\-]*+:/|[/?#])[^\s\"'<>{}]*+\Z")
_NUMBER: Final = re.compile(r"[+\-]?\d[\d.,_]*+(?:[eE][+\-]?\d+)?\Z")
_FORM: Final = re.compile(r"[\w.\-\[\]%+*]{1,256}=[^\s\"'<>{}\\]*+\Z")
_QUERY: Final = re.compile(r"\?[\w.\-\[\]%]{1,256}=[^\s\"'<>\\`]*+")
_EVENT: Final = re.compile(r"^(data: ?)([^\r\n]++)", re.MULTILINE)
# Words, short numbers and paths: too common to be struck out wherever they are.
_COMMON: Final = re.compile(
    r"[a-z]{1,15}|[A-Z]{1,15}|\d{1,11}|(.)\1*|(?:~|\.{0,2}|[A-Za-z]:)[/\\][\w./\\ \-]*"
)
_PASSWORD: Final = re.compile(r"://[^\s/?#@:]*:([^\s/@]+)@")
# Besides names and shapes, what any of the rules needs to find a secret: how a
# statement, a command or a path goes, and how something may be hidden.
_MARKS: Final = (
    *("identified", "auth ", "login", "oracle:", "sqlplus", "filename"),
    *("mysql", "mariadb", "mongo", "curl", "redis-cli", "ldap", "sqlcmd", "openssl"),
    *("hook", "discord", "telegram", "ifttt", "pagerduty", "alchemy", "infura"),
    "/services/t",
    *("reset/", "verify/", "verify-email/", "confirm/", "activate/", "invite/"),
    *("invitation", "magic-link/", "unsubscribe/", "%", r"\u", r"\/"),
)


class Masker:
    """
    Strikes secrets out of what is about to be written.

    *keys* are more words that make a name secret, *allow* names that never are,
    *secrets* values that are struck out wherever they show up, and *patterns*
    regular expressions of such.
    """

    __slots__ = (
        "_keys",
        "_known_text",
        "_known_value",
        "_literals",
        "_patterns",
        "_short_string",
        "_telling",
    )

    def __init__(
        self,
        *,
        keys: Iterable[str] = (),
        allow: Iterable[str] = (),
        secrets: Iterable[str] = (),
        patterns: Iterable[str] = (),
    ) -> None:
        self._keys = Keys(keys, allow)
        self._literals = _literals(secrets)
        self._patterns = Patterns(patterns)
        words = (*self._keys.stems, *values.HINTS, *_MARKS)
        self._telling = (
            _ANYTHING if self._patterns else finder(word.lower() for word in words)
        )
        # Names and tags come again with every test.
        self._known_text = functools.lru_cache(1024)(self._any_text)
        self._known_value = functools.lru_cache(4096)(self._any_value)
        self._short_string = functools.lru_cache(4096)(self._string)

    def is_secret_key(self, key: str) -> bool:
        """
        Tell if *key* announces a secret.
        """
        return self._keys.secret(key)

    def is_clean(self, text: str) -> bool:
        """
        Tell if *text*, and any part of it, is surely no secret, unless its key is.
        """
        return self._is_clean(text)

    def header(self, name: str, value: str) -> str:
        """
        Mask *value*, of the header *name*.
        """
        if self._is_clean(value, name.lower()) and "@" not in value:
            return value

        return _examined(value, lambda: self._header(name, value))

    def url(self, url: str) -> str:
        """
        Mask *url*, absolute or not, or a DSN.
        """
        if self._is_clean(url):
            return url

        return _examined(url, lambda: self._url(self._known(url), _DEPTH))

    def body(self, text: str, content_type: str = "") -> str:
        """
        Mask *text*, the body of a request or a response, or the start of one.
        """
        if self._is_clean(text):
            return text

        return _examined(text, lambda: self._body(text, content_type, _DEPTH))

    def text(self, text: str) -> str:
        """
        Mask *text* of any sort: a message, a log line, a command, a statement.
        """
        if type(text) is str and len(text) <= _CACHED:
            return self._known_text(text)

        return self._any_text(text)

    def value(self, key: str, value: str) -> str:
        """
        Mask *value*, of the attribute or tag *key*.
        """
        if type(value) is str and len(value) <= _CACHED:
            return self._known_value(key, value)

        return self._any_value(key, value)

    def _any_text(self, text: str) -> str:
        if self._is_clean(text):
            return text

        return _examined(text, lambda: self._searched(text, _DEPTH))

    def _any_value(self, key: str, value: str) -> str:
        if not _HEADER_NAME.match(key) and self._is_clean(value, key):
            return value

        return _examined(value, lambda: self._value(key, value))

    def _is_clean(self, text: str, name: str = "") -> bool:
        # Most texts have nothing in them that any of the rules begins with.
        try:
            return (
                len(text) <= _GLANCE
                and self._telling(text.lower()) is None
                and not ("@" in text and "//" in text)
                and not (self._literals and self._literals.search(text))
                and not (name and self._keys.secret(name))
            )
        except Exception:  # noqa: BLE001 - what is no text is told of later
            return False

    def _header(self, name: str, value: str) -> str:
        value = self._known(value)
        lower = name.lower()
        if lower in {"cookie", "set-cookie"}:
            return (
                headers.strike(split(lower), value)
                if "=" in value
                else (value if harmless(value) else MASK)
            )
        if lower in _URL_HEADERS:
            return self._url(value, _DEPTH)
        if lower == "host" and "@" in value:
            return f"{MASK}@{value.rpartition('@')[2]}"

        return self._keyed(lower, value)

    def _value(self, key: str, value: str) -> str:
        value = self._known(value)
        if match := _HEADER_NAME.match(key):
            return self._header(match["name"].replace("_", "-"), value)
        if key in _URL_NAMES:
            masked = self._url(value, _DEPTH)
            return masked if _A_URL.match(value) else self._string(masked, _DEPTH)
        if key in _QUERY_NAMES:
            return urls.form(value, self._keys, self._inner(_DEPTH))

        return self._keyed(key, value)

    def _keyed(self, key: str, value: str) -> str:
        kind = self._keys.kind(key)
        if kind is Kind.HARMLESS or (kind is Kind.WEAK and _NUMBER.match(value)):
            return self._string(value, _DEPTH)

        return value if harmless(value) else headers.strike(split(key), value)

    def _known(self, text: str) -> str:
        if self._literals:
            text = self._literals.sub(MASK, text)

        return self._patterns.mask(text) if self._patterns else text

    def _inner(self, depth: int) -> Callable[[str], str]:
        # What masks a string that was found inside of something else.
        if depth <= 0:
            return lambda text: free_text.mask(values.mask(text), self._keys)

        return lambda text: (
            text if self._is_clean(text) else self._searched(text, depth)
        )

    def _searched(self, text: str, depth: int) -> str:
        if len(text) <= _CACHED:
            return self._short_string(text, depth)

        return self._string(text, depth)

    def _url(self, url: str, depth: int) -> str:
        if self._patterns and "%" in url:
            url = urls.decoded(url, self._patterns.mask)
        return urls.mask(url, self._keys, self._inner(depth - _DEPTH_OF_URL))

    def _query(self, query: str, depth: int) -> str:
        return urls.params(query, self._keys, self._inner(depth - _DEPTH_OF_URL))

    def _string(self, text: str, depth: int) -> str:
        if depth > 0 and bodies.looks_like_json(text):
            return self._json(text, depth)
        text = self._known(text)
        if depth > 0 and (
            text[:1] == "<" or (text[:2] == "--" and "form-data" in text[:1000])
        ):
            return self._body(text, "", depth)

        return self._text(text, depth)

    def _json(self, text: str, depth: int) -> str:
        if self._literals:
            text = self._literals.sub(MASK, text)
        masked, whole = bodies.json_text(
            text, self._keys, self._inner(depth - 1), self._patterns
        )
        masked = self._patterns.mask(masked)

        return masked if whole else self._text(masked, depth)

    def _text(self, text: str, depth: int) -> str:
        # Masking one secret may lay bare the next.
        for _ in range(_PASSES):
            budget.check()
            before = text
            if "://" in text:
                if "@" in text:
                    text = urls.odd_passwords(text)
                text = _URL.sub(lambda match: self._url(match[0], depth), text)
            if "?" in text:
                text = _QUERY.sub(lambda match: self._query(match[0], depth), text)
            text = free_text.mask(values.mask(text), self._keys)
            text = statements.mask(failures.mask(text, self._keys), self._keys)
            if text == before:
                return before

        return text

    def _body(self, text: str, content_type: str, depth: int) -> str:
        kind = content_type.lower()
        if bodies.looks_like_json(text):
            return self._json(text, depth)
        text = self._known(text)
        if "multipart/" in kind or (text[:2] == "--" and "form-data" in text[:1000]):
            return bodies.multipart(
                text,
                content_type,
                self._keys,
                lambda part, of: self._body(part, of, depth - 1),
            )
        if "form-urlencoded" in kind or _FORM.match(text):
            return values.mask(urls.form(text, self._keys, self._inner(depth - 1)))
        if "event-stream" in kind or text.startswith(("data:", "event:")):
            inner = self._inner(depth - 1)
            text = _EVENT.sub(lambda match: match[1] + inner(match[2]), text)
        elif "csv" in kind:
            text = bodies.csv(text, self._keys)
        elif "xml" in kind or "html" in kind or text[:64].lstrip()[:1] == "<":
            text = bodies.xml(text, self._keys)

        return self._text(text, depth)


def secret_environment_values(environ: Mapping[str, str]) -> tuple[str, ...]:
    """
    Give the values in *environ* that are secret by their name, or are the password
    of a URL, and can be searched for without harm.
    """
    keys = Keys()
    found = {value for name, value in environ.items() if keys.secret(name)}
    for value in environ.values():
        found.update(_PASSWORD.findall(value[:4096]))

    return tuple(sorted(value for value in found if _searchable(value)))


def _searchable(value: str) -> bool:
    return (
        len(value.strip()) >= _SHORTEST_SECRET
        and not _COMMON.fullmatch(value)
        and not harmless(value)
        and value not in MASK
    )


def _literals(secrets: Iterable[str]) -> re.Pattern[str] | None:
    searched = [secret for secret in secrets if _searchable(secret)]
    if not searched:
        return None

    # Imported here for their cost: most runs have none.
    from json import dumps  # noqa: PLC0415
    from urllib.parse import quote, quote_plus  # noqa: PLC0415

    forms: set[str] = set()
    for secret in searched:
        forms |= {secret, quote(secret, safe=""), quote_plus(secret), quote(secret)}
        forms |= {dumps(secret)[1:-1], dumps(secret, ensure_ascii=False)[1:-1]}

    return re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True))))


def _examined(value: str, work: Callable[[], str]) -> str:
    # What is too long, takes too long or is no text is withheld as a whole, and
    # nothing of ours is ever raised.
    try:
        if len(value) <= _CACHED:
            return work()
        if len(value) <= LIMIT:
            return budget.limited(work)

        return _withheld(value)
    except budget.ExceededError:
        return _withheld(value)
    except Exception:  # noqa: BLE001 - whatever it is, the test must go on
        return f"{MASK} (not examined)"


def _withheld(text: str) -> str:
    size = len(text) if text.isascii() else len(text.encode(errors="replace"))

    return f"REDACTED ({size} bytes not examined)"
