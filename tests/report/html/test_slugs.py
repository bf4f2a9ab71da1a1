"""
Names of files for tests.
"""

from __future__ import annotations

import pytest

from hypothesis import given, strategies as st

from otel_testkit.report.html.slugs import Slugs


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("tests/test_orders.py::test_refund", "test_refund"),
        ("tests/test_orders.py::TestRefund::test_it", "test_it"),
        ("tests/test_orders.py::test_refund[a/b-../..]", "test_refund-a-b"),
        ("test_orders.TestRefund.test_it", "test_orders-TestRefund-test_it"),
        ("Scenario: two  users", "Scenario-two-users"),
    ],
)
def test_a_slug_is_what_the_test_is_called(name, slug):
    """
    Of a test's name, that is its function and its parameters.
    """
    assert slug == Slugs().of(name)


@given(st.lists(st.text(), max_size=20))
def test_no_two_are_the_same(names):
    """
    Whatever tests are called, each has a file of its own, on every disk.
    """
    slugs = Slugs()

    made = [slugs.of(name) for name in names]

    assert len(made) == len({slug.lower() for slug in made})
    assert all(
        slug and slug.replace("-", "").replace("_", "").isascii() for slug in made
    )
    assert all(len(slug) <= 120 for slug in made)
    assert not any(slug.lower() in ("con", "nul", "com1") for slug in made)


@pytest.mark.parametrize("name", ["con", "NUL", "com1", "", "…", "x" * 300])
def test_names_that_no_disk_takes(name):
    """
    Devices, nothing at all and what is too long get a mark.
    """
    assert name[:100] != Slugs().of(name)
