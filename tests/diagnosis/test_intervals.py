"""
How often a test fails: held against SciPy's numbers, written down here.
"""

from __future__ import annotations

import pytest

from hypothesis import given, strategies as st

from otel_testkit.diagnosis.intervals import beta_quantile, beta_share, rate, wilson


class TestWilson:
    @pytest.mark.parametrize(
        ("count", "total", "low", "high"),
        [
            (0, 10, 0.0, 0.27753279986288926),
            (1, 10, 0.017876213095072896, 0.4041500267952385),
            (3, 20, 0.05236874589621662, 0.3604188647407569),
            (7, 7, 0.6456695649333126, 1.0),
        ],
    )
    def test_known_values(self, count, total, low, high):
        """
        The interval is that of scipy.stats.binomtest, method "wilson".
        """
        assert (low, high) == pytest.approx(wilson(count, total), abs=1e-12)

    def test_nothing_seen(self):
        """
        Of nothing, nothing is known.
        """
        assert (0.0, 1.0) == wilson(0, 0)

    @given(st.integers(0, 1000), st.integers(1, 1000))
    def test_bounds(self, count, total):
        """
        The interval holds the share that was seen, and lies within 0 and 1.
        """
        count = min(count, total)
        low, high = wilson(count, total)

        assert 0 <= low <= count / total <= high <= 1


class TestBeta:
    @pytest.mark.parametrize(
        ("count", "total", "expected"),
        [
            (
                0,
                10,
                (4.7890433157581876e-05, 0.021940166768717413, 0.21719626750921053),
            ),
            (3, 20, (0.04413134197515587, 0.15600425131561454, 0.348577710858454)),
            (7, 7, (0.7075638263376901, 0.9691329086728979, 0.9999323135357562)),
        ],
    )
    def test_known_rates(self, count, total, expected):
        """
        The bounds and the median are scipy.stats.beta's, after Jeffreys' prior.
        """
        bounds = [rate(count, total, chance) for chance in (0.025, 0.5, 0.975)]

        assert list(expected) == pytest.approx(bounds, rel=1e-9)

    def test_known_shares(self):
        """
        The share below a rate is scipy.special.betainc's.
        """
        assert beta_share(0.05, 7.5, 100.5) == pytest.approx(0.22230476130913163)
        assert beta_share(0.2, 0.5, 10.5) == pytest.approx(0.9676125883247181)
        assert beta_quantile(0.025, 300.5, 700.5) == pytest.approx(0.27220615793616126)
        assert (0.0, 1.0) == (beta_share(0, 2, 3), beta_share(1, 2, 3))

    def test_many(self):
        """
        A million attempts are as good as a few.
        """
        low, middle, high = (rate(7_100, 1_000_000, at) for at in (0.025, 0.5, 0.975))

        assert 0.00693 < low < middle < high < 0.00727
        assert 0.0071 == pytest.approx(middle, rel=1e-3)

    @given(st.floats(0.001, 0.999), st.integers(0, 300), st.integers(0, 300))
    def test_round_trip(self, chance, bad, good):
        """
        Below its quantile lies what was asked for.
        """
        a, b = bad + 0.5, good + 0.5

        assert chance == pytest.approx(beta_share(beta_quantile(chance, a, b), a, b))
