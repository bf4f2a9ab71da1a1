"""
Every way in which a process can end: what has ended is kept, and the rest is open.
"""

from __future__ import annotations

import signal
import sys

from dataclasses import replace
from typing import Any

import pytest


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")
matrix = pytest.mark.matrix

FIVE = """
import atexit, ctypes, faulthandler, os, resource, signal, subprocess, sys, threading
import time
from spans import noted

resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

def kill(number):
    os.kill(os.getpid(), number)

for number in range(5):
    with noted(f"ended {number}"), noted(f"ended {number}/inner"):
        pass
"""
CUT = (
    FIVE
    + """
with noted("cut short"):
    with noted("cut short/done"):
        pass
    with noted("cut short/under way"):
        STATEMENT
print("gone on")
"""
)


def dies_of(number: signal.Signals) -> tuple[str, int]:
    # Whoever starts the tests may have had it ignored.
    number_name = f"signal.{number.name}"
    restored = f"signal.signal({number_name}, signal.SIG_DFL); "
    # Nobody can ignore SIGKILL, or ask for it.
    restored *= number is not signal.SIGKILL

    return f"{restored}kill({number_name})", -number


DEATHS = {
    "_exit": ("os._exit(7)", 7),
    "abort": ("os.abort()", -signal.SIGABRT),
    "segfault": ("ctypes.string_at(0)", -signal.SIGSEGV),
    "sigterm": dies_of(signal.SIGTERM),
    "sighup": dies_of(signal.SIGHUP),
    "sigquit": dies_of(signal.SIGQUIT),
    "sigkill": dies_of(signal.SIGKILL),
    "execv": ("os.execv('/bin/sh', ['sh', '-c', 'echo other; exit 9'])", 9),
}
MORE_DEATHS = {
    "sigabrt": dies_of(signal.SIGABRT),
    "sigalrm": dies_of(signal.SIGALRM),
    "sigbus": dies_of(signal.SIGBUS),
    "sigfpe": dies_of(signal.SIGFPE),
    "sigill": dies_of(signal.SIGILL),
    "sigusr1": dies_of(signal.SIGUSR1),
    "sigxcpu": dies_of(signal.SIGXCPU),
    "sigvtalrm": dies_of(signal.SIGVTALRM),
    "alarm": ("signal.setitimer(signal.ITIMER_REAL, .05); time.sleep(9)", -14),
    "no-more-processor-time": (
        "resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\n        while True: pass",
        -signal.SIGKILL,
    ),
    "fatal-error": ("ctypes.pythonapi.Py_FatalError(b'x')", -signal.SIGABRT),
    "hard-exit": ("ctypes.CDLL(None)._exit(4)", 4),
    "exit-of-c": ("ctypes.CDLL(None).exit(4)", 4),
    "in-a-thread": (
        "dies = threading.Thread(target=os._exit, args=(7,)); dies.start(); dies.join()",
        7,
    ),
    "by-a-child": (
        "subprocess.run(['kill', '-9', str(os.getpid())]); time.sleep(9)",
        -signal.SIGKILL,
    ),
    "execvpe": (
        "os.execvpe('sh', ['sh', '-c', 'exit 9'], {'PATH': os.environ['PATH']})",
        9,
    ),
}
LEAVES = {
    "return": ("pass", 0),
    "exit-0": ("sys.exit()", 0),
    "exit-3": ("sys.exit(3)", 3),
    "exit-words": ("sys.exit('words')", 1),
    "error": ("raise ValueError('x')", 1),
    "sigint": ("kill(signal.SIGINT)", -signal.SIGINT),
    "own-handler": (
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(8)); kill(signal.SIGTERM)",
        8,
    ),
}


@pytest.mark.parametrize(
    "way", [*DEATHS, *(pytest.param(more, marks=matrix) for more in MORE_DEATHS)]
)
def test_a_process_that_dies(kept: Any, way: str) -> None:
    """What has ended is kept, and what has not is open; it dies as ever."""
    statement, code = (DEATHS | MORE_DEATHS)[way]

    done = kept(CUT.replace("STATEMENT", statement))

    assert done.code == code
    assert done.outcomes() == {
        **{f"ended {number}": "passed" for number in range(5)},
        "cut short": "open",
    }


@pytest.mark.parametrize("way", LEAVES)
def test_a_program_that_leaves(kept: Any, way: str) -> None:
    """All that it leaves on its way out has ended, the test as what it left."""
    statement, code = LEAVES[way]

    done = kept(CUT.replace("STATEMENT", statement))

    assert done.code == code
    expected = {0: "passed", -2: "interrupted"}.get(code, "error")
    assert done.outcomes()["cut short"] == expected


