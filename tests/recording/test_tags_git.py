"""
What a checkout tells, against checkouts that git itself has made.
"""

from __future__ import annotations

import os
import subprocess
import time

import pytest

from hypothesis import HealthCheck, given, settings, strategies as st

from otel_testkit import semconv
from otel_testkit.recording.tags.git import git_tags


SECRET = "S3CRETvalue"

HELLO = {
    semconv.VCS_REPOSITORY_URL: "https://github.com/acme/hello",
    semconv.VCS_REPOSITORY_NAME: "hello",
    semconv.VCS_OWNER_NAME: "acme",
    semconv.VCS_PROVIDER_NAME: "github",
}


class Checkout:
    """
    A directory that git is run in, apart from the configuration of whoever tests.
    """

    def __init__(self, path):
        self.path = path

    def __str__(self):
        return str(self.path)

    def __call__(self, *arguments):
        """
        Run git with *arguments* and give what it says.
        """
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.path),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "jane",
            "GIT_AUTHOR_EMAIL": "jane@example.com",
            "GIT_COMMITTER_NAME": "jane",
            "GIT_COMMITTER_EMAIL": "jane@example.com",
        }
        done = subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *arguments],
            cwd=self.path,
            env=environ,
            check=True,
            capture_output=True,
            text=True,
        )

        return done.stdout.strip()

    def commit(self):
        """
        Make a commit with nothing in it and give its revision.
        """
        self("commit", "-q", "--allow-empty", "-m", "nothing")

        return self("rev-parse", "HEAD")


@pytest.fixture
def git(tmp_path):
    """
    Give a new repository on the branch `feature/one`.
    """
    path = tmp_path / "hello"
    path.mkdir()
    checkout = Checkout(path)
    checkout("init", "-q", "-b", "feature/one")

    return checkout


def on_branch(revision, name="feature/one"):
    """
    Give the attributes of *revision* on the branch *name*.
    """
    return {
        semconv.VCS_REF_HEAD_REVISION: revision,
        semconv.VCS_REF_HEAD_NAME: name,
        semconv.VCS_REF_HEAD_TYPE: "branch",
    }


def tagged(revision, name):
    """
    Give the attributes of *revision*, found to have the tag *name*.
    """
    return on_branch(revision, name) | {semconv.VCS_REF_HEAD_TYPE: "tag"}


def test_branch(git):
    """A checkout has a branch, a revision and the page of its origin."""
    git("remote", "add", "origin", "git@github.com:acme/hello.git")
    revision = git.commit()

    assert on_branch(revision) | HELLO == git_tags(str(git))


def test_subdirectory(git):
    """The checkout is found from anywhere within."""
    revision = git.commit()
    within = git.path / "tests" / "deep"
    within.mkdir(parents=True)

    assert on_branch(revision) == git_tags(str(within))
    assert on_branch(revision) == git_tags(str(within / "not" / "there"))


def test_relative(git, monkeypatch):
    """A relative directory is one of the process."""
    revision = git.commit()
    monkeypatch.chdir(git.path)

    assert on_branch(revision) == git_tags(".")
    assert on_branch(revision) == git_tags("")


def test_unborn(git):
    """Before the first commit there is a branch and no revision."""
    expected = on_branch("")
    del expected[semconv.VCS_REF_HEAD_REVISION]

    assert expected == git_tags(str(git))


def test_packed(git):
    """A branch that is packed is found, and none that only ends like it."""
    revision = git.commit()
    git("branch", "x/feature/one")
    git("branch", "feature/one2")
    git("pack-refs", "--all", "--prune")

    assert not (git.path / ".git/refs/heads/feature/one").exists()
    assert on_branch(revision) == git_tags(str(git))


def test_loose_wins_over_packed(git):
    """A ref that moved after it was packed is where it moved to."""
    git.commit()
    git("pack-refs", "--all", "--prune")
    revision = git.commit()

    assert on_branch(revision) == git_tags(str(git))


def test_detached(git):
    """A detached HEAD has a revision and no branch."""
    revision = git.commit()
    git("checkout", "-q", "--detach")

    assert {semconv.VCS_REF_HEAD_REVISION: revision} == git_tags(str(git))


