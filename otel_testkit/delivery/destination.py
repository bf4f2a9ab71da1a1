"""
Where records are sent, from the settings and what OpenTelemetry has variables for.

Read here and not by the exporter: it takes milliseconds for seconds, raises for
what is no number, and logs the headers that it cannot read.
"""

from __future__ import annotations

import math
import os

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from otel_testkit.settings import Settings
from otel_testkit.store import layout


SIGNALS: Final = (layout.TRACES, layout.LOGS)

_USUAL_PATHS: Final = frozenset(f"/v1/{signal}" for signal in SIGNALS)
_DEFAULT_TIMEOUT: Final = 10.0
# Nobody waits longer than that for one request: it is in milliseconds, as
# OpenTelemetry's specification has it, and its exporter for Python has not.
_MOST_SECONDS: Final = 600.0
_LUMIGO: Final = "https://ga-otlp.lumigo-tracer-edge.golumigo.com"
_TELLING: Final = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    "LUMIGO_TRACER_TOKEN",
)

Problem = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Destination:
    """
    Where one kind of record goes. *timeout* is in seconds, for a whole request;
    the certificates are paths.
    """

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    compression: str = "none"
    timeout: float = _DEFAULT_TIMEOUT
    certificate: str = ""
    client_certificate: str = ""
    client_key: str = ""

    @property
    def name(self) -> str:
        """
        What tells it from others and may be shown: the URL without user, password
        and query, and a path that may be a secret by its hash.
        """
        from hashlib import sha256  # noqa: PLC0415  # only where something is sent
        from urllib.parse import urlsplit  # noqa: PLC0415  # as above

        parts = urlsplit(self.url)
        path = parts.path
        if path not in _USUAL_PATHS:
            path = f"/{sha256(path.encode()).hexdigest()[:12]}"

        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{path}"

    @property
    def host(self) -> str:
        return self.name.partition("://")[2].partition("/")[0]

    @property
    def is_local(self) -> bool:
        host = self.host.rpartition(":")[0] or self.host

        return host in ("localhost", "[::1]") or host.startswith("127.")


Destinations = Mapping[str, Destination]


def destinations(
    settings: Settings, environ: Mapping[str, str]
) -> tuple[Destinations, list[str]]:
    """
    Work out where spans and log records go, by signal, and what is wrong with
    what was set; ({}, []) where nobody has said that they go anywhere.

    A problem names the variable and what it takes, never the value.
    """
    is_told = settings.endpoint or any(environ.get(name) for name in _TELLING)
    if not is_told or settings.send == "none":
        return {}, []

    problems: list[str] = []
    found: dict[str, Destination] = {}
    for signal in SIGNALS:
        reader = _Reader(signal, environ, problems.append)
        destination = reader.destination(settings.endpoint)
        if destination is not None and (signal != layout.LOGS or settings.logs):
            found[signal] = destination

    return found, list(dict.fromkeys(problems))


