"""
Spans as lines of OTLP/JSON, with the random ids that everything has.
"""

from __future__ import annotations

import json
import random
import uuid

from typing import Any, Final


Json = dict[str, Any]

INTERNAL: Final = 1
SERVER: Final = 2
CLIENT: Final = 3


class Tape:
    """
    The spans of one trace, their times in milliseconds after *start*, which is in
    nanoseconds since 1970.
    """

    def __init__(self, chance: random.Random, start: int, resource: Json) -> None:
        self.trace_id = f"{chance.getrandbits(128):032x}"
        self.lines: list[str] = []

        self._chance = chance
        self._start = start
        self._resource = resource

    def new_id(self) -> str:
        return f"{self._chance.getrandbits(64):016x}"

    def some_id(self) -> str:
        """
        Make up the id of a thing, as services do.
        """
        if self._chance.random() < 0.5:
            return str(uuid.UUID(int=self._chance.getrandbits(128)))

        return str(self._chance.randint(1_000, 10**9))

    def span(
        self,
        span_id: str,
        parent: str | None,
        name: str,
        start: float,
        end: float,
        kind: int,
        *,
        error: tuple[str, float] | None = None,
        is_error: bool = False,
        resource: Json | None = None,
        scope: str = "otel_testkit",
        **attributes: Any,
    ) -> None:
        """
        Write a span; its *error* is "Type: message", and when it was raised.
        """
        fields: Json = {
            "traceId": self.trace_id,
            "spanId": span_id,
            "name": name,
            "kind": kind,
            "startTimeUnixNano": self._time(start),
            "endTimeUnixNano": self._time(end),
            "attributes": _pairs(attributes),
        }
        if parent:
            fields["parentSpanId"] = parent
        if error or is_error:
            fields["status"] = {"code": 2}
        if error:
            kind_of_error, _, message = error[0].partition(": ")
            told = {"exception.type": kind_of_error, "exception.message": message}
            fields["events"] = [
                {
                    "name": "exception",
                    "timeUnixNano": self._time(error[1]),
                    "attributes": _pairs(told),
                }
            ]
        scoped = {"scope": {"name": scope}, "spans": [fields]}
        told_of = {"attributes": _pairs(resource or self._resource)}
        self.lines.append(
            json.dumps(
                {"resourceSpans": [{"resource": told_of, "scopeSpans": [scoped]}]}
            )
        )

    def _time(self, milliseconds: float) -> str:
        return str(self._start + round(milliseconds * 1e6))


def _pairs(attributes: Json) -> list[Json]:
    return [{"key": key, "value": _value(value)} for key, value in attributes.items()]


def _value(value: Any) -> Json:
    if isinstance(value, list):
        return {"arrayValue": {"values": [_value(item) for item in value]}}
    if isinstance(value, int):
        return {"intValue": str(value)}

    return {"stringValue": value}
