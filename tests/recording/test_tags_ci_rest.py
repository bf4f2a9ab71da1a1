"""
The rarer CIs and the builds of hostings, as their documentation has them.
"""

from __future__ import annotations

import pytest

from otel_testkit.recording.tags.ci import ci_tags


HEAD = "6dcb09b5b57875f334f61aebed695e2e4193db5e"

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
PULL = {
    "vcs.change.id": "42",
    "vcs.ref.base.name": "main",
    "vcs.ref.base.type": "branch",
    "vcs.ref.head.name": "feature/one",
    "vcs.ref.head.type": "branch",
    "vcs.ref.head.revision": HEAD,
}
PAGE = {"otel_testkit.ci.change.url": "https://github.com/acme/hello/pull/42"}

BITRISE = {
    "BITRISE_IO": "true",
    "BITRISE_TRIGGERED_WORKFLOW_ID": "primary",
    "BITRISE_BUILD_SLUG": "ab12",
    "BITRISE_BUILD_NUMBER": "9",
    "BITRISE_BUILD_URL": "https://app.bitrise.io/build/ab12",
    "BITRISE_GIT_BRANCH": "main",
    "BITRISE_GIT_COMMIT": "",
    "BITRISE_PULL_REQUEST": "false",
    "GIT_CLONE_COMMIT_HASH": HEAD,
    "GIT_REPOSITORY_URL": "git@github.com:acme/hello.git",
}
BITRISE_RUN = {
    "otel_testkit.ci.provider": "bitrise",
    "otel_testkit.ci.run.number": "9",
    "cicd.pipeline.name": "primary",
    "cicd.pipeline.run.id": "ab12",
    "cicd.pipeline.run.url.full": "https://app.bitrise.io/build/ab12",
} | HELLO

BUDDY = {
    "BUDDY": "true",
    "BUDDY_PIPELINE_NAME": "Tests",
    "BUDDY_PIPELINE_ID": "456",
    "BUDDY_EXECUTION_ID": "5d9d",
    "BUDDY_EXECUTION_URL": "https://app.buddy.works/acme/hello/execution/5d9d",
    "BUDDY_EXECUTION_BRANCH": "main",
    "BUDDY_EXECUTION_REVISION": HEAD,
    "BUDDY_INVOKER_NAME": "Jane Doe",
    "BUDDY_SCM_URL": "https://github.com/acme/hello",
}
BUDDY_RUN = {
    "otel_testkit.ci.provider": "buddy",
    "otel_testkit.ci.actor": "Jane Doe",
    "cicd.pipeline.name": "Tests",
    "cicd.pipeline.run.id": "456/5d9d",
    "cicd.pipeline.run.url.full": "https://app.buddy.works/acme/hello/execution/5d9d",
} | HELLO

CODEFRESH = {
    "CF_BUILD_ID": "6410",
    "CF_BUILD_URL": "https://g.codefresh.io/build/6410",
    "CF_BUILD_INITIATOR": "jane",
    "CF_PIPELINE_NAME": "acme/tests",
    "CF_STEP_NAME": "pytest",
    "CF_BRANCH": "main",
    "CF_REVISION": HEAD,
    "CF_REPO_OWNER": "acme",
    "CF_REPO_NAME": "hello",
}
CODEFRESH_RUN = {
    "otel_testkit.ci.provider": "codefresh",
    "otel_testkit.ci.actor": "jane",
    "cicd.pipeline.name": "acme/tests",
    "cicd.pipeline.run.id": "6410",
    "cicd.pipeline.run.url.full": "https://g.codefresh.io/build/6410",
    "cicd.pipeline.task.name": "pytest",
} | HELLO

