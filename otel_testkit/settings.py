"""
What can be set, and where from.

A keyword of `configure()` counts most, then an environment variable, then
`[tool.otel_testkit]` in `pyproject.toml`, then the default. `TABLE` is the one
list of all settings; the documentation is checked against it.
"""

from __future__ import annotations

import contextlib
import math
import os
import re

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple


@dataclass(frozen=True, slots=True)
class Settings:
    """
    All settings, each with a value.
    """

    enabled: bool = True
    directory: str = ".otel-testkit"
    service_name: str = "tests"
    tags: Mapping[str, Any] = field(default_factory=dict)
    traceparent: str = "link"
    capture: str = "bodies"
    capture_include: tuple[str, ...] = ()
    capture_exclude: tuple[str, ...] = ()
    capture_without: tuple[str, ...] = ()
    max_body_bytes: int = 8192
    max_calls: int = 1000
    max_bodies_megabytes: int = 16
    logs: bool = True
    max_logs: int = 1000
    propagate: bool = True
    peers: Mapping[str, str] = field(default_factory=dict)
    mask_keys: tuple[str, ...] = ()
    mask_allow: tuple[str, ...] = ()
    mask_patterns: tuple[str, ...] = ()
    show: str = "failed"
    report: bool | str = False
    github_summary: bool = True
    endpoint: str = ""
    send: str = "all"
    send_open: bool = False
    send_seconds: float = 2.0
    slow_seconds: float = 10.0
    keep_runs: int = 20
    keep_megabytes: int = 500


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "1", "yes", "on"):
        return True
    if isinstance(value, str) and value.lower() in ("false", "0", "no", "off"):
        return False

    msg = "true or false"
    raise ValueError(msg)


def _count(value: Any) -> int:
    if not isinstance(value, bool):
        if isinstance(value, int) and value >= 0:
            return value
        if isinstance(value, str) and value.isascii() and value.isdecimal():
            return int(value)

    msg = "a whole number, 0 or more"
    raise ValueError(msg)


def _seconds(value: Any) -> float:
    with contextlib.suppress(TypeError, ValueError):
        seconds = float(value)
        if 0 <= seconds < math.inf and not isinstance(value, bool):
            return seconds

    msg = "a number of seconds, 0 or more"
    raise ValueError(msg)


def _text(value: Any) -> str:
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, os.PathLike):
        return str(os.fspath(value))

    msg = "a text"
    raise ValueError(msg)


def bool_or_path(value: Any) -> bool | str:
    """
    Read what switches something on, off, or on to a path.
    """
    with contextlib.suppress(ValueError):
        return _bool(value)
    with contextlib.suppress(ValueError):
        return _text(value)

    msg = "true, false or a path"
    raise ValueError(msg)


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(word for item in value.split(",") if (word := item.strip()))
    if isinstance(value, Iterable):
        words = tuple(value)
        if all(isinstance(word, str) for word in words):
            return words

    msg = "words, separated by commas"
    raise ValueError(msg)


def _patterns(value: Any) -> tuple[str, ...]:
    # One in a variable may hold commas; more than one are written as a list.
    patterns = (value,) if isinstance(value, str) else tuple(_words(value))
    try:
        for pattern in patterns:
            re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        msg = "regular expressions, one as a text or more as a list"
        raise ValueError(msg) from None

    return patterns


