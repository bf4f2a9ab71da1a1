"""
Where a run comes from, by its tags: the change, the commit, the job, the person; each
with its page where there is one.
"""

from __future__ import annotations

import re

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from otel_testkit import semconv
from otel_testkit.trace.fields import text


# Where a forge shows a commit; the other forges do as the first.
_COMMITS: Final = {"gitlab": "-/commit", "bitbucket": "commits"}
# Where the page of a person is the name behind the forge's.
_WITH_PEOPLE: Final = frozenset({"github", "gitlab", "gitea"})
_PERSON: Final = re.compile(r"[\w.-]+", re.ASCII)
_HOST: Final = re.compile(r"https?://[^/]+")
_SHORT: Final = 10
# What the facts tell of.
_TOLD: Final = frozenset(
    {
        semconv.CI_ACTOR,
        semconv.CI_CHANGE_URL,
        semconv.CI_RUN_NUMBER,
        semconv.CICD_PIPELINE_NAME,
        semconv.CICD_PIPELINE_RUN_URL,
        semconv.CICD_PIPELINE_TASK_NAME,
        semconv.CICD_PIPELINE_TASK_RUN_URL,
        semconv.VCS_CHANGE_ID,
        semconv.VCS_REF_BASE_NAME,
        semconv.VCS_REF_HEAD_NAME,
        semconv.VCS_REF_HEAD_REVISION,
        semconv.VCS_REPOSITORY_URL,
    }
)


@dataclass(frozen=True, slots=True)
class Fact:
    """
    What is known by the name of *word*, and its page, "" where it has none.
    """

    word: str
    text: str
    url: str


def facts_of(tags: Mapping[str, Any]) -> list[Fact]:
    """
    Give what the *tags* of a run tell of its origin.
    """
    return [Fact(word, told, web_page(url)) for word, told, url in _facts(tags) if told]


def other_tags(tags: Mapping[str, Any]) -> dict[str, Any]:
    """
    Give the *tags* that no fact is made of.
    """
    return {name: value for name, value in sorted(tags.items()) if name not in _TOLD}


def web_page(url: str) -> str:
    """
    Give *url* if it leads into the web, else "": a `javascript:` runs what it says.
    """
    return url if re.match(r"https?://", url, re.IGNORECASE) else ""


def _facts(tags: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    change = text(tags, semconv.VCS_CHANGE_ID)
    base = text(tags, semconv.VCS_REF_BASE_NAME)
    into = f" into {base}" if base else ""
    yield "Change", change and f"#{change}{into}", text(tags, semconv.CI_CHANGE_URL)

    is_tag = text(tags, semconv.VCS_REF_HEAD_TYPE) == "tag"
    yield "Tag" if is_tag else "Branch", text(tags, semconv.VCS_REF_HEAD_NAME), ""

    revision = text(tags, semconv.VCS_REF_HEAD_REVISION, semconv.CI_TESTED_REVISION)
    yield "Commit", revision[:_SHORT], _commit_page(tags, revision)

    number = tags.get(semconv.CI_RUN_NUMBER)
    named = text(tags, semconv.CICD_PIPELINE_NAME) or text(tags, semconv.CI_PROVIDER)
    pipeline = " ".join(filter(None, (named, number and f"#{number}")))
    yield "Pipeline", pipeline, text(tags, semconv.CICD_PIPELINE_RUN_URL)

    job = text(tags, semconv.CICD_PIPELINE_TASK_NAME)
    yield "Job", job, text(tags, semconv.CICD_PIPELINE_TASK_RUN_URL)

    actor = text(tags, semconv.CI_ACTOR)
    yield "Started by", actor, _persons_page(tags, actor)

    repository = text(tags, semconv.VCS_REPOSITORY_URL)
    yield "Repository", repository.partition("://")[2] or repository, repository


def _commit_page(tags: Mapping[str, Any], revision: str) -> str:
    repository = text(tags, semconv.VCS_REPOSITORY_URL)
    forge = text(tags, semconv.VCS_PROVIDER_NAME)
    if not repository or not revision or not forge:
        return ""

    return f"{repository}/{_COMMITS.get(forge, 'commit')}/{quote(revision, errors='replace')}"


def _persons_page(tags: Mapping[str, Any], actor: str) -> str:
    host = _HOST.match(text(tags, semconv.VCS_REPOSITORY_URL))
    forge = text(tags, semconv.VCS_PROVIDER_NAME)
    bot = actor.removesuffix("[bot]")
    if host is None or forge not in _WITH_PEOPLE or not _PERSON.fullmatch(bot):
        return ""

    return f"{host[0]}/{'apps/' if bot != actor else ''}{bot}"
