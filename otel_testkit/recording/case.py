"""
A unittest test case from its first line to its last cleanup.

A decorator sees the test method alone. Around it there are fixtures, cleanups,
subtests and rules of what a failure is; what comes of them a case tells its result
object. So that one is listened to, and gets what it always got.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import weakref

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Final, Self

from opentelemetry import context as context_api
from opentelemetry.trace import SpanContext

from otel_testkit.errors import never_raises
from otel_testkit.recording.naming import case_in_pytest, place_of
from otel_testkit.recording.outcome import Outcome, is_marked_xfail
from otel_testkit.recording.provider import recording
from otel_testkit.recording.runner import (
    OnceSpan,
    RunnerSpan,
    RunnerStep,
    span_of_runner,
)
from otel_testkit.recording.span import TestSpan, current_test
from otel_testkit.recording.values import masked_values, text
from otel_testkit.recording.wrapping import wrap


if TYPE_CHECKING:
    import unittest

    _Base = unittest.TestCase
else:
    _Base = object

# unittest leaves the frames of such modules out of its tracebacks.
__unittest = True

_ONCE: Final = ("setUpClass", "tearDownClass")
_SET_UP: Final = ("setUp", "asyncSetUp")
_TEAR_DOWN: Final = ("tearDown", "asyncTearDown")


class _Run:
    """
    `run` of a case: recorded, unless the call of the case is already.

    No method, for that would stand between the two, and some warnings name
    the caller's caller.
    """

    def __get__(self, case: Any, owner: Any) -> Any:
        if case is None:
            return lambda case, result=None: self.__get__(case, owner)(result)

        run = super(TracedTestCase, case).run  # type: ignore[misc]  # only such have it
        if id(case) in _running:
            return run

        return functools.partial(_run, case, run)


class TracedTestCase(_Base):
    """
    Records each test of the class, from `setUp` to the last cleanup; to be named
    before the other base classes:

        class TestOrders(TracedTestCase, unittest.TestCase):
            trace_tags = {"team": "orders"}
    """

    __module__ = "otel_testkit.integrations.unittest"

    trace_tags: Mapping[str, Any] | None = None
    """
    Tags of all tests of the class.
    """

    trace_suite: str | None = None
    """
    The group that the tests belong to, instead of their class.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _trace_fixtures(cls)

    @classmethod
    def setUpClass(cls) -> None:
        with _inherited(cls, "setUpClass"):
            super().setUpClass()

    @classmethod
    def tearDownClass(cls) -> None:
        with _inherited(cls, "tearDownClass"):
            super().tearDownClass()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        call = super().__call__
        if id(self) in _running:
            return call(*args, **kwargs)
        if args:
            first, *others = args
            return _run(self, lambda result: call(result, *others, **kwargs), first)

        return _run(
            self,
            lambda result: call(**kwargs | {"result": result}),
            kwargs.get("result"),
        )

    if not TYPE_CHECKING:
        run = _Run()

    def defaultTestResult(self) -> Any:  # noqa: N802  # unittest's name
        result = super().defaultTestResult()
        running = _running.get(id(self))

        return result if running is None else _Listener(result, running)

    def _callSetUp(self) -> None:  # noqa: N802  # as above
        __tracebackhide__ = True
        with _part(self, "setUp", _SET_UP):
            super()._callSetUp()  # type: ignore[misc]  # what typeshed leaves out

    def _callTearDown(self) -> None:  # noqa: N802  # as above
        __tracebackhide__ = True
        with _part(self, "tearDown", _TEAR_DOWN):
            super()._callTearDown()  # type: ignore[misc]  # as above

    def _callCleanup(self, function: Any, /, *args: Any, **kwargs: Any) -> None:  # noqa: N802  # as above
        __tracebackhide__ = True
        with _part(self, f"cleanup {_function_name(function)}"):
            super()._callCleanup(function, *args, **kwargs)  # type: ignore[misc]  # as above

    def subTest(self, *args: Any, **kwargs: Any) -> Any:  # noqa: N802  # as above
        subtest = super().subTest(*args, **kwargs)
        if id(self) not in _running:
            return subtest

        return _in_step(subtest, _subtest_step(*args, **kwargs))


def trace_test_case(
    cls: type, tags: Mapping[str, Any] | None, suite: str | None
) -> None:
    """
    Make of *cls*, a class of test cases, what `TracedTestCase` makes of its own.
    """
    traced: Any = cls
    if tags is not None:
        traced.trace_tags = tags
    if suite is not None:
        traced.trace_suite = suite
    if issubclass(cls, TracedTestCase):
        return

    # A class laid out in C may refuse; its methods are traced all the same.
    with contextlib.suppress(TypeError):
        cls.__bases__ = (TracedTestCase, *cls.__bases__)
        _trace_fixtures(cls)


