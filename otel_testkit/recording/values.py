"""
Turns whatever a test hands us into a value that a span can hold.

The SDK calls `str` on what it does not know, walks structures without end and
raises into the test. Here every value costs a bounded effort, and foreign code
(`__str__`, `__repr__`, `item`) may raise what it likes.
"""

from __future__ import annotations

import functools
import itertools
import json

from collections.abc import Callable, Mapping, Sequence, Set
from typing import TYPE_CHECKING, Any, Final

from otel_testkit.errors import trouble


if TYPE_CHECKING:
    from otel_testkit.masking import Masker


AttributeValue = (
    str | bool | int | float | list[str] | list[bool] | list[int] | list[float]
)

MAX_TEXT: Final = 16_384
# Kept until it is masked, so that a secret is seen whole before it is cut.
_ROOM = MAX_TEXT + 1_024
_SHORT = 256
_MAX_NODES = 1_000
_MAX_DEPTH = 8
_INT64 = range(-(2**63), 2**63)
# Kept: a test may replace `json.dumps`.
_as_json: Final = json.JSONEncoder(ensure_ascii=False).encode


def attribute_value(value: Any) -> AttributeValue:
    """
    Give *value* as an attribute value: numbers, booleans and texts as they
    are, flat lists of one of these as lists, all else as JSON or as text.
    """
    kind = type(value)
    if kind is str:
        return value if len(value) <= _ROOM else text(value)
    if kind is bool or kind is float:
        return value  # type: ignore[no-any-return]
    if kind is int:
        return value if value in _INT64 else text(value)

    try:
        return _converted(value)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  # a `__str__` may well exit
        return _unprintable(kind, error)


def masked_values(given: Mapping[str, Any] | None, masker: Masker) -> dict[str, Any]:
    """
    Give what was *given* as attributes that may be written.
    """
    if given is None:
        return {}

    try:
        pairs = list(itertools.islice(given.items(), _MAX_NODES))
        if len(given) > len(pairs):
            pairs.append(("…", f"{len(given)} in all"))
    except Exception as error:  # noqa: BLE001  # no mapping, or an unruly one
        trouble("tags", f"tags are no mapping ({type(error).__name__})")
        return {}

    return {
        name: masked_value(name, value, masker)
        for key, value in pairs
        for name in (attribute_key(key, masker),)
    }


def holds_no_secret(given: dict[str, Any], name: str, masker: Masker) -> bool:
    """
    Tell if the values in *given* and the *name* may surely be written as they are:
    short texts, whole numbers and truths, with nothing that looks like a secret.
    """
    texts = [name]
    for value in given.values():
        if type(value) is str:
            # What is said twice, as most of a test's place is, is looked at once.
            if value not in name:
                texts.append(value)
        elif type(value) is int:
            if value not in _INT64:
                return False
        elif type(value) is not bool:
            return False
    everything = "\n".join(texts)

    return (
        len(everything) <= MAX_TEXT
        and masker.is_clean(everything)
        and _are_plain_keys(masker, tuple(given))
    )


@functools.lru_cache(maxsize=1024)
def _are_plain_keys(masker: Masker, keys: tuple[Any, ...]) -> bool:
    return all(
        type(key) is str
        and attribute_key(key, masker) == key
        and not masker.is_secret_key(key)
        and not key.startswith("http.")
        for key in keys
    )


def attribute_key(key: Any, masker: Masker) -> str:
    """
    Give *key* as a text, and never as an empty one: the SDK would log that.
    """
    if type(key) is str and len(key) <= _SHORT:
        return _short_key(masker, key)

    return cut(masker.text(text(key))) or "(empty)"


@functools.lru_cache(maxsize=1024)
def _short_key(masker: Masker, key: str) -> str:
    # The same tags come with every test.
    return masker.text(key) or "(empty)"


