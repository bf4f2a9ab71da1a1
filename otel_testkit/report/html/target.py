"""
Where a report goes that somebody asked for.
"""

from __future__ import annotations

import os

from typing import Final

from otel_testkit.report.html.write import REPORT
from otel_testkit.store.layout import HEADER


_PAGES: Final = (".html", ".htm")


def target_of(path: str) -> str:
    """
    Give the file that *path* asks for: itself if it is called as a page is, else one
    in the folder of this name.
    """
    return path if path.lower().endswith(_PAGES) else os.path.join(path, REPORT)


def target_beside(source: str) -> str:
    """
    Give the file for the run in *source*: in its folder if that is one of our runs,
    else beside what somebody else has written, called as that is.
    """
    source = os.path.abspath(source)
    if is_ours(source):
        return os.path.join(source, REPORT)
    name = source if os.path.isdir(source) else os.path.splitext(source)[0]

    return f"{name}.html"


def is_ours(source: str) -> bool:
    """
    Tell whether *source* is the folder of a run, in which reports may stand.
    """
    return os.path.exists(os.path.join(source, HEADER))
