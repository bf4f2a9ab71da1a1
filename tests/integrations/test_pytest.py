"""
The plugin for pytest: the tests that it records end as without it, and what it
says of them is what pytest says.
"""

from __future__ import annotations

import importlib.util
import re
import textwrap
import xml.etree.ElementTree as ET

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from otel_testkit.trace import load


SUITES = Path(__file__).parent / "suites"
OUTCOMES = (SUITES / "of_22_outcomes.py").read_text("utf-8")
DECORATED = (Path(__file__).parents[1] / "recording/suites/of_pytest.py").read_text(
    "utf-8"
)
OURS = "otel_testkit.integrations.pytest"
INI = """
[pytest]
asyncio_mode = strict
asyncio_default_fixture_loop_scope = function
"""

Suite = Callable[..., Any]


@pytest.fixture
def suite(python: Any) -> Suite:
    """
    Runs pytest on a suite, with our plugin or without any of us.
    """

    def run(
        text: str,
        *options: str,
        plugins: str = "asyncio",
        traced: bool = True,
        **more: Any,
    ) -> Any:
        if pytest.version_tuple < (9,) and "subtests" in text:
            plugins += " subtests"
        names = {
            "asyncio": "pytest_asyncio",
            "anyio": "anyio",
            "flaky": "flaky",
            "xdist": "xdist",
        }
        for plugin in plugins.split():
            names.setdefault(plugin, f"pytest_{plugin}")
            if importlib.util.find_spec(names[plugin]) is None:
                pytest.skip(f"pytest's plugin {plugin} is not installed here")

        modules = {
            "asyncio": "pytest_asyncio.plugin",
            "anyio": "anyio.pytest_plugin",
            "flaky": "flaky.flaky_pytest_plugin",
            "xdist": "xdist.plugin",
            "subtests": "pytest_subtests.plugin",
        }
        loaded = [modules.get(plugin, names[plugin]) for plugin in plugins.split()]
        ini = INI if "asyncio" in plugins.split() else "[pytest]\n"
        files = {"test_it.py": textwrap.dedent(text), "pytest.ini": ini}
        files |= more.pop("files", {})

        return python(
            files,
            *("-m", "pytest", "-p", "no:cacheprovider"),
            *(word for name in loaded for word in ("-p", name)),
            *(("-p", OURS) if traced else ()),
            *options,
            *(("--trace-tests",) if traced and "no:asked" not in options else ()),
            traced=traced,
            **more,
        )

    return run


def told(done: Any) -> str:
    """
    All that pytest has printed, but for what differs from run to run.
    """
    # It may be cut.
    out = re.sub(rf"{re.escape(str(done.folder.parents[1]))}\S*", "FOLDER", done.out)
    out = out.replace("test_trace, ", "")
    out = re.sub(r"0x[0-9a-f]+", "0x", out)

    return re.sub(r"in \d+\.\d+s( \(.*?\))?", "in TIME", out).replace("=", "")


def tree(span: Any) -> list[Any]:
    """
    The names of a span and of all below it.
    """
    return [span.name, *(tree(child) for child in span.children)]


def flat(span: Any) -> dict[str, str]:
    """
    The name of each span below *span*, and the name of its parent.
    """
    return {child.name: one.name for one in span.walk() for child in one.children}


def test_outcomes(suite: Suite) -> None:
    """
    Whatever becomes of a test, pytest prints the same, and so do we.
    """
    options = ("-v", "-rA", "--trace-show=none")
    bare = suite(OUTCOMES, *options[:-1], traced=False)
    done = suite(OUTCOMES, *options)

    assert told(done) == told(bare)
    assert (done.code, done.err) == (bare.code, bare.err) == (1, "")
    assert {
        case.rpartition("::")[2]: outcome for case, outcome in done.outcomes().items()
    } == {
        "test_pass": "passed",
        "test_assert_fail": "failed",
        "test_exception": "failed",
        "test_pytest_fail": "failed",
        "test_skip_mark": "skipped",
        "test_skip_inside": "skipped",
        "test_xfail": "xfailed",
        "test_xfail_not_run": "xfailed",
        "test_xpass": "xpassed",
        "test_xpass_strict": "failed",
        "test_fixture": "passed",
        "test_setup_error": "error",
        "test_teardown_error": "error",
        "test_both_fail": "failed",
        "test_async": "passed",
        "test_async_fail": "failed",
        "test_subtests": "failed",
        "test_subtests_that_pass": "passed",
        "test_ut_pass": "passed",
        "test_ut_fail": "failed",
        "test_ut_skip": "skipped",
        "test_ut_xfail": "xfailed",
        "test_ut_subtest": "failed",
        "test_ut_async": "passed",
        "test_ut_async_fail": "failed",
        "test_missing": "error",
    }
    attempts = {case.rpartition("::")[2]: one for case, one in done.attempts().items()}
    assert all(one.number == one.of == 1 for one in attempts.values())
    assert len({one.trace_id for one in attempts.values()}) == len(attempts)
    errors = {
        name: (one.errors[-1].file, one.errors[-1].message.partition("\n")[0])
        for name, one in attempts.items()
        if one.is_failure and one.errors
    }
    assert errors["test_assert_fail"] == ("test_it.py", "assert 1 == 2")
    assert errors["test_setup_error"] == ("test_it.py", "setup")
    assert errors["test_teardown_error"] == ("test_it.py", "teardown")
    assert errors["test_both_fail"] == ("test_it.py", "'first'")
    assert errors["test_subtests"] == ("test_it.py", "assert 1 != 1")
    assert errors["test_ut_subtest"] == ("test_it.py", "1 == 1")
    assert errors["test_async_fail"] == ("test_it.py", "assert 0")
    assert attempts["test_xpass_strict"].span.status_message == "[XPASS(strict)] why"
    (*_, teardown) = attempts["test_both_fail"].span.children
    assert [error.message for error in teardown.errors] == ["teardown"]
    assert attempts["test_ut_pass"].suite == "test_it.py::TestUnittest"
    assert attempts["test_pass"].span.attributes["code.line.number"] == 29
    assert [tree(attempts["test_pass"].span)[1:]] == [
        [["setup"], ["call"], ["teardown"]]
    ]


