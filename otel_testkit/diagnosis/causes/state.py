"""
What a test finds where it did not put it: things of other tests, a clock, an order.
"""

from __future__ import annotations

import ast
import re
import warnings

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from otel_testkit.diagnosis.advice import NEXT
from otel_testkit.diagnosis.finding import Cause, Confidence, Finding
from otel_testkit.diagnosis.scene import Lead, Scene
from otel_testkit.diagnosis.trouble import Trouble
from otel_testkit.diagnosis.wording import told
from otel_testkit.trace.model import Call


_LEFT_OVER: Final = 12.0
_ORDER: Final = 4.0
_CLOCK: Final = 3.5
_COMPARED: Final = re.compile(r"^(?:assert )?(.{1,4000}?) == (.{1,4000})$")
_UNLIKE: Final = re.compile(r"^(?:Lists differ: )?(\[.*\]) != (\[.*\])$")
_MOMENT: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?)?"
)
_MIXED: Final = re.compile(r"offset-naive and offset-aware", re.IGNORECASE)
_QUARTER: Final = timedelta(minutes=15)
# The farthest that two zones are from each other.
_FARTHEST: Final = timedelta(hours=26)


def left_over(scene: Scene) -> Iterator[Lead]:
    """
    Find what exists already though this test has not made it yet, under a name that
    passing attempts use, too.
    """
    if not scene.attempt.is_failure:
        return

    for trouble in scene.troubles:
        if trouble.meaning.cause is not Cause.ALREADY_EXISTS or trouble.is_expected:
            continue
        if trouble.recovered_by or _made_before(trouble, scene):
            continue
        if not _same_name_elsewhere(trouble.call, scene):
            continue
        yield Lead(
            Finding(
                cause=Cause.STATE_LEAK,
                confidence=Confidence.LIKELY,
                evidence=tuple(call.span_id for call in trouble.calls),
                statement=f"{told(trouble.call)}: this test has not made it, and "
                "passing attempts ask for the same name",
                next_step=NEXT[Cause.STATE_LEAK],
            ),
            _LEFT_OVER,
        )


def order_of_items(scene: Scene) -> Iterator[Lead]:
    """
    Find an assertion that compares the same items in another order.
    """
    for left, right in _compared(scene):
        if not (isinstance(left, list) and isinstance(right, list)):
            continue
        if left == right or Counter(map(repr, left)) != Counter(map(repr, right)):
            continue
        yield Lead(
            Finding(
                cause=Cause.UNORDERED,
                confidence=Confidence.LIKELY,
                evidence=_last_call(scene),
                statement=f"the {len(left)} items that were compared are the same, in "
                "another order",
                next_step=NEXT[Cause.UNORDERED],
            ),
            _ORDER,
        )
        return


def clock(scene: Scene) -> Iterator[Lead]:
    """
    Find an assertion whose two times are hours or a day apart, to the second.
    """
    if not scene.attempt.is_failure:
        return

    for error in scene.errors:
        statement = ""
        if _MIXED.search(error.message):
            statement = "a time with a zone was compared with one that has none"
        elif error.short_type in ("AssertionError", "Failed"):
            statement = _shift(error.message)
        if not statement:
            continue
        yield Lead(
            Finding(
                cause=Cause.CLOCK,
                confidence=Confidence.LIKELY,
                evidence=_last_call(scene),
                statement=statement,
                next_step=NEXT[Cause.CLOCK],
            ),
            _CLOCK,
        )
        return


def _made_before(trouble: Trouble, scene: Scene) -> bool:
    first = trouble.calls[0]

    return any(
        call.method == first.method
        and (call.peer, call.path) == (first.peer, first.path)
        and call.request_body == first.request_body
        and not call.is_failing
        and call.start < first.start
        for call in scene.calls
    )


def _same_name_elsewhere(call: Call, scene: Scene) -> bool:
    return any(
        (other.path, other.request_body) == (call.path, call.request_body)
        and not other.is_failing
        for other in scene.alike(call)
    )


def _compared(scene: Scene) -> Iterator[tuple[Any, Any]]:
    for error in scene.errors:
        if error.short_type != "AssertionError":
            continue
        line = error.message.strip().partition("\n")[0]
        for pattern in (_COMPARED, _UNLIKE):
            if (found := pattern.match(line)) is None:
                continue
            try:
                yield _value(found[1]), _value(found[2])
            except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                continue


def _value(text: str) -> Any:
    with warnings.catch_warnings():
        # What looks odd to the compiler is not the reader's.
        warnings.simplefilter("ignore")
        return ast.literal_eval(text)


def _shift(message: str) -> str:
    line = message.strip().partition("\n")[0]
    found = _COMPARED.match(line)
    if found is None:
        return ""
    left, right = _MOMENT.findall(found[1]), _MOMENT.findall(found[2])
    if len(left) != 1 or len(right) != 1 or len(left[0]) != len(right[0]):
        return ""

    try:
        one, other = (datetime.fromisoformat(moment) for moment in (left[0], right[0]))
        apart = abs(one - other)
    except (TypeError, ValueError):
        return ""
    if len(left[0]) == len("2026-01-01"):
        return "two dates are a day apart" if apart == timedelta(days=1) else ""
    if not apart or apart > _FARTHEST or apart % _QUARTER:
        return ""

    return f"two times are {apart} apart, to the second"


def _last_call(scene: Scene) -> tuple[str, ...]:
    return ((scene.calls[-1] if scene.calls else scene.attempt.span).span_id,)
