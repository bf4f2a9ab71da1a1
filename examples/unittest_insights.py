"""
The scenario as a unittest class: decorated once, each of its tests is traced.

    python -m unittest unittest_insights
"""

from __future__ import annotations

import unittest

from typing import ClassVar

from otel_testkit import configure, step, traced_test

from insights.client import Client
from insights.services import running_services


@traced_test(tags={"team": "insights"})
class InsightsTest(unittest.TestCase):
    """
    What a customer can rely on.
    """

    client: ClassVar[Client]

    @classmethod
    def setUpClass(cls) -> None:
        services = cls.enterClassContext(running_services())
        configure(peers=services.peers)
        cls.client = Client(services)

    def test_sign_up(self) -> None:
        account = self.client.sign_up("acme")

        self.assertEqual({"items": []}, self.client.items(account).json())

    def test_insight_is_created(self) -> None:
        account = self.client.sign_up("globex")

        with self.client.temporary_function(account) as function:
            self.assertEqual(200, self.client.invoke(function))
            response = self.client.wait_for_insight(account, function)

        self.assertEqual(200, response.status_code)

    def test_insight_tells_the_kind(self) -> None:
        account = self.client.sign_up("initech")

        with self.client.temporary_function(account) as function:
            self.client.invoke(function)
            response = self.client.wait_for_insight(account, function)

        self.assertEqual(200, response.status_code)
        self.assertEqual("cold_start", response.json()["kind"])

    def test_insight_tells_the_severity(self) -> None:
        account = self.client.sign_up("hooli")

        with self.client.temporary_function(account) as function:
            self.client.invoke(function)
            response = self.client.wait_for_insight(account, function)

        self.assertEqual(200, response.status_code)
        self.assertEqual("low", response.json()["severity"])

    def test_insight_can_be_found(self) -> None:
        insight = {"function": "checkout", "kind": "cold_start"}

        with self.client.temporary_index("umbrella") as index:
            with step("index"):
                self.client.search.index(index=index, document=insight, refresh=True)

            self.assertEqual([insight], self.client.find(index, kind="cold_start"))

    def test_items_are_kept(self) -> None:
        account = self.client.sign_up("soylent")
        self.client.add_item(account, "green")
        self.client.add_item(account, "red")

        response = self.client.items(account)

        self.assertEqual(200, response.status_code, response.text)
        self.assertEqual({"items": ["green", "red"]}, response.json())


if __name__ == "__main__":
    unittest.main()