@pytest.mark.parametrize("packed", [False, True])
def test_detached_on_tag(git, packed):
    """A detached HEAD on a tag has the tag."""
    git.commit()
    git("tag", "v0")
    revision = git.commit()
    git("tag", "v1.0")
    git("branch", "at-the-same-commit")
    git.commit()
    git("tag", "v2")
    git("checkout", "-q", "v1.0")
    if packed:
        git("pack-refs", "--all", "--prune")

    assert tagged(revision, "v1.0") == git_tags(str(git))


def test_detached_on_annotated_tag(git):
    """An annotated tag is found where git has written what it points to."""
    revision = git.commit()
    git("tag", "-a", "-m", "first", "v1.0")
    git.commit()
    git("tag", "-a", "-m", "second", "v2.0")
    git("pack-refs", "--all", "--prune")
    git("checkout", "-q", "v1.0")

    assert tagged(revision, "v1.0") == git_tags(str(git))


def test_detached_without_tags(git):
    """Without a directory for tags, a detached HEAD has none."""
    revision = git.commit()
    git("checkout", "-q", "--detach")
    (git.path / ".git/refs/tags").rmdir()

    assert {semconv.VCS_REF_HEAD_REVISION: revision} == git_tags(str(git))


def test_detached_among_many_tags(git):
    """A directory of very many tags is not searched."""
    revision = git.commit()
    for number in range(70):
        (git.path / f".git/refs/tags/v{number}").write_text(f"{revision}\n")
    git("checkout", "-q", "--detach")

    assert {semconv.VCS_REF_HEAD_REVISION: revision} == git_tags(str(git))


def test_sha256(git, tmp_path):
    """A repository with the longer revisions is one too."""
    path = tmp_path / "sha256"
    path.mkdir()
    other = Checkout(path)
    other("init", "-q", "-b", "main", "--object-format=sha256")
    revision = other.commit()

    assert on_branch(revision, "main") == git_tags(str(other))
    assert 64 == len(revision)


def test_worktree(git, tmp_path):
    """A worktree has its own branch, and the rest of the repository it is of."""
    git("remote", "add", "origin", "https://github.com/acme/hello.git")
    revision = git.commit()
    git("worktree", "add", "-q", "-b", "other", str(tmp_path / "worktree"))
    git.commit()

    expected = on_branch(revision, "other") | HELLO

    assert expected == git_tags(str(tmp_path / "worktree"))

    git("pack-refs", "--all", "--prune")

    assert expected == git_tags(str(tmp_path / "worktree"))


def test_submodule(git, tmp_path):
    """A submodule is a repository of its own."""
    path = tmp_path / "outer"
    path.mkdir()
    outer = Checkout(path)
    outer("init", "-q", "-b", "main")
    outer.commit()
    revision = git.commit()
    outer("submodule", "add", "-q", str(git), "inner")
    outer("-C", "inner", "remote", "set-url", "origin", "git@github.com:acme/hello.git")

    assert (path / "inner" / ".git").is_file()
    assert on_branch(revision) | HELLO == git_tags(str(path / "inner"))


def test_clone(git, tmp_path):
    """A clone of a directory has no page, and HEAD of its origin is no matter."""
    revision = git.commit()
    git("clone", "-q", str(git), str(tmp_path / "clone"))

    assert on_branch(revision) == git_tags(str(tmp_path / "clone"))


def test_symbolic_ref(git):
    """A branch that stands for another has the revision of the other."""
    revision = git.commit()
    git("symbolic-ref", "refs/heads/alias", "refs/heads/feature/one")
    git("symbolic-ref", "HEAD", "refs/heads/alias")

    assert on_branch(revision, "alias") == git_tags(str(git))


def test_no_checkout(tmp_path):
    """Outside of any checkout, nothing is said."""
    (tmp_path / ".git").mkdir()

    assert {} == git_tags(str(tmp_path))


@pytest.mark.parametrize("directory", ["/nowhere/at/all", "a\x00b", "\udcff", None, 3])
def test_odd_directory(directory, tmp_path, monkeypatch):
    """What is no directory is in no checkout."""
    monkeypatch.chdir(tmp_path)

    assert {} == git_tags(directory)


