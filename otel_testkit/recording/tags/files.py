"""
Reading small files that may be anything: missing, huge, a pipe, garbage.
"""

from __future__ import annotations

import os
import stat


# A pipe without a writer would block `open`, Windows would translate newlines.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def read(path: str, limit: int) -> bytes:
    """
    Read at most *limit* bytes of the regular file *path*; nothing if it can't be.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except (OSError, ValueError):
        return b""

    try:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return os.read(descriptor, limit)
    except OSError:
        pass
    finally:
        os.close(descriptor)

    return b""
