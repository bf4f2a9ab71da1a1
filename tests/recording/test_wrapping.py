"""
Functions of every kind, run inside a context manager and otherwise as they were.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
import types

from collections.abc import AsyncGenerator, Awaitable, Generator, Iterator
from typing import Any

import pytest

from opentelemetry import context as context_api

from otel_testkit.recording.wrapping import wrap


class Around:
    """
    Notes when the function under test is entered and left, and by what.
    """

    def __init__(self) -> None:
        self.log: list[object] = []

    def __call__(self, function: Any) -> Any:
        return wrap(function, lambda *_: self._around())

    @contextlib.contextmanager
    def _around(self) -> Iterator[None]:
        self.log.append("in")
        before = context_api.get_current()
        context_api.attach(context_api.set_value("inside", True))
        try:
            yield
        except BaseException as error:
            self.log.append(type(error))
            raise
        finally:
            context_api.attach(before)
            self.log.append("out")


@pytest.fixture
def around() -> Around:
    """
    A wrapper with a log.
    """
    return Around()


def is_inside() -> bool:
    return context_api.get_value("inside") is True


def test_function(around: Around) -> None:
    """A function runs inside and gives what it gives."""
    wrapped = around(lambda a, *b, c, **d: (is_inside(), a, b, c, d))

    assert wrapped(1, 2, c=3, wrapped=4, instance=5, args=6) == (
        (True, 1, (2,), 3, {"wrapped": 4, "instance": 5, "args": 6})
    )
    assert around.log == ["in", "out"]
    assert not is_inside()


def test_coroutine(around: Around) -> None:
    """A coroutine function runs inside when it is awaited, not when it is called."""

    async def add(a: int, b: int) -> int:
        assert is_inside()
        await asyncio.sleep(0)
        return a + b

    wrapped = around(add)
    running = wrapped(1, b=2)

    assert inspect.iscoroutinefunction(wrapped)
    assert inspect.iscoroutine(running)
    assert running.__name__ == "add"
    assert running.__qualname__ == add.__qualname__
    assert around.log == []
    assert asyncio.run(running) == 3
    assert around.log == ["in", "out"]


def test_generator_based_coroutine(around: Around) -> None:
    """What `types.coroutine` has made can still be awaited."""

    @types.coroutine
    def pause() -> Generator[None, None, int]:
        yield
        return 7

    wrapped = around(pause)

    async def main() -> Any:
        return await wrapped()

    assert asyncio.run(main()) == 7


def make_generator(log: list[object]) -> Any:
    def counts(first: int) -> Generator[object, Any, str]:
        """Counts."""
        try:
            sent = yield first
            log.append(("sent", sent, is_inside()))
            try:
                yield sent
            except KeyError as error:
                log.append(("thrown", error.args, error.__context__))
                yield "caught"
            return "returned"
        finally:
            log.append("closed")

    return counts


@pytest.mark.parametrize("is_wrapped", [True, False])
def test_generator(around: Around, is_wrapped: bool) -> None:
    """A generator is sent to, thrown into and exhausted as without us."""
    log: list[object] = []
    function = make_generator(log)
    function = around(function) if is_wrapped else function
    generator = function(1)

    assert inspect.isgeneratorfunction(function)
    assert inspect.isgenerator(generator)
    assert (generator.__name__, function.__doc__) == ("counts", "Counts.")
    assert next(generator) == 1
    assert not is_inside()
    assert generator.send("x") == "x"
    assert generator.throw(KeyError("k")) == "caught"
    with pytest.raises(StopIteration) as stop:
        next(generator)
    assert stop.value.value == "returned"
    assert log == [("sent", "x", is_wrapped), ("thrown", ("k",), None), "closed"]
    assert around.log == (["in", "out"] if is_wrapped else [])
    assert list(generator) == []


def test_generator_closed_early(around: Around) -> None:
    """A generator that is closed, or dropped, runs its own ending inside."""
    for drop in (False, True):
        log: list[object] = []
        generator = around(make_generator(log))(1)
        next(generator)
        if not drop:
            generator.close()
        del generator
        gc.collect()

        assert log == ["closed"]
    assert around.log == ["in", GeneratorExit, "out"] * 2
    assert not is_inside()


def test_generator_that_will_not_close(around: Around) -> None:
    """A generator that yields while it is closed is told so by Python."""

    @around
    def stubborn() -> Generator[int, None, None]:
        try:
            yield 1
        except GeneratorExit:
            yield 2

    generator = stubborn()
    next(generator)

    with pytest.raises(RuntimeError, match="generator ignored GeneratorExit"):
        generator.close()


def test_exception_of_a_generator(around: Around) -> None:
    """What a generator raises, a StopIteration too, leaves as without us."""
    raised = ValueError("x")

    @around
    def fails() -> Generator[int, None, None]:
        yield 1
        raise raised

    @around
    def stops() -> Generator[int, None, None]:
        yield 1
        raise StopIteration  # noqa: PLR1708  # wrong, and to be seen as such

    generator = fails()
    next(generator)
    with pytest.raises(ValueError, match="x") as caught:
        next(generator)
    assert caught.value is raised
    with pytest.raises(RuntimeError, match="generator raised StopIteration"):
        list(stops())


def test_generator_never_started(around: Around) -> None:
    """A generator of which nothing is asked does nothing."""
    around(make_generator([]))(1).close()
    around(make_generator([]))(1)
    gc.collect()

    assert around.log == []


def test_yield_from(around: Around) -> None:
    """A wrapped generator can be delegated to."""
    log: list[object] = []

    def outer() -> Generator[Any, Any, Any]:
        result = yield from around(make_generator(log))(1)
        yield result

    generator = outer()

    assert next(generator) == 1
    assert generator.send("y") == "y"
    assert next(generator) == "returned"


def test_interleaved_generators(around: Around) -> None:
    """Two generators in turns, ended in any order, leave no context behind."""

    @around
    def inside() -> Generator[bool, None, None]:
        while True:
            yield is_inside()

    root = context_api.get_current()
    one, two = inside(), inside()
    seen = [next(one), next(two), next(one), next(two)]
    one.close()
    seen.append(next(two))
    two.close()

    assert seen == [True] * 5
    assert context_api.get_current() is root


def make_async_generator(log: list[object]) -> Any:
    async def counts(first: int) -> AsyncGenerator[object, Any]:
        try:
            sent = yield first
            await asyncio.sleep(0)
            log.append(("sent", sent, is_inside()))
            try:
                yield sent
            except KeyError as error:
                log.append(("thrown", error.args, error.__context__))
                yield "caught"
        finally:
            await asyncio.sleep(0)
            log.append("closed")

    return counts


@pytest.mark.parametrize("is_wrapped", [True, False])
def test_async_generator(around: Around, is_wrapped: bool) -> None:
    """An async generator is sent to, thrown into and exhausted as without us."""
    log: list[object] = []
    function = make_async_generator(log)
    function = around(function) if is_wrapped else function

    async def main() -> None:
        generator = function(1)
        assert inspect.isasyncgen(generator)
        assert generator.__name__ == "counts"
        assert await anext(generator) == 1
        assert not is_inside()
        assert await generator.asend("x") == "x"
        assert await generator.athrow(KeyError("k")) == "caught"
        assert [item async for item in generator] == []

    assert inspect.isasyncgenfunction(function)
    asyncio.run(main())
    assert log == [("sent", "x", is_wrapped), ("thrown", ("k",), None), "closed"]
    assert around.log == (["in", "out"] if is_wrapped else [])


@pytest.mark.parametrize("end", ["close", "drop", "leave"])
def test_async_generator_closed_early(around: Around, end: str) -> None:
    """An async generator that is closed, dropped or left to its loop ends inside."""
    log: list[object] = []

    async def main() -> object:
        generator = around(make_async_generator(log))(1)
        assert await anext(generator) == 1
        if end == "close":
            await generator.aclose()
        if end == "leave":
            return generator
        del generator
        gc.collect()
        await asyncio.sleep(0.01)
        return None

    asyncio.run(main())

    assert log == ["closed"]
    assert around.log == ["in", GeneratorExit, "out"]


@pytest.mark.parametrize("kind", ["coroutine", "generator", "async generator"])
def test_wrong_arguments(around: Around, kind: str) -> None:
    """A call that does not fit fails at the call, and nothing is entered."""

    async def coroutine(a: int) -> None:
        pass

    def generator(a: int) -> Iterator[int]:
        yield a

    async def async_generator(a: int) -> AsyncGenerator[int, None]:
        yield a

    function = {
        "coroutine": coroutine,
        "generator": generator,
        "async generator": async_generator,
    }[kind]

    with pytest.raises(TypeError) as bare:
        function()  # type: ignore[operator]
    with pytest.raises(TypeError) as caught:
        around(function)()
    assert str(caught.value) == str(bare.value)
    assert around.log == []


def test_cancelled_coroutine(around: Around) -> None:
    """A cancellation passes through and can be answered as without us."""

    @around
    async def answers() -> str:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return "answered"
        return "slept"

    async def main() -> Awaitable[str]:
        task = asyncio.ensure_future(answers())
        await asyncio.sleep(0)
        task.cancel()
        return await task

    assert asyncio.run(main()) == "answered"
    assert around.log == ["in", "out"]


def test_a_coroutine_twice(around: Around) -> None:
    """A coroutine that was awaited cannot be awaited again."""

    @around
    async def once() -> None:
        pass

    async def main() -> None:
        running = once()
        await running
        with pytest.raises(RuntimeError, match="cannot reuse already awaited"):
            await running

    asyncio.run(main())


def test_two_wrappers(around: Around) -> None:
    """Wrapped twice, a function runs inside of both."""

    @around
    @around
    async def twice() -> None:
        around.log.append("body")

    asyncio.run(twice())

    assert around.log == ["in", "in", "body", "out", "out"]