def test_not_asked(suite: Suite) -> None:
    """Installed and not asked, it loads and registers nothing of what records."""
    check = """
        import sys

        def test_fixture_is_there(test_trace):
            assert not test_trace.is_recording

        def pytest_unconfigure(config):
            names = [type(one).__module__ for one in config.pluginmanager.get_plugins()]
            print([name for name in names if name.startswith("otel_testkit")])
            print([n for n in sys.modules if n.startswith(("opentelemetry", "otel"))])
    """
    options = ("-q", "-s", "-p", "no:asked", "-p", "test_it", "-k", "nothing")

    done = suite(check, *options)
    used = suite(check, *options[:-2], files={})

    assert (done.code, done.err) == (5, "")
    lines = done.out.splitlines()
    assert lines[-2] == "[]"
    assert set(re.findall(r"'([\w.]+)'", lines[-1])) == {
        "otel_testkit",
        "otel_testkit.errors",
        "otel_testkit.semconv",
        "otel_testkit.integrations",
        OURS,
    }
    assert (used.code, used.err) == (0, "")
    assert not (done.folder / "store").exists()


FIXTURES = """
    import logging
    import pytest
    from otel_testkit import step

    @pytest.fixture(scope="session")
    def server():
        with step("start"):
            pass
        logging.getLogger().warning("started")
        yield
        with step("stop"):
            pass

    @pytest.fixture(scope="module", params=["a", "b"])
    def schema(request, server):
        return request.param

    @pytest.fixture
    def user(schema, tmp_path):
        yield schema
        with step("remove"):
            pass

    @pytest.fixture
    def plain():
        return 1

    def setup_module():
        pass

    def test_one(user, plain):
        with step("inside"):
            pass

    def test_late(request, plain):
        request.getfixturevalue("late")

    @pytest.fixture(scope="module")
    def late():
        with step("made late"):
            pass
"""


def test_fixtures(suite: Suite) -> None:
    """A test's own fixtures are in it; shared ones are traces that it links to."""
    done = suite(FIXTURES, "-q")

    assert done.code == 0, done.out
    attempts, run = done.attempts(), done.run()
    first, second = (attempts[f"test_it.py::test_one[{param}]"] for param in "ab")
    assert tree(first.span) == [
        "test_it.py::test_one[a]",
        ["setup", ["fixture user"], ["fixture plain"]],
        ["call", ["inside"]],
        ["teardown", ["fixture user", ["remove"]]],
    ]
    (fixture, _) = first.span.children[0].children
    assert fixture.attributes == {
        "otel_testkit.fixture.name": "user",
        "otel_testkit.fixture.scope": "function",
    }
    assert [first.span.attributes[name] for name in PARAMETERS] == [
        "test_it.py::test_one",
        "a",
        1,
    ]
    assert [tree(root) for root in run.loose] == [
        ["fixture server (session)", ["start"]],
        ["fixture setup_module (module)"],
        ["fixture schema (module)"],
        ["fixture schema (module)"],
        ["fixture late (module)", ["made late"]],
        ["fixture setup_module (module) teardown"],
        ["fixture server (session) teardown", ["stop"]],
    ]
    server, module, schema, other, late, teardown, stop = run.loose
    assert [log.text for log in server.logs] == ["started"]
    assert len({root.trace_id for root in run.loose}) == 7
    links = links_of(done)
    assert set(links[first.span.span_id]) == {
        root.span_id for root in (module, server, schema)
    }
    assert set(links[second.span.span_id]) == {
        root.span_id for root in (module, server, other)
    }
    assert links[teardown.span_id] == [module.span_id]
    assert links[stop.span_id] == [server.span_id]
    # What they share is over before the one begins, or begins after it.
    assert max(module.end, server.end, schema.end) <= first.start
    assert attempts["test_it.py::test_late"].span.end <= teardown.start
    (waiting,) = [
        span
        for span in attempts["test_it.py::test_late"].spans
        if span.name == "fixture late"
    ]
    assert links[late.span_id] == [waiting.span_id]


