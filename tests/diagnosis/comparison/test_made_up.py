"""
The made-up suites of the benchmarks, and what a comparison finds in them.
"""

from __future__ import annotations

import random

from pathlib import Path

import pytest

from otel_testkit.diagnosis.comparison import compare


ROOT = Path(__file__).parents[3]


@pytest.fixture
def scenarios(monkeypatch):
    """
    The faults of the benchmarks.
    """
    monkeypatch.syspath_prepend(ROOT)
    from benchmarks.diagnosis import scenarios

    return scenarios


@pytest.fixture
def evaluation(scenarios):
    """
    What tells whether a culprit was found.
    """
    from benchmarks.diagnosis import comparison

    return comparison


def test_same_seed(scenarios):
    """
    A seed makes the same suite each time, another seed another one.
    """
    made = [
        scenarios.suite(scenarios.throttled, seed, failing=1, passing=2).lines
        for seed in (1, 1, 2)
    ]

    assert made[0] == made[1] != made[2]


def test_suites(scenarios, evaluation):
    """
    In a suite fails what shall fail, nearly always that alone, and it has a culprit.
    """
    passed = 0
    every = (*scenarios.TUNED, *scenarios.HELD_OUT)
    for seed, scenario in enumerate(every):
        made = scenarios.suite(scenario, seed, failing=2, passing=3)
        failing, passing = evaluation.attempts_of(made)

        assert 2 <= len(failing)
        assert all(10 <= len(one.spans) <= 250 for one in passing)
        failed = {span.span_id for one in failing for span in one.spans}
        assert made.culprits & failed
        passed += len(passing)

    assert passed >= 3 * len(every) - 2


def test_culprits(scenarios, evaluation):
    """
    A single failing attempt beside five passing ones shows the culprit.
    """
    every = (*scenarios.TUNED, *scenarios.HELD_OUT)
    first = three = 0
    for scenario in every:
        made = scenarios.suite(scenario, 7, failing=1, passing=5)
        failing, passing = evaluation.attempts_of(made)
        found = compare(failing, passing, preceding=made.preceding).differences
        hits = [evaluation.is_found(one, made) for one in found[:3]]
        first += any(hits[:1])
        three += any(hits)

    assert first >= 0.85 * len(every)
    assert three >= 0.95 * len(every) - 1


def test_noise(scenarios, evaluation):
    """
    With labels dealt out anew, hardly ever is anything claimed.
    """
    chance = random.Random(3)
    made = scenarios.suite(scenarios.noise, 3, failing=4, passing=16)
    both = [one for side in evaluation.attempts_of(made) for one in side]
    claims = 0
    for _ in range(20):
        chance.shuffle(both)
        claims += compare(both[:4], both[4:], preceding=made.preceding).is_proved

    assert claims <= 2
