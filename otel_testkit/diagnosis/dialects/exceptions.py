"""
What exceptions of clients say: by their type, and by what they say in words.

A type is looked up by its last name. The same fault has a dozen names, and the same
name (`ConnectionError`) stands for a dozen faults: the vague ones count little, and
the chain below them, or the words, decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from otel_testkit.diagnosis.finding import Cause


TYPES: Final[Mapping[Cause, str]] = {
    Cause.DNS_FAILURE: """
        gaierror herror NameResolutionError ClientConnectorDNSError DNSError
        NoNameservers NXDOMAIN UnknownHostException
        """,
    Cause.TLS_FAILURE: """
        SSLError SSLCertVerificationError CertificateError SSLEOFError
        SSLZeroReturnError ClientConnectorSSLError ClientConnectorCertificateError
        ClientSSLError TlsError SSLHandshakeException SSLWantReadError
        """,
    Cause.CONNECTION_REFUSED: "ConnectionRefusedError NoBrokersAvailable",
    Cause.CONNECTION_RESET: """
        ConnectionResetError ConnectionAbortedError BrokenPipeError ClientOSError
        ClientConnectionResetError ReadError WriteError
        """,
    Cause.SERVER_DISCONNECTED: """
        RemoteDisconnected ServerDisconnectedError ConnectionClosedError AdminShutdown
        IdleInTransactionSessionTimeout ConnectionClosed ConnectionClosedOK EndOfStream
        """,
    Cause.CONNECT_TIMEOUT: """
        ConnectTimeout ConnectTimeoutError ConnectionTimeoutError
        """,
    Cause.TIMEOUT: """
        ReadTimeout ReadTimeoutError SocketTimeoutError ServerTimeoutError WriteTimeout
        NetworkTimeout WTimeoutError ExecutionTimeout QueryCanceled DeadlineExceeded
        RequestTimedOut
        """,
    Cause.POOL_EXHAUSTED: "PoolTimeout EmptyPoolError FullPoolError TooManyConnections",
    Cause.REDIRECT_LOOP: "TooManyRedirects",
    Cause.TRUNCATED_BODY: """
        IncompleteRead ClientPayloadError ContentLengthError StreamClosed
        ResponseStreamingError IncompleteReadError ContentTooShortError
        """,
    Cause.PROTOCOL_ERROR: """
        BadStatusLine LineTooLong UnknownProtocol InvalidChunkLength LocalProtocolError
        BadHttpMessage InvalidHeader DecodingError DecodeError ContentDecodingError
        UnknownTransferEncoding InvalidResponse InvalidHeaderDefect
        """,
    Cause.UNEXPECTED_BODY: """
        JSONDecodeError ContentTypeError UnsupportedProductError ResponseParserError
        ResponseValidationError ParseError ExpatError XMLSyntaxError
        RequestsJSONDecodeError SerializationError
        """,
    Cause.RATE_LIMITED: """
        TooManyRequests RateLimitError RateLimitExceeded RetryAfter
        RateLimitExceededException ThrottlingException TooManyRequestsException
        RatelimitException ThrottlingQuotaExceededError
        """,
    Cause.AUTH_MISSING: "NoCredentialsError PartialCredentialsError CredentialsNotFound",
    Cause.AUTH_EXPIRED: """
        TokenRetrievalError SSOTokenLoadError UnauthorizedSSOTokenError
        ExpiredSignatureError TokenExpiredError RefreshError ExpiredTokenException
        """,
    Cause.AUTH_INVALID: """
        AuthenticationError AuthenticationFailed InvalidPassword InvalidSignatureError
        InvalidAuthorizationSpecification SaslAuthenticationFailedError
        """,
    Cause.PERMISSION_DENIED: """
        InsufficientPrivilege NoPermissionError AccessDeniedException PermissionDenied
        Forbidden AuthorizationException
        """,
    Cause.CONCURRENCY_CONFLICT: """
        SerializationFailure DeadlockDetected LockNotAvailable StaleDataError WatchError
        TransactionRollbackError CouldNotSerialize VersionConflict
        """,
    Cause.ALREADY_EXISTS: """
        UniqueViolation DuplicateKeyError DuplicateTable DuplicateDatabase
        FileExistsError EntityAlreadyExistsException BucketAlreadyOwnedByYou
        TopicAlreadyExistsError
        """,
    Cause.NOT_FOUND: """
        UndefinedTable UndefinedColumn NoSuchTableError ObjectDoesNotExist
        InvalidCatalogName ResourceNotFoundException UnknownTopicOrPartitionError
        """,
    Cause.NOT_READY: "BusyLoadingError CannotConnectNow LeaderNotAvailableError",
    Cause.STATE_FORBIDDEN: "ReadOnlyError ReadOnlySqlTransaction",
    Cause.CLOCK: "ImmatureSignatureError",
    Cause.CONSEQUENCE: "InFailedSqlTransaction PendingRollbackError",
}

# They speak of the test's own code, whatever the words are.
OWN: Final = frozenset(
    {
        *("AssertionError", "AttributeError", "ImportError", "IndexError", "KeyError"),
        *("ModuleNotFoundError", "NameError", "NotImplementedError", "SyntaxError"),
        *("TypeError", "UnboundLocalError", "ZeroDivisionError"),
    }
)

# The fault is elsewhere in the chain, or in the words.
VAGUE_TYPES: Final[Mapping[Cause, str]] = {
    Cause.TIMEOUT: """
        TimeoutError Timeout TimeoutException timeout APITimeoutError WaitTimeoutError
        ConnectionTimeout
        """,
    Cause.CONNECTION_REFUSED: """
        ConnectionError ConnectError ClientConnectorError NewConnectionError
        EndpointConnectionError APIConnectionError ServerSelectionError
        """,
    Cause.CONNECTION_RESET: """
        ProtocolError ClientConnectionError NetworkError AutoReconnect
        ChunkedEncodingError
        """,
    Cause.PROTOCOL_ERROR: "RemoteProtocolError",
    Cause.CONNECT_TIMEOUT: "ServerSelectionTimeoutError KafkaTimeoutError",
    # What a timeout is made of, too.
    Cause.CANCELLED: "CancelledError KeyboardInterrupt Cancelled",
}

# For lower-case text; 6 outright, 4 rather, 2 a hint.
WORDS: Final[Mapping[Cause, Mapping[int, str]]] = {
    Cause.DNS_FAILURE: {
        7: r"""
            name or service not known|nodename nor servname|getaddrinfo|name resolution
            failed to resolve|could not translate host name
            (?:dns|host(?:name)?)\b.{0,40}(?:resolv|not found|lookup|unknown)
            no address associated|unknown host|enotfound|errno -[235]\b
            domain name not found|could not contact dns
            (?<=[\w-])\.invalid\b
        """,
    },
    Cause.TLS_FAILURE: {
        7: r"""
            \[ssl|\bssl(?:v\d|error| error|_| handshake| routines)|\btls(?:v\d| |_)
            certificate|wrong version number|handshake|self[- ]signed|x509|unknown ca\b
        """,
    },
    Cause.POOL_EXHAUSTED: {
        8: r"""
            pool (?:limit|is full|exhausted|timed? ?out|size)|queuepool|poolsize
            too many (?:\w+ )?(?:connections|clients)|remaining connection slots
            max(?:imum)? (?:number of )?(?:clients|connections)|max_user_connections
            connection (?:pool )?limit|connections? in use
            (?:couldn't|could not) get a connection from the pool
        """,
    },
    Cause.CONNECTION_REFUSED: {
        7: r"""
            connection refused|actively refused|econnrefused|errno (?:111|61|10061)\b
            connect call failed|nobrokersavailable|no brokers? available
        """,
        3: r"""
            (?:could not|can't|cannot|failed to|unable to) (?:establish|connect|open|
                bootstrap)
            connection error|no route to host|network is unreachable|unreachable
        """,
    },
    Cause.CONNECTION_RESET: {
        7: r"""
            connection (?:was )?reset|reset by peer|econnreset|errno (?:104|54|32)\b
            broken pipe|forcibly closed|recvmsg:
        """,
        3: r"""
            connection aborted
        """,
    },
    Cause.SERVER_DISCONNECTED: {
        6: r"""
            remote end closed|server disconnected|closed the connection|socket closed
            connection (?:was |is |has been |already )*(?:closed|lost|terminated|gone)
            closed (?:connection|by)|eof\b|unexpected end|gone away|lost connection
            server closed|without (?:sending )?(?:a|any|response)
            terminating connection|goaway|end of file
        """,
    },
    Cause.CONNECT_TIMEOUT: {
        8: r"""
            (?:connect(?:ion)?|establish\w*)\b.{0,40}(?:timed? ?out|timeout|no response)
            timed? ?out.{0,30}(?:connect|establish)(?!ion closed)|etimedout|errno 110\b
            failed to connect.{0,80}(?:timed? ?out|timeout)|server selection timeout
        """,
    },
    Cause.TIMEOUT: {
        9: r"""
            due to (?:statement|lock) timeout|\(timed out\)|read timed out
        """,
        7: r"""
            read (?:operation )?timed? ?out|read timeout|reading from (?:socket|server)
        """,
        5: r"""
            timed? ?out\b|timeout|deadline exceeded|statement timeout|took too long
            time limit|canceling statement due to|query execution was interrupted
        """,
    },
    Cause.TRUNCATED_BODY: {
        8: r"""
            incomplete ?read|more expected
            peer closed connection without sending complete|not enough data
            payload is not completed|truncated|premature (?:end|eof)|content[- ]length
            transfer closed
        """,
        5: r"""
            unterminated string|unexpected end of json|expecting .* delimiter
        """,
    },
    Cause.PROTOCOL_ERROR: {
        7: r"""
            bad ?status ?line|illegal (?:status|request|header)
            malformed (?:status|header|response|packet|chunk)
            invalid (?:status line|http|chunk|header|constant|response from)|bad http
            not http|protocol (?:error|violation)|expected http/|wire format
            unsupported protocol|http_1_1_required|packet sequence|missing http
            400, message='(?:bad|invalid)|trying to connect an http1
            unexpected (?:packet|response type|message type)
        """,
    },
    Cause.REDIRECT_LOOP: {
        8: r"""
            (?:too many|exceeded|maximum|\d+) (?:allowed )?redirect
            redirect\w* (?:loop|error)|infinite (?:loop|redirect)
            redirect.{0,30}infinite
        """,
    },
    Cause.UNEXPECTED_BODY: {
        7: r"""
            expecting value|extra data: line|attempt to decode json
            unexpected (?:mimetype|content)|invalid json|not (?:valid )?json|jsondecode
            could not (?:be )?(?:decode|parse)|unable to parse|unsupported product
            not a (?:supported|valid) (?:distribution|elasticsearch)
            the client noticed that the server is not|not well-formed
            expecting property name
        """,
    },
    Cause.AUTH_MISSING: {
        7: r"""
            \bnoauth\b|unable to locate credentials|no password supplied
        """,
    },
    Cause.AUTH_INVALID: {
        7: r"""
            wrongpass|password authentication failed|access denied for user
            role .{0,60} does not exist|login failed|no pg_hba
        """,
    },
    Cause.CONSEQUENCE: {
        9: r"""
            current transaction is aborted|rolled back due to a previous exception
        """,
    },
    Cause.CANCELLED: {
        10: r"""
            due to user request|\bcancelled by\b|query was killed
        """,
    },
    Cause.CLOCK: {
        7: r"""
            offset-naive|issuedat|not yet valid|in the future|clock skew
        """,
    },
    Cause.UNAVAILABLE: {
        5: r"""
            service unavailable|server error: 503|\b50[23]\b|overloaded
            failed to connect to all addresses|no healthy
        """,
    },
}

# Settings that are told along: nothing that happened.
NOISE: Final = (
    r"\(configured [^)]*\)|topology description.*|"
    r"\b\w*timeout\w*\s*[=:]\s*(?:\d[\d.]*\w*|none)"
)

# As a client says which status it got.
STATUS: Final = (
    r"(?:http error|status(?:[ _]code)?|error code|client error|server error|response|"
    r"\bapierror\(|max retries .*too many|too many|error)\b[^\d\n]{0,24}\b([45]\d\d)\b"
    r"|^\(?([45]\d\d)\b|\b([45]\d\d) (?:client error|server error|too many|unauthor|"
    r"service unav|internal|bad gateway|forbidden|conflict|not found)"
    r"|\[([45]\d\d)\]|\w(?:Error|Exception)\(([345]\d\d)\b"
)
