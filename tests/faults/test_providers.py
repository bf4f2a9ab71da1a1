"""
Providers, processors and exporters of others: they come, go, are shut down, switched
off, or raise, and each test and each of its parts is recorded all the same.
"""

from __future__ import annotations

from typing import Any

import pytest


def test_providers_that_come_and_go(program: Any) -> None:
    """A test may set, swap, reset and shut down providers; ours goes on."""
    done = program("""
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.util._once import Once
        from otel_testkit import step, test_span

        def theirs(name):
            trace.get_tracer("theirs").start_span(name).end()

        with test_span("own"):
            theirs("in own")
        with test_span("set"):
            first = TracerProvider()
            trace.set_tracer_provider(first)
        with test_span("after set"), step("a"):
            theirs("in first")
        with test_span("shut down"), step("b"):
            first.shutdown()
            theirs("in a dead one")
        with test_span("reset"):
            trace._TRACER_PROVIDER = None
            trace._TRACER_PROVIDER_SET_ONCE = Once()
        with test_span("after reset"), step("c"):
            theirs("in own again")
        with test_span("swapped"), step("d"):
            trace._TRACER_PROVIDER = TracerProvider()
        with test_span("after swap"), step("e"):
            theirs("in second")
        with test_span("shut all down"):
            trace.get_tracer_provider().shutdown()
        with test_span("ours shut down"):
            from otel_testkit.recording.provider import recording
            recording().provider.shutdown()
        with test_span("after all"), step("f"):
            pass
    """)

    assert (done.code, done.err) == (0, "")
    assert set(done.outcomes().values()) == {"passed"}
    assert len(done.outcomes()) == 11
    names = {span.name for span in done.run().spans()}
    assert names >= set("abcdef") | {"in own", "in first", "in own again", "in second"}
    assert len(set(done.span_ids())) == len(done.span_ids())


# What a test does to the provider in its midst, and what it sees of it.
DOES = {
    "set": "trace.set_tracer_provider(TracerProvider())",
    "swapped": "trace._TRACER_PROVIDER = TracerProvider()",
    "reset": """
            trace._TRACER_PROVIDER = None
            trace._TRACER_PROVIDER_SET_ONCE = Once()
    """,
    "shut-down": "getattr(trace.get_tracer_provider(), 'shutdown', int)()",
    "none": "trace._TRACER_PROVIDER = trace.NoOpTracerProvider()",
    "flushed": "getattr(trace.get_tracer_provider(), 'force_flush', int)()",
    "suppressed": """
            from opentelemetry.context import attach, set_value
            attach(set_value("suppress_instrumentation", True))
            attach(set_value(context._SUPPRESS_INSTRUMENTATION_KEY, True))
    """,
    "mocked": "monkeypatch.setattr(trace, 'get_tracer_provider', mock.Mock())",
    "no-tracer": "monkeypatch.setattr(TracerProvider, 'get_tracer', None)",
    "no-span": "monkeypatch.setattr(trace, 'get_current_span', mock.Mock())",
    "no-context": "monkeypatch.setattr(context, 'attach', mock.Mock())",
    "detached": "context.attach(context.Context())",
    "disabled": "monkeypatch.setenv('OTEL_SDK_DISABLED', 'true')",
    "sampled-out": """
            monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
            trace._TRACER_PROVIDER = TracerProvider(sampler=ALWAYS_OFF)
    """,
    "configured": """
            import otel_testkit
            otel_testkit.configure()
            otel_testkit.configure()
    """,
}


@pytest.mark.parametrize(
    "does",
    [
        does
        if does in ("swapped", "reset", "shut-down", "suppressed")
        else pytest.param(does, marks=pytest.mark.matrix)
        for does in DOES
    ],
)
def test_what_a_test_does_to_its_provider(beside: Any, does: str) -> None:
    """Of the test, those after it, and all their steps none is lost."""
    done = beside(f"""
        from unittest import mock
        import pytest
        from opentelemetry import context, trace
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
        from opentelemetry.util._once import Once
        from otel_testkit import step
        from ledger import note

        def work(name):
            with step(name):
                note(name)

        def test_before():
            work("before")

        def test_does(monkeypatch):
            work("in time")
            {DOES[does]}
            work("since")

        def test_after():
            work("after")

        def test_raises():
            work("failing")
            raise KeyError("k")
    """)

    assert done.noted == ("before", "in time", "since", "after", "failing")
    outcomes = [str(one.outcome) for one in done.attempts()]
    assert outcomes == ["passed", "passed", "passed", "failed"]
    steps = [span.name for span in done.run().spans() if span.name in done.noted]
    assert sorted(steps) == sorted(done.noted)
    assert len(set(done.span_ids())) == len(done.span_ids())
    assert done.run().loose == ()


