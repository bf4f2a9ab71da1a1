"""
Many days for the pytest suite: some bad, most of them better.

A test that fails on some days is flaky, and the attempts that passed show what was
different in the one that failed. This fills the store with both, and lists the tests
that failed, by `otel-testkit flaky`: how often, and why.

    python history.py 20
"""

from __future__ import annotations

import sys

from otel_testkit.trace import load

from demo import ask, run, store_folder
from insights.services import running_services


def main(days: int) -> int:
    """
    Run the suite once for each of *days*, and tell what is flaky.
    """
    store = store_folder()

    with running_services() as services:
        for day in range(1, days + 1):
            services.start_day(seed=day)
            output, folder = run("pytest", services, store)
            if folder is None:
                sys.exit(output)

            failed = [case.name for case in load(str(folder)).cases if case.is_failure]
            print(f"day {day:2}  {', '.join(failed) or 'all passed'}", flush=True)

    print("\nWhich of them fail how often, and why:\n", flush=True)

    return ask(store, "flaky")


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10))
