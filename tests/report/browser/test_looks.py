"""
A report can be read by all, on any window, in light and dark, and on paper.
"""

from __future__ import annotations

import pytest

from .browsers import axe
from .reports import CREATED, REINDEXED


# What axe-core finds grave in a part of the page, by some rules or by all.
_AUDIT = """
async ([part, rules]) => {
  const only = rules ? { runOnly: rules } : {};
  const found = await axe.run(part, { resultTypes: ["violations"], ...only });
  return found.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => [id, nodes.slice(0, 5).map(({ html, failureSummary }) =>
      `${html.slice(0, 200)} ${failureSummary}`)]);
}
"""
_WIDTHS = "[document.scrollingElement.scrollWidth, innerWidth]"
# Nothing else depends on it.
_OF_COLOR = ["color-contrast"]
SCHEMES = pytest.mark.parametrize(
    ("color_scheme", "rules"), [("light", None), ("dark", _OF_COLOR)]
)


class TestAccess:
    @SCHEMES
    def test_run(self, open_report, insights, color_scheme, rules):
        """
        axe-core has nothing grave to say of a run, nor of the list of keys.
        """
        page = open_report(insights.file, color_scheme=color_scheme)
        page.evaluate(axe())
        found = page.evaluate(_AUDIT, ["body", rules])
        page.keyboard.press("?")
        page.get_by_role("dialog").wait_for()

        assert [] == found + page.evaluate(_AUDIT, ["dialog", rules])

    @SCHEMES
    def test_failed_test(self, open_report, insights, color_scheme, rules):
        """
        Nor has it of a test: with its timeline, a call, and each tab of it.
        """
        page = open_report(insights.failures[CREATED], color_scheme=color_scheme)
        page.get_by_role("treeitem").filter(has_text="POST").last.click()
        page.evaluate(axe())
        found = page.evaluate(_AUDIT, ["body", rules])
        for tab in page.locator("section.detail").get_by_role("tab").all():
            tab.click()
            found += page.evaluate(_AUDIT, ["section.detail", rules])

        assert [] == found

    def test_flaky_test(self, open_report, insights):
        """
        Nor of one with attempts to choose from.
        """
        page = open_report(insights.failures[REINDEXED])
        page.get_by_role("tablist", name="Attempts").wait_for()
        page.evaluate(axe())

        assert [] == page.evaluate(_AUDIT, ["body", None])


class TestWidth:
    @pytest.mark.parametrize("width", [390, 1280])
    def test_fits(self, open_report, insights, width):
        """
        Nothing stands beyond the window's edge, on a telephone and on a desk.
        """
        page = open_report(insights.file, width=width)
        widths = [page.evaluate(_WIDTHS)]
        for place in range(len(insights.failures)):
            page.evaluate(f"location.hash = '#case-{place}'")
            rows = page.get_by_role("treeitem")
            rows.first.wait_for()
            for row in rows.all()[:6]:
                row.click()
                widths.append(page.evaluate(_WIDTHS))

        assert [given for _, given in widths] == [needed for needed, _ in widths]


class TestPaper:
    def test_what_is_printed(self, open_report, insights):
        """
        On paper there is the story of a test, and nothing to press.
        """
        page = open_report(insights.failures[CREATED])
        page.emulate_media(media="print")

        assert [] == [
            one.inner_text()
            for one in page.locator("button, input, [role=tab]").all()
            if one.is_visible()
        ]
        assert page.get_by_role("heading", name="What failed").is_visible()
        assert page.pdf().startswith(b"%PDF")
