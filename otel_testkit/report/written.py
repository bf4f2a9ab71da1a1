"""
What of a run was written to be looked at.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Written:
    """
    Where the report lies, and the page of each case that failed, by its name.
    """

    report: str
    failures: dict[str, str]
