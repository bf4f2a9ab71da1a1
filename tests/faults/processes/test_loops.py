"""
Event loops: hundreds of tasks, cancelled and left behind, in each kind of loop.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest


matrix = pytest.mark.matrix


def needs(library: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(find_spec(library) is None, reason=f"no {library}")


LOOPS: list[Any] = [
    pytest.param("run = asyncio.run", id="asyncio"),
    pytest.param("run = uvloop.run", id="uvloop", marks=needs("uvloop")),
    pytest.param(
        "run = lambda main: anyio.run(lambda: main)", id="anyio", marks=needs("anyio")
    ),
]


def later(case: Any) -> Any:
    """
    Leave *case* to `make faults`.
    """
    return pytest.param(*case.values, id=case.id, marks=[*case.marks, matrix])


ASYNCIO_FIRST = [LOOPS[0], *map(later, LOOPS[1:])]
HEAD = """
import asyncio, contextlib, warnings
with contextlib.suppress(ImportError):
    import anyio
with contextlib.suppress(ImportError):
    import trio
with contextlib.suppress(ImportError):
    import uvloop
from otel_testkit import traced_test
from ledger import note
from spans import noted

warnings.simplefilter("always")
"""


@pytest.mark.parametrize("loop", ASYNCIO_FIRST)
def test_five_hundred_at_once(kept: Any, loop: str) -> None:
    """The tests of a `gather` keep their parts and outcomes apart."""
    done = kept(
        HEAD
        + loop
        + """

async def inner(name):
    with noted(name):
        await asyncio.sleep(0)

async def outer(number):
    with noted(f"test {number}"):
        with noted(f"test {number}/outer"):
            await asyncio.sleep(0)
            await asyncio.gather(*(inner(f"test {number}/outer/{n}") for n in range(2)))
        assert number % 10

async def main():
    jobs = [outer(number) for number in range(500)]
    ends = await asyncio.gather(*jobs, return_exceptions=True)
    print(sum(end is None for end in ends))

run(main())
"""
    )

    assert (done.out, done.err) == ("450\n", "")
    for attempt in done.attempts():
        failed = attempt.case.endswith("0")
        assert attempt.outcome == ("failed" if failed else "passed")


@pytest.mark.parametrize("loop", ASYNCIO_FIRST)
def test_five_hundred_in_one_test(kept: Any, loop: str) -> None:
    """The tasks of one test lie in it, each with its own steps."""
    done = kept(
        HEAD
        + loop
        + """

async def job(number):
    with noted(f"t/{number}"):
        await asyncio.sleep(0)
        with noted(f"t/{number}/inner"):
            await asyncio.sleep(0)

async def main():
    with noted("t"):
        await asyncio.gather(*(job(number) for number in range(500)))

run(main())
"""
    )

    assert len(done.attempts()[0].spans) == 1001


@pytest.mark.parametrize("loop", LOOPS)
def test_cancelled_tasks(kept: Any, loop: str) -> None:
    """What is cancelled, timed out or left to the end of its loop says so."""
    done = kept(
        HEAD
        + loop
        + """

async def slow(name):
    with noted(name), noted(f"{name}/waits"):
        await asyncio.sleep(60)

async def sturdy(name):
    with noted(name):
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            with noted(f"{name}/tidies up"):
                await asyncio.sleep(0)

async def main():
    tasks = [asyncio.create_task(slow(f"left behind {n}")) for n in range(3)]
    cancelled = asyncio.create_task(slow("cancelled"))
    kept = asyncio.create_task(sturdy("sturdy"))
    shielded = asyncio.create_task(slow("shielded"))
    await asyncio.sleep(0.01)
    cancelled.cancel()
    kept.cancel()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.01):
            await slow("timed out")
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(slow("waited for"), 0.01)
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.shield(shielded), 0.01)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(slow("in a group"))
            await asyncio.sleep(0.01)
            group.create_task(asyncio.to_thread(int, "x"))
    except* ValueError:
        print("group")
    await asyncio.wait([cancelled, kept])
    print(cancelled.cancelled(), kept.cancelled(), shielded.done())

