"""
Says why an integration test failed: a trace of its own for each test.

What records is loaded with the first name that needs it: for the sake of the
runners that have our plugin and are not asked to trace. PYTEST_DONT_REWRITE
"""

from typing import TYPE_CHECKING, Any

from otel_testkit.errors import OtelTestkitWarning
from otel_testkit.semconv import VERSION as __version__  # noqa: N811  # its usual name


if TYPE_CHECKING:
    from otel_testkit.recording.decorator import traced_test
    from otel_testkit.recording.outcome import Outcome
    from otel_testkit.recording.provider import configure
    from otel_testkit.recording.span import TestSpan, current_test, step, test_span


__all__ = [
    "OtelTestkitWarning",
    "Outcome",
    "TestSpan",
    "__version__",
    "configure",
    "current_test",
    "step",
    "test_span",
    "traced_test",
]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            msg = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(msg)

        globals().update(_recording_wing())

        return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _recording_wing() -> dict[str, Any]:
    from otel_testkit.integrations import script  # noqa: PLC0415  # as said above
    from otel_testkit.recording import (  # noqa: PLC0415
        capture,
        decorator,
        outcome,
        provider,
        span,
    )

    if capture.install_for not in provider.preparations:
        provider.preparations.append(capture.install_for)
        script.print_at_exit()

    return {
        "Outcome": outcome.Outcome,
        "TestSpan": span.TestSpan,
        "configure": provider.configure,
        "current_test": span.current_test,
        "step": span.step,
        "test_span": span.test_span,
        "traced_test": decorator.traced_test,
    }
