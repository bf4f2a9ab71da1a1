"""
`python -m otel_testkit`, the same as `otel-testkit`.
"""

import sys

from otel_testkit.cli import main


if __name__ == "__main__":
    sys.exit(main())
