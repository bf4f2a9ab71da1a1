"""
Log records of `logging` that are made while a test runs.

They are seen as they have passed their logger's level and filters, by a
`filter` of the class `Logger` around the inherited one, which has returned
before a handler is called. A handler of ours would make `basicConfig` do nothing
and silence `lastResort`; a wrapper around `callHandlers` would stand in the
stack where handlers look for who has logged, loguru's bridge among them.
"""

from __future__ import annotations

import functools
import logging
import os
import sys
import threading

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Final
from weakref import WeakValueDictionary

from opentelemetry import trace

from otel_testkit import semconv
from otel_testkit.errors import never_raises
from otel_testkit.masking import Masker
from otel_testkit.recording.capture.selection import is_suppressed
from otel_testkit.recording.clock import now
from otel_testkit.recording.failure import (
    exception_attributes,
    exception_type,
    stack_text,
)
from otel_testkit.recording.provider import Recording
from otel_testkit.recording.span import TestSpan, current_test, parent_context
from otel_testkit.recording.values import cut, masked_values, text
from otel_testkit.store import layout
from otel_testkit.store.encode import attribute_list, log_line, log_prefix
from otel_testkit.store.layout import shown_path


# What every record has; all else comes from `extra`.
_OWN_FIELDS: Final = frozenset(
    {
        *vars(logging.LogRecord("", 0, "", 0, "", (), None)),
        *("asctime", "message", "taskName"),
    }
)
# A class of records may have its own, for braces instead of `%`.
_get_message: Final = logging.LogRecord.getMessage
_HIGHEST: Final = 5
_CONTAINERS: Final = (str, bytes, bytearray, tuple, list, dict, set, frozenset)
# Texts of the standard library's own classes say what is there, and do nothing.
_PLAIN_MODULES: Final = sys.stdlib_module_names - {"__main__", "unittest"}

# Records that handlers hand to another logger come by again.
_seen: Final[WeakValueDictionary[int, logging.LogRecord]] = WeakValueDictionary()
# On while a record is looked at: what an argument's `__str__` logs then is not
# of the test's making.
_is_looking: ContextVar[bool] = ContextVar("otel_testkit.is_looking", default=False)


class _Tap:
    """
    The `filter` that is put on the class of all loggers.
    """

    def __init__(self) -> None:
        self._is_on = False
        self._owner: Any = None
        self._function: Any = None
        # That of somebody who was here before, if anybody was.
        self._before: Any = None

    def set_on(self, owner: Any) -> None:
        self._is_on = True
        if self._owner is owner and self._is_under_others():
            return

        before = vars(owner).get("filter")

        # No more than these few lines stand between a logger and its filters.
        @functools.wraps(owner.filter)
        def filter(logger: Any, record: Any) -> Any:  # noqa: A001  # as it is called there
            __tracebackhide__ = True
            if before is None:
                inherited: Any = super(owner, logger)
                passed = inherited.filter(record)
            else:
                passed = before.__get__(logger)(record)
            if passed and self._is_on:
                # From Python 3.12 on a filter may put another in its place.
                _note(passed if isinstance(passed, logging.LogRecord) else record)

            return passed

        self._owner, self._function, self._before = owner, filter, before
        owner.filter = filter

    def remove(self) -> None:
        """
        Take it off; where somebody has wrapped it since, it does nothing.
        """
        self._is_on = False
        if self._owner is None or vars(self._owner).get("filter") is not self._function:
            return

        if self._before is None:
            del self._owner.filter
        else:
            self._owner.filter = self._before

    def _is_under_others(self) -> bool:
        function = vars(self._owner).get("filter")
        for _ in range(32):
            if function is None or function is self._function:
                return function is not None
            function = getattr(function, "__wrapped__", None)

        return False


_tap: Final = _Tap()


def set_on(module: Any) -> None:
    """
    Listen to the loggers of *module*.
    """
    _tap.set_on(module.Logger)


def remove(module: str) -> None:  # noqa: ARG001  # there is but one
    _tap.remove()


@never_raises("capture", "a log record was not recorded")
def _note(record: logging.LogRecord) -> None:
    """
    Write *record*, if a test is running that wants it.
    """
    test = current_test()
    recording, allowance = test.recording, test.allowance
    if recording is None or allowance is None or not recording.settings.logs:
        return
    if _is_looking.get() or is_suppressed() or _was_seen(record):
        return
    if not allowance.has_log():
        return

    token = _is_looking.set(True)
    try:
        _write(record, test, recording)
    finally:
        _is_looking.reset(token)


def _was_seen(record: logging.LogRecord) -> bool:
    # What came through a queue, as a rule as a copy, was seen where it was made.
    if (
        record.process == os.getpid()
        and record.thread is not None
        and record.thread != threading.get_ident()
    ):
        return True
    # By its id, for a class of records may compare them as it likes.
    if _seen.get(id(record)) is record:
        return True

    _seen[id(record)] = record

    return False


def _write(record: logging.LogRecord, test: TestSpan, recording: Recording) -> None:
    time = now()
    masker = recording.masker
    service = recording.run.resource.get(semconv.SERVICE_NAME)
    message, fields = _message_and_fields(record)
    encoded = _place(
        _plain(record.pathname),
        _number(record.lineno),
        _plain(record.funcName),
        _plain(record.threadName),
        recording.project,
    )
    if fields or record.exc_info or record.exc_text or record.stack_info:
        attributes = {**_attributes(fields, masker), **_exception(record, masker)}
        encoded = ",".join(filter(None, (attribute_list(attributes), encoded)))
    severity, level = _level(_number(record.levelno), _asked(record.levelname), masker)
    line = log_line(
        _prefix(str(service), _name(record.name), masker),
        trace.get_current_span(parent_context(test)).get_span_context(),
        time,
        severity,
        level,
        cut(masker.text(text(message))),
        encoded,
    )
    recording.run.writer.append(layout.LOGS, line)


