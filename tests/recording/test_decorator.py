"""
`traced_test` on every kind of callable: nothing about it changes but the record.
"""

from __future__ import annotations

import asyncio
import copy
import functools
import inspect
import pickle
import unittest

from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np
import pytest
import trio

from otel_testkit import current_test, errors, step, traced_test


def plain(one: int, *, two: str = "2") -> str:
    """The doc."""
    assert current_test().is_recording

    return f"{one}{two}"


async def coroutine(one: int, *, two: str = "2") -> str:
    """The doc."""
    assert current_test().is_recording

    return f"{one}{two}"


def generator(one: int, *, two: str = "2") -> Any:
    """The doc."""
    assert current_test().is_recording
    yield f"{one}{two}"


async def async_generator(one: int, *, two: str = "2") -> Any:
    """The doc."""
    assert current_test().is_recording
    yield f"{one}{two}"


async def alist(items: Any) -> list[Any]:
    return [item async for item in items]


async def first(items: Any) -> Any:
    return (await alist(items))[0]


RUNS: dict[Any, Callable[[Any], Any]] = {
    plain: lambda made: made,
    coroutine: asyncio.run,
    generator: lambda made: next(iter(list(made))),
    async_generator: lambda made: asyncio.run(first(made)),
}
KINDS = (
    inspect.isfunction,
    inspect.iscoroutinefunction,
    inspect.isgeneratorfunction,
    inspect.isasyncgenfunction,
    inspect.isroutine,
    callable,
)


@pytest.mark.parametrize("function", RUNS, ids=lambda function: function.__name__)
@pytest.mark.parametrize("called", [False, True])
def test_functions_of_every_kind(store: Any, function: Any, called: bool) -> None:
    """Each kind of function runs as it did and is recorded once, under its name."""
    traced = traced_test()(function) if called else traced_test(function)

    assert RUNS[function](traced(1, two="3")) == "13"
    name = f"{__name__}.{function.__name__}"
    (span,) = store.spans()
    assert (span.name, span.parent_id) == (name, "")
    assert span.attributes == {
        "test.case.name": name,
        "test.suite.name": __name__,
        "code.function.name": name,
        "code.file.path": "tests/recording/test_decorator.py",
        "code.line.number": function.__code__.co_firstlineno,
        "otel_testkit.outcome": "passed",
        "test.case.result.status": "pass",
    }
    assert not current_test().is_recording


@pytest.mark.parametrize("function", RUNS, ids=lambda function: function.__name__)
def test_what_is_kept(store: Any, function: Any) -> None:
    """All that can be asked of a function has the same answer."""
    traced = traced_test(function)

    for ask in KINDS:
        assert ask(traced) == ask(function), ask
    for ask in (
        inspect.signature,
        inspect.getfullargspec,
        inspect.getsource,
        inspect.getdoc,
        inspect.getmodule,
        inspect.get_annotations,
        inspect.unwrap,
        vars,
        str,
        repr,
    ):
        assert ask(traced) == ask(function), ask
    for name in ("__name__", "__qualname__", "__module__", "__doc__", "__code__"):
        assert getattr(traced, name) == getattr(function, name)
    for name in ("__defaults__", "__kwdefaults__", "__closure__", "__annotations__"):
        assert getattr(traced, name) is getattr(function, name)
    assert isinstance(traced, type(function))
    assert traced == function
    assert hash(traced) == hash(function)


def test_attributes_go_to_the_function(store: Any) -> None:
    """What a later decorator notes at the test stands at the test."""

    def test_it() -> None:
        pass

    traced = pytest.mark.anyio(traced_test(pytest.mark.skipif(False)(test_it)))
    traced.note = 1

    assert [mark.name for mark in test_it.pytestmark] == ["skipif", "anyio"]
    assert test_it.note == 1


def test_name_tags_and_suite(store: Any) -> None:
    """What the decorator is called with is in the record."""

    @traced_test(name="import", tags={"team": "a", "n": [1, 2]}, suite="nightly")
    def test_it() -> None:
        current_test().set_tag("later", True)

    test_it()

    attributes = store.span("import").attributes
    assert attributes["test.case.name"] == "import"
    assert attributes["test.suite.name"] == "nightly"
    assert (attributes["team"], attributes["n"]) == ("a", [1, 2])
    assert attributes["later"] is True


