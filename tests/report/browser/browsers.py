"""
Real browsers, driven by Playwright; `make browsers` installs them. Where they are
missing the tests say so and are skipped; with `REQUIRE_SERVERS` in the environment,
as in CI, they fail.
"""

from __future__ import annotations

import contextlib
import os
import shutil

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest


if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page, Playwright

CHROMIUM = "chromium"
FIREFOX = "firefox"
INSTALLED = Path(__file__).parents[3] / ".venv-node"
# The machine may be busy.
_MILLISECONDS = 10_000
_PROGRAMS = {CHROMIUM: "chromium", FIREFOX: "firefox-esr"}
_OPTIONS: dict[str, dict[str, Any]] = {
    # As root it runs without one only.
    CHROMIUM: {"chromium_sandbox": False},
    # Of Playwright's channels those speak WebDriver BiDi: no patched build is needed.
    FIREFOX: {"channel": "moz-firefox"},
}
# What the browser notes of a policy that holds back what is none of ours.
_OF_HOSTS = ("Blocked script execution", "favicon.ico")


@dataclass(frozen=True, slots=True)
class Visit:
    """
    A page that is looked at, and what it did beside that: which addresses it
    *asked*, and what it *complained* of or did to its visitor.
    """

    page: Page
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """
        Note from now on what the page does.
        """

        def dismiss(dialog: Dialog) -> None:
            self._complain(f"dialog: {dialog.message}")
            dialog.dismiss()

        page = self.page
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("websocket", lambda socket: self.asked.append(socket.url))
        page.on("download", lambda download: self.asked.append(download.url))
        page.on("popup", lambda popup: self._complain(f"popup: {popup.url}"))
        page.on("pageerror", lambda error: self._complain(f"error: {error}"))
        page.on("console", lambda told: self._complain(f"{told.type}: {told.text}"))
        page.on("dialog", dismiss)

    def _complain(self, of: str) -> None:
        if not any(one in of for one in _OF_HOSTS):
            self.complaints.append(of)


class Windows:
    """
    The windows of a browser, one for each kind of visitor; they are kept from test to
    test, for to open one takes longer than most visits.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._kept: dict[Any, Visit] = {}

    def visit(self, url: str, **options: Any) -> Visit:
        """
        Go to *url* as somebody who was never there; *options* are those of a context,
        and `script`, which runs before any of the page's, `width` and `height`.
        """
        visitor = tuple(sorted(options.items()))
        if visitor not in self._kept:
            self._kept[visitor] = self._opened(**options)
        visit = self._kept[visitor]
        self._forget(visit.page, options.get("color_scheme", "light"))
        visit.asked.clear()
        visit.complaints.clear()
        visit.page.goto(url)

        return visit

    def _opened(
        self, script: str = "", width: int = 1280, height: int = 900, **options: Any
    ) -> Visit:
        size = {"width": width, "height": height}
        context = self._browser.new_context(
            viewport=size, accept_downloads=False, **options
        )
        context.set_default_timeout(_MILLISECONDS)
        if script:
            context.add_init_script(script)
        visit = Visit(context.new_page())
        visit.watch()

        return visit

    def _forget(self, page: Page, color_scheme: str) -> None:
        # Else nothing in it has the focus.
        page.bring_to_front()
        page.evaluate("() => { try { localStorage.clear() } catch {} }")
        page.goto("about:blank")
        page.mouse.move(0, 0)
        if self._browser.browser_type.name == CHROMIUM:
            page.emulate_media(media="null", color_scheme=color_scheme)


@contextlib.contextmanager
def running(playwright: Playwright, name: str) -> Iterator[Windows]:
    """
    A browser that shows nothing.
    """
    program = shutil.which(_PROGRAMS[name])
    if program is None:
        missing(f"no {_PROGRAMS[name]} on this machine")
    kind = getattr(playwright, name)
    browser: Browser = kind.launch(executable_path=program, **_OPTIONS[name])
    try:
        yield Windows(browser)
    finally:
        browser.close()


def expect(what: Any) -> Any:
    """
    What Playwright waits for.
    """
    from playwright.sync_api import expect

    return expect(what)


def axe() -> str:
    """
    The program of axe-core.
    """
    program = INSTALLED / "node_modules" / "axe-core" / "axe.min.js"
    if not program.exists():
        missing(f"no axe-core in {INSTALLED.name}")

    return program.read_text(encoding="utf-8")


def missing(what: str) -> NoReturn:
    """
    End a test for which this machine lacks something.
    """
    reason = f"NOT TESTED: {what} (make browsers)"
    if os.environ.get("REQUIRE_SERVERS"):
        pytest.fail(reason)
    pytest.skip(reason)
