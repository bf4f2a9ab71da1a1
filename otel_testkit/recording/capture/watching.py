"""
Watches single objects of other people's classes: responses, while they are read.

A watched object is for that time of a class of its own, below its real one and
called as it. All other objects, and this one before and after, cost nothing; and
nothing on the object refers back to it, so that it goes when its last user does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final


Above = Callable[[Any], Any]
"""
Gives an object as it is without the watch, to call its method of the same name.
"""

_WATCH: Final = "_otel_testkit_watch"
_MOST: Final = 64


class _Watching:
    __slots__ = ()

    def __init_subclass__(cls, **known: Any) -> None:
        """
        Tell the real class nothing of a class that is no concern of its program.
        """


class Watch:
    """
    Methods to be put on objects, by their names: each a function that makes it,
    and is given the way to what lies above it.
    """

    def __init__(self, **methods: Callable[[Above], Callable[..., Any]]) -> None:
        self._methods = methods
        self._watching: dict[type, type] = {}

    def begin(self, instance: Any) -> None:
        """
        Watch *instance* from now on.
        """
        kind = type(instance)
        if vars(kind).get(_WATCH) is not self:
            instance.__class__ = self._watching.get(kind) or self._made(kind)

    def end(self, instance: Any) -> bool:
        """
        Watch *instance* no longer, and tell if it was watched.
        """
        kind = type(instance)
        if vars(kind).get(_WATCH) is not self:
            return False

        instance.__class__ = kind.__bases__[-1]

        return True

    def _made(self, kind: type) -> type:
        def above(instance: Any) -> Any:
            # A method that somebody has kept may be called after the end.
            return super(made, instance) if isinstance(instance, made) else instance

        known = {
            name: getattr(kind, name)
            for name in ("__doc__", "__module__", "__qualname__")
        }
        methods = {
            name: make(above)
            for name, make in self._methods.items()
            if hasattr(kind, name)
        }
        # One watch may begin upon another.
        bases = (kind,) if issubclass(kind, _Watching) else (_Watching, kind)
        made = type(kind.__name__, bases, {_WATCH: self, **known, **methods})
        if len(self._watching) >= _MOST:
            # Of classes that a program makes and forgets.
            self._watching.clear()
        self._watching[kind] = made

        return made
