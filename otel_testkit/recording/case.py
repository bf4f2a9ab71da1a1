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

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import context as context_api

from otel_testkit.errors import never_raises
from otel_testkit.recording.listener import Listener, Running, result_of
from otel_testkit.recording.mixins import watch
from otel_testkit.recording.naming import case_in_pytest, place_of
from otel_testkit.recording.once import (
    class_cleanups,
    inherited,
    set_ups_of,
    trace_fixtures,
)
from otel_testkit.recording.processes import begin_before_processes
from otel_testkit.recording.provider import recording
from otel_testkit.recording.runner import RunnerSpan, RunnerStep, span_of_runner
from otel_testkit.recording.span import current_test
from otel_testkit.recording.values import masked_values, text


if TYPE_CHECKING:
    import unittest

    _Base = unittest.TestCase
else:
    _Base = object

# unittest leaves the frames of such modules out of its tracebacks.
__unittest = True

_SET_UP: Final = ("setUp", "asyncSetUp")
_TEAR_DOWN: Final = ("tearDown", "asyncTearDown")

# By identity, and not in the case: that may be pickled, copied or compared.
_running: Final[dict[int, Running]] = {}


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
        _trace_from_first_line(cls)

    @classmethod
    def setUpClass(cls) -> None:
        below = super().setUpClass
        with inherited(below, cls, "setUpClass"):
            below()

    @classmethod
    def tearDownClass(cls) -> None:
        below = super().tearDownClass
        with inherited(below, cls, "tearDownClass"):
            below()

    @classmethod
    def doClassCleanups(cls) -> None:  # noqa: N802  # unittest's name
        with class_cleanups(cls):
            super().doClassCleanups()

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

    def defaultTestResult(self) -> Any:  # noqa: N802  # as above
        result = super().defaultTestResult()
        running = _running.get(id(self))

        return result if running is None else Listener(result, running)

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
) -> bool:
    """
    Make of *cls*, a class of test cases, what `TracedTestCase` makes of its own,
    and tell if it could be done.
    """
    traced: Any = cls
    if tags is not None:
        traced.trace_tags = tags
    if suite is not None:
        traced.trace_suite = suite
    if issubclass(cls, TracedTestCase):
        return True

    try:
        cls.__bases__ = (TracedTestCase, *cls.__bases__)
    except TypeError:
        # A class laid out in C may refuse; its methods can be traced all the same.
        return False

    _trace_from_first_line(cls)

    return True


@never_raises("span", "what is done for a class of tests was not recorded")
def _trace_from_first_line(cls: type) -> None:
    """
    Have all of *cls* recorded, also where it names `TracedTestCase` too late.
    """
    unittest = sys.modules.get("unittest")
    if unittest is None or not issubclass(cls, unittest.TestCase):
        watch(cls)
    bases = cls.__bases__
    if (
        unittest is not None
        and TracedTestCase in bases[1:]
        and cls.__mro__.index(unittest.TestCase) < cls.__mro__.index(TracedTestCase)
    ):
        others = (base for base in bases if base is not TracedTestCase)
        cls.__bases__ = (TracedTestCase, *others)

    trace_fixtures(cls)
    begin_before_processes()


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
            returned = run(None if result is None else Listener(result, running))
    finally:
        del _running[id(case)]

    return result_of(returned) if type(returned) is Listener else returned


@never_raises("span", "a test was not recorded")
def _begin(case: Any) -> Running | None:
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

        return Running(case, method, None, in_pytest=True)

    span = RunnerSpan(
        name,
        tags=case.trace_tags,
        suite=suite if case.trace_suite is None else case.trace_suite,
        attributes=place,
        links=set_ups_of(type(case)),
    )

    return Running(case, method, span, in_pytest=in_pytest is not None)


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
