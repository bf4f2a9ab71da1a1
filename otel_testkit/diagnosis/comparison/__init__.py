"""
Failing attempts of a test beside passing ones.
"""

from otel_testkit.diagnosis.comparison.compare import compare
from otel_testkit.diagnosis.comparison.difference import Comparison, Difference
from otel_testkit.diagnosis.comparison.preceding import preceding_tests
from otel_testkit.diagnosis.comparison.predicate import DifferenceKind


__all__ = [
    "Comparison",
    "Difference",
    "DifferenceKind",
    "compare",
    "preceding_tests",
]
