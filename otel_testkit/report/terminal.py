"""
A failed test in a terminal or a CI log: what failed, and all it did on the way.

One tree a test, printed after its end and in one look: the error, then the calls
that led to it, each with its answer and its time.
"""

from __future__ import annotations

import os
import sys

from collections.abc import Iterator
from typing import IO, Final

from rich.text import Text

from otel_testkit import semconv
from otel_testkit.diagnosis.explanation import Explanation
from otel_testkit.report import text as texts
from otel_testkit.report.cause import cause_lines, labelled
from otel_testkit.report.differences import first_difference
from otel_testkit.report.findings import explained, findings_of
from otel_testkit.report.page import BAD, GOOD, PLACE, QUIET, Page
from otel_testkit.report.tree import tree_lines
from otel_testkit.report.waterfall import Waterfall, waterfall
from otel_testkit.report.written import Written
from otel_testkit.trace.fields import integer
from otel_testkit.trace.model import Attempt, Error, Outcome, Run, Span


# Of one test, so that two of them fit a screen.
_LINES: Final = 25
# Of one run; the others are told in brief.
_MOST_TREES: Final = 10


def print_run(
    run: Run,
    file: IO[str] | None = None,
    *,
    show: str = "failed",
    written: Written | None = None,
) -> None:
    """
    Print the tests of *run* and a line that sums it up, by default on standard
    error, with the pages of its report that were *written*; nothing at all if there
    is neither a test to show nor a report.

    *show* is "failed" for the failing tests, each with its last failing attempt,
    or "all" for every attempt.
    """
    failing = (case.failing_attempt for case in run.cases)
    attempts = (
        list(run.attempts())
        if show == "all"
        else [attempt for attempt in failing if attempt]
    )
    if attempts:
        print_selection(run, attempts, [], file or sys.stderr, written=written)
    elif written is not None:
        page = Page(file or sys.stderr)
        page.print(_written_lines(page, written))


def print_selection(
    run: Run,
    attempts: list[Attempt],
    loose: list[Span],
    file: IO[str],
    *,
    whole: bool = False,
    written: Written | None = None,
) -> None:
    """
    Print these *attempts* and *loose* spans of *run*, and a line that sums it up;
    with each failing one its page of what was *written*.

    All their spans if *whole*; otherwise those that fit 25 lines, and of many
    attempts the later ones with their errors only.
    """
    page = Page(file)
    told = explained(run, attempts[:_MOST_TREES])
    for place, attempt in enumerate(attempts):
        brief = not whole and place >= _MOST_TREES
        why = why_lines(page, run, attempt, told.get(attempt.trace_id))
        lines = attempt_lines(page, attempt, why, whole=whole, brief=brief)
        if written is not None and attempt.is_failure:
            lines += _page_lines(page, written, attempt)
        page.print([*lines, Text()])
    for place, root in enumerate(loose):
        if whole or len(attempts) + place < _MOST_TREES:
            page.print([*span_lines(page, root, whole=whole), Text()])

    shown_briefly = len(attempts) - _MOST_TREES
    if not whole and shown_briefly > 0:
        hint = f"  the calls of {shown_briefly} more: --case NAME, or --all"
        page.print([Text(hint, QUIET), Text()])
    if not attempts and not loose:
        page.print([Text("  no failed test (--all shows the others)", GOOD)])
    if written is not None:
        page.print(_written_lines(page, written))
    page.print(run_lines(page, run))


def why_lines(
    page: Page, run: Run, attempt: Attempt, told: Explanation | None
) -> list[Text]:
    """
    Say why *attempt* of *run* failed, and what it has that passing ones have not, if
    that was *told*.
    """
    if told is None:
        return cause_lines(page, attempt, findings_of(run, attempt))

    lines = cause_lines(page, attempt, told.findings)
    difference = first_difference(told.comparison)
    if difference is not None:
        lines += labelled(page, "diff", difference.statement)

    return lines


def attempt_lines(
    page: Page,
    attempt: Attempt,
    why: list[Text],
    *,
    whole: bool = False,
    brief: bool = False,
) -> list[Text]:
    """
    Give the lines of one attempt: its header, its error, *why* it failed, its
    waterfall. All spans if *whole*, none if *brief*.
    """
    lines = [attempt_head(page, attempt), *error_lines(page, attempt), *why]
    if brief:
        return lines

    return [*lines, *tree_of(page, attempt, above=None if whole else len(lines))]


