"""
Values, names and exceptions of which nobody thought: nothing is raised, no other
span comes to harm, and each is kept in a form that can be read.
"""

from __future__ import annotations

import json
import os

from typing import Any

import pytest


VALUES = """
    import collections, enum, sys, threading
    import numpy
    from otel_testkit import current_test, step, test_span
    from ledger import note

    class Raises:
        def __str__(self): raise RuntimeError
        __repr__ = __hash__ = __eq__ = __len__ = __iter__ = __bool__ = __str__
    class Leaves:
        def __str__(self): sys.exit(3)
        __repr__ = __str__
    class NoText:
        def __str__(self): return 7
        __repr__ = __str__
    class Deep:
        def __str__(self): return str(self)
    class Slow:
        def __str__(self): return "x" * 10**8
    class AllAttributes:
        def __getattr__(self, name): return AllAttributes()
        def __call__(self, *_, **__): return self
    class RaisingAttributes:
        def __getattribute__(self, name): raise RuntimeError
    class OwnText(str):
        def __str__(self): raise RuntimeError
        __len__ = __hash__ = __eq__ = __str__
        def __hash__(self): return 1
    class OwnInt(int):
        def __str__(self): raise RuntimeError
        __repr__ = __index__ = __str__
    class Endless(list):
        def __iter__(self):
            while True: yield 1
    class Lies:
        @property
        def __class__(self): return str
    class Words(str, enum.Enum):
        A = "a"
    class Mutates(dict):
        def items(self):
            for key in list(self):
                self[key + "x"] = 1
                yield key, self[key]
    loop = []; loop.append(loop)
    ring = {}; ring["ring"] = ring
    deep = []
    for _ in range(2000): deep = [deep]
    deepest = {}
    for _ in range(50000): deepest = {"a": deepest}
    values = [
        None, 2**70, -(2**70), float("nan"), float("inf"), 1 + 2j, b"bytes", b"\\xff",
        bytearray(5), memoryview(b"x"), "x" * 10**7, "\\udc80", "a\\0b", [1, "a", None],
        [1, 2**70], [float("nan"), 1.0], (), [], {}, set(), {1, 2}, frozenset("a"),
        range(10**7), range(10**9), loop, ring, deep, deepest, Raises(), Leaves(),
        NoText(), Deep(), Slow(), AllAttributes(), RaisingAttributes(), OwnText("a"),
        OwnInt(7), Endless([1]), [OwnText("b")] * 2, {Raises: 1, Leaves(): 2}, object(),
        {"\\udc80": "\\udc80"}, Raises, print, sys, iter([1]), (n for n in "ab"),
        numpy.arange(3), numpy.zeros((1000, 1000)), numpy.float32(1.5), numpy.int64(7),
        numpy.array(5), numpy.bool_(True), numpy.nan, numpy.array(["a"]), ValueError("x"),
        [True, False], ["a", "b"], [["a"], ["b"]], True, Ellipsis, lambda: 1, 1e300,
        Lies(), Words.A, Mutates(a=1), collections.deque([1]), threading.Lock(),
        ["\\ud800"] * 3, "\\U0001f600" * 10**5, NotImplemented, type, 10**5000,
        "\\x1b[31m\\r\\n\\u2028", [[]] * 10**6, dict.fromkeys(range(10**6)),
    ]
    names = ["", "a", "\\udc80", "x" * 10**5, 7, None, Leaves(), Raises(), (1, 2), b"k",
             2**70, "a\\0b\\n", OwnText("k"), NoText(), Lies(), 1.5, True, Words.A]
"""


