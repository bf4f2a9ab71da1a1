"""
Taps on what a test says to the outside, one file a library.

A tap is set when the test's program imports the library, and never before.
Tapped code runs exactly as it would: the same bytes, exceptions and objects.
"""

from __future__ import annotations

import importlib
import sys

from collections.abc import Collection
from typing import Any, Final

from otel_testkit.settings import Settings


# Of each library, by the name that the setting `capture_without` knows: the
# modules that are waited for, and the tap that is set on each.
_TAPS: Final = {
    "urllib3": (
        ("urllib3.connectionpool", "urllib3"),
        ("urllib3.poolmanager", "operations"),
        ("requests.sessions", "operations"),
    ),
    "botocore": (("botocore.endpoint", "operations"),),
    "elasticsearch": (("elastic_transport._transport", "operations"),),
}

_installed: set[tuple[str, str]] = set()


def install_for(settings: Settings) -> None:
    """
    Set the taps that *settings* want, and take off those that they don't.
    """
    for library in settings.capture_without:
        for module, tap in _TAPS.get(library, ()):
            _remove(module, tap)

    install(settings.capture_without)


def install(without: Collection[str] = ()) -> None:
    """
    Set the taps of all libraries but those *without*, each as soon as its
    library is imported.
    """
    import wrapt  # noqa: PLC0415  # loads asyncio: paid by who records

    for library, taps in _TAPS.items():
        for module, tap in taps:
            if library not in without and (module, tap) not in _installed:
                _installed.add((module, tap))
                wrapt.register_post_import_hook(_setter(tap), module)


def remove() -> None:
    """
    Take all taps off again; `install` sets them anew.
    """
    for module, tap in list(_installed):
        _remove(module, tap)


def _remove(module: str, tap: str) -> None:
    _installed.discard((module, tap))
    loaded = sys.modules.get(f"{__name__}.{tap}")
    if loaded is not None:
        loaded.remove(module)


def _setter(tap: str) -> Any:
    def set_tap(module: Any) -> None:
        # After `remove` the hook is still registered.
        if (module.__name__, tap) in _installed:
            importlib.import_module(f"{__name__}.{tap}").set_on(module)

    return set_tap
