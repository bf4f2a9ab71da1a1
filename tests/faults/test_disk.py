"""
A store that cannot be written, or not for long; a process that has run out of things.
"""

from __future__ import annotations

import os
import subprocess
import sys

from pathlib import Path
from typing import Any

import pytest


THREE = """
    import os, resource, shutil, signal, sys
    from otel_testkit import step, traced_test

    def between():
        pass

    @traced_test
    def test_first():
        with step("a"):
            pass
        {first}

    @traced_test
    def test_second():
        with step("b"):
            assert not {wrong}

    @traced_test
    def test_third():
        with step("c"):
            pass
"""
posix = pytest.mark.skipif(sys.platform == "win32", reason="limits and modes")


def run(suite: Any, tmp_path: Path, first: str = "pass", **more: Any) -> Any:
    """
    Run three tests, of which the first one does *first*; all pass and nothing warns.
    """
    spare = tmp_path / "spare"
    spare.mkdir()
    text = THREE.format(first=first, wrong="0")

    done = suite(text, TMPDIR=str(spare), **more)

    assert done.code == 0, done.out + done.err
    assert "3 passed" in done.out

    return done


def troubles(done: Any) -> list[str]:
    return [line for line in done.err.splitlines() if line.startswith("otel-testkit:")]


def recorded(folder: Path) -> str:
    files = folder.rglob("traces.*.jsonl")

    return "".join(file.read_text("utf-8", "replace") for file in files)


@pytest.mark.parametrize(
    "store",
    ["/dev/null/store", "/proc/no/store", "{file}", "{file}/below", "bad\udcffname"],
    ids=["device", "proc", "file", "below-a-file", "surrogate"],
)
@posix
def test_a_store_that_cannot_be_made(suite: Any, tmp_path: Path, store: str) -> None:
    """The run is kept elsewhere, one line says where, and no test is affected."""
    file = tmp_path / "file"
    file.write_text("mine")
    directory = store.format(file=file)

    done = run(suite, tmp_path, OTEL_TESTKIT_DIR=directory)

    assert file.read_text() == "mine"
    if "surrogate" not in os.environ.get("PYTEST_CURRENT_TEST", ""):
        assert len(troubles(done)) == 1
        assert "test_third" in recorded(tmp_path / "spare")


@posix
def test_no_place_at_all(program: Any) -> None:
    """Where nothing can be written, the tests run and one line says so."""
    done = program(
        """
        from otel_testkit import test_span

        for name in ("first", "second"):
            with test_span(name):
                print(name)
        """,
        OTEL_TESTKIT_DIR="/dev/null/store",
        TMPDIR="/dev/null",
    )

    assert (done.code, done.out) == (0, "first\nsecond\n")
    assert len(troubles(done)) == 2
    assert "4 records were not kept (lost)" in troubles(done)[1]


@posix
def test_a_store_that_is_removed(suite: Any, tmp_path: Path) -> None:
    """
    A test may remove the store under our feet: it is made anew for the next one,
    and a line says so.
    """
    done = run(suite, tmp_path, "shutil.rmtree('store', ignore_errors=True)")

    (line,) = troubles(done)
    assert "was removed, and is made anew" in line
    kept = {name.rpartition("::")[2] for name in done.outcomes()}
    assert {"test_second", "test_third"} == kept
    assert {"b", "c"} == {span.name for span in done.run().spans() if span.is_step}


@posix
def test_workers_whose_store_is_removed(program: Any) -> None:
    """The processes of a run go on in one folder, whoever of them makes it anew."""
    done = program("""
        import os, shutil, time
        from otel_testkit import test_span

        with test_span("first"):
            pass
        for number in range(4):
            if os.fork() == 0:
                with test_span(f"before {number}"):
                    pass
                while not os.path.exists("removed"):
                    time.sleep(0.01)
                with test_span(f"after {number}"):
                    pass
                os._exit(0)
        time.sleep(0.2)
        shutil.rmtree("store", ignore_errors=True)
        os.mkdir("removed")
        for _ in range(4):
            os.wait()
        with test_span("last"):
            pass
    """)

    assert done.code == 0
    assert "was removed, and is made anew" in "".join(troubles(done))
    assert {f"after {number}" for number in range(4)} | {"last"} <= {
        one.case for one in done.attempts()
    }


