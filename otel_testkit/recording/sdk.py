"""
The SDK, imported so that nothing in the environment can stop a test run.

The SDK reads its limits at import and raises for one that is no number; it
draws ids from the `random` that tests seed and mock.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading


# The C class: a test may seed, mock or count the calls of `random` itself.
from _random import Random
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from otel_testkit.errors import trouble


@contextlib.contextmanager
def _numbers_of_the_environment_checked() -> Iterator[None]:
    bad = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("OTEL_")
        # Read by who sends, who also says what is wrong with them.
        and not name.startswith("OTEL_EXPORTER_")
        and name.endswith(("_LIMIT", "_SIZE", "_DELAY", "_TIMEOUT"))
        and value.strip()
        and not value.strip().isdecimal()
    }
    for name in bad:
        del os.environ[name]
    # Old ones quote what they cannot read of OTEL_RESOURCE_ATTRIBUTES.
    quoting = logging.getLogger("opentelemetry.sdk.resources")
    was_disabled, quoting.disabled = quoting.disabled, True

    try:
        yield
    finally:
        quoting.disabled = was_disabled
        os.environ.update(bad)

    if bad:
        names = ", ".join(sorted(bad))
        trouble("environment", f"{names}: not a whole number, left unread")


with _numbers_of_the_environment_checked():
    from opentelemetry.sdk import trace as sdk_trace
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import (
        Event,
        ReadableSpan,
        Span,
        SpanLimits,
        SpanProcessor,
        Tracer,
        TracerProvider,
    )
    from opentelemetry.sdk.trace.id_generator import IdGenerator
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON


__all__ = [
    "ALWAYS_ON",
    "NO_LIMITS",
    "Event",
    "Ids",
    "OwnProvider",
    "ReadableSpan",
    "Resource",
    "Span",
    "SpanProcessor",
    "Tracer",
    "TracerProvider",
    "add_attributes",
    "sdk_trace",
]

NO_LIMITS: Final = SpanLimits(
    max_attributes=SpanLimits.UNSET,
    max_events=SpanLimits.UNSET,
    max_links=SpanLimits.UNSET,
    max_span_attributes=SpanLimits.UNSET,
    max_event_attributes=SpanLimits.UNSET,
    max_link_attributes=SpanLimits.UNSET,
    max_attribute_length=SpanLimits.UNSET,
    max_span_attribute_length=SpanLimits.UNSET,
)


def add_attributes(span: Span, attributes: Mapping[str, Any]) -> None:
    """
    Add *attributes* that are texts, numbers, truths or tuples of them, and that
    the SDK would therefore clean in vain, at a microsecond each.
    """
    try:
        kept: Any = span._attributes._dict  # type: ignore[union-attr]  # noqa: SLF001  # or else, as follows
    except AttributeError:
        span.set_attributes(attributes)
    else:
        kept.update(attributes)


class OwnProvider(TracerProvider):
    """
    The SDK's provider, which leaves forked children alone, and whose spans are
    switched off by our settings only.
    """

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        # What `OTEL_SDK_DISABLED` says may be undone by another `configure()`.
        self._disabled = False

    def _handle_fork(self) -> None:
        # The SDK would detect the resource anew, in threads: where their module
        # was imported after the provider was made, the child hangs for good.
        self._tracers_lock = threading.Lock()


class Ids(IdGenerator):
    """
    Random ids out of a generator that nobody else draws from.
    """

    def __init__(self) -> None:
        self._urandom = os.urandom
        self.reseed()

    def reseed(self) -> None:
        """
        Start anew: a forked child would otherwise repeat its parent's ids.
        """
        self.bits: Callable[[int], int] = Random(
            int.from_bytes(self._urandom(16))
        ).getrandbits

    def generate_span_id(self) -> int:
        return self.bits(64) or 1

    def generate_trace_id(self) -> int:
        return self.bits(128) or 1
