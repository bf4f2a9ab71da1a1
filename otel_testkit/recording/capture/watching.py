"""
Watches single objects of other people's classes: responses, while they are read.

A watched object is for that time of a class of its own, below its real one and
called as it. All other objects, and this one before and after, cost nothing; and
nothing on the object refers back to it, so that it goes when its last user does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Watch:
    """
    Methods to be put on objects. *methods* give each by its name, as a function
    that makes it for a class: to be called there, as whatever that has by then.
    """

    def __init__(self, **methods: Callable[[type], Callable[..., Any]]) -> None:
        self._methods = methods
        self._watching: dict[type, type] = {}
        self._watched: dict[type, type] = {}

    def begin(self, instance: Any) -> None:
        """
        Watch *instance* from now on.
        """
        kind = type(instance)
        watching = self._watching.get(kind) or self._made(kind)
        instance.__class__ = watching

    def end(self, instance: Any) -> None:
        """
        Watch *instance* no longer, if it is.
        """
        kind = self._watched.get(type(instance))
        if kind is not None:
            instance.__class__ = kind

    def _made(self, kind: type) -> type:
        named = {
            name: getattr(kind, name)
            for name in ("__doc__", "__module__", "__qualname__")
        }
        methods = {
            name: make(kind)
            for name, make in self._methods.items()
            if hasattr(kind, name)
        }
        made = type(kind.__name__, (kind,), {**named, **methods})
        self._watching[kind] = made
        self._watched[made] = kind

        return made
