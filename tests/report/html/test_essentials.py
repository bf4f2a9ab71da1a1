"""
The story of a failed attempt, as a page tells it where no program runs.
"""

from __future__ import annotations

import base64
import gzip
import json
import re

from html.parser import HTMLParser
from pathlib import Path

import pytest

from otel_testkit.diagnosis.explanation import explain
from otel_testkit.report.explained_markdown import markdown
from otel_testkit.report.html import write_report
from otel_testkit.report.html.chunk import Bodies, plain_attempt
from otel_testkit.report.html.essentials import essentials_of
from otel_testkit.trace import load


CASE = "tests/test_insights.py::test_insight_is_created"


class _Page(HTMLParser):
    """
    A page as somebody sees it without program and styles: its text, line by line, and
    the elements of which attributes matter.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self._text = ""
        self._hidden = ""
        self.feed(text)

    @property
    def lines(self) -> list[str]:
        return [
            " ".join(line.split()) for line in self._text.splitlines() if line.strip()
        ]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag in ("style", "script", "template"):
            self._hidden = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._hidden:
            self._hidden = ""
        if tag in ("h2", "h3", "li", "p", "pre", "summary", "td"):
            self._text += "\n"

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self._text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


def story_of(run_folder):
    """
    The essentials of the first failing attempt.
    """
    run = load(run_folder.write())
    attempt = next(one for one in run.attempts() if one.is_failure)

    return essentials_of(explain(run, attempt, ()))


def article_of(run_folder):
    """
    The page of the first test that failed, from its name on.
    """
    written = write_report(run_folder.write())
    path = next(iter(written.failures.values()))

    return _Page(Path(path).read_text("utf-8").partition('<main id="tests">')[2])


def failing(run, *, message="no", events=(), **more):
    """
    A test that failed after ten seconds.
    """
    at_end = [
        {
            "timeUnixNano": str(1_795_329_792_000_000_000 + 9_000_000_000),
            "name": "exception",
            "attributes": [
                {"key": "exception.type", "value": {"stringValue": "ValueError"}},
                {"key": "exception.message", "value": {"stringValue": message}},
            ],
        },
        *events,
    ]

    return run.test(
        "tests/test_a.py::test_a", 0, 10, "failed", exceptions=at_end, **more
    )


def test_the_order_of_the_story(failing_run):
    """
    What failed comes first, then its cause, what happened before, and what differs.
    """
    page = article_of(failing_run)

    assert [CASE, "What failed", "Cause", "What happened before", "What differs"] == [
        line
        for line in page.lines
        if line in {CASE, "What failed", "Cause", "What happened before"}
        or line == "What differs"
    ]
    for line in (
        "✗ failed after 9.0 s",
        "AssertionError",
        "assert 429 == 200",
        "at /home/me/app/tests/test_insights.py:57",
        "> 57 | assert resp.status == 200",
        "Next: Wait as long as the service asks and try again, or send fewer",
        "▼ AssertionError",
        "Compared with nothing yet: there is no other attempt of this test.",
    ):
        assert any(line in one for one in page.lines), line


def test_the_cause_has_its_evidence(failing_run):
    """
    The cause says how sure it is, and links to the call that shows it.
    """
    story = story_of(failing_run)
    page = article_of(failing_run)
    (told,) = (line for line in page.lines if line.startswith("rate limited"))

    assert told.startswith("rate limited certainPOST lambda")
    (span_id, *_), *_ = story.linked(story.findings[0].evidence)
    assert {"href": f"#case-0&attempt=1&span={span_id}"} in page.all("a")
    assert "" == story.unknown


def test_no_known_cause(run_folder):
    """
    Where no cause is known, the page says so, and what was looked at.
    """
    test = failing(run_folder)
    for number in range(3):
        run_folder.call("GET", f"http://api/{number}", 200, 1, 2, test)

    assert "No known cause: none of its 3 calls failed." in article_of(run_folder).lines


def test_what_it_got_past(run_folder):
    """
    What the test got past is told as such, and no cause.
    """
    test = failing(run_folder)
    run_folder.call("GET", "http://api/a", 503, 1, 2, test)
    run_folder.call("GET", "http://api/a", 200, 3, 4, test, resend=1)

    lines = article_of(run_folder).lines

    assert any(line.startswith("got past service unavailable") for line in lines)
    assert any(line.startswith("No known cause") for line in lines)


def test_what_happened_before(failing_run):
    """
    Calls stand in the order of time, polls in one row, as the terminal folds them.
    """
    story = story_of(failing_run)

    assert [
        ("0.00 s", "step", "sign up", "", "420 ms"),
        ("0.00 s", "call", "POST api /signup", "201", "120 ms"),
        ("0.12 s", "call", "POST lambda …/functions", "201", "300 ms"),
        ("0.42 s", "call", "POST lambda …/invocations", "429", "90 ms"),
        ("0.52 s", "call", "GET api /insights", "404 \u00d76", "240 ms"),
    ] == [
        (one.at, one.kind, one.what, one.answer, one.took)
        for one in story.before.moments
    ]
    assert [False, False, False, True, True] == [
        one.is_bad for one in story.before.moments
    ]
    assert 0 == story.before.more


def test_nothing_after_the_failure(run_folder):
    """
    What came after the failure is no part of what happened before; it is counted.
    """
    test = failing(run_folder)
    run_folder.call("GET", "http://api/before", 200, 1, 2, test)
    run_folder.log("careful", 3.0, test)
    run_folder.call("DELETE", "http://api/after", 204, 9.5, 9.6, test)

    before = story_of(run_folder).before

    assert ["GET api /before", "WARNING orders"] == [one.what for one in before.moments]
    assert "careful" == before.moments[-1].said
    assert ("9.00 s", 1) == (before.at, before.more)


def test_of_many_rows_the_telling_ones(run_folder):
    """
    Forty rows are told at most, among them those that speak of the failure.
    """
    test = failing(run_folder)
    for number in range(100):
        step = run_folder.step(f"part {number}", number / 20, (number + 1) / 20, test)
        run_folder.call(
            "GET", f"http://api/{'abcdefg'[number % 7]}", 200, number / 20, None, step
        )
    run_folder.call("POST", "http://api/orders", 500, 4.6, 4.7, test)

    before = story_of(run_folder).before

    assert 20 < len(before.moments) <= 40
    assert "500" in [one.answer for one in before.moments]
    assert 201 == len(before.moments) + before.more


def test_the_nearest_pass(run_folder):
    """
    A table shows the places that had another answer when the test passed last.
    """
    for number, (outcome, status) in enumerate([("failed", 429), ("passed", 200)]):
        at, trace = 10 * number, f"{number + 1:032x}"
        test = run_folder.test(
            *("tests/test_a.py::test_a", at, at + 9, outcome), trace_id=trace
        )
        for poll in range(3):
            begin = at + 1 + poll
            run_folder.call(
                *("GET", "http://api/a", status, begin, begin + 0.5, test),
                trace_id=trace,
            )
        run_folder.call(
            "GET", "http://api/same", 200, at + 5, at + 6, test, trace_id=trace
        )
        if outcome == "passed":
            run_folder.call(
                "GET", "http://api/more", 200, at + 6, at + 7, test, trace_id=trace
            )

    story = story_of(run_folder)
    page = article_of(run_folder)

    assert [
        ("GET api /a", "200 \u00d73", "429 \u00d73"),
        ("GET api /more", "200", "not made"),
    ] == [(one.place, one.passing, one.failing) for one in story.changed]
    assert "attempt 2 of this run, 10 s after" == story.last_pass
    assert {"col", "row"} == {one.get("scope") for one in page.all("th")}


def test_a_long_message_is_folded(run_folder):
    """
    Of a message of many lines the first ones stand there, and all of it behind them.
    """
    failing(run_folder, message="\n".join(f"  line {n}" for n in range(30)))

    lines = article_of(run_folder).lines

    assert 2 == lines.count("line 0")
    assert 1 == lines.count("line 29")
    assert "The whole message" in lines


def test_the_chain_of_causes(run_folder, make_exception):
    """
    What the exception hangs on is told after it, each by how it hangs there.
    """
    failing(
        run_folder,
        events=[
            make_exception("KeyError", "'amount'", relation="cause"),
            make_exception("OSError", "gone", relation="context"),
        ],
    )

    lines = article_of(run_folder).lines

    assert "caused by KeyError'amount'" in lines
    assert "while handling OSErrorgone" in lines


def test_what_never_ended(run_folder):
    """
    Of a test that was killed, the page says in what.
    """
    test = run_folder.test("tests/test_a.py::test_a", 0, None)
    run_folder.call("GET", "http://api/slow", None, 1, None, test)

    lines = article_of(run_folder).lines

    assert "never ended: killed or still running, in GET api /slow" in lines
    assert "✗ no end" in lines


def test_the_text_to_hand_over(failing_run):
    """
    What is copied for an issue is what `explain --markdown` prints.
    """
    story = story_of(failing_run)
    run = load(str(failing_run.path))
    attempt = next(one for one in run.attempts() if one.is_failure)

    packed = base64.b64decode(story.handover)

    assert markdown(explain(run, attempt, ())) == json.loads(gzip.decompress(packed))


def test_hostile_text_is_text(run_folder, make_exception):
    """
    No markup of a service or an exception becomes markup of the page, and what would
    turn the text around is shown as its code.
    """
    hostile = (
        "</template><script>alert(1)</script><img src=x onerror=alert(1)>\u202e\x1b[2J"
    )
    test = run_folder.test(
        f"tests/test_a.py::test_a[{hostile}]",
        *(0, 10, "failed"),
        exceptions=[
            make_exception(
                hostile,
                *(f"{hostile}\n{hostile}",),
                file=f"{hostile}.py",
                line=1,
                source=hostile,
            )
        ],
    )
    step = run_folder.step(hostile, 1, 2, test)
    run_folder.call("GET", f"http://{hostile}/{hostile}", 500, 1, 2, step, body=hostile)
    run_folder.log(hostile, 1.5, step, logger=hostile, level=hostile)

    page = article_of(run_folder)

    assert [] == [tag for tag, _ in page.elements if tag == "img"]
    assert 1 == len(page.all("script"))
    told = "\n".join(page.lines)
    assert not re.search("[\u202e\x1b]", told)
    assert (
        r"</template><script>alert(1)</script><img src=x onerror=alert(1)>\u202e\x1b"
        in (told)
    )
    assert {"type": "module"} in page.all("script")


@pytest.mark.parametrize("name", ["failed", "flaky"])
def test_a_page_of_one_test(failing_run, name):
    """
    A page of its own has the story of its test alone, and leads to the run.
    """
    if name == "flaky":
        failing_run.test(CASE, 9.5, 9.7, trace_id="e" * 32)
    written = write_report(failing_run.write())
    page = _Page(Path(next(iter(written.failures.values()))).read_text("utf-8"))

    (article,) = page.all("article")
    assert f"test {name}" == article["class"]
    (body,) = page.all("body")
    assert "single" == body["class"]
    assert any(
        one.get("href", "").startswith("../report.html") for one in page.all("a")
    )


def test_what_was_beyond_the_limits(run_folder):
    """
    A test of which not all was recorded says so, before and after its program runs.
    """
    failing(run_folder, **{"otel_testkit.calls.left_out": 500})
    run = load(run_folder.write())
    (attempt,) = run.attempts()

    said = "500 calls beyond the limit of this test were not recorded"
    assert said in " ".join(article_of(run_folder).lines)
    assert said == plain_attempt(attempt, (), Bodies())["lost"]


def test_nothing_beyond_the_limits(run_folder):
    """
    Where all was recorded, nothing is said.
    """
    failing(run_folder)
    (attempt,) = load(run_folder.write()).attempts()

    assert "beyond" not in " ".join(article_of(run_folder).lines)
    assert "lost" not in plain_attempt(attempt, (), Bodies())
