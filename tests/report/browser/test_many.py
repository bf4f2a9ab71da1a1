"""
A report holds many tests, and tests many spans, without drawing them all.
"""

from __future__ import annotations

import pytest

from .browsers import CHROMIUM, FIREFOX, expect
from .reports import Report, deep_report, large_report


# No page of ours needs more elements than that, however large what it shows is.
MOST_ELEMENTS = 20_000
_ELEMENTS = "document.querySelectorAll('*').length"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """
    A run of 1,000 tests, of which 10 failed.
    """
    return large_report(tmp_path_factory.mktemp("large"))


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """
    A run with one failed test of 50,000 spans.
    """
    return deep_report(tmp_path_factory.mktemp("deep"))


class TestManyTests:
    def test_list(self, open_report, large):
        """
        Of 1,000 tests those that failed are there at once, all others by unfolding.
        """
        page = open_report(large.file)
        rows = page.locator("#run .row:visible")
        expect(rows).to_have_count(10)
        page.locator("#run summary", has_text="990 passed").click()
        page.get_by_role("button", name="490 are left").click()

        expect(rows).to_have_count(1000)
        assert page.evaluate(_ELEMENTS) < MOST_ELEMENTS

    def test_search(self, open_report, large):
        """
        Any of them is found and opened.
        """
        page = open_report(large.file)
        page.get_by_role("searchbox", name="Search tests").fill("test_0777")
        expect(page.locator("#run .row:visible")).to_have_count(1)
        page.locator("#run .row:visible a").click()

        expect(page.get_by_role("treeitem").last).to_contain_text("/777")


class TestManySpans:
    @pytest.mark.parametrize("browser_name", [CHROMIUM, FIREFOX])
    def test_scrolls(self, open_report, deep):
        """
        A test of 50,000 spans opens where it failed, and scrolls from end to end.
        """
        (file,) = deep.failures.values()
        page = open_report(file)
        rows = page.get_by_role("treeitem")
        expect(rows.filter(has_text="500").first).to_be_attached()
        page.get_by_role("button", name="Show all of it").click()
        rows.last.focus()
        page.keyboard.press("Home")
        expect(rows.first).to_be_focused()
        page.keyboard.press("ArrowDown")
        expect(rows.filter(has_text="step 0").first).to_be_focused()
        page.keyboard.press("End")
        expect(rows.last).to_be_focused()

        expect(rows.last).to_contain_text("/last")
        assert page.evaluate(_ELEMENTS) < MOST_ELEMENTS

    def test_finds(self, open_report, deep):
        """
        What the browser can't find in it the page finds itself.
        """
        (file,) = deep.failures.values()
        page = open_report(file)
        page.get_by_role("button", name="Show all of it").click()
        page.get_by_role("searchbox", name="Find in the timeline").fill("work 23456")

        expect(page.get_by_role("treeitem").last).to_contain_text("work 23456")
