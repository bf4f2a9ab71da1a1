"""
Where the value of an attribute comes from, once a variable's name won't do.
"""

from __future__ import annotations

import re

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from otel_testkit.recording.tags.files import read
from otel_testkit.recording.tags.urls import change_url, clean, repository_url


_FILE_LIMIT: Final = 1 << 20

# Gives the cleaned value of a variable, "" if there is none.
Variables: TypeAlias = Callable[[str], str]

# A variable; or a text with variables in braces, nothing if one of them is
# missing; or a function, where neither will do.
Source: TypeAlias = str | Callable[[Variables], str]

_PLACEHOLDER = r"\{([\w.]+)\}"

_TEAMCITY_KEYS = frozenset(
    {
        "build.vcs.number",
        "teamcity.agent.name",
        "teamcity.build.branch",
        "teamcity.build.id",
        "teamcity.build.triggeredBy.username",
        "teamcity.configuration.properties.file",
        "teamcity.pullRequest.number",
        "teamcity.pullRequest.source.branch",
        "teamcity.pullRequest.target.branch",
        "teamcity.serverUrl",
        "vcsroot.url",
    }
)


def value_of(source: Source, get: Variables) -> str:
    """
    Give the value of *source*, with *get* for the variables.
    """
    if not isinstance(source, str):
        return clean(source(get))

    return clean(_filled(source, get)) if "{" in source else get(source)


def _filled(template: str, get: Variables) -> str:
    # The pieces are in turn text and names.
    pieces = re.split(_PLACEHOLDER, template)
    for index in range(1, len(pieces), 2):
        value = get(pieces[index])
        if not value:
            return ""

        # An address at the front stays one; anything later is a part of it.
        at_front = index == 1 and not pieces[0]
        pieces[index] = value.rstrip("/") if at_front else _quoted(value)

    return "".join(pieces)


def _quoted(value: str) -> str:
    # What `urllib.parse.quote` does, which is slow to import. The `@` stays so
    # that credentials still show as such.
    return re.sub(
        r"[^\w.~/:@-]",
        lambda other: "".join(f"%{byte:02X}" for byte in other[0].encode()),
        value,
        flags=re.ASCII,
    )


def _found(document: Any, *keys: str) -> str:
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None

    return str(document) if isinstance(document, str | int) else ""


def github_event(get: Variables) -> Mapping[str, str]:
    """
    Read the pull request out of the file with the event, for what no variable says.
    """
    from json import loads  # noqa: PLC0415 - only jobs on GitHub need it

    try:
        event = loads(read(get("GITHUB_EVENT_PATH"), _FILE_LIMIT) or b"{}")
    except (ValueError, RecursionError):
        return {}

    return {
        "event.pull_request.number": _found(event, "pull_request", "number"),
        "event.pull_request.head.sha": _found(event, "pull_request", "head", "sha"),
    }


def github_change(get: Variables) -> str:
    """
    Give the number in `refs/pull/42/merge`.
    """
    ref = re.match(r"refs/pull/([0-9]+)/", get("GITHUB_REF"))

    return ref[1] if ref else ""


def github_pushed(get: Variables) -> str:
    """
    Give the commit of a push.
    """
    # For a pull request, GITHUB_SHA is a merge that exists nowhere else, or the
    # head of the target.
    return "" if get("GITHUB_HEAD_REF") or github_change(get) else get("GITHUB_SHA")


def github_merge(get: Variables) -> str:
    """
    Give the merge that was made to test a pull request.
    """
    return get("GITHUB_SHA") if github_change(get) else ""


def github_branch(get: Variables) -> str:
    """
    Give the ref where a job has its short name only.
    """
    # GITHUB_REF_NAME of a pull request is "42/merge", and that of type "branch".
    kind = get("GITHUB_REF_TYPE")
    name = get("GITHUB_REF_NAME")
    if not name or get("GITHUB_REF") or kind not in {"branch", "tag"}:
        return ""

    return f"refs/{'tags' if kind == 'tag' else 'heads'}/{name}"


