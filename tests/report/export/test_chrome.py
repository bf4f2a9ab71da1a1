"""
The trace format of chrome://tracing: lanes, times and names.
"""

from __future__ import annotations

import json

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from hypothesis import given, settings, strategies as st

from otel_testkit.report.export.formats import export
from otel_testkit.report.export.lanes import lay_out
from otel_testkit.trace import Run, Span, load

from .conftest import whole
from .forms import check_chrome, check_nesting


GOLD = Path(__file__).parents[2] / "gold" / "runs" / "v1" / "2026-11-22T06-43-12-7f3a"
START = 1_795_329_792_000_000_000
# Of each span: its parent, a service, and when it starts and how long it takes.
TREES = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.sampled_from(["tests", "api", ""]),
        st.integers(0, 12),
        st.integers(0, 12),
    ),
    min_size=1,
    max_size=30,
)


def file_of(spans: list[tuple[int, str, int, int]], scale: int) -> str:
    """
    A file of *spans*, each of which may lie anywhere, whatever its parent does.
    """
    return "".join(
        json.dumps(
            {
                "resourceSpans": [
                    {
                        "resource": {
                            "attributes": [
                                {
                                    "key": "service.name",
                                    "value": {"stringValue": service},
                                }
                            ]
                        },
                        "scopeSpans": [
                            {
                                "spans": [
                                    {
                                        "traceId": "a" * 32,
                                        "spanId": f"{number:016x}",
                                        "parentSpanId": f"{parent:016x}",
                                        "startTimeUnixNano": str(START + start * scale),
                                        "endTimeUnixNano": str(
                                            START + (start + took) * scale
                                        ),
                                    }
                                ]
                            }
                        ],
                    }
                ]
            }
        )
        + "\n"
        for number, (parent, service, start, took) in enumerate(spans, 1)
    )


def loaded(path: Path, text: str) -> Run:
    path.write_text(text, "utf-8")

    return load(str(path))


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("chrome") / "run.jsonl"


def spans_of(document: Any) -> list[Any]:
    return [event for event in document["traceEvents"] if event["ph"] == "X"]


@settings(deadline=None)
@given(TREES, st.sampled_from([1, 7, 333, 10**9, 10**14]))
def test_what_lies_in_a_lane_nests(
    path: Path, spans: list[tuple[int, str, int, int]], scale: int
) -> None:
    """
    Whatever overlaps lies in different lanes, whatever the spans: in nanoseconds, in
    seconds and over months.
    """
    run = loaded(path, file_of(spans, scale))
    document = json.loads("".join(export("chrome", whole(run))))

    check_chrome(document)
    assert len(spans) == len(spans_of(document))


@settings(deadline=None)
@given(TREES)
def test_a_lane_shows_parts_only_inside_of_their_whole(
    path: Path, spans: list[tuple[int, str, int, int]]
) -> None:
    """
    A span lies inside of its parent, or of nothing at all: never of a sibling that is
    longer.
    """
    run = loaded(path, file_of(spans, 1))
    going: dict[tuple[str, int], list[Span]] = {}

    for span, group, lane in lay_out(
        run.loose, lambda span: span.resource["service.name"]
    ):
        stack = going.setdefault((group, lane), [])
        while stack and stack[-1].last_seen <= span.start:
            stack.pop()
        assert not stack or span in stack[-1].children
        stack.append(span)


def test_siblings_one_after_the_other_share_a_lane(run_folder, exported) -> None:
    """
    A test that does one thing at a time takes one lane, and so do the tests after it.
    """
    for number in range(3):
        test = run_folder.test(
            "test_a", number, number + 1.0, trace_id=f"{number + 1:032x}"
        )
        for at in (0.1, 0.3, 0.5):
            run_folder.step("s", number + at, number + at + 0.2, test)

    document = exported("chrome", run_folder.write())

    assert 12 == len(spans_of(document))
    assert 1 == len({event["tid"] for event in spans_of(document)})


def test_many_at_the_same_time(run_folder, exported) -> None:
    """
    Each of what goes on at the same time has a lane of its own, as few as can be.
    """
    test = run_folder.test("test_gather", 0.0, 9.0)
    for number in range(50):
        run_folder.step("s", 1.0, 2.0 + number / 100, test)
        run_folder.step("s", 3.0, 4.0, test)

    document = exported("chrome", run_folder.write())

    check_chrome(document)
    assert 50 == len({event["tid"] for event in spans_of(document)})


def test_names_times_and_attributes(failing_run, exported) -> None:
    """
    Times are microseconds after the first one with all their digits; names say what
    was called and what came of it; the rest is in the arguments.
    """
    failing_run.log("slow", 0.4200015, "0000000000000001", logger="orders")
    document = exported("chrome", failing_run.write())
    call = next(event for event in spans_of(document) if "429" in event["name"])
    log = next(event for event in document["traceEvents"] if event.get("cat") == "log")

    check_chrome(document)
    assert "POST lambda …/invocations 429" == call["name"]
    assert ("call", "terrible", 420_000.0, 90_000.0) == tuple(
        call[name] for name in ("cat", "cname", "ts", "dur")
    )
    assert 429 == call["args"]["http.response.status_code"]
    assert ("slow", 420_001.5, "orders") == (
        log["name"],
        log["ts"],
        log["args"]["logger"],
    )
    assert {"tests"} == {
        event["args"]["name"]
        for event in document["traceEvents"]
        if event["name"] == "process_name"
    }


@pytest.mark.parametrize("nanoseconds", [1, 1001, 123_456_789, 2**50 - 1])
def test_no_nanosecond_is_lost(run_folder, exported, nanoseconds) -> None:
    """
    A reader that cuts off digits has the same nanoseconds as one that rounds.
    """
    run_folder.test("test_exact", 0.0, Fraction(nanoseconds, 10**9))

    (span,) = spans_of(exported("chrome", run_folder.write()))

    assert nanoseconds == int(span["dur"] * 1_000) == round(span["dur"] * 1_000)


def test_gold(exported) -> None:
    """
    A run with all that can go wrong has valid lanes.
    """
    document = exported("chrome", str(GOLD))

    check_chrome(document)
    assert 56 == len(spans_of(document))


def test_the_check_is_one() -> None:
    """
    Spans that overlap are found by the check that the others rely on.
    """
    with pytest.raises(AssertionError):
        check_nesting([(0, 10), (5, 11)])


def test_a_name_of_blanks_is_none(exported, run_folder) -> None:
    """
    A span that nobody can see the name of is said to have none.
    """
    run_folder.span("\r", 0, 1)

    shown = exported("chrome", run_folder.write())["traceEvents"]

    assert ["(no name)"] == [event["name"] for event in shown if event["ph"] == "X"]
