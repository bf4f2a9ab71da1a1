"""
The page of a test is gone through: its story, its address, its attempts, its logs.
"""

from __future__ import annotations

import pytest

from .browsers import CHROMIUM, FIREFOX, expect
from .parts import INVOKED, chosen, tab
from .reports import CREATED, REINDEXED


BOTH = pytest.mark.parametrize("browser_name", [CHROMIUM, FIREFOX])


class TestStory:
    def test_order(self, open_report, insights):
        """
        First it is told what failed, why, what was before, and what differs.
        """
        page = open_report(insights.failures[CREATED])

        titles = page.locator(".story h3").all_inner_texts()
        assert titles[:2] == ["What failed", "Cause"]
        assert {"What happened before", "What differs"} == set(titles[2:4])
        shown = page.locator(".story").inner_text()
        for told in (
            "assert 429 == 200",
            "tests/test_insights.py:57",
            "Rate limited",
            "certain",
            "404 \u00d76",
        ):
            assert told in shown

    def test_history(self, open_report, insights):
        """
        After all that was recorded it is told how earlier runs ended.
        """
        page = open_report(insights.failures[CREATED])
        page.locator(".recorded").wait_for()

        last = page.locator("article > :last-child")
        expect(last.get_by_role("heading")).to_have_text("History")
        expect(last).to_contain_text("2 runs, 1 failed")

    def test_evidence(self, open_report, insights):
        """
        What a cause rests on is selected in the timeline by a click on it.
        """
        page = open_report(insights.failures[CREATED])
        page.locator(".evidence a", has_text="404").click()

        expect(chosen(page)).to_contain_text("/insights")
        expect(page.locator("section.detail")).to_contain_text("no such insight")

    def test_back_to_run(self, open_report, insights):
        """
        The page of a single test leads to the report of the run.
        """
        page = open_report(insights.failures[CREATED])
        link = page.get_by_role("link", name="whole run")

        assert link.evaluate("(one) => one.href").startswith(insights.file.as_uri())


class TestAddress:
    @BOTH
    def test_deep_link(self, open_report, insights):
        """
        An address leads to a test, a call of it, and a tab of that.
        """
        place = f"#case-0&attempt=1&span={INVOKED}&tab=response"
        page = open_report(insights.file, place)

        expect(chosen(page)).to_contain_text("429")
        expect(tab(page, "Response")).to_have_attribute("aria-selected", "true")
        expect(page.get_by_role("region", name="Response body")).to_contain_text(
            "CallerRateLimitExceeded"
        )

    def test_follows(self, open_report, insights):
        """
        The address tells what is looked at, so that it can be sent to somebody.
        """
        page = open_report(insights.file, "#case-0")
        page.get_by_role("treeitem", name="signup").first.click()
        tab(page, "Timing").click()
        sent = page.url
        page.goto("about:blank")
        page.goto(sent)

        expect(chosen(page)).to_contain_text("signup")
        expect(tab(page, "Timing")).to_have_attribute("aria-selected", "true")

    @pytest.mark.parametrize(
        "place",
        [
            "#case-999",
            "#case-0&attempt=77&span=77&tab=77",
            "#case-0&span=%E0%A4%A&x",
            "#é",
        ],
    )
    def test_nowhere(self, open_report, insights, place):
        """
        An address that leads nowhere leads to what there is.
        """
        page = open_report(insights.file, place)

        assert (
            page.get_by_role("heading", level=1)
            .or_(page.get_by_role("heading", name=CREATED))
            .first.is_visible()
        )

    @pytest.mark.parametrize("last", ["case-0&attempt=1&span=" + INVOKED, "case-1"])
    def test_hurry(self, open_report, insights, last):
        """
        Whoever goes on before a test is there finds, once, what was asked for last.
        """
        page = open_report(insights.file)
        page.evaluate(
            """async (last) => {
              for (const place of ["case-0&attempt=1&span=1&tab=raw", last, last]) {
                location.hash = `#${place}`;
                await new Promise((done) => setTimeout(done));
              }
            }""",
            last,
        )
        expect(chosen(page)).to_contain_text("429")

        assert page.url.endswith(last)
        assert 1 == page.locator("section.timeline:visible").count()


class TestAttempts:
    def test_flaky(self, open_report, insights):
        """
        The failing attempt of a flaky test is shown first, the other one on request.
        """
        page = open_report(insights.failures[REINDEXED])
        attempts = page.get_by_role("tablist", name="Attempts").get_by_role("tab")
        expect(attempts).to_have_count(2)
        expect(page.locator(".story")).to_be_visible()
        expect(page.get_by_role("treeitem").last).to_contain_text("503")
        attempts.last.click()

        expect(page.locator(".story")).to_be_hidden()
        expect(page.get_by_role("treeitem").last).to_contain_text("200")
        assert "attempt=2" in page.url

    def test_beside(self, open_report, insights):
        """
        A failing attempt is laid beside a passing one of an earlier run, and a place
        of it is looked into.
        """
        page = open_report(insights.failures[CREATED])
        table = page.locator("section.compared table").first
        row = table.get_by_role("row").filter(has_text="invocations")
        expect(row).to_contain_text("200")
        expect(row).to_contain_text("429")
        row.get_by_role("button").first.click()

        expect(table).to_contain_text("CallerRateLimitExceeded")


class TestLogs:
    def test_filter(self, open_report, insights):
        """
        Logs are found by level and by words, and lead to the call that they belong to.
        """
        page = open_report(insights.failures[CREATED])
        lines = page.locator("section.logs li")
        expect(lines).to_have_count(2)
        page.get_by_label("Level").select_option("warnings and errors")
        expect(lines).to_have_count(1)
        lines.get_by_role("button").first.click()

        expect(chosen(page)).to_contain_text("429")
