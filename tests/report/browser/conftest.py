"""
Reports that real browsers open: each browser is started once, each report made once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .browsers import CHROMIUM, FIREFOX, Visit, Windows, missing, running
from .hosts import Host, serving
from .reports import Report, insights_report


if TYPE_CHECKING:
    from playwright.sync_api import Page, Playwright

HERE = Path(__file__).parent


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    One after the other, in whichever order the others come: each start takes seconds.
    """
    items.sort(key=lambda item: HERE in item.path.parents)


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """
    Playwright, no longer than these tests: as long as it is there its event loop is
    said to run, and no other may.
    """
    try:
        from playwright.sync_api import expect, sync_playwright
    except ImportError:
        missing("no playwright in this environment")

    expect.set_options(timeout=10_000)
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="package")
def chromium(playwright: Playwright) -> Iterator[Windows]:
    with running(playwright, CHROMIUM) as windows:
        yield windows


@pytest.fixture(scope="package")
def firefox(playwright: Playwright) -> Iterator[Windows]:
    with running(playwright, FIREFOX) as windows:
        yield windows


@pytest.fixture
def browser_name() -> str:
    """
    Which browser a test runs in; one that runs in more is parametrized with it.
    """
    return CHROMIUM


@pytest.fixture
def visit(
    request: pytest.FixtureRequest, browser_name: str
) -> Iterator[Callable[..., Visit]]:
    """
    Open a page and watch it. In the end none may have asked anybody for anything but
    itself, bothered its visitor, or complained, *but* of what a host holds back.
    """
    windows: Windows = request.getfixturevalue(browser_name)
    visits: list[tuple[str, str, Visit]] = []

    def open_page(url: str, *, but: str = "nothing", **options: Any) -> Visit:
        visits.append((url.partition("#")[0], but, windows.visit(url, **options)))

        return visits[-1][2]

    yield open_page

    for page, but, one in visits:
        assert [] == [asked for asked in one.asked if not asked.startswith(page)]
        assert [] == [told for told in one.complaints if but not in told]


@pytest.fixture
def open_report(visit: Callable[..., Visit]) -> Callable[..., Page]:
    """
    Open a report, at the place of it that is told, and wait until it is alive.
    """

    def open_at(path: Path, place: str = "", **options: Any) -> Page:
        page = visit(f"{path.as_uri()}{place}", **options).page
        page.locator("body.alive").wait_for()

        return page

    return open_at


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """
    A host of all reports that are made here.
    """
    with serving(tmp_path_factory.getbasetemp()) as host:
        yield host


@pytest.fixture(scope="session")
def insights(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """
    A run as they are: some failed, one for the same cause as another, one flaky.
    """
    return insights_report(tmp_path_factory.mktemp("insights"))