@posix
def test_garbage_in_the_store(suite: Any, tmp_path: Path) -> None:
    """Whatever lies in the store is left, or pruned, and the run lies beside it."""
    runs = tmp_path / "program" / "store" / "runs"
    runs.mkdir(parents=True)
    (runs / "file").write_bytes(b"\xff\0" * 1000)
    (runs / "2000-01-01T00-00-00-0000").write_text("a file called like a run")
    (runs / "link").symlink_to("/nowhere")
    (runs / "loop").symlink_to("loop")
    os.mkfifo(runs / "fifo")
    for name in ("1999-01-01T00-00-00-0000", "x" * 200, "a\nb", "\u00e9", " "):
        (runs / name).mkdir()
        (runs / name / "run.json").write_text("[{]")
        (runs / name / "traces.1.jsonl").write_bytes(b"\xff{}\n" * 9)
        (runs / name / "delivery.jsonl").write_text("7\nnull\n")
    (runs / "2001-01-01T00-00-00-0000" / "run.json").mkdir(parents=True)
    (runs.parent / ".gitignore").mkdir()

    done = run(suite, tmp_path)

    assert troubles(done) == []
    mine = [folder for folder in runs.iterdir() if recorded(folder).count("test_third")]
    assert len(mine) == 1


@posix
@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="not root")
def test_a_disk_without_space(program: Any, tmp_path: Path) -> None:
    """A file system that fills up is left for another one, and the tests go on."""
    small = tmp_path / "small"
    small.mkdir()
    (tmp_path / "spare").mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("may not mount a file system of its own")
    try:
        done = program(
            """
            from otel_testkit import step, test_span

            for number in range(200):
                with test_span(f"t {number}"), step("s", {"x": "y" * 200}):
                    pass
            print("done")
            """,
            OTEL_TESTKIT_DIR=str(small / "store"),
            TMPDIR=str(tmp_path / "spare"),
        )
        kept = recorded(small) + recorded(tmp_path / "spare")
    finally:
        subprocess.run(["umount", str(small)], check=True)

    assert (done.code, done.out) == (0, "done\n")
    assert len(troubles(done)) == 1
    # The one whose line was cut is told again in the spare folder.
    assert [n for n in range(200) if f'"name":"t {n}"' not in kept] == []


@posix
@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="not root")
def test_a_read_only_store(program: Any) -> None:
    """A store that is somebody else's is left alone; the run is kept elsewhere."""
    done = program(
        """
        import glob, os, shutil, tempfile

        os.environ["TMPDIR"] = spare = tempfile.mkdtemp(dir="/tmp")
        os.chmod(spare, 0o777)
        from otel_testkit import traced_test

        @traced_test
        def test_it():
            print("ran")

        os.mkdir("locked", 0o755)
        os.seteuid(65534)
        test_it()
        os.seteuid(0)
        print(os.listdir("locked"), len(glob.glob(f"{spare}/*/runs/*/run.json")))
        shutil.rmtree(spare)
        """,
        OTEL_TESTKIT_DIR="locked",
    )

    assert (done.code, done.out) == (0, "ran\n[] 1\n")
    assert len(troubles(done)) == 1
    assert "the run is kept in" in troubles(done)[0]