class Methods:
    value = "v"

    @traced_test
    def instance(self, one: int) -> Any:
        return self, one

    @traced_test
    @classmethod
    def class_below(cls, one: int) -> Any:
        return cls, one

    @classmethod
    @traced_test
    def class_above(cls, one: int) -> Any:
        return cls, one

    @traced_test
    @staticmethod
    def static_below(one: int) -> Any:
        return None, one

    @staticmethod
    @traced_test
    def static_above(one: int) -> Any:
        return None, one

    @traced_test
    @staticmethod
    async def static_coroutine(one: int) -> Any:
        return None, one

    class Inner:
        @traced_test
        def inner(self) -> None:
            pass


class Derived(Methods):
    def instance(self, one: int) -> Any:
        return super().instance(one + 1)


@pytest.mark.parametrize("owner", [Methods, Derived])
@pytest.mark.parametrize("on_class", [True, False])
@pytest.mark.parametrize(
    "name", ["class_below", "class_above", "static_below", "static_above"]
)
def test_class_and_static_methods(
    store: Any, owner: type, on_class: bool, name: str
) -> None:
    """Above or below the other decorator, of a class or an instance: all the same."""
    method = getattr(owner if on_class else owner(), name)

    assert method(one=7) == (owner if "class" in name else None, 7)
    assert [span.name for span in store.spans()] == [f"{__name__}.Methods.{name}"]
    assert str(inspect.signature(method)) == "(one: 'int') -> 'Any'"


def test_instance_methods(store: Any) -> None:
    """A method knows its instance, also by `super()` and through its class."""
    methods, derived = Methods(), Derived()

    assert methods.instance(1) == (methods, 1)
    assert Methods.instance(methods, 2) == (methods, 2)
    assert derived.instance(1) == (derived, 2)
    assert methods.instance.__self__ is methods
    assert inspect.ismethod(methods.instance)
    assert methods.instance == methods.instance
    assert {span.attributes["test.suite.name"] for span in store.spans()} == {
        f"{__name__}.Methods"
    }


def test_static_coroutine(store: Any) -> None:
    """A static coroutine method is one, for who asks, on class and instance."""
    assert inspect.iscoroutinefunction(Methods.static_coroutine)
    assert inspect.iscoroutinefunction(Methods().static_coroutine)
    assert asyncio.run(Methods.static_coroutine(1)) == (None, 1)


def test_trio(store: Any) -> None:
    """A traced coroutine runs in trio, too, with its steps at the right place."""

    @traced_test
    async def test_it() -> None:
        async with trio.open_nursery() as nursery:
            for number in range(3):
                nursery.start_soon(step(f"step {number}")(trio.lowlevel.checkpoint))

    trio.run(test_it)

    (test,) = [span for span in store.spans() if not span.parent_id]
    parts = [span for span in store.spans() if span.parent_id]
    assert [span.parent_id for span in parts] == [test.span_id] * 3


traced_plain = plain_named = traced_test(plain)
globals()["plain"] = traced_plain


PICKLED = {
    "function": traced_plain,
    "by-class": Methods.instance,
    "class-below": Methods.class_below,
    "class-above": Methods.class_above,
    "derived": Derived.class_below,
    "static-below": Methods.static_below,
    "static-above": Methods.static_above,
    "inner": Methods.Inner.inner,
}


@pytest.mark.parametrize("name", PICKLED)
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickling(
    store: Any, monkeypatch: pytest.MonkeyPatch, name: str, protocol: int
) -> None:
    """A traced function is pickled by its name, as any, and copied as itself."""
    # pytest's importlib mode leaves the module where pickle does not look.
    module = inspect.getmodule(test_pickling)
    monkeypatch.setitem(__import__("sys").modules, __name__, module)
    function = PICKLED[name]

    assert pickle.loads(pickle.dumps(function, protocol)) == function
    assert copy.copy(function) == function
    assert copy.deepcopy([function]) == [function]


def test_copy_of_a_bound_method(store: Any) -> None:
    """A deep copy of a bound method is bound to a copy of its instance."""
    methods = Methods()

    copied = copy.deepcopy(methods.instance)

    assert copied.__self__ is not methods
    assert copied(1) == (copied.__self__, 1)
    assert pickle.loads(pickle.dumps(methods.instance))(2)[1] == 2


