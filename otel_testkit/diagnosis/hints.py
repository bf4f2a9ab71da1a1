"""
What a service itself asks the client to do: to wait, to try again or not to.

Nothing says more about whether a failure passes by itself, and hardly anybody
looks at it.
"""

from __future__ import annotations

import re

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final


_SHOULD_RETRY: Final = ("x-should-retry", "stripe-should-retry")
_REMAINING: Final = re.compile(r"(?:x-)?(?:ms-)?rate-?limit.*remaining")
_RETRY_KEYS: Final = frozenset({"retryafter", "retrydelay", "retryafterseconds"})
_NUMBER: Final = re.compile(r"(\d+(?:\.\d+)?)\s*s?")
# An archive plays back what others once answered (RFC 7089, Wayback Machine).
_ARCHIVES: Final = re.compile(r"memento-datetime|x-archive-(?:orig-.*|src)")


@dataclass(frozen=True, slots=True)
class Hints:
    """
    *retry_after* in seconds, 0 where it is asked without a time; *should_retry* is
    None where nothing is said.
    """

    retry_after: float | None = None
    should_retry: bool | None = None
    nothing_remains: bool = False
    is_challenge: bool = False
    asks_credentials: bool = False
    is_archived: bool = False


def hints(
    headers: Mapping[str, Sequence[str]],
    fields: Sequence[tuple[tuple[str, ...], Any]] = (),
) -> Hints:
    """
    Find what *headers*, in lower case, and the *fields* of a body ask for.
    """
    told = {name: values[0].strip() for name, values in headers.items() if values}

    return Hints(
        retry_after=_retry_after(told, fields),
        should_retry=_should_retry(told, fields),
        nothing_remains=any(
            value == "0" for name, value in told.items() if _REMAINING.match(name)
        ),
        is_challenge=told.get("cf-mitigated") == "challenge",
        asks_credentials=_asks_credentials(told.get("www-authenticate", "")),
        is_archived=any(_ARCHIVES.fullmatch(name) for name in told),
    )


def _retry_after(
    told: Mapping[str, str], fields: Sequence[tuple[tuple[str, ...], Any]]
) -> float | None:
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        if seconds := _seconds(told.get(name, "")):
            return seconds / 1000
    for name in ("retry-after", "x-retry-after", "x-rate-limit-retry-after-seconds"):
        if name in told:
            return _seconds(told[name]) or _until(told[name], told.get("date", ""))
    for path, value in fields:
        if path and path[-1] in _RETRY_KEYS:
            return _seconds(str(value)) or 0.0

    return None


def _should_retry(
    told: Mapping[str, str], fields: Sequence[tuple[tuple[str, ...], Any]]
) -> bool | None:
    for name in _SHOULD_RETRY:
        if told.get(name, "").lower() in ("true", "false"):
            return told[name].lower() == "true"
    for path, value in fields:
        key = path[-1] if path else ""
        if key in ("retryable", "isretryable", "shouldretry", "istransient"):
            return str(value).lower() == "true"
        if key == "durability" and value in ("TRANSIENT", "PERMANENT"):
            return bool(value == "TRANSIENT")

    return None


def _seconds(text: str) -> float | None:
    number = _NUMBER.fullmatch(text)

    return float(number[1]) if number else None


def _until(moment: str, now: str) -> float:
    try:
        wait = parsedate_to_datetime(moment) - parsedate_to_datetime(now)
    except (TypeError, ValueError, OverflowError, IndexError):
        return 0.0

    return max(wait.total_seconds(), 0.0)


def _asks_credentials(challenge: str) -> bool:
    # RFC 6750: one who sent nothing is told no error.
    return bool(challenge) and "error" not in challenge.lower()
