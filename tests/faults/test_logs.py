"""
Log records of programs that come to grief, and what such programs print.
"""

from __future__ import annotations

import signal
import sys

from collections.abc import Callable
from typing import Any

import pytest

from otel_testkit.trace import load


pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and forks")

# What a program does with `logging`, as it reads on standard error.
PROGRAMS = {
    "last resort": """
        log.info("not shown"); log.warning("shown %s", 1)
        try: 1 / 0
        except ZeroDivisionError: log.exception("failed")
    """,
    "basicConfig": """
        logging.basicConfig(format="%(levelname)s:%(funcName)s:%(message)s")
        log.info("not shown"); log.warning("shown %s", 1)
        print(logging.getLogger().handlers, file=sys.stderr)
    """,
    "no last resort": "logging.lastResort = None; log.warning('a'); log.warning('b')",
    "bad format": "log.warning('%d of %s', 'one')",
    "bad format, quiet": "logging.raiseExceptions = False; log.warning('%d', 'one'); log.error('a')",
    "bad argument": "log.warning('%s', Bad())",
    "bad handler": """
        class Handler(logging.Handler):
            def emit(self, record):
                try: raise OSError("full")
                except OSError: self.handleError(record)
        log.addHandler(Handler()); log.warning("said")
    """,
    "stack": """
        class Handler(logging.Handler):
            def emit(self, record): traceback.print_stack()
        log.addHandler(Handler()); log.warning("said")
    """,
    "stacklevel": """
        class Handler(logging.Handler):
            def emit(self, record):
                if record.name == "shop":
                    logging.getLogger("other").warning("from it", stacklevel=2)
        logging.basicConfig(format="%(pathname)s:%(lineno)d:%(funcName)s:%(message)s")
        log.addHandler(Handler()); log.warning("said", stack_info=True, stacklevel=1)
    """,
    "warnings": """
        logging.basicConfig(); logging.captureWarnings(True); warnings.warn("said")
    """,
    "shutdown": "log.warning('a'); logging.shutdown(); log.warning('b')",
    "config": """
        import logging.config
        logging.config.dictConfig({"version": 1, "root": {"handlers": ["h"]},
            "handlers": {"h": {"class": "logging.StreamHandler"}}})
        log.warning("disabled by now"); logging.getLogger("new").warning("said")
    """,
    "fields": """
        class Handler(logging.Handler):
            def emit(self, record): print(sorted(vars(record)), file=sys.stderr)
        log.addHandler(Handler()); log.warning("said", extra={"sku": 1})
        print(sorted(vars(log)), file=sys.stderr)
    """,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_same_on_standard_error(program: Callable[..., Any], name: str) -> None:
    """Byte for byte a program prints what it prints without us."""
    text = (
        "import logging, sys, traceback, warnings\n"
        "from otel_testkit import test_span\n"
        "log = logging.getLogger('shop')\n"
        "class Bad:\n    def __str__(self): raise ValueError('no text')\n"
        "    def __repr__(self): return 'Bad()'\n"
        "def main():\n"
        + "\n".join(
            f"    {line.removeprefix('        ')}"
            for line in PROGRAMS[name].splitlines()
            if line.strip()
        )
        + "\nwith test_span('a test'):\n    main()\n"
    )

    done, without = program(text), program(text, traced=False)

    assert without.code == 0
    assert without.err
    assert (done.code, done.out, done.err) == (0, without.out, without.err)


def test_a_process_that_is_killed(program: Callable[..., Any]) -> None:
    """What was logged is on disk, and its times are signs of life."""
    done = program("""
        import logging, os, signal, time
        from otel_testkit import step, test_span

        with test_span("cut short"), step("under way"):
            for number in range(50):
                logging.warning("said %d", number)
            time.sleep(0.1)
            logging.warning("the last")
            os.kill(os.getpid(), signal.SIGKILL)
    """)

    (attempt,) = done.attempts()
    assert done.code == -signal.SIGKILL
    texts = [f"said {number}" for number in range(50)] + ["the last"]
    assert [log.text for log in attempt.logs] == texts
    assert [log.text for log in attempt.spans[1].logs] == texts
    assert attempt.duration > 100_000_000
    assert attempt.is_open


def test_a_process_that_forks(program: Callable[..., Any]) -> None:
    """Children log into their parent's test, each record once."""
    done = program("""
        import logging, os
        from otel_testkit import step, test_span

        with test_span("a test"):
            logging.warning("before")
            for number in range(8):
                if os.fork() == 0:
                    with step(f"child {number}"):
                        logging.warning("child %d", number)
                    os._exit(0)
            for _ in range(8):
                os.wait()
            logging.warning("after")
    """)

    (attempt,) = done.attempts()
    assert sorted(log.text for log in attempt.logs) == sorted(
        ["before", *(f"child {n}" for n in range(8)), "after"]
    )
    names = {span.span_id: span.name for span in attempt.spans}
    children = [log for log in attempt.logs if log.text.startswith("child")]
    assert all(names[log.span_id] == log.text for log in children)


@pytest.mark.parametrize("logs", ["true", "false"])
def test_a_run_without_records(program: Callable[..., Any], logs: str) -> None:
    """No empty file is left."""
    done = program(
        "from otel_testkit import test_span\nwith test_span('t'): pass",
        OTEL_TESTKIT_LOGS=logs,
    )

    assert done.outcomes() == {"t": "passed"}
    assert list(done.store.rglob("logs.*")) == []


def test_without_a_free_descriptor(program: Callable[..., Any]) -> None:
    """A test that has used up all descriptors can still log."""
    done = program("""
        import logging, os, resource
        from otel_testkit import test_span

        logging.getLogger("shop").addHandler(logging.NullHandler())
        with test_span("a test"):
            resource.setrlimit(resource.RLIMIT_NOFILE, (5, 5))
            try:
                while True:
                    os.dup(0)
            except OSError:
                logging.getLogger("shop").warning("said")
    """)

    assert done.err == ""
    (attempt,) = done.attempts()
    assert [log.text for log in attempt.logs] == ["said"]


def test_a_full_disk(program: Callable[..., Any], tmp_path: Any) -> None:
    """The program goes on, and so does the run, in the spare folder."""

    resource = pytest.importorskip("resource", reason="limits of POSIX")

    def little() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    (tmp_path / "spare").mkdir()
    done = program(
        """
        import logging
        from otel_testkit import test_span

        with test_span("a test"):
            for number in range(60):
                logging.getLogger("shop").info("said %d", number)
                logging.getLogger("shop").error("said %d", number)
        print("done")
        """,
        TMPDIR=str(tmp_path / "spare"),
        preexec=little,
    )

    assert (done.code, done.out) == (0, "done\n")
    assert "cannot be written" in done.err
    folders = [*done.store.glob("runs/*"), *(tmp_path / "spare").glob("*/runs/*")]
    runs = [load(str(folder)) for folder in folders]
    kept = [
        log.text
        for run in runs
        for log in (
            *run.loose_logs,
            *(log for attempt in run.attempts() for log in attempt.logs),
        )
    ]
    assert len(runs) == 2
    assert kept[0] == "said 0"
    assert len(set(kept)) == len(kept) > 30


def test_a_test_with_a_file_system_of_its_own(suite: Callable[..., Any]) -> None:
    """Records go to the real disk, and the false one holds nothing of ours."""
    done = suite("""
        import logging, os
        from otel_testkit import traced_test

        @traced_test
        def test_it(fs, monkeypatch):
            monkeypatch.setattr(os, "write", None)
            logging.warning("said")
            monkeypatch.undo()
            assert not os.path.exists(".otel-testkit")
    """)

    assert done.code == 0, done.out
    (attempt,) = done.attempts()
    assert [log.text for log in attempt.logs] == ["said"]
