"""
What a program does after its last line: exit handlers, late threads, `__del__`.
"""

from __future__ import annotations

import sys

from typing import Any

import pytest


matrix = pytest.mark.matrix


def test_exit_handlers(kept: Any) -> None:
    """What handlers do that run before ours and after it is kept."""
    done = kept("""
        import atexit, threading, weakref

        def late(name):
            with noted(name), noted(f"{name}/step"):
                print(name)

        # Called after ours.
        atexit.register(lambda: late("first in, last out"))
        from spans import noted
        atexit.register(lambda: late("before the first test"))
        with noted("t"):
            atexit.register(lambda: late("in the test"))
        threading._register_atexit(late, "with the threads")

        class Thing: pass
        thing = Thing()
        weakref.finalize(thing, late, "finalized")
    """)

    assert len(done.out.splitlines()) == 5
    assert len(done.outcomes()) == 6


def test_threads_that_outlive_the_program(kept: Any) -> None:
    """What threads write after the last line is kept, and what is cut off is open."""
    done = kept("""
        import atexit, threading, time
        from spans import noted

        def works(name):
            with noted(name):
                time.sleep(0.2)
                with noted(f"{name}/late"):
                    pass

        def hangs():
            with noted("daemon"), noted("daemon/done"):
                pass
            with noted("cut off"), noted("cut off/hangs"):
                ready.set()
                time.sleep(60)

        with noted("t"):
            pass
        ready = threading.Event()
        threading.Thread(target=hangs, daemon=True).start()
        ready.wait()
        threading.Thread(target=works, args=["outlives"]).start()
        threading.Timer(0.1, works, ["timer"]).start()
    """)

    assert done.outcomes() == {
        **dict.fromkeys(("t", "daemon", "outlives", "timer"), "passed"),
        "cut off": "open",
    }


@pytest.mark.parametrize(
    "where",
    [
        "global",
        "thread",
        *(pytest.param(one, marks=matrix) for one in ("cycle", "module")),
    ],
)
def test_del_at_the_end(kept: Any, where: str) -> None:
    """A `__del__` that the interpreter calls when its modules go is kept."""
    keeps = {
        "global": "late = Late()",
        "cycle": "late = Late(); late.late = late; gc.disable()",
        "module": "sys.modules['late'] = late = types.ModuleType('late'); late.x = Late()",
        "thread": "local = threading.local(); local.late = Late()",
    }[where]

    done = kept(f"""
        import gc, sys, threading, types
        from spans import noted

        class Late:
            def __init__(self):
                self.noted = noted
            def __del__(self):
                with self.noted("late"), self.noted("late/step"):
                    pass
                with self.noted("late, too"), self.noted("late, too/step"):
                    pass

        with noted("t"):
            pass
        {keeps}
    """)

    assert set(done.outcomes()) == {"t", "late", "late, too"}


def test_a_first_test_when_all_is_over(noting: Any) -> None:
    """One that is the first of its process is not kept there, but runs."""
    done = noting("""
        from spans import noted

        class Late:
            def __del__(self):
                with noted("late"), noted("late/step"):
                    print("ran")

        late = Late()
    """)

    # Old versions of OpenTelemetry say that they cannot be loaded any more.
    assert (done.code, done.out) == (0, "ran\n")
    assert "otel-testkit" not in done.err


def test_hooks_for_what_nobody_caught(kept: Any) -> None:
    """The hooks of a program run with a test of their own, and say what they say."""
    done = kept("""
        import sys, threading
        from spans import noted

        def hook(*_):
            with noted("hook"), noted("hook/step"):
                print("mine")
        def in_thread(told):
            with noted("thread hook"):
                print(told.exc_type.__name__)
        sys.excepthook, threading.excepthook = hook, in_thread

        def fails():
            with noted("in a thread"):
                raise KeyError

        thread = threading.Thread(target=fails)
        thread.start()
        thread.join()
        with noted("t"):
            raise ValueError
    """)

    assert (done.code, done.out) == (1, "KeyError\nmine\n")
    assert done.outcomes() == {
        "in a thread": "error",
        "thread hook": "passed",
        "t": "error",
        "hook": "passed",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_children_that_outlive_their_parent(kept: Any) -> None:
    """A daemon that was forked twice writes on in the run of its grandparent."""
    done = kept("""
        import os, time
        from spans import noted

        with noted("t"):
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    time.sleep(0.3)
                    with noted("t/daemon"):
                        pass
                os._exit(0)
            os.wait()
    """)

    # It holds the standard output, and so this test waits for it.
    assert "ended t/daemon" in done.noted
