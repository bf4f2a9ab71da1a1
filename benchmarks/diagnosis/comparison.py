"""
How well a comparison finds what was broken, and how seldom it cries wolf.

    python -m benchmarks.diagnosis.comparison [SEEDS]

A made-up suite has one fault; found is it where the first difference, or one of
the first three, lies in the span that is at fault, or names the test that left
something behind. With labels dealt out anew there is nothing to be found.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time

from collections.abc import Iterable
from typing import Final

from benchmarks.diagnosis.generator import Suite
from benchmarks.diagnosis.scenarios import (
    HELD_OUT,
    HELD_OUT_SEED,
    TUNED,
    Scenario,
    noise,
    suite,
)
from otel_testkit.diagnosis.comparison import compare
from otel_testkit.diagnosis.comparison.difference import Comparison, Difference
from otel_testkit.diagnosis.comparison.predicate import DifferenceKind
from otel_testkit.diagnosis.significance import LEVEL
from otel_testkit.trace import Attempt, load


_DRAWS: Final = ((1, 5), (3, 10))
_LEAKER: Final = "leaves"


def report(seeds: int = 20) -> None:
    for title, scenarios, first in (
        ("tuned with", TUNED, 0),
        ("held out: other seeds", TUNED, HELD_OUT_SEED),
        ("held out: other seeds, other faults", HELD_OUT, HELD_OUT_SEED),
    ):
        print(f"\nComparison, {title}; {seeds} suites a fault, % found")
        _table(scenarios, range(first, first + seeds))
    _shuffled(range(HELD_OUT_SEED, HELD_OUT_SEED + seeds))
    _speed()


def attempts_of(made: Suite) -> tuple[list[Attempt], list[Attempt]]:
    """
    Load a suite as any run is loaded; gives its failing and its passing attempts.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "suite.jsonl")
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(made.lines))
        (case,) = load(path).cases

    failing = [attempt for attempt in case.attempts if attempt.is_failure]

    return failing, [one for one in case.attempts if not one.is_failure]


def is_found(difference: Difference, made: Suite) -> bool:
    """
    Tell whether *difference* is where the fault is.
    """
    if difference.kind is DifferenceKind.PRECEDING:
        return _LEAKER in difference.failing_value

    return bool(made.culprits & set(difference.evidence[:2]))


def _table(scenarios: Iterable[Scenario], seeds: range) -> None:
    head = "".join(f"  {f} failing, {p:>2} passing" for f, p in _DRAWS)
    print(f"  {'':24}{head}\n  {'':24}{'   first  first 3   ' * len(_DRAWS)}")
    sums = [[0.0, 0.0] for _ in _DRAWS]
    count = 0
    for scenario in scenarios:
        shown = ""
        for total, (failing, passing) in zip(sums, _DRAWS, strict=True):
            first, three = _found(scenario, seeds, failing, passing)
            total[0] += first
            total[1] += three
            shown += f"{first:8.1%}{three:9.1%}   "
        count += 1
        print(f"  {scenario.__name__:24}{shown}")
    mean = "".join(f"{a / count:8.1%}{b / count:9.1%}   " for a, b in sums)
    print(f"  {'mean':24}{mean}")


def _found(
    scenario: Scenario, seeds: range, failing: int, passing: int
) -> tuple[float, float]:
    first = three = 0
    for seed in seeds:
        made = suite(scenario, seed, failing=failing, passing=passing)
        bad, good = attempts_of(made)
        differences = compare(bad, good, preceding=made.preceding).differences
        hits = [is_found(one, made) for one in differences[:3]]
        first += any(hits[:1])
        three += any(hits)

    return first / len(seeds), three / len(seeds)


def _shuffled(seeds: range) -> None:
    """
    Deal out the labels anew: whatever is claimed then is wrong.
    """
    print(
        f"\nComparison, labels shuffled: share of comparisons in which anything at all"
        f" is claimed at q <= {LEVEL}"
    )
    chance = random.Random(0)  # noqa: S311 - no secret
    for name, scenarios in (("noise only", (noise,)), ("with faults", TUNED)):
        for failing, passing in ((3, 10), (5, 20), (8, 30)):
            claims = total = 0
            for scenario in scenarios:
                for seed in seeds if len(scenarios) == 1 else seeds[::4]:
                    made = suite(scenario, seed, failing=failing, passing=passing)
                    both = [one for side in attempts_of(made) for one in side]
                    for _ in range(10):
                        chance.shuffle(both)
                        found = _blind(both, failing, made)
                        claims += found.is_proved
                        total += 1
            print(
                f"  {name:14} {failing} failing, {passing:>2} passing "
                f"{claims / total:7.1%} of {total}"
            )


def _blind(attempts: list[Attempt], failing: int, made: Suite) -> Comparison:
    return compare(attempts[:failing], attempts[failing:], preceding=made.preceding)


def _speed() -> None:
    taken = []
    for seed in range(8):
        made = suite(TUNED[0], seed, failing=10, passing=40)
        failing, passing = attempts_of(made)
        spans = sum(len(one.spans) for one in (*failing, *passing))
        started = time.process_time()
        compare(failing, passing, preceding=made.preceding)
        taken.append((spans, time.process_time() - started))
    spans, seconds = max(taken)
    print(
        f"\nComparison of 50 attempts, {spans / 50:.0f} spans each: {seconds:.2f} s"
        f" of CPU   (to reach: 1 s with 200 spans each)"
    )


if __name__ == "__main__":
    report(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
