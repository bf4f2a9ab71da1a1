"""
Records of OTLP gathered into requests, each a line that is not too long.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from otel_testkit.report.export.document import json_text
from otel_testkit.store.decode import Json


Group = tuple[str, str]
"""
How a resource, and a scope in it, are written.
"""

# The Collector splits longer lines than a mebibyte.
_MOST_BYTES: Final = 500_000
_MOST_RECORDS: Final = 500


@dataclass(slots=True)
class Batch:
    """
    Records of one *signal* and the name of their list, by resource and scope.
    """

    signal: str
    records: str
    groups: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    size: int = 0
    count: int = 0

    def add(self, group: Group, record: Json) -> Iterator[str]:
        """
        Add *record*; gives the line that was full before it.
        """
        text = json_text(record)
        if self.size + len(text) > _MOST_BYTES or self.count >= _MOST_RECORDS:
            yield from self.line()

        resource, scope = group
        scopes = self.groups.setdefault(resource, {})
        if scope not in scopes:
            self.size += len(resource) + len(scope)
        scopes.setdefault(scope, []).append(text)
        self.size += len(text) + 1
        self.count += 1

    def line(self) -> Iterator[str]:
        """
        Give all there is as a line, if there is anything, and begin anew.
        """
        told = ",".join(
            f'{{{resource},"scope{self.signal}":['
            + ",".join(
                f'{{{scope},"{self.records}":[{",".join(texts)}]}}'
                for scope, texts in scopes.items()
            )
            + "]}"
            for resource, scopes in self.groups.items()
        )
        if told:
            yield f'{{"resource{self.signal}":[{told}]}}\n'
        self.groups, self.size, self.count = {}, 0, 0