class _Above:
    def test_two(self) -> str:
        return "above"

    def test_one(self) -> str:
        return "above"

    @classmethod
    async def test_class_method(cls) -> type:
        return cls


class _Beside(_Above):
    def test_one(self) -> str:
        return f"beside {super().test_one()}"


@traced_test(tags={"team": "a"}, suite="s")
class _Left(_Above):
    def test_own(self) -> None:
        pass


class _Diamond(_Left, _Beside):
    pass


@traced_test(tags={"team": "b"})
class _Other(_Above):
    pass


def test_inherited_methods_stay_where_they_are(store: Any) -> None:
    """A class has what it inherits from where it had it, in the same order."""
    tests = [name for name in vars(_Above) if name.startswith("test")]

    assert tests == ["test_two", "test_one", "test_class_method"]
    assert [name for name in vars(_Left) if name.startswith("test")] == ["test_own"]
    assert _Diamond().test_one() == "beside above"
    assert _Beside().test_two() == "above"
    assert store.spans() == []


def test_inherited_methods_are_told_apart(store: Any) -> None:
    """What is inherited is recorded for the classes that are traced, as each says."""
    _Above().test_two()
    _Beside().test_two()
    _Left().test_two()
    _Diamond().test_two()
    _Other().test_two()
    assert asyncio.run(_Left.test_class_method()) is _Left
    asyncio.run(_Beside.test_class_method())
    told = [span.attributes for span in store.spans()]

    assert [one["team"] for one in told] == ["a", "a", "b", "a"]
    assert told[0]["test.suite.name"] == "s"
    assert told[0]["code.function.name"].endswith("_Above.test_two")


def test_a_whole_class(store: Any) -> None:  # noqa: C901  # methods of all kinds
    """A class is the same class; its test methods are traced, and nothing else."""

    def helper(self: Any) -> int:
        return 1

    class Base:
        def test_inherited(self) -> None:
            pass

    class Tests(Base):
        setup_method = teardown_method = setUp = tearDown = helper
        test_data = (1, 2)
        test_class = int

        def test_one(self) -> str:
            return "one"

        @staticmethod
        def test_static() -> str:
            return "static"

        @classmethod
        async def test_class_method(cls) -> type:
            return cls

        @traced_test(name="own")
        def test_own(self) -> None:
            pass

        @staticmethod
        @traced_test(name="own static")
        def test_own_static() -> None:
            pass

        @step("a step")
        def test_with_step(self) -> None:
            pass

        @property
        def test_property(self) -> int:
            return 3

    before = dict(vars(Tests))
    traced = traced_test(tags={"a": 1}, suite="s")(Tests)

    assert traced is Tests
    for name in ("setup_method", "setUp", "test_data", "test_class", "test_own"):
        assert vars(Tests)[name] is before[name]
    tests = Tests()
    assert tests.setUp() == 1
    assert tests.test_one() == "one"
    assert Tests.test_static() == tests.test_static() == "static"
    assert asyncio.run(Tests.test_class_method()) is Tests
    tests.test_inherited()
    tests.test_own()
    tests.test_own_static()
    tests.test_with_step()
    assert tests.test_property == 3
    names = [span.name.rpartition(".")[2] for span in store.spans()]
    assert names == [
        "test_one",
        "test_static",
        "test_static",
        "test_class_method",
        "test_inherited",
        "own",
        "own static",
        "a step",
        "test_with_step",
    ]
    assert not any("otel_testkit.nested" in x.attributes for x in store.spans())
    assert store.spans()[0].attributes["test.suite.name"] == "s"


def test_a_class_twice(store: Any) -> None:
    """A class that is traced twice, or derived and traced again, records once."""

    @traced_test
    @traced_test
    class Base:
        def test_one(self) -> None:
            pass

    @traced_test
    class Tests(Base):
        def test_two(self) -> None:
            pass

    Tests().test_one()
    Tests().test_two()

    assert [span.name.rpartition(".")[2] for span in store.spans()] == [
        "test_one",
        "test_two",
    ]


def test_a_test_in_a_test(store: Any) -> None:
    """A traced test that another one calls is a part of that one."""

    @traced_test
    def test_inner() -> None:
        pass

    @traced_test
    def test_outer() -> None:
        test_inner()

    test_outer()

    inner, outer = store.spans()
    assert inner.parent_id == outer.span_id
    assert inner.attributes["otel_testkit.nested"] is True


