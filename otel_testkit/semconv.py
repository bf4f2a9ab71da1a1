"""
Every attribute name that we write or read.

Names of OpenTelemetry's semantic conventions (1.44) come first; where it has
none, the name is ours, under `otel_testkit.`.
"""

from __future__ import annotations

from typing import Final


# The format of a run folder. Whoever changes it adds a step to
# `store.read.modernize`.
FORMAT_VERSION: Final = 1

# The scope of our spans, and with it this package's version.
SCOPE: Final = "otel_testkit"
VERSION: Final = "0.1.0"

SERVICE_NAME: Final = "service.name"

# --- tests
TEST_CASE_NAME: Final = "test.case.name"
TEST_CASE_RESULT_STATUS: Final = "test.case.result.status"
TEST_SUITE_NAME: Final = "test.suite.name"
OUTCOME: Final = "otel_testkit.outcome"
NESTED: Final = "otel_testkit.nested"
# True of a span that has been sent without its end.
OPEN: Final = "otel_testkit.open"
# What all variants of a parametrized test are called, and what this one got.
BASE_NAME: Final = "otel_testkit.case.base_name"
PARAMETER: Final = "otel_testkit.case.parameter."
# Which execution of its case a test is in its process, from 1.
ATTEMPT: Final = "otel_testkit.attempt"
FIXTURE_NAME: Final = "otel_testkit.fixture.name"
FIXTURE_SCOPE: Final = "otel_testkit.fixture.scope"
RUN_ID: Final = "otel_testkit.run.id"
WORKER: Final = "otel_testkit.worker"
# As the runner writes them, where a tag is a word.
TEST_TAGS: Final = "otel_testkit.tags"
# What a step of Gherkin is given beside its sentence.
STEP_TEXT: Final = "otel_testkit.step.text"
STEP_TABLE: Final = "otel_testkit.step.table"
# How many were made beyond the limits of a test.
CALLS_LEFT_OUT: Final = "otel_testkit.calls.left_out"
BODIES_LEFT_OUT: Final = "otel_testkit.bodies.left_out"
LOGS_LEFT_OUT: Final = "otel_testkit.logs.left_out"

# --- code and errors
CODE_FUNCTION_NAME: Final = "code.function.name"
CODE_FILE_PATH: Final = "code.file.path"
CODE_LINE_NUMBER: Final = "code.line.number"
CODE_STACKTRACE: Final = "code.stacktrace"
CODE_SOURCE: Final = "otel_testkit.code.source"
ERROR_TYPE: Final = "error.type"
EXCEPTION: Final = "exception"
EXCEPTION_TYPE: Final = "exception.type"
EXCEPTION_MESSAGE: Final = "exception.message"
EXCEPTION_STACKTRACE: Final = "exception.stacktrace"
# How an exception of the chain hangs on the one before it: "cause",
# "context" or "member" (of a group). The one that was raised has none.
EXCEPTION_RELATION: Final = "otel_testkit.exception.relation"

# --- log records
THREAD_NAME: Final = "thread.name"

# --- calls
HTTP_REQUEST_METHOD: Final = "http.request.method"
HTTP_REQUEST_METHOD_ORIGINAL: Final = "http.request.method_original"
HTTP_REQUEST_RESEND_COUNT: Final = "http.request.resend_count"
HTTP_REQUEST_HEADER: Final = "http.request.header."
HTTP_REQUEST_BODY: Final = "http.request.body.content"
HTTP_REQUEST_BODY_SIZE: Final = "http.request.body.size"
HTTP_RESPONSE_STATUS_CODE: Final = "http.response.status_code"
HTTP_RESPONSE_HEADER: Final = "http.response.header."
HTTP_RESPONSE_BODY: Final = "http.response.body.content"
HTTP_RESPONSE_BODY_SIZE: Final = "http.response.body.size"
# True where the recorded body is cut, or was not read to its end.
HTTP_REQUEST_BODY_TRUNCATED: Final = "otel_testkit.http.request.body.truncated"
HTTP_RESPONSE_BODY_TRUNCATED: Final = "otel_testkit.http.response.body.truncated"
# Seconds from the start of the call to the end of the response's headers.
HTTP_TIME_TO_HEADERS: Final = "otel_testkit.http.time_to_headers"
# Seconds that a new connection took: its name's resolution, the connection
# itself, and TLS.
TIME_TO_RESOLVE: Final = "otel_testkit.time_to_resolve"
TIME_TO_CONNECT: Final = "otel_testkit.time_to_connect"
TIME_TO_SECURE: Final = "otel_testkit.time_to_secure"
NETWORK_PEER_ADDRESS: Final = "network.peer.address"
NETWORK_PEER_PORT: Final = "network.peer.port"
NETWORK_PROTOCOL_VERSION: Final = "network.protocol.version"
RPC_SERVICE: Final = "rpc.service"
RPC_SYSTEM: Final = "rpc.system"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
SERVICE_PEER_NAME: Final = "service.peer.name"
URL_FULL: Final = "url.full"