CIRRUS = {
    "CIRRUS_CI": "true",
    "CIRRUS_REPO_FULL_NAME": "acme/hello",
    "CIRRUS_BUILD_ID": "11",
    "CIRRUS_TASK_NAME": "test",
    "CIRRUS_TASK_ID": "12",
    "CIRRUS_BRANCH": "main",
    "CIRRUS_CHANGE_IN_REPO": HEAD,
    "CIRRUS_REPO_CLONE_URL": "https://github.com/acme/hello.git",
    "CI_NODE_INDEX": "0",
    "CI_NODE_TOTAL": "2",
}
CIRRUS_RUN = {
    "otel_testkit.ci.provider": "cirrus",
    "otel_testkit.ci.node.index": "0",
    "otel_testkit.ci.node.total": "2",
    "cicd.pipeline.name": "acme/hello",
    "cicd.pipeline.run.id": "11",
    "cicd.pipeline.run.url.full": "https://cirrus-ci.com/build/11",
    "cicd.pipeline.task.name": "test",
    "cicd.pipeline.task.run.id": "12",
    "cicd.pipeline.task.run.url.full": "https://cirrus-ci.com/task/12",
} | HELLO

VELA = {
    "VELA": "true",
    "VELA_REPO_FULL_NAME": "acme/hello",
    "VELA_REPO_LINK": "https://github.com/acme/hello",
    "VELA_BUILD_NUMBER": "5",
    "VELA_BUILD_LINK": "https://vela.example.com/acme/hello/5",
    "VELA_BUILD_SENDER": "jane",
    "VELA_BUILD_BRANCH": "main",
    "VELA_BUILD_COMMIT": HEAD,
    "VELA_BUILD_HOST": "vela-worker-1",
    "VELA_STEP_NAME": "test",
    "VELA_STEP_NUMBER": "3",
}
VELA_RUN = {
    "otel_testkit.ci.provider": "vela",
    "otel_testkit.ci.run.number": "5",
    "otel_testkit.ci.actor": "jane",
    "cicd.pipeline.name": "acme/hello",
    "cicd.pipeline.run.id": "5",
    "cicd.pipeline.run.url.full": "https://vela.example.com/acme/hello/5",
    "cicd.pipeline.task.name": "test",
    "cicd.pipeline.task.run.id": "3",
    "cicd.worker.name": "vela-worker-1",
} | HELLO

NETLIFY = {
    "NETLIFY": "true",
    "SITE_NAME": "hello",
    "BUILD_ID": "b1",
    "DEPLOY_ID": "d1",
    "PULL_REQUEST": "false",
    "HEAD": "main",
    "BRANCH": "main",
    "COMMIT_REF": HEAD,
    "REPOSITORY_URL": "https://x:S3CRET@github.com/acme/hello",
}
NETLIFY_RUN = {
    "otel_testkit.ci.provider": "netlify",
    "cicd.pipeline.name": "hello",
    "cicd.pipeline.run.id": "b1",
    "cicd.pipeline.run.url.full": "https://app.netlify.com/sites/hello/deploys/d1",
} | HELLO

VERCEL = {
    "VERCEL": "1",
    "VERCEL_DEPLOYMENT_ID": "dpl_1",
    "VERCEL_URL": "hello-git-main-acme.vercel.app",
    "VERCEL_GIT_PROVIDER": "github",
    "VERCEL_GIT_REPO_OWNER": "acme",
    "VERCEL_GIT_REPO_SLUG": "hello",
    "VERCEL_GIT_COMMIT_REF": "main",
    "VERCEL_GIT_COMMIT_SHA": HEAD,
    "VERCEL_GIT_COMMIT_AUTHOR_LOGIN": "jane",
}
VERCEL_RUN = {
    "otel_testkit.ci.provider": "vercel",
    "otel_testkit.ci.actor": "jane",
    "cicd.pipeline.run.id": "dpl_1",
    "cicd.pipeline.run.url.full": "https://hello-git-main-acme.vercel.app",
} | HELLO

