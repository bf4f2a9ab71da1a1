"""
What is wrong with what is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from otel_testkit.diagnosis.finding import Cause


WORDS: Final[Mapping[str, str]] = {
    "done": (
        r"(?:deleted|closed|cancell?ed|completed?|terminated|finished|merged|"
        r"archived|paid|refunded|captured|running|stopped|started|enabled|"
        r"disabled|active|inactive|activated|deactivated|verified|processed|"
        r"submitted|published|locked|resolved|confirmed|ended|signed|sent|shipped|"
        r"approved|rejected|suspended|final\w*)"
    ),
}

PHRASES: Final[Mapping[Cause, Mapping[int, str]]] = {
    Cause.STATE_FORBIDDEN: {
        6: r"""
            in (?:an? |the )?[\w-]+ (?:state|status)\b.{0,40}(?:can ?not|can't|not allow)
            because it is in (?:an? |the )?(?:state|status)
        """,
        5: r"""
            (?:not|n't) (?:\w+ )?in (?:an? |the )?(?:\w+ ){0,3}(?:state|status)\b
            (?:invalid|incorrect|wrong|inappropriate|terminal|unexpected|current|
                illegal|final) (?:\w+ ){0,3}(?:state|status)\b(?! code| machine)
            (?:is|was|has|have|been|are) already (?:been )?<done>\b
            already (?:been )?<done>\b
            already in (?:an? |the )?(?:\w+ ){0,2}(?:state|status)\b
            (?:cannot|can't|can not|could not|unable to|may not|must not|
                not allowed to)\b.{0,80}\b(?:while|when|once|until|as it is|
                in its current|with status|in state|in status)\b
            (?:is|are|was|has been|been) (?:not )?<done>\b(?! by| in| on| for| to)
            read[- ]?only|immutable|unmodifiable|(?:deletion|termination) ?protection
            (?:is|are) protected|protected \w+|may not be (?:terminat|stopp|delet)ed
            (?:can|may) only (?:be )?\w+.{0,60}\b(?:when|if|while|in|after|before)\b
            no longer (?:\w+ )?(?:be |allow|accept|edit|modif|activ)
        """,
        4: r"""
            (?:cannot|can't) (?:be )?(?:\w+ )?(?:undone|reversed|changed|modified|
                deleted|removed|updated|edited)\b
        """,
    },
    Cause.VALIDATION: {
        7: r"""
            (?:parameter|value|field|argument|type|format|version)s?\b.{0,60}(?:not|n't|
                no longer) (?:be )?support
            duplicat\w*\b.{0,40}(?:in (?:the|your|this) (?:request|batch)|tag keys?|
                param|entr|fields?\b|\bids?\b)
            (?:too many|maximum number|more than)\b.{0,60}\b(?:in|per|for) (?:an? |the |
                one |single |each |your )*(?:\w+ )?(?:request|batch|call)\b
        """,
        6: r"""
            (?:max(?:imum)?|exceeds?|longer|larger|greater|less|shorter|smaller|minimum|
                min|too|allowed)\b.{0,60}(?:length|characters|bytes|size|long|short|
                tokens|digits|context)\b
        """,
        5: r"""
            (?:invalid|illegal|malformed|bad|incorrect|wrong|missing|unknown|unexpected|
                unrecogni[sz]ed|unsupported|empty|
                required) (?:[\w.'\"-]+ ){0,3}?(?:param\w*|arg\w*|value|format|input|
                fields?|json|xml|type|date|query|syntax|option|url|uri|e-?mail|
                character|length|range|body|header|filter|property|properties|attribute|
                payload|path|pattern|entity|schema|element|content|expression|number|
                address|scope|grant)s?\b
            (?:is|are|was|were) (?:an? )?(?:not (?:an? )?valid|invalid|required|too \w+|
                not (?:an? )?(?:valid|correct|allowed|permitted|recogni)|empty|blank|
                null|missing|mandatory|malformed|not set|not specified|incorrect|
                not supported|not one of|out of)\b
            must (?:be|not|have|contain|match|specify|provide|include|start|end|satisfy|
                only|consist|set|supply|define)\b
            (?:can't|cannot|can not|may not|should not) be (?:blank|empty|null|parsed|
                none|negative|zero|the same|specified|combined|used|both|set)
            validation
            (?:failed|unable|could not|cannot|can't|error) (?:to )?(?:satisfy|parse|
                be parsed|parsing|deserialize|decode|convert|cast|read)
            parse error|parsing|syntax|unexpected (?:token|character|end|field|key)
            unknown (?:\w+ )?(?:field|name|param\w*|attribute|argument|property|key)
            unrecogni[sz]ed|did you mean
            expected\b.{0,60}(?:but|got|found|to be|one of)|expecting
            out of range|between \S+ and|at least|at most|one of\b|greater than
            less than
            (?:does|do|did)(?:n't| not) (?:match|contain|conform|satisfy|meet|have)
            not (?:an? )?(?:valid|well[- ]formed|legal|correct)
            no \w+ (?:provided|specified|given|supplied)|fields? required|\brequired\b
            you (?:must|need to|have to|should) (?:provide|specify|supply|include)
        """,
        3: r"""
            \binvalid\b|malformed|illegal|missing|unprocessable|bad request
        """,
    },
    Cause.NOT_FOUND: {
        5: r"""
            not[- ]?found|(?:does|do|did)(?:n't|nt| not) (?:\w+ )?exists?\b
            (?:cannot|can't|could not|couldn't|can not|unable to|failed to|did not|
                was not able to) (?:be )?(?:find|found|locate|resolve|lookup|look up)
            \bno such\b
            \bno (?:matching |valid )?[\w-]+(?: [\w-]+)? (?:was |were |is )?(?:found|
                exists?|matches)\b
            \bno \w+ (?:with|matching|for) (?:this|that|the|id|name|given)
            \bnon-?existent\b|no longer exists?
            (?:has|have|had) been (?:permanently )?deleted|was deleted|\bnot exist\b
            is not (?:registered|known)
            looking for|no route|^cannot (?:get|post|put|patch|delete) /
            no (?:results|records?|data|content|match(?:es)?)\b
        """,
        3: r"""
            unknown (?:\w+ )?(?:user|resource|zone|domain|host|table|index|id|account|
                project|database|topic|queue|group|item|object|record|channel)\b
            is unknown|\bgone\b|removed
        """,
    },
    Cause.UNSUPPORTED: {
        6: r"""
            method\b.{0,40}not (?:be )?(?:allowed|supported)|method not allowed
            (?:not|n't) (?:yet |been |currently )*implemented
            unsupported (?:media|content|operation|method|version|api|grant|protocol)
            unknown (?:action|operation|method|endpoint|command|api)
            no longer (?:be )?(?:supported|available)|deprecated|been retired
            been sunset|end of life
        """,
        5: r"""
            (?:is|are|does|do)(?:n't| not) (?:currently |
                yet )?support(?:ed)?\b(?! (?:value|param))
            not supported\b
        """,
    },
    Cause.CONFLICT: {
        3: r"""
            \bconflict
        """,
    },
    Cause.CLOCK: {
        7: r"""
            (?:time|clock)\b.{0,60}(?:skew|too large|in the future|out of sync|drift)
            (?:issued|valid|'iat'|\biat\b|nbf).{0,60}(?:in the future|not yet valid)
            token used too early
        """,
    },
    Cause.DRY_RUN: {
        7: r"""
            dry ?run (?:operation|flag|mode)|would have succeeded
        """,
    },
}