def test_callables_without_a_name(store: Any) -> None:
    """What is callable but no function can be traced; it has the name of its kind."""

    class Callable_:  # noqa: N801
        def __call__(self) -> str:
            return "called"

    class Tests:
        test_partial = functools.partialmethod(Methods.instance.__wrapped__, 1)

    assert traced_test(Callable_())() == "called"
    assert traced_test(functools.partial(generator.__class__, None) and (lambda: 5))()
    partial = traced_test(functools.partial(coroutine, 1, two="x"))
    assert inspect.iscoroutinefunction(partial)
    assert asyncio.run(partial()) == "1x"
    assert traced_test(Tests)().test_partial()[1] == 1
    assert [span.name.rpartition(".")[2] for span in store.spans()] == [
        "Callable_",
        "<lambda>",
        "coroutine",
    ]


def test_called_by_many_names(store: Any) -> None:
    """Recursion and threads of calls make a span each; none is mixed up."""

    @traced_test
    def test_down(left: int) -> int:
        return 1 + test_down(left - 1) if left else 0

    assert test_down(5) == 5
    spans = store.spans()
    assert len(spans) == 6
    assert [one.parent_id for one in spans[:-1]] == [one.span_id for one in spans[1:]]


class RaisingMapping(dict[str, int]):
    def items(self) -> Any:
        raise RuntimeError


@pytest.mark.parametrize(
    "tags", [[1, 2], 7, "text", np.arange(3), RaisingMapping(a=1), object()]
)
def test_tags_that_are_no_mapping(store: Any, tags: Any) -> None:
    """What is no mapping gives no tags; the test is recorded and one line says so."""
    assert traced_test(tags=tags)(lambda: 5)() == 5

    assert len(store.spans()) == 1
    assert len(errors.troubles()) == 1


@pytest.mark.parametrize("what", ["id", "environ", "class"])
def test_a_name_that_cannot_be_asked_for(store: Any, what: str) -> None:
    """Where a framework's own name fails, the function's is taken."""

    class Tests(unittest.TestCase):
        def id(self) -> str:
            raise RuntimeError("no id")

        @traced_test
        def runTest(self) -> None:  # noqa: N802
            self.ran = True

    class Odd:
        @property  # type: ignore[misc]
        def __class__(self) -> type:
            raise RuntimeError("no class")

        @traced_test
        def test_it(self) -> None:
            vars(self)["ran"] = True

    tests: Any = Odd() if what == "class" else Tests()
    with (
        mock.patch("os.environ", None)
        if what == "environ"
        else mock.patch.dict("os.environ", PYTEST_CURRENT_TEST="")
    ):
        (tests.test_it if what == "class" else tests.runTest)()

    assert vars(tests)["ran"] is True
    assert len(store.spans()) == 1
    errors.troubles()


@pytest.mark.parametrize(
    ("current", "case", "suite"),
    [
        ("a.py::test_it (call)", "a.py::test_it", "a.py"),
        ("a.py::A::test_it[1] (call)", "a.py::A::test_it[1]", "a.py::A"),
        ("a.py::test_it[x::y] (call)", "a.py::test_it[x::y]", "a.py"),
        ("a.py::test_it[x (y] (call)", "a.py::test_it[x (y]", "a.py"),
        ("a[1]/b.py::test_it[] (call)", "a[1]/b.py::test_it[]", "a[1]/b.py"),
        ("a.py::test_it[::test_it[a]] (call)", "a.py::test_it[::test_it[a]]", "a.py"),
        ("a.py::test_other (call)", None, None),
        ("a.py::test_it_all (call)", None, None),
        ("", None, None),
    ],
)
def test_names_of_pytest(
    store: Any,
    monkeypatch: pytest.MonkeyPatch,
    current: str,
    case: str | None,
    suite: str | None,
) -> None:
    """The name is pytest's node id, where the function is the one that it runs."""

    @traced_test
    def test_it() -> None:
        pass

    monkeypatch.setenv("PYTEST_CURRENT_TEST", current)
    test_it()

    (span,) = store.spans()
    own = f"{__name__}.test_names_of_pytest.test_it"
    assert span.name == (case or own)
    assert span.attributes["test.suite.name"] == (suite or own.rpartition(".")[0])
