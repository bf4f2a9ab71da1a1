"""
The tree in a terminal, compared with the texts in `gold/terminal`.
"""

from __future__ import annotations

import io
import os
import re

from pathlib import Path

import pytest

from otel_testkit import errors
from otel_testkit.report import text as texts
from otel_testkit.report.page import Page
from otel_testkit.report.terminal import print_run, print_selection, summary
from otel_testkit.report.written import Written
from otel_testkit.trace import load


GOLD = Path(__file__).parent.parent / "gold"
GOLD_RUN = GOLD / "runs" / "v1" / "2026-11-22T06-43-12-7f3a"
ESCAPE = "\x1b"


class Stream(io.TextIOWrapper):
    """
    A stream of an encoding, that may say it is a terminal.
    """

    def __init__(self, encoding: str = "utf-8", *, is_terminal: bool = False) -> None:
        super().__init__(io.BytesIO(), encoding=encoding, newline="")
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal

    @property
    def text(self) -> str:
        self.flush()
        self.seek(0)

        return self.read()


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    """
    Nothing of the developer's own terminal.
    """
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture
def show(monkeypatch):
    """
    Print a run to a stream of that width and encoding, and give the text.
    """

    def show_run(path, *, width=100, encoding="utf-8", which="failed"):
        monkeypatch.setenv("COLUMNS", str(width))
        stream = Stream(encoding)
        print_run(load(str(path)), stream, show=which)

        return stream.text

    return show_run


class TestGold:
    @pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
    @pytest.mark.parametrize("width", [60, 80, 100, 160])
    def test_failing_tests(self, show, monkeypatch, width, encoding):
        """
        The stored run looks as it did, at any width, with and without Unicode.
        """
        monkeypatch.chdir(GOLD)
        gold = GOLD / "terminal" / f"{width}-{encoding}.txt"

        shown = show(GOLD_RUN, width=width, encoding=encoding)

        if os.environ.get("OTEL_TESTKIT_REFRESH_GOLD"):
            gold.write_text(shown, encoding="utf-8")
        assert gold.read_text(encoding="utf-8") == shown

    @pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
    @pytest.mark.parametrize("width", range(48, 180, 7))
    def test_fits(self, show, width, encoding):
        """
        No line is wider than the terminal, and all waterfalls end in one column.
        """
        lines = show(GOLD_RUN, width=width, encoding=encoding).splitlines()

        # The run's path and its summary may wrap.
        own = [line for line in lines[:-1] if not line.startswith("  run ")]
        assert max(map(texts.width, own)) <= width
        rows = [line for line in own if re.match("  (test |[├└│|`])", line)]
        rows = [row for row in rows if re.search(r"\d (s|ms)\+?$", row)]
        assert 1 == len({texts.width(row) for row in rows})


class TestDiagnosis:
    def test_one_that_raises(self, failing_run, show, monkeypatch):
        """
        What nobody can make sense of costs the cause, and nothing else of the report.
        """

        def diagnose(*_):
            raise RuntimeError

        path = failing_run.write()
        whole = show(path).splitlines()
        monkeypatch.setattr("otel_testkit.diagnosis.explanation.diagnose", diagnose)
        shown = show(path).splitlines()
        trees = [
            lines[next(at for at, line in enumerate(lines) if "  test  " in line) :]
            for lines in (whole, shown)
        ]

        assert trees[0] == trees[1]
        assert "  cause  rate limited (certain)" in "\n".join(whole)
        assert "  cause  no known cause" in "\n".join(shown)
        (line,) = errors.troubles()
        assert "RuntimeError" in line
        assert line.endswith("(diagnosis)")


