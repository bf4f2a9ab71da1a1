"""
The report's scripts, as far as they need no page, under Node's own test runner.

Without Node these tests say so and are skipped; with `REQUIRE_SERVERS` in the
environment, as in CI, they fail.
"""

from __future__ import annotations

import os
import shutil
import subprocess

from pathlib import Path

import pytest


HERE = Path(__file__).parent / "javascript"
INSTALLED = Path(__file__).parents[2] / ".venv-node" / "bin"
FILES = sorted(file.name for file in HERE.glob("*.test.mjs"))


@pytest.mark.parametrize("file", FILES)
def test_scripts(file: str) -> None:
    """
    All tests of a script pass.
    """
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), str(INSTALLED)])
    node = shutil.which("node", path=path)
    if node is None:
        reason = "NOT TESTED: node is not on this machine (make browsers)"
        if os.environ.get("REQUIRE_SERVERS"):
            pytest.fail(reason)
        pytest.skip(reason)

    done = subprocess.run(
        [node, "--test", "--test-reporter=tap", HERE / file],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 0" not in done.stdout
