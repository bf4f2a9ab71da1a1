"""
Where records go: what is set, in all its forms, and what is wrong with it.
"""

from __future__ import annotations

import re

from pathlib import Path
from typing import Any

import pytest

from otel_testkit.delivery.destination import Destination, destinations
from otel_testkit.settings import Settings


GENERAL = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACES = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
LOGS = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"
HERE = {GENERAL: "http://c:4318"}
LUMIGO = "https://ga-otlp.lumigo-tracer-edge.golumigo.com"


def urls(environ: dict[str, str], **settings: Any) -> dict[str, str]:
    found, _ = destinations(Settings(**settings), environ)

    return {signal: one.url for signal, one in found.items()}


def traces(environ: dict[str, str]) -> tuple[Destination, list[str]]:
    found, problems = destinations(Settings(), HERE | environ)

    return found["traces"], problems


def test_nothing_is_sent_where_nobody_says_so() -> None:
    """
    Without an endpoint there is no destination, whatever else is set.
    """
    environ = {"OTEL_EXPORTER_OTLP_HEADERS": "a=b", "OTEL_EXPORTER_OTLP_TIMEOUT": "x"}

    assert destinations(Settings(), environ) == ({}, [])


@pytest.mark.parametrize(
    ("environ", "settings", "expected"),
    [
        ({GENERAL: "http://c:4318"}, {}, ["http://c:4318/v1/traces", "/v1/logs"]),
        ({GENERAL: "http://c/x/"}, {}, ["http://c/x/v1/traces", "/x/v1/logs"]),
        ({TRACES: "http://c/here"}, {}, ["http://c/here", None]),
        ({LOGS: "http://c/there"}, {}, [None, "/there"]),
        ({GENERAL: "http://c", TRACES: "http://d/t"}, {}, ["http://d/t", "/v1/logs"]),
        (
            {GENERAL: "http://other", "LUMIGO_TRACER_TOKEN": "t_1"},
            {"endpoint": "http://c"},
            ["http://c/v1/traces", "/v1/logs"],
        ),
        ({"LUMIGO_TRACER_TOKEN": "t_1"}, {}, [f"{LUMIGO}/v1/traces", None]),
        (
            {"LUMIGO_TRACER_TOKEN": "t_1", "LUMIGO_ENABLE_LOGS": "true"},
            {},
            [f"{LUMIGO}/v1/traces", "/v1/logs"],
        ),
        (
            {"LUMIGO_TRACER_TOKEN": "t_1", "LUMIGO_ENDPOINT": "http://c/l"},
            {},
            ["http://c/l", None],
        ),
        ({"LUMIGO_TRACER_TOKEN": "t_1", "LUMIGO_SWITCH_OFF": "true"}, {}, [None, None]),
        (HERE, {"send": "none"}, [None, None]),
        (HERE, {"logs": False}, ["http://c:4318/v1/traces", None]),
        (
            HERE | {"OTEL_TRACES_EXPORTER": "none"},
            {},
            [None, "/v1/logs"],
        ),
        (
            HERE | {"OTEL_LOGS_EXPORTER": "none"},
            {},
            ["http://c:4318/v1/traces", None],
        ),
    ],
)
def test_urls(
    environ: dict[str, str], settings: dict[str, Any], expected: list[str | None]
) -> None:
    """
    A signal's own endpoint is taken as it is, the one for all with its path; ours
    counts more, Lumigo's token alone is enough.
    """
    found = urls(environ, **settings)

    assert found.get("traces") == expected[0]
    assert (found.get("logs") is None) == (expected[1] is None)
    assert found.get("logs", "").endswith(expected[1] or "")


def test_lumigos_token_is_a_header() -> None:
    """
    Lumigo knows its user by it.
    """
    found, problems = destinations(Settings(), {"LUMIGO_TRACER_TOKEN": " t_1 "})

    assert found["traces"].headers == {"authorization": "LumigoToken t_1"}
    assert problems == []


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("TIMEOUT", "5", "timeout", 5.0),
        ("TIMEOUT", "2.5", "timeout", 2.5),
        # As the specification has it.
        ("TIMEOUT", "10000", "timeout", 10.0),
        ("COMPRESSION", "GZIP", "compression", "gzip"),
        ("HEADERS", "A=1,b=x%20y", "headers", {"a": "1", "b": "x y"}),
        ("HEADERS", "a=b=c,, d = e ", "headers", {"a": "b=c", "d": "e"}),
        ("CERTIFICATE", __file__, "certificate", __file__),
        ("CLIENT_CERTIFICATE", __file__, "client_certificate", __file__),
        ("CLIENT_KEY", __file__, "client_key", __file__),
    ],
)
@pytest.mark.parametrize("middle", ["", "TRACES_"])
def test_each_variable_is_honoured(
    middle: str, name: str, value: str, field: str, expected: Any
) -> None:
    """
    OpenTelemetry's variables say how to send, in general or for one signal.
    """
    found, problems = traces({f"OTEL_EXPORTER_OTLP_{middle}{name}": value})

    assert getattr(found, field) == expected
    assert problems == []