def masked_value(key: str, raw: Any, masker: Masker) -> AttributeValue:
    """
    Give *raw*, an attribute's value under *key*, as it may be written.
    """
    if type(raw) is str and len(raw) <= _SHORT:
        return masker.value(key, raw)

    value = attribute_value(raw)
    if type(value) is str:
        return cut(masker.value(key, value))
    if type(value) is list:
        return [
            cut(masker.value(key, item)) if type(item) is str else item
            for item in value
        ]  # type: ignore[return-value]  # each list is of one kind

    return masker.value(key, str(value)) if masker.is_secret_key(key) else value


def text(value: Any) -> str:
    """
    Give *value* as a text of bounded length, whatever its `__str__` does.
    """
    try:
        # Through the base class: a subclass may have a `__str__` of its own.
        written = str.__str__(value) if isinstance(value, str) else str(value)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  # see above
        return _unprintable(type(value), error)

    return cut(written, _ROOM)


def of_kind(kind: type, name: str) -> str:
    """
    Get `__module__`, `__name__` or the like of *kind*, past what its own class, if
    it has one, makes of the name.
    """
    return str(vars(type)[name].__get__(kind))


def _unprintable(kind: type, error: BaseException) -> str:
    names = (of_kind(one, "__name__") for one in (kind, type(error)))

    return "<{}, unprintable: {}>".format(*names)


def cut(written: str, limit: int = MAX_TEXT) -> str:
    """
    Cut *written* to *limit* characters, and say so at its end.
    """
    return written if len(written) <= limit else f"{written[:limit]}… (cut)"


def _converted(value: Any) -> AttributeValue:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bool):
        return bool(value)
    if isinstance(value, int):
        return attribute_value(int(value))
    if isinstance(value, float):
        return float(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _of_bytes(value)
    if isinstance(value, (list, tuple)):
        flat: list[Any] | None = _flat_list(value)
        if flat:
            return flat
    if isinstance(value, (Mapping, Sequence, Set)):
        return cut(_as_json(_Walk().of(value, 0)), _ROOM)

    # numpy's scalars, and what else keeps one plain value inside.
    item: Callable[[], Any] | None = getattr(value, "item", None)
    if callable(item) and getattr(value, "shape", None) == ():
        return attribute_value(item())

    return text(value)


def _flat_list(values: Sequence[Any]) -> list[Any] | None:
    # A subclass may never come to an end.
    items = list(itertools.islice(values, _MAX_NODES + 1))
    kinds = {type(item) for item in items}
    if len(items) > _MAX_NODES or len(kinds) != 1:
        return None

    kind = kinds.pop()
    if kind is str:
        return [cut(item, _ROOM) for item in items]
    if kind is bool or kind is float:
        return items
    if kind is int and all(item in _INT64 for item in items):
        return items

    return None


def _of_bytes(value: bytes | bytearray | memoryview) -> str:
    try:
        return bytes(value[:_ROOM]).decode()
    except UnicodeDecodeError:
        return f"<binary, {len(value)} bytes>"


class _Walk:
    """
    Walks a structure until its budget is used up.
    """

    def __init__(self) -> None:
        self._nodes = 0

    def of(self, value: Any, depth: int) -> Any:
        self._nodes += 1
        if isinstance(value, (Mapping, Sequence, Set)) and not isinstance(
            value, (str, bytes, bytearray, memoryview)
        ):
            return self._of_many(value, depth)
        if value is None:
            return None

        return attribute_value(value)

    def _of_many(self, values: Any, depth: int) -> Any:
        if depth >= _MAX_DEPTH or self._nodes >= _MAX_NODES:
            return "…"

        if isinstance(values, Mapping):
            pairs: dict[str, Any] = {}
            for key in values:
                if self._nodes >= _MAX_NODES:
                    pairs["…"] = f"{len(values)} in all"
                    break
                pairs[text(key)] = self.of(values[key], depth + 1)

            return pairs

        items: list[Any] = []
        for item in values:
            if self._nodes >= _MAX_NODES:
                items.append(f"… {len(values)} in all")
                break
            items.append(self.of(item, depth + 1))

        return items
