"""
The CIs that most people have: what each of their builds becomes.
"""

from __future__ import annotations

import json

import pytest

from otel_testkit.recording.tags.ci import ci_tags


HEAD = "6dcb09b5b57875f334f61aebed695e2e4193db5e"
MERGE = "bbcd538c8e72b8c175046e27cc8f907076331401"

GITHUB = {
    "CI": "true",
    "GITHUB_ACTIONS": "true",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "octo-org/hello",
    "GITHUB_WORKFLOW": "Tests",
    "GITHUB_RUN_ID": "1658821493",
    "GITHUB_RUN_NUMBER": "3",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_JOB": "integration",
    "GITHUB_ACTOR": "octocat",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_REF": "refs/heads/feature/one",
    "GITHUB_REF_NAME": "feature/one",
    "GITHUB_REF_TYPE": "branch",
    "GITHUB_HEAD_REF": "",
    "GITHUB_BASE_REF": "",
    "GITHUB_SHA": HEAD,
    "RUNNER_NAME": "GitHub Actions 2",
}
GITHUB_PULL = GITHUB | {
    "GITHUB_EVENT_NAME": "pull_request",
    "GITHUB_REF": "refs/pull/42/merge",
    "GITHUB_REF_NAME": "42/merge",
    "GITHUB_HEAD_REF": "feature/one",
    "GITHUB_BASE_REF": "main",
    "GITHUB_SHA": MERGE,
}
GITHUB_RUN = {
    "otel_testkit.ci.provider": "github",
    "otel_testkit.ci.run.number": "3",
    "otel_testkit.ci.attempt": "1",
    "otel_testkit.ci.actor": "octocat",
    "cicd.pipeline.name": "Tests",
    "cicd.pipeline.run.id": "1658821493",
    "cicd.pipeline.run.url.full": (
        "https://github.com/octo-org/hello/actions/runs/1658821493/attempts/1"
    ),
    "cicd.pipeline.task.name": "integration",
    "cicd.worker.name": "GitHub Actions 2",
    "vcs.repository.url.full": "https://github.com/octo-org/hello",
    "vcs.repository.name": "hello",
    "vcs.owner.name": "octo-org",
    "vcs.provider.name": "github",
}


@pytest.fixture
def event(tmp_path):
    """
    Give the path of an event file, as GitHub writes it for pull request 42.
    """
    path = tmp_path / "event.json"
    path.write_text(
        json.dumps(
            {
                "inputs": {"password": "hunter2"},
                "pull_request": {
                    "number": 42,
                    "head": {"sha": HEAD, "ref": "feature/one"},
                    "base": {"ref": "main"},
                },
            }
        )
    )

    return str(path)


def test_github_push():
    """A push on GitHub gives the run and the branch."""
    expected = GITHUB_RUN | {
        "vcs.ref.head.name": "feature/one",
        "vcs.ref.head.type": "branch",
        "vcs.ref.head.revision": HEAD,
    }

    assert expected == ci_tags(GITHUB)


def test_github_tag():
    """A pushed tag on GitHub is a tag."""
    actual = ci_tags(
        GITHUB
        | {
            "GITHUB_REF": "refs/tags/v1.2",
            "GITHUB_REF_NAME": "v1.2",
            "GITHUB_REF_TYPE": "tag",
        }
    )

    assert ("v1.2", "tag") == (actual["vcs.ref.head.name"], actual["vcs.ref.head.type"])


def test_github_pull_request(event):
    """The head of a pull request comes from the event, the merge stands apart."""
    expected = GITHUB_RUN | {
        "vcs.change.id": "42",
        "otel_testkit.ci.change.url": "https://github.com/octo-org/hello/pull/42",
        "otel_testkit.ci.tested_revision": MERGE,
        "vcs.ref.base.name": "main",
        "vcs.ref.base.type": "branch",
        "vcs.ref.head.name": "feature/one",
        "vcs.ref.head.type": "branch",
        "vcs.ref.head.revision": HEAD,
    }

    assert expected == ci_tags(GITHUB_PULL | {"GITHUB_EVENT_PATH": event})


