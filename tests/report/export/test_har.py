"""
HTTP archives: what a browser's network panel shows of a run.
"""

from __future__ import annotations

import json

from typing import Any

import pytest

from .forms import check_har


@pytest.fixture
def archived(exported, run_folder):
    """
    Export a test with one call; gives its entry.
    """

    def archive(http_status: int | None = 200, **attributes: Any) -> Any:
        test = run_folder.test("test_a", 0.0, 2.0)
        url = attributes.pop("url", "http://h/")
        end = attributes.pop("end", 1.5)
        run_folder.call("POST", url, http_status, 0.5, end, test, **attributes)
        document = exported("har", run_folder.write())
        check_har(document)
        (entry,) = document["log"]["entries"]

        return entry

    return archive


def test_pages_and_entries(exported, failing_run) -> None:
    """
    Each test is a page, and each request on the wire an entry, by their times.
    """
    document = exported("har", failing_run.write())
    log = document["log"]

    check_har(document)
    assert [
        "tests/test_insights.py::test_insight_is_created: failed",
        "tests/test_insights.py::test_health: passed",
        "tests/test_orders.py::test_refund: passed",
    ] == [page["title"] for page in log["pages"]]
    assert [201, 201, 429] + [404] * 6 == [
        entry["response"]["status"] for entry in log["entries"]
    ]
    assert {log["pages"][0]["id"]} == {entry["pageref"] for entry in log["entries"]}
    assert "2026-11-22T06:43:12.420000Z" == log["entries"][2]["startedDateTime"]


def test_request(archived) -> None:
    """
    Method, URL, query, headers and what was sent are there, masked as they were.
    """
    entry = archived(
        url="https://api.test/a?b=1&c=%20&d",
        **{
            "http.request.header.authorization": ["Bearer REDACTED"],
            "http.request.header.cookie": ["a=1; b=REDACTED"],
            "http.request.header.content-type": ["application/json"],
            "http.request.header.x-twice": ["1", "2"],
            "http.request.body.content": '{"password": "REDACTED"}',
            "http.request.body.size": 29,
            "http.request.resend_count": 2,
            "network.protocol.version": "1.1",
            "network.peer.address": "127.0.0.1",
        },
    )
    request = entry["request"]

    assert "POST" == request["method"]
    assert "https://api.test/a?b=1&c=%20&d" == request["url"]
    assert [("b", "1"), ("c", " "), ("d", "")] == [
        (pair["name"], pair["value"]) for pair in request["queryString"]
    ]
    assert [
        ("authorization", "Bearer REDACTED"),
        ("x-twice", "1"),
        ("x-twice", "2"),
    ] == [
        (pair["name"], pair["value"])
        for pair in request["headers"]
        if pair["name"] in ("authorization", "x-twice")
    ]
    assert [("a", "1"), ("b", "REDACTED")] == [
        (cookie["name"], cookie["value"]) for cookie in request["cookies"]
    ]
    assert {
        "mimeType": "application/json",
        "text": '{"password": "REDACTED"}',
    } == request["postData"]
    assert (29, "HTTP/1.1") == (request["bodySize"], request["httpVersion"])
    assert "127.0.0.1" == entry["serverIPAddress"]
    assert entry["comment"].endswith("(retry 2)")


def test_response(archived) -> None:
    """
    Status, headers and what came back are there.
    """
    entry = archived(
        302,
        body="moved",
        **{
            "http.response.body.size": 5,
            "http.response.header.location": ["/b"],
            "http.response.header.content-type": ["text/plain; charset=utf-8"],
            "http.response.header.set-cookie": ["a=1; Path=/", "b=2; Secure"],
        },
    )
    response = entry["response"]

    assert (302, "Found", "/b") == (
        response["status"],
        response["statusText"],
        response["redirectURL"],
    )
    assert {
        "size": 5,
        "mimeType": "text/plain; charset=utf-8",
        "text": "moved",
    } == response["content"]
    assert ["a", "b"] == [cookie["name"] for cookie in response["cookies"]]
    assert "_error" not in response


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (
            {"http.response.body.content": "<image/png, 4096 bytes>"},
            {"comment": "not recorded: image/png, 4096 bytes"},
        ),
        (
            {
                "http.response.body.content": "beginning",
                "otel_testkit.http.response.body.truncated": True,
            },
            {"text": "beginning", "comment": "only the beginning was recorded"},
        ),
        ({}, {}),
    ],
)
def test_what_is_not_there(archived, attributes, expected) -> None:
    """
    Bodies that were cut, or are no text, say so.
    """
    content = archived(**attributes)["response"]["content"]

    assert expected == {
        name: content[name] for name in ("text", "comment") if name in content
    }


