"""
The door for unittest: a base class that records what a decorator cannot see.

    class TestOrders(TracedTestCase, unittest.TestCase):
        ...

It is a mixin, so that it goes before any base class: `IsolatedAsyncioTestCase`,
those of Django, and your own. `traced_test` on a class does the same.
"""

# By its public name: with that, all is loaded that records.
from otel_testkit import test_span as _test_span  # noqa: F401
from otel_testkit.recording.case import TracedTestCase


__all__ = ["TracedTestCase"]