def test_github_pull_request_target(event):
    """Of `pull_request_target`, GITHUB_SHA is no merge and not told as one."""
    actual = ci_tags(
        GITHUB_PULL
        | {
            "GITHUB_EVENT_NAME": "pull_request_target",
            "GITHUB_EVENT_PATH": event,
            "GITHUB_REF": "refs/heads/main",
            "GITHUB_REF_NAME": "main",
        }
    )

    assert "42" == actual["vcs.change.id"]
    assert "main" == actual["vcs.ref.base.name"]
    assert "feature/one" == actual["vcs.ref.head.name"]
    assert HEAD == actual["vcs.ref.head.revision"]
    assert "otel_testkit.ci.tested_revision" not in actual


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b'{"pull_request": 3}',
        b'{"pull_request": {"head": []}}',
        b'{"pull_request": {"head": {"sha": {}}}}',
        b"[" * 200_000,
        b"\xff\xfe\x00",
        b'{"x": "' + b"y" * (1 << 20) + b'"}',
    ],
    ids=range(11),
)
def test_github_event_garbage(tmp_path, content):
    """Without a readable event, a merge is still not taken for the head."""
    path = tmp_path / "event.json"
    path.write_bytes(content)

    actual = ci_tags(GITHUB_PULL | {"GITHUB_EVENT_PATH": str(path)})

    assert "42" == actual["vcs.change.id"]
    assert MERGE == actual["otel_testkit.ci.tested_revision"]
    assert "vcs.ref.head.revision" not in actual


def test_github_rerun():
    """Who runs a job of GitHub again is its actor, and the attempt counts."""
    actual = ci_tags(
        GITHUB
        | {
            "GITHUB_TRIGGERING_ACTOR": "hubot",
            "GITHUB_RUN_ATTEMPT": "2",
            "JOB_CHECK_RUN_ID": "77",
        }
    )

    assert "hubot" == actual["otel_testkit.ci.actor"]
    assert "2" == actual["otel_testkit.ci.attempt"]
    assert actual["cicd.pipeline.run.url.full"].endswith("1658821493/attempts/2")
    assert "77" == actual["cicd.pipeline.task.run.id"]
    assert (
        "https://github.com/octo-org/hello/actions/runs/1658821493/job/77"
        == actual["cicd.pipeline.task.run.url.full"]
    )


def test_github_enterprise():
    """A GitHub of one's own is GitHub, whatever its host is called."""
    actual = ci_tags(GITHUB_PULL | {"GITHUB_SERVER_URL": "https://code.example.com/"})

    assert (
        "https://code.example.com/octo-org/hello" == actual["vcs.repository.url.full"]
    )
    assert "github" == actual["vcs.provider.name"]
    assert (
        "https://code.example.com/octo-org/hello/pull/42"
        == actual["otel_testkit.ci.change.url"]
    )


def test_github_short_names_only():
    """Without GITHUB_REF, name and type of the ref do."""
    environ = {k: v for k, v in GITHUB.items() if k != "GITHUB_REF"}
    actual = ci_tags(environ | {"GITHUB_REF_NAME": "v1", "GITHUB_REF_TYPE": "tag"})

    assert ("v1", "tag") == (actual["vcs.ref.head.name"], actual["vcs.ref.head.type"])


def test_gitea_pull_request(event):
    """Gitea is not GitHub, although it says so."""
    actual = ci_tags(
        GITHUB_PULL
        | {
            "GITEA_ACTIONS": "true",
            "GITHUB_SERVER_URL": "https://git.example.com",
            "GITHUB_EVENT_PATH": event,
        }
    )

    assert "gitea" == actual["otel_testkit.ci.provider"]
    assert "gitea" == actual["vcs.provider.name"]
    assert (
        "https://git.example.com/octo-org/hello/actions/runs/1658821493"
        == actual["cicd.pipeline.run.url.full"]
    )
    assert (
        "https://git.example.com/octo-org/hello/pulls/42"
        == actual["otel_testkit.ci.change.url"]
    )


