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


def leave_printing_to_others() -> None:
    """
    For a framework's door, which prints in its own place.
    """
    if _print_tests in farewells:
        farewells.remove(_print_tests)


def _print_tests(folder: str, show: str) -> None:
    if show == "none" or sys.stderr is None:
        return

    # Loads the reading wing: after the last test, and only for a run of tests.
    from otel_testkit.report.terminal import print_run  # noqa: PLC0415
    from otel_testkit.trace import load  # noqa: PLC0415

    print_run(load(folder), sys.stderr, show=show)
