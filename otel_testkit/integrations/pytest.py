"""
The door for pytest: a plugin that does nothing until it is asked, with
`--trace-tests`, `trace_tests = true` or `--trace-report`.

It is loaded by every pytest that finds it installed; what traces is not, before
somebody asks. PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import copy
import gc
import os

from typing import TYPE_CHECKING, Final

import pytest


if TYPE_CHECKING:
    from otel_testkit import TestSpan


_REPORT: Final = "--trace-report"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("otel_testkit", "otel_testkit")
    group.addoption(
        "--trace-tests",
        action="store_true",
        default=False,
        help="Record every test, with its fixtures and all its calls.",
    )
    group.addoption(
        "--trace-show",
        choices=("failed", "all", "none"),
        default=None,
        help="Which tests are shown at the end (default: the failed ones).",
    )
    group.addoption(
        "--trace-markers",
        metavar="NAMES",
        default=None,
        help="Markers that become tags, separated by commas.",
    )
    group.addoption(
        _REPORT,
        metavar="PATH",
        nargs="?",
        const="",
        default=None,
        help="Record every test, and write a report: to --trace-report=PATH, or into "
        "the run's folder.",
    )
    parser.addini(
        "trace_tests",
        "Record every test, as --trace-tests.",
        type="bool",
        default=False,
    )
    parser.addini(
        "trace_report",
        "Write a report of what is recorded: true, or a path from the root.",
        default="",
    )
    parser.addini("trace_markers", "Markers that become tags.", type="args", default=[])


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> None:
    # Its path stands after a `=`. What comes next is a test to run.
    if _REPORT not in args:
        return

    end = args.index("--") if "--" in args else len(args)
    args[:end] = [f"{_REPORT}=" if one == _REPORT else one for one in args[:end]]
    early_config.known_args_namespace = parser.parse_known_args(
        args, namespace=copy.copy(early_config.option)
    )


def pytest_configure(config: pytest.Config) -> None:
    if not (
        config.getoption("trace_tests")
        or config.getini("trace_tests")
        or config.getoption("trace_report") is not None
    ):
        return

    from otel_testkit.errors import never_raises  # noqa: PLC0415  # as said above

    was_on = gc.isenabled()
    # All that is loaded stays: it would be gone through again and again in vain.
    gc.disable()
    try:
        never_raises("pytest", "no test of pytest was recorded")(_configure)(config)
    finally:
        if was_on:
            gc.enable()


def _configure(config: pytest.Config) -> None:
    handed = getattr(config, "workerinput", {}).get("otel_testkit_run", "")
    if handed and os.path.isdir(handed):
        from otel_testkit.settings import RUN_VARIABLE  # noqa: PLC0415

        os.environ[RUN_VARIABLE] = handed

    from otel_testkit.integrations.pytest_tracing import Tracing  # noqa: PLC0415

    option = config.getoption("trace_markers")
    markers = config.getini("trace_markers") if option is None else option.split(",")
    config.pluginmanager.register(
        Tracing(config, frozenset(name.strip() for name in markers)),
        "otel_testkit.tracing",
    )


@pytest.fixture
def test_trace() -> TestSpan:
    """
    The span of this test: `test_trace.set_tag("customer.id", 17)`.
    """
    from otel_testkit import current_test  # noqa: PLC0415  # as above

    return current_test()
