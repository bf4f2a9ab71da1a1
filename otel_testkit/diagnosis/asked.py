"""
What a call asks for, named alike in every run: services get their ports anew, and
things their ids.
"""

from __future__ import annotations

import re

from functools import lru_cache
from typing import Final

from otel_testkit.trace.model import Call
from otel_testkit.trace.naming import template


Asked = tuple[str, str, str]
"""
Method, peer, and the path's template.
"""

# From here on, operating systems give ports to those who ask for any.
_FIRST_FREE_PORT: Final = 32_768
_PORT: Final = re.compile(r"(.+)(:\d{1,5})", re.ASCII)
_ADDRESS: Final = re.compile(r"\d+(\.\d+){3}")


def asked(call: Call) -> Asked:
    """
    Tell what *call* asks for.
    """
    return call.method, steady_peer(call.peer), call.template


@lru_cache(maxsize=4096)
def steady_peer(peer: str) -> str:
    """
    Name *peer* as it is named in each run, `127.0.0.1:{}`.
    """
    found = _PORT.fullmatch(peer)
    host, port = found.groups() if found else (peer, "")
    if port and int(port[1:]) >= _FIRST_FREE_PORT:
        port = ":{}"
    if _ADDRESS.fullmatch(host):
        host = host if host.startswith("127.") else "{}"
    else:
        host = template(host)

    return host + port