def test_vanished_directory(tmp_path, monkeypatch):
    """A process whose directory was removed is in no checkout."""
    path = tmp_path / "gone"
    path.mkdir()
    monkeypatch.chdir(path)
    path.rmdir()

    assert {} == git_tags("")


@pytest.mark.parametrize(
    "address",
    [
        f"https://{SECRET}@github.com/acme/hello.git",
        f"https://user:{SECRET}@github.com/acme/hello.git",
        f"HTTPS://user:x/{SECRET}@github.com/acme/hello",
        f"https://user:x@{SECRET}/y@github.com/acme/hello",
        f"https://user:x#{SECRET}@github.com/acme/hello.git",
        f'https://user:"{SECRET}\\@github.com/acme/hello.git',
        f"git+https://user:{SECRET}@github.com/acme/hello.git",
        f"ssh://user:{SECRET}@github.com:22/acme/hello.git",
    ],
)
def test_credentials(git, address):
    """The credentials in the address of the origin stay where they are."""
    git("config", "remote.origin.url", address)
    git("config", "http.https://github.com/.extraheader", f"AUTHORIZATION: {SECRET}")

    actual = git_tags(str(git))

    assert HELLO.items() <= actual.items()
    assert SECRET not in str(actual)


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ('[remote "origin"]\n\turl = git@github.com:acme/hello.git\n', True),
        ('[Remote "origin"] URL=git@github.com:acme/hello.git', True),
        ('[remote "origin"]\r\n\turl = git@github.com:acme/hello.git\r\n', True),
        ('[remote "origin"]\nurl = "git@github.com:acme/hello.git" ; the first', True),
        ('[remote "origin"]\nurl = git@github.com:acme/hello.git # the first', True),
        (
            '[remote "origin"]\nurl = git@github.com:acme/hello.git\nurl = git@x.y:z/a',
            True,
        ),
        (
            '[remote "x"]\nurl=git@x.y:z/a\n[remote "origin"]\nurl=git@github.com:acme/hello',
            True,
        ),
        ('[remote "upstream"]\nurl = git@github.com:acme/hello.git', False),
        ('[remote "Origin"]\nurl = git@github.com:acme/hello.git', False),
        ('[remote "origin"]\npushurl = git@github.com:acme/hello.git', False),
        ('[remote "origin"]\n# url = git@github.com:acme/hello.git', False),
        ('[remote "origin"]\n[branch "x"]\nurl = git@github.com:acme/hello.git', False),
        ('[remote "origin"]\nurl = https://user/pass\\\nword@github.com/a/h', False),
        ('[remote "origin"]\nurl =\n', False),
        ('[remote "origin"]\nurl', False),
        ("", False),
        ("[" * 100_000, False),
    ],
    ids=range(17),
)
def test_config(git, config, found):
    """Of the configuration, only the address of "origin" counts."""
    (git.path / ".git" / "config").write_bytes(config.encode())

    actual = git_tags(str(git))

    assert (HELLO if found else {}) == {
        name: value for name, value in actual.items() if name in HELLO
    }


REVISION = b"6dcb09b5b57875f334f61aebed695e2e4193db5e"


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\n",
        b"\x00\xff",
        b"ref:",
        b"ref: ",
        b"ref: /etc/passwd",
        b"ref: refs/heads/../../../../../etc/passwd",
        b"ref: refs/heads/" + b"x" * 100_000,
        b"ref: HEAD",
        REVISION[:-1],
        REVISION.upper(),
        b"x" * (1 << 20),
        b"\xf0\x9f\x9a\x80" * 10,
    ],
    ids=range(13),
)
def test_garbage_head(git, head):
    """Of a HEAD that makes no sense, no revision comes."""
    (git.path / ".git" / "HEAD").write_bytes(head)

    assert semconv.VCS_REF_HEAD_REVISION not in git_tags(str(git))


def test_ref_outside(git):
    """A ref that leads out of the repository is not followed."""
    (git.path / "outside").write_bytes(REVISION)
    (git.path / ".git" / "HEAD").write_text("ref: refs/../../outside\n")

    assert {} == git_tags(str(git))


