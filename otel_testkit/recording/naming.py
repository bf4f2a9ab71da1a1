"""
What a test is called, by the runner that runs it, and where it stands.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys

from types import FunctionType
from typing import Any, Final

from otel_testkit import semconv
from otel_testkit.errors import never_raises
from otel_testkit.recording.outcome import is_test_case
from otel_testkit.store.layout import project_root, shown_path


# The second in a process that `multiprocessing` has started.
_SCRIPTS: Final = ("__main__", "__mp_main__")


def place_of(function: Any) -> dict[str, Any]:
    """
    Tell where *function* stands, as attributes.
    """
    if type(function) is FunctionType and not vars(function):
        inner: Any = function
    else:
        inner = (
            inspect.unwrap(function) if hasattr(function, "__wrapped__") else function
        )
    while isinstance(inner, functools.partial):
        inner = inspect.unwrap(inner.func)

    code = getattr(inner, "__code__", None)
    place = {semconv.CODE_FUNCTION_NAME: f"{_module(inner)}.{_qualname(inner)}"}
    if code is None:
        return place

    return {
        **place,
        semconv.CODE_FILE_PATH: _shown(code.co_filename),
        semconv.CODE_LINE_NUMBER: code.co_firstlineno,
    }


@functools.lru_cache(maxsize=256)
def _shown(file: str) -> str:
    return shown_path(file, project_root(os.path.dirname(file)))


@never_raises("name", "a test is not called what pytest calls it")
def case_in_pytest(function: Any) -> tuple[str, str] | None:
    """
    Name the case and its suite as pytest does, if it is running *function*.
    """
    # pytest keeps the test that runs here, as in "a.py::A::test[1] (call)".
    case = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
    own = f"::{_name(function)}"
    if case.endswith(own):
        return case, case.removesuffix(own)

    # The parameters may hold anything.
    suite, bracket, _ = case.partition(f"{own}[")

    return (case, suite) if bracket else None


@never_raises("name", "a test is not called what unittest calls it")
def case_in_unittest(function: Any, instance: Any) -> tuple[str, str] | None:
    """
    Name the case and its suite as unittest does, if it is running *function*.
    """
    if not is_test_case(instance):
        return None

    name = _name(function)
    if getattr(instance, "_testMethodName", name) != name:
        return None

    case = instance.id()

    return case, case.rpartition(".")[0]


def _name(function: Any) -> str:
    return str(getattr(function, "__name__", None) or type(function).__name__)


def _module(function: Any) -> str:
    module = getattr(function, "__module__", None) or ""
    if module not in _SCRIPTS:
        return str(module)

    # The script's name says more.
    file = getattr(sys.modules.get(module), "__file__", None) or module

    return os.path.splitext(os.path.basename(file))[0]


def _qualname(function: Any) -> str:
    name = getattr(function, "__qualname__", None) or type(function).__name__

    return str(name).replace(".<locals>", "")