class TestWhichTests:
    def test_without_stream(self, failing_run, capsys):
        """
        By default standard error is where it is printed.
        """
        print_run(load(failing_run.write()))

        out, err = capsys.readouterr()
        assert "" == out
        assert "test_insight_is_created" in err

    def test_nothing_failed(self, show, run_folder):
        """
        A run in which nothing failed prints nothing at the end of a process.
        """
        run_folder.test("test_a")

        assert "" == show(run_folder.write())

    def test_all(self, show, failing_run):
        """
        On request the others are shown, too.
        """
        shown = show(failing_run.write(), which="all")

        assert ["✗", "✓", "✓"] == re.findall("^── (.)", shown, re.MULTILINE)

    def test_last_failing_attempt(self, show, run_folder):
        """
        Of a test that was repeated the last failure is shown, also where the
        test passed in the end.
        """
        for number, outcome in enumerate(("failed", "failed", "passed")):
            run_folder.test(
                "t", number, number + 1, outcome, trace_id=f"{number + 1}" * 32
            )

        shown = show(run_folder.write())

        assert ["t ─ 1.0 s ─ attempt 2/3"] == re.findall("✗ (t .*/3)", shown)
        assert "1 passed (1 flaky) in 3.0 s" in shown

    def test_many_failures(self, show, run_folder):
        """
        After ten trees the other failures are told in brief.
        """
        for number in range(12):
            trace_id = f"{number + 1:032x}"
            test = run_folder.test(f"t{number}", 0, 9, "failed", trace_id=trace_id)
            run_folder.step("step", 0, 1, test)

        shown = show(run_folder.write())

        assert (12, 10) == (shown.count("✗ t"), shown.count("└─ step"))

    def test_loose_spans(self, run_folder):
        """
        Spans without a test are shown by themselves.
        """
        root = run_folder.span("job", 0.0, 2.0)
        run_folder.call("GET", "http://a.b/c", 500, 0.5, 1.0, root, body="broken")
        run = load(run_folder.write())
        stream = Stream()

        print_selection(run, [], list(run.loose), stream)

        assert "── ○ job ─ 2.0 s ─" in stream.text
        assert "└─ GET  a /c  500 ✗ 0.50" in stream.text
        assert '"broken"' in stream.text
        assert "no tests in 2.0 s" in stream.text

    def test_summary(self, run_folder):
        """
        The summary counts tests by outcome, the worst first.
        """
        outcomes = ("passed", "skipped", "failed", "error", "passed")
        for number, outcome in enumerate(outcomes):
            run_folder.test(f"test_{number}", number, number + 1, outcome)
        run_folder.test("test_hangs", 5, None)

        run = load(run_folder.write())

        assert "1 failed, 1 error, 1 open, 2 passed, 1 skipped in 5.0 s" == summary(run)

    def test_damage(self, show, failing_run):
        """
        What could not be read is not passed over in silence.
        """
        failing_run.traces.append("{")

        assert "1 damaged record left out" in show(failing_run.write())


