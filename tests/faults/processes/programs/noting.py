"""
Notes in the ledger which tests of a suite have begun and ended: a plugin for pytest.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from ledger import note


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    note(f"began {item.nodeid}")
    try:
        return (yield)
    finally:
        note(f"ended {item.nodeid}")
