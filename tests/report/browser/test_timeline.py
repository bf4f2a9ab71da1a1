"""
The timeline of a test is gone through: by keys, by filters, by time.
"""

from __future__ import annotations

import pytest

from .browsers import CHROMIUM, FIREFOX, expect
from .parts import chosen
from .reports import BULKY, CREATED


BOTH = pytest.mark.parametrize("browser_name", [CHROMIUM, FIREFOX])


class TestSuspect:
    def test_suggested(self, open_report, insights):
        """
        What is most likely to blame is selected, and the address says nothing of it.
        """
        page = open_report(insights.failures[CREATED])

        expect(chosen(page)).to_contain_text("429")
        assert "span=" not in page.url


class TestZoom:
    def test_focus(self, open_report, insights):
        """
        If the row that has the focus leaves, the one above it gets it.
        """
        page = open_report(insights.failures[CREATED])
        rows = page.get_by_role("treeitem")
        rows.last.focus()
        for _ in range(4):
            page.keyboard.press("+")
        for _ in range(8):
            page.keyboard.press("Shift+ArrowLeft")

        expect(page.locator("[role=treeitem]:focus")).to_have_count(1)


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

    def test_beyond_the_limits(self, open_report, insights):
        """
        What is missing is said once, where the calls are.
        """
        page = open_report(insights.failures[BULKY])

        told = page.get_by_text("500 calls beyond the limit").filter(visible=True)
        expect(told).to_have_count(1)
        expect(page.locator("section.timeline")).to_contain_text("not recorded")

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