def test_subtests_of_a_traced_case(suite: Suite) -> None:
    """What comes after a subtest that failed is part of the call as before."""
    text = """
        import unittest
        from otel_testkit import step
        from otel_testkit.integrations.unittest import TracedTestCase

        class TestUnittest(TracedTestCase, unittest.TestCase):
            def test_ut(self):
                with self.subTest(n=1):
                    self.fail("so")
                with step("after"):
                    pass
    """
    done = suite(text)
    (attempt,) = done.attempts().values()
    _, call, _ = attempt.span.children

    assert tree(call)[1:] == [["(n=1)"], ["after"]]


def test_subtests_are_steps(suite: Suite) -> None:
    """Subtests of either kind are steps, and what is done in one belongs to it."""
    text = """
        import unittest
        import pytest
        from otel_testkit import step

        def test_fixture(subtests):
            for i in range(2):
                with subtests.test("with", i=i):
                    with step("inside"):
                        pass
                    assert i == 0

        class TestUnittest(unittest.TestCase):
            def test_ut(self):
                with self.subTest("message", key="password"):
                    with step("inside"):
                        pass
                with self.subTest(n=1):
                    self.fail("so")
                with self.subTest():
                    self.skipTest("later")

        def test_the_class_is_as_it_was():
            pass
    """
    options = ("-v", "-rA", "--trace-show=none")
    bare = suite(text, *options[:-1], traced=False)
    done = suite(text, *options)

    assert told(done) == told(bare)
    assert (done.code, done.err) == (bare.code, bare.err)
    attempts = {case.rpartition("::")[2]: one for case, one in done.attempts().items()}
    _, call, _ = attempts["test_fixture"].span.children
    assert tree(call)[1:] == [
        ["[with] (i=0)", ["inside"]],
        ["[with] (i=1)", ["inside"]],
    ]
    assert [bool(one.errors) for one in call.children] == [False, True]
    _, call, _ = attempts["test_ut"].span.children
    assert [one.name for one in call.children] == [
        "[message] (key=password)",
        "(n=1)",
        "subtest",
    ]
    assert [bool(one.errors) for one in call.children] == [False, True, False]
    assert str(attempts["test_ut"].outcome) == "failed"


def test_a_teardown_that_fails(suite: Suite) -> None:
    """What fails in a teardown is told with its fixture, and with the test."""
    text = """
        import pytest

        @pytest.fixture(scope="session")
        def server():
            yield
            raise RuntimeError("the server hangs")

        @pytest.fixture(scope="module")
        def schema(server):
            yield
            raise LookupError("no schema")

        @pytest.fixture
        def user(schema):
            yield
            raise ValueError("no user")

        def test_a(user):
            pass

        def test_b(schema):
            pass
    """
    bare = suite(text, "-v", traced=False)
    done = suite(text, "-v", "--trace-show=none")

    assert told(done) == told(bare)
    attempts = done.attempts()
    assert set(done.outcomes().values()) == {"error"}
    (*_, teardown) = attempts["test_it.py::test_a"].span.children
    (user,) = teardown.children
    assert (user.name, user.is_error) == ("fixture user", True)
    assert {
        root.name: [error.message for error in root.errors] for root in done.run().loose
    } == {
        "fixture server (session)": [],
        "fixture schema (module)": [],
        "fixture schema (module) teardown": ["no schema"],
        "fixture server (session) teardown": ["the server hangs"],
    }


PARAMETERS = (
    "otel_testkit.case.base_name",
    "otel_testkit.case.parameter.schema",
    "otel_testkit.attempt",
)


def links_of(done: Any) -> dict[str, list[str]]:
    """
    The ids of the spans that each span links to.
    """
    text = "".join(path.read_text() for path in done.folder.rglob("traces.*.jsonl"))

    return {
        span: re.findall(r'"spanId":"([0-9a-f]{16})"', links)
        for span, links in re.findall(
            r'"spanId":"([0-9a-f]{16})"[^\n]*?"links":\[(.*?)\]', text
        )
    }


