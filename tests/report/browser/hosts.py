"""
Where people open a report, besides their disk: servers that hold back what they serve.
"""

from __future__ import annotations

import contextlib
import functools
import threading

from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


# As these send them, by default, with what an artifact of theirs is.
POLICIES = {
    "plain": "",
    "jenkins": "sandbox; default-src 'none'; img-src 'self'; style-src 'self';",
    "argo": "sandbox; base-uri 'none'; default-src 'none'; img-src 'self'; "
    "style-src 'self' 'unsafe-inline'",
    "gitea": "connect-src 'none'; sandbox allow-scripts",
    "sandboxed": "sandbox allow-scripts",
}


@dataclass(frozen=True, slots=True)
class Host:
    """
    Serves the files of a folder, each under the name of every policy, and knows what
    it was *asked* for.
    """

    url: str
    folder: Path
    asked: list[str] = field(default_factory=list)

    def place(self, policy: str, file: Path) -> str:
        return f"{self.url}/{policy}/{file.relative_to(self.folder).as_posix()}"


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Host]:
    """
    A host of *folder*, on the loopback.
    """
    asked: list[str] = []
    handler = functools.partial(_Handler, directory=str(folder), asked=asked)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield Host(f"http://127.0.0.1:{server.server_port}", folder, asked)
        finally:
            server.shutdown()
            thread.join()


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, *given: Any, asked: list[str], **named: Any) -> None:
        self._asked = asked
        self._policy = ""
        super().__init__(*given, **named)

    def do_GET(self) -> None:
        if "favicon" not in self.path:
            self._asked.append(self.path)
        policy, _, path = self.path.lstrip("/").partition("/")
        self._policy = POLICIES.get(policy, "")
        self.path = f"/{path}"
        super().do_GET()

    def end_headers(self) -> None:
        if self._policy:
            self.send_header("Content-Security-Policy", self._policy)
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        pass
