"""
What the run page says of a run: how it ended, where it comes from, what all its tests
called, and what is missing.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil

from pathlib import Path

import pytest

from otel_testkit.report.html import write_report
from otel_testkit.report.html.calls import Endpoint
from otel_testkit.report.html.overview import Overview
from otel_testkit.trace.build import load_parts
from tests.conftest import exception


LAMBDA = "https://lambda.test/functions/17/invocations"
COUNTED = "3 All 2 ✗ Failed 0 ≈ Flaky 1 ✓ Passed 0 \N{EN DASH} Skipped"
FROM_GITHUB = {
    "otel_testkit.ci.provider": "github",
    "otel_testkit.ci.actor": "mona",
    "otel_testkit.ci.run.number": "77",
    "otel_testkit.ci.change.url": "https://github.com/acme/shop/pull/212",
    "cicd.pipeline.name": "CI",
    "cicd.pipeline.run.url.full": "https://github.com/acme/shop/actions/runs/1",
    "cicd.pipeline.task.name": "integration",
    "vcs.change.id": "212",
    "vcs.ref.base.name": "main",
    "vcs.ref.head.name": "refund-flow",
    "vcs.ref.head.revision": "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d",
    "vcs.repository.url.full": "https://github.com/acme/shop",
    "vcs.provider.name": "github",
}


def trace(number):
    return f"{number:032x}"


def throttled(run, names):
    """
    Record tests that fail for the same cause.
    """
    for number, name in enumerate(names):
        test = run.test(name, 0.0, 1.0, "failed", trace_id=trace(number + 1))
        run.call(
            *("POST", LAMBDA, 429, 0.1, 0.2 + number / 10, test),
            body='{"message": "Rate Exceeded."}',
        )


def page_of(run):
    return Path(write_report(run.write()).report).read_text(encoding="utf-8")


def text_of(page):
    """
    Give what is to be read where neither script nor style is.
    """
    body = re.sub(r"<(style|script|template)\b.*?</\1>", "", page, flags=re.DOTALL)
    body = re.sub(r"</(td|th|dt)>", " ", body)
    body = html.unescape(re.sub(r"<[^>]*>", "", body))

    return " ".join(body.split())


def overview_of(run):
    overview = Overview()
    for part in load_parts(run.write()):
        overview.add_run(part)
    return overview


class TestVerdict:
    @pytest.mark.parametrize(
        ("outcomes", "verdict"),
        [
            ((), "No test was recorded"),
            (("passed",), "1 test passed, none failed"),
            (("passed", "passed", "skipped"), "2 tests passed, none failed"),
            (("skipped",), "1 test skipped"),
            (("failed",), "1 of 1 test failed"),
            (("failed", "error", "passed"), "2 of 3 tests failed"),
            (("passed", "failed passed"), "No test failed, 1 is flaky"),
            (("failed", "failed passed"), "1 of 2 tests failed, 1 is flaky"),
        ],
    )
    def test_words(self, run_folder, outcomes, verdict):
        """
        The page begins with how the run ended, in words.
        """
        number = 0
        for place, ends in enumerate(outcomes):
            for end in ends.split():
                number += 1
                run_folder.test(
                    f"t{place}", number, number + 0.5, end, trace_id=trace(number)
                )

        assert f"<h1>{verdict}</h1>" in page_of(run_folder)

    @pytest.mark.parametrize(
        ("seconds", "told"), [(0.25, "250 ms"), (59.0, "59.0 s"), (3_725, "62 min 5 s")]
    )
    def test_duration(self, run_folder, seconds, told):
        """
        How long the run took is told in units that people count in.
        """
        run_folder.test("t", 0.0, seconds)

        assert f"06:43 UTC · took {told} Branch" in text_of(page_of(run_folder))

    def test_counters(self, run_folder):
        """
        Each outcome is counted; what belongs to no test has a counter if there is any.
        """
        throttled(run_folder, ["a", "b"])
        run_folder.test("c", trace_id=trace(9))
        page = text_of(page_of(run_folder))
        assert COUNTED in page
        assert "Outside" not in page

        run_folder.span("shop", 0.0, 1.0, trace_id=trace(10))
        page = text_of(page_of(run_folder))
        assert f"{COUNTED} 1 ○ Outside" in page


class TestList:
    def test_rows(self, run_folder):
        """
        A test that failed is told with its attempts, its duration and its cause.
        """
        throttled(run_folder, ["tests/test_a.py::test_b"])
        page = text_of(page_of(run_folder))

        assert re.search(
            r"Failed ✗ tests/test_a.py::test_b 1.0 s rate limited .*429", page
        )

    @pytest.mark.parametrize(
        ("said", "told"),
        [
            ("\n\n  assert 1 == 2\n + where", "AssertionError: assert 1 == 2"),
            ("1" * 999, f"AssertionError: {'1' * 283}…"),
            ("", "AssertionError"),
            (None, ""),
        ],
    )
    def test_without_cause(self, run_folder, said, told):
        """
        Where no cause is known the first line of the error is there.
        """
        errors = [] if said is None else [exception("AssertionError", said)]
        run_folder.test("a_test", 0.0, 1.0, "failed", exceptions=errors)
        page = page_of(run_folder)
        (row,) = re.findall(r'<li class="row failed".*?</li>', page, re.DOTALL)

        assert f"✗ a_test 1.0 s {told}".strip() == text_of(row)

    def test_open(self, run_folder):
        """
        A test that never ended took at least as long as it was seen.
        """
        test = run_folder.test("a_test", 0.0, None, "open")
        run_folder.call("GET", "http://api/", 200, 1.0, 2.5, test)

        assert "✗ a_test ≥ 2.5 s never ended" in text_of(page_of(run_folder))

    def test_clusters(self, run_folder):
        """
        Tests that failed for one cause stand under it, the others after them.
        """
        run_folder.test("tests/alone", 0.0, 1.0, "failed", trace_id=trace(99))
        throttled(run_folder, ["tests/a", "tests/b"])
        page = page_of(run_folder)

        (cluster,) = re.findall(r'<div class="cluster">(.*?)</div>', page, re.DOTALL)
        assert "rate limited: POST lambda /functions/{}/invocations 2 tests" in (
            text_of(cluster)
        )
        assert "tests/a" in cluster
        assert "tests/b" in cluster
        assert "tests/alone" not in cluster
        assert page.index("tests/alone") > page.index("tests/b")

    def test_clusters_without_a_cause(self, run_folder):
        """
        Where no cause is known tests stand together by all that was raised, not by its
        type alone, and after those with a cause, however many they are.
        """
        for number, said in enumerate(("1 == 2", "1 == 2", "1 == 2", "3 == 4", "", "")):
            raised = exception("AssertionError", said, line=5)
            run_folder.test(
                *(f"tests/raised{number}", 50.0 + number, 51.0 + number, "failed"),
                trace_id=trace(90 + number),
                exceptions=[raised],
            )
        throttled(run_folder, ["tests/a", "tests/b"])
        page = page_of(run_folder)

        heads = re.findall(r"<h3>(.*?) <span>(.*?)</span></h3>", page)
        assert [
            ("rate limited: POST lambda /functions/{}/invocations", "2 tests"),
            ("AssertionError: 1 == 2", "3 tests"),
        ] == heads

    def test_large_clusters(self, run_folder):
        """
        What many tests share is told by some of them, so that others are seen, too.
        """
        throttled(run_folder, [f"tests/t{number:02}" for number in range(13)])
        run_folder.test("tests/alone", 0.0, 1.0, "failed", trace_id=trace(99))
        page = page_of(run_folder)

        before, _, after = page.partition("<summary>3 more</summary>")
        assert "tests/t09" in before
        assert "tests/t10" not in before
        assert after.index("tests/t12") < after.index("</details>")
        assert after.index("tests/alone") > after.index("</details>")

    def test_others_are_folded(self, run_folder):
        """
        Of tests that passed, there is their number and the slowest one.
        """
        run_folder.test("quick", 0.0, 0.5, trace_id=trace(1))
        run_folder.test("slow", 0.0, 2.5, trace_id=trace(2))

        assert "2 passed slowest: slow, 2.5 s" in text_of(page_of(run_folder))

    def test_hostile_names(self, run_folder):
        """
        Names and causes are text, whatever they hold, and turn nothing around.
        """
        name = '<script>alert(1)</script>"\N{RIGHT-TO-LEFT OVERRIDE}x'
        throttled(run_folder, [name, name + "2"])
        run_folder.header["command"] = name
        page = page_of(run_folder)

        assert "<script>alert" not in page
        assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in page
        assert 'alert(1)</script>"\\u202ex' in text_of(page)


class TestHistory:
    @pytest.fixture
    def runs(self, run_folder, tmp_path):
        """
        Record runs of one test, by outcomes; gives their folders.
        """

        def runs(*all_outcomes):
            folders = []
            for number, outcomes in enumerate(all_outcomes, start=1):
                path = (
                    tmp_path / "store" / "runs" / f"2026-01-{number:02}T00-00-00-0000"
                )
                run = type(run_folder)(path)
                for attempt, outcome in enumerate(outcomes.split()):
                    at = 100.0 * number + attempt
                    run.test("t", at, at + 0.5, outcome, trace_id=trace(int(at)))
                folders.append(run.write())
            return folders

        return runs

    def test_earlier_runs(self, runs):
        """
        Each run of a store has a mark, the last one last, and they are counted.
        """
        *_, last = runs("passed", "failed passed", "passed", "failed")
        page = text_of(Path(write_report(last).report).read_text(encoding="utf-8"))

        assert "✓≈✓✗ 4 runs, 1 failed, 1 flaky" in page

    def test_later_runs(self, runs):
        """
        What came after the run that is told of is none of its history.
        """
        _, second, _ = runs("passed", "failed", "failed")
        page = text_of(Path(write_report(second).report).read_text(encoding="utf-8"))

        assert "✓✗ 2 runs, 1 failed" in page

    def test_of_passing_tests(self, runs):
        """
        Of a test that passed but failed before, it is there for the page's program.
        """
        *_, last = runs("failed", "passed")
        page = Path(write_report(last).report).read_text(encoding="utf-8")
        (told,) = re.findall(r'<template id="trends">(.*?)</template>', page)

        assert {"0": ["✗✓", "2 runs, 1 failed"]} == json.loads(html.unescape(told))

    def test_on_the_page_of_a_test(self, runs):
        """
        The page of a test that failed ends with its history, in marks and words.
        """
        *_, last = runs("passed", "failed passed", "passed", "failed")
        (path,) = write_report(last).failures.values()
        *_, history = Path(path).read_text("utf-8").rpartition("<h3>History</h3>")

        told = text_of(history.partition("</article>")[0])
        assert "✓≈✓✗ 4 runs, 1 failed, 1 flaky This run last." == told.strip()

    def test_long(self, runs):
        """
        Of many runs the latest have a mark, and all are counted.
        """
        *_, last = runs(*["passed"] * 3, *["failed"] * 20)
        page = text_of(Path(write_report(last).report).read_text(encoding="utf-8"))

        assert f"{'✗' * 20} 23 runs, 20 failed The latest 20 as marks" in page

    def test_only_run(self, runs):
        """
        A run that is alone has no history, and makes no index of it.
        """
        (only,) = runs("failed")
        page = Path(write_report(only).report).read_text(encoding="utf-8")

        assert "1 runs" not in page
        assert "<h3>History" not in page
        assert ["runs"] == os.listdir(Path(only).parents[1])

    def test_no_store(self, runs, tmp_path):
        """
        A folder that lies elsewhere has no history.
        """
        _, last = runs("passed", "failed")
        shutil.copytree(last, tmp_path / "taken" / "along")
        written = write_report(str(tmp_path / "taken" / "along"))

        page = Path(written.report).read_text(encoding="utf-8")
        assert "2 runs" not in page
        assert ["along"] == os.listdir(tmp_path / "taken")


class TestOrigin:
    def test_facts(self, run_folder):
        """
        The change, the commit, the job and the person are there, with their pages.
        """
        run_folder.resource |= FROM_GITHUB
        facts = {
            fact.word: (fact.text, fact.url) for fact in overview_of(run_folder).facts
        }

        shop = "https://github.com/acme/shop"
        revision = FROM_GITHUB["vcs.ref.head.revision"]
        assert {
            "Change": ("#212 into main", f"{shop}/pull/212"),
            "Branch": ("refund-flow", ""),
            "Commit": (revision[:10], f"{shop}/commit/{revision}"),
            "Pipeline": ("CI #77", f"{shop}/actions/runs/1"),
            "Job": ("integration", ""),
            "Started by": ("mona", "https://github.com/mona"),
            "Repository": ("github.com/acme/shop", shop),
        } == facts

    @pytest.mark.parametrize(
        ("forge", "actor", "page"),
        [
            ("gitlab", "mona", "https://git.test/mona"),
            ("github", "renovate[bot]", "https://git.test/apps/renovate"),
            ("github", "Mona Lisa", ""),
            ("github", "../login?as=mona", ""),
            ("bitbucket", "mona", ""),
        ],
    )
    def test_person(self, run_folder, forge, actor, page):
        """
        A person has a page where the forge is known to have one by that name.
        """
        run_folder.resource |= {
            "otel_testkit.ci.actor": actor,
            "vcs.provider.name": forge,
            "vcs.repository.url.full": "https://git.test/acme/shop",
        }
        (fact,) = (
            one for one in overview_of(run_folder).facts if one.word == "Started by"
        )

        assert (actor, page) == (fact.text, fact.url)

    def test_no_other_links(self, run_folder):
        """
        An address that does not lead into the web is no link.
        """
        run_folder.resource |= {
            "vcs.change.id": "17",
            "otel_testkit.ci.change.url": "javascript:alert(1)",
        }
        page = page_of(run_folder)

        assert "#17" in text_of(page)
        assert "javascript:" not in page

    def test_other_tags(self, run_folder):
        """
        All other tags of the run are there, too.
        """
        run_folder.resource["team"] = "insights"

        assert "team insights" in text_of(page_of(run_folder))


class TestCalls:
    def test_failing(self, run_folder):
        """
        What failed is counted by name and answer, and in how many tests.
        """
        throttled(run_folder, ["a", "b"])
        run_folder.call("POST", LAMBDA, None, 0.5, 0.6, f"{3:016x}", status=2)
        page = text_of(page_of(run_folder))

        name = "POST lambda /functions/{}/invocations"
        assert f"Call Answer Calls Tests {name} 429 2 2 {name} none 1 1" in page

    def test_endpoints(self, run_folder):
        """
        Endpoints are told with the median and the longest duration of their calls.
        """
        test = run_folder.test("t", 0.0, 9.0)
        for took in (0.1, 0.2, 3.0):
            run_folder.call("GET", "http://api/orders/1", 200, 0.0, took, test)
        run_folder.call("GET", "http://api/health", 500, 0.0, 0.05, test)
        page = text_of(page_of(run_folder))

        assert (
            "Call Calls Failing Median Longest"
            " GET api /orders/{} 3 0 200 ms 3.0 s GET api /health 1 1 50 ms 50 ms"
        ) in page

    def test_median_of_many(self, run_folder):
        """
        The median of very many calls is that of evenly chosen ones, and near.
        """
        test = run_folder.test("t", 0.0, 9.0)
        run_folder.call("GET", "http://api/", 200, 0.0, 0.1, test)
        (run,) = load_parts(run_folder.write())
        (call,) = run.cases[0].attempts[0].calls
        endpoint = Endpoint("GET api /")
        for number in range(10_000):
            object.__setattr__(call, "last_seen", call.start + number % 1_000)
            endpoint.add(call)

        assert endpoint.is_sampled
        assert 10_000 == endpoint.count
        assert 999 == endpoint.longest
        assert 400 < endpoint.median < 600
        assert len(endpoint._durations) <= 256

    def test_many_names(self, run_folder, monkeypatch):
        """
        Beyond so many names calls are only counted.
        """
        monkeypatch.setattr("otel_testkit.report.html.calls._MOST_NAMES", 2)
        test = run_folder.test("t", 0.0, 9.0)
        for name in ("one", "two", "three", "four"):
            run_folder.call("GET", f"http://api/{name}", 200, 0.0, 0.1, test)
        page = text_of(page_of(run_folder))

        assert "GET api /two" in page
        assert "GET api /three" not in page
        assert "2 calls of further names are not counted here" in page

    def test_services(self, run_folder):
        """
        Services are those that were called and those that recorded spans of their own.
        """
        test = run_folder.test("t", 0.0, 9.0)
        call = run_folder.call("GET", "http://api/a", 500, 0.0, 0.5, test)
        run_folder.resource = {"service.name": "billing"}
        run_folder.span("handle", 0.1, 0.2, call, kind=2)
        run_folder.span("charge", 0.1, 0.2, call)
        page = text_of(page_of(run_folder))

        assert "Service Calls Failing Own spans api 1 1 none billing 0 0 2" in page


class TestGaps:
    def test_none(self, failing_run):
        """
        Where nothing is missing, nothing is said.
        """
        assert 'class="gaps"' not in page_of(failing_run)

    def test_spans(self, run_folder):
        """
        Spans without an end and without a parent are counted, with the first test.
        """
        test = run_folder.test("t", 0.0, 2.0)
        run_folder.call("GET", "http://api/hangs", None, 0.5, None, test)
        run_folder.call("GET", "http://api/lost", 200, 0.5, 0.6, "f" * 16)
        page = text_of(page_of(run_folder))

        assert "1 span never ended: killed, or still running; first in t" in page
        assert "1 span came without the one above it; first in t" in page

    def test_left_out(self, run_folder):
        """
        What was beyond the limits of a test is counted over all tests.
        """
        for number in (1, 2):
            run_folder.test(
                f"t{number}",
                trace_id=trace(number),
                **{
                    "otel_testkit.calls.left_out": 700,
                    "otel_testkit.bodies.left_out": 1,
                },
            )
        page = text_of(page_of(run_folder))

        assert (
            "1,400 calls, 2 bodies beyond a test's limit, not recorded; first in t1"
        ) in page

    def test_damaged_lines(self, run_folder):
        """
        Lines that can't be read are counted.
        """
        run_folder.test("t")
        run_folder.traces += ["{", "nothing"]

        assert "2 lines could not be read" in text_of(page_of(run_folder))

    @pytest.mark.parametrize(
        ("began", "service", "is_told"),
        [
            (0.49, "billing", True),
            (1.6, "billing", True),
            (0.499, "billing", False),
            (0.7, "billing", False),
            (0.4, "tests", False),
        ],
    )
    def test_clocks(self, run_folder, began, service, is_told):
        """
        A service that answers before it is asked, or after, has another clock.
        """
        test = run_folder.test("t", 0.0, 3.0)
        call = run_folder.call("GET", "http://billing/", 200, 0.5, 1.5, test)
        run_folder.resource = {"service.name": service}
        run_folder.span("handle", began, began + 0.2, call, kind=2)
        page = text_of(page_of(run_folder))

        told = re.search(
            r"1 span outside of the call to its service, by up to \d+", page
        )
        assert is_told == (told is not None)


def test_parts(failing_run):
    """
    A run that is read in parts is one run: added up, from its first to its last moment.
    """
    path = failing_run.write()
    overview = Overview()
    for run in (*load_parts(path), *load_parts(path)):
        overview.add_run(run)

    assert "22 November 2026, 06:43 UTC" == overview.when
    assert 9.4 == pytest.approx((overview.end - overview.start) / 1e9)


def test_page_of_one_test(run_folder):
    """
    The page of a single test leads to the whole run, and lists nothing.
    """
    throttled(run_folder, ["a", "b"])
    page = Path(write_report(run_folder.write()).failures["", "a"]).read_text("utf-8")

    assert '<a class="home" href="../report.html">← The whole run</a>' in page
    assert "2 of 2 tests failed · 22 November 2026, 06:43 UTC" in text_of(page)
    assert 'id="filters"' not in page
