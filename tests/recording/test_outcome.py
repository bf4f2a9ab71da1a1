"""
How a test ended, told from what it raised; and that what it raised stays as it was.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import gc
import sys
import unittest
import weakref

from collections.abc import Callable
from typing import Any

import hypothesis
import pytest
import trio

from otel_testkit import Outcome, errors, test_span, traced_test


GROUP = BaseExceptionGroup


class OwnAssertion(AssertionError):
    pass


def cancelled_by_trio() -> BaseException:
    """
    trio makes its `Cancelled` itself and lets nobody else do so.
    """
    kept = []

    async def main() -> None:
        with trio.CancelScope() as scope:
            scope.cancel()
            try:
                await trio.lowlevel.checkpoint()
            except trio.Cancelled as error:
                kept.append(error)
                raise

    trio.run(main)

    return kept[0]


def deep_group(depth: int) -> BaseException:
    """
    A failure below *depth* groups.
    """
    group: Exception = AssertionError("deep")
    for _ in range(depth):
        group = ExceptionGroup("g", [group])

    return group


RAISED: dict[str, tuple[Callable[[], BaseException], str]] = {
    "assertion": (lambda: AssertionError("a"), "failed"),
    "own-assertion": (lambda: OwnAssertion("a"), "failed"),
    "pytest-fail": (lambda: pytest.fail.Exception("no"), "failed"),
    "value": (lambda: ValueError("b"), "error"),
    "exit": (lambda: SystemExit(0), "passed"),
    "bad-exit": (lambda: SystemExit(1), "error"),
    "exit-text": (lambda: SystemExit("no"), "error"),
    "timeout": (TimeoutError, "error"),
    "future": (concurrent.futures.CancelledError, "error"),
    "pytest-skip": (lambda: pytest.skip.Exception("later"), "skipped"),
    "unittest-skip": (lambda: unittest.SkipTest("later"), "skipped"),
    "assume": (hypothesis.errors.UnsatisfiedAssumption, "skipped"),
    "pytest-xfail": (lambda: pytest.xfail.Exception("known"), "xfailed"),
    "asyncio": (asyncio.CancelledError, "cancelled"),
    "trio": (cancelled_by_trio, "cancelled"),
    "generator": (GeneratorExit, "cancelled"),
    "interrupt": (KeyboardInterrupt, "interrupted"),
    "pytest-exit": (lambda: pytest.exit.Exception("enough"), "interrupted"),
    "group": (lambda: GROUP("g", [AssertionError()]), "failed"),
    "mixed-group": (lambda: GROUP("g", [AssertionError(), ValueError()]), "error"),
    "interrupt-group": (lambda: GROUP("g", [KeyboardInterrupt()]), "interrupted"),
    "cancel-group": (lambda: GROUP("g", [asyncio.CancelledError()]), "cancelled"),
    "skip-group": (lambda: GROUP("g", [pytest.skip.Exception("x")]), "error"),
    "deep-group": (lambda: deep_group(5), "failed"),
    "bottomless-group": (lambda: deep_group(900), "failed"),
}


@pytest.mark.parametrize("kind", RAISED)
def test_outcome(store: Any, kind: str) -> None:
    """Each kind of exception has its outcome, and leaves as the same object."""
    make, outcome = RAISED[kind]
    raised = make()
    before = raised.args, raised.__cause__, raised.__context__

    with pytest.raises(type(raised)) as caught, test_span("t"):
        raise raised

    assert caught.value is raised
    assert (raised.args, raised.__cause__, raised.__context__) == before
    assert store.span("t").attributes["otel_testkit.outcome"] == outcome


def test_passed(store: Any) -> None:
    """What raises nothing has passed."""
    with test_span("t") as test:
        assert test.outcome is None

    assert test.outcome is Outcome.PASSED
    assert store.span("t").attributes["test.case.result.status"] == "pass"
    assert store.span("t").status == {}


@pytest.mark.parametrize(
    ("outcome", "is_failure"),
    [
        (Outcome.PASSED, False),
        (Outcome.SKIPPED, False),
        (Outcome.XFAILED, False),
        (Outcome.XPASSED, False),
        (Outcome.FAILED, True),
        (Outcome.ERROR, True),
        (Outcome.CANCELLED, True),
        (Outcome.INTERRUPTED, True),
    ],
)
def test_is_failure(outcome: Outcome, is_failure: bool) -> None:
    """A test that did not reach its end is a failure, an expected one is none."""
    assert outcome.is_failure is is_failure


def test_the_whole_chain_is_kept(store: Any) -> None:
    """Causes, contexts and members of groups are there with type and message."""

    def fail() -> None:
        try:
            try:
                raise ConnectionRefusedError(111, "refused")
            except OSError as error:
                raise RuntimeError("pool") from error
        except RuntimeError:
            raise ExceptionGroup("both", [KeyError("k"), ValueError("v")])  # noqa: B904

    with pytest.raises(ExceptionGroup), test_span("t"):
        fail()

    chain = [attributes for _, attributes in store.span("t").events]
    assert [
        (
            link["exception.type"],
            link["exception.message"],
            link.get("otel_testkit.exception.relation"),
        )
        for link in chain
    ] == [
        ("ExceptionGroup", "both (2 sub-exceptions)", None),
        ("RuntimeError", "pool", "context"),
        ("KeyError", "'k'", "member"),
        ("ValueError", "v", "member"),
        ("ConnectionRefusedError", "[Errno 111] refused", "cause"),
    ]


def test_a_hidden_context_stays_hidden(store: Any) -> None:
    """`raise … from None` says that what was before does not matter."""

    def fail() -> None:
        try:
            raise KeyError("hidden")
        except KeyError:
            raise ValueError("shown") from None

    with pytest.raises(ValueError, match="shown"), test_span("t"):
        fail()

    assert [a["exception.type"] for _, a in store.span("t").events] == ["ValueError"]


def test_a_chain_that_bites_its_tail_ends(store: Any) -> None:
    """Exceptions that are each other's cause are written once."""
    one, two = ValueError("1"), KeyError("2")
    one.__cause__, two.__cause__ = two, one

    with pytest.raises(ValueError, match="1"), test_span("t"):
        raise one

    assert len(store.span("t").events) == 2


