"""
The page of a run is gone through: by outcome, by words, by keys.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from .browsers import CHROMIUM, FIREFOX, expect
from .reports import BULKY, CREATED, LISTED, REINDEXED, new_run, report_of


BOTH = pytest.mark.parametrize("browser_name", [CHROMIUM, FIREFOX])
HANGING = "tests/test_orders.py::test_that_hangs"
FAILED = [CREATED, LISTED, BULKY, HANGING]


def listed(page):
    """
    Give the names of the tests that are to be seen.
    """
    return page.locator("#run .row:visible > a").all_inner_texts()


class TestOrder:
    def test_what_failed(self, open_report, insights):
        """
        Tests that failed come first, those of one cause together, then flaky ones.
        """
        page = open_report(insights.file)

        assert [*FAILED, REINDEXED] == listed(page)
        assert 2 == page.locator("#run .cluster .row").count()

    def test_others(self, open_report, insights):
        """
        Tests that passed are there once they are unfolded.
        """
        page = open_report(insights.file)
        page.locator("#run summary", has_text="2 passed").click()

        expect(page.get_by_role("link", name="test_order_1").first).to_be_visible()


class TestSearch:
    @BOTH
    def test_words(self, open_report, insights):
        """
        All words must be true of a test: of its name, cause, calls, outcome and tags.
        """
        page = open_report(insights.file)
        box = page.get_by_role("searchbox", name="Search tests")

        for words, found in (
            ("rate limited", [CREATED, LISTED]),
            ("RATE !poll insight_is", [CREATED]),
            ("s:flaky", [REINDEXED]),
            ('s:failed "POST shop"', [BULKY]),
            ("test_order_1", ["tests/test_orders.py::test_order_1"]),
            ("@vcs.change.id=17 s:failed !@nothing", FAILED),
            ("no such test", []),
        ):
            box.fill(words)
            expect(page.locator("#run .row:visible > a")).to_have_text(found)

    def test_nothing_found(self, open_report, insights):
        """
        Where nothing is found the page says so.
        """
        page = open_report(insights.file, "#?q=nowhere")

        expect(page.get_by_role("status").first).to_have_text("No test is like this")

    def test_outside(self, open_report, tmp_path):
        """
        What is outside of all tests is no test, and is unfolded where there are none.
        """
        run = new_run(tmp_path)
        run.call("GET", "http://shop/cart", 500, 0, 1, None)
        page = open_report(report_of(Path(run.write())).file)
        expect(page.locator("#run .row:visible")).to_have_count(1)

        run.test("tests/test_cart.py::test_cart", 1, 2, trace_id="b" * 32)
        page = open_report(report_of(Path(run.write())).file)
        expect(page.locator("#run .row:visible")).to_have_count(0)
        page.get_by_role("searchbox").first.fill("!s:failed")
        expect(page.locator("search output")).to_have_text("1 of 1 test, 1 outside")

    def test_address(self, open_report, insights):
        """
        What is searched for is in the address, and comes back with it.
        """
        page = open_report(insights.file)
        page.get_by_role("searchbox", name="Search tests").fill("s:failed 500")
        page.reload()
        page.locator("body.alive").wait_for()

        assert [BULKY] == listed(page)
        assert "s:failed 500" == page.get_by_role("searchbox").first.input_value()

    @pytest.mark.parametrize(
        ("key", "found"), [("f", FAILED), ("l", [REINDEXED]), ("a", None)]
    )
    def test_counters(self, open_report, insights, key, found):
        """
        The counters show their tests alone, by hand and by key.
        """
        name = {"f": "4 Failed", "l": "1 Flaky", "a": "9 All"}[key]
        page = open_report(insights.file, "#?q=test_")
        found = found or listed(page)
        page.keyboard.press(key)
        expect(page.locator("#run .row:visible > a")).to_have_text(found)
        page.keyboard.press("p")
        expect(page.locator("#run .row:visible > a")).to_have_count(2)
        page.locator("#filters a", has_text=name.split()[1]).click()

        expect(page.locator("#run .row:visible > a")).to_have_text(found)


class TestKeys:
    @BOTH
    def test_journey(self, open_report, insights):
        """
        Without a mouse one finds a test, opens it, goes on to the next and back.
        """
        page = open_report(insights.file)
        page.keyboard.press("/")
        page.keyboard.type("s:failed rate")
        page.keyboard.press("Enter")
        expect(page.locator("#run .row:visible > a")).to_have_count(2)
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name=CREATED)).to_be_visible()
        page.keyboard.press("]")
        expect(page.get_by_role("heading", name=LISTED)).to_be_visible()
        page.keyboard.press("[")
        expect(page.get_by_role("heading", name=CREATED)).to_be_visible()
        page.keyboard.press("u")

        expect(page.locator("#run .row:visible > a")).to_have_text([CREATED, LISTED])
        assert page.evaluate("document.activeElement.textContent") == CREATED

    def test_escape(self, open_report, insights):
        """
        Escape clears what is searched for.
        """
        page = open_report(insights.file, "#?q=nowhere")
        page.get_by_role("searchbox", name="Search tests").focus()
        page.keyboard.press("Escape")

        expect(page.locator("#run .row:visible > a")).to_have_text([*FAILED, REINDEXED])

    def test_help(self, open_report, insights):
        """
        A question mark tells all keys, and leaves the focus where it was.
        """
        page = open_report(insights.file)
        page.locator("#run .row a").nth(1).focus()
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keys and search")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()

        assert page.evaluate("document.activeElement.textContent") == LISTED

    def test_browser_history(self, open_report, insights):
        """
        The browser's own ways back and forth work.
        """
        page = open_report(insights.file)
        page.get_by_role("link", name=BULKY).first.click()
        expect(page.get_by_role("heading", name=BULKY)).to_be_visible()
        page.evaluate("history.back()")
        expect(page.get_by_role("heading", name=BULKY)).to_be_hidden()
        expect(page.locator("#run .row:visible > a")).to_have_text([*FAILED, REINDEXED])
        page.evaluate("history.forward()")

        expect(page.get_by_role("heading", name=BULKY)).to_be_visible()


class TestTheme:
    def test_choice(self, open_report, insights):
        """
        Light or dark is as the system has it until somebody chooses, and stays so.
        """
        page = open_report(insights.file)
        background = "getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(background)
        page.keyboard.press("t")
        assert light == page.evaluate(background)
        page.keyboard.press("t")
        dark = page.evaluate(background)
        page.reload()
        page.locator("body.alive").wait_for()

        assert light != dark
        assert dark == page.evaluate(background)

    def test_system(self, open_report, insights):
        """
        Where the system is dark the page is, too.
        """
        background = "getComputedStyle(document.body).backgroundColor"
        dark = open_report(insights.file, color_scheme="dark").evaluate(background)
        light = open_report(insights.file, color_scheme="light").evaluate(background)

        assert light != dark


class TestLinks:
    def test_outward(self, open_report, insights):
        """
        The change, the job and the repository are linked, and are not told from where.
        """
        page = open_report(insights.file)
        links = page.locator("#run a[href^=http]")

        assert {
            "https://git.test/shop/pull/17",
            "https://ci.test/runs/4711",
            "https://git.test/shop",
        } <= {link.get_attribute("href") for link in links.all()}
        for link in links.all():
            assert "noopener noreferrer" == link.get_attribute("rel")
