"""
The door for behave: a line in `environment.py`.

    from otel_testkit.integrations.behave import trace_scenarios

    trace_scenarios()

behave's hooks do not see how a scenario ends: fixtures are cleaned up and hooks are
judged after the last of them. So the scenario's and the step's own `run` is watched.
"""

from __future__ import annotations

import contextlib
import functools

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Final, Self

from behave.model import Scenario, Step
from behave.runner import ModelRunner
from opentelemetry.trace import SpanContext

# By its public name: with that, all is loaded that records.
from otel_testkit import current_test, semconv
from otel_testkit.errors import never_raises
from otel_testkit.recording.outcome import Outcome
from otel_testkit.recording.runner import OnceSpan, RunnerSpan, RunnerStep
from otel_testkit.recording.wrapping import Enter, wrap


# Hooks of steps are parts of their steps.
_HOOKS: Final = frozenset(
    f"{when}_{what}"
    for when in ("before", "after")
    for what in ("all", "feature", "rule", "scenario", "tag")
)
_OUTCOMES: Final = {
    "passed": Outcome.PASSED,
    "failed": Outcome.FAILED,
    "skipped": Outcome.SKIPPED,
    "untested": Outcome.SKIPPED,
}
_SELF_EVIDENT: Final = frozenset({Outcome.CANCELLED, Outcome.INTERRUPTED})

# What was done last before scenarios, by the kind of hook: for which feature, ""
# for all, and where that stands.
_before: Final[dict[str, tuple[str, SpanContext]]] = {}


class UndefinedStep(Exception):
    """
    There is no step definition.
    """

    __module__ = "behave"


class SkippedScenario(Exception):
    """
    It was told to skip, and why.
    """

    __module__ = "behave"


def trace_scenarios() -> None:
    """
    Record each scenario as a test, and its steps and hooks as steps.
    """
    for owner, name, enter in (
        (Scenario, "run", _Scenario),
        (Step, "run", _Step),
        (ModelRunner, "run_hook", _find_hook),
    ):
        method = getattr(owner, name)
        if not hasattr(method, "_self_is_traced"):
            setattr(owner, name, _traced(method, enter))


def _traced(function: Any, enter: Enter) -> Any:
    traced: Any = wrap(function, enter)
    traced._self_is_traced = True  # noqa: SLF001  # wrapt's way to keep it off the function

    return traced


class _Watched:
    """
    What runs here has a status afterwards, and an exception that went no further.
    """

    def __init__(self, _wrapped: Any, watched: Any, args: Any) -> None:
        self._watched = watched
        self._runner = args[0] if args else None
        self._recorded: AbstractContextManager[Any] | None = None

    def __enter__(self) -> None:
        self._recorded = self._begin()
        if self._recorded is not None:
            self._recorded.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        recorded, self._recorded = self._recorded, None
        if recorded is None:
            return

        if exception is None:
            exception = self._judge(recorded)
        recorded.__exit__(
            None if exception is None else type(exception), exception, traceback
        )

    def _begin(self) -> AbstractContextManager[Any] | None:
        raise NotImplementedError

    def _judge(self, recorded: Any) -> BaseException | None:
        raise NotImplementedError


class _Scenario(_Watched):
    @never_raises("span", "a scenario was not recorded")
    def _begin(self) -> RunnerSpan | None:
        scenario, runner = self._watched, self._runner
        if (
            runner is None
            or runner.config.dry_run
            or runner.aborted
            or not (scenario.should_skip or scenario.should_run(runner.config))
        ):
            return None

        return RunnerSpan(
            # Rows of a table without a name have a blank at the end.
            str(scenario.name).strip(),
            suite=" / ".join(str(above.name) for above in _above(scenario)),
            tags=_tags(scenario),
            attributes=_place(scenario) | _variant(scenario),
            links=[
                place
                for feature, place in _before.values()
                if feature in ("", scenario.filename)
            ],
        )

    @never_raises("outcome", "a scenario's outcome is a guess")
    def _judge(self, recorded: RunnerSpan) -> None:
        scenario = self._watched
        outcome = _outcome(scenario)
        exception: BaseException | None = None
        if outcome is Outcome.SKIPPED and scenario.skip_reason:
            exception = SkippedScenario(scenario.skip_reason)
        if outcome.is_failure:
            failed = [_exception(step) for step in scenario.all_steps]
            told = [_stored(scenario), *failed] if _is_of_hook(scenario) else failed
            exception = next(filter(None, [*told, _stored(scenario)]), None)
            outcome = _refined(outcome, exception)

        recorded.judge(outcome, exception)


class _Step(_Watched):
    @never_raises("step", "a step was not recorded")
    def _begin(self) -> RunnerStep | None:
        step = self._watched
        attributes = _place(step)
        if step.text:
            attributes[semconv.STEP_TEXT] = str(step.text)
        if step.table is not None:
            attributes[semconv.STEP_TABLE] = [dict(row.items()) for row in step.table]

        return RunnerStep(f"{step.keyword} {step.name}", attributes)

    @never_raises("step", "what became of a step was not recorded")
    def _judge(self, _recorded: Any) -> BaseException | None:
        return _exception(self._watched)


