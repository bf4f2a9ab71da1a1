"""
Calls that took longer than ever, and what hangs on how long they take.
"""

from __future__ import annotations

import re
import statistics

from collections.abc import Iterator
from typing import Final

from otel_testkit.diagnosis.advice import NEXT
from otel_testkit.diagnosis.finding import Cause, Confidence, Finding
from otel_testkit.diagnosis.scene import Lead, Scene
from otel_testkit.diagnosis.wording import between, duration
from otel_testkit.trace.model import Call


_SLOW: Final = 2.5
_ABOUT_TIME: Final = 2.0
_MEASURED: Final = 3.0
# So many times the median, so many nanoseconds more, beside so many calls at least:
# of any failure, and of one that is about time.
_CLEAR: Final = (3.0, 200_000_000, 3)
_FELT: Final = (2.0, 50_000_000, 1)
_LEAST_TO_BE_LIKELY: Final = 2
_MOST: Final = 0.5
# What a test measures is hardly more than what it measures takes.
_OF_MEASURED: Final = 0.9
_LATE: Final = re.compile(
    r"time[sd]?[- ]?out|timed? ?limit|deadline|too (?:slow|long)\b", re.IGNORECASE
)
_A_TIME: Final = re.compile(
    r"elapsed|latency|duration|\btook\b|time|seconds|perf_counter|monotonic",
    re.IGNORECASE,
)
_LESS: Final = re.compile(r"(?<![\w.])(\d+\.\d{2,})(?:\d|e-?\d+)*\s*<=?\s*\d")
_BOUND: Final = re.compile(r"[<>]")
_SECOND: Final = 1_000_000_000


def is_late(scene: Scene) -> bool:
    """
    Tell whether the failure says that something took too long.
    """
    return bool(_LATE.search(scene.said))


def usual_time(call: Call, scene: Scene) -> str:
    """
    Say how long *call* takes in passing attempts, to be added to what it took here; ""
    where that is not known, or much the same.
    """
    usual = [one.duration for one in scene.alike(call) if not one.is_failing]
    if not usual or call.duration < _FELT[0] * max(usual):
        return ""

    return (
        f", {between(duration(min(usual)), duration(max(usual)))} when the test passes"
    )


def waited(cause: Cause, call: Call | None, scene: Scene) -> str:
    """
    Say of a *call* that came too late how long it took, where passing attempts have
    its answer much earlier.
    """
    if call is None or cause not in (Cause.TIMEOUT, Cause.GATEWAY_TIMEOUT):
        return ""

    usual = usual_time(call, scene)

    return f" after {duration(call.duration)}{usual}" if usual else ""


def slower_than_ever(scene: Scene) -> Iterator[Lead]:
    """
    Find the call that took much longer than in each passing attempt.
    """
    if not scene.attempt.is_failure:
        return

    is_about_time = is_late(scene) or _compares_times(scene)
    factor, more, least = _FELT if is_about_time else _CLEAR
    slowest: tuple[float, Call, list[int]] | None = None
    for call in scene.calls:
        usual = [other.duration for other in scene.alike(call)]
        if len(usual) < least:
            continue
        median = statistics.median(usual)
        if call.duration < max(factor * median, median + more, *usual):
            continue
        if slowest is None or call.duration - median > slowest[0]:
            slowest = (call.duration - median, call, usual)
    if slowest is None:
        return

    delay, call, usual = slowest
    hangs_on_it = is_about_time and _explains(delay, scene)
    sure = hangs_on_it and len(usual) >= _LEAST_TO_BE_LIKELY
    yield Lead(
        Finding(
            cause=Cause.SLOW,
            confidence=Confidence.LIKELY if sure else Confidence.POSSIBLE,
            evidence=(call.span_id,),
            statement=f"{call.summary} took {duration(call.duration)}"
            + usual_time(call, scene),
            next_step=NEXT[Cause.SLOW],
        ),
        _SLOW + _ABOUT_TIME * hangs_on_it,
    )


def longer_than_allowed(scene: Scene) -> Iterator[Lead]:
    """
    Find the call that took as long as what the test measured, and found too long.
    """
    call = _measured(scene)
    if call is None:
        return

    yield Lead(
        Finding(
            cause=Cause.SLOW,
            confidence=Confidence.LIKELY,
            evidence=(call.span_id,),
            statement=f"{call.summary} took {duration(call.duration)}, which is what "
            "the test measured, and more than it allows",
            next_step=NEXT[Cause.SLOW],
        ),
        _MEASURED,
    )


def _explains(delay: float, scene: Scene) -> bool:
    """
    Tell whether *delay* is most of what the test took longer until it failed. A poll
    that ran out takes longer for another reason.
    """
    usual = statistics.median(one.duration for one in scene.passing)

    return delay >= _MOST * (scene.time - scene.attempt.start - usual)


def _compares_times(scene: Scene) -> bool:
    return scene.is_assertion and bool(
        _A_TIME.search(scene.said) and _BOUND.search(scene.said)
    )


def _measured(scene: Scene) -> Call | None:
    """
    Find the call that a number is about which an assertion wanted to be less.
    """
    if not scene.attempt.is_failure or not _compares_times(scene):
        return None

    for found in _LESS.finditer(scene.said):
        for unit in (_SECOND, _SECOND // 1000):
            time = float(found[1]) * unit
            for call in scene.calls:
                if _OF_MEASURED * time <= call.duration <= time:
                    return call

    return None
