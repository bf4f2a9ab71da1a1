"""
The report of a run at its end, for those who asked, by whatever door they came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from otel_testkit.errors import never_raises, trouble


if TYPE_CHECKING:
    from otel_testkit.report.written import Written


@never_raises("report", "the report was not written")
def write_at_end(folder: str, asked: bool | str) -> Written | None:  # noqa: FBT001 - as it is set
    """
    Write the report of the run in *folder*, to the path that was *asked* for or into
    it; None where nobody asked, where no test ran, or where it can't be written,
    which is told.
    """
    if not asked:
        return None

    # Loads the reading wing and jinja2: after the last test, and only if asked.
    from otel_testkit.report.html import write_report  # noqa: PLC0415
    from otel_testkit.report.html.target import target_of  # noqa: PLC0415
    from otel_testkit.store import layout  # noqa: PLC0415
    from otel_testkit.store.read import holds_tests  # noqa: PLC0415

    if not holds_tests(folder):
        return None

    target = target_of(asked) if isinstance(asked, str) else ""
    store = layout.store_of(folder)
    try:
        return write_report(
            folder, target, folders=layout.run_folders(store) if store else ()
        )
    except OSError as error:
        path = error.filename or target or folder
        trouble("report", f"the report was not written: {path}: {error.strerror}")
        return None
    except KeyboardInterrupt:
        # The tests are over: who has waited enough still wants their summary.
        trouble("report", "the report was not written: interrupted")
        return None
