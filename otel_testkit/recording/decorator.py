"""
`traced_test`: a test, and nothing about it changes but that it is recorded.
"""

from __future__ import annotations

import contextlib
import inspect
import sys
import weakref

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Final, TypeVar, overload

from otel_testkit import semconv
from otel_testkit.errors import never_raises, warn
from otel_testkit.recording.naming import case_in_pytest, case_in_unittest, place_of
from otel_testkit.recording.outcome import (
    Outcome,
    is_test_case_class,
    outcome_in_runner,
)
from otel_testkit.recording.processes import begin_before_processes
from otel_testkit.recording.provider import prepare
from otel_testkit.recording.runner import span_of_runner
from otel_testkit.recording.span import TestSpan
from otel_testkit.recording.wrapping import wrap


F = TypeVar("F", bound=Callable[..., Any])

_METHOD_PREFIX: Final = "test"


@overload
def traced_test(function: F, /) -> F: ...


@overload
def traced_test(
    *,
    name: str | None = None,
    tags: Mapping[str, Any] | None = None,
    suite: str | None = None,
) -> Callable[[F], F]: ...


def traced_test(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    tags: Mapping[str, Any] | None = None,
    suite: str | None = None,
) -> Any:
    """
    Record each call of a test function as a test, in a trace of its own.

    Takes functions and coroutines, generators of both kinds, instance, class
    and static methods, and whole classes, of which it takes every test method.

    Args:
        name: Of the test case, instead of the name that the running framework
            has for it, or else the function's own.
        tags: Keys of your own with any values, to find the test by.
        suite: The group that the test belongs to, instead of its class, file
            or module.
    """
    if function is None:
        return lambda decorated: _trace(decorated, name, tags, suite)

    return _trace(function, name, tags, suite)


def _trace(
    function: Any, name: str | None, tags: Mapping[str, Any] | None, suite: str | None
) -> Any:
    prepare()
    begin_before_processes()
    if isinstance(function, type):
        if name is not None:
            warn("name", "traced_test takes no name for a class", stacklevel=3)
        return _trace_class(function, tags, suite)

    begin = _beginning(function)
    traced = wrap(
        function,
        lambda wrapped, instance, _args: begin(wrapped, instance, name, tags, suite),
    )
    says = {"name": name, "tags": tags, "suite": suite}
    traced._self_says = says  # noqa: SLF001  # wrapt's way to keep it off the function

    return traced


def _beginning(function: Any) -> Callable[..., AbstractContextManager[Any]]:
    """
    Give what makes the span for a call of *function*.
    """
    place = place_of(function)
    own_case = place[semconv.CODE_FUNCTION_NAME]
    own = own_case, own_case.rpartition(".")[0]

    def begin(
        wrapped: Any,
        instance: Any,
        name: str | None,
        tags: Mapping[str, Any] | None,
        suite: str | None,
    ) -> AbstractContextManager[Any]:
        # Asked here, where it costs least: this is a part of every test.
        in_pytest = case_in_pytest(wrapped) if "pytest" in sys.modules else None
        in_unittest = None if instance is None else case_in_unittest(wrapped, instance)
        case, its_suite = in_pytest or in_unittest or own
        runner = span_of_runner(case)
        if runner is not None:
            runner.adopt(name=name, tags=tags, suite=suite, attributes=place)
            return contextlib.nullcontext()

        span = _FunctionSpan(
            case if name is None else name,
            tags=tags,
            suite=its_suite if suite is None else suite,
            attributes=place,
        )
        span.function = wrapped
        span.in_pytest = in_pytest is not None

        return span

    return begin


def said_of(method: Any, owner: Any = None) -> dict[str, Any] | None:
    """
    Give what `traced_test` was told of *method*, be it below decorators of other
    kinds, or of its *owner*; None where it is not traced.
    """
    while method is not None:
        says: dict[str, Any] | None = getattr(method, "_self_says", None)
        if says is None and hasattr(method, "_self_is_inherited"):
            says = _said_of_class(owner)
        if says is not None:
            return says

        method = getattr(method, "__wrapped__", None)

    return None


def _trace_class(cls: type, tags: Mapping[str, Any] | None, suite: str | None) -> type:
    if is_test_case_class(cls):
        # Only of use to who uses unittest.
        from otel_testkit.recording.case import trace_test_case  # noqa: PLC0415

        if trace_test_case(cls, tags, suite):
            return cls

    _traced_classes[cls] = {"name": None, "tags": tags, "suite": suite}
    for attribute in dir(cls):
        if not attribute.startswith(_METHOD_PREFIX) and attribute != "runTest":
            continue

        method = inspect.getattr_static(cls, attribute)
        is_method = inspect.isfunction(method) or isinstance(
            method, (staticmethod, classmethod)
        )
        # A method with a decorator of its own keeps what that one says.
        if not is_method or said_of(method) is not None:
            continue
        if attribute in vars(cls) or isinstance(method, staticmethod):
            setattr(cls, attribute, _trace(method, None, tags, suite))
        elif not hasattr(method, "_self_is_inherited"):
            _trace_inherited(cls, attribute, method)

    return cls


# Of each class what it was decorated with.
_traced_classes: Final[weakref.WeakKeyDictionary[type, dict[str, Any]]] = (
    weakref.WeakKeyDictionary()
)


def _trace_inherited(cls: type, attribute: str, method: Any) -> None:
    """
    Record *method* of a class above *cls*, for classes that are traced.

    It is left where it is: a copy would come before that of another class, where
    both are inherited from, and not in its place in the order of the tests.
    """
    owner = next(kind for kind in cls.__mro__ if attribute in vars(kind))
    begin = _beginning(method)

    def enter(
        wrapped: Any, instance: Any, _args: tuple[Any, ...]
    ) -> AbstractContextManager[Any]:
        kind = instance if isinstance(instance, type) else type(instance)
        # One that is called from below by `super()` is no test.
        is_test = inspect.getattr_static(kind, attribute, None) is traced
        says = _said_of_class(kind) if is_test else None

        return (
            contextlib.nullcontext()
            if says is None
            else begin(wrapped, instance, **says)
        )

    traced = wrap(method, enter)
    traced._self_is_inherited = True  # noqa: SLF001  # as above
    setattr(owner, attribute, traced)


def _said_of_class(kind: Any) -> dict[str, Any] | None:
    for each in getattr(kind, "__mro__", ()):
        if each in _traced_classes:
            return _traced_classes[each]

    return None


class _FunctionSpan(TestSpan):
    """
    The span of a test that is a function, of which a runner may know more.
    """

    __slots__ = ("function", "in_pytest")

    function: Any
    in_pytest: bool

    def outcome_of(self, exception: BaseException | None) -> Outcome:
        # Not kept: it holds the test's instance.
        function, self.function = self.function, None
        if not self.in_pytest and getattr(function, "__self__", None) is None:
            # No runner is there to know more.
            return super().outcome_of(exception)

        told = _outcome_in_runner(function, exception, in_pytest=self.in_pytest)

        return told or Outcome.of(exception)


_outcome_in_runner = never_raises("outcome", "a test's outcome is a guess")(
    outcome_in_runner
)
