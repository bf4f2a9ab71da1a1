"""
What holds for every CI: which one it is, what is left out, and no secrets.
"""

from __future__ import annotations

import pytest

from hypothesis import example, given, settings, strategies as st

from otel_testkit import semconv
from otel_testkit.recording.tags.ci import ci_tags, worker_tag
from otel_testkit.recording.tags.providers import PROVIDERS
from otel_testkit.recording.tags.sources import value_of
from otel_testkit.recording.tags.urls import repository_tags


REVISION = "6dcb09b5b57875f334f61aebed695e2e4193db5e"
SECRET = "S3CRETvalue"


def _sentinel(text):
    conditions = (condition.partition("=") for condition in text.split())

    return {name: wanted or "true" for name, _, wanted in conditions}


def _variables(provider):
    # A function reads more the further it gets, so it is given several values.
    names = {name for text in provider.seen for name in _sentinel(text)}
    for answer in ("", "x", "true", "branch", "pr/42", "https://h.de/_git/x"):

        def get(name, answer=answer):
            names.add(name)
            return answer

        for sources in provider.sources.values():
            for source in sources:
                value_of(source, get)
        provider.file(get)

    return sorted(names)


VARIABLES = {provider.name: _variables(provider) for provider in PROVIDERS}
ALL_VARIABLES = sorted({name for names in VARIABLES.values() for name in names})
SEEN = {provider.name: _sentinel(provider.seen[0]) for provider in PROVIDERS}


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"CI": "true"},
        {"CI": "1", "BUILD_NUMBER": "3", "GIT_BRANCH": "main"},
        {"GITHUB_ACTIONS": "", "GITLAB_CI": "", "TRAVIS": ""},
        {"GITHUB_ACTIONS": "false", "TF_BUILD": "False", "BUILDKITE": "0"},
        {"CF_INSTANCE_GUID": "cloud-foundry"},
        {"GITHUB_TOKEN": SECRET, "GITHUB_REPOSITORY": "codespaces/has-these"},
    ],
)
def test_no_ci(environ):
    """Where no CI is known, nothing is said."""
    assert {} == ci_tags(environ)


@pytest.mark.parametrize(
    ("provider", "sentinel"),
    [
        (provider.name, sentinel)
        for provider in PROVIDERS
        for sentinel in (*provider.seen, *provider.hints)
    ],
)
def test_sentinel(provider, sentinel):
    """Any one of a provider's own variables is enough to know it by."""
    actual = ci_tags(_sentinel(sentinel))

    assert provider == actual[semconv.CI_PROVIDER]


@pytest.mark.parametrize(
    ("expected", "environ"),
    [
        ("gitea", {"GITEA_ACTIONS": "true", "GITHUB_ACTIONS": "true"}),
        ("woodpecker", {"CI": "woodpecker", "DRONE": "true"}),
        ("codefresh", {"CF_BUILD_ID": "1", "JENKINS_URL": "https://j.example.com"}),
        ("buildkite", {"BUILDKITE": "true", "JENKINS_URL": "https://j.example.com"}),
        ("github", {"GITHUB_ACTIONS": "true", "VERCEL": "1", "NETLIFY": "true"}),
        # A variable that was handed on doesn't outweigh what CI this is.
        ("jenkins", {"GITHUB_SHA": REVISION, "JENKINS_URL": "https://j.example.com"}),
    ],
)
def test_order(expected, environ):
    """Of several providers, the imitated and the generic come last."""
    assert expected == ci_tags(environ)[semconv.CI_PROVIDER]


@pytest.mark.parametrize("nothing", ["", "false", "False", "0", "null"])
@pytest.mark.parametrize(
    ("provider", "variable"),
    [
        ("travis", "TRAVIS_PULL_REQUEST"),
        ("buildkite", "BUILDKITE_PULL_REQUEST"),
        ("bitrise", "BITRISE_PULL_REQUEST"),
        ("screwdriver", "SD_PULL_REQUEST"),
    ],
)
def test_no_change(provider, variable, nothing):
    """Every way to say "no pull request" is none, and then nothing has a target."""
    actual = ci_tags(
        SEEN[provider]
        | {variable: nothing, "TRAVIS_BRANCH": "main", "PR_BASE_BRANCH_NAME": "main"}
    )

    assert semconv.VCS_CHANGE_ID not in actual
    assert semconv.VCS_REF_BASE_NAME not in actual


