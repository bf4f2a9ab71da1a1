"""
Forks, pools and workers of multiprocessing: one run, the right parents, nothing twice.
"""

from __future__ import annotations

import signal
import sys

from typing import Any

import pytest


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")
matrix = pytest.mark.matrix

METHODS = ["fork", "spawn", "forkserver"]
# How a child ends, and with what code: where its parent's code goes on in it.
ENDS = {
    "_exit": ("os._exit(5)", 5),
    "sys-exit": ("sys.exit(5)", 5),
    # Without its traceback: that of a decorated test has frames of ours.
    "error": ("sys.excepthook = lambda *_: None; raise ValueError('x')", 1),
    "sigkill": ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
    "sigterm": ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
    "segfault": ("ctypes.string_at(0)", -signal.SIGSEGV),
    "execv": ("os.execv('/bin/sh', ['sh', '-c', 'exit 9'])", 9),
}
# Noisy threads write until the test is over.
CHILD = """
import ctypes, os, resource, signal, sys, threading, time
from spans import noted, noted_test

resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

def works(thread):
    for number in range(50):
        with noted(f"t/{thread}-{number}"):
            time.sleep(0.001)

HEAD
    threads = [threading.Thread(target=works, args=[n]) for n in range(THREADS)]
    for thread in threads:
        thread.start()
    with noted("t/before"):
        pass
    with noted("t/around"):
        child = os.fork()
        if child == 0:
            with noted("t/around/in the child"), noted("t/around/in the child/inner"):
                pass
            STATEMENT
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    with noted("t/after"):
        pass
    for thread in threads:
        thread.join()
TAIL
"""


@pytest.mark.parametrize("threads", [0, pytest.param(4, marks=matrix)])
@pytest.mark.parametrize("kind", ["block", pytest.param("decorated", marks=matrix)])
@pytest.mark.parametrize("end", ENDS)
def test_a_child_of_a_test(kept: Any, end: str, kind: str, threads: int) -> None:
    """A child adds to its parent's test and step, and ends neither of them."""
    statement, code = ENDS[end]
    is_block = kind == "block"
    head = 'with noted("t"):' if is_block else '@noted_test("t")\ndef test_it():'
    text = CHILD.replace("HEAD", head).replace("TAIL", "" if is_block else "test_it()")
    text = text.replace("STATEMENT", statement).replace("THREADS", str(threads))

    done = kept(text)

    assert (done.out, done.code) == (f"{code}\n", 0)
    assert done.outcomes() == {"t": "passed"}


def test_a_child_that_is_killed_in_a_step(kept: Any) -> None:
    """What the child had under way is open, its parent's test is not."""
    done = kept("""
        import os, signal
        from spans import noted

        with noted("t"):
            if os.fork() == 0:
                with noted("t/cut short"), noted("t/cut short/deep"):
                    os.kill(os.getpid(), signal.SIGKILL)
            os.wait()
    """)

    (attempt,) = done.attempts()
    assert [span.is_open for span in attempt.spans] == [False, True, True]


@pytest.mark.parametrize(
    ("rounds", "threads"),
    [(2, 4), pytest.param(30, 4, marks=[matrix, pytest.mark.timeout(600)])],
)
def test_forks_under_load(kept: Any, rounds: int, threads: int) -> None:
    """Whatever threads hold at the moment of a fork, no child hangs or loses a span."""
    done = kept(f"""
        import os, signal, threading
        from spans import noted

        stop, slow = threading.Event(), threading.Semaphore(0)

        def works(thread):
            for number in range(20 * {rounds}):
                with noted(f"t/{{thread}}-{{number}}"):
                    pass

        with noted("t"):
            threads = [threading.Thread(target=works, args=[n]) for n in range({threads})]
            for thread in threads: thread.start()
            codes = set()
            for number in range({rounds}):
                children = []
                for twin in range(5):
                    child = os.fork()
                    if child == 0:
                        signal.alarm(20)
                        for inner in range(3):
                            with noted(f"t/child {{number}}.{{twin}}.{{inner}}"):
                                pass
                        os._exit(0)
                    children.append(child)
                codes |= {{os.waitpid(child, 0)[1] for child in children}}
            for thread in threads: thread.join()
            print(codes)
    """)

    assert done.out == "{0}\n"


def test_children_of_children(kept: Any) -> None:
    """A fork in a fork in a thread is still a part of the test."""
    done = kept("""
        import os, threading
        from spans import noted

        def child(name, deep):
            pid = os.fork()
            if pid:
                os.waitpid(pid, 0)
                return
            with noted(name):
                if deep:
                    child(f"{name}/{deep}", deep - 1)
            os._exit(0)

        with noted("t"):
            thread = threading.Thread(target=child, args=["t/4", 3])
            thread.start()
            thread.join()
    """)

    (attempt,) = done.attempts()
    assert len(attempt.spans) == 5


