"""
The other CIs: a build or two of each, as their documentation has it.
"""

from __future__ import annotations

import pytest

from otel_testkit.recording.tags.ci import ci_tags


HEAD = "6dcb09b5b57875f334f61aebed695e2e4193db5e"
MERGE = "bbcd538c8e72b8c175046e27cc8f907076331401"

HELLO = {
    "vcs.repository.url.full": "https://github.com/acme/hello",
    "vcs.repository.name": "hello",
    "vcs.owner.name": "acme",
    "vcs.provider.name": "github",
}
ON_MAIN = {
    "vcs.ref.head.name": "main",
    "vcs.ref.head.type": "branch",
    "vcs.ref.head.revision": HEAD,
}
TAGGED = ON_MAIN | {"vcs.ref.head.name": "v1.2", "vcs.ref.head.type": "tag"}
PULL = {
    "vcs.change.id": "42",
    "vcs.ref.base.name": "main",
    "vcs.ref.base.type": "branch",
    "vcs.ref.head.name": "feature/one",
    "vcs.ref.head.type": "branch",
    "vcs.ref.head.revision": HEAD,
}
PAGE = {"otel_testkit.ci.change.url": "https://github.com/acme/hello/pull/42"}
MERGED = {"otel_testkit.ci.tested_revision": MERGE}


def _run(provider, name, identity, url, *, number=None, actor=None, attempt=None):
    tags = {
        "otel_testkit.ci.provider": provider,
        "cicd.pipeline.name": name,
        "cicd.pipeline.run.id": identity,
        "cicd.pipeline.run.url.full": url,
        "otel_testkit.ci.run.number": number,
        "otel_testkit.ci.actor": actor,
        "otel_testkit.ci.attempt": attempt,
    }

    return {key: value for key, value in tags.items() if value}


def _job(name=None, identity=None, url=None):
    tags = {
        "cicd.pipeline.task.name": name,
        "cicd.pipeline.task.run.id": identity,
        "cicd.pipeline.task.run.url.full": url,
    }

    return {key: value for key, value in tags.items() if value}


def _node(index, total):
    return {"otel_testkit.ci.node.index": index, "otel_testkit.ci.node.total": total}


CIRCLE = {
    "CIRCLECI": "true",
    "CIRCLE_PROJECT_REPONAME": "hello",
    "CIRCLE_WORKFLOW_ID": "w-1",
    "CIRCLE_JOB": "test",
    "CIRCLE_WORKFLOW_JOB_ID": "j-1",
    "CIRCLE_BUILD_NUM": "99",
    "CIRCLE_BUILD_URL": "https://circleci.com/gh/acme/hello/99",
    "CIRCLE_USERNAME": "jane",
    "CIRCLE_BRANCH": "main",
    "CIRCLE_SHA1": HEAD,
    "CIRCLE_REPOSITORY_URL": "git@github.com:acme/hello.git",
    "CIRCLE_NODE_INDEX": "0",
    "CIRCLE_NODE_TOTAL": "4",
    "CIRCLE_OIDC_TOKEN": "S3CRET",
}
CIRCLE_RUN = (
    _run(
        "circleci",
        "hello",
        "w-1",
        "https://app.circleci.com/pipelines/workflows/w-1",
        actor="jane",
    )
    | _job("test", "j-1", "https://circleci.com/gh/acme/hello/99")
    | _node("0", "4")
    | HELLO
)

BUILDKITE = {
    "BUILDKITE": "true",
    "BUILDKITE_PIPELINE_SLUG": "hello",
    "BUILDKITE_PIPELINE_NAME": "Hello!",
    "BUILDKITE_BUILD_ID": "b-1",
    "BUILDKITE_BUILD_NUMBER": "7",
    "BUILDKITE_BUILD_URL": "https://buildkite.com/acme/hello/builds/7",
    "BUILDKITE_LABEL": ":pytest: tests",
    "BUILDKITE_JOB_ID": "j-1",
    "BUILDKITE_BUILD_CREATOR": "Jane Doe",
    "BUILDKITE_BUILD_CREATOR_EMAIL": "jane@example.com",
    "BUILDKITE_RETRY_COUNT": "0",
    "BUILDKITE_PULL_REQUEST": "false",
    "BUILDKITE_PULL_REQUEST_BASE_BRANCH": "",
    "BUILDKITE_BRANCH": "main",
    "BUILDKITE_TAG": "",
    "BUILDKITE_COMMIT": HEAD,
    "BUILDKITE_REPO": "git@github.com:acme/hello.git",
    "BUILDKITE_AGENT_ID": "a-1",
    "BUILDKITE_AGENT_NAME": "agent-1",
    "BUILDKITE_AGENT_ACCESS_TOKEN": "S3CRET",
}
BUILDKITE_RUN = (
    _run(
        "buildkite",
        "hello",
        "b-1",
        "https://buildkite.com/acme/hello/builds/7",
        number="7",
        actor="Jane Doe",
        attempt="1",
    )
    | _job(":pytest: tests", "j-1", "https://buildkite.com/acme/hello/builds/7#j-1")
    | {"cicd.worker.id": "a-1", "cicd.worker.name": "agent-1"}
    | HELLO
)

