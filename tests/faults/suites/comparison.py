"""
What is not the same with us, and what our record says otherwise than the runner.
"""

from __future__ import annotations

import re

from collections import Counter
from dataclasses import dataclass

from workshop import IDLE, PLAIN, SILENT, TRACING, Suite, Told, Workshop

from otel_testkit.masking import Masker
from otel_testkit.trace import Call, Run, load


# What a test does now and then by itself, it does not do each time.
_ROUNDS = 4
# How the witness of pytest writes what is expected to fail.
_WORDS = {"skipped?": "xfailed", "passed?": "xpassed"}
# What tells a test from others that are masked alike.
_NUMBER = re.compile(r"(?<=\])#[\d-]+$")

Differences = dict[str, str]


@dataclass(frozen=True)
class Row:
    """
    What came of a suite with us, beside the same without us.
    """

    plain: Told
    traced: Told
    differences: Differences
    # What was not the same in each run of the suite.
    unsteady: frozenset[str]
    spans: int
    calls: int
    size: int


def compare(workshop: Workshop, suite: Suite, workers: int) -> Row:
    """
    Run all variants of *suite*, and again those that differ.
    """
    found: Differences = {}
    unsteady: set[str] = set()
    plain = workshop.run(suite, PLAIN, workers)
    for variant in (IDLE, SILENT, TRACING):
        if variant == SILENT and not suite.sees_traceparent:
            continue

        told = workshop.run(suite, variant, workers)
        seen = suite.sees_traceparent if variant == TRACING else ()
        left = differences(plain, told, seen)
        for _ in range(_ROUNDS - 1):
            if not left:
                break

            beside = workshop.run(suite, PLAIN, workers)
            told = workshop.run(suite, variant, workers)
            again = differences(beside, told, seen)
            unsteady |= left.keys() - again.keys()
            left = {what: how for what, how in again.items() if what in left}
        found |= {f"{variant}: {what}": how for what, how in left.items()}
        if variant == IDLE and workshop.store(suite).exists():
            found[IDLE] = "something was recorded"

    store = workshop.store(suite)
    (run,) = (load(str(folder)) for folder in store.glob("runs/*"))
    found |= misrecorded(run, told)
    spans = list(run.spans())

    return Row(
        plain=plain,
        traced=told,
        differences=found,
        unsteady=frozenset(unsteady),
        spans=len(spans),
        calls=sum(isinstance(span, Call) for span in spans),
        size=sum(one.stat().st_size for one in store.rglob("*") if one.is_file()),
    )


def differences(plain: Told, told: Told, apart_from: tuple[str, ...]) -> Differences:
    """
    Give what is not as in *plain*, and in what way.
    """
    found = {
        test: f"{told.outcomes.get(test)}, without us {plain.outcomes.get(test)}"
        for test in {**plain.outcomes, **told.outcomes}
        if plain.outcomes.get(test) != told.outcomes.get(test)
    }
    found |= {
        f"warning {what}": f"{told.warnings.get(what, 0)} times, "
        f"without us {plain.warnings.get(what, 0)}"
        for what in {**plain.warnings, **told.warnings}
        if plain.warnings.get(what, 0) != told.warnings.get(what, 0)
    }
    if plain.order != told.order and plain.outcomes.keys() == told.outcomes.keys():
        found["the order of the tests"] = "another"
    left = {a: b for a, b in found.items() if not a.startswith(apart_from)}
    # That they are told of in other words needs no telling.
    if not found and plain.summary != told.summary:
        left["the last line"] = f"{told.summary}, without us {plain.summary}"
    if not found and plain.code != told.code:
        left["the exit code"] = f"{told.code}, without us {plain.code}"

    return left


def misrecorded(run: Run, told: Told) -> Differences:
    """
    Give what the record says otherwise than the runner did, or too much, or not.
    """
    # The id of a test may hold a password, of an example.
    masked = Masker().text
    expected: Counter[tuple[str, str]] = Counter()
    for test, phases in told.outcomes.items():
        if not phases[0].startswith("collect") and not test.startswith("setUp"):
            # A loader of unittest may give a test twice.
            times = max(1, phases.count("start passed"))
            expected[masked(test), _outcome(phases)] += times
    recorded = Counter(
        (_NUMBER.sub("", one.case), str(one.outcome)) for one in run.attempts()
    )
    found = {f"{test} was {how}": "not recorded" for test, how in expected - recorded}
    found |= {f"{test} was {how}": "not so" for test, how in recorded - expected}
    found |= dict.fromkeys(told.troubles, "a trouble of ours")
    ids = Counter(span.span_id for span in run.spans())
    for what, count in {
        "damaged lines": run.damaged,
        "spans that have not ended": sum(span.is_open for span in run.spans()),
        "spans recorded twice": sum(times > 1 for times in ids.values()),
    }.items():
        if count:
            found[what] = str(count)

    return found


def _outcome(phases: list[str]) -> str:
    """
    Give what came of a test, in our words.
    """
    failed = [one.partition(" ")[0] for one in phases if one.endswith(" failed")]
    if failed:
        return "failed" if {"call", "subtest"} & {*failed} else "error"

    said = [one.partition(" ")[2] for one in phases if not one.endswith(" passed")]

    return _WORDS.get(said[0], said[0]) if said else "passed"
