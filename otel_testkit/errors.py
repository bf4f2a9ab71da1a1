"""
What goes wrong in our own house, and how we say it.

Nothing here is ever raised into a test. A trouble has a *slug* (a short,
stable name that the documentation explains) and is told once a process:
as a warning where the user has just called us outside a test, otherwise as a
line when the process ends.
"""

from __future__ import annotations

import functools
import sys
import warnings

from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar


F = TypeVar("F", bound=Callable[..., Any])


class OtelTestkitWarning(UserWarning):
    """
    Something of otel_testkit did not work; the tests are not affected.
    """

    __module__ = "otel_testkit"


class UnreadableRun(Exception):
    """
    A run that was asked for is not there, or nothing in it can be read.
    """


class BadEndpoint(Exception):
    """
    There is nowhere to send a run to, or what was given is no endpoint.
    """


_troubles: dict[str, str] = {}


def trouble(slug: str, message: str) -> None:
    """
    Note a trouble, to be told when the process ends. The first of a slug counts.
    """
    _troubles.setdefault(slug, message)


def troubles() -> list[str]:
    """
    Give the noted troubles, each as one line, and forget them.
    """
    lines = [f"{message} ({slug})" for slug, message in _troubles.items()]
    _troubles.clear()

    return lines


def warn(slug: str, message: str, *, stacklevel: int = 2) -> None:
    """
    Warn at once, pointing at the caller's line.
    """
    warnings.warn(f"{message} ({slug})", OtelTestkitWarning, stacklevel=stacklevel + 1)


def never_raises(slug: str, consequence: str) -> Callable[[F], F]:
    """
    Make a function of ours give None where it would raise, and note the trouble.

    For all that runs while a test does. What a test's own code raises through
    us is no business of this one: never put it around a call of the user's.
    """

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            try:
                return function(*args, **kwargs)
            except Exception as error:  # this is what it is for
                if not is_excused(error, slug, consequence):
                    raise
                return None

        return call  # type: ignore[return-value]  # the same but for the guard

    return decorate


def is_excused(error: Exception, slug: str, consequence: str) -> bool:
    """
    Note the trouble that is an *error* of ours; False where it is none of ours.

    For what is called so often that one more call to guard it is too much.
    """
    if is_interruption(error):
        return False

    trouble(slug, f"{consequence} ({_place_of(error)})")

    return True


def is_interruption(error: BaseException) -> bool:
    """
    Tell if *error* comes out of a signal handler, which runs wherever the program
    is just then: in our midst as well, and is none of our failures.
    """
    signal = sys.modules.get("signal")
    if signal is None or error.__traceback__ is None:
        return False

    handlers = map(signal.getsignal, signal.valid_signals())
    codes = {
        getattr(getattr(handler, "__func__", handler), "__code__", None)
        for handler in handlers
        if callable(handler)
    }
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code in codes:
            return True
        trace = trace.tb_next

    return False


def _place_of(error: Exception) -> str:
    """
    Say what went wrong where; not the message, which may hold a secret.
    """
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next

    name = type(error).__name__
    if trace is None:
        return name

    file = trace.tb_frame.f_code.co_filename.replace("\\", "/")

    return f"{name} at {'/'.join(file.split('/')[-2:])}:{trace.tb_lineno}"
