"""
Exceptions that ended a test, and tests that were ended.
"""

from __future__ import annotations

import pytest

from otel_testkit.diagnosis import Cause, diagnose
from otel_testkit.diagnosis.exceptions import classify_exception
from otel_testkit.trace import Error


REFUSED = "[Errno 111] Connection refused"


# The cause, then the chain: type, message.
CHAINS = """
CONNECTION_REFUSED | requests.ConnectionError: Max retries exceeded | urllib3.exceptions.MaxRetryError: Max retries exceeded | ConnectionRefusedError: [Errno 111] Connection refused
CONNECTION_REFUSED | aiohttp.ClientConnectorError: Cannot connect to host a:1 ssl:default [Connect call failed ('127.0.0.1', 1)]
CONNECTION_REFUSED | grpc.RpcError: status = StatusCode.UNAVAILABLE details = "failed to connect to all addresses; ipv4:127.0.0.1:1: Connection refused"
DNS_FAILURE | httpx.ConnectError: [Errno -2] Name or service not known | socket.gaierror: [Errno -2] Name or service not known
DNS_FAILURE | kafka.errors.KafkaTimeoutError: KafkaTimeoutError: Unable to bootstrap from broker.invalid:9092
TLS_FAILURE | httpx.ConnectError: certificate verify failed | ssl.SSLCertVerificationError: certificate verify failed
SERVER_DISCONNECTED | urllib3.exceptions.ProtocolError: ('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))
CONNECTION_RESET | ConnectionResetError: [Errno 104] Connection reset by peer
CONNECT_TIMEOUT | urllib3.exceptions.ConnectTimeoutError: Connection to a timed out. (connect timeout=1)
TIMEOUT | elastic_transport.ConnectionTimeout: caused by ReadTimeoutError(Read timed out. (read timeout=1))
TIMEOUT | TimeoutError | asyncio.CancelledError
TIMEOUT | grpc.RpcError: status = StatusCode.DEADLINE_EXCEEDED details = "Deadline Exceeded"
POOL_EXHAUSTED | httpx.PoolTimeout
POOL_EXHAUSTED | sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00
POOL_EXHAUSTED | psycopg.OperationalError: connection failed: FATAL: remaining connection slots are reserved for roles with the SUPERUSER attribute
CONCURRENCY_CONFLICT | pymysql.err.OperationalError: (1213, 'Deadlock found when trying to get lock')
PERMISSION_DENIED | pymongo.errors.OperationFailure: not allowed, full error: {'code': 13}
NOT_READY | redis.exceptions.ResponseError: LOADING Redis is loading the dataset in memory
AUTH_INVALID | redis.exceptions.ResponseError: WRONGPASS invalid username-password pair
NOT_READY | kafka.errors.LeaderNotAvailableError: [Error 5]
AUTH_EXPIRED | botocore.exceptions.ClientError: An error occurred (ExpiredToken) when calling the PutItem operation: The security token is expired
RATE_LIMITED | requests.HTTPError: 429 Client Error: Too Many Requests for url: http://a
REDIRECT_LOOP | requests.TooManyRedirects: Exceeded 30 redirects.
TRUNCATED_BODY | http.client.IncompleteRead: IncompleteRead(10 bytes read, 90 more expected)
PROTOCOL_ERROR | http.client.BadStatusLine: SSH-2.0
UNEXPECTED_BODY | json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)
CONSEQUENCE | psycopg.errors.InFailedSqlTransaction: current transaction is aborted
- | ValueError: no such luck
- | KeyError: 'timeout_policy_name'
- | AssertionError: connection refused is what it should say
"""


def said(*chain, **more):
    meaning = classify_exception([Error(*link) for link in chain], **more)

    return meaning and meaning.cause


@pytest.mark.parametrize("line", CHAINS.strip().splitlines())
def test_exceptions(line) -> None:
    """
    The link that says the most counts, be it a type, a code or the words.
    """
    cause, *links = line.split(" | ")
    chain = [(kind, message) for kind, _, message in (x.partition(": ") for x in links)]

    assert (None if cause == "-" else Cause[cause]) is said(*chain)


@pytest.mark.parametrize(
    ("state", "message", "cause"),
    [
        ("40P01", "deadlock detected", Cause.CONCURRENCY_CONFLICT),
        ("57014", "canceling statement due to statement timeout", Cause.TIMEOUT),
        ("57014", "canceling statement due to user request", Cause.CANCELLED),
        ("23505", "duplicate key value", Cause.ALREADY_EXISTS),
        ("40999", "", Cause.CONCURRENCY_CONFLICT),
        ("25P02", "current transaction is aborted", Cause.CONSEQUENCE),
    ],
)
def test_sqlstates(state, message, cause) -> None:
    """
    SQLSTATEs are known by code or by class, with the message's help.
    """
    assert said(("psycopg.Error", message), code=state) is cause


@pytest.mark.parametrize(
    ("system", "code", "cause"),
    [
        ("mysql", "1205", Cause.CONCURRENCY_CONFLICT),
        ("mongodb", "11000", Cause.ALREADY_EXISTS),
        ("mongodb", "40324", None),
        ("redis", "WRONGTYPE", Cause.VALIDATION),
        ("postgresql", "53300", Cause.POOL_EXHAUSTED),
    ],
)
def test_systems(system, code, cause) -> None:
    """
    A code is looked up in the table of its database.
    """
    assert said(("X", ""), code=code, system=system) is cause


def test_cause_below(tell, ask) -> None:
    """
    A call whose span knows but the outermost exception is told by the whole chain.
    """
    outer = ("botocore.exceptions.EndpointConnectionError", "Could not connect")
    attempt = tell(
        ask("POST", "/", None, errors=[outer]),
        errors=(outer, ("socket.gaierror", "[Errno -2] Name or service not known")),
    )

    (found,) = diagnose(attempt)

    assert found.cause is Cause.DNS_FAILURE
    assert found.evidence == (attempt.calls[0].span_id,)


def test_no_call(tell) -> None:
    """
    Where no call was recorded, the exception alone is told, with the test's span.
    """
    attempt = tell(
        errors=(
            ("psycopg.OperationalError", "connection failed"),
            ("ConnectionRefusedError", REFUSED),
        )
    )

    (found,) = diagnose(attempt)

    assert found.cause is Cause.CONNECTION_REFUSED
    assert found.evidence == (attempt.span.span_id,)
    assert f'ConnectionRefusedError "{REFUSED}"' in found.statement


@pytest.mark.parametrize("outcome", ["open", "failed"])
def test_open_call(tell, ask, outcome) -> None:
    """
    The call in whose middle the test was ended is what it waited for.
    """
    errors = (("Failed", "Timeout >60.0s"),) if outcome == "failed" else ()
    attempt = tell(
        ask("GET", "/a", 200),
        ask("GET", "/slow", None, is_open=True),
        errors=errors,
        outcome=outcome,
        lasts=60.0,
    )

    found = diagnose(attempt)[0]

    assert found.cause is Cause.TIMEOUT
    assert found.evidence == (attempt.calls[1].span_id,)