class TestErrors:
    @pytest.mark.parametrize(
        ("exceptions", "lines"),
        [
            ([("ValueError", "bad\nworse", {})], ["ValueError  bad"]),
            (
                [("a.b.ValueError", "bad", {"file": "/x/y.py", "line": 3})],
                ["ValueError y.py:3  bad"],
            ),
            (
                [("AssertionError", "assert 1 == 2", {"source": "assert 1 == 2"})],
                ["AssertionError  assert 1 == 2"],
            ),
            (
                [("AssertionError", "assert 1 == 2", {"source": "assert a\n  == b"})],
                ["AssertionError  assert a == b  (1 == 2)"],
            ),
            (
                [("Error", "long " * 15, {"source": "call()"})],
                ["Error  call()", "long " * 14 + "long"],
            ),
            (
                [("E", "a", {}), ("F", "b", {"relation": "cause"})],
                ["E  a", "caused by F: b"],
            ),
            (
                [
                    ("E", "a", {}),
                    ("F", "b", {"relation": "cause"}),
                    ("G", "", {"relation": "context"}),
                ],
                ["E  a", "caused by G"],
            ),
            (
                [("E", "a", {}), ("G", "", {"relation": "context"})],
                ["E  a", "after G"],
            ),
            (
                [
                    ("ExceptionGroup", "two", {}),
                    ("F", "b", {"relation": "member"}),
                    ("G", "c", {"relation": "member"}),
                ],
                ["ExceptionGroup  two", "holds F: b; G: c"],
            ),
        ],
    )
    def test_error(self, show, run_folder, make_exception, exceptions, lines):
        """
        The error is told with its place, what it adds, and what it hangs on.
        """
        events = [make_exception(kind, said, **m) for kind, said, m in exceptions]
        run_folder.test("t", outcome="failed", exceptions=events)

        shown = show(run_folder.write(), width=80).splitlines()

        assert [*lines, "trace"] == [
            line.strip().partition("  0af")[0] for line in shown[1 : len(lines) + 2]
        ]

    def test_no_exception(self, show, run_folder):
        """
        Without an exception the span's own message is told.
        """
        run_folder.test("t", outcome="failed", message="it is broken")

        assert "  it is broken\n" in show(run_folder.write())

    def test_open(self, show, run_folder):
        """
        A test that never ended says where it was.
        """
        test = run_folder.test("t", 0, None)
        step = run_folder.step("wait", 0.5, None, test)
        run_folder.call("GET", "http://a.b/c", 200, 1, 2, step)

        shown = show(run_folder.write())

        assert "never ended: killed or still running, in wait" in shown
        assert re.search(r"└─ wait +…open", shown)
        assert re.search(r"1\.5 s\+$", shown, re.MULTILINE)

    def test_open_in_own_code(self, show, run_folder):
        """
        A test that never ended and called nobody was in its own code.
        """
        run_folder.test("t", 0, None)

        assert "still running, in its own code" in show(run_folder.write())


