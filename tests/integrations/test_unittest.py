"""
Test cases of unittest from setUp to the last cleanup, and nobody sees us.
"""

from __future__ import annotations

import re
import textwrap
import unittest

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from otel_testkit import current_test, errors
from otel_testkit.integrations.unittest import TracedTestCase


SUITES = Path(__file__).parent / "suites"
SUITE = (SUITES / "cases.py").read_text("utf-8")
ONCE = {
    f"{name}.py": (SUITES / f"{name}.py").read_text("utf-8")
    for name in ("once", "bad_module")
} | {
    "skipped_module.py": (SUITES / "bad_module.py")
    .read_text("utf-8")
    .replace("LookupError", "unittest.SkipTest")
}

# Tells all that a result object is told, and how it is asked.
RUNNER = """
import sys, traceback, unittest

class Result(unittest.TestResult):
    def __getattribute__(self, name):
        value = super().__getattribute__(name)
        if not name.startswith(("add", "start", "stop")) or name == "stop":
            return value

        def call(*args):
            shown = [getattr(arg, "id", lambda: arg)() for arg in args]
            for error in shown:
                if isinstance(error, tuple):
                    lines = traceback.format_exception(*error)
                    own = [line for line in lines if "otel_testkit" not in line]
                    shown[shown.index(error)] = "".join(own)
            if name != "addDuration":
                print(name, *shown)
            return value(*args)

        return call

result = Result()
result.failfast = "failfast" in sys.argv
suite = unittest.defaultTestLoader.loadTestsFromName(sys.argv[1])
assert suite.run(result) is result
print(result, sorted(vars(result)))
"""

PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")

Python = Callable[..., Any]

EXPECTED = {
    "setUpClass (cases.BadClass)": "error",
    "setUpClass (cases.SkippedClass)": "skipped",
    "cases.Full.test_passes": "passed",
    "cases.Full.test_fails": "failed",
    "cases.Full.test_errors": "error",
    "cases.Full.test_expected": "xfailed",
    "cases.Full.test_unexpected": "failed",
    "cases.Full.test_skips": "skipped",
    "cases.Full.test_skipped": "skipped",
    "cases.Full.test_subtests": "failed",
    "cases.Full.test_subtest_skips": "skipped",
    "cases.Full.test_subtest_expected": "xfailed",
    "cases.Full.test_bad_cleanup": "error",
    "cases.Full.test_fails_and_bad_cleanup": "failed",
    "cases.Full.test_decorated": "passed",
    "called otherwise": "passed",
    "cases.Full.test_result": "passed",
    "cases.BadSetUp.test_one": "error",
    "cases.BadSetUp.test_skip": "skipped",
    "cases.BadTearDown.test_one": "failed",
    "cases.BadTearDown.test_skips": "failed",
    "cases.Inherits.test_one": "passed",
    "cases.Isolated.test_one": "passed",
    "cases.Isolated.test_fails": "failed",
    "cases.Isolated.test_subtests": "failed",
    "cases.Isolated.test_sync": "passed",
    "cases.Decorated.test_one": "passed",
    "cases.Decorated.test_own": "error",
    "cases.Below.test_one": "passed",
    "cases.Below.test_own": "error",
    "cases.Below.test_below": "failed",
    "cases.DecoratedBad.test_one": "error",
    "cases.DecoratedIsolated.test_one": "passed",
    "cases.Lone.runTest": "passed",
}


def _both(python: Python, *arguments: str, **files: str) -> tuple[Any, Any]:
    written = {"cases.py": SUITE, "runner.py": RUNNER}

    return (
        python(written, *arguments, traced=False),
        python(written, *arguments),
    )


def test_unittest(python: Python) -> None:
    """The output is the same but for the time; everything is in the record."""
    bare, done = _both(python, "-W", "error", "-m", "unittest", "-v", "cases")

    assert (done.code, done.out) == (bare.code, bare.out)
    assert _lines(done) == _lines(bare)
    assert done.outcomes() == EXPECTED


