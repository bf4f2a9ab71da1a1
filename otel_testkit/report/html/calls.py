"""
What was called over a whole run, by what the calls are named in every test: how often,
how long it took, and what failed. Counters, for a run may have millions of calls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from otel_testkit import semconv
from otel_testkit.diagnosis.comparison.alignment import label
from otel_testkit.trace.model import Attempt, Call


# As many names are told apart: a run with more has ids in them.
_MOST_NAMES: Final = 1_000
# As many durations of a name are kept, every second one beyond, and so on.
_MOST_DURATIONS: Final = 256
_MOST_ROWS: Final = 10


@dataclass(slots=True)
class Endpoint:
    """
    All calls of one name. Durations are nanoseconds.
    """

    name: str
    count: int = 0
    failing: int = 0
    longest: int = 0
    _durations: list[int] = field(default_factory=list)
    _stride: int = 1

    @property
    def median(self) -> int:
        """
        The duration of the call in the middle; see *is_sampled*.
        """
        return round(median(self._durations)) if self._durations else 0

    @property
    def is_sampled(self) -> bool:
        """
        Whether the median is that of evenly chosen calls, for there were too many.
        """
        return self._stride > 1

    def add(self, call: Call) -> None:
        if self.count % self._stride == 0:
            self._durations.append(call.duration)
        if len(self._durations) > _MOST_DURATIONS:
            self._stride *= 2
            del self._durations[1::2]
        self.count += 1
        self.failing += call.is_failing
        self.longest = max(self.longest, call.duration)


@dataclass(slots=True)
class Failing:
    """
    All failing calls of one *name* with one *answer*, "" where none came.
    """

    name: str
    answer: str
    count: int = 0
    tests: int = 0
    _last: str = ""

    def add(self, test: str) -> None:
        self.count += 1
        self.tests += test != self._last
        self._last = test


@dataclass(slots=True)
class Service:
    """
    Somebody who was called, or who told of its own work in *spans*.
    """

    name: str
    calls: int = 0
    failing: int = 0
    spans: int = 0


class Calls:
    """
    Counts the calls of a run, attempt by attempt.
    """

    def __init__(self) -> None:
        self._endpoints: dict[str, Endpoint] = {}
        self._failing: dict[tuple[str, str], Failing] = {}
        self._services: dict[str, Service] = {}
        # Calls that have no counter of their own.
        self.left_out: int = 0

    def add(self, attempt: Attempt, test: str) -> None:
        """
        Count those of *attempt*, one of the *test* that is called so.
        """
        for call in attempt.calls:
            self._add(call, test)

    def add_spans(self, service: str, count: int) -> None:
        """
        Count the spans that *service* recorded itself.
        """
        if found := self._service(service):
            found.spans += count

    @property
    def count(self) -> int:
        return self.left_out + sum(one.count for one in self._endpoints.values())

    def slowest(self) -> list[Endpoint]:
        """
        Give the endpoints whose calls take longest, as a rule.
        """
        found = sorted(self._endpoints.values(), key=lambda one: -one.median)

        return found[:_MOST_ROWS]

    def failing(self) -> list[Failing]:
        """
        Give what failed, in the most tests first.
        """
        found = self._failing.values()

        return sorted(found, key=lambda one: (-one.tests, -one.count, one.name))

    def services(self) -> list[Service]:
        """
        Give who took part, the most called first.
        """
        return sorted(self._services.values(), key=lambda one: (-one.calls, one.name))

    def _add(self, call: Call, test: str) -> None:
        name = label(call)
        if name not in self._endpoints and len(self._endpoints) >= _MOST_NAMES:
            self.left_out += 1
            return

        self._endpoints.setdefault(name, Endpoint(name)).add(call)
        if call.peer and (service := self._service(call.peer)):
            service.calls += 1
            service.failing += call.is_failing
        if call.is_failing:
            key = name, call.answer
            self._failing.setdefault(key, Failing(*key)).add(test)

    def _service(self, name: str) -> Service | None:
        if name not in self._services and len(self._services) >= _MOST_NAMES:
            return None

        return self._services.setdefault(name, Service(name))


def services_of(attempt: Attempt, own: str) -> Iterator[tuple[str, int]]:
    """
    Give the names of the services that recorded spans of *attempt*, without the
    tests' *own*, and how many each.
    """
    counts = Counter(
        span.resource.get(semconv.SERVICE_NAME)
        for span in attempt.spans
        if span.resource is not attempt.span.resource
    )
    for name, count in counts.items():
        if isinstance(name, str) and name != own:
            yield name, count
