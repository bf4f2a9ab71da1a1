"""
Taps on what a test says to the outside, one file a library.

A tap is set when the test's program imports the library, and never before.
Tapped code runs exactly as it would: the same bytes, exceptions and objects.
"""

from __future__ import annotations

import importlib
import sys

from typing import Any, Final


# Module that is waited for, and the tap that is set on it.
_TAPS: Final = (
    ("urllib3.connectionpool", "urllib3"),
    ("urllib3.poolmanager", "operations"),
    ("requests.sessions", "operations"),
    ("botocore.endpoint", "operations"),
    ("elastic_transport._transport", "operations"),
)

_installed: set[tuple[str, str]] = set()


def install() -> None:
    """
    Set all taps, each as soon as its library is imported.
    """
    import wrapt  # noqa: PLC0415  # loads asyncio: paid by who records

    for module, tap in _TAPS:
        if (module, tap) not in _installed:
            _installed.add((module, tap))
            wrapt.register_post_import_hook(_setter(tap), module)


def remove() -> None:
    """
    Take all taps off again; `install` sets them anew.
    """
    for module, tap in list(_installed):
        loaded = sys.modules.get(f"{__name__}.{tap}")
        if loaded is not None:
            loaded.remove(module)
    _installed.clear()


def _setter(tap: str) -> Any:
    def set_tap(module: Any) -> None:
        # After `remove` the hook is still registered.
        if (module.__name__, tap) in _installed:
            importlib.import_module(f"{__name__}.{tap}").set_on(module)

    return set_tap
