"""
Answers that came, and were not what the test or its client took them for.
"""

from __future__ import annotations

import re

from collections.abc import Iterator
from typing import Any, Final

from otel_testkit import semconv
from otel_testkit.diagnosis.advice import NEXT
from otel_testkit.diagnosis.answer import read
from otel_testkit.diagnosis.asked import asked
from otel_testkit.diagnosis.exceptions import classify_exception
from otel_testkit.diagnosis.finding import Cause, Confidence, Finding
from otel_testkit.diagnosis.scene import Lead, Scene
from otel_testkit.diagnosis.trouble import answer_to, document
from otel_testkit.trace.fields import text
from otel_testkit.trace.model import Call


_UNREADABLE: Final = 7.0
_STRANGE: Final = 3.5
_MISSING: Final = 5.0
_NEW: Final = 4.0
_KEY: Final = re.compile(r"^['\"]([^'\"]{1,100})['\"]$")
_FIELD: Final = re.compile(
    r"^(?:\d+ validation errors? for .*\n)?([\w.]+)\s*\n\s+Field req"
)
_MOST_SHOWN: Final = 3
# So many others say what is usual.
_MOST_ALIKE: Final = 30
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


def unreadable_answer(scene: Scene) -> Iterator[Lead]:
    """
    Find the answer that is a page, cut off or empty where a document was expected.
    """
    if not scene.attempt.is_failure:
        return

    meaning = classify_exception(scene.errors) if scene.errors else None
    choked = meaning is not None and meaning.cause in (
        Cause.UNEXPECTED_BODY,
        Cause.TRUNCATED_BODY,
    )
    for call in reversed(scene.calls):
        cause, what = _strangeness(call, choked=choked)
        if cause is None:
            continue
        usual = _usual_shapes(call, scene)
        if usual and read(answer_to(call)).shape in usual:
            continue
        if not (choked or usual or _wants_document(call)):
            continue
        sure = Confidence.LIKELY if choked or usual else Confidence.POSSIBLE
        yield Lead(
            Finding(
                cause=cause,
                confidence=Confidence.CERTAIN if choked and usual else sure,
                evidence=(call.span_id,),
                statement=f"{call.summary} → {call.answer} with {what}",
                next_step=NEXT[cause],
            ),
            _UNREADABLE if choked else _STRANGE,
        )
        return


def missing_key(scene: Scene) -> Iterator[Lead]:
    """
    Find the answer that has not the key that the test looked up.
    """
    key = _missing_key(scene)
    if not key:
        return

    for call in _last_of_each(scene):
        said = document(call)
        if said is None or _has_key(said, key):
            continue
        usual = [_has_key(document(one), key) for one in _alike(call, scene)]
        if usual and not any(usual):
            continue
        yield Lead(
            Finding(
                cause=Cause.UNEXPECTED_BODY,
                confidence=Confidence.LIKELY if usual else Confidence.POSSIBLE,
                evidence=(call.span_id,),
                statement=f"{call.summary} → {call.answer} without {key!r}"
                + (", which passing attempts got" if usual else ""),
                next_step="Look at when the service leaves it out; read it as a field "
                "that may be missing.",
            ),
            _MISSING + bool(usual),
        )
        return


def new_field(scene: Scene) -> Iterator[Lead]:
    """
    Find an answer that has all fields of those in passing attempts, and more.
    """
    if not scene.is_assertion or not scene.passing:
        return

    for call in _last_of_each(scene):
        here = _paths(call)
        usual = [_paths(one) for one in _alike(call, scene)]
        if not here or not usual or not all(here > one for one in usual):
            continue
        added = sorted(here - set().union(*usual))
        named = any(path.rpartition(".")[2].strip("[]") in scene.said for path in added)
        shown = ", ".join(added[:_MOST_SHOWN])
        yield Lead(
            Finding(
                cause=Cause.NEW_FIELD,
                confidence=Confidence.LIKELY if named else Confidence.POSSIBLE,
                evidence=(call.span_id,),
                statement=f"{call.summary} → {call.answer} with {shown}, which no "
                "passing attempt got",
                next_step=NEXT[Cause.NEW_FIELD],
            ),
            _NEW + 2 * named,
        )
        return


def _strangeness(call: Call, *, choked: bool) -> tuple[Cause | None, str]:
    body = (call.response_body or "").strip()
    if choked and call.status in _REDIRECTS:
        return Cause.REDIRECT_LOOP, "no document, but another address"
    if call.status is None or not 200 <= call.status < 300:
        return None, ""
    if body.startswith("<") and (facts := read(answer_to(call))).shape == "html":
        title = " ".join(next(iter(facts.messages), "").split())[:60]
        return Cause.UNEXPECTED_BODY, "a page" + (f' ("{title}")' if title else "")
    if call.attributes.get(semconv.HTTP_RESPONSE_BODY_TRUNCATED):
        return None, ""
    if body.startswith(("{", "[")):
        if document(call) is not None:
            return None, ""
        return (
            Cause.TRUNCATED_BODY,
            f"a document that ends after {len(body)} characters",
        )
    if choked and not body and call.status != 204 and call.response_body is not None:
        return Cause.UNEXPECTED_BODY, "an empty body"
    if choked and body and not body.startswith("<"):
        return Cause.UNEXPECTED_BODY, f'a text ("{body[:60]}")'

    return None, ""


def _wants_document(call: Call) -> bool:
    accepted = next(iter(call.request_headers().get("accept", ())), "")
    is_aws = text(call.attributes, semconv.RPC_SYSTEM) == "aws-api"

    return is_aws or "json" in accepted or "xml" in accepted.replace("xhtml+xml", "")


def _usual_shapes(call: Call, scene: Scene) -> set[str]:
    return {
        read(answer_to(one)).shape for one in _alike(call, scene) if one.response_body
    }


def _alike(call: Call, scene: Scene) -> list[Call]:
    answered = [one for one in scene.alike(call) if one.status == call.status]

    return answered[-_MOST_ALIKE:]


def _last_of_each(scene: Scene) -> Iterator[Call]:
    """
    Give the last call of each kind, the latest first.
    """
    seen = set()
    for call in reversed(scene.calls):
        wanted = asked(call)
        if wanted not in seen:
            seen.add(wanted)
            yield call


def _paths(call: Call) -> frozenset[str]:
    """
    Give the ways to all values of an answer, the items of a list taken as one.
    """
    found: set[str] = set()
    waiting = [("", document(call))]
    while waiting:
        path, said = waiting.pop()
        if isinstance(said, dict):
            waiting += [(f"{path}.{key}", one) for key, one in said.items()]
        elif isinstance(said, list):
            waiting += [(f"{path}[]", one) for one in said]
        elif path:
            found.add(path)

    return frozenset(found)


def _has_key(said: Any, key: str) -> bool:
    waiting = [said]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if key in one:
                return True
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one

    return False


def _missing_key(scene: Scene) -> str:
    for error in scene.errors:
        found = None
        if error.short_type == "KeyError":
            found = _KEY.match(error.message.strip())
        elif error.short_type == "ValidationError":
            found = _FIELD.match(error.message)
        if found:
            return found[1].rpartition(".")[2]

    return ""
