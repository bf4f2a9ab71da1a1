"""
Read by test_pytest.py: tests that end in every way there is.
"""
# ruff: noqa: PLR0133, PT009, PT015

import unittest
import warnings

import pytest


@pytest.fixture
def number():
    print("in a fixture")
    return 7


@pytest.fixture
def bad_setup():
    raise RuntimeError("setup")


@pytest.fixture
def bad_teardown():
    yield
    raise RuntimeError("teardown")


def test_pass():
    warnings.warn("mine", UserWarning, stacklevel=1)


def test_assert_fail():
    print("said before it failed")
    assert 1 == 2


def test_exception():
    raise LookupError("x")


def test_pytest_fail():
    pytest.fail("so")


@pytest.mark.skip(reason="marked")
def test_skip_mark():
    pass


def test_skip_inside():
    pytest.skip("inside")


@pytest.mark.xfail(reason="known")
def test_xfail():
    assert 0


@pytest.mark.xfail(run=False)
def test_xfail_not_run():
    assert 0


@pytest.mark.xfail
def test_xpass():
    pass


@pytest.mark.xfail(strict=True, reason="why")
def test_xpass_strict():
    pass


def test_fixture(number):
    assert number == 7


def test_setup_error(bad_setup):
    pass


def test_teardown_error(bad_teardown):
    pass


def test_both_fail(bad_teardown):
    raise KeyError("first")


@pytest.mark.asyncio
async def test_async():
    pass


@pytest.mark.asyncio
async def test_async_fail():
    assert 0


def test_subtests(subtests):
    for i in range(3):
        with subtests.test(i=i):
            assert i != 1


def test_subtests_that_pass(subtests):
    with subtests.test("one"):
        pass
    with subtests.test("two"):
        pytest.skip("not today")


class TestUnittest(unittest.TestCase):
    def test_ut_pass(self):
        pass

    def test_ut_fail(self):
        self.assertEqual(1, 2)

    def test_ut_skip(self):
        self.skipTest("later")

    @unittest.expectedFailure
    def test_ut_xfail(self):
        self.fail("as expected")

    def test_ut_subtest(self):
        for i in range(3):
            with self.subTest(i=i):
                self.assertNotEqual(i, 1)


class TestIsolated(unittest.IsolatedAsyncioTestCase):
    async def test_ut_async(self):
        pass

    async def test_ut_async_fail(self):
        raise ValueError("in a loop")


def test_missing(no_such_fixture):
    pass
