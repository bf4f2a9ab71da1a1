"""
A report opens from a disk and on servers that hold it back, and asks nobody.
"""

from __future__ import annotations

import pytest

from .browsers import CHROMIUM, FIREFOX
from .reports import BULKY, CREATED


BOTH = pytest.mark.parametrize("browser_name", [CHROMIUM, FIREFOX])


class TestDisk:
    @BOTH
    def test_run(self, open_report, insights):
        """
        The report of a run comes alive from a disk, and lists what failed.
        """
        page = open_report(insights.file)

        page.get_by_role("link", name=CREATED).first.wait_for()
        assert "rate limited" in page.locator("#run").inner_text()

    @BOTH
    def test_failed_test(self, open_report, insights):
        """
        So does the page of a test that failed, without any hash.
        """
        page = open_report(insights.failures[CREATED])

        page.get_by_role("heading", name=CREATED).wait_for()
        assert "Rate Exceeded" in page.locator("article.test").inner_text()


class TestHosts:
    @pytest.mark.parametrize(
        ("browser_name", "policy"),
        [
            (CHROMIUM, "plain"),
            (CHROMIUM, "sandboxed"),
            (CHROMIUM, "gitea"),
            (FIREFOX, "gitea"),
        ],
    )
    def test_scripts_allowed(self, visit, host, insights, policy):
        """
        It comes alive where a server keeps it from its storage and from all others.
        """
        page = visit(host.place(policy, insights.file)).page

        page.locator("body.alive").wait_for()
        page.keyboard.press("t")
        page.keyboard.press("t")
        page.get_by_role("link", name=BULKY).first.click()

        page.get_by_role("heading", name=BULKY).wait_for()
        page.get_by_role("treeitem").first.wait_for()
        assert "dark" == page.evaluate("document.documentElement.dataset.theme")

    @pytest.mark.parametrize(
        ("browser_name", "policy"),
        [(CHROMIUM, "jenkins"), (CHROMIUM, "argo"), (FIREFOX, "jenkins")],
    )
    def test_scripts_forbidden(self, visit, host, insights, policy):
        """
        Where nothing runs, what failed, why and what was before can be read, and the
        links between them work.
        """
        page = visit(host.place(policy, insights.file), but="inline style").page

        page.get_by_role("link", name=CREATED).first.click()
        story = page.locator(".story").first

        assert "#case-0" in page.url
        assert "rate limited" in page.locator("#run").inner_text()
        for told in ("assert 429 == 200", "assert resp.status == 200", "Rate Exceeded"):
            assert told in story.inner_text()
        for title in ("What failed", "What happened before"):
            assert story.get_by_role("heading", name=title).is_visible()

    @pytest.mark.parametrize("policy", ["sandboxed", "jenkins"])
    def test_asks_once(self, visit, host, insights, policy):
        """
        A server is asked for the report, and for nothing else.
        """
        host.asked.clear()
        page = visit(host.place(policy, insights.file), but="inline style").page
        page.get_by_role("link", name=CREATED).first.click()
        page.wait_for_timeout(200)

        assert 1 == len(host.asked)