def _lines(done: Any) -> list[str]:
    text = done.err.replace(str(done.folder), "")

    return re.sub(r"in \d+\.\d+s", "", text).splitlines()


@pytest.mark.parametrize("mode", ["cases", "cases.Full failfast"])
def test_a_result_is_told_the_same(python: Python, mode: str) -> None:
    """A result object of one's own gets the same calls in the same order."""
    bare, done = _both(python, "-W", "error", "runner.py", *mode.split())

    assert bare.out.count("stopTest") >= 1, bare.err
    assert done.out.replace("/traced/", "/bare/") == bare.out
    assert (done.code, done.err) == (bare.code, bare.err) == (0, "")


def test_what_is_recorded(python: Python) -> None:
    """Fixtures, cleanups and subtests are steps, with what they raised."""
    _, done = _both(python, "-m", "unittest", "cases")
    attempts = done.attempts()
    full = "cases.Full.test_"

    assert _steps(attempts[f"{full}bad_cleanup"]) == [
        ("setUp", None),
        ("tearDown", None),
        ("cleanup undo", "bad"),
        ("cleanup undo", None),
    ]
    subtests = attempts[f"{full}subtests"]
    assert _steps(subtests)[2:4] == [
        ("[try] (number=1, token=REDACTED)", "1 == 1"),
        ("[try] (number=2, token=REDACTED)", "2"),
    ]
    (error,) = subtests.errors
    assert (error.message, error.source) == (
        "1 == 1",
        "self.assertNotEqual(number, 1)",
    )
    assert attempts[f"{full}fails_and_bad_cleanup"].errors[0].message == "first"
    assert attempts[f"{full}skipped"].errors[0].message == "above"
    unexpected = attempts[f"{full}unexpected"].errors[0]
    assert (unexpected.short_type, unexpected.message) == (
        "UnexpectedSuccess",
        "it was expected to fail",
    )
    assert attempts["cases.BadSetUp.test_one"].errors[0].source == "raise Own"
    assert attempts["cases.Isolated.test_fails"].errors[0].source == "self.fail()"

    decorated = attempts[f"{full}decorated"]
    assert (decorated.suite, decorated.tags["own"], decorated.tags["team"]) == (
        "mine",
        1,
        "a",
    )
    assert attempts[f"{full}fails"].suite == "cases.Full"
    assert attempts["cases.Below.test_own"].tags["own"] == 2
    assert all(one.number == one.of == 1 for one in done.run().attempts())


def _steps(attempt: Any) -> list[tuple[str, str | None]]:
    return [
        (span.name, span.errors[0].message if span.errors else None)
        for span in attempt.spans[1:]
    ]


def test_coroutines_are_parts_of_their_steps(python: Python) -> None:
    """What is done in the loop of an isolated case hangs on its step."""
    _, done = _both(python, "-m", "unittest", "cases")
    spans = done.attempts()["cases.Isolated.test_one"].spans
    by_id = {span.span_id: span.name for span in spans}

    assert [(by_id.get(span.parent_id), span.name) for span in spans[1:]] == [
        ("cases.Isolated.test_one", "setUp"),
        ("setUp", "connect"),
        ("cases.Isolated.test_one", "inner"),
        ("cases.Isolated.test_one", "tearDown"),
        ("tearDown", "disconnect"),
        ("cases.Isolated.test_one", "cleanup Isolated.clean"),
        ("cleanup Isolated.clean", "cleaning"),
    ]


def test_what_is_done_once_is_no_test(python: Python) -> None:
    """setUpClass has a trace of its own, to which the tests of the class link."""
    _, done = _both(python, "-m", "unittest", "cases")
    loose, written = _loose(done)

    assert list(loose) == [
        "setUpClass (cases.Below)",
        "setUpClass (cases.Decorated)",
        "setUpClass (cases.Full)",
        "tearDownClass (cases.Full)",
        "setUpClass (cases.Inherits)",
    ]
    for owner, tests in (("Full", 15), ("Inherits", 1), ("Below", 3)):
        place = loose[f"setUpClass (cases.{owner})"]
        assert place.trace_id not in {one.trace_id for one in done.run().attempts()}
        link = f'"links":[{{"traceId":"{place.trace_id}"'
        assert written.count(link) == tests


