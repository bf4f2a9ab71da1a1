"""
Where a report or an export goes: to standard output, or into a file that is there
whole or not at all.
"""

from __future__ import annotations

import contextlib
import os
import sys

from collections.abc import Iterable


def write_out(pieces: Iterable[str], path: str | None) -> None:
    """
    Write *pieces* to the file *path*, whose folder is made, or to standard output.

    Raises:
        OSError: if the file cannot be written.
    """
    if path is None or path == "-":
        for piece in pieces:
            # Bytes: some systems would write another line break.
            sys.stdout.buffer.write(piece.encode())
        sys.stdout.buffer.flush()
    elif os.path.exists(path) and not os.path.isfile(path):
        # A pipe, or a device, is not to be replaced.
        with open(path, "wb") as file:
            file.writelines(piece.encode() for piece in pieces)
    else:
        target = os.path.realpath(path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        write_whole(pieces, target)


def write_whole(pieces: Iterable[str], path: str) -> None:
    """
    Write *pieces* to the file *path*: nobody sees half of it. What UTF-8 can't hold
    becomes a question mark.

    Raises:
        OSError: if it can't be written; what was there stays.
    """
    # Nobody can know the name, and lay a link there that leads elsewhere.
    aside = f"{path}.{os.urandom(8).hex()}.tmp"
    try:
        with open(aside, "xb") as file:
            file.writelines(piece.encode(errors="replace") for piece in pieces)
        os.replace(aside, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(aside)
        if isinstance(error, OSError):
            # Of the other name nobody knows.
            raise OSError(error.errno, error.strerror, path) from error
        raise