class TestLogs:
    def test_between(self, show, run_folder):
        """
        Warnings stand where they were made, among steps and calls; the others are
        left out, and errors say what came with them.
        """
        test = run_folder.test("t", 0, 9, "failed")
        step = run_folder.step("order", 1, 4, test)
        run_folder.log("stock is stale: 7 h", 0.42, test)
        run_folder.log("on its way", 0.5, test, severity=9, level="INFO")
        run_folder.call("GET", "http://a.b/c", 500, 2, 3, step)
        failed = {"exception.type": "app.Declined", "exception.message": "no money"}
        run_folder.log(
            "not paid", 3.5, step, severity=17, level="ERROR", logger="pay", **failed
        )
        run_folder.log("of no logger", 5, test, level="", logger="")

        lines = show(run_folder.write()).splitlines()
        rows = [
            line for line in lines if line.startswith(("  test", "  ├", "  │", "  └"))
        ]

        assert [
            "  test",
            "  ├─ ! 0.42 WARNING orders  stock is stale: 7 h",
            "  ├─ order",
            "  │  ├─ GET",
            "  │  └─ ! 3.50 ERROR pay  not paid (Declined: no money)",
            "  └─ ! 5.00 severity 13  of no logger",
        ] == [row if "!" in row else re.split(r"(?<=\w) ", row)[0] for row in rows[:6]]

    def test_folded(self, show, run_folder):
        """
        What is said again and again is one line, and does not part the calls.
        """
        test = run_folder.test("t", 0, 9, "failed")
        for number in range(6):
            run_folder.call("GET", "http://a.b/c", 404, number, number + 0.1, test)
            run_folder.log(f"attempt {number} failed", number + 0.2, test)

        shown = show(run_folder.write())

        assert 1 == shown.count("─ GET ")
        assert re.search(r"! 0\.20 WARNING orders  attempt 0 failed  .6\n", shown)

    def test_under_an_instrumentation(self, show, run_folder):
        """
        What was said in a span that is not shown, stands one higher.
        """
        test = run_folder.test("t", 0, 9, "failed")
        outer = run_folder.call("GET", "http://a.b/c", 200, 1, 5, test)
        run_folder.call("GET", "http://a.b/c", 200, 2, 3, outer)
        run_folder.log("Retrying", 1.5, outer)

        shown = show(run_folder.write())

        assert re.search(r"├─ ! 1.50 WARNING orders  Retrying\n  └─ GET ", shown)

    def test_at_most_25_lines(self, show, run_folder):
        """
        Calls that failed come first, then the gravest records and the last ones.
        """
        test = run_folder.test("t", 0, 90, "failed", message="no")
        for number in range(40):
            run_folder.step(f"step {number}", number, number + 0.5, test)
            run_folder.log("abc"[number % 3] * (number + 1), number + 0.6, test)
        for number in range(8):
            url = f"http://a.b/{'x' * (number + 1)}"
            run_folder.call("GET", url, 500, 60 + number, 61 + number, test)
        run_folder.log("the gravest", 0.1, test, severity=21, level="CRITICAL")

        tree, _, _ = show(run_folder.write()).partition("\n\n")

        assert 25 == len(tree.splitlines())
        assert 8 == tree.count("500 ✗")
        assert "CRITICAL orders  the gravest" in tree
        assert 40 * "a" in tree
        assert re.search(
            r"… \d\d more spans, 3\d more log records \(--all shows them\)", tree
        )

    def test_passed(self, show, run_folder):
        """
        In a test that passed a warning is no news.
        """
        test = run_folder.test("t")
        run_folder.log("stale", 0.1, test)

        assert "stale" not in show(run_folder.write(), which="all")

    def test_whole(self, run_folder):
        """
        On request every record has a line of its own, of whatever level.
        """
        test = run_folder.test("t")
        for _ in range(3):
            run_folder.log("said", 0.1, test, severity=5, level="DEBUG")
        run_folder.log("by nobody", 0.2, test, severity=0, level="", logger="")
        run = load(run_folder.write())
        stream = Stream()

        print_selection(run, list(run.attempts()), [], stream, whole=True)

        assert 3 == stream.text.count("─   0.10 DEBUG orders  said\n")
        assert 1 == stream.text.count("─   0.20  by nobody\n")

    @pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
    @pytest.mark.parametrize("width", range(48, 180, 11))
    def test_fits(self, show, run_folder, width, encoding):
        """
        Whatever was said, by whom and how often: it is one line that fits.
        """
        step = run_folder.test("t", 0, 9, "failed")
        for depth in range(8):
            step = run_folder.step(f"depth {depth}", 0, 9, step)
        for text in ("短い" * 90, "x\n\x1b[31m" * 50, "", "é"):
            for logger in ("logger." * 20, "木" * 40, ""):
                for _ in range(2):
                    run_folder.log(text, 1, step, logger=logger, level="WARNING")

        shown = show(run_folder.write(), width=width, encoding=encoding)

        lines = [line for line in shown.splitlines() if "! " in line]
        assert len(lines) == 12
        assert max(map(texts.width, lines)) <= width
        assert all(re.search(r"  \S2$", line) for line in lines)