GITLAB = {
    "CI": "true",
    "GITLAB_CI": "true",
    "CI_PIPELINE_NAME": "",
    "CI_PROJECT_PATH": "group/sub/hello",
    "CI_PROJECT_URL": "https://gitlab.example.com/group/sub/hello",
    "CI_REPOSITORY_URL": (
        "https://gitlab-ci-token:S3CRET@gitlab.example.com/group/sub/hello.git"
    ),
    "CI_PIPELINE_ID": "1000",
    "CI_PIPELINE_IID": "10",
    "CI_PIPELINE_URL": "https://gitlab.example.com/group/sub/hello/-/pipelines/1000",
    "CI_JOB_NAME": "test 1/3",
    "CI_JOB_ID": "5000",
    "CI_JOB_URL": "https://gitlab.example.com/group/sub/hello/-/jobs/5000",
    "CI_JOB_TOKEN": "S3CRET",
    "CI_NODE_INDEX": "1",
    "CI_NODE_TOTAL": "3",
    "CI_RUNNER_ID": "12",
    "CI_RUNNER_DESCRIPTION": "runner-eu",
    "GITLAB_USER_LOGIN": "jane",
    "GITLAB_USER_EMAIL": "jane@example.com",
    "CI_COMMIT_REF_NAME": "feature/one",
    "CI_COMMIT_BRANCH": "feature/one",
    "CI_COMMIT_SHA": HEAD,
}
GITLAB_RUN = {
    "otel_testkit.ci.provider": "gitlab",
    "otel_testkit.ci.run.number": "10",
    "otel_testkit.ci.actor": "jane",
    "otel_testkit.ci.node.index": "1",
    "otel_testkit.ci.node.total": "3",
    "cicd.pipeline.name": "group/sub/hello",
    "cicd.pipeline.run.id": "1000",
    "cicd.pipeline.run.url.full": GITLAB["CI_PIPELINE_URL"],
    "cicd.pipeline.task.name": "test 1/3",
    "cicd.pipeline.task.run.id": "5000",
    "cicd.pipeline.task.run.url.full": GITLAB["CI_JOB_URL"],
    "cicd.worker.id": "12",
    "cicd.worker.name": "runner-eu",
    "vcs.repository.url.full": "https://gitlab.example.com/group/sub/hello",
    "vcs.repository.name": "hello",
    "vcs.owner.name": "group/sub",
    "vcs.provider.name": "gitlab",
    "vcs.ref.head.name": "feature/one",
    "vcs.ref.head.type": "branch",
    "vcs.ref.head.revision": HEAD,
}


def test_gitlab_push():
    """A branch pipeline of GitLab gives the run and the branch."""
    assert GITLAB_RUN == ci_tags(GITLAB)


def test_gitlab_merged_result():
    """A merged results pipeline has the head of the request, and what it tested."""
    expected = GITLAB_RUN | {
        "vcs.change.id": "7",
        "otel_testkit.ci.change.url": (
            "https://gitlab.example.com/group/sub/hello/-/merge_requests/7"
        ),
        "otel_testkit.ci.tested_revision": MERGE,
        "vcs.ref.base.name": "main",
        "vcs.ref.base.type": "branch",
    }
    environ = GITLAB | {
        "CI_COMMIT_BRANCH": "",
        "CI_COMMIT_SHA": MERGE,
        "CI_MERGE_REQUEST_ID": "987654",
        "CI_MERGE_REQUEST_IID": "7",
        "CI_MERGE_REQUEST_PROJECT_URL": "https://gitlab.example.com/group/sub/hello",
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "feature/one",
        "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": HEAD,
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
    }

    assert expected == ci_tags(environ)


def test_gitlab_external_pull_request():
    """A pull request from elsewhere has a number, but no page in this GitLab."""
    actual = ci_tags(
        GITLAB
        | {
            "CI_EXTERNAL_PULL_REQUEST_IID": "8",
            "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME": "topic",
            "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME": "main",
        }
    )

    assert ("8", "topic", "main") == (
        actual["vcs.change.id"],
        actual["vcs.ref.head.name"],
        actual["vcs.ref.base.name"],
    )
    assert "otel_testkit.ci.change.url" not in actual


def test_gitlab_tag():
    """A tag pipeline of GitLab has a tag."""
    expected = GITLAB_RUN | {"vcs.ref.head.name": "v1", "vcs.ref.head.type": "tag"}

    assert expected == ci_tags(
        GITLAB
        | {"CI_COMMIT_TAG": "v1", "CI_COMMIT_REF_NAME": "v1", "CI_COMMIT_BRANCH": ""}
    )