class RaisingText(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


class LeavingText(Exception):
    def __str__(self) -> str:  # noqa: PLE0307
        sys.exit(3)

    __repr__ = __str__


class RaisingNotes(Exception):
    @property
    def __notes__(self) -> list[str]:
        raise RuntimeError("no notes")


class LeavingNotes(Exception):
    @property
    def __notes__(self) -> list[str]:
        sys.exit(3)


class RaisingClass(Exception):
    @property  # type: ignore[misc]
    def __class__(self) -> type:
        raise RuntimeError("no class")


class RaisingCause(Exception):
    @property
    def __cause__(self) -> BaseException:  # type: ignore[override]
        raise RuntimeError("no cause")


class TextThatIsNone(Exception):
    def __str__(self) -> str:
        return None  # type: ignore[return-value]  # noqa: PLE0307


class Huge(Exception):
    def __str__(self) -> str:
        return "x" * 1_000_000


class NoModule(Exception):
    __module__ = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    "kind",
    [
        RaisingText,
        LeavingText,
        RaisingNotes,
        LeavingNotes,
        RaisingClass,
        RaisingCause,
        TextThatIsNone,
        Huge,
        NoModule,
    ],
)
def test_an_unruly_exception(store: Any, kind: type[Exception]) -> None:
    """An exception whose own code fails leaves as it came; the test is recorded."""
    raised = kind()
    left = None

    try:
        with test_span("t"):
            raise raised
    except BaseException as error:
        left = error

    assert left is raised
    assert store.span("t").attributes["otel_testkit.outcome"] == "error"
    assert store.span("t").attributes["error.type"].endswith(kind.__name__)
    errors.troubles()


def test_lone_surrogates_in_a_message(store: Any) -> None:
    """A message that no UTF-8 file can hold is written as far as it can be."""
    with pytest.raises(AssertionError), test_span("t"):
        raise AssertionError("a\udc80b")

    assert store.span("t").events[0][1]["exception.message"] == "a?b"


