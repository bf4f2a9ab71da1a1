"""
What pytest's summary says of the traces: loaded after the last test.
"""

from __future__ import annotations

from typing import IO, Any, cast

from otel_testkit.integrations import script
from otel_testkit.recording.run import Run
from otel_testkit.report.listing import size_text
from otel_testkit.report.terminal import print_run
from otel_testkit.store import layout
from otel_testkit.store.read import may_hold_failures, size_of
from otel_testkit.trace import load


def print_summary(reporter: Any, folder: str | None, show: str) -> None:
    """
    Print the tests of the run in *folder* that are to be shown, and where it is.
    """
    # Whatever is left out here is so on purpose, at the end of the process, too.
    script.print_nothing_at_exit()
    if show == "none" or folder is None:
        return

    terminal = reporter.config.get_terminal_writer()
    if show == "all" or may_hold_failures(folder):
        run = load(folder)
        if show == "all" or any(case.failing_attempt for case in run.cases):
            reporter.section("otel_testkit")
            print_run(run, cast("IO[str]", _Terminal(terminal)), show=show)
            return
    if reporter.config.option.verbose >= 0:
        size = size_text(size_of(folder))
        reporter.section("otel_testkit")
        reporter.write_line(f"  run    {layout.near_path(folder)} ({size})")


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
