"""
Read by test_unittest.py: test cases of every kind, with outcomes of every kind.
"""
# ruff: noqa: N802, PT009

import asyncio
import unittest

from otel_testkit import step, traced_test
from otel_testkit.integrations.unittest import TracedTestCase


class Own(Exception):
    pass


def undo(what):
    print("undone", what)
    if what == "bad":
        raise Own(what)


class Base(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ready = 1

    def setUp(self):
        self.addCleanup(undo, "good")


class Full(TracedTestCase, Base):
    trace_tags = {"team": "a"}  # noqa: RUF012  # as users write it

    @classmethod
    def setUpClass(cls):
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        print("class is down")

    def tearDown(self):
        self.ready = 0

    def test_passes(self):
        self.assertEqual(self.ready, 1)

    def test_fails(self):
        self.assertEqual(self.ready, 2)

    def test_errors(self):
        raise Own

    @unittest.expectedFailure
    def test_expected(self):
        self.fail("as expected")

    @unittest.expectedFailure
    def test_unexpected(self):
        pass

    def test_skips(self):
        self.skipTest("so")

    @unittest.skip("above")
    def test_skipped(self):
        self.fail()

    def test_subtests(self):
        for number in range(4):
            with self.subTest("try", number=number, token="hunter2"):
                self.assertNotEqual(number, 1)
                if number == 2:
                    raise Own(number)

    def test_subtest_skips(self):
        for number in range(2):
            with self.subTest(number=number):
                if number:
                    self.skipTest("this one")

    @unittest.expectedFailure
    def test_subtest_expected(self):
        with self.subTest():
            self.fail()

    def test_bad_cleanup(self):
        self.addCleanup(undo, "bad")

    def test_fails_and_bad_cleanup(self):
        self.addCleanup(undo, "bad")
        self.fail("first")

    @traced_test(tags={"own": 1}, suite="mine")
    def test_decorated(self):
        with step("inner"):
            pass

    @traced_test(name="called otherwise")
    def test_named(self):
        pass

    def test_result(self):
        result = self._outcome.result
        print(isinstance(result, unittest.TestResult))
        result.noted = "x"
        print(result.noted, result.shouldStop, hasattr(result, "nothing"))


class BadSetUp(TracedTestCase, unittest.TestCase):
    def setUp(self):
        if "skip" in self._testMethodName:
            raise unittest.SkipTest("not today")
        raise Own

    def test_one(self):
        pass

    def test_skip(self):
        pass


class BadTearDown(TracedTestCase, unittest.TestCase):
    def tearDown(self):
        self.fail("down")

    def test_one(self):
        pass

    def test_skips(self):
        self.skipTest("early")


class BadClass(TracedTestCase, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise Own("no class")

    def test_one(self):
        pass


class SkippedClass(TracedTestCase, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise unittest.SkipTest("no class today")

    def test_one(self):
        pass


class Inherits(TracedTestCase, Base):
    def test_one(self):
        pass


class Isolated(TracedTestCase, unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.loop = asyncio.get_running_loop()
        with step("connect"):
            await asyncio.sleep(0)

    async def asyncTearDown(self):
        with step("disconnect"):
            await asyncio.sleep(0)

    async def test_one(self):
        self.addAsyncCleanup(self.clean)
        with step("inner"):
            await asyncio.sleep(0)
        self.assertIs(asyncio.get_running_loop(), self.loop)

    async def test_fails(self):
        await asyncio.sleep(0)
        self.fail()

    async def test_subtests(self):
        with self.subTest(i=1):
            with step("below"):
                await asyncio.sleep(0)
            self.fail()

    def test_sync(self):
        with step("inner"):
            pass

    async def clean(self):
        with step("cleaning"):
            await asyncio.sleep(0)


@traced_test(tags={"team": "b"})
class Decorated(Base):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()

    def test_one(self):
        pass

    @traced_test(tags={"own": 2})
    def test_own(self):
        self.addCleanup(undo, "bad")


class Below(Decorated):
    def test_below(self):
        self.fail("below")


@traced_test
class DecoratedBad(unittest.TestCase):
    def setUp(self):
        raise Own

    def test_one(self):
        pass


@traced_test
class DecoratedIsolated(unittest.IsolatedAsyncioTestCase):
    async def test_one(self):
        with step("inner"):
            await asyncio.sleep(0)


@traced_test
class Lone(unittest.TestCase):
    def runTest(self):
        pass