def test_bytes(archived, monkeypatch) -> None:
    """
    Bytes, which others record, are base64.
    """
    monkeypatch.setattr(
        "tests.conftest.any_value",
        lambda value: (
            {"bytesValue": "/wA="} if value == "BYTES" else {"stringValue": str(value)}
        ),
    )

    content = archived(None, body="BYTES")["response"]["content"]

    assert ("/wA=", "base64") == (content["text"], content["encoding"])


def test_timings(archived) -> None:
    """
    A new connection, the wait for the headers and the body are told apart; their sum is
    the time of the call.
    """
    entry = archived(
        **{
            "otel_testkit.time_to_resolve": 0.1,
            "otel_testkit.time_to_connect": 0.2,
            "otel_testkit.time_to_secure": 0.3,
            "otel_testkit.http.time_to_headers": 0.9,
        }
    )

    assert 1000.0 == entry["time"]
    assert {
        "blocked": -1,
        "dns": 100.0,
        "connect": 500.0,
        "ssl": 300.0,
        "send": 0,
        "wait": 300.0,
        "receive": 100.0,
    } == entry["timings"]


def test_unknown_timings(archived) -> None:
    """
    What is not known is -1, and all the time is waiting.
    """
    timings = archived(None)["timings"]

    assert [-1, -1, -1, -1] == [
        timings[name] for name in ("blocked", "dns", "connect", "ssl")
    ]
    assert (1000.0, 0.0) == (timings["wait"], timings["receive"])


def test_no_answer(archived, make_exception) -> None:
    """
    A call without an answer has status 0, and says what came instead.
    """
    entry = archived(
        None, status=2, events=[make_exception("ConnectionError", "refused")]
    )

    assert 0 == entry["response"]["status"]
    assert "ConnectionError: refused" == entry["response"]["_error"]


def test_still_waiting(archived) -> None:
    """
    A call that never ended says that it had no answer yet.
    """
    assert "no answer yet" == archived(None, end=None)["response"]["_error"]


def test_calls_that_are_not_http(exported, run_folder) -> None:
    """
    Calls of databases and remote procedures are counted.
    """
    test = run_folder.test("test_a")
    run_folder.call("GET", "http://h/", 200, 0.1, 0.2, test)
    for system in ("postgresql", "postgresql", "redis"):
        run_folder.span("SELECT", 0.1, 0.2, test, kind=3, **{"db.system.name": system})
    run_folder.span("Get", 0.1, 0.2, test, kind=3, **{"rpc.system": "grpc"})

    log = exported("har", run_folder.write())["log"]

    assert 1 == len(log["entries"])
    assert log["comment"].endswith(
        "; calls that are not HTTP are left out: 2 postgresql, 1 redis, 1 grpc"
    )


def test_calls_of_no_test(exported, run_folder) -> None:
    """
    Calls outside of all tests are on no page; a call around another is told once.
    """
    outer = run_folder.call("GET", "http://h/", 200, 0.0, 1.0, None, scope="other")
    run_folder.call("GET", "http://h/", 200, 0.1, 0.9, outer)

    document = exported("har", run_folder.write())

    check_har(document)
    (entry,) = document["log"]["entries"]
    assert "pageref" not in entry
    assert "0000000000000002" == entry["_spanId"]


def test_the_check_is_one(exported, failing_run) -> None:
    """
    An archive that lacks what HAR asks for is found by the check that others rely on.
    """
    text = json.dumps(exported("har", failing_run.write()))

    for broken in ('"queryString"', '"startedDateTime"', '"timings"', '"mimeType"'):
        with pytest.raises((AssertionError, KeyError)):
            check_har(json.loads(text.replace(broken, '"x"')))
