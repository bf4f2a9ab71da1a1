"""
Test spans, steps and what is added to them.
"""

from __future__ import annotations

import asyncio
import os
import threading

from typing import TYPE_CHECKING

import pytest

from otel_testkit import Outcome, TestSpan, configure, current_test, step, test_span
from otel_testkit.store import layout


if TYPE_CHECKING:
    from tests.recording.conftest import Store


def test_a_test_is_a_trace_of_its_own(store: Store) -> None:
    """
    Two tests have two traces, and each span is its trace's root.
    """
    with test_span("one"):
        pass
    with test_span("two"):
        pass

    one, two = store.spans()

    assert ("", "") == (one.parent_id, two.parent_id)
    assert one.trace_id != two.trace_id


def test_name_suite_tags_and_attributes_are_written(store: Store) -> None:
    """
    What a test is given at its start stands in its span.
    """
    with test_span("one", suite="all", tags={"team": "x"}, attributes={"n": 3}):
        pass

    expected = {
        "test.case.name": "one",
        "test.suite.name": "all",
        "team": "x",
        "n": 3,
        "otel_testkit.outcome": "passed",
        "test.case.result.status": "pass",
    }

    assert expected == store.span("one").attributes


def test_what_is_added_while_it_runs_is_written(store: Store) -> None:
    """
    Tags, attributes and events of a running test stand in its span.
    """
    with test_span("one") as test:
        test.set_tag("customer.id", 4711)
        test.set_attribute("ready", True)
        test.event("imported", {"rows": 12})

    span = store.span("one")

    assert (4711, True) == (span.attributes["customer.id"], span.attributes["ready"])
    assert [("imported", {"rows": 12})] == span.events


def test_the_span_tells_its_ids_and_outcome(store: Store) -> None:
    """
    `trace_id` and `span_id` are those on disk; the outcome is known at the end.
    """
    with test_span("one") as test:
        during = test.outcome

    span = store.span("one")

    assert None is during
    assert Outcome.PASSED is test.outcome
    assert (span.trace_id, span.span_id) == (test.trace_id, test.span_id)