class TestRows:
    def test_retries(self, show, run_folder):
        """
        The attempts of one request are rows of their own, and say which they are.
        """
        test = run_folder.test("t", outcome="failed")
        for resend, status in enumerate((500, 500, 200)):
            at = 0.1 + 0.3 * resend
            url = "http://pay.com/x"
            run_folder.call("POST", url, status, at, at + 0.1, test, resend=resend)

        shown = show(run_folder.write())

        assert [
            ("POST pay /x", "500 ✗"),
            ("POST pay /x (retry 1)", "500 ✗"),
            ("POST pay /x (retry 2)", "200"),
        ] == re.findall(r"─ (POST.*?)  +(\d+(?: ✗)?)", shown)

    def test_instrumentor_around_ours(self, show, run_folder):
        """
        A span that another instrumentation puts around our calls is not repeated.
        """
        test = run_folder.test("t", outcome="failed")
        outer = run_folder.call("GET", "http://a.b/c", 200, 0.1, 0.9, test)
        run_folder.call("GET", "http://a.b/c", 500, 0.1, 0.2, outer)
        run_folder.call("GET", "http://a.b/c", 200, 0.3, 0.4, outer, resend=1)

        shown = show(run_folder.write())

        assert ["├─", "└─"] == re.findall(r"(\S+) GET", shown)

    def test_folded_paths(self, show, run_folder):
        """
        Repeated calls that differ in an id are one row, under what they share.
        """
        test = run_folder.test("t", outcome="failed")
        for number in range(5):
            url = f"http://a.b/users/{number}"
            run_folder.call("GET", url, 404, 0.1 * number, 0.1 * number + 0.01, test)

        shown = show(run_folder.write())

        assert re.search(r"GET  a /users/\{\}  404.5 0.00 ▌ +▌ +▌ +▌ +▌ +50 ms", shown)

    def test_folded_in_parallel(self, show, run_folder):
        """
        The time in which several calls went on at once counts once.
        """
        test = run_folder.test("t", outcome="failed")
        for start, end in ((0.1, 0.2), (0.11, 0.14), (0.15, 0.25), (0.4, 0.45)):
            run_folder.call("POST", "http://a.b/reserve", 200, start, end, test)

        assert re.search(
            r"POST a /reserve +200.4 .* 200 ms$", show(run_folder.write()), re.MULTILINE
        )

    def test_complaint_is_told_once(self, show, failing_run):
        """
        What a folded or repeated call complains of is told once.
        """
        shown = show(failing_run.write())

        assert 1 == shown.count("no such insight")
        assert 1 == shown.count('TooManyRequestsException "Rate Exceeded."')

    def test_other_errors(self, show, run_folder, make_exception):
        """
        Spans that are no calls tell their own errors, and not the test's again.
        """
        own = make_exception("OperationalError", "too many connections")
        error = make_exception("AssertionError", "no order")
        test = run_folder.test("t", outcome="failed", exceptions=[error])
        step = run_folder.span("step", 0, 1, test, status=2, events=[error])
        run_folder.span("SELECT 1", 0.1, 0.2, step, kind=3, status=2, events=[own])
        run_folder.span("job", 0.3, 0.4, step, status=2, events=[own])
        run_folder.span("quiet", 0.5, 0.6, step, status=2)

        shown = show(run_folder.write())

        assert 1 == shown.count("no order")
        assert 'OperationalError "too many connections"' in shown
        assert 5 == shown.count("✗")

    def test_passed_test_has_no_complaints(self, show, run_folder):
        """
        In a test that passed a failing call is no news.
        """
        test = run_folder.test("t")
        run_folder.call("GET", "http://a.b/c", 404, 0.1, 0.2, test, body="gone")

        assert "gone" not in show(run_folder.write(), which="all")

    def test_at_most_25_lines(self, show, run_folder):
        """
        Of many spans those stay that speak of the failure, in 25 lines.
        """
        test = run_folder.test("t", 0, 50, "failed", message="no")
        for number in range(50):
            step = run_folder.step(f"step {number}", number, number + 1, test)
            status = 500 if number == 20 else 200
            url = "http://a.b/before"
            run_folder.call("GET", url, 200, number, number + 0.1, step)
            url = "http://a.b/c"
            run_folder.call("GET", url, status, number + 0.2, number + 0.3, step)

        tree, _, _ = show(run_folder.write()).partition("\n\n")

        assert 25 == len(tree.splitlines())
        assert re.search(r"step 20 .*\n.*before .*\n.*GET  a /c +500 ✗", tree)
        assert "step 49" in tree
        assert re.search(r"… 13\d more spans \(--all shows them\)", tree)

    def test_whole(self, run_folder):
        """
        On request every span has a row of its own.
        """
        test = run_folder.test("t", outcome="failed")
        for number in range(60):
            url = "http://a.b/c"
            run_folder.call("GET", url, 200, number / 60, number / 60, test)
        run = load(run_folder.write())
        stream = Stream()

        print_selection(run, list(run.attempts()), [], stream, whole=True)

        assert 60 == stream.text.count("GET  a /c")

    def test_what_was_not_recorded(self, show, run_folder):
        """
        What was beyond the limits of a test is counted.
        """
        left_out = {"calls": 37, "bodies": 1, "logs": 2}
        attributes = {f"otel_testkit.{k}.left_out": n for k, n in left_out.items()}
        run_folder.test("t", outcome="failed", **attributes)

        shown = show(run_folder.write())

        assert (
            "  … 37 more calls, 1 more body, 2 more log records not recorded\n" in shown
        )

    def test_deep(self, show, run_folder):
        """
        Very deep trees stay in their place.
        """
        parent = run_folder.test("t", outcome="failed")
        for depth in range(2000):
            parent = run_folder.step(f"depth {depth}", 0.1, 0.9, parent)
        run_folder.call("GET", "http://a.b/c", 500, 0.2, 0.3, parent)

        lines = show(run_folder.write()).splitlines()

        assert len(lines) < 30
        assert 100 == max(len(line) for line in lines if "  run " not in line)

    def test_clock_skew(self, show, run_folder):
        """
        Times outside of the test are drawn at its edges.
        """
        test = run_folder.test("t", 10, 20, "failed")
        run_folder.span("before", 2, 3, test)
        run_folder.span("after", 28, 40, test)

        lines = show(run_folder.write(), width=60).splitlines()

        assert (
            "  ├─ before  -8.00 ▌                                   1.0 s" == lines[2]
        )
        assert (
            "  └─ after   18.00                                 ▐  12.0 s" == lines[3]
        )


