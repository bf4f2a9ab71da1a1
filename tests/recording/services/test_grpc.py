"""
gRPC, against a server in this process.
"""

from __future__ import annotations

import asyncio
import gc

from collections.abc import Iterator
from concurrent import futures
from typing import Any

import pytest

from otel_testkit import configure, errors, test_span
from otel_testkit.recording import capture
from otel_testkit.recording.capture.taps import grpc as tap


grpc = pytest.importorskip(
    "grpc", reason="NOT TESTED: grpcio is not in this environment"
)

KEY = "traceparent"
# The status of answers, as the tests want it, and the metadata that came in.
PLAN: list[Any] = []
RECEIVED: list[list[tuple[str, str]]] = []


class Service(grpc.GenericRpcHandler):
    """
    Echoes; fails as planned.
    """

    def service(self, details: Any) -> Any:
        RECEIVED.append([(key, value) for key, value in details.invocation_metadata])
        if details.method == "/shop.Orders/Watch":
            return grpc.unary_stream_rpc_method_handler(_watch)
        if details.method == "/shop.Orders/Add":
            return grpc.stream_unary_rpc_method_handler(
                lambda items, context: b"+".join(items)
            )
        if details.method == "/shop.Orders/Talk":
            return grpc.stream_stream_rpc_method_handler(lambda items, context: items)

        return grpc.unary_unary_rpc_method_handler(_get)


def _get(request: bytes, context: Any) -> bytes:
    if PLAN:
        context.abort(PLAN.pop(0), "password=swordfish99 is gone")

    return request


