"""
The door for scripts and for runners that have no door of their own: the tests
that failed are printed when the process ends.
"""

from __future__ import annotations

import sys

from otel_testkit.recording.run import farewells


def print_at_exit() -> None:
    """
    Print the tests of this process's run at its end, on standard error.
    """
    if _print_tests not in farewells:
        farewells.append(_print_tests)


def _print_tests(folder: str, show: str) -> None:
    if show == "none" or sys.stderr is None:
        return
    # Costs milliseconds at import, and is asked once.
    from otel_testkit.store.read import may_hold_failures  # noqa: PLC0415

    if show == "failed" and not may_hold_failures(folder):
        return

    # Loads the reading wing: after the last test, and only to show one.
    from otel_testkit.report.terminal import print_run  # noqa: PLC0415
    from otel_testkit.trace import load  # noqa: PLC0415

    print_run(load(folder), sys.stderr, show=show)