@pytest.mark.parametrize(
    ("branch", "expected"),
    [
        ("main", ("main", "branch")),
        ("refs/heads/feature/one", ("feature/one", "branch")),
        ("origin/feature/one", ("feature/one", "branch")),
        ("refs/remotes/origin/main", ("main", "branch")),
        ("refs/heads/tags/x", ("tags/x", "branch")),
        ("refs/heads/pull/7", ("pull/7", "branch")),
        ("dependabot/npm/@types/node-1", ("dependabot/npm/@types/node-1", "branch")),
        ("refs/tags/v1", ("v1", "tag")),
        ("tags/v1/rc", ("v1/rc", "tag")),
        ("origin/tags/v1", ("v1", "tag")),
        ("refs/pull/42/merge", (None, None)),
        ("pull/42", (None, None)),
        ("pull/42/head", (None, None)),
        ("origin/pr/42/merge", (None, None)),
        ("origin/refs/pull/42/merge", (None, None)),
        ("refs/merge-requests/4/head", (None, None)),
        ("refs/heads/", (None, None)),
        ("origin/HEAD", (None, None)),
        ("detached", (None, None)),
    ],
)
def test_ref(branch, expected):
    """A ref is a branch, a tag or neither, however it is spelt."""
    actual = ci_tags(SEEN["jenkins"] | {"GIT_BRANCH": branch})

    assert expected == (
        actual.get(semconv.VCS_REF_HEAD_NAME),
        actual.get(semconv.VCS_REF_HEAD_TYPE),
    )


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("v1", "v1"),
        ("refs/tags/v1", "v1"),
        ("origin/tags/v1", "v1"),
        ("refs/heads/tags/v1", "v1"),
    ],
)
def test_tag(tag, expected):
    """Where a tag is expected, all its spellings are one."""
    actual = ci_tags(SEEN["bitbucket"] | {"BITBUCKET_TAG": tag})

    assert (expected, "tag") == (
        actual[semconv.VCS_REF_HEAD_NAME],
        actual[semconv.VCS_REF_HEAD_TYPE],
    )


REPOSITORIES = {
    "https://github.com/acme/hello.git": "https://github.com/acme/hello",
    "https://github.com/acme/hello/": "https://github.com/acme/hello",
    "HTTPS://GitHub.com/acme/hello": "https://github.com/acme/hello",
    "http://github.com/acme/hello": "https://github.com/acme/hello",
    "http://git.example.com/acme/hello": "http://git.example.com/acme/hello",
    "https://git.example.com:8443/acme/hello": "https://git.example.com:8443/acme/hello",
    "https://github.com:443/acme/hello": "https://github.com/acme/hello",
    "git@github.com:acme/hello.git": "https://github.com/acme/hello",
    "github.com:acme/hello.git": "https://github.com/acme/hello",
    "git@github.com:22/acme/hello.git": "https://github.com/acme/hello",
    "git@gitlab.com:123/hello.git": "https://gitlab.com/123/hello",
    "ssh://git@github.com:22/acme/hello.git": "https://github.com/acme/hello",
    "ssh://git@git.example.com:7999/acme/hello": "https://git.example.com/acme/hello",
    "ssh://git@ssh.github.com:443/acme/hello.git": "https://github.com/acme/hello",
    "git+ssh://git@github.com/acme/hello.git": "https://github.com/acme/hello",
    "git+https://github.com/acme/hello.git": "https://github.com/acme/hello",
    "git://github.com/acme/hello.git": "https://github.com/acme/hello",
    "https://github.com/acme/hello?access=1#readme": "https://github.com/acme/hello",
    "https://[::1]:8080/acme/hello.git": "https://[::1]:8080/acme/hello",
    "git@ssh.dev.azure.com:v3/acme/My Project/hello": (
        "https://dev.azure.com/acme/My%20Project/_git/hello"
    ),
    "acme@vs-ssh.visualstudio.com:v3/acme/project/hello": (
        "https://acme.visualstudio.com/project/_git/hello"
    ),
    "/srv/git/hello.git": None,
    "file:///srv/git/hello.git": None,
    "C:\\git\\hello": None,
    "work:acme/hello.git": None,
    "codecommit::eu-west-1://hello": None,
    "https://git.example.com/v3/a/b/c": "https://git.example.com/v3/a/b/c",
    "https://github.com": None,
    "https://github.com/.git": None,
    "https://": None,
    "git@github.com:": None,
    "x" * 5000: None,
    f"https://github.com/{'x' * 5000}": None,
    f"https://github.com/{'x ' * 450}x": None,
}


