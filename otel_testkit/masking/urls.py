"""
Secrets in URLs: userinfo, parameters, fragments, and the paths of webhooks.

Everything else is kept byte for byte, and nothing is parsed that could be
refused: half a URL, a relative one, or a DSN of any scheme will do.
"""

from __future__ import annotations

import re

from collections.abc import Callable
from typing import Final

from otel_testkit.masking import budget, values
from otel_testkit.masking.keys import Keys, Kind, harmless, placeholder
from otel_testkit.masking.values import MASK


_PARAM: Final = re.compile(r"(?<=[?&#;])([^=&#;?]*+)=([^&#;]*+)")
_FIELD: Final = re.compile(r"(?<=[&;])([^=&;]*+)=([^&;]*+)")
_AUTHORITY: Final = re.compile(
    r"(?<![A-Za-z0-9+.\-])([A-Za-z0-9+.\-]++):/{2}([^\s\"'<>\\`]*+)"
)
# A password with quotes and such, that nobody encoded; not a port and what is next.
_ODD: Final = re.compile(
    r"(?P<head>://[^\s:/?#@\"'<>\\]{0,128}:)(?!\d{1,5}[\"'<>\\,)\]])"
    r"(?P<password>[^\s@/:,]{1,128}+)(?=@[\w\[])"
)
_ENCODED: Final = re.compile(r"[^/?&#=;:@\s\"'<>%]*+%[^/?&#=;:@\s\"'<>]*+")
_STILL_ENCODED: Final = re.compile(r"%(?:25|3[dD])")
_ENCODINGS: Final = 4
_PORT: Final = re.compile(r"\d{1,5}\Z")
# Users of these schemes are names; elsewhere a lone userinfo is a token.
_TOKEN_SCHEMES: Final = ("http", "https")
# What authorises an OAuth exchange is `code`, a word that is mostly innocent.
_OAUTH: Final = re.compile(
    r"(?:^|[?&#;])(?:state|session_state|redirect_uri|grant_type|code_verifier|iss)="
)
_HOOKS: Final = re.compile(
    r"(?P<slack>hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/)"
    r"(?P<slack_path>[^\s?#\"'<>\\]++)"
    r"|(?P<office>webhook\.office\.com/webhookb?2?/|outlook\.office(?:365)?\.com/webhook/)"
    r"[^\s?#\"'<>\\]++|(?P<path>discord(?:app)?\.com/api/(?:v\d+/)?webhooks/\d+/"
    r"|g\.alchemy\.com/v2/|infura\.io/(?:ws/)?v3/"
    r"|hooks\.zapier\.com/hooks/catch/\d+/|maker\.ifttt\.com/trigger/[^/\s?#]{1,200}"
    r"/(?:json/)?with/key/|events\.(?:eu\.)?pagerduty\.com/integration/"
    r"|hooks\.chime\.aws/incomingwebhooks/|open\.(?:feishu\.cn|larksuite\.com)/open-apis"
    r"/bot/v2/hook/|/services/T\w{7,12}/B\w{7,12}/)(?P<secret>[^/\s?#\"'<>\\]++)"
    r"|(?P<bot>api\.telegram\.org/(?:file/)?bot\d+(?::|%3[aA]))"
    r"(?P<token>[^/\s?#\"'<>\\]++)"
)
_HOOK_HOSTS: Final = (
    *("hook", "discord", "telegram", "ifttt", "pagerduty", "alchemy", "infura"),
    # Slack's, played by a server of one's own.
    "/services/T",
)
# What a mail invites to follow, good for one use.
_INVITATION: Final = re.compile(
    r"(?P<head>/(?:password/)?(?:password-reset|reset(?:-password)?|verify(?:-email)?|confirm"
    r"|activate|invite|invitations?|magic-link|unsubscribe)/)"
    r"(?P<secret>[A-Za-z0-9_.~=\-]{20,}+)"
)


def mask(url: str, keys: Keys, text: Callable[[str], str]) -> str:
    """
    Strike the secrets out of *url*, absolute or not; *text* does so for plain text.
    """
    if "://" in url:
        url = odd_passwords(_AUTHORITY.sub(_userinfo, url))
        if any(host in url for host in _HOOK_HOSTS):
            url = _HOOKS.sub(_hook, url)
    elif url.startswith("//") and "@" in url:
        url = _AUTHORITY.sub(_userinfo, f"x:{url}")[2:]
    url = _INVITATION.sub(_invitation, url)
    if "=" in url:
        url = params(url, keys, text)

    return values.mask(url)


def odd_passwords(text: str) -> str:
    """
    Strike out of *text* the passwords of URLs that hold what no URL may hold.
    """
    return _ODD.sub(lambda match: f"{match['head']}{MASK}", text)


