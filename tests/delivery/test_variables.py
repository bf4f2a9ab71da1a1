"""
Variables that hold nonsense: a run goes on as without us, one line names each of
them that counts, and none of them is ever quoted, for any could be a secret.
"""

from __future__ import annotations

import pytest

from .checks import all_but, check_all_there, check_as_without
from .collector import Collector
from .programs import TOKEN, Done, Programs


# Within each value, wherever it has room.
MARK = "hunter22mark"
ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"

ENDPOINTS = {
    "words": f"not a url {MARK}",
    "no host": f"http:///{MARK}",
    "no scheme": f"127.0.0.1:4318/{MARK}",
    "another scheme": f"ftp://127.0.0.1/{MARK}",
    "a file": f"file:///tmp/{MARK}",
    "half an address": f"http://[::1/{MARK}",
    "no address": f"http://[{MARK}]:4318",
    "a port of letters": f"http://127.0.0.1:{MARK}",
    "a port too high": f"http://127.0.0.1:99999/{MARK}",
    "a port below 0": f"http://127.0.0.1:-1/{MARK}",
    "a space": f"http://exa mple.invalid/{MARK}",
    "control characters": f"http://127.0.0.1:4318/\x1b[31m{MARK}\r\n",
    "letters of no host": f"http://é\u200b..invalid/{MARK}",
    "with a password": f"http://user:{MARK}@[::1:4318",
}


@pytest.mark.parametrize("name", all_but(("half an address",), ENDPOINTS))
def test_bad_endpoints(
    programs: Programs, baseline: dict[str, Done], name: str
) -> None:
    """An endpoint that is none is named by its variable."""
    done = programs.script(**{ENDPOINT: ENDPOINTS[name]})

    check_as_without(done, baseline["script"])
    assert [] == done.says(MARK)
    (line,) = done.lines()
    assert ENDPOINT in line or "not delivered" in line


HEADERS = {
    "a header as it is sent": f"Authorization: Bearer {MARK}",
    "JSON": f'{{"authorization": "{MARK}"}}',
    "a token alone": MARK,
    "no name": f"={MARK}",
    "a name alone, after a good one": f"good=1,{MARK}",
    "a name that is no ASCII": f"é={MARK}",
    "a space in the name": f"x y={MARK}",
    "a line break": f"x=1%0d%0aEvil:%20{MARK}",
    "control characters": f"x=%00{MARK}",
    "semicolons": f"x={MARK};y={MARK}:",
    "no UTF-8": f"x=%ff%fe{MARK}",
    "no latin": f"x=€{MARK}",
    "commas": f",,{MARK},,",
    "quotes": f"'x={MARK}'",
}
# Odd, and yet a header.
MAY_BE_GOOD = {"semicolons", "quotes"}


@pytest.mark.parametrize(
    "name", all_but(("JSON", "a token alone", "a line break"), HEADERS)
)
def test_bad_headers(
    programs: Programs, collector: Collector, baseline: dict[str, Done], name: str
) -> None:
    """A header that is none is named by its variable and place, never by its text."""
    variable = "OTEL_EXPORTER_OTLP_HEADERS"

    done = programs.script(**{ENDPOINT: collector.url, variable: HEADERS[name]})

    check_as_without(done, baseline["script"])
    assert [] == done.says(MARK)
    if name not in MAY_BE_GOOD:
        (line,) = done.lines()
        assert variable in line
    check_all_there(collector, done)
    if name == "a name alone, after a good one":
        assert all("1" == one.headers["good"] for one in collector.requests)
    assert not any("evil" in one.headers for one in collector.requests)


TIMEOUT = "OTEL_EXPORTER_OTLP_TIMEOUT"
# What is said of them is said of nothing else.
NUMBERS = {
    **{
        f"timeout of {value}": {TIMEOUT: value}
        for value in ("0", "-1", "nan", "inf", "1e999", f"{MARK}", "10s", "0x10")
    },
    "timeout for traces": {"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": f"{MARK}"},
    "timeout for logs": {"OTEL_EXPORTER_OTLP_LOGS_TIMEOUT": "-5"},
    "compression": {"OTEL_EXPORTER_OTLP_COMPRESSION": f"{MARK}"},
    "compression for traces": {"OTEL_EXPORTER_OTLP_TRACES_COMPRESSION": "brotli"},
}
# Of the SDK, which is theirs, and which would stop the session for them.
OTHERS = {
    f"{variable}={value}": {variable: value}
    for variable, value in (
        ("OTEL_BSP_MAX_QUEUE_SIZE", "0"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "-1"),
        ("OTEL_BSP_SCHEDULE_DELAY", "0"),
        ("OTEL_BSP_SCHEDULE_DELAY", "-1"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "100000"),
        ("OTEL_BSP_EXPORT_TIMEOUT", MARK),
        ("OTEL_BLRP_MAX_QUEUE_SIZE", "0"),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", MARK),
        ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "-1"),
        ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "-1"),
        ("OTEL_SPAN_EVENT_COUNT_LIMIT", MARK),
        ("OTEL_SPAN_LINK_COUNT_LIMIT", MARK),
        ("OTEL_TRACES_SAMPLER", "always_off"),
        ("OTEL_TRACES_SAMPLER", MARK),
        ("OTEL_TRACES_SAMPLER_ARG", MARK),
        ("OTEL_PYTHON_ID_GENERATOR", MARK),
        ("OTEL_RESOURCE_ATTRIBUTES", f"{MARK}"),
    )
}


@pytest.mark.parametrize("name", all_but(("timeout of nan",), NUMBERS))
def test_bad_numbers(
    programs: Programs, collector: Collector, baseline: dict[str, Done], name: str
) -> None:
    """A number that is none is named by its variable, and all is sent."""
    ((variable, value),) = NUMBERS[name].items()

    done = programs.script(**{ENDPOINT: collector.url, variable: value})

    check_as_without(done, baseline["script"])
    (line,) = done.lines()
    assert variable in line
    assert [] == done.says(MARK)
    check_all_there(collector, done)


@pytest.mark.parametrize(
    "name",
    all_but(
        (f"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT={MARK}", "OTEL_TRACES_SAMPLER=always_off"),
        OTHERS,
    ),
)
def test_bad_numbers_of_the_sdk(
    programs: Programs, collector: Collector, baseline: dict[str, Done], name: str
) -> None:
    """What the SDK cannot take stops neither the run nor its courier."""
    done = programs.script(**{ENDPOINT: collector.url, **OTHERS[name]})

    check_as_without(done, baseline["script"])
    assert [] == done.says(MARK)
    check_all_there(collector, done)


@pytest.mark.parametrize("name", all_but(("grpc",), ("grpc", "http/json", MARK)))
def test_other_protocols(
    programs: Programs, collector: Collector, baseline: dict[str, Done], name: str
) -> None:
    """A protocol that is not spoken is told, or not used; nothing is lost."""
    variable = "OTEL_EXPORTER_OTLP_PROTOCOL"

    done = programs.script(**{ENDPOINT: collector.url, variable: name})

    check_as_without(done, baseline["script"])
    assert [] == [*done.says(MARK), *done.says(TOKEN)]
    if done.lines():
        assert variable in done.lines()[0]
    else:
        check_all_there(collector, done)
