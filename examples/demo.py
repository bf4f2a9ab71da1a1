"""
One good day, and one bad day told three times: by a plain script, by unittest and by
pytest.

Starts the system under test, runs the suites against it, checks in what was recorded
that the days went as their seeds want it, and lets otel_testkit explain the failures,
beside the day on which all went well.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from otel_testkit.trace import Attempt, load

from insights.services import EXAMPLES, SEED, Services, running_services


SUITES = {
    "a plain script": ("script_insights.py",),
    "unittest": ("-m", "unittest", "unittest_insights"),
    "pytest": ("-m", "pytest", "-q", "test_insights.py"),
}


# A day on which nothing goes wrong, to compare the other one with.
GOOD_DAY = 4


@dataclass(frozen=True, slots=True)
class Fate:
    """
    What the day has in store for one test: how it ends, and the errors on its way.
    """

    outcome: str
    statuses: tuple[int, ...]
    says: str

    def met(self, attempt: Attempt) -> bool:
        """
        Tell whether *attempt* is the one that this happened to.
        """
        outcome = "failed" if attempt.is_failure else "passed"
        statuses = tuple(call.status for call in attempt.failing_calls)

        return (outcome, statuses) == (self.outcome, self.statuses)

    def __str__(self) -> str:
        return f"{self.outcome}: {self.says}"


FATES = (
    Fate("failed", (429,) * 3, "AWS throttled each attempt to invoke"),
    Fate("failed", (404,) * 6, "the insight was later than the last poll"),
    Fate("failed", (401,) * 2, "its token was revoked"),
    Fate("passed", (404,) * 3, "the insight was there at the fourth poll"),
    Fate("passed", (500,), "a search that answered 500 was tried again"),
)


def store_folder() -> Path:
    """
    The folder that the runs are kept in: the project's, unless another one is set.
    """
    default = EXAMPLES.parent / ".otel-testkit"

    return Path(os.environ.get("OTEL_TESTKIT_DIR", default)).absolute()


def run(suite: str, services: Services, store: Path) -> tuple[str, Path | None]:
    """
    Run *suite* in a process of its own; give its output and the folder of its run.
    """
    known = set(store.glob("runs/*"))
    done = subprocess.run(
        [sys.executable, *SUITES[suite]],
        cwd=EXAMPLES,
        env=environ(store) | services.environ | {"OTEL_TESTKIT_SHOW": "none"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    return done.stdout, next(iter(set(store.glob("runs/*")) - known), None)


def surprises(attempts: list[Attempt]) -> Iterator[str]:
    """
    Say what went otherwise than planned.
    """
    for fate in FATES:
        if not any(fate.met(attempt) for attempt in attempts):
            yield f"no test has {fate}"

    for attempt in attempts:
        if attempt.is_failure and not any(fate.met(attempt) for fate in FATES):
            yield f"{attempt.case} failed: {attempt.errors[:1]}"


def environ(store: Path) -> dict[str, str]:
    """
    Our environment, without what would lead the suites astray.
    """
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AWS_") and name != "OTEL_TESTKIT_RUN"
    }

    return clean | {"OTEL_TESTKIT_DIR": str(store)}


def ask(store: Path, *arguments: str) -> int:
    """
    Ask otel_testkit as a user would, and give the exit code.
    """
    command = [sys.executable, "-m", "otel_testkit", *arguments]

    return subprocess.run(command, env=environ(store), check=False).returncode


def tell(name: str, suite: str, services: Services, store: Path) -> tuple[Path, str]:
    """
    Run *suite* and print a line about it; give the folder of its run and its output.
    """
    start = time.monotonic()
    output, folder = run(suite, services, store)
    seconds = time.monotonic() - start
    if folder is None:
        sys.exit(output)

    attempts = list(load(str(folder)).attempts())
    failed = sum(attempt.is_failure for attempt in attempts)
    print(
        f"  {name:16} {len(attempts) - failed} passed, {failed} failed"
        f"  {seconds:5.1f} s",
        flush=True,
    )

    return folder, output


def main() -> int:
    """
    Tell the days; the exit code says whether they went as planned.
    """
    store = store_folder()

    with running_services() as services:
        print(f"One good day (seed {GOOD_DAY}), told by")
        services.start_day(GOOD_DAY)
        folder, output = tell("pytest", "pytest", services, store)
        if any(attempt.is_failure for attempt in load(str(folder)).attempts()):
            print(f"\n{output}\nNot as planned: a test failed")
            return 1

        print(f"One bad day (seed {SEED}), told by")
        for suite in SUITES:
            services.start_day()
            folder, output = tell(suite, suite, services, store)
            if found := list(surprises(list(load(str(folder)).attempts()))):
                print(f"\n{output}\nNot as planned:", *found, sep="\n  ")
                return 1

    print("As planned, in each of them:", *FATES, sep="\n  ")
    print("\nA test of pytest that passed, past a 500 that nobody saw:\n", flush=True)
    recovered = ("--case", "test_insight_can_be_found")
    statuses = [ask(store, "show", str(folder), *recovered)]
    print("\nWhat happened to the tests of pytest that failed:\n", flush=True)
    statuses.append(ask(store, "show", str(folder)))
    print("\nThe same to be looked at in a browser:\n", flush=True)
    statuses.append(ask(store, "report", str(folder)))

    return max(statuses)


if __name__ == "__main__":
    sys.exit(main())
