"""
Where settings come from, and what is said of bad ones.
"""

from __future__ import annotations

import dataclasses
import inspect

from pathlib import Path
from typing import Any

import pytest

from otel_testkit import configure
from otel_testkit.settings import TABLE, Settings, resolve, resource_attributes


def _resolved(
    tmp_path: Path,
    keywords: dict[str, Any] | None = None,
    environ: dict[str, str] | None = None,
    pyproject: str = "",
) -> tuple[Settings, list[str]]:
    (tmp_path / "pyproject.toml").write_text(pyproject)

    return resolve(keywords or {}, environ or {}, str(tmp_path))


def test_the_table_has_every_setting_once() -> None:
    """
    Settings, table and keywords of `configure` are the same names in one order.
    """
    names = [setting.name for setting in TABLE]
    keywords = list(inspect.signature(configure).parameters)

    assert [field.name for field in dataclasses.fields(Settings)] == names
    assert [*names, "span_processors"] == keywords


def test_the_documentation_has_the_table() -> None:
    """
    docs/settings.md says of each setting what the code says.
    """
    written = Path(__file__).parents[1].joinpath("docs/settings.md").read_text("utf-8")

    for setting in TABLE:
        variables = ", ".join(f"`{variable}`" for variable in setting.variables)
        default = getattr(Settings(), setting.name)
        shown = (
            str(default).lower()
            if isinstance(default, bool)
            else f"`{default}`"
            if default
            else "none"
        )
        row = f"| `{setting.name}` | {variables} | {shown} | {setting.says} |\n"
        assert row in written


def test_defaults(tmp_path: Path) -> None:
    """
    Where nothing is set, the defaults count, the store in the project.
    """
    settings, problems = _resolved(tmp_path)

    assert [] == problems
    assert Settings(directory=str(tmp_path / ".otel-testkit")) == settings


def test_the_nearest_source_counts(tmp_path: Path) -> None:
    """
    Keyword before environment before pyproject.toml before default.
    """
    pyproject = (
        "[tool.otel_testkit]\nkeep_runs = 1\nkeep_megabytes = 1\npropagate = false\n"
    )
    environ = {"OTEL_TESTKIT_KEEP_RUNS": "2", "OTEL_TESTKIT_KEEP_MEGABYTES": "2"}
    settings, _ = _resolved(tmp_path, {"keep_runs": 3}, environ, pyproject)

    assert (3, 2, False, "link") == (
        settings.keep_runs,
        settings.keep_megabytes,
        settings.propagate,
        settings.traceparent,
    )


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("enabled", "no", False),
        ("enabled", "TRUE", True),
        ("tags", "a=1,b=x%2Cy, c = d ", {"a": "1", "b": "x,y", "c": "d"}),
        ("tags", "a=b=c,", {"a": "b=c"}),
        ("peers", "127.0.0.1:8080=api", {"127.0.0.1:8080": "api"}),
        ("capture", "Headers", "headers"),
        ("max_body_bytes", "0", 0),
        ("mask_keys", "a, b,,c", ("a", "b", "c")),
    ],
)
def test_variables_are_read(
    tmp_path: Path, name: str, text: str, expected: object
) -> None:
    """
    Each kind of setting is read from text.
    """
    (variable,) = next(entry.variables for entry in TABLE if entry.name == name)
    settings, problems = _resolved(tmp_path, environ={variable: text})

    assert ([], expected) == (problems, getattr(settings, name))


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("OTEL_TESTKIT_ENABLED", "hunter2"),
        ("OTEL_TESTKIT_TAGS", "hunter2"),
        ("OTEL_TESTKIT_TAGS", "=hunter2"),
        ("OTEL_TESTKIT_CAPTURE", "hunter2"),
        ("OTEL_TESTKIT_KEEP_RUNS", "-1"),
        ("OTEL_TESTKIT_KEEP_RUNS", "1e3"),
        ("OTEL_TESTKIT_KEEP_RUNS", "²"),
    ],
)
def test_a_bad_value_is_told_and_not_used(
    tmp_path: Path, variable: str, text: str
) -> None:
    """
    One line names the variable and what it takes, never the value.
    """
    settings, (problem,) = _resolved(tmp_path, environ={variable: text})

    assert Settings(directory=settings.directory) == settings
    assert problem.startswith(f"{variable} takes ")
    assert text not in problem


def test_after_a_bad_value_the_next_source_counts(tmp_path: Path) -> None:
    """
    A typo in the environment does not undo what pyproject.toml says.
    """
    settings, problems = _resolved(
        tmp_path,
        environ={"OTEL_TESTKIT_CAPTURE": "everything"},
        pyproject='[tool.otel_testkit]\ncapture = "calls"\n',
    )

    assert ("calls", 1) == (settings.capture, len(problems))


def test_unknown_settings_are_told(tmp_path: Path) -> None:
    """
    A misspelt variable or key is named.
    """
    _, problems = _resolved(
        tmp_path,
        environ={"OTEL_TESTKIT_CAPTRE": "off", "OTEL_TESTKIT_RUN": "/x"},
        pyproject="[tool.otel_testkit]\nkeep = 3\n",
    )

    assert [
        "OTEL_TESTKIT_CAPTRE is no setting of otel_testkit",
        "tool.otel_testkit.keep is no setting of otel_testkit",
    ] == problems


@pytest.mark.parametrize(
    "pyproject",
    ["otel_testkit = [", "[tool]\notel_testkit = 3", "tool = 3 # otel_testkit"],
)
def test_a_broken_pyproject_is_told(tmp_path: Path, pyproject: str) -> None:
    """
    What can't be read is named, and nothing more happens.
    """
    settings, problems = _resolved(tmp_path, pyproject=pyproject)

    assert Settings(directory=settings.directory) == settings
    assert 1 == len(problems)


def test_an_empty_variable_is_not_set(tmp_path: Path) -> None:
    """
    CI systems set variables to nothing.
    """
    settings, problems = _resolved(tmp_path, environ={"OTEL_TESTKIT_KEEP_RUNS": ""})

    assert ([], 20) == (problems, settings.keep_runs)


def test_a_relative_directory_counts_from_where_it_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    In pyproject.toml from the project, in the environment from here.
    """
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    pyproject = '[tool.otel_testkit]\ndirectory = "traces"\n'
    of_project, _ = _resolved(tmp_path, pyproject=pyproject)
    of_environment, _ = _resolved(tmp_path, environ={"OTEL_TESTKIT_DIR": "traces"})

    assert str(tmp_path / "traces") == of_project.directory
    assert str(here / "traces") == of_environment.directory


def test_otel_sdk_disabled_switches_us_off(tmp_path: Path) -> None:
    """
    Who switches OpenTelemetry off means us, too.
    """
    settings, _ = _resolved(tmp_path, environ={"OTEL_SDK_DISABLED": " True "})

    assert not settings.enabled


def test_resource_attributes_that_are_garbage_are_left() -> None:
    """
    `OTEL_RESOURCE_ATTRIBUTES` is read by its own rules, or not at all.
    """
    assert {"a": "b c"} == resource_attributes({"OTEL_RESOURCE_ATTRIBUTES": "a=b%20c"})
    assert {} == resource_attributes({"OTEL_RESOURCE_ATTRIBUTES": "garbage"})
    assert {} == resource_attributes({})
