"""
Secrets out of headers, URLs, bodies, text and tags, before any of it is written.
"""

from otel_testkit.masking.masker import Masker, secret_environment_values
from otel_testkit.masking.values import MASK


__all__ = ["MASK", "Masker", "secret_environment_values"]
