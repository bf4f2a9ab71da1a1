"""
The story of a test is followed: by its links, its tabs, and on paper.
"""

from __future__ import annotations

import pytest

from .browsers import CHROMIUM, FIREFOX, expect
from .reports import CREATED, REINDEXED


BOTH = pytest.mark.parametrize("browser_name", [CHROMIUM, FIREFOX])
_TOP = "(part) => part.getBoundingClientRect().top"


@BOTH
def test_a_link_brings_its_call_into_view(open_report, insights):
    """
    What a link of the story leads to is shown where one looks, each time.
    """
    page = open_report(insights.failures[CREATED])
    link = page.locator(".story .evidence a").first
    detail = page.locator("section.detail")
    for _ in range(2):
        link.scroll_into_view_if_needed()
        assert detail.evaluate(_TOP) > 100
        link.click()

        expect(detail).to_be_in_viewport()
        page.wait_for_function(
            "document.querySelector('section.detail').getBoundingClientRect().top < 100"
        )


@BOTH
def test_tabs_by_keys(open_report, insights):
    """
    Arrows go from attempt to attempt and round, the address with them, and back.
    """
    page = open_report(insights.failures[REINDEXED])
    tabs = page.get_by_role("tablist", name="Attempts").get_by_role("tab")
    first, last = tabs.first, tabs.last
    expect(first).to_have_attribute("aria-selected", "true")
    expect(last).to_have_attribute("tabindex", "-1")

    first.focus()
    for key, shown, number in (
        ("ArrowRight", last, 2),
        ("ArrowRight", first, 1),
        ("ArrowLeft", last, 2),
        ("Home", first, 1),
        ("End", last, 2),
    ):
        page.keyboard.press(key)
        expect(shown).to_be_focused()
        expect(shown).to_have_attribute("aria-selected", "true")
        assert f"&attempt={number}" in page.url

    page.go_back()
    expect(first).to_have_attribute("aria-selected", "true")
    panel = page.locator(f"#{first.get_attribute('aria-controls')}")
    expect(panel).to_have_attribute("aria-labelledby", first.get_attribute("id"))


def test_on_paper(open_report, insights):
    """
    On paper all is unfolded, the table of what differs is there, and links are text.
    """
    page = open_report(insights.failures[CREATED])
    table = page.locator(".differences table")
    assert not table.is_visible()

    page.emulate_media(media="print", color_scheme="dark")

    assert table.is_visible()
    assert not page.locator("section.tags").is_visible()
    assert "none" == page.locator(".evidence a").first.evaluate(
        "(link) => getComputedStyle(link).textDecorationLine"
    )
    assert "rgb(255, 255, 255)" == page.locator("body").evaluate(
        "(body) => getComputedStyle(body).backgroundColor"
    )
