"""
Where things lie.

    .otel-testkit/
    ├── .gitignore
    └── runs/
        └── 2026-11-22T06-43-12-7f3a/      a run
            ├── run.json                   its header
            ├── traces.4711-9c2f.jsonl     ended spans of process 4711, OTLP/JSON lines
            └── open.4711-9c2f.jsonl       a line for each span that it started

A run's id is the time of its start (UTC), the last part a fraction of the second,
so that names sort by age.
"""

from __future__ import annotations

import functools
import os

from collections.abc import Iterator
from typing import Final

from otel_testkit.store.disk import disk


HEADER: Final = "run.json"
TRACES: Final = "traces"
OPEN: Final = "open"

_RUNS = "runs"
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
        size = sum(_sizes(folder))
        if folder != spare and (place >= keep or size > left):
            shutil.rmtree(folder, ignore_errors=True)
        else:
            left -= size


def _sizes(folder: str) -> Iterator[int]:
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                if entry.is_file(follow_symlinks=False):
                    yield entry.stat(follow_symlinks=False).st_size
            except OSError:
                continue
