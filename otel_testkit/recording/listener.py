"""
What a unittest test case tells its result object, heard before that hears it.
"""

from __future__ import annotations

import sys

from collections.abc import Callable
from typing import Any, Final

from otel_testkit.errors import never_raises
from otel_testkit.recording.outcome import Outcome, is_marked_xfail
from otel_testkit.recording.runner import RunnerSpan


# unittest leaves the frames of such modules out of its tracebacks.
__unittest = True


class UnexpectedSuccess(Exception):
    """
    It is marked with `expectedFailure`, and did not fail.
    """

    __module__ = "unittest"


class Running:
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
        judge, test = JUDGES.get(word), self.test
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
        # That makes the run fail, as a strict xfail of pytest does.
        test.judge(Outcome.FAILED, UnexpectedSuccess("it was expected to fail"))

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
JUDGES: Final[dict[str, Callable[..., None]]] = {
    "addSuccess": Running.passed,
    "addError": Running.broke,
    "addFailure": Running.failed,
    "addSubTest": Running.sub_ended,
    "addSkip": Running.skipped,
    "addExpectedFailure": Running.failed_as_expected,
    "addUnexpectedSuccess": Running.passed_unexpectedly,
}


class Listener:
    """
    Stands before a result object, and passes on all that it hears.
    """

    __slots__ = ("_result", "_running")

    def __init__(self, result: Any, running: Running) -> None:
        object.__setattr__(self, "_result", result)
        object.__setattr__(self, "_running", running)

    @property  # type: ignore[misc]  # what `isinstance` asks
    def __class__(self) -> Any:
        return type(result_of(self))

    def __getattr__(self, name: str) -> Any:
        value = getattr(result_of(self), name)
        if name not in JUDGES:
            return value

        running = object.__getattribute__(self, "_running")

        def call(*args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            running.told(name, (*args, *kwargs.values()))

            return value(*args, **kwargs)

        return call

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(result_of(self), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(result_of(self), name)

    def __eq__(self, other: object) -> Any:
        return result_of(self) == (
            result_of(other) if type(other) is Listener else other
        )

    def __hash__(self) -> int:
        return hash(result_of(self))

    def __repr__(self) -> str:
        return repr(result_of(self))

    def __reduce_ex__(self, protocol: Any) -> Any:
        return result_of(self).__reduce_ex__(protocol)


def result_of(listener: Any) -> Any:
    return object.__getattribute__(listener, "_result")
