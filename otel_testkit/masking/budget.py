"""
How long one value may take.

Who reads through a value asks now and then whether there is time left; if there
is none, the value is withheld as a whole. What counts is the time this thread
computes, so that a busy machine, a sleeping one, or a test that stops the clock
decides nothing.
"""

from __future__ import annotations

import math
import threading
import time

from collections.abc import Callable
from typing import Final


BUDGET: Final = 0.2
# So many characters are read between two looks at the clock.
STRIDE: Final = 4096

clock: Callable[[], float] = time.thread_time


class ExceededError(Exception):
    """
    Masking a value took too long.
    """


class _Deadline(threading.local):
    at: float = math.inf


_deadline: Final = _Deadline()


def limited(work: Callable[[], str]) -> str:
    """
    Do *work*, which may take as long as the budget, or what is left of it.
    """
    if _deadline.at < math.inf:
        return work()

    _deadline.at = clock() + BUDGET
    try:
        return work()
    finally:
        _deadline.at = math.inf


def check(position: int = 0) -> int:
    """
    Raise if the budget is spent, or tell from *position* where to ask again.
    """
    if _deadline.at < math.inf and clock() > _deadline.at:
        raise ExceededError

    return position + STRIDE
