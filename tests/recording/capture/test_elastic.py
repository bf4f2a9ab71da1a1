"""
What the calls of search clients mean, attempt by attempt.
"""

from __future__ import annotations

import asyncio
import json

from collections.abc import Callable
from typing import Any

import pytest

from otel_testkit import configure, errors, test_span
from otel_testkit.recording import capture
from otel_testkit.recording.capture import exchange
from otel_testkit.recording.capture.taps import elastic as tap


elasticsearch = pytest.importorskip("elasticsearch")
opensearchpy = pytest.importorskip("opensearchpy")

NAMES = {
    "status": "http.response.status_code",
    "resent": "http.request.resend_count",
    "system": "db.system.name",
    "operation": "db.operation.name",
    "index": "db.collection.name",
    "cluster": "db.namespace",
    "node": "elasticsearch.node.name",
}
QUERY = {"match_all": {}}
FOUND = json.dumps({"took": 1, "hits": {"hits": []}}).encode()
REFUSED = json.dumps({"error": {"type": "unavailable"}, "status": 503}).encode()
ELASTIC = ("Content-Type: application/json", "X-Elastic-Product: Elasticsearch")


def told(store, *names) -> list[tuple[Any, ...]]:
    """
    What is told of each call under *names*, in the order of their start.
    """
    calls = [
        each
        for each in store.spans()
        if each.kind == 3 and "url.full" in each.attributes
    ]

    return [
        tuple(call.attributes.get(NAMES.get(name, name)) for name in names)
        for call in sorted(calls, key=lambda call: call.start)
    ]


def search_elasticsearch(url) -> Any:
    """
    By Elasticsearch's client.
    """
    with elasticsearch.Elasticsearch(url) as client:
        return client.search(index="things", query=QUERY)["took"]


def search_elasticsearch_async(url) -> Any:
    """
    By Elasticsearch's asynchronous client.
    """

    async def search() -> Any:
        async with elasticsearch.AsyncElasticsearch(url) as client:
            return (await client.search(index="things", query=QUERY))["took"]

    return asyncio.run(search())


def search_opensearch(url) -> Any:
    """
    By OpenSearch's client, over urllib3.
    """
    client = opensearchpy.OpenSearch(url)
    try:
        return client.search(index="things", body={"query": QUERY})["took"]
    finally:
        client.close()


def search_opensearch_requests(url) -> Any:
    """
    By OpenSearch's client, over requests.
    """
    client = opensearchpy.OpenSearch(
        url, connection_class=opensearchpy.RequestsHttpConnection
    )
    try:
        return client.search(index="things", body={"query": QUERY})["took"]
    finally:
        client.close()


def search_opensearch_async(url) -> Any:
    """
    By OpenSearch's asynchronous client.
    """

    async def search() -> Any:
        async with opensearchpy.AsyncOpenSearch(url) as client:
            found = await client.search(index="things", body={"query": QUERY})
            return found["took"]

    return asyncio.run(search())


CLIENTS = [
    (search_elasticsearch, "elasticsearch", "search"),
    (search_elasticsearch_async, "elasticsearch", "search"),
    (search_opensearch, "opensearch", None),
    (search_opensearch_requests, "opensearch", None),
    (search_opensearch_async, "opensearch", None),
]
each_client = pytest.mark.parametrize(
    ("search", "system", "operation"), CLIENTS, ids=[c[0].__name__ for c in CLIENTS]
)


@each_client
def test_recovers(store, server, wire, search, system, operation) -> None:
    """
    A search that fails and is fine at the client's next try shows both, each with
    what it was for.
    """
    server.script("/things/_search", wire.reply(503, REFUSED, *ELASTIC))
    server.script("/things/_search", wire.reply(200, FOUND, *ELASTIC))

    with test_span("a test"):
        assert search(server.url) == 1

    assert told(store, "status", "resent", "system", "operation", "index") == [
        (503, None, system, operation, "things"),
        (200, 1, system, operation, "things"),
    ]


@each_client
def test_fails(store, server, wire, search, system, operation) -> None:
    """
    An error is the client's own, and its call has what it was for.
    """
    server.script("/things/_search", wire.reply(400, REFUSED, *ELASTIC))
    expected = (elasticsearch.BadRequestError, opensearchpy.RequestError)

    with test_span("a test"), pytest.raises(expected):
        search(server.url)

    assert told(store, "status", "system", "operation") == [(400, system, operation)]


