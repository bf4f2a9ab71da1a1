"""
What is current, without the two calls that the API makes for it.

A test asks for it at each of its phases, and a client at each of its calls.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final

from opentelemetry import context as context_api
from opentelemetry.context import Context


def _variable() -> ContextVar[Context] | None:
    """
    Give what the API keeps the current context in; None where it is not loaded
    yet, as in older versions, or is of somebody else's making.
    """
    runtime = getattr(context_api, "_RUNTIME_CONTEXT", None)
    variable = getattr(runtime, "_current_context", None)
    is_known = type(runtime).__name__ == "ContextVarsRuntimeContext"

    return variable if is_known and type(variable) is ContextVar else None


_found: Final = _variable()

get_current: Callable[[], Context] = (
    context_api.get_current if _found is None else _found.get
)
attach: Callable[[Context], Any] = context_api.attach if _found is None else _found.set
