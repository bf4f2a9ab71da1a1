"""
Puts wrappers around methods of other people's classes, and takes them off.

The wrappers are plain functions, or coroutine functions, as the methods are:
cheap to call, and nothing that mocks, `inspect` or another instrumentation could
stumble over.
"""

from __future__ import annotations

import functools
import inspect
import types

from collections.abc import Callable
from typing import Any, Final

import wrapt

from otel_testkit.errors import never_raises


# Of wrapt 2, where the other one has become a special case of it.
_PROXY: Final = getattr(wrapt, "BaseObjectProxy", wrapt.ObjectProxy)

Ending = Callable[[Any, BaseException | None], None]
"""
Told the result of a call, or the exception that it raised.
"""
Beginning = Callable[[Any, Any, Any], Ending | None]
"""
Told the object, arguments and keywords of a call; neither may raise.
"""


class Patches:
    """
    The wrappers that one tap has put on.
    """

    def __init__(self) -> None:
        self._set: list[_Patch] = []

    @never_raises("capture", "the calls of a library are not recorded")
    def wrap(
        self, module: str, owner: Any, name: str, wrapper: Callable[..., Any]
    ) -> None:
        """
        Put *wrapper* around the method *name* of *owner*, if it has such a one.
        """
        self._put(module, owner, name, lambda patch: patch.around(wrapper))

    @never_raises("capture", "the calls of a library are not recorded")
    def replace(
        self, module: str, owner: Any, name: str, make: Callable[[Any], Any]
    ) -> None:
        """
        Put what *make* gives for the method *name* of *owner* in its place: for
        one that is called often, or has to let go of what it is called with. It
        may be called after `remove`, where somebody has wrapped it since.
        """
        self._put(module, owner, name, lambda patch: make(patch.method))

    def _put(
        self, module: str, owner: Any, name: str, function: Callable[[_Patch], Any]
    ) -> None:
        if owner is None or name not in vars(owner):
            return

        for patch in self._set:
            if (patch.owner, patch.name) == (owner, name) and patch.is_under_others():
                patch.is_on = True
                return

        self._set.append(_Patch(module, owner, name, function))

    def surround(self, module: str, owner: Any, name: str, begins: Beginning) -> None:
        """
        Have *begins* called before each call of the method *name* of *owner*, which
        may be a coroutine function.
        """
        is_async = inspect.iscoroutinefunction(vars(owner or object).get(name))
        surrounding = _surrounding_async if is_async else _surrounding
        self.wrap(module, owner, name, surrounding(begins))

    def remove(self, module: str) -> None:
        """
        Take off what was put on for *module*. What somebody has wrapped since
        stays where it is, and does nothing.
        """
        for patch in self._set:
            if patch.module == module:
                patch.take_off()

        self._set = [
            patch for patch in self._set if patch.is_on or patch.is_under_others()
        ]


def _surrounding(begins: Beginning) -> Callable[..., Any]:
    def wrapper(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        __tracebackhide__ = True
        ends = begins(instance, args, kwargs)
        if ends is None:
            return wrapped(*args, **kwargs)

        try:
            result = wrapped(*args, **kwargs)
        except BaseException as error:
            ends(None, error)
            raise

        ends(result, None)

        return result

    return wrapper


def _surrounding_async(begins: Beginning) -> Callable[..., Any]:
    async def wrapper(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        __tracebackhide__ = True
        ends = begins(instance, args, kwargs)
        if ends is None:
            return await wrapped(*args, **kwargs)

        try:
            result = await wrapped(*args, **kwargs)
        except BaseException as error:
            ends(None, error)
            raise

        ends(result, None)

        return result

    return wrapper


class _Patch:
    """
    A wrapper in its place.

    An instrumentation takes its own wrapper off by looking at what lies on top.
    Where it is one of wrapt, ours goes inside of it; through any other it sees to
    what that has inside, and takes off both.
    """

    __slots__ = ("function", "is_on", "module", "name", "original", "owner")

    def __init__(
        self, module: str, owner: Any, name: str, function: Callable[[_Patch], Any]
    ) -> None:
        self.module = module
        self.owner = owner
        self.name = name
        self.is_on = True
        around, self.original = self._innermost()
        self.function = function(self)
        inside = getattr(self.original, "__wrapped__", None)
        if inside is not None and type(self.function) is types.FunctionType:
            self.function.__wrapped__ = inside  # type: ignore[attr-defined]
        self._put(around, self.function)

    @property
    def method(self) -> Any:
        """
        The original, to be called with its object.
        """
        original = self.original
        if type(original) is types.FunctionType:
            return original

        # Somebody's wrapper, which wants to know for what object it is called.
        @functools.wraps(original)
        def method(instance: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True

            return original.__get__(instance, type(instance))(*args, **kwargs)

        return method

    def take_off(self) -> None:
        """
        Put the original back, unless a wrapper that cannot be looked into has been
        put around ours.
        """
        self.is_on = False
        around, function = self._innermost()
        if function is self.function:
            self._put(around, self.original)

    def is_under_others(self) -> bool:
        """
        Whether calls still come by here.
        """
        function = vars(self.owner).get(self.name)
        for _ in range(32):
            if function is None or function is self.function:
                return function is not None
            function = getattr(function, "__wrapped__", None)

        return False

    def _innermost(self) -> tuple[Any, Any]:
        """
        Give the innermost of the wrappers of wrapt, None where there is none, and
        what is in it.
        """
        around, function = None, vars(self.owner).get(self.name)
        while isinstance(function, _PROXY):
            around, function = function, function.__wrapped__

        return around, function

    def _put(self, around: Any, function: Any) -> None:
        if around is None:
            setattr(self.owner, self.name, function)
        else:
            around.__wrapped__ = function

    def around(self, wrapper: Callable[..., Any]) -> Any:
        """
        Give the method with *wrapper* around it.
        """
        bind = self.original.__get__

        if isinstance(self.original, classmethod):

            @functools.wraps(self.original.__func__)
            def class_method(owner: Any, *args: Any, **kwargs: Any) -> Any:
                __tracebackhide__ = True
                wrapped = bind(None, owner)
                if self.is_on:
                    return wrapper(wrapped, owner, args, kwargs)

                return wrapped(*args, **kwargs)

            if inspect.iscoroutinefunction(self.original.__func__):
                return classmethod(_awaiting(class_method))

            return classmethod(class_method)

        @functools.wraps(self.original)
        def method(instance: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            wrapped = bind(instance, type(instance))
            if self.is_on:
                return wrapper(wrapped, instance, args, kwargs)

            return wrapped(*args, **kwargs)

        if inspect.iscoroutinefunction(self.original):
            return _awaiting(method)

        return method


def _awaiting(method: Callable[..., Any]) -> Callable[..., Any]:
    """
    Give *method*, whose calls give a coroutine, as a coroutine function.
    """

    @functools.wraps(method)
    async def coroutine_method(*args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True

        return await method(*args, **kwargs)

    return coroutine_method
