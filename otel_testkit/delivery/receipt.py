"""
What has become of a run that was to be delivered, and how it is told.
"""

from __future__ import annotations

import os

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from otel_testkit.store import layout


@dataclass(frozen=True, slots=True)
class Tally:
    """
    How many records of one kind an endpoint has taken, has refused for good, and
    has not got.
    """

    sent: int = 0
    refused: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """
    What has become of the spans and log records of one run. *why* is what stood
    in the way, "" if nothing did.
    """

    host: str
    spans: Tally
    logs: Tally
    why: str = ""

    @property
    def is_complete(self) -> bool:
        return not any(tally.refused or tally.left for tally in (self.spans, self.logs))

    @property
    def has_sent(self) -> bool:
        return bool(self.spans.sent or self.logs.sent)

    @property
    def is_kept(self) -> bool:
        """
        Whether something is left that can still be sent.
        """
        return bool(self.spans.left or self.logs.left)

    def sent_text(self) -> str:
        """
        Tell what was sent, and where.
        """
        return f"{self._counted('sent')} to {self.host}"

    def trouble_text(self, folder: str) -> str:
        """
        Tell what was not delivered of the run in *folder*, why, and what to do about
        it; "" if it all was.
        """
        why = f" ({self.why})" if self.why else ""
        texts = []
        if self.is_kept:
            run = os.path.basename(folder)
            texts.append(
                f"{self._counted('left')} not delivered to {self.host}"
                f"{why or ' (time was up)'}; kept in "
                f"{layout.near_path(folder)}: `otel-testkit send {run}`"
            )
            why = ""
        if self.spans.refused or self.logs.refused:
            texts.append(f"{self._counted('refused')} refused by {self.host}{why}")

        return "; ".join(texts)

    def left_text(self) -> str:
        """
        Tell what is still left, or was refused, and why.
        """
        why = f" ({self.why})" if self.why else ""
        texts = []
        if self.is_kept:
            texts.append(f"{self._counted('left')} left{why}")
            why = ""
        if self.spans.refused or self.logs.refused:
            texts.append(f"{self._counted('refused')} refused by {self.host}{why}")

        return "; ".join(texts)

    def beyond(self, spans: int, logs: int) -> Receipt:
        """
        Count only what was sent beyond so many *spans* and *logs*.
        """
        return replace(
            self,
            spans=replace(self.spans, sent=self.spans.sent - spans),
            logs=replace(self.logs, sent=self.logs.sent - logs),
        )

    def as_plain(self) -> dict[str, Any]:
        """
        Give it as JSON can hold it.
        """
        return asdict(self)

    def _counted(self, how: str) -> str:
        spans, logs = getattr(self.spans, how), getattr(self.logs, how)
        texts = [_counted(spans, "span")] if spans or not logs else []
        if logs:
            texts.append(_counted(logs, "log record"))

        return " and ".join(texts)


def from_plain(plain: Mapping[str, Any]) -> Receipt:
    """
    Read what `as_plain` gave.

    Raises:
        KeyError, TypeError: if it is something else.
    """
    return Receipt(
        str(plain["host"]),
        Tally(**plain["spans"]),
        Tally(**plain["logs"]),
        str(plain["why"]),
    )


def _counted(count: int, name: str) -> str:
    return f"{count:,} {name}{'' if count == 1 else 's'}"
