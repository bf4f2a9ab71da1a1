"""
As much of Elasticsearch as the official client needs, with a shard that is moving.

While a shard moves, the first searches of an index answer 500 with Elasticsearch's own
error document; a little later the same search is fine.
"""

from __future__ import annotations

import re
import secrets
import threading

from collections import Counter, defaultdict
from typing import Any, ClassVar
from urllib.parse import urlsplit

from insights.server import JSONHandler, serve


NODE = "Zm9yLXRoZS1kZW1vLW5vZGU"


class Handler(JSONHandler):
    """
    The documents and searches of a cluster of one node.
    """

    content_type = "application/vnd.elasticsearch+json;compatible-with=9"
    lock: ClassVar = threading.Lock()
    indices: ClassVar[dict[str, dict[str, Any]]] = defaultdict(dict)
    failures_left: ClassVar[Counter[str]] = Counter()

    def do_GET(self) -> None:
        """
        Introduce the cluster.
        """
        self.body()
        self._answer(200, {"cluster_name": "demo", "version": {"number": "9.5.1"}})

    def do_POST(self) -> None:
        """
        Index a document, or search.
        """
        if self.handle_seed():
            return
        body = self.json()
        index, action, *_ = self._path()
        if action == "_doc":
            self._index(index, body)
        elif self._moving(index):
            self._answer(500, _shards_failed(index))
        else:
            self._answer(200, self._search(index, body["query"]["term"]))

    def do_DELETE(self) -> None:
        """
        Delete an index.
        """
        (index,) = self._path()
        self.indices.pop(index, None)
        self._answer(200, {"acknowledged": True})

    def _index(self, index: str, document: dict[str, Any]) -> None:
        name = secrets.token_urlsafe(15)
        self.indices[index][name] = document
        self._answer(
            201,
            {
                "_index": index,
                "_id": name,
                "_version": 1,
                "result": "created",
                "_shards": {"total": 1, "successful": 1, "failed": 0},
            },
        )

    def _path(self) -> list[str]:
        return urlsplit(self.path).path.strip("/").split("/")

    def _moving(self, index: str) -> bool:
        with self.lock:
            if index not in self.failures_left:
                customer = re.sub(r"^insights-(.+)-\w+$", r"\1", index)
                self.failures_left[index] = self.weather.draw(
                    "search", customer, {0: 0.7, 1: 0.3}
                )
            self.failures_left[index] -= 1

            return self.failures_left[index] >= 0

    def _search(self, index: str, term: dict[str, Any]) -> dict[str, Any]:
        hits = [
            {"_index": index, "_id": name, "_score": 1.0, "_source": document}
            for name, document in self.indices[index].items()
            if term.items() <= document.items()
        ]

        return {
            "took": 1,
            "timed_out": False,
            "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0},
            "hits": {"total": {"value": len(hits), "relation": "eq"}, "hits": hits},
        }

    def _answer(self, status: int, body: object) -> None:
        # The client refuses to talk to a server that does not send this.
        self.answer(status, body, {"X-Elastic-Product": "Elasticsearch"})


def _shards_failed(index: str) -> dict[str, Any]:
    reason = {
        "type": "already_closed_exception",
        "reason": "this IndexReader is closed",
    }
    return {
        "error": {
            "root_cause": [reason],
            "type": "search_phase_execution_exception",
            "reason": "all shards failed",
            "phase": "query",
            "grouped": True,
            "failed_shards": [
                {"shard": 0, "index": index, "node": NODE, "reason": reason}
            ],
            "caused_by": reason | {"caused_by": reason},
        },
        "status": 500,
    }


if __name__ == "__main__":
    serve(Handler)
