"""
The CIs that we know: how each shows itself, and where it says what.

A table, because the providers differ in names and hardly in anything else. It
is also the list of what may leave an environment full of secrets: nothing that
isn't named here is ever read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from otel_testkit.recording.tags.sources import (
    Source,
    Variables,
    azure_change_page,
    codebuild_change,
    codebuild_project,
    codebuild_ref,
    codefresh_repository,
    from_one,
    github_branch,
    github_change,
    github_event,
    github_merge,
    github_pushed,
    jenkins_pipeline,
    netlify_change,
    on_public_forge,
    teamcity_properties,
    without_braces,
)
from otel_testkit.semconv import (
    CI_ACTOR,
    CI_ATTEMPT,
    CI_CHANGE_URL,
    CI_NODE_INDEX,
    CI_NODE_TOTAL,
    CI_RUN_NUMBER,
    CI_TESTED_REVISION,
    CICD_PIPELINE_NAME,
    CICD_PIPELINE_RUN_ID,
    CICD_PIPELINE_RUN_URL,
    CICD_PIPELINE_TASK_NAME,
    CICD_PIPELINE_TASK_RUN_ID,
    CICD_PIPELINE_TASK_RUN_URL,
    CICD_WORKER_ID,
    CICD_WORKER_NAME,
    VCS_CHANGE_ID,
    VCS_REF_BASE_NAME,
    VCS_REF_HEAD_NAME,
    VCS_REF_HEAD_REVISION,
    VCS_REPOSITORY_URL,
)


# Where a provider keeps branch and tag apart, the tag is under this.
TAG: Final = "tag"


def _no_file(_: Variables) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Provider:
    """
    One CI: how it shows itself, and its sources for each attribute, best first.

    A sentinel is one or more conditions, `NAME` (set, and not to "false") or
    `NAME=value`. *seen* is what a provider sets for the purpose. *hints* are
    variables that others may have passed on; they count when no provider is
    *seen*.
    """

    name: str
    seen: tuple[str, ...]
    sources: Mapping[str, tuple[Source, ...]]
    hints: tuple[str, ...] = ()
    # Who runs the repositories, where the CI works for one forge only.
    forge: str = ""
    # Reads what the provider hands over in a file, as more variables.
    file: Callable[[Variables], Mapping[str, str]] = _no_file


_GITHUB_RUN = "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}"
_AZURE_RUN = (
    "{SYSTEM_TEAMFOUNDATIONSERVERURI}/{SYSTEM_TEAMPROJECTID}"
    "/_build/results?buildId={BUILD_BUILDID}"
)
_APPVEYOR = "{APPVEYOR_URL}/project/{APPVEYOR_ACCOUNT_NAME}/{APPVEYOR_PROJECT_SLUG}"
_APPVEYOR_GUESSED = "https://ci.appveyor.com/project/{APPVEYOR_REPO_NAME}"
_BITBUCKET = "https://bitbucket.org/{BITBUCKET_REPO_FULL_NAME}"
_CODEBUILD = "https://console.aws.amazon.com/codebuild/home?region={AWS_REGION}"

_GITHUB = Provider(
    name="github",
    seen=("GITHUB_ACTIONS",),
    hints=("GITHUB_SHA",),
    forge="github",
    file=github_event,
    sources={
        CICD_PIPELINE_NAME: ("GITHUB_WORKFLOW",),
        CICD_PIPELINE_RUN_ID: ("GITHUB_RUN_ID",),
        CI_RUN_NUMBER: ("GITHUB_RUN_NUMBER",),
        CICD_PIPELINE_RUN_URL: (
            _GITHUB_RUN + "/attempts/{GITHUB_RUN_ATTEMPT}",
            _GITHUB_RUN,
        ),
        CICD_PIPELINE_TASK_NAME: ("GITHUB_JOB",),
        # Not in the environment unless the workflow puts it there.
        CICD_PIPELINE_TASK_RUN_ID: ("JOB_CHECK_RUN_ID",),
        CICD_PIPELINE_TASK_RUN_URL: (_GITHUB_RUN + "/job/{JOB_CHECK_RUN_ID}",),
        # The first is who ran it again.
        CI_ACTOR: ("GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR"),
        CI_ATTEMPT: ("GITHUB_RUN_ATTEMPT",),
        VCS_CHANGE_ID: (github_change, "event.pull_request.number"),
        VCS_REF_BASE_NAME: ("GITHUB_BASE_REF",),
        VCS_REF_HEAD_NAME: ("GITHUB_HEAD_REF", "GITHUB_REF", github_branch),
        VCS_REF_HEAD_REVISION: ("event.pull_request.head.sha", github_pushed),
        CI_TESTED_REVISION: (github_merge,),
        VCS_REPOSITORY_URL: ("{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}",),
        CICD_WORKER_NAME: ("RUNNER_NAME",),
    },
)

# The first that is seen counts, so the order says who imitates whom: Gitea
# sets GitHub's variables, Woodpecker has set Drone's. Builds of a hosting come
# after the CIs in which its tools can run, Jenkins with its generic names last.
PROVIDERS: Final[tuple[Provider, ...]] = (
    replace(
        _GITHUB,
        name="gitea",
        seen=("GITEA_ACTIONS", "FORGEJO_ACTIONS"),
        hints=(),
        forge="gitea",
        sources={
            **_GITHUB.sources,
            CICD_PIPELINE_RUN_URL: _GITHUB.sources[CICD_PIPELINE_RUN_URL][1:],
            CI_ACTOR: ("GITHUB_ACTOR",),
        },
    ),
    _GITHUB,
    Provider(
        name="gitlab",
        seen=("GITLAB_CI",),
        forge="gitlab",
        sources={
            CICD_PIPELINE_NAME: ("CI_PIPELINE_NAME", "CI_PROJECT_PATH"),
            CICD_PIPELINE_RUN_ID: ("CI_PIPELINE_ID",),
            CI_RUN_NUMBER: ("CI_PIPELINE_IID",),
            CICD_PIPELINE_RUN_URL: ("CI_PIPELINE_URL",),
            CICD_PIPELINE_TASK_NAME: ("CI_JOB_NAME",),
            CICD_PIPELINE_TASK_RUN_ID: ("CI_JOB_ID",),
            CICD_PIPELINE_TASK_RUN_URL: ("CI_JOB_URL",),
            CI_ACTOR: ("GITLAB_USER_LOGIN",),
            # Not CI_MERGE_REQUEST_ID, which no page shows.
            VCS_CHANGE_ID: (
                "CI_MERGE_REQUEST_IID",
                "CI_EXTERNAL_PULL_REQUEST_IID",
            ),
            CI_CHANGE_URL: (
                "{CI_MERGE_REQUEST_PROJECT_URL}/-/merge_requests/{CI_MERGE_REQUEST_IID}",
            ),
            VCS_REF_BASE_NAME: (
                "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
                "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME",
            ),
            TAG: ("CI_COMMIT_TAG",),
            VCS_REF_HEAD_NAME: (
                "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME",
                "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME",
                "CI_COMMIT_BRANCH",
                "CI_COMMIT_REF_NAME",
            ),
            # The first is set only where the commit is a merged result.
            VCS_REF_HEAD_REVISION: (
                "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA",
                "CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA",
                "CI_COMMIT_SHA",
            ),
            CI_TESTED_REVISION: ("CI_COMMIT_SHA",),
            # Never CI_REPOSITORY_URL, which always holds the job's token.
            VCS_REPOSITORY_URL: ("CI_PROJECT_URL",),
            CI_NODE_INDEX: ("CI_NODE_INDEX",),
            CI_NODE_TOTAL: ("CI_NODE_TOTAL",),
            CICD_WORKER_ID: ("CI_RUNNER_ID",),
            CICD_WORKER_NAME: ("CI_RUNNER_DESCRIPTION",),
        },
    ),
    Provider(
        name="circleci",
        seen=("CIRCLECI",),
        hints=("CIRCLE_WORKFLOW_ID",),
        sources={
            CICD_PIPELINE_NAME: ("CIRCLE_PROJECT_REPONAME",),
            CICD_PIPELINE_RUN_ID: ("CIRCLE_WORKFLOW_ID", "CIRCLE_PIPELINE_ID"),
            CICD_PIPELINE_RUN_URL: (
                "https://app.circleci.com/pipelines/workflows/{CIRCLE_WORKFLOW_ID}",
            ),
            CICD_PIPELINE_TASK_NAME: ("CIRCLE_JOB",),
            CICD_PIPELINE_TASK_RUN_ID: ("CIRCLE_WORKFLOW_JOB_ID", "CIRCLE_BUILD_NUM"),
            CICD_PIPELINE_TASK_RUN_URL: ("CIRCLE_BUILD_URL",),
            CI_ACTOR: ("CIRCLE_USERNAME",),
            # The first is there for forks only.
            VCS_CHANGE_ID: ("CIRCLE_PR_NUMBER", "CIRCLE_PULL_REQUEST"),
            CI_CHANGE_URL: ("CIRCLE_PULL_REQUEST",),
            TAG: ("CIRCLE_TAG",),
            VCS_REF_HEAD_NAME: ("CIRCLE_BRANCH",),
            VCS_REF_HEAD_REVISION: ("CIRCLE_SHA1",),
            VCS_REPOSITORY_URL: ("CIRCLE_REPOSITORY_URL",),
            CI_NODE_INDEX: ("CIRCLE_NODE_INDEX",),
            CI_NODE_TOTAL: ("CIRCLE_NODE_TOTAL",),
        },
    ),
    Provider(
        name="buildkite",
        seen=("BUILDKITE",),
        hints=("BUILDKITE_BUILD_ID",),
        sources={
            CICD_PIPELINE_NAME: ("BUILDKITE_PIPELINE_SLUG", "BUILDKITE_PIPELINE_NAME"),
            CICD_PIPELINE_RUN_ID: ("BUILDKITE_BUILD_ID",),
            CI_RUN_NUMBER: ("BUILDKITE_BUILD_NUMBER",),
            CICD_PIPELINE_RUN_URL: ("BUILDKITE_BUILD_URL",),
            CICD_PIPELINE_TASK_NAME: ("BUILDKITE_LABEL", "BUILDKITE_STEP_KEY"),
            CICD_PIPELINE_TASK_RUN_ID: ("BUILDKITE_JOB_ID",),
            CICD_PIPELINE_TASK_RUN_URL: ("{BUILDKITE_BUILD_URL}#{BUILDKITE_JOB_ID}",),
            CI_ACTOR: ("BUILDKITE_UNBLOCKER", "BUILDKITE_BUILD_CREATOR"),
            CI_ATTEMPT: (from_one("BUILDKITE_RETRY_COUNT"),),
            VCS_CHANGE_ID: ("BUILDKITE_PULL_REQUEST",),
            VCS_REF_BASE_NAME: ("BUILDKITE_PULL_REQUEST_BASE_BRANCH",),
            TAG: ("BUILDKITE_TAG",),
            VCS_REF_HEAD_NAME: ("BUILDKITE_BRANCH",),
            VCS_REF_HEAD_REVISION: ("BUILDKITE_COMMIT",),
            VCS_REPOSITORY_URL: ("BUILDKITE_REPO",),
            CI_NODE_INDEX: ("BUILDKITE_PARALLEL_JOB",),
            CI_NODE_TOTAL: ("BUILDKITE_PARALLEL_JOB_COUNT",),
            CICD_WORKER_ID: ("BUILDKITE_AGENT_ID",),
            CICD_WORKER_NAME: ("BUILDKITE_AGENT_NAME",),
        },
    ),
    Provider(
        name="travis",
        seen=("TRAVIS",),
        hints=("TRAVIS_BUILD_ID",),
        sources={
            CICD_PIPELINE_NAME: ("TRAVIS_REPO_SLUG",),
            CICD_PIPELINE_RUN_ID: ("TRAVIS_BUILD_ID",),
            CI_RUN_NUMBER: ("TRAVIS_BUILD_NUMBER",),
            CICD_PIPELINE_RUN_URL: ("TRAVIS_BUILD_WEB_URL",),
            CICD_PIPELINE_TASK_NAME: ("TRAVIS_JOB_NAME",),
            CICD_PIPELINE_TASK_RUN_ID: ("TRAVIS_JOB_ID",),
            CICD_PIPELINE_TASK_RUN_URL: ("TRAVIS_JOB_WEB_URL",),
            VCS_CHANGE_ID: ("TRAVIS_PULL_REQUEST",),
            VCS_REF_BASE_NAME: ("TRAVIS_BRANCH",),
            TAG: ("TRAVIS_TAG",),
            VCS_REF_HEAD_NAME: ("TRAVIS_PULL_REQUEST_BRANCH", "TRAVIS_BRANCH"),
            VCS_REF_HEAD_REVISION: ("TRAVIS_PULL_REQUEST_SHA", "TRAVIS_COMMIT"),
            CI_TESTED_REVISION: ("TRAVIS_COMMIT",),
            VCS_REPOSITORY_URL: ("https://github.com/{TRAVIS_REPO_SLUG}",),
        },
    ),
    Provider(
        name="azure",
        seen=("TF_BUILD",),
        hints=("BUILD_BUILDURI",),
        sources={
            CICD_PIPELINE_NAME: ("BUILD_DEFINITIONNAME",),
            CICD_PIPELINE_RUN_ID: ("BUILD_BUILDID",),
            CI_RUN_NUMBER: ("BUILD_BUILDNUMBER",),
            CICD_PIPELINE_RUN_URL: (_AZURE_RUN,),
            CICD_PIPELINE_TASK_NAME: ("SYSTEM_JOBDISPLAYNAME",),
            CICD_PIPELINE_TASK_RUN_ID: ("SYSTEM_JOBID",),
            CICD_PIPELINE_TASK_RUN_URL: (
                _AZURE_RUN + "&view=logs&j={SYSTEM_JOBID}&t={SYSTEM_TASKINSTANCEID}",
                _AZURE_RUN + "&view=logs&j={SYSTEM_JOBID}",
            ),
            CI_ACTOR: ("BUILD_REQUESTEDFOR",),
            CI_ATTEMPT: ("SYSTEM_JOBATTEMPT", "SYSTEM_STAGEATTEMPT"),
            # The first is GitHub's number, and only there.
            VCS_CHANGE_ID: (
                "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER",
                "SYSTEM_PULLREQUEST_PULLREQUESTID",
            ),
            CI_CHANGE_URL: (azure_change_page,),
            VCS_REF_BASE_NAME: ("SYSTEM_PULLREQUEST_TARGETBRANCH",),
            VCS_REF_HEAD_NAME: (
                "SYSTEM_PULLREQUEST_SOURCEBRANCH",
                # BUILD_SOURCEBRANCHNAME keeps only the last part.
                "BUILD_SOURCEBRANCH",
            ),
            VCS_REF_HEAD_REVISION: (
                "SYSTEM_PULLREQUEST_SOURCECOMMITID",
                "BUILD_SOURCEVERSION",
            ),
            CI_TESTED_REVISION: ("BUILD_SOURCEVERSION",),
            VCS_REPOSITORY_URL: (
                "SYSTEM_PULLREQUEST_SOURCEREPOSITORYURI",
                "BUILD_REPOSITORY_URI",
            ),
            CI_NODE_INDEX: ("SYSTEM_JOBPOSITIONINPHASE",),
            CI_NODE_TOTAL: ("SYSTEM_TOTALJOBSINPHASE",),
            CICD_WORKER_ID: ("AGENT_ID",),
            CICD_WORKER_NAME: ("AGENT_NAME",),
        },
    ),
    Provider(
        name="bitbucket",
        seen=("BITBUCKET_BUILD_NUMBER", "BITBUCKET_COMMIT"),
        forge="bitbucket",
        sources={
            CICD_PIPELINE_NAME: ("BITBUCKET_REPO_FULL_NAME",),
            CICD_PIPELINE_RUN_ID: (
                without_braces("BITBUCKET_PIPELINE_UUID"),
                "BITBUCKET_BUILD_NUMBER",
            ),
            CI_RUN_NUMBER: ("BITBUCKET_BUILD_NUMBER",),
            CICD_PIPELINE_RUN_URL: (
                _BITBUCKET + "/pipelines/results/{BITBUCKET_BUILD_NUMBER}",
            ),
            CICD_PIPELINE_TASK_RUN_ID: (without_braces("BITBUCKET_STEP_UUID"),),
            CI_ACTOR: (without_braces("BITBUCKET_STEP_TRIGGERER_UUID"),),
            CI_ATTEMPT: ("BITBUCKET_STEP_RUN_NUMBER",),
            VCS_CHANGE_ID: ("BITBUCKET_PR_ID",),
            VCS_REF_BASE_NAME: ("BITBUCKET_PR_DESTINATION_BRANCH",),
            TAG: ("BITBUCKET_TAG",),
            VCS_REF_HEAD_NAME: ("BITBUCKET_BRANCH",),
            VCS_REF_HEAD_REVISION: ("BITBUCKET_COMMIT",),
            VCS_REPOSITORY_URL: (
                "BITBUCKET_GIT_HTTP_ORIGIN",
                "BITBUCKET_GIT_SSH_ORIGIN",
            ),
            CI_NODE_INDEX: ("BITBUCKET_PARALLEL_STEP",),
            CI_NODE_TOTAL: ("BITBUCKET_PARALLEL_STEP_COUNT",),
        },
    ),
    Provider(
        name="teamcity",
        seen=("TEAMCITY_VERSION",),
        file=teamcity_properties,
        sources={
            CICD_PIPELINE_NAME: ("TEAMCITY_BUILDCONF_NAME",),
            CICD_PIPELINE_RUN_ID: ("teamcity.build.id", "BUILD_NUMBER"),
            CI_RUN_NUMBER: ("BUILD_NUMBER",),
            CICD_PIPELINE_RUN_URL: (
                "BUILD_URL",
                "{teamcity.serverUrl}/viewLog.html?buildId={teamcity.build.id}",
            ),
            CI_ACTOR: ("teamcity.build.triggeredBy.username",),
            VCS_CHANGE_ID: (
                "TEAMCITY_PULLREQUEST_NUMBER",
                "teamcity.pullRequest.number",
            ),
            VCS_REF_BASE_NAME: (
                "TEAMCITY_PULLREQUEST_TARGET_BRANCH",
                "teamcity.pullRequest.target.branch",
            ),
            VCS_REF_HEAD_NAME: (
                "teamcity.pullRequest.source.branch",
                "teamcity.build.branch",
            ),
            VCS_REF_HEAD_REVISION: ("BUILD_VCS_NUMBER", "build.vcs.number"),
            VCS_REPOSITORY_URL: ("vcsroot.url",),
            CICD_WORKER_NAME: ("teamcity.agent.name",),
        },
    ),
    Provider(
        name="appveyor",
        seen=("APPVEYOR",),
        hints=("APPVEYOR_BUILD_ID",),
        sources={
            CICD_PIPELINE_NAME: ("APPVEYOR_PROJECT_SLUG", "APPVEYOR_REPO_NAME"),
            CICD_PIPELINE_RUN_ID: ("APPVEYOR_BUILD_ID",),
            CI_RUN_NUMBER: ("APPVEYOR_BUILD_NUMBER",),
            CICD_PIPELINE_RUN_URL: (
                _APPVEYOR + "/builds/{APPVEYOR_BUILD_ID}",
                _APPVEYOR_GUESSED + "/builds/{APPVEYOR_BUILD_ID}",
            ),
            CICD_PIPELINE_TASK_NAME: ("APPVEYOR_JOB_NAME",),
            CICD_PIPELINE_TASK_RUN_ID: ("APPVEYOR_JOB_ID",),
            CICD_PIPELINE_TASK_RUN_URL: (
                _APPVEYOR + "/builds/{APPVEYOR_BUILD_ID}/job/{APPVEYOR_JOB_ID}",
                _APPVEYOR_GUESSED + "/builds/{APPVEYOR_BUILD_ID}/job/{APPVEYOR_JOB_ID}",
            ),
            VCS_CHANGE_ID: ("APPVEYOR_PULL_REQUEST_NUMBER",),
            VCS_REF_BASE_NAME: ("APPVEYOR_REPO_BRANCH",),
            TAG: ("APPVEYOR_REPO_TAG_NAME",),
            VCS_REF_HEAD_NAME: (
                "APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH",
                "APPVEYOR_REPO_BRANCH",
            ),
            VCS_REF_HEAD_REVISION: (
                "APPVEYOR_PULL_REQUEST_HEAD_COMMIT",
                "APPVEYOR_REPO_COMMIT",
            ),
            CI_TESTED_REVISION: ("APPVEYOR_REPO_COMMIT",),
            VCS_REPOSITORY_URL: (
                on_public_forge("APPVEYOR_REPO_PROVIDER", "APPVEYOR_REPO_NAME"),
            ),
        },
    ),
    Provider(
        name="bitrise",
        seen=("BITRISE_IO", "BITRISE_BUILD_SLUG"),
        sources={
            CICD_PIPELINE_NAME: ("BITRISE_TRIGGERED_WORKFLOW_ID",),
            CICD_PIPELINE_RUN_ID: ("BITRISE_BUILD_SLUG",),
            CI_RUN_NUMBER: ("BITRISE_BUILD_NUMBER",),
            CICD_PIPELINE_RUN_URL: ("BITRISE_BUILD_URL",),
            VCS_CHANGE_ID: ("BITRISE_PULL_REQUEST",),
            VCS_REF_BASE_NAME: ("BITRISEIO_GIT_BRANCH_DEST",),
            TAG: ("BITRISE_GIT_TAG",),
            VCS_REF_HEAD_NAME: (
                "BITRISEIO_PULL_REQUEST_HEAD_BRANCH",
                "BITRISE_GIT_BRANCH",
            ),
            VCS_REF_HEAD_REVISION: ("BITRISE_GIT_COMMIT", "GIT_CLONE_COMMIT_HASH"),
            VCS_REPOSITORY_URL: ("GIT_REPOSITORY_URL",),
        },
    ),
    Provider(
        name="buddy",
        seen=("BUDDY", "BUDDY_WORKSPACE_ID"),
        hints=("BUDDY_PIPELINE_ID",),
        sources={
            CICD_PIPELINE_NAME: ("BUDDY_PIPELINE_NAME",),
            # BUDDY_EXECUTION_… are the names of old.
            CICD_PIPELINE_RUN_ID: (
                "{BUDDY_PIPELINE_ID}/{BUDDY_EXECUTION_ID}",
                "{BUDDY_PIPELINE_ID}/{BUDDY_RUN_ID}",
            ),
            CICD_PIPELINE_RUN_URL: ("BUDDY_EXECUTION_URL", "BUDDY_RUN_URL"),
            CI_ACTOR: ("BUDDY_INVOKER_NAME",),
            VCS_CHANGE_ID: (
                "BUDDY_RUN_PR_NO",
                "BUDDY_EXECUTION_PULL_REQUEST_NO",
            ),
            VCS_REF_BASE_NAME: (
                "BUDDY_RUN_PR_BASE_BRANCH",
                "BUDDY_EXECUTION_PULL_REQUEST_BASE_BRANCH",
            ),
            TAG: ("BUDDY_EXECUTION_TAG", "BUDDY_RUN_TAG"),
            VCS_REF_HEAD_NAME: (
                "BUDDY_RUN_PR_HEAD_BRANCH",
                "BUDDY_EXECUTION_PULL_REQUEST_HEAD_BRANCH",
                "BUDDY_EXECUTION_BRANCH",
                "BUDDY_RUN_BRANCH",
            ),
            VCS_REF_HEAD_REVISION: ("BUDDY_EXECUTION_REVISION", "BUDDY_RUN_COMMIT"),
            VCS_REPOSITORY_URL: ("BUDDY_SCM_URL",),
        },
    ),
    Provider(
        name="woodpecker",
        seen=("CI=woodpecker", "CI_SYSTEM_NAME=woodpecker"),
        sources={
            CICD_PIPELINE_NAME: ("CI_WORKFLOW_NAME", "CI_REPO"),
            CICD_PIPELINE_RUN_ID: ("CI_PIPELINE_NUMBER",),
            CI_RUN_NUMBER: ("CI_PIPELINE_NUMBER",),
            CICD_PIPELINE_RUN_URL: ("CI_PIPELINE_URL",),
            CICD_PIPELINE_TASK_NAME: ("CI_STEP_NAME",),
            CICD_PIPELINE_TASK_RUN_ID: ("CI_STEP_NUMBER",),
            CICD_PIPELINE_TASK_RUN_URL: ("CI_STEP_URL",),
            CI_ACTOR: ("CI_PIPELINE_AUTHOR",),
            VCS_CHANGE_ID: ("CI_COMMIT_PULL_REQUEST",),
            CI_CHANGE_URL: ("CI_PIPELINE_FORGE_URL",),
            VCS_REF_BASE_NAME: ("CI_COMMIT_TARGET_BRANCH",),
            TAG: ("CI_COMMIT_TAG",),
            VCS_REF_HEAD_NAME: (
                # For a pull request CI_COMMIT_BRANCH is the target.
                "CI_COMMIT_SOURCE_BRANCH",
                "CI_COMMIT_BRANCH",
            ),
            VCS_REF_HEAD_REVISION: ("CI_COMMIT_SHA",),
            VCS_REPOSITORY_URL: ("CI_REPO_URL", "CI_REPO_CLONE_URL"),
            CICD_WORKER_NAME: ("CI_MACHINE",),
        },
    ),
    Provider(
        name="drone",
        seen=("DRONE",),
        hints=("DRONE_BUILD_NUMBER",),
        sources={
            CICD_PIPELINE_NAME: ("DRONE_REPO",),
            CICD_PIPELINE_RUN_ID: ("DRONE_BUILD_NUMBER",),
            CI_RUN_NUMBER: ("DRONE_BUILD_NUMBER",),
            CICD_PIPELINE_RUN_URL: ("DRONE_BUILD_LINK",),
            CICD_PIPELINE_TASK_NAME: ("DRONE_STEP_NAME",),
            CICD_PIPELINE_TASK_RUN_ID: ("DRONE_STEP_NUMBER",),
            CICD_PIPELINE_TASK_RUN_URL: (
                "{DRONE_BUILD_LINK}/{DRONE_STAGE_NUMBER}/{DRONE_STEP_NUMBER}",
            ),
            CI_ACTOR: ("DRONE_BUILD_TRIGGER",),
            VCS_CHANGE_ID: ("DRONE_PULL_REQUEST",),
            CI_CHANGE_URL: ("DRONE_COMMIT_LINK",),
            VCS_REF_BASE_NAME: ("DRONE_TARGET_BRANCH",),
            TAG: ("DRONE_TAG",),
            VCS_REF_HEAD_NAME: ("DRONE_SOURCE_BRANCH", "DRONE_BRANCH"),
            VCS_REF_HEAD_REVISION: ("DRONE_COMMIT_SHA",),
            VCS_REPOSITORY_URL: ("DRONE_GIT_HTTP_URL", "DRONE_REPO_LINK"),
            CICD_WORKER_NAME: ("DRONE_RUNNER_HOST", "DRONE_STAGE_MACHINE"),
        },
    ),
    Provider(
        name="semaphore",
        seen=("SEMAPHORE",),
        hints=("SEMAPHORE_WORKFLOW_ID",),
        sources={
            CICD_PIPELINE_NAME: ("SEMAPHORE_PIPELINE_NAME", "SEMAPHORE_PROJECT_NAME"),
            CICD_PIPELINE_RUN_ID: ("SEMAPHORE_WORKFLOW_ID",),
            CI_RUN_NUMBER: ("SEMAPHORE_WORKFLOW_NUMBER",),
            CICD_PIPELINE_RUN_URL: (
                "{SEMAPHORE_ORGANIZATION_URL}/workflows/{SEMAPHORE_WORKFLOW_ID}",
            ),
            CICD_PIPELINE_TASK_NAME: ("SEMAPHORE_JOB_NAME",),
            CICD_PIPELINE_TASK_RUN_ID: ("SEMAPHORE_JOB_ID",),
            CICD_PIPELINE_TASK_RUN_URL: (
                "{SEMAPHORE_ORGANIZATION_URL}/jobs/{SEMAPHORE_JOB_ID}",
            ),
            CI_ACTOR: (
                "SEMAPHORE_PIPELINE_PROMOTED_BY",
                "SEMAPHORE_WORKFLOW_TRIGGERED_BY",
            ),
            VCS_CHANGE_ID: ("SEMAPHORE_GIT_PR_NUMBER",),
            VCS_REF_BASE_NAME: ("SEMAPHORE_GIT_BRANCH",),
            TAG: ("SEMAPHORE_GIT_TAG_NAME",),
            VCS_REF_HEAD_NAME: (
                "SEMAPHORE_GIT_PR_BRANCH",
                "SEMAPHORE_GIT_WORKING_BRANCH",
                "SEMAPHORE_GIT_BRANCH",
            ),
            VCS_REF_HEAD_REVISION: ("SEMAPHORE_GIT_PR_SHA", "SEMAPHORE_GIT_SHA"),
            CI_TESTED_REVISION: ("SEMAPHORE_GIT_SHA",),
            VCS_REPOSITORY_URL: ("SEMAPHORE_GIT_URL",),
            CI_NODE_INDEX: ("SEMAPHORE_JOB_INDEX",),
            CI_NODE_TOTAL: ("SEMAPHORE_JOB_COUNT",),
        },
    ),
    Provider(
        name="codebuild",
        seen=("CODEBUILD_BUILD_ARN", "CODEBUILD_INITIATOR"),
        hints=("CODEBUILD_BUILD_ID",),
        sources={
            CICD_PIPELINE_NAME: (codebuild_project,),
            CICD_PIPELINE_RUN_ID: ("CODEBUILD_BUILD_ID", "CODEBUILD_BUILD_ARN"),
            CI_RUN_NUMBER: ("CODEBUILD_BUILD_NUMBER",),
            CICD_PIPELINE_RUN_URL: (
                "CODEBUILD_BUILD_URL",
                _CODEBUILD + "#/builds/{CODEBUILD_BUILD_ID}/view/new",
            ),
            CICD_PIPELINE_TASK_NAME: ("CODEBUILD_BATCH_BUILD_IDENTIFIER",),
            CI_ACTOR: ("CODEBUILD_INITIATOR",),
            VCS_CHANGE_ID: (codebuild_change,),
            VCS_REF_BASE_NAME: ("CODEBUILD_WEBHOOK_BASE_REF",),
            VCS_REF_HEAD_NAME: ("CODEBUILD_WEBHOOK_HEAD_REF", codebuild_ref),
            VCS_REF_HEAD_REVISION: ("CODEBUILD_RESOLVED_SOURCE_VERSION",),
            VCS_REPOSITORY_URL: ("CODEBUILD_SOURCE_REPO_URL",),
        },
    ),
    Provider(
        name="codefresh",
        # CF_… alone would be Cloud Foundry.
        seen=("CF_BUILD_ID",),
        sources={
            CICD_PIPELINE_NAME: ("CF_PIPELINE_NAME",),
            CICD_PIPELINE_RUN_ID: ("CF_BUILD_ID",),
            CICD_PIPELINE_RUN_URL: ("CF_BUILD_URL",),
            CICD_PIPELINE_TASK_NAME: ("CF_STEP_NAME",),
            CI_ACTOR: ("CF_BUILD_INITIATOR",),
            VCS_CHANGE_ID: ("CF_PULL_REQUEST_NUMBER",),
            VCS_REF_BASE_NAME: ("CF_PULL_REQUEST_TARGET",),
            TAG: ("CF_RELEASE_TAG",),
            VCS_REF_HEAD_NAME: ("CF_BRANCH",),
            VCS_REF_HEAD_REVISION: ("CF_REVISION",),
            VCS_REPOSITORY_URL: (
                codefresh_repository,
                "https://github.com/{CF_REPO_OWNER}/{CF_REPO_NAME}",
            ),
        },
    ),
    Provider(
        name="cirrus",
        seen=("CIRRUS_CI",),
        hints=("CIRRUS_BUILD_ID",),
        sources={
            CICD_PIPELINE_NAME: ("CIRRUS_REPO_FULL_NAME",),
            CICD_PIPELINE_RUN_ID: ("CIRRUS_BUILD_ID",),
            CICD_PIPELINE_RUN_URL: ("https://cirrus-ci.com/build/{CIRRUS_BUILD_ID}",),
            CICD_PIPELINE_TASK_NAME: ("CIRRUS_TASK_NAME",),
            CICD_PIPELINE_TASK_RUN_ID: ("CIRRUS_TASK_ID",),
            CICD_PIPELINE_TASK_RUN_URL: (
                "https://cirrus-ci.com/task/{CIRRUS_TASK_ID}",
            ),
            VCS_CHANGE_ID: ("CIRRUS_PR",),
            VCS_REF_BASE_NAME: ("CIRRUS_BASE_BRANCH",),
            TAG: ("CIRRUS_TAG",),
            VCS_REF_HEAD_NAME: ("CIRRUS_BRANCH",),
            VCS_REF_HEAD_REVISION: ("CIRRUS_CHANGE_IN_REPO",),
            VCS_REPOSITORY_URL: ("CIRRUS_REPO_CLONE_URL",),
            CI_NODE_INDEX: ("CI_NODE_INDEX",),
            CI_NODE_TOTAL: ("CI_NODE_TOTAL",),
        },
    ),
    Provider(
        name="vela",
        seen=("VELA",),
        hints=("VELA_BUILD_NUMBER",),
        sources={
            CICD_PIPELINE_NAME: ("VELA_REPO_FULL_NAME",),
            CICD_PIPELINE_RUN_ID: ("VELA_BUILD_NUMBER",),
            CI_RUN_NUMBER: ("VELA_BUILD_NUMBER",),
            CICD_PIPELINE_RUN_URL: ("VELA_BUILD_LINK",),
            CICD_PIPELINE_TASK_NAME: ("VELA_STEP_NAME",),
            CICD_PIPELINE_TASK_RUN_ID: ("VELA_STEP_NUMBER",),
            CI_ACTOR: ("VELA_BUILD_SENDER",),
            VCS_CHANGE_ID: ("VELA_BUILD_PULL_REQUEST", "VELA_PULL_REQUEST"),
            VCS_REF_BASE_NAME: ("VELA_PULL_REQUEST_TARGET",),
            TAG: ("VELA_BUILD_TAG",),
            VCS_REF_HEAD_NAME: ("VELA_PULL_REQUEST_SOURCE", "VELA_BUILD_BRANCH"),
            VCS_REF_HEAD_REVISION: ("VELA_BUILD_COMMIT",),
            VCS_REPOSITORY_URL: ("VELA_REPO_LINK", "VELA_REPO_CLONE"),
            CICD_WORKER_NAME: ("VELA_BUILD_HOST", "VELA_STEP_HOST"),
        },
    ),
    Provider(
        name="screwdriver",
        seen=("SCREWDRIVER",),
        hints=("SD_BUILD_ID",),
        sources={
            CICD_PIPELINE_NAME: ("SD_PIPELINE_NAME",),
            CICD_PIPELINE_RUN_ID: ("SD_EVENT_ID", "SD_BUILD_ID"),
            # The page of the build, which is one job's of an event.
            CICD_PIPELINE_RUN_URL: ("SD_UI_BUILD_URL",),
            CICD_PIPELINE_TASK_NAME: ("SD_JOB_NAME",),
            CICD_PIPELINE_TASK_RUN_ID: ("SD_BUILD_ID",),
            CICD_PIPELINE_TASK_RUN_URL: ("SD_UI_BUILD_URL",),
            VCS_CHANGE_ID: ("SD_PULL_REQUEST",),
            VCS_REF_BASE_NAME: ("PR_BASE_BRANCH_NAME",),
            VCS_REF_HEAD_NAME: ("PR_BRANCH_NAME", "GIT_BRANCH"),
            VCS_REF_HEAD_REVISION: ("SD_BUILD_SHA",),
            VCS_REPOSITORY_URL: ("SCM_URL",),
        },
    ),
    Provider(
        name="bamboo",
        seen=("bamboo_planKey", "bamboo_agentId"),
        sources={
            CICD_PIPELINE_NAME: ("bamboo_planName", "bamboo_planKey"),
            CICD_PIPELINE_RUN_ID: ("bamboo_buildResultKey",),
            CI_RUN_NUMBER: ("bamboo_buildNumber",),
            CICD_PIPELINE_RUN_URL: ("bamboo_buildResultsUrl", "bamboo_resultsUrl"),
            CICD_PIPELINE_TASK_NAME: ("bamboo_shortJobName",),
            CICD_PIPELINE_TASK_RUN_ID: ("bamboo_buildResultKey",),
            CI_ACTOR: ("bamboo_ManualBuildTriggerReason_userName",),
            VCS_CHANGE_ID: ("bamboo_repository_pr_key",),
            VCS_REF_BASE_NAME: ("bamboo_repository_pr_targetBranch",),
            VCS_REF_HEAD_NAME: (
                "bamboo_repository_pr_sourceBranch",
                "bamboo_planRepository_branchName",
                "bamboo_planRepository_1_branchName",
            ),
            VCS_REF_HEAD_REVISION: (
                "bamboo_planRepository_revision",
                "bamboo_planRepository_1_revision",
            ),
            VCS_REPOSITORY_URL: (
                "bamboo_planRepository_repositoryUrl",
                "bamboo_planRepository_1_repositoryUrl",
            ),
            CICD_WORKER_ID: ("bamboo_agentId",),
        },
    ),
    Provider(
        name="codeship",
        seen=("CI_NAME=codeship",),
        sources={
            CICD_PIPELINE_NAME: ("CI_REPO_NAME",),
            CICD_PIPELINE_RUN_ID: ("CI_BUILD_ID", "CI_BUILD_NUMBER"),
            CI_RUN_NUMBER: ("CI_BUILD_NUMBER",),
            CICD_PIPELINE_RUN_URL: ("CI_BUILD_URL",),
            VCS_CHANGE_ID: ("CI_PR_NUMBER",),
            VCS_REF_HEAD_NAME: ("CI_BRANCH",),
            VCS_REF_HEAD_REVISION: ("CI_COMMIT_ID",),
        },
    ),
    Provider(
        name="scrutinizer",
        seen=("SCRUTINIZER",),
        hints=("SCRUTINIZER_INSPECTION_UUID",),
        sources={
            CICD_PIPELINE_NAME: ("SCRUTINIZER_PROJECT",),
            CICD_PIPELINE_RUN_ID: ("SCRUTINIZER_INSPECTION_UUID",),
            VCS_CHANGE_ID: ("SCRUTINIZER_PR_NUMBER",),
            VCS_REF_BASE_NAME: ("SCRUTINIZER_BRANCH",),
            VCS_REF_HEAD_NAME: ("SCRUTINIZER_PR_SOURCE_BRANCH", "SCRUTINIZER_BRANCH"),
            VCS_REF_HEAD_REVISION: ("SCRUTINIZER_SHA1",),
        },
    ),
    Provider(
        name="space",
        seen=("JB_SPACE_EXECUTION_NUMBER",),
        sources={
            CICD_PIPELINE_NAME: ("JB_SPACE_PROJECT_KEY",),
            CICD_PIPELINE_RUN_ID: ("JB_SPACE_EXECUTION_NUMBER",),
            CI_RUN_NUMBER: ("JB_SPACE_EXECUTION_NUMBER",),
            CICD_PIPELINE_RUN_URL: ("JB_SPACE_EXECUTION_URL",),
            VCS_REF_HEAD_NAME: ("JB_SPACE_GIT_BRANCH",),
            VCS_REF_HEAD_REVISION: ("JB_SPACE_GIT_REVISION",),
        },
    ),
    Provider(
        name="netlify",
        seen=("NETLIFY",),
        sources={
            CICD_PIPELINE_NAME: ("SITE_NAME",),
            CICD_PIPELINE_RUN_ID: ("BUILD_ID", "DEPLOY_ID"),
            CICD_PIPELINE_RUN_URL: (
                "https://app.netlify.com/sites/{SITE_NAME}/deploys/{DEPLOY_ID}",
                "https://app.netlify.com/sites/{SITE_NAME}/deploys/{BUILD_ID}",
            ),
            VCS_CHANGE_ID: (netlify_change,),
            VCS_REF_HEAD_NAME: ("HEAD", "BRANCH"),
            VCS_REF_HEAD_REVISION: ("COMMIT_REF",),
            VCS_REPOSITORY_URL: ("REPOSITORY_URL",),
        },
    ),
    Provider(
        name="vercel",
        seen=("VERCEL", "NOW_BUILDER"),
        sources={
            CICD_PIPELINE_RUN_ID: ("VERCEL_DEPLOYMENT_ID",),
            CICD_PIPELINE_RUN_URL: ("https://{VERCEL_URL}",),
            CI_ACTOR: ("VERCEL_GIT_COMMIT_AUTHOR_LOGIN",),
            VCS_CHANGE_ID: ("VERCEL_GIT_PULL_REQUEST_ID",),
            VCS_REF_HEAD_NAME: ("VERCEL_GIT_COMMIT_REF",),
            VCS_REF_HEAD_REVISION: ("VERCEL_GIT_COMMIT_SHA",),
            VCS_REPOSITORY_URL: (
                on_public_forge(
                    "VERCEL_GIT_PROVIDER",
                    "{VERCEL_GIT_REPO_OWNER}/{VERCEL_GIT_REPO_SLUG}",
                ),
            ),
        },
    ),
    Provider(
        name="cloudflare",
        seen=("CF_PAGES",),
        sources={
            CICD_PIPELINE_RUN_URL: ("CF_PAGES_URL",),
            VCS_REF_HEAD_NAME: ("CF_PAGES_BRANCH",),
            VCS_REF_HEAD_REVISION: ("CF_PAGES_COMMIT_SHA",),
        },
    ),
    Provider(
        name="jenkins",
        seen=("JENKINS_URL", "HUDSON_URL", "JENKINS_HOME BUILD_ID"),
        hints=("BUILD_TAG JOB_NAME BUILD_NUMBER",),
        sources={
            CICD_PIPELINE_NAME: (jenkins_pipeline,),
            CICD_PIPELINE_RUN_ID: ("BUILD_TAG", "BUILD_NUMBER"),
            CI_RUN_NUMBER: ("BUILD_NUMBER",),
            CICD_PIPELINE_RUN_URL: ("BUILD_URL", "RUN_DISPLAY_URL"),
            CICD_PIPELINE_TASK_NAME: ("STAGE_NAME",),
            # From the plugin "build user vars".
            CI_ACTOR: ("BUILD_USER_ID",),
            VCS_CHANGE_ID: ("CHANGE_ID", "ghprbPullId", "gitlabMergeRequestIid"),
            CI_CHANGE_URL: ("CHANGE_URL", "ghprbPullLink"),
            VCS_REF_BASE_NAME: (
                "CHANGE_TARGET",
                "ghprbTargetBranch",
                "gitlabTargetBranch",
            ),
            TAG: ("TAG_NAME",),
            VCS_REF_HEAD_NAME: (
                "CHANGE_BRANCH",
                "ghprbSourceBranch",
                "gitlabSourceBranch",
                "GIT_BRANCH",
                "BRANCH_NAME",
            ),
            VCS_REF_HEAD_REVISION: ("ghprbActualCommit", "GIT_COMMIT"),
            CI_TESTED_REVISION: ("GIT_COMMIT",),
            VCS_REPOSITORY_URL: ("GIT_URL", "GIT_URL_1"),
            CICD_WORKER_NAME: ("NODE_NAME",),
        },
    ),
)
