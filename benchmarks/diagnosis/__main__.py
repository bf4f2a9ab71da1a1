"""
Reads real failures and scores what is made of them:
`python -m benchmarks.diagnosis [FOLDER]`, or the folder in `OTEL_TESTKIT_DATA`.
"""

from __future__ import annotations

import os
import sys

from pathlib import Path

from benchmarks.diagnosis import answers, faults


folder = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("OTEL_TESTKIT_DATA", "")
OWN = Path(__file__).parents[2] / "tests" / "diagnosis" / "causes" / "answers.jsonl"

answers.report(OWN)
if folder:
    answers.report(Path(folder) / "http_errors.jsonl")
    faults.report(Path(folder) / "client_exceptions.jsonl")
    faults.report_sql(Path(folder) / "postgres_errors.jsonl")
else:
    print("\nThe other sets are in a folder that is told as an argument.")
