"""
What is kept of a body, and how it is written.
"""

from __future__ import annotations

import array
import gzip
import io
import zlib

from typing import Any

import brotli
import pytest
import zstandard

from otel_testkit.masking import Masker
from otel_testkit.recording.capture.body import BodyCopy, passing


TEXT = "text/plain"


def written(*parts: Any, limit: int = 100, kind: str = TEXT, coding: str = "") -> Any:
    """
    The text of a body that came in *parts*, and whether it is whole.
    """
    copy = BodyCopy(limit)
    copy.is_encoded = bool(coding)
    for part in parts:
        copy.add(part)

    return copy.text(Masker(), kind, coding)


def test_a_body_is_kept_up_to_its_limit() -> None:
    """
    A body of the limit is whole, one of a byte more is cut, its size is told.
    """
    assert written(b"a" * 50, b"b" * 50) == ("a" * 50 + "b" * 50, True)
    assert written(b"a" * 101) == ("a" * 100, False)
    assert written(b"a", limit=0) == ("", False)


def test_a_secret_across_the_limit_is_masked() -> None:
    """
    A secret that the limit cuts in two is masked as a whole one is.
    """
    text, whole = written(b"Authorization: Bearer " + b"s3cr3tQ" * 20, limit=40)

    assert "s3cr3tQ" not in text
    assert not whole


@pytest.mark.parametrize("cut_at", range(1, 6))
def test_characters_are_not_cut_in_two(cut_at: int) -> None:
    """
    A character of which only a part was kept is left out.
    """
    copy = BodyCopy(100)
    copy.add("üö€".encode()[:cut_at])
    copy.is_whole = False

    assert copy.text(Masker(), TEXT, "")[0] == ["", "ü", "ü", "üö", "üö"][cut_at - 1]


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("application/octet-stream", b"abc", "<application/octet-stream, 3 bytes>"),
        ("image/png", b"\x89PNG", "<image/png, 4 bytes>"),
        ("", b"\xff\xfe\x00", "<binary, 3 bytes>"),
        ("", b"plain", "plain"),
        ("application/vnd.api+json; charset=utf-8", b"{}", "{}"),
        ("application/x-amz-json-1.1", b"{}", "{}"),
        ("text/plain; charset=latin-1", b"gr\xfcn", "grün"),
        ("text/plain; charset=nonsense", b"abc", "abc"),
        ("text/plain; charset=zip", b"abc", "abc"),
        ("text/plain; charset=hex", b"abc", "abc"),
        ("text/plain; charset=idna", b"abc", "abc"),
        ("text/plain; charset=undefined", b"abc", "abc"),
        ("text/plain; charset=utf-8", b"a\xffb", "a\ufffdb"),
        ("text/plain", b"\xff\xfe\x00" * 9, "<text/plain, 27 bytes>"),
    ],
)
def test_texts_and_others(kind: str, body: bytes, expected: str) -> None:
    """
    What is text by its type, or without one by its bytes, is written; of all
    else its type and its size are.
    """
    assert written(body, kind=kind) == (expected, True)


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data)[2:-4]),
        ("br", brotli.compress),
        ("zstd", zstandard.compress),
    ],
)
def test_packed_bodies_are_unpacked(coding: str, pack: Any) -> None:
    """
    A body that the caller reads packed is written unpacked.
    """
    assert written(pack(b"hello"), coding=coding) == ("hello", True)


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("br", brotli.compress),
        ("zstd", zstandard.compress),
    ],
)
def test_unpacking_is_bounded(coding: str, pack: Any) -> None:
    """
    A small body that unpacks to a very big one is cut as any.
    """
    text, whole = written(pack(b"a" * 10_000_000), limit=20_000, coding=coding)

    assert (len(text), whole) == (20_000, False)


@pytest.mark.parametrize("coding", ["br", "gzip, br", "gzip"])
def test_what_cannot_be_unpacked(coding: str) -> None:
    """
    What cannot be unpacked is described.
    """
    assert written(b"rubbish", coding=coding) == (f"<{coding}, 7 bytes>", True)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"bytes", b"bytes"),
        ("grün", "grün".encode()),
        (bytearray(b"array"), b"array"),
        (memoryview(b"view"), b"view"),
        (array.array("i", [1]), array.array("i", [1]).tobytes()),
    ],
)
def test_bytes_pass_as_they_are(body: Any, expected: bytes) -> None:
    """
    What a client sends as it stands is copied at once and passed as itself.
    """
    copy = BodyCopy(100)

    assert passing(body, copy) is body
    assert (bytes(copy._kept), copy.size, copy.is_whole) == (
        expected,
        len(expected),
        True,
    )


def test_a_file_is_copied_as_it_is_read() -> None:
    """
    A file is read by its client alone, and is whole when that has seen its end.
    """
    copy = BodyCopy(100)
    file = io.BytesIO(b"abcdef")
    passed = passing(file, copy)

    assert (copy.size, isinstance(passed, io.BytesIO)) == (0, True)
    assert passed.read(4) == b"abcd"
    assert (copy.size, copy.is_whole) == (4, False)
    assert (passed.read(), passed.read()) == (b"ef", b"")
    assert (bytes(copy._kept), copy.is_whole) == (b"abcdef", True)
    assert file.tell() == 6


def test_an_iterable_is_copied_as_it_is_read() -> None:
    """
    An iterable is read part by part; an empty part is not its end.
    """
    copy = BodyCopy(100)
    passed = passing(iter([b"a", b"", b"b"]), copy)

    assert (next(passed), next(passed)) == (b"a", b"")
    assert list(passed) == [b"b"]
    assert (bytes(copy._kept), copy.is_whole) == (b"ab", True)


def test_what_is_no_body_passes() -> None:
    """
    What a client will refuse reaches it as it is.
    """
    assert passing(5, BodyCopy(10)) == 5


def test_byte_by_byte_costs_no_more_memory() -> None:
    """
    A body that comes in single bytes is kept in one piece.
    """
    copy = BodyCopy(8_192)
    for _ in range(20_000):
        copy.add(b"a")

    assert len(copy._kept) == 8_192 + 512
    assert copy.size == 20_000
