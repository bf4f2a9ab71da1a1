"""
Hooks of every kind, some of which fail.
"""

from behave.contrib.scenario_autoretry import patch_scenario_with_autoretry

from otel_testkit import step
from otel_testkit.integrations.behave import trace_scenarios


def before_all(context):
    context.attempts = 0
    context.config.setup_logging()


def before_feature(context, feature):
    for scenario in feature.scenarios:
        if "retried" in scenario.effective_tags:
            patch_scenario_with_autoretry(scenario, max_attempts=2)


def before_tag(context, tag):
    if tag == "bad_tag":
        raise LookupError("tag hook")


def before_scenario(context, scenario):
    with step("prepare"):
        pass
    if "skip_me" in scenario.tags:
        scenario.skip("not today")
    if "bad_hook" in scenario.tags:
        raise LookupError("hook")
    if "bad_cleanup" in scenario.tags:
        context.add_cleanup(clean)


def clean():
    raise LookupError("cleanup")


def before_step(context, step):
    if "bad_step_hook" in context.scenario.tags:
        raise LookupError("step hook")


def after_scenario(context, scenario):
    print("after", scenario.name, scenario.status.name)
    if "bad_after" in scenario.tags:
        raise LookupError("after")


trace_scenarios()