def _above(scenario: Any) -> list[Any]:
    """
    Give the feature of *scenario*, and the rule if there is one.
    """
    feature, parent = scenario.feature, getattr(scenario, "parent", None)
    rule = getattr(scenario, "rule", None)
    if rule is None and type(parent).__name__ == "Rule":
        rule = parent

    return [above for above in (feature, rule) if above is not None]


def _tags(scenario: Any) -> dict[str, Any]:
    """
    Give the tags of *scenario*: all of them in a list, and those that are pairs.
    """
    written = [str(tag) for tag in scenario.effective_tags]
    tags: dict[str, Any] = {}
    for tag in written:
        mark = next((mark for mark in ("=", ":") if mark in tag), None)
        if mark is not None:
            key, _, value = tag.partition(mark)
            tags[key] = value
    if written:
        tags[semconv.TEST_TAGS] = sorted(written)

    return tags


def _place(statement: Any) -> dict[str, Any]:
    return {
        semconv.CODE_FILE_PATH: str(statement.filename),
        semconv.CODE_LINE_NUMBER: int(statement.line),
    }


def _variant(scenario: Any) -> dict[str, Any]:
    """
    Give what all rows of an outline are called, and what is in this one.
    """
    row = getattr(scenario, "_row", None)
    if row is None:
        return {}

    outline = getattr(scenario, "parent", None) or next(
        # Before 1.3 a scenario does not know its outline.
        one
        for one in scenario.feature.scenarios
        if scenario in getattr(one, "scenarios", ())
    )

    return {
        semconv.BASE_NAME: str(outline.name),
        **{semconv.PARAMETER + str(name): str(cell) for name, cell in row.items()},
    }


def _outcome(scenario: Any) -> Outcome:
    # behave has several words for an error.
    return _OUTCOMES.get(scenario.status.name, Outcome.ERROR)


def _refined(outcome: Outcome, exception: BaseException | None) -> Outcome:
    # Of a cleanup no exception is kept.
    told = Outcome.ERROR if exception is None else Outcome.of(exception)
    if told in _SELF_EVIDENT or (outcome is Outcome.FAILED and told.is_failure):
        # Before 1.3 every failure is called failed.
        return told

    return outcome


def _is_of_hook(scenario: Any) -> bool:
    """
    Whether the hooks before the steps failed: no step was run.
    """
    return bool(scenario.hook_failed) and all(
        step.status.name in ("untested", "skipped") for step in scenario.all_steps
    )


def _stored(statement: Any) -> BaseException | None:
    exception = getattr(statement, "exception", None)

    return exception if isinstance(exception, BaseException) else None


def _exception(step: Any) -> BaseException | None:
    """
    Give what *step* failed with.
    """
    if step.status.name == "undefined":
        return UndefinedStep(f"{step.keyword} {step.name}")
    if step.status.name in ("untested", "passed", "skipped"):
        return None

    return _stored(step)


def _find_hook(_wrapped: Any, runner: Any, args: Any) -> AbstractContextManager[Any]:
    """
    Have the hook recorded that is about to run, wherever it was defined.
    """
    _trace_hook(runner.hooks, args[0])

    return contextlib.nullcontext()


@never_raises("step", "a hook was not recorded")
def _trace_hook(hooks: Any, name: str) -> None:
    hook = hooks.get(name) if name in _HOOKS else None
    # behave has one of its own, to be replaced.
    if hook is None or str(hook.__module__).startswith("behave."):
        return
    if not hasattr(hook, "_self_is_traced"):
        hooks[name] = _traced(hook, functools.partial(_enter_hook, name))


def _enter_hook(
    name: str, _wrapped: Any, _instance: Any, args: Any
) -> AbstractContextManager[Any]:
    return _hook(name, args) or contextlib.nullcontext()


@never_raises("step", "a hook was not recorded")
def _hook(name: str, args: Any) -> AbstractContextManager[Any] | None:
    context, *about = args
    shown = str(getattr(about[0], "name", about[0])) if about else ""
    if name.endswith("_tag"):
        shown = f"@{shown}"
    if current_test().is_recording:
        return RunnerStep(f"{name} {shown}" if name.endswith("_tag") else name)

    feature = getattr(context, "feature", None)

    return _Once(
        f"{name} {shown}".strip(),
        hook=name,
        feature="" if feature is None else str(feature.filename),
    )


class _Once(OnceSpan):
    """
    A hook of many scenarios; those that come after it link to it.
    """

    __slots__ = ("_feature", "_hook")

    def __init__(self, name: str, *, hook: str, feature: str) -> None:
        super().__init__(name, suite="hooks")
        self._hook = hook
        self._feature = feature

    def __enter__(self) -> Self:
        super().__enter__()
        if self.is_recording and self._hook.startswith("before_"):
            _before[self._hook] = self._feature, self.place

        return self
