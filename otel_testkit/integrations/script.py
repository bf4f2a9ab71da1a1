"""
The door for scripts and for runners that have no door of their own: the tests
that failed are printed when the process ends, reported, and told to GitHub Actions.
"""

from __future__ import annotations

import contextlib
import os
import sys

from typing import Final

from otel_testkit.integrations.reporting import write_at_end
from otel_testkit.recording.run import farewells
from otel_testkit.settings import Settings


# GitHub takes no more than a MiB of a step, and of more than that nothing.
_MAX_SUMMARY: Final = 1_000_000


def print_at_exit() -> None:
    """
    Print the tests of this process's run at its end, on standard error.
    """
    for farewell in (_print_tests, _summarize_for_github):
        if farewell not in farewells:
            farewells.append(farewell)


def print_nothing_at_exit() -> None:
    """
    Leave it to somebody else, who has printed them already.
    """
    if _print_tests in farewells:
        farewells.remove(_print_tests)


def _print_tests(folder: str, settings: Settings) -> None:
    written = write_at_end(folder, settings.report)
    show = settings.show
    if show == "none" or sys.stderr is None:
        return
    # Costs milliseconds at import, and is asked once.
    from otel_testkit.store.read import may_hold_failures  # noqa: PLC0415

    if written is None and show == "failed" and not may_hold_failures(folder):
        return

    # Loads the reading wing: after the last test, and only to show one.
    from otel_testkit.report.terminal import print_run  # noqa: PLC0415
    from otel_testkit.trace import load  # noqa: PLC0415

    print_run(load(folder), sys.stderr, show=show, written=written)


def _summarize_for_github(folder: str, settings: Settings) -> None:
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path or not settings.github_summary:
        return

    from otel_testkit.store.read import may_hold_failures  # noqa: PLC0415  # as above

    if not may_hold_failures(folder):
        return

    from otel_testkit.report.markdown import failed_tests  # noqa: PLC0415  # as above
    from otel_testkit.trace import load  # noqa: PLC0415  # as above

    written = 0
    with contextlib.suppress(OSError):
        written = os.path.getsize(path)
    table = failed_tests(load(folder), max_bytes=_MAX_SUMMARY - written)
    if table:
        # What stands there may be a line without an end.
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"\n{table}" if written else table)
