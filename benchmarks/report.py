"""
The HTML report: bytes of the empty page and a span, time and memory to build it, and
how quickly a browser shows it.

`python -m benchmarks.report FOLDER` leaves the runs and the reports in FOLDER, to be
looked at.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import sys
import tempfile
import time

from collections.abc import Iterator
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any


TESTS = 1_000
SPANS = 200
LARGE = 50_000
MICRO = 1_000
SECOND = 10**9
START = 1_795_351_345 * SECOND
HEADERS = {
    "request": {"accept": "*/*", "content-type": "application/json"},
    "response": {"content-type": "application/json", "server": "uvicorn"},
}


def attributes(told: dict[str, Any]) -> list[dict[str, Any]]:
    """
    Give attributes as OTLP/JSON has them.
    """
    return [
        {
            "key": name,
            "value": {"intValue": str(value)}
            if isinstance(value, int)
            else {"stringValue": value},
        }
        for name, value in told.items()
    ]


class Maker:
    """
    Makes up runs: tests that ask a service, which asks its database.
    """

    def __init__(self, seed: int = 1) -> None:
        self.random = random.Random(seed)  # noqa: S311 - no secrets here

    def span_id(self) -> str:
        return f"{self.random.getrandbits(64):016x}"

    def write(self, folder: Path, tests: int, spans: int) -> int:
        """
        Write a run of so many *tests* of so many *spans*; give the count of all.
        """
        folder.mkdir(parents=True)
        (folder / "run.json").write_text(
            json.dumps({"format": 1, "run": folder.name, "command": "pytest tests"})
        )
        with open(folder / "traces.1-aa.jsonl", "w", encoding="utf-8") as file:
            for number in range(tests):
                for scope, service, span in self.test(number, spans):
                    line = self.line(scope, service, span)
                    file.write(json.dumps(line, separators=(",", ":")) + "\n")

        return tests * spans

    def line(self, scope: str, service: str, span: dict[str, Any]) -> dict[str, Any]:
        return {
            "resourceSpans": [
                {
                    "resource": {"attributes": attributes({"service.name": service})},
                    "scopeSpans": [{"scope": {"name": scope}, "spans": [span]}],
                }
            ]
        }

    def test(
        self, number: int, spans: int
    ) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """
        Give the spans of a test, the last one that of the test itself.
        """
        trace, root = f"{self.random.getrandbits(128):032x}", self.span_id()
        fails = not number % 50
        at = START + number * SECOND
        begin = at
        for count in range((spans - 1) // 3):
            took = self.random.randrange(5_000, 90_000) * MICRO
            call, server = self.span_id(), self.span_id()
            path = f"/orders/{self.random.randrange(10**6)}/items"
            status = 429 if fails and not count % 17 else 200
            http = {
                "http.request.method": "GET",
                "url.full": f"http://api.test:8000{path}",
                "server.address": "api.test",
                "server.port": 8000,
                "http.response.status_code": status,
                **{
                    f"http.{side}.header.{name}": value
                    for side, headers in HEADERS.items()
                    for name, value in headers.items()
                },
            }
            if not count % 4:
                http["http.response.body.content"] = self.body()
            yield (
                "otel_testkit",
                "tests",
                {
                    **self.times(trace, call, root, at, took),
                    "name": "GET",
                    "kind": 3,
                    "attributes": attributes(http),
                },
            )
            yield (
                "fastapi",
                "api",
                {
                    **self.times(trace, server, call, at + MICRO, took - 2 * MICRO),
                    "name": "GET /orders/{id}/items",
                    "kind": 2,
                    "attributes": attributes(
                        {
                            "http.route": "/orders/{id}/items",
                            "http.response.status_code": status,
                        }
                    ),
                },
            )
            yield (
                "psycopg",
                "api",
                {
                    **self.times(
                        trace, self.span_id(), server, at + 2 * MICRO, took // 2
                    ),
                    "name": "SELECT",
                    "kind": 3,
                    "attributes": attributes(
                        {
                            "db.system": "postgresql",
                            "db.statement": "SELECT * FROM items",
                        }
                    ),
                },
            )
            at += took

        yield (
            "otel_testkit",
            "tests",
            {
                **self.times(trace, root, None, begin, at - begin),
                "name": f"tests/test_shop.py::test_order_{number}",
                "kind": 1,
                "attributes": attributes(
                    {
                        "test.case.name": f"tests/test_shop.py::test_order_{number}",
                        "test.case.result.status": "fail" if fails else "pass",
                        "otel_testkit.outcome": "failed" if fails else "passed",
                    }
                ),
            },
        )

    def times(
        self, trace: str, span: str, parent: str | None, at: int, took: int
    ) -> dict[str, Any]:
        return {
            "traceId": trace,
            "spanId": span,
            **({"parentSpanId": parent} if parent else {}),
            "startTimeUnixNano": str(at),
            "endTimeUnixNano": str(at + took),
        }

    def body(self) -> str:
        """
        Give a body of a kilobyte.
        """
        items = [
            {
                "id": self.random.randrange(10**6),
                "name": self.random.choice(["lamp", "chair", "table"]),
                "state": "available",
                "price": {"amount": self.random.randrange(10_000), "currency": "EUR"},
            }
            for _ in range(11)
        ]

        return json.dumps({"items": items, "next": None})


def build(folder: str, target: str) -> tuple[float, float, int]:
    """
    Build the report of the run in *folder*: seconds, seconds of CPU, bytes of memory.
    """
    from otel_testkit.report.html import write_report

    began, cpu = time.perf_counter(), time.process_time()
    write_report(folder, target)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    return time.perf_counter() - began, time.process_time() - cpu, peak


def shell(place: Path) -> int:
    """
    Count the bytes of a page that tells of nothing.
    """
    from otel_testkit.report.html import write_report

    Maker().write(place / "empty" / "run", 0, 0)

    return os.path.getsize(write_report(str(place / "empty" / "run")).report)


# Until the next frame has been drawn.
OPEN = """async (anchor) => {
  const frame = () => new Promise(requestAnimationFrame);
  const began = performance.now();
  location.hash = `#${anchor}`;
  while (!document.querySelector(`#${anchor} .timeline [role=treeitem]`)) await frame();
  await frame();
  return performance.now() - began;
}"""
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN"
SCROLL = """async () => {
  const rows = document.querySelector("article:not([hidden]) [role=tree]");
  let box = rows;
  while (box && box.scrollHeight <= box.clientHeight + 1) box = box.parentElement;
  box ??= document.scrollingElement;
  let worst = 0;
  let last = await new Promise(requestAnimationFrame);
  for (let step = 0; step < 60; step++) {
    box.scrollTop = (box.scrollHeight * step) / 60;
    const now = await new Promise(requestAnimationFrame);
    worst = Math.max(worst, now - last);
    last = now;
  }
  return worst;
}"""


def looked_at(name: str, path: Path) -> None:
    """
    Print how long Chromium takes to show the page at *path*, and a test of it: until
    it is seen, and how much work that is, which a busy machine changes less.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page()
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        page.goto(path.as_uri(), wait_until="commit")
        page.locator("body.alive").wait_for(state="attached")
        ready, painted = page.evaluate("performance.now()"), page.evaluate(PAINTED)
        worked = [work(session)]
        opened = []
        for place in ("case-0",) if name == "large" else ("case-0", "case-1", "case-2"):
            opened.append(page.evaluate(OPEN, place))
            worked.append(work(session))
        tests = ", ".join(
            f"{took:.0f} ({after - before:.0f} of work)"
            for took, (before, after) in zip(opened, pairwise(worked), strict=True)
        )
        print(
            f"{name:5} painted after {painted:.0f} ms, alive after {ready:.0f} ms; "
            f"a test after {tests} ms; "
            f"worst frame of scrolling {page.evaluate(SCROLL):.0f} ms"
        )
        browser.close()


