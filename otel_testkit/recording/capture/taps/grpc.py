"""
The tap on gRPC, sync and asyncio: each remote procedure that is called.

OpenTelemetry's instrumentation hides streams in generators, which have no status
and cannot be cancelled, drops repeated metadata, and can't be told which provider
to use. So calls are watched where they are made, and stay the objects they are.
"""

from __future__ import annotations

import sys

from typing import Any, Final
from urllib.parse import urlsplit

from otel_testkit import semconv
from otel_testkit.errors import never_raises
from otel_testkit.recording.capture.outgoing import Outgoing, begin
from otel_testkit.recording.capture.patch import Patches


_BLOCKING: Final = ("_UnaryUnaryMultiCallable", "_StreamUnaryMultiCallable")
_STREAMING: Final = (
    "_SingleThreadedUnaryStreamMultiCallable",
    "_StreamStreamMultiCallable",
    "_UnaryStreamMultiCallable",
)
_ASYNC: Final = (
    "StreamStreamCall",
    "StreamUnaryCall",
    "UnaryStreamCall",
    "UnaryUnaryCall",
)
# Where a call's arguments stand, in all versions.
_METADATA: Final = 2
_ASYNC_METHOD: Final = 6
_KEY: Final = "traceparent"
_AIO_METADATA: Final = "grpc.aio._metadata"

_patches: Final = Patches()


@never_raises("capture", "calls through gRPC are not recorded")
def set_on(module: Any) -> None:
    """
    Tap `grpc._channel` or `grpc.aio._call`.
    """
    name = module.__name__
    if name == "grpc.aio._call":
        for owner in _ASYNC:
            _patches.wrap(name, getattr(module, owner, None), "__init__", _init)
        return

    for owner in _BLOCKING:
        kind = getattr(module, owner, None)
        _patches.wrap(name, kind, "__call__", _blocking)
        _patches.wrap(name, kind, "with_call", _blocking)
        _patches.wrap(name, kind, "future", _pending)
    for owner in _STREAMING:
        _patches.wrap(name, getattr(module, owner, None), "__call__", _pending)


def remove(module: str) -> None:
    _patches.remove(module)


def _blocking(wrapped: Any, procedure: Any, args: Any, kwargs: Any) -> Any:
    __tracebackhide__ = True

    return _call(wrapped, procedure, args, kwargs, _answered)


def _pending(wrapped: Any, procedure: Any, args: Any, kwargs: Any) -> Any:
    __tracebackhide__ = True

    return _call(wrapped, procedure, args, kwargs, _watch)


def _call(wrapped: Any, procedure: Any, args: Any, kwargs: Any, note: Any) -> Any:
    __tracebackhide__ = True
    call = _begin(procedure)
    if call is None:
        return wrapped(*args, **kwargs)

    args, kwargs = _sent(call, args, kwargs) or (args, kwargs)
    try:
        answer = wrapped(*args, **kwargs)
    except BaseException as error:
        _failed(call, error)
        raise

    note(call, answer)

    return answer


@never_raises("capture", "the end of a call through gRPC was not recorded")
def _answered(call: Outgoing, _: Any) -> None:
    call.complete(_status("OK"))


def _init(wrapped: Any, made: Any, args: Any, kwargs: Any) -> None:
    __tracebackhide__ = True
    call = _begin_async(args)
    if call is None:
        wrapped(*args, **kwargs)
        return

    args, kwargs = _sent(call, args, kwargs) or (args, kwargs)
    try:
        wrapped(*args, **kwargs)
    except BaseException as error:
        _failed(call, error)
        raise

    _watch_async(call, made)


@never_raises("capture", "a call through gRPC was not recorded")
def _begin(procedure: Any) -> Outgoing | None:
    # Older versions do not keep it.
    target = getattr(procedure, "_target", b"").decode()

    return _begun(procedure._method, _place(target))  # noqa: SLF001  # no other name


