"""
Writes records so that nothing which was written can be lost.

One append-only file a process and kind, one `write` a record; no lock, no
buffer, no thread. A process that is killed loses nothing that it has handed
over, and any number of processes can write one run.

What the operating system is asked through is kept in the instance: a test may
replace `os.write`, `open` or the whole file system, and we go on.
"""

from __future__ import annotations

import contextlib
import os

from collections.abc import Callable
from typing import Final

from otel_testkit.errors import trouble
from otel_testkit.store import layout
from otel_testkit.store.disk import disk


_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)


class RunWriter:
    """
    Appends this process's records to a run.

    *folders* are tried in turn: where one refuses (not writable, full, gone),
    the next takes over. Records that none of them takes are counted in `lost`.
    """

    def __init__(self, folders: list[Callable[[], str]]) -> None:
        self.folder: str | None = None
        self.lost: int = 0

        self._folders: Final = folders
        self._files: dict[str, int] = {}
        self._torn = False
        self._suffix = ""
        self._open = disk.open
        self._write = disk.write
        self._getpid = disk.getpid
        self._urandom = disk.urandom
        self._join = disk.join

    def start(self) -> None:
        """
        Open the files, so that no test pays for it, and none can get in the way.
        """
        for kind in (layout.TRACES, layout.OPEN):
            if kind not in self._files:
                self._file(kind)

    def append(self, kind: str, record: bytes) -> None:
        """
        Write *record*, a whole line, to this process's file of *kind*.
        """
        while True:
            file = self._files.get(kind)
            if file is None:
                file = self._file(kind)
            if file is None:
                self.lost += 1
                return

            line = b"\n" + record if self._torn else record
            try:
                written = self._write(file, line)
            except OSError as error:
                self._give_up_folder(error)
                continue

            self._torn = written != len(line)
            if not self._torn:
                return

            # A short write: the disk is full. The reader skips the torn line.
            self._give_up_folder(OSError("the disk is full"))

    def discard(self, kind: str) -> None:
        """
        Remove this process's file of *kind*.
        """
        file = self._files.pop(kind, None)
        if file is not None and self.folder is not None:
            with contextlib.suppress(OSError):
                disk.close(file)
                disk.unlink(self._path(self.folder, kind))

    def forget_files(self) -> None:
        """
        Leave the files to the parent process: for the child, after a fork.
        """
        for file in self._files.values():
            with contextlib.suppress(OSError):
                disk.close(file)
        self._files = {}
        self._suffix = ""
        self._torn = False
        self.lost = 0

    def _file(self, kind: str) -> int | None:
        if self.folder is None:
            self._take_next_folder()

        while self.folder is not None:
            path = self._path(self.folder, kind)
            try:
                self._files[kind] = self._open(path, _FLAGS, 0o644)
            except OSError as error:
                self._give_up_folder(error)
            else:
                return self._files[kind]

        return None

    def _path(self, folder: str, kind: str) -> str:
        if not self._suffix:
            # Process numbers come round, and containers share the low ones.
            self._suffix = f"{self._getpid()}-{self._urandom(2).hex()}"

        return self._join(folder, f"{kind}.{self._suffix}.jsonl")

    def _give_up_folder(self, error: OSError) -> None:
        given_up = self.folder
        self._files = {}
        self._torn = False
        self._take_next_folder()

        trouble(
            "store",
            f"{given_up} cannot be written ({error.strerror or error}); "
            + (
                f"the run is kept in {self.folder}"
                if self.folder
                else "what follows is not kept"
            ),
        )

    def _take_next_folder(self) -> None:
        self.folder = None
        refusals: list[str] = []

        while self._folders and self.folder is None:
            make = self._folders.pop(0)
            try:
                self.folder = make()
            except OSError as error:
                refusals.append(
                    f"{error.filename or 'the store'} cannot be written "
                    f"({error.strerror or error})"
                )

        if refusals:
            kept = f"kept in {self.folder}" if self.folder else "not kept"
            trouble("store", f"{refusals[0]}; the run is {kept}")
