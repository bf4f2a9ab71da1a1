"""
A comparison holds whatever it is given.
"""

from __future__ import annotations

import json

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st

from otel_testkit.diagnosis.comparison import compare
from otel_testkit.trace import load


GOLD = Path(__file__).parents[2] / "gold" / "runs" / "v1" / "2026-11-22T06-43-12-7f3a"
SECOND = 1_000_000_000

SPANS = st.fixed_dictionaries(
    {
        "parent": st.integers(0, 9),
        "name": st.sampled_from(
            ["GET /a", "GET /a/7", "GET [::1?a=b", "step", "", "job 3"]
        ),
        "kind": st.integers(0, 5),
        "start": st.integers(0, 5),
        "end": st.one_of(st.none(), st.integers(0, 9)),
        "status": st.sampled_from([None, 200, 404, 500]),
        "body": st.sampled_from(
            [None, "", "{}", '{"a": [1, 2]}', '{"a": {', "<p>", "\x00"]
        ),
    }
)
TESTS = st.tuples(st.booleans(), st.lists(SPANS, max_size=10))


def lines(tests: list[tuple[bool, list[dict[str, Any]]]]) -> list[str]:
    told = []
    for number, (is_failure, spans) in enumerate(tests, 1):
        for at, fields in enumerate([{"parent": None}, *spans]):
            told.append(span(number, at, fields, is_failure=is_failure))

    return told


def span(number: int, at: int, fields: dict[str, Any], *, is_failure: bool) -> str:
    attributes: dict[str, Any] = {}
    if at == 0:
        attributes["test.case.name"] = "t"
        attributes["test.case.result.status"] = "fail" if is_failure else "pass"
    elif fields["status"] is not None:
        attributes["http.request.method"] = fields["name"].partition(" ")[0] or "GET"
        attributes["url.full"] = "http://h" + fields["name"].partition(" ")[2]
        attributes["http.response.body.content"] = fields["body"] or ""
    told = {
        "traceId": f"{number:032x}",
        "spanId": f"{at + 1:016x}",
        "name": fields.get("name", "t"),
        "kind": fields.get("kind", 1),
        "startTimeUnixNano": str((100 * number + fields.get("start", 0)) * SECOND),
        "attributes": [
            {"key": key, "value": {"stringValue": value}}
            for key, value in attributes.items()
        ],
    }
    if fields["parent"] is not None:
        told["parentSpanId"] = f"{fields['parent'] + 1:016x}"
    if fields.get("status"):
        told["attributes"].append(
            {
                "key": "http.response.status_code",
                "value": {"intValue": str(fields["status"])},
            }
        )
    if fields.get("end", 9) is not None:
        told["endTimeUnixNano"] = str((100 * number + fields.get("end", 9)) * SECOND)

    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [told]}]}]})


@given(st.lists(TESTS, max_size=6))
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_trace(tmp_path, tests):
    """
    Of any attempts something sound is said, and no more is claimed than they carry.
    """
    path = tmp_path / "run.jsonl"
    path.write_text("\n".join(lines(tests)), encoding="utf-8")
    attempts = list(load(str(path)).attempts())
    failing = [one for one in attempts if one.is_failure]
    passing = [one for one in attempts if not one.is_failure]

    found = compare(failing, passing)

    known = {span.span_id for one in failing for span in one.spans}
    for difference in (*found.differences, *found.consequences):
        assert difference.statement
        assert set(difference.evidence) <= known
        assert 1 <= difference.failing <= difference.of_failing == len(failing)
        assert 0 <= difference.passing < difference.of_passing == len(passing)
        assert 0 < difference.score <= 1
        assert 0 < difference.p <= difference.q * (1 + 1e-9) <= 1 + 1e-9
    scores = [round(difference.score, 6) for difference in found.differences]
    assert sorted(scores, reverse=True) == scores
    assert found.needs or found.is_proved


def test_with_itself():
    """
    An attempt does not differ from itself.
    """
    attempt = next(one for one in load(str(GOLD)).attempts() if one.is_failure)

    found = compare([attempt], [attempt, attempt, attempt])

    assert () == found.differences


def test_foreign_case(attempts: Any) -> None:
    """
    Attempts that have nothing in common are compared as far as it goes.
    """
    attempts.passed({"method": "GET", "path": "/a", "status": 200})
    attempts.failed({"method": "PUT", "path": "/b", "status": 500})
    failing, passing = attempts.load()

    found = compare(failing, passing)

    assert (
        "PUT api /b: 500, where passing attempts never come"
        in found.differences[0].statement
    )
    assert {"PUT api /b", "GET api /a"} == {
        one.place for one in (*found.differences, *found.consequences)
    }
