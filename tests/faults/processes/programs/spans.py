"""
Spans that a program notes in its ledger as well, when they have begun and when they
have ended: what is kept is compared with that.
"""

from __future__ import annotations

import os

from collections.abc import Callable
from typing import Any, Self

from ledger import note

from otel_testkit import step, test_span, traced_test


_getpid = os.getpid


class noted:  # noqa: N801  # read as a word: `with noted("test/step")`
    """
    A test or, where its *name* is a path, a step below what comes before in it.
    """

    def __init__(self, name: str, **attributes: Any) -> None:
        kind: Any = step if "/" in name else test_span
        self.name = name
        self._pid = 0
        self._span = kind(name, attributes=attributes)

    def __enter__(self) -> Self:
        self._pid = _getpid()
        self._span.__enter__()
        note(f"began {self.name}")

        return self

    def __exit__(self, *raised: object) -> None:
        self._span.__exit__(*raised)
        # A forked child leaves the block as well, but ends nothing of its parent's.
        if self._pid == _getpid():
            note(f"ended {self.name}")


def noted_test(name: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """
    Decorate a test as `traced_test` does.
    """

    def decorate(function: Callable[[], None]) -> Callable[[], None]:
        traced = traced_test(name=name)(function)

        def run() -> None:
            pid = _getpid()
            note(f"began {name}")
            try:
                traced()
            finally:
                if pid == _getpid():
                    note(f"ended {name}")

        return run

    return decorate
