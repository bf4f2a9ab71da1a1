"""
Things left over, and tests that depend on clocks and orders.
"""

from __future__ import annotations

import pytest

from otel_testkit.diagnosis import Cause, diagnose


TAKEN = '{"code": "already_exists", "message": "The name is already taken"}'
CONFLICT = (("AssertionError", "assert 409 == 201"),)


def causes(attempt, passing=()):
    return [one.cause for one in diagnose(attempt, passing)]


def test_left_over(tell, ask) -> None:
    """
    A name that passing attempts use and that is taken has been left over.
    """
    make = ask("POST", "/users", 201, request='{"name": "bob"}')
    refused = make | {"status": 409, "body": TAKEN}
    passing = [tell(make) for _ in range(2)]

    assert causes(tell(refused, errors=CONFLICT), passing)[0] is Cause.STATE_LEAK
    assert causes(tell(refused, errors=CONFLICT))[0] is Cause.ALREADY_EXISTS


def test_made_twice(tell, ask) -> None:
    """
    What the test made itself was not left over by another.
    """
    make = ask("POST", "/users", 201, request='{"name": "bob"}')
    attempt = tell(make, make | {"status": 409, "body": TAKEN}, errors=CONFLICT)

    assert causes(attempt, [tell(make)])[0] is Cause.ALREADY_EXISTS


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("assert [3, 1, 2] == [1, 2, 3]\n  At index 0 diff: 3 != 1", [Cause.UNORDERED]),
        ("Lists differ: [{'a': 1}, 2] != [2, {'a': 1}]", [Cause.UNORDERED]),
        ("assert [1, 2] == [1, 3]", []),
        ("assert [1, 2] == [open('x'), 2]", []),
        ("assert " + "[" * 500 + " == []", []),
        ("assert {[1]: 2} == [1]", []),
        (r"assert ['\d', 1] == [1, '\d']", [Cause.UNORDERED]),
        (
            "assert '2026-03-01T10:00:00' == '2026-03-01T12:00:00'",
            [Cause.CLOCK],
        ),
        ("assert '2026-03-01' == '2026-02-28'", [Cause.CLOCK]),
        ("assert '2026-03-01T10:00:00' == '2026-03-01T12:00:07'", []),
        ("assert '2026-03-01' == '2026-01-28'", []),
        ("assert '2026-99-01' == '2026-98-28'", []),
    ],
)
def test_comparisons(tell, message, expected) -> None:
    """
    Items in another order and times that are whole hours apart are seen.
    """
    assert causes(tell(errors=(("AssertionError", message),))) == expected


def test_zones(tell) -> None:
    """
    A time without a zone beside one that has one is told.
    """
    message = "can't compare offset-naive and offset-aware datetimes"

    assert causes(tell(errors=(("TypeError", message),))) == [Cause.CLOCK]
