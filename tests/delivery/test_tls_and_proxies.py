"""
TLS, proxies and headers: the way to a collector, where it is barred, and who sees
what is sent along it.
"""

from __future__ import annotations

import contextlib
import threading

from collections.abc import Callable
from pathlib import Path

import pytest

from . import behaviours
from .certificates import Certificates
from .checks import (
    KEPT,
    all_but,
    check_all_there,
    check_as_without,
    check_reason,
    send_rest,
)
from .collector import Collector
from .programs import TOKEN, Done, Programs
from .receivers import eventually, free_ports


@pytest.mark.parametrize(
    "name",
    all_but(
        ("unknown authority", "http to TLS"),
        ("unknown authority", "http to TLS", "TLS to http", "no certificate"),
    ),
)
def test_tls_that_fails(
    programs: Programs,
    new_collector: Callable[..., Collector],
    certificates: Certificates,
    baseline: dict[str, Done],
    name: str,
) -> None:
    """Where TLS fails the run ends as always, and goes when it works."""
    is_strict = name == "no certificate"
    collector = new_collector(
        None
        if name == "TLS to http"
        else certificates.of_server(asks_for_client=is_strict)
    )
    url, known = collector.url, {}
    if name == "http to TLS":
        url = url.replace("https", "http")
    elif name == "TLS to http":
        url = url.replace("http", "https")
    elif name == "no certificate":
        known["OTEL_EXPORTER_OTLP_CERTIFICATE"] = str(certificates.authority)

    done = programs.script(OTEL_EXPORTER_OTLP_ENDPOINT=url, **known)

    check_as_without(done, baseline["script"])
    assert KEPT.search(done.err)
    assert [] == collector.spans()
    sent = send_rest(
        programs,
        done,
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_EXPORTER_OTLP_CERTIFICATE=str(certificates.authority),
        OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=str(certificates.client),
        OTEL_EXPORTER_OTLP_CLIENT_KEY=str(certificates.client_key),
        # Another program's, which is nobody to overrule ours.
        REQUESTS_CA_BUNDLE=str(certificates.server_key),
    )
    assert 0 == sent.code
    check_all_there(collector, done)


def test_tls_live(
    programs: Programs,
    new_collector: Callable[..., Collector],
    certificates: Certificates,
) -> None:
    """With the certificates that are asked for, spans arrive while the tests run."""
    collector = new_collector(certificates.of_server(asks_for_client=True))

    done = programs.script(
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        OTEL_EXPORTER_OTLP_CERTIFICATE=str(certificates.authority),
        OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=str(certificates.client),
        OTEL_EXPORTER_OTLP_CLIENT_KEY=str(certificates.client_key),
    )

    assert [] == done.lines()
    check_all_there(collector, done)


def test_certificates_that_are_not_there(
    programs: Programs, collector: Collector, baseline: dict[str, Done]
) -> None:
    """A file that cannot be read is told, and nothing else comes of it."""
    done = programs.script(
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url.replace("http", "https"),
        OTEL_EXPORTER_OTLP_CERTIFICATE="/nowhere/authority.pem",
        OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE="/nowhere/client.pem",
    )

    check_as_without(done, baseline["script"], most_lines=3)
    assert done.lines()


PROXY_PASSWORD = "hunter22-of-the-proxy"


def test_a_proxy_is_not_for_this_machine(
    programs: Programs, collector: Collector, baseline: dict[str, Done]
) -> None:
    """A collector on the loopback is reached, whatever proxy there is."""
    (dead,) = free_ports(1)
    proxy = f"http://user:{PROXY_PASSWORD}@127.0.0.1:{dead}"

    done = programs.script(
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, HTTP_PROXY=proxy, ALL_PROXY=proxy
    )

    check_as_without(done, baseline["script"])
    assert [] == done.lines()
    assert [] == done.says(PROXY_PASSWORD)
    check_all_there(collector, done)


def test_a_dead_proxy(programs: Programs, baseline: dict[str, Done]) -> None:
    """A proxy that is dead is told, without its password."""
    (dead,) = free_ports(1)
    proxy = f"http://user:{PROXY_PASSWORD}@127.0.0.1:{dead}"

    done = programs.script(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://collector.test:4318",
        HTTP_PROXY=proxy,
        http_proxy=proxy,
    )

    check_as_without(done, baseline["script"])
    found = KEPT.search(done.err)
    assert found is not None
    assert "collector.test:4318" == found[2]
    check_reason(done, "the proxy cannot be reached", found[3])
    assert [] == done.says(PROXY_PASSWORD)


def test_through_a_proxy(programs: Programs, collector: Collector) -> None:
    """A collector elsewhere is reached through the proxy, with its password."""
    proxy = f"http://user:{PROXY_PASSWORD}@127.0.0.1:{collector.port}"

    done = programs.script(
        OTEL_EXPORTER_OTLP_ENDPOINT="http://collector.test:4318",
        HTTP_PROXY=proxy,
        http_proxy=proxy,
    )

    assert [] == done.lines()
    check_all_there(collector, done)
    request = collector.requests[0]
    assert request.path.startswith("http://collector.test:4318/v1/")
    assert request.headers["proxy-authorization"].startswith("Basic ")
    assert [] == done.says(PROXY_PASSWORD)


def test_headers_are_sent_and_seen_by_nobody_else(
    programs: Programs, collector: Collector
) -> None:
    """The headers set reach the collector, and no other process's command line."""
    collector.behave(behaviours.slow(1))
    seen: list[bytes] = []

    def look() -> None:
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                seen.append(file.read_bytes())

    timers = [threading.Timer(0.3 * number, look) for number in range(8)]
    for timer in timers:
        timer.start()
    done = programs.script(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
    for timer in timers:
        timer.join()
    eventually(lambda: len(collector.requests), lambda count: count >= 2)

    for request in collector.requests:
        assert f"Bearer {TOKEN}" == request.headers["authorization"]
        assert f"key-{TOKEN}" == request.headers["x-api-key"]
    assert any(b"otel_testkit" in line for line in seen)
    assert not any(TOKEN.encode() in line for line in seen)
    assert [] == done.says(TOKEN)