def _watch(request: bytes, context: Any) -> Iterator[bytes]:
    yield request
    if PLAN:
        context.abort(PLAN.pop(0), "no more")
    yield request


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """
    The port of the server.
    """
    server = grpc.server(futures.ThreadPoolExecutor(4), handlers=[Service()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield port
    server.stop(0).wait()


@pytest.fixture
def channel(port) -> Iterator[Any]:
    """
    A channel to the server.
    """
    PLAN.clear()
    RECEIVED.clear()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel


def test_unavailable_then_ok(store, channel, port) -> None:
    """
    Each call is a span with its status, the one that failed with what it was told.
    """
    get = channel.unary_unary("/shop.Orders/Get")
    PLAN.append(grpc.StatusCode.UNAVAILABLE)

    with test_span("a test"):
        with pytest.raises(grpc.RpcError) as raised:
            get(b"1")
        assert get(b"2") == b"2"

    assert raised.value.code() is grpc.StatusCode.UNAVAILABLE
    first, second = [span for span in store.spans() if span.kind == 3]
    assert first.name == second.name == "shop.Orders/Get"
    assert first.parent_id == store.span("a test").span_id
    assert first.attributes["rpc.system.name"] == "grpc"
    assert first.attributes["rpc.method"] == "shop.Orders/Get"
    assert first.attributes["rpc.response.status_code"] == "UNAVAILABLE"
    assert first.attributes["error.type"] == "UNAVAILABLE"
    assert first.attributes["server.address"] == "127.0.0.1"
    assert first.attributes["server.port"] == port
    assert first.status["message"].endswith(" is gone")
    assert second.attributes["rpc.response.status_code"] == "OK"
    assert second.status.get("code", 0) == 0
    assert "swordfish99" not in store.text()


def test_a_fault_of_the_caller(store, channel) -> None:
    """
    What a serializer raises goes through, as gRPC has it.
    """
    calling = channel.unary_unary("/shop.Orders/Get", request_serializer=len)
    with test_span("a test"), pytest.raises(grpc.RpcError):
        calling(1)
    with test_span("another"), pytest.raises(TypeError):
        channel.unary_unary("/shop.Orders/Get")(b"", nonsense=1)

    first, second = [span for span in store.spans() if span.kind == 3]
    assert first.attributes["rpc.response.status_code"] == "INTERNAL"
    assert second.attributes["error.type"] == "TypeError"


def test_nobody_listens(store, refused_port) -> None:
    """
    A server that is not there is UNAVAILABLE, too.
    """
    with grpc.insecure_channel(f"localhost:{refused_port}") as channel:
        with test_span("a test"), pytest.raises(grpc.RpcError):
            channel.unary_unary("/shop.Orders/Get")(b"", timeout=5)

    failed = store.span("shop.Orders/Get")
    assert failed.attributes["rpc.response.status_code"] == "UNAVAILABLE"
    assert failed.attributes["server.address"] == "localhost"


def test_a_stream(store, channel) -> None:
    """
    A stream stays what it is, and its call ends with it.
    """
    PLAN.append(grpc.StatusCode.DATA_LOSS)
    got = []

    with test_span("a test"):
        stream = channel.unary_stream("/shop.Orders/Watch")(b"x")
        with pytest.raises(grpc.RpcError):
            got.extend(item for item in stream)
        assert stream.code() is grpc.StatusCode.DATA_LOSS
        assert stream.details() == "no more"

    failed = store.span("shop.Orders/Watch")
    assert failed.attributes["rpc.response.status_code"] == "DATA_LOSS"
    assert failed.status["message"] == "no more"


def test_a_stream_that_is_dropped(store, channel) -> None:
    """
    Who drops a stream cancels it, at that moment.
    """
    gc.disable()
    try:
        with test_span("a test"):
            stream = channel.unary_stream("/shop.Orders/Watch")(b"x")
            assert next(stream) == b"x"
            state = stream._state
            del stream
            assert state.code is not None
    finally:
        gc.enable()

    assert len(store.spans()) == 2


def test_other_ways_to_call(store, channel) -> None:
    """
    Futures, calls and streams in both directions give what they give.
    """
    with test_span("a test"):
        assert channel.unary_unary("/shop.Orders/Get").future(b"1").result() == b"1"
        answer, call = channel.unary_unary("/shop.Orders/Get").with_call(b"2")
        assert (answer, call.code()) == (b"2", grpc.StatusCode.OK)
        add = channel.stream_unary("/shop.Orders/Add")
        assert add(iter([b"a", b"b"])) == b"a+b"
        talk = channel.stream_stream("/shop.Orders/Talk")(iter([b"a", b"b"]))
        assert list(talk) == [b"a", b"b"]

    names = sorted(span.name for span in store.spans())
    assert names == [
        "a test",
        "shop.Orders/Add",
        "shop.Orders/Get",
        "shop.Orders/Get",
        "shop.Orders/Talk",
    ]


def test_metadata(store, channel) -> None:
    """
    One entry more is sent, what is there stays as it is, repeated keys as well.
    """
    get = channel.unary_unary("/shop.Orders/Get")
    given = [("tag", "a"), ("tag", "b")]

    with test_span("a test") as test:
        get(b"", metadata=given)
        get(b"", metadata=((KEY, "mine"),))
        get(b"", metadata=iter([("tag", "c")]))

    first, second, third = RECEIVED
    assert given == [("tag", "a"), ("tag", "b")]
    assert [value for key, value in first if key == "tag"] == ["a", "b"]
    (traceparent,) = [value for key, value in first if key == KEY]
    assert test.trace_id in traceparent
    assert [value for key, value in second if key == KEY] == ["mine"]
    assert [value for key, value in third if key == "tag"] == ["c"]
    assert KEY not in dict(third)


def test_no_propagation(store, channel) -> None:
    """
    Without `propagate` calls are recorded, and nothing more is sent.
    """
    configure(directory=store.directory, show="none", propagate=False)
    with test_span("a test"):
        channel.unary_unary("/shop.Orders/Get")(b"")
    configure(directory=store.directory, show="none")

    assert KEY not in dict(RECEIVED[0])
    assert store.span("shop.Orders/Get")


def test_outside_of_tests(store, channel) -> None:
    """
    What no test calls leaves nothing on disk or on the wire.
    """
    with test_span("a test"):
        pass
    assert channel.unary_unary("/shop.Orders/Get")(b"1") == b"1"

    assert KEY not in dict(RECEIVED[0])
    assert len(store.spans()) == 1


def _async_story(port: int) -> list[Any]:
    async def tell() -> list[Any]:
        told: list[Any] = []
        PLAN[:] = [grpc.StatusCode.NOT_FOUND]
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            get = channel.unary_unary("/shop.Orders/Get")
            for request in (b"1", b"2"):
                try:
                    told.append(await get(request, metadata=(("tag", "a"),)))
                except grpc.aio.AioRpcError as error:
                    told.append((error.code(), error.details()))
            stream = channel.unary_stream("/shop.Orders/Watch")(b"x")
            told.append([item async for item in stream])
            told.append((type(stream).__name__, await stream.code()))

        return told

    return asyncio.run(tell())


def test_asyncio(store, port) -> None:
    """
    In asyncio a program sees the same with the taps and without, and its calls are
    recorded.
    """
    capture.remove()
    without = _async_story(port)
    capture.install()
    RECEIVED.clear()
    with test_span("a test") as test:
        within = _async_story(port)

    assert without == within
    calls = [span for span in store.spans() if span.kind == 3]
    assert [call.attributes["rpc.response.status_code"] for call in calls] == [
        "NOT_FOUND",
        "OK",
        "OK",
    ]
    assert all(call.parent_id == test.span_id for call in calls)
    assert all(test.trace_id in dict(metadata)[KEY] for metadata in RECEIVED)
    assert "swordfish99" not in store.text()


@pytest.mark.parametrize(
    "name", ["begin", "_place", "_is_readable", "_status", "semconv"]
)
def test_our_own_faults(store, channel, monkeypatch, name) -> None:
    """
    What goes wrong in ours is noted, and calls give what they give.
    """
    monkeypatch.setattr(tap, name, None)
    PLAN[:] = [grpc.StatusCode.NOT_FOUND]

    with test_span("a test"):
        with pytest.raises(grpc.RpcError) as raised:
            channel.unary_unary("/shop.Orders/Get")(b"1")
        assert channel.unary_unary("/shop.Orders/Get")(b"2") == b"2"
        assert list(channel.unary_stream("/shop.Orders/Watch")(b"3")) == [b"3"] * 2

    assert raised.value.code() is grpc.StatusCode.NOT_FOUND
    assert len(errors.troubles()) == 1
