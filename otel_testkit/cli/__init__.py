"""
`otel-testkit`: what was recorded, in a terminal.

Exit code 0 also for runs in which tests failed, for they were shown; 1 for what
could not be sent; 2 for what was asked wrongly.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import sys
import time

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from otel_testkit.errors import BadEndpoint, UnreadableRun
from otel_testkit.semconv import VERSION
from otel_testkit.store.find import find_run
from otel_testkit.store.layout import project_root, run_folders
from otel_testkit.store.read import size_of
from otel_testkit.trace import Attempt, Case, Log, Run, Span, load


_DIRECTORY: Final = ".otel-testkit"
_ASKED_WRONGLY: Final = 2
# As the shell reports a process that these signals ended.
_INTERRUPTED: Final = 130
_BROKEN_PIPE: Final = 141


class _SelectionError(Exception):
    """
    The run is there, and what was asked for is not in it.
    """


@dataclass(frozen=True, slots=True)
class _Selection:
    """
    What of a run is to be shown: cases, of these the attempts, spans that belong
    to none, and log records that belong to no span.
    """

    cases: list[Case]
    attempts: list[Attempt]
    loose: list[Span]
    logs: list[Log]


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run the command line *arguments*, by default those of the process.
    """
    options = _parser().parse_args(arguments)

    try:
        status: int | None = options.command(options)
        sys.stdout.flush()
    except (UnreadableRun, _SelectionError, BadEndpoint) as error:
        # Imported late: only those who need it pay for it.
        from otel_testkit.report.text import harmless  # noqa: PLC0415

        message = f"otel-testkit: {harmless(str(error))}\n"
        encoding = sys.stderr.encoding or "utf-8"
        sys.stderr.write(message.encode(encoding, "backslashreplace").decode(encoding))
        return _ASKED_WRONGLY
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Python flushes standard output once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE

    return status or 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="otel-testkit", description="Says why an integration test failed."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {VERSION}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    show = commands.add_parser(
        "show",
        help="show the failed tests of a run",
        description="Show the failed tests of a run: their errors and their calls.",
    )
    show.add_argument(
        "run",
        nargs="?",
        metavar="RUN",
        help="a run's id, the beginning or end of one, a run's folder, or a file of "
        "OTLP/JSON lines (default: the newest run with tests)",
    )
    show.add_argument(
        "--case", metavar="NAME", help="only tests of this name, or with it in theirs"
    )
    show.add_argument(
        "--trace", metavar="ID", help="only the trace whose id begins like this"
    )
    show.add_argument(
        "--all",
        action="store_true",
        help="all tests, also those that passed, with all their spans",
    )
    show.set_defaults(command=_show)

    runs = commands.add_parser(
        "runs", help="list the runs", description="List the runs, the newest first."
    )
    runs.set_defaults(command=_runs)

    send = commands.add_parser(
        "send",
        help="send runs to an OTLP endpoint",
        description="Send what of RUN... has not been delivered yet, by default of all "
        "runs that were to be. Exit code 1 where something is still left.",
    )
    send.add_argument(
        "runs", nargs="*", metavar="RUN", help="a run, as for `show`: the whole of it"
    )
    send.add_argument(
        "--endpoint",
        metavar="URL",
        default=None,
        help="the base URL of an OTLP/HTTP endpoint (default: as for the tests, by "
        "setting or OTEL_EXPORTER_OTLP_ENDPOINT)",
    )
    send.set_defaults(command=_send)

    for command in (show, runs):
        command.add_argument("--json", action="store_true", help="print JSON")
    for command in (show, runs, send):
        command.add_argument(
            "--dir",
            metavar="DIR",
            default=None,
            help="where the runs lie (default: OTEL_TESTKIT_DIR, else "
            f"{_DIRECTORY} in the project's folder)",
        )

    return parser


def _show(options: argparse.Namespace) -> None:
    run = load(find_run(_directory(options), options.run))
    selection = _select(run, options)

    if options.json:
        from otel_testkit.report.plain import plain_run  # noqa: PLC0415

        _print_json(plain_run(run, selection.cases, selection.loose, selection.logs))
        return

    # Rich takes longer to load than all the rest.
    from otel_testkit.report import terminal  # noqa: PLC0415

    terminal.print_selection(
        run, selection.attempts, selection.loose, sys.stdout, whole=options.all
    )


