"""
What the timeline shows first, and keeps in focus.
"""

from __future__ import annotations

from .browsers import expect
from .reports import CREATED


class TestSuspect:
    def test_suggested(self, open_report, insights):
        """
        What is most likely to blame is selected, and the address says nothing of it.
        """
        page = open_report(insights.failures[CREATED])

        chosen = page.locator("[role=treeitem][aria-selected=true]:visible")
        expect(chosen).to_contain_text("429")
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
