"""
Telling branches from tags, whatever way a CI spells them.

The full ref (`refs/heads/…`, `refs/tags/…`) is the only spelling that says
which it is, so that is what these give.
"""

from __future__ import annotations

import re

from otel_testkit import semconv


_TAG_PREFIXES = ("refs/tags/", "origin/tags/", "tags/")
# What stands where a branch should, but names the change or nothing at all.
_NO_BRANCH = (
    r"HEAD|detached|<default>|refs/.*|pull/\d+(?:/(?:head|merge))?"
    r"|pr/\d+/(?:head|merge)"
)


def branch_ref(text: str) -> str:
    """
    Give the full ref that *text*, a branch or now and then a tag, stands for.
    """
    if text.startswith(_TAG_PREFIXES):
        return tag_ref(text)

    if text.startswith("refs/heads/"):
        return text if text != "refs/heads/" else ""

    name = re.sub(r"^(?:(?:refs/)?remotes/)?origin/", "", text)
    if not name or re.fullmatch(_NO_BRANCH, name):
        return ""

    return f"refs/heads/{name}"


def tag_ref(text: str) -> str:
    """
    Give the full ref of the tag *text*.
    """
    for prefix in ("refs/heads/tags/", *_TAG_PREFIXES):
        if text.startswith(prefix):
            text = text.removeprefix(prefix)
            break

    return f"refs/tags/{text}" if text else ""


def head_tags(ref: str) -> dict[str, str]:
    """
    Give the attributes of the full *ref* that was tested.
    """
    if not ref:
        return {}

    _, kind, name = ref.split("/", 2)

    return {
        semconv.VCS_REF_HEAD_NAME: name,
        semconv.VCS_REF_HEAD_TYPE: "tag" if kind == "tags" else "branch",
    }