def _pairs(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return {str(key): item for key, item in value.items()}
    if isinstance(value, str):
        return dict(_split_pairs(value))

    msg = "key=value pairs, separated by commas"
    raise ValueError(msg)


def _split_pairs(value: str) -> Iterator[tuple[str, str]]:
    """
    Split the form of `OTEL_RESOURCE_ATTRIBUTES`, percent signs decoded.
    """
    for pair in value.split(","):
        if not pair.strip():
            continue

        key, equals, text = pair.partition("=")
        if not equals or not key.strip():
            msg = "key=value pairs, separated by commas"
            raise ValueError(msg)

        yield _decoded(key.strip()), _decoded(text.strip())


def _decoded(text: str) -> str:
    if "%" not in text:
        return text

    return re.sub(
        rb"%([0-9A-Fa-f]{2})", lambda hexes: bytes([int(hexes[1], 16)]), text.encode()
    ).decode(errors="replace")


def _one_of(*choices: str) -> Callable[[Any], str]:
    def parse(value: Any) -> str:
        if isinstance(value, str) and value.lower() in choices:
            return value.lower()

        msg = "one of " + ", ".join(choices)
        raise ValueError(msg)

    return parse


class Setting(NamedTuple):
    """
    One setting: its name, as keyword and in `pyproject.toml`, the environment
    variables that carry it, how a value is read, and what it does.
    """

    name: str
    variables: tuple[str, ...]
    parse: Callable[[Any], Any]
    says: str


TABLE: Final = (
    Setting(
        "enabled",
        ("OTEL_TESTKIT_ENABLED",),
        _bool,
        "Off, nothing at all is recorded. `OTEL_SDK_DISABLED=true` has the same effect.",
    ),
    Setting(
        "directory",
        ("OTEL_TESTKIT_DIR",),
        _text,
        "The folder of the store. A relative one counts from the project's folder, "
        "in `configure()` and the variable from the working directory.",
    ),
    Setting(
        "service_name",
        ("OTEL_SERVICE_NAME",),
        _text,
        "`service.name` of all spans that we make.",
    ),
    Setting(
        "tags",
        ("OTEL_TESTKIT_TAGS",),
        _pairs,
        "Tags of every test of the run.",
    ),
    Setting(
        "traceparent",
        ("OTEL_TESTKIT_TRACEPARENT",),
        _one_of("link", "parent", "ignore"),
        "What a `TRACEPARENT` in the environment becomes: a link of each test's own "
        "trace, its parent, or nothing.",
    ),
    Setting(
        "capture",
        ("OTEL_TESTKIT_CAPTURE",),
        _one_of("off", "calls", "headers", "bodies"),
        "How much of each call is kept; each level includes the one before it.",
    ),
    Setting(
        "capture_include",
        ("OTEL_TESTKIT_CAPTURE_INCLUDE",),
        _words,
        "Calls to record, all others are left out: hosts, with a port or path if you "
        "like, as in `api.test`, `*.internal:8443` or `*/orders/*`.",
    ),
    Setting(
        "capture_exclude",
        ("OTEL_TESTKIT_CAPTURE_EXCLUDE",),
        _words,
        "Calls to leave out, in the same form.",
    ),
    Setting(
        "capture_without",
        ("OTEL_TESTKIT_CAPTURE_WITHOUT",),
        _words,
        "Libraries that are left alone, by the names in [clients](clients.md).",
    ),
    Setting(
        "max_body_bytes",
        ("OTEL_TESTKIT_MAX_BODY_BYTES",),
        _count,
        "How much of each body is kept, in bytes.",
    ),
    Setting(
        "max_calls",
        ("OTEL_TESTKIT_MAX_CALLS",),
        _count,
        "How many calls of a test are recorded; the rest is counted.",
    ),
    Setting(
        "max_bodies_megabytes",
        ("OTEL_TESTKIT_MAX_BODIES_MEGABYTES",),
        _count,
        "How much of the bodies of a test is kept in all, in megabytes.",
    ),
    Setting(
        "logs",
        ("OTEL_TESTKIT_LOGS",),
        _bool,
        "Whether log records are kept that are made while a test runs.",
    ),
    Setting(
        "max_logs",
        ("OTEL_TESTKIT_MAX_LOGS",),
        _count,
        "How many log records of a test are kept; the rest is counted.",
    ),
    Setting(
        "propagate",
        ("OTEL_TESTKIT_PROPAGATE",),
        _bool,
        "Whether calls carry a `traceparent` header. Signed AWS requests never do.",
    ),
    Setting(
        "peers",
        ("OTEL_TESTKIT_PEERS",),
        _pairs,
        "Names for hosts, as in `127.0.0.1:8080=api`, by which calls are shown.",
    ),
    Setting(
        "mask_keys",
        ("OTEL_TESTKIT_MASK_KEYS",),
        _words,
        "More words that make the value of a key a secret.",
    ),
    Setting(
        "mask_allow",
        ("OTEL_TESTKIT_MASK_ALLOW",),
        _words,
        "Keys whose values are no secrets, whatever they are called.",
    ),
    Setting(
        "mask_patterns",
        ("OTEL_TESTKIT_MASK_PATTERNS",),
        _patterns,
        "More regular expressions of secrets, wherever they stand in a text.",
    ),
    Setting(
        "show",
        ("OTEL_TESTKIT_SHOW",),
        _one_of("failed", "all", "none"),
        "Which tests are printed when the process ends.",
    ),
    Setting(
        "report",
        ("OTEL_TESTKIT_REPORT",),
        bool_or_path,
        "Whether a [report](report.md) is written when the process ends: into the run's "
        "folder, or to this path, which counts as that of `directory` does.",
    ),
    Setting(
        "github_summary",
        ("OTEL_TESTKIT_GITHUB_SUMMARY",),
        _bool,
        "Whether a table of failed and flaky tests is added to the summary of a job "
        "of GitHub Actions.",
    ),
    Setting(
        "endpoint",
        ("OTEL_TESTKIT_ENDPOINT",),
        _text,
        "Where tests are sent: the base URL of an OTLP/HTTP endpoint. Without it, "
        "where `OTEL_EXPORTER_OTLP_*` or `LUMIGO_TRACER_TOKEN` say; see "
        "[delivery](delivery.md).",
    ),
    Setting(
        "send",
        ("OTEL_TESTKIT_SEND",),
        _one_of("all", "notable", "none"),
        "Which tests are sent: all, those that failed, are flaky or slow, or none.",
    ),
    Setting(
        "send_open",
        ("OTEL_TESTKIT_SEND_OPEN",),
        _bool,
        "Whether spans that have been open for two seconds are sent as well, so that "
        "a test that hangs can be seen.",
    ),
    Setting(
        "send_seconds",
        ("OTEL_TESTKIT_SEND_SECONDS",),
        _seconds,
        "How long the end of a run waits at most for what is still to be sent.",
    ),
    Setting(
        "slow_seconds",
        ("OTEL_TESTKIT_SLOW_SECONDS",),
        _seconds,
        "From how many seconds on a test is slow.",
    ),
    Setting(
        "keep_runs",
        ("OTEL_TESTKIT_KEEP_RUNS",),
        _count,
        "How many runs stay in the store.",
    ),
    Setting(
        "keep_megabytes",
        ("OTEL_TESTKIT_KEEP_MEGABYTES",),
        _count,
        "How large the store may become, in megabytes.",
    ),
)

_PATHS: Final = ("directory", "report")

# Handed by a process to its children; nothing that a user sets.
RUN_VARIABLE: Final = "OTEL_TESTKIT_RUN"


def resolve(
    keywords: Mapping[str, Any],
    environ: Mapping[str, str],
    project: str,
) -> tuple[Settings, list[str]]:
    """
    Work the settings out, and what is wrong with what was set.

    A problem names the setting and what it takes, never the value, which may
    be a secret. A bad value counts as not given.
    """
    table, problems = _read_pyproject(os.path.join(project, "pyproject.toml"))
    values: dict[str, Any] = {}

    for setting in TABLE:
        for source, given in _given(setting, keywords, environ, table):
            try:
                value = setting.parse(given)
            except ValueError as error:
                problems.append(f"{source} takes {error}; what was given is not used")
                continue

            if setting.name in _PATHS and isinstance(value, str):
                # Absolute from now on: a test may change the working directory.
                base = project if source.startswith("tool.") else ""
                value = os.path.abspath(os.path.join(base, value))
            values[setting.name] = value
            break

    values.setdefault("directory", os.path.join(project, Settings().directory))
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        values["enabled"] = False

    problems.extend(_unknown(environ, table))

    return Settings(**values), problems


def resource_attributes(environ: Mapping[str, str]) -> dict[str, str]:
    """
    Read `OTEL_RESOURCE_ATTRIBUTES`; {} where it does not have its form.
    """
    try:
        return dict(_split_pairs(environ.get("OTEL_RESOURCE_ATTRIBUTES", "")))
    except ValueError:
        return {}


def _given(
    setting: Setting,
    keywords: Mapping[str, Any],
    environ: Mapping[str, str],
    table: Mapping[str, Any],
) -> Iterator[tuple[str, Any]]:
    if keywords.get(setting.name) is not None:
        yield setting.name, keywords[setting.name]

    for variable in setting.variables:
        # An empty variable is one that is not set.
        if environ.get(variable):
            yield variable, environ[variable]

    if setting.name in table:
        yield f"tool.otel_testkit.{setting.name}", table[setting.name]


def _unknown(environ: Mapping[str, str], table: Mapping[str, Any]) -> Iterator[str]:
    known = {variable for setting in TABLE for variable in setting.variables}
    known.add(RUN_VARIABLE)
    for variable in sorted(environ):
        if variable.startswith("OTEL_TESTKIT_") and variable not in known:
            yield f"{variable} is no setting of otel_testkit"

    names = {setting.name for setting in TABLE}
    for name in sorted(set(table) - names):
        yield f"tool.otel_testkit.{name} is no setting of otel_testkit"


def _read_pyproject(path: str) -> tuple[dict[str, Any], list[str]]:
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError:
        return {}, []

    if b"otel_testkit" not in content:
        return {}, []

    import tomllib  # noqa: PLC0415  # only for projects with a table of ours

    try:
        table = tomllib.loads(content.decode()).get("tool", {}).get("otel_testkit", {})
    except (ValueError, AttributeError):
        return {}, ["pyproject.toml cannot be read; its settings are not used"]

    if not isinstance(table, dict):
        return {}, ["tool.otel_testkit takes a table; what was given is not used"]

    return table, []