class TestHostileText:
    EVIL = (
        "\x1b[31mred\x1b[0m [red]markup[/red] \x07 \u202egnp.exe\u202c a\tb\nc "
        "\x9b2J \ud800 \u200b e" + "\u0300" * 40 + " :smile: "
    )

    @pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252"])
    def test_shown_as_text(self, show, run_folder, make_exception, encoding):
        """
        Whatever names, messages and bodies hold, it is shown and never obeyed.
        """
        evil = self.EVIL
        error = make_exception(evil, evil, file=evil, line=1, source=evil)
        test = run_folder.test(evil, outcome="failed", exceptions=[error])
        run_folder.call(evil, f"http://h/{evil}", 500, 0.1, 0.2, test, body=evil)
        run_folder.step(evil + "日本語" * 90, 0.5, 0.6, test)

        shown = show(run_folder.write(), encoding=encoding)

        assert not re.search(
            r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e]", shown
        )
        assert "\\x1b[31mred" in shown
        assert "[red]markup[/red]" in shown
        assert max(map(texts.width, shown.splitlines()[:-2])) <= 100
        assert "\u0300" * 4 not in shown

    def test_very_long(self, show, run_folder, make_exception):
        """
        Names and messages of a megabyte cost a line.
        """
        long = "x" * 1_000_000
        error = make_exception(long, long, source=long)
        test = run_folder.test(long, outcome="failed", exceptions=[error])
        run_folder.call("GET", f"http://h/{long}", 500, 0.1, 0.2, test, body=long)

        shown = show(run_folder.write())

        assert max(map(len, shown.splitlines()[:-2])) <= 100


