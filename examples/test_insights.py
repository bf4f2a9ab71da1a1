"""
The scenario as pytest functions: the decorator is all that tracing needs.
"""

from __future__ import annotations

import asyncio

from collections.abc import Iterator

import pytest

from otel_testkit import configure, step, traced_test

from insights.client import Client
from insights.services import running_services


@pytest.fixture(scope="session")
def client() -> Iterator[Client]:
    with running_services() as services:
        configure(tags={"team": "insights"}, peers=services.peers)
        yield Client(services)


@traced_test
def test_sign_up(client: Client) -> None:
    account = client.sign_up("acme")

    assert client.items(account).json() == {"items": []}


@traced_test
def test_sign_out_revokes_the_token(client: Client) -> None:
    account = client.sign_up("acme")

    assert client.sign_out(account).status_code == 204
    assert client.items(account).status_code == 401


@pytest.mark.asyncio
@traced_test
async def test_customers_sign_up_at_once(client: Client) -> None:
    customers = ("stark", "wayne", "tyrell")

    accounts = await asyncio.gather(
        *(asyncio.to_thread(client.sign_up, customer) for customer in customers)
    )

    assert len({account.id for account in accounts}) == len(customers)


@traced_test(tags={"area": "pipeline"})
def test_insight_is_created(client: Client) -> None:
    account = client.sign_up("globex")

    with client.temporary_function(account) as function:
        assert client.invoke(function) == 200
        response = client.wait_for_insight(account, function)

    assert response.status_code == 200


@traced_test(tags={"area": "pipeline"})
def test_insight_tells_the_kind(client: Client) -> None:
    account = client.sign_up("initech")

    with client.temporary_function(account) as function:
        client.invoke(function)
        response = client.wait_for_insight(account, function)

    assert response.status_code == 200
    assert response.json()["kind"] == "cold_start"


@traced_test(tags={"area": "pipeline"})
def test_insight_tells_the_severity(client: Client) -> None:
    account = client.sign_up("hooli")

    with client.temporary_function(account) as function:
        client.invoke(function)
        response = client.wait_for_insight(account, function)

    assert response.status_code == 200
    assert response.json()["severity"] == "low"


@traced_test(tags={"area": "search"})
def test_insight_can_be_found(client: Client) -> None:
    insight = {"function": "checkout", "kind": "cold_start"}

    with client.temporary_index("umbrella") as index:
        with step("index"):
            client.search.index(index=index, document=insight, refresh=True)

        assert client.find(index, kind="cold_start") == [insight]


@traced_test
def test_items_are_kept(client: Client) -> None:
    account = client.sign_up("soylent")
    client.add_item(account, "green")
    client.add_item(account, "red")

    response = client.items(account)

    assert response.status_code == 200, response.text
    assert response.json() == {"items": ["green", "red"]}