TRAVIS = {
    "TRAVIS": "true",
    "TRAVIS_REPO_SLUG": "acme/hello",
    "TRAVIS_BUILD_ID": "1001",
    "TRAVIS_BUILD_NUMBER": "5",
    "TRAVIS_BUILD_WEB_URL": "https://app.travis-ci.com/acme/hello/builds/1001",
    "TRAVIS_JOB_NAME": "py3.12",
    "TRAVIS_JOB_ID": "1002",
    "TRAVIS_JOB_WEB_URL": "https://app.travis-ci.com/acme/hello/jobs/1002",
    "TRAVIS_PULL_REQUEST": "false",
    "TRAVIS_PULL_REQUEST_BRANCH": "",
    "TRAVIS_PULL_REQUEST_SHA": "",
    "TRAVIS_BRANCH": "main",
    "TRAVIS_TAG": "",
    "TRAVIS_COMMIT": HEAD,
}
TRAVIS_RUN = (
    _run(
        "travis",
        "acme/hello",
        "1001",
        "https://app.travis-ci.com/acme/hello/builds/1001",
        number="5",
    )
    | _job("py3.12", "1002", "https://app.travis-ci.com/acme/hello/jobs/1002")
    | HELLO
)

BITBUCKET = {
    "CI": "true",
    "BITBUCKET_BUILD_NUMBER": "12",
    "BITBUCKET_REPO_FULL_NAME": "acme/hello",
    "BITBUCKET_PIPELINE_UUID": "{11aa}",
    "BITBUCKET_STEP_UUID": "{22bb}",
    "BITBUCKET_STEP_TRIGGERER_UUID": "{33cc}",
    "BITBUCKET_STEP_RUN_NUMBER": "2",
    "BITBUCKET_BRANCH": "main",
    "BITBUCKET_COMMIT": HEAD,
    "BITBUCKET_GIT_HTTP_ORIGIN": "http://bitbucket.org/acme/hello",
    "BITBUCKET_STEP_OIDC_TOKEN": "S3CRET",
}
BITBUCKET_RUN = (
    _run(
        "bitbucket",
        "acme/hello",
        "11aa",
        "https://bitbucket.org/acme/hello/pipelines/results/12",
        number="12",
        actor="33cc",
        attempt="2",
    )
    | _job(identity="22bb")
    | HELLO
    | {
        "vcs.repository.url.full": "https://bitbucket.org/acme/hello",
        "vcs.provider.name": "bitbucket",
    }
)

APPVEYOR = {
    "APPVEYOR": "True",
    "APPVEYOR_URL": "https://ci.appveyor.com",
    "APPVEYOR_ACCOUNT_NAME": "acme-inc",
    "APPVEYOR_PROJECT_SLUG": "hello",
    "APPVEYOR_REPO_NAME": "acme/hello",
    "APPVEYOR_REPO_PROVIDER": "gitHub",
    "APPVEYOR_BUILD_ID": "123",
    "APPVEYOR_BUILD_NUMBER": "4",
    "APPVEYOR_JOB_NAME": "py312",
    "APPVEYOR_JOB_ID": "ab12",
    "APPVEYOR_REPO_BRANCH": "main",
    "APPVEYOR_REPO_COMMIT": HEAD,
}
APPVEYOR_RUN = (
    _run(
        "appveyor",
        "hello",
        "123",
        "https://ci.appveyor.com/project/acme-inc/hello/builds/123",
        number="4",
    )
    | _job(
        "py312",
        "ab12",
        "https://ci.appveyor.com/project/acme-inc/hello/builds/123/job/ab12",
    )
    | HELLO
)

