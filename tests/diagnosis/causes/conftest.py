"""
Attempts made by hand: a test is told as the calls that it made, and how it ended.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from otel_testkit.trace import Attempt, load


API = "http://api.test:8080"


@pytest.fixture
def ask() -> Callable[..., dict[str, Any]]:
    """
    How a call is told: the method, the path, the status; then what else is known.
    """

    def ask(method: str, path: str, status: int | None, **more: Any) -> dict[str, Any]:
        return {"method": method, "path": path, "status": status} | more

    return ask


@pytest.fixture
def tell(run_folder, make_exception) -> Callable[..., Attempt]:
    """
    Tell an attempt: *calls* one after the other, then the exceptions that ended it,
    `(type, message)` each.
    """
    numbers = count(1)

    def tell(
        *calls: dict[str, Any],
        errors: tuple[tuple[str, str], ...] = (),
        outcome: str = "",
        lasts: float = 0.0,
    ) -> Attempt:
        number = next(numbers)
        run = type(run_folder)(run_folder.path.with_name(f"run-{number}"))
        at = 0.0
        told = []
        for one in calls:
            at += one.get("wait", 0.01)
            end = at + one.get("takes", 0.01)
            told.append((one, at, None if one.get("is_open") else end))
            at = end
        chain = [
            make_exception(*error, **({"relation": "cause"} if place else {}))
            for place, error in enumerate(errors)
        ]
        for event in chain:
            event["timeUnixNano"] = str(int(event["timeUnixNano"]) + int(at * 1e9))
        outcome = outcome or ("failed" if errors else "passed")
        test = run.test(
            "test_it",
            0.0,
            None if outcome == "open" else max(at, lasts),
            outcome,
            exceptions=chain,
            trace_id=f"{number:032x}",
        )
        for one, start, end in told:
            _note(run, test, one, start, end, make_exception)

        return next(load(run.write()).attempts())

    return tell


def _note(run, test, one, start, end, make_exception) -> None:
    attributes = dict(one.get("attributes", {}))
    attributes |= {
        f"http.response.header.{name}": [value]
        for name, value in one.get("headers", {}).items()
    }
    attributes |= {
        f"http.request.header.{name}": [value]
        for name, value in one.get("sends", {}).items()
    }
    if "request" in one:
        attributes["http.request.body.content"] = one["request"]
    if "errors" in one:
        attributes["events"] = [make_exception(*error) for error in one["errors"]]
        attributes["status"] = 2
    run.call(
        one["method"],
        one.get("url", API) + one["path"],
        one["status"],
        start,
        end,
        test,
        body=one.get("body"),
        resend=one.get("resend", 0),
        **attributes,
    )
