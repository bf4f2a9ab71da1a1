"""
Tests in which no request may go out, or none gets there: doubles of HTTP, cassettes,
blocked and mocked sockets. An endpoint is set, and none of them sees a call to it.
"""

from __future__ import annotations

import threading

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(size)
        answer = b"%s %s %s" % (self.command.encode(), self.path.encode(), body)
        if self.path.startswith("/v1/"):
            self.server.delivered.append(self.path)  # type: ignore[attr-defined]
            answer = b""
        # No date and no version: two cassettes of the same requests are alike.
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Answer: yes\r\n")
        self.wfile.write(b"Content-Length: %d\r\n\r\n%s" % (len(answer), answer))

    do_POST = do_GET  # noqa: N815  # what it is called

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Any]:
    """
    A server that answers what it was asked, and takes OTLP.
    """
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as serving:
        thread = threading.Thread(target=serving.serve_forever, daemon=True)
        thread.start()
        serving.url = f"http://127.0.0.1:{serving.server_port}"  # type: ignore[attr-defined]
        serving.delivered = []  # type: ignore[attr-defined]
        yield serving
        serving.shutdown()


# The module that each needs, a plugin that it is, and what is done with it.
SUITES = {
    "responses": (
        "responses",
        "",
        """
        import requests, responses

        @responses.activate
        def test_calls():
            responses.get("http://api.test/a", json={"a": 1}, status=418)
            answer = requests.get("http://api.test/a", headers={"X-Mine": "1"})
            assert (answer.status_code, answer.json()) == (418, {"a": 1})
            assert len(responses.calls) == 1
            note(sorted(responses.calls[0].request.headers.items()))

        @responses.activate
        def test_what_is_not_registered():
            with pytest.raises(requests.ConnectionError) as caught:
                requests.get("http://api.test/b")
            note(caught.value)

        def test_all_must_be_asked():
            with responses.RequestsMock() as mocked:
                mocked.post("http://api.test/", body=OSError("down"))
                mocked.get("http://api.test/other")
                with pytest.raises(OSError):
                    requests.post("http://api.test/", data="x")

        @responses.activate(registry=responses.registries.OrderedRegistry)
        def test_order():
            responses.get("http://api.test/1")
            responses.get("http://api.test/2")
            note([requests.get(f"http://api.test/{n}").status_code for n in (1, 2)])
    """,
    ),
    "requests-mock": (
        "requests_mock",
        "requests_mock.contrib._pytest_plugin",
        """
        import requests, requests_mock

        def test_calls(requests_mock):
            requests_mock.get("http://api.test/a", text="a")
            assert requests.get("http://api.test/a").text == "a"
            assert requests_mock.call_count == 1
            note(sorted(requests_mock.last_request.headers.items()))

        def test_what_is_not_registered():
            with requests_mock.Mocker() as mocker:
                mocker.register_uri("GET", "http://api.test/", exc=OSError("down"))
                with pytest.raises(OSError, match="down"):
                    requests.get("http://api.test/")
                with pytest.raises(requests_mock.NoMockAddress) as caught:
                    requests.get("http://api.test/b")
                note((mocker.call_count, str(caught.value)))

        def test_adapter():
            session = requests.Session()
            adapter = requests_mock.Adapter()
            session.mount("mock://", adapter)
            adapter.register_uri("GET", "mock://api.test/", text="data")
            note((session.get("mock://api.test/").text, adapter.call_count))
    """,
    ),
    "respx": (
        "respx",
        "respx.plugin",
        """
        import asyncio, httpx, respx

        def test_calls(respx_mock):
            route = respx_mock.get("http://api.test/a") % 418
            assert httpx.get("http://api.test/a").status_code == 418
            assert route.call_count == len(respx_mock.calls) == 1
            note(sorted(route.calls[0].request.headers.items()))

        @respx.mock
        def test_async():
            async def get():
                async with httpx.AsyncClient() as client:
                    return await client.post("http://api.test/b", json={"a": 1})
            respx.post("http://api.test/b", json={"a": 1}).respond(json={"b": 2})
            assert asyncio.run(get()).json() == {"b": 2}
            note(sorted(respx.calls.last.request.headers.items()))

        def test_errors():
            with respx.mock(assert_all_called=False) as mocked:
                mocked.get("http://api.test/c").mock(side_effect=httpx.ConnectTimeout)
                with pytest.raises(httpx.ConnectTimeout):
                    httpx.get("http://api.test/c")
                with pytest.raises(AssertionError) as caught:
                    httpx.get("http://api.test/d")
                note(str(caught.value).partition(" at 0x")[0])

        def test_not_all_called():
            with respx.mock as mocked:
                mocked.get("http://api.test/e")

        def test_transport():
            seen = []
            def answer(request):
                seen.append(sorted(request.headers.items()))
                return httpx.Response(200, text="x")
            client = httpx.Client(transport=httpx.MockTransport(answer))
            assert client.get("http://api.test/").text == "x"
            note(seen)
    """,
    ),
    "mocks": (
        "requests",
        "",
        """
        import http.client, urllib.request
        import httpx, requests, urllib3
        from unittest import mock

        @mock.patch("requests.Session.send")
        def test_send(send):
            send.return_value.status_code = 299
            assert requests.get("http://api.test/").status_code == 299
            assert send.call_count == 1
            note(sorted(send.call_args.args[0].headers.items()))

        @mock.patch("requests.adapters.HTTPAdapter.send", autospec=True)
        def test_adapter(send):
            send.side_effect = requests.ConnectionError("no")
            with pytest.raises(requests.ConnectionError):
                requests.get("http://api.test/")
            note(sorted(send.call_args.args[1].headers.items()))

        @mock.patch("urllib3.connectionpool.HTTPConnectionPool.urlopen")
        def test_urlopen(urlopen):
            urlopen.side_effect = urllib3.exceptions.HTTPError("no")
            with pytest.raises(urllib3.exceptions.HTTPError):
                urllib3.PoolManager().request("GET", "http://api.test/a?b=c")
            note(urlopen.call_args)

        @mock.patch("urllib3.connectionpool.HTTPConnectionPool._make_request")
        def test_make_request(make_request):
            make_request.side_effect = OSError("no")
            with pytest.raises(Exception) as caught:
                urllib3.PoolManager(retries=0).request("GET", "http://api.test/a")
            note((type(caught.value), make_request.call_count))
            assert make_request.call_args.args[1:3] == ("GET", "/a")

        @mock.patch("urllib.request.urlopen")
        def test_urllib(urlopen):
            urlopen.return_value.read.return_value = b"read"
            assert urllib.request.urlopen("http://api.test/").read() == b"read"
            urlopen.assert_called_once_with("http://api.test/")

        @mock.patch("http.client.HTTPConnection")
        def test_class(kind):
            kind.return_value.getresponse.return_value.status = 299
            connection = http.client.HTTPConnection("api.test")
            connection.request("GET", "/")
            assert connection.getresponse().status == 299
            note(kind.mock_calls)

        @mock.patch("http.client.HTTPConnection.request")
        def test_method(request):
            http.client.HTTPConnection("api.test").request("GET", "/", headers={})
            note(request.mock_calls)

        @mock.patch("httpx.Client.send")
        def test_httpx(send):
            send.return_value = httpx.Response(299)
            assert httpx.get("http://api.test/").status_code == 299
            note(sorted(send.call_args.args[0].headers.items()))

        def test_env(monkeypatch):
            monkeypatch.delattr("requests.sessions.Session.request")
            with pytest.raises(AttributeError) as caught:
                requests.get("http://api.test/")
            note(caught.value)
    """,
    ),
    "sockets": (
        "requests",
        "",
        """
        import socket, urllib.request
        import httpx, requests
        from unittest import mock

        def raises(call, *arguments):
            with pytest.raises(Exception) as caught:
                call(*arguments)
            links, error = [], caught.value
            while error is not None:
                links.append((type(error), str(error).partition(" at 0x")[0]))
                error = error.__cause__ or error.__context__
            note(links)

        @pytest.mark.parametrize("name", ["socket", "create_connection", "getaddrinfo"])
        @pytest.mark.parametrize("get", [requests.get, httpx.get, urllib.request.urlopen])
        def test_raising(monkeypatch, name, get):
            def refuse(*_, **__):
                raise RuntimeError("no network in tests")
            monkeypatch.setattr(socket, name, refuse)
            raises(get, "http://api.test/")

        def test_left_behind():
            socket.getaddrinfo = mock.Mock(side_effect=socket.gaierror("mocked"))
            raises(requests.get, "http://api.test/")
            note(socket.getaddrinfo.call_count)

        def test_counted():
            raises(httpx.get, "http://api.test/")
            note(socket.getaddrinfo.call_count)
    """,
    ),
    "pytest-socket": (
        "pytest_socket",
        "pytest_socket",
        """
        import socket
        import httpx, pytest_socket, requests
        from otel_testkit import step

        def test_disabled(socket_disabled):
            with step("asks"), pytest.raises(pytest_socket.SocketBlockedError) as caught:
                requests.get("http://127.0.0.1:9/")
            note(caught.value)

        @pytest.mark.allow_hosts(["127.0.0.2"])
        def test_hosts():
            with pytest.raises(pytest_socket.SocketConnectBlockedError) as caught:
                httpx.get("http://127.0.0.1:9/")
            note(caught.value)

        def test_after():
            pytest_socket.disable_socket()
            with step("another"):
                pass

        def test_at_last(socket_enabled):
            with pytest.raises(requests.ConnectionError):
                requests.get("http://127.0.0.1:9/", timeout=5)
    """,
    ),
}


