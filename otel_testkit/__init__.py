"""
Says why an integration test failed: a trace of its own for each test.
"""

from otel_testkit.errors import OtelTestkitWarning
from otel_testkit.integrations import script as _script
from otel_testkit.recording import capture as _capture
from otel_testkit.recording.decorator import traced_test
from otel_testkit.recording.outcome import Outcome
from otel_testkit.recording.provider import configure, preparations as _preparations
from otel_testkit.recording.span import TestSpan, current_test, step, test_span
from otel_testkit.semconv import VERSION as __version__  # noqa: N811  # its usual name


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

_preparations.append(_capture.install_for)
_script.print_at_exit()
