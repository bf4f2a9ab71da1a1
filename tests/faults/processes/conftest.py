"""
Runs programs that note their own spans, and compares: no span is lost, none is there
twice or in a wrong place, and those that were not ended are open.
"""

from __future__ import annotations

import contextlib
import functools
import json
import re
import shutil
import time

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from otel_testkit.trace import Span


# Seconds that we may take, and as many times those of the program alone: machines are
# loaded.
PATIENCE = 5
CHANGING = re.compile(r"\d+\.\d+s\b|0x[0-9a-f]+|\d{9,}|(?<=pid[ =])\d+")
# What a runner adds to the spans of its tests.
PHASES = {"setup", "call", "teardown"}

Program = Callable[..., Any]


@dataclass(frozen=True)
class Account:
    """
    What a program noted of its spans, beside what is kept of them: the names of
    those that differ, as often as they do.
    """

    ended: int
    damaged: int = 0
    lost: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    surplus: list[str] = field(default_factory=list)
    misplaced: list[str] = field(default_factory=list)

    @property
    def is_even(self) -> bool:
        return self == Account(self.ended)


def account_of(done: Any) -> Account:
    """
    Compare what *done* noted with what it kept, in one run or more.
    """
    runs = done.runs()
    spans = {span.span_id: span for run in runs for span in run.spans()}
    began, ended = noted(done.noted, "began"), noted(done.noted, "ended")
    kept = named(span for span in spans.values() if not span.is_open)
    kept_open = named(span for span in spans.values() if span.is_open)
    written = Counter(span_ids(done.store))
    twice = written - Counter(set(written))

    return Account(
        ended=ended.total(),
        damaged=sum(run.damaged for run in runs),
        lost=[*(ended - kept).elements()],
        unseen=[*(began - kept - kept_open).elements()],
        surplus=[
            *(kept - ended).elements(),
            *(kept_open - (began - ended)).elements(),
            *(spans[span_id].name for span_id in twice),
        ],
        misplaced=[
            span.name
            for span in spans.values()
            if span.name in began
            and noted_above(span, spans, began) != span.name.rpartition("/")[0]
        ],
    )


def span_ids(store: Path) -> Iterator[str]:
    """
    Give the ids of all ended spans, as often as they were written.
    """
    for file in store.rglob("traces.*.jsonl"):
        for line in file.read_text("utf-8").splitlines():
            # The last one may be torn.
            with contextlib.suppress(ValueError):
                (of_resource,) = json.loads(line)["resourceSpans"]
                (of_scope,) = of_resource["scopeSpans"]
                yield from (span["spanId"] for span in of_scope["spans"])


def noted(lines: Iterable[str], word: str) -> Counter[str]:
    """
    Count the names that were noted under *word*.
    """
    parts = (line.partition(" ") for line in lines)

    return Counter(name for first, _, name in parts if first == word)


def named(spans: Iterable[Span]) -> Counter[str]:
    return Counter(
        span.name
        for span in spans
        if span.name not in PHASES and not span.name.startswith("fixture ")
    )


def noted_above(span: Span, spans: dict[str, Span], began: Counter[str]) -> str:
    """
    Give the name of the nearest noted span that *span* lies in, "" if there is none.
    """
    above = spans.get(span.parent_id or "")
    while above is not None and above.name not in began:
        above = spans.get(above.parent_id or "")

    return "" if above is None else above.name


def lasting(text: str) -> list[str]:
    """
    Give the lines of *text* in an order of their own, without what changes from one
    time to the next: times, addresses, numbers of processes and of threads.
    """
    return sorted(CHANGING.sub("#", text).splitlines())


@pytest.fixture
def account() -> Callable[[Any], Account]:
    """
    Compares what a program noted with what it kept.
    """
    return account_of


@pytest.fixture
def noting(program: Program, tmp_path: Path) -> Program:
    """
    Runs a program that may import `noted`.
    """
    for file in (Path(__file__).parent / "programs").glob("*.py"):
        shutil.copy(file, tmp_path / "program")

    return program


@pytest.fixture
def kept(noting: Program, request: pytest.FixtureRequest) -> Program:
    """
    Runs a program, or what *runner* runs, without us and with us: it ends and says
    the same, and what it noted of its spans is what is kept. Gives the latter.
    """

    def run(text: str, *options: str, runner: Program = noting, **more: Any) -> Any:
        # The one warning that Python does not show unless it is asked to.
        more = {"PYTHONWARNINGS": "always::ResourceWarning", **more}
        start = time.monotonic()
        bare = runner(text, *options, traced=False, **more)
        between = time.monotonic()
        done = runner(text, *options, traced=True, **more)
        alone = between - start
        added = time.monotonic() - between - alone

        assert (done.code, lasting(done.out)) == (bare.code, lasting(bare.out)), (
            done.err
        )
        assert lasting(done.err) == lasting(bare.err)
        assert sorted(done.noted) == sorted(bare.noted)
        result = account_of(done)
        request.node.user_properties += [
            ("ended", result.ended),
            ("lost", len(result.lost)),
            ("seconds added", round(added, 1)),
        ]
        assert result.is_even, result
        assert added < PATIENCE * (1 + alone)

        return done

    return run


@pytest.fixture
def noting_suite(noting: Program, suite: Program) -> Program:
    """
    Runs a suite whose tests are noted and, unless not *traced*, traced; with no
    *plugins* of pytest but those that are named.
    """

    def run(
        text: str,
        *options: str,
        traced: bool = True,
        plugins: tuple[str, ...] = (),
        **more: Any,
    ) -> Any:
        names = ("no:asyncio", "noting", "otel_testkit.integrations.pytest", *plugins)
        loaded = [word for name in names for word in ("-p", name)]
        asked = ("--trace-tests",) * traced
        more["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"

        return suite(text, *loaded, *asked, *options, traced=traced, **more)

    return run


@pytest.fixture
def kept_suite(kept: Program, noting_suite: Program) -> Program:
    """
    Runs a suite as `kept` does a program.
    """
    return functools.partial(kept, runner=noting_suite)
