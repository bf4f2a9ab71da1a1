"""
What bodies say, path by path.
"""

from __future__ import annotations

import json

import pytest

from hypothesis import given, strategies as st

from otel_testkit.diagnosis.bodies import facts, steady


class TestFacts:
    def test_json(self):
        """
        Each value has its path; the items of a list share theirs.
        """
        body = {
            "total": 2,
            "items": [{"sku": "A", "ok": True}, {"sku": "B", "ok": True}],
            "owner": None,
            "more": {},
        }

        assert {
            ".total": "2",
            ".items.length": "2",
            ".items[].sku": '"A", "B"',
            ".items[].ok": "true",
            ".owner": "null",
            ".more": "{}",
        } == facts(json.dumps(body))

    def test_what_changes(self):
        """
        Ids and dates are taken out, small numbers stay, keys that are ids are one.
        """
        one = facts('{"at": "2026-11-22T06:43:12Z", "left": "3", "by": {"4711": 1}}')
        other = facts('{"at": "2025-01-01T00:00:00Z", "left": "3", "by": {"17": 1}}')

        assert one == other == {".at": '"{}"', ".left": '"3"', ".by.{}": "1"}

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ("", "nothing"),
            ("<!DOCTYPE html><p>Oops", "a page of HTML"),
            ("<Error><Code>SlowDown</Code></Error>", "XML or HTML"),
            ('{"a": [1, 2', "JSON that ends too early, or is too long"),
            ("order 4711 is late", "order {} is late"),
            ("[" * 100_000, "JSON that ends too early, or is too long"),
        ],
    )
    def test_no_json(self, body, expected):
        """
        Of what is no JSON it is said what it is.
        """
        assert {"": expected} == facts(body)

    def test_form(self):
        """
        A form has its fields.
        """
        assert {".grant": '"code"', ".n": '"7"'} == facts("grant=code&n=7")

    def test_bounds(self):
        """
        However much is said, no more is kept than can be compared.
        """
        letters = "abcdefghijklmnopqrstuvwxyz"
        wide = facts(json.dumps({a + b: 1 for a in letters for b in letters}))
        deep = facts("[" * 500 + "]" * 500)

        assert 200 == len(wide)
        assert 8 >= max(path.count("[]") for path in deep)

    @given(st.text(max_size=200))
    def test_any_text(self, body):
        """
        Whatever a body is, it can be told.
        """
        assert facts(body)


class TestSteady:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("4999", "4999"),
            ("id = '4711-17'", "id = '{}-{}'"),
            ("user 0f8fad5b-d9cb-469f-a165-70867728950e is gone", "user {} is gone"),
            ("SELECT *\n  FROM t", "SELECT * FROM t"),
            ("x" * 500, "x" * 80 + "…"),
        ],
    )
    def test_texts(self, text, expected):
        """
        What changes from run to run is taken out, and long texts are cut.
        """
        assert expected == steady(text)
