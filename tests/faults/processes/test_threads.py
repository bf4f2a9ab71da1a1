"""
Threads and executors of every kind: what they do is a part of the test they are of.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


matrix = pytest.mark.matrix

# Each runs `work` with the numbers 0 to 49, elsewhere than here.
WAYS = {
    "thread": """
        threads = [threading.Thread(target=work, args=[n]) for n in range(50)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
    """,
    "subclass": """
        class Own(threading.Thread):
            def __init__(self, number):
                super().__init__()
                self.number = number
            def run(self):
                work(self.number)
        threads = [Own(n) for n in range(50)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
    """,
    "bare": """
        import _thread
        left = [threading.Event() for _ in range(50)]
        def bare(number):
            work(number)
            left[number].set()
        for number in range(50): _thread.start_new_thread(bare, (number,))
        for event in left: event.wait()
    """,
    "timer": """
        threads = [threading.Timer(0.001, work, [n]) for n in range(50)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
    """,
    "executor": """
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(work, range(50)))
    """,
    "executor-from-before": "list(early.map(lambda n: work(n), range(50)))",
    "queue-from-before": """
        for number in range(50): jobs.put(number)
        jobs.join()
    """,
    "thread-pool": """
        with multiprocessing.pool.ThreadPool(4) as pool:
            pool.map(work, range(50))
    """,
    "to-thread": """
        async def main():
            await asyncio.gather(*(asyncio.to_thread(work, n) for n in range(50)))
        asyncio.run(main())
    """,
    "run-in-executor": """
        async def main():
            run = asyncio.get_running_loop().run_in_executor
            await asyncio.gather(*(run(None, work, n) for n in range(50)))
            await asyncio.gather(*(run(early, int, n) for n in range(50)))
        asyncio.run(main())
    """,
    "thread-in-thread": """
        def outer(number):
            thread = threading.Thread(target=work, args=[number])
            thread.start()
            thread.join()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(outer, range(50)))
    """,
    "loop-in-a-thread": """
        async def job(number):
            await asyncio.sleep(0)
            work(number)
        async def main():
            await asyncio.gather(*(job(n) for n in range(50)))
        thread = threading.Thread(target=asyncio.run, args=[main()])
        thread.start()
        thread.join()
    """,
}
HEAD = """
import asyncio, concurrent.futures, multiprocessing.pool, queue, threading, time
from otel_testkit import current_test
from spans import noted

jobs = queue.Queue()

def serve():
    while True:
        number = jobs.get()
        work(number)
        jobs.task_done()

early = concurrent.futures.ThreadPoolExecutor(4)
list(early.map(time.sleep, [0.01] * 8))
threading.Thread(target=serve, daemon=True).start()
"""


# The others are variants of them.
FEW = ("thread", "bare", "executor", "executor-from-before", "queue-from-before")
FEW += ("thread-pool", "to-thread")
# Nobody can tell to which of two tests it belongs.
OF_ANY_TEST = ("bare", "queue-from-before", "thread-pool")


def few(ways: Iterable[str]) -> list[Any]:
    """
    Leave the variants to `make faults`.
    """
    return [pytest.param(way, marks=[matrix] * (way not in FEW)) for way in ways]


def block(text: str, depth: int) -> str:
    lines = [line.removeprefix("        ") for line in text.split("\n")]

    return "\n".join(" " * depth + line for line in lines)


@pytest.mark.parametrize("way", few(WAYS))
def test_a_thread_of_a_test(kept: Any, way: str) -> None:
    """Of spans in threads of either kind none is lost, and none is an orphan."""
    done = kept(
        HEAD
        + """
def work(number):
    with noted(f"t/{number}"), noted(f"t/{number}/inner"):
        current_test().set_tag(f"seen {number}", True)

with noted("t"):
"""
        + block(WAYS[way], 4)
    )

    (attempt,) = done.attempts()
    assert len(attempt.spans) == 101
    assert all(attempt.span.attributes[f"seen {number}"] for number in range(50))
    assert done.run().loose == ()


@pytest.mark.parametrize("way", few(way for way in WAYS if way not in OF_ANY_TEST))
def test_a_thread_of_two_tests(kept: Any, way: str) -> None:
    """Two tests at once, each with threads of its own, do not get mixed up."""
    done = kept(
        HEAD
        + """
def test(name):
    both.wait()
    with noted(name):
        both.wait()
        def work(number):
            with noted(f"{name}/{number}"), noted(f"{name}/{number}/inner"):
                pass
"""
        + block(WAYS[way], 8)
        + """
        both.wait()

both = threading.Barrier(2)
tests = [threading.Thread(target=test, args=[name]) for name in ("one", "two")]
for each in tests: each.start()
for each in tests: each.join()
"""
    )

    assert [len(one.spans) for one in done.attempts()] == [101, 101]


@pytest.mark.parametrize(
    "way", ["thread", "executor", "to-thread", "executor-from-before"]
)
def test_a_thread_in_a_step(kept: Any, way: str) -> None:
    """What a step starts lies in that step."""
    done = kept(
        HEAD
        + """
def work(number):
    with noted(f"t/step/{number}"):
        pass

with noted("t"), noted("t/step"):
"""
        + block(WAYS[way], 4)
    )

    assert done.run().loose == ()


def test_a_suite_with_threads(kept_suite: Any) -> None:
    """Under pytest the same holds, from fixtures as well, and reporting is as ever."""
    text = (
        HEAD
        + """
import pytest

@pytest.fixture(scope="session")
def pool():
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        yield pool

@pytest.mark.parametrize("number", range(5))
def test_it(number, pool):
    name = f"test_it.py::test_it[{number}]"
    def work(job):
        with noted(f"{name}/{job}"):
            if job == 3 and number == 3:
                raise ValueError
    jobs = [pool.submit(work, job) for job in range(20)]
    concurrent.futures.wait(jobs)
    for job in jobs: job.result()
    threads = [threading.Thread(target=work, args=[n]) for n in range(20, 40)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""
    )

    done = kept_suite(
        text.replace("threading.Thread(target=serve, daemon=True).start()", "")
    )

    assert sorted(done.outcomes().values()) == ["failed"] + ["passed"] * 4
