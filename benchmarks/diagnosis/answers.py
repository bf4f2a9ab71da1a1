"""
How often an error answer of a public service is read rightly.
"""

from __future__ import annotations

import json

from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks.diagnosis.scores import Guess, macro_f1, print_misses, print_scores
from otel_testkit.diagnosis.answer import Answer
from otel_testkit.diagnosis.meaning import classify_answer


# Those labels that pass by themselves, for sets that don't say.
TRANSIENT = frozenset(
    {
        *("rate_limited", "not_ready", "concurrency_conflict", "server_error"),
        *("unavailable", "gateway_timeout", "dependency_failure"),
    }
)


def guess(row: dict[str, Any], number: int) -> Guess:
    """
    Read the answer of one *row*.
    """
    body = row.get("response_body", row.get("body", ""))
    headers = row.get("response_headers") or row.get("headers") or {}
    answer = Answer(
        status=row["status"],
        headers={name: _values(value) for name, value in headers.items()},
        body=body if isinstance(body, str) else json.dumps(body),
        method=row.get("method", ""),
    )
    meaning = classify_answer(answer)

    return Guess(
        name=str(row.get("id", number)),
        service=row["service"],
        label=row["label"],
        said=meaning.cause.name.lower() if meaning else "nothing",
        is_transient=row.get("transient", row["label"] in TRANSIENT),
        said_transient=bool(meaning and meaning.is_transient),
        confidence=str(meaning.confidence) if meaning else "",
        excerpt=f"{row.get('method')} {row['status']} {' '.join(answer.body.split())}",
        told_by=meaning.told_by if meaning else "",
    )


def report(path: Path, *, misses: int = 10) -> list[Guess]:
    """
    Print how the answers in *path* are read.

    The rules have nothing fitted to rows, so each service is held out as it is; what
    varies between services is shown by leaving out one after the other.
    """
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    guesses = [guess(row, number) for number, row in enumerate(rows, 1)]
    print_scores(path.name, guesses)
    by_service = defaultdict(list)
    for one in guesses:
        by_service[one.service].append(one)
    without = [
        macro_f1([one for one in guesses if one.service != service], least=5)
        for service in by_service
    ]
    fair = sum(
        sum(one.is_right for one in group) / len(group) for group in by_service.values()
    ) / len(by_service)
    print(f"\n  accuracy, each service counted once: {fair:.3f}")
    print(
        f"  macro-F1 with one service left out: {min(without):.3f}-{max(without):.3f}"
    )
    recorded = [
        one
        for one, row in zip(guesses, rows, strict=True)
        if row.get("recording", "recorded") == "recorded"
    ]
    if len(recorded) < len(guesses):
        print(
            f"  macro-F1 of those recorded, not made up: {macro_f1(recorded, least=5):.3f}"
        )
    print_misses(guesses, misses)

    return guesses


def _values(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]