def teamcity_properties(get: Variables) -> Mapping[str, str]:
    """
    Read the parameters of the build, which are in two files.
    """
    # Both files hold passwords too; `_TEAMCITY_KEYS` is all that we take.
    build = _properties(get("TEAMCITY_BUILD_PROPERTIES_FILE"))
    configuration = _properties(build.get("teamcity.configuration.properties.file", ""))

    return configuration | build


def _properties(path: str) -> dict[str, str]:
    lines = read(path, _FILE_LIMIT).decode("latin-1").splitlines() if path else []
    pairs = (line.partition("=") for line in lines)

    return {
        key.strip(): re.sub(r"\\(u[\da-fA-F]{4}|.)", _unescaped, value.strip())
        for key, _, value in pairs
        if key.strip() in _TEAMCITY_KEYS
    }


def _unescaped(escape: re.Match[str]) -> str:
    character = escape[1]

    return chr(int(character[1:], 16)) if len(character) == 5 else character


def jenkins_pipeline(get: Variables) -> str:
    """
    Give the name of the job as such, without the branch or the cell of a matrix.
    """
    # `folder/job/feature%2Fone` of a multibranch job, `job/os=linux,py=3` of a
    # matrix: history is that of folder/job.
    name = get("JOB_NAME")
    for variable in ("BRANCH_NAME", "GIT_BRANCH"):
        branch = get(variable).removeprefix("origin/")
        for leaf in {branch, branch.replace("/", "%2F")} - {""}:
            name = name.removesuffix(f"/{leaf}")

    return "/".join(part for part in name.split("/") if "=" not in part)


def azure_change_page(get: Variables) -> str:
    """
    Give the page of the pull request, on Azure or on GitHub.
    """
    # The repository of the source may be a fork; the request is in the target.
    repository = repository_url(get("BUILD_REPOSITORY_URI"))
    if "/_git/" in repository:
        change = get("SYSTEM_PULLREQUEST_PULLREQUESTID")

        return change and change_url(repository, "", change)

    number = get("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER")

    return number and change_url(repository, "github", number)


def codebuild_project(get: Variables) -> str:
    """
    Give the "project" of "project:build".
    """
    return get("CODEBUILD_BUILD_ID").partition(":")[0]


def _codebuild_trigger(get: Variables) -> tuple[str, str]:
    for name in ("CODEBUILD_WEBHOOK_TRIGGER", "CODEBUILD_SOURCE_VERSION"):
        kind, _, value = get(name).partition("/")
        if value and kind in {"branch", "pr", "tag"}:
            return kind, value

    return "", ""


def codebuild_change(get: Variables) -> str:
    """
    Give the number in `pr/42`.
    """
    kind, value = _codebuild_trigger(get)

    return value if kind == "pr" else ""


def codebuild_ref(get: Variables) -> str:
    """
    Give the ref that `branch/main` or `tag/v1` stands for.
    """
    kind, value = _codebuild_trigger(get)
    namespace = {"branch": "heads", "tag": "tags"}.get(kind)

    return f"refs/{namespace}/{value}" if namespace else ""


def codefresh_repository(get: Variables) -> str:
    """
    Give the repository that the page of the commit is in.
    """
    return get("CF_COMMIT_URL").partition("/commit")[0].removesuffix("/-")


def netlify_change(get: Variables) -> str:
    """
    Give the number of the pull request, if it is one.
    """
    return get("REVIEW_ID") if get("PULL_REQUEST").lower() == "true" else ""


def without_braces(name: str) -> Source:
    """
    Give a source: the variable *name* without braces around it.
    """
    return lambda get: get(name).strip("{}")


def from_one(name: str) -> Source:
    """
    Give a source: the variable *name*, a count of retries, as an attempt.
    """

    def attempt(get: Variables) -> str:
        count = get(name)

        return str(int(count) + 1) if re.fullmatch(r"[0-9]{1,9}", count) else ""

    return attempt


def on_public_forge(provider: str, slug: str) -> Source:
    """
    Give a source: the address of *slug*, where only *provider* tells the forge.
    """

    def address(get: Variables) -> str:
        forge, path = get(provider).lower(), value_of(slug, get)
        top = {"bitbucket": "org"}.get(forge, "com")
        known = path and forge in {"bitbucket", "github", "gitlab"}

        return f"https://{forge}.{top}/{path}" if known else ""

    return address
