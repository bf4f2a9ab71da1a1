"""
The user's own patterns, whatever they are, and the time that a value may take.
"""

from __future__ import annotations

import itertools

import pytest

from hypothesis import given, settings, strategies as st

from otel_testkit.masking import Masker, budget


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"ref-\d+", "a ref-12 b", "a REDACTED b"),
        (r"(?i)REF-\d+", "a ref-12 b", "a REDACTED b"),
        (r"ref (?P<secret>\d+)", "a ref 12 b", "a ref REDACTED b"),
        (r"(\d)\d", "1234", "REDACTED"),
        (r"\w", "ab cd", "REDACTED REDACTED"),
        (r"x*", "axxb", "aREDACTEDb"),
        ("", "abc", "abc"),
        ("^", "abc", "abc"),
        ("(?=b)", "abc", "abc"),
        ("E|REDACTED", "E REDACTED", "REDACTED REDACTED"),
        (r"D \w+", "REDACTED foo", "REDACTED"),
        (r"b$", "REDACTEDbb b", "REDACTEDbb REDACTED"),
    ],
)
def test_pattern(pattern: str, text: str, expected: str) -> None:
    """
    What a pattern matches is struck out, once, and nothing is nowhere.
    """
    masker = Masker(patterns=[pattern])

    assert expected == masker.text(text)
    assert expected == masker.text(expected)


def test_everywhere() -> None:
    """
    A pattern sees what is meant, however it is written, and JSON stays JSON.
    """
    masker = Masker(patterns=[r"cust-\d{4}", r"(?i)iban \d+", r"\b\d{11}\b"])

    assert masker.header("X-Note", "cust-1234") == "REDACTED"
    assert masker.value("note", "x cust-1234") == "x REDACTED"
    assert masker.url("/a/cust%2D1234/b?c=IBAN+1") == "/a/REDACTED/b?c=REDACTED"
    assert masker.body("a=iban%201&b=c") == "a=REDACTED&b=c"
    assert (
        masker.body('{"cust-1234": "cust\\u002d1234", "n": 12345678901, "m": 1}')
        == '{"REDACTED": "REDACTED", "n": "REDACTED", "m": 1}'
    )
    assert masker.body('{"a": "{\\"b\\": 12345678901}"}') == (
        '{"a": "{\\"b\\": \\"REDACTED\\"}"}'
    )


def test_stretches() -> None:
    """
    A long text is read in stretches, and a secret that lies across two is found.
    """
    masker = Masker(patterns=[r"cust-\d+"])
    for size in (4084, 4086, 4090, 4096, 8185, 20_000):
        text = f"{'x ' * (size // 2)}cust-1234567{' y' * 3000}"

        assert masker.text(text) == text.replace("cust-1234567", "REDACTED")


@given(
    pattern=st.sampled_from(
        ["", "x*", "E", ".", r"\w+", r"\d{2}", r"(?P<secret>a)b", "a|", "[A-Z]{3}"]
    ),
    text=st.text('abxE 12RD{}[]":,=\\REDACTED', max_size=60),
)
@settings(max_examples=300, deadline=None)
def test_the_mask_is_not_masked(pattern: str, text: str) -> None:
    """
    Whatever pattern and text, the mask itself is not masked again.
    """
    masker = Masker(patterns=[pattern])
    once = masker.text(text)

    assert len(masker.text(once)) <= len(once)
    assert "not examined" not in once


def test_many_values() -> None:
    """
    A failure that tells of more secrets than anybody looks at ends all the same.
    """
    told = "".join(f" +  where 'value-{n}' = <User>.password\n" for n in range(40))

    assert "'value-0'" not in Masker().text(f"assert 'value-0' == 'x'\n{told}")


@pytest.mark.parametrize("way", ["text", "body", "url"])
def test_budget(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A value that takes too long is withheld as a whole, and the next is not.
    """
    masker = Masker(patterns=[r"x+x+y"])
    text = "token=abc&" * 2000
    calm = getattr(masker, way)(text)
    ticks = itertools.count(step=budget.BUDGET / 2)
    monkeypatch.setattr(budget, "clock", lambda: next(ticks))

    assert "token=REDACTED" in calm
    assert getattr(masker, way)(text) == "REDACTED (20000 bytes not examined)"
    assert masker.value("note", text) == "REDACTED (20000 bytes not examined)"
    assert masker.header("X-Note", text) == "REDACTED (20000 bytes not examined)"

    monkeypatch.undo()

    assert calm == getattr(masker, way)(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": [' + "1, " * 5000 + "1]}",
        "<a b='c'>d</a>" * 2000,
        "x: y, token " * 4000,
        "insert into t (password) values (" + "'a', " * 4000,
        "/?" + "a=b&" * 4000,
    ],
)
def test_budget_of_each_form(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Whatever its form, a value is given up while it is read and not only after.
    """
    looks = itertools.count(1)
    monkeypatch.setattr(budget, "clock", lambda: float(next(looks) > 2))

    assert Masker().body(text).endswith("bytes not examined)")
