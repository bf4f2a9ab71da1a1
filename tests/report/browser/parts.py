"""
Parts of the page of a test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING


if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

# The invocation that is answered with 429, of the first test.
INVOKED = f"{5:016x}"


def chosen(page: Page) -> Locator:
    """
    The row of the timeline that is selected.
    """
    return page.locator("[role=treeitem][aria-selected=true]:visible")


def tab(page: Page, name: str) -> Locator:
    """
    A tab of the call that is shown.
    """
    return page.locator("section.detail:visible").get_by_role("tab", name=name)
