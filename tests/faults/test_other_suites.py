"""
The suites of other people's packages: some quick ones of those of `make suites`.
"""

from __future__ import annotations

import os
import subprocess
import sys

from pathlib import Path

import pytest


SUITES = Path(__file__).parent / "suites"
QUICK = ("pluggy", "itsdangerous")


# Most of it is for pip, and for a machine that is busy.
@pytest.mark.timeout(600)
@pytest.mark.skipif(
    pytest.version_tuple < (9,),
    reason="what runs here makes its own environment, the same as beside the newest",
)
def test_quick_suites(tmp_path: Path) -> None:
    """Tests that know nothing of us end, and warn, as without us, and all are recorded."""
    done = subprocess.run(
        [sys.executable, str(SUITES), "--folder", str(tmp_path), *QUICK],
        capture_output=True,
        text=True,
        check=False,
    )

    if done.returncode == 2 and not os.environ.get("REQUIRE_SERVERS"):
        pytest.skip(f"pip cannot install what is needed: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(" yes ") == len(QUICK)
