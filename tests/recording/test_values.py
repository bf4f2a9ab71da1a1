"""
Whatever a test hands us becomes a value that a span can hold.
"""

from __future__ import annotations

import collections
import datetime as dt
import decimal
import pathlib
import sys
import uuid

from typing import Any

import numpy as np
import pytest

from otel_testkit.masking import Masker
from otel_testkit.recording.values import (
    MAX_TEXT,
    attribute_value,
    masked_value,
    masked_values,
)


class Raising:
    def __str__(self) -> str:
        msg = "no"
        raise ValueError(msg)


class Leaving:
    def __str__(self) -> str:  # noqa: PLE0307  # on purpose
        sys.exit(3)


class Shouting(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "another"


def endless() -> list[Any]:
    """
    A list that holds itself.
    """
    found: list[Any] = [1]
    found.append(found)

    return found


VALUES = [
    ("text", "text"),
    (True, True),
    (3, 3),
    (1.5, 1.5),
    (2**70, str(2**70)),
    (["a", "b"], ["a", "b"]),
    ((1, 2), [1, 2]),
    ([True, False], [True, False]),
    ([1, "a"], '[1, "a"]'),
    ([1, 2**70], f'[1, "{2**70}"]'),
    ([], "[]"),
    (None, "None"),
    ({"a": [1, None]}, '{"a": [1, null]}'),
    ({1: {2: 3}}, '{"1": {"2": 3}}'),
    ({"é"}, '["é"]'),
    (b"bytes", "bytes"),
    (b"\xff\x00", "<binary, 2 bytes>"),
    (memoryview(b"view"), "view"),
    (np.int64(7), 7),
    (np.float64(0.5), 0.5),
    (np.bool_(True), True),
    (np.str_("n"), "n"),
    (np.array(3), 3),
    (collections.OrderedDict(a=1), '{"a": 1}'),
    (pathlib.PurePosixPath("/a"), "/a"),
    (decimal.Decimal("1.10"), "1.10"),
    (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (dt.date(2026, 11, 22), "2026-11-22"),
    (Raising(), "<Raising, unprintable: ValueError>"),
    (Leaving(), "<Leaving, unprintable: SystemExit>"),
    ([1, Raising()], '[1, "<Raising, unprintable: ValueError>"]'),
    (Shouting("own"), "own"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "expected"), VALUES, ids=map(str, range(len(VALUES)))
)
def test_values(value: object, expected: object) -> None:
    """
    Each kind of value is kept as it is, as JSON, or as text.
    """
    given = attribute_value(value)

    assert (type(expected), expected) == (type(given), given)


@pytest.mark.parametrize(
    "value",
    [
        endless(),
        [[[[[[[[[[[[1]]]]]]]]]]]],
        list(range(10**6)),
        {n: n for n in range(10**5)},
        "x" * 10**7,
        b"x" * 10**7,
        np.zeros(10**6),
        range(10**9),
    ],
    ids=["endless", "deep", "long", "wide", "text", "bytes", "array", "range"],
)
def test_large_ones_are_bounded(value: object) -> None:
    """
    No value costs more than its budget, however large it is.
    """
    written = masked_value("key", value, Masker())

    assert isinstance(written, str)
    assert MAX_TEXT + 10 >= len(written)


def test_a_secret_at_the_cut_is_masked() -> None:
    """
    What is cut is masked before, so that no half of a secret stays.
    """
    token = "ghp_" + "A1b2" * 9
    written = masked_value("note", "x " * (MAX_TEXT // 2 - 5) + token, Masker())

    assert "ghp_" not in str(written)


def test_keys_of_any_kind() -> None:
    """
    A key is a text, and never an empty one.
    """
    assert {"1": "a", "(empty)": "b"} == masked_values({1: "a", "": "b"}, Masker())


def test_numbers_under_a_secret_key_are_masked() -> None:
    """
    A PIN is a number, and a secret.
    """
    assert {"pin": "REDACTED", "n": 1} == masked_values({"pin": 1234, "n": 1}, Masker())
