"""
What each command does. Loaded late is what takes long, and what not all need.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time

from typing import Any, Final

from otel_testkit.cli.selection import SelectionError, find_attempt, select
from otel_testkit.errors import UnreadableRun
from otel_testkit.store.find import find_run
from otel_testkit.store.layout import project_root, run_folders
from otel_testkit.store.read import size_of
from otel_testkit.trace import load


DIRECTORY: Final = ".otel-testkit"


def show(options: argparse.Namespace) -> None:
    """
    Show tests of a run.
    """
    run = load(find_run(_directory(options), options.run))
    selection = select(run, options)

    if options.json:
        from otel_testkit.report.plain import plain_run  # noqa: PLC0415

        _print_json(plain_run(run, selection.cases, selection.loose, selection.logs))
        return

    # Rich takes longer to load than all the rest.
    from otel_testkit.report import terminal  # noqa: PLC0415

    terminal.print_selection(
        run, selection.attempts, selection.loose, sys.stdout, whole=options.all
    )


def explain(options: argparse.Namespace) -> None:
    """
    Explain why a test failed.
    """
    from otel_testkit.diagnosis.explanation import explain as explained  # noqa: PLC0415

    directory = _directory(options)
    run, attempt = find_attempt(directory, options.test, options.run)
    found = explained(
        run, attempt, run_folders(directory), against=options.against.lower()
    )
    if options.against and not found.comparison.passing:
        msg = (
            "there is no passing attempt of this test whose trace's id begins with "
            f"{options.against!r}"
        )
        raise SelectionError(msg)
    if options.json:
        from otel_testkit.report.plain import plain_explanation  # noqa: PLC0415

        _print_json(plain_explanation(found))
    elif options.markdown:
        from otel_testkit.report.explained_markdown import markdown  # noqa: PLC0415

        sys.stdout.write(markdown(found))
    else:
        from otel_testkit.report.explained import print_explanation  # noqa: PLC0415

        print_explanation(found, sys.stdout)


def flaky(options: argparse.Namespace) -> None:
    """
    List the tests that have failed.
    """
    from otel_testkit.diagnosis import history  # noqa: PLC0415  # opens a database

    since = 0
    if options.since is not None:
        since = time.time_ns() - int(options.since * 86_400e9)
    with history.open_index(_directory(options)) as index:
        found = history.flaky(index, since=since, least_attempts=options.min_runs)
        count = index.count()

    if options.json:
        from otel_testkit.report.plain import plain_flakiness  # noqa: PLC0415

        _print_json([plain_flakiness(one) for one in found])
        return

    from otel_testkit.report import listing  # noqa: PLC0415
    from otel_testkit.report.page import Page  # noqa: PLC0415

    page = Page(sys.stdout)
    page.print(listing.flaky_lines(page, found, count))


def runs(options: argparse.Namespace) -> None:
    """
    List the runs, or add others.
    """
    directory = _directory(options)
    if options.action:
        from otel_testkit.store.adopt import adopt  # noqa: PLC0415  # loads zipfile

        if not options.paths:
            msg = "nothing to add: name a folder, or a ZIP archive, with runs in it"
            raise SelectionError(msg)
        for path in options.paths:
            names = adopt(path, directory)
            sys.stdout.write(f"{path}: {len(names)} runs added\n")
        return

    found = []
    for folder in run_folders(directory):
        try:
            found.append(load(folder, tests_only=True))
        except UnreadableRun:
            # Of a newer format, or pruned in between: the others are still here.
            continue

    if options.json:
        from otel_testkit.report.plain import plain_summary  # noqa: PLC0415

        _print_json([plain_summary(run) | {"size": size_of(run.path)} for run in found])
        return

    from otel_testkit.report import listing  # noqa: PLC0415
    from otel_testkit.report.page import Page  # noqa: PLC0415

    page = Page(sys.stdout)
    if found:
        page.print(listing.run_lines(page, found, time.time()))
    else:
        page.print([page.text(f"there are no runs in {directory}")])


def send(options: argparse.Namespace) -> int:
    """
    Send runs to an endpoint; gives the exit code.
    """
    # Loads the SDK and the exporter.
    from otel_testkit.delivery.hand import send_runs  # noqa: PLC0415

    directory = _directory(options)
    folders = [find_run(directory, run) for run in options.runs]

    return send_runs(directory, folders, options.endpoint, sys.stdout)


def _directory(options: argparse.Namespace) -> str:
    told: str = options.dir or os.environ.get("OTEL_TESTKIT_DIR") or ""

    return told or os.path.join(project_root(os.getcwd()), DIRECTORY)


def _print_json(value: Any) -> None:
    # Plain ASCII: every terminal shows it, and none obeys it.
    text = json.dumps(value, indent=1, allow_nan=False) + "\n"
    # Line by line: in one large write Python overlooks that the reader went away.
    sys.stdout.writelines(text.splitlines(keepends=True))
