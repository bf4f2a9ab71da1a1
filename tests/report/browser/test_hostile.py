"""
Nothing that a server, a test or an environment wrote runs in a report: with its policy,
and where somebody took that away.
"""

from __future__ import annotations

import re

from pathlib import Path

import pytest

from .browsers import CHROMIUM, FIREFOX
from .hostile import marker, texts
from .reports import Report, hostile_report


_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
# Goes to every so many tests, and in every so many of these to two calls and all tabs of
# one; notes which texts were to be seen.
_TOUR = """
async ([every, inside]) => {
  const turn = () => new Promise((done) => setTimeout(done));
  const seen = new Set();
  const note = (place) => {
    for (const [, number] of place.textContent.matchAll(/ran='h(\\d+)h/g)) {
      seen.add(Number(number));
    }
  };
  const shownBy = async (anchor) => {
    for (let turns = 0; turns < 1000; turns++) {
      const article = document.getElementById(anchor);
      if (article?.querySelector("[role=treeitem]:not(article[hidden] *)")) return article;
      await turn();
    }
  };
  const all = [...document.querySelectorAll("template[id^=data-]")];
  note(document.body);
  for (const [place, { id }] of all.entries()) {
    if (place % every) continue;
    const anchor = id.replace("data-", "");
    location.hash = `#${anchor}`;
    const article = await shownBy(anchor);
    for (const one of article.querySelectorAll("details")) one.open = true;
    note(article);
    if ((place + 1) % inside) continue;
    const rows = [...article.querySelectorAll("[role=treeitem]")];
    for (const row of [rows.at(-1), rows.find((one) => one.textContent.includes("POST"))]) {
      row?.click();
      await turn();
    }
    const detail = article.querySelector("section.detail");
    const count = detail.querySelectorAll("[role=tab]").length;
    for (let place = 0; place < count; place++) {
      detail.querySelectorAll("[role=tab]")[place].click();
      await turn();
      for (const one of detail.querySelectorAll("details")) one.open = true;
      note(detail);
    }
  }
  return [...seen];
}
"""
# Which elements a text or the document has that none of our pages has.
_FOREIGN = """
(text) => {
  const foreign = "iframe, object, embed, base, link, img, image, video, audio, source,"
    + "form:not([method=dialog]), marquee, math, foreignObject, animate, set, noscript,"
    + "frame, applet, meta[http-equiv=refresh], body script + script, svg script, svg a,"
    + "x, scr";
  const ours = /^(#|https?:|\\.\\.?\\/|[\\w-]+\\.html)/;
  const leads = ["href", "src", "action", "formaction", "xlink:href", "srcdoc", "data"];
  const isForeign = (one) => one.matches(foreign)
    || one.getAttributeNames().some((name) => name.startsWith("on"))
    || leads.some((name) => one.hasAttribute(name) && !ours.test(one.getAttribute(name)));
  const parsed = text ? new DOMParser().parseFromString(text, "text/html") : document;
  return [...parsed.querySelectorAll("*")].filter(isForeign)
    .map((one) => one.outerHTML.slice(0, 300));
}
"""
_FOUND = """
() => ({
  ran: top.ran ?? null,
  polluted: ({}).ran ?? null,
  scripts: document.scripts.length,
  styles: document.styleSheets.length,
  display: getComputedStyle(document.body).display,
  engine: document.body.textContent.includes("1337"),
})
"""
# Puts into the document what an attacker would, and tells which rules held it back.
_INTRUSION = """
async () => {
  const held = [];
  document.addEventListener("securitypolicyviolation", (event) => {
    held.push(event.effectiveDirective);
  });
  const script = document.createElement("script");
  script.textContent = "top.ran = 'script'";
  const image = document.createElement("img");
  image.setAttribute("onerror", "top.ran = 'handler'");
  image.src = "http://127.0.0.1/x.png";
  const style = document.createElement("style");
  style.textContent = "body { display: none }";
  document.body.append(script, image, style);
  await new Promise((done) => setTimeout(done, 500));
  return held;
}
"""
_NOTHING = {
    "ran": None,
    "polluted": None,
    # The loader, and the program and its style that it unpacks.
    "scripts": 2,
    "styles": 2,
    "display": "block",
    "engine": False,
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """
    The report of a run of which every text is hostile.
    """
    return hostile_report(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def unguarded(hostile: Report) -> Path:
    """
    The same without its policy, as a server's own could replace it.
    """
    text = hostile.file.read_text(encoding="utf-8")
    file = hostile.file.with_name("unguarded.html")
    file.write_text(_POLICY.sub("", text, count=1), encoding="utf-8")
    assert _POLICY.search(text)

    return file


class TestReport:
    def test_with_policy(self, open_report, hostile):
        """
        In a report of which tests are opened nothing runs.
        """
        page = open_report(hostile.file)

        seen = page.evaluate(_TOUR, [2, 1000])

        assert _NOTHING == page.evaluate(_FOUND)
        assert [] == page.evaluate(_FOREIGN)
        assert [] == _unseen(seen)

    @pytest.mark.parametrize(
        ("browser_name", "every"), [(CHROMIUM, [1, 6]), (FIREFOX, [3, 1000])]
    )
    def test_without_policy(self, open_report, unguarded, every):
        """
        Nor does it without the policy, with calls and their tabs opened: texts are texts
        there by themselves.
        """
        page = open_report(unguarded)

        seen = page.evaluate(_TOUR, every)

        assert _NOTHING == page.evaluate(_FOUND)
        assert [] == page.evaluate(_FOREIGN)
        assert [] == _unseen(seen)

    def test_pages(self, visit, hostile):
        """
        Nor is there anything in the pages of single tests that none of ours has.
        """
        page = visit("about:blank").page
        found = {
            name: page.evaluate(_FOREIGN, file.read_text(encoding="utf-8"))
            for name, file in hostile.failures.items()
        }

        assert len(found) > len(texts()) / 2
        assert {} == {name: foreign for name, foreign in found.items() if foreign}

    @pytest.mark.parametrize("browser_name", [CHROMIUM, FIREFOX])
    def test_policy(self, visit, hostile):
        """
        What got into the document all the same could neither run nor ask anybody.
        """
        one = visit(next(iter(hostile.failures.values())).as_uri())
        one.page.locator("body.alive").wait_for()

        held_back = one.page.evaluate(_INTRUSION)
        one.asked.clear()
        one.complaints.clear()

        assert {"script-src-elem", "script-src-attr", "img-src", "style-src-elem"} <= {
            *held_back
        }
        assert _NOTHING["ran"] == one.page.evaluate("top.ran ?? null")

    def test_detector(self, visit, unguarded, tmp_path):
        """
        Were one of the texts taken for markup, the tests above would see it.
        """
        text = unguarded.read_text(encoding="utf-8")
        file = tmp_path / "broken.html"
        place = texts().index(f"<img src=x onerror={marker(12)}>")
        file.write_text(text.replace("</h1>", f"{texts()[place]}</h1>", 1), "utf-8")
        one = visit(file.as_uri())
        one.page.wait_for_function("top.ran")

        found, foreign = one.page.evaluate(_FOUND), one.page.evaluate(_FOREIGN)
        complaints = [*one.asked[1:], *one.complaints]
        one.asked.clear()
        one.complaints.clear()

        assert f"h{place}h" == found["ran"]
        assert foreign
        assert complaints


def _unseen(seen: list[int]) -> list[str]:
    """
    Tell which texts that hold a script were nowhere to be seen.
    """
    return [
        text
        for place, text in enumerate(texts())
        if marker(place) in text and place not in seen
    ]
