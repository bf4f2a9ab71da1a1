"""
OpenTelemetry's own instrumentations, switched on for us: with one of a library
that is made up, so that nothing but their common ground is needed.
"""

from __future__ import annotations

import importlib.machinery
import sys
import threading
import types
import warnings

from typing import Any

import pytest

from opentelemetry import context, trace
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

from otel_testkit import configure, errors, test_span
from otel_testkit.recording.capture import outgoing
from otel_testkit.recording.capture.taps import official


class Library(types.ModuleType):
    """
    What is instrumented: it answers with what it is asked.
    """

    def __init__(self) -> None:
        super().__init__("madeup")
        self.error: BaseException | None = None

    def ask(self, question: str) -> str:
        if self.error is not None:
            raise self.error
        return question


class Kit:
    """
    The library and its instrumentation.
    """

    def __init__(self) -> None:
        self.library = library = Library()
        self.requires = ["pytest >= 1"]
        self.given: list[dict[str, Any]] = []
        self.trouble: Any = None
        kit = self

        class MadeUpInstrumentor(BaseInstrumentor):
            def instrumentation_dependencies(self) -> Any:
                return kit.requires

            def _instrument(self, **kwargs: Any) -> None:
                kit.given.append(kwargs)
                if kit.trouble is not None:
                    kit.trouble()
                tracer = trace.get_tracer("made.up", "1", kwargs["tracer_provider"])
                original = self._original = library.ask

                def ask(question: str) -> str:
                    with tracer.start_as_current_span(
                        "ask", kind=trace.SpanKind.CLIENT
                    ) as span:
                        if span.is_recording():
                            span.set_attribute("db.query.text", question)
                            span.set_attribute("db.statement", question)
                        return original(question)

                library.ask = ask

            def _uninstrument(self, **kwargs: Any) -> None:
                library.ask = self._original

        self.kind: Any = MadeUpInstrumentor
        self.module = types.ModuleType("opentelemetry.instrumentation.madeup")
        self.module.__spec__ = importlib.machinery.ModuleSpec(
            self.module.__name__, None
        )
        self.module.MadeUpInstrumentor = MadeUpInstrumentor


@pytest.fixture
def kit(monkeypatch) -> Any:
    """
    The library and its instrumentation, installed and not switched on.
    """
    made = Kit()
    monkeypatch.setitem(sys.modules, made.module.__name__, made.module)
    monkeypatch.setitem(
        official._INSTRUMENTORS, "madeup", ("madeup", "MadeUpInstrumentor")
    )
    yield made
    official.remove("madeup")


def test_spans_hang_on_the_test(store, kit) -> None:
    """
    A span is a call of the test, of the instrumentation's scope, and short.
    """
    official.set_on(kit.library)
    with test_span("a test") as test:
        assert kit.library.ask("me") == "me"

    span = store.span("ask")
    assert (span.parent_id, span.kind) == (test.span_id, 3)
    assert span.scope == "made.up"
    assert span.resource == {"service.name": "tests"}


def test_secrets(store, kit) -> None:
    """
    Statements are masked under the old name and the new one, errors as well.
    """
    official.set_on(kit.library)
    kit.library.error = RuntimeError("postgresql://me:swordfish99@db/x is gone")
    with test_span("a test"), pytest.raises(RuntimeError):
        kit.library.ask("alter role me password 'swordfish99'")

    assert "alter role" in store.text()
    assert "is gone" in store.text()
    assert "swordfish99" not in store.text()


def test_an_error(store, kit) -> None:
    """
    The same exception goes through, and its whole chain is recorded.
    """
    official.set_on(kit.library)
    kit.library.error = RuntimeError("closed")
    kit.library.error.__cause__ = ConnectionResetError("reset")
    with test_span("a test"), pytest.raises(RuntimeError) as raised:
        kit.library.ask("me")

    assert raised.value is kit.library.error
    span = store.span("ask")
    assert span.status == {"code": 2, "message": "RuntimeError: closed"}
    assert [event["exception.type"] for _, event in span.events] == [
        "RuntimeError",
        "ConnectionResetError",
    ]


def test_outside_of_tests(store, kit) -> None:
    """
    Where no test runs there is no span, and what was current still is.
    """
    official.set_on(kit.library)
    with test_span("a test"):
        pass
    theirs = TracerProvider().get_tracer("theirs")
    with theirs.start_as_current_span("outer") as outer:
        seen = []
        original = kit.library.error
        kit.library.error = None
        provider = kit.given[0]["tracer_provider"]
        with provider.get_tracer("x").start_as_current_span("y") as silent:
            seen = [trace.get_current_span(), silent.get_span_context()]
        kit.library.error = original

    assert seen == [outer, outer.get_span_context()]
    assert kit.library.ask("me") == "me"
    assert [span.name for span in store.spans()] == ["a test"]


def test_a_bare_thread(store, kit) -> None:
    """
    What a thread asks that knows of no test belongs to the one that is open.
    """
    official.set_on(kit.library)
    with test_span("a test") as test:
        thread = threading.Thread(target=kit.library.ask, args=["me"])
        thread.start()
        thread.join()

    assert store.span("ask").parent_id == test.span_id


def test_suppressed(store, kit) -> None:
    """
    What an exporter asks is no call.
    """
    official.set_on(kit.library)
    with test_span("a test"):
        token = context.attach(context.set_value("suppress_instrumentation", True))
        kit.library.ask("me")
        context.detach(token)

    assert len(store.spans()) == 1


