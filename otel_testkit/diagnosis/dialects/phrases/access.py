"""
Who asks, and what he may do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from otel_testkit.diagnosis.finding import Cause


WORDS: Final[Mapping[str, str]] = {
    "credential": (
        r"(?<!page )(?<!pagination )(?<!next )(?<!continuation )(?<!sync )"
        r"(?<!sequence )(?:credentials?|(?:access |auth\w* |api |bearer |"
        r"security |refresh |id |jwt )?tokens?|api[- _]?keys?|apikey|passwords?|"
        r"passphrase|(?:client )?secrets?|signatures?|jwt|sessions?|log[- ]?in|"
        r"x-[\w-]*key|authenti?cation|authorization|access keys?|user ?name|"
        r"client id|client credentials)"
    ),
}

PHRASES: Final[Mapping[Cause, Mapping[int, str]]] = {
    Cause.AUTH_MISSING: {
        6: r"""
            credentials? (?:were|was|are) not provided
            (?:missing|no|without|provide (?:an? )?|lacks?|must (?:provide|include|be|
                supply|send)|did(?:n't| not) (?:provide|include|send)|not (?:provide|
                includ|suppl|send)\w*|requires?|needs?) (?:an? |any |valid |the |your |
                required |request |to |be )*(?:<credential>|authenticat(?:e|ed|ion)|
                logged in|log in|sign in|signed in|authorization header|auth)\b
            <credential>(?: header| information| parameter)?(?: is| are| was| were|
                 must be| has)? (?:not (?:been )?(?:provided|present|supplied|set|given|
                specified|sent)|required|missing|absent|needed|empty|blank)\b
            not (?:logged|signed) in|login required|not authenticated
            please (?:log|sign)[ -]?in|anonymous (?:caller|user|access|request|is not)
            unauthenticated|authentication (?:is )?(?:required|needed)
            requires? (?:user )?auth
        """,
    },
    Cause.AUTH_INVALID: {
        8: r"""
            (?:invalid|malformed|unknown)(?:,| or|/) ?expired|expired(?:,| or|/) ?invalid
        """,
        5: r"""
            (?:invalid|bad|incorrect|wrong|unknown|malformed|unrecogni[sz]ed|illegal|
                unable to (?:verify|validate|decode|authenticate)|could not (?:verify|
                validate|decode)|failed to (?:verify|authenticate|validate)|
                cannot (?:verify|validate|authenticate)|not (?:a )?valid|
                not able to validate) (?:an? |the |or \w+ |your |format (?:for|of) |given |provided |
                client |user |api |access )*<credential>
            <credential>\b[\w\s'\"/,.:-]{0,50}(?:invalid|incorrect|wrong|
                not (?:a )?(?:valid|correct|match|recogni|exist|found|accepted)|
                (?:cannot|could not|can't) be (?:verified|validated|decoded|
                authenticated)|malformed|rejected|unknown|mismatch|bad|unsupported)
            (?:authenticat\w+|login|log in|sign in|logon) (?:has |was |is )?(?:failed|
                failure|error|unsuccessful|denied|invalid|not successful)
            (?:failed to|could not|cannot|unable to|can't) (?:be )?(?:authenticate|
                log in|login|sign in|authorize)
            signature\b.{0,60}(?:match|mismatch|invalid|verif)
            invalid auth|invalid (?:api )?key|bad auth
        """,
    },
    Cause.AUTH_EXPIRED: {
        6: r"""
            (?:request|signature|link) (?:has |is )?expired
            <credential>\b[\w\s'\"/,.:-]{0,50}\b(?:expired|revoked|no longer valid|
                inactive|not active|deactivated|timed out|expir(?:y|
                ation) (?:utc )?time)
            (?:expired|revoked|inactive)(?: or \w+)? (?:\w+ )?(?:credentials?|token|
                session|jwt|(?:api )?key|password|signature)
            (?:account|user|client) (?:has been |is |was )?(?:deactivated|inactive)
            re-?authenticate|refresh (?:your|the) (?:access )?token
        """,
    },
    Cause.AUTH_OR_NOT_FOUND: {
        7: r"""
            (?:not found|(?:does|do)(?:n't| not) exist|(?:could not|cannot|
                can't) (?:be )?(?:find|found)|no such|not exist).{0,30}\b(?:or|
                and/or)\b.{0,80}(?:permission|access|authori[sz]|privat|visible|
                not allowed|denied|rights)
            (?:permissions?|access|authori[sz]ed|denied|visible|
                rights)\b.{0,200}\bor\b.{0,60}(?:does not exist|n't exist|not found|
                could not be found|not be found)
        """,
    },
    Cause.PERMISSION_DENIED: {
        5: r"""
            (?:permissions?|access|privileges?|rights?|roles?|
                scopes?)\b.{0,40}(?:denied|required|missing|insufficient|not granted|
                lacking|forbidden|not allowed|not permitted)
            (?:denied|insufficient|missing|lacks?|lacking|without|requires?|no|(?:not|
                n't) have|need) (?:\w+ ){0,4}(?:permissions?|privileges?|scopes?|access|
                rights|authori[sz]ation|authentication scopes?)\b
            not (?:be )?(?:authori[sz]ed|permitted|entitled|privileged)\b(?: to perform)?
            (?:user|you|caller|account|client|key|role|principal|identity|
                token)\b.{0,80}(?:not|n't) (?:be )?(?:allowed|able|have|authori[sz]ed|
                permitted)
            \bforbidden\b|access denied|denied access|not accessible|explicit deny
            must (?:have|be) .{0,40}(?:admin|owner|role|permission|privilege|collaborat)
            only .{0,40}(?:owners?|admin\w*|members|creator)\b|denied by
        """,
        3: r"""
            unauthori[sz]ed
            not allowed
            \bdenied\b
        """,
    },
    Cause.FEATURE_DISABLED: {
        8: r"""
            has not been used in project|accessing .{0,40} disabled
            billing (?:is |has )?(?:not|n't|to be|must).{0,20}(?:enabl|activ)
        """,
        6: r"""
            (?:api|feature(?!\.)|service|product|module|plugin|add-?on|functionality|
                extension|integration|option|capability|billing)s?\b[^;]{0,100}?\b(?:is|
                are|has|have|been|was|be|to)?(?: |n't )?(?:not |been |
                currently )*(?:enabled|disabled|activated|turned (?:on|off)|
                switched (?:on|off))\b
            (?:your|this|current|the|a) (?:\w+ )?(?:plan|subscription|tier|licen[cs]e|
                edition|package|account type)\b.{0,60}(?:not|n't|missing|only|required)
            (?:not|n't|only) (?:\w+ )?(?:available|included|supported|allowed|offered|
                accessible) (?:on|in|for|with|under|to|as part of) (?:your|this|the|
                current|an?|paid|free|enterprise|premium) ?(?:\w+ ){0,3}(?:plan|
                subscription|tier|licen[cs]e|edition|package|users?|customers?|
                accounts?)
            (?:is|are|been|was) (?:currently )?not (?:enabled|activated)\b
            requires? (?:an? |the )?(?:\w+ ){0,3}(?:plan|subscription|licen[cs]e|
                upgrade)\b
            (?:premium|pro|enterprise|business|paid) (?:\w+ )?(?:required|only|features?|users?|subscri\w*)\b
            plan is missing|upgrade (?:your|to|plan)
            (?:subscription|licen[cs]e|plan) (?:is )?(?:needed|required|expired|inactive)
            (?:must|need to|n't|not) have .{0,40}(?:subscription|plan|licen[cs]e)\b
            (?:not|n't) (?:been )?(?:subscribed|opted|onboarded|signed up|licensed|
                allow-?listed|white-?listed|provisioned for)\b
        """,
        5: r"""
            (?:is|are|been|was) (?:currently )?disabled\b|must (?:first )?be enabled
        """,
        3: r"""
            enable (?:it|the|this)
        """,
    },
    Cause.CLIENT_BLOCKED: {
        6: r"""
            user[- ]?agent\b|captcha|web application firewall|\bwaf\b
            (?:your|this|client|source) ip\b.{0,60}(?:not|block|ban|den|list)
            ip (?:address )?.{0,40}(?:not allowed|blocked|banned|denied|restrict|
                allow-?list|white-?list)
            legal reasons|legally|(?:in|from) your (?:country|region|location)
            (?:you|request|access|traffic|client)\b.{0,40}(?:been|was|were|is|
                are) blocked\b
        """,
        4: r"""
            robots?\b|\bbots?\b|automated (?:access|traffic|quer)|cloudflare
        """,
    },
    Cause.PAYMENT_DECLINED: {
        6: r"""
            (?:card|payment|transaction|charge|bank account)\b.{0,40}(?:declined|
                expired|failed|was refused|rejected|not honou?r)
            insufficient (?:\w+ )?funds|do not honou?r|issuer|cvc|security code is
        """,
        3: r"""
            payment (?:is )?required|declined
        """,
    },
}
