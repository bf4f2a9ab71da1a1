"""
Attempts of one test, made by hand and read back as any run is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from otel_testkit.trace import Attempt, load


API = "http://127.0.0.1:8080"


class Attempts:
    """
    Attempts of one test in the making: each of `passed` and `failed` adds one.

    A call *takes* a twentieth of a second, a tenth after the one before or *at* a
    time; it is made in the step *step*, and has spans *inside*, each by its name and
    its start and end within the call.
    """

    def __init__(self, run: Any, exception: Callable[..., dict[str, Any]]) -> None:
        self._run = run
        self._exception = exception
        self._count = 0

    def passed(self, *calls: dict[str, Any], **tags: Any) -> None:
        self._add(calls, "passed", "", (), tags)

    def failed(
        self,
        *calls: dict[str, Any],
        error: str = "AssertionError: no",
        after: tuple[dict[str, Any], ...] = (),
        **tags: Any,
    ) -> None:
        """
        Add an attempt that raised *error* after its *calls*, and cleared up *after*.
        """
        self._add(calls, "failed", error, after, tags)

    def load(self) -> tuple[list[Attempt], list[Attempt]]:
        """
        Read them back; gives the failing and the passing ones.
        """
        (case,) = load(self._run.write()).cases
        failing = [one for one in case.attempts if one.is_failure]

        return failing, [one for one in case.attempts if not one.is_failure]

    def _add(self, calls, outcome, error, after, tags) -> None:
        self._count += 1
        offset = 1000.0 * self._count
        root = f"{self._count:08x}" + "f" * 8
        self._run.trace_id = f"{self._count:032x}"
        failed = self._call(calls, offset, root)
        end = self._call(after, failed + 0.01, root)
        self._run.test(
            "test_it",
            offset,
            end,
            outcome,
            span_id=root,
            exceptions=[self._raised(error, failed)] if error else None,
            **{name.replace("__", "."): value for name, value in tags.items()},
        )

    def _call(self, calls, offset: float, root: str) -> float:
        run, at = self._run, offset
        steps: dict[str, list[float]] = {}
        parents: dict[str, str] = {}
        for one in calls:
            start = offset + one["at"] if "at" in one else at
            end = start + one.get("takes", 0.05)
            parent = root
            if step := one.get("step"):
                parent = f"{self._count:08x}{len(parents):08x}"
                parent = parents.setdefault(step, parent)
                steps.setdefault(step, [start, end])[1] = end
            more = {"service.peer.name": "api", **one.get("attributes", {})}
            if "error" in one:
                more |= {"events": [self._raised(one["error"], end)], "status": 2}
            call = run.call(
                one["method"],
                API + one["path"],
                one["status"],
                start,
                end,
                parent,
                body=one.get("body"),
                **more,
            )
            for name, begin, finish in one.get("inside", ()):
                run.span(name, start + begin, start + finish, call, scope="app")
            at = max(at, end) + 0.1
        for name, (start, end) in steps.items():
            run.span(name, start, end, root, span_id=parents[name])

        return at

    def _raised(self, error: str, time: float) -> dict[str, Any]:
        kind, _, message = error.partition(": ")
        event = self._exception(kind, message)

        return event | {
            "timeUnixNano": str(int(event["timeUnixNano"]) + round(time * 1e9))
        }


@pytest.fixture
def attempts(run_folder, make_exception) -> Attempts:
    """
    Attempts of one test, to be made.
    """
    return Attempts(run_folder, make_exception)
