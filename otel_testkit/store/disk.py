"""
What we ask of the operating system, kept from before any test runs.

A test may replace `open`, `os.makedirs` or the whole file system, be it for
its first moment already: its record still goes to the real disk, and its fake
one holds nothing of ours. Kept in an instance, since pyfakefs looks through
the names of modules.
"""

from __future__ import annotations

import contextlib
import io
import os

from collections.abc import Callable
from typing import Final, TextIO


class _Disk:
    def __init__(self) -> None:
        self.open: Callable[..., int] = os.open
        self.open_text: Callable[..., TextIO] = io.open
        self.write: Callable[[int, bytes], int] = os.write
        self.close: Callable[[int], None] = os.close
        self.unlink: Callable[[str], None] = os.unlink
        self.link: Callable[[str, str], None] = os.link
        self.replace: Callable[[str, str], None] = os.replace
        self.mkdir: Callable[[str, int], None] = os.mkdir
        self.duplicate: Callable[[int, int], int] = _duplicate()
        self.lstat: Callable[[str], os.stat_result] = os.lstat
        self.fstat: Callable[[int], os.stat_result] = os.fstat
        self.dirname: Callable[[str], str] = os.path.dirname
        self.exists: Callable[[str], bool] = os.path.exists
        self.names: Callable[[str], list[str]] = os.listdir
        self.join: Callable[..., str] = os.path.join
        self.getpid: Callable[[], int] = os.getpid
        self.urandom: Callable[[int], bytes] = os.urandom

    def make_folders(self, path: str, mode: int = 0o777) -> None:
        """
        Make the folder *path* and those above it; `os.makedirs` would go by the
        names in `os`, which may be replaced.
        """
        try:
            self.mkdir(path, mode)
        except FileExistsError:
            pass
        except FileNotFoundError:
            self.make_folders(self.dirname(path))
            # Unless another process was here first.
            with contextlib.suppress(FileExistsError):
                self.mkdir(path, mode)


def _duplicate() -> Callable[[int, int], int]:
    try:
        import fcntl  # noqa: PLC0415  # not on every system
    except ImportError:
        return lambda file, _lowest: os.dup(file)

    call, how = fcntl.fcntl, fcntl.F_DUPFD_CLOEXEC

    return lambda file, lowest: call(file, how, lowest)


disk: Final = _Disk()