def _runs(options: argparse.Namespace) -> None:
    directory = _directory(options)
    runs = []
    for folder in run_folders(directory):
        try:
            runs.append(load(folder, tests_only=True))
        except UnreadableRun:
            # Of a newer format, or pruned in between: the others are still here.
            continue

    if options.json:
        from otel_testkit.report.plain import plain_summary  # noqa: PLC0415

        _print_json([plain_summary(run) | {"size": size_of(run.path)} for run in runs])
        return

    from otel_testkit.report import listing  # noqa: PLC0415
    from otel_testkit.report.page import Page  # noqa: PLC0415

    page = Page(sys.stdout)
    if runs:
        page.print(listing.run_lines(page, runs, time.time()))
    else:
        page.print([page.text(f"there are no runs in {directory}")])


def _send(options: argparse.Namespace) -> int:
    # Loads the SDK and the exporter.
    from otel_testkit.delivery.hand import send_runs  # noqa: PLC0415

    directory = _directory(options)
    folders = [find_run(directory, run) for run in options.runs]

    return send_runs(directory, folders, options.endpoint, sys.stdout)


def _select(run: Run, options: argparse.Namespace) -> _Selection:
    cases = list(run.cases)
    loose: list[Span] = []
    logs: list[Log] = []
    if options.case is not None:
        cases = _cases_named(options.case, run)
    if options.trace is not None:
        return _trace(options.trace, run, cases)

    if options.all:
        if options.case is None:
            loose, logs = list(run.loose), list(run.loose_logs)
        attempts = [attempt for case in cases for attempt in case.attempts]
    elif options.case is not None:
        attempts = [case.failing_attempt or case.attempts[-1] for case in cases]
    else:
        cases = [case for case in cases if case.failing_attempt]
        attempts = [case.failing_attempt for case in cases if case.failing_attempt]
        loose = [] if run.cases else list(run.loose)

    return _Selection(cases, attempts, loose, logs)


def _cases_named(name: str, run: Run) -> list[Case]:
    matches = (
        lambda case: case.name == name,
        lambda case: name in (case.name.rpartition("::")[2], _last_name(case)),
        lambda case: name in case.name,
    )
    for match in matches:
        if cases := [case for case in run.cases if match(case)]:
            return cases

    names = {case.name: case.name for case in run.cases}
    names |= {_last_name(case): case.name for case in run.cases}
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    hint = (
        "did you mean " + ", ".join(dict.fromkeys(names[one] for one in close)) + "? "
        if close
        else ""
    )
    msg = (
        f"there is no test {name!r} in run {run.id}; {hint}"
        "`otel-testkit show --all` shows all of them"
    )
    raise _SelectionError(msg)


def _last_name(case: Case) -> str:
    return case.name.rpartition("::")[2].rpartition(".")[2].partition("[")[0]


def _trace(trace_id: str, run: Run, cases: list[Case]) -> _Selection:
    begins = trace_id.lower()
    attempts = [
        attempt
        for case in cases
        for attempt in case.attempts
        if attempt.trace_id.startswith(begins)
    ]
    loose = [root for root in run.loose if root.trace_id.startswith(begins)]
    if not attempts and not loose:
        msg = (
            f"there is no trace {trace_id!r} in run {run.id}; `otel-testkit show "
            "--all` shows all of them, each with its trace's id"
        )
        raise _SelectionError(msg)

    names = {(attempt.suite, attempt.case) for attempt in attempts}

    return _Selection(
        [case for case in cases if (case.suite, case.name) in names],
        attempts,
        loose,
        [log for log in run.loose_logs if log.trace_id.startswith(begins)],
    )


def _directory(options: argparse.Namespace) -> str:
    told: str = options.dir or os.environ.get("OTEL_TESTKIT_DIR") or ""

    return told or os.path.join(project_root(os.getcwd()), _DIRECTORY)


def _print_json(value: Any) -> None:
    # Plain ASCII: every terminal shows it, and none obeys it.
    text = json.dumps(value, indent=1, allow_nan=False) + "\n"
    # Line by line: in one large write Python overlooks that the reader went away.
    sys.stdout.writelines(text.splitlines(keepends=True))
