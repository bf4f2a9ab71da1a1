"""
Our provider among those of the program under test.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from otel_testkit import OtelTestkitWarning, configure, errors, step, test_span
from otel_testkit.recording import provider


if TYPE_CHECKING:
    from tests.recording.conftest import Store


@pytest.fixture
def program() -> Iterator[Any]:
    """
    A function that sets the program's provider, as a program would; what was
    there before comes back.
    """
    before = trace._TRACER_PROVIDER

    def set_provider(new: TracerProvider | None) -> None:
        trace._TRACER_PROVIDER = new

    yield set_provider

    trace._TRACER_PROVIDER = before


def _names(exporter: InMemorySpanExporter) -> list[str]:
    return [span.name for span in exporter.get_finished_spans()]


def _exporting(**more: Any) -> tuple[TracerProvider, InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    theirs = TracerProvider(shutdown_on_exit=False, **more)
    theirs.add_span_processor(SimpleSpanProcessor(exporter))

    return theirs, exporter


def test_spans_of_instrumentations_become_part_of_the_test(
    store: Store, program: Any
) -> None:
    """
    Where the program has no provider, ours is the one that its libraries find.
    """
    program(None)
    with test_span("one") as test:
        with trace.get_tracer("library").start_as_current_span("query"):
            pass

    query = store.span("query")

    assert ("library", test.span_id) == (query.scope, query.parent_id)


def test_a_program_can_still_set_its_own_provider(
    store: Store, program: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """
    Ours stands in nobody's way: a provider set later is taken, with no word in
    the log, and followed from the next test on.
    """
    program(None)
    with test_span("before"):
        pass
    theirs, exporter = _exporting()
    with caplog.at_level(logging.DEBUG):
        trace.set_tracer_provider(theirs)
    with test_span("one"), trace.get_tracer("app").start_as_current_span("work"):
        pass

    assert theirs is trace.get_tracer_provider()
    assert [] == caplog.messages
    assert ["work"] == _names(exporter)
    assert {"before", "one", "work"} == {span.name for span in store.spans()}


def test_a_provider_of_the_program_is_added_to(store: Store, program: Any) -> None:
    """
    Its spans are in the store, as parts of the test; ours are not at its
    exporter, where a test may count what its program has exported.
    """
    theirs, exporter = _exporting(resource=Resource({"service.name": "app"}))
    program(theirs)
    with test_span("one"), step("part"):
        with theirs.get_tracer("app").start_as_current_span("work"):
            pass

    assert ["work"] == _names(exporter)
    assert ["work", "part", "one"] == [span.name for span in store.spans()]
    assert "app" == store.span("work").resource["service.name"]
    assert store.span("part").span_id == store.span("work").parent_id


def test_a_swapped_provider_is_added_to(store: Store, program: Any) -> None:
    """
    A test may set a provider of its own; each is added to once.
    """
    first, second = _exporting(), _exporting()
    for (theirs, _), name in ((first, "a"), (second, "b"), (first, "c")):
        program(theirs)
        with test_span("test"), theirs.get_tracer("x").start_as_current_span(name):
            pass

    assert (["a", "c"], ["b"]) == (_names(first[1]), _names(second[1]))
    assert ["a", "b", "c"] == [s.name for s in store.spans() if s.name != "test"]


def test_a_provider_without_a_hash_is_added_to(store: Store, program: Any) -> None:
    """
    logfire's is a dataclass, which has none.
    """

    class Unhashable(TracerProvider):
        __hash__ = None  # type: ignore[assignment]

    theirs = Unhashable(shutdown_on_exit=False)
    program(theirs)
    with test_span("one"), theirs.get_tracer("x").start_as_current_span("work"):
        pass

    assert ["work", "one"] == [span.name for span in store.spans()]


def test_their_sampler_does_not_switch_tests_off(store: Store, program: Any) -> None:
    """
    A test span is recorded whatever the program's sampler says.
    """
    theirs, _ = _exporting(sampler=ALWAYS_OFF)
    program(theirs)
    with test_span("one"):
        pass

    assert ["one"] == [span.name for span in store.spans()]


def test_shutting_providers_down_stops_nothing(store: Store, program: Any) -> None:
    """
    Tests shut providers down, ours as well; recording goes on.
    """
    program(None)
    with test_span("one"):
        trace.get_tracer_provider().shutdown()
        trace.get_tracer_provider().force_flush()
        with step("part"):
            pass
    with test_span("two"):
        pass

    assert ["part", "one", "two"] == [span.name for span in store.spans()]


class _Raising(SpanProcessor):
    def on_start(self, span: Span, parent_context: Any = None) -> None:
        msg = "start"
        raise RuntimeError(msg)

    def on_end(self, span: ReadableSpan) -> None:
        msg = "end"
        raise RuntimeError(msg)


def test_what_a_processor_raises_reaches_no_test(store: Store, program: Any) -> None:
    """
    Processors of the user's get our spans; one that raises hurts nobody.
    """
    exporter = InMemorySpanExporter()
    good = SimpleSpanProcessor(exporter)
    configure(
        directory=store.directory, show="none", span_processors=[_Raising(), good]
    )
    configure(directory=store.directory, show="none", span_processors=[good])
    try:
        with test_span("one"), step("part"):
            pass
    finally:
        provider._current.relay._added.clear()

    assert ["part", "one"] == _names(exporter)
    assert ["part", "one"] == [span.name for span in store.spans()]
    assert ["a span processor raised RuntimeError (span-processor)"] == (
        errors.troubles()
    )


def test_foreign_spans_are_masked_at_the_door(store: Store, program: Any) -> None:
    """
    What instrumentations write is masked before it is on disk.
    """
    program(None)
    with (
        test_span("one"),
        trace.get_tracer("db").start_as_current_span(
            "connect token=hunter2",
            attributes={
                "db.password": "hunter2",
                "http.url": "http://bob:hunter2@x/?api_key=hunter2",
                "db.arguments": ["--password", "x"],
                "user.pin": 99887766,
            },
        ) as span,
    ):
        span.add_event("sent token=hunter2", {"authorization": "Bearer hunter2"})

    assert "hunter2" not in store.text()
    assert "99887766" not in store.text()


def test_a_foreign_resource_is_masked(store: Store, program: Any) -> None:
    """
    The command line that the SDK's detector finds may hold a password.
    """
    command = ("run", "--password=hunter2")
    theirs, _ = _exporting(resource=Resource({"process.command_args": command}))
    program(theirs)
    with test_span("one"), theirs.get_tracer("x").start_as_current_span("work"):
        pass

    assert "hunter2" not in store.text()
    assert 2 == len(store.spans())


def test_configure_points_at_the_line_with_the_bad_value(store: Store) -> None:
    """
    A value that can't be used is warned of at the caller's line, by the name of
    the setting and never with the value; the default counts.
    """
    with pytest.warns(OtelTestkitWarning) as caught:
        configure(directory=store.directory, show="none", capture="hunter2")  # here

    (warning,) = caught

    assert __file__ == warning.filename
    assert (
        "capture takes one of off, calls, headers, bodies; "
        "what was given is not used (setting)"
    ) == str(warning.message)
    assert "bodies" == provider._current.settings.capture


def test_a_new_directory_is_a_new_run(store: Store) -> None:
    """
    Records follow the directory; a call that keeps it keeps the run.
    """
    with test_span("one"):
        pass
    configure(directory=store.directory, show="none", tags={"team": "x"})
    with test_span("two"):
        pass
    other = store.directory.parent / "other"
    configure(directory=other, show="none")
    with test_span("three"):
        pass

    assert ["one", "two"] == [span.name for span in store.spans()]
    assert 1 == len(store.runs)
    assert 1 == len(list(other.glob("runs/*")))


def test_tags_of_the_run_stand_at_its_tests(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Tags of the environment, of CI and of `configure()` are in the resource of
    test spans, the nearest to the user last; other spans have the service alone.
    """
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "region=eu%2Dwest,team=env,a=1")
    monkeypatch.setenv("OTEL_TESTKIT_TAGS", "ignored=where a keyword is given")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_WORKFLOW", "nightly")
    configure(
        directory=store.directory,
        show="none",
        service_name="shop tests",
        tags={"team": "insights", "deploy.token": "hunter2"},
    )
    with test_span("one"), step("part"):
        pass

    resource = store.span("one").resource

    assert {"service.name": "shop tests"} == store.span("part").resource
    assert ("eu-west", "insights", "nightly", "1") == (
        resource["region"],
        resource["team"],
        resource["cicd.pipeline.name"],
        resource["a"],
    )
    assert "ignored" not in resource
    assert store.runs[0].name == resource["otel_testkit.run.id"]
    assert "hunter2" not in store.text()


