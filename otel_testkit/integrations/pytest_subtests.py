"""
Subtests as steps of their test: those of pytest's fixture `subtests`, be it pytest's
own or that of pytest-subtests, and those of unittest.
"""

from __future__ import annotations

import contextlib
import functools
import sys
import unittest

from collections.abc import Callable, Iterator
from typing import Any, Final

from otel_testkit.errors import never_raises


# unittest leaves the frames of such modules out of its tracebacks.
__unittest = True

_FIXTURES: Final = (("_pytest.subtests", "Subtests"), ("pytest_subtests", "SubTests"))


@never_raises("pytest", "subtests are not recorded as steps")
def trace_subtests() -> list[Callable[[], None]]:
    """
    Make steps of all subtests that begin from now on; gives what ends that.
    """
    return [
        _replace(owner, name)
        for owner, name in _found()
        # Somebody's stand-in is left alone.
        if callable(vars(owner).get(name))
    ]


ending: Final[list[_InStep]] = []
"""
The subtests that are reported of now.
"""


class _InStep:
    """
    A subtest and the step that it is. No generator, which would stand in the
    tracebacks of what fails in there.
    """

    def __init__(self, subtest: Any, step: Any) -> None:
        self._subtest = subtest
        self._step = step

    def __enter__(self) -> Any:
        __tracebackhide__ = True
        entered = self._subtest.__enter__()
        self._step.__enter__()

        return entered

    def __exit__(self, *error: object) -> Any:
        __tracebackhide__ = True
        self._step.__exit__(*error)
        ending.append(self)
        try:
            return self._subtest.__exit__(*error)
        finally:
            ending.pop()


def _found() -> Iterator[tuple[type, str]]:
    yield unittest.TestCase, "subTest"
    for module, name in _FIXTURES:
        for loaded in (module, f"{module}.plugin"):
            owner = getattr(sys.modules.get(loaded), name, None)
            if isinstance(owner, type) and owner.__module__ == loaded:
                yield owner, "test"


def _replace(owner: type, name: str) -> Callable[[], None]:
    begin: Any = vars(owner)[name]

    @functools.wraps(begin)
    def in_step(self: Any, *args: Any, **kwargs: Any) -> Any:
        __tracebackhide__ = True
        subtest = begin(self, *args, **kwargs)
        step = _step(self, *args, **kwargs)

        # Without a step of ours, too, pytest is told of it in the midst of its test.
        return _InStep(subtest, contextlib.nullcontext() if step is None else step)

    setattr(owner, name, in_step)

    return functools.partial(setattr, owner, name, begin)


@never_raises("step", "a subtest was not recorded")
def _step(owner: Any, *args: Any, **kwargs: Any) -> Any:
    from otel_testkit.recording.case import (  # noqa: PLC0415  # of use to few
        _running,
        _subtest_step,
    )

    # A traced case makes steps of its own.
    return None if id(owner) in _running else _subtest_step(*args, **kwargs)