BUILDS = {
    "bitrise push": (BITRISE, BITRISE_RUN | ON_MAIN),
    "bitrise pull request": (
        BITRISE
        | {
            "BITRISE_PULL_REQUEST": "42",
            "BITRISEIO_PULL_REQUEST_HEAD_BRANCH": "feature/one",
            "BITRISEIO_GIT_BRANCH_DEST": "main",
        },
        BITRISE_RUN | PULL | PAGE,
    ),
    "buddy push": (BUDDY, BUDDY_RUN | ON_MAIN),
    "buddy pull request, with the new names": (
        {
            "BUDDY": "true",
            "BUDDY_PIPELINE_NAME": "Tests",
            "BUDDY_PIPELINE_ID": "456",
            "BUDDY_RUN_ID": "5d9d",
            "BUDDY_RUN_URL": "https://app.buddy.works/acme/hello/execution/5d9d",
            "BUDDY_RUN_COMMIT": HEAD,
            "BUDDY_RUN_PR_NO": "42",
            "BUDDY_RUN_PR_HEAD_BRANCH": "feature/one",
            "BUDDY_RUN_PR_BASE_BRANCH": "main",
            "BUDDY_INVOKER_NAME": "Jane Doe",
            "BUDDY_SCM_URL": "https://github.com/acme/hello",
        },
        BUDDY_RUN | PULL | PAGE,
    ),
    "codefresh push": (CODEFRESH, CODEFRESH_RUN | ON_MAIN),
    "codefresh pull request": (
        CODEFRESH
        | {
            "CF_PULL_REQUEST_NUMBER": "42",
            "CF_PULL_REQUEST_TARGET": "main",
            "CF_BRANCH": "feature/one",
        },
        CODEFRESH_RUN | PULL | PAGE,
    ),
    "codefresh on gitlab": (
        CODEFRESH | {"CF_COMMIT_URL": "https://gitlab.com/acme/hello/-/commit/abc"},
        CODEFRESH_RUN
        | ON_MAIN
        | {
            "vcs.repository.url.full": "https://gitlab.com/acme/hello",
            "vcs.provider.name": "gitlab",
        },
    ),
    "cirrus push": (CIRRUS, CIRRUS_RUN | ON_MAIN),
    "cirrus pull request of a fork": (
        CIRRUS
        | {
            "CIRRUS_PR": "42",
            "CIRRUS_BASE_BRANCH": "main",
            "CIRRUS_BRANCH": "pull/42",
        },
        CIRRUS_RUN
        | PAGE
        | {
            "vcs.change.id": "42",
            "vcs.ref.base.name": "main",
            "vcs.ref.base.type": "branch",
            "vcs.ref.head.revision": HEAD,
        },
    ),
    "vela push": (VELA, VELA_RUN | ON_MAIN),
    "vela pull request": (
        VELA
        | {
            "VELA_BUILD_PULL_REQUEST": "42",
            "VELA_PULL_REQUEST_SOURCE": "feature/one",
            "VELA_PULL_REQUEST_TARGET": "main",
        },
        VELA_RUN | PULL | PAGE,
    ),
    "screwdriver pull request": (
        {
            "SCREWDRIVER": "true",
            "SD_PIPELINE_NAME": "acme/hello",
            "SD_EVENT_ID": "1",
            "SD_BUILD_ID": "2",
            "SD_UI_BUILD_URL": "https://cd.example.com/pipelines/3/builds/2",
            "SD_JOB_NAME": "PR-42:main",
            "SD_PULL_REQUEST": "42",
            "SD_BUILD_SHA": HEAD,
            "PR_BASE_BRANCH_NAME": "main",
            "PR_BRANCH_NAME": "origin/feature/one",
            "GIT_BRANCH": "origin/refs/pull/42/merge",
            "SCM_URL": "git@github.com:acme/hello.git#main",
        },
        {
            "otel_testkit.ci.provider": "screwdriver",
            "cicd.pipeline.name": "acme/hello",
            "cicd.pipeline.run.id": "1",
            "cicd.pipeline.run.url.full": "https://cd.example.com/pipelines/3/builds/2",
            "cicd.pipeline.task.name": "PR-42:main",
            "cicd.pipeline.task.run.id": "2",
            "cicd.pipeline.task.run.url.full": (
                "https://cd.example.com/pipelines/3/builds/2"
            ),
        }
        | HELLO
        | PULL
        | PAGE,
    ),
    "bamboo push": (
        {
            "bamboo_planKey": "ACME-HELLO",
            "bamboo_planName": "Acme - Hello",
            "bamboo_buildResultKey": "ACME-HELLO-JOB1-8",
            "bamboo_buildNumber": "8",
            "bamboo_buildResultsUrl": "https://bamboo.example.com/browse/ACME-HELLO-8",
            "bamboo_shortJobName": "Default Job",
            "bamboo_agentId": "131",
            "bamboo_planRepository_branchName": "main",
            "bamboo_planRepository_revision": HEAD,
            "bamboo_planRepository_repositoryUrl": "ssh://git@github.com/acme/hello",
        },
        {
            "otel_testkit.ci.provider": "bamboo",
            "otel_testkit.ci.run.number": "8",
            "cicd.pipeline.name": "Acme - Hello",
            "cicd.pipeline.run.id": "ACME-HELLO-JOB1-8",
            "cicd.pipeline.run.url.full": (
                "https://bamboo.example.com/browse/ACME-HELLO-8"
            ),
            "cicd.pipeline.task.name": "Default Job",
            "cicd.pipeline.task.run.id": "ACME-HELLO-JOB1-8",
            "cicd.worker.id": "131",
        }
        | HELLO
        | ON_MAIN,
    ),
    "codeship push": (
        {
            "CI": "true",
            "CI_NAME": "codeship",
            "CI_REPO_NAME": "acme/hello",
            "CI_BUILD_ID": "5",
            "CI_BUILD_URL": "https://app.codeship.com/build/5",
            "CI_BRANCH": "main",
            "CI_COMMIT_ID": HEAD,
        },
        {
            "otel_testkit.ci.provider": "codeship",
            "cicd.pipeline.name": "acme/hello",
            "cicd.pipeline.run.id": "5",
            "cicd.pipeline.run.url.full": "https://app.codeship.com/build/5",
        }
        | ON_MAIN,
    ),
    "scrutinizer pull request": (
        {
            "SCRUTINIZER": "true",
            "SCRUTINIZER_PROJECT": "g/acme/hello",
            "SCRUTINIZER_INSPECTION_UUID": "u1",
            "SCRUTINIZER_PR_NUMBER": "42",
            "SCRUTINIZER_PR_SOURCE_BRANCH": "feature/one",
            "SCRUTINIZER_BRANCH": "main",
            "SCRUTINIZER_SHA1": HEAD,
        },
        {
            "otel_testkit.ci.provider": "scrutinizer",
            "cicd.pipeline.name": "g/acme/hello",
            "cicd.pipeline.run.id": "u1",
        }
        | PULL,
    ),
    "space push": (
        {
            "JB_SPACE_EXECUTION_NUMBER": "3",
            "JB_SPACE_EXECUTION_URL": "https://acme.jetbrains.space/p/h/run/3",
            "JB_SPACE_PROJECT_KEY": "HELLO",
            "JB_SPACE_GIT_BRANCH": "refs/heads/main",
            "JB_SPACE_GIT_REVISION": HEAD,
        },
        {
            "otel_testkit.ci.provider": "space",
            "otel_testkit.ci.run.number": "3",
            "cicd.pipeline.name": "HELLO",
            "cicd.pipeline.run.id": "3",
            "cicd.pipeline.run.url.full": "https://acme.jetbrains.space/p/h/run/3",
        }
        | ON_MAIN,
    ),
    "netlify push": (NETLIFY, NETLIFY_RUN | ON_MAIN),
    "netlify pull request": (
        NETLIFY
        | {
            "PULL_REQUEST": "true",
            "REVIEW_ID": "42",
            "BRANCH": "pull/42/head",
            "HEAD": "feature/one",
        },
        NETLIFY_RUN
        | PAGE
        | ON_MAIN
        | {"vcs.change.id": "42", "vcs.ref.head.name": "feature/one"},
    ),
    "vercel push": (VERCEL, VERCEL_RUN | ON_MAIN),
    "vercel pull request": (
        VERCEL | {"VERCEL_GIT_PULL_REQUEST_ID": "42"},
        VERCEL_RUN | PAGE | ON_MAIN | {"vcs.change.id": "42"},
    ),
    "cloudflare push": (
        {
            "CF_PAGES": "1",
            "CF_PAGES_BRANCH": "main",
            "CF_PAGES_COMMIT_SHA": HEAD,
            "CF_PAGES_URL": "https://ab12.hello.pages.dev",
        },
        {
            "otel_testkit.ci.provider": "cloudflare",
            "cicd.pipeline.run.url.full": "https://ab12.hello.pages.dev",
        }
        | ON_MAIN,
    ),
}


