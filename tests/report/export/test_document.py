"""
JSON that is written piece by piece.
"""

from __future__ import annotations

import json

from typing import Any

import pytest

from hypothesis import given, strategies as st

from otel_testkit.report.export.document import json_text, pieces


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=3)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=2), inner)
    ),
    max_leaves=8,
)


def lazy(value: Any) -> Any:
    """
    The same *value* with iterators for lists.
    """
    if isinstance(value, list):
        return iter([lazy(item) for item in value])
    if isinstance(value, dict):
        return {name: lazy(item) for name, item in value.items()}

    return value


@given(VALUES)
def test_it_is_what_json_writes(value: Any) -> None:
    """
    Piece by piece the text is the one that `json.dumps` makes of it as a whole.
    """
    assert json.dumps(value, indent=1) == "".join(pieces(lazy(value), indent=1))
    assert value == json.loads("".join(pieces(lazy(value))))


def test_an_item_is_made_when_its_turn_comes() -> None:
    """
    No item is asked for before the one before it was given.
    """
    given_out: list[int] = []

    def items() -> Any:
        for number in range(3):
            given_out.append(number)
            yield number

    written = pieces({"items": items()})
    for piece in written:
        if piece == "0":
            break

    assert [0] == given_out


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("\x1b[2J\n", r'"\u001b[2J\n"'),
        ("\x9b\u202e", r'"\u009b\u202e"'),
        ("😀", r'"\ud83d\ude00"'),
        ("\ud83d", r'"\ufffd"'),
        ("\\\ud83d\\", r'"\\\ufffd\\"'),
    ],
)
def test_ascii(text: str, written: str) -> None:
    """
    All text is plain ASCII, and half a character is none.
    """
    assert written == json_text(text)
