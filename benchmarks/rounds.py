"""
Runs variants of a piece of work in turn, each time in a process of its own.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile

from collections.abc import Iterable, Mapping


def measure(
    module: str,
    variants: Iterable[str],
    *,
    rounds: int,
    environment: Mapping[str, str] | None = None,
) -> dict[str, list[float]]:
    """
    Run `python -m module variant` *rounds* times for each of *variants*, and
    give what each printed, a number, round by round.
    """
    figures = measure_all(module, variants, rounds=rounds, environment=environment)

    return {
        variant: [numbers[-1] for numbers in measured]
        for variant, measured in figures.items()
    }


def measure_all(
    module: str,
    variants: Iterable[str],
    *,
    rounds: int,
    environment: Mapping[str, str] | None = None,
) -> dict[str, list[list[float]]]:
    """
    Do as `measure` where a run prints several numbers.
    """
    figures: dict[str, list[list[float]]] = {variant: [] for variant in variants}

    # The first round fills the caches, bytecode among them.
    for counted in range(rounds + 1):
        for variant, measured in figures.items():
            with tempfile.TemporaryDirectory() as directory:
                numbers = _run(module, variant, directory, environment or {})
            if counted:
                measured.append(numbers)

    return figures


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def ratio(above: list[float], below: list[float]) -> float:
    """
    Give the median of the ratios, round by round.
    """
    return median(a / b for a, b in zip(above, below, strict=True))


def _run(
    module: str, variant: str, directory: str, environment: Mapping[str, str]
) -> list[float]:
    finished = subprocess.run(
        [sys.executable, "-m", module, variant],
        env={
            **os.environ,
            # As for every installed package.
            "PYTHONDONTWRITEBYTECODE": "",
            "OTEL_TESTKIT_DIR": directory,
            "OTEL_TESTKIT_SHOW": "none",
            **environment,
        },
        capture_output=True,
        text=True,
        check=True,
    )

    return [float(number) for number in finished.stdout.split()]
