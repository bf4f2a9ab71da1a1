"""
The page of a test is gone through: its story, its timeline, its calls.
"""

from __future__ import annotations

import pytest

from .browsers import CHROMIUM, FIREFOX, expect
from .reports import BIG, BULKY, CREATED, LISTED, REINDEXED


BOTH = pytest.mark.parametrize("browser_name", [CHROMIUM, FIREFOX])
# The invocation that is answered with 429, of the first test.
INVOKED = f"{5:016x}"
# A browser that tells what it was asked to copy.
NOTING = """
if (navigator.clipboard) navigator.clipboard.writeText = (text) => {
  window.copied = text;
  return Promise.resolve();
};
"""
# One that keeps its clipboard to itself, and tells what was selected.
REFUSING = """
if (navigator.clipboard) navigator.clipboard.writeText = () => Promise.reject(Error("no"));
document.addEventListener("copy", () => {
  const { value } = document.activeElement;
  window.copied = value ?? String(getSelection());
});
"""


def chosen(page):
    """
    The row of the timeline that is selected.
    """
    return page.locator("[role=treeitem][aria-selected=true]:visible")


def tab(page, name):
    """
    A tab of the call that is shown.
    """
    return page.locator("section.detail:visible").get_by_role("tab", name=name)


def copy(page, name):
    """
    Copy the call that is shown, and give what was copied.
    """
    page.locator("section.detail summary", has_text="Copy").click()
    page.get_by_role("button", name=name).click()

    return page.wait_for_function("window.copied").json_value()


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


class TestTimeline:
    @BOTH
    def test_keys(self, open_report, insights):
        """
        Arrows go through the tree and fold it, Enter shows a call.
        """
        page = open_report(insights.failures[CREATED])
        rows = page.get_by_role("treeitem")
        rows.first.click()
        whole = rows.count()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowLeft")
        expect(rows).not_to_have_count(whole)
        page.keyboard.press("ArrowRight")
        expect(rows).to_have_count(whole)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")

        expect(chosen(page)).to_contain_text("signup")
        assert "201" in page.locator("section.detail h4").inner_text()

    def test_errors(self, open_report, insights):
        """
        A key goes from error to error, in both directions.
        """
        page = open_report(insights.failures[BULKY])
        found = []
        for key in "eeeE":
            page.keyboard.press(key)
            found.append(page.locator("section.detail h4").inner_text())

        assert found[0] == found[2] != found[1] == found[3]

    def test_filters(self, open_report, insights):
        """
        Only what failed, or what the test waited for, is shown on request.
        """
        page = open_report(insights.failures[BULKY])
        rows = page.get_by_role("treeitem")
        page.get_by_role("button", name="Show all of it").click()
        page.get_by_role("button", name="errors 2").click()

        assert {"500"} == {
            status
            for text in rows.all_inner_texts()
            for status in ("500", "201")
            if status in text
        }

    def test_repeated(self, open_report, insights):
        """
        Calls that were repeated are one row until they are unfolded.
        """
        page = open_report(insights.failures[CREATED])
        rows = page.get_by_role("treeitem")
        before = rows.count()
        group = rows.filter(has_text="\u00d76")
        assert "false" == group.get_attribute("aria-expanded")
        group.focus()
        page.keyboard.press("ArrowRight")

        expect(rows).to_have_count(before + 6)

    def test_part(self, open_report, insights):
        """
        A part of the time that is dragged open is shown alone, until all is wanted.
        """
        page = open_report(insights.failures[BULKY])
        rows = page.get_by_role("treeitem")
        page.get_by_role("button", name="show all of it").click()
        whole = rows.count()
        box = page.locator(".minimap").bounding_box()
        middle = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] * 0.7, middle)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.9, middle, steps=5)
        page.mouse.up()
        expect(page.locator("section.timeline").get_by_role("status")).to_contain_text(
            "7.0"
        )
        assert rows.count() < whole
        page.locator(".minimap").dblclick()

        expect(rows).to_have_count(whole)

    def test_lanes(self, open_report, insights):
        """
        Whoever asked whom is drawn, and each question leads to its call.
        """
        page = open_report(insights.failures[CREATED])
        page.get_by_role("option", name="429").click()

        expect(chosen(page)).to_contain_text("429")

    def test_paper(self, open_report, insights):
        """
        For a printer all is unfolded, and folded again afterwards.
        """
        page = open_report(insights.failures[CREATED])
        rows = page.get_by_role("treeitem")
        before = rows.count()
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        printed = rows.count()
        page.evaluate("dispatchEvent(new Event('afterprint'))")

        assert before == rows.count()
        assert before + 6 == printed


