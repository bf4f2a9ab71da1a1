"""
A page as one file: what people read first, the data of each test, and the program
that shows it, under a policy that lets it ask nobody for anything.
"""

from __future__ import annotations

import functools
import os

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from urllib.parse import quote

import jinja2

from otel_testkit.report import text as texts
from otel_testkit.report.html import assets
from otel_testkit.report.html.entry import Entry
from otel_testkit.report.html.essentials import Essentials
from otel_testkit.report.html.overview import Overview
from otel_testkit.report.html.spool import packed_text
from otel_testkit.report.target import write_whole
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
    Write *page* to *path*.

    Raises:
        OSError: if it can't be written.
    """
    os.makedirs(os.path.dirname(path), exist_ok=True)
    write_whole(_pieces(page), path)


def _pieces(page: Page) -> Iterator[str]:
    template = _environment().get_template("page.html.jinja")
    yield from template.generate(
        page=page,
        overview=page.overview,
        told=[entry for entry in page.entries if entry.is_told],
        index=packed_text([asdict(entry) for entry in page.entries]),
        script=assets.script(),
        style=assets.style(),
        later_style=assets.later_style(),
        loader=assets.loader(),
        program=_program(),
        digest=assets.digest,
        version=VERSION,
    )


@functools.cache
def _program() -> str:
    # The same in every page, of which there may be thousands.
    return packed_text({"style": assets.later_style(), "script": assets.script()})


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
    # Jinja's own refuses half a character.
    environment.filters["urlencode"] = functools.partial(quote, errors="replace")
    environment.filters["harmless"] = texts.harmless
    environment.filters["lines"] = texts.harmless_lines

    return environment