def _loose(done: Any) -> tuple[dict[str, Any], str]:
    """
    The spans that are no test's, and all that was written.
    """
    traces = (done.folder / "store").rglob("traces.*")
    written = "".join(path.read_text("utf-8") for path in traces)

    return {span.name: span for span in done.run().loose}, written


def _once(python: Python) -> tuple[Any, Any]:
    modules = ("skipped_module", "once", "bad_module")
    arguments = ("-W", "error", "-m", "unittest", "-v", *modules)

    return python(ONCE, *arguments, traced=False), python(ONCE, *arguments)


def test_modules_and_cleanups(python: Python) -> None:
    """What goes wrong before or after all tests of a class or module is told."""
    bare, done = _once(python)

    assert (done.code, done.out) == (bare.code, bare.out)
    assert _lines(done) == _lines(bare)
    assert "FAILED" in bare.err
    assert done.outcomes() == {
        "setUpModule (skipped_module)": "skipped",
        "setUpClass (once.AssertsOnce)": "error",
        "once.Cleanups.test_cleans_itself": "error",
        "once.Cleanups.test_passes": "passed",
        "class cleanups (once.Cleanups)": "error",
        "once.NamedLate.test_one": "error",
        "once.Diamond.test_shared": "failed",
        "once.Left.test_shared": "passed",
        "once.Skipped.test_one": "skipped",
        "once.Expected.test_fails": "xfailed",
        "once.Expected.test_passes": "failed",
        "once.Isolated.test_one": "error",
        "tearDownModule (once)": "error",
        "module cleanups (once)": "error",
        "setUpModule (bad_module)": "error",
    }
    told = {case: one.errors for case, one in done.attempts().items() if one.errors}
    assert told["class cleanups (once.Cleanups)"][0].message == "bad class"
    assert told["tearDownModule (once)"][0].message == "module down"
    assert told["module cleanups (once)"][0].message == "bad module"
    assert (
        told["setUpModule (bad_module)"][0].source == 'raise LookupError("no module")'
    )


def test_tests_link_to_their_module(python: Python) -> None:
    """What is done for a module stands alone; its tests link to the set-up."""
    _, done = _once(python)
    loose, written = _loose(done)

    assert sorted(loose) == [
        "class cleanups (once.AssertsOnce)",
        "module cleanups (bad_module)",
        "module cleanups (skipped_module)",
        "setUpClass (once.Cleanups)",
        "setUpModule (once)",
    ]
    set_up = loose["setUpModule (once)"]
    assert [span.name for span in set_up.children] == ["prepare"]
    assert written.count(f'"links":[{{"traceId":"{set_up.trace_id}"') == 9