@pytest.mark.parametrize("build", BUILDS)
def test_build(build):
    """A build of a known CI gives all that is known of it, and nothing else."""
    environ, expected = BUILDS[build]

    assert expected == ci_tags(environ)


@pytest.fixture
def teamcity(tmp_path):
    """
    Give the environment of a build of TeamCity, with its two files.
    """
    configuration = tmp_path / "config.properties"
    configuration.write_text(
        "teamcity.build.branch=refs/heads/feature/\\u00fcber\n"
        "teamcity.build.triggeredBy.username=jane\n"
        "teamcity.serverUrl=https\\://teamcity.example.com\n"
        "vcsroot.url=https\\://jane\\:S3CRET@github.com/acme/hello.git\n"
        "secure\\:password=S3CRET\n"
    )
    build = tmp_path / "build.properties"
    build.write_text(
        "#TeamCity build properties\n"
        f"teamcity.configuration.properties.file={configuration}\n"
        "teamcity.auth.userId=TeamCityBuildId\\=1\n"
        "teamcity.auth.password=S3CRET\n"
        "teamcity.agent.name=agent-1\n"
        "teamcity.build.id=777\n"
        "no value\n"
    )

    return {
        "TEAMCITY_VERSION": "2026.1",
        "TEAMCITY_BUILDCONF_NAME": "Tests",
        "TEAMCITY_BUILD_PROPERTIES_FILE": str(build),
        "BUILD_NUMBER": "31",
        "BUILD_VCS_NUMBER": HEAD,
    }