@pytest.mark.parametrize("address", REPOSITORIES, ids=lambda address: address[:60])
def test_repository(address):
    """The address of a repository becomes its page, if it has one."""
    actual = ci_tags(SEEN["buildkite"] | {"BUILDKITE_REPO": address})

    assert REPOSITORIES[address] == actual.get(semconv.VCS_REPOSITORY_URL)


@pytest.mark.parametrize(
    ("address", "owner", "name", "forge"),
    [
        ("https://gitlab.com/group/sub/hello.git", "group/sub", "hello", "gitlab"),
        ("https://gitlab.example.com/g/hello.git", "g", "hello", "gitlab"),
        ("https://codeberg.org/acme/hello", "acme", "hello", "gitea"),
        ("https://git.example.com/hello", None, "hello", None),
        ("https://dev.azure.com/acme/p/_git/hello", "acme/p", "hello", None),
        ("https://acme.visualstudio.com/_git/hello", None, "hello", None),
    ],
)
def test_repository_parts(address, owner, name, forge):
    """The name of a repository is without its group; a forge may show in the host."""
    actual = repository_tags(address)

    assert (owner, name, forge) == (
        actual.get(semconv.VCS_OWNER_NAME),
        actual.get(semconv.VCS_REPOSITORY_NAME),
        actual.get(semconv.VCS_PROVIDER_NAME),
    )


CREDENTIALS = [
    f"https://{SECRET}@github.com/acme/hello.git",
    f"https://user:{SECRET}@github.com/acme/hello.git",
    f"HTTPS://user:{SECRET}@github.com/acme/hello.git",
    f"https://user:{SECRET}/x@github.com/acme/hello.git",
    f"https://user:x/{SECRET}@github.com/acme/hello.git",
    f"https://user:x@{SECRET}/y@github.com/acme/hello.git",
    f"https://user:x@{SECRET}@github.com/acme/hello.git",
    f"https://user:x#{SECRET}?y@github.com/acme/hello.git",
    f"https://us.er:x/{SECRET}@github.com/acme/hello.git",
    f"git+https://user:{SECRET}@github.com/acme/hello.git",
    f"ssh://user:{SECRET}@github.com:22/acme/hello.git",
    f"user:{SECRET}@github.com:acme/hello.git",
    f"https:\\\\user:{SECRET}@github.com\\acme",
    f"https:/user:{SECRET}@github.com/acme/hello.git",
    f"ht\ttps://user:{SECRET}\n@github.com/acme/hello.git",
    # What may as well be a port is not worth the risk.
    f"https://user:12/{SECRET}@github.com/acme/hello.git",
    f"https://ci.example.com/?next=https://user:{SECRET}@github.com/acme",
]


@pytest.mark.parametrize("address", CREDENTIALS)
@pytest.mark.parametrize("provider", SEEN)
def test_credentials(provider, address):
    """No variable of any provider lets the credentials of an address through."""
    addresses = {
        name: address for name in VARIABLES[provider] if name not in SEEN[provider]
    }
    alone = [{name: address} for name in addresses]

    for environ in (addresses, *alone):
        for attribute, value in ci_tags(environ | SEEN[provider]).items():
            # `user:password@host:path`, of no scheme, is an address for git only.
            if address.startswith("user:") and attribute not in ADDRESSES:
                continue

            assert SECRET not in value


ADDRESSES = {
    semconv.CICD_PIPELINE_RUN_URL,
    semconv.CICD_PIPELINE_TASK_RUN_URL,
    semconv.CI_CHANGE_URL,
    semconv.VCS_REPOSITORY_NAME,
    semconv.VCS_REPOSITORY_URL,
}


