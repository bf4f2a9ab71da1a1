"""
Plays scenarios with the taps off and with them on, and compares.
"""

from __future__ import annotations

import asyncio
import inspect
import re

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import urllib3

from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from otel_testkit import configure, test_span
from otel_testkit.recording import capture


# OpenTelemetry's own instrumentations of the clients that are tapped.
_OFFICIAL = {
    "aiohttp_client": "AioHttpClientInstrumentor",
    "botocore": "BotocoreInstrumentor",
    "httpx": "HTTPXClientInstrumentor",
    "requests": "RequestsInstrumentor",
    "urllib": "URLLibInstrumentor",
    "urllib3": "URLLib3Instrumentor",
}
RETRY = Retry(total=2, backoff_factor=0, status_forcelist=[503], allowed_methods=None)


def _exceptions(error: BaseException | None) -> list[tuple[str, str]]:
    links = []
    while error is not None:
        said = re.sub(r" at 0x[0-9a-f]+|object \d+|scope [0-9a-f]+", "", str(error))
        links.append((type(error).__qualname__, said))
        error = error.__cause__ or error.__context__

    return links


def _played(
    play: Callable[..., Any], clients: Callable[[], Any], server: Any, wire: Any
) -> tuple[Any, Any]:
    server.reset()
    try:
        if inspect.iscoroutinefunction(play):
            result = asyncio.run(_awaited(play, clients, server, wire))
        else:
            with clients() as known:
                result = play(_scene(known, server, wire))
    except NameError:
        # Of the scenario itself.
        raise
    except Exception as error:
        outcome = ("raised", _exceptions(error))
    else:
        outcome = ("gave", result)

    first = min((each.connection for each in server.received), default=0)
    return outcome, [
        (
            each.connection - first,
            each.line,
            [pair for pair in each.headers if pair[0].lower() != "traceparent"],
            each.body,
        )
        for each in server.received
    ]


async def _awaited(
    play: Callable[..., Any], clients: Callable[[], Any], server: Any, wire: Any
) -> Any:
    async with clients() as known:
        return await play(_scene(known, server, wire))


def _scene(known: Mapping[str, Any], server: Any, wire: Any) -> SimpleNamespace:
    return SimpleNamespace(url=server.url + "/", server=server, wire=wire, **known)


@pytest.fixture(params=["alone", "instrumented"])
def company(request: Any) -> Iterator[str]:
    """
    Whether OpenTelemetry's own instrumentations are on, too.
    """
    if request.param == "alone":
        yield "alone"
        return

    instrumentors = []
    for module, instrumentor in _OFFICIAL.items():
        name = f"opentelemetry.instrumentation.{module}"
        reason = f"{name} is NOT INSTALLED"
        instrumentors.append(
            getattr(pytest.importorskip(name, reason=reason), instrumentor)()
        )
    for instrumentor in instrumentors:
        instrumentor.instrument()
    yield "instrumented"
    for instrumentor in instrumentors:
        instrumentor.uninstrument()


@pytest.fixture
def same_bytes(store: Any, server: Any, wire: Any, company: str) -> Callable[..., None]:
    """
    Plays a scenario with the taps off and on, and compares what the caller and
    the server have seen.

    The scenario, a function or coroutine function, gets what *clients*, a
    (async) context manager, gives: names and clients.
    """

    def compare(
        play: Callable[..., Any], clients: Callable[[], Any], *, propagate: bool
    ) -> None:
        configure(directory=store.directory, show="none", propagate=propagate)
        capture.remove()
        with test_span("without"):
            expected = _played(play, clients, server, wire)
        capture.install()
        with test_span("with"):
            actual = _played(play, clients, server, wire)

        assert expected[0] == actual[0]
        assert expected[1] == actual[1]
        if company == "alone":
            sent = {
                each.header("traceparent") is not None
                for each in server.received
                if not each.line.startswith("CONNECT")
            }
            assert sent <= {propagate}
        assert [
            each
            for each in store.spans()
            if each.kind == 3 and each.scope == "otel_testkit"
        ]

    return compare


def seen(response: Any) -> Any:
    """
    All that a caller sees of a response of requests.
    """
    history = [
        (each.status_code, dict(each.headers), each.content)
        for each in response.history
    ]

    return (
        response.status_code,
        response.reason,
        list(response.headers.items()),
        response.content,
        response.encoding,
        response.url,
        history,
        type(response.raw).__name__,
        dict(response.request.headers).keys() - {"traceparent"},
    )


def raw(response: Any, data: Any = None) -> Any:
    """
    All that a caller sees of a response of urllib3, its bytes read as *data*.
    """
    return (
        response.status,
        response.reason,
        list(response.headers.items()),
        response.data if data is None else data,
        response.tell(),
        response.closed,
    )


@contextmanager
def _urllib3_clients() -> Iterator[Mapping[str, Any]]:
    with requests.Session() as session, requests.Session() as retrying:
        retrying.mount("http://", HTTPAdapter(max_retries=RETRY))
        with urllib3.PoolManager(retries=3) as pool:
            yield {
                "session": session,
                "retrying": retrying,
                "pool": pool,
                "seen": seen,
                "raw": raw,
            }


@pytest.fixture
def urllib3_clients() -> Callable[[], Any]:
    """
    Those of urllib3, and what a caller sees of their responses.
    """
    return _urllib3_clients
