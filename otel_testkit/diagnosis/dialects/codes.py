"""
What codes of services mean: AWS, Google, Azure, GitHub, Slack, Stripe, Okta,
Elasticsearch, Kubernetes, OAuth and others.

Upper and lower case, separators and a final `Exception`, `Error` or `Fault` make
no difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from otel_testkit.diagnosis.finding import Cause


# They say it outright, whoever uses them.
CODES: Final[Mapping[Cause, str]] = {
    Cause.RATE_LIMITED: """
        Throttling ThrottlingException ThrottledException RequestThrottled
        RequestThrottledException TooManyRequestsException RequestLimitExceeded
        BandwidthLimitExceeded ProvisionedThroughputExceededException SlowDown
        PurgeQueueInProgress AWS.SimpleQueueService.PurgeQueueInProgress
        EC2ThrottledException CallRateLimitExceeded CallerRateLimitExceeded
        ConcurrentInvocationLimitExceeded
        ReservedFunctionConcurrentInvocationLimitExceeded rateLimitExceeded
        userRateLimitExceeded RATE_LIMIT_EXCEEDED concurrentLimitExceeded
        RateLimitReached RateLimitedException ratelimited rate_limited rate_limit
        rate_limit_error too_many_requests TooManyRequests too_many_write_operations
        SubscriptionRequestsThrottled E0000047 REQUEST_LIMIT_EXCEEDED over_rate_limit
        over_query_limit THROTTLING_QUOTA_EXCEEDED message_limit_exceeded FloodWait
        """,
    Cause.QUOTA_EXHAUSTED: """
        insufficient_quota dailyLimitExceeded DailyLimitExceeded credit_balance_too_low
        storageQuotaExceeded insufficient_space user_over_quota
        """,
    Cause.RESOURCE_LIMIT: """
        ServiceQuotaExceededException ResourceLimitExceeded ResourceCountExceeded
        TooManyBuckets SkuQuotaExceeded AddressLimitExceeded VcpuLimitExceeded
        InstanceLimitExceeded MaxSpotInstanceCountExceeded CodeStorageExceeded
        TooManyHostedZones TooManyEntities rolesPerProjectLimitExceeded
        """,
    Cause.ALREADY_EXISTS: """
        BucketAlreadyOwnedByYou EntityAlreadyExists AlreadyExists ALREADY_EXISTS
        alreadyExists duplicate DuplicateValue DUPLICATE_VALUE name_taken taken
        already_in_channel already_reacted already_pinned already_starred
        InvalidPermission.Duplicate InvalidKeyPair.Duplicate InvalidGroup.Duplicate
        resource_already_exists resource_already_exists_exception QueueNameExists
        RecordExists FunctionAlreadyExist E0000089 duplicate_key_error
        StorageAccountAlreadyTaken
        """,
    Cause.RESOURCE_IN_USE: """
        ResourceInUse DependencyViolation DeleteConflict BucketNotEmpty
        HostedZoneNotEmpty VolumeInUse VPCInUse InUseSubnetCannotBeDeleted
        ResourceGroupBeingUsed CannotDeleteResource RepositoryNotEmpty
        InUseRouteTableCannotBeDeleted InUseNetworkSecurityGroupCannotBeDeleted
        """,
    Cause.CONCURRENCY_CONFLICT: """
        ConcurrentModification ConcurrentUpdate OptimisticLock StaleObject
        OptimisticConcurrency ConditionalCheckFailed TransactionConflict
        ReplicatedWriteConflict PreconditionFailed ConditionNotMet
        UpdateConditionNotSatisfied TargetConditionNotMet conditionNotMet
        version_conflict_engine_exception version_conflict edit_conflict EDIT_CONFLICT
        ETagMismatch OperationAborted ConditionalRequestConflict WriteConflict
        UNABLE_TO_LOCK_ROW ABORTED lock_timeout E0000112 PriorRequestNotComplete
        """,
    Cause.NOT_READY: """
        TransactionInProgress QueueDeletedRecently
        AWS.SimpleQueueService.QueueDeletedRecently transient_state ResourceNotReady
        resourceNotReady notReady AnotherOperationInProgress InProgress
        ResourceGroupBeingDeleted RetryableError IncorrectState PendingVerification
        E0000239 locked snapshot_in_progress_exception
        index_primary_shard_not_allocated_exception no_shard_available_action_exception
        OperationInProgress
        """,
    Cause.AUTH_MISSING: """
        MissingAuthenticationToken MissingAuthenticationTokenException MissingToken
        not_authed NoAuthenticationInformation MissingCredentials authRequired
        auth_required login_required authentication_required no_token token_missing
        """,
    Cause.AUTH_INVALID: """
        InvalidAccessKeyId SignatureDoesNotMatch UnrecognizedClientException
        InvalidClientTokenId AuthFailure InvalidSignature InvalidSecurityToken
        IncompleteSignature invalid_auth invalid_client unauthorized_client
        InvalidAuthenticationToken InvalidAuthenticationTokenTenant authError
        bad_credentials invalid_credentials invalid_access_token invalid_api_key
        api_key_invalid API_KEY_INVALID authentication_error authentication_failed
        AuthenticationFailed E0000011 E0000004 INVALID_LOGIN AADSTS7000215 AADSTS700016
        AADSTS90002 AADSTS50034 AADSTS50126 ACCESS_TOKEN_TYPE_UNSUPPORTED
        denied_authentication
        """,
    Cause.AUTH_EXPIRED: """
        ExpiredToken ExpiredTokenException expired_access_token token_expired
        ExpiredAuthenticationToken token_revoked account_inactive token_inactive
        INVALID_SESSION_ID expired_token ACCESS_TOKEN_EXPIRED AADSTS700082 AADSTS50173
        AADSTS70008 AADSTS7000222 session_expired auth_expired RequestExpired
        certificate_expired
        """,
    Cause.PERMISSION_DENIED: """
        AccessDenied AccessDeniedException UnauthorizedOperation AuthorizationError
        AuthorizationFailed AuthorizationPermissionMismatch PERMISSION_DENIED
        IAM_PERMISSION_DENIED ACCESS_TOKEN_SCOPE_INSUFFICIENT insufficientPermissions
        insufficient_permissions insufficient_scope missing_scope no_permission
        restricted_action not_in_channel INSUFFICIENT_ACCESS
        INSUFFICIENT_ACCESS_OR_READONLY E0000006 LinkedAuthorizationFailed
        RequestDisallowedByPolicy permission_denied permission_error access_denied
        insufficient_privileges insufficientAccess CrossAccountAccessDenied
        """,
    Cause.FEATURE_DISABLED: """
        accessNotConfigured SERVICE_DISABLED apiNotEnabled OptInRequired
        SubscriptionRequired SubscriptionRequiredException
        MissingSubscriptionRegistration FeatureNotEnabled FeatureNotAvailable
        API_DISABLED_FOR_ORG paid_only team_not_eligible feature_not_enabled
        plan_upgrade_required BILLING_DISABLED UREQ_PROJECT_BILLING_NOT_FOUND
        NotSignedUp ReadOnlyDisabledSubscription E0000015 API_CURRENTLY_DISABLED
        """,
    Cause.CLIENT_BLOCKED: """
        ip_not_allowed captcha_required iprestricted API_KEY_HTTP_REFERRER_BLOCKED
        API_KEY_IP_ADDRESS_BLOCKED
        """,
    Cause.PAYMENT_DECLINED: """
        card_declined expired_card insufficient_funds incorrect_cvc processing_error
        do_not_honor payment_declined payment_failed card_error processor_declined
        incorrect_zip
        """,
    Cause.STATE_FORBIDDEN: """
        IncorrectInstanceState InvalidInstanceState InvalidState InvalidStateTransition
        KMSInvalidState is_archived already_archived already_closed already_cancelled
        already_refunded charge_already_refunded charge_already_captured
        InvalidResourceState IllegalStatus ResourceReadOnly DeletionProtectionEnabled
        payment_intent_unexpected_state index_closed_exception
        """,
    Cause.NOT_FOUND: """
        DBInstanceNotFoundFault NonExistentQueue AWS.SimpleQueueService.NonExistentQueue
        QueueDoesNotExist NoSuchEntity NoSuchKey NoSuchBucket NoSuchUpload
        NoSuchHostedZone NOT_FOUND notFound E0000007 resource_missing object_not_found
        index_not_found_exception channel_not_found user_not_found
        Request_ResourceNotFound DeploymentNotFound ResourceGroupNotFound
        StateMachineDoesNotExist ExecutionDoesNotExist ActivityDoesNotExist tombstoned
        GONE
        """,
    Cause.VALIDATION: """
        InvalidParameterCombination MissingParameter SerializationException
        parameter_invalid context_length_exceeded string_above_max_length
        parsing_exception mapper_parsing_exception illegal_argument_exception
        x_content_parse_exception strict_dynamic_mapping_exception
        number_format_exception script_exception FieldValueInvalid E0000001 E0000003
        MALFORMED_QUERY INVALID_FIELD JSON_PARSER_ERROR MALFORMED_ID parameter_missing
        parameter_unknown parameter_invalid_integer parameter_invalid_empty
        unsupported_grant_type invalid_scope invalid_redirect_uri
        MalformedPolicyDocument MalformedXML InvalidBucketName InvalidRequestContent
        MalformedQueryString InvalidAttributeName InvalidAttributeValue
        InvalidSequenceToken EntityTooLarge KeyTooLong MetadataTooLarge InvalidRange
        InvalidArn InvalidDefinition InvalidName
        """,
    Cause.UNSUPPORTED: """
        InvalidAction UnknownOperation UnknownOperationException UNIMPLEMENTED
        MethodNotAllowed methodNotAllowed NotImplemented unsupported_method
        UnsupportedOperation UnsupportedMediaType FeatureNotSupported unknown_method
        method_deprecated deprecated_endpoint NoRegisteredProviderFound
        UnsupportedApiVersion InvalidApiVersionParameter E0000022
        """,
    Cause.SERVER_ERROR: """
        InternalError InternalFailure InternalServerError InternalService
        InternalServerException ServiceException INTERNAL DATA_LOSS backendError
        internal_error fatal_error api_error UNKNOWN_EXCEPTION E0000009 ServiceFailure
        """,
    Cause.UNAVAILABLE: """
        ServiceUnavailable ServiceUnavailableException UNAVAILABLE
        InsufficientInstanceCapacity InsufficientCapacity ServerBusy SERVER_UNAVAILABLE
        service_unavailable overloaded_error overloaded ZONE_RESOURCE_POOL_EXHAUSTED
        AllocationFailed es_rejected_execution_exception circuit_breaking_exception
        EC2UnexpectedException
        """,
    Cause.GATEWAY_TIMEOUT: """
        RequestTimeout RequestTimeoutException DEADLINE_EXCEEDED GatewayTimeout
        OperationTimedOut ServerTimeout upstream_timeout
        """,
    Cause.DEPENDENCY_FAILURE: """
        FailedDependency DependencyFailedException upstream_error
        EFSMountFailureException
        """,
    Cause.DRY_RUN: "DryRunOperation",
    Cause.CLOCK: """
        RequestTimeTooSkewed RequestInTheFuture SignatureNotYetCurrent clock_skew
        """,
}

# They give the direction only: a message, if there is one, knows better.
VAGUE_CODES: Final[Mapping[Cause, str]] = {
    Cause.RATE_LIMITED: "RESOURCE_EXHAUSTED",
    Cause.RESOURCE_LIMIT: "LimitExceeded LimitExceededException QuotaExceeded",
    Cause.VALIDATION: """
        ValidationException ValidationError InvalidArgument InvalidParameter
        InvalidParameterValue InvalidInput InvalidChangeBatch validation_failed invalid
        invalid_request InvalidRequest InvalidRequestException BadRequest bad_request
        FAILED_PRECONDITION failedPrecondition OUT_OF_RANGE ClientError
        invalid_request_error InvalidParameterException unprocessable_entity
        UnprocessableEntity missing required
        """,
    Cause.PERMISSION_DENIED: """
        forbidden not_allowed OperationNotAllowed operation_not_permitted
        OperationNotPermitted unauthorized security_exception
        """,
    Cause.AUTH_INVALID: """
        Unauthorized unauthenticated UNAUTHENTICATED invalid_token OAuthException
        """,
    Cause.CONFLICT: "Conflict ConflictException ResourceConflict OperationConflict",
    Cause.AUTH_EXPIRED: "invalid_grant",
    Cause.NOT_FOUND: "unknown gone",
    Cause.UNAVAILABLE: "cluster_block_exception unavailable_shards_exception",
    Cause.SERVER_ERROR: "error server_error",
}