AZURE = {
    "TF_BUILD": "True",
    "BUILD_DEFINITIONNAME": "hello-ci",
    "BUILD_BUILDID": "345",
    "BUILD_BUILDNUMBER": "20261122.1",
    "BUILD_REQUESTEDFOR": "Jane Doe",
    "BUILD_REQUESTEDFOREMAIL": "jane@example.com",
    "BUILD_REPOSITORY_URI": "https://acme@dev.azure.com/acme/My%20Project/_git/hello",
    "BUILD_SOURCEBRANCH": "refs/heads/feature/one",
    "BUILD_SOURCEBRANCHNAME": "one",
    "BUILD_SOURCEVERSION": HEAD,
    "SYSTEM_TEAMFOUNDATIONSERVERURI": "https://dev.azure.com/acme/",
    "SYSTEM_TEAMPROJECTID": "b2f",
    "SYSTEM_JOBDISPLAYNAME": "Test py3.12",
    "SYSTEM_JOBID": "j1",
    "SYSTEM_TASKINSTANCEID": "t1",
    "SYSTEM_JOBATTEMPT": "2",
    "SYSTEM_ACCESSTOKEN": "S3CRET",
    "AGENT_ID": "9",
    "AGENT_NAME": "Hosted Agent",
}
AZURE_RUN = {
    "otel_testkit.ci.provider": "azure",
    "otel_testkit.ci.run.number": "20261122.1",
    "otel_testkit.ci.actor": "Jane Doe",
    "otel_testkit.ci.attempt": "2",
    "cicd.pipeline.name": "hello-ci",
    "cicd.pipeline.run.id": "345",
    "cicd.pipeline.run.url.full": (
        "https://dev.azure.com/acme/b2f/_build/results?buildId=345"
    ),
    "cicd.pipeline.task.name": "Test py3.12",
    "cicd.pipeline.task.run.id": "j1",
    "cicd.pipeline.task.run.url.full": (
        "https://dev.azure.com/acme/b2f/_build/results?buildId=345&view=logs&j=j1&t=t1"
    ),
    "cicd.worker.id": "9",
    "cicd.worker.name": "Hosted Agent",
    "vcs.repository.url.full": "https://dev.azure.com/acme/My%20Project/_git/hello",
    "vcs.repository.name": "hello",
    "vcs.owner.name": "acme/My%20Project",
    "vcs.ref.head.name": "feature/one",
    "vcs.ref.head.type": "branch",
    "vcs.ref.head.revision": HEAD,
}


def test_azure_push():
    """A build of Azure keeps the whole name of the branch, and loses the user."""
    assert AZURE_RUN == ci_tags(AZURE)


def test_azure_pull_request():
    """A pull request in Azure Repos has its id and its page."""
    expected = AZURE_RUN | {
        "vcs.change.id": "17",
        "otel_testkit.ci.change.url": (
            "https://dev.azure.com/acme/My%20Project/_git/hello/pullrequest/17"
        ),
        "otel_testkit.ci.tested_revision": MERGE,
        "vcs.ref.base.name": "main",
        "vcs.ref.base.type": "branch",
    }
    environ = AZURE | {
        "BUILD_SOURCEBRANCH": "refs/pull/17/merge",
        "BUILD_SOURCEVERSION": MERGE,
        "SYSTEM_PULLREQUEST_PULLREQUESTID": "17",
        "SYSTEM_PULLREQUEST_SOURCEBRANCH": "refs/heads/feature/one",
        "SYSTEM_PULLREQUEST_SOURCECOMMITID": HEAD,
        "SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/main",
    }

    assert expected == ci_tags(environ)


def test_azure_pull_request_of_a_fork():
    """A pull request on GitHub has GitHub's number, and a page in the target."""
    actual = ci_tags(
        AZURE
        | {
            "BUILD_REPOSITORY_URI": "https://github.com/acme/hello",
            "SYSTEM_PULLREQUEST_PULLREQUESTID": "123456789",
            "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER": "17",
            "SYSTEM_PULLREQUEST_SOURCEREPOSITORYURI": "https://github.com/jane/hello",
        }
    )

    assert "17" == actual["vcs.change.id"]
    assert (
        "https://github.com/acme/hello/pull/17"
        == (actual["otel_testkit.ci.change.url"])
    )
    assert "https://github.com/jane/hello" == actual["vcs.repository.url.full"]


