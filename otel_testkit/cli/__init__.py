"""
`otel-testkit`: what was recorded, in a terminal.

Exit code 0 also for runs in which tests failed, for they were shown; 1 for what
could not be sent; 2 for what was asked wrongly.
"""

from __future__ import annotations

import os
import sys

from collections.abc import Sequence
from typing import Final

from otel_testkit.cli.parser import parser
from otel_testkit.cli.selection import SelectionError
from otel_testkit.errors import BadEndpoint, UnreadableRun


_ASKED_WRONGLY: Final = 2
# As the shell reports a process that these signals ended.
_INTERRUPTED: Final = 130
_BROKEN_PIPE: Final = 141


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run the command line *arguments*, by default those of the process.
    """
    options = parser().parse_args(arguments)

    try:
        status: int | None = options.command(options)
        sys.stdout.flush()
    except (UnreadableRun, SelectionError, BadEndpoint) as error:
        # Imported late: only those who need it pay for it.
        from otel_testkit.report.text import harmless  # noqa: PLC0415

        lines = map(harmless, str(error).splitlines())
        message = "otel-testkit: " + "\n".join(lines) + "\n"
        encoding = sys.stderr.encoding or "utf-8"
        sys.stderr.write(message.encode(encoding, "backslashreplace").decode(encoding))
        return _ASKED_WRONGLY
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Python flushes standard output once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE

    return status or 0
