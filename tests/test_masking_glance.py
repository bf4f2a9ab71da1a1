"""
What is seen at a glance to be no secret: as quick as it is, it finds no less.
"""

from __future__ import annotations

import json

import pytest

from hypothesis import given, settings, strategies as st

from otel_testkit.masking import Masker, keys, values
from otel_testkit.masking.words import finder


# Words and marks of all the rules, and what is around them.
PIECES = st.sampled_from(
    r"""
    password token apiKey session auth pin code name value cookie hmac reset verify login
    = : , ; & ? # @ / // :// \ \" " ' ( ) [ ] { } < > . - -- $ % %3D \u0041 \/ 1 42 abc x9!
    Bearer Basic eyJhbGciOiJ9 AKIA ghp_ SK0a1b2c http u:p@h mysql curl -p -u oracle: AUTH
    identified by hooks.slack.com/services/T0/B0/ filename INSERT into values shipped
    kn0wn-s3cret-value kn0wn-s3cret%2Dvalue 4111111111111111 é İ
    """.split()  # noqa: SIM905 - easier to read
)
TEXTS = st.lists(
    st.tuples(PIECES, st.sampled_from(["", "", " ", "\n"])), max_size=14
).map(lambda pairs: "".join(piece + blank for piece, blank in pairs))
JSON = st.recursive(
    st.none() | st.integers() | PIECES | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(PIECES, inner, max_size=4)
    ),
    max_leaves=8,
).map(json.dumps)


class Thorough(Masker):
    """
    Reads through every text.
    """

    def _is_clean(self, text: str, name: str = "") -> bool:
        return False


GLANCING = Masker(secrets=["kn0wn-s3cret-value"])
THOROUGH = Thorough(secrets=["kn0wn-s3cret-value"])


def masked(masker: Masker, way: str, text: str, name: str) -> str:
    """
    Mask *text* in one of the *ways* that it may be handed to us.
    """
    match way:
        case "header" | "cookie":
            return masker.header(name if way == "header" else way, text)
        case "value":
            return masker.value(name, text)
        case "xml" | "form":
            return masker.body(text, way.replace("form", "form-urlencoded"))
        case _:
            return str(getattr(masker, way)(text))


@pytest.mark.parametrize(
    "way", ["text", "body", "url", "header", "cookie", "value", "xml", "form"]
)
@given(text=TEXTS | JSON, name=PIECES, cut=st.integers(0, 200))
@settings(max_examples=200, deadline=None)
def test_glance(way: str, text: str, name: str, cut: int) -> None:
    """
    What is let through at a glance is let through by all the rules.
    """
    for shown in (text, text[:cut]):
        expected = masked(THOROUGH, way, shown, name)

        assert expected == masked(GLANCING, way, shown, name)


@given(
    words=st.sets(st.text("abz-_.K9", min_size=1, max_size=4)), text=st.text("abz-_.K9")
)
def test_finder(words: set[str], text: str) -> None:
    """
    A text is found to have one of the words when it has one.
    """
    if words:
        assert (finder(words)(text) is not None) == any(word in text for word in words)


@pytest.mark.parametrize(
    "word",
    sorted({*keys._STRONG, *keys._WEAK, *keys._STRONG_ENDS, "auth", "session"}),
)
def test_stems(word: str) -> None:
    """
    Every word that makes a name secret has a stem that is looked for.
    """
    assert keys.Keys().mentioned(word)
    assert GLANCING.text(f"{word}=abc-1") != f"{word}=abc-1"


@pytest.mark.parametrize("hint", sorted(set(values.HINTS)))
def test_hints(hint: str) -> None:
    """
    Nothing that has the beginning of a known shape is let through at a glance.
    """
    assert not GLANCING._is_clean(f"a {hint} b")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"a": "http:\\/\\/u:p@h/"}', '{"a": "http://u:REDACTED@h/"}'),
        ('{"a": "/x?%74oken=abc"}', '{"a": "/x?%74oken=REDACTED"}'),
        ('{"\\u0074oken": "abc"}', '{"\\u0074oken": "REDACTED"}'),
        ('{"hmac": "abc"}', '{"hmac": "REDACTED"}'),
        ('{"a": "<pin>12</pin>"}', '{"a": "<pin>REDACTED</pin>"}'),
        ('{"a": "the pin is a12345"}', '{"a": "the pin is REDACTED"}'),
    ],
)
def test_hidden(body: str, expected: str) -> None:
    """
    What is written in a roundabout way is not overlooked, also in a small body.
    """
    assert expected == GLANCING.body(body)
    assert expected == GLANCING.body(expected)
