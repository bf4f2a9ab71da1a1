"""
The formats by their names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from otel_testkit.report.export.chosen import Chosen


# Each is loaded when it is asked for: the parser needs the names alone.
FORMATS: Final = ("otlp", "chrome", "har", "json", "markdown")


def export(form: str, chosen: Chosen) -> Iterator[str]:
    """
    Give what is *chosen* in the *form* of that name, piece by piece.
    """
    match form:
        case "otlp":
            from otel_testkit.report.export import otlp  # noqa: PLC0415

            return otlp.lines(chosen)
        case "chrome":
            from otel_testkit.report.export import chrome  # noqa: PLC0415

            return chrome.document(chosen)
        case "har":
            from otel_testkit.report.export import har  # noqa: PLC0415

            return har.document(chosen)
        case "json":
            return _json(chosen)
        case "markdown":
            return _markdown(chosen)
        case _:
            msg = f"no format {form!r}, only {', '.join(FORMATS)}"
            raise ValueError(msg)


def _json(chosen: Chosen) -> Iterator[str]:
    from otel_testkit.report.export.document import pieces  # noqa: PLC0415
    from otel_testkit.report.plain import plain_run  # noqa: PLC0415

    told = plain_run(chosen.run, chosen.cases, chosen.loose, chosen.logs)
    yield from pieces(told, indent=1)
    yield "\n"


def _markdown(chosen: Chosen) -> Iterator[str]:
    # They load all of the diagnosis.
    from otel_testkit.diagnosis.comparison import preceding_tests  # noqa: PLC0415
    from otel_testkit.diagnosis.explanation import explain_all  # noqa: PLC0415
    from otel_testkit.report.explained_markdown import markdown  # noqa: PLC0415

    run = chosen.run
    told = [one for one in chosen.attempts if one.is_failure or chosen.is_named]
    if not told:
        yield f"No test failed in run {run.id}.\n"

    gap = ""
    explained = explain_all(run, told, chosen.folders, preceding_tests(run))
    for attempt in told:
        yield gap + markdown(explained[attempt.trace_id])
        gap = "\n"
