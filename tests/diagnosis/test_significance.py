"""
What counts can prove: held against SciPy's numbers, written down here.
"""

from __future__ import annotations

import math

import pytest

from hypothesis import given, strategies as st

from otel_testkit.diagnosis.significance import (
    LEVEL,
    benjamini_hochberg,
    fisher,
    is_provable,
    more_failing,
    more_passing,
)


COUNTS = st.integers(0, 12)


class TestFisher:
    @pytest.mark.parametrize(
        ("failing", "of_failing", "passing", "of_passing", "expected"),
        [
            (4, 4, 0, 37, 9.874592673052236e-06),
            (3, 4, 2, 20, 0.01835121400338792),
            (5, 6, 10, 40, 0.010472925760602398),
            (1, 1, 0, 5, 1 / 6),
            (0, 3, 2, 9, 1.0),
        ],
    )
    def test_known_values(self, failing, of_failing, passing, of_passing, expected):
        """
        The chance is that of scipy.stats.fisher_exact(alternative="greater").
        """
        chance = fisher(failing, of_failing, passing, of_passing)

        assert expected == pytest.approx(chance, rel=1e-12)

    @given(failing=st.integers(1, 12), passing=COUNTS)
    def test_perfect_separation(self, failing, passing):
        """
        What all failing attempts show and no other has one chance in all choices.
        """
        chance = fisher(failing, failing, 0, passing)

        assert 1 / math.comb(failing + passing, failing) == pytest.approx(chance)

    @given(showing=st.integers(0, 20), of_failing=COUNTS, of_passing=COUNTS)
    def test_all_divisions(self, showing, of_failing, of_passing):
        """
        As the chance that at least none is among the failing ones, it is certain.
        """
        showing = min(showing, of_failing + of_passing)
        least = max(0, showing - of_passing)

        assert fisher(least, of_failing, showing - least, of_passing) == pytest.approx(
            1
        )


class TestBenjaminiHochberg:
    def test_known_values(self):
        """
        The q's are those of scipy.stats.false_discovery_control, in their order.
        """
        assert [0.02, 0.04, 0.04, 0.02] == pytest.approx(
            benjamini_hochberg([0.01, 0.04, 0.03, 0.005])
        )
        assert [] == benjamini_hochberg([])

    @given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
    def test_order(self, chances):
        """
        No q is below its p, none above 1, and a smaller p has no larger q.
        """
        adjusted = benjamini_hochberg(chances)
        pairs = sorted(zip(chances, adjusted, strict=True))

        assert all(p <= q * (1 + 1e-12) and q <= 1 for p, q in pairs)
        assert sorted(q for _, q in pairs) == [q for _, q in pairs]


class TestEnough:
    def test_provable(self):
        """
        What one of seven shows can never be told from chance, what two show can.
        """
        assert not is_provable(1, 2, 5)
        assert is_provable(2, 2, 5)
        # Shown by nearly all, it says nothing either.
        assert not is_provable(6, 2, 5)

    @pytest.mark.parametrize(
        ("failing", "hypotheses", "expected"),
        [(1, 1, 4), (2, 60, 29), (3, 60, 9), (5, 60, 2)],
    )
    def test_more_passing(self, failing, hypotheses, expected):
        """
        So many passing runs beyond the first five make a perfect separation sure.
        """
        more = more_passing(failing, failing, 0, 5, hypotheses)

        assert expected == more
        enough = fisher(failing, failing, 0, 5 + expected)
        too_few = fisher(failing, failing, 0, 5 + expected - 1)
        assert enough * hypotheses <= LEVEL < too_few * hypotheses

    def test_more_failing(self):
        """
        Failing runs prove it sooner than passing ones.
        """
        assert 3 == more_failing(1, 1, 0, 5, 10)
        assert 94 == more_passing(1, 1, 0, 5, 10)

    def test_never(self):
        """
        Where no number of runs is enough, none is told.
        """
        assert more_failing(1, 1, 0, 0, 5) is None
        assert more_passing(1, 1, 0, 5, 1_000_000) is None
