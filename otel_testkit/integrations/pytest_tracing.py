"""
Tells of every test that pytest runs: of its set-up, call and teardown, of the
fixtures in them, and of what pytest says of it.

What a part ends with, pytest tells when it reports of it: so there is nothing of
ours around a test, in no traceback either. A test begins with the first fixture
that is its own: those that several tests share have traces of their own, which
the tests link to.
"""

from __future__ import annotations

import functools

from collections.abc import Generator, Set
from typing import Any, Final

import pytest

from opentelemetry.trace import SpanContext

# Loads all that records, and puts it in its place.
from otel_testkit import semconv, test_span  # noqa: F401
from otel_testkit.errors import is_excused, never_raises
from otel_testkit.integrations.pytest_attempts import (
    Attempt,
    Fixture,
    count_finalizers,
)
from otel_testkit.integrations.pytest_items import (
    case_of,
    fixture_name,
    fixtures_of,
    is_waiting_for,
    outcome_of,
    raised_in_teardown,
)
from otel_testkit.integrations.pytest_subtests import ending, trace_subtests
from otel_testkit.recording.phases import PhasedSpan
from otel_testkit.recording.provider import prepare, recording


Wrapper = Generator[None, Any, None]

_recording = never_raises("pytest", "no test of pytest was recorded")(recording)
_NO_TEST: Final = ("pytest", "a test was not recorded")
_NO_PART: Final = ("pytest", "a part of a test was not recorded")
_first = pytest.hookimpl(tryfirst=True)
_around = pytest.hookimpl(hookwrapper=True, tryfirst=True)


