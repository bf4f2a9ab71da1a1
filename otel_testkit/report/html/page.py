"""
A page as one file: what people read first, the data of each test, and the program
that shows it, under a policy that lets it ask nobody for anything.
"""

from __future__ import annotations

import functools
import os
import tempfile

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import jinja2

from otel_testkit.report import text as texts
from otel_testkit.report.html import assets
from otel_testkit.report.html.entry import Entry
from otel_testkit.report.html.essentials import Essentials
from otel_testkit.report.html.overview import Overview
from otel_testkit.report.html.spool import packed_text
from otel_testkit.semconv import VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """
    What a page is made of. *report* is the way to the report of the whole run, ""
    in the report itself; *without_bodies* counts the tests whose bodies had no room.
    """

    entries: Sequence[Entry]
    essentials: Mapping[int, Sequence[Essentials]]
    overview: Overview
    report: str
    without_bodies: int
    chunk: Callable[[Entry], Iterator[str]]
    bodies: Callable[[Entry], Iterator[str]]


def write_page(page: Page, path: str) -> None:
    """
    Write *page* to *path*, all at once: nobody sees half of it.
    """
    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(".tmp", os.path.basename(path), folder)
    try:
        with open(
            handle, "w", encoding="utf-8", errors="replace", newline="\n"
        ) as file:
            file.writelines(_pieces(page))
        os.chmod(unfinished, 0o666 & ~_mask())
        os.replace(unfinished, path)
    except BaseException:
        os.unlink(unfinished)
        raise


def _pieces(page: Page) -> Iterator[str]:
    template = _environment().get_template("page.html.jinja")
    yield from template.generate(
        page=page,
        overview=page.overview,
        told=[entry for entry in page.entries if entry.is_told],
        index=packed_text([asdict(entry) for entry in page.entries]),
        script=assets.script(),
        style=assets.style(),
        script_hash=assets.digest(assets.script()),
        style_hash=assets.digest(assets.style()),
        version=VERSION,
    )


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("otel_testkit.report.html"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["duration"] = texts.duration
    environment.filters["harmless"] = texts.harmless

    return environment


def _mask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)

    return mask
