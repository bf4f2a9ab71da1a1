"""
What pytest says of a test and of a fixture, in our words.
"""

from __future__ import annotations

import re
import sys

from collections.abc import Iterator, Set
from types import FunctionType, ModuleType
from typing import Any, Final, NamedTuple

import pytest

from otel_testkit import semconv
from otel_testkit.recording.decorator import said_of
from otel_testkit.recording.naming import place_of
from otel_testkit.recording.outcome import Outcome


# Of these fixtures nobody wants to be told: they are pytest's own, and those
# that event loops are made with.
_QUIET_MODULES: Final = ("_pytest.", "pytest_asyncio.", "anyio.", "otel_testkit.")
# What a module or class has as `setup_module` and the like, pytest runs as these.
_CLASSIC: Final = re.compile(r"_?(?:xunit|unittest)_(\w+?)_fixture")
# What these have for all of their classes, is nothing that a class does itself.
_EMPTY_CASES: Final = ("unittest.case", "otel_testkit.integrations.unittest")
_FLAKEFINDER: Final = "__flakefinder_"
_MAX_FRAMES: Final = 8
_PLAIN: Final = (str, int, float, bool, type(None))


class Case(NamedTuple):
    """
    A test: its *node*, as pytest calls it, which is also its *name*, unless the
    test has one of its own; *variant* is which of those it is that pytest makes
    of one function.
    """

    node: str
    name: str
    suite: str
    variant: str
    tags: dict[str, Any]
    attributes: dict[str, Any]


def case_of(item: pytest.Item, markers: Set[str]) -> Case:
    # As in `PYTEST_CURRENT_TEST`, by which decorators go.
    node = item.nodeid.replace("\x00", "(null)")
    cls, owner = _owners_of(item)
    function = _function(item, owner)
    says = _said_of(function, cls) or {}
    attributes = _place_of_item(item) if function is None else place_of(function)
    name, variant = says.get("name") or node, ""
    attributes[semconv.BASE_NAME] = node
    if (spec := getattr(item, "callspec", None)) is not None:
        attributes[semconv.BASE_NAME] = node.removesuffix(f"[{spec.id}]")
        attributes |= _parameters(spec)
        name = says.get("name") or _without_repetition(spec, node)
        variant = _number(spec)

    return Case(
        node=node,
        name=name,
        suite=says.get("suite") or (item.parent.nodeid if item.parent else ""),
        variant=variant,
        tags=_marker_tags(item, markers) | dict(says.get("tags") or {}),
        attributes=attributes,
    )


def fixture_name(definition: Any, cls: Any) -> str | None:
    """
    Give the name that users have for a fixture of a test in *cls*; None for one of
    nobody's.
    """
    name = str(definition.argname)
    if classic := _CLASSIC.match(name):
        # Every class of unittest has this one; few do anything in it.
        is_empty = classic[1] == "setUpClass" and not any(
            vars(kind).keys() & {"setUpClass", "tearDownClass"}
            for kind in getattr(cls, "__mro__", ())
            if kind.__module__ not in _EMPTY_CASES
        )
        return None if is_empty else classic[1]

    module = getattr(definition.func, "__module__", None) or ""
    if name.startswith("_") or f"{module}.".startswith(_QUIET_MODULES):
        return None

    return name


def fixtures_of(item: pytest.Item) -> Iterator[Any]:
    """
    Give the definitions of the fixtures that *item* is known to use.
    """
    info = getattr(item, "_fixtureinfo", None)
    for definitions in getattr(info, "name2fixturedefs", {}).values():
        yield definitions[-1]


def is_waiting_for(item: pytest.Item, definition: Any) -> bool:
    """
    Tell whether a fixture has to be set up that is not of *item* alone.
    """
    if definition.scope == "function":
        return False
    if fixture_name(definition, getattr(item, "cls", None)) is None:
        return False

    made = definition.cached_result
    if made is None:
        return True

    params = getattr(getattr(item, "callspec", None), "params", {})
    name = definition.argname

    return name in params and made[1] is not params[name]


