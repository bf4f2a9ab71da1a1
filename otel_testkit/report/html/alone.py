"""
The command that runs a test alone, to be pasted into a shell.
"""

from __future__ import annotations

import re
import shlex

from typing import Final

from otel_testkit.report.text import harmless


_PYTEST_NODE: Final = re.compile(r"(?![-@])[^:]+\.py::.+")
_UNITTEST_ID: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
# A script is no module to a process that does not run it.
_SCRIPT: Final = "__main__."
_PLAIN: Final = re.compile(r"[\w./:-]+", re.ASCII)
# What a shell acts upon within double quotes.
_ACTIVE: Final = frozenset('"$`\\!%')


def command_alone(case: str, command: str) -> str:
    """
    Give the command for *case* of a run that was started by *command*; "" where none
    is known.
    """
    # What is pasted is run: it has to be what is seen.
    if case != harmless(case):
        return ""

    words = set(command.split())
    python = next((word for word in words if word.startswith("python")), "python")
    if "unittest" in words and _is_unittest(case):
        return f"{python} -m unittest {case}"
    if _PYTEST_NODE.fullmatch(case):
        runner = f"{python} -m pytest" if f"{python} -m pytest" in command else "pytest"
        return f"{runner} {_quoted(case)}"

    return ""


def _is_unittest(case: str) -> bool:
    return bool(_UNITTEST_ID.fullmatch(case)) and not case.startswith(_SCRIPT)


def _quoted(word: str) -> str:
    if _PLAIN.fullmatch(word):
        return word
    if _ACTIVE.isdisjoint(word):
        # Understood by all shells.
        return f'"{word}"'

    return shlex.quote(word)