def test_values_of_every_kind(program: Any) -> None:
    """Tags, attributes and events take anything, and nobody hears of it."""
    done = program(
        VALUES
        + """
    for number, value in enumerate(values):
        with test_span(f"value {number}", tags={"before": value}) as test:
            test.set_tag("tag", value)
            test.event("event", {"in": value})
            with step("step", {"at": value}):
                current_test().set_attribute("again", value)
    print(number + 1)
    """
    )

    assert (done.code, done.err) == (0, "")
    count = int(done.out)
    attempts = {one.case: one for one in done.attempts()}
    assert len(attempts) == count
    for attempt in attempts.values():
        test, step = attempt.spans
        assert {"before", "tag", "again"} <= set(test.attributes)
        assert "at" in step.attributes
        assert [list(event.attributes) for event in test.events] == [["in"]]
    size = sum(file.stat().st_size for file in done.store.rglob("*.jsonl"))
    assert size < count * 200_000


def test_names_of_every_kind(program: Any) -> None:
    """Names, suites and keys that are no texts are written as texts."""
    done = program(
        VALUES
        + """
    for name in names + values:
        with test_span(name, suite=name) as test:
            test.event(name)
            with step(name):
                print("ran")
    for key in names[:6]:
        with test_span("key", tags={key: 1}) as test:
            test.set_tag(key, 2)
    for tags in values:
        with test_span("all tags", tags=tags, attributes=tags) as test, step("s", tags):
            print("ran")
    print(len(names), len(values))
    """
    )

    assert done.code == 0, done.err
    assert [line.partition(" ")[0] for line in done.err.splitlines()] == [
        "otel-testkit:"
    ]
    assert "tags" in done.err
    names, values = map(int, done.out.splitlines()[-1].split())
    assert done.out.count("ran") == names + 2 * values
    steps = [span for span in done.run().spans() if span.is_step]
    assert len(steps) == names + 2 * values
    cases = [one.case for one in done.attempts()]
    assert len(cases) == names + 2 * values + 6
    assert cases.count("all tags") == values


def test_a_hundred_megabytes(program: Any) -> None:
    """What no collector would take costs neither time nor the spans beside it."""
    done = program("""
        import time
        from otel_testkit import step, test_span

        large = "x" * 10**8
        begun = time.process_time()
        with test_span("t", tags={"large": large}) as test:
            with step("before"):
                pass
            test.set_tag("bytes", large.encode())
            test.set_tag("many", range(10**7))
            test.set_tag("list", [large] * 5)
            test.event("large", {"large": large})
            with step(large):
                pass
        print(time.process_time() - begun)
    """)

    assert (done.code, done.err) == (0, "")
    (attempt,) = done.attempts()
    assert len(attempt.spans) == 3
    assert float(done.out) < 2
    assert sum(file.stat().st_size for file in done.store.rglob("*.json*")) < 400_000


# What each is, and what it raises into.
EXCEPTIONS = """
    import asyncio
    from otel_testkit import step, test_span
    from ledger import note

    def raising(*_): raise RuntimeError("raised by its text")
    class NoStr(Exception): __str__ = __repr__ = raising
    class NoText(Exception):
        def __str__(self): return 7
    class Exits(Exception):
        def __str__(self): raise SystemExit(3)
    class Unhashable(Exception): __hash__ = None
    class Unequal(Exception): __eq__ = __ne__ = __bool__ = raising
    class Lies(Exception):
        @property
        def __class__(self): raise RuntimeError
    class Hides(Exception): __getattribute__ = raising
    class Slots(Exception): __slots__ = ()
    class Base(BaseException): pass
    class NoArgs(Exception):
        def __init__(self): pass
    class OwnTraceback(Exception):
        __traceback__ = __cause__ = __context__ = property(raising)
    class Meta(type):
        __module__ = __name__ = property(raising)
    class OfMeta(Exception, metaclass=Meta): pass

    def caused(error, cause):
        error.__cause__ = cause
        return error
    def ring():
        error = ValueError("ring")
        error.__context__ = TypeError("of two")
        error.__context__.__context__ = error
        return error
    def chain():
        error = None
        for number in range(5000):
            error = caused(ValueError(number), error)
        return error
    def nested():
        group = ExceptionGroup("0", [NoStr()])
        for number in range(200):
            group = ExceptionGroup(str(number), [group, ValueError(number)])
        return group
    def noted(*notes):
        error = ValueError("noted")
        error.__notes__ = notes[0]
        return error

    errors = [
        NoStr("x"), NoText("x"), Exits("x"), Unhashable("x"), Unequal("x"), Lies("x"),
        Hides("x"), Slots("x"), Base("x"), NoArgs(), OwnTraceback("x"), OfMeta("x"),
        ValueError("\\udc80"), ValueError("x" * 10**8), ValueError(b"\\xff"),
        ValueError(object()), ValueError(*range(10**5)), KeyError("\\udc80"),
        caused(ValueError("x"), NoStr()), ring(), chain(), nested(),
        noted(["a"]), noted([NoStr()]), noted("text"), noted(7), noted(None),
        BaseExceptionGroup("b", [KeyboardInterrupt(), SystemExit(1)]),
        UnicodeDecodeError("utf-8", b"\\xff" * 9, 0, 1, "\\udc80"),
        SyntaxError("x", ("\\udc80", 10**9, -1, "\\udc80")), OSError(2**40, "x"),
        ImportError("x", name=7, path=object()), StopIteration(object()),
        StopAsyncIteration(), GeneratorExit(), RecursionError("x"), MemoryError(),
        asyncio.CancelledError(), SystemExit(NoStr()), KeyboardInterrupt("x"),
    ]
"""


