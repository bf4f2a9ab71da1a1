"""
Copies of bodies: taken as they pass, cut at a limit, written as text.
"""

from __future__ import annotations

import codecs
import re
import sys
import zlib

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import wrapt

from otel_testkit.errors import never_raises
from otel_testkit.masking import Masker


# Copied beyond the limit, so that a secret is seen whole before it is cut.
_MARGIN: Final = 512
_TEXTUAL: Final = re.compile(
    r"text/|[a-z.+-]*/(?:[\w.-]*\+)?(?:json|xml|yaml)\b"
    r"|application/(?:x-www-form-urlencoded|graphql|javascript|x-ndjson|jsonl"
    r"|x-amz-json)|multipart/form-data|.*;\s*charset=",
    re.IGNORECASE,
)
# As much of a text may be no UTF-8: a name or two, in another coding.
_MOST_FOREIGN: Final = 0.1
_FEW: Final = 8
_NO_CHARSETS: Final = ("idna", "punycode", "undefined")
_UTF_8: Final = codecs.getincrementaldecoder("utf-8")
_CHARSET: Final = re.compile(r"charset=[\"']?([\w.:-]+)", re.IGNORECASE)


class BodyCopy:
    """
    The beginning of a body, at most *limit* bytes of it, and its whole size.
    """

    __slots__ = (
        "_kept",
        "_limit",
        "_room",
        "is_encoded",
        "is_full",
        "is_whole",
        "size",
    )

    def __init__(self, limit: int) -> None:
        self.size: int = 0
        self.is_whole: bool = True
        # Whether the content coding (gzip, …) is still on it.
        self.is_encoded: bool = False
        # Whether what follows is counted only.
        self.is_full: bool = not limit
        self._limit = limit
        self._room = limit + _MARGIN if limit else 0
        self._kept = bytearray()

    def add(self, data: Any, charset: str = "utf-8") -> None:
        """
        Copy *data*, the next part that passes; a text as the client encodes it.
        """
        if type(data) is not bytes:
            data = (
                data.encode(charset, "replace")
                if isinstance(data, str)
                else memoryview(data).cast("B")
            )

        self.size += len(data)
        if self._room > 0:
            kept = data[: self._room]
            self._room -= len(kept)
            self.is_full = self._room <= 0
            # One object: a caller may read byte by byte.
            self._kept += kept

    def forget(self) -> None:
        """
        Let go of what was copied.
        """
        self._kept = bytearray()
        self._room = 0
        self.is_full = True

    def text(
        self, masker: Masker, content_type: str, content_encoding: str
    ) -> tuple[str, bool]:
        """
        Give the body as masked text, or as a description if it is none, and
        whether that is all of it.
        """
        content = bytes(self._kept)
        whole = self.is_whole and len(content) == self.size
        coding = content_encoding.strip().lower()
        if self.is_encoded and coding not in ("", "identity"):
            unpacked = _unpacked(content, coding, self._limit + _MARGIN)
            if unpacked is None:
                return f"<{coding}, {self.size} bytes>", True

            content, at_end = unpacked
            whole = whole and at_end

        written = _decoded(content, content_type, whole=whole)
        if written is None:
            kind = content_type.partition(";")[0].strip() or "binary"

            return f"<{kind}, {self.size} bytes>", True

        masked = masker.body(written, content_type)
        if whole and len(content) <= self._limit:
            return masked, True

        # Masking shortens: what stood at our own cut, perhaps half a secret,
        # must not move up into what is shown.
        is_cut = len(content) >= self._limit + _MARGIN
        shown = len(masked) - _MARGIN if is_cut else len(masked)

        return masked[: max(0, min(self._limit, shown))], False


def passing(body: Any, copy: BodyCopy, charset: str = "utf-8") -> Any:
    """
    Give *body*, as a client takes it, so that what passes goes to *copy*.

    Bytes are copied at once. A file or an iterable is read by the client alone,
    and what it reads is copied.
    """
    if isinstance(body, (str, bytes)):
        copy.add(body, charset)
        return body
    if hasattr(body, "read"):
        copy.is_whole = False
        return _ReadFile(body, copy, charset)

    try:
        buffer = memoryview(body)
    except TypeError:
        pass
    else:
        copy.add(buffer)
        return body

    if isinstance(body, Iterable):
        copy.is_whole = False
        return _read_items(body, copy)

    return body


