"""
What holds of every run, whatever the network does.
"""

from __future__ import annotations

import collections
import re

from collections.abc import Iterable

import pytest

from .behaviours import RESPONSE_SECRET
from .collector import Collector
from .programs import TOKEN, Done, Programs


# Seconds: of waiting for the courier, and of a machine that has other things to do.
ALLOWED = 2.0
SLACK = 3.0
# What one of our lines says of spans that stay behind.
KEPT = re.compile(
    r"otel-testkit: (\d+) spans(?: and \d+ log records?)? not delivered to (\S+) "
    r"\((.+?)\); kept in \S+: `otel-testkit send (\S+)`"
)
REFUSED = re.compile(
    r"otel-testkit: (\d+) spans(?: and \d+ log records?)? refused by (\S+) \((.+?)\)"
)


def all_but(few: tuple[str, ...], names: Iterable[str]) -> list[object]:
    """
    Mark all of *names* but a *few* as part of the matrix.
    """
    return [
        pytest.param(name, marks=[] if name in few else [pytest.mark.matrix])
        for name in names
    ]


def check_as_without(done: Done, base: Done, *, most_lines: int = 1) -> None:
    """
    The program ended as without us, said little, and kept what it had to.
    """
    assert base.code == done.code
    assert base.out.count("\n") + most_lines >= done.out.count("\n") or not done.out
    assert len(base.err.splitlines()) + most_lines >= len(done.err.splitlines())
    assert most_lines >= len(done.lines())
    took = done.exit_seconds - base.exit_seconds
    print(f"exit +{took:.2f} s: {done.lines()}")  # noqa: T201  # for `-rP`
    assert ALLOWED + SLACK > took
    assert 6 <= len(done.spans())
    for secret in (TOKEN, RESPONSE_SECRET):
        assert [] == done.says(secret)


def check_reason(done: Done, expected: str, actual: str) -> None:
    """
    The reason given is as *expected*, unless the machine was too slow to hear it.
    """
    if done.exit_seconds < ALLOWED:
        assert re.fullmatch(expected, actual)
    else:
        assert re.fullmatch(f"{expected}|no answer in time|time was up", actual)


def check_all_there(collector: Collector, *runs: Done) -> None:
    """
    Each span of *runs* was taken, once.
    """
    expected = collections.Counter(span.id for done in runs for span in done.spans())
    taken = collections.Counter(span.id for span in collector.spans())
    assert expected == taken


def send_rest(programs: Programs, done: Done, **variables: str) -> Done:
    """
    Send what is left of a run.
    """
    return programs.send(done.folder.name, **variables)
