"""
What the environment tells about the CI run that we are in.

This runs inside somebody's tests: it reads, it never raises, and what it can't
tell it leaves out.
"""

from __future__ import annotations

import re

from collections.abc import Callable, Mapping
from typing import TypeAlias

from otel_testkit import semconv
from otel_testkit.recording.tags.providers import PROVIDERS, TAG, Provider
from otel_testkit.recording.tags.refs import branch_ref, head_tags, tag_ref
from otel_testkit.recording.tags.sources import Source, Variables, value_of
from otel_testkit.recording.tags.urls import (
    change_url,
    clean,
    page_url,
    repository_tags,
    repository_url,
)


# How some providers say "none"; Travis and Buildkite do for pull requests.
_NOTHING = frozenset({"", "0", "false", "no", "none", "null"})

# True of a change only, but several providers set them for every build.
_OF_A_CHANGE = (
    semconv.CI_CHANGE_URL,
    semconv.CI_TESTED_REVISION,
    semconv.VCS_REF_BASE_NAME,
)

Cleaner: TypeAlias = Callable[[str], str]


def ci_tags(environ: Mapping[str, str]) -> dict[str, str]:
    """
    Give the attributes of the CI run that *environ* describes; none if no CI.
    """
    try:
        return _tags(environ)
    except Exception:  # noqa: BLE001 - a test matters more than its tags
        return {}


def worker_tag(environ: Mapping[str, str]) -> dict[str, str]:
    """
    Give the attribute of the pytest-xdist worker that *environ* belongs to, if any.
    """
    try:
        worker = clean(environ.get("PYTEST_XDIST_WORKER"))
    except Exception:  # noqa: BLE001 - a test matters more than its tags
        return {}

    return {semconv.WORKER: worker} if worker else {}


def _tags(environ: Mapping[str, str]) -> dict[str, str]:
    def variable(name: str) -> str:
        return clean(environ.get(name))

    provider = _provider(variable)
    if provider is None:
        return {}

    handed_over = provider.file(variable)

    def get(name: str) -> str:
        return clean(handed_over.get(name)) or variable(name)

    found = {
        attribute: value
        for attribute, sources in provider.sources.items()
        if (value := _first(sources, get, _CLEANERS.get(attribute, str)))
    }

    return {semconv.CI_PROVIDER: provider.name, **_finished(found, provider)}


def _provider(get: Variables) -> Provider | None:
    seen = (p for p in PROVIDERS if any(_holds(s, get) for s in p.seen))
    hinted = (p for p in PROVIDERS if any(_holds(s, get) for s in p.hints))

    return next(seen, None) or next(hinted, None)


def _holds(sentinel: str, get: Variables) -> bool:
    for condition in sentinel.split():
        name, _, wanted = condition.partition("=")
        value = get(name).lower()
        if value in _NOTHING or (wanted and value != wanted):
            return False

    return True


def _first(sources: tuple[Source, ...], get: Variables, cleaner: Cleaner) -> str:
    return next(filter(None, (cleaner(value_of(s, get)) for s in sources)), "")


def _finished(found: dict[str, str], provider: Provider) -> dict[str, str]:
    change = found.get(semconv.VCS_CHANGE_ID)
    if not change:
        for attribute in _OF_A_CHANGE:
            found.pop(attribute, None)
    if found.get(semconv.CI_TESTED_REVISION) == found.get(
        semconv.VCS_REF_HEAD_REVISION
    ):
        found.pop(semconv.CI_TESTED_REVISION, None)

    head = found.pop(TAG, "") or found.pop(semconv.VCS_REF_HEAD_NAME, "")
    found.pop(semconv.VCS_REF_HEAD_NAME, None)
    repository = repository_tags(
        found.pop(semconv.VCS_REPOSITORY_URL, ""), provider.forge
    )
    if change and semconv.CI_CHANGE_URL not in provider.sources:
        url = repository.get(semconv.VCS_REPOSITORY_URL, "")
        forge = repository.get(semconv.VCS_PROVIDER_NAME, "")
        page = page_url(change_url(url, forge, change))
        if page:
            found[semconv.CI_CHANGE_URL] = page
    if semconv.VCS_REF_BASE_NAME in found:
        found[semconv.VCS_REF_BASE_TYPE] = "branch"

    return {**found, **head_tags(head), **repository}


def _person(text: str) -> str:
    # E-mail addresses are nobody's business, and `@hook` is nobody.
    return "" if "@" in text else text


def _ordinal(text: str) -> str:
    return text if re.fullmatch(r"[1-9][0-9]{0,8}", text) else ""


def _change(text: str) -> str:
    # Some give the address of the change.
    number = text.rstrip("/").rpartition("/")[2]
    is_number = number.lower() not in _NOTHING and re.fullmatch(r"[\w.~+-]+", number)

    return number if is_number else ""


def _revision(text: str) -> str:
    # Buildkite may say "HEAD" of a build that somebody started by hand.
    return text if re.fullmatch(r"\w+", text) and text != "HEAD" else ""


def _branch(text: str) -> str:
    return branch_ref(text).removeprefix("refs/heads/")


_CLEANERS: dict[str, Cleaner] = {
    TAG: tag_ref,
    semconv.CICD_PIPELINE_RUN_URL: page_url,
    semconv.CICD_PIPELINE_TASK_RUN_URL: page_url,
    semconv.CI_ACTOR: _person,
    semconv.CI_ATTEMPT: _ordinal,
    semconv.CI_CHANGE_URL: page_url,
    semconv.CI_TESTED_REVISION: _revision,
    semconv.VCS_CHANGE_ID: _change,
    semconv.VCS_REF_BASE_NAME: _branch,
    semconv.VCS_REF_HEAD_NAME: branch_ref,
    semconv.VCS_REF_HEAD_REVISION: _revision,
    semconv.VCS_REPOSITORY_URL: repository_url,
}