DRONE = {
    "DRONE": "true",
    "DRONE_REPO": "acme/hello",
    "DRONE_BUILD_NUMBER": "42",
    "DRONE_BUILD_LINK": "https://drone.example.com/acme/hello/42",
    "DRONE_STAGE_NUMBER": "1",
    "DRONE_STEP_NAME": "test",
    "DRONE_STEP_NUMBER": "2",
    "DRONE_BUILD_TRIGGER": "@hook",
    "DRONE_COMMIT_LINK": "https://github.com/acme/hello/commit/abc",
    "DRONE_BRANCH": "main",
    "DRONE_TARGET_BRANCH": "main",
    "DRONE_SOURCE_BRANCH": "main",
    "DRONE_COMMIT_SHA": HEAD,
    "DRONE_GIT_HTTP_URL": "https://github.com/acme/hello.git",
    "DRONE_RUNNER_HOST": "runner-1",
    "DRONE_NETRC_PASSWORD": "S3CRET",
}
DRONE_RUN = (
    _run(
        "drone",
        "acme/hello",
        "42",
        "https://drone.example.com/acme/hello/42",
        number="42",
    )
    | _job("test", "2", "https://drone.example.com/acme/hello/42/1/2")
    | {"cicd.worker.name": "runner-1"}
    | HELLO
)

WOODPECKER = {
    "CI": "woodpecker",
    "CI_REPO": "acme/hello",
    "CI_REPO_URL": "https://codeberg.org/acme/hello",
    "CI_WORKFLOW_NAME": "test",
    "CI_PIPELINE_NUMBER": "8",
    "CI_PIPELINE_URL": "https://ci.codeberg.org/repos/1/pipeline/8",
    "CI_PIPELINE_FORGE_URL": "https://codeberg.org/acme/hello/commit/abc",
    "CI_PIPELINE_AUTHOR": "jane",
    "CI_STEP_NAME": "pytest",
    "CI_STEP_NUMBER": "3",
    "CI_STEP_URL": "https://ci.codeberg.org/repos/1/pipeline/8/3",
    "CI_COMMIT_BRANCH": "main",
    "CI_COMMIT_SHA": HEAD,
    "CI_MACHINE": "m-1",
    # Of its past as a fork.
    "DRONE": "true",
    "DRONE_REPO": "acme/hello",
}
WOODPECKER_RUN = (
    _run(
        "woodpecker",
        "test",
        "8",
        "https://ci.codeberg.org/repos/1/pipeline/8",
        number="8",
        actor="jane",
    )
    | _job("pytest", "3", "https://ci.codeberg.org/repos/1/pipeline/8/3")
    | {"cicd.worker.name": "m-1"}
    | HELLO
    | {
        "vcs.repository.url.full": "https://codeberg.org/acme/hello",
        "vcs.provider.name": "gitea",
    }
)

SEMAPHORE = {
    "SEMAPHORE": "true",
    "SEMAPHORE_PROJECT_NAME": "hello",
    "SEMAPHORE_PIPELINE_NAME": "",
    "SEMAPHORE_WORKFLOW_ID": "w-1",
    "SEMAPHORE_WORKFLOW_NUMBER": "6",
    "SEMAPHORE_ORGANIZATION_URL": "https://acme.semaphoreci.com",
    "SEMAPHORE_JOB_NAME": "tests",
    "SEMAPHORE_JOB_ID": "j-1",
    "SEMAPHORE_JOB_INDEX": "1",
    "SEMAPHORE_JOB_COUNT": "2",
    "SEMAPHORE_WORKFLOW_TRIGGERED_BY": "jane",
    "SEMAPHORE_GIT_BRANCH": "main",
    "SEMAPHORE_GIT_SHA": HEAD,
    "SEMAPHORE_GIT_URL": "git@github.com:acme/hello.git",
}
SEMAPHORE_RUN = (
    _run(
        "semaphore",
        "hello",
        "w-1",
        "https://acme.semaphoreci.com/workflows/w-1",
        number="6",
        actor="jane",
    )
    | _job("tests", "j-1", "https://acme.semaphoreci.com/jobs/j-1")
    | _node("1", "2")
    | HELLO
)