run(main())
"""
    )

    assert (done.out, done.err) == ("group\nTrue False False\n", "")
    outcomes = done.outcomes()
    assert outcomes.pop("sturdy") == "passed"
    assert len(outcomes) == 8
    assert set(outcomes.values()) == {"cancelled"}
    for attempt in done.attempts():
        for span in attempt.spans:
            assert not span.is_open
            assert span.is_error == (attempt.case != "sturdy")


@pytest.mark.parametrize("loop", LOOPS[:2])
def test_a_loop_that_is_dropped(kept: Any, loop: str) -> None:
    """Tasks and async generators that nobody finishes leave the loop's own lines."""
    done = kept(
        HEAD
        + loop
        + """

def numbers(name):
    @traced_test(name=name)
    async def noting():
        note(f"began {name}")
        try:
            for number in range(9):
                with noted(f"{name}/{number}"):
                    yield number
        finally:
            note(f"ended {name}")
    return noting()

async def main():
    async for number in numbers("left"):
        if number == 3:
            break
    with noted("in between"):
        early = numbers("in between/closed")
        await anext(early)
        with noted("in between/step"):
            await early.aclose()
    exhausted = [number async for number in numbers("exhausted")]
    kept.append(numbers("kept"))
    await anext(kept[0])
    asyncio.get_running_loop().create_task(asyncio.sleep(60))
    raise SystemExit(4)

kept = []
run(main())
"""
    )

    assert (done.code, done.err) == (4, "")
    assert done.outcomes()["exhausted"] == "passed"
    assert len(done.outcomes()) == 4


@needs("trio")
def test_trio(kept: Any) -> None:
    """In trio's nurseries tests and steps keep apart; a cancelled one says so."""
    done = kept(
        HEAD
        + """
async def job(number):
    with noted(f"t/{number}"):
        await trio.sleep(0)
        with noted(f"t/{number}/inner"):
            await trio.sleep(0)

async def test(name, seconds):
    with noted(name), noted(f"{name}/waits"):
        await trio.sleep(seconds)

def in_thread():
    with noted("t/thread"):
        pass

async def main():
    with noted("t"):
        async with trio.open_nursery() as nursery:
            for number in range(200):
                nursery.start_soon(job, number)
        await trio.to_thread.run_sync(in_thread)
    with trio.move_on_after(0.1) as scope:
        async with trio.open_nursery() as nursery:
            for number in range(20):
                nursery.start_soon(test, f"quick {number}", 0)
                nursery.start_soon(test, f"slow {number}", 60)
    print(scope.cancelled_caught)

trio.run(main)
"""
    )

    assert done.out == "True\n"
    outcomes = done.outcomes()
    for number in range(20):
        assert outcomes[f"quick {number}"] == "passed"
        assert outcomes[f"slow {number}"] == "cancelled"


@needs("anyio")
@pytest.mark.parametrize(
    "backend", ["asyncio", pytest.param("trio", marks=needs("trio"))]
)
def test_anyio(kept: Any, backend: str) -> None:
    """The same in task groups of anyio, over either loop."""
    done = kept(
        HEAD
        + f"backend = {backend!r}"
        + """

async def job(number):
    with noted(f"t/{number}"):
        await anyio.sleep(0)
        with noted(f"t/{number}/inner"):
            await anyio.sleep(0)

async def test(name, seconds):
    with noted(name), noted(f"{name}/waits"):
        await anyio.sleep(seconds)

def in_thread():
    with noted("t/thread"):
        anyio.from_thread.run(job, "thread/and back")

async def main():
    with noted("t"):
        async with anyio.create_task_group() as group:
            for number in range(200):
                group.start_soon(job, number)
        await anyio.to_thread.run_sync(in_thread)
    with anyio.move_on_after(0.1):
        async with anyio.create_task_group() as group:
            for number in range(20):
                group.start_soon(test, f"quick {number}", 0)
                group.start_soon(test, f"slow {number}", 60)

anyio.run(main, backend=backend)
"""
    )

    outcomes = done.outcomes()
    assert [outcomes.pop(f"slow {n}") for n in range(20)] == ["cancelled"] * 20
    assert set(outcomes.values()) == {"passed"}
