"""
Runs of other machines, such as artifacts of CI, made part of a store.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import zipfile

from typing import Final

from otel_testkit.errors import UnreadableRun
from otel_testkit.store import layout


# Of a run's folder, as recording names it: nothing else becomes a path.
_RUN: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-[0-9a-f]{4}")
_FILE: Final = re.compile(r"run\.json|(?:traces|open|logs)\.[\w-]+\.jsonl")


def adopt(path: str, directory: str) -> list[str]:
    """
    Copy the runs that lie anywhere in *path*, a folder or a ZIP archive, into the
    store in *directory*, and give their ids. Those that it has are left as they are.

    Raises:
        UnreadableRun: if there is nothing at *path*, or no run in it.
    """
    if os.path.isdir(path):
        return _adopt_folder(path, directory)

    try:
        with (
            zipfile.ZipFile(path) as archive,
            tempfile.TemporaryDirectory() as unpacked,
        ):
            # Members with absolute or climbing names stay within.
            archive.extractall(unpacked)
            return _adopt_folder(unpacked, directory)
    except (OSError, zipfile.BadZipFile) as error:
        msg = f"{path} cannot be read: {getattr(error, 'strerror', None) or error}"
        raise UnreadableRun(msg) from None


def _adopt_folder(path: str, directory: str) -> list[str]:
    found = {
        os.path.basename(folder): folder
        for folder, _, names in os.walk(path)
        if layout.HEADER in names and _RUN.fullmatch(os.path.basename(folder))
    }
    if not found:
        msg = f"there is no run in {path}"
        raise UnreadableRun(msg)

    added = []
    for run, folder in sorted(found.items()):
        target = layout.run_folder(directory, run)
        if os.path.exists(target):
            continue

        layout.create_run_folder(directory, run)
        for name in filter(_FILE.fullmatch, sorted(os.listdir(folder))):
            shutil.copyfile(os.path.join(folder, name), os.path.join(target, name))
        added.append(run)

    return added