@each_client
def test_another_call_after(store, server, wire, search, system, operation) -> None:
    """
    What is called after a search has nothing of it.
    """
    import requests

    server.script("/things/_search", wire.reply(200, FOUND, *ELASTIC))
    url = server.script("/x", wire.reply(200, b"a"))

    with test_span("a test"):
        search(server.url)
        requests.get(url, timeout=5)

    assert told(store, "system", "operation") == [(system, operation), (None, None)]


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_who_answered(store, server, wire, is_async) -> None:
    """
    Elastic's cloud tells the cluster and the node.
    """
    cloud = ("X-Found-Handling-Cluster: prod", "X-Found-Handling-Instance: node-7")
    server.script("/things/_search", wire.reply(200, FOUND, *ELASTIC, *cloud))

    with test_span("a test"):
        (search_elasticsearch_async if is_async else search_elasticsearch)(server.url)

    assert told(store, "cluster", "node") == [("prod", "node-7")]


def test_indices(store, server, wire) -> None:
    """
    The operation is the client's word for it, and several indices are told as they
    are; a call for none has none.
    """
    for path in ("/things%2Fa,b", "/_cluster/health"):
        server.script(path, wire.reply(200, b"{}", *ELASTIC))

    with test_span("a test"), elasticsearch.Elasticsearch(server.url) as client:
        client.indices.create(index="things/a,b")
        client.cluster.health(wait_for_status="green")

    assert told(store, "operation", "index") == [
        ("indices.create", "things/a,b"),
        ("cluster.health", None),
    ]


def test_asking_for_nodes(store, server, wire) -> None:
    """
    What a client asks in order to find its nodes is no attempt of the search.
    """
    nodes = {"nodes": {"a": {"http": {"publish_address": server.url[7:]}}}}
    server.script(
        "/_nodes/_all/http", wire.reply(200, json.dumps(nodes).encode(), *ELASTIC)
    )
    server.script("/things/_search", wire.reply(200, FOUND, *ELASTIC))

    with test_span("a test"):
        with elasticsearch.Elasticsearch(
            server.url, sniff_before_requests=True
        ) as client:
            client.search(index="things", query=QUERY)
        other = opensearchpy.OpenSearch(server.url, sniffer_timeout=1e-9)
        server.script(
            "/_nodes/_all/http", wire.reply(200, json.dumps(nodes).encode(), *ELASTIC)
        )
        other.search(index="things", body={"query": QUERY})
        other.close()

    assert told(store, "operation", "index", "resent") == [
        (None, None, None),
        ("search", "things", None),
        (None, None, None),
        (None, "things", None),
    ]


def test_without_these_taps(store, server, wire) -> None:
    """
    Without the taps the calls on the wire are there, and say no more.
    """
    configure(
        directory=store.directory,
        show="none",
        capture_without=["elasticsearch", "opensearch"],
    )
    server.script("/things/_search", wire.reply(200, FOUND, *ELASTIC))

    with test_span("a test"):
        search_elasticsearch(server.url)
        search_opensearch(server.url)

    assert told(store, "status", "system") == [(200, None)] * 2


def test_removed_and_set_anew(store, server, wire) -> None:
    """
    A client lives through taps that are taken off and set.
    """
    server.script("/things/_search", wire.reply(200, FOUND, *ELASTIC))

    with elasticsearch.Elasticsearch(server.url) as client:
        for change in (capture.remove, capture.install):
            change()
            with test_span("a test"):
                client.search(index="things", query=QUERY)

    assert told(store, "operation") == [("search",)]


FAULTS = [
    (tap, "current_test"),
    (tap, "_meaning"),
    (tap, "_answering"),
    (tap, "_begun"),
    (exchange.Exchange, "_end"),
]


@pytest.mark.parametrize("search", [search_elasticsearch, search_elasticsearch_async])
@pytest.mark.parametrize(
    ("owner", "name"), FAULTS, ids=[f"{o.__name__}.{n}" for o, n in FAULTS]
)
def test_a_fault_of_ours(
    store, server, wire, monkeypatch, owner, name, search: Callable[[str], Any]
) -> None:
    """
    Where one of our own functions raises, the caller notices nothing, and one
    trouble is noted.
    """
    server.script("/things/_search", wire.reply(503, REFUSED, *ELASTIC))
    server.script("/things/_search", wire.reply(200, FOUND, *ELASTIC))

    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(owner, name, broken)
    with test_span("a test"):
        assert search(server.url) == 1
    monkeypatch.undo()

    assert len(server.received) == 2
    assert len(errors.troubles()) == 1
