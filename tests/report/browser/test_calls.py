"""
A call is looked into: tab by tab, beside the one that passed, and copied.
"""

from __future__ import annotations

import pytest

from .browsers import CHROMIUM, FIREFOX, expect
from .parts import INVOKED, tab
from .reports import BIG, CREATED, LISTED


BOTH = pytest.mark.parametrize("browser_name", [CHROMIUM, FIREFOX])
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


def copy(page, name):
    """
    Copy the call that is shown, and give what was copied.
    """
    page.locator("section.detail summary", has_text="Copy").click()
    page.get_by_role("button", name=name).click()

    return page.wait_for_function("window.copied").json_value()


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
        place = f"#case-0&attempt=1&span={INVOKED}&tab=request"
        page = open_report(insights.failures[CREATED], place)
        expect(tab(page, "Request")).to_have_attribute("aria-selected", "true")
        tab(page, "Request").focus()
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
