"""
What threads and executors do belongs to the test that started them.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
import gc
import http.client
import inspect
import multiprocessing.pool
import threading
import traceback
import weakref

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from opentelemetry import context as context_api, trace

from otel_testkit import current_test, errors, step, test_span
from otel_testkit.recording import capture, span as span_module
from otel_testkit.recording.capture.taps import threads as tap


mine: contextvars.ContextVar[str] = contextvars.ContextVar("mine", default="untouched")


@pytest.fixture
def ask(server) -> Callable[..., None]:
    """
    Makes a call to a path that it is given.
    """

    def get(path: str = "/") -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        try:
            connection.request("GET", path)
            connection.getresponse().read()
        finally:
            connection.close()

    return get


@pytest.fixture
def bystander(store) -> Iterator[Any]:
    """
    Another test that is open all the time, so that nothing can be guessed.
    """
    entered = threading.Event()
    leave = threading.Event()

    def run() -> None:
        with test_span("bystander"):
            entered.set()
            leave.wait(30)

    thread = threading.Thread(target=run)
    thread.start()
    entered.wait(5)
    yield
    leave.set()
    thread.join()


def calls(store: Any) -> list[Any]:
    """
    The spans of calls.
    """
    return [span for span in store.spans() if span.kind == 3]


class Asking(threading.Thread):
    """
    A thread with a `run` of its own.
    """

    def __init__(self, ask: Callable[[], None]) -> None:
        super().__init__()
        self.ask = ask

    def run(self) -> None:
        self.ask()


def _thread(ask: Any) -> None:
    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()


def _subclass(ask: Any) -> None:
    thread = Asking(ask)
    thread.start()
    thread.join()


def _timer(ask: Any) -> None:
    timer = threading.Timer(0.01, ask)
    timer.start()
    timer.join()


def _submit(ask: Any) -> None:
    with ThreadPoolExecutor(1) as executor:
        executor.submit(ask).result()


def _map(ask: Any) -> None:
    with ThreadPoolExecutor(1) as executor:
        list(executor.map(lambda _: ask(), [1]))


def _nested(ask: Any) -> None:
    with ThreadPoolExecutor(1) as outer, ThreadPoolExecutor(1) as inner:
        outer.submit(lambda: inner.submit(_thread, ask).result()).result()


def _run_in_executor(ask: Any) -> None:
    async def run() -> None:
        await asyncio.get_running_loop().run_in_executor(None, ask)

    asyncio.run(run())


def _to_thread(ask: Any) -> None:
    asyncio.run(asyncio.to_thread(ask))


STARTERS = [
    _thread,
    _subclass,
    _timer,
    _submit,
    _map,
    _nested,
    _run_in_executor,
    _to_thread,
]


@pytest.mark.parametrize("start", STARTERS, ids=lambda start: start.__name__[1:])
@pytest.mark.usefixtures("bystander")
def test_a_call_belongs_to_the_step_that_started_it(store, ask, start) -> None:
    """
    A call made in a thread is in the step in which the thread was started, also
    where several tests are open.
    """
    with test_span("a test"), step("a step"):
        start(ask)

    (found,) = calls(store)
    assert found.parent_id == store.span("a step").span_id


@pytest.mark.parametrize("start", STARTERS[:-1], ids=lambda start: start.__name__[1:])
def test_the_programs_own_variables_stay(store, start) -> None:
    """
    A thread gets no context variable of the program's, within a test or not.
    """
    seen = []
    mine.set("carried")
    try:
        with test_span("a test"):
            start(lambda: seen.append(mine.get()))
        start(lambda: seen.append(mine.get()))
    finally:
        mine.set("untouched")

    assert seen == ["untouched"] * 2


@pytest.mark.parametrize("start", STARTERS[:-1], ids=lambda start: start.__name__[1:])
def test_outside_a_test_nothing_is_carried(store, start) -> None:
    """
    Where no test is running a thread knows no more than it ever did.
    """
    seen = []
    token = context_api.attach(context_api.set_value("a key", "a value"))
    try:
        start(lambda: seen.append(context_api.get_value("a key")))
    finally:
        context_api.detach(token)

    assert seen == [None]


def test_a_thousand_jobs_of_several_tests(store, ask) -> None:
    """
    Tests that run at once and share an executor have each their own calls.
    """
    tests, jobs = 4, 250

    def one(number: int, executor: ThreadPoolExecutor) -> None:
        with test_span(f"test {number}"):
            for start in range(0, jobs, 50):
                with step(f"step {number}.{start}"):
                    asked = [f"/{number}.{start}" for _ in range(25)]
                    started = [
                        threading.Thread(target=ask, args=[path]) for path in asked
                    ]
                    for each in started:
                        each.start()
                    list(executor.map(ask, asked))
                    for each in started:
                        each.join()

    with ThreadPoolExecutor(16) as executor:
        running = [
            threading.Thread(target=one, args=[number, executor])
            for number in range(tests)
        ]
        for each in running:
            each.start()
        for each in running:
            each.join()

    spans = store.spans()
    steps = {span.span_id: span for span in spans if span.name.startswith("step")}
    found = [span for span in spans if span.kind == 3]
    assert len(found) == tests * jobs
    for span in found:
        place = span.attributes["url.full"].rpartition("/")[2]
        assert steps[span.parent_id].name == f"step {place}"
        assert steps[span.parent_id].trace_id == span.trace_id


def test_a_worker_is_put_back(store, ask) -> None:
    """
    A thread of an executor is in a test as long as it works for it, also where
    the job raises or leaves a context behind.
    """
    seen = []

    def work(*, raises: bool = False) -> None:
        seen.append(current_test().name)
        context_api.attach(context_api.set_value("left", "behind"))
        if raises:
            raise LookupError

    with ThreadPoolExecutor(1) as executor:
        with test_span("first"):
            executor.submit(work).result()
            assert isinstance(
                executor.submit(work, raises=True).exception(), LookupError
            )
        executor.submit(work).result()
        executor.submit(lambda: seen.append(context_api.get_value("left"))).result()
        with test_span("second"):
            executor.submit(work).result()

    # A job of no test runs where the one before it left off: in none.
    assert seen == ["first", "first", "", "behind", "second"]


@pytest.mark.parametrize("is_job", [False, True], ids=["thread", "job"])
def test_what_comes_late(store, ask, is_job) -> None:
    """
    What a thread does when the test that started it is over is no part of the
    next one, which is the only one open.
    """
    go = threading.Event()

    def late() -> None:
        go.wait(5)
        ask("/late")
        for start in STARTERS:
            start(lambda: ask("/late"))

    with ThreadPoolExecutor(1) as executor:
        with test_span("first"):
            thread = threading.Thread(target=late)
            if is_job:
                done = executor.submit(late)
            else:
                thread.start()
        with test_span("second"):
            go.set()
            if is_job:
                done.result()
            else:
                thread.join()
            ask("/own")

    assert [span.attributes["url.full"][-4:] for span in calls(store)] == ["/own"]


def test_what_a_nested_test_started(store, ask) -> None:
    """
    What comes when a nested test is over belongs to the one around it.
    """
    go = threading.Event()

    def late() -> None:
        go.wait(5)
        ask()

    with test_span("outer"):
        with test_span("inner"):
            thread = threading.Thread(target=late)
            thread.start()
        go.set()
        thread.join()

    (found,) = calls(store)
    assert found.parent_id == store.span("outer").span_id


def test_a_context_of_an_ended_test(store, ask) -> None:
    """
    Only what a test started is held to it: a loop that was made in one test
    serves the next as well.
    """
    with test_span("first"):
        made_in = contextvars.copy_context()
    with test_span("second"):
        made_in.run(ask)

    (found,) = calls(store)
    assert found.parent_id == store.span("second").span_id


@pytest.mark.parametrize("kind", ["executor", "pool"])
def test_the_threads_of_a_pool_are_no_tests_own(store, ask, kind) -> None:
    """
    A pool that one test made works for the next.
    """
    with contextlib.ExitStack() as stack:
        with test_span("first"):
            if kind == "executor":
                executor = stack.enter_context(ThreadPoolExecutor(1))
                run = lambda: executor.submit(ask).result()  # noqa: E731
            else:
                pool = stack.enter_context(multiprocessing.pool.ThreadPool(1))
                run = lambda: pool.apply(ask)  # noqa: E731
            run()
        with test_span("second"):
            run()
        if kind == "pool":
            pool.close()
            pool.join()

    assert sorted(span.parent_id for span in calls(store)) == sorted(
        store.span(name).span_id for name in ("first", "second")
    )


def test_an_executors_initializer(store) -> None:
    """
    What an initializer sets for its thread stays for all jobs.
    """
    key = context_api.create_key("key")

    def begin() -> None:
        mine.set("of the worker")
        context_api.attach(context_api.set_value(key, "of the worker"))

    with ThreadPoolExecutor(1, initializer=begin) as executor:
        with test_span("a test"):
            assert executor.submit(mine.get).result() == "of the worker"
            assert executor.submit(context_api.get_value, key).result()
        assert executor.submit(context_api.get_value, key).result() == "of the worker"


def test_nothing_can_be_seen(store, monkeypatch) -> None:
    """
    A thread in a test has the name, attributes and traceback that it has
    without, and tells its exception the same way.
    """

    def fail() -> None:
        raise LookupError("mine")

    def told(*, name: str) -> Any:
        hooked = []
        with monkeypatch.context() as patch:
            patch.setattr(
                threading,
                "excepthook",
                lambda args: hooked.append(
                    (
                        args.exc_type,
                        str(args.exc_value),
                        args.thread.name,
                        [
                            frame.name
                            for frame in traceback.extract_tb(args.exc_traceback)
                        ],
                        sorted(vars(args.thread)),
                    )
                ),
            )
            thread = threading.Thread(target=fail, name=name)
            thread.start()
            thread.join()
        with ThreadPoolExecutor(1) as executor:
            error = executor.submit(fail).exception()
        return (
            hooked,
            [frame.name for frame in traceback.extract_tb(error.__traceback__)],
            inspect.signature(threading.Thread.start),
            inspect.signature(ThreadPoolExecutor.submit),
            type(thread),
        )

    capture.remove()
    expected = told(name="it")
    capture.install()
    with test_span("a test"):
        actual = told(name="it")

    assert expected == actual
    with test_span("a test"):
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
        with pytest.raises(RuntimeError, match="once"):
            thread.start()
    assert tap._starting == {}


def test_a_thread_that_cannot_start(store, monkeypatch) -> None:
    """
    Of a thread that the system refuses nothing is kept.
    """
    name = next(
        name
        for name in ("_start_joinable_thread", "_start_new_thread")
        if hasattr(threading, name)
    )

    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading, name, refuse)
    with test_span("a test"), pytest.raises(RuntimeError, match="can't start"):
        threading.Thread(target=int).start()

    assert tap._starting == {}


def test_what_a_job_raised_is_freed_at_once(store) -> None:
    """
    A job and its exception are freed without the garbage collector.
    """

    class Failure(Exception):
        pass

    class Function:
        def __call__(self) -> None:
            raise Failure

    gc.collect()
    gc.disable()
    try:
        with test_span("a test"), ThreadPoolExecutor(1) as executor:
            function = Function()
            future = executor.submit(function)
            error = future.exception()
            gone = [weakref.ref(each) for each in (future, error, function)]
            del future, error, function
            executor.submit(int).result()
            assert [each() for each in gone] == [None] * 3
    finally:
        gc.enable()


def test_a_job_that_is_cancelled(store) -> None:
    """
    A job that never runs leaves its thread as it was.
    """
    go = threading.Event()
    with test_span("a test"), ThreadPoolExecutor(1) as executor:
        executor.submit(go.wait, 5)
        waiting = executor.submit(int)
        assert waiting.cancel()
        go.set()
        assert executor.submit(current_test).result().name == "a test"


def test_threads_that_have_a_context(store) -> None:
    """
    From Python 3.14 on a thread runs in a context of its own: that is where the
    test is put, unless the program has given one.
    """
    thread: Any = threading.Thread(target=int)
    given: Any = threading.Thread(target=int)
    given._context = contextvars.Context()

    with test_span("first"), test_span("second") as test:
        before = context_api.get_current()
        thread._context = None
        tap._leaves(thread)
        thread._context = contextvars.Context()
        tap._arrives(thread)
        tap._leaves(given)
        tap._arrives(given)

        assert context_api.get_current() is before
        assert thread._context.run(span_module.context_to_carry)
        assert thread._context.run(current_test) is test
        assert not list(given._context)


def test_opentelemetrys_spans_of_a_thread(store) -> None:
    """
    What the program traces in a thread hangs on the step that started it.
    """
    seen = []
    with test_span("a test"), step("a step"):
        expected = trace.get_current_span().get_span_context()
        _thread(lambda: seen.append(trace.get_current_span().get_span_context()))

    assert seen == [expected]


def test_remove_restores() -> None:
    """
    `remove` leaves nothing of ours on threads and executors.
    """
    job = concurrent.futures.thread._WorkItem
    capture.install()
    ours = _tapped(threading.Thread, job)
    capture.install()
    again = _tapped(threading.Thread, job)
    capture.remove()

    assert ours == again == ["__init__", "_bootstrap_inner", "run", "start"]
    assert _tapped(threading.Thread, job) == []


def _tapped(*owners: Any) -> list[str]:
    return sorted(
        name
        for owner in owners
        for name, each in vars(owner).items()
        if "otel_testkit" in getattr(getattr(each, "__code__", None), "co_filename", "")
    )


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (tap, "context_to_carry"),
        (context_api, "attach"),
        (context_api, "detach"),
    ],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_a_fault_of_ours(store, monkeypatch, owner, name) -> None:
    """
    Where one of our own functions raises, threads and jobs run as ever.
    """
    done = []

    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    with test_span("a test"):
        monkeypatch.setattr(owner, name, broken)
        _thread(lambda: done.append(1))
        _submit(lambda: done.append(2))
        monkeypatch.undo()

    assert done == [1, 2]
    assert len(errors.troubles()) == 1


def test_threads_that_are_derived() -> None:
    """
    Where `threading` has a subclass of its thread, as under gevent, the methods
    are found where they are.
    """
    from types import ModuleType

    class Base:
        def start(self) -> None:
            pass

        def _bootstrap_inner(self) -> None:
            pass

    capture.remove()
    module: Any = ModuleType("threading")
    module.Thread = type("Thread", (Base,), {})
    tap.set_on(module)
    assert _tapped(Base) == ["_bootstrap_inner", "start"]
    tap.remove("threading")
    assert _tapped(Base) == []


def test_threads_of_another_make(store) -> None:
    """
    Where `threading` is another's, without what we look for, it is left alone.
    """
    from types import ModuleType

    module: Any = ModuleType("threading")
    module.Thread = type("Thread", (), {"start": print})
    tap.set_on(module)
    assert module.Thread.start is print

    module = ModuleType("concurrent.futures.thread")
    tap.set_on(module)
    assert not hasattr(module, "_WorkItem")
