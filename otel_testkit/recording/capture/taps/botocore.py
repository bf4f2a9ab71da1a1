"""
The tap on botocore, and so on boto3 and aiobotocore: what AWS calls mean.

`_get_response` is one attempt, from a signed request to a parsed answer, in sync
and async clients alike. The call on the wire, which another tap has seen, is
told its service, operation and error. Where a mock answered before the wire,
the call is made here.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import urlsplit

from otel_testkit import semconv
from otel_testkit.errors import never_raises
from otel_testkit.masking import Masker
from otel_testkit.recording.capture.exchange import Exchange, begin, on_begin
from otel_testkit.recording.capture.operations import resend
from otel_testkit.recording.capture.patch import Ending, Patches
from otel_testkit.recording.clock import now
from otel_testkit.recording.span import current_test


_PORTS: Final = {"http": 80, "https": 443}
# What a call is about, by its service and the parameter that names it.
_SUBJECTS: Final = {
    ("DynamoDB", "TableName"): semconv.AWS_DYNAMODB_TABLE_NAMES,
    ("Kinesis", "StreamName"): semconv.AWS_KINESIS_STREAM_NAME,
    ("Lambda", "FunctionName"): semconv.FAAS_INVOKED_NAME,
    ("S3", "Bucket"): semconv.AWS_S3_BUCKET,
    ("S3", "Key"): semconv.AWS_S3_KEY,
    ("SFN", "stateMachineArn"): semconv.AWS_SFN_STATE_MACHINE_ARN,
    ("SNS", "TopicArn"): semconv.AWS_SNS_TOPIC_ARN,
    ("SQS", "QueueUrl"): semconv.AWS_SQS_QUEUE_URL,
}

_patches: Final = Patches()
# What the client's method was called with, and the attempt at it that goes on.
# Set and never reset: a token is good in the one context that made it.
_parameters: ContextVar[Any] = ContextVar("otel_testkit.aws_parameters", default=None)
_under_way: ContextVar[_Attempt | None] = ContextVar(
    "otel_testkit.aws_attempt", default=None
)


def set_on(module: Any) -> None:
    """
    Tap a module of botocore or aiobotocore.
    """
    name = module.__name__
    for owner_name, method, begins in _METHODS[name]:
        _patches.surround(name, getattr(module, owner_name, None), method, begins)


def remove(module: str) -> None:
    _patches.remove(module)


@never_raises("capture", "what an AWS call is about was not recorded")
def _call_begins(_owner: Any, args: Any, kwargs: Any) -> Ending:
    ends = _restoring(_parameters)
    _parameters.set(args[1] if len(args) > 1 else kwargs.get("api_params"))

    return ends


@never_raises("capture", "what an AWS call means was not recorded")
def _attempt_begins(_owner: Any, args: Any, _kwargs: Any) -> Ending | None:
    recording = current_test().recording
    if recording is None or recording.settings.capture == "off":
        return None

    attempt = _Attempt(recording.masker, *args)
    outer = _under_way.get()
    _under_way.set(attempt)

    def ends(result: Any, error: BaseException | None) -> None:
        _under_way.set(outer)
        attempt.ends(result, error)

    return ends


@never_raises("capture", "what an AWS call means was not recorded")
def _sending_begins(_owner: Any, _args: Any, _kwargs: Any) -> Ending | None:
    attempt = _under_way.get()
    if attempt is None:
        return None

    attempt.is_sent = True
    resend(attempt.resend_count, of="botocore")
    ends = _restoring(on_begin)
    # Only here: handlers of the user's may make calls of their own before.
    on_begin.set(attempt.begins_call)

    return ends


@never_raises("capture", "a stubbed AWS call was not recorded")
def _stubbing_begins(_owner: Any, _args: Any, kwargs: Any) -> Ending | None:
    recording = current_test().recording
    if recording is None or recording.settings.capture == "off":
        return None

    request = SimpleNamespace(**kwargs["params"])
    attempt = _Attempt(recording.masker, request, kwargs["model"], kwargs["context"])

    return lambda result, error: attempt.ends((result, error), error)


def _restoring(variable: ContextVar[Any]) -> Ending:
    value = variable.get()

    def ends(_result: Any, _error: BaseException | None) -> None:
        variable.set(value)

    return ends


class _Attempt:
    """
    One attempt at an AWS call.
    """

    __slots__ = (
        "_calls",
        "_is_over",
        "_masker",
        "_meaning",
        "_request",
        "_start",
        "is_sent",
        "resend_count",
    )

    def __init__(self, masker: Masker, request: Any, operation: Any, told: Any) -> None:
        self.is_sent: bool = False
        self.resend_count: int = told.get("retries", {}).get("attempt", 1) - 1
        self._calls: list[Exchange] = []
        self._is_over = False
        self._masker = masker
        self._request = request
        self._start = now()

        service = operation.service_model.service_id
        self._meaning: dict[str, Any] = {
            semconv.RPC_SYSTEM: "aws-api",
            semconv.RPC_SERVICE: str(service),
            semconv.RPC_METHOD: operation.name,
            **_subjects(masker, service, _parameters.get()),
        }
        if region := told.get("client_region"):
            self._meaning[semconv.CLOUD_REGION] = region

    @never_raises("capture", "what an AWS call means was not recorded")
    def begins_call(self, call: Exchange) -> None:
        """
        Take notice of a *call* on the wire, to be written with its meaning.
        """
        if self._is_over:
            # Of a task that was begun within.
            return

        self._calls.append(call)
        self._tell(call)
        call.hold()

    @never_raises("capture", "what an AWS call means was not recorded")
    def ends(self, result: Any, error: BaseException | None) -> None:
        """
        Tell the calls what came of this attempt. What streams is read later, and
        ends its call then.
        """
        answer, failure = result or (None, error)
        response, parsed = answer or (None, {})
        try:
            self._meaning |= _said(self._masker, parsed)
            if not self.is_sent:
                self._make_call(response, failure)
        finally:
            self._is_over = True
            for call in self._calls:
                self._tell(call)
                call.release()

    def _tell(self, call: Exchange) -> None:
        meaning = dict(self._meaning)
        if not call.keeps_bodies:
            # It comes out of one.
            meaning.pop(semconv.AWS_ERROR_MESSAGE, None)
        call.annotate(meaning)

    def _make_call(self, response: Any, failure: BaseException | None) -> None:
        """
        Record as a call what somebody answered in place of the wire.
        """
        request, url = self._request, urlsplit(self._request.url)
        resend(self.resend_count, of="botocore")
        ends = _restoring(on_begin)
        on_begin.set(self.begins_call)
        call = begin(
            request.method,
            url.scheme,
            url.hostname or "",
            url.port or _PORTS.get(url.scheme),
            f"{url.path or '/'}?{url.query}" if url.query else url.path or "/",
            self._start,
        )
        ends(None, None)
        if call is None:
            return

        call.requested(request.headers.items())
        if call.keeps_bodies and isinstance(request.body, (bytes, bytearray, str)):
            call.request_body.add(request.body)
        if response is not None:
            _answered(call, response)
        elif failure is not None:
            call.failed(failure)


def _answered(call: Exchange, response: Any) -> None:
    call.responded(response.status_code, response.headers.items())
    # That of a stream is left for the caller to read.
    content = getattr(response, "_content", None)
    if isinstance(content, bytes):
        call.received(content)
    call.complete()


def _subjects(masker: Masker, service: str, parameters: Any) -> dict[str, Any]:
    if not isinstance(parameters, Mapping):
        return {}

    told: dict[str, Any] = {}
    for (owner, parameter), attribute in _SUBJECTS.items():
        value = parameters.get(parameter) if owner == service else None
        if isinstance(value, str):
            told[attribute] = masker.text(value)
    if tables := told.get(semconv.AWS_DYNAMODB_TABLE_NAMES):
        told[semconv.AWS_DYNAMODB_TABLE_NAMES] = (tables,)

    return told


def _said(masker: Masker, parsed: Any) -> dict[str, Any]:
    """
    Give what AWS says in an answer: its ids, and what went wrong.
    """
    about = parsed.get("ResponseMetadata", {})
    said = {
        semconv.AWS_REQUEST_ID: about.get("RequestId"),
        semconv.AWS_EXTENDED_REQUEST_ID: about.get("HostId"),
    }
    status = about.get("HTTPStatusCode", 200)
    if status >= 300:
        error = parsed.get("Error", {})
        said[semconv.AWS_ERROR_MESSAGE] = error.get("Message")
        # Of a HEAD it is all that there is, and known.
        if error.get("Code") != str(status):
            said[semconv.RPC_RESPONSE_STATUS_CODE] = error.get("Code")
    else:
        # A Lambda function that failed, of which the status says nothing.
        said[semconv.RPC_RESPONSE_STATUS_CODE] = parsed.get("FunctionError")

    return {
        name: masker.text(value)
        for name, value in said.items()
        if value and isinstance(value, str)
    }


# Of each module: a class, its method, and what is done around each call of it.
_METHODS: Final = {
    "botocore.client": (("BaseClient", "_make_api_call", _call_begins),),
    "botocore.endpoint": (
        ("Endpoint", "_get_response", _attempt_begins),
        ("Endpoint", "_send", _sending_begins),
    ),
    "botocore.stub": (("Stubber", "_get_response_handler", _stubbing_begins),),
    "aiobotocore.client": (("AioBaseClient", "_make_api_call", _call_begins),),
    "aiobotocore.endpoint": (
        ("AioEndpoint", "_get_response", _attempt_begins),
        ("AioEndpoint", "_send", _sending_begins),
    ),
}
