"""
A run's header, `run.json`: what belongs to the run and to none of its spans.

    format     the version of this folder's format
    run        the run's id
    start      nanoseconds since 1970, as in OTLP a string
    command    the command line, masked
    directory  the project's folder
    python     version of the interpreter
    testkit    version of otel_testkit
    resource   OTLP attributes of every test span of the run: CI, git, tags
"""

from __future__ import annotations

import json
import os

from typing import Any

from otel_testkit.semconv import FORMAT_VERSION
from otel_testkit.store import layout
from otel_testkit.store.disk import disk


# Kept: a test may replace `json.dumps`.
_as_json = json.JSONEncoder(indent=1).encode


def write_header(folder: str, fields: dict[str, Any]) -> None:
    """
    Write the header of the run in *folder*, unless another process was first.
    """
    text = _as_json({"format": FORMAT_VERSION, **fields}) + "\n"
    # Written aside and linked: the name never shows a half-written header.
    aside = disk.join(folder, f".{layout.HEADER}.{disk.getpid()}")
    with disk.open_text(aside, "w", encoding="utf-8") as file:
        file.write(text)

    try:
        disk.link(aside, disk.join(folder, layout.HEADER))
    except FileExistsError:
        pass
    except OSError:
        # A file system without links.
        disk.replace(aside, disk.join(folder, layout.HEADER))
        return

    disk.unlink(aside)


def read_header(folder: str) -> dict[str, Any]:
    """
    Read the header of the run in *folder*; {} where there is none to be read.
    """
    try:
        with open(os.path.join(folder, layout.HEADER), encoding="utf-8") as file:
            header = json.load(file)
    except (OSError, ValueError, RecursionError):
        return {}

    return header if isinstance(header, dict) else {}