def tree_of(
    page: Page, attempt: Attempt, *, above: int | None = None, folded: bool = False
) -> list[Text]:
    """
    Give the waterfall of *attempt*, of which so many lines stand *above*: with them,
    it fits 25. All of it if that is None, in as many lines as it takes if *folded*.
    """
    root = attempt.span
    told = [root.status_message, *(error.message for error in attempt.errors)]
    left_out = _left_out_lines(page, attempt)
    shown = waterfall(
        root,
        # The last two lines count what is hidden and name the trace.
        lines=None if above is None else _LINES - above - len(left_out) - 2,
        folded=folded,
        notes=attempt.is_failure,
        told=told,
    )
    whole = "show --all" if folded else "--all"

    return [
        *tree_lines(page, shown.rows, root),
        *left_out,
        *_trace_lines(page, root, shown, whole),
    ]


def span_lines(page: Page, root: Span, *, whole: bool = False) -> list[Text]:
    """
    Give the lines of a *root* that belongs to no test.
    """
    shown = waterfall(root, lines=None if whole else _LINES - 3)
    mark = (page.glyphs.fail, BAD) if root.is_failing else (page.glyphs.other, "")
    rule = _rule(page, mark, root.summary, [texts.duration(root.duration)])

    return [
        rule,
        *tree_lines(page, shown.rows, root),
        *_trace_lines(page, root, shown),
    ]


def error_lines(page: Page, attempt: Attempt) -> list[Text]:
    """
    Tell what ended the attempt, and what that hangs on; nothing if it passed.
    """
    if attempt.is_open:
        return [_open_line(page, attempt)]
    if attempt.errors:
        return _chain_lines(page, attempt.errors)
    if attempt.span.status_message:
        message = page.fit(attempt.span.status_message, page.width - 2)
        return [Text.assemble("  ", (message, BAD))]

    return []


def run_lines(page: Page, run: Run) -> list[Text]:
    """
    Sum up *run*, and say where it lies.
    """
    lines = [Text(f"  run    {page.text(_near(run.path))}", QUIET)]
    if run.damaged:
        records = "record" if run.damaged == 1 else "records"
        lines.append(Text(f"  {run.damaged} damaged {records} left out", QUIET))

    is_good = not any(case.is_failure for case in run.cases)
    lines.append(Text(f"  {summary(run)}", GOOD if is_good else BAD))

    return lines


def summary(run: Run) -> str:
    """
    Count the cases of *run* by their last outcome, the worst first.
    """
    flaky = sum(case.is_flaky for case in run.cases)
    aside = f" ({flaky} flaky)" if flaky else ""

    return f"{texts.counted(run.counts) or 'no tests'}{aside} in {texts.duration(run.duration)}"


def attempt_head(page: Page, attempt: Attempt) -> Text:
    """
    Give the line that names *attempt*, and how it ended.
    """
    glyphs = page.glyphs
    facts = [duration_text(attempt)]
    if attempt.outcome not in (Outcome.FAILED, Outcome.PASSED, Outcome.OPEN):
        facts.insert(0, str(attempt.outcome))
    if attempt.of > 1:
        facts.append(f"attempt {attempt.number}/{attempt.of}")

    if attempt.is_failure:
        mark = (glyphs.fail, f"bold {BAD}")
    elif attempt.outcome is Outcome.PASSED:
        mark = (glyphs.passed, f"bold {GOOD}")
    else:
        mark = (glyphs.other, "bold")

    return _rule(page, mark, attempt.case, facts)


def duration_text(attempt: Attempt) -> str:
    """
    Tell how long *attempt* took, or how long it was seen to run.
    """
    took = texts.duration(attempt.duration)

    return f"still open after {took}" if attempt.is_open else took


def _rule(page: Page, mark: tuple[str, str], name: str, facts: list[str]) -> Text:
    dash = page.glyphs.rule
    end = page.text("".join(f" {dash} {fact}" for fact in facts)) + " "
    name = page.fit(name, page.width - len(end) - 7, tail=0.6)
    line = Text.assemble((dash * 2, QUIET), " ", mark, " ", (name, "bold"), end)
    line.append(dash * (page.width - texts.width(line.plain)), QUIET)

    return line


def _open_line(page: Page, attempt: Attempt) -> Text:
    # The one that was entered last is where it hung, or died.
    *_, inner = (span for span in attempt.spans if span.is_open)
    place = "its own code" if inner is attempt.span else inner.summary
    text = f"never ended: killed or still running, in {place}"

    return Text.assemble("  ", (page.fit(text, page.width - 2), BAD))