@pytest.mark.parametrize(
    "error",
    [
        "RuntimeError('x')",
        "SystemExit(3)",
        pytest.param("RecursionError()", marks=pytest.mark.matrix),
        pytest.param("MemoryError()", marks=pytest.mark.matrix),
    ],
)
def test_a_processor_that_raises(program: Any, error: str) -> None:
    """Another's processor may raise in each method; no test sees it."""
    done = program(f"""
        from opentelemetry import trace
        from opentelemetry.sdk.trace import SpanProcessor
        from otel_testkit import configure, step, test_span
        from ledger import note

        class Raising(SpanProcessor):
            def on_start(self, span, parent_context=None): raise self.error("start")
            def _on_ending(self, span): raise self.error("ending")
            def on_end(self, span): raise self.error("end")
            def shutdown(self): raise self.error("shutdown")
            def force_flush(self, timeout_millis=0): raise self.error("flush")
            def error(self, where):
                note(where)
                return {error}

        configure(span_processors=[Raising()])
        with test_span("t"), step("a"):
            with trace.get_tracer("theirs").start_as_current_span("b"):
                print(trace.get_tracer_provider().force_flush())
        with test_span("after"):
            pass
        print("done")
    """)

    assert (done.code, done.out) == (0, "False\ndone\n")
    (line,) = done.err.splitlines()
    assert line.startswith("otel-testkit: a span processor raised")
    assert done.outcomes() == {"t": "passed", "after": "passed"}
    assert [span.name for span in done.run().spans()] == ["t", "a", "b", "after"]
    assert {"start", "end", "shutdown", "flush"} <= set(done.noted)


def test_an_exporter_that_raises(suite: Any) -> None:
    """What it raises or returns changes no test; the SDK's log of it is its own."""
    text = """
        import otel_testkit, pytest, time
        from opentelemetry.sdk.trace.export import (
            BatchSpanProcessor, SimpleSpanProcessor, SpanExporter,
        )
        from otel_testkit import step

        class Raising(SpanExporter):
            def export(self, spans): raise OSError("no space")
            def shutdown(self): raise OSError("no space")
            def force_flush(self, timeout_millis=0): raise OSError("no space")

        class Odd(SpanExporter):
            def export(self, spans): return "odd"

        @pytest.fixture(scope="session", autouse=True)
        def exporting():
            exporters = [SimpleSpanProcessor(Odd()), SimpleSpanProcessor(Raising())]
            otel_testkit.configure(span_processors=exporters)

        @pytest.mark.parametrize("number", range(3))
        def test_it(number):
            with step("a"):
                assert number != 1
    """

    bare = suite(text, "-p", "no:logging", traced=False)
    done = suite(text, "-p", "no:logging", "--trace-tests")

    assert (done.code, done.told) == (1, bare.told)
    assert len(done.troubles) == 1
    outcomes = [str(one.outcome) for one in done.attempts()]
    assert outcomes == ["passed", "failed", "passed"]
    assert [one.name for one in done.run().spans()].count("a") == 3


def test_an_alarm_in_a_processor(program: Any) -> None:
    """What a test's own signal handler raises in its midst is the test's."""
    done = program("""
        import signal, time
        from opentelemetry.sdk.trace import SpanProcessor
        from otel_testkit import configure, step, test_span

        class Slow(SpanProcessor):
            def on_end(self, span):
                if span.name == "slow":
                    time.sleep(20)

        def ring(*_):
            raise TimeoutError("too long")

        configure(span_processors=[Slow()])
        signal.signal(signal.SIGALRM, ring)
        try:
            with test_span("t"):
                signal.setitimer(signal.ITIMER_REAL, 0.3)
                with step("slow"):
                    pass
        except TimeoutError as error:
            print(error)
    """)

    assert (done.code, done.out, done.err) == (0, "too long\n", "")
    assert done.outcomes() == {"t": "error"}


def test_what_an_exporter_sends(program: Any) -> None:
    """The requests of an exporter are no calls of the test, and are not exported."""
    done = program("""
        import http.server, threading
        import requests
        from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter
        from otel_testkit import configure, step, test_span
        from ledger import note

        class Answers(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(204)
                self.end_headers()
            def log_message(self, *_): pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"

        class Sending(SpanExporter):
            def export(self, spans):
                for span in spans:
                    note(span.name)
                    requests.get(f"{url}/exported")

        configure(span_processors=[SimpleSpanProcessor(Sending())])
        with test_span("t"), step("a"):
            requests.get(f"{url}/mine")
        server.shutdown()
    """)

    assert done.code == 0, done.err
    (attempt,) = done.attempts()
    assert [call.url.rpartition("/")[2] for call in attempt.calls] == ["mine"]
    assert len(done.noted) == 3
