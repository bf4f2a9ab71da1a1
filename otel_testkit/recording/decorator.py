"""
`traced_test`: a test, and nothing about it changes but that it is recorded.
"""

from __future__ import annotations

import contextlib
import inspect
import sys

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
    if isinstance(function, type):
        if name is not None:
            warn("name", "traced_test takes no name for a class", stacklevel=3)
        return _trace_class(function, tags, suite)

    place = place_of(function)
    own_case = place[semconv.CODE_FUNCTION_NAME]
    own = own_case, own_case.rpartition(".")[0]

    def enter(
        wrapped: Any, instance: Any, _args: tuple[Any, ...]
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

    traced = wrap(function, enter)
    says = {"name": name, "tags": tags, "suite": suite}
    traced._self_says = says  # noqa: SLF001  # wrapt's way to keep it off the function

    return traced


def said_of(method: Any) -> dict[str, Any] | None:
    """
    Give what `traced_test` was told of *method*, be it below decorators of other
    kinds; None where it is not traced.
    """
    while method is not None:
        says: dict[str, Any] | None = getattr(method, "_self_says", None)
        if says is not None:
            return says

        method = getattr(method, "__wrapped__", None)

    return None


def _trace_class(cls: type, tags: Mapping[str, Any] | None, suite: str | None) -> type:
    if is_test_case_class(cls):
        # Only of use to who uses unittest.
        from otel_testkit.recording.case import trace_test_case  # noqa: PLC0415

        trace_test_case(cls, tags, suite)
    for attribute in dir(cls):
        if not attribute.startswith(_METHOD_PREFIX) and attribute != "runTest":
            continue

        method = inspect.getattr_static(cls, attribute)
        is_method = inspect.isfunction(method) or isinstance(
            method, (staticmethod, classmethod)
        )
        # A method with a decorator of its own keeps what that one says.
        if is_method and said_of(method) is None:
            setattr(cls, attribute, _trace(method, None, tags, suite))

    return cls


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
