"""
Secrets whose place says what they are: in SQL by their column, in a command line
behind a short flag of a known tool.
"""

from __future__ import annotations

import re

from typing import Final

from otel_testkit.masking import budget
from otel_testkit.masking.free_text import PROSE
from otel_testkit.masking.keys import Keys, harmless, placeholder
from otel_testkit.masking.values import MASK


_INSERT: Final = re.compile(
    r"\b(?:insert|replace)\s{1,9}(?:\w{1,20}\s{1,9}){0,2}into\s{1,9}[^\s(]{1,200}"
    r"\s{0,9}\((?P<columns>[^()]{1,2000})\)\s{0,9}values\s{0,9}(?=\()",
    re.IGNORECASE,
)
_LITERAL: Final = re.compile(
    r"\s*+(?P<quote>\\*+['\"])?+(?P<value>(?(quote)(?:[^'\"\\]++|\\(?!['\"])"
    r"|\\(?=.(?!\s*[,)]))['\"]|'')*+|[^,()'\"\s]++(?:\([^()]{0,200}\))?+))"
    r"(?(quote)\\*+['\"]?+)\s*+(?P<end>[,)]?+)"
)
_NEXT_ROW: Final = re.compile(r"\s*+,\s*+\(")

# Flags of the tools, each with the secret that follows; curl's has a user first.
_GLUED: Final = r"(?<=[\s'\"])-p(?=[^\s'\"])(?P<quote>['\"]?)(?P<value>[^\s'\"]++)"
_AFTER: Final = (
    r"(?<=[\s'\"]){flag}(?:[\s'\",]{{1,8}}+|=?+)(?P<quote>['\"]?)(?P<value>[^\s'\"]++)"
)
_USER: Final = (
    r"(?<=[\s'\"])(?:-u|--user|--proxy-user|-U)[\s'\",=]{0,8}+(?P<quote>)[^\s'\":]*+:"
    r"(?P<value>[^\s'\"]++)"
)
_TOOLS: Final = {
    "sshpass": re.compile(_AFTER.format(flag="-p")),
    "mysql": re.compile(_GLUED),
    "mariadb": re.compile(_GLUED),
    "login": re.compile(_AFTER.format(flag="-p")),
    "mongo": re.compile(_AFTER.format(flag="-p")),
    "curl": re.compile(_USER),
    "redis-cli": re.compile(_AFTER.format(flag="-a")),
    "ldap": re.compile(_AFTER.format(flag="-w")),
    "sqlcmd": re.compile(_AFTER.format(flag="-P")),
    "openssl": re.compile(_AFTER.format(flag="-[kK]")),
    "htpasswd": re.compile(
        r"(?<=\s)-\w*b\w*\s{1,9}\S{1,200}\s{1,9}\S{1,200}\s{1,9}"
        r"(?P<quote>['\"]?)(?P<value>[^\s'\"]++)"
    ),
}
_TOOL: Final = re.compile(
    r"(?<![\w\-])(?:(?P<tool>sshpass|mysql|mariadb|mongo|curl|redis-cli|ldap|sqlcmd"
    r"|openssl|htpasswd)"
    r"|(?:docker|podman|helm|az|oc|cf)(?P<login>[^\n]{0,40}?\blogin))"
    r"(?P<rest>[^\n|;]*+)"
)
_NETRC: Final = re.compile(
    r"(?P<head>\blogin\s{1,9}\S{1,200}\s{1,9}password\s{1,9})\S++"
)
_ORACLE: Final = re.compile(
    r"(?P<head>(?:\boracle:\w{1,9}:|\bsqlplus\s{1,9}(?:-\w{1,9}\s{1,9})?)[\w.$#]{1,128}/)"
    r"[^\s@/'\"]{1,128}+(?=@)"
)
# SMTP and IMAP; Redis, in a line of its own.
_AUTH: Final = re.compile(
    r"(?P<head>\bAUTH(?:ENTICATE)? (?:PLAIN|LOGIN|XOAUTH2|OAUTHBEARER|CRAM-MD5) )"
    r"[A-Za-z0-9+/=]{8,}+|^(?P<redis>AUTH (?:\S{1,200} )?)(?P<value>[^\s?]++)$",
    re.MULTILINE,
)
_CONFIGURE: Final = re.compile(
    r"(?P<head>\bconfigure set (?P<name>[\w.\-]{1,100}) )\S++"
)
# "the password is x7", but not "is base64-encoded".
_SAID: Final = re.compile(
    r"(?i:(?P<head>\b(?:pass(?:word|phrase|code)|secret|token|api[ _]?key|pin|otp)"
    r" (?:is|was|of)[ :]{1,2}['\"`]?))(?!(?:(?:base|sha|md|utf)-?\d{1,3}"
    r"|[a-z]{1,20}\d{0,3}(?:-[a-z]{1,20}){1,4})(?:[\s,.;]|\Z))"
    r"(?=[^\s'\"`]{0,80}?\d)(?=[^\s'\"`]{0,80}?[A-Za-z])[^\s'\"`,;]{6,}+"
)


def mask(text: str, keys: Keys) -> str:
    """
    Strike the secrets out of the statements and the commands in *text*.
    """
    if "(" in text and ("nsert" in text or "NSERT" in text or "REPLACE" in text):
        text = _inserts(text, keys)
    if " -" in text or "'-" in text or '"-' in text:
        for tool in _TOOLS:
            if tool in text:
                text = _TOOL.sub(_command, text)
                break
    if "login" in text and "password" in text:
        text = _NETRC.sub(_headed, text)
    if "oracle:" in text or "sqlplus" in text:
        text = _ORACLE.sub(_headed, text)
    if "AUTH" in text:
        text = _AUTH.sub(_authenticated, text)
    if "configure set" in text:
        text = _CONFIGURE.sub(
            lambda match: _headed(match) if keys.secret(match["name"]) else match[0],
            text,
        )
    if " is" in text or " was" in text:
        text = _SAID.sub(_headed, text)

    return text


def _headed(match: re.Match[str]) -> str:
    return f"{match['head']}{MASK}"


def _authenticated(match: re.Match[str]) -> str:
    if match["head"]:
        return _headed(match)
    value = match["value"]
    if harmless(value) or value.lower() in PROSE:
        return match[0]

    return f"{match['redis']}{MASK}"


def _command(match: re.Match[str]) -> str:
    options = _TOOLS[match["tool"] or "login"]
    head = match[0][: match.start("rest") - match.start()]

    return head + options.sub(_option, match["rest"])


def _option(match: re.Match[str]) -> str:
    if harmless(match["value"]):
        return match[0]
    start = match.start("value") - match.start()

    return f"{match[0][:start]}{MASK}"


def _inserts(text: str, keys: Keys) -> str:
    out: list[str] = []
    done = 0
    due = budget.STRIDE
    for match in _INSERT.finditer(text):
        columns = match["columns"].split(",")
        secret = {index for index, name in enumerate(columns) if keys.secret(name)}
        if not secret or match.end() < done:
            continue
        position = match.end() + 1
        index = 0
        while literal := _LITERAL.match(text, position):
            if position >= due:
                due = budget.check(position)
            start, end = literal.span("value")
            value = literal["value"]
            if index in secret and not harmless(value) and not placeholder(value):
                out += text[done:start], MASK
                done = end
            if literal.end() == position:
                break
            position = literal.end()
            index += 1
            if literal["end"] == ")":
                row = _NEXT_ROW.match(text, position)
                if row is None:
                    break
                position, index = row.end(), 0
            elif not literal["end"]:
                break
    out.append(text[done:])

    return "".join(out)
