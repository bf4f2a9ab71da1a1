"""
Features of behave, run with us and with a stand-in that does nothing.
"""

from __future__ import annotations

import re
import textwrap

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


behave = pytest.importorskip("behave", reason="behave is not installed")

SUITE = Path(__file__).parent / "suites" / "features"
VERSION = tuple(int(part) for part in behave.__version__.split(".")[:2])
HAS_RULES = VERSION >= (1, 3)
BEHAVE = ("-m", "behave", "--no-timings", "--tags=-not_selected")

Python = Callable[..., Any]

EXPECTED = {
    "all is well": ["passed"],
    "an assertion": ["failed"],
    "an error": ["error"],
    "not written yet": ["error"],
    "pending": ["error"],
    "skips itself": ["skipped"],
    "skipped before": ["skipped"],
    "bad hook": ["error"],
    "bad hook after": ["error"],
    "bad cleanup": ["error"],
    "bad tag hook": ["error"],
    "bad step hook": ["error"],
    "asynchronous": ["passed"],
    "steps in steps": ["passed"],
    "flaky": ["failed", "passed"],
    "hopeless": ["error", "error"],
    "sums of 1 -- @1.1 good": ["passed"],
    "sums of 2 -- @1.2 good": ["passed"],
    "sums of 3 -- @2.1 bad": ["error"],
}


def _features() -> dict[str, str]:
    return {
        f"features/{path.relative_to(SUITE)}": path.read_text("utf-8")
        for path in SUITE.rglob("*")
        if path.suffix in (".py", ".feature")
        and (HAS_RULES or path.name != "rules.feature")
    }


def _both(python: Python, *arguments: str) -> tuple[Any, Any]:
    return (
        python(_features(), *BEHAVE, *arguments, traced=False),
        python(_features(), *BEHAVE, *arguments),
    )


def _said(done: Any) -> tuple[int, str, str]:
    out = re.sub(r"Took .*s", "", done.out)

    return done.code, out.replace(str(done.folder), ""), done.err


@pytest.mark.parametrize("options", ["", "--stop", "--dry-run", "--format progress3"])
def test_behave_says_the_same(python: Python, options: str) -> None:
    """Output and exit code are behave's own, but for the time."""
    bare, done = _both(python, *options.split())

    assert _said(done) == _said(bare)
    assert "passed" in bare.out or options == "--dry-run", bare.err
    assert (done.folder / "store").exists() == (options != "--dry-run")


@pytest.fixture
def done(python: Python) -> Any:
    """
    The features, run with us.
    """
    return python(_features(), *BEHAVE)


def test_scenarios_are_cases(done: Any) -> None:
    """A scenario ends as behave says; a retried one has several attempts."""
    cases = {case.name: case for case in done.run().cases if "Shop" in case.suite}

    assert {
        name: [str(one.outcome) for one in case.attempts]
        for name, case in cases.items()
    } == EXPECTED
    assert [name for name, case in cases.items() if case.is_flaky] == ["flaky"]
    well = cases["all is well"].attempts[0]
    assert well.tags["team"] == "shop"
    assert well.tags["otel_testkit.tags"] == ["slow", "team:shop", "wip"]
    assert well.span.attributes["code.file.path"] == "features/shop.feature"
    assert well.span.attributes["code.line.number"] == 7


def test_what_failed_is_told(done: Any) -> None:
    """The exception of a step or a hook is that of its scenario."""
    attempts = done.attempts()
    told = {
        name: (one.errors[0].short_type, one.errors[0].message, one.errors[0].source)
        for name, one in attempts.items()
        if one.errors and one.suite == "Shop"
    }

    assert told["an assertion"] == (
        "AssertionError",
        "no such customer",
        'assert context.customer == 18, "no such customer"',
    )
    assert told["an error"][2] == 'raise KeyError("broken")'
    assert told["not written yet"][:2] == ("UndefinedStep", "When nobody wrote this")
    assert told["skipped before"][:2] == ("SkippedScenario", "not today")
    for name in ("hook", "hook after", "tag hook", "step hook"):
        assert told[f"bad {name}"][0] == "LookupError"
    failing = {
        span.name: span.errors[0].message
        for span in attempts["an assertion"].spans[1:]
        if span.is_error
    }
    assert failing == {"When an assertion fails": "no such customer"}


def test_steps_are_steps(done: Any) -> None:
    """Steps and hooks are steps of the scenario, with what they were given."""
    attempts = done.attempts()
    spans = attempts["all is well"].spans
    by_id = {span.span_id: span.name for span in spans}

    assert [(by_id.get(span.parent_id), span.name) for span in spans[1:]] == [
        ("all is well", "before_tag @wip"),
        ("all is well", "before_tag @slow"),
        ("all is well", "before_scenario"),
        ("before_scenario", "prepare"),
        ("all is well", "Given a customer"),
        ("all is well", "When an order is made"),
        ("When an order is made", "pay"),
        ("all is well", "Then it is said"),
        ("all is well", "after_scenario"),
    ]
    given = {name: value for span in spans for name, value in span.attributes.items()}
    assert given["otel_testkit.step.text"] == "thank you"
    assert "book" in given["otel_testkit.step.table"]
    assert "hunter2" not in str(given)
    assert [span.name for span in attempts["steps in steps"].spans[4:7]] == [
        "When steps are executed",
        "When an order is made",
        "pay",
    ]
    assert "waiting" in [span.name for span in attempts["asynchronous"].spans]