@pytest.mark.parametrize("address", [a for a in CREDENTIALS if a[4] in "s+:"][:6])
def test_repository_survives_its_credentials(address):
    """Without its credentials, a repository is what it was."""
    actual = ci_tags(SEEN["codebuild"] | {"CODEBUILD_SOURCE_REPO_URL": address})

    assert "https://github.com/acme/hello" == actual[semconv.VCS_REPOSITORY_URL]


@pytest.mark.parametrize("parameter", ["token", "private_token", "X-Amz-Signature"])
def test_secret_parameter(parameter):
    """A page keeps its parameters, but for those that let anybody in."""
    actual = ci_tags(
        SEEN["jenkins"]
        | {"BUILD_URL": f"https://ci.example.com/b?id=1&{parameter}={SECRET}&x=2"}
    )

    assert "https://ci.example.com/b?id=1&x=2" == actual[semconv.CICD_PIPELINE_RUN_URL]


def test_page_with_at():
    """An `@` in the path of a page is no credential."""
    page = "https://ci.example.com/job/hello/job/%2F@types%2Fnode/3/"

    assert (
        page
        == ci_tags(SEEN["jenkins"] | {"BUILD_URL": page})[semconv.CICD_PIPELINE_RUN_URL]
    )


@pytest.mark.parametrize(
    "page",
    [
        "javascript:alert(1)",
        "ftp://ci.example.com/x",
        "ci.example.com/x",
        'https://ci.example.com/"><script>',
        f"https://ci.example.com/{'x' * 2000}",
    ],
    ids=range(5),
)
def test_no_page(page):
    """What is not the address of a page is not given as one."""
    assert semconv.CICD_PIPELINE_RUN_URL not in ci_tags(
        SEEN["jenkins"] | {"BUILD_URL": page}
    )


def test_quoted():
    """A value becomes a part of an address, never its structure."""
    actual = ci_tags(
        SEEN["semaphore"]
        | {
            "SEMAPHORE_ORGANIZATION_URL": "https://acme.semaphoreci.com",
            "SEMAPHORE_WORKFLOW_ID": "1?x=ü#y z",
        }
    )

    assert (
        "https://acme.semaphoreci.com/workflows/1%3Fx%3D%C3%BC%23y%20z"
        == actual[semconv.CICD_PIPELINE_RUN_URL]
    )


# Secrets and personal data that are in the environment beside what we look for.
NEVER = {
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_URL",
    "ACTIONS_RUNTIME_TOKEN",
    "BITBUCKET_STEP_OIDC_TOKEN",
    "BITRISE_BUILD_API_TOKEN",
    "BUILDKITE_AGENT_ACCESS_TOKEN",
    "BUILDKITE_S3_SECRET_ACCESS_KEY",
    "CI_DEPENDENCY_PROXY_PASSWORD",
    "CI_DEPLOY_PASSWORD",
    "CI_JOB_JWT",
    "CI_JOB_JWT_V2",
    "CI_JOB_TOKEN",
    "CI_NETRC_PASSWORD",
    "CI_REGISTRY_PASSWORD",
    "CI_REPOSITORY_URL",
    "CI_RUNNER_SHORT_TOKEN",
    "CIRCLE_OIDC_TOKEN",
    "DRONE_NETRC_PASSWORD",
    "GITHUB_TOKEN",
    "HARBOR_PASSWORD",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "SYSTEM_ACCESSTOKEN",
    "TRIGGER_PAYLOAD",
    "GITLAB_USER_EMAIL",
    "BUILD_REQUESTEDFOREMAIL",
    "BUILD_USER_EMAIL",
    "BUILDKITE_BUILD_CREATOR_EMAIL",
    "BUILDKITE_MESSAGE",
    "CI_COMMIT_MESSAGE",
}


@pytest.mark.parametrize("provider", SEEN)
def test_allow_list(provider):
    """What is not in the table is not read, not even to see whether it is set."""

    class Environ(dict):
        def get(self, name, default=None):
            asked.add(name)
            return super().get(name, default)

    asked = set()
    ci_tags(Environ(dict.fromkeys(VARIABLES[provider], "x") | SEEN[provider]))

    assert set() == asked & NEVER