def test_children_with_tests_of_their_own(kept: Any) -> None:
    """Fifty children make a test each: no id comes twice, nothing is torn."""
    done = kept("""
        import os
        from spans import noted

        with noted("first"):
            pass
        for number in range(50):
            if os.fork() == 0:
                with noted(f"child {number}"):
                    pass
                os._exit(0)
        for _ in range(50):
            os.wait()
    """)

    assert len({one.trace_id for one in done.attempts()}) == 51


def test_a_fork_after_threads_were_imported(kept: Any) -> None:
    """
    The SDK would start threads in every child, and hang where their module was
    imported after the provider was made; ours leaves the child alone.
    """
    done = kept("""
        import os, signal
        from spans import noted

        with noted("parent"):
            import concurrent.futures.thread
            child = os.fork()
            if child == 0:
                signal.alarm(20)
                with noted("parent/child"):
                    pass
                os._exit(0)
            print(os.waitpid(child, 0)[1])
    """)

    assert done.out == "0\n"


@pytest.mark.parametrize("method", METHODS)
def test_multiprocessing(kept: Any, method: str) -> None:
    """Worker processes of either kind join the run of their parent."""
    done = kept(f"""
        import multiprocessing
        from spans import noted

        def work(number):
            with noted(f"worker {{number}}"), noted(f"worker {{number}}/inner"):
                pass

        if __name__ == "__main__":
            with noted("parent"):
                pass
            context = multiprocessing.get_context({method!r})
            workers = [context.Process(target=work, args=(n,)) for n in range(2)]
            for worker in workers: worker.start()
            for worker in workers: worker.join()
            print([worker.exitcode for worker in workers])
    """)

    assert done.out == "[0, 0]\n"
    assert set(done.outcomes()) == {"parent", "worker 0", "worker 1"}


POOLS = {
    "process-pool-executor": (
        "concurrent.futures.ProcessPoolExecutor(2, multiprocessing.get_context({!r}))"
    ),
    "pool": "multiprocessing.get_context({!r}).Pool(2)",
}


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize(
    "method", ["fork", *(pytest.param(one, marks=matrix) for one in METHODS[1:])]
)
def test_pools(kept: Any, pool: str, method: str) -> None:
    """Jobs of a forked pool are parts of the test that made it, and others tests."""
    prefix = "t/" if method == "fork" else ""

    done = kept(f"""
        import concurrent.futures, multiprocessing
        from spans import noted

        def work(number):
            with noted(f"{prefix}work {{number}}"):
                with noted(f"{prefix}work {{number}}/inner"):
                    return number * 2

        if __name__ == "__main__":
            with noted("t"):
                with {POOLS[pool].format(method)} as pool:
                    print(list(pool.map(work, range(12))))
    """)

    assert done.out == f"{list(range(0, 24, 2))}\n"
    assert len(done.attempts()) == (1 if prefix else 13)


# Its children leave files unclosed, which pytest would take for errors.
FORK = ("--forked", "-W", "default")
FORKED = """
    import os, sys
    import pytest
    from spans import noted

    @pytest.mark.parametrize("number", range(6))
    def test_it(number):
        with noted(f"test_it.py::test_it[{number}]/step"):
            assert number != 4

    def test_crash():
        with noted("test_it.py::test_crash/step"):
            pass
        END
"""


CRASHES = ["os.abort()", "sys.exit(3)"]


def test_pytest_forked(kept_suite: Any) -> None:
    """Tests that run in a process each, and fail there, are kept as ever."""
    done = kept_suite(FORKED.replace("END", ""), *FORK, plugins=("pytest_forked",))

    outcomes = list(done.outcomes().values())
    assert sorted(outcomes) == ["failed"] + ["passed"] * 6


@pytest.mark.parametrize(
    "end",
    ["os._exit(3)", *(pytest.param(f"{how}", marks=matrix) for how in CRASHES)],
)
def test_pytest_forked_and_crashed(noting_suite: Any, account: Any, end: str) -> None:
    """A test whose process is gone is open, and pytest tells of it as ever."""
    text = FORKED.replace("END", end)
    plugins = ("pytest_forked",)

    bare = noting_suite(text, *FORK, plugins=plugins, traced=False)
    done = noting_suite(text, *FORK, plugins=plugins)

    assert (done.code, done.told) == (bare.code, bare.told)
    found = account(done)
    if "sys" in end:
        assert found.is_even
    else:
        # pytest goes on, and so notes the end of what has none.
        assert found.lost == found.surplus == ["test_it.py::test_crash"]
        assert done.outcomes()["test_it.py::test_crash"] == "open"