def work(session: Any) -> float:
    """
    Give the milliseconds that the page's scripts, styles and layout have taken.
    """
    metrics = session.send("Performance.getMetrics")["metrics"]
    told = {metric["name"]: metric["value"] for metric in metrics}
    kinds = ("ScriptDuration", "LayoutDuration", "RecalcStyleDuration")

    return 1000 * sum(told[kind] for kind in kinds)


def report(folder: str = "") -> None:
    """
    Print what reports of several sizes take.
    """
    pages: dict[str, Path] = {}
    with tempfile.TemporaryDirectory() as spare:
        place = Path(folder or spare)
        empty = shell(place)
        print(f"empty page: {empty / 1e3:.1f} kB")
        for name, tests, spans in (
            ("small", TESTS // 10, SPANS),
            ("many", TESTS, SPANS),
            ("large", 1, LARGE),
        ):
            run, target = place / name / "run", place / name / "report.html"
            count = Maker().write(run, tests, spans)
            # A process of its own, for memory is asked by its peak.
            with get_context("spawn").Pool(1) as pool:
                took, cpu, peak = pool.apply(build, (str(run), str(target)))
            size = target.stat().st_size
            pages[name] = target
            print(
                f"{tests:5,} tests x {spans:6,} spans: {took:5.1f} s ({cpu:.1f} CPU), "
                f"{peak / 1e6:4.0f} MB, {size / 1e6:5.1f} MB, "
                f"{(size - empty) / count:4.0f} bytes a span"
            )
        for name, page in pages.items():
            looked_at(name, page)


if __name__ == "__main__":
    report(*sys.argv[1:])