class _Reader:
    """
    Reads the variables of one signal: its own, or else those for all.
    """

    def __init__(
        self, signal: str, environ: Mapping[str, str], problem: Problem
    ) -> None:
        self._signal = signal
        self._environ = environ
        self._problem = problem

    def destination(self, endpoint: str) -> Destination | None:
        url, token = self._url(endpoint), self._environ.get("LUMIGO_TRACER_TOKEN", "")
        is_lumigo = not url and bool(token) and not endpoint
        if is_lumigo:
            url = self._lumigo_url()
        if not url:
            return None

        headers = dict(self._headers())
        if is_lumigo:
            headers.setdefault("authorization", f"LumigoToken {token.strip()}")

        return Destination(
            url=url,
            headers=headers,
            compression=self._compression(),
            timeout=self._timeout(),
            certificate=self._file("CERTIFICATE"),
            client_certificate=self._file("CLIENT_CERTIFICATE"),
            client_key=self._file("CLIENT_KEY"),
        )

    def _given(self, name: str) -> Iterator[tuple[str, str]]:
        """
        Give variable and value of what is set, the signal's own first.
        """
        for middle in (f"{self._signal.upper()}_", ""):
            variable = f"OTEL_EXPORTER_OTLP_{middle}{name}"
            if value := self._environ.get(variable, "").strip():
                yield variable, value

    def _url(self, endpoint: str) -> str:
        path = f"/v1/{self._signal}"
        if endpoint:
            problem = _what_is_wrong(endpoint)
            if problem:
                self._problem(f"endpoint takes {problem}; nothing is sent")
                return ""

            return endpoint.rstrip("/") + path

        if self._is_switched_off():
            return ""
        for variable, value in self._given("ENDPOINT"):
            if problem := _what_is_wrong(value):
                self._problem(f"{variable} takes {problem}; nothing is sent there")
                return ""
            if not self._speaks_http():
                return ""

            is_general = variable == "OTEL_EXPORTER_OTLP_ENDPOINT"
            return value.rstrip("/") + path if is_general else value

        return ""

    def _is_switched_off(self) -> bool:
        variable = f"OTEL_{self._signal.upper()}_EXPORTER"

        return self._environ.get(variable, "").strip().lower() == "none"

    def _speaks_http(self) -> bool:
        for variable, value in self._given("PROTOCOL"):
            if value.lower() == "grpc":
                self._problem(
                    f"{variable} says gRPC, and this is sent over HTTP: set "
                    "OTEL_TESTKIT_ENDPOINT to the endpoint for OTLP/HTTP; nothing is sent"
                )
                return False
            break

        return True

    def _lumigo_url(self) -> str:
        def says(name: str, default: str) -> bool:
            return self._environ.get(name, default).strip().lower() == "true"

        if says("LUMIGO_SWITCH_OFF", "false"):
            return ""
        if self._signal == layout.LOGS:
            if not says("LUMIGO_ENABLE_LOGS", "false"):
                return ""
            variable = "LUMIGO_LOGS_ENDPOINT"
        else:
            if not says("LUMIGO_ENABLE_TRACES", "true"):
                return ""
            variable = "LUMIGO_ENDPOINT"

        given = self._environ.get(variable, "").strip()
        if given and (problem := _what_is_wrong(given)):
            self._problem(f"{variable} takes {problem}; nothing is sent there")
            return ""

        return given or f"{_LUMIGO}/v1/{self._signal}"

    def _headers(self) -> Iterator[tuple[str, str]]:
        from urllib.parse import unquote  # noqa: PLC0415  # as above

        for variable, text in self._given("HEADERS"):
            for place, pair in enumerate(text.split(","), 1):
                if not pair.strip():
                    continue

                name, equals, value = pair.partition("=")
                name, value = unquote(name).strip(), unquote(value).strip()
                if not equals or not _is_header(name, value):
                    # Not the name either: it may be half a secret.
                    self._problem(
                        f"{variable} takes name=value pairs, separated by commas; "
                        f"the {_ordinal(place)} is none and is not used"
                    )
                    continue

                yield name.lower(), value
            return

    def _compression(self) -> str:
        for variable, value in self._given("COMPRESSION"):
            if value.lower() in ("none", "gzip", "deflate"):
                return value.lower()
            self._problem(f"{variable} takes none, gzip or deflate; none is used")

        return "none"

    def _timeout(self) -> float:
        for variable, value in self._given("TIMEOUT"):
            try:
                number = float(value)
            except ValueError:
                number = math.nan
            if not 0 < number < math.inf:
                self._problem(
                    f"{variable} takes a number above 0; {_DEFAULT_TIMEOUT:.0f} s are used"
                )
                break

            return number / 1000 if number > _MOST_SECONDS else number

        return _DEFAULT_TIMEOUT

    def _file(self, name: str) -> str:
        for variable, value in self._given(name):
            if os.path.isfile(value):
                return os.path.abspath(value)
            self._problem(
                f"{variable} takes the path of a file that is there; it is not used"
            )
            break

        return ""


def _what_is_wrong(url: str) -> str:
    """
    Say what would be right instead of *url*; "" if it is.
    """
    from urllib.parse import urlsplit  # noqa: PLC0415  # as above

    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, None

    is_url = (
        parts is not None
        and parts.scheme in ("http", "https")
        and bool(host)
        and port != 0
        and url.isascii()
        and url.isprintable()
        and " " not in url
    )

    return "" if is_url else "a URL such as http://localhost:4318"


def _is_header(name: str, value: str) -> bool:
    return (
        bool(name)
        and all(letter.isalnum() or letter in "!#$%&'*+-.^_`|~" for letter in name)
        and name.isascii()
        and value.isprintable()
        and all(ord(letter) < 256 for letter in value)  # Latin 1
    )


def _ordinal(place: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(place, f"{place}th")
