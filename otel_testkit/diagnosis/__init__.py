"""
Why a test failed: findings, from the read model alone.
"""

from otel_testkit.diagnosis.comparison import Comparison, Difference, compare
from otel_testkit.diagnosis.diagnose import cause_line, diagnose
from otel_testkit.diagnosis.finding import Cause, Confidence, Finding


__all__ = [
    "Cause",
    "Comparison",
    "Confidence",
    "Difference",
    "Finding",
    "cause_line",
    "compare",
    "diagnose",
]