def test_exceptions_of_every_kind(program: Any) -> None:
    """The very object comes out again, of a step, a test and a decorated one."""
    done = program(
        EXCEPTIONS
        + """
    from otel_testkit import traced_test

    def seen(raise_it, error):
        try:
            raise_it()
        except BaseException as caught:
            note((caught is error, type(error)) if caught is not error else True)

    for number, error in enumerate(errors):
        given = error.args if type(error) is not Hides else ()

        def in_a_span():
            with test_span(f"span {number}"), step("s"):
                raise error

        @traced_test(name=f"decorated {number}")
        def decorated():
            raise error

        for raise_it in (in_a_span, decorated):
            seen(raise_it, error)
        with test_span(f"after {number}"):
            pass
        if type(error) is not Hides:
            note(error.args is given or (number, given, error.args))
    print(len(errors))
    """
    )

    count = int(done.out)
    assert (done.code, done.err) == (0, "")
    assert set(done.noted) == {"True"}
    assert len(done.noted) == 3 * count - 1
    attempts = {one.case: one for one in done.attempts()}
    assert len(attempts) == 3 * count
    for number in range(count):
        assert str(attempts[f"after {number}"].outcome) == "passed"
        for name in ("span", "decorated"):
            attempt = attempts[f"{name} {number}"]
            assert str(attempt.outcome) in ("error", "cancelled", "interrupted")
            assert attempt.span.attributes["error.type"]
            assert len(attempt.spans) == 1 + (name == "span")
    size = sum(file.stat().st_size for file in done.store.rglob("*.jsonl"))
    assert size < count * 200_000


def test_exceptions_in_pytest(beside: Any) -> None:
    """pytest reports each of them as without us."""
    done = beside(
        # As large ones take pytest minutes.
        EXCEPTIONS.replace("10**8", "10**4").replace("(5000)", "(50)")
        + """
    import pytest

    @pytest.mark.parametrize("number", [
        number
        for number, error in enumerate(errors)
        if issubclass(type(error), Exception)
        # These stop pytest itself.
        and type(error) not in (Exits, Lies, Hides, OwnTraceback, OfMeta, Unequal)
    ])
    def test_it(number):
        with step("s"):
            raise errors[number]
    """,
        "--tb=no",
    )

    assert done.code == 1
    assert {str(one.outcome) for one in done.attempts()} == {"failed"}
    assert len(done.attempts()) == len(done.told) - 1


def test_three_thousand_deep(program: Any) -> None:
    """However deep steps lie in each other, each is there and can be shown."""
    done = program("""
        import sys
        from otel_testkit import step, test_span

        def down(left):
            with step(f"step {left}"):
                if left:
                    down(left - 1)

        sys.setrecursionlimit(100_000)
        with test_span("t"):
            down(2_999)
    """)

    assert (done.code, done.err) == (0, "")
    (attempt,) = done.attempts()
    assert len(attempt.spans) == 3_001
    parents = {span.span_id: span.parent_id for span in attempt.spans}
    depth, span_id = 0, next(s.span_id for s in attempt.spans if s.name == "step 0")
    while parents[span_id] in parents:
        depth, span_id = depth + 1, parents[span_id]
    assert depth == 3_000
    can_be_shown(program, done)