def test_reftable(git):
    """Where the refs are in a reftable, nothing is said rather than ".invalid"."""
    (git.path / ".git" / "HEAD").write_text("ref: refs/heads/.invalid\n")

    assert {} == git_tags(str(git))


def test_endless_symbolic_ref(git):
    """A ref that stands for itself is not followed for ever."""
    (git.path / ".git/refs/heads/feature").mkdir()
    (git.path / ".git/refs/heads/feature/one").write_text("ref: refs/heads/feature/one")

    assert semconv.VCS_REF_HEAD_REVISION not in git_tags(str(git))


@pytest.mark.parametrize(
    "content",
    ["", "gitdir", "gitdir:", "gitdir: nowhere", "gitdir: \x00", "x: y", "\ufffd" * 9],
)
def test_garbage_file(git, content):
    """A `.git` file that leads nowhere is the end, whatever is further up."""
    git.commit()
    path = git.path / "within"
    path.mkdir()
    (path / ".git").write_text(content)

    assert {} == git_tags(str(path))


def test_pipe(git):
    """A pipe in the place of a file is neither waited for nor read."""
    git.commit()
    for name in ("packed-refs", "commondir"):
        os.mkfifo(git.path / ".git" / name)
    config = git.path / ".git" / "config"
    content = config.read_bytes()
    config.unlink()
    os.mkfifo(config)
    pipe = os.open(config, os.O_RDWR | os.O_NONBLOCK)
    os.write(pipe, content)

    try:
        assert "feature/one" == git_tags(str(git))[semconv.VCS_REF_HEAD_NAME]
        assert content == os.read(pipe, 1 << 16)
    finally:
        os.close(pipe)


@pytest.mark.parametrize("name", ["HEAD", "config", "packed-refs", "refs"])
def test_unreadable(git, name, monkeypatch):
    """A file that may not be read costs what is in it, and no more."""
    git("remote", "add", "origin", "https://github.com/acme/hello.git")
    git.commit()
    allowed = os.open

    def refuse(path, *arguments, **options):
        if f".git/{name}" in str(path):
            raise PermissionError(path)

        return allowed(path, *arguments, **options)

    monkeypatch.setattr(os, "open", refuse)

    actual = git_tags(str(git))

    assert {
        "HEAD": set(),
        "config": set(on_branch("")),
        "packed-refs": set(on_branch("")) | set(HELLO),
        "refs": (set(on_branch("")) | set(HELLO)) - {semconv.VCS_REF_HEAD_REVISION},
    }[name] == set(actual)


def test_read_error(git, monkeypatch):
    """A disk that fails while a file is read says nothing."""

    def fail(*_):
        raise OSError

    git.commit()
    monkeypatch.setattr(os, "read", fail)

    assert {} == git_tags(str(git))


def test_no_process(git, monkeypatch):
    """No program is started."""

    def fail(*_, **__):
        raise AssertionError

    git.commit()
    monkeypatch.setattr(subprocess, "Popen", fail)
    monkeypatch.setattr(os, "posix_spawn", fail)

    assert git_tags(str(git))


def test_quick(git):
    """It takes no time that a test run would feel, among 20,000 refs."""
    revision = git.commit()
    git("checkout", "-q", "--detach")
    (git.path / ".git" / "packed-refs").write_text(
        "".join(f"{number:040x} refs/tags/v{number}\n" for number in range(20_000))
        + f"{revision} refs/tags/w\n"
    )

    start = time.perf_counter()
    for _ in range(10):
        assert tagged(revision, "w") == git_tags(str(git))

    assert time.perf_counter() - start < 1


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(), st.binary(), st.binary(), st.binary())
def test_any_content(git, head, packed, config, common):
    """Whatever is in the files, the values are short printable lines."""
    directory = git.path / ".git"
    (directory / "HEAD").write_bytes(head)
    (directory / "packed-refs").write_bytes(REVISION + b" refs/tags/" + packed)
    (directory / "config").write_bytes(b'[remote "origin"]\nurl=' + config)
    (directory / "commondir").write_bytes(common)

    for value in git_tags(str(git)).values():
        assert value
        assert value.isprintable()
        assert len(value) <= 1024
