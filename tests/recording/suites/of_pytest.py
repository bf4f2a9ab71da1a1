"""
Read by test_frameworks.py: what pytest has, with outcomes of every kind.
"""
# ruff: noqa: PT009, PT015, RUF012

import asyncio
import unittest
import warnings

from unittest import mock

import anyio
import pytest

from otel_testkit import step, traced_test


@pytest.fixture
def number():
    return 7


@pytest.fixture
async def later(number):
    await asyncio.sleep(0)
    yield number
    await asyncio.sleep(0)


@pytest.fixture(params=["x::y", "a [b] (c)", "é", ""])
def text(request):
    return request.param


@traced_test
def test_function(number):
    assert number == 7


@traced_test
def test_text(text):
    assert text != "é"


@traced_test
@pytest.mark.parametrize("one", [1, 2])
@pytest.mark.parametrize("two", [pytest.param(3, id="three"), 4])
def test_below(one, two, number):
    assert (one, two) != (2, 4)


@pytest.mark.parametrize("one", [1, 2])
@traced_test(name=None, tags={"team": "a"}, suite=None)
def test_above(one, tmp_path):
    pass


@traced_test
def test_error():
    raise LookupError("x")


@traced_test
def test_pytest_fail():
    pytest.fail("so")


@traced_test
def test_skip():
    pytest.skip("later")


@pytest.mark.skip
@traced_test
def test_marked_skip():
    assert 0


@traced_test
@pytest.mark.skipif(True, reason="below")
def test_marked_skip_below():
    assert 0


@traced_test
@pytest.mark.xfail(reason="known")
def test_xfail_below():
    assert 0


@pytest.mark.xfail(raises=KeyError, strict=False)
@traced_test
def test_xfail_above():
    raise KeyError


@pytest.mark.xfail(raises=KeyError)
@traced_test
def test_xfail_of_another_kind():
    raise ValueError


@traced_test
@pytest.mark.xfail(raises=pytest.RaisesGroup(KeyError))
def test_xfail_group():
    raise ExceptionGroup("g", [KeyError()])


@traced_test
@pytest.mark.xfail(False, True, reason="either")
def test_xfail_if():
    assert 0


@traced_test
@pytest.mark.xfail(False, reason="no")
def test_xfail_if_not():
    assert 0


@traced_test
@pytest.mark.xfail(strict=False)
def test_xpass():
    pass


@traced_test
def test_xfail_called():
    pytest.xfail("from here on")


@traced_test
@pytest.mark.asyncio
async def test_async(later):
    await asyncio.sleep(0)
    assert later == 7


@pytest.mark.asyncio
@traced_test
async def test_async_fails(later):
    with step("inner"):
        await asyncio.sleep(0)
    assert later == 8


@traced_test
@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_anyio(anyio_backend, number):
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.sleep, 0)
    assert number == 7


@traced_test
@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_anyio_fails(anyio_backend):
    async with anyio.create_task_group():
        assert 0


@traced_test
@mock.patch("os.getcwd", return_value="here")
def test_mocked(getcwd, number):
    assert getcwd() == "here"


@mock.patch("os.getcwd", return_value="here")
@traced_test
def test_mocked_above(getcwd, number):
    assert getcwd() == "here"


@traced_test
@pytest.mark.usefixtures("number")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_warns():
    warnings.warn("old", DeprecationWarning, stacklevel=1)
    warnings.warn("mine", UserWarning, stacklevel=1)


class TestClass:
    @traced_test
    def test_method(self, number):
        assert isinstance(self, TestClass)

    @traced_test
    @pytest.mark.parametrize("one", [1])
    @pytest.mark.asyncio
    async def test_async_method(self, one, later):
        assert later == 7

    @staticmethod
    @traced_test
    def test_static(number):
        assert number == 7

    @traced_test
    @staticmethod
    def test_static_below(number):
        assert number == 7

    @classmethod
    @traced_test
    def test_class(cls, number):
        assert cls is TestClass

    @traced_test
    @classmethod
    def test_class_below(cls, number):
        assert cls is TestClass

    class TestInner:
        @traced_test
        def test_inner(self):
            pass


@traced_test(tags={"a": 1})
class TestWholeClass:
    made = []

    def setup_method(self):
        self.made.append(1)

    def test_one(self, number):
        assert len(self.made) == 1

    @pytest.mark.parametrize("x", ["a", "b"])
    def test_two(self, x):
        assert x == "a"

    @traced_test(tags={"own": 2})
    def test_own(self):
        pass

    @step("stepped")
    def test_step(self):
        pass

    @mock.patch("os.getcwd")
    @traced_test(tags={"own": 3})
    def test_own_below(self, getcwd):
        pass

    def helper(self):
        raise RuntimeError

    @pytest.fixture
    def test_data(self):
        return 1


@pytest.mark.xfail
class TestKnown:
    @traced_test
    def test_known(self):
        assert 0


class Base:
    def test_inherited(self):
        pass


@traced_test
class TestDerived(Base):
    pass


@traced_test
class TestCase(unittest.TestCase):
    def setUp(self):
        self.x = 1

    def test_x(self):
        self.assertEqual(self.x, 1)

    def test_fails(self):
        self.assertEqual(self.x, 2)

    @unittest.expectedFailure
    def test_expected(self):
        self.fail()

    def test_skips(self):
        self.skipTest("so")


@traced_test
class TestIsolated(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.x = 1

    async def test_x(self):
        self.assertEqual(self.x, 1)


@traced_test
def test_last(request):
    assert request.node.originalname == "test_last"
    assert request.function.__doc__ is None
