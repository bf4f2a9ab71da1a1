"""
The tap on the transports of Elasticsearch and OpenSearch: what their calls mean.

The calls on the wire, which another tap has seen, are told the operation and the
index that they are for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from otel_testkit import semconv
from otel_testkit.errors import never_raises
from otel_testkit.masking import Masker
from otel_testkit.recording.capture.exchange import Exchange, on_begin
from otel_testkit.recording.capture.patch import Ending, Patches
from otel_testkit.recording.span import current_test


# By these Elastic's cloud tells who answered.
_CLOUD: Final = {
    "x-found-handling-cluster": semconv.DB_NAMESPACE,
    "x-found-handling-instance": semconv.ELASTICSEARCH_NODE_NAME,
}
# Of each module: the class that sends requests.
_TRANSPORTS: Final = {
    "elastic_transport._transport": "Transport",
    "elastic_transport._async_transport": "AsyncTransport",
    "opensearchpy.transport": "Transport",
    "opensearchpy._async.transport": "AsyncTransport",
}

_patches: Final = Patches()


def set_on(module: Any) -> None:
    """
    Tap the transport in *module*.
    """
    name = module.__name__
    owner = getattr(module, _TRANSPORTS[name], None)
    system = "opensearch" if name.startswith("opensearch") else "elasticsearch"

    @never_raises("capture", "what a search call means was not recorded")
    def request_begins(_transport: Any, args: Any, kwargs: Any) -> Ending | None:
        recording = current_test().recording
        if recording is None:
            return None

        target = args[1] if len(args) > 1 else kwargs.get("target", kwargs.get("url"))
        return _begun(
            {
                semconv.DB_SYSTEM_NAME: system,
                **_meaning(recording.masker, str(target), kwargs),
            },
            recording.masker,
        )

    @never_raises("capture", "what a search call means was not recorded")
    def sniffing_begins(_transport: Any, _args: Any, _kwargs: Any) -> Ending | None:
        # Within a request, but for no index.
        recording = current_test().recording
        if recording is None:
            return None

        return _begun({semconv.DB_SYSTEM_NAME: system}, recording.masker)

    _patches.surround(name, owner, "perform_request", request_begins)
    _patches.surround(name, owner, "sniff_hosts", sniffing_begins)


def remove(module: str) -> None:
    _patches.remove(module)


def _begun(meaning: Mapping[str, Any], masker: Masker) -> Ending:
    outer = on_begin.get()
    request = _Request(meaning, masker)
    on_begin.set(request.begins_call)

    def ends(result: Any, error: BaseException | None) -> None:
        on_begin.set(outer)
        request.ends(error if result is None else result)

    return ends


class _Request:
    """
    What a transport was asked for, and the latest call that it made for that.
    """

    __slots__ = ("_is_over", "_latest", "_masker", "_meaning")

    def __init__(self, meaning: Mapping[str, Any], masker: Masker) -> None:
        self._meaning = meaning
        self._masker = masker
        self._latest: Exchange | None = None
        self._is_over = False

    @never_raises("capture", "what a search call means was not recorded")
    def begins_call(self, call: Exchange) -> None:
        """
        Take notice of a *call* on the wire, to be written with its meaning.
        """
        if self._is_over:
            # Of a task that was begun within.
            return

        before, self._latest = self._latest, call
        if before is not None:
            before.release()
        call.annotate(self._meaning)
        call.hold()

    @never_raises("capture", "what a search call means was not recorded")
    def ends(self, answer: Any) -> None:
        """
        Tell the latest call who gave the *answer*, a response or an exception.
        """
        self._is_over = True
        if self._latest is None:
            return

        try:
            self._latest.annotate(_answering(self._masker, answer))
        finally:
            self._latest.release()


def _meaning(masker: Masker, target: str, told: Mapping[str, Any]) -> dict[str, str]:
    # The one of the client's own OpenTelemetry span, recorded or not.
    operation = getattr(told.get("otel_span"), "endpoint_id", None)
    meaning = {semconv.DB_OPERATION_NAME: operation} if operation else {}

    index = unquote(target.lstrip("/").partition("?")[0].partition("/")[0])
    if index and not index.startswith("_"):
        meaning[semconv.DB_COLLECTION_NAME] = masker.text(index)

    return meaning


def _answering(masker: Masker, answer: Any) -> dict[str, str]:
    headers = getattr(getattr(answer, "meta", None), "headers", None) or {}

    return {
        attribute: masker.text(headers[name])
        for name, attribute in _CLOUD.items()
        if name in headers
    }
