"""
What to do next, in one sentence for each cause; for some clients, which setting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from otel_testkit.diagnosis.finding import Cause, Meaning
from otel_testkit.diagnosis.wording import asked_wait
from otel_testkit.trace.model import Call


NEXT: Final[Mapping[Cause, str]] = {
    Cause.RATE_LIMITED: "Wait as long as the service asks and try again, or send fewer requests at once.",
    Cause.NOT_READY: "Poll until it is ready before the next step, with a deadline that allows for a slow day.",
    Cause.CONCURRENCY_CONFLICT: "Read the latest version and write again; find out what else writes to it.",
    Cause.RACE: "Wait for the state that the test needs, not for a fixed time.",
    Cause.SERVER_ERROR: "Look into the service's log at that time; retry only what may safely be sent twice.",
    Cause.UNAVAILABLE: "Try again after a pause; check that the service was up and ready before the test began.",
    Cause.GATEWAY_TIMEOUT: "Find out what the service waited for; retry only what may safely be sent twice.",
    Cause.DEPENDENCY_FAILURE: "Check what the service itself depends on: it could not reach that.",
    Cause.CONNECTION_REFUSED: "Check that the service listens there, and wait for it before the test begins.",
    Cause.CONNECTION_RESET: "Check whether the service crashed or was restarted; retry on a new connection.",
    Cause.SERVER_DISCONNECTED: "Retry on a new connection; make the client's keep-alive shorter than the server's.",
    Cause.CONNECT_TIMEOUT: "Check address, network and firewall: nobody answered.",
    Cause.TIMEOUT: "Find out what the service did meanwhile; raise the limit only if this is how long it takes.",
    Cause.SLOW: "Find out why it took so long this time: load, a cold start, a lock.",
    Cause.DNS_FAILURE: "Check the name and the resolver of this machine.",
    Cause.TLS_FAILURE: "Check the certificate, its dates and its issuer, and that the port speaks TLS.",
    Cause.PROTOCOL_ERROR: "Check that the port speaks the protocol: what came back was none of it.",
    Cause.REDIRECT_LOOP: "Follow the redirects by hand: host, scheme or session is not what the service wants.",
    Cause.POOL_EXHAUSTED: "Look for connections that are never given back, or allow more of them.",
    Cause.AUTH_MISSING: "Send credentials with this request.",
    Cause.AUTH_INVALID: "Check the credentials that the test uses: the service does not accept them.",
    Cause.AUTH_EXPIRED: "Give the test a fresh token of its own: this one had expired, or something revoked it.",
    Cause.AUTH_OR_NOT_FOUND: "Check both: that it exists, and that these credentials may see it.",
    Cause.PERMISSION_DENIED: "Grant the test's identity this permission, or use one that has it.",
    Cause.FEATURE_DISABLED: "Enable the feature for this account or project, or skip the test where it is off.",
    Cause.CLIENT_BLOCKED: "Check user agent, address and region: this client is not let in.",
    Cause.PAYMENT_DECLINED: "Use a means of payment that is meant for tests.",
    Cause.QUOTA_EXHAUSTED: "Raise the quota, or wait until it is renewed: retrying does not help.",
    Cause.RESOURCE_LIMIT: "Delete what earlier runs left over, or raise the limit.",
    Cause.ALREADY_EXISTS: "Use a name of its own in each run, and delete what the test makes.",
    Cause.RESOURCE_IN_USE: "Delete first what depends on it, and wait until that is gone.",
    Cause.STATE_FORBIDDEN: "Bring it into the right state first, and wait for that state.",
    Cause.CONFLICT: "Find out what it collides with.",
    Cause.NOT_FOUND: "Check the id, and that the step that makes it has finished.",
    Cause.VALIDATION: "Correct the request: it would be refused again.",
    Cause.UNSUPPORTED: "Use an operation or version that this service has.",
    Cause.DRY_RUN: "Leave out the dry run, or expect its answer.",
    Cause.ARCHIVED_COPY: "It is an archive's copy of an old answer: ask for another copy.",
    Cause.TRUNCATED_BODY: "Check whether a proxy or a size limit cut the answer; try again.",
    Cause.UNEXPECTED_BODY: "Look at the answer's body: it is not what the client takes it for.",
    Cause.NEW_FIELD: "Compare the fields that matter instead of the whole answer.",
    Cause.STALE: "Bypass the cache, or wait until its entry has expired.",
    Cause.STATE_LEAK: "Use a name of its own in each run, and clean up also when a test fails.",
    Cause.CLOCK: "Fix the clock and the time zone in the test.",
    Cause.UNORDERED: "Sort before comparing, or ask for an order.",
    Cause.CANCELLED: "Look at what cancelled it: the reason is there.",
    Cause.CONSEQUENCE: "Look at the first error before this one.",
}


@dataclass(frozen=True, slots=True)
class _Client:
    agent: str
    name: str
    retries: frozenset[int]
    setting: str
    takes_retry: bool = False


# As they are without any setting.
_CLIENTS: Final = (
    _Client(
        "elasticsearch-py/",
        "the Elasticsearch client",
        frozenset({429, 502, 503, 504}),
        "retry_on_status=(429, 500, 502, 503, 504)",
    ),
    _Client(
        "opensearch-py/",
        "the OpenSearch client",
        frozenset({502, 503, 504}),
        "retry_on_status=(429, 500, 502, 503, 504)",
    ),
    _Client(
        "Boto3/",
        "boto3",
        frozenset({429, 500, 502, 503, 504}),
        'Config(retries={"mode": "adaptive", "total_max_attempts": 8})',
    ),
    _Client(
        "python-requests/",
        "requests",
        frozenset(),
        "HTTPAdapter(max_retries=Retry(3, status_forcelist=(429, 500, 502, 503, 504), "
        "backoff_factor=0.5))",
        takes_retry=True,
    ),
    _Client(
        "python-urllib3/",
        "urllib3",
        frozenset(),
        "Retry(3, status_forcelist=(429, 500, 502, 503, 504), backoff_factor=0.5)",
        takes_retry=True,
    ),
    _Client(
        "python-httpx/",
        "httpx",
        frozenset(),
        "a retrying transport, or stamina.retry around the call",
    ),
    _Client(
        "aiohttp/",
        "aiohttp",
        frozenset(),
        "stamina.retry or tenacity around the call",
    ),
)
_RETRYABLE: Final = frozenset({429, 500, 502, 503, 504})
# What urllib3's Retry sends again without being told to.
_RETRIED: Final = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PUT", "TRACE"})


def next_step(meaning: Meaning, call: Call | None = None) -> str:
    """
    Say what to do about *meaning*, which *call* showed.
    """
    advice = NEXT[meaning.cause]
    wait = asked_wait(meaning)
    client = _client(call) if call is not None and call.status in _RETRYABLE else None
    if client is None or call is None or not meaning.is_transient:
        return advice + wait

    return _of_client(meaning, call, client) + wait


def _of_client(meaning: Meaning, call: Call, client: _Client) -> str:
    setting = client.setting
    if client.takes_retry and call.method not in _RETRIED:
        setting += f", with allowed_methods for {call.method}"
    if call.resend_count:
        is_asked = meaning.cause is Cause.RATE_LIMITED
        return (
            f"{_begun(client.name)} gave up after {call.resend_count + 1} attempts: "
            f"let it wait longer ({setting})"
            f"{', or ask less often' if is_asked else ''}."
        )
    if call.status in client.retries:
        return f"Let {client.name} try more often: {setting}."

    # Whoever trips over a request may have done half of it.
    log = "Look into the service's log at that time. " * (
        meaning.cause is Cause.SERVER_ERROR
    )

    return (
        f"{log}{_begun(client.name)} doesn't retry a {call.status} by default; if the "
        f"request may be sent twice: {setting}."
    )


def _client(call: Call) -> _Client | None:
    agent = next(iter(call.request_headers().get("user-agent", ())), "")

    return next((one for one in _CLIENTS if one.agent in agent), None)


def _begun(name: str) -> str:
    # Names of libraries keep their small letters; "the client" does not.
    return name[0].upper() + name[1:] if " " in name else name
