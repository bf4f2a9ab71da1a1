"""
Processes that are killed, that fork, and that write one run together.
"""

from __future__ import annotations

import collections
import signal
import sys

from collections.abc import Callable
from typing import Any

import pytest


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and forks")

ENDS = {
    "sigkill": ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
    "sigterm": ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
    "sighup": ("os.kill(os.getpid(), signal.SIGHUP)", -signal.SIGHUP),
    "_exit": ("os._exit(7)", 7),
    "abort": ("resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); os.abort()", -6),
    "segfault": ("ctypes.string_at(0)", -signal.SIGSEGV),
    "execv": ("os.execv('/bin/false', ['false'])", 1),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_process_that_dies(program: Callable[..., Any], end: str) -> None:
    """What has ended is on disk, and what has not reads as open."""
    statement, code = ENDS[end]

    done = program(f"""
        import ctypes, os, resource, signal
        from otel_testkit import step, test_span

        for number in range(5):
            with test_span(f"ended {{number}}"), step("inner"):
                pass
        with test_span("cut short"):
            with step("done"):
                pass
            with step("under way"):
                {statement}
    """)

    assert done.code == code
    assert done.outcomes() == {
        **{f"ended {number}": "passed" for number in range(5)},
        "cut short": "open",
    }
    (attempt,) = [one for one in done.attempts() if one.case == "cut short"]
    assert [(span.name, span.is_open) for span in attempt.spans] == [
        ("cut short", True),
        ("done", False),
        ("under way", True),
    ]
    assert all(span.duration < 10**10 for span in attempt.spans)


def test_sigint_is_an_interrupt(program: Callable[..., Any]) -> None:
    """Ctrl-C ends the test as interrupted and the process as ever."""
    text = """
        import os, signal
        from otel_testkit import test_span

        with test_span("interrupted"):
            os.kill(os.getpid(), signal.SIGINT)
    """

    done = program(text)

    assert done.code == program(text, traced=False).code == -signal.SIGINT
    assert done.outcomes() == {"interrupted": "interrupted"}


@pytest.mark.parametrize("end", ["os._exit(5)", "sys.exit(5)", "raise ValueError"])
@pytest.mark.parametrize("decorated", [True, False])
def test_a_child_that_ends_in_the_test(
    program: Callable[..., Any], end: str, decorated: bool
) -> None:
    """A forked child adds its spans to its parent's test and does not end it."""
    head = "import os, sys; from otel_testkit import step, test_span, traced_test\n"
    body = f"""
    with step("before"):
        pass
    child = os.fork()
    if child == 0:
        with step("in the child"):
            pass
        {end}
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    with step("after"):
        pass
"""
    text = head + (
        f"@traced_test(name='t')\ndef test_it():{body}\ntest_it()"
        if decorated
        else f"with test_span('t'):{body}"
    )

    done = program(text)

    # The parent's code goes on in the child where it is not left by `os._exit`.
    code = 1 if "raise" in end else 5
    assert (done.out, done.code) == (f"{code}\n", 0)
    (attempt,) = done.attempts()
    assert [(span.name, span.is_open) for span in attempt.spans] == [
        ("t", False),
        ("before", False),
        ("in the child", False),
        ("after", False),
    ]
    assert {span.parent_id for span in attempt.spans[1:]} == {attempt.span.span_id}
    assert str(attempt.outcome) == "passed"
    assert len(set(done.span_ids())) == len(done.span_ids()) == 4


def test_a_child_with_tests_of_its_own(program: Callable[..., Any]) -> None:
    """Fifty children make a test each: no id comes twice, nothing is torn."""
    done = program("""
        import os
        from otel_testkit import test_span

        with test_span("first"):
            pass
        for number in range(50):
            if os.fork() == 0:
                with test_span(f"child {number}"):
                    pass
                os._exit(0)
        for _ in range(50):
            os.wait()
    """)

    assert set(done.outcomes()) == {"first", *(f"child {n}" for n in range(50))}
    assert len({one.trace_id for one in done.attempts()}) == 51
    assert len(set(done.span_ids())) == len(done.span_ids()) == 51


def test_the_open_step_of_a_parent_is_not_the_childs(
    program: Callable[..., Any],
) -> None:
    """A child that leaves the parent's step by its exit does not end that."""
    done = program("""
        import os, sys
        from otel_testkit import step, test_span

        with test_span("t"), step("outer"):
            if os.fork() == 0:
                sys.exit(0)
            os.wait()
            with step("inner"):
                pass
    """)

    assert sorted(collections.Counter(done.span_ids()).values()) == [1, 1, 1]
    assert done.outcomes() == {"t": "passed"}


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(program: Callable[..., Any], method: str) -> None:
    """Worker processes of either kind join the run of their parent."""
    done = program(f"""
        import multiprocessing
        from otel_testkit import step, test_span

        def work(number):
            with test_span(f"worker {{number}}"), step("inner"):
                pass

        if __name__ == "__main__":
            with test_span("parent"):
                pass
            context = multiprocessing.get_context({method!r})
            workers = [context.Process(target=work, args=(n,)) for n in range(2)]
            for worker in workers: worker.start()
            for worker in workers: worker.join()
    """)

    assert done.err == ""
    assert set(done.outcomes()) == {"parent", "worker 0", "worker 1"}


def test_a_process_pool_in_a_test(program: Callable[..., Any]) -> None:
    """Steps of a forked pool are parts of the test that made it."""
    done = program("""
        import multiprocessing
        from otel_testkit import step, test_span

        @step("work")
        def work(number):
            return number * 2

        with test_span("t"):
            with multiprocessing.get_context("fork").Pool(2) as pool:
                print(pool.map(work, range(6)))
    """)

    assert done.out == "[0, 2, 4, 6, 8, 10]\n"
    (attempt,) = done.attempts()
    assert [span.name for span in attempt.spans] == ["t"] + ["work"] * 6


def test_eight_processes_write_one_run(program: Callable[..., Any]) -> None:
    """Eight processes at once leave one run folder, no lost and no torn line."""
    done = program("""
        import subprocess, sys
        from otel_testkit import step, test_span

        if len(sys.argv) > 1:
            for number in range(40):
                with test_span(f"{sys.argv[1]}-{number}"), step("inner", {"x": "y" * 5000}):
                    pass
        else:
            with test_span("parent"):
                pass
            children = [
                subprocess.Popen([sys.executable, __file__, str(child)])
                for child in range(8)
            ]
            print({child.wait() for child in children})
    """)

    assert done.out == "{0}\n"
    attempts = done.attempts()
    assert len({one.case for one in attempts}) == len(attempts) == 8 * 40 + 1
    assert len(done.span_ids()) == len(set(done.span_ids())) == 8 * 40 * 2 + 1
    assert sum(len(one.spans) for one in attempts) == 8 * 40 * 2 + 1


def test_a_run_that_nobody_began(program: Callable[..., Any]) -> None:
    """Two programs after each other make two runs."""
    text = "from otel_testkit import test_span\nwith test_span('t'): pass"

    program(text)
    done = program(text)

    assert len(done.runs()) == 2


def test_a_run_that_is_gone(program: Callable[..., Any]) -> None:
    """A folder that is handed down but no longer there is not joined."""
    text = "from otel_testkit import test_span\nwith test_span('t'): pass"

    done = program(text, OTEL_TESTKIT_RUN="/nowhere/runs/2026-x")

    assert done.err == ""
    assert done.outcomes() == {"t": "passed"}


def test_a_test_that_ends_in_another_process(program: Callable[..., Any]) -> None:
    """A child that never leaves the test and crashes leaves the parent's intact."""
    done = program("""
        import os, signal
        from otel_testkit import step, test_span

        with test_span("t"):
            if os.fork() == 0:
                step("cut short").__enter__()
                os.kill(os.getpid(), signal.SIGKILL)
            os.wait()
    """)

    (attempt,) = done.attempts()
    assert [(span.name, span.is_open) for span in attempt.spans] == [
        ("t", False),
        ("cut short", True),
    ]


def test_late_and_early_ends(program: Callable[..., Any]) -> None:
    """What runs at the interpreter's end is still recorded."""
    done = program("""
        import atexit
        from otel_testkit import test_span

        class Late:
            def __del__(self):
                with test_span("in __del__"):
                    pass

        def late():
            with test_span("at exit"):
                pass

        atexit.register(late)
        with test_span("t"):
            pass
        atexit.register(late)
        late_one = Late()
    """)

    assert (done.code, done.err) == (0, "")
    assert [one.case for one in done.attempts()].count("at exit") == 2
    assert "in __del__" in done.outcomes()


def test_a_fork_after_threads_were_imported(program: Callable[..., Any]) -> None:
    """
    The SDK would start threads in every child, and hang where their module was
    imported after the provider was made; ours leaves the child alone.
    """
    done = program("""
        import os, signal
        from otel_testkit import test_span

        with test_span("parent"):
            import concurrent.futures.thread
            child = os.fork()
            if child == 0:
                signal.alarm(5)
                with test_span("child"):
                    pass
                os._exit(0)
            print(os.waitpid(child, 0)[1])
        """)

    assert (done.code, done.out) == (0, "0\n")