def test_what_is_added_after_the_end_is_nothing(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """
    A test that has ended takes nothing more, and says nothing.
    """
    with test_span("one") as test:
        pass
    test.set_tag("late", 1)
    test.event("late")
    with test.step("late"):
        pass

    assert ["one"] == [span.name for span in store.spans()]
    assert "late" not in store.text()
    assert [] == caplog.messages


def test_steps_are_parts_of_the_test(store: Store) -> None:
    """
    Steps nest as their blocks do, under the test.
    """
    with test_span("one") as test:
        with step("outer"), test.step("inner", {"n": 1}):
            pass
        with step("next"):
            pass

    outer, inner = store.span("outer"), store.span("inner")

    assert test.span_id == outer.parent_id
    assert outer.span_id == inner.parent_id
    assert {"n": 1} == inner.attributes
    assert test.span_id == store.span("next").parent_id


def test_a_step_that_raises_has_an_error(store: Store) -> None:
    """
    The step through which an exception went is marked; the exception stands at
    the test alone.
    """
    with pytest.raises(ValueError, match="no"), test_span("one"), step("broken"):
        msg = "no"
        raise ValueError(msg)

    broken = store.span("broken")

    assert ("ValueError", 2) == (
        broken.attributes["error.type"],
        broken.status["code"],
    )
    assert [] == broken.events
    assert ["exception"] == [name for name, _ in store.span("one").events]


def test_step_decorates_functions_and_coroutines(store: Store) -> None:
    """
    A decorated helper is a step wherever it is called in a test.
    """

    @step("add")
    def add(a: int, b: int) -> int:
        return a + b

    @step("wait")
    async def wait() -> int:
        await asyncio.sleep(0)
        return add(1, 2)

    with test_span("one"):
        assert 3 == asyncio.run(wait())

    assert store.span("wait").span_id == store.span("add").parent_id


def test_a_step_outside_a_test_does_nothing(store: Store) -> None:
    """
    Helpers with steps can be used anywhere.
    """
    with step("alone"):
        pass

    assert [] == store.spans()


def test_current_test_is_the_one_that_runs(store: Store) -> None:
    """
    Inside a test `current_test()` is that test, before and after an inert one.
    """
    with test_span("one") as test:
        inside = current_test()
    outside = current_test()
    outside.set_tag("a", 1)
    outside.event("a")
    with outside.step("a"):
        pass

    assert test is inside
    assert (False, "0" * 32, None) == (
        outside.is_recording,
        outside.trace_id,
        outside.outcome,
    )


def test_a_nested_test_is_a_part_marked_as_such(store: Store) -> None:
    """
    A test inside another one is its child, in the same trace.
    """
    with test_span("outer") as outer, test_span("inner"):
        pass

    inner = store.span("inner")

    assert (outer.trace_id, outer.span_id) == (inner.trace_id, inner.parent_id)
    assert inner.attributes["otel_testkit.nested"]
    assert "otel_testkit.nested" not in store.span("outer").attributes


def test_a_thread_without_context_works_for_the_one_open_test(store: Store) -> None:
    """
    A bare thread's steps belong to the test, if there is just one.
    """
    with test_span("one") as test:
        thread = threading.Thread(target=step("in a thread")(lambda: None))
        thread.start()
        thread.join()

    assert test.span_id == store.span("in a thread").parent_id


def test_of_two_open_tests_a_thread_belongs_to_neither(store: Store) -> None:
    """
    Where it can't be told whose a thread is, it is nobody's.
    """
    found: list[TestSpan] = []

    async def one(name: str) -> None:
        with test_span(name):
            await asyncio.sleep(0.01)
            if name == "b":
                thread = threading.Thread(target=lambda: found.append(current_test()))
                thread.start()
                thread.join()

    async def both() -> None:
        await asyncio.gather(one("a"), one("b"))

    asyncio.run(both())

    assert [False] == [test.is_recording for test in found]


def test_concurrent_tests_keep_their_parts(store: Store) -> None:
    """
    500 tests at once in one loop: each step under its own test.
    """

    async def one(number: int) -> None:
        with test_span(f"test {number}"):
            await asyncio.sleep(0)
            with step(f"step {number}"):
                await asyncio.sleep(0)

    async def all_of_them() -> None:
        await asyncio.gather(*(one(number) for number in range(500)))

    asyncio.run(all_of_them())
    spans = {span.name: span for span in store.spans()}

    assert 1000 == len(spans)
    for number in range(500):
        assert spans[f"test {number}"].span_id == spans[f"step {number}"].parent_id


def test_the_same_exception_leaves(store: Store) -> None:
    """
    The exception that comes out is the object that was raised, unchanged.
    """
    raised = KeyError("x")
    with pytest.raises(KeyError) as caught, test_span("one"):
        raise raised

    assert raised is caught.value
    assert (None, None) == (raised.__cause__, raised.__context__)
    assert not hasattr(raised, "__notes__")


def test_the_whole_chain_is_kept(store: Store) -> None:
    """
    Causes, contexts and members of groups are events, with how they hang
    together.
    """

    def fail() -> None:
        try:
            try:
                msg = "errno 111"
                raise ConnectionRefusedError(msg)
            except OSError:
                raise TimeoutError  # noqa: B904  # a context is what is wanted
        except TimeoutError as error:
            msg = "gone"
            raise ExceptionGroup(msg, [ValueError("a")]) from error

    with pytest.raises(ExceptionGroup), test_span("one"):
        fail()

    events = [attributes for _, attributes in store.span("one").events]
    expected = [
        ("ExceptionGroup", "gone (1 sub-exception)", None),
        ("TimeoutError", "", "cause"),
        ("ValueError", "a", "member"),
        ("ConnectionRefusedError", "errno 111", "context"),
    ]

    assert expected == [
        (
            event["exception.type"],
            event["exception.message"],
            event.get("otel_testkit.exception.relation"),
        )
        for event in events
    ]


def test_the_failing_line_of_the_test_is_kept(store: Store) -> None:
    """
    The place is the deepest line in the file of the test, with its source, and
    none of our frames is in the stack trace.
    """
    with pytest.raises(AssertionError), test_span("one"):
        assert [1, 2] == [
            1,
            3,
        ]

    ((_, event),) = store.span("one").events

    assert __file__.endswith(event["code.file.path"])
    assert event["otel_testkit.code.source"].startswith("assert [1, 2] == [")
    assert "recording/span.py" not in event["exception.stacktrace"]


def test_secrets_are_masked_wherever_they_stand(store: Store) -> None:
    """
    No secret of a name, a tag, an event or an exception reaches the disk.
    """
    with (
        pytest.raises(ValueError, match="hunter2"),
        test_span("login[password=hunter2]", tags={"api_key": "hunter2"}) as test,
        step("with token=hunter2"),
    ):
        test.set_attribute("db.dsn", "postgres://bob:hunter2@db/x")
        test.event("sent", {"authorization": "Bearer hunter2"})
        msg = "cannot open https://bob:hunter2@host/x?token=hunter2"
        raise ValueError(msg)

    assert "hunter2" not in store.text()


def test_traceparent_becomes_a_link(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    A pipeline's trace is linked, so that a test does not drown in it; it is the
    parent on request, also where its sampler said no.
    """
    trace_id, span_id = "a" * 32, "b" * 16
    monkeypatch.setenv("TRACEPARENT", f"00-{trace_id}-{span_id}-00")
    for choice in ("link", "parent", "ignore"):
        configure(directory=store.directory, show="none", traceparent=choice)
        with test_span(choice):
            pass

    linked, child, alone = (store.span(name) for name in ("link", "parent", "ignore"))

    assert ("", [(trace_id, span_id)]) == (linked.parent_id, linked.links)
    assert (trace_id, span_id, []) == (child.trace_id, child.parent_id, child.links)
    assert ("", []) == (alone.parent_id, alone.links)


@pytest.mark.parametrize("traceparent", ["", "x", "00-0-0-00", "00-zz-yy-01", "1-2-3"])
def test_a_traceparent_that_is_none_is_left(
    store: Store, monkeypatch: pytest.MonkeyPatch, traceparent: str
) -> None:
    """
    Garbage in `TRACEPARENT` changes nothing.
    """
    monkeypatch.setenv("TRACEPARENT", traceparent)
    configure(directory=store.directory, show="none")
    with test_span("one"):
        pass

    assert [] == store.span("one").links


def test_a_started_test_can_be_read_as_open(store: Store) -> None:
    """
    While a test runs, its line in the open file is there already.
    """
    with test_span("one", tags={"team": "x"}) as test:
        (opened,) = store.opened()

    assert (test.trace_id, test.span_id, "one") == (
        opened["traceId"],
        opened["spanId"],
        opened["name"],
    )
    assert "endTimeUnixNano" not in opened


def test_the_run_is_handed_to_children(store: Store) -> None:
    """
    A process that is started now finds the run's folder in its environment.
    """
    with test_span("one"):
        handed = os.environ["OTEL_TESTKIT_RUN"]

    assert [handed] == layout.run_folders(str(store.directory))


def test_switched_off_nothing_is_recorded(store: Store) -> None:
    """
    With `enabled` off a test span does nothing, not even a folder.
    """
    configure(directory=store.directory, show="none", enabled=False)
    with test_span("one") as test, step("two"):
        test.set_tag("a", 1)

    assert ([], False) == (store.runs, test.is_recording)


def test_a_span_can_be_used_again(store: Store) -> None:
    """
    Each time that a span object is entered is an execution of its own.
    """
    again = test_span("one")
    with again:
        pass
    with again:
        pass

    assert 2 == len({span.trace_id for span in store.spans()})


def test_leaving_a_script_by_exit_0_is_no_error(store: Store) -> None:
    """
    `sys.exit()` is how a script says that all went well; `sys.exit(3)` is not.
    """
    for code, expected in ((None, Outcome.PASSED), (0, "passed"), (3, "error")):
        with pytest.raises(SystemExit), test_span(str(code)) as test:
            raise SystemExit(code)

        assert expected == test.outcome
