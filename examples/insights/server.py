"""
What the example's servers share: JSON over HTTP, in a process of their own.

A server tells its parent the port by one line on stdout, and lives as long as its
stdin is open: so nobody has to guess a free port, and however the parent ends, Ctrl-C
and SIGKILL included, no server is left behind.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from insights.weather import Weather


class JSONHandler(BaseHTTPRequestHandler):
    """
    Answers requests in JSON, keeps connections open, and logs nothing.
    """

    protocol_version = "HTTP/1.1"
    content_type = "application/json"
    # Headers and body leave in two writes: with Nagle's algorithm on, the body would
    # wait 40 ms for the acknowledgement of the headers.
    disable_nagle_algorithm = True
    weather: ClassVar[Weather] = Weather()

    def answer(
        self, status: int, body: object = None, headers: dict[str, str] | None = None
    ) -> None:
        """
        Send *body* as JSON, or nothing if it is None.
        """
        payload = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        if body is not None:
            self.send_header("Content-Type", self.content_type)
        if status != 204:
            self.send_header("Content-Length", str(len(payload)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)

    def body(self) -> bytes:
        """
        Read the request's body.
        """
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def json(self) -> dict[str, Any]:
        """
        Read the request's body as a JSON object.
        """
        return json.loads(self.body() or b"{}")  # type: ignore[no-any-return]

    def handle_seed(self) -> bool:
        """
        Start the seeded weather anew, if this is the request to do so.
        """
        if (self.command, self.path) != ("POST", "/_seed"):
            return False

        self.weather.start(self.json()["seed"])
        self.answer(204)
        return True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name
        """
        Say nothing: the terminal belongs to the tests.
        """


def serve(handler: type[JSONHandler]) -> None:
    """
    Serve on a free loopback port until the parent closes our stdin.
    """
    # Ctrl-C reaches the whole group; the parent still needs us for its teardown.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
    os._exit(0)