class _Running:
    """
    A case that is under way; *test* is its span, None where another door has
    begun one, which judges for itself.
    """

    def __init__(
        self, case: Any, method: Any, test: RunnerSpan | None, *, in_pytest: bool
    ) -> None:
        self.case = case
        self.method = method
        self.test = test
        self.in_pytest = in_pytest

    @never_raises("outcome", "a test's outcome is a guess")
    def told(self, word: str, args: tuple[Any, ...]) -> None:
        """
        Hear what the case tells its result, before that hears it.
        """
        judge, test = _JUDGES.get(word), self.test
        if judge is not None and test is not None:
            judge(self, test, *args[1:])

    def passed(self, test: RunnerSpan, *_: Any) -> None:
        test.judge(self._as_marked(Outcome.PASSED, None))

    def failed(self, test: RunnerSpan, error: Any, *_: Any) -> None:
        exception = error[1]
        test.judge(self._as_marked(Outcome.FAILED, exception), exception)

    def broke(self, test: RunnerSpan, error: Any, *_: Any) -> None:
        exception = error[1]
        told = Outcome.of(exception)
        if self.in_pytest:
            # It knows of exceptions that are no errors.
            told = self._as_marked(told, exception)
        elif told not in _BREAKS:
            told = Outcome.ERROR

        test.judge(told, exception)

    def sub_ended(self, test: RunnerSpan, _subtest: Any, error: Any) -> None:
        if error is None:
            return
        if issubclass(error[0], self.case.failureException):
            self.failed(test, error)
        else:
            self.broke(test, error)

    def skipped(self, test: RunnerSpan, reason: Any, *_: Any) -> None:
        test.judge(Outcome.SKIPPED, sys.modules["unittest"].SkipTest(reason))

    def failed_as_expected(self, test: RunnerSpan, error: Any, *_: Any) -> None:
        test.judge(Outcome.XFAILED, error[1])

    def passed_unexpectedly(self, test: RunnerSpan, *_: Any) -> None:
        test.judge(Outcome.XPASSED)

    def _as_marked(self, outcome: Outcome, exception: BaseException | None) -> Outcome:
        """
        Give *outcome* as `pytest.mark.xfail` makes it.
        """
        if not (
            self.in_pytest
            and (outcome.is_failure or outcome is Outcome.PASSED)
            and is_marked_xfail(self.method, self.case, exception)
        ):
            return outcome

        return Outcome.XPASSED if exception is None else Outcome.XFAILED


_BREAKS: Final = frozenset({Outcome.ERROR, Outcome.CANCELLED, Outcome.INTERRUPTED})
_JUDGES: Final[dict[str, Callable[..., None]]] = {
    "addSuccess": _Running.passed,
    "addError": _Running.broke,
    "addFailure": _Running.failed,
    "addSubTest": _Running.sub_ended,
    "addSkip": _Running.skipped,
    "addExpectedFailure": _Running.failed_as_expected,
    "addUnexpectedSuccess": _Running.passed_unexpectedly,
}
# By identity, and not in the case: that may be pickled, copied or compared.
_running: Final[dict[int, _Running]] = {}


