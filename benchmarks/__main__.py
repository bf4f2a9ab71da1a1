"""
Runs all benchmarks: `python -m benchmarks [ROUNDS]`.
"""

from __future__ import annotations

import sys

from benchmarks import (
    calls,
    imports,
    masking,
    pytest_plugin,
    report,
    sizes,
    spans,
)


rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
spans.report(rounds)
calls.report(rounds)
imports.report(rounds)
pytest_plugin.report(rounds)
masking.report()
sizes.report()
report.report()
