"""
A server on this machine that takes what it is sent, in a process of its own.
"""

from __future__ import annotations

import contextlib
import itertools
import subprocess
import sys

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


_ANSWER = b'{"id": %d, "name": "an item", "tags": ["a", "b"], "price": 12.5}'
_BIG = bytes(range(256)) * 20_480
_count = itertools.count()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Otherwise head and body leave in two packets, and the second waits.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        is_big = self.path == "/five-megabytes"
        answer = _BIG if is_big else _ANSWER % next(_count)
        kind = "application/octet-stream" if is_big else "application/json"
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET  # noqa: N815  # the base class's naming

    def log_message(self, *_: object) -> None:
        """
        Say nothing.
        """


@contextlib.contextmanager
def running() -> Iterator[str]:
    """
    Run the server; gives its URL.
    """
    with subprocess.Popen(
        [sys.executable, "-m", __name__], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    print(server.server_port, flush=True)
    server.serve_forever()
