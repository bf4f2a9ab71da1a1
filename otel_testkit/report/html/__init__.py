"""
The report to be looked at: one file, that opens anywhere and asks nobody.

    write.py ─► entry, essentials, overview    what people read first
            └─► chunk, beside ─► spool         the data of each test
                                └─► page.py    a file, with assets/ and templates/
"""

from otel_testkit.report.html.write import write_report
from otel_testkit.report.written import Written


__all__ = ["Written", "write_report"]
