"""
What of a run was written to be looked at.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Written:
    """
    Where the report lies, and the pages of cases that failed, by suite and name; of
    *more* that failed the report alone tells.
    """

    report: str
    failures: dict[tuple[str, str], str]
    more: int = 0

    @property
    def more_text(self) -> str:
        return (
            f"and {self.more:,} more failed test{'s' * (self.more != 1)} in the report"
        )
