"""
Functions in a wrapper, as wrapt makes them, that can be copied and pickled.
"""

from __future__ import annotations

import copy
import importlib
import operator

from typing import TYPE_CHECKING, Any, Self

import wrapt


if TYPE_CHECKING:
    # Generic in the stubs alone.
    BoundFunctionWrapper = wrapt.BoundFunctionWrapper[..., Any]
    FunctionWrapper = wrapt.FunctionWrapper[..., Any]
else:
    from wrapt import BoundFunctionWrapper, FunctionWrapper


class _BoundWrapper(BoundFunctionWrapper):
    """
    A wrapped function that was got from an instance or a class.
    """

    def __repr__(self) -> str:
        return repr(self.__wrapped__)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        owner = getattr(self, "__self__", None)
        if owner is None:
            return self

        return getattr(copy.deepcopy(owner, memo), self.__name__)

    def __reduce__(self) -> tuple[Any, ...]:
        owner = getattr(self, "__self__", None)
        if owner is None:
            return _by_name, (self.__module__, self.__qualname__)

        return getattr, (owner, self.__name__)

    def __reduce_ex__(self, _protocol: object) -> tuple[Any, ...]:
        return self.__reduce__()


class Wrapper(FunctionWrapper):
    """
    A wrapped function, which is copied and pickled like any: by its name.
    """

    def __repr__(self) -> str:
        return repr(self.__wrapped__)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: object) -> Self:
        return self

    def __reduce__(self) -> str:
        return self.__qualname__

    def __reduce_ex__(self, _protocol: object) -> str:
        return self.__reduce__()


# Here, for an annotation in the class would hide those of the function.
Wrapper.__bound_function_wrapper__ = _BoundWrapper  # type: ignore[misc]  # it is the class


def _by_name(module: str, qualname: str) -> Any:
    return operator.attrgetter(qualname)(importlib.import_module(module))