def test_hooks_of_many_are_no_tests(done: Any) -> None:
    """What is done for a feature or the run has a trace of its own."""
    loose = [span.name for span in done.run().loose]

    assert loose[0] == "before_all"
    assert loose[-2:] == ["before_tag @team:shop", "before_feature Shop"]


BROKEN = """
from otel_testkit import step
from otel_testkit.integrations.behave import trace_scenarios

trace_scenarios()

def before_all(context):
    context.config.setup_logging()
    with step("inside"):
        pass

def HOOK(context, *_):
    raise LookupError("broken")
"""


@pytest.mark.parametrize(
    "hook",
    ["before_all", "before_feature", "before_tag", "after_feature", "after_all"],
)
def test_hooks_that_fail(python: Python, hook: str) -> None:
    """A hook of many that fails is told, wherever in the file it stands."""
    files = {
        "features/f.feature": f"@tag{FEATURE.replace('it is interrupted', 'nothing')}",
        "features/steps/all.py": STEPS,
        "features/environment.py": BROKEN.replace("HOOK", hook),
    }
    bare = python(files, "-m", "behave", "--no-timings", traced=False)
    done = python(files, "-m", "behave", "--no-timings")
    broken = {case: one for case, one in done.attempts().items() if "_" in case}

    assert _said(done) == _said(bare)
    ((name, attempt),) = broken.items()
    assert name.startswith(hook)
    assert (attempt.outcome, attempt.errors[0].message) == ("error", "broken")
    assert len(done.outcomes()) == (3 if hook.startswith("after") else 1)
    if hook != "before_all":
        assert [span.name for span in done.run().loose[0].children] == ["inside"]


def test_rows_of_an_outline_are_variants(done: Any) -> None:
    """Each row is a case, and says of what outline, and what is in it."""
    rows = [one for case, one in done.attempts().items() if case.startswith("sums")]
    attributes = [one.span.attributes for one in rows]

    assert {one["otel_testkit.case.base_name"] for one in attributes} == {"sums of <a>"}
    assert [one["otel_testkit.case.parameter.a"] for one in attributes] == list("123")
    assert attributes[2]["otel_testkit.case.parameter.b"] == "x"


@pytest.mark.skipif(not HAS_RULES, reason="behave before 1.3 knows no rules")
def test_a_rule_is_a_part_of_the_suite(done: Any) -> None:
    """Scenarios of one name in two rules are two cases."""
    suites = {case.suite for case in done.run().cases if case.name == "same name"}

    assert suites == {"Rules / the first", "Rules / the second"}
    row = done.attempts()["in a rule -- @1.1"].span.attributes
    assert row["otel_testkit.case.base_name"] == "in a rule"


FEATURE = """
Feature: F
  Scenario: one
    Given it is interrupted

  Scenario: two
    Given nothing
"""

STEPS = """
from behave import given

@given("it is interrupted")
def interrupted(context):
    raise KeyboardInterrupt

@given("nothing")
def nothing(context):
    pass
"""

ENVIRONMENT = """
from otel_testkit.integrations.behave import trace_scenarios
{}
trace_scenarios()
trace_scenarios()
"""


def test_an_interrupt(python: Python) -> None:
    """What is interrupted is in the record, and what never began is not."""
    files = {
        "features/f.feature": FEATURE,
        "features/steps/all.py": STEPS,
        "features/environment.py": ENVIRONMENT.format(""),
    }
    bare = python(files, "-m", "behave", "--no-timings", traced=False)
    done = python(files, "-m", "behave", "--no-timings")

    assert _said(done) == _said(bare)
    assert done.outcomes() == {"one": "interrupted"}


def test_our_own_failure_reaches_nobody(python: Python) -> None:
    """A door that breaks is a trouble, and the features run as they would."""
    broken = """
        from otel_testkit.integrations import behave as door

        def broken(*args): raise RuntimeError

        door._place = broken
        def before_all(context): pass
    """
    files = {
        "features/f.feature": FEATURE.replace("it is interrupted", "nothing"),
        "features/steps/all.py": STEPS,
        "features/environment.py": ENVIRONMENT.format(textwrap.dedent(broken)),
    }
    done = python(files, "-m", "behave")

    assert (done.code, "2 scenarios passed" in done.out) == (0, True)
    assert re.findall(r"otel-testkit: .*\((\w+)\)", done.err) == ["span", "step"]
