"""
Bad days, on demand: which request meets which trouble is drawn from a seed.

A draw depends on the seed, the kind of trouble, the customer, and on how often that
customer has drawn it before; never on the clock or on the order of the tests. So the
same seed gives the same outcomes on any machine, and a second run in the same weather
gives others: that is what makes these tests flaky.
"""

from __future__ import annotations

import random
import threading

from collections import Counter
from typing import TypeVar


T = TypeVar("T")


class Weather:
    """
    Draws troubles by seed, kind and customer.
    """

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self.start(seed)

    def start(self, seed: int) -> None:
        """
        Begin a new day: forget what was drawn.
        """
        with self._lock:
            self._seed = seed
            self._drawn: Counter[tuple[str, str]] = Counter()

    def draw(self, kind: str, customer: str, odds: dict[T, float]) -> T:
        """
        Draw one of the keys of *odds*, whose values are their weights.
        """
        with self._lock:
            self._drawn[kind, customer] += 1
            key = f"{self._seed}/{kind}/{customer}/{self._drawn[kind, customer]}"

        return random.Random(key).choices(list(odds), list(odds.values()))[0]