PLACES = """
    import asyncio, concurrent.futures, threading, unittest
    import pytest
    from otel_testkit import step, test_span

    def mark(name):
        with step(name):
            pass

    @pytest.fixture
    def fx():
        mark("fixture setup")
        with step("left open"):
            yield
        mark("fixture teardown")

    @pytest.fixture
    async def afx(fx):
        mark("async setup")
        with step("left open there"):
            yield
        mark("async teardown")

    def test_sync(fx):
        mark("sync body")
        thread = threading.Thread(target=mark, args=("thread",))
        thread.start()
        thread.join()
        with concurrent.futures.ThreadPoolExecutor() as pool:
            pool.submit(mark, "pool").result()

    KIND
    async def test_async(afx):
        mark("async body")
        await asyncio.to_thread(mark, "to_thread")
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, mark, "executor")
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.to_thread(mark, "task"))
        with test_span("nested"):
            mark("in nested")

    @pytest.fixture(scope="module")
    def mfx():
        mark("module setup")
        yield
        mark("module teardown")

    KIND
    @pytest.mark.parametrize("n", [1, 2])
    async def test_param(n, mfx):
        mark("param body")

    class TestUnittest(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            mark("setUpClass")
        def setUp(self):
            mark("setUp")
        def test_ut(self):
            mark("ut body")
        def tearDown(self):
            mark("tearDown")

    class TestIsolated(unittest.IsolatedAsyncioTestCase):
        async def asyncSetUp(self):
            mark("asyncSetUp")
        async def test_iso(self):
            mark("iso body")
"""


@pytest.mark.parametrize(
    ("plugin", "options", "kind"),
    [
        ("asyncio", ("-o", "asyncio_mode=auto"), ""),
        (
            "asyncio",
            ("-o", "asyncio_mode=auto"),
            "@pytest.mark.asyncio(loop_scope='module')",
        ),
        ("anyio", ("-o", "anyio_mode=auto"), "@pytest.mark.anyio"),
    ],
)
def test_parents(suite: Suite, plugin: str, options: Any, kind: str) -> None:
    """What is done in a test belongs to the part of it in which it is done."""
    text = PLACES.replace("KIND", kind)
    if plugin == "anyio":
        text += (
            "\n    @pytest.fixture(scope='module')\n"
            "    def anyio_backend():\n        return 'asyncio'\n"
            "    @pytest.fixture(scope='module', autouse=True)\n"
            "    async def runner(anyio_backend):\n        yield\n"
        )
        options = ()

    done = suite(text, "-q", *options, plugins=plugin)

    assert done.code == 0, done.out
    spans = {
        case.rpartition("::")[2]: flat(one.span)
        for case, one in done.attempts().items()
    }
    assert spans["test_sync"] | {"left open": "fixture fx"} == {
        "setup": "test_it.py::test_sync",
        "call": "test_it.py::test_sync",
        "teardown": "test_it.py::test_sync",
        "fixture fx": "teardown",
        "fixture setup": "fixture fx",
        "fixture teardown": "fixture fx",
        "left open": "fixture fx",
        "sync body": "call",
        "thread": "call",
        "pool": "call",
    }
    in_async = spans["test_async"]
    told_of = (
        *("async setup", "async body", "to_thread", "executor", "task", "nested"),
        *("in nested", "async teardown", "fixture teardown"),
    )
    assert [in_async[name] for name in told_of] == [
        *("fixture afx", "call", "call", "call", "call", "call"),
        *("nested", "fixture afx", "fixture fx"),
    ]
    for n in (1, 2):
        assert spans[f"test_param[{n}]"]["param body"] == "call"
    assert [spans["test_ut"][name] for name in ("setUp", "ut body", "tearDown")] == [
        "call"
    ] * 3
    assert [spans["test_iso"][name] for name in ("asyncSetUp", "iso body")] == [
        "call"
    ] * 2
    assert "nested" not in spans
    loose = {name: root.name for root in done.run().loose for name in flat(root)}
    assert loose["setUpClass"] == "fixture setUpClass (class)"
    assert loose["module setup"] == "fixture mfx (module)"
    assert loose["module teardown"] == "fixture mfx (module) teardown"


def test_decorated(suite: Suite) -> None:
    """A decorated test is one attempt, and called as without the plugin."""
    options = ("-q", "-p", "no:logging", "--trace-show=none", "-o", "strict=true")
    bare = suite(
        DECORATED, *options[:3], *options[4:], plugins="asyncio anyio", traced=False
    )
    done = suite(DECORATED, *options, plugins="asyncio anyio")
    assert told(done) == told(bare)
    tests = named(done)

    alone = suite(
        DECORATED,
        *options,
        *("-p", "no:asked"),
        plugins="asyncio anyio",
        OTEL_TESTKIT_DIR=str(done.folder / "alone"),
    )

    (folder,) = (alone.folder / "alone" / "runs").glob("*")
    decorated = {(one.case, one.suite) for one in load(str(folder)).attempts()}
    assert len(decorated) > 45
    assert decorated <= tests
    assert all(one.of == 1 for one in done.attempts().values())