class _Listener:
    """
    Stands before a result object, and passes on all that it hears.
    """

    __slots__ = ("_result", "_running")

    def __init__(self, result: Any, running: _Running) -> None:
        object.__setattr__(self, "_result", result)
        object.__setattr__(self, "_running", running)

    @property  # type: ignore[misc]  # what `isinstance` asks
    def __class__(self) -> Any:
        return type(_result_of(self))

    def __getattr__(self, name: str) -> Any:
        value = getattr(_result_of(self), name)
        if name not in _JUDGES:
            return value

        running = object.__getattribute__(self, "_running")

        def call(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            running.told(name, (*args, *kwargs.values()))

            return value(*args, **kwargs)

        return call

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(_result_of(self), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(_result_of(self), name)

    def __eq__(self, other: object) -> Any:
        return _result_of(self) == (
            _result_of(other) if type(other) is _Listener else other
        )

    def __hash__(self) -> int:
        return hash(_result_of(self))

    def __repr__(self) -> str:
        return repr(_result_of(self))

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _result_of(self).__reduce_ex__(protocol)


def _result_of(listener: Any) -> Any:
    return object.__getattribute__(listener, "_result")


def _run(case: Any, run: Callable[[Any], Any], result: Any = None) -> Any:
    """
    Call *run* with *result*, and record what becomes of *case*.
    """
    __tracebackhide__ = True
    running = _begin(case)
    if running is None:
        return run(result)

    _running[id(case)] = running
    try:
        with running.test or contextlib.nullcontext():
            _enter_loop(case)
            returned = run(None if result is None else _Listener(result, running))
    finally:
        del _running[id(case)]

    return _result_of(returned) if type(returned) is _Listener else returned


@never_raises("span", "a test was not recorded")
def _begin(case: Any) -> _Running | None:
    if recording() is None:
        return None

    method = getattr(case, case._testMethodName)  # noqa: SLF001  # unittest has no other name for it
    own = case.id()
    in_pytest = case_in_pytest(method) if "pytest" in sys.modules else None
    name, suite = in_pytest or (own, own.rpartition(".")[0])
    place = place_of(method)
    outer = span_of_runner(name)
    if outer is not None:
        outer.adopt(tags=case.trace_tags, suite=case.trace_suite, attributes=place)

        return _Running(case, method, None, in_pytest=True)

    set_up = _set_ups.get(type(case))
    span = RunnerSpan(
        name,
        tags=case.trace_tags,
        suite=suite if case.trace_suite is None else case.trace_suite,
        attributes=place,
        links=() if set_up is None else (set_up,),
    )

    return _Running(case, method, span, in_pytest=in_pytest is not None)


@never_raises("span", "what a test does in its event loop is not its own")
def _enter_loop(case: Any) -> None:
    # Made with the case, long before the test began.
    context = getattr(case, "_asyncioTestContext", None)
    if context is not None:
        context.run(context_api.attach, context_api.get_current())


class _InLoop:
    """
    A step that is begun and ended where the case runs its coroutines.
    """

    def __init__(self, within: Any, step: Any) -> None:
        self._within = within
        self._step = step

    def __enter__(self) -> None:
        self._within.run(self._step.__enter__)

    def __exit__(self, *error: object) -> None:
        self._within.run(self._step.__exit__, *error)


def _part(
    case: Any, name: str, methods: tuple[str, ...] = ()
) -> AbstractContextManager[Any]:
    """
    Give the step *name*, to which the *methods* of *case* belong, if it has any
    of its own.
    """
    if id(case) not in _running or (
        methods and not any(_is_own(case, method) for method in methods)
    ):
        return contextlib.nullcontext()

    step = RunnerStep(name)
    within = getattr(case, "_asyncioTestContext", None)

    return step if within is None else _InLoop(within, step)


def _is_own(case: Any, method: str) -> bool:
    module = getattr(getattr(type(case), method, None), "__module__", None)

    return module is not None and not str(module).startswith("unittest.")


def _function_name(function: Any) -> str:
    return str(getattr(function, "__qualname__", None) or type(function).__name__)


@contextlib.contextmanager
def _in_step(
    subtest: AbstractContextManager[Any], step: RunnerStep | None
) -> Iterator[None]:
    __tracebackhide__ = True
    with subtest, step or contextlib.nullcontext():
        yield


@never_raises("step", "a subtest was not recorded")
def _subtest_step(*message: Any, **params: Any) -> RunnerStep | None:
    now_recording = current_test().recording
    if now_recording is None:
        return None

    params = {**params}
    said = [*message, *([params.pop("msg")] if "msg" in params else [])]
    shown = masked_values(params, now_recording.masker)
    parts = [f"[{text(words)}]" for words in said if words is not None]
    if shown:
        parts.append(f"({', '.join(f'{key}={value}' for key, value in shown.items())})")

    return RunnerStep(" ".join(parts) or "subtest", shown)


def _trace_fixtures(cls: type) -> None:
    """
    Record what *cls* does once for all of its tests.
    """
    for name in _ONCE:
        method: Any = vars(cls).get(name)
        if type(method) is classmethod:
            traced: Any = wrap(method, functools.partial(_enter_once, name))  # type: ignore[type-var]  # wrapt takes it
            setattr(cls, name, traced)


def _inherited(cls: Any, name: str) -> AbstractContextManager[Any]:
    """
    Give the span of a fixture that *cls* has from a base class, if there is one.
    """
    below = getattr(super(TracedTestCase, cls), name)
    if str(below.__module__).startswith("unittest."):
        return contextlib.nullcontext()

    return _once(name, cls) or contextlib.nullcontext()


def _enter_once(
    name: str, _wrapped: Any, cls: Any, _args: Any
) -> AbstractContextManager[Any]:
    return _once(name, cls) or contextlib.nullcontext()


@never_raises("span", "what is done for a class of tests was not recorded")
def _once(name: str, cls: type) -> TestSpan | None:
    if current_test().is_recording:
        # Of a class above, or of a door that tells of it itself.
        return None

    owner = f"{cls.__module__}.{cls.__qualname__}"

    return _ClassSpan(cls, f"{name} ({owner})", suite=owner)


class _ClassSpan(OnceSpan):
    """
    What is done once for a class: its tests link to it.
    """

    __slots__ = ("_owner",)

    def __init__(self, owner: type, name: str, **known: Any) -> None:
        super().__init__(name, **known)
        self._owner = owner

    def __enter__(self) -> Self:
        super().__enter__()
        if self.is_recording:
            _set_ups[self._owner] = self.place

        return self


_set_ups: Final[weakref.WeakKeyDictionary[type, SpanContext]] = (
    weakref.WeakKeyDictionary()
)