@posix
def test_no_more_files(suite: Any, tmp_path: Path) -> None:
    """The files are open before the first test: later there may be none left."""
    first = """
        import pytest
        kept = []
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
        with pytest.raises(OSError):
            while True:
                kept.append(os.open("/dev/null", os.O_RDONLY))
        with step("starved"):
            pass
        for file in kept:
            os.close(file)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
"""

    done = run(suite, tmp_path, first.strip())

    assert troubles(done) == []
    assert len(done.outcomes()) == 3
    assert "starved" in {span.name for span in done.run().spans()}


@posix
def test_a_full_disk(suite: Any, tmp_path: Path) -> None:
    """A disk that takes no more costs records, never a test; no signal comes."""
    first = """
        before = signal.getsignal(signal.SIGXFSZ)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        for number in range(50):
            with step(f"step {number}", {"x": "y" * 500}):
                pass
        assert signal.getsignal(signal.SIGXFSZ) is before
"""

    done = run(suite, tmp_path, first.strip())

    assert len(troubles(done)) in (1, 2)
    for attempt in done.runs()[0].attempts():
        assert attempt.case


POOR = {
    "environ": "os.environ.clear()",
    "cwd": "os.mkdir('gone'); os.chdir('gone'); os.rmdir('../gone')",
    "stderr": "sys.stderr = sys.__stderr__ = None",
    "stdout": "sys.stdout = None",
    "argv": "sys.argv[:] = []; sys.orig_argv[:] = []",
    "recursion": "sys.setrecursionlimit(120)",
    "umask": "os.umask(0o077)",
    "files": "os.close(0); os.close(1); os.close(2)",
    "disabled": "os.environ['OTEL_SDK_DISABLED'] = 'maybe'",
    "sampler": "os.environ['OTEL_TRACES_SAMPLER'] = 'always_off'",
    "queue": "os.environ['OTEL_BSP_MAX_QUEUE_SIZE'] = '0'",
    "parent": f"os.environ['TRACEPARENT'] = '00-{'a' * 32}-{'b' * 16}-00'",
    "bad-parent": "os.environ['TRACEPARENT'] = 'x\\udcff'",
    "resource": "os.environ['OTEL_RESOURCE_ATTRIBUTES'] = 'a=%ff,=,b'",
}


@pytest.mark.parametrize("thing", POOR)
@posix
def test_a_poor_world(program: Any, thing: str) -> None:
    """Whatever is missing before the first test: the tests run and are recorded."""
    done = program(f"""
        import os, sys
        out = os.dup(1)
        from otel_testkit import step, test_span
        {POOR[thing]}
        with test_span("first"):
            pass
        with test_span("second") as test, step("a"):
            test.set_tag("x", {{"y": [1]}})
        os.write(out, b"done")
    """)

    assert (done.code, done.out, done.err) == (0, "done", "")
    if thing != "environ":
        # Without it the store is not where this test looks.
        assert done.outcomes() == {"first": "passed", "second": "passed"}


@pytest.mark.parametrize("thing", ["environ", "cwd", "stderr", "files", "umask"])
@posix
def test_a_world_that_becomes_poor(program: Any, thing: str) -> None:
    """A test may take away what it likes: the next one is recorded as well."""
    done = program(f"""
        import os, sys
        from otel_testkit import step, test_span

        out = os.dup(1)
        with test_span("first"), step("a"):
            {POOR[thing]}
        with test_span("second"), step("b"):
            pass
        os.write(out, b"done")
    """)

    assert (done.code, done.out, done.err) == (0, "done", "")
    assert done.outcomes() == {"first": "passed", "second": "passed"}


@pytest.mark.parametrize(
    "name", ["OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"]
)
def test_a_number_that_stops_the_sdk(program: Any, name: str) -> None:
    """A bad limit, for which the SDK raises at import, costs one line."""
    text = "from otel_testkit import test_span\nwith test_span('t'): print(1)"

    done = program(text, **{name: "-1"})

    assert (done.code, done.out) == (0, "1\n")
    assert [name in line for line in troubles(done)] == [True]
    assert done.outcomes() == {"t": "passed"}
