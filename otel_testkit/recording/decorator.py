"""
`traced_test`: a test, and nothing about it changes but that it is recorded.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar, overload

from otel_testkit import semconv
from otel_testkit.errors import never_raises, warn
from otel_testkit.recording.outcome import Outcome, is_test_case, outcome_in_runner
from otel_testkit.recording.provider import prepare
from otel_testkit.recording.span import TestSpan
from otel_testkit.recording.wrapping import wrap
from otel_testkit.store.layout import project_root, shown_path


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

    place = _place(function)
    own_case = place[semconv.CODE_FUNCTION_NAME]
    own = own_case, own_case.rpartition(".")[0]

    def enter(wrapped: Any, instance: Any, _args: tuple[Any, ...]) -> TestSpan:
        # Asked here, where it costs least: this is a part of every test.
        in_pytest = _case_in_pytest(wrapped) if "pytest" in sys.modules else None
        in_unittest = None if instance is None else _case_in_unittest(wrapped, instance)
        case, its_suite = in_pytest or in_unittest or own
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
    traced._self_is_traced = True  # noqa: SLF001  # wrapt's way to keep it off the function

    return traced


def _is_traced(method: Any) -> bool:
    """
    Tell whether *method* is traced, be it below decorators of other kinds.
    """
    while method is not None:
        if getattr(method, "_self_is_traced", False):
            return True

        method = getattr(method, "__wrapped__", None)

    return False


def _trace_class(cls: type, tags: Mapping[str, Any] | None, suite: str | None) -> type:
    for attribute in dir(cls):
        if not attribute.startswith(_METHOD_PREFIX) and attribute != "runTest":
            continue

        method = inspect.getattr_static(cls, attribute)
        is_method = inspect.isfunction(method) or isinstance(
            method, (staticmethod, classmethod)
        )
        # A method with a decorator of its own keeps what that one says.
        if is_method and not _is_traced(method):
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


def _place(function: Any) -> dict[str, Any]:
    """
    Tell where *function* stands, as attributes.
    """
    inner = inspect.unwrap(function)
    while isinstance(inner, functools.partial):
        inner = inspect.unwrap(inner.func)

    code = getattr(inner, "__code__", None)
    place = {semconv.CODE_FUNCTION_NAME: f"{_module(inner)}.{_qualname(inner)}"}
    if code is None:
        return place

    return {
        **place,
        semconv.CODE_FILE_PATH: shown_path(
            code.co_filename, project_root(os.path.dirname(code.co_filename))
        ),
        semconv.CODE_LINE_NUMBER: code.co_firstlineno,
    }


@never_raises("name", "a test is not called what pytest calls it")
def _case_in_pytest(function: Any) -> tuple[str, str] | None:
    """
    Name the case and its suite as pytest does, if it is running *function*.
    """
    # pytest keeps the test that runs here, as in "a.py::A::test[1] (call)".
    case = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
    own = f"::{_name(function)}"
    if case.endswith(own):
        return case, case.removesuffix(own)

    # The parameters may hold anything.
    suite, bracket, _ = case.partition(f"{own}[")

    return (case, suite) if bracket else None


@never_raises("name", "a test is not called what unittest calls it")
def _case_in_unittest(function: Any, instance: Any) -> tuple[str, str] | None:
    """
    Name the case and its suite as unittest does, if it is running *function*.
    """
    if not is_test_case(instance):
        return None

    name = _name(function)
    if getattr(instance, "_testMethodName", name) != name:
        return None

    case = instance.id()

    return case, case.rpartition(".")[0]


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", None) or type(function).__name__)


def _module(function: Any) -> str:
    module = getattr(function, "__module__", None) or ""
    if module != "__main__":
        return str(module)

    # The script's name says more.
    file = getattr(sys.modules.get("__main__"), "__file__", None) or module

    return os.path.splitext(os.path.basename(file))[0]


def _qualname(function: Any) -> str:
    name = getattr(function, "__qualname__", None) or type(function).__name__

    return str(name).replace(".<locals>", "")
