"""
Real suites of the frameworks, run with us and with a stand-in that does nothing.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import xml.etree.ElementTree as ET

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import otel_testkit

from otel_testkit.trace import Attempt, load


SUITES = Path(__file__).parent / "suites"

STAND_IN = """
import contextlib

def traced_test(function=None, **_):
    return (lambda decorated: decorated) if function is None else function

class TestSpan(contextlib.ContextDecorator):
    __test__ = False
    def __enter__(self): return self
    def __exit__(self, *_): pass

def test_span(*_, **__): return TestSpan()
test_span.__test__ = False
step = test_span
"""


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str
    folder: Path

    def attempts(self) -> dict[str, Attempt]:
        """
        What was recorded, by the name of the case.
        """
        (run,) = (self.folder / "store" / "runs").glob("*")

        return {one.case: one for one in load(str(run)).attempts()}

    def outcomes(self) -> dict[str, str]:
        return {case: str(one.outcome) for case, one in self.attempts().items()}


Python = Callable[..., Done]


@pytest.fixture
def python(tmp_path: Path) -> Python:
    """
    Runs Python on the text of a module, in a folder of its own.
    """

    def run(text: str, file: str, *arguments: str, traced: bool = True) -> Done:
        folder = tmp_path / ("traced" if traced else "bare")
        folder.mkdir()
        (folder / file).write_text(textwrap.dedent(text))
        path = str(Path(otel_testkit.__file__).parents[1])
        if not traced:
            path = str(tmp_path / "stand_in")
            package = Path(path) / "otel_testkit"
            (package / "integrations").mkdir(parents=True)
            (package / "__init__.py").write_text(STAND_IN)
            # What the installed entry point names.
            (package / "integrations" / "pytest.py").write_text("")

        environ = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("OTEL_", "PYTEST_", "COVERAGE_"))
        }
        environ |= {
            "OTEL_TESTKIT_DIR": str(folder / "store"),
            "OTEL_TESTKIT_SHOW": "none",
            "PYTHONPATH": path,
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=folder,
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

        return Done(done.returncode, done.stdout, done.stderr, folder)

    return run


PYTEST = (SUITES / "of_pytest.py").read_text("utf-8")

INI = """
[pytest]
strict = true
asyncio_mode = strict
asyncio_default_fixture_loop_scope = function
xfail_strict = false
"""


def told(junit: Path) -> dict[tuple[str, str], str]:
    """
    The outcome of each test as junit has it.
    """
    outcomes = {}
    for case in ET.parse(junit).iter("testcase"):
        kinds = [part.get("type", part.tag) for part in case]
        kinds = [kind for kind in kinds if kind not in ("system-out", "system-err")]
        outcomes[case.get("classname", ""), case.get("name", "")] = " ".join(kinds)

    return outcomes


def verdicts(out: str) -> dict[str, str]:
    """
    The outcome of each node id, as pytest's `-v` has it.
    """
    found = re.findall(
        r"^(test_it\.py::.+) (PASSED|FAILED|SKIPPED|XFAIL|XPASS)\b", out, re.MULTILINE
    )

    return dict(found)


def test_pytest(python: Python) -> None:
    """Outcomes, names and counts are pytest's own; the record says the same."""
    ini = f'from pathlib import Path; Path("pytest.ini").write_text({INI!r})'
    results = []
    for traced in (False, True):
        done = python(
            PYTEST,
            "test_it.py",
            "-c",
            f"{ini}; import pytest; raise SystemExit(pytest.main({ARGUMENTS}))",
            traced=traced,
        )
        results.append(done)
    bare, done = results

    assert len(verdicts(bare.out)) > 45, bare.out + bare.err
    assert verdicts(done.out) == verdicts(bare.out)
    assert told(done.folder / "junit.xml") == told(bare.folder / "junit.xml")
    assert (done.code, done.err) == (bare.code, bare.err) == (1, "")
    assert last_line(done.out) == last_line(bare.out)

    expected = {
        case: OUTCOMES[verdict]
        for case, verdict in verdicts(done.out).items()
        if "marked_skip" not in case
    }
    recorded = {
        case: "failed" if outcome == "error" else outcome
        for case, outcome in done.outcomes().items()
    }
    assert recorded == expected
    attempts = done.attempts()
    assert all(one.number == one.of == 1 for one in attempts.values())
    whole = "test_it.py::TestWholeClass"
    tags = {
        name: dict(attempts[f"{whole}::{name}"].span.attributes)
        for name in ("test_one", "test_own", "test_step", "test_own_below")
    }
    assert [tags[name].get("a") for name in tags] == [1, None, 1, None]
    assert [tags[name].get("own") for name in tags] == [None, 2, None, 3]
    assert attempts[f"{whole}::test_one"].suite == whole