def named(done: Any) -> set[tuple[str, str]]:
    """
    The names of all tests, and of their suites.
    """
    return {(one.case, one.suite) for one in done.run().attempts()}


def test_what_a_decorator_says(suite: Suite) -> None:
    """Name, tags and suite of a decorator hold, from the set-up on."""
    text = """
        import pytest
        from otel_testkit import current_test, step, traced_test

        @pytest.fixture
        def bad():
            raise RuntimeError

        @traced_test(name="named", tags={"team": "a"}, suite="orders")
        @pytest.mark.owner("me", scope="x")
        @pytest.mark.slow
        @pytest.mark.number(7)
        def test_it(bad):
            pass

        @pytest.mark.parametrize("n", [1, {"a": 1}])
        @traced_test(tags={"team": "b"})
        def test_param(n, test_trace):
            assert current_test() is test_trace
            with step("s"):
                test_trace.set_tag("mine", 1)

        @traced_test
        class TestWhole:
            def test_method(self, test_trace):
                assert current_test() is test_trace
    """
    ini = (
        INI
        + "markers =\n  owner\n  slow\n  number\ntrace_markers = owner slow number\n"
    )

    done = suite(text, "-q", files={"pytest.ini": ini})

    assert done.out.splitlines()[-1].startswith("3 passed, 1 error"), done.out
    attempts = done.attempts()
    assert sorted(attempts) == [
        "named",
        "test_it.py::TestWhole::test_method",
        "test_it.py::test_param[1]",
        "test_it.py::test_param[n1]",
    ]
    named = attempts["named"]
    assert (named.suite, named.outcome) == ("orders", "error")
    assert named.tags == {
        "team": "a",
        "owner": ["me", "x"],
        "slow": True,
        "number": 7,
    }
    param = attempts["test_it.py::test_param[n1]"]
    assert param.tags["otel_testkit.case.parameter.n"] == "<dict>"
    assert (param.tags["team"], param.tags["mine"]) == ("b", 1)
    assert tree(param.span)[2] == ["call", ["s"]]


def test_reruns(suite: Suite) -> None:
    """Each run of a test is an attempt of it; pytest's summary says the same."""
    text = """
        import pytest

        made = []

        @pytest.fixture
        def fixture():
            made.append(1)

        @pytest.mark.flaky(reruns=2)
        def test_flaky(fixture):
            assert len(made) > 1

        @pytest.mark.flaky(reruns=2)
        def test_hard():
            assert 0

        @pytest.mark.flaky(reruns=1)
        def test_bad_setup(request):
            request.getfixturevalue("bad")

        @pytest.fixture(scope="module")
        def bad():
            assert len(made) > 100
    """
    options = ("-v", "--trace-show=none")
    bare = suite(text, "-v", plugins="rerunfailures", traced=False)
    done = suite(text, *options, plugins="rerunfailures")

    assert told(done) == told(bare)
    assert "2 failed, 1 passed, 4 rerun" in done.out
    cases = {case.name.rpartition("::")[2]: case for case in done.run().cases}
    assert {
        name: [(one.number, str(one.outcome)) for one in case.attempts]
        for name, case in cases.items()
    } == {
        "test_flaky": [(1, "failed"), (2, "passed")],
        "test_hard": [(1, "failed"), (2, "failed"), (3, "failed")],
        "test_bad_setup": [(1, "failed"), (2, "failed")],
    }
    assert [
        one.span.attributes["otel_testkit.attempt"]
        for one in cases["test_hard"].attempts
    ] == [1, 2, 3]
    assert len({one.trace_id for one in done.run().attempts()}) == 7
    assert cases["test_flaky"].is_flaky


def test_flaky(suite: Suite) -> None:
    """The plugin flaky runs a test again without a word: an attempt all the same."""
    text = """
        import flaky

        made = []

        @flaky.flaky(max_runs=3)
        def test_it():
            made.append(1)
            assert len(made) > 1
    """
    done = suite(text, "-q", plugins="flaky")

    (case,) = done.run().cases
    assert [str(one.outcome) for one in case.attempts] == ["failed", "passed"]
    assert case.is_flaky
    assert done.code == 0


def test_repetitions(suite: Suite) -> None:
    """The copies that flakefinder makes of a test are attempts of it."""
    text = """
        import unittest
        import pytest

        def test_plain():
            pass

        @pytest.mark.parametrize("x", ["a"])
        def test_param(x):
            pass

        class TestU(unittest.TestCase):
            def test_ut(self):
                pass
    """

    done = suite(text, "-q", "--flake-finder", "--flake-runs=2", plugins="flakefinder")

    assert {case.name: len(case.attempts) for case in done.run().cases} == {
        "test_it.py::test_plain": 2,
        "test_it.py::test_param[a]": 2,
        "test_it.py::TestU::test_ut": 2,
    }


