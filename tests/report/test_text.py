"""
Text for a report, made harmless.
"""

from __future__ import annotations

import pytest

from otel_testkit.report.text import harmless_lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("def f():\n    return  1\n", "def f():\n    return  1"),
        ("\ta\r\nb\x0bc", "    a\nb\nc"),
        ("a\x1b[2Jb\u202ec\x00", r"a\x1b[2Jb\u202ec\x00"),
        ("", ""),
    ],
)
def test_lines_stay_lines(text, shown):
    """
    Lines keep their breaks and their spaces; what can't be seen is shown as its code.
    """
    assert shown == harmless_lines(text)


def test_long_text_is_cut():
    """
    Of a text without end the beginning is shown, and how much more there is.
    """
    shown = harmless_lines("line\n" * 10_000)

    assert 4_001 == shown.count("\n") + 1
    assert shown.endswith("\n… 30,000 more characters")
