"""
Generators, in which a test stops and goes on: elsewhere, later, or never.
"""

from __future__ import annotations

from typing import Any

import pytest


matrix = pytest.mark.matrix

HEAD = """
import asyncio, contextlib, contextvars, gc, itertools, threading
from opentelemetry import context
from otel_testkit import traced_test
from ledger import note
from spans import noted

root = context.get_current()

def at_rest():
    return context.get_current() is root

def throw(test):
    with contextlib.suppress(KeyError):
        test.throw(KeyError)

def in_thread(function, *arguments):
    def run():
        with contextlib.suppress(StopIteration):
            function(*arguments)
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()

# A test with steps that are held over a `yield`, of which each lies in its own.
def numbers(name, count=3):
    @traced_test(name=name)
    def test():
        note(f"began {name}")
        try:
            with noted(f"{name}/held"):
                for number in range(count):
                    with noted(f"{name}/held/{number}"):
                        sent = yield number
                    if sent:
                        with noted(f"{name}/held/sent"):
                            pass
        finally:
            note(f"ended {name}")
    return test()
"""
WAYS = {
    "exhausted": ("list(test)", "passed"),
    "closed": ("next(test); test.close()", "cancelled"),
    "dropped": ("next(test); del test; gc.collect()", "cancelled"),
    "closed-in-a-thread": ("next(test); in_thread(test.close)", "cancelled"),
    "thrown-into": ("next(test); throw(test)", "error"),
    "sent": ("next(test); test.send(1); list(test)", "passed"),
    "in-a-copied-context": (
        "contextvars.copy_context().run(next, test); list(test)",
        "passed",
    ),
    "each-in-a-thread-of-its-own": (
        "[in_thread(next, test) for _ in range(4)]",
        "passed",
    ),
    "begun-here-ended-in-another-context": (
        "next(test); contextvars.copy_context().run(list, test)",
        "passed",
    ),
}

FEW = ("exhausted", "dropped", "closed-in-a-thread", "thrown-into")


@pytest.mark.parametrize(
    "way", [pytest.param(way, marks=[matrix] * (way not in FEW)) for way in WAYS]
)
def test_a_generator(kept: Any, way: str) -> None:
    """Its context is there while it runs and gone while it rests, wherever it ends."""
    statement, outcome = WAYS[way]

    done = kept(f"""{HEAD}
test = numbers("t")
{statement}
print(at_rest())
with noted("after"), noted("after/step"):
    pass
print(at_rest())
""")

    assert done.outcomes() == {"t": outcome, "after": "passed"}


def test_generators_side_by_side(kept: Any) -> None:
    """Hundreds of them, advanced in turn, with tests in between, keep to themselves."""
    done = kept(f"""{HEAD}
tests = [numbers(f"test {{n}}", 5) for n in range(200)]
for test in tests:
    next(test)
for turn in range(2):
    for number, test in enumerate(tests):
        with noted(f"between {{turn}} {{number}}"):
            next(test)
print(at_rest())
""")

    assert len(done.outcomes()) == 600


def test_one_that_is_open_when_the_next_begins(kept: Any) -> None:
    """Overlapping generators end in either order."""
    done = kept(f"""{HEAD}
one, two, three = (numbers(name) for name in ("one", "two", "three"))
next(one), next(two), next(three)
list(one)
two.close()
print(list(three), at_rest())
""")

    assert done.outcomes() == {"one": "passed", "two": "cancelled", "three": "passed"}


def test_async_generators(kept: Any) -> None:
    """The same for async ones, in tasks of their own and between two tasks."""
    done = kept(f"""{HEAD}
def numbers(name, count=3):
    @traced_test(name=name)
    async def test():
        note(f"began {{name}}")
        try:
            with noted(f"{{name}}/held"):
                for number in range(count):
                    with noted(f"{{name}}/held/{{number}}"):
                        await asyncio.sleep(0)
                        yield number
        finally:
            note(f"ended {{name}}")
    return test()

async def through(name):
    return [number async for number in numbers(name)]

async def main():
    print(await asyncio.gather(*(through(f"test {{n}}") for n in range(3))), at_rest())
    handed = numbers("handed")
    await asyncio.create_task(anext(handed))
    print(at_rest(), await asyncio.create_task(anext(handed)), await anext(handed))
    await asyncio.create_task(handed.aclose())
    thrown = numbers("thrown into")
    await anext(thrown)
    with contextlib.suppress(KeyError):
        await thrown.athrow(KeyError)
    with noted("around"):
        inner = numbers("inner".replace("inner", "of its own"))
    await anext(inner)
    waiting = asyncio.create_task(through_slowly())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    print(at_rest())

async def through_slowly():
    async for number in numbers("cancelled"):
        await asyncio.sleep(60)

asyncio.run(main())
print(at_rest())
""")

    outcomes = done.outcomes()
    assert outcomes["handed"] == "cancelled"
    assert outcomes["thrown into"] == "error"
    assert not any(span.is_open for span in done.run().spans())


def test_copied_contexts(noting: Any) -> None:
    """A context that was copied in a test and outlives it brings nothing back."""
    done = noting("""
        import contextvars
        from opentelemetry import context
        from otel_testkit import current_test, step, test_span

        root = context.get_current()
        with test_span("t"):
            copied = contextvars.copy_context()
        with step("no test"):
            pass
        copied.run(lambda: step("late").__enter__())
        span = test_span("crossed")
        contextvars.copy_context().run(span.__enter__)
        span.__exit__(None, None, None)
        print(current_test().is_recording, context.get_current() is root)
    """)

    assert (done.code, done.out, done.err) == (0, "False True\n", "")
    assert done.outcomes() == {"t": "passed", "crossed": "passed"}
    assert {span.name for span in done.run().spans()} == {"t", "crossed"}