def test_twenty_thousand_wide(program: Any) -> None:
    """However many parts a test has, each is there and they can be shown."""
    done = program("""
        from otel_testkit import step, test_span

        with test_span("t") as test:
            for number in range(20_000):
                with step("s"):
                    pass
            for number in range(2_000):
                test.set_tag(f"tag {number}", number)
                test.event("event", {"number": number})
    """)

    assert (done.code, done.err) == (0, "")
    (attempt,) = done.attempts()
    assert len(attempt.spans) == 20_001
    assert len(attempt.span.events) == 2_000
    assert attempt.span.attributes["tag 1999"] == 1_999
    can_be_shown(program, done)


def can_be_shown(program: Any, done: Any) -> None:
    """
    The command for it works on what was recorded, as text and as JSON.
    """
    (folder,) = (done.store / "runs").iterdir()
    show = ["-m", "otel_testkit", "show", str(folder), "--all"]
    for arguments in (show, [*show, "--json"]):
        shown = program("", arguments=arguments)
        assert (shown.code, shown.err) == (0, ""), shown.err[-2000:]
        assert len(shown.out) > 100
    assert json.loads(shown.out)


@pytest.mark.parametrize(
    "flags",
    [
        ["-O"],
        pytest.param(["-OO"], marks=pytest.mark.matrix),
        ["-bb", "-W", "error"],
        ["-X", "dev"],
        pytest.param(["-X", "utf8=0"], marks=pytest.mark.matrix),
        pytest.param(["-B", "-s"], marks=pytest.mark.matrix),
        pytest.param(["-X", "tracemalloc=5"], marks=pytest.mark.matrix),
        pytest.param(["-X", "no_debug_ranges"], marks=pytest.mark.matrix),
        pytest.param(["-u", "-q"], marks=pytest.mark.matrix),
        pytest.param(["-X", "importtime"], marks=pytest.mark.matrix),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize(
    "variables",
    [
        {},
        pytest.param(
            {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}, marks=pytest.mark.matrix
        ),
    ],
    ids=["", "ascii"],
)
def test_flags_of_the_interpreter(
    program: Any, flags: list[str], variables: dict[str, str]
) -> None:
    """Whatever the interpreter is told, a program does what it does without us."""
    text = """
        import os, sys
        import logging
        from otel_testkit import step, test_span, traced_test
        from ledger import note

        @traced_test
        def test_it():
            \"\"\"Its text.\"\"\"
            with step("\\u00e9"):
                note("ran")
            assert not note("asserted")

        note(test_it.__name__)
        note(test_it.__doc__)
        test_it()
        with test_span("fails"):
            raise ValueError("\\u00e9")
    """

    bare = program(text, *flags, traced=False, **variables)
    done = program(text, *flags, **variables)

    assert (done.code, done.out, done.noted) == (1, bare.out, bare.noted)
    if "importtime" not in flags:
        said = [line for line in done.err.splitlines() if "otel_testkit" not in line]
        assert "otel-testkit" not in done.err
        assert said[-1] == bare.err.splitlines()[-1]
    assert done.outcomes() == {"program.test_it": "passed", "fails": "error"}


def test_no_standard_error(program: Any) -> None:
    """Without any stream left, a run ends as soon and as well."""
    done = program(
        """
        import os, sys
        from otel_testkit import test_span

        sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = None
        with test_span("t", tags=7):
            raise ValueError("x")
        """,
        OTEL_TESTKIT_SHOW="failed",
    )

    assert (done.code, done.out, done.err) == (1, "", "")
    assert done.outcomes() == {"t": "error"}
    assert os.listdir(done.store / "runs")