class TestPage:
    @pytest.mark.parametrize(
        ("environ", "is_terminal", "expected"),
        [
            ({}, True, True),
            ({}, False, False),
            ({"FORCE_COLOR": "1"}, False, True),
            ({"FORCE_COLOR": "0"}, True, False),
            ({"NO_COLOR": "1"}, True, False),
            ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
            ({"TERM": "dumb"}, True, False),
        ],
    )
    def test_color(self, monkeypatch, failing_run, environ, is_terminal, expected):
        """
        Colours are for terminals, unless the user says otherwise.
        """
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        stream = Stream(is_terminal=is_terminal)

        print_run(load(failing_run.write()), stream)

        assert expected == (ESCAPE in stream.text)

    @pytest.mark.parametrize(
        ("columns", "expected"),
        [("72", 72), ("7", 48), ("900", 140), ("", 100), ("x", 100), ("0", 100)],
    )
    def test_width(self, monkeypatch, columns, expected):
        """
        The width is COLUMNS, within reason; that of a log where nothing tells it.
        """
        monkeypatch.setenv("COLUMNS", columns)
        monkeypatch.setattr("os.get_terminal_size", no_terminal)

        assert expected == Page(Stream()).width

    def test_terminal_width(self, monkeypatch):
        """
        A terminal is asked for its width.
        """
        size = os.terminal_size((91, 30))
        monkeypatch.setattr("os.get_terminal_size", lambda _: size)

        with open(os.devnull, "w", encoding="utf-8") as file:
            assert 91 == Page(file).width

    def test_broken_pipe(self, failing_run):
        """
        A reader that went away is the caller's to deal with; the process goes on.
        """

        class Closed(Stream):
            def write(self, _text: str) -> int:
                raise BrokenPipeError

        with pytest.raises(BrokenPipeError):
            print_run(load(failing_run.write()), Closed())


def no_terminal(_file: int) -> os.terminal_size:
    raise OSError


class TestText:
    @pytest.mark.parametrize(
        ("nanoseconds", "told"),
        [
            (-1, "0 s"),
            (0, "0 s"),
            (1, "<1 µs"),
            (999, "<1 µs"),
            (1_500, "1.5 µs"),
            (42_000, "42 µs"),
            (999_600, "1.0 ms"),
            (9_949_999, "9.9 ms"),
            (9_960_000, "10 ms"),
            (120_000_000, "120 ms"),
            (999_600_000, "1.0 s"),
            (9_000_000_000, "9.0 s"),
            (74_320_000_000, "74.3 s"),
            (312_000_000_000, "312 s"),
        ],
    )
    def test_duration(self, nanoseconds, told):
        """
        A duration has two or three digits and the unit that fits.
        """
        assert told == texts.duration(nanoseconds)

    @pytest.mark.parametrize(
        ("text", "columns", "tail", "short"),
        [
            ("short", 5, 0.0, "short"),
            ("too long", 5, 0.0, "too …"),
            ("from both ends", 9, 0.5, "from…ends"),
            ("日本語テスト", 6, 0.0, "日本…"),
            ("anything", 1, 0.0, "…"),
            ("anything", 0, 0.0, ""),
            ("anything", -3, 0.0, ""),
        ],
    )
    def test_shorten(self, text, columns, tail, short):
        """
        A text is cut to its columns, at its end or in its middle.
        """
        assert short == texts.shorten(text, columns, tail=tail)


def test_pages_of_one_name(run_folder):
    """
    Under each test stands its own page, and those without one are counted.
    """
    for number, suite in enumerate(("one", "two", "three"), 1):
        run_folder.test(
            *("same", number, number + 0.5, "failed"),
            trace_id=f"{number:032x}",
            **{"test.suite.name": suite},
        )
    pages = {("two", "same"): "two.html", ("one", "same"): "one.html"}
    stream = Stream()

    print_run(
        load(run_folder.write()), stream, written=Written("all.html", pages, more=1)
    )

    lines = stream.text.splitlines()
    assert ["one.html", "two.html", "all.html"] == [
        line.split()[-1] for line in lines if line.startswith("  report ")
    ]
    at = next(at for at, line in enumerate(lines) if line.endswith("all.html"))
    assert "  … and 1 more failed test in the report" == lines[at + 1]
