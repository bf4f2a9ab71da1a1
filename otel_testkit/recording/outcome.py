"""
What became of a test.

A framework's exception is recognised without importing the framework: nobody
can have raised it unless the framework is loaded.
"""

from __future__ import annotations

import enum
import operator
import sys

from collections.abc import Iterator
from typing import Any, Final


class Outcome(enum.StrEnum):
    """
    How a test ended.
    """

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    XPASSED = "xpassed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"

    @classmethod
    def of(cls, exception: BaseException | None) -> Outcome:
        """
        Tell the outcome from the *exception* that ended the test, if any.
        """
        if exception is None:
            return cls.PASSED

        try:
            return cls._of(exception)
        except Exception:  # noqa: BLE001  # an exception with a `__class__` of its own
            return cls.ERROR

    @classmethod
    def _of(cls, exception: BaseException) -> Outcome:
        for module, name, outcome in _EXCEPTIONS:
            kind = _raised_kind(module, name)
            if kind is not None and isinstance(exception, kind):
                return outcome

        if isinstance(exception, BaseExceptionGroup):
            # What its members agree on; a runner takes no group for a skip.
            outcomes = {cls.of(member) for member in _members(exception)}
            if len(outcomes) == 1 and (agreed := outcomes.pop()).is_failure:
                return agreed

        return cls.ERROR

    @property
    def is_failure(self) -> bool:
        """
        Whether somebody has to look.
        """
        return self in _FAILURES


_MAX_MEMBERS: Final = 1_000
_FAILURES = frozenset(
    {Outcome.FAILED, Outcome.ERROR, Outcome.CANCELLED, Outcome.INTERRUPTED}
)

# The first that fits counts: pytest's XFailed is a Failed, too.
_EXCEPTIONS: tuple[tuple[str, str, Outcome], ...] = (
    ("unittest", "SkipTest", Outcome.SKIPPED),
    # A subtest has failed and nothing else is to run.
    ("unittest.case", "_ShouldStop", Outcome.FAILED),
    ("pytest", "skip.Exception", Outcome.SKIPPED),
    ("pytest", "xfail.Exception", Outcome.XFAILED),
    ("pytest", "fail.Exception", Outcome.FAILED),
    ("pytest", "exit.Exception", Outcome.INTERRUPTED),
    ("hypothesis.errors", "UnsatisfiedAssumption", Outcome.SKIPPED),
    ("robot.api", "SkipExecution", Outcome.SKIPPED),
    ("asyncio", "CancelledError", Outcome.CANCELLED),
    ("trio", "Cancelled", Outcome.CANCELLED),
    ("builtins", "GeneratorExit", Outcome.CANCELLED),
    ("builtins", "KeyboardInterrupt", Outcome.INTERRUPTED),
    ("builtins", "AssertionError", Outcome.FAILED),
)


def _raised_kind(module: str, name: str) -> type[BaseException] | None:
    loaded = sys.modules.get(module)
    if loaded is None:
        return None

    try:
        kind = operator.attrgetter(name)(loaded)
    except AttributeError:
        # Still being imported, or somebody's module of the same name.
        return None

    return kind if isinstance(kind, type) else None


def _members(group: BaseExceptionGroup[Any]) -> Iterator[BaseException]:
    """
    Give what is in *group* and in the groups within, up to a bound.
    """
    waiting: list[BaseException] = list(group.exceptions[:_MAX_MEMBERS])
    for _ in range(_MAX_MEMBERS):
        if not waiting:
            return

        member = waiting.pop()
        if isinstance(member, BaseExceptionGroup):
            waiting.extend(member.exceptions[:_MAX_MEMBERS])
        else:
            yield member


def outcome_in_runner(
    function: Any, exception: BaseException | None, *, in_pytest: bool
) -> Outcome:
    """
    Tell the outcome of a test *function* that *exception* ended, if any, as the
    runner does: that knows of expected failures and of subtests.
    """
    outcome = Outcome.of(exception)
    owner = getattr(function, "__self__", None)
    case = owner if is_test_case(owner) else None
    if case is not None:
        outcome = _of_case(case, exception, outcome)
    if outcome not in (Outcome.PASSED, Outcome.FAILED, Outcome.ERROR):
        return outcome
    if case is not None and _is_expected_failure(case, function):
        # No success at all: it makes unittest's run fail.
        return Outcome.FAILED if outcome is Outcome.PASSED else Outcome.XFAILED
    if not (in_pytest and is_marked_xfail(function, owner, exception)):
        return outcome

    return Outcome.XPASSED if outcome is Outcome.PASSED else Outcome.XFAILED


def is_test_case(owner: Any) -> bool:
    unittest = sys.modules.get("unittest")

    return unittest is not None and isinstance(owner, unittest.TestCase)


def is_test_case_class(owner: type) -> bool:
    unittest = sys.modules.get("unittest")

    return unittest is not None and issubclass(owner, unittest.TestCase)


def _of_case(case: Any, exception: BaseException | None, outcome: Outcome) -> Outcome:
    if exception is not None:
        is_failure = isinstance(exception, case.failureException)

        return Outcome.FAILED if is_failure else outcome

    # A subtest keeps what it raised to itself; unittest notes it in private.
    noted = getattr(case, "_outcome", None)
    if getattr(noted, "expectedFailure", None) is not None:
        return Outcome.FAILED
    if getattr(noted, "success", True):
        return outcome

    result = getattr(noted, "result", None)
    bad = [*getattr(result, "failures", ()), *getattr(result, "errors", ())]
    if any(getattr(part, "test_case", None) is case for part, *_ in bad):
        return Outcome.FAILED

    # pytest's stand-in for a result has no lists; it notes what was skipped.
    is_known = hasattr(result, "failures") or getattr(result, "_excinfo", None)

    return outcome if is_known else Outcome.FAILED


def _is_expected_failure(case: Any, function: Any) -> bool:
    mark = "__unittest_expecting_failure__"

    return bool(getattr(case, mark, False) or getattr(function, mark, False))


def is_marked_xfail(function: Any, owner: Any, exception: BaseException | None) -> bool:
    """
    Tell whether `pytest.mark.xfail` stands at *function*, its class or its module.
    """
    places = [function]
    if owner is not None:
        places += (owner if isinstance(owner, type) else type(owner)).__mro__
    places.append(sys.modules.get(function.__module__))

    for place in places:
        marks = (
            getattr(place, "pytestmark", ())
            if place is function
            else getattr(place, "__dict__", {}).get("pytestmark", ())
        )
        for mark in marks if isinstance(marks, (list, tuple)) else (marks,):
            if getattr(mark, "name", "") == "xfail" and _holds(mark):
                return _is_raised(mark.kwargs.get("raises"), exception)

    return False


def _holds(mark: Any) -> bool:
    conditions = mark.args
    if "condition" in mark.kwargs:
        conditions = (mark.kwargs["condition"],)

    # A condition in words is pytest's to evaluate.
    return not conditions or any(
        not isinstance(condition, str) and bool(condition) for condition in conditions
    )


def _is_raised(raises: Any, exception: BaseException | None) -> bool:
    if raises is None or exception is None:
        return True
    if isinstance(raises, (type, tuple)):
        return isinstance(exception, raises)

    # `pytest.RaisesExc` and `pytest.RaisesGroup`.
    return bool(raises.matches(exception))
