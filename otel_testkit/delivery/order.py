"""
What a courier is told: the part of delivery that the tests' process loads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from otel_testkit.delivery.destination import Destination, Destinations


DISMISSAL: Final = "delivery.end"
"""
The file by which the tests' process says that the run is over, and how many
seconds there are left.
"""

FAREWELL: Final = "delivery.json"
"""
The file in which the courier says, as its last word, what has become of the run.
"""


@dataclass(frozen=True, slots=True)
class Order:
    """
    To ship the run in *folder*, of the process *owner*. *slow* is None where all
    tests are sent, else the seconds from which on a passed one is.
    """

    folder: str
    owner: int
    to: Destinations
    slow: float | None = None
    sends_open: bool = False

    def as_plain(self) -> dict[str, Any]:
        """
        Give it as JSON can hold it.
        """
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Order:
        """
        Read what `as_plain` gave.
        """
        to = {signal: Destination(**one) for signal, one in plain["to"].items()}

        return cls(**{**plain, "to": to})