ARGUMENTS = [
    *("-v", "-W", "error", "-p", "randomly", "-p", "no:cacheprovider"),
    *("-p", "no:xdist", "-o", "console_output_style=classic"),
    *("-p", "no:logging", "--junitxml=junit.xml", "test_it.py"),
    "-p",
    "no:randomly",
]
OUTCOMES = {
    "PASSED": "passed",
    "FAILED": "failed",
    "SKIPPED": "skipped",
    "XFAIL": "xfailed",
    "XPASS": "xpassed",
}


def last_line(out: str) -> str:
    # The bar around it gives way to the seconds.
    return out.strip().splitlines()[-1].partition(" in ")[0].strip("= ")


def test_pytest_in_random_order(python: Python) -> None:
    """pytest-randomly seeds the dice for each test: they fall as without us."""
    text = """
        import random
        from otel_testkit import step, test_span, traced_test

        @traced_test
        def test_a():
            with step("x"):
                print("drawn", random.random())

        @traced_test
        def test_b():
            with test_span("y"):
                print("drawn", random.random())

        @traced_test
        class TestC:
            def test_c(self):
                print("drawn", random.random())
    """
    options = "-m pytest -p no:cacheprovider -p randomly -p no:asyncio -rP -v"
    options = options.replace("-p randomly ", "") + " -p no:xdist -p no:timeout"
    seed = ["-p", "no:anyio", "--randomly-seed=7", "test_it.py"]

    bare = python(text, "test_it.py", *options.split(), *seed, traced=False)
    done = python(text, "test_it.py", *options.split(), *seed)

    assert bare.out.count("drawn") == 3, bare.out + bare.err
    assert re.findall("drawn.*", done.out) == re.findall("drawn.*", bare.out)
    assert list(verdicts(done.out)) == list(verdicts(bare.out))


UNITTEST = (SUITES / "of_unittest.py").read_text("utf-8")


def test_unittest(python: Python) -> None:
    """unittest's output is the same but for the time; names are `TestCase.id()`."""
    options = ("-W", "error", "-m", "unittest", "-v", "suite")
    bare = python(UNITTEST, "suite.py", *options, traced=False)
    done = python(UNITTEST, "suite.py", *options)

    pattern = r"^(\w+) \((suite[\w.]+)\) \.\.\. (.*)$"
    lines = re.findall(pattern, bare.err, re.MULTILINE)
    assert len(lines) >= 14, bare.err
    assert re.findall(pattern, done.err, re.MULTILINE) == lines
    assert done.err.splitlines()[-1] == bare.err.splitlines()[-1]
    assert (done.code, done.out) == (bare.code, bare.out)
    assert done.outcomes() == {
        "suite.Single.test_passes": "passed",
        "suite.Single.test_fails": "failed",
        "suite.Single.test_errors": "error",
        "suite.Single.test_expected_above": "xfailed",
        "suite.Single.test_expected_below": "xfailed",
        "suite.Single.test_unexpected": "failed",
        "suite.Single.test_skips": "skipped",
        "suite.Single.test_subtests": "failed",
        "suite.Single.test_warns": "passed",
        "suite.Whole.test_one": "passed",
        "suite.Whole.test_two": "failed",
        "suite.Isolated.test_one": "passed",
        "suite.Isolated.test_fails": "failed",
        "suite.Isolated.test_sync": "passed",
        "suite.Expected.test_it": "xfailed",
        "suite.Lone.runTest": "passed",
    }
    (two,) = [one for case, one in done.attempts().items() if case.endswith("two")]
    assert (two.suite, two.span.attributes["team"]) == ("suite.Whole", "a")


def test_never_awaited(python: Python) -> None:
    """The warning of a coroutine that nobody awaited names the user's function."""
    text = """
        from otel_testkit import step, traced_test

        @traced_test
        async def test_forgotten():
            pass

        class Test:
            @traced_test
            async def test_method(self):
                pass

        @step("x")
        async def stepped():
            pass

        test_forgotten()
        Test().test_method()
        stepped()
    """

    bare = python(text, "it.py", "it.py", traced=False)
    done = python(text, "it.py", "it.py")

    pattern = "RuntimeWarning: (.* never awaited)"
    assert re.findall(pattern, done.err) == [
        "coroutine 'test_forgotten' was never awaited",
        "coroutine 'Test.test_method' was never awaited",
        "coroutine 'stepped' was never awaited",
    ]
    assert re.findall(pattern, done.err) == re.findall(pattern, bare.err)
    assert not (done.folder / "store" / "runs").exists()


def test_our_names_are_no_tests(python: Python) -> None:
    """pytest collects none of our names, by whatever way they were imported."""
    text = """
        from otel_testkit import *
        from otel_testkit import TestSpan, test_span, traced_test
        import otel_testkit

        test_alias = test_span
        test_module = otel_testkit

        @traced_test
        def test_only():
            pass
    """
    options = "-m pytest -q -W error -p no:cacheprovider --collect-only -p no:asyncio"

    done = python(text, "test_it.py", *options.split(), "test_it.py")

    assert done.code == 0, done.out
    assert done.out.splitlines()[0] == "test_it.py::test_only"
    assert "1 test collected" in done.out
    assert not (done.folder / "store").exists()
