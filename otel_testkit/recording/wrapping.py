"""
Runs functions of every kind inside a context manager, and changes nothing else
about them.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import sys
import types

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractContextManager
from typing import Any, Final, Self, TypeVar, cast

from opentelemetry import context as context_api


# unittest leaves the frames of such modules out of its tracebacks.
__unittest = True

F = TypeVar("F", bound=Callable[..., Any])

_IS_SUSPENDED: Final = (
    inspect.CO_COROUTINE | inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR
)

Enter = Callable[[Any, Any, tuple[Any, ...]], AbstractContextManager[Any]]
"""
Takes the wrapped function, the instance that it is bound to (or None) and its
arguments; gives what to run it in.
"""


def wrap(function: F, enter: Enter) -> F:
    """
    Give *function* so that each call of it runs inside what *enter* gives.
    """
    # wrapt loads asyncio: paid by who decorates, not by who imports.
    from otel_testkit.recording.wrapper import Wrapper  # noqa: PLC0415

    return cast("F", Wrapper(function, _wrapper_of(function)(enter)))


def _wrapper_of(function: Any) -> Callable[[Enter], Callable[..., Any]]:
    if isinstance(function, (staticmethod, classmethod)):
        function = function.__func__

    if inspect.iscoroutinefunction(function):
        return _around_coroutine
    if inspect.isasyncgenfunction(function):
        return _around_async_generator
    if inspect.isgeneratorfunction(function):
        # Of `types.coroutine`: awaited, where Python asks for this flag.
        flags = getattr(getattr(function, "__code__", None), "co_flags", 0)
        is_awaitable = bool(flags & inspect.CO_ITERABLE_COROUTINE)

        return functools.partial(_around_generator, is_awaitable=is_awaitable)

    return _around_call


def _around_call(enter: Enter) -> Callable[..., Any]:
    def call(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        __tracebackhide__ = True
        with enter(wrapped, instance, args):
            return wrapped(*args, **kwargs)

    return call


def _around_coroutine(enter: Enter) -> Callable[..., Any]:
    def call(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        __tracebackhide__ = True

        async def run() -> Any:
            __tracebackhide__ = True
            with enter(wrapped, instance, args):
                return await wrapped(*args, **kwargs)

        _refuse_wrong_arguments(wrapped, args, kwargs)

        return _named(run(), wrapped)

    return call


def _around_generator(
    enter: Enter, *, is_awaitable: bool = False
) -> Callable[..., Any]:
    def call(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        __tracebackhide__ = True

        def run() -> Generator[Any, Any, Any]:
            __tracebackhide__ = True
            with _Switch() as switch, enter(wrapped, instance, args):
                generator = wrapped(*args, **kwargs)
                resume = functools.partial(next, generator)
                while True:
                    try:
                        item = resume()
                    except StopIteration as stop:
                        return stop.value

                    switch.out()
                    try:
                        sent = yield item
                    except GeneratorExit:
                        switch.back()
                        generator.close()
                        raise
                    except BaseException as error:  # noqa: BLE001  # it is the generator's
                        switch.back()
                        resume = functools.partial(generator.throw, error)
                    else:
                        switch.back()
                        resume = functools.partial(generator.send, sent)

        _refuse_wrong_arguments(wrapped, args, kwargs)

        if is_awaitable:
            return _named(types.coroutine(run)(), wrapped)

        return _named(run(), wrapped)

    return call


def _around_async_generator(enter: Enter) -> Callable[..., Any]:
    def call(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        __tracebackhide__ = True

        async def run() -> AsyncGenerator[Any, Any]:
            __tracebackhide__ = True
            with _Switch() as switch, enter(wrapped, instance, args):
                generator = wrapped(*args, **kwargs)
                resume = _first_step(generator)
                while True:
                    try:
                        item = await resume
                    except StopAsyncIteration:
                        return

                    switch.out()
                    try:
                        sent = yield item
                    except GeneratorExit:
                        switch.back()
                        await generator.aclose()
                        raise
                    except BaseException as error:  # noqa: BLE001  # it is the generator's
                        switch.back()
                        resume = generator.athrow(error)
                    else:
                        switch.back()
                        resume = generator.asend(sent)

        _refuse_wrong_arguments(wrapped, args, kwargs)

        return _named(run(), wrapped)

    return call


def _refuse_wrong_arguments(wrapped: Any, args: Any, kwargs: Any) -> None:
    """
    Raise at the call what Python raises at the call, not at the first step.
    """
    __tracebackhide__ = True
    function = getattr(wrapped, "__func__", wrapped)
    # Of these alone it is certain that a call runs nothing of theirs.
    if (
        type(function) is types.FunctionType
        and function.__code__.co_flags & _IS_SUSPENDED
    ):
        unused = wrapped(*args, **kwargs)
        if inspect.iscoroutine(unused):
            # Or it is warned of: it was never awaited.
            unused.close()


def _first_step(generator: Any) -> Any:
    """
    Ask *generator* for its first item, unknown to the event loop: that would at
    its end close it and the one around it, both at once, of which one fails.
    """
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(None, None)
    try:
        return generator.__anext__()
    finally:
        sys.set_asyncgen_hooks(*hooks)


class _Switch:
    """
    Keeps a generator's context out of the code that it yields to.

    A generator shares the context of whoever resumes it: what is attached
    inside would stay attached outside for as long as it is suspended.
    """

    def __enter__(self) -> Self:
        self._outside = context_api.get_current()

        return self

    def __exit__(self, *_: object) -> None:
        context_api.attach(self._outside)

    def out(self) -> None:
        self._inside = context_api.get_current()
        context_api.attach(self._outside)

    def back(self) -> None:
        self._outside = context_api.get_current()
        context_api.attach(self._inside)


def _named(running: Any, function: Any) -> Any:
    # "coroutine 'test_x' was never awaited" has to name the user's function.
    with contextlib.suppress(AttributeError, TypeError):
        running.__name__ = function.__name__
        running.__qualname__ = function.__qualname__

    return running