def test_variants_that_differ_in_a_secret(suite: Suite) -> None:
    """Variants that masking makes alike are still two cases, none of them flaky."""
    text = """
        import pytest

        @pytest.mark.parametrize("n", [1])
        @pytest.mark.parametrize("url", ["http://u:one@h/", "http://u:two@h/", "c"])
        def test_it(url, n):
            assert "two" not in url
    """

    done = suite(text, "-q")

    assert sorted(
        (case.name.partition("#")[0], [str(one.outcome) for one in case.attempts])
        for case in done.run().cases
    ) == [
        ("test_it.py::test_it[c-1]", ["passed"]),
        ("test_it.py::test_it[http://u:REDACTED@h/-1]", ["failed"]),
        ("test_it.py::test_it[http://u:REDACTED@h/-1]", ["passed"]),
    ]


def test_workers(suite: Suite) -> None:
    """The workers of xdist share one run, which the controller alone tells of."""
    options = ("-n", "2", "-q", "-rN", "--tb=no")

    done = suite(
        OUTCOMES,
        *options,
        "--junitxml=it.xml",
        plugins="xdist asyncio",
        OTEL_TESTKIT_SHOW="failed",
    )
    alone = suite(OUTCOMES, "-q", "-rN", "--tb=no", traced=False)

    assert done.code == alone.code
    assert told(done).splitlines()[-1] == told(alone).splitlines()[-1]
    assert done.out.count(" otel_testkit ") == 1, done.out
    assert done.err == ""
    run = done.run()
    assert len(run.cases) == 26
    assert all(case.attempts[0].of == 1 for case in run.cases)
    traces = {one.trace_id for one in run.attempts()}
    assert set(trace_ids(done)) == traces
    assert not list(done.folder.rglob("open.*"))
    workers = {one.span.resource.get("otel_testkit.worker") for one in run.attempts()}
    assert workers == {"gw0", "gw1"}


def trace_ids(done: Any) -> list[str]:
    """
    The trace ids in the report for JUnit, as its properties.
    """
    return [
        one.get("value", "")
        for one in ET.parse(done.folder / "it.xml").iter("property")
        if one.get("name") == "trace_id"
    ]


def test_junit(suite: Suite) -> None:
    """Each test of the report for JUnit has the id of its trace, and only that."""
    done = suite(OUTCOMES, "-q", "--junitxml=it.xml")

    found = trace_ids(done)
    assert sorted(set(found)) == sorted(one.trace_id for one in done.run().attempts())


@pytest.mark.parametrize(
    ("options", "text", "expected"),
    [
        (("-x",), "assert 0", {"test_a": "passed", "test_b": "failed"}),
        (("--maxfail=1",), "assert 0", {"test_a": "passed", "test_b": "failed"}),
        (
            (),
            "pytest.exit('enough', 3)",
            {"test_a": "passed", "test_b": "interrupted"},
        ),
        (
            (),
            "raise KeyboardInterrupt",
            {"test_a": "passed", "test_b": "interrupted"},
        ),
        (
            (),
            "raise SystemExit(7)",
            {"test_a": "passed", "test_b": "failed", "test_c": "passed"},
        ),
    ],
)
def test_an_early_end(
    suite: Suite, options: tuple[str, ...], text: str, expected: dict[str, str]
) -> None:
    """A run that ends early ends as without us, and what had begun has an end."""
    program = f"""
        import pytest

        @pytest.fixture(scope="session")
        def wide():
            yield
            print("torn down")

        @pytest.fixture
        def own(wide):
            yield

        def test_a(own):
            pass

        def test_b(own):
            {text}

        def test_c(own):
            pass
    """
    bare = suite(program, "-v", "-s", *options, traced=False)
    done = suite(program, "-v", "-s", "--trace-show=none", *options)

    assert told(done) == told(bare)
    assert (done.code, done.err) == (bare.code, bare.err)
    assert {
        case.rpartition("::")[2]: outcome for case, outcome in done.outcomes().items()
    } == expected
    run = done.run()
    assert not [span.name for span in run.spans() if span.is_open]
    assert run.loose[-1].name == "fixture wide (session) teardown"