class Tracing:
    """
    The plugin that is there once somebody has asked.
    """

    def __init__(self, config: pytest.Config, markers: Set[str]) -> None:
        self._config = config
        self._markers = markers
        # The one that is under way, once its set-up has begun.
        self._attempt: Attempt | None = None
        self._attempts: dict[str, int] = {}
        # Where fixtures were made that several tests share.
        self._made: dict[Any, SpanContext] = {}
        prepare()
        self._undo = trace_subtests() or []

    def pytest_unconfigure(self) -> None:
        for undo in self._undo:
            undo()

    @_around
    def pytest_runtestloop(self, session: pytest.Session) -> Wrapper:
        if session.items and not session.config.option.collectonly:
            # Here and not in a fork, which would make a run of its own.
            _recording()
        outcome = yield
        # What was interrupted.
        self._end_attempt(_raised(outcome))

    # Guarded in here, and not by a call around them: they run for every test.
    @_first
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        try:
            if self._attempt is not None:
                self._end_attempt(None)
            self._attempt = attempt = Attempt(item)
            for one in fixtures_of(item):
                if is_waiting_for(item, one):
                    return
            self._begin_test(attempt)
        except Exception as error:
            if not is_excused(error, *_NO_TEST):
                raise

    @_first
    def pytest_runtest_call(self) -> None:
        try:
            if self._attempt is not None:
                self._attempt.begin_phase("call")
        except Exception as error:
            if not is_excused(error, *_NO_PART):
                raise

    @_first
    def pytest_runtest_teardown(self) -> None:
        try:
            if self._attempt is not None:
                self._attempt.begin_phase("teardown")
        except Exception as error:
            if not is_excused(error, *_NO_PART):
                raise

    @_around
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Wrapper:
        fixture = self._begin_fixture(fixturedef, request)
        outcome = yield
        if fixture is not None:
            self._end_fixture(fixture, request, _raised(outcome))

    # In the new style, at half the cost: no exception of a test comes by.
    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        attempt = self._attempt
        if attempt is None:
            return (yield)

        try:
            if not ending:
                if attempt.span is None:
                    # All that was set up is shared.
                    self._begin_test(attempt)
                attempt.phase_is_over(call)
        except Exception as error:
            if not is_excused(error, *_NO_PART):
                raise
        report = yield
        try:
            _hear(attempt, call, report)
            if report.when == "teardown":
                self._end_attempt(None)
        except Exception as error:
            if not is_excused(error, "pytest", "a test's outcome is a guess"):
                raise

        return report

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_xdist_setupnodes(self) -> None:
        # Made here and handed to the workers: theirs is one run.
        _recording()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        current = _recording()
        if current is not None:
            node.workerinput["otel_testkit_run"] = current.run.writer.folder

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        self._print_summary(terminalreporter)

    @never_raises("pytest", "the tests that failed were not shown")
    def _print_summary(self, reporter: Any) -> None:
        from otel_testkit.integrations.pytest_summary import (  # noqa: PLC0415  # after the last test
            asked_report,
            print_receipt,
            print_summary,
        )

        current = recording() if self._attempts or self._has_workers() else None
        if current is not None:
            show = self._config.getoption("trace_show") or current.settings.show
            # What is still to be sent goes while the tests are shown.
            current.run.conclude()
            report = asked_report(self._config)
            if report is None:
                report = current.settings.report
            print_summary(reporter, current.run.writer.folder, show, report)
            if show != "none":
                print_receipt(reporter, current.run)

    def _has_workers(self) -> bool:
        return self._config.pluginmanager.has_plugin("dsession")

    def _begin_test(self, attempt: Attempt) -> None:
        item = attempt.item
        case = case_of(item, self._markers)
        count = self._attempts.get(case.name, 0) + 1
        case.attributes[semconv.ATTEMPT] = self._attempts[case.name] = count
        attempt.span = span = PhasedSpan(
            case.node,
            tags=case.tags,
            suite=case.suite,
            attributes=case.attributes,
            links=[self._made[one] for one in fixtures_of(item) if one in self._made]
            if self._made
            else (),
        )
        span.name, span.variant = case.name, case.variant
        span.__enter__()
        if span.is_recording:
            told = item.user_properties
            if told:
                told[:] = [pair for pair in told if pair[0] != "trace_id"]
            told.append(("trace_id", span.trace_id))
        attempt.begin_phase("setup")

    @never_raises("pytest", "a fixture was not recorded")
    def _begin_fixture(self, definition: Any, request: Any) -> Fixture | None:
        name = fixture_name(definition, _class_of(request))
        if name is None:
            return None

        fixture = Fixture(definition, name)
        attempt = self._attempt
        if attempt is not None and attempt.span is None and not fixture.is_shared:
            self._begin_test(attempt)
        if attempt is not None and attempt.span is not None:
            # Of those that are shared, one that the test asks for in its middle.
            fixture.begin_in(attempt.span)
        if fixture.is_shared:
            self._made[definition] = fixture.begin_alone()
        request.addfinalizer(functools.partial(self._end_teardown, fixture))
        fixture.finalizers = count_finalizers(definition)

        return fixture

    @never_raises("pytest", "a fixture was not recorded")
    def _end_fixture(
        self, fixture: Fixture, request: Any, exception: BaseException | None
    ) -> None:
        fixture.end(exception)
        count = count_finalizers(fixture.definition)
        if exception is None and (count is None or count != fixture.finalizers):
            # The last one to be added is the first one to be called.
            request.addfinalizer(functools.partial(self._begin_teardown, fixture))

    @never_raises("pytest", "the teardown of a fixture was not recorded")
    def _begin_teardown(self, fixture: Fixture) -> None:
        attempt = self._attempt
        if fixture.is_shared or attempt is None or attempt.span is None:
            if attempt is not None:
                attempt.shares_from_now()
            fixture.begin_alone(" teardown", self._made.get(fixture.definition))
        else:
            fixture.begin_in(attempt.span)

    @never_raises("pytest", "the teardown of a fixture was not recorded")
    def _end_teardown(self, fixture: Fixture) -> None:
        self._made.pop(fixture.definition, None)
        fixture.end(raised_in_teardown())

    @never_raises("pytest", "the end of a test was not recorded")
    def _end_attempt(self, exception: BaseException | None) -> None:
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            attempt.end(exception)


def _hear(
    attempt: Attempt, call: pytest.CallInfo[None], report: pytest.TestReport
) -> None:
    exception = None if call.excinfo is None else call.excinfo.value
    if report.outcome == "failed":
        attempt.fails(outcome_of(report), exception, report.longrepr)
    elif (
        report.when != "teardown"
        # In the midst of a phase it is a subtest that is reported of.
        and attempt.phase is None
        # Of most there is nothing to say.
        and (
            report.outcome != "passed"
            or exception is not None
            or attempt.is_judged
            or hasattr(report, "wasxfail")
        )
    ):
        attempt.judge(outcome_of(report), exception)


def _class_of(request: Any) -> Any:
    try:
        return request.cls
    except Exception:  # noqa: BLE001  # it raises where the scope is wider
        return None


def _raised(outcome: Any) -> BaseException | None:
    raised = outcome.excinfo

    return None if raised is None else raised[1]
