"""
When a test failed, as runners note it.
"""

from __future__ import annotations

import pytest

from otel_testkit.diagnosis.comparison import compare
from otel_testkit.diagnosis.failure import failed_at
from otel_testkit.trace import load


@pytest.fixture
def attempt(run_folder, make_exception):
    """
    Make an attempt as pytest leaves it: its call ends after a second, and what it raised
    is *noted* then or later; *more* is asked at a time after the call.
    """

    def attempt(noted, *, asks=True, more=None, number=1, is_good=False):
        run = type(run_folder)(run_folder.path.with_name(f"run-{number}"))
        event = make_exception("AssertionError", "no")
        event["timeUnixNano"] = str(int(event["timeUnixNano"]) + round(noted * 1e9))
        failed = {} if is_good else {"status": 2, "error.type": "AssertionError"}
        test = run.test(
            "test_it",
            0.0,
            noted + 0.2,
            "passed" if is_good else "failed",
            exceptions=None if is_good else [event],
            trace_id=f"{number:032x}",
            **failed,
        )
        call = run.span("call", 0.01, 1.0, test, **failed)
        run.call("GET", "http://api.test/a", 200, 0.1, 0.2, call)
        if is_good:
            run.call("GET", "http://api.test/b", 200, 0.3, 0.4, call)
        if more:
            run.call("GET", "http://api.test/c", 200, more, more + 0.1, test)

        return next(load(run.write()).attempts())

    return attempt


@pytest.mark.parametrize(
    ("noted", "more", "failed"), [(1.5, None, 1.0), (1.5, 1.2, 1.5), (0.9, None, 0.9)]
)
def test_what_is_noted_later(attempt, noted, more, failed) -> None:
    """
    A test failed when its failing step came to its end, though a runner notes it later;
    unless the test went on.
    """
    made = attempt(noted, more=more)

    assert failed_at(made) == made.start + round(failed * 1e9)


def test_no_consequence_is_a_difference(attempt) -> None:
    """
    What came after that, and the time that the runner's report took, is no difference.
    """
    passing = [attempt(0, number=number, is_good=True) for number in (2, 3, 4)]
    found = compare([attempt(9.0)], passing)

    assert [] == [one.statement for one in found.differences]
    assert [one.place for one in found.consequences] == ["GET api /b"]
