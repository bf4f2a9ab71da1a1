"""
Read by test_frameworks.py: what unittest has, with outcomes of every kind.
"""
# ruff: noqa: N802, PT009

import asyncio
import unittest
import warnings

from otel_testkit import step, traced_test


class Own(Exception):
    pass


class Single(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ready = 1

    def setUp(self):
        self.addCleanup(setattr, self, "ready", 0)

    @traced_test
    def test_passes(self):
        self.assertEqual(self.ready, 1)

    @traced_test
    def test_fails(self):
        self.assertEqual(self.ready, 2)

    @traced_test
    def test_errors(self):
        raise Own

    @unittest.expectedFailure
    @traced_test
    def test_expected_above(self):
        self.fail()

    @traced_test
    @unittest.expectedFailure
    def test_expected_below(self):
        self.fail()

    @traced_test
    @unittest.expectedFailure
    def test_unexpected(self):
        pass

    @traced_test
    def test_skips(self):
        self.skipTest("so")

    @unittest.skip("above")
    @traced_test
    def test_skipped(self):
        self.fail()

    @traced_test
    def test_subtests(self):
        for number in range(3):
            with self.subTest(number=number):
                self.assertNotEqual(number, 1)

    @traced_test
    def test_warns(self):
        with self.assertWarns(UserWarning):
            warnings.warn("x", stacklevel=1)


@traced_test(tags={"team": "a"})
class Whole(unittest.TestCase):
    def setUp(self):
        self.x = 1

    def tearDown(self):
        self.x = 2

    def test_one(self):
        self.assertEqual(self.x, 1)

    def test_two(self):
        self.fail("two")


@traced_test
class Isolated(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.loop = asyncio.get_running_loop()

    async def test_one(self):
        with step("inner"):
            await asyncio.sleep(0)
        self.assertIs(asyncio.get_running_loop(), self.loop)

    async def test_fails(self):
        await asyncio.sleep(0)
        self.fail()

    def test_sync(self):
        pass


@unittest.expectedFailure
class Expected(unittest.TestCase):
    @traced_test
    def test_it(self):
        self.fail()


@traced_test
class Lone(unittest.TestCase):
    def runTest(self):
        pass