def test_a_signals_own_variable_counts_more() -> None:
    """
    Both are set: the nearer one is taken.
    """
    found, _ = traces(
        {
            "OTEL_EXPORTER_OTLP_HEADERS": "a=1",
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "b=2",
        }
    )

    assert found.headers == {"b": "2"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("TIMEOUT", bad) for bad in ("0", "-1", "nan", "inf", "ten")],
        ("COMPRESSION", "br"),
        ("CERTIFICATE", "nowhere/s3cr3t.pem"),
        *[
            ("HEADERS", bad)
            for bad in (
                "s3cr3t",
                "Authorization: Bearer s3cr3t",
                '{"authorization": "s3cr3t"}',
                "=s3cr3t",
                "a=s3cr3t\x01",
                "a=s3cr3t%0d%0ab",
                "a b=s3cr3t",
                "ü=s3cr3t",
                "a=s3cr3tś",
            )
        ],
    ],
)
def test_a_bad_value_is_named_but_not_shown(name: str, value: str) -> None:
    """
    The problem says which variable, and nothing of what stood there; the rest is
    as if it had not been set.
    """
    found, problems = traces({f"OTEL_EXPORTER_OTLP_{name}": value})

    assert [text.split(" ")[0] for text in problems] == [f"OTEL_EXPORTER_OTLP_{name}"]
    assert "s3cr3t" not in str(problems)
    assert found == Destination("http://c:4318/v1/traces")


def test_a_bad_header_is_told_by_its_place() -> None:
    """
    The good ones beside it are used.
    """
    found, problems = traces({"OTEL_EXPORTER_OTLP_HEADERS": "a=1,oops,c=3"})

    assert found.headers == {"a": "1", "c": "3"}
    assert "the second is none" in problems[0]


@pytest.mark.parametrize(
    "url",
    [
        "c:4318",
        "localhost",
        "ftp://c",
        "http://",
        "http://c:99999",
        "http://c:0",
        "http://c:x",
        "http://[::1",
        "http://c d",
        "http://cö",
        "unix:///x",
        "//c",
    ],
)
@pytest.mark.parametrize("variable", [GENERAL, TRACES, "LUMIGO_ENDPOINT"])
def test_a_bad_endpoint_is_no_destination(url: str, variable: str) -> None:
    """
    Nothing is sent where it cannot arrive, and one line says what is wrong.
    """
    token = {"LUMIGO_TRACER_TOKEN": "t"} if variable.startswith("LUMIGO") else {}
    found, problems = destinations(Settings(), {variable: url} | token)

    assert "traces" not in found
    assert [text.split(" takes ")[0] for text in problems] == [variable]


def test_grpc_is_said_not_to_be_spoken() -> None:
    """
    An endpoint for gRPC would never understand us.
    """
    found, problems = destinations(
        Settings(), HERE | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
    )

    assert found == {}
    assert "OTEL_TESTKIT_ENDPOINT" in problems[0]


def test_nothing_secret_is_shown_of_a_destination() -> None:
    """
    Its name has neither user nor password nor query, its repr nothing at all.
    """
    environ = {TRACES: "https://me:s3cr3t@c:1/v1/traces?key=s3cr3t"}
    found, _ = destinations(
        Settings(), environ | {"OTEL_EXPORTER_OTLP_HEADERS": "a=s3cr3t"}
    )

    assert found["traces"].name == "https://c:1/v1/traces"
    assert found["traces"].host == "c:1"
    assert "s3cr3t" not in repr(found)


def test_a_path_may_be_a_secret() -> None:
    """
    There are vendors whose path is a token: it is told by its hash.
    """
    found, _ = destinations(
        Settings(), {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://c/otlp/s3cr3t"}
    )

    names = [one.name for one in found.values()]
    assert len(set(names)) == 2
    assert all(re.fullmatch("https://c/[0-9a-f]{12}", name) for name in names)


@pytest.mark.parametrize(
    ("url", "is_local"),
    [
        ("http://localhost:1/x", True),
        ("http://127.0.0.1:4318", True),
        ("http://[::1]:4318", True),
        ("http://localhost.example.org", False),
        ("http://10.0.0.1:1", False),
    ],
)
def test_what_is_local(url: str, *, is_local: bool) -> None:
    """
    No proxy stands before the machine itself.
    """
    assert Destination(url).is_local is is_local


def test_certificates_are_found_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A path is made absolute: the courier works elsewhere.
    """
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ca.pem").touch()
    found, _ = traces({"OTEL_EXPORTER_OTLP_CERTIFICATE": "ca.pem"})

    assert found.certificate == str(tmp_path / "ca.pem")
