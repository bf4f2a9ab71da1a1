"""
Which run is meant, when somebody names one.
"""

from __future__ import annotations

import difflib
import os
import re

from otel_testkit.errors import UnreadableRun
from otel_testkit.store import layout
from otel_testkit.store.read import files, holds_records, holds_tests, lines


_BEGINNING = re.compile(r"[0-9a-fA-F]{1,32}")
_LISTED = "`otel-testkit runs` lists them"


def find_run(directory: str, wanted: str | None = None) -> str:
    """
    Find the run *wanted* of those under *directory*: by its id, by how its id
    begins or ends, or by a path to its folder, to a file, or to another store.
    Without it, the newest run that holds tests.

    Raises:
        UnreadableRun: if there is none, or more than one.
    """
    folders = layout.run_folders(directory)
    if wanted is None:
        return _newest(directory, folders)

    # As completed by a shell.
    wanted = wanted.rstrip("/") or wanted

    ids = {os.path.basename(folder): folder for folder in folders}
    if wanted in ids:
        return ids[wanted]
    if os.path.exists(wanted):
        inner = layout.run_folders(wanted)
        if not inner and os.path.isfile(wanted) and not holds_records(wanted):
            msg = (
                f"there is nothing to read in {wanted}: neither spans nor log records; "
                "expected are lines of OTLP/JSON, each a whole TracesData or LogsData"
            )
            raise UnreadableRun(msg)
        return _newest(wanted, inner) if inner else wanted

    alike = [name for name in ids if name.startswith(wanted) or name.endswith(wanted)]
    if len(alike) == 1:
        return ids[alike[0]]
    if alike:
        msg = f"{wanted!r} could be any of {len(alike)} runs: {_some(alike)}"
        raise UnreadableRun(msg)
    if not ids:
        raise UnreadableRun(_nothing(directory))

    close = difflib.get_close_matches(wanted, ids, n=3, cutoff=0.5)
    hint = f"did you mean {_some(close)}? " if close else ""
    msg = f"there is no run {wanted!r} in {directory}; {hint}{_LISTED}"
    raise UnreadableRun(msg)


def find_trace(directory: str, begins: str) -> str | None:
    """
    Find the newest run under *directory* that has a trace whose id *begins* so.
    """
    if not _BEGINNING.fullmatch(begins):
        return None

    trace_id = re.compile(rb'"traceId": ?"' + begins.lower().encode())
    for folder in layout.run_folders(directory):
        if any(
            trace_id.search(line)
            for file in files(folder, with_logs=True)
            for line in lines(file)
        ):
            return folder

    return None


def _newest(directory: str, folders: list[str]) -> str:
    for folder in folders:
        if holds_tests(folder):
            return folder

    raise UnreadableRun(_nothing(directory))


def _nothing(directory: str) -> str:
    return (
        f"there is no run with tests in {directory}; run some tests that use "
        "otel_testkit, or name another store by --dir"
    )


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""

    return ", ".join(names[:5]) + more
