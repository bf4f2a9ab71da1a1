"""
What pytest's summary says of the traces: loaded after the last test.
"""

from __future__ import annotations

import os

from typing import IO, Any, cast

import pytest

from otel_testkit.integrations import script
from otel_testkit.integrations.reporting import write_at_end
from otel_testkit.recording.run import Run
from otel_testkit.report.listing import size_text
from otel_testkit.report.terminal import print_run
from otel_testkit.settings import bool_or_path
from otel_testkit.store import layout
from otel_testkit.store.read import may_hold_failures, size_of
from otel_testkit.trace import load


def print_summary(
    reporter: Any,
    folder: str | None,
    show: str,
    report: bool | str,  # noqa: FBT001 - as it is set
) -> None:
    """
    Write the *report* of the run in *folder* if that is asked for, print the tests that
    are to be shown, and where it is.
    """
    # Whatever is left out here is so on purpose, at the end of the process, too.
    script.print_nothing_at_exit()
    if folder is None:
        return

    written = write_at_end(folder, report)
    if show == "none":
        return

    terminal = reporter.config.get_terminal_writer()
    if show == "all" or may_hold_failures(folder):
        run = load(folder)
        if show == "all" or any(case.failing_attempt for case in run.cases):
            reporter.section("otel_testkit")
            file = cast("IO[str]", _Terminal(terminal))
            print_run(run, file, show=show, written=written)
            return
    if reporter.config.option.verbose >= 0:
        size = size_text(size_of(folder))
        reporter.section("otel_testkit")
        if written is not None:
            reporter.write_line(f"  report {layout.near_path(written.report)}")
        reporter.write_line(f"  run    {layout.near_path(folder)} ({size})")


def asked_report(config: pytest.Config) -> bool | str | None:
    """
    Tell whether, or to which path, a report is asked for by option or in pytest's
    settings; None where neither says, and none where tests are set up, but not run.
    """
    if getattr(config.option, "setuponly", False):
        return False
    path = config.getoption("trace_report")
    if path is not None:
        return os.path.join(config.invocation_params.dir, path) if path else True
    told = config.getini("trace_report").strip()
    if not told:
        return None
    report = bool_or_path(told)

    return os.path.join(config.rootpath, report) if isinstance(report, str) else report


def print_receipt(reporter: Any, run: Run) -> None:
    """
    Print what of *run* has been sent, where it was to be, and what has not.
    """
    receipt = run.take_receipt()
    if receipt is None:
        return
    if reporter.config.option.verbose >= 0 and (
        receipt.is_complete or receipt.has_sent
    ):
        reporter.write_line(f"  sent   {receipt.sent_text()}")
    if trouble := receipt.trouble_text(run.writer.folder or run.id):
        reporter.write_line(f"  unsent {trouble}", yellow=True)


class _Terminal:
    """
    pytest's terminal, as a file.
    """

    def __init__(self, terminal: Any) -> None:
        self._terminal = terminal
        file = getattr(terminal, "_file", None)
        self.encoding: str = getattr(file, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        self._terminal.write(text)

        return len(text)

    def flush(self) -> None:
        self._terminal.flush()

    def isatty(self) -> bool:
        return bool(self._terminal.hasmarkup)

    def fileno(self) -> int:
        return cast("int", self._terminal._file.fileno())  # noqa: SLF001  # asked for its width
