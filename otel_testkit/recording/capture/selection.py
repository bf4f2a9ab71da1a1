"""
What the settings say of a call: whether it is recorded, and what its host is
called. An exporter's never is.
"""

from __future__ import annotations

import fnmatch
import functools
import re

from typing import Final

from opentelemetry import context as context_api

from otel_testkit.settings import Settings


# What exporters set around their own traffic; the API has no public name for it.
_SUPPRESSED: Final = getattr(context_api, "_SUPPRESS_INSTRUMENTATION_KEY", "")


def is_suppressed() -> bool:
    """
    Tell if what happens here is some exporter's doing.
    """
    context = context_api.get_current()

    return bool(context.get(_SUPPRESSED) or context.get("suppress_instrumentation"))


def is_wanted(settings: Settings, host: str, port: int | None, target: str) -> bool:
    """
    Tell if the settings want calls of *target* at *host* recorded.
    """
    include, exclude = settings.capture_include, settings.capture_exclude
    if not include and not exclude:
        return True

    path = target.partition("?")[0]
    if "://" in path:
        # Through a proxy: what it is asked for.
        path = "/" + path.partition("://")[2].partition("/")[2]
    place = f"{f'[{host}]' if ':' in host else host}:{port or ''}{path}"

    return (not include or _matcher(include).match(place) is not None) and (
        not exclude or _matcher(exclude).match(place) is None
    )


def peer_name(settings: Settings, host: str, port: int | None) -> str:
    """
    Give the name that the settings have for *host*; "" where they have none.
    """
    peers = settings.peers

    return (peers and (peers.get(f"{host}:{port}") or peers.get(host))) or ""


@functools.lru_cache(maxsize=8)
def _matcher(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(_expression, patterns)), re.IGNORECASE)


def _expression(pattern: str) -> str:
    host, slash, path = pattern.partition("/")
    has_port = ":" in host.rpartition("]")[2]
    expression = fnmatch.translate(host.replace("[", "[[]"))
    expression = expression.removesuffix(r"\Z").removesuffix(r"\z")
    if not has_port:
        expression += r":\d*"
    wanted = fnmatch.translate(slash + path) if slash else r"(?:/.*)?\Z"

    return f"(?:{expression}{wanted})"
