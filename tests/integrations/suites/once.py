"""
Read by test_unittest.py: what is done once for modules and classes, and goes wrong.
"""

import contextlib
import unittest

from otel_testkit import step, traced_test
from otel_testkit.integrations.unittest import TracedTestCase


def clean(what):
    with step("clean"):
        pass
    if what.startswith("bad"):
        raise LookupError(what)


def setUpModule():
    unittest.addModuleCleanup(clean, "bad module")
    with step("prepare"):
        pass


def tearDownModule():
    raise RuntimeError("module down")


class Cleanups(TracedTestCase, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.addClassCleanup(clean, "good")
        cls.addClassCleanup(clean, "bad class")

    def test_cleans_itself(self):
        self.addCleanup(clean, "bad test")
        self.doCleanups()

    def test_passes(self):
        pass


class AssertsOnce(TracedTestCase, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.addClassCleanup(clean, "good")
        assert not "ready"

    def test_one(self):
        pass


class NamedLate(unittest.TestCase, TracedTestCase):
    def setUp(self):
        raise KeyError

    def test_one(self):
        pass


class Above(unittest.TestCase):
    def test_shared(self):
        pass


@traced_test(tags={"team": "a"})
class Left(Above):
    pass


class Right(Above):
    def test_shared(self):
        self.fail("of the right")


class Diamond(Left, Right):
    pass


@unittest.skip("the whole class")
class Skipped(TracedTestCase, unittest.TestCase):
    def test_one(self):
        pass


@unittest.expectedFailure
class Expected(TracedTestCase, unittest.TestCase):
    def test_fails(self):
        self.fail()

    def test_passes(self):
        pass


class Isolated(TracedTestCase, unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.addAsyncCleanup(self.clean)
        await self.enterAsyncContext(self.connection())

    @contextlib.asynccontextmanager
    async def connection(self):
        yield

    async def clean(self):
        with step("cleaning"):
            raise LookupError("bad coroutine")

    async def test_one(self):
        pass
