"""
The command line: its commands, and what they take.
"""

from __future__ import annotations

import argparse
import math

from otel_testkit.cli import commands as run
from otel_testkit.cli.commands import DIRECTORY
from otel_testkit.report.export.formats import FORMATS
from otel_testkit.semconv import VERSION


def parser() -> argparse.ArgumentParser:
    """
    Make the parser; what it finds has the function to be called as `command`.
    """
    whole = argparse.ArgumentParser(
        prog="otel-testkit", description="Says why an integration test failed."
    )
    whole.add_argument("--version", action="version", version=f"%(prog)s {VERSION}")
    commands = whole.add_subparsers(metavar="COMMAND", required=True)

    show = commands.add_parser(
        "show",
        help="show the failed tests of a run",
        description="Show the failed tests of a run: their errors and their calls.",
    )
    _show(show)
    explain = commands.add_parser(
        "explain",
        help="explain why a test failed",
        description="Explain the last failure of a test: its cause, what it has that "
        "passing attempts in the store have not, and what happened before.",
    )
    _explain(explain)
    flaky = commands.add_parser(
        "flaky",
        help="list the tests that failed, by how they fare",
        description="List the tests that have failed in any run of the store, now or "
        "earlier: broken, flaky, new or fixed, with the rate at which they fail.",
    )
    _flaky(flaky)
    runs = commands.add_parser(
        "runs",
        help="list the runs, or add others",
        description="List the runs, the newest first; or add those of another store, "
        "such as an artifact of CI.",
    )
    _runs(runs)
    send = commands.add_parser(
        "send",
        help="send runs to an OTLP endpoint",
        description="Send what of RUN... has not been delivered yet, by default of all "
        "runs that were to be. Exit code 1 where something is still left.",
    )
    _send(send)
    export = commands.add_parser(
        "export",
        help="write a run in a form that other tools open",
        description="Write a run, or a trace of it, in a form that other tools open.",
    )
    _export(export)
    report = commands.add_parser(
        "report",
        help="write a run as a page to look at",
        description="Write a run as one HTML file that opens anywhere, and a small one "
        "for each test that failed or is flaky, into a folder `failures` beside it; "
        "and print their paths, that of the run first.",
    )
    _report(report)

    for command in (show, flaky, runs):
        command.add_argument("--json", action="store_true", help="print JSON")
    for command in (show, explain, flaky, runs, send, export, report):
        command.add_argument(
            "--dir",
            metavar="DIR",
            default=None,
            help="where the runs lie (default: OTEL_TESTKIT_DIR, else "
            f"{DIRECTORY} in the project's folder)",
        )

    return whole


def _show(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "run",
        nargs="?",
        metavar="RUN",
        help="a run's id, the beginning or end of one, a run's folder, or a file of "
        "OTLP/JSON lines (default: the newest run with tests)",
    )
    command.add_argument(
        "--case", metavar="NAME", help="only tests of this name, or with it in theirs"
    )
    command.add_argument(
        "--trace", metavar="ID", help="only the trace whose id begins like this"
    )
    command.add_argument(
        "--all",
        action="store_true",
        help="all tests, also those that passed, with all their spans",
    )
    command.set_defaults(command=run.show)


def _explain(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "test",
        metavar="TEST",
        help="a test's name, or a part of it, or how its trace's id begins",
    )
    command.add_argument(
        "--run", metavar="RUN", help="in this run (default: where it failed last)"
    )
    command.add_argument(
        "--against",
        metavar="TRACE",
        default="",
        help="compare with this passing attempt alone (default: with all)",
    )
    form = command.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument(
        "--markdown",
        action="store_true",
        help="print Markdown, for an issue or for who is to mend it",
    )
    command.set_defaults(command=run.explain)


def _flaky(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--since",
        metavar="DAYS",
        type=_days,
        default=None,
        help="only attempts of the last so many days",
    )
    command.add_argument(
        "--min-runs",
        metavar="N",
        type=_count,
        default=1,
        help="only tests with at least so many attempts",
    )
    command.set_defaults(command=run.flaky)


def _days(told: str) -> float:
    try:
        days = float(told)
    except ValueError:
        days = math.nan
    if not 0 < days < math.inf:
        msg = f"{told!r} is no number of days above 0"
        raise argparse.ArgumentTypeError(msg)

    return days


def _count(told: str) -> int:
    count = int(told) if told.isdecimal() else 0
    if count < 1:
        msg = f"{told!r} is no whole number from 1 on"
        raise argparse.ArgumentTypeError(msg)

    return count


def _runs(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "action",
        nargs="?",
        choices=("add",),
        help="add the runs that lie anywhere in PATH...",
    )
    command.add_argument(
        "paths", nargs="*", metavar="PATH", help="a folder, or a ZIP archive"
    )
    command.set_defaults(command=run.runs)


def _send(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "runs", nargs="*", metavar="RUN", help="a run, as for `show`: the whole of it"
    )
    command.add_argument(
        "--endpoint",
        metavar="URL",
        default=None,
        help="the base URL of an OTLP/HTTP endpoint (default: as for the tests, by "
        "setting or OTEL_EXPORTER_OTLP_ENDPOINT)",
    )
    command.set_defaults(command=run.send)


def _export(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "run",
        nargs="?",
        metavar="RUN|TRACE",
        help="a run, as for `show`, or how a trace's id begins (default: the newest "
        "run with tests)",
    )
    command.add_argument(
        "--format",
        choices=FORMATS,
        required=True,
        help="otlp: JSON lines, for Jaeger, otel-tui or a collector; chrome: for "
        "Perfetto or chrome://tracing; har: for the network panel of a browser; json: "
        "as `show` prints it; markdown: why each test failed",
    )
    command.add_argument(
        "--case", metavar="NAME", help="only tests of this name, or with it in theirs"
    )
    command.add_argument(
        "--trace", metavar="ID", help="only the trace whose id begins like this"
    )
    command.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write to FILE, all at once (default: to standard output)",
    )
    command.set_defaults(command=run.export, all=True)


def _report(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "run", nargs="?", metavar="RUN", help="a run, as for `show`: the whole of it"
    )
    command.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="write to FILE.html, or into the folder of this name (default: into the "
        "run's folder; of what otel-testkit has not recorded, beside it, as one file)",
    )
    command.add_argument(
        "--open", action="store_true", help="open the report in a browser"
    )
    command.set_defaults(command=run.report)