CODEBUILD = {
    "CODEBUILD_BUILD_ARN": "arn:aws:codebuild:eu-north-1:1:build/hello:b-1",
    "CODEBUILD_BUILD_ID": "hello:b-1",
    "CODEBUILD_BUILD_NUMBER": "3",
    "CODEBUILD_INITIATOR": "GitHub-Hookshot/abc",
    "CODEBUILD_WEBHOOK_HEAD_REF": "refs/heads/main",
    "CODEBUILD_WEBHOOK_TRIGGER": "branch/main",
    "CODEBUILD_SOURCE_REPO_URL": "https://github.com/acme/hello.git",
    "CODEBUILD_RESOLVED_SOURCE_VERSION": HEAD,
    "AWS_REGION": "eu-north-1",
    "AWS_SECRET_ACCESS_KEY": "S3CRET",
}
CODEBUILD_RUN = (
    _run(
        "codebuild",
        "hello",
        "hello:b-1",
        "https://console.aws.amazon.com/codebuild/home"
        "?region=eu-north-1#/builds/hello:b-1/view/new",
        number="3",
        actor="GitHub-Hookshot/abc",
    )
    | HELLO
)


BUILDS = {
    "circleci push": (CIRCLE, CIRCLE_RUN | ON_MAIN),
    "circleci tag": (
        CIRCLE | {"CIRCLE_TAG": "v1.2", "CIRCLE_BRANCH": ""},
        CIRCLE_RUN | TAGGED,
    ),
    "circleci pull request of a fork": (
        CIRCLE
        | {
            "CIRCLE_PR_NUMBER": "42",
            "CIRCLE_PULL_REQUEST": "https://github.com/acme/hello/pull/42",
            "CIRCLE_BRANCH": "pull/42",
        },
        CIRCLE_RUN | PAGE | {"vcs.change.id": "42", "vcs.ref.head.revision": HEAD},
    ),
    "circleci pull request": (
        CIRCLE
        | {
            "CIRCLE_PULL_REQUEST": "https://github.com/acme/hello/pull/42",
            "CIRCLE_BRANCH": "main",
        },
        CIRCLE_RUN | PAGE | ON_MAIN | {"vcs.change.id": "42"},
    ),
    "buildkite push": (BUILDKITE, BUILDKITE_RUN | ON_MAIN),
    "buildkite tag": (
        BUILDKITE | {"BUILDKITE_TAG": "v1.2", "BUILDKITE_BRANCH": "v1.2"},
        BUILDKITE_RUN | TAGGED,
    ),
    "buildkite pull request, retried": (
        BUILDKITE
        | {
            "BUILDKITE_PULL_REQUEST": "42",
            "BUILDKITE_PULL_REQUEST_BASE_BRANCH": "main",
            "BUILDKITE_BRANCH": "feature/one",
            "BUILDKITE_RETRY_COUNT": "1",
        },
        BUILDKITE_RUN | PULL | PAGE | {"otel_testkit.ci.attempt": "2"},
    ),
    "buildkite, commit not known": (
        BUILDKITE | {"BUILDKITE_COMMIT": "HEAD"},
        BUILDKITE_RUN | {"vcs.ref.head.name": "main", "vcs.ref.head.type": "branch"},
    ),
    "travis push": (TRAVIS, TRAVIS_RUN | ON_MAIN),
    "travis tag": (
        TRAVIS | {"TRAVIS_TAG": "v1.2", "TRAVIS_BRANCH": "v1.2"},
        TRAVIS_RUN | TAGGED,
    ),
    "travis pull request": (
        TRAVIS
        | {
            "TRAVIS_PULL_REQUEST": "42",
            "TRAVIS_PULL_REQUEST_BRANCH": "feature/one",
            "TRAVIS_PULL_REQUEST_SHA": HEAD,
            "TRAVIS_COMMIT": MERGE,
        },
        TRAVIS_RUN | PULL | PAGE | MERGED,
    ),
    "bitbucket push": (BITBUCKET, BITBUCKET_RUN | ON_MAIN),
    "bitbucket tag": (
        BITBUCKET | {"BITBUCKET_TAG": "v1.2", "BITBUCKET_BRANCH": ""},
        BITBUCKET_RUN | TAGGED,
    ),
    "bitbucket pull request": (
        BITBUCKET
        | {
            "BITBUCKET_PR_ID": "42",
            "BITBUCKET_PR_DESTINATION_BRANCH": "main",
            "BITBUCKET_BRANCH": "feature/one",
        },
        BITBUCKET_RUN
        | PULL
        | {
            "otel_testkit.ci.change.url": (
                "https://bitbucket.org/acme/hello/pull-requests/42"
            )
        },
    ),
    "appveyor push": (APPVEYOR, APPVEYOR_RUN | ON_MAIN),
    "appveyor tag": (
        APPVEYOR | {"APPVEYOR_REPO_TAG_NAME": "v1.2"},
        APPVEYOR_RUN | TAGGED,
    ),
    "appveyor pull request": (
        APPVEYOR
        | {
            "APPVEYOR_PULL_REQUEST_NUMBER": "42",
            "APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH": "feature/one",
            "APPVEYOR_PULL_REQUEST_HEAD_COMMIT": HEAD,
            "APPVEYOR_REPO_COMMIT": MERGE,
        },
        APPVEYOR_RUN | PULL | PAGE | MERGED,
    ),
    "drone push": (DRONE, DRONE_RUN | ON_MAIN),
    "drone tag": (
        DRONE | {"DRONE_TAG": "v1.2", "DRONE_BRANCH": "", "DRONE_SOURCE_BRANCH": ""},
        DRONE_RUN | TAGGED,
    ),
    "drone pull request": (
        DRONE
        | {
            "DRONE_PULL_REQUEST": "42",
            "DRONE_COMMIT_LINK": "https://github.com/acme/hello/pull/42",
            "DRONE_SOURCE_BRANCH": "feature/one",
            "DRONE_BUILD_TRIGGER": "jane",
        },
        DRONE_RUN | PULL | PAGE | {"otel_testkit.ci.actor": "jane"},
    ),
    "woodpecker push": (WOODPECKER, WOODPECKER_RUN | ON_MAIN),
    "woodpecker tag": (
        WOODPECKER | {"CI_COMMIT_TAG": "v1.2"},
        WOODPECKER_RUN | TAGGED,
    ),
    "woodpecker pull request": (
        WOODPECKER
        | {
            "CI_COMMIT_PULL_REQUEST": "42",
            "CI_COMMIT_SOURCE_BRANCH": "feature/one",
            "CI_COMMIT_TARGET_BRANCH": "main",
            "CI_PIPELINE_FORGE_URL": "https://codeberg.org/acme/hello/pulls/42",
        },
        WOODPECKER_RUN
        | PULL
        | {"otel_testkit.ci.change.url": "https://codeberg.org/acme/hello/pulls/42"},
    ),
    "semaphore push": (SEMAPHORE, SEMAPHORE_RUN | ON_MAIN),
    "semaphore tag": (
        SEMAPHORE | {"SEMAPHORE_GIT_TAG_NAME": "v1.2"},
        SEMAPHORE_RUN | TAGGED,
    ),
    "semaphore pull request": (
        SEMAPHORE
        | {
            "SEMAPHORE_GIT_PR_NUMBER": "42",
            "SEMAPHORE_GIT_PR_BRANCH": "feature/one",
            "SEMAPHORE_GIT_PR_SHA": HEAD,
            "SEMAPHORE_GIT_SHA": MERGE,
        },
        SEMAPHORE_RUN | PULL | PAGE | MERGED,
    ),
    "codebuild push": (CODEBUILD, CODEBUILD_RUN | ON_MAIN),
    "codebuild tag": (
        CODEBUILD
        | {
            "CODEBUILD_WEBHOOK_HEAD_REF": "",
            "CODEBUILD_WEBHOOK_TRIGGER": "tag/v1.2",
        },
        CODEBUILD_RUN | TAGGED,
    ),
    "codebuild pull request": (
        CODEBUILD
        | {
            "CODEBUILD_WEBHOOK_TRIGGER": "pr/42",
            "CODEBUILD_SOURCE_VERSION": "pr/42",
            "CODEBUILD_WEBHOOK_HEAD_REF": "refs/heads/feature/one",
            "CODEBUILD_WEBHOOK_BASE_REF": "refs/heads/main",
        },
        CODEBUILD_RUN | PULL | PAGE,
    ),
    "codebuild in a pipeline": (
        {"CODEBUILD_INITIATOR": "codepipeline/deploy"},
        {
            "otel_testkit.ci.provider": "codebuild",
            "otel_testkit.ci.actor": "codepipeline/deploy",
        },
    ),
}


@pytest.mark.parametrize("build", BUILDS)
def test_build(build):
    """A build of a known CI gives all that is known of it, and nothing else."""
    environ, expected = BUILDS[build]

    assert expected == ci_tags(environ)
