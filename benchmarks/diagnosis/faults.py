"""
How often the fault is named that a client met, from its exceptions and from the
spans that stock instrumentation made of them.
"""

from __future__ import annotations

import json
import tempfile

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.diagnosis.scores import Guess
from otel_testkit.diagnosis import diagnose
from otel_testkit.diagnosis.exceptions import classify_exception
from otel_testkit.trace import load
from otel_testkit.trace.model import Attempt, Error


# By fault, the causes that name its class: drivers of databases can't tell a reset
# connection from a closed one, nor which of their limits ran out.
CLASSES: Final = {
    "connection_refused": "CONNECTION_REFUSED",
    "dns_failure": "DNS_FAILURE",
    "connect_timeout": "CONNECT_TIMEOUT TIMEOUT",
    "read_timeout": "TIMEOUT CONNECT_TIMEOUT",
    "connection_reset": "CONNECTION_RESET SERVER_DISCONNECTED",
    "server_disconnected": "SERVER_DISCONNECTED CONNECTION_RESET",
    "truncated_body": "TRUNCATED_BODY",
    "protocol_error": "PROTOCOL_ERROR",
    "unexpected_body": "UNEXPECTED_BODY",
    "redirect_loop": "REDIRECT_LOOP",
    "tls_plaintext": "TLS_FAILURE",
    "tls_self_signed": "TLS_FAILURE",
    "http_429": "RATE_LIMITED",
    "http_503": "UNAVAILABLE",
    "http_401": "AUTH_INVALID AUTH_MISSING",
    "http_500_then_200": "SERVER_ERROR",
}
# What the labels of the database rows are for us.
SQL: Final = {
    "timeout": "TIMEOUT",
    "cancelled": "CANCELLED",
    "connection_lost": "SERVER_DISCONNECTED CONNECTION_RESET",
    "resource_limit": "POOL_EXHAUSTED RESOURCE_LIMIT",
    "secondary_error": "CONSEQUENCE",
}


def report(path: Path) -> float:
    """
    Print the share of the rows of *path* whose fault is named first, and the rest.
    """
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    guesses = [_guess(row) for row in rows]
    green = [
        one
        for one, row in zip(guesses, rows, strict=True)
        if all(span["status"] != "ERROR" for span in row["spans"] if _is_client(span))
    ]
    share = _print(path.name, guesses)
    print(f"  of those whose client spans are all green: {_share(green):.3f}", end="")
    print(f" of {len(green)}")

    return share


def report_sql(path: Path) -> float:
    """
    Print how the errors of a database in *path* are read.
    """
    guesses = []
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        meaning = classify_exception(
            [Error(row["type"], row["message"])], code=row["sqlstate"] or ""
        )
        named = SQL.get(row["label"], row["label"].upper())
        said = meaning.cause.name if meaning else "nothing"
        guesses.append(
            Guess(
                name=row["fault"],
                service="postgresql",
                label=row["label"],
                said=row["label"] if said in named.split() else said.lower(),
                is_transient=False,
                said_transient=False,
                confidence=str(meaning.confidence) if meaning else "",
                excerpt=row["message"],
            )
        )

    return _print(path.name, guesses)


def _guess(row: dict[str, Any]) -> Guess:
    findings = diagnose(_attempt(row))
    first = findings[0] if findings else None
    said = first.cause.name if first else "nothing"

    return Guess(
        name=row["client"],
        service=row["client"],
        label=row["fault"],
        said=row["fault"] if said in CLASSES[row["fault"]].split() else said.lower(),
        is_transient=False,
        said_transient=False,
        confidence=str(first.confidence) if first else "",
        excerpt=" | ".join(
            f"{one['type']}: {one['message']}" for one in row["exception_chain"] or ()
        ),
    )


def _print(title: str, guesses: list[Guess]) -> float:
    share = _share(guesses)
    wrong = [one for one in guesses if not one.is_right]
    certain = sum(one.confidence == "certain" for one in wrong)
    print(
        f"\n{title}: {share:.3f} of {len(guesses)} rows named, wrong and certain: {certain}"
    )
    for one in wrong:
        print(f"  {one.name} {one.label} called {one.said}", end="")
        print(f" ({one.confidence}) {' '.join(one.excerpt.split())[:100]}")

    return share


def _share(guesses: list[Guess]) -> float:
    return sum(one.is_right for one in guesses) / max(len(guesses), 1)


def _is_client(span: dict[str, Any]) -> bool:
    return bool(span["kind"] == "CLIENT")


def _attempt(row: dict[str, Any]) -> Attempt:
    """
    Make the attempt of which a row tells, as it would have been recorded.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in _lines(row))
        file.flush()

        return next(load(file.name).attempts())


def _lines(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for number, span in enumerate(row["spans"]):
        attributes = dict(span["attributes"])
        events = span["events"]
        status = span["status"]
        if not _is_client(span):
            attributes |= {
                "test.case.name": row["fault"],
                "test.case.result.status": "fail",
            }
            events = list(_events(row["exception_chain"] or ()))
            status = "ERROR"
        fields = {
            "traceId": "1" * 32,
            "spanId": f"{number + 1:016x}",
            "parentSpanId": f"{len(row['spans']):016x}" if _is_client(span) else None,
            "name": span["name"],
            "kind": 3 if _is_client(span) else 1,
            "startTimeUnixNano": str(10**18 + number),
            "endTimeUnixNano": str(10**18 + number + int(span["duration_ms"] * 1e6)),
            "attributes": _pairs(attributes),
            "status": {
                "code": 2 if status == "ERROR" else 0,
                "message": span.get("status_description") or "",
            },
            "events": [
                {
                    "name": event["name"],
                    "timeUnixNano": str(10**18 + int(9e9)),
                    "attributes": _pairs(event["attributes"]),
                }
                for event in events
            ],
        }
        yield {"resourceSpans": [{"scopeSpans": [{"spans": [fields]}]}]}


def _events(chain: Any) -> Iterator[dict[str, Any]]:
    for place, link in enumerate(chain):
        attributes = {
            "exception.type": link["type"],
            "exception.message": link["message"] or "",
        }
        if place:
            attributes["otel_testkit.exception.relation"] = "cause"
        yield {"name": "exception", "attributes": attributes}


def _pairs(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "key": key,
            "value": {"intValue": str(value)}
            if isinstance(value, int) and not isinstance(value, bool)
            else {"stringValue": str(value)},
        }
        for key, value in attributes.items()
    ]