class TestCall:
    def test_big_numbers(self, open_report, insights):
        """
        A number is shown as it was sent, however large.
        """
        page = open_report(insights.failures[LISTED])
        tab(page, "Request").click()

        expect(page.locator("section.detail")).to_contain_text(str(BIG))

    @BOTH
    def test_tabs(self, open_report, insights):
        """
        Arrows go through the tabs, and each is shown.
        """
        page = open_report(insights.failures[CREATED])
        page.get_by_role("treeitem").filter(has_text="429").click()
        tab(page, "Request").click()
        seen = []
        for _ in range(tab(page, "").count()):
            focused = page.locator("[role=tab]:focus")
            expect(focused).to_have_attribute("aria-selected", "true")
            seen.append(focused.inner_text().split("\n")[0].rstrip("0123456789"))
            expect(page.locator("section.detail [role=tabpanel]")).not_to_be_empty()
            page.keyboard.press("ArrowRight")

        assert {"Request", "Response", "Timing", "Attributes", "Raw"} <= set(seen)
        assert len(seen) == len(set(seen))

    def test_second_test(self, open_report, insights):
        """
        So do they in a test that was opened after another one.
        """
        page = open_report(insights.file, "#case-0")
        page.keyboard.press("]")
        expect(page.get_by_role("heading", name=LISTED)).to_be_visible()
        tab(page, "Request").click()
        page.keyboard.press("ArrowRight")

        expect(tab(page, "Response")).to_be_focused()

    def test_difference(self, open_report, insights):
        """
        A call is laid beside the one of the passing attempt, down to the field.
        """
        page = open_report(insights.failures[CREATED])
        page.get_by_role("treeitem").filter(has_text="429").click()
        tab(page, "Difference").click()

        shown = page.locator("section.detail [role=tabpanel]")
        for told in ("429", "200", "state", "Reason"):
            expect(shown).to_contain_text(told)


class TestCopy:
    @BOTH
    def test_clipboard(self, open_report, insights):
        """
        A call is copied as a command line, secrets as names of variables.
        """
        page = open_report(insights.failures[LISTED], script=NOTING)
        copied = copy(page, "as cURL")

        assert copied.startswith("curl ")
        assert '"$AUTHORIZATION"' in copied
        assert f'"id":{BIG}' in copied
        assert "it'\\''s" in copied

    @BOTH
    def test_refused(self, open_report, insights):
        """
        Where the clipboard is refused the page copies as pages used to.
        """
        page = open_report(insights.failures[LISTED], script=REFUSING)
        copied = copy(page, "as Python")

        assert "httpx.request(" in copied
        # Where it says so.
        assert page.locator("section.detail details.menu[open]").is_visible()

    def test_hand_over(self, open_report, insights):
        """
        The whole story is copied as Markdown, for an issue or somebody's agent.
        """
        page = open_report(insights.failures[CREATED], script=NOTING)
        page.get_by_role("button", name="Copy for an issue").click()
        copied = page.wait_for_function("window.copied").json_value()

        for told in (CREATED, "assert 429 == 200", "Rate Exceeded"):
            assert told in copied


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
