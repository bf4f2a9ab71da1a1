"""
Has the run begun before the first process that would begin one of its own.

A runner that shares its tests among processes runs none itself, and none of these
processes knows of the others: what they record is one run if it is handed to them.
"""

from __future__ import annotations

import functools
import os

from typing import Any

from otel_testkit.errors import never_raises
from otel_testkit.recording.provider import recording


@functools.cache
def begin_before_processes() -> None:
    """
    Begin the run with the next process that Python starts to run Python code in;
    for who knows that there are tests, before the first of them runs.
    """
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_begin)
    # Loads asyncio: paid by who has tests, not by who imports.
    import wrapt  # noqa: PLC0415

    # Not every way of starting one is a fork.
    wrapt.register_post_import_hook(_set_on, "multiprocessing.process")


def _set_on(module: Any) -> None:
    # Loads wrapt, as above.
    from otel_testkit.recording.capture.patch import Patches  # noqa: PLC0415

    Patches().surround(module.__name__, module.BaseProcess, "start", _begin)


@never_raises("store", "each process has a run of its own")
def _begin(*_: Any) -> None:
    recording()