@pytest.mark.parametrize(
    ("provider", "variable"),
    [
        ("github", "GITHUB_ACTOR"),
        ("azure", "BUILD_REQUESTEDFOR"),
        ("jenkins", "BUILD_USER_ID"),
        ("drone", "DRONE_BUILD_TRIGGER"),
    ],
)
def test_actor_is_no_address(provider, variable):
    """An e-mail address is not given as the actor, nor is `@hook`."""
    for value in ("jane@example.com", "Jane <jane@example.com>", "@hook"):
        assert semconv.CI_ACTOR not in ci_tags(SEEN[provider] | {variable: value})


@pytest.mark.parametrize(
    ("count", "expected"),
    [("0", "1"), ("3", "4"), ("-1", None), ("x", None), ("٣", None), ("9" * 99, None)],
)
def test_attempt_counts_from_one(count, expected):
    """An attempt counts from one, though a provider may count retries."""
    actual = ci_tags(SEEN["buildkite"] | {"BUILDKITE_RETRY_COUNT": count})

    assert expected == actual.get(semconv.CI_ATTEMPT)


@pytest.mark.parametrize("attempt", ["0", "", "one", "1.5"])
def test_no_attempt(attempt):
    """What is no number from one on is no attempt."""
    assert semconv.CI_ATTEMPT not in ci_tags(
        SEEN["github"] | {"GITHUB_RUN_ATTEMPT": attempt}
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("x" * 5000, "x" * 1024),
        ("  a b  ", "a b"),
        ("a\x00b\x1b[31mc\nd\x9b", "ab[31mcd"),
        ("a\u202eb\u2028c", "abc"),
        ("a\udcffb", "ab"),
        ("ünï 🚀", "ünï 🚀"),
    ],
    ids=range(6),
)
def test_text(value, expected):
    """A value is one short line that every terminal and exporter can take."""
    actual = ci_tags(SEEN["github"] | {"GITHUB_WORKFLOW": value})

    assert expected == actual[semconv.CICD_PIPELINE_NAME]


class Broken(dict):
    """
    An environment as a careless fake has it.
    """

    def get(self, name, default=None):
        raise RuntimeError(name)


@pytest.mark.parametrize(
    "environ", [Broken(), None, 3, {"GITHUB_ACTIONS": 1}, {b"CI": b"true"}]
)
def test_broken_environment(environ):
    """An environment that is none, or raises, says nothing."""
    assert {} == ci_tags(environ)
    assert {} == worker_tag(environ)


def test_values_of_other_types():
    """What is not text is not set."""
    actual = ci_tags({"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": 3, "GITHUB_SHA": None})

    assert {semconv.CI_PROVIDER: "github"} == actual


def test_worker():
    """The worker of pytest-xdist is told, if there is one."""
    assert {semconv.WORKER: "gw3"} == worker_tag({"PYTEST_XDIST_WORKER": "gw3"})
    assert {} == worker_tag({"PYTEST_XDIST_WORKER": ""})


@given(
    st.sampled_from(sorted(SEEN)),
    st.dictionaries(st.sampled_from(ALL_VARIABLES), st.text()),
)
def test_any_environment(provider, environ):
    """Whatever is in the variables, the values are short printable lines."""
    for value in ci_tags(environ | SEEN[provider]).values():
        assert value
        assert value.isprintable()
        assert len(value) <= 1024


@settings(deadline=None)
@given(
    st.sampled_from(sorted(SEEN)),
    st.text(),
    st.sampled_from(["https", "HTTP", "ssh", "git+https", "x"]),
    st.text(),
    st.text(),
    st.text(),
)
@example("jenkins", "", "https", "", "12/", "github.com/acme/hello")
@example("jenkins", "https://ci.example.com/a", "https", "", "", "x")
@example("vercel", "", "https", "me.me", "/", "a@b")
def test_no_credentials(provider, before, scheme, user, other, after):
    """No address's credentials survive in any value, whatever is around them."""
    text = f"{before}{scheme}://{user}:{other}{SECRET}@{after}"
    environ = dict.fromkeys(VARIABLES[provider], text) | SEEN[provider]

    for value in ci_tags(environ).values():
        assert SECRET not in value
