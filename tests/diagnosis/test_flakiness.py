"""
How a case fares over its attempts.
"""

from __future__ import annotations

import itertools
import math

import pytest

from otel_testkit.diagnosis.flakiness import State, assess, incidents, runs_chance
from otel_testkit.store.index import Result


def results(outcomes, revision=""):
    """
    A result for each of *outcomes*, F or P, each in a run of its own.
    """
    return [
        Result(outcome == "F", f"run-{at}", revision)
        for at, outcome in enumerate(outcomes)
    ]


def assessed(outcomes, **more):
    found = assess("", "test_it", results(outcomes, **more))
    assert found is not None

    return found


class TestRate:
    def test_never_failed(self):
        """
        Of a case that never failed there is nothing to tell.
        """
        assert assess("", "test_it", results("PPPP")) is None
        assert assess("", "test_it", []) is None

    def test_interval(self):
        """
        The rate comes with the bounds that it lies between.
        """
        found = assessed("PPPPPPFPPPFPPPPPPFPP")

        assert (20, 3) == (found.attempts, found.failures)
        assert 0.156 == pytest.approx(found.rate, abs=1e-3)
        assert (0.0441, 0.3486) == pytest.approx(found.interval, abs=1e-4)

    @pytest.mark.parametrize(
        ("outcomes", "expected"),
        [("PFPFP", 1.0), ("PPPPF", 0.25), ("F", 0.0), ("FP" + "P" * 60, 0.0)],
    )
    def test_flips(self, outcomes, expected):
        """
        Flips are counted in the latest attempts.
        """
        assert expected == assessed(outcomes).flip_rate


class TestProof:
    def test_same_run(self):
        """
        A case that passed on a retry is flaky for sure.
        """
        found = assess("", "test_it", [Result(True, "a"), Result(False, "a")])

        assert found is not None
        assert (True, ("a",)) == (found.is_proved, found.proofs)

    def test_same_revision(self):
        """
        So is one that did both on one revision; on others it may have been broken.
        """
        assert ("abc",) == assessed("PF", revision="abc").proofs
        assert not assessed("PF").is_proved


class TestState:
    @pytest.mark.parametrize(
        ("outcomes", "expected"),
        [
            ("PPPPPPPPF", State.NEW),
            ("F", State.NEW),
            ("FF", State.BROKEN),
            ("PPFPPPFPP", State.FLAKY),
            ("PPPPPPPPFF", State.BROKEN),
            ("FPPFPPPPPPFF", State.FLAKY),
            ("PFPFPFF", State.FLAKY),
            ("PFPFPFFFFFF", State.BROKEN),
            # After one failure in two, few passes say it; after one in ten, many.
            ("FPFPF" + "P" * 6, State.FIXED),
            # A single failure tells of no rate at all.
            ("FPPP", State.FLAKY),
            ("F" + "P" * 5, State.FIXED),
            ("PPPPPPPPPF" + "P" * 6, State.FLAKY),
            ("PPPPPPPPPF" + "P" * 40, State.FLAKY),
            ("PPPPPPPPPF" + "P" * 80, State.FIXED),
        ],
    )
    def test_states(self, outcomes, expected):
        """
        A state is left only by a series that would be a surprise in it.
        """
        assert expected is assessed(outcomes).state


class TestRetries:
    @pytest.mark.parametrize(
        ("runs", "state", "counted"),
        [
            ("P P P P P P P P FFF", State.NEW, (1, 9)),
            ("FFF", State.NEW, (1, 1)),
            ("P P P P P P P P FFF FF", State.BROKEN, (2, 10)),
            ("P P P FFP", State.NEW, (1, 5)),
            # It would not have passed on a retry, were it broken.
            ("P P P P P P P P FFP FFP F", State.FLAKY, (3, 13)),
            ("FPPPPPP", State.NEW, (1, 7)),
            # Repeated for its own sake, it counts.
            ("F PPPPP", State.FIXED, (1, 6)),
            ("P PFFPF", State.NEW, (3, 6)),
        ],
    )
    def test_of_one_run(self, runs, state, counted):
        """
        Whatever often it is tried again in one run, a failure is one.
        """
        told = [
            Result(outcome == "F", f"run-{at}")
            for at, outcomes in enumerate(runs.split())
            for outcome in outcomes
        ]

        found = assess("", "test_it", told)

        assert found is not None
        assert state is found.state
        assert counted == (found.failures, found.attempts)
        assert not found.is_bursty or state is State.BROKEN


class TestBursts:
    @pytest.mark.parametrize(("failures", "passes"), [(1, 4), (3, 4), (5, 2), (4, 4)])
    def test_exact(self, failures, passes):
        """
        The chance is the share of all orders with as few series.
        """
        size = failures + passes
        counts = []
        for places in itertools.combinations(range(size), failures):
            order = [at in places for at in range(size)]
            counts.append(1 + sum(a != b for a, b in itertools.pairwise(order)))

        for series in range(1, size + 1):
            share = sum(count <= series for count in counts) / math.comb(size, failures)
            assert share == pytest.approx(runs_chance(failures, passes, series))

    def test_bursts(self):
        """
        Failures that come together are a burst, the same number spread out is none.
        """
        assert assessed("P" * 20 + "FFFFF" + "P" * 20).is_bursty
        assert not assessed("PPPPPPPPF" * 5).is_bursty
        assert not assessed("PPPPF").is_bursty
        assert not assessed("FFF").is_bursty


class TestIncidents:
    def test_together(self):
        """
        Cases that share most of their failing runs are one incident.
        """
        fails = {"a": "PFPFPFPP", "b": "PFPFPFPP", "c": "PFPFPPPP", "d": "FPPPPPFP"}
        found = [assess("s", name, results(told)) for name, told in fails.items()]

        (incident,) = incidents(one for one in found if one)

        assert (("s", "a"), ("s", "b"), ("s", "c")) == incident.cases
        assert ("run-1", "run-3", "run-5") == incident.runs

    def test_once_together(self):
        """
        One run in which two cases fail makes no incident, nor does one in which all do.
        """
        pair = [assess("", name, results("PFP")) for name in "ab"]
        every = [assess("", f"{at}", results("FPF")) for at in range(60)]

        assert [] == incidents(one for one in pair if one)
        assert [] == incidents(one for one in every if one)

    def test_chain(self):
        """
        What fails with one of them belongs to all of them.
        """
        fails = {"a": "FFFPPP", "b": "FFFFPP", "c": "PFFFFP", "x": "PPPPPF"}
        found = [assess("", name, results(told)) for name, told in fails.items()]

        (incident,) = incidents(one for one in found if one)

        assert ("a", "b", "c") == tuple(name for _, name in incident.cases)
