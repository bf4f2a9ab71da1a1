"""
Never run: read by mypy and pyright, which have to agree with every line.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import assert_type

from otel_testkit import (
    Outcome,
    TestSpan,
    configure,
    current_test,
    step,
    test_span,
    traced_test,
)


@traced_test
def bare(one: int, *, two: str = "") -> float:
    return one / 2


@traced_test(name="n", tags={"team": "a", "n": 1}, suite="s")
def called(one: int) -> float:
    return one / 2


@traced_test
async def coroutine(one: int) -> str:
    with step("inside"), test_span("nested") as nested:
        assert_type(nested, TestSpan)

    return str(one)


@traced_test
def generator() -> Generator[int, str, bytes]:
    sent = yield 1

    return sent.encode()


@traced_test()
async def async_generator() -> AsyncGenerator[int, str]:
    yield 1


@traced_test
class Tests:
    def test_one(self) -> int:
        return 1

    @traced_test
    def method(self, one: int) -> int:
        return one

    @classmethod
    @traced_test
    def class_method(cls, one: int) -> int:
        return one

    @staticmethod
    @traced_test(tags={})
    def static_method(one: int) -> int:
        return one


@traced_test(tags={"a": 1})
class MoreTests(Tests):
    pass


@step("stepped")
def stepped(one: int) -> list[int]:
    return [one]


@step("stepped", {"a": 1})
async def stepped_coroutine(one: int) -> list[int]:
    return [one]


def functions() -> None:
    assert_type(bare(1, two="2"), float)
    assert_type(called(1), float)
    assert_type(generator(), Generator[int, str, bytes])
    assert_type(async_generator(), AsyncGenerator[int, str])
    assert_type(stepped(1), list[int])


def methods() -> None:
    assert_type(Tests(), Tests)
    assert_type(MoreTests().method(1), int)
    assert_type(Tests().test_one(), int)
    assert_type(Tests.class_method(1), int)
    assert_type(Tests.static_method(1), int)


def refused() -> None:
    bare("1")  # type: ignore[arg-type]
    called(one=1, two=2)  # type: ignore[call-arg]
    traced_test("name")  # type: ignore[call-overload]
    traced_test(tags="team=a")  # type: ignore[call-overload]


async def spans() -> None:
    with test_span("n", tags={"a": object()}, suite="s", attributes={}) as test:
        assert_type(test, TestSpan)
        assert_type(test.outcome, Outcome | None)
        assert_type(test.trace_id, str)
        test.set_tag("key", object())
        test.event("name", {"a": [1, 2]})
        with test.step("part") as part:
            assert_type(part, step)
    assert_type(current_test(), TestSpan)
    assert_type(await coroutine(1), str)
    assert_type(await stepped_coroutine(1), list[int])
    configure(directory="x", tags={"a": 1}, keep_runs=1)