def test_the_exception_is_not_held(store: Any) -> None:
    """Neither the exception nor what the test's frames hold outlives the test."""

    class Held:
        pass

    gone = []

    @traced_test
    def test_inner() -> None:
        held = Held()
        gone.append(weakref.ref(held))
        raise ValueError("x")

    with contextlib.suppress(ValueError):
        test_inner()
    gc.collect()

    assert gone[0]() is None


def test_a_traceback_without_us(store: Any) -> None:
    """The stack trace begins in the test; none of our frames is in it."""

    @traced_test
    def test_inner() -> None:
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        test_inner()

    written = store.spans()[0].events[0][1]["exception.stacktrace"]
    assert "in test_inner" in written
    assert "otel_testkit/recording" not in written


class TestInARunner:
    """
    What unittest knows beyond the exception.
    """

    def run(self, body: Callable[[Any], None], **attributes: Any) -> str:
        """
        Run *body* as a test of unittest; gives the result, as unittest sees it.
        """
        kind = type("Case", (unittest.TestCase,), {"test_it": body, **attributes})
        result = unittest.TestResult()
        result.failfast = attributes.get("failfast", False)
        kind("test_it").run(result)
        for name in ("failures", "errors", "skipped", "expectedFailures"):
            if getattr(result, name):
                return name

        return "unexpected" if result.unexpectedSuccesses else "passed"

    @pytest.mark.parametrize("failfast", [False, True])
    def test_failed_subtest(self, store: Any, failfast: bool) -> None:
        """A subtest that fails is a failed test, though nothing comes out of it."""

        @traced_test
        def test_it(self: Any) -> None:
            for number in range(3):
                with self.subTest(number=number):
                    assert number != 1

        assert self.run(test_it, failfast=failfast) == "failures"
        assert store.spans()[0].attributes["otel_testkit.outcome"] == "failed"

    def test_skipped_subtest(self, store: Any) -> None:
        """A subtest that is skipped is none that fails."""

        @traced_test
        def test_it(self: Any) -> None:
            with self.subTest(1):
                self.skipTest("not now")

        assert self.run(test_it) == "skipped"
        assert store.spans()[0].attributes["otel_testkit.outcome"] == "passed"

    def test_own_failure_exception(self, store: Any) -> None:
        """A case's own `failureException` is a failure and no error."""

        @traced_test
        def test_it(self: Any) -> None:
            self.fail("so")

        assert self.run(test_it, failureException=LookupError) == "failures"
        assert store.spans()[0].attributes["otel_testkit.outcome"] == "failed"

    @pytest.mark.parametrize("place", ["above", "below", "class"])
    @pytest.mark.parametrize("fails", [True, False])
    def test_expected_failure(self, store: Any, place: str, fails: bool) -> None:
        """`expectedFailure` counts above, below and on the class."""

        def test_it(self: Any) -> None:
            assert not fails

        more = {}
        if place == "above":
            test_it = unittest.expectedFailure(traced_test(test_it))
        elif place == "below":
            test_it = traced_test(unittest.expectedFailure(test_it))
        else:
            test_it = traced_test(test_it)
            more = {"__unittest_expecting_failure__": True}

        expected = "expectedFailures" if fails else "unexpected"
        assert self.run(test_it, **more) == expected
        expected = "xfailed" if fails else "failed"
        assert store.spans()[0].attributes["otel_testkit.outcome"] == expected

    def test_a_failed_subtest_that_was_expected(self, store: Any) -> None:
        """A subtest may fail for a whole test of which that was expected."""

        @traced_test
        @unittest.expectedFailure
        def test_it(self: Any) -> None:
            with self.subTest(1):
                self.fail()

        assert self.run(test_it) == "expectedFailures"
        assert store.spans()[0].attributes["otel_testkit.outcome"] == "xfailed"

    def test_marks_of_pytest_mean_nothing_elsewhere(self, store: Any) -> None:
        """unittest takes no notice of `pytest.mark.xfail`, and so do we."""

        @traced_test
        @pytest.mark.xfail
        def test_it(self: Any) -> None:
            self.fail()

        assert self.run(test_it) == "failures"
        assert store.spans()[0].attributes["otel_testkit.outcome"] == "failed"