def test_other_kinds(suite: Suite) -> None:
    """Doctests are tests, and the examples of hypothesis are one."""
    text = '''
        def good():
            """
            >>> good()
            7
            """
            return 7

        def bad():
            """
            >>> bad()
            8
            """
            return 7

        from hypothesis import given, settings, strategies
        from otel_testkit import traced_test

        @settings(max_examples=20, database=None)
        @given(strategies.integers())
        def test_plain(number):
            pass

        @settings(max_examples=20, database=None)
        @given(strategies.integers())
        @traced_test(tags={"team": "a"})
        def test_traced(number):
            pass
    '''
    options = ("-v", "--doctest-modules", "-p", "_hypothesis_pytestplugin")
    bare = suite(text, *options, traced=False)
    done = suite(text, *options, "--trace-show=none")

    assert told(done) == told(bare)
    assert {
        case: (one.of, str(one.outcome)) for case, one in done.attempts().items()
    } == {
        "test_it.py::test_it.good": (1, "passed"),
        "test_it.py::test_it.bad": (1, "failed"),
        "test_it.py::test_plain": (1, "passed"),
        "test_it.py::test_traced": (1, "passed"),
    }
    assert done.attempts()["test_it.py::test_traced"].tags["team"] == "a"
    assert all(len(one.spans) == 4 for one in done.attempts().values())


def test_forked(suite: Suite) -> None:
    """A test in a process of its own is in the same run, whole or open."""
    text = """
        import os

        def test_a():
            pass

        def test_crash():
            os._exit(9)

        def test_b():
            assert 0
    """

    bare = suite(text, "-v", "--forked", plugins="forked", traced=False)
    done = suite(text, "-v", "--forked", "--trace-show=none", plugins="forked")

    assert told(done) == told(bare)
    assert done.outcomes() == {
        "test_it.py::test_a": "passed",
        "test_it.py::test_crash": "open",
        "test_it.py::test_b": "failed",
    }


@pytest.mark.parametrize(
    ("where", "ended", "under_way"),
    [
        ("set-up", set(), {"setup", "fixture own"}),
        ("call", {"setup", "fixture own"}, {"call"}),
        ("finalizer", {"setup", "fixture own", "call"}, {"teardown", "fixture own"}),
        ("report of setup", {"setup", "fixture own"}, set()),
        ("report of call", {"setup", "fixture own", "call"}, set()),
        ("report of teardown", {"setup", "fixture own", "call", "teardown"}, set()),
    ],
)
def test_killed_anywhere(
    suite: Suite, where: str, ended: set[str], under_way: set[str]
) -> None:
    """
    Whatever code of the user's is running, what has ended is on disk as ended, and
    what has begun as begun.
    """
    text = f"""
        import os
        import pytest

        def now_at(place):
            if place == {where!r}:
                os._exit(9)

        class Reports:
            def pytest_runtest_logreport(self, report):
                now_at(f"report of {{report.when}}")

        @pytest.fixture(scope="session", autouse=True)
        def _reports(pytestconfig):
            pytestconfig.pluginmanager.register(Reports())

        @pytest.fixture
        def own(request):
            request.addfinalizer(lambda: now_at("finalizer"))
            now_at("set-up")

        def test_a(own):
            now_at("call")
    """

    (test,) = suite(text).attempts().values()
    root, *others = test.spans

    assert root.is_open is (where != "report of teardown")
    assert {span.name for span in others if not span.is_open} == ended
    assert {span.name for span in others if span.is_open} == under_way


def test_timeout(suite: Suite) -> None:
    """What pytest-timeout ends is a test that failed."""
    text = """
        import time
        from otel_testkit import step

        def test_slow():
            with step("wait"):
                time.sleep(30)
    """

    done = suite(text, "-q", "--timeout=0.3", plugins="timeout")

    (slow,) = done.attempts().values()
    assert (slow.outcome, done.code) == ("failed", 1)
    assert slow.errors[-1].message.startswith("Timeout")


def test_what_runs_no_test(suite: Suite) -> None:
    """Where no test is run there is no run; where set-up is shown, it is the same."""
    collected = suite(OUTCOMES, "-q", "--collect-only")
    assert collected.code == 0
    assert not (collected.folder / "store").exists()

    options = ("--setup-show", "-q", "--tb=no")
    bare = suite(FIXTURES, *options, traced=False)
    done = suite(FIXTURES, *options)

    assert told(done) == told(bare)


def test_it_lives_no_longer(suite: Suite) -> None:
    """What a test has made is gone when it is without us, exceptions included."""
    text = """
        import gc, weakref
        import pytest

        class Thing:
            pass

        refs = []

        @pytest.fixture
        def thing():
            thing = Thing()
            refs.append(weakref.ref(thing))
            return thing

        def test_uses(thing):
            pass

        @pytest.mark.xfail
        def test_fails(thing):
            assert thing is None

        def test_skips(thing):
            pytest.skip("so")

        def test_gone():
            print([ref() is None for ref in refs])
    """
    bare = suite(text, "-q", "-s", traced=False)
    done = suite(text, "-q", "-s")

    assert told(done) == told(bare)