def test_azure_tag():
    """A tag on Azure is told by its ref."""
    actual = ci_tags(AZURE | {"BUILD_SOURCEBRANCH": "refs/tags/v1"})

    assert ("v1", "tag") == (actual["vcs.ref.head.name"], actual["vcs.ref.head.type"])


JENKINS = {
    "JENKINS_URL": "https://jenkins.example.com/",
    "JOB_NAME": "folder/hello/feature%2Fone",
    "BRANCH_NAME": "feature/one",
    "BUILD_ID": "12",
    "BUILD_NUMBER": "12",
    "BUILD_TAG": "jenkins-folder-hello-feature%2Fone-12",
    "BUILD_URL": "https://jenkins.example.com/job/folder/job/hello/job/feature%252Fone/12/",
    "STAGE_NAME": "Integration",
    "NODE_NAME": "agent-1",
    "GIT_BRANCH": "origin/feature/one",
    "GIT_COMMIT": HEAD,
    "GIT_URL": "https://x-access-token:S3CRET@github.com/acme/hello.git",
}
JENKINS_RUN = {
    "otel_testkit.ci.provider": "jenkins",
    "otel_testkit.ci.run.number": "12",
    "cicd.pipeline.name": "folder/hello",
    "cicd.pipeline.run.id": "jenkins-folder-hello-feature%2Fone-12",
    "cicd.pipeline.run.url.full": JENKINS["BUILD_URL"],
    "cicd.pipeline.task.name": "Integration",
    "cicd.worker.name": "agent-1",
    "vcs.repository.url.full": "https://github.com/acme/hello",
    "vcs.repository.name": "hello",
    "vcs.owner.name": "acme",
    "vcs.provider.name": "github",
    "vcs.ref.head.name": "feature/one",
    "vcs.ref.head.type": "branch",
    "vcs.ref.head.revision": HEAD,
}


def test_jenkins_push():
    """A multibranch job of Jenkins loses its branch, to be one with its history."""
    assert JENKINS_RUN == ci_tags(JENKINS)


def test_jenkins_pull_request():
    """A change on Jenkins has its branch and page, not the name of the job."""
    expected = JENKINS_RUN | {
        "vcs.change.id": "42",
        "otel_testkit.ci.change.url": "https://github.com/acme/hello/pull/42",
        "otel_testkit.ci.actor": "jane",
        "vcs.ref.base.name": "main",
        "vcs.ref.base.type": "branch",
    }
    environ = JENKINS | {
        "JOB_NAME": "folder/hello/PR-42",
        "BRANCH_NAME": "PR-42",
        "GIT_BRANCH": "PR-42",
        "CHANGE_ID": "42",
        "CHANGE_URL": "https://github.com/acme/hello/pull/42",
        "CHANGE_BRANCH": "feature/one",
        "CHANGE_TARGET": "main",
        "BUILD_USER_ID": "jane",
    }

    assert expected == ci_tags(environ)


def test_jenkins_pull_request_builder():
    """The old pull request builder gives the head; what git checked out is a merge."""
    actual = ci_tags(
        {
            "HUDSON_URL": "http://jenkins:8080/",
            "JOB_NAME": "hello/os=linux,python=3.12",
            "GIT_BRANCH": "origin/pr/42/merge",
            "GIT_COMMIT": MERGE,
            "ghprbPullId": "42",
            "ghprbActualCommit": HEAD,
            "ghprbSourceBranch": "feature/one",
            "ghprbTargetBranch": "main",
        }
    )

    assert {
        "otel_testkit.ci.provider": "jenkins",
        "otel_testkit.ci.tested_revision": MERGE,
        "cicd.pipeline.name": "hello",
        "vcs.change.id": "42",
        "vcs.ref.base.name": "main",
        "vcs.ref.base.type": "branch",
        "vcs.ref.head.name": "feature/one",
        "vcs.ref.head.type": "branch",
        "vcs.ref.head.revision": HEAD,
    } == actual


def test_jenkins_tag():
    """A tag on Jenkins wins over the branch, which is named like it."""
    actual = ci_tags(JENKINS | {"TAG_NAME": "v1", "BRANCH_NAME": "v1"})

    assert ("v1", "tag") == (actual["vcs.ref.head.name"], actual["vcs.ref.head.type"])
