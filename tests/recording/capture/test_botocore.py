"""
What the calls of AWS clients mean: on the wire, under mocks, and as it fails.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import json
import types

from typing import Any

import pytest
import requests

from otel_testkit import configure, errors, test_span
from otel_testkit.recording import capture
from otel_testkit.recording.capture import exchange
from otel_testkit.recording.capture.taps import botocore as tap


boto3 = pytest.importorskip("boto3")

from botocore.awsrequest import AWSResponse  # noqa: E402  # loaded by boto3
from botocore.config import Config  # noqa: E402  # see above
from botocore.exceptions import ClientError  # noqa: E402  # see above


INVOKE = "/2015-03-31/functions/insights/invocations"
NAMES = {
    "status": "http.response.status_code",
    "resent": "http.request.resend_count",
    "service": "rpc.service",
    "operation": "rpc.method",
    "code": "rpc.response.status_code",
    "message": "otel_testkit.aws.error.message",
    "id": "aws.request_id",
    "region": "cloud.region",
    "body": "http.response.body.content",
}
ACCESS: dict[str, Any] = {
    "region_name": "eu-west-1",
    "aws_access_key_id": "testing",
    "aws_secret_access_key": "testing",
}
CONFIG: dict[str, Any] = {"retries": {"mode": "standard", "total_max_attempts": 3}}


@pytest.fixture(autouse=True)
def _in_no_time(monkeypatch) -> None:
    import botocore.endpoint

    in_no_time = types.SimpleNamespace(sleep=lambda _: None)
    monkeypatch.setattr(botocore.endpoint, "time", in_no_time)


def calls(store) -> list[Any]:
    """
    The calls in the order of their start.
    """
    found = [span for span in store.spans() if span.kind == 3]

    return sorted(found, key=lambda call: call.start)


def told(store, *names) -> list[tuple[Any, ...]]:
    """
    What is told of each call under *names*.
    """
    return [
        tuple(call.attributes.get(NAMES.get(name, name)) for name in names)
        for call in calls(store)
    ]


def client(service, server=None, **config) -> Any:
    """
    A client of the scripted server, or of no server at all.
    """
    url = server and server.url

    return boto3.client(
        service, endpoint_url=url, config=Config(**CONFIG | config), **ACCESS
    )


def throttled(wire, number=1, message="Rate Exceeded.") -> bytes:
    """
    How Lambda refuses.
    """
    said = {"Reason": "CallerRateLimitExceeded", "message": message}

    return wire.reply(
        429,
        json.dumps(said).encode(),
        wire.JSON,
        "x-amzn-errortype: TooManyRequestsException",
        f"x-amzn-requestid: id-{number}",
    )


def invoked(wire) -> bytes:
    """
    How Lambda answers.
    """
    return wire.reply(200, b'{"ok": true}', wire.JSON, "x-amzn-requestid: id-2")


def test_throttled_once(store, server, wire) -> None:
    """
    Each attempt tells what it was and what became of it: the code, the message
    and AWS's id of the one that is refused as well.
    """
    server.script(INVOKE, throttled(wire))
    server.script(INVOKE, invoked(wire))

    with test_span("a test"):
        answer = client("lambda", server).invoke(FunctionName="insights", Payload=b"{}")
        assert answer["Payload"].read() == b'{"ok": true}'

    assert told(store, "status", "resent", "code", "message", "id") == [
        (429, None, "TooManyRequestsException", "Rate Exceeded.", "id-1"),
        (200, 1, None, None, "id-2"),
    ]
    for call in calls(store):
        assert {
            "rpc.system": "aws-api",
            "rpc.service": "Lambda",
            "rpc.method": "Invoke",
            "cloud.region": "eu-west-1",
            "faas.invoked_name": "insights",
        }.items() <= call.attributes.items()
        assert call.name == "POST"
    assert ["429", None] == [call.attributes.get("error.type") for call in calls(store)]


def test_throttled_for_ever(store, server, wire) -> None:
    """
    A call that is never let through shows each attempt, and the error is
    botocore's own.
    """
    for number in (1, 2, 3):
        server.script(INVOKE, throttled(wire, number))
    functions = client("lambda", server)

    with test_span("a test"):
        with pytest.raises(functions.exceptions.TooManyRequestsException):
            functions.invoke(FunctionName="insights")

    assert told(store, "resent", "code", "id") == [
        (None, "TooManyRequestsException", "id-1"),
        (1, "TooManyRequestsException", "id-2"),
        (2, "TooManyRequestsException", "id-3"),
    ]


def test_nothing_answers(store, server, wire) -> None:
    """
    An attempt without an answer tells what was asked, and why there is none.
    """
    server.script(INVOKE, wire.CLOSE)
    server.script(INVOKE, invoked(wire))

    with test_span("a test"):
        client("lambda", server).invoke(FunctionName="insights")["Payload"].read()

    assert told(store, "status", "operation", "resent") == [
        (None, "Invoke", None),
        (200, "Invoke", 1),
    ]
    assert "RemoteDisconnected" in calls(store)[0].attributes["error.type"]


def test_a_stream_is_read_in_part(store, server, wire) -> None:
    """
    An answer that streams ends its call when the caller is done with it, and what
    it means is there.
    """
    server.script("/bucket/key", wire.reply(200, b"a long story"))

    with test_span("a test"):
        body = client("s3", server).get_object(Bucket="bucket", Key="key")["Body"]
        assert calls(store) == []
        assert body.read(6) == b"a long"
        assert calls(store) == []
        body.close()
        assert len(calls(store)) == 1

    (call,) = calls(store)
    assert call.attributes["http.response.body.content"] == "a long"
    assert call.attributes["otel_testkit.http.response.body.truncated"] is True
    assert call.attributes["aws.s3.bucket"] == "bucket"
    assert call.attributes["aws.s3.key"] == "key"
    assert call.attributes["rpc.method"] == "GetObject"


def test_a_function_that_fails(store, server, wire) -> None:
    """
    Lambda answers 200 for a function that raises: that it did is told.
    """
    server.script(
        INVOKE,
        wire.reply(
            200, b'{"errorType": "KeyError"}', "X-Amz-Function-Error: Unhandled"
        ),
    )

    with test_span("a test"):
        client("lambda", server).invoke(FunctionName="insights")["Payload"].read()

    assert told(store, "status", "code") == [(200, "Unhandled")]


def test_presigned(store, server, wire) -> None:
    """
    A presigned URL is used by another client: a plain call, its signature hidden,
    and no header is added.
    """
    server.script("/bucket/key", wire.reply(200, b"a thing"))
    s3 = client("s3", server, signature_version="s3v4")
    url = s3.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "key"})

    with test_span("a test"):
        assert requests.get(url, timeout=5).content == b"a thing"

    ((shown, operation),) = told(store, "url.full", "operation")
    assert operation is None
    assert url.rpartition("X-Amz-Signature=")[2] not in shown
    assert server.received[0].header("traceparent") is None


def test_the_same_request(store, server, wire) -> None:
    """
    With the tap and without it a signed request is the same, but for its time.
    """
    server.script("/bucket/key", wire.reply(200))
    changing = {"authorization", "amz-sdk-invocation-id", "x-amz-date"}
    s3 = client("s3", server, signature_version="s3v4")

    for change in (capture.install, capture.remove):
        change()
        with test_span("a test"):
            s3.put_object(Bucket="bucket", Key="key", Body=b"a thing")

    tapped, untapped = (
        [
            (name, None if name.lower() in changing else value)
            for name, value in request.headers
        ]
        for request in server.received
    )
    assert untapped == tapped
    assert server.received[0].body == server.received[1].body
    assert told(store, "operation") == [("PutObject",)]


def test_secrets_are_masked(store, server, wire) -> None:
    """
    What AWS says is masked as all text is.
    """
    token = (
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0"
    )
    server.script(INVOKE, throttled(wire, message=f"not with Bearer {token}"))
    functions = client("lambda", server)

    with test_span("a test"), pytest.raises(ClientError):
        functions.invoke(FunctionName="insights")

    assert "not with" in told(store, "message")[0][0]
    assert token not in store.text()


@pytest.mark.parametrize("level", ["calls", "headers", "off"])
def test_less_is_kept(store, server, wire, level) -> None:
    """
    Where no bodies are kept, neither is the message that comes out of one.
    """
    configure(directory=store.directory, show="none", capture=level)
    server.script(INVOKE, throttled(wire))

    with test_span("a test"), pytest.raises(ClientError):
        client("lambda", server).invoke(FunctionName="insights")

    expected = [("TooManyRequestsException", None, None)] * 3
    assert told(store, "code", "message", "body") == expected * (level != "off")


def test_calls_of_a_handler(store, server, wire) -> None:
    """
    What an event handler asks of others is none of the operation's attempts.
    """
    server.script(INVOKE, invoked(wire))
    url = server.script("/x", wire.reply(200, b"a"))
    functions = client("lambda", server)
    functions.meta.events.register(
        "before-send.lambda.Invoke", lambda **_: requests.get(url, timeout=5) and None
    )

    with test_span("a test"):
        functions.invoke(FunctionName="insights")["Payload"].read()

    assert told(store, "operation", "resent") == [(None, None), ("Invoke", None)]


class TestMocks:
    def test_s3(self, store) -> None:
        """
        Under moto, where nothing reaches the wire, each attempt is a call all the
        same.
        """
        moto = pytest.importorskip("moto")
        place = {"LocationConstraint": "eu-west-1"}

        with moto.mock_aws(), test_span("a test"):
            s3 = client("s3")
            s3.create_bucket(Bucket="things", CreateBucketConfiguration=place)
            s3.put_object(Bucket="things", Key="a", Body=b"hello")
            assert s3.get_object(Bucket="things", Key="a")["Body"].read() == b"hello"
            with pytest.raises(s3.exceptions.NoSuchKey):
                s3.get_object(Bucket="things", Key="b")
            with pytest.raises(ClientError):
                s3.head_object(Bucket="things", Key="b")

        assert told(store, "operation", "status", "code", "resent", "region") == [
            ("CreateBucket", 200, None, None, "eu-west-1"),
            ("PutObject", 200, None, None, "eu-west-1"),
            ("GetObject", 200, None, None, "eu-west-1"),
            ("GetObject", 404, "NoSuchKey", None, "eu-west-1"),
            ("HeadObject", 404, None, None, "eu-west-1"),
        ]
        assert {("S3", "things")} == set(told(store, "service", "aws.s3.bucket"))
        # A stream that only the caller reads.
        assert "http.response.body.content" not in calls(store)[2].attributes
        missing = calls(store)[3]
        assert missing.attributes["url.full"].endswith(".amazonaws.com/b")
        assert missing.attributes["server.port"] == 443
        assert "NoSuchKey" in missing.attributes["http.response.body.content"]
        assert missing.attributes["http.request.header.authorization"]
        assert missing.attributes["error.type"] == "404"

    def test_lambda(self, store) -> None:
        """
        A mocked error has its code and message, and the body that was sent.
        """
        moto = pytest.importorskip("moto")

        with moto.mock_aws(), test_span("a test"):
            functions = client("lambda")
            with pytest.raises(functions.exceptions.ResourceNotFoundException):
                functions.invoke(FunctionName="insights", Payload=b'{"a": 1}')

        ((code, message, sent),) = told(
            store, "code", "message", "http.request.body.content"
        )
        assert code == "ResourceNotFoundException"
        assert "not found" in message
        assert sent == '{"a": 1}'

    def test_once_mocked_then_real(self, store, server, wire) -> None:
        """
        An attempt that a handler answers and one on the wire are one call each.
        """
        server.script(INVOKE, invoked(wire))
        functions = client("lambda", server)
        answers = [AWSResponse("", 500, {"x-amzn-requestid": "mocked"}, None), None]
        answers[0]._content = b"{}"
        functions.meta.events.register(
            "before-send.lambda.Invoke", lambda **_: answers.pop(0)
        )

        with test_span("a test"):
            functions.invoke(FunctionName="insights")["Payload"].read()

        assert told(store, "status", "resent", "id", "body") == [
            (500, None, "mocked", "{}"),
            (200, 1, "id-2", '{"ok": true}'),
        ]
        assert len(server.received) == 1

    def test_stubber(self, store) -> None:
        """
        What a Stubber answers is a call: it has no bytes, but all that it means.
        """
        from botocore.stub import Stubber

        table = client("dynamodb")
        key = {"id": {"S": "1"}}

        with test_span("a test"), Stubber(table) as stub:
            stub.add_response("get_item", {})
            stub.add_client_error("get_item", "ThrottlingException", "slow", 400)
            table.get_item(TableName="users", Key=key)
            with pytest.raises(ClientError):
                table.get_item(TableName="users", Key=key)

        assert told(store, "operation", "status", "code", "message", "resent") == [
            ("GetItem", 200, None, None, None),
            ("GetItem", 400, "ThrottlingException", "slow", None),
        ]
        (call, _) = calls(store)
        assert call.attributes["aws.dynamodb.table_names"] == ["users"]
        assert json.loads(call.attributes["http.request.body.content"])["Key"] == key
        assert call.attributes["url.full"].startswith("https://dynamodb.eu-west-1.")

    def test_left_out(self, store) -> None:
        """
        A host that is left out on the wire is left out under a mock.
        """
        moto = pytest.importorskip("moto")
        configure(
            directory=store.directory, show="none", capture_exclude=["*.amazonaws.com"]
        )

        with moto.mock_aws(), test_span("a test"):
            client("s3").list_buckets()

        assert calls(store) == []


@pytest.mark.parametrize(
    "event", ["request-created", "before-send", "response-received", "needs-retry"]
)
def test_a_handler_that_raises(store, server, wire, event) -> None:
    """
    What a handler of the caller's raises comes out as the object that it is.
    """
    server.script("/2015-03-31/functions/insights", wire.reply(200, b"{}"))
    functions = client("lambda", server)
    error = LookupError("mine")
    told_of: list[str] = []

    def fail(**_: Any) -> None:
        told_of.append(event)
        raise error

    def noting(**_: Any) -> None:
        told_of.append("before")

    functions.meta.events.register(f"{event}.lambda.GetFunction", noting)
    functions.meta.events.register(f"{event}.lambda.GetFunction", fail)
    functions.meta.events.register(f"{event}.lambda.GetFunction", noting)

    with test_span("a test"), pytest.raises(LookupError) as caught:
        functions.get_function(FunctionName="insights")

    assert caught.value is error
    assert told_of == ["before", event]
    expected = {"request-created": [], "before-send": [("GetFunction", "LookupError")]}
    assert told(store, "operation", "error.type") == expected.get(
        event, [("GetFunction", None)]
    )


FAULTS = [
    (tap, "begin"),
    (tap, "current_test"),
    (tap, "resend"),
    (tap, "_said"),
    (tap, "_subjects"),
    (tap, "_answered"),
    (tap, "_restoring"),
    (tap._Attempt, "__init__"),
    (tap._Attempt, "_tell"),
    (tap._Attempt, "_make_call"),
    (exchange.Exchange, "_end"),
]


@pytest.mark.parametrize(
    ("owner", "name"), FAULTS, ids=[f"{o.__name__}.{n}" for o, n in FAULTS]
)
def test_a_fault_of_ours(store, server, wire, monkeypatch, owner, name) -> None:
    """
    Where one of our own functions raises, the caller notices nothing, and one
    trouble is noted.
    """
    functions = client("lambda", server)
    mocked = AWSResponse("", 404, {}, None)
    mocked._content = b"{}"

    def story() -> list[Any]:
        server.reset()
        server.script(INVOKE, throttled(wire))
        server.script(INVOKE, invoked(wire))
        answer = functions.invoke(FunctionName="insights")
        got = [answer["Payload"].read(), answer["ResponseMetadata"]["RetryAttempts"]]
        answering = functions.meta.events.register_first
        answering("before-send.lambda", lambda **_: mocked, unique_id="mock")
        try:
            functions.invoke(FunctionName="insights")
        except ClientError as error:
            got.append(str(error))
        functions.meta.events.unregister("before-send.lambda", unique_id="mock")

        return [*got, [each.body for each in server.received]]

    expected = story()

    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(owner, name, broken)
    with test_span("a test"):
        actual = story()
    monkeypatch.undo()

    assert expected == actual
    assert len(errors.troubles()) == 1


def test_threads(store, server, wire) -> None:
    """
    Threads that share a client mix nothing up.
    """
    keys = [f"key{number}" for number in range(20)]
    for key in keys:
        server.script(f"/bucket/{key}", wire.reply(404 if key[-1] == "7" else 200))
    s3 = client("s3", server)

    def get(key: str) -> None:
        with contextlib.suppress(ClientError):
            s3.get_object(Bucket="bucket", Key=key)["Body"].read()

    with test_span("a test"), concurrent.futures.ThreadPoolExecutor(4) as threads:
        list(threads.map(get, keys))

    found = told(store, "aws.s3.key", "url.full")
    assert sorted(keys) == sorted(key for key, _ in found)
    assert all(url.endswith(f"/bucket/{key}") for key, url in found)


def test_a_client_of_before(store, server, wire) -> None:
    """
    A client that was made before the tap was set is tapped, and no longer when it
    is removed.
    """
    server.script(INVOKE, throttled(wire))
    capture.remove()
    functions = client("lambda", server)

    for change in (capture.install, capture.remove):
        change()
        with test_span("a test"), pytest.raises(ClientError):
            functions.invoke(FunctionName="insights")

    assert [("Invoke",)] * 3 == told(store, "operation")


def test_without_this_tap(store, server, wire) -> None:
    """
    Without the tap the call on the wire has the service that it is signed for.
    """
    configure(directory=store.directory, show="none", capture_without=["botocore"])
    server.script(INVOKE, throttled(wire))

    with test_span("a test"), pytest.raises(ClientError):
        client("lambda", server).invoke(FunctionName="insights")

    assert {("lambda", None, None)} == set(told(store, "service", "operation", "code"))


def test_beside_the_official_instrumentation(store, server, wire) -> None:
    """
    Under OpenTelemetry's own span of the operation hangs ours of each attempt,
    and no other.
    """
    official = pytest.importorskip("opentelemetry.instrumentation.botocore")
    server.script(INVOKE, throttled(wire))
    server.script(INVOKE, invoked(wire))
    instrumentor = official.BotocoreInstrumentor()
    instrumentor.instrument()

    try:
        with test_span("a test"):
            client("lambda", server).invoke(FunctionName="insights")["Payload"].read()
    finally:
        instrumentor.uninstrument()

    ours = [each for each in calls(store) if each.scope == "otel_testkit"]
    (theirs,) = [each for each in calls(store) if each.scope != "otel_testkit"]
    assert [theirs.span_id] * 2 == [each.parent_id for each in ours]
    assert [429, 200] == [each.attributes[NAMES["status"]] for each in ours]


class TestAsync:  # of aiobotocore, over aiohttp
    @pytest.fixture(autouse=True)
    def _in_no_time(self, monkeypatch) -> None:
        endpoint = pytest.importorskip("aiobotocore.endpoint")

        async def sleep(_: float) -> None: ...

        monkeypatch.setattr(
            endpoint,
            "asyncio",
            types.SimpleNamespace(
                sleep=sleep, iscoroutinefunction=asyncio.iscoroutinefunction
            ),
        )

    def client(self, service, server) -> Any:
        """
        An asynchronous client of the scripted server.
        """
        from aiobotocore.config import AioConfig
        from aiobotocore.session import get_session

        return get_session().create_client(
            service, endpoint_url=server.url, config=AioConfig(**CONFIG), **ACCESS
        )

    def test_throttled_once(self, store, server, wire) -> None:
        """
        Each attempt of an asynchronous client tells what it was.
        """
        server.script(INVOKE, throttled(wire))
        server.script(INVOKE, invoked(wire))

        async def run() -> bytes:
            async with self.client("lambda", server) as functions:
                answer = await functions.invoke(FunctionName="insights")
                async with answer["Payload"] as payload:
                    return await payload.read()

        with test_span("a test"):
            assert asyncio.run(run()) == b'{"ok": true}'

        assert told(store, "status", "resent", "code", "id", "operation") == [
            (429, None, "TooManyRequestsException", "id-1", "Invoke"),
            (200, 1, None, "id-2", "Invoke"),
        ]
        assert {("insights", "eu-west-1")} == set(
            told(store, "faas.invoked_name", "region")
        )

    def test_throttled_for_ever(self, store, server, wire) -> None:
        """
        The error of an asynchronous client is its own, and each attempt is there.
        """
        server.script(INVOKE, throttled(wire))

        async def run() -> None:
            async with self.client("lambda", server) as functions:
                with pytest.raises(functions.exceptions.TooManyRequestsException):
                    await functions.invoke(FunctionName="insights")

        with test_span("a test"):
            asyncio.run(run())

        assert [None, 1, 2] == [resent for (resent,) in told(store, "resent")]
        assert {("Rate Exceeded.",)} == set(told(store, "message"))

    def test_many_at_once(self, store, server, wire) -> None:
        """
        Tasks that share a client mix nothing up.
        """
        keys = [f"key{number}" for number in range(10)]
        for key in keys:
            server.script(f"/bucket/{key}", wire.reply(404), 0.01)

        async def run() -> None:
            async with self.client("s3", server) as s3:
                for error in await asyncio.gather(
                    *(s3.get_object(Bucket="bucket", Key=key) for key in keys),
                    return_exceptions=True,
                ):
                    assert isinstance(error, ClientError)

        with test_span("a test"):
            asyncio.run(run())

        found = told(store, "aws.s3.key", "url.full", "resent")
        assert sorted(keys) == sorted(key for key, *_ in found)
        assert all(url.endswith(f"/bucket/{key}") for key, url, _ in found)
        assert {None} == {resent for *_, resent in found}

    def test_mocked(self, store, server) -> None:
        """
        What a handler answers before the wire is a call.
        """
        from aiobotocore.awsrequest import AioAWSResponse

        class Raw:
            raw_headers = ()

        answer = AioAWSResponse("", 404, {}, Raw())
        answer._content = b'{"Message": "gone"}'

        async def run() -> None:
            async with self.client("lambda", server) as functions:
                functions.meta.events.register("before-send", lambda **_: answer)
                with pytest.raises(ClientError):
                    await functions.invoke(FunctionName="insights")

        with test_span("a test"):
            asyncio.run(run())

        assert told(store, "status", "message", "body", "operation") == [
            (404, "gone", '{"Message": "gone"}', "Invoke")
        ]
        assert server.received == []

    def test_beside_the_official_instrumentation(self, store, server, wire) -> None:
        """
        Under OpenTelemetry's own span of the operation hangs ours of each attempt.
        """
        official = pytest.importorskip("opentelemetry.instrumentation.botocore")
        if not hasattr(official, "AiobotocoreInstrumentor"):
            pytest.skip("this OpenTelemetry does not instrument aiobotocore")
        server.script(INVOKE, throttled(wire))
        instrumentor = official.AiobotocoreInstrumentor()
        instrumentor.instrument()

        async def run() -> None:
            async with self.client("lambda", server) as functions:
                with pytest.raises(ClientError):
                    await functions.invoke(FunctionName="insights")

        try:
            with test_span("a test"):
                asyncio.run(run())
        finally:
            instrumentor.uninstrument()

        ours = [each for each in calls(store) if each.scope == "otel_testkit"]
        (theirs,) = [each for each in calls(store) if each.scope != "otel_testkit"]
        assert [theirs.span_id] * 3 == [each.parent_id for each in ours]

    def test_cancelled(self, store, server, wire) -> None:
        """
        An attempt that is cancelled is told what it was for.
        """
        server.script(INVOKE, wire.HANG)

        async def run() -> None:
            async with self.client("lambda", server) as functions:
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(
                        functions.invoke(FunctionName="insights"), 0.2
                    )

        with test_span("a test"):
            asyncio.run(run())

        assert told(store, "operation", "status") == [("Invoke", None)]