FAILING = """
    def test_good():
        pass

    def test_bad():
        secret = {"password": "hunter2hunter2"}
        assert secret == {}, "password=hunter2hunter2"
"""


@pytest.mark.parametrize("show", ["failed", "all", "none"])
def test_the_summary(suite: Suite, show: str) -> None:
    """The tests are shown once, in pytest's summary, and the folder with them."""
    asked = () if show == "failed" else (f"--trace-show={show}",)
    done = suite(FAILING, *asked, OTEL_TESTKIT_SHOW="failed")

    assert done.err == ""
    sections = re.split(r"=+ ([\w ]+) =+\n", done.out)
    assert ("otel_testkit" in sections) is (show != "none")
    if show == "none":
        return

    (ours,) = [
        text
        for name, text in zip(sections[1::2], sections[2::2], strict=True)
        if name == "otel_testkit"
    ]
    assert ours.count("✗ test_it.py::test_bad") == 1
    assert ours.count("✓ test_it.py::test_good") == (show == "all")
    assert "hunter2" not in ours
    assert "run    store/runs/" in ours
    assert "1 failed, 1 passed in" in ours


def test_a_good_run(suite: Suite) -> None:
    """Where nothing failed a line says where the run is, unless pytest is quiet."""
    done = suite("def test_good(): pass", OTEL_TESTKIT_SHOW="failed")

    assert re.search(
        r"= otel_testkit =+\n\s*run    store/runs/\S+ \([\d.]+ kB\)\n", done.out
    )
    assert done.err == ""


def test_by_ini(suite: Suite) -> None:
    """`trace_tests = true` asks as the option does; `--help` tells of both."""
    ini = {"pytest.ini": INI + "trace_tests = true\n"}

    done = suite("def test_it(): pass", "-q", "-p", "no:asked", files=ini)
    helps = suite("", "--help", "-p", "no:asked")

    assert done.outcomes() == {"test_it.py::test_it": "passed"}
    assert re.search(r"^otel_testkit:\n +--trace-tests ", helps.out, re.MULTILINE)


def test_what_a_fixture_makes_current(suite: Suite) -> None:
    """What a fixture leaves in OpenTelemetry's context is there in the test."""
    text = """
        import pytest
        from opentelemetry import baggage, context, trace
        from opentelemetry.sdk.trace import TracerProvider

        tracer = TracerProvider().get_tracer("mine")

        @pytest.fixture
        def current():
            with tracer.start_as_current_span("mine") as span:
                token = context.attach(baggage.set_baggage("who", "me"))
                yield span
                context.detach(token)

        @pytest.fixture
        def other(current):
            yield trace.get_current_span()

        @pytest.fixture(autouse=True)
        def before_and_after():
            before = dict(context.get_current())
            yield

        def test_it(current, other):
            assert trace.get_current_span() is current is other
            assert baggage.get_baggage("who") == "me"

        def test_after():
            assert trace.get_current_span() is not None
            assert baggage.get_baggage("who") is None
    """

    done = suite(text, "-q")

    assert done.code == 0, done.out
    assert done.err == ""
    assert [len(one.spans) for one in done.attempts().values()][1] == 6


@pytest.mark.parametrize(
    "broken",
    [
        "pytest_tracing.case_of",
        "pytest_tracing.fixture_name",
        "pytest_tracing.outcome_of",
        "pytest_attempts.Phase",
    ],
)
def test_our_own_failures(suite: Suite, broken: str) -> None:
    """Whatever goes wrong with us, the tests end as without, and a line says so."""
    breaking = f"""
        from otel_testkit.integrations import pytest_attempts, pytest_tracing

        def broken(*_, **__):
            raise RuntimeError("ours")

        {broken} = broken
    """
    bare = suite(OUTCOMES, "-v", traced=False)
    done = suite(
        OUTCOMES,
        *("-v", "--trace-show=none"),
        files={"conftest.py": textwrap.dedent(breaking)},
    )

    assert told(done) == told(bare)
    assert done.code == bare.code
    assert len(done.err.splitlines()) == 1
    assert done.err.startswith("otel-testkit: ")


def test_random_order(suite: Suite) -> None:
    """pytest-randomly shuffles and seeds as without us."""
    text = """
        import random

        def test_a():
            print("drawn", random.random())

        def test_b():
            print("drawn", random.random())

        def test_c():
            print("drawn", random.random())
    """
    options = ("-v", "-rP", "-p", "pytest_randomly", "-p", "no:anyio")
    seed = "--randomly-seed=7"

    bare = suite(text, *options, seed, traced=False)
    done = suite(text, *options, seed, "--trace-show=none")

    assert done.out.count("drawn") == 3
    assert told(done) == told(bare)
