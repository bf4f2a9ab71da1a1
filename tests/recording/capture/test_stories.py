"""
The stories of the library, with real clients: what a retry hides is there.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import types

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from otel_testkit import test_span


boto3 = pytest.importorskip("boto3")
elasticsearch = pytest.importorskip("elasticsearch")
pytest.importorskip("moto.server")

EXAMPLES = Path(__file__).parents[3] / "examples"
RESENT = "http.request.resend_count"
ELASTIC = (
    "Content-Type: application/vnd.elasticsearch+json;compatible-with=9",
    "X-Elastic-Product: Elasticsearch",
)


def attempts(store: Any) -> list[tuple[Any, ...]]:
    """
    Status, resend count and body of each call, in their order.
    """
    calls = [span for span in store.spans() if span.kind == 3]
    names = ("http.response.status_code", RESENT, "http.response.body.content")

    return [
        tuple(call.attributes.get(name) for name in names)
        for call in sorted(calls, key=lambda call: call.start)
    ]


def customer(refusals: int) -> str:
    """
    A customer whose function the throttle will refuse that often (seed 0).
    """
    for number in range(1_000):
        name = f"customer{number}"
        drawn = random.Random(f"0/throttle/{name}/1").choices(
            [0, 1, 5], [0.65, 0.15, 0.2]
        )
        if drawn == [refusals]:
            return name

    raise LookupError


@pytest.fixture(scope="module")
def aws(_server: Any) -> Iterator[str]:
    """
    A moto server behind the throttle of the examples.
    """
    environment = {
        **os.environ,
        "INSIGHTS_API": _server.url,
        "NO_PROXY": "127.0.0.1",
        "OTEL_TESTKIT_ENABLED": "false",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "insights.throttle"],
        cwd=EXAMPLES,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        # The server ends when its stdin does.
        process.stdin.close()


@pytest.fixture
def functions(aws: str, server: Any, wire: Any, monkeypatch: Any) -> Any:
    """
    A Lambda client that tries three times and does not wait.
    """
    import botocore.endpoint

    from botocore.config import Config

    server.script("/invocations", wire.reply(204))
    in_no_time = types.SimpleNamespace(sleep=lambda _: None)
    monkeypatch.setattr(botocore.endpoint, "time", in_no_time)

    return boto3.client(
        "lambda",
        endpoint_url=aws,
        region_name="eu-west-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"mode": "standard", "total_max_attempts": 3}),
    )


def _function(functions: Any, name: str) -> str:
    import io
    import zipfile

    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("index.py", "def handler(event, context): return event")
    functions.create_function(
        FunctionName=f"{name}-f",
        Runtime="python3.13",
        Role="arn:aws:iam::123456789012:role/insights",
        Handler="index.handler",
        Code={"ZipFile": archive.getvalue()},
    )

    return f"{name}-f"


def test_lambda_is_throttled_once(store, functions) -> None:
    """
    A 429 that botocore retries into a 200 is there, with what AWS said and for
    which service it was.
    """
    name = _function(functions, customer(1))

    with test_span("a test"):
        answer = functions.invoke(FunctionName=name, Payload=b'{"cold": true}')
        payload = answer["Payload"].read()

    first, second = attempts(store)
    assert (429, None) == first[:2]
    assert json.loads(first[2])["message"] == "Rate Exceeded."
    assert (200, 1, payload.decode() or None) == second
    for call in (span for span in store.spans() if span.kind == 3):
        assert call.attributes["rpc.service"] == "Lambda"
        assert call.attributes["http.request.body.content"] == '{"cold": true}'
        assert "testing" not in str(
            call.attributes["http.request.header.authorization"]
        )


def test_lambda_is_throttled_for_ever(store, functions) -> None:
    """
    A function that is always refused shows each attempt, and the error is
    botocore's own.
    """
    name = _function(functions, customer(5))

    with test_span("a test"):
        with pytest.raises(functions.exceptions.TooManyRequestsException):
            functions.invoke(FunctionName=name)

    assert [(429, None), (429, 1), (429, 2)] == [each[:2] for each in attempts(store)]
    assert all("Rate Exceeded" in each[2] for each in attempts(store))


@pytest.mark.parametrize("is_signed", [True, False], ids=["signed", "unsigned"])
def test_no_header_is_added_to_what_botocore_sends(store, server, wire, is_signed):
    """
    A request of botocore's goes out as botocore made it, signed or not.
    """
    import botocore

    from botocore.config import Config

    server.script("/bucket/key", wire.reply(200, b"a thing"))
    config = Config(signature_version="s3v4" if is_signed else botocore.UNSIGNED)
    s3 = boto3.client(
        "s3",
        endpoint_url=server.url,
        region_name="eu-west-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=config,
    )

    with test_span("a test"):
        thing = s3.get_object(Bucket="bucket", Key="key")["Body"].read()

    assert thing == b"a thing"
    assert attempts(store) == [(200, None, "a thing")]
    (request,) = server.received
    assert request.header("traceparent") is None
    assert (request.header("authorization") is not None) == is_signed


@pytest.mark.parametrize("status", [500, 503])
def test_elasticsearch_recovers(store, server, wire, status) -> None:
    """
    A search that fails and is fine at the next try shows both, with the reason.
    """
    reason = {"error": {"type": "search_phase_execution_exception"}, "status": status}
    found = {"took": 1, "hits": {"hits": []}}
    server.script(
        "/i/_search", wire.reply(status, json.dumps(reason).encode(), *ELASTIC)
    )
    server.script("/i/_search", wire.reply(200, json.dumps(found).encode(), *ELASTIC))

    with elasticsearch.Elasticsearch(server.url, retry_on_status=(500, 503)) as client:
        with test_span("a test"):
            assert client.search(index="i", query={"match_all": {}})["took"] == 1

    first, second = attempts(store)
    assert (status, None) == first[:2]
    assert "search_phase_execution_exception" in first[2]
    assert (200, 1, json.dumps(found)) == second


def test_requests_recovers(store, server, wire) -> None:
    """
    A 500 that a mounted `Retry` turns into a 200 is there, with its body.
    """
    url = server.script("/x", wire.reply(500, b'{"error": "boom"}', wire.JSON))
    server.script("/x", wire.reply(200, b'{"ok": true}', wire.JSON))
    retry = Retry(total=2, backoff_factor=0, status_forcelist=[500])

    with requests.Session() as session, test_span("a test"):
        session.mount("http://", HTTPAdapter(max_retries=retry))
        assert session.get(url, timeout=5).json() == {"ok": True}

    assert attempts(store) == [
        (500, None, '{"error": "boom"}'),
        (200, 1, '{"ok": true}'),
    ]