class _ReadFile(wrapt.ObjectProxy):  # type: ignore[type-arg]  # generic in the stubs alone
    def __init__(self, file: Any, copy: BodyCopy, charset: str) -> None:
        super().__init__(file)
        self._self_copy = copy
        self._self_charset = charset

    def read(self, *args: Any, **kwargs: Any) -> Any:
        data = self.__wrapped__.read(*args, **kwargs)
        _copied(self._self_copy, data, self._self_charset)

        return data

    def __iter__(self) -> Iterator[Any]:
        return _read_items(self.__wrapped__, self._self_copy)


def _read_items(items: Iterable[Any], copy: BodyCopy) -> Iterator[Any]:
    for item in items:
        _copied(copy, item)
        yield item
    copy.is_whole = True


@never_raises("capture", "a request body was not recorded")
def _copied(copy: BodyCopy, data: Any, charset: str = "utf-8") -> None:
    # A file ends with an empty part, an iterable may have some. What is no part
    # of a body at all is for the client to complain of.
    if hasattr(data, "__len__"):
        copy.is_whole = not len(data)
        copy.add(data, charset)


def _unpacked(content: bytes, coding: str, limit: int) -> tuple[bytes, bool] | None:
    """
    Take *coding* off *content*, at most *limit* bytes of it, and tell if that is
    all. A small body may unpack to gigabytes.
    """
    if coding in ("gzip", "x-gzip"):
        return _inflated(content, zlib.MAX_WBITS | 16, limit)
    if coding == "deflate":
        return _inflated(content, zlib.MAX_WBITS, limit) or _inflated(
            content, -zlib.MAX_WBITS, limit
        )

    # By what the client unpacks it with: nothing is loaded for us.
    try:
        if coding == "br":
            unpacking = sys.modules["brotli"].Decompressor()
            unpacked = unpacking.process(content, output_buffer_limit=limit)
            return (unpacked[:limit], unpacking.is_finished()) if unpacked else None
        if coding == "zstd":
            reader = sys.modules["zstandard"].ZstdDecompressor().stream_reader(content)
            unpacked = reader.read(limit)
            return unpacked, len(unpacked) < limit
    except Exception:  # noqa: BLE001  # not there, too old, or no such coding after all
        return None

    return None


def _inflated(content: bytes, window: int, limit: int) -> tuple[bytes, bool] | None:
    unpacking = zlib.decompressobj(window)
    try:
        return unpacking.decompress(content, limit), unpacking.eof
    except zlib.error:
        return None


def _decoded(content: bytes, content_type: str, *, whole: bool) -> str | None:
    if content_type and not _TEXTUAL.match(content_type.strip()):
        return None

    decoder = _decoder(content_type)
    try:
        if whole and decoder is _UTF_8:
            return content.decode()
        # A character that is cut in two is left out.
        return decoder("strict").decode(content, final=whole)
    except UnicodeError:
        if not content_type:
            return None

    text = _UTF_8("replace").decode(content, final=whole)

    # Whatever it was called, with that many question marks it is none.
    is_foreign = text.count("\ufffd") > _FEW + len(text) * _MOST_FOREIGN

    return None if is_foreign else text


def _decoder(content_type: str) -> Callable[[str], codecs.IncrementalDecoder]:
    if not (charset := _CHARSET.search(content_type)):
        return _UTF_8

    try:
        codec = codecs.lookup(charset[1])
    except (LookupError, ValueError):
        return _UTF_8

    # Some are no charsets (zip), or take for ever (idna).
    is_charset = getattr(codec, "_is_text_encoding", True)
    if not is_charset or codec.name in _NO_CHARSETS:
        return _UTF_8

    return codecs.getincrementaldecoder(codec.name)
