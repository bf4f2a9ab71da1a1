"""
What each command does. Loaded late is what takes long, and what not all need.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time

from collections.abc import Sequence
from typing import Any, Final

from otel_testkit.cli.selection import (
    Selection,
    SelectionError,
    find_attempt,
    select,
)
from otel_testkit.errors import UnreadableRun
from otel_testkit.store.find import find_run, find_trace
from otel_testkit.store.layout import near_path, project_root, run_folders
from otel_testkit.store.read import size_of
from otel_testkit.trace import Run, load


DIRECTORY: Final = ".otel-testkit"


def show(options: argparse.Namespace) -> None:
    """
    Show tests of a run.
    """
    run = load(find_run(_directory(options), options.run))
    selection = select(run, options)

    if options.json:
        _write("json", run, selection)
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
    meant = find_attempt(directory, options.test, options.run)
    if meant.others:
        sys.stderr.write(
            f"otel-testkit: {meant.attempt.case} is the only one of "
            f"{len(meant.others) + 1} tests with {options.test!r} in their names that "
            f"failed in run {meant.run.id}\n"
        )
    found = explained(
        meant.run,
        meant.attempt,
        run_folders(directory),
        against=options.against.lower(),
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
    from otel_testkit.diagnosis import history, origins  # noqa: PLC0415  # open a database

    since = 0
    if options.since is not None:
        since = int(max(time.time_ns() - options.since * 86_400e9, 0))
    directory = _directory(options)
    is_empty = not run_folders(directory)
    with history.open_index(directory) as index:
        found = history.flaky(index, since=since, least_attempts=options.min_runs)
        count = index.count()
        told = origins.origins_of(index, directory, found)
    together = origins.shared_causes(found, told)

    if options.json:
        from otel_testkit.report.plain import plain_flaky  # noqa: PLC0415

        _print_json(plain_flaky(found, told, together))
        return

    from otel_testkit.report.flaky import flaky_lines  # noqa: PLC0415
    from otel_testkit.report.page import Page  # noqa: PLC0415

    page = Page(sys.stdout)
    if is_empty and not count:
        page.print([page.text(f"there are no runs in {directory}")])
    else:
        page.print(flaky_lines(page, found, count, told, together))


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


def export(options: argparse.Namespace) -> None:
    """
    Write tests of a run in a form that other tools open.
    """
    directory = _directory(options)
    try:
        folder = find_run(directory, options.run)
    except UnreadableRun as error:
        if options.run and os.path.exists(options.run):
            raise
        found = options.run and find_trace(directory, options.run)
        if not found:
            msg = f"{error}; nor is there a trace whose id begins so"
            raise UnreadableRun(msg if options.run else str(error)) from None
        folder, options.trace = found, options.run
    run = load(folder)
    selection = select(run, options)
    try:
        _write(
            options.format,
            run,
            selection,
            options.output,
            is_named=options.trace is not None,
            folders=run_folders(directory),
        )
    except OSError as error:
        if isinstance(error, BrokenPipeError) or options.output is None:
            raise
        msg = f"{options.output} cannot be written: {error.strerror or error}"
        raise SelectionError(msg) from None
    if run.damaged:
        sys.stderr.write(
            f"otel-testkit: lines and records left out as damaged: {run.damaged}\n"
        )


def report(options: argparse.Namespace) -> None:
    """
    Write the report of a run, and say where it is.
    """
    # Loads jinja2.
    from otel_testkit.report.html import write_report  # noqa: PLC0415
    from otel_testkit.report.html.target import (  # noqa: PLC0415
        is_ours,
        target_beside,
        target_of,
    )

    directory = _directory(options)
    source = find_run(directory, options.run)
    told = options.output
    target = target_of(told) if told else target_beside(source)
    try:
        written = write_report(
            source,
            target,
            folders=run_folders(directory),
            # Beside what is not ours, one file is enough.
            pages=bool(told) or is_ours(source),
        )
    except OSError as error:
        path = error.filename or target
        msg = f"{path} cannot be written: {error.strerror or error}"
        raise SelectionError(msg) from None

    for path in (written.report, *written.failures.values()):
        sys.stdout.write(f"{near_path(path)}\n")
    if written.more:
        # No path, which is what others read there.
        sys.stderr.write(f"{written.more_text}\n")
    if options.open:
        _open(written.report)


def _open(path: str) -> None:
    # Loads a good deal, and is asked for by a person alone.
    import webbrowser  # noqa: PLC0415

    from pathlib import Path  # noqa: PLC0415

    if not webbrowser.open(Path(path).as_uri()):
        sys.stderr.write("otel-testkit: there is no browser that could be opened\n")


def _write(
    form: str,
    run: Run,
    selection: Selection,
    path: str | None = None,
    *,
    is_named: bool = False,
    folders: Sequence[str] = (),
) -> None:
    from otel_testkit.report.export import formats  # noqa: PLC0415
    from otel_testkit.report.export.chosen import Chosen  # noqa: PLC0415
    from otel_testkit.report.target import write_out  # noqa: PLC0415

    chosen = Chosen(
        run=run,
        cases=selection.cases,
        attempts=selection.attempts,
        loose=selection.loose,
        logs=selection.logs,
        is_named=is_named,
        folders=folders,
    )
    write_out(formats.export(form, chosen), path)


def _directory(options: argparse.Namespace) -> str:
    told: str = options.dir or os.environ.get("OTEL_TESTKIT_DIR") or ""

    return told or os.path.join(project_root(os.getcwd()), DIRECTORY)


def _print_json(value: Any) -> None:
    # Plain ASCII: every terminal shows it, and none obeys it.
    text = json.dumps(value, indent=1, allow_nan=False) + "\n"
    # Line by line: in one large write Python overlooks that the reader went away.
    sys.stdout.writelines(text.splitlines(keepends=True))
