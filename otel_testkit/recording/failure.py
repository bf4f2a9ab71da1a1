"""
What an exception tells, as span events.

The true cause often sits inside: requests wraps urllib3, which wraps the
`ConnectionRefusedError` that says it all. So the whole chain is kept, one
event a link, as plain texts; the exception itself is never held on to.
"""

from __future__ import annotations

import linecache
import traceback

from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from otel_testkit import semconv
from otel_testkit.recording.clock import now
from otel_testkit.recording.values import cut, of_kind, text
from otel_testkit.store.layout import shown_path


if TYPE_CHECKING:
    from otel_testkit.masking import Masker


_MAX_LINKS: Final = 16
_MAX_MESSAGE: Final = 4_096
_MAX_STACKTRACE: Final = 16_384
_MAX_SOURCE_LINES: Final = 4
# Where a test is called from. wrapt's Python fallback stands between a decorated
# function and us.
_BEFORE_THE_TEST: Final = (
    __name__.partition(".")[0] + ".",
    "_pytest.",
    "anyio.",
    "asyncio.",
    "behave.",
    "flaky.",
    "hypothesis.",
    "pluggy.",
    "pytest_",
    "trio.",
    "unittest.",
    "wrapt.",
)


def exception_type(exception: BaseException) -> str:
    """
    Name the type of *exception* as the semantic conventions want it.
    """
    kind = type(exception)
    module, name = of_kind(kind, "__module__"), of_kind(kind, "__qualname__")

    return name if module == "builtins" else f"{module}.{name}"


def summary(exception: BaseException, masker: Masker) -> str:
    """
    Say in a line what *exception* says.
    """
    first_line = text(exception).strip().partition("\n")[0]
    name = of_kind(type(exception), "__name__")

    return cut(masker.text(f"{name}: {first_line}" if first_line else name), 200)


def record_exception(
    span: Any, exception: BaseException, masker: Masker, project: str
) -> None:
    """
    Add to *span* an event for each exception of the chain, beginning with the
    one that was raised, which alone has a stack trace and a place. Files inside
    of *project* are named as they stand there.
    """
    for place, (link, relation) in enumerate(_chain(exception)):
        attributes: dict[str, Any] = {
            semconv.EXCEPTION_TYPE: exception_type(link),
            semconv.EXCEPTION_MESSAGE: cut(masker.text(text(link)), _MAX_MESSAGE),
        }
        if place == 0:
            trace = _without_us(_asked(link, "__traceback__"))
            attributes |= _place(trace, masker, project)
            attributes[semconv.EXCEPTION_STACKTRACE] = _stacktrace(
                exception, trace, masker
            )
        else:
            attributes[semconv.EXCEPTION_RELATION] = relation

        span.add_event(semconv.EXCEPTION, attributes, timestamp=now())


def exception_attributes(
    exception: BaseException, trace: TracebackType | None, masker: Masker
) -> dict[str, Any]:
    """
    Give *exception*, which came by *trace*, as attributes of what tells of it.
    """
    return {
        semconv.EXCEPTION_TYPE: exception_type(exception),
        semconv.EXCEPTION_MESSAGE: cut(masker.text(text(exception)), _MAX_MESSAGE),
        semconv.EXCEPTION_STACKTRACE: _stacktrace(exception, trace, masker),
    }


def stack_text(written: str, masker: Masker) -> str:
    """
    Give a stack, *written* by somebody else, as it may be written here.
    """
    # The end says most. Masked before it is cut, lest half a secret stays.
    masked = masker.text(written[-2 * _MAX_STACKTRACE :])
    if len(masked) <= _MAX_STACKTRACE:
        return masked

    return "…\n" + masked[-_MAX_STACKTRACE:]


def _asked(exception: BaseException, name: str) -> Any:
    """
    Get an attribute of *exception*, past what its class makes of the name.
    """
    return getattr(BaseException, name).__get__(exception)


def _chain(exception: BaseException) -> Iterator[tuple[BaseException, str]]:
    seen: set[int] = set()
    waiting = [(exception, "")]

    while waiting and len(seen) < _MAX_LINKS:
        link, relation = waiting.pop(0)
        if id(link) in seen:
            continue

        seen.add(id(link))
        yield link, relation

        cause, context = _asked(link, "__cause__"), _asked(link, "__context__")
        if cause is not None:
            waiting.append((cause, "cause"))
        elif context is not None and (
            not _asked(link, "__suppress_context__") or _hides_its_cause(link)
        ):
            waiting.append((context, "context"))
        if issubclass(type(link), BaseExceptionGroup):
            members = BaseExceptionGroup.exceptions.__get__(link)
            waiting.extend((member, "member") for member in members[:_MAX_LINKS])


def _hides_its_cause(link: BaseException) -> bool:
    # httpcore raises its errors a second time, from None, and so takes away
    # what the operating system said.
    return of_kind(type(link), "__module__") == "httpcore"


def _without_us(trace: TracebackType | None) -> TracebackType | None:
    """
    Give *trace* from where the test's own code begins.
    """
    own = trace
    while own is not None and _is_ours(own):
        own = own.tb_next

    return own or trace


def _place(trace: TracebackType | None, masker: Masker, project: str) -> dict[str, Any]:
    """
    Find the line of the test that failed: the deepest one in the file where
    the test begins, since what lies below is helpers and libraries.
    """
    if trace is None:
        return {}

    file = trace.tb_frame.f_code.co_filename
    deepest = trace
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            deepest = trace
        trace = trace.tb_next

    place: dict[str, Any] = {
        semconv.CODE_FILE_PATH: shown_path(file, project),
        semconv.CODE_LINE_NUMBER: deepest.tb_lineno,
        semconv.CODE_FUNCTION_NAME: deepest.tb_frame.f_code.co_qualname,
    }
    if source := _source(deepest):
        place[semconv.CODE_SOURCE] = masker.text(source)

    return place


def _is_ours(trace: TracebackType) -> bool:
    module = str(trace.tb_frame.f_globals.get("__name__", ""))

    return module.startswith(_BEFORE_THE_TEST)


def _source(trace: TracebackType) -> str:
    first = last = trace.tb_lineno
    positions = list(trace.tb_frame.f_code.co_positions())
    # Two bytes an instruction.
    line, end_line, _, _ = positions[trace.tb_lasti // 2]
    if line is not None and end_line is not None:
        first, last = line, min(end_line, line + _MAX_SOURCE_LINES - 1)

    lines = (
        linecache.getline(trace.tb_frame.f_code.co_filename, number).strip()
        for number in range(first, last + 1)
    )

    return " ".join(line for line in lines if line)


def _stacktrace(
    exception: BaseException, trace: TracebackType | None, masker: Masker
) -> str:
    try:
        written = "".join(traceback.format_exception(type(exception), exception, trace))
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001  # its notes, its text: all may be code
        name = of_kind(type(exception), "__name__")
        written = "".join(traceback.format_tb(trace)) + name

    return stack_text(written, masker)
