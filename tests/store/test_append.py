"""
Records reach the disk, and what happens when it refuses.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading

from pathlib import Path
from typing import Any

import pytest

from otel_testkit import errors
from otel_testkit.store.append import RunWriter


@pytest.fixture(autouse=True)
def told() -> None:
    """
    Begin without troubles of other tests.
    """
    errors.troubles()


def _written(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("*.jsonl")))


def test_a_record_is_on_disk_when_append_returns(tmp_path: Path) -> None:
    """
    Nothing is buffered.
    """
    writer = RunWriter([lambda: str(tmp_path)])
    writer.append("traces", b"one\n")

    assert b"one\n" == _written(tmp_path)


def test_each_kind_has_a_file(tmp_path: Path) -> None:
    """
    Files are named by kind and process.
    """
    writer = RunWriter([lambda: str(tmp_path)])
    writer.start()
    names = sorted(path.name.split("-")[0] for path in tmp_path.iterdir())

    assert [f"open.{os.getpid()}", f"traces.{os.getpid()}"] == names


def test_an_empty_file_can_be_discarded(tmp_path: Path) -> None:
    """
    What was opened and never written goes, what was written stays.
    """
    for kind in ("logs", "more"):
        writer = RunWriter([lambda: str(tmp_path)])
        writer.discard_empty(kind)
        writer.start("logs", "more")
        writer.append("more", b"{}\n")
        writer.discard_empty("logs")
        writer.discard_empty("more")
        writer.forget_files()

    assert [] == list(tmp_path.glob("logs.*"))
    assert 2 == len(list(tmp_path.glob("more.*")))


def test_the_next_folder_takes_over(tmp_path: Path) -> None:
    """
    Where the folder can't be made, the spare one is used, and a line says so.
    """
    (tmp_path / "file").write_text("")

    def refuse() -> str:
        (tmp_path / "file" / "store").mkdir()
        return "never"

    writer = RunWriter([refuse, lambda: str(tmp_path)])
    writer.append("traces", b"one\n")
    (line,) = errors.troubles()

    assert b"one\n" == _written(tmp_path)
    assert "cannot be written" in line
    assert line.endswith("(store)")


def test_without_any_folder_records_are_counted(tmp_path: Path) -> None:
    """
    The test goes on; how much was lost is known.
    """

    def refuse() -> str:
        raise OSError(28, "No space left on device", "/full")

    writer = RunWriter([refuse, refuse])
    writer.append("traces", b"one\n")
    writer.append("open", b"two\n")

    assert (2, None) == (writer.lost, writer.folder)
    assert 1 == len(errors.troubles())


def test_a_failing_write_goes_on_elsewhere(tmp_path: Path) -> None:
    """
    A folder that refuses in the midst of a run costs no record.
    """
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    writer = RunWriter([lambda: str(tmp_path / "a"), lambda: str(tmp_path / "b")])
    writer.append("traces", b"one\n")

    def refuse(_file: int, _line: bytes) -> int:
        writer._write = os.write
        raise OSError(28, "No space left on device")

    writer._write = refuse
    writer.append("traces", b"two\n")

    assert b"one\n" == _written(tmp_path / "a")
    assert b"two\n" == _written(tmp_path / "b")
    assert 1 == len(errors.troubles())


def test_a_closed_descriptor_is_opened_again(tmp_path: Path) -> None:
    """
    A program that closes what it did not open costs no record.
    """
    writer = RunWriter([lambda: str(tmp_path)])
    for _ in range(3):
        writer.append("traces", b"one\n")
        os.close(writer._files["traces"])
    writer.append("traces", b"one\n")

    assert b"one\n" * 4 == _written(tmp_path)
    assert [] == errors.troubles()


def test_low_descriptors_are_the_programs(tmp_path: Path) -> None:
    """
    A daemon closes all low descriptors and opens its files under them: none of
    our lines is in these.
    """
    writer = RunWriter([lambda: str(tmp_path)])
    writer.start()

    assert 500 < min(writer._files.values())


def test_a_short_write_tears_one_line_at_most(tmp_path: Path) -> None:
    """
    When the disk fills up within a line, the whole line goes elsewhere.
    """
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    writer = RunWriter([lambda: str(tmp_path / "a"), lambda: str(tmp_path / "b")])
    writer._write = lambda file, line: os.write(file, line[:2])
    writer.append("traces", b"one\n")

    assert b"on" == _written(tmp_path / "a")
    assert 1 == len(errors.troubles())


def test_nothing_is_written_behind_a_torn_line(tmp_path: Path) -> None:
    """
    When there is room again at once, the line that was torn is whole elsewhere.
    """
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    writer = RunWriter([lambda: str(tmp_path / "a"), lambda: str(tmp_path / "b")])
    writer.append("traces", b"one\n")
    lengths = iter([2])
    writer._write = lambda file, line: os.write(file, line[: next(lengths, None)])
    writer.append("traces", b"two\n")

    assert b"one\ntw" == _written(tmp_path / "a")
    assert b"two\n" == _written(tmp_path / "b")
    assert 1 == len(errors.troubles())


def test_a_child_writes_a_file_of_its_own(tmp_path: Path) -> None:
    """
    After a fork the child leaves the parent's descriptors alone.
    """
    program = (
        "import os, sys\n"
        "from otel_testkit.store.append import RunWriter\n"
        "writer = RunWriter([lambda: sys.argv[1]])\n"
        "writer.append('traces', b'parent\\n')\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    writer.forget_files()\n"
        "    writer.append('traces', b'child\\n')\n"
        "    os._exit(0)\n"
        "os.waitpid(child, 0)\n"
        "writer.append('traces', b'parent\\n')\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)

    assert {b"parent\nparent\n", b"child\n"} == {
        path.read_bytes() for path in tmp_path.iterdir()
    }


@pytest.mark.parametrize("is_forked", [False, True])
def test_what_is_collected_while_a_file_is_opened(
    tmp_path: Path, *, is_forked: bool
) -> None:
    """
    The garbage collector may make us write in the midst of an opening: nothing
    waits for itself, and one file a kind is open.
    """
    writer = RunWriter([lambda: str(tmp_path)])
    if is_forked:
        writer.forget_files()
    opened: list[int] = []
    open_file = writer._open

    def open_and_collect(*args: Any) -> int:
        if not opened:
            opened.append(0)
            writer.append("traces", b"inner\n")
        return open_file(*args)

    writer._open = open_and_collect
    thread = threading.Thread(
        target=writer.append, args=("traces", b"outer\n"), daemon=True
    )
    thread.start()
    thread.join(10)

    assert not thread.is_alive()
    assert _written(tmp_path) == b"inner\nouter\n"
    assert (len(writer._files), writer.lost) == (1, 0)


def test_what_is_collected_while_a_folder_is_made(tmp_path: Path) -> None:
    """
    What is written while there is no folder yet is lost, and all else in one.
    """

    def make() -> str:
        writer.append("traces", b"inner\n")
        return str(tmp_path)

    writer = RunWriter([make, lambda: str(tmp_path / "spare")])
    writer.append("traces", b"outer\n")

    assert _written(tmp_path) == b"outer\n"
    assert (writer.folder, writer.lost) == (str(tmp_path), 1)


def test_eight_processes_write_one_run(tmp_path: Path) -> None:
    """
    8 processes with 500 tests each: one run, every span once, no line torn.
    """
    program = (
        "import otel_testkit as o\n"
        "o.configure(show='none')\n"
        "for n in range(500):\n"
        "    with o.test_span(f't{n}', tags={'text': 'x' * (n * 10)}): pass\n"
    )
    run = tmp_path / "runs" / "one"
    run.mkdir(parents=True)
    environment = {**os.environ, "OTEL_TESTKIT_RUN": str(run)}
    processes = [
        subprocess.Popen([sys.executable, "-c", program], env=environment)
        for _ in range(8)
    ]

    assert [0] * 8 == [process.wait() for process in processes]

    files = list(run.glob("traces.*.jsonl"))
    lines = b"".join(path.read_bytes() for path in files).splitlines()

    assert (8, 4000) == (len(files), len(lines))
    assert 4000 == len({line.split(b'"spanId":"')[1][:16] for line in lines})
    assert all(line.endswith(b"]}]}]}") for line in lines)
    assert [] == list(run.glob("open.*"))


def test_two_threads_that_meet_one_full_disk(tmp_path: Path) -> None:
    """
    Both are refused by the same folder, and both go on in the next one.
    """
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    writer = RunWriter([lambda: str(tmp_path / "a"), lambda: str(tmp_path / "b")])
    writer.start()
    full = set(writer._files.values())
    both = threading.Barrier(2)

    def write(file: int, line: bytes) -> int:
        # A descriptor of the next folder may get the same number: asked by path.
        if file in full and writer.folder == str(tmp_path / "a"):
            both.wait(5)
            raise OSError(28, "No space left on device")

        return os.write(file, line)

    writer._write = write
    threads = [
        threading.Thread(target=writer.append, args=("traces", b"one\n"))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (b"", b"one\none\n") == (_written(tmp_path / "a"), _written(tmp_path / "b"))
    assert (0, 1) == (writer.lost, len(errors.troubles()))
