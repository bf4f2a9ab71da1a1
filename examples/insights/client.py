"""
The helpers of the suites: what a customer does, one method a deed.

`step` on a helper makes it a named part of whatever test calls it.
"""

from __future__ import annotations

import io
import time
import uuid
import zipfile

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
import requests

from botocore.config import Config
from elasticsearch import Elasticsearch
from otel_testkit import step

from insights.services import Services


CODE = "def handler(event, context):\n    return event\n"


@dataclass(frozen=True, slots=True)
class Account:
    """
    A customer that has signed up.
    """

    customer: str
    id: str
    token: str = field(repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """
        The headers of a request in the customer's name.
        """
        return {"Authorization": f"Bearer {self.token}"}


class Client:
    """
    Talks to the API, to AWS and to the search cluster.
    """

    def __init__(self, services: Services) -> None:
        self.api = services.api
        self.functions = boto3.client(
            "lambda",
            endpoint_url=services.aws,
            region_name="eu-west-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
            config=Config(retries={"mode": "standard", "total_max_attempts": 3}),
        )
        # Left alone, the client doesn't retry a 500.
        self.search = Elasticsearch(
            services.search, retry_on_status=(429, 500, 502, 503, 504), max_retries=3
        )

    @step("sign up")
    def sign_up(self, customer: str) -> Account:
        """
        Open an account for *customer*.
        """
        response = requests.post(
            f"{self.api}/signup",
            json={"email": f"{customer}@example.com", "password": "correct horse"},
            timeout=10,
        )
        assert response.status_code == 201, response.text

        return Account(customer, **response.json())

    def sign_out(self, account: Account) -> requests.Response:
        """
        Revoke the token of *account*.
        """
        return requests.delete(f"{self.api}/token", headers=account.headers, timeout=10)

    def add_item(self, account: Account, name: str) -> requests.Response:
        """
        Add an item to *account*.
        """
        return requests.post(
            f"{self.api}/items",
            json={"name": name},
            headers=account.headers,
            timeout=10,
        )

    def items(self, account: Account) -> requests.Response:
        """
        List the items of *account*.
        """
        return requests.get(f"{self.api}/items", headers=account.headers, timeout=10)

    @contextmanager
    def temporary_function(self, account: Account) -> Iterator[str]:
        """
        Create a Lambda function, give its name, and delete it at the end.
        """
        name = f"{account.customer}-{uuid.uuid4().hex[:8]}"
        with step("deploy the function"):
            self.functions.create_function(
                FunctionName=name,
                Runtime="python3.13",
                Role="arn:aws:iam::123456789012:role/insights",
                Handler="index.handler",
                Code={"ZipFile": _zipped(CODE)},
            )
        try:
            yield name
        finally:
            with step("delete the function"):
                self.functions.delete_function(FunctionName=name)

    @step("invoke the function")
    def invoke(self, function: str) -> int:
        """
        Run *function* once, and tell the status of the answer.
        """
        answer = self.functions.invoke(FunctionName=function, Payload=b'{"cold": true}')
        answer["Payload"].read()

        return int(answer["StatusCode"])

    @step("wait for the insight")
    def wait_for_insight(
        self, account: Account, function: str, *, tries: int = 6
    ) -> requests.Response:
        """
        Ask for the insight about *function* until it is there, or *tries* are over.
        """
        url = f"{self.api}/insights/{function}"
        response = requests.get(url, headers=account.headers, timeout=10)
        for _ in range(tries - 1):
            if response.status_code != 404:
                break
            time.sleep(0.3)
            response = requests.get(url, headers=account.headers, timeout=10)

        return response

    @contextmanager
    def temporary_index(self, customer: str) -> Iterator[str]:
        """
        Give the name of a search index, and delete it at the end.
        """
        name = f"insights-{customer}-{uuid.uuid4().hex[:8]}"
        try:
            yield name
        finally:
            self.search.indices.delete(index=name)

    @step("search")
    def find(self, index: str, **term: Any) -> list[dict[str, Any]]:
        """
        Search *index* for the documents that have *term*.
        """
        found = self.search.search(index=index, query={"term": term})

        return [hit["_source"] for hit in found["hits"]["hits"]]


def _zipped(code: str) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("index.py", code)

    return archive.getvalue()