TEAMCITY_RUN = {
    "otel_testkit.ci.provider": "teamcity",
    "otel_testkit.ci.run.number": "31",
    "cicd.pipeline.name": "Tests",
    "vcs.ref.head.revision": HEAD,
}


def test_teamcity(teamcity):
    """TeamCity tells the most in two files, of which we take what we know."""
    expected = (
        TEAMCITY_RUN
        | {
            "otel_testkit.ci.actor": "jane",
            "cicd.pipeline.run.id": "777",
            "cicd.pipeline.run.url.full": (
                "https://teamcity.example.com/viewLog.html?buildId=777"
            ),
            "cicd.worker.name": "agent-1",
            "vcs.ref.head.name": "feature/über",
            "vcs.ref.head.type": "branch",
        }
        | HELLO
    )

    assert expected == ci_tags(teamcity)


def test_teamcity_pull_request(teamcity):
    """A pull request of TeamCity has its number and target in variables."""
    actual = ci_tags(
        teamcity
        | {
            "TEAMCITY_PULLREQUEST_NUMBER": "42",
            "TEAMCITY_PULLREQUEST_TARGET_BRANCH": "main",
        }
    )

    assert "42" == actual["vcs.change.id"]
    assert "main" == actual["vcs.ref.base.name"]
    assert PAGE.items() <= actual.items()


def test_teamcity_without_files(teamcity):
    """Without the files, TeamCity still gives what is in the environment."""
    expected = TEAMCITY_RUN | {"cicd.pipeline.run.id": "31"}

    assert expected == ci_tags(
        teamcity | {"TEAMCITY_BUILD_PROPERTIES_FILE": "/nowhere/build.properties"}
    )


def test_teamcity_default_branch(teamcity, tmp_path):
    """What TeamCity calls "<default>" is no branch."""
    path = tmp_path / "other.properties"
    path.write_text("teamcity.build.branch=<default>\n")

    assert "vcs.ref.head.name" not in ci_tags(
        teamcity | {"TEAMCITY_BUILD_PROPERTIES_FILE": str(path)}
    )
