"""
Read by test_unittest.py: a module that cannot be set up.
"""

import unittest

from otel_testkit.integrations.unittest import TracedTestCase


def setUpModule():
    unittest.addModuleCleanup(print, "module is clean")
    raise LookupError("no module")


class Never(TracedTestCase, unittest.TestCase):
    def test_one(self):
        pass