def test_a_span_processor_that_asks(store, kit) -> None:
    """
    What a span processor of the user's asks when it is told of a span is no call.
    """
    official.set_on(kit.library)

    class Asking(SpanProcessor):
        def on_start(self, span: Any, parent_context: Any = None) -> None:
            kit.library.ask("start")

        def on_end(self, span: Any) -> None:
            kit.library.ask("end")

    processor = Asking()
    configure(directory=store.directory, show="none", span_processors=[processor])
    with test_span("a test"):
        kit.library.ask("me")
    processor.on_start = processor.on_end = lambda *_: None

    assert sorted(span.name for span in store.spans()) == ["a test", "ask"]


def test_a_conflict(store, kit, caplog) -> None:
    """
    One that is for other versions of the library is left off, without a word.
    """
    kit.requires = ["pytest < 1"]

    official.set_on(kit.library)

    assert kit.given == []
    assert caplog.text == ""


def test_one_that_fails(store, kit, caplog) -> None:
    """
    One that cannot be switched on is a trouble of ours, told at the end.
    """
    kit.trouble = lambda: {}["nothing"]

    official.set_on(kit.library)

    assert kit.library.ask("me") == "me"
    (trouble,) = errors.troubles()
    assert "is not recorded (KeyError" in trouble
    assert caplog.text == ""


def test_one_that_warns(store, kit) -> None:
    """
    What it warns of is nothing that the user has done.
    """
    kit.trouble = lambda: warnings.warn("old", DeprecationWarning, stacklevel=1)

    official.set_on(kit.library)
    with test_span("a test"):
        kit.library.ask("me")

    assert store.span("ask")


def test_one_that_is_not_there(store, kit, monkeypatch) -> None:
    """
    Without an instrumentation, and while the program imports it, nothing happens.
    """
    del kit.module.MadeUpInstrumentor
    official.set_on(kit.library)
    monkeypatch.delitem(sys.modules, kit.module.__name__)
    official.set_on(kit.library)

    assert kit.given == []


@pytest.mark.parametrize("is_first", [True, False], ids=["before", "after"])
def test_one_that_is_on(store, kit, caplog, is_first) -> None:
    """
    What the program switches on, before us or after, has all the spans to itself,
    can be switched off, and nobody says a word.
    """
    theirs: list[str] = []
    provider = TracerProvider()
    provider.add_span_processor(processor := SpanProcessor())
    processor.on_end = lambda span: theirs.append(span.name)
    if is_first:
        kit.kind().instrument(tracer_provider=provider)
        official.set_on(kit.library)
    else:
        official.set_on(kit.library)
        kit.kind().instrument(tracer_provider=provider)

    with test_span("a test"):
        kit.library.ask("me")
    official.remove("madeup")
    kit.library.ask("me")
    kit.kind().uninstrument()
    kit.library.ask("me")

    assert theirs == ["ask", "ask"]
    assert [span.name for span in store.spans()] == ["a test"]
    assert caplog.text == ""


def test_remove_and_set_again(store, kit) -> None:
    """
    Switched off, the library is as it was; switched on again, it is so once.
    """
    original = kit.library.ask
    official.set_on(kit.library)
    official.set_on(kit.library)
    official.remove("madeup")
    official.remove("madeup")
    assert kit.library.ask == original

    official.set_on(kit.library)
    with test_span("a test"):
        kit.library.ask("me")
    assert len(store.spans()) == 2


@pytest.mark.parametrize("name", ["taken_place", "note_failure"])
def test_our_own_faults(store, kit, monkeypatch, name) -> None:
    """
    What goes wrong in ours is noted, and the library answers and raises as ever.
    """

    def fail(*_: Any, **__: Any) -> Any:
        msg = "ours"
        raise LookupError(msg)

    official.set_on(kit.library)
    monkeypatch.setattr(official, name, fail)
    with test_span("a test"):
        assert kit.library.ask("me") == "me"
        kit.library.error = OSError("theirs")
        with pytest.raises(OSError, match="theirs") as raised:
            kit.library.ask("me")

    assert raised.value is kit.library.error
    (trouble,) = errors.troubles()
    assert "LookupError" in trouble


def test_faults_of_a_span_of_ours(store, monkeypatch) -> None:
    """
    A call of ours that cannot be ended or begun is noted, and nothing raised.
    """

    def fail(*_: Any, **__: Any) -> Any:
        msg = "ours"
        raise LookupError(msg)

    with test_span("a test"):
        call = outgoing.begin("x", ("h", 1), "", {})
        monkeypatch.setattr(outgoing, "note_failure", fail)
        call.failed(OSError("theirs"))
        monkeypatch.setattr(outgoing, "taken_place", fail)
        assert outgoing.begin("x", ("h", 1), "", {}) is None

    assert store.span("x").attributes["server.address"] == "h"
    (trouble,) = errors.troubles()
    assert "LookupError" in trouble


def test_a_call_that_outlives_its_test(store) -> None:
    """
    A call that waits when its test ends is closed with it, once.
    """
    with test_span("a test"):
        call = outgoing.begin("x", ("h", None), "", {})
    call.complete({"late": 1})
    call.failed(OSError("late"))

    assert "late" not in store.span("x").attributes
    assert store.span("x").events == []


def test_calls_that_nobody_wants(store) -> None:
    """
    Hosts that the settings leave out are left out here as well.
    """
    configure(directory=store.directory, show="none", capture_exclude=["h:1"])
    with test_span("a test"):
        assert outgoing.begin("x", ("h", 1), "", {}) is None
        assert outgoing.begin("x", ("h", 2), "", {}) is not None
    configure(directory=store.directory, show="none")
