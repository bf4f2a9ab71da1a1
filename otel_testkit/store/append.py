"""
Writes records so that nothing which was written can be lost.

One append-only file a process and kind, one `write` a record; no buffer, no
thread, and no lock but to open a file. A process that is killed loses nothing
that it has handed over, and any number of processes can write one run.

What the operating system is asked through is kept in the instance: a test may
replace `os.write`, `open` or the whole file system, and we go on.
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading

from collections.abc import Callable
from typing import Final

from otel_testkit.errors import is_interruption, trouble
from otel_testkit.store import layout
from otel_testkit.store.disk import disk


_HIGH = 512
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
        self._made_by: Callable[[], str] | None = None
        self._files: dict[str, int] = {}
        # Reentrant, for what is collected while a file is opened may append, too.
        self._lock = threading.RLock
        self._opening = threading.RLock()
        self._is_moving = False
        self._suffix = ""
        self._open = disk.open
        self._write = disk.write
        self._status = disk.fstat
        self._getpid = disk.getpid
        self._urandom = disk.urandom
        self._join = disk.join

    def start(self, *more: str) -> None:
        """
        Open the files of spans, and of *more* kinds, so that no test pays for it,
        and none can get in the way.
        """
        for kind in (layout.TRACES, layout.OPEN, *more):
            if kind not in self._files:
                self._file(kind)

    def start_anew_if_removed(self) -> None:
        """
        Make the folder again if it was removed, with what was in it: who writes to
        files that are open does not notice.
        """
        file = self._files.get(layout.TRACES)
        try:
            if file is None or self._status(file).st_nlink:
                return
        except OSError:
            return

        with self._opening:
            # Unless another thread was here before.
            if self._files.get(layout.TRACES) == file:
                kinds = list(self._files)
                for removed in self._files.values():
                    disk.close(removed)
                self._files = {}
                if self.folder is not None:
                    self._make_anew(self.folder)
                self.start(*kinds)

    def append(self, kind: str, record: bytes) -> None:
        """
        Write *record*, a whole line, to this process's file of *kind*.
        """
        folder = self.folder
        file = self._files.get(kind)
        if file is not None:
            try:
                if self._write(file, record) == len(record):
                    return
            except OSError as error:
                self._refused(kind, file, folder, error)
            else:
                self._give_up_full(folder)
        # Where that went wrong, all over again.
        self._append_anew(kind, record)

    def _append_anew(self, kind: str, record: bytes) -> None:
        is_reopened = False
        while True:
            # Before the file: another thread may change both, and the folder
            # that is given up has to be the one that refused.
            folder = self.folder
            file = self._files.get(kind)
            if file is None:
                file = self._file(kind)
                folder = self.folder
            if file is None:
                self.lost += 1
                return

            try:
                written = self._write(file, record)
            except OSError as error:
                self._refused(kind, file, folder, error, may_reopen=not is_reopened)
                is_reopened = True
                continue

            if written == len(record):
                return

            self._give_up_full(folder)

    def _refused(
        self,
        kind: str,
        file: int,
        folder: str | None,
        error: OSError,
        *,
        may_reopen: bool = True,
    ) -> None:
        if is_interruption(error):
            raise error

        with self._opening:
            if error.errno != errno.EBADF or not may_reopen:
                self._give_up_folder(folder, error)
            elif self._files.get(kind) == file:
                # The program has closed what it took for its own.
                del self._files[kind]

    def _give_up_full(self, folder: str | None) -> None:
        # After a short write. The reader skips the torn line, but would skip with it
        # what is written right behind.
        with self._opening:
            self._give_up_folder(folder, OSError("the disk is full"))

    def discard(self, kind: str) -> None:
        """
        Remove this process's file of *kind*.
        """
        file = self._files.pop(kind, None)
        if file is not None and self.folder is not None:
            with contextlib.suppress(OSError):
                disk.close(file)
                disk.unlink(self._path(self.folder, kind))

    def discard_empty(self, kind: str) -> None:
        """
        Remove this process's file of *kind*, if nothing was written to it.
        """
        if kind in self._files and self.folder is not None:
            with contextlib.suppress(OSError):
                if not disk.lstat(self._path(self.folder, kind)).st_size:
                    self.discard(kind)

    def forget_files(self) -> None:
        """
        Leave the files to the parent process: for the child, after a fork.
        """
        for file in list(self._files.values()):
            with contextlib.suppress(OSError):
                disk.close(file)
        self._files = {}
        self._suffix = ""
        self._made_by = None
        self.lost = 0
        # It may have been held, by a thread that the child has not got.
        self._opening = self._lock()
        self._is_moving = False

    def _file(self, kind: str) -> int | None:
        # Each file is opened once, by whichever thread comes first.
        with self._opening:
            return self._files.get(kind) or self._opened(kind)

    def _opened(self, kind: str) -> int | None:
        if self._is_moving:
            return None
        if self.folder is None:
            self._take_next_folder()

        is_made_anew = False
        while self.folder is not None:
            folder = self.folder
            try:
                file = self._open(self._path(folder, kind), _FLAGS, 0o644)
            except OSError as error:
                if error.errno != errno.ENOENT or is_made_anew:
                    self._give_up_folder(folder, error)
                else:
                    is_made_anew = True
                    self._make_anew(folder)
            else:
                return self._kept(kind, folder, _out_of_reach(file))

        return None

    def _kept(self, kind: str, folder: str, file: int) -> int | None:
        # Whoever came in between, in this very thread, has opened one already,
        # or found the folder wanting.
        if kind not in self._files and self.folder == folder:
            self._files[kind] = file
        else:
            with contextlib.suppress(OSError):
                disk.close(file)

        return self._files.get(kind) or self._opened(kind)

    def _make_anew(self, folder: str) -> None:
        # What run it is tells the process that began it.
        with contextlib.suppress(OSError):
            disk.make_folders(folder)
            if self._made_by is not None:
                self._made_by()
            trouble("store", f"{folder} was removed, and is made anew")

    def _path(self, folder: str, kind: str) -> str:
        if not self._suffix:
            # Process numbers come round, and containers share the low ones.
            self._suffix = f"{self._getpid()}-{self._urandom(2).hex()}"

        return self._join(folder, f"{kind}.{self._suffix}.jsonl")

    def _give_up_folder(self, given_up: str | None, error: OSError) -> None:
        if given_up != self.folder:
            # Another thread was here before.
            return

        self._files = {}
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

        # While it is made there is none, and not the one after it either.
        self._is_moving = True
        try:
            while self._folders and self.folder is None:
                make = self._folders.pop(0)
                try:
                    self.folder = make()
                    self._made_by = make
                except OSError as error:
                    refusals.append(
                        f"{error.filename or 'the store'} cannot be written "
                        f"({error.strerror or error})"
                    )
        finally:
            self._is_moving = False

        if refusals:
            kept = f"kept in {self.folder}" if self.folder else "not kept"
            trouble("store", f"{refusals[0]}; the run is {kept}")


def _out_of_reach(file: int) -> int:
    """
    Give *file* a high number: programs that close all low ones, and open files
    of their own under these, would find our lines in them.
    """
    try:
        high = disk.duplicate(file, _HIGH)
    except OSError:
        return file

    disk.close(file)

    return high
