"""
Steps that end in every way.
"""

import asyncio

from behave import given, step as any_step, when
from behave.api.async_step import async_run_until_complete

from otel_testkit import step


@given("a customer")
def a_customer(context):
    context.customer = 17


@any_step("an order is made")
def order(context):
    with step("pay"):
        assert context.customer == 17


@any_step("it is said")
def said(context):
    assert context.text == "thank you"


@when("an assertion fails")
def fails(context):
    assert context.customer == 18, "no such customer"


@any_step("something breaks")
def breaks(context):
    raise KeyError("broken")


@when("it is pending")
def pending(context):
    raise NotImplementedError("STEP: it is pending")


@when("it skips")
def skips(context):
    context.scenario.skip("not here")


@when("it waits")
@async_run_until_complete
async def waits(context):
    with step("waiting"):
        await asyncio.sleep(0)


@when("steps are executed")
def executes(context):
    context.execute_steps("When an order is made")


@when("it fails the first time")
def flaky(context):
    context._root["attempts"] += 1
    assert context.attempts > 1


@when("{a} is added to {b}")
def add(context, a, b):
    assert int(a) + int(b)