def test_what_is_left_out_of_configure_keeps_the_run(store: Store) -> None:
    """
    A call without a directory goes on in the run that there is.
    """
    with test_span("one"):
        pass
    configure(show="none")
    with test_span("two"):
        pass

    assert ["one", "two"] == [span.name for span in store.spans()]


def test_a_test_ends_in_the_run_in_which_it_began(store: Store) -> None:
    """
    Another directory in the midst of a test does not split it.
    """
    other = store.directory.parent / "other"
    with test_span("one"):
        configure(directory=other, show="none")
        with step("part"):
            pass

    assert ["one"] == [span.name for span in store.spans()]
    assert b"part" in b"".join(path.read_bytes() for path in other.rglob("*.jsonl"))


def test_switched_off_nothing_of_others_is_recorded(store: Store, program: Any) -> None:
    """
    Off means all spans, those of the program as well.
    """
    program(None)
    with test_span("one"):
        pass
    configure(show="none", enabled=False)
    with trace.get_tracer("x").start_as_current_span("work"):
        pass
    configure(show="none")
    with test_span("two"):
        pass

    assert ["one", "two"] == [span.name for span in store.spans()]


def test_first_tests_in_many_threads_are_one_run(tmp_path: Path) -> None:
    """
    Whichever thread is first, there is one run, and no test is lost.
    """
    program = (
        "import threading\n"
        "from otel_testkit import test_span\n"
        "barrier = threading.Barrier(16)\n"
        "def one(n):\n"
        "    barrier.wait()\n"
        "    with test_span(f'test {n}'): pass\n"
        "threads = [threading.Thread(target=one, args=(n,)) for n in range(16)]\n"
        "[t.start() for t in threads]; [t.join() for t in threads]\n"
    )
    environ = {k: v for k, v in os.environ.items() if not k.startswith("OTEL_")}
    for number in range(5):
        folder = tmp_path / str(number)
        folder.mkdir()
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=folder,
            env=environ,
            capture_output=True,
            text=True,
            check=True,
        )
        (run,) = folder.glob(".otel-testkit/runs/*")
        (traces,) = run.glob("traces.*")

        assert "" == done.stderr
        assert 16 == traces.read_text().count("test.case.name")
        assert [] == list(run.glob("open.*"))