def params(
    url: str,
    keys: Keys,
    text: Callable[[str], str],
    pattern: re.Pattern[str] = _PARAM,
) -> str:
    """
    Strike the secret parameters out of the query and the fragment of *url*.
    """
    announced = ""
    oauth = "code=" in url and _OAUTH.search(url) is not None
    due = budget.STRIDE

    def param(match: re.Match[str]) -> str:
        nonlocal announced, due
        if match.start() >= due:
            due = budget.check(match.start())
        name, value = match[1], match[2]
        # `x.1.Key=password&x.1.Value=…`, as Amazon writes lists.
        if announced and name == f"{announced}Value":
            return f"{name}={value if harmless(value) else MASK}"
        listed = name.endswith("Key") and keys.secret(_decoded(value))
        announced = name[:-3] if listed else ""
        masked = _param(name, value, keys, text, oauth=oauth)

        return match[0] if masked is value else f"{name}={masked}"

    # A parameter in the path ends where the query starts.
    path, mark, query = url.partition("?")
    if pattern is _FIELD or "#" in path or ";" not in path:
        return pattern.sub(param, url)

    return pattern.sub(param, path) + pattern.sub(param, mark + query)


def form(body: str, keys: Keys, text: Callable[[str], str]) -> str:
    """
    Strike the secret fields out of *body*, the parameters of a form or a query.
    """
    return params(f"&{body}", keys, text, _FIELD)[1:]


def _param(
    name: str, value: str, keys: Keys, text: Callable[[str], str], *, oauth: bool
) -> str:
    if not value:
        return value
    plain = _decoded(name)
    kind = keys.kind(plain)
    if (
        kind is Kind.SECRET
        or (kind is Kind.WEAK and not value.isdigit())
        or (oauth and plain == "code" and not (value.isdigit() and len(value) < 5))
    ):
        decoded = _decoded(value)

        return value if harmless(decoded) or placeholder(decoded) else MASK
    if "%" not in value and "+" not in value:
        masked = text(value)

        return value if masked == value else masked
    decoded = _decoded(value)
    # Encoded twice, and more often.
    for _ in range(_ENCODINGS):
        if not _STILL_ENCODED.search(decoded):
            break
        decoded = _decoded(decoded)
    masked = text(decoded)
    if masked == decoded:
        return value

    # Imported here for its cost, and seldom needed.
    from urllib.parse import quote  # noqa: PLC0415

    return quote(masked, safe="[]", errors="replace")


def _decoded(raw: str) -> str:
    if "%" not in raw and "+" not in raw:
        return raw

    # Imported here for its cost, and seldom needed.
    from urllib.parse import unquote_plus  # noqa: PLC0415

    return unquote_plus(raw)


def decoded(url: str, mask: Callable[[str], str]) -> str:
    """
    Let *mask* see the parts of *url* as they read without percent signs.
    """
    # Imported here for its cost, and seldom needed.
    from urllib.parse import quote, unquote  # noqa: PLC0415

    def part(match: re.Match[str]) -> str:
        plain = unquote(match[0])
        masked = mask(plain)

        return match[0] if masked == plain else quote(masked, safe="", errors="replace")

    return _ENCODED.sub(part, url)


def _userinfo(match: re.Match[str]) -> str:
    scheme, rest = match[1], match[2]
    if "@" not in rest:
        return match[0]
    end = min((at for mark in "/?#" if (at := rest.find(mark)) >= 0), default=len(rest))
    at = rest.rfind("@", 0, end)
    if at < 0:
        # A password may hold `/`, `?` or `#` that nobody encoded.
        user, colon, port = rest[:end].partition(":")
        if not colon or user.startswith("[") or _PORT.match(port):
            return match[0]
        at = rest.find("@")
    userinfo, host = rest[:at], rest[at:]

    return f"{scheme}://{_struck(scheme.lower(), userinfo)}{host}"


def _struck(scheme: str, userinfo: str) -> str:
    user, colon, password = userinfo.partition(":")
    web = scheme.rpartition("+")[2].lstrip("0123456789.-") in _TOKEN_SCHEMES
    if user and user != MASK and (values.mask(user) != user or values.opaque(user)):
        user = MASK
    if not colon:
        return MASK if web and user else user
    if not password:
        # As Stripe does: the key is the user, and there is no password.
        return f"{MASK}:" if web and user else userinfo

    return f"{user}:{MASK}"


def _hook(match: re.Match[str]) -> str:
    if match["slack"]:
        head, slash, last = match["slack_path"].rstrip("/").rpartition("/")

        return f"{match['slack']}{head}{slash}{MASK}" if last else match[0]

    return f"{match['path'] or match['bot'] or match['office']}{MASK}"


def _invitation(match: re.Match[str]) -> str:
    return f"{match['head']}{MASK}" if values.opaque(match["secret"]) else match[0]
