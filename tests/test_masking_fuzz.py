"""
What holds for any text at all: nothing is raised, nothing changes twice, and time
grows with length and not faster.
"""

from __future__ import annotations

import json
import time

from collections.abc import Iterator
from typing import Any

import pytest

from hypothesis import given, settings, strategies as st

from otel_testkit.masking import Masker, budget


MASKER = Masker(keys=["tenant"], allow=["session_id"], secrets=["kn0wn-s3cret-value"])
SECRET = "Zq7hunter2x9Wk4"
WAYS = [
    "text",
    "body",
    "url",
    "header",
    "cookie",
    "authorization",
    "value",
    "xml",
    "form",
]

# What the rules look at, so that chance finds their seams.
PIECES = st.sampled_from(
    r"""
    password token tokens secret key api_key session auth pin code name value cookie
    Cookie: Set-Cookie: Authorization: Bearer Basic Digest REDACTED masked true null None
    = == := => : :: , ; & ? # @ / // \ \" \\\" \n ' " ` ( ) [ ] { } < > | . - -- -p $ %
    % %3D %22 ${X} {x} %s *** 1 42 3.14 a b abc x9! http:// https:// postgres:// u:p@h
    ?a= &token= https://h/?token= SecretStr( str Optional[str] PASSWORD INSERT
    insert&into&t&(password)&values&( mysql curl -u --token login </password> <password>
    <![CDATA[ ]]> data: --b form-data; name= eyJhbGciOiJ9.eyJhIn0.x -----BEGIN&PRIVATE&KEY-----
    -----END -at -0x1 arn: é \ud83d identified&by
    """.replace("&", "\u00a0").split()
).map(lambda piece: piece.replace("\u00a0", " "))
BLANKS = st.sampled_from(["", "", " ", "  ", "\n", "\r\n", "\t"])
TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(st.tuples(PIECES, BLANKS), max_size=24).map(
        lambda pairs: "".join(piece + blank for piece, blank in pairs)
    ),
)
NAMES = st.sampled_from(
    ["password", "apiKey", "x-auth-token", "client_secret", "passwordHash", "sig"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


# Letters of which no name is made.
HARMLESS = st.text("xyz09 :;{}[]'\"\\\u00e9\n", max_size=12)
INNOCENT = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | HARMLESS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(HARMLESS, inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.fixture(autouse=True, scope="module")
def _no_budget() -> Iterator[None]:
    # What is slow is to be seen, not withheld.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(budget, "BUDGET", 60.0)
        yield


def masked(way: str, text: str) -> str:
    """
    Mask *text* in one of the *ways* that it may be handed to us.
    """
    if way in {"header", "cookie", "authorization"}:
        return MASKER.header("x-note" if way == "header" else way, text)
    if way == "value":
        return MASKER.value("note", text)
    if way == "xml":
        return MASKER.body(text, "text/xml")
    if way == "form":
        return MASKER.body(text, "application/x-www-form-urlencoded")

    return str(getattr(MASKER, way)(text))


@pytest.mark.parametrize("way", WAYS)
@given(text=TEXTS)
@settings(max_examples=150, deadline=None)
def test_idempotent(way: str, text: str) -> None:
    """
    Whatever comes is examined, and what was masked once stays as it is.
    """
    once = masked(way, text)

    assert "not examined" not in once
    assert once == masked(way, once)


@given(text=TEXTS, content_type=TEXTS, name=TEXTS)
@settings(max_examples=150, deadline=None)
def test_never_raises(text: str, content_type: str, name: str) -> None:
    """
    No name and no type of content makes us fail.
    """
    assert "not examined" not in MASKER.body(text, content_type)
    assert "not examined" not in MASKER.header(name, text)
    assert "not examined" not in MASKER.value(name, text)
    MASKER.is_secret_key(name)


@st.composite
def planted(draw: st.DrawFn) -> Any:
    """
    Draw JSON that has the secret somewhere under a secret name.
    """
    value: Any = SECRET
    for _ in range(draw(st.integers(0, 2))):
        value = draw(
            st.sampled_from([[value], {"a": value}, ["b", value, 1], {"value": value}])
        )
    value = {**draw(st.dictionaries(st.text(max_size=8), JSON, max_size=3))} | {
        draw(NAMES): value
    }
    for _ in range(draw(st.integers(0, 4))):
        around = draw(st.text(max_size=8))
        value = draw(
            st.sampled_from(
                [
                    [value],
                    {around: value},
                    {around: value, "b": [1, "x=y: z"]},
                    {around: json.dumps(value)},
                    [None, value, around],
                ]
            )
        )

    return value


@given(
    value=planted(),
    indent=st.sampled_from([None, 2]),
    ascii_only=st.booleans(),
)
@settings(max_examples=400, deadline=None)
def test_planted(value: Any, indent: int | None, *, ascii_only: bool) -> None:
    """
    What is under a secret name is gone, and the rest is still JSON, and the same.
    """
    body = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    result = MASKER.body(body)

    assert SECRET not in result
    assert SECRET not in MASKER.text(f"got {body}")
    assert SECRET not in MASKER.text(repr(value))
    json.loads(result)


@given(value=planted(), share=st.floats(0, 1))
@settings(max_examples=300, deadline=None)
def test_cut(value: Any, share: float) -> None:
    """
    What is under a secret name is gone also from a body that was cut.
    """
    body = json.dumps(value)
    cut = body[: int(len(body) * share)]
    at = cut.find(SECRET[:6])

    result = MASKER.body(cut)

    assert SECRET[:6] not in result or at < 0


@given(value=INNOCENT)
@settings(max_examples=200, deadline=None)
def test_nothing_secret(value: Any) -> None:
    """
    JSON without a secret stays as it is, to the byte.
    """
    body = json.dumps({"a": value}, indent=1)

    assert MASKER.body(body) == body


N = 100_000
ADVERSARIAL = {
    "quotes": '"' * N,
    "apostrophes": "'" * N,
    "equals": "=" * N,
    "colons": "a:" * (N // 2),
    "pairs": "a=" * (N // 2),
    "braces": "{" * N,
    "brackets": "[" * N,
    "ampersands": "&" * N,
    "question marks": "?" * N,
    "questions": "?a=" * (N // 3),
    "backslashes": "\\" * N,
    "escaped quotes": '\\"' * (N // 2),
    "spaces": " " * N,
    "letters": "a" * N,
    "capitals": "A" * N,
    "dots": "a." * (N // 2),
    "dashes": "-" * N,
    "tags": "<" * N,
    "percent": "%" * N,
    "names": "password=" * (N // 9),
    "names and blanks": "password " * (N // 9),
    "names in brackets": "password=[" * (N // 10),
    "names in braces": '"token":{' * (N // 9),
    "names and quotes": 'password="' * (N // 10),
    "names and lines": "pwd='\n" * (N // 6),
    "names and escaped quotes": 'token=\\"' * (N // 8),
    "long name": "pass_" * (N // 5),
    "commas": "token=a," * (N // 8),
    "closers": "token=" + ")" * N,
    "filler": "api key: " * (N // 9),
    "cookies": "cookie: a=b;" * (N // 12),
    "authorizations": "authorization: bearer " * (N // 22),
    "bearers": "Bearer " * (N // 7),
    "urls": "http://" * (N // 7),
    "userinfo": "http://a:b@" * (N // 11),
    "urls in urls": "http://x?a=" * (N // 11),
    "flags": "--token " * (N // 8),
    "commands": "curl -u " * (N // 8),
    "logins": "docker " * (N // 7),
    "inserts": "insert into x (" * (N // 15),
    "rows": "insert into x (password) values ('a'," + "'a'," * (N // 4),
    "elements": "<password>" * (N // 10),
    "named elements": '<a name="password">' * (N // 19),
    "keys in pem": ("-----BEGIN " + "PRIVATE KEY-----") * (N // 27),
    "jwt": "eyJaaaaaaaaa." * (N // 13),
    "nested objects": '{"a":' * 10_000 + "1" + "}" * 10_000,
    "nested arrays": "[" * 10_000 + "]" * 10_000,
    "nested secret": '{"token":' * 10_000 + '"a"' + "}" * 10_000,
    "named values": '{"name":"token","value":"a"},' * (N // 28),
    "value and names": '{"value":[' + '"a",' * (N // 4) + '],"name":"token"}',
    "parts": '--b\r\nform-data; name="' + "\r\n--b\r\n" * (N // 8),
    "annotations": "token: " + "str|" * (N // 4),
    "calls": "token=" + "a(" * (N // 2),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("text", ADVERSARIAL.values(), ids=ADVERSARIAL.keys())
def test_time(way: str, text: str) -> None:
    """
    A hundred thousand characters made to hurt are examined in a moment.
    """
    started = time.process_time()
    result = masked(way, text)
    took = time.process_time() - started

    assert "not examined" not in result
    assert took < 2


@pytest.mark.parametrize("name", ["colons", "names", "rows", "urls in urls", "commas"])
def test_linear(name: str) -> None:
    """
    Ten times the length takes about ten times the time.
    """

    def best_of_three(text: str) -> float:
        times = []
        for _ in range(3):
            started = time.process_time()
            MASKER.body(text)
            times.append(time.process_time() - started)

        return min(times)

    text = ADVERSARIAL[name]

    assert best_of_three(text) < 25 * best_of_three(text[: N // 10]) + 0.05


def test_strings_in_strings() -> None:
    """
    JSON in a string of JSON is followed as deep as its escapes allow.
    """
    text = json.dumps({"token": SECRET})
    while len(text) < N:
        text = json.dumps({"a": text})
        assert SECRET not in MASKER.body(text)
        assert SECRET not in MASKER.text(text)
        assert SECRET not in MASKER.text(f"got {text}")


def test_fifty_strings_in_strings() -> None:
    """
    Fifty levels of strings, too deep to be written with escapes, do no harm.
    """
    text = SECRET
    for _ in range(50):
        text = "[" + json.dumps(text)[: N // 2] + "]"

    assert "not examined" not in MASKER.body(text)
