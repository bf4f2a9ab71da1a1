"""
The promise that a test sees the same bytes, and a server as well: sending,
failing, and being sent elsewhere.
"""

from __future__ import annotations

import array
import io

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import urllib3

from urllib3.util.retry import Retry


TEXT = b'{"items": [1, 2, 3]}' * 99
BIG = bytes(range(256)) * 400
RETRY = Retry(total=2, backoff_factor=0, status_forcelist=[503], allowed_methods=None)
SCENARIOS: list[Callable[..., Any]] = []


def scenario(function: Callable[..., Any]) -> Callable[..., Any]:
    SCENARIOS.append(function)

    return function


def _generated() -> Iterator[bytes]:
    yield b"one"
    yield b""
    yield b"two"


@scenario
def generator_upload(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    return s.seen(s.session.post(s.url, data=_generated()))


@scenario
def generator_that_raises(s):
    def broken() -> Iterator[bytes]:
        yield b"one"
        raise KeyError("mine")

    s.server.script("/", s.wire.reply(200, b"ok"))
    return s.session.post(s.url, data=broken())


@scenario
def generator_of_urllib3(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    return s.raw(s.pool.request("PUT", s.url, body=_generated(), chunked=True))


@scenario
def list_upload(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    body = [b"one", b"two"]
    return s.raw(
        s.pool.request("PUT", s.url, body=body, headers={"Content-Length": "6"})
    ), body


@scenario
def list_upload_that_is_resent(s):
    s.server.script("/", s.wire.reply(503, b"no"))
    s.server.script("/", s.wire.reply(200, b"ok"))
    body = [b"one", b"two"]
    return s.raw(s.pool.request("PUT", s.url, body=body, chunked=True, retries=RETRY))


@scenario
def array_upload(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    bodies = (array.array("i", [1, 2, 3]), memoryview(b"view"), bytearray(b"array"))
    return [s.raw(s.pool.request("PUT", s.url, body=body)) for body in bodies]


@scenario
def items_of_a_wrong_type(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    return s.pool.request("PUT", s.url, body=[b"a", 5], chunked=True)


@scenario
def a_body_of_no_type(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    return s.pool.request("PUT", s.url, body=5)


@scenario
def file_upload(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    file = io.BytesIO(BIG[:100_000])
    return s.seen(s.session.put(s.url, data=file)), file.tell(), file.closed


@scenario
def file_upload_that_is_resent(s):
    s.server.script("/", s.wire.reply(503, b"no"))
    s.server.script("/", s.wire.reply(200, b"ok"))
    file = io.BytesIO(b"0123456789")
    file.seek(3)
    return s.seen(s.retrying.put(s.url, data=file)), file.tell()


@scenario
def text_file_upload(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    file = io.StringIO("grün")
    return s.raw(s.pool.request("PUT", s.url, body=file, chunked=True)), file.tell()


@scenario
def multipart_upload(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    form = {"field": "value", "file": ("a.bin", b"\x00\xff")}
    body, kind = urllib3.encode_multipart_formdata(form, boundary="b")
    return s.raw(
        s.pool.request("POST", s.url, body=body, headers={"Content-Type": kind})
    )


@scenario
def text_and_form_upload(s):
    s.server.script("/", s.wire.reply(200, b"ok"))
    return (
        s.seen(s.session.post(s.url, data="grün".encode())),
        s.seen(s.session.post(s.url, data={"a": "ü b"})),
        s.raw(s.pool.request("POST", s.url, body="plain")),
    )


@scenario
def header_order_and_kinds(s):
    s.server.script("/", s.wire.reply(200, b"ok", "X-Two: a", "X-Two: b"))
    headers = {"Z-First": "1", "accept": "x", b"X-Bytes": b"\xe9", "A-Last": "2"}
    first = s.seen(s.session.get(s.url, headers=headers))
    return (
        first,
        headers,
        s.raw(s.pool.request("GET", s.url, headers={"Z": "1", "A": "2"})),
    )


@scenario
def dropped_in_the_head(s):
    s.server.script("/", b"HTTP/1.1 200 OK\r\nContent-", s.wire.RESET)
    return s.session.get(s.url)


@scenario
def dropped_before_the_head(s):
    s.server.script("/", s.wire.CLOSE)
    return s.session.get(s.url)


@scenario
def dropped_in_the_body(s):
    s.server.script(
        "/", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", s.wire.CLOSE
    )
    response = s.session.get(s.url, stream=True)
    return list(response.iter_content(2))


@scenario
def dropped_in_a_preloaded_body(s):
    s.server.script(
        "/", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", s.wire.CLOSE
    )
    return s.pool.request("GET", s.url)


@scenario
def dropped_between_chunks(s):
    opening = s.wire.reply(200, s.wire.chunk(b"one"), s.wire.CHUNKED, length=False)
    s.server.script("/", opening, s.wire.CLOSE)
    return s.session.get(s.url).content


@scenario
def timeout_before_the_head(s):
    s.server.script("/", s.wire.HANG)
    return s.session.get(s.url, timeout=0.03)


@scenario
def timeout_in_the_body(s):
    s.server.script(
        "/", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", s.wire.HANG
    )
    response = s.session.get(s.url, timeout=0.03, stream=True)
    first = response.raw.read(4)
    return first, response.raw.read(4)


@scenario
def refused(s):
    return s.session.get("http://127.0.0.1:1/")


@scenario
def redirects(s):
    s.server.script("/", s.wire.reply(302, b"gone", "Location: /next"))
    s.server.script("/next", s.wire.reply(200, b"here"))
    return s.seen(s.session.get(s.url)), s.raw(s.pool.request("GET", s.url))


@scenario
def redirect_of_a_post(s):
    s.server.script("/", s.wire.reply(303, b"gone", "Location: /next"))
    s.server.script("/next", s.wire.reply(200, b"here"))
    return s.seen(s.session.post(s.url, data=b"x")), s.raw(
        s.pool.request("POST", s.url, body=b"x")
    )


@scenario
def too_many_redirects(s):
    s.server.script("/", s.wire.reply(302, b"round", "Location: /"))
    s.session.max_redirects = 2
    return s.session.get(s.url)


@scenario
def retried(s):
    s.server.script("/", s.wire.reply(503, TEXT))
    s.server.script("/", s.wire.reply(200, b"fine"))
    response = s.retrying.get(s.url)
    return s.seen(response), [
        (each.status, each.url) for each in response.raw.retries.history
    ]


@scenario
def retried_in_vain(s):
    s.server.script("/", s.wire.reply(503, b"no"))
    return s.retrying.get(s.url)


@scenario
def retried_after_a_broken_answer(s):
    s.server.script(
        "/", b"HTTP/1.1 503 No\r\nContent-Length: 9\r\n\r\nhalf", s.wire.CLOSE
    )
    s.server.script("/", s.wire.reply(200, b"fine"))
    return s.seen(s.retrying.get(s.url))


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("play", SCENARIOS, ids=lambda play: play.__name__)
@pytest.mark.parametrize("propagate", [True, False], ids=["propagate", "silent"])
def test_the_same_bytes(same_bytes, urllib3_clients, play, propagate) -> None:
    """
    Caller and server see the same with the taps off and on.
    """
    same_bytes(play, urllib3_clients, propagate=propagate)