@never_raises("capture", "a call through gRPC was not recorded")
def _begin_async(args: Any) -> Outgoing | None:
    if len(args) <= _ASYNC_METHOD:
        return None

    # Its channel does not say where it leads to.
    return _begun(args[_ASYNC_METHOD], ("", None))


def _begun(method: Any, place: tuple[str, int | None]) -> Outgoing | None:
    path = method.decode() if isinstance(method, bytes) else method
    procedure = path.removeprefix("/")
    attributes = {semconv.RPC_SYSTEM_NAME: "grpc", semconv.RPC_METHOD: procedure}

    return begin(procedure, place, path, attributes)


def _place(target: str) -> tuple[str, int | None]:
    """
    Give host and port of *target*, as in `dns:///localhost:50051`.
    """
    scheme, colon, rest = target.partition(":")
    if colon and scheme in ("unix", "unix-abstract"):
        return rest, None

    address = target.rpartition("/")[2]
    for scheme in ("dns:", "ipv4:", "ipv6:"):
        address = address.removeprefix(scheme)
    split = urlsplit(f"//{address}")

    return split.hostname or "", split.port


@never_raises("capture", "a call through gRPC was not recorded in full")
def _sent(call: Outgoing, args: Any, kwargs: Any) -> tuple[Any, Any] | None:
    """
    Give *args* and *kwargs* with the `traceparent` among the metadata; None where
    they have to stay as they are.
    """
    is_placed = len(args) > _METADATA
    metadata = args[_METADATA] if is_placed else kwargs.get("metadata")
    if not call.may_propagate or not _is_readable(metadata):
        return None

    entries = tuple(metadata or ())
    if any(entry[0] == _KEY for entry in entries):
        return None

    more = (*entries, (_KEY, call.traceparent))
    if is_placed:
        return (*args[:_METADATA], more, *args[_METADATA + 1 :]), kwargs

    return args, {**kwargs, "metadata": more}


def _is_readable(metadata: Any) -> bool:
    """
    Whether *metadata* can be read again after us.
    """
    kind = type(metadata)

    return metadata is None or kind in (tuple, list) or kind.__module__ == _AIO_METADATA


@never_raises("capture", "the failure of a call through gRPC was not recorded")
def _failed(call: Outgoing, error: BaseException) -> None:
    if isinstance(error, sys.modules["grpc"].Call):
        # Its text has pages of what gRPC did.
        _ended(call, error.code(), error.details())
    else:
        call.failed(error)


@never_raises("capture", "the end of a call through gRPC was not recorded")
def _watch(call: Outgoing, answer: Any) -> None:
    # Not the answer itself: who drops that cancels the call, at that moment.
    state = answer._state  # noqa: SLF001  # no other name

    def ended() -> None:
        _ended(call, state.code, state.details)

    if not answer.add_callback(ended):
        ended()


@never_raises("capture", "the end of a call through gRPC was not recorded")
def _watch_async(call: Outgoing, made: Any) -> None:
    # As above.
    under_way = made._cython_call  # noqa: SLF001  # no other name
    codes = sys.modules["grpc._common"].CYGRPC_STATUS_CODE_TO_STATUS_CODE

    def ended() -> None:
        status = _done(under_way.status())
        _ended(call, codes.get(status.code()), status.details())

    under_way.add_done_callback(ended)


@never_raises("capture", "the end of a call through gRPC was not recorded")
def _done(coroutine: Any) -> Any:
    """
    Give what *coroutine* returns, which waits for nothing any more.
    """
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value

    coroutine.close()

    return None


@never_raises("capture", "the end of a call through gRPC was not recorded")
def _ended(call: Outgoing, code: Any, details: Any) -> None:
    name = getattr(code, "name", "")
    if name == "OK" or not name:
        call.complete(_status(name) if name else {})
        return

    if isinstance(details, bytes):
        details = details.decode("utf-8", "replace")
    call.complete(_status(name), details or name)


def _status(name: str) -> dict[str, str]:
    told = {semconv.RPC_RESPONSE_STATUS_CODE: name}

    return told if name == "OK" else told | {semconv.ERROR_TYPE: name}