@pytest.mark.parametrize(
    "name",
    [
        name
        if name in ("responses", "respx", "pytest-socket")
        else pytest.param(name, marks=pytest.mark.matrix)
        for name in SUITES
    ],
)
def test_doubles(beside: Any, server: Any, name: str) -> None:
    """Each sees the calls of its test, with their own headers, and no other."""
    module, plugin, text = SUITES[name]
    pytest.importorskip(module, reason=f"{name} is not installed")
    text = "        import pytest\n        from ledger import note\n" + text

    done = beside(
        text,
        *(["-p", plugin] if plugin else []),
        *(["--disable-socket", "-W", "ignore"] if name == "pytest-socket" else []),
        OTEL_EXPORTER_OTLP_ENDPOINT=server.url,
    )

    assert len(done.attempts()) == len(done.told) - 1
    assert not any("/v1/" in span.name for span in done.run().spans())
    assert server.delivered


@pytest.mark.parametrize(
    "client",
    [
        "requests",
        pytest.param("urllib3", marks=pytest.mark.matrix),
        "httpx",
        pytest.param("http.client", marks=pytest.mark.matrix),
    ],
)
def test_cassettes(beside: Any, server: Any, tmp_path: Path, client: str) -> None:
    """vcrpy records the same cassette, byte for byte, and plays it."""
    pytest.importorskip("vcr", reason="vcrpy is not installed")
    calls = {
        "requests": "requests.post(url, data='x').text",
        "urllib3": "pooled(url)",
        "httpx": "httpx.post(url, content='x').text",
        "http.client": "by_hand(url)",
    }
    text = f"""
        import contextlib, http.client, os, urllib.parse
        import httpx, requests, urllib3, vcr
        from ledger import note

        def by_hand(url):
            connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc)
            with contextlib.closing(connection):
                connection.request("POST", "/path", "x", {{"X-Mine": "1"}})
                with connection.getresponse() as response:
                    return response.read()

        def pooled(url):
            with urllib3.PoolManager() as pool:
                return pool.request("POST", url, body="x").data

        def call(url="{server.url}/path"):
            return {calls[client]}

        def test_records():
            with vcr.use_cassette("cassette.yaml") as cassette:
                note(call())
                assert len(cassette) == 1

        def test_plays():
            with vcr.use_cassette("cassette.yaml", record_mode="none") as cassette:
                note(call())
                assert cassette.all_played

        def test_refuses():
            with vcr.use_cassette("cassette.yaml", record_mode="none"):
                try:
                    call("{server.url}/other")
                except Exception as error:
                    note(type(error))

        def test_cassette():
            with open("cassette.yaml") as file:
                note(file.read())
            os.remove("cassette.yaml")
    """

    done = beside(text, OTEL_EXPORTER_OTLP_ENDPOINT=server.url)

    assert done.code == 0, done.out
    assert len(done.attempts()) == 4
    assert server.delivered
