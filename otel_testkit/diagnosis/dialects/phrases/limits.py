"""
What is too much, or there already, or not there yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from otel_testkit.diagnosis.finding import Cause


WORDS: Final[Mapping[str, str]] = {
    "still": (
        r"(?:creat|provision|initiali[sz]|start|updat|delet|modif[yi]|process|"
        r"deploy|migrat|build|boot|load|index|synchroni[sz]|restor|propagat|scal|"
        r"resiz|attach|detach|configur|recover|warm|prepar|generat|activat|"
        r"reconcil|terminat|drain|stopp)(?:y?ing|ed)"
    ),
}

PHRASES: Final[Mapping[Cause, Mapping[int, str]]] = {
    Cause.RATE_LIMITED: {
        7: r"""
            exceeded .{0,30}rate limit|rate limit (?:was |is |has been )?(?:exceed|reach|hit)
            (?:quota|limit)\b.{0,160}\bper[ -](?:second|minute|hour|user per)
            requests? (?:rate|frequency)
        """,
        5: r"""
            rate[- ]?limit(?:s|ed|ing)?\b
            \brates? (?:is |was |has been )?exceeded
            too many (?:\w+ )?(?:requests|calls|queries|attempts|operations|messages)
            requests? limit (?:has been |was |is )?(?:exceeded|reached)
            requested too many times|too (?:frequent|often|fast|quickly)
            throttl(?:ed|ing|e)\b
            slow down|reduce (?:your |the )?(?:request )?rates?
            (?:exceed|limit|more than|max\w*).{0,60}(?:requests|calls|queries|
                operations|messages|times) (?:per|an?|every)\s
            (?:api|call|request|usage) (?:call )?(?:frequency|volume|
                limit)s? (?:has been |was |is )?(?:exceeded|reached|hit)
            abuse detection|expected available in \d+|flood
        """,
    },
    Cause.QUOTA_EXHAUSTED: {
        6: r"""
            requests?\b.{0,60}exceeded your.{0,20}quota
            exceeded (?:your |the |its )?(?:current |monthly |daily |
                plan )+(?:\w+ )?(?:quota|limit|usage)
            (?:insufficient|not enough|out of|no more|used all)\b.{0,20}(?:credits?|
                balance|quota)\b
        """,
        5: r"""
            (?:credits?|balance|allowance) .{0,20}(?:exceeded|exhausted|depleted|
                used up|too low|insufficient)
            (?:monthly|daily|billing|spending|usage|free[- ]tier|
                trial) (?:\w+ )?(?:quota|limit|cap|allowance)\b.{0,30}(?:exceeded|
                exhausted|reached|hit)
            quota (?:has been |was |is )?(?:exhausted|used up|depleted)
            plan and billing
        """,
    },
    Cause.RESOURCE_LIMIT: {
        6: r"""
            (?:greater than|below|exceed\w*|decreas\w*|lower than|over)\b.{0,40}
                \b(?:account|project|subscription|organi[sz]ation|team|workspace)'s\b
        """,
        5: r"""
            (?:max(?:imum)?|allowed|permitted) (?:\w+ )?(?:number|amount|count|
                limit)\b(?! of (?:characters|bytes|tokens|decimal|
                digits)).{0,80}(?:reach|exceed|hit|already|been|account|project|
                organi[sz]ation|region|subscription)
            (?<!size )(?<!length )(?<!request )(?<!rate )(?<!requests )(?<!calls )limits? (?:has been |
                have been |was |is |already )?(?:exceeded|reached|hit)\b
            (?:reach|exceed|hit)(?:s|ed|ing|es)? (?:your|the|its|their|our|
                an?)? ?(?:[\w-]+ ){0,5}(?:limit|quota|maximum)\b(?! length| size|
                 allowed| value)
            (?:limit|maximum|quota) of \d[\d,.]* ?(?!bytes|characters|kb|mb|per)[a-z]
            quotas? (?:has been |have been |was |is )?(?:exceeded|reached)|exceed\w* .{0,40}quota
            count limit|no more .{0,30}(?:can|may) be (?:created|added)
        """,
        3: r"""
            too many (?!values|characters|arguments|fields|results|redirects|entries)
            max(?:imum)? (?:\w+ )?(?:number|amount|count)\b
        """,
    },
    Cause.ALREADY_EXISTS: {
        5: r"""
            already[- ]exist|exists already|pre-?exist
            already (?:been )?(?:taken|used|registered|owned|a member|claimed|
                subscribed|being used|in use|present|defined|reserved|added|has an?|
                created|associated|attached|assigned|linked|invited|following)
            (?:is|has|was|been) (?:been )?taken\b
            \bduplicat(?:e|ed|es|ion)\b
            (?:is|are|was) not unique|unique constraint|uniqueness
            conflicts? with (?:an )?(?:existing|another)|there is already an?
            another .{0,40} (?:with|has|uses) (?:this|the same|that)
        """,
        3: r"""
            must be unique
            scheduled for deletion
            already (?:has|have)\s
        """,
    },
    Cause.RESOURCE_IN_USE: {
        6: r"""
            (?:cannot|can't|can not|could not|unable to|must not|
                may not) (?:be )?(?:delet|remov|destroy|drop)\w*\b.{0,120}\b(?:in use|
                used by|depend|contain|associat|referenc|attach|children|not empty|
                still|has |exists? in|members? of|belongs? to)
            resource in use
        """,
        5: r"""
            (?:currently|still|being|is|are|been) (?:in[- ]use|used by|used in|
                referenced|attached to|associated with)\b
            has (?:an? )?(?:\w+ )?(?:dependent|dependenc)|depend(?:s|ent|encies) on
            (?:is|are|was) (?:not|non)[ -]?empty|\bnot empty\b
            (?:delete|remove|detach|disassociate)\b.{0,60}(?:first|before|prior)
            (?:first|before) (?:delet|remov|detach|disassociat)
            dependency violation|delete conflict
            still (?:has|have|contains?|attached|referenced|used|associated|in use)
        """,
    },
    Cause.CONCURRENCY_CONFLICT: {
        6: r"""
            (?:has|have|had|was|were) been (?:modified|changed|updated|
                edited)\b(?! (?:to|in|for) )
            (?:modified|changed|updated|written) (?:by another|concurrently|since|
                elsewhere|in the meantime|meanwhile)
            concurren(?:t|tly|cy)\b.{0,40}(?:modif|updat|writ|edit|request|operation|
                access|change|transaction|conflict|control|create)
            (?:version|revision|etag|fingerprint|sequence|generation|checksum|
                seqno|sha|head)\b.{0,60}(?:conflict|mismatch|(?:does|did|do)(?:n't| not) match|
                not match|outdated|stale|changed|out of date)
            (?:stale|outdated|obsolete) (?:\w+ )?(?:object|version|revision|etag|state|
                data|info|copy|resource)
            (?:latest|current|newer) version\b.{0,40}(?:again|retry|re-?read|re-?load)
            optimistic|(?:edit|write|update|version|transaction|commit|merge) conflict
            deadlock|could not serialize|serialization (?:failure|error)|contention
            conflicting (?:\w+ )?(?:operation|request|update|change|write)
        """,
        5: r"""
            pre-?conditions?\b.{0,40}(?:failed|not (?:met|hold|satisf)|did not)
            conditions?\b.{0,60}not met|conditional (?:request|check) failed
            etag|if-match|expected version
            different from (?:the )?(?:current|expected|latest)
            conflict (?:occurred|while|when)\b|conflict\w*\b.{0,60}(?:try|retry)
            another (?:request|process|transaction|operation|update|user|client)
            (?:obtain|acquire|get|hold)\w* (?:\w+ )?lock|lock (?:timeout|contention)
        """,
    },
    Cause.NOT_READY: {
        9: r"""
            (?:is|are) (?:still |currently )?being (?:<still>)\b
            while (?:it|the \w+|an? \w+) (?:is|are) (?:being )?(?:<still>)\b
        """,
        8: r"""
            already has an? (?:pending|running|ongoing|active|in[- ]progress)\b
            not in (?:an? |the )?(?:available|active|ready|running|stable)\b
            (?:state|status)\b.{0,10}\b(?:pending|(?:creat|provision|start|updat|modify|
                initiali[sz])ing)\b
            within the last \d+ (?:second|minute|hour)s?|cannot be assumed
        """,
        6: r"""
            (?:still|currently|being|is|are|while) (?:being |
                in the process of )?(?:<still>)\b.{0,80}(?:again|wait|retry|until|after|
                before|later)
            \bnot (?:\w+ )?yet\b.{0,60}(?:ready|available|active|provision|initiali|
                propagat|complete|finish|creat|exist|assum|start|running|index)
            (?:is|are|been|was) not (?:yet|ready)\b|not (?:yet|been fully)\s
            \b(?:is|are) (?:still|currently) (?:being|in progress|pending|busy)
            cannot be assumed|within the last \d+ (?:second|minute|hour)s?
            (?:in|after|for|wait|every) (?:a |an |at least )?(?:few|couple of|
                \d+) (?:more )?(?:seconds|minutes).{0,60}(?:creat|delet|enabl|propagat|
                after)
            (?:creat|delet|enabl|chang|updat)\w* (?:this \w+ )?recently
            recently (?:creat|delet|enabl|chang|updat)
            another (?:\w+ ){0,8}(?:is|are|was|has) .{0,30}(?:in progress|running|
                pending|ongoing)
            \b(?:active|available|ready|complete\w*|
                finish\w*)\b.{0,20}\btry(?:ing)? (?:it )?again
            (?<!and )try (?:it )?again (?:when|once|after|until)\b
            must wait \d+|wait (?:until|for|a few)|being reconciled
            eventual(?:ly)? consisten|propagat(?:e|ion|ing)\b
        """,
        5: r"""
            (?:still|currently|already) (?:being )?(?:<still>)\b
            (?:in|is) (?:the |an? )?[\"']?(?:<still>|pending|transient|transition(?:al|
                ing)?|queued)[\"']? (?:state|status)
            (?:operation|update|change|deployment|job|task|build|request|creation|
                deletion|backup|migration)\b.{0,40}\b(?:in|already in) progress
            (?<!account )(?<!user )(?<!subscription )(?<!token )(?:is|are) not active\b
            \bbusy\b|not yet|state not recovered|is sealed|not initiali[sz]ed
            \btemporar(?:y|ily) locked|is locked|locked by
        """,
        3: r"""
            in progress
            try again (?:later|in|after|shortly)
            retry (?:later|in)
        """,
    },
}