def raised_in_teardown() -> Any:
    """
    Give what the teardown of a fixture has raised, to a finalizer of it: pytest
    keeps that to itself until all of them are done.
    """
    frame: Any = sys._getframe()  # noqa: SLF001  # the one way there is
    for _ in range(_MAX_FRAMES):
        frame = frame.f_back
        if frame is None:
            return None
        if frame.f_code.co_name == "finish":
            known = frame.f_locals
            # The latter in older versions.
            raised = [*known.get("exceptions", ()), known.get("exc")]

            return raised[0]

    return None


def outcome_of(report: pytest.TestReport) -> Outcome:
    if report.outcome == "failed":
        return Outcome.FAILED if report.when == "call" else Outcome.ERROR

    is_expected = hasattr(report, "wasxfail")
    if report.outcome == "skipped":
        return Outcome.XFAILED if is_expected else Outcome.SKIPPED

    return Outcome.XPASSED if is_expected else Outcome.PASSED


def _owners_of(item: pytest.Item) -> tuple[Any, Any]:
    """
    Give the class of *item*, and that or the module in which its function stands.
    """
    parent = item.parent
    if type(parent) is pytest.Module and isinstance(item, pytest.Function):
        # As follows, without a walk up to the session.
        return None, parent.obj

    cls = getattr(item, "cls", None)

    return cls, cls or getattr(item, "module", None)


def _function(item: pytest.Item, owner: Any) -> Any:
    # Not `item.function`, which makes an instance of the test's class.
    name = getattr(item, "originalname", None) or item.name
    if type(owner) is ModuleType:
        # As follows, without asking it for what it has not got.
        return vars(owner).get(name)
    for kind in getattr(owner, "__mro__", (owner,)):
        if name in getattr(kind, "__dict__", {}):
            return kind.__dict__[name]

    return None


def _said_of(function: Any, owner: Any) -> dict[str, Any] | None:
    if type(function) is FunctionType and not vars(function):
        return None

    inner = getattr(getattr(function, "hypothesis", None), "inner_test", None)

    return said_of(function, owner) or said_of(inner, owner)


def _place_of_item(item: pytest.Item) -> dict[str, Any]:
    file, line, _ = item.location

    return {semconv.CODE_FILE_PATH: file} | (
        {} if line is None else {semconv.CODE_LINE_NUMBER: line + 1}
    )


def _parameters(spec: Any) -> dict[str, Any]:
    return {
        # A value of the user's is not asked what it has to say.
        semconv.PARAMETER + name: value
        if type(value) in _PLAIN
        else f"<{type(value).__qualname__}>"
        for name, value in spec.params.items()
        if not name.startswith(_FLAKEFINDER)
    }


def _number(spec: Any) -> str:
    """
    Give which of the values of each of its parameters a test got.
    """
    indices = getattr(spec, "indices", {})

    return "-".join(
        str(index)
        for name, index in indices.items()
        if not name.startswith(_FLAKEFINDER)
    )


def _without_repetition(spec: Any, node: str) -> str:
    """
    Give the name of a test that flakefinder repeats, which makes a parameter of it,
    as it is without.
    """
    for name, of in getattr(spec, "params", {}).items():
        if name.startswith(_FLAKEFINDER):
            rest = spec.id.removeprefix(str(of)).removeprefix("-")
            return node.removesuffix(f"[{spec.id}]") + (f"[{rest}]" if rest else "")

    return node


def _marker_tags(item: pytest.Item, markers: Set[str]) -> dict[str, Any]:
    tags: dict[str, Any] = {}
    if markers:
        for mark in item.iter_markers():
            if mark.name in markers:
                values = [*mark.args, *mark.kwargs.values()]
                value = values[0] if len(values) == 1 else values or True
                # The nearest one counts.
                tags.setdefault(mark.name, value)

    return tags
