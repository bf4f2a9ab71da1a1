"""
Where runs lie, and which of them stay.
"""

from __future__ import annotations

import json
import os

from pathlib import Path

from otel_testkit.store import layout
from otel_testkit.store.header import read_header, write_header


def _run(store: Path, name: str, size: int) -> str:
    folder = layout.create_run_folder(str(store), name)
    Path(folder, "traces.1-a.jsonl").write_bytes(b"x" * size)

    return folder


def test_the_store_stays_out_of_version_control(tmp_path: Path) -> None:
    """
    The folder carries a .gitignore of its own.
    """
    layout.create_run_folder(str(tmp_path / "store"), "a")

    assert "*\n" == (tmp_path / "store" / ".gitignore").read_text()


def test_the_newest_runs_stay(tmp_path: Path) -> None:
    """
    Of more runs than are wanted, the oldest go.
    """
    for name in ("2026-01-01", "2026-01-02", "2026-01-03"):
        spare = _run(tmp_path, name, 10)
    layout.prune(str(tmp_path), keep=2, max_bytes=1000, spare=spare)

    assert ["2026-01-03", "2026-01-02"] == [
        os.path.basename(folder) for folder in layout.run_folders(str(tmp_path))
    ]


def test_the_store_stays_small(tmp_path: Path) -> None:
    """
    Runs that don't fit go, the oldest first; one large run costs no newer one.
    """
    for name, size in (("a", 10), ("b", 500), ("c", 60), ("d", 30)):
        spare = _run(tmp_path, name, size)
    layout.prune(str(tmp_path), keep=10, max_bytes=100, spare=spare)

    assert ["d", "c", "a"] == [
        os.path.basename(folder) for folder in layout.run_folders(str(tmp_path))
    ]


def test_pages_of_failures_take_room(tmp_path: Path) -> None:
    """
    What a report has put into a folder of its own counts as well.
    """
    old, spare = _run(tmp_path, "a", 10), _run(tmp_path, "b", 10)
    Path(old, "failures").mkdir()
    Path(old, "failures", "test_a.html").write_bytes(b"x" * 100)
    layout.prune(str(tmp_path), keep=10, max_bytes=100, spare=spare)

    assert [spare] == layout.run_folders(str(tmp_path))


def test_the_run_that_goes_on_always_stays(tmp_path: Path) -> None:
    """
    Not even a limit of nothing removes the run under way.
    """
    spare = _run(tmp_path, "a", 10)
    _run(tmp_path, "b", 10)
    layout.prune(str(tmp_path), keep=0, max_bytes=0, spare=spare)

    assert [spare] == layout.run_folders(str(tmp_path))


def test_a_run_that_is_written_stays(tmp_path: Path) -> None:
    """
    A long run beside many short ones is not removed under its feet; one whose
    process died some time ago is.
    """
    long, dead = _run(tmp_path, "a", 10), _run(tmp_path, "b", 10)
    Path(long, f"open.{os.getpid()}-aa.jsonl").write_text("")
    Path(dead, "open.999999999-aa.jsonl").write_text("")
    for folder in (long, dead):
        for path in Path(folder).iterdir():
            os.utime(path, (0, 0))
    spare = _run(tmp_path, "c", 10)
    layout.prune(str(tmp_path), keep=1, max_bytes=1000, spare=spare)

    assert [spare, long] == layout.run_folders(str(tmp_path))


def test_the_project_is_the_nearest_one_upwards(tmp_path: Path) -> None:
    """
    The folder with pyproject.toml or .git is the project's; without one it is
    where we are.
    """
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "a" / "pyproject.toml").write_text("")

    assert str(tmp_path / "a") == layout.project_root(str(inner))


def test_paths_are_shown_as_in_the_project() -> None:
    """
    A file outside of the project keeps its whole path.
    """
    assert "tests/a.py" == layout.shown_path("/p/tests/a.py", "/p")
    assert "/q/a.py" == layout.shown_path("/q/a.py", "/p")
    assert "<string>" == layout.shown_path("<string>", "/p")


def test_the_first_header_counts(tmp_path: Path) -> None:
    """
    Processes that begin a run at the same time write one header.
    """
    write_header(str(tmp_path), {"run": "a"})
    write_header(str(tmp_path), {"run": "b"})

    assert {"format": 1, "run": "a"} == read_header(str(tmp_path))
    assert ["run.json"] == os.listdir(tmp_path)


def test_a_header_that_is_garbage_is_none(tmp_path: Path) -> None:
    """
    A run without a readable header is still a run.
    """
    for text in ("", "{", "[1]", json.dumps("x")):
        (tmp_path / "run.json").write_text(text)

        assert {} == read_header(str(tmp_path))
