"""
The scenario as a plain script: a nightly check that needs no test framework.

    python script_insights.py
"""

from __future__ import annotations

import sys

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError
from otel_testkit import TestSpan, configure, step, test_span

from insights.client import Client
from insights.services import running_services


class Report:
    """
    What the nightly check found.
    """

    def __init__(self) -> None:
        self.failed = 0

    @contextmanager
    def check(self, name: str, customer: str) -> Iterator[TestSpan]:
        """
        Trace one check, and go on to the next one when it fails.
        """
        try:
            with test_span(name, suite="nightly") as test:
                test.set_tag("customer", customer)
                yield test
        except (AssertionError, ClientError) as error:
            self.failed += 1
            print(f"failed  {name}: {error}")
        else:
            print(f"passed  {name}")


def main(client: Client) -> int:
    """
    Run all checks, and count those that failed.
    """
    report = Report()

    with report.check("sign up", "acme"):
        account = client.sign_up("acme")
        assert client.items(account).status_code == 200

    for customer in ("globex", "initech", "hooli"):
        with report.check(f"insight for {customer}", customer) as test:
            account = client.sign_up(customer)
            test.set_attribute("account.id", account.id)
            with client.temporary_function(account) as function:
                client.invoke(function)
                test.event("invoked", {"function": function})
                response = client.wait_for_insight(account, function)
            assert response.status_code == 200, response.text

    with (
        report.check("insight can be found", "umbrella"),
        client.temporary_index("umbrella") as index,
    ):
        with step("index"):
            client.search.index(index=index, document={"kind": "oom"}, refresh=True)
        assert client.find(index, kind="oom") == [{"kind": "oom"}]

    with report.check("items are kept", "soylent"):
        account = client.sign_up("soylent")
        client.add_item(account, "green")
        client.add_item(account, "red")
        response = client.items(account)
        assert response.status_code == 200, response.text

    return report.failed


if __name__ == "__main__":
    with running_services() as services:
        configure(tags={"team": "insights"}, peers=services.peers)
        sys.exit(1 if main(Client(services)) else 0)
