"""
Switches on OpenTelemetry's own instrumentations of databases, where the user has
them installed: none is required, and none that the program switches on itself is
touched.

Each is switched on as an object of its own, beside the one that the program gets.
Its tracer is ours, and makes spans only where a test wants them.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import types
import warnings

from collections.abc import Iterator
from typing import Any, Final

from opentelemetry import context as context_api, trace

from otel_testkit.errors import never_raises
from otel_testkit.recording.capture.call import taken_place
from otel_testkit.recording.capture.outgoing import note_failure
from otel_testkit.recording.capture.patch import Patches
from otel_testkit.recording.clock import now
from otel_testkit.recording.provider import Recording


# Of each module that is waited for: the instrumentation's name, and its class.
_INSTRUMENTORS: Final = {
    "MySQLdb": ("mysqlclient", "MySQLClientInstrumentor"),
    "asyncpg": ("asyncpg", "AsyncPGInstrumentor"),
    "cassandra.cluster": ("cassandra", "CassandraInstrumentor"),
    "mysql.connector": ("mysql", "MySQLInstrumentor"),
    "psycopg": ("psycopg", "PsycopgInstrumentor"),
    "psycopg2": ("psycopg2", "Psycopg2Instrumentor"),
    "pymemcache": ("pymemcache", "PymemcacheInstrumentor"),
    "pymongo": ("pymongo", "PymongoInstrumentor"),
    "pymysql": ("pymysql", "PyMySQLInstrumentor"),
    "redis": ("redis", "RedisInstrumentor"),
}
_PACKAGE: Final = "opentelemetry.instrumentation"

_patches: Final = Patches()
_on: Final[dict[str, _SwitchedOn]] = {}


@never_raises("capture", "what a library does is not recorded")
def set_on(module: Any) -> None:
    """
    Switch on the instrumentation of *module*, if there is one.
    """
    name = module.__name__
    if name in _on:
        _on[name].provider.is_on = True
        return

    package, kind_name = _INSTRUMENTORS[name]
    path = f"{_PACKAGE}.{package}"
    if not _is_installed(path):
        return

    with warnings.catch_warnings():
        # What it says to those who switch it on is not for the test's user.
        warnings.simplefilter("ignore")
        kind = getattr(importlib.import_module(path), kind_name, None)
        # None while the program imports it, in order to switch it on.
        if kind is not None and not _is_switched_on(kind):
            _switch_on(module, kind)


@never_raises("capture", "an instrumentation was not switched off")
def remove(module: str) -> None:
    """
    Switch off what was switched on for *module*.
    """
    on = _on.get(module)
    if on is None:
        return

    on.provider.is_on = False
    if _is_switched_on(on.kind):
        # The program's lies around ours, and would be taken off in its place.
        return

    del _on[module]
    on.instrumentor.uninstrument()
    for owner, connect in on.connects:
        if type(vars(owner)["connect"]) is types.MethodType:
            # Bound to *owner*: subclasses of it could not connect any more.
            owner.connect = connect
    if not _on:
        _patches.remove(_PACKAGE)


class _SwitchedOn:
    """
    An instrumentation that is on for us, and class methods that it has wrapped.
    """

    __slots__ = ("connects", "instrumentor", "kind", "provider")

    def __init__(self, kind: Any, provider: _Provider, module: Any) -> None:
        self.kind = kind
        self.provider = provider
        # Beside the only one that calling the class would give.
        self.instrumentor: Any = object.__new__(kind)
        self.instrumentor.__init__()
        self.connects: list[tuple[Any, Any]] = [
            (owner, vars(owner)["connect"])
            for name in ("Connection", "AsyncConnection")
            if isinstance(owner := getattr(module, name, None), type)
            and "connect" in vars(owner)
        ]


def _switch_on(module: Any, kind: Any) -> None:
    # Loaded by the instrumentation.
    from opentelemetry.instrumentation.dependencies import (  # noqa: PLC0415
        get_dependency_conflicts,
    )
    from opentelemetry.metrics import NoOpMeterProvider  # noqa: PLC0415

    on = _SwitchedOn(kind, _Provider(kind), module)
    if get_dependency_conflicts(on.instrumentor.instrumentation_dependencies()):
        # Asked, it would log that; and nothing of the test's went wrong.
        return

    on.instrumentor.instrument(
        tracer_provider=on.provider,
        # The program's own metrics count what the program measures.
        meter_provider=NoOpMeterProvider(),
        skip_dep_check=True,
    )
    _on[module.__name__] = on
    _guard_naming()


def _guard_naming() -> None:
    """
    Keep the common part of the SQL instrumentations from raising for a statement
    without a word in it.
    """
    if importlib.util.find_spec(f"{_PACKAGE}.dbapi") is not None:
        dbapi = importlib.import_module(f"{_PACKAGE}.dbapi")
        _patches.wrap(
            _PACKAGE, dbapi.CursorTracer, "get_operation_name", _operation_name
        )


def _operation_name(wrapped: Any, tracer: Any, args: Any, kwargs: Any) -> Any:
    try:
        return wrapped(*args, **kwargs)
    except IndexError:
        api = getattr(tracer, "_db_api_integration", None)
        if type(getattr(api, "_tracer", None)) is _Tracer:
            return ""
        raise


def _is_installed(path: str) -> bool:
    try:
        return importlib.util.find_spec(path) is not None
    except (ImportError, ValueError):
        # Not even the package that they all are in; or a stand-in of somebody's.
        return False


def _is_switched_on(kind: Any) -> bool:
    """
    Whether the program has switched on the instrumentation *kind*.
    """
    theirs = kind._instance  # noqa: SLF001  # calling the class would make one

    return theirs is not None and theirs.is_instrumented_by_opentelemetry


class _Provider(trace.TracerProvider):
    """
    Makes spans of the instrumentation *kind*, for as long as nobody else does.
    """

    def __init__(self, kind: Any) -> None:
        self.is_on: bool = True
        self._kind = kind

    def get_tracer(self, *args: Any, **kwargs: Any) -> trace.Tracer:
        return _Tracer(self, args, kwargs)

    @property
    def is_wanted(self) -> bool:
        return self.is_on and not _is_switched_on(self._kind)


class _Tracer(trace.Tracer):
    """
    Makes spans while a test runs that wants them, and otherwise such as leave no
    trace.
    """

    def __init__(self, provider: _Provider, args: Any, kwargs: Any) -> None:
        self._provider = provider
        self._scope = args, kwargs
        self._own: Any = None

    def start_span(self, *args: Any, **kwargs: Any) -> trace.Span:
        begun = self._begin(*args, **kwargs)

        return _silent() if begun is None else begun[0]

    @contextlib.contextmanager
    def start_as_current_span(  # type: ignore[override]  # it differs by versions
        self, *args: Any, end_on_exit: bool = True, **kwargs: Any
    ) -> Iterator[trace.Span]:
        begun = self._begin(*args, **kwargs)
        if begun is None:
            yield _silent()
            return

        span, recording = begun
        before = context_api.get_current()
        inside = trace.set_span_in_context(span)
        # Set and never reset: a coroutine may be closed in another context.
        context_api.attach(inside)
        try:
            yield span
        except BaseException as error:
            if kwargs.get("record_exception", True):
                _note(span, error, recording)
            raise
        finally:
            if context_api.get_current() is inside:
                context_api.attach(before)
            if end_on_exit:
                span.end()

    @never_raises("capture", "a call was not recorded")
    def _begin(
        self, name: str, context: Any = None, *args: Any, **kwargs: Any
    ) -> tuple[trace.Span, Recording] | None:
        place = taken_place() if self._provider.is_wanted else None
        if place is None:
            return None

        recording = place.recording
        if self._own is None:
            names, more = self._scope
            self._own = recording.provider.get_tracer(*names, **more)
        self._own.resource = recording.part_tracer.resource
        kwargs.setdefault("start_time", now())
        # It tells the exception's type and message, and no chain.
        kwargs["record_exception"] = kwargs["set_status_on_exception"] = False
        span = self._own.start_span(name, context or place.context, *args, **kwargs)

        return span, recording


@never_raises("capture", "the failure of a call was not recorded")
def _note(span: Any, error: BaseException, recording: Recording) -> None:
    note_failure(span, error, recording)


def _silent() -> trace.Span:
    # In the same place: what hangs on it hangs on what is around it.
    return trace.NonRecordingSpan(trace.get_current_span().get_span_context())
