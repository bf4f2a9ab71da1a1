"""
Runs the suites of other people's packages with `--trace-tests`, beside the same
suites without us, and tells all that differs: `python tests/faults/suites [NAME…]`.

Each package has a virtual environment of its own, in a folder that is kept. Needs
pip and its index, and nothing else.
"""

from __future__ import annotations

import argparse
import tempfile
import tomllib

from pathlib import Path
from typing import Any

from comparison import Row, compare
from workshop import HERE, Suite, Workshop


# Of the differences in a suite, which are often one.
MOST = 20


def _suite(name: str, entry: dict[str, Any]) -> Suite:
    known = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in entry.items()
    }

    return Suite(name, **known)


def _print(name: str, row: Row) -> None:
    same = "NO" if row.differences else "yes"
    warned = sum(row.traced.warnings.values())
    cpu, wall = row.traced.cpu / row.plain.cpu, row.traced.seconds / row.plain.seconds
    print(
        f"{name:28} {len(row.plain.outcomes):6} {same:>5} {warned:8} {row.spans:7}"
        f" {row.calls:6} {row.size // 1000:7} {cpu:6.2f} {wall:6.2f}",
        flush=True,
    )
    for what, how in sorted(row.differences.items())[:MOST]:
        print(f"    {what}: {how}")
    if len(row.differences) > MOST:
        print(f"    … {len(row.differences)} of them")
    for what in sorted(row.unsteady):
        print(f"    by itself, not each time the same: {what}", flush=True)


def main() -> int:
    table = tomllib.loads((HERE / "packages.toml").read_text("utf-8"))
    suites = {name: _suite(name, entry) for name, entry in table.items()}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(suites))
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(tempfile.gettempdir()) / "otel_testkit-suites",
        help="where everything is made, and kept (default: %(default)s)",
    )
    options = parser.parse_args()

    workshop = Workshop(options.folder)
    print(
        "suite                         tests  same warnings   spans  calls"
        "      kB    CPU   time"
    )
    is_same = True
    for name in options.names or suites:
        suite = suites[name]
        workshop.prepare(suite)
        for workers in sorted({0, suite.workers}):
            row = compare(workshop, suite, workers)
            is_same &= not row.differences
            _print(
                f"{name} {suite.version}" + (f" -n {workers}" if workers else ""), row
            )

    return int(not is_same)


if __name__ == "__main__":
    raise SystemExit(main())
