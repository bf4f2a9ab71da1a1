"""
Takes a test along into the threads and the executors' jobs that it starts.

Only OpenTelemetry's context goes along, and only while a test is running: the
program's own context variables stay as they are. It is put in place below all
frames that a traceback shows.
"""

from __future__ import annotations

import functools

from collections.abc import Callable
from contextvars import Context as Variables, Token
from typing import Any, Final

from opentelemetry import context as context_api
from opentelemetry.context import Context

from otel_testkit.errors import never_raises
from otel_testkit.recording.capture.patch import Patches
from otel_testkit.recording.span import context_to_carry


_ATTRIBUTE: Final = "_otel_testkit_context"
# Whose threads work for whoever comes, and so are no test's own.
_POOLS: Final = ("concurrent.futures.thread", "multiprocessing.pool")

_patches: Final = Patches()
# Of threads that are just being started, by id: the context to take along.
_starting: Final[dict[int, Context]] = {}


def set_on(module: Any) -> None:
    """
    Tap `threading` or `concurrent.futures.thread`.
    """
    name = module.__name__
    if name == "threading":
        # Under gevent it is a subclass of the one that has the methods.
        arriving = _owner(module.Thread, "_bootstrap_inner")
        if arriving is not None:
            _patches.wrap(name, arriving, "_bootstrap_inner", _bootstrap_inner)
            _patches.wrap(name, _owner(module.Thread, "start"), "start", _start)

        return

    job = getattr(module, "_WorkItem", None)
    _patches.replace(name, job, "run", _run)
    _patches.wrap(name, job, "__init__", _init)


def _owner(cls: Any, method: str) -> Any:
    return next((each for each in cls.__mro__ if method in vars(each)), None)


def remove(module: str) -> None:
    _patches.remove(module)


def _start(wrapped: Any, thread: Any, args: Any, kwargs: Any) -> Any:
    __tracebackhide__ = True
    _leaves(thread)
    try:
        return wrapped(*args, **kwargs)
    finally:
        # It has taken it, unless it could not be started.
        _starting.pop(id(thread), None)


@never_raises("capture", "the calls of a thread are not recorded")
def _leaves(thread: Any) -> None:
    # From 3.14 on the program may give a thread a context: then that counts.
    if getattr(thread, "_context", None) is not None:
        return
    if getattr(getattr(thread, "_target", None), "__module__", None) in _POOLS:
        return

    context = context_to_carry()
    if context is not None:
        _starting[id(thread)] = context


def _bootstrap_inner(wrapped: Any, thread: Any, args: Any, kwargs: Any) -> Any:
    _arrives(thread)

    return wrapped(*args, **kwargs)


@never_raises("capture", "the calls of a thread are not recorded")
def _arrives(thread: Any) -> None:
    context = _starting.pop(id(thread), None)
    if context is None:
        return

    # From 3.14 on `run` is called in a context of the thread's.
    variables = getattr(thread, "_context", None)
    if isinstance(variables, Variables):
        variables.run(context_api.attach, context)
    else:
        context_api.attach(context)


def _init(wrapped: Any, job: Any, args: Any, kwargs: Any) -> Any:
    _submitted(job)

    return wrapped(*args, **kwargs)


@never_raises("capture", "the calls of an executor's job are not recorded")
def _submitted(job: Any) -> None:
    context = context_to_carry()
    if context is not None:
        setattr(job, _ATTRIBUTE, context)


def _run(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def run(job: Any, *args: Any, **kwargs: Any) -> None:
        __tracebackhide__ = True
        token = _began(job)
        try:
            original(job, *args, **kwargs)
        finally:
            # What the job raised holds on to this frame: without the job in it
            # both are freed at once, as ever.
            del job, args, kwargs
            _ended(token)

    return run


@never_raises("capture", "the calls of an executor's job are not recorded")
def _began(job: Any) -> Token[Context] | None:
    context = getattr(job, _ATTRIBUTE, None)
    if context is None:
        return None

    # What the executor's initializer has set stays for all jobs.
    return context_api.attach(Context({**context_api.get_current(), **context}))


@never_raises("capture", "a thread of an executor is still in a test")
def _ended(token: Token[Context] | None) -> None:
    if token is not None:
        context_api.detach(token)