@pytest.mark.parametrize("loss", ["an end", "a line of it", "all of it"])
def test_the_accounts_are_true(noting: Any, account: Any, loss: str) -> None:
    """What is taken out of the store is missed, and what is there twice is seen."""
    done = noting(CUT.replace("STATEMENT", "os._exit(7)"))
    (file,) = done.store.rglob("traces.*.jsonl")
    lines = file.read_text().splitlines(keepends=True)
    assert account(done).is_even
    assert account(done).ended == 11

    file.write_text("".join(lines + lines[-1:]))
    assert account(done).surplus == ["cut short/done"]
    if loss == "all of it":
        file.unlink()
        assert len(account(done).lost) == 11
    else:
        kept = "" if loss == "an end" else lines[-1][:99]
        file.write_text("".join(lines[:-1]) + kept)
        assert account(done).lost == ["cut short/done"]
    assert not account(done).is_even


def test_a_program_that_becomes_another(kept: Any) -> None:
    """What `exec` starts in its place, under the same number, writes the same run."""
    done = kept("""
        import os, sys
        from spans import noted

        stage = sys.argv[-1]
        with noted(f"test {stage}"):
            with noted(f"test {stage}/done"):
                pass
            if stage != "three":
                following = "three" if stage == "two" else "two"
                os.execv(sys.executable, [sys.executable, "program.py", following])
        print(stage)
    """)

    assert done.out == "three\n"
    assert done.outcomes() == {
        "test program.py": "open",
        "test two": "open",
        "test three": "passed",
    }


@pytest.mark.parametrize(
    "times", [2, pytest.param(30, marks=[matrix, pytest.mark.timeout(600)])]
)
def test_killed_at_any_moment(noting: Any, account: Any, times: int) -> None:
    """Whenever it is killed, and whatever its threads write just then: nothing is lost."""
    threads = 4
    for moment in range(times):
        done = noting(
            f"""
            import itertools, subprocess, sys, threading, time
            from spans import noted

            def write(thread):
                for number in itertools.count():
                    with noted(f"t/{{thread}}-{{number}}"):
                        with noted(f"t/{{thread}}-{{number}}/inner"):
                            pass

            if len(sys.argv) == 1:
                child = subprocess.Popen(
                    [sys.executable, __file__, "child"], stdout=subprocess.PIPE
                )
                child.stdout.readline()
                time.sleep(0.05 + 0.0137 * {moment})
                child.kill()
                print(child.wait())
            else:
                with noted("t"):
                    for thread in range({threads}):
                        threading.Thread(target=write, args=[thread]).start()
                    print("on", flush=True)
                    time.sleep(30)
            """,
            OTEL_TESTKIT_DIR=f"store/{moment}",
        )

        assert done.out == "-9\n"
        found = account(replace(done, store=done.store / f"{moment}"))
        assert found.ended > 10
        assert (found.lost, found.unseen, found.misplaced) == ([], [], [])
        # What was written, and could not be noted any more.
        assert len(found.surplus) <= 2 * threads
        assert found.damaged <= threads


@pytest.mark.parametrize("when", ["first", "late"])
def test_no_handler_is_taken(kept: Any, when: str) -> None:
    """All signals, hooks and limits are as the program would have them without us."""
    done = kept(f"""
        import faulthandler, resource, signal, sys, threading
        before = {when == "late"}
        if before:
            signal.signal(signal.SIGTERM, lambda *_: print("mine"))
        from spans import noted

        with noted("t"), noted("t/s"):
            if not before:
                signal.signal(signal.SIGTERM, lambda *_: print("mine"))
            print({{n.name: str(signal.getsignal(n))[:20] for n in signal.valid_signals()
                   if isinstance(n, signal.Signals)}})
            signal.raise_signal(signal.SIGTERM)
        print(sys.excepthook, sys.unraisablehook, threading.excepthook)
        print(sys.exit, sys.gettrace(), sys.getprofile(), faulthandler.is_enabled())
        print(signal.pthread_sigmask(signal.SIG_BLOCK, []))
        print(signal.set_wakeup_fd(-1), resource.getrlimit(resource.RLIMIT_NOFILE))
        print([thread.name for thread in threading.enumerate()])
    """)

    assert "mine" in done.out
    assert "['MainThread']" in done.out