# The same few lines of code log again and again.
@functools.lru_cache(maxsize=256)
def _prefix(service: str, name: str, masker: Masker) -> str:
    return log_prefix(service, masker.text(text(name)))


@functools.lru_cache(maxsize=256)
def _level(number: int | None, name: str, masker: Masker) -> tuple[int, str]:
    """
    Give OTLP's number for a level, four for each of Python's tens, and its name.
    """
    severity = 0
    if number is not None:
        tens = min(max(number, 0) // 10, _HIGHEST)
        severity = 4 * tens + 1 + min(max(number, 0) - 10 * tens, 3)

    return severity, masker.text(text(name))


@functools.lru_cache(maxsize=1024)
def _place(
    path: str | None,
    line: int | None,
    function: str | None,
    thread: str | None,
    project: str,
) -> str:
    place: dict[str, Any] = {}
    if path:
        place[semconv.CODE_FILE_PATH] = shown_path(path, project)
    if line is not None:
        place[semconv.CODE_LINE_NUMBER] = line
    if function is not None:
        place[semconv.CODE_FUNCTION_NAME] = function
    if thread is not None:
        place[semconv.THREAD_NAME] = thread

    return attribute_list(place)


def _plain(value: Any) -> str | None:
    """
    Give *value*, if it is a text, without what a class of its own may make of it.
    """
    if type(value) is str:
        return value

    return str.__str__(value) if issubclass(type(value), str) else None


def _number(value: Any) -> int | None:
    if type(value) is int:
        return value

    return int.__int__(value) if issubclass(type(value), int) else None


def _name(value: Any) -> str:
    return "" if value is None else _asked(value)


def _asked(value: Any) -> str:
    """
    Give *value* as a text, whatever it raises: where the program asks for it as
    well, that is raised again.
    """
    if type(value) is str:
        return value
    try:
        return str(value)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # see above
        return _unprintable(value, error)


def _unprintable(value: Any, error: BaseException) -> str:
    return f"<{type(value).__name__}, unprintable: {type(error).__name__}>"


def _attributes(fields: Mapping[str, Any], masker: Masker) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name, value in fields.items():
        try:
            told |= masked_values({name: value}, masker)
        except KeyboardInterrupt as error:
            # The only one that is let through there.
            told |= masked_values({name: _unprintable(value, error)}, masker)

    return told


def _message_and_fields(record: logging.LogRecord) -> tuple[str, dict[str, Any]]:
    fields = {
        name: _shown(value)
        for name, value in vars(record).items()
        if name not in _OWN_FIELDS and not name.startswith("_")
    }
    said = record.msg
    if type(said) is dict and not record.args and "event" in said:
        # As structlog hands over what its own formatter is to write.
        fields |= {name: _shown(value) for name, value in said.items()}
        return _asked(_shown(fields.pop("event"))), fields

    return _message(record), fields


def _message(record: logging.LogRecord) -> str:
    """
    Format the message of *record*; what cannot be formatted stays as it is.

    Nothing is asked for its text twice, and what it raises stays here: whoever
    formats the record meets it.
    """
    said = _shown(record.msg)
    args: Any = record.args
    if isinstance(args, tuple):
        shown: Any = tuple(map(_shown, args))
        is_plain = all(map(_is_same, shown, args))
    elif type(args) is dict:
        shown = {name: _shown(value) for name, value in args.items()}
        is_plain = all(map(_is_same, shown.values(), args.values()))
    else:
        shown, is_plain = args, True

    try:
        if (
            is_plain
            and said is record.msg
            and type(record).getMessage is not _get_message
        ):
            return record.getMessage()
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a `__str__` may exit
        return said if type(said) is str else _unprintable(said, error)

    message = _asked(said)
    # How many a mapping has is not asked.
    if shown is None or (type(shown) in _CONTAINERS and not shown):
        return message
    try:
        formatted: str = message % shown
    except (Exception, SystemExit):  # noqa: BLE001  # see above
        return message

    return formatted


def _is_same(one: Any, other: Any) -> bool:
    return one is other


def _shown(value: Any) -> Any:
    """
    Give *value*, or the name of its class where its text may have to be fetched:
    that of a query's result asks the database once more.
    """
    kind = type(value)
    if kind.__module__.partition(".")[0] in _PLAIN_MODULES:
        return value
    # By its type: `isinstance` asks the value as well.
    if issubclass(kind, _CONTAINERS):
        return value
    if hasattr(kind, "__len__") and hasattr(kind, "__iter__"):
        return f"<{kind.__qualname__}>"

    return value


def _exception(record: logging.LogRecord, masker: Masker) -> Mapping[str, Any]:
    told: dict[str, Any] = {}
    if record.stack_info and isinstance(record.stack_info, str):
        told[semconv.CODE_STACKTRACE] = stack_text(record.stack_info, masker)

    raised: Any = record.exc_info
    if (
        isinstance(raised, tuple)
        and len(raised) == 3  # as `sys.exc_info` gives it
        and isinstance(raised[1], BaseException)
    ):
        try:
            told |= exception_attributes(raised[1], raised[2], masker)
        except KeyboardInterrupt:
            told[semconv.EXCEPTION_TYPE] = exception_type(raised[1])
    elif isinstance(record.exc_text, str) and record.exc_text.strip():
        # It came from another process, which has sent no more of it.
        told[semconv.EXCEPTION_STACKTRACE] = stack_text(record.exc_text, masker)

    return told
