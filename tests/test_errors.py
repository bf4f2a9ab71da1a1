"""
What counts as a trouble of ours, and what does not.
"""

from __future__ import annotations

import signal

import pytest

from otel_testkit import errors


class Interrupted(OSError):
    """
    What a program's own alarm raises.
    """


@pytest.mark.skipif(not hasattr(signal, "SIGALRM"), reason="no alarms here")
def test_what_a_signal_handler_raises_goes_through() -> None:
    """
    A handler runs wherever the program is, in our midst as well; what it raises is
    the program's.
    """

    class Alarm:
        def ring(self, *_: object) -> None:
            raise Interrupted

    @errors.never_raises("slug", "nothing was done")
    def ours() -> None:
        signal.raise_signal(signal.SIGALRM)

    previous = signal.signal(signal.SIGALRM, Alarm().ring)
    errors.troubles()
    try:
        with pytest.raises(Interrupted):
            ours()
    finally:
        signal.signal(signal.SIGALRM, previous)

    assert errors.troubles() == []


def test_what_we_raise_is_a_trouble() -> None:
    """
    Our own failure is one line, and nothing is raised.
    """

    @errors.never_raises("slug", "nothing was done")
    def ours() -> None:
        raise Interrupted

    assert ours() is None
    (line,) = errors.troubles()
    assert line.startswith("nothing was done (Interrupted at ")
