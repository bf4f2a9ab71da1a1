"""
What the checkout tells about the code under test.

By reading files, as starting `git` costs milliseconds, may ask for a password,
and is often not there in the image that runs the tests.
"""

from __future__ import annotations

import os
import re

from otel_testkit import semconv
from otel_testkit.recording.tags.files import read
from otel_testkit.recording.tags.refs import head_tags
from otel_testkit.recording.tags.urls import clean, repository_tags


_LINE_LIMIT = 4096
_CONFIG_LIMIT = 1 << 18
_PACKED_LIMIT = 1 << 23
_LOOSE_TAGS_LIMIT = 64
_SYMBOLIC_LIMIT = 5

_HEX = frozenset("0123456789abcdef")
# What makes git read a value otherwise than it is written.
_MARKS = frozenset('"\\#;')


def git_tags(directory: str) -> dict[str, str]:
    """
    Give the attributes of the git checkout that *directory* is in; none if not in one.
    """
    try:
        found = _git_directory(os.path.abspath(directory))

        return _tags(found) if found else {}
    except Exception:  # noqa: BLE001 - a test matters more than its tags
        return {}


def _git_directory(directory: str) -> str:
    while True:
        candidate = os.path.join(directory, ".git")
        if os.path.isfile(candidate):
            return _pointed_at(candidate)

        if os.path.isfile(os.path.join(candidate, "HEAD")):
            return candidate

        parent = os.path.dirname(directory)
        if parent == directory:
            return ""

        directory = parent


def _pointed_at(file: str) -> str:
    # Worktrees and submodules have a file: "gitdir: …".
    key, _, path = _line(file).partition(":")
    if key != "gitdir" or not path.strip():
        return ""

    return os.path.join(os.path.dirname(file), path.strip())


def _tags(git_directory: str) -> dict[str, str]:
    head = _line(os.path.join(git_directory, "HEAD"))
    # Where a reftable holds the refs, HEAD only keeps old gits out.
    if not head or head.endswith("/.invalid"):
        return {}

    # A worktree shares all but its HEAD.
    shared = os.path.join(
        git_directory, _line(os.path.join(git_directory, "commondir"))
    )
    packed = read(os.path.join(shared, "packed-refs"), _PACKED_LIMIT)
    ref = head.removeprefix("ref:").strip() if head.startswith("ref:") else ""
    revision = _resolved(head, git_directory, shared, packed)
    if not ref and revision:
        ref = _tag_at(revision, shared, packed)
    if not ref.startswith(("refs/heads/", "refs/tags/")):
        ref = ""

    return {
        **({semconv.VCS_REF_HEAD_REVISION: revision} if revision else {}),
        **head_tags(clean(ref)),
        **repository_tags(clean(_origin(os.path.join(shared, "config")))),
    }


def _line(path: str) -> str:
    text = read(path, _LINE_LIMIT).decode("utf-8", "replace")

    return text.partition("\n")[0].strip()


def _resolved(content: str, own: str, shared: str, packed: bytes) -> str:
    for _ in range(_SYMBOLIC_LIMIT):
        if not content.startswith("ref:"):
            break

        ref = content.removeprefix("ref:").strip()
        if not ref.startswith("refs/") or ".." in ref:
            return ""

        content = (
            _line(os.path.join(own, ref))
            or _line(os.path.join(shared, ref))
            or _packed_revision(ref, packed)
        )

    return content if len(content) in {40, 64} and _HEX.issuperset(content) else ""


def _packed_revision(ref: str, packed: bytes) -> str:
    end = packed.find(b" " + ref.encode() + b"\n")
    start = packed.rfind(b"\n", 0, end) + 1

    return packed[start:end].decode("ascii", "replace") if end >= 0 else ""


def _tag_at(revision: str, shared: str, packed: bytes) -> str:
    # Of an annotated tag only packed-refs says where it points to ("^"), so a
    # loose one is not found: that would need the object.
    return _loose_tag_at(revision, shared) or _packed_tag_at(revision, packed)


def _loose_tag_at(revision: str, shared: str) -> str:
    directory = os.path.join(shared, "refs", "tags")
    try:
        names = sorted(os.listdir(directory))
    except OSError:
        return ""

    # Enough for a checkout of CI, and no cost for one with all the tags.
    if len(names) > _LOOSE_TAGS_LIMIT:
        return ""

    for name in names:
        if _line(os.path.join(directory, name)) == revision:
            return f"refs/tags/{name}"

    return ""


def _packed_tag_at(revision: str, packed: bytes) -> str:
    wanted = revision.encode()
    start = packed.find(wanted)
    while start >= 0:
        line = packed.rfind(b"\n", 0, start) + 1
        if packed[line:start] == b"^":
            # What the tag in the line before points to.
            line = packed.rfind(b"\n", 0, max(line - 1, 0)) + 1
        name = packed[line : packed.find(b"\n", line)].partition(b" ")[2]
        if name.startswith(b"refs/tags/"):
            return name.decode("utf-8", "replace")

        start = packed.find(wanted, start + len(wanted))

    return ""


def _origin(path: str) -> str:
    # The configuration may hold an `Authorization` header and much else: the
    # address of "origin" is all that we look at.
    within = False
    text = read(path, _CONFIG_LIMIT).decode("utf-8", "replace")
    for line in text.splitlines():
        rest = line.strip()
        if rest.startswith("["):
            section, _, rest = rest[1:].partition("]")
            kind, _, name = section.strip().partition(" ")
            within = kind.lower() == "remote" and name.strip() == '"origin"'
        key, _, value = rest.partition("=")
        if within and key.strip().lower() == "url" and value.strip():
            return _unquoted(value.strip())

    return ""


def _unquoted(value: str) -> str:
    # It goes on in the next line; half of an address may be half of a password.
    if value.endswith("\\"):
        return ""

    if not _MARKS.intersection(value):
        return value

    # A `#` within a word starts a comment for git, but may be within a password
    # that nobody quoted; `@` has to stay behind it.
    quoted = re.match(r'"((?:[^"\\]|\\.)*)"', value)
    value = quoted[1] if quoted else re.split(r"\s[#;]", value, maxsplit=1)[0]

    return re.sub(r'\\(.)|"', lambda found: found[1] or "", value).strip()
