"""
Names of files for tests: what a terminal can link to and every disk can hold.
"""

from __future__ import annotations

import hashlib
import re

from typing import Final


_LONGEST: Final = 100
_ODD: Final = re.compile(r"[^A-Za-z0-9_]+")
# What Windows keeps for devices.
_DEVICES: Final = re.compile(r"(?i:con|prn|aux|nul|(?:com|lpt)\d)")


class Slugs:
    """
    Slugs that differ from each other, also on a disk that does not tell `a` from `A`.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._counts: dict[str, int] = {}

    def of(self, name: str) -> str:
        """
        Give a slug for the case *name*: its function and its parameters.
        """
        base, bracket, parameters = name.partition("[")
        own = base.rpartition("::")[2] + bracket + parameters
        slug = _ODD.sub("-", own).strip("-")
        if (
            not slug
            or len(slug) > _LONGEST
            or slug.lower() in self._taken
            or _DEVICES.fullmatch(slug)
        ):
            mark = hashlib.sha256(name.encode(errors="replace")).hexdigest()[:8]
            slug = f"{slug[:_LONGEST]}-{mark}".strip("-")
        # Tests of several suites may be called the same.
        again = slug
        while again.lower() in self._taken:
            self._counts[slug] = self._counts.get(slug, 1) + 1
            again = f"{slug}-{self._counts[slug]}"
        self._taken.add(again.lower())

        return again
