"""
What unittest does once for a class or a module of tests: in traces of their own, to
which the tests link.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import weakref

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Final, Self

from opentelemetry.trace import SpanContext

from otel_testkit.errors import never_raises
from otel_testkit.recording.outcome import Outcome
from otel_testkit.recording.runner import OnceSpan
from otel_testkit.recording.span import current_test
from otel_testkit.recording.wrapping import wrap


# unittest leaves the frames of such modules out of its tracebacks.
__unittest = True

_OF_CLASS: Final = ("setUpClass", "tearDownClass")
_OF_MODULE: Final = ("setUpModule", "tearDownModule")
# What these clean up after themselves is of no interest.
_QUIET: Final = ("unittest.", "django.")

_class_set_ups: Final[weakref.WeakKeyDictionary[type, SpanContext]] = (
    weakref.WeakKeyDictionary()
)
# By the names of modules with traced tests.
_module_set_ups: Final[dict[str, SpanContext | None]] = {}
# The module that was set up last, and is to be cleaned up next.
_current_module = ""


def trace_fixtures(cls: type) -> None:
    """
    Record what *cls* and its module do once for all of their tests.
    """
    for name in _OF_CLASS:
        method: Any = vars(cls).get(name)
        if type(method) is classmethod:
            traced: Any = wrap(method, functools.partial(_enter_class, name))  # type: ignore[type-var]  # wrapt takes it
            setattr(cls, name, traced)

    _module_set_ups.setdefault(cls.__module__, None)
    _watch_modules()


def set_ups_of(cls: type) -> list[SpanContext]:
    """
    Give what the tests of *cls* link to.
    """
    found = _module_set_ups.get(cls.__module__), _class_set_ups.get(cls)

    return [place for place in found if place is not None]


def inherited(below: Any, cls: type, name: str) -> AbstractContextManager[Any]:
    """
    Give the span of a fixture that *cls* has from a class *below*, if there is one.
    """
    if str(below.__module__).startswith("unittest."):
        return contextlib.nullcontext()

    return _of_class(name, cls) or contextlib.nullcontext()


def class_cleanups(cls: type) -> AbstractContextManager[Any]:
    """
    Give the span of the cleanups of *cls*, if there are any.
    """
    return _cleanups_of(cls) or contextlib.nullcontext()


class _Once(OnceSpan):
    """
    A fixture or the cleanups of *owner*; *keep* is told where they stand.
    """

    __slots__ = ("_keep", "_owner")

    def __init__(
        self,
        name: str,
        owner: Any,
        keep: Callable[[SpanContext], None] | None = None,
        **known: Any,
    ) -> None:
        super().__init__(name, **known)
        self._owner = owner
        self._keep = keep

    def __enter__(self) -> Self:
        super().__enter__()
        if self.is_recording and self._keep is not None:
            self._keep(self.place)

        return self

    def outcome_of(self, exception: BaseException | None) -> Outcome:
        outcome = super().outcome_of(exception)

        # Whatever it is, unittest calls it so.
        return Outcome.ERROR if outcome is Outcome.FAILED else outcome


class _Cleanups(_Once):
    """
    The cleanups of a class, which keeps to itself what they raise.
    """

    __slots__ = ()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        raised = getattr(self._owner, "tearDown_exceptions", ())
        if exception is None and raised:
            _, exception, _ = raised[0]
        super().__exit__(exc_type, exception, traceback)


def _enter_class(
    name: str, _wrapped: Any, cls: Any, _args: Any
) -> AbstractContextManager[Any]:
    return _of_class(name, cls) or contextlib.nullcontext()


@never_raises("span", "what is done for a class of tests was not recorded")
def _of_class(name: str, cls: type, make: type[_Once] = _Once) -> _Once | None:
    if current_test().is_recording:
        # Of a class above, or of a door that tells of it itself.
        return None

    owner = f"{cls.__module__}.{cls.__qualname__}"
    keep = functools.partial(_class_set_ups.__setitem__, cls)

    return make(
        f"{name} ({owner})", cls, keep if name == "setUpClass" else None, suite=owner
    )


@never_raises("span", "the cleanups of a class of tests were not recorded")
def _cleanups_of(cls: Any) -> _Once | None:
    if all(_is_quiet(function) for function, *_ in cls._class_cleanups):
        return None

    return _of_class("class cleanups", cls, _Cleanups)


def _is_quiet(function: Any) -> bool:
    return str(getattr(function, "__module__", "")).startswith(_QUIET)


@functools.cache
def _watch_modules() -> None:
    """
    Look at each module when its first test is about to run: not before has it all
    of its functions, and a runner may have loaded it in another process.
    """
    suite, case = sys.modules.get("unittest.suite"), sys.modules.get("unittest.case")
    if suite is None or case is None:
        return

    # Loads wrapt: paid by who has tests, not by who imports.
    from otel_testkit.recording.capture.patch import Patches  # noqa: PLC0415

    Patches().surround(
        "unittest.suite", suite.TestSuite, "_handleModuleFixture", _begin_module
    )
    do_cleanups: Any = wrap(case.doModuleCleanups, _enter_module_cleanups)
    case.doModuleCleanups = do_cleanups  # type: ignore[attr-defined]  # there it is called


@never_raises("span", "what is done for a module of tests was not recorded")
def _begin_module(
    _suite: Any, args: Any, _kwargs: Any
) -> Callable[[Any, BaseException | None], None] | None:
    name = type(args[0]).__module__
    if name not in _module_set_ups or name == _current_module:
        return None

    module = sys.modules.get(name)
    for fixture in _OF_MODULE:
        function: Any = getattr(module, fixture, None)
        if function is None or getattr(function, "_self_module", None) == name:
            continue

        # It may have come from a module that is traced, too.
        inner = getattr(function, "_self_inner", function)
        traced: Any = wrap(inner, functools.partial(_enter_module, fixture, name))
        traced._self_module, traced._self_inner = name, inner  # noqa: SLF001  # wrapt's way to keep it off the function
        setattr(module, fixture, traced)

    # Until then it may be the one before that is torn down.
    return lambda *_: _now_in(name)


def _enter_module(fixture: str, module: str, *_: object) -> AbstractContextManager[Any]:
    if fixture == "setUpModule":
        _now_in(module)

    return _of_module(fixture, module) or contextlib.nullcontext()


def _enter_module_cleanups(*_: object) -> AbstractContextManager[Any]:
    case: Any = sys.modules["unittest.case"]
    if not getattr(case, "_module_cleanups", ()):
        return contextlib.nullcontext()

    return _of_module("module cleanups", _current_module) or contextlib.nullcontext()


@never_raises("span", "what is done for a module of tests was not recorded")
def _of_module(name: str, module: str) -> _Once | None:
    if module not in _module_set_ups or current_test().is_recording:
        return None

    keep = functools.partial(_module_set_ups.__setitem__, module)

    return _Once(
        f"{name} ({module})",
        module,
        keep if name == "setUpModule" else None,
        suite=module,
    )


def _now_in(module: str) -> None:
    global _current_module  # noqa: PLW0603  # there is one at a time
    _current_module = module