POOL = """
import multiprocessing, sys, unittest
import cases

def run(name):
    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromName(name).run(result)
    return result.testsRun

if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    with multiprocessing.Pool(2) as pool:
        names = [f"cases.{name}" for name in ("Full", "Isolated", "Decorated")]
        print(sum(pool.map(run, names, chunksize=1)))
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_of_a_runner_record_one_run(python: Python, method: str) -> None:
    """A runner whose processes run the tests has one run, and shows it at its end."""
    files = {"cases.py": SUITE, "it.py": POOL}
    done = python(
        files, "it.py", method, OTEL_TESTKIT_SHOW="failed", GITHUB_STEP_SUMMARY="s.md"
    )
    kinds = ("cases.Full.", "cases.Isolated.", "cases.Decorated.", "called")

    assert (done.code, done.out.splitlines()[-1]) == (0, "21"), done.err
    assert done.outcomes() == {
        case: outcome for case, outcome in EXPECTED.items() if case.startswith(kinds)
    }
    assert done.err.count("✗ cases.Full.test_fails ") == 1
    table = (done.folder / "s.md").read_text("utf-8")
    assert table.count("### Failed and flaky tests") == 1


DJANGO = {
    "settings.py": """
        SECRET_KEY = "x"
        INSTALLED_APPS = ["shop"]
        DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
    """,
    "shop/__init__.py": "",
    "shop/tests.py": """
        from django.test import SimpleTestCase, TestCase
        from otel_testkit import step, traced_test
        from otel_testkit.integrations.unittest import TracedTestCase

        class First(TracedTestCase, TestCase):
            def test_subtests(self):
                for number in range(3):
                    with self.subTest(number=number):
                        self.assertNotEqual(number, 1)

            async def test_async(self):
                with step("inside"):
                    pass

        @traced_test(tags={"team": "b"})
        class Second(SimpleTestCase):
            def test_error(self):
                raise KeyError("second")

            def test_skips(self):
                self.skipTest("not today")
    """,
}


@pytest.mark.parametrize("options", ["", "--parallel=2"])
def test_django(python: Python, options: str) -> None:
    """Django's runner says the same, and however many processes make one run."""
    pytest.importorskip("django", reason="django is not installed")
    if options:
        pytest.importorskip("tblib", reason="tblib is not installed")
    files = {name: textwrap.dedent(text) for name, text in DJANGO.items()}
    arguments = ("-m", "django", "test", *options.split())
    environ = {"DJANGO_SETTINGS_MODULE": "settings"}
    bare = python(files, *arguments, traced=False, **environ)
    done = python(files, *arguments, **environ)

    assert (done.code, "errors=1, skipped=1" in done.err) == (bare.code, True)
    assert done.outcomes() == {
        "shop.tests.First.test_subtests": "failed",
        "shop.tests.First.test_async": "passed",
        "shop.tests.Second.test_error": "error",
        "shop.tests.Second.test_skips": "skipped",
    }
    spans = done.attempts()["shop.tests.First.test_async"].spans
    assert [span.name for span in spans[1:]] == ["inside"]
    loose = {span.name for span in done.run().loose}
    assert not [name for name in loose if "cleanups" in name]


def test_pytest(python: Python) -> None:
    """Under pytest the outcomes are pytest's, and the names its own."""
    bare, done = _both(python, *PYTEST, "-rA", "--tb=short", "cases.py")

    assert _verdicts(done) == _verdicts(bare)
    assert len(_verdicts(bare)) > 25, bare.out + bare.err
    outcomes = done.outcomes()
    assert outcomes["cases.py::Full::test_subtests"] == "failed"
    assert outcomes["cases.py::BadSetUp::test_one"] == "error"
    assert outcomes["cases.py::Isolated::test_one"] == "passed"
    assert outcomes["cases.py::Full::test_decorated"] == "passed"
    assert len(outcomes) == len(EXPECTED)


def _verdicts(done: Any) -> list[str]:
    return [
        line
        for line in done.out.splitlines()
        if line.startswith(("PASSED", "FAILED", "ERROR", "SKIPPED", "XFAIL", "SUBF"))
    ]


def test_the_plugin_of_pytest_is_not_doubled(python: Python) -> None:
    """Where the plugin records a test, the door adds its steps, and no test."""
    plugin = ("-p", "otel_testkit.integrations.pytest", "--trace-tests")
    done = python({"cases.py": SUITE}, *PYTEST, *plugin, "cases.py")
    attempts = done.attempts()
    full = attempts["cases.py::Full::test_subtests"]

    assert all(one.number == one.of == 1 for one in done.run().attempts())
    assert (full.outcome, full.tags["team"]) == ("failed", "a")
    assert ("[try] (number=1, token=REDACTED)", "1 == 1") in _steps(full)
    assert attempts["cases.py::Full::test_decorated"].suite == "mine"
    assert "called otherwise" in attempts
    # None for a class that has nothing of its own there.
    alone = [span.name for span in done.run().loose if "teardown" not in span.name]
    assert alone.count("fixture setUpClass (class)") == 6
    assert not [case for case in attempts if case.startswith("cases.Full")]


