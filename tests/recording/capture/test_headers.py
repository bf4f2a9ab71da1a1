"""
Headers as they are written, and what is kept of them for the next request.
"""

from __future__ import annotations

import enum
import gc
import weakref

from typing import Any

import pytest

from otel_testkit.masking import Masker
from otel_testkit.recording.capture.headers import written_headers


MASKER = Masker()


class Text(str):  # noqa: SLOT000  # it can be referred to weakly
    """
    A text of somebody's own.
    """


class Name(str, enum.Enum):  # noqa: UP042  # its `str` is another
    """
    A text with another one for people.
    """

    ACCEPT = "accept"


def values(*headers: Any) -> str:
    """
    Give what is written of *headers*.
    """
    return str(written_headers(MASKER, "h.", headers).attributes)


@pytest.mark.parametrize(
    ("one", "other"), [(True, 1), (1, 1.0), (0, False)], ids=["true", "float", "zero"]
)
def test_equal_is_not_the_same(one: Any, other: Any) -> None:
    """
    Values that compare equal are written each as it is.
    """
    assert str(one) in values(("x-equal", one))
    assert str(other) in values(("x-equal", other))
    assert values(("x-equal", one)) != values(("x-equal", other))


def test_nothing_of_the_caller_is_kept() -> None:
    """
    The caller's own objects live no longer for having been headers.
    """
    name, value = Text("x-kept"), Text("a value")
    kept = [weakref.ref(name), weakref.ref(value)]
    written_headers(MASKER, "h.", [(name, value)])
    del name, value
    gc.collect()

    assert [ref() for ref in kept] == [None, None]


def test_any_text() -> None:
    """
    Bytes and texts of any class are written as they are sent, hashable or not.
    """
    expected = values(("accept", "a"))

    assert values((b"Accept", b"a")) == expected
    assert values((Name.ACCEPT, Text("a"))) == expected
    assert values(("x", ["a"])) == values(("x", "['a']"))