def _chain_lines(page: Page, errors: tuple[Error, ...]) -> list[Text]:
    raised, *others = errors
    room = page.width - 2
    name = page.fit(raised.short_type, room // 2)
    line = Text.assemble("  ", (name, f"bold {BAD}"))
    if raised.file:
        name = raised.file.replace("\\", "/").rpartition("/")[2]
        place = name if raised.line is None else f"{name}:{raised.line}"
        line.append(" ").append(page.fit(place, room // 3), PLACE)
    lines = [line]

    said = _first_line(raised.message)
    source = page.text(raised.source).strip()
    if raised.short_type == "AssertionError":
        said = said.removeprefix("assert ")
    if said and texts.harmless(said) in source:
        said = ""

    left = page.width - texts.width(line.plain) - 2
    if source and said and texts.width(f"{source}  ({page.text(said)})") <= left:
        line.append(f"  {source}  ({page.text(said)})")
    elif source:
        line.append("  " + page.fit(source, left))
        if said:
            lines.append(Text("  " + page.fit(said, room)))
    elif said and texts.width(page.text(said)) > left > 0:
        lines.append(Text("  " + page.fit(said, room)))
    elif said:
        line.append("  " + page.text(said))

    if others:
        lines.append(_others_line(page, others))

    return lines


def _others_line(page: Page, others: list[Error]) -> Text:
    members = [error for error in others if error.relation == "member"]
    if members:
        text = "; ".join(_error_text(error) for error in members)
        return Text("  " + page.fit(f"holds {text}", page.width - 2))

    innermost = others[-1]
    # One explicit link suffices: libraries seldom write `from` all the way down.
    is_cause = any(error.relation == "cause" for error in others)
    link = "caused by" if is_cause else "after"

    return Text("  " + page.fit(f"{link} {_error_text(innermost)}", page.width - 2))


def _error_text(error: Error) -> str:
    said = _first_line(error.message)

    return f"{error.short_type}: {said}" if said else error.short_type


def _first_line(message: str) -> str:
    return next((line for line in message.splitlines() if line.strip()), "").strip()


def _left_out_lines(page: Page, attempt: Attempt) -> list[Text]:
    """
    Say what of a test was beyond its limits and is nowhere to be seen.
    """
    counts = {
        word: integer(attempt.span.attributes, name)
        for name, word in (
            (semconv.CALLS_LEFT_OUT, "call"),
            (semconv.BODIES_LEFT_OUT, "body"),
            (semconv.LOGS_LEFT_OUT, "log record"),
        )
    }
    what = _several({word: count for word, count in counts.items() if count})

    return [_more_line(page, f"{what} not recorded")] if what else []


def _trace_lines(
    page: Page, root: Span, shown: Waterfall, whole: str = "--all"
) -> Iterator[Text]:
    counts = {"span": shown.hidden_spans, "log record": shown.hidden_logs}
    if what := _several({word: count for word, count in counts.items() if count}):
        yield _more_line(page, f"{what} ({whole} shows them)")
    yield Text(f"  trace  {page.text(root.trace_id)}", QUIET)


def _page_lines(page: Page, written: Written, attempt: Attempt) -> list[Text]:
    path = written.failures.get((attempt.suite, attempt.case))

    return [_report_line(page, path)] if path else []


def _written_lines(page: Page, written: Written) -> list[Text]:
    lines = [_report_line(page, written.report)]
    if written.more:
        lines.append(_more_line(page, written.more_text))

    return lines


def _report_line(page: Page, path: str) -> Text:
    # Whole, however long: it is there to be opened.
    return Text(f"  report {page.text(_near(path))}", QUIET)


def _several(counts: dict[str, int]) -> str:
    """
    Count things: `3 more calls, 1 more body`.
    """
    plurals = {"body": "bodies"}

    return ", ".join(
        f"{count} more {word if count == 1 else plurals.get(word, word + 's')}"
        for word, count in counts.items()
    )


def _more_line(page: Page, text: str) -> Text:
    return Text(
        "  " + page.fit(f"{texts.ELLIPSIS} {text}", page.width - 2),
        QUIET,
    )


def _near(path: str) -> str:
    """
    Name *path* from where the user is, if it lies there.
    """
    try:
        near = os.path.relpath(path)
    except ValueError:
        # On another drive of Windows.
        return path

    return os.path.abspath(path) if near.startswith("..") else near