# --- databases and remote procedures
DB_COLLECTION_NAME: Final = "db.collection.name"
DB_NAMESPACE: Final = "db.namespace"
DB_OPERATION_NAME: Final = "db.operation.name"
DB_QUERY_TEXT: Final = "db.query.text"
DB_RESPONSE_STATUS_CODE: Final = "db.response.status_code"
DB_SYSTEM_NAME: Final = "db.system.name"
RPC_METHOD: Final = "rpc.method"
# Of AWS, the code of the error: `TooManyRequestsException`.
RPC_RESPONSE_STATUS_CODE: Final = "rpc.response.status_code"
RPC_SYSTEM_NAME: Final = "rpc.system.name"

AWS_DYNAMODB_TABLE_NAMES: Final = "aws.dynamodb.table_names"
AWS_ERROR_MESSAGE: Final = "otel_testkit.aws.error.message"
AWS_EXTENDED_REQUEST_ID: Final = "aws.extended_request_id"
AWS_KINESIS_STREAM_NAME: Final = "aws.kinesis.stream_name"
AWS_REQUEST_ID: Final = "aws.request_id"
AWS_S3_BUCKET: Final = "aws.s3.bucket"
AWS_S3_KEY: Final = "aws.s3.key"
AWS_SFN_STATE_MACHINE_ARN: Final = "aws.step_functions.state_machine.arn"
AWS_SNS_TOPIC_ARN: Final = "aws.sns.topic.arn"
AWS_SQS_QUEUE_URL: Final = "aws.sqs.queue.url"
CLOUD_REGION: Final = "cloud.region"
FAAS_INVOKED_NAME: Final = "faas.invoked_name"
ELASTICSEARCH_NODE_NAME: Final = "elasticsearch.node.name"

# What instrumentations of before 2024 wrote, for reading other people's spans.
OLD_DB_COLLECTION: Final = "db.mongodb.collection"
OLD_DB_OPERATION: Final = "db.operation"
OLD_DB_STATEMENT: Final = "db.statement"
OLD_DB_SYSTEM: Final = "db.system"
OLD_RPC_GRPC_STATUS_CODE: Final = "rpc.grpc.status_code"
# Of botocore: how often it tried again, in a span of its own for all tries.
OLD_RETRY_ATTEMPTS: Final = "retry_attempts"
OLD_HTTP_METHOD: Final = "http.method"
OLD_HTTP_STATUS_CODE: Final = "http.status_code"
OLD_HTTP_URL: Final = "http.url"

# --- continuous integration
CICD_PIPELINE_NAME: Final = "cicd.pipeline.name"
CICD_PIPELINE_RUN_ID: Final = "cicd.pipeline.run.id"
CICD_PIPELINE_RUN_URL: Final = "cicd.pipeline.run.url.full"
CICD_PIPELINE_TASK_NAME: Final = "cicd.pipeline.task.name"
CICD_PIPELINE_TASK_RUN_ID: Final = "cicd.pipeline.task.run.id"
CICD_PIPELINE_TASK_RUN_URL: Final = "cicd.pipeline.task.run.url.full"
CICD_WORKER_ID: Final = "cicd.worker.id"
CICD_WORKER_NAME: Final = "cicd.worker.name"
CI_PROVIDER: Final = "otel_testkit.ci.provider"
CI_ACTOR: Final = "otel_testkit.ci.actor"
CI_ATTEMPT: Final = "otel_testkit.ci.attempt"
CI_RUN_NUMBER: Final = "otel_testkit.ci.run.number"
CI_CHANGE_URL: Final = "otel_testkit.ci.change.url"
CI_NODE_INDEX: Final = "otel_testkit.ci.node.index"
CI_NODE_TOTAL: Final = "otel_testkit.ci.node.total"
# The commit that was checked out, where it is a merge made for the change.
CI_TESTED_REVISION: Final = "otel_testkit.ci.tested_revision"

# --- version control
VCS_CHANGE_ID: Final = "vcs.change.id"
VCS_OWNER_NAME: Final = "vcs.owner.name"
VCS_PROVIDER_NAME: Final = "vcs.provider.name"
VCS_REF_BASE_NAME: Final = "vcs.ref.base.name"
VCS_REF_BASE_TYPE: Final = "vcs.ref.base.type"
VCS_REF_HEAD_NAME: Final = "vcs.ref.head.name"
VCS_REF_HEAD_REVISION: Final = "vcs.ref.head.revision"
VCS_REF_HEAD_TYPE: Final = "vcs.ref.head.type"
VCS_REPOSITORY_NAME: Final = "vcs.repository.name"
VCS_REPOSITORY_URL: Final = "vcs.repository.url.full"
