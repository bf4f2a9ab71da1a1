"""
From the run folders to what is known of each case: the index is brought up to date,
and asked.
"""

from __future__ import annotations

import math
import os
import time

from collections.abc import Iterator
from typing import Final

from otel_testkit import semconv
from otel_testkit.diagnosis.flakiness import Flakiness, State, assess
from otel_testkit.errors import UnreadableRun
from otel_testkit.store import layout
from otel_testkit.store.index import Index, IndexedAttempt, LastFailure
from otel_testkit.trace import Outcome, Run, load
from otel_testkit.trace.fields import text


_NAME: Final = "index.sqlite3"
# After so many nanoseconds without a line, a test without an end was killed.
_QUIET: Final = 600 * 10**9
# What says nothing about the code: it was not run, or nobody knows how it ended.
_NO_RESULT: Final = frozenset({Outcome.SKIPPED, Outcome.UNKNOWN})
_ORDER: Final = (State.BROKEN, State.FLAKY, State.NEW, State.FIXED)


def open_index(directory: str, *, until: float = math.inf) -> Index:
    """
    Open the index of the store in *directory*, and read into it the runs that are
    new, or have grown; the newest first, and no further one after *until*, in seconds
    of the monotonic clock.
    """
    index = Index(os.path.join(directory, _NAME))
    known = index.signatures()
    for folder in layout.run_folders(directory):
        if time.monotonic() > until:
            break
        name = os.path.basename(folder)
        signature, goes_on = _signature(folder)
        if known.get(name) == signature:
            continue
        try:
            run = load(folder, tests_only=True)
        except UnreadableRun:
            continue
        index.put(name, signature, _attempts(run, goes_on=goes_on))

    return index


def flaky(index: Index, *, since: int = 0, least_attempts: int = 1) -> list[Flakiness]:
    """
    Tell of each case that has failed *since*, in nanoseconds since 1970, how it fares;
    what is broken first, then what fails most often.
    """
    rows = index.failing_cases(since=since, least_attempts=least_attempts)
    found = [assess(suite, case, results) for suite, case, results in rows]

    return sorted(
        (one for one in found if one is not None),
        key=lambda one: (_ORDER.index(one.state), -one.rate, one.suite, one.case),
    )


def last_failures(directory: str) -> list[tuple[str, LastFailure]]:
    """
    Give each case that has ever failed in the store in *directory*, and where it did so
    last, as far as that is known: nothing is read for it.
    """
    path = os.path.join(directory, _NAME)
    if not os.path.exists(path):
        return []
    with Index(path) as index:
        return [
            (case, last)
            for suite, case in list(index.failed_cases())
            if (last := index.last_failure(suite, case))
        ]


def _attempts(run: Run, *, goes_on: bool) -> Iterator[IndexedAttempt]:
    for attempt in run.attempts():
        if attempt.outcome in _NO_RESULT or (goes_on and attempt.is_open):
            continue
        tags = attempt.tags
        # On a desk, a revision is not yet the code that ran.
        is_sure = semconv.CI_PROVIDER in tags
        revision = text(tags, semconv.VCS_REF_HEAD_REVISION) if is_sure else ""

        yield IndexedAttempt(
            suite=attempt.suite,
            case=attempt.case,
            start=attempt.start,
            duration=attempt.duration,
            is_failure=attempt.is_failure,
            revision=revision,
            trace_id=attempt.trace_id,
            error=attempt.errors[0].type if attempt.errors else "",
        )


def _signature(folder: str) -> tuple[str, bool]:
    """
    Tell what *folder* looks like: how many files, how many bytes, how new; and whether
    its run may still go on.
    """
    count = size = newest = 0
    try:
        for entry in os.scandir(folder):
            found = entry.stat()
            count, size = count + 1, size + found.st_size
            newest = max(newest, found.st_mtime_ns)
    except OSError:
        # Removed in between.
        return "", False

    goes_on = time.time_ns() - newest < _QUIET

    return f"{count} {size} {newest} {goes_on}", goes_on