def test_a_mark_of_pytest_counts(python: Python) -> None:
    """`pytest.mark.xfail` counts where pytest runs the case, and there alone."""
    text = """
        import unittest, pytest
        from otel_testkit.integrations.unittest import TracedTestCase

        class Marked(TracedTestCase, unittest.TestCase):
            @pytest.mark.xfail
            def test_fails(self):
                self.fail()

            @pytest.mark.xfail
            def test_passes(self):
                pass

            def test_skips(self):
                pytest.skip("so")
    """
    done = python({"cases.py": textwrap.dedent(text)}, *PYTEST, "cases.py")

    assert done.outcomes() == {
        "cases.py::Marked::test_fails": "xfailed",
        "cases.py::Marked::test_passes": "xpassed",
        "cases.py::Marked::test_skips": "skipped",
    }


def test_run_is_what_it_was() -> None:
    """`run` gives what unittest's gives, with a result and without one."""

    class Case(TracedTestCase, unittest.TestCase):
        def test_it(self) -> None:
            self.seen = current_test().is_recording

    case, result = Case("test_it"), unittest.TestResult()

    assert case.run(result) is result
    assert case.seen
    assert case(result) is result
    assert case(result=result) is result
    assert Case.run(case, result) is result
    assert type(case.run()) is unittest.TestResult
    assert result.testsRun == 4
    assert errors.troubles() == []


def test_debug_is_not_recorded() -> None:
    """`debug` runs the test as ever: it raises, and no result is told."""

    class Case(TracedTestCase, unittest.TestCase):
        def setUp(self) -> None:
            self.seen = current_test().is_recording

        def test_it(self) -> None:
            raise KeyError

    case = Case("test_it")
    with pytest.raises(KeyError):
        case.debug()

    assert not case.seen


def test_an_interrupt_goes_through() -> None:
    """What a runner does not catch reaches the caller as it is."""
    raised = KeyboardInterrupt()

    class Case(TracedTestCase, unittest.TestCase):
        def test_it(self) -> None:
            raise raised

    with pytest.raises(KeyboardInterrupt) as caught:
        Case("test_it").run(unittest.TestResult())

    assert caught.value is raised


def test_our_own_failure_reaches_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A door that breaks is one trouble, and the test runs as it would."""
    from otel_testkit.recording import case as door, listener

    def broken(*_: object) -> None:
        raise RuntimeError

    class Case(TracedTestCase, unittest.TestCase):
        def test_it(self) -> None:
            with self.subTest(i=1):
                pass

    for owner, name in (
        (door, "place_of"),
        (door, "masked_values"),
        (listener.JUDGES, "addSuccess"),
    ):
        result = unittest.TestResult()
        with monkeypatch.context() as patch:
            if owner is door:
                patch.setattr(door, name, broken)
            else:
                patch.setitem(owner, name, broken)
            Case("test_it").run(result)

        assert (result.testsRun, result.wasSuccessful()) == (1, True)
        assert len(errors.troubles()) == 1, name


def test_a_mixin_alone(python: Python) -> None:
    """
    Tests of a class that is no test case are told of at the end, those of a mixin that
    becomes one are not.
    """
    text = """
import unittest

from otel_testkit.integrations.unittest import TracedTestCase

class Alone(TracedTestCase):
    def test_one(self):
        self.assertEqual(1, 1)

class Shared(TracedTestCase):
    def test_two(self):
        self.assertEqual(1, 1)

class Whole(Shared, unittest.TestCase):
    pass

class Empty(TracedTestCase):
    trace_tags = {"team": "orders"}
"""
    done = python({"alone.py": text}, "-m", "unittest", "alone")

    assert "Ran 1 test" in done.err
    (line,) = [line for line in done.err.splitlines() if "otel-testkit" in line]
    assert line == (
        "otel-testkit: unittest knows nothing of the tests of alone.Alone; a test case "
        "is class T(TracedTestCase, unittest.TestCase) (unittest)"
    )
