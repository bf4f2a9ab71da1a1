"""
Where things lie.

    .otel-testkit/
    ├── .gitignore
    └── runs/
        └── 2026-11-22T06-43-12-7f3a/      a run
            ├── run.json                   its header
            ├── traces.4711-9c2f.jsonl     ended spans of process 4711, OTLP/JSON lines
            ├── logs.4711-9c2f.jsonl       log records, OTLP/JSON lines
            └── open.4711-9c2f.jsonl       a line for each span that it started

A run's id is the time of its start (UTC), the last part a fraction of the second,
so that names sort by age.
"""

from __future__ import annotations

import functools
import os
import time

from collections.abc import Iterator
from typing import Final

from otel_testkit.store.disk import disk


HEADER: Final = "run.json"
TRACES: Final = "traces"
OPEN: Final = "open"
LOGS: Final = "logs"

_RUNS = "runs"
# Seconds; a process that can't be asked for may be on another machine.
_RECENT: Final = 600
_ROOT_MARKS = ("pyproject.toml", ".git", "setup.cfg", "tox.ini")


@functools.cache
def project_root(start: str) -> str:
    """
    Find the folder that *start* belongs to: the nearest one upwards that looks
    like a project's, else *start* itself.
    """
    folder = start = os.path.abspath(start)

    while True:
        if any(os.path.exists(os.path.join(folder, mark)) for mark in _ROOT_MARKS):
            return folder

        parent = os.path.dirname(folder)
        if parent == folder:
            return start

        folder = parent


def shown_path(path: str, project: str) -> str:
    """
    Give *path* as it stands inside of *project*, else as it is.
    """
    inside = os.path.join(project, "")

    return path.removeprefix(inside) if os.path.isabs(path) else path


def near_path(path: str) -> str:
    """
    Give *path* as it is reached from the working directory, if it lies in there.
    """
    try:
        near = os.path.relpath(path)
    except (OSError, ValueError):
        # On another drive, or from nowhere.
        return path

    return path if near.startswith("..") else near


def store_of(folder: str) -> str:
    """
    Give the directory in which the run *folder* lies with others; "" if in none.
    """
    runs, _ = os.path.split(os.path.abspath(folder))
    directory, name = os.path.split(runs)

    return directory if name == _RUNS else ""


def run_folder(directory: str, run_id: str) -> str:
    return disk.join(directory, _RUNS, run_id)


def create_run_folder(directory: str, run_id: str) -> str:
    """
    Make the folder of the run *run_id* under *directory*, and keep the whole
    out of version control.
    """
    folder = run_folder(directory, run_id)
    disk.make_folders(folder)

    ignore = disk.join(directory, ".gitignore")
    if not disk.exists(ignore):
        with disk.open_text(ignore, "w", encoding="utf-8") as file:
            file.write("*\n")

    return folder


def run_folders(directory: str) -> list[str]:
    """
    Give the folders of all runs under *directory*, the newest first.
    """
    try:
        names = os.listdir(os.path.join(directory, _RUNS))
    except OSError:
        return []

    folders = (run_folder(directory, name) for name in sorted(names, reverse=True))

    return [folder for folder in folders if os.path.isdir(folder)]


def prune(directory: str, *, keep: int, max_bytes: int, spare: str) -> None:
    """
    Remove the oldest runs until at most *keep* runs and *max_bytes* bytes are left.

    *spare*, the folder of the run that goes on, always stays.
    """
    import shutil  # noqa: PLC0415  # costs milliseconds, and is needed at the end

    left = max_bytes

    for place, folder in enumerate(run_folders(directory)):
        entries = list(_entries(folder))
        size = sum(size for _, size, _ in entries)
        if (place < keep and size <= left) or folder == spare or _goes_on(entries):
            left -= size
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _entries(folder: str, *, depth: int = 1) -> Iterator[tuple[str, int, float]]:
    """
    Give name, size and time of change of each file in *folder*, and in those so many
    below: pages of failures take room as well.
    """
    try:
        with os.scandir(folder) as found:
            for entry in found:
                if depth and entry.is_dir(follow_symlinks=False):
                    yield from _entries(entry.path, depth=depth - 1)
                elif entry.is_file(follow_symlinks=False):
                    status = entry.stat(follow_symlinks=False)
                    yield entry.name, status.st_size, status.st_mtime
    except OSError:
        # Somebody else's folder, or one that is being removed.
        return


def _goes_on(entries: list[tuple[str, int, float]]) -> bool:
    """
    Whether a process still writes this run: it has an open file then, which it
    removes at its end.
    """
    return any(
        name.startswith(OPEN + ".")
        and (time.time() - changed < _RECENT or is_alive(name.split(".")[1]))
        for name, _, changed in entries
    )


def is_alive(suffix: str) -> bool:
    """
    Tell whether the process lives whose files have *suffix* in their names.
    """
    try:
        # Of 0 and below, the system would ask whole groups.
        os.kill(max(int(suffix.partition("-")[0]), 1), 0)
    except PermissionError:
        return True
    except (OSError, ValueError, OverflowError):
        return False

    return True
