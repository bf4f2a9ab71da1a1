"""
Which values are secrets by their looks, whatever they are called.

Written from the vendors' own documentation of their token formats.
"""

from __future__ import annotations

import base64
import re

from typing import Final


MASK: Final = "REDACTED"
# Longer values are withheld: what was not read through is not written.
LIMIT: Final = 1 << 20
# The shortest text that can have any of the shapes below.
_SHORTEST: Final = 12

# A text with a secret of the shapes below has one of these. They are grouped by
# a character, since looking for one is far quicker than looking for many.
_HINTS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("J", ("eyJ",)),
    ("K", ("AKIA", "EZAK", "EZTK", "NRAK-")),
    ("I", ("ASIA", "ABIA", "AIza", "NRII-")),
    ("C", ("ACCA", "ATCTT", "GOCSPX-")),
    ("T", ("ATATT", "ATBB", "PRIVATE KEY", "AGE-SECRET")),
    ("G", ("SG.",)),
    ("9", ("ya29.",)),
    ("/", ("1//0",)),
    ("p", ("dapi",)),
    ("r", ("earer",)),
    ("R", ("EARER",)),
    (" ", ("asic ", "ASIC ")),
    ("+", ("asic+",)),
    ("%", ("asic%",)),
    (":", (":AA",)),
    ("$", ("$2a$", "$2b$", "$2y$", "$1$", "$5$", "$6$", "$y$", "$apr1$", "$argon2")),
)
# These marks are everywhere, and seldom before so much that is no word.
_LONG: Final[tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]] = (
    (
        re.compile(r"_[\w+/=.\-]{10}"),
        (
            "ghp_",
            "gho_",
            "ghu_",
            "ghs_",
            "ghr_",
            "github_pat_",
            "sk_live_",
            "rk_live_",
            "sk_test_",
            "rk_test_",
            "whsec_",
            "npm_",
            "shpat_",
            "shpca_",
            "shppa_",
            "shpss_",
            "hf_",
            *("dop_v1_", "doo_v1_", "dor_v1_"),
            "lin_api_",
            "sk_org_",
            "rk_org_",
            "sntrys_",
            "dckr_",
            "gsk_",
            "r8_",
            "figd_",
            "glsa_",
            "glc_",
            "pscale_",
            "sbp_",
            "sb_secret_",
            "lsv2_",
            "rubygems_",
        ),
    ),
    (
        re.compile(r"-[\w.\-]{10}"),
        (
            "sk-",
            *("glpat-", "gldt-", "glrt-", "glrtr-", "glcbt-", "glptt-", "glft-"),
            *("glimt-", "glagent-", "gloas-", "glsoat-", "glffct-", "glwt-"),
            "xox",
            "xapp-",
            "xwfp-",
            "pypi-Ag",
            "key-",
            "PMAK-",
            "pplx-",
            "sq0",
            "xkeysib-",
            "pul-",
            "tskey-",
            "nvapi-",
            "CFPAT-",
            "SWMTKN-",
        ),
    ),
    (re.compile(r"\.[\w.\-]{16}"), ("hvs.", "hvb.", "hvr.", "dp.", ".atlasv1.")),
    (
        re.compile(r"SK[0-9a-f]{10}"),
        tuple(f"SK{digit}" for digit in "0123456789abcdef"),
    ),
)
# All of them, for who looks for other words as well.
HINTS: Final = tuple(hint for _, hints in (*_HINTS, *_LONG) for hint in hints)

_SHAPES: Final = re.compile(
    # JSON Web Tokens, signed or encrypted: dot-separated base64url of `{"`.
    r"(?<![A-Za-z0-9_\-])(?:eyJ[A-Za-z0-9_\-]{8,}+(?:\.[A-Za-z0-9_\-]*+){1,4}+"
    r"|(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16,}+"
    r"|gh[pousr]_[A-Za-z0-9_]{20,}+(?:\.[A-Za-z0-9_\-]{8,}+){0,2}+"
    r"|github_pat_[A-Za-z0-9_]{20,}+"
    r"|gl(?:pat|dt|rt|rtr|cbt|ptt|ft|imt|agent|oas|soat|ffct|wt)-[A-Za-z0-9_\-.]{16,}+"
    r"|xox[a-z]-(?:[a-z0-9]-)?[A-Za-z0-9\-]{10,}+|xoxe\.xox[bp]-[A-Za-z0-9\-]{10,}+"
    r"|x(?:app|wfp)-[A-Za-z0-9\-]{10,}+"
    r"|(?:sk|rk)_(?:live|test|org)_[A-Za-z0-9_]{10,}+|whsec_[A-Za-z0-9+/=]{16,}+"
    r"|AIza[A-Za-z0-9_\-]{30,}+|ya29\.[A-Za-z0-9_\-.]{20,}+|GOCSPX-[A-Za-z0-9_\-]{20,}+"
    r"|1//0[A-Za-z0-9_\-]{30,}+"
    r"|sk-(?:proj|svcacct|admin|ant|or|lf|None)-[A-Za-z0-9_\-]{16,}+"
    r"|sk-[A-Za-z0-9]{20,}+|pplx-[A-Za-z0-9]{32,}+|gsk_[A-Za-z0-9]{32,}+"
    r"|r8_[A-Za-z0-9]{32,}+"
    r"|npm_[A-Za-z0-9]{30,}+|pypi-Ag[A-Za-z0-9_\-]{24,}+|dckr_(?:pat|oat)_[\w\-]{20,}+"
    r"|SG\.[A-Za-z0-9_\-]{16,}+\.[A-Za-z0-9_\-]{16,}+"
    r"|SK[0-9a-f]{32}(?![0-9A-Za-z])|key-[0-9a-f]{32}(?![0-9A-Za-z])"
    r"|shp(?:at|ca|pa|ss)_[A-Za-z0-9]{24,}+|hf_[A-Za-z0-9]{30,}+"
    r"|do[opr]_v1_[a-f0-9]{32,}+|sntrys_[A-Za-z0-9_+/=]{30,}+"
    r"|AT(?:ATT|CTT)[A-Za-z0-9_\-=.]{20,}+|ATBB[A-Za-z0-9]{24,}+"
    r"|dapi[a-f0-9]{32}(?:-\d)?|lin_api_[A-Za-z0-9]{32,}+"
    r"|NR(?:AK|II)-[A-Z0-9]{24,}+|PMAK-[a-f0-9]{20,}+(?:-[a-f0-9]+)?"
    r"|EZ[AT]K[A-Za-z0-9]{50,}+|AGE-SECRET-KEY-1[A-Z0-9]{40,}+"
    r"|hv[sbr]\.[A-Za-z0-9_\-]{24,}+|dp\.(?:pt|st|ct|sa|scim|audit)\.[\w\-.]{32,}+"
    r"|[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_\-]{32,}+|\d{8,10}:AA[A-Za-z0-9_\-]{32,}+"
    r"|figd_[\w\-]{20,}+|gl(?:sa|c)_[A-Za-z0-9+/=_]{24,}+"
    r"|pscale_(?:tkn|pw|oauth)_[\w.\-]{24,}+|sb(?:p|_secret)_[A-Za-z0-9_]{24,}+"
    r"|ops_eyJ[A-Za-z0-9_\-]{40,}+|lsv2_(?:pt|sk)_[a-f0-9_]{32,}+"
    r"|rubygems_[a-f0-9]{40,}+|sq0(?:atp|csp|idp)-[\w\-]{20,}+"
    r"|xkeysib-[a-f0-9]{32,}+(?:-\w+)?+|pul-[a-f0-9]{40}(?![0-9A-Za-z])"
    r"|tskey-[a-z]+-[A-Za-z0-9\-]{16,}+|nvapi-[\w\-]{32,}+|CFPAT-[\w\-]{32,}+"
    r"|SWMTKN-1-[a-z0-9\-]{40,}+)"
    # Hashes of passwords, as crypt(5) writes them.
    r"|\$(?:2[aby]\$\d\d\$|(?:1|5|6|y|apr1)\$(?:rounds=\d{1,9}\$)?[./\w]{1,40}\$"
    r"|argon2(?:id|i|d)\$v=\d{1,3}\$[\w=,]{1,60}\$)[./\w+$]{20,}+"
    # A key in PEM, also one that is cut, or whose newlines are escaped.
    r"|-----BEGIN[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[^\-]++|-(?!----END))*+(?:-----END[A-Z0-9 ]{0,60}-----)?"
    r"|(?i:(?<![A-Za-z0-9])(?P<scheme>bearer|basic)(?P<gap>(?:[ \t+]|%20)+))"
    r"(?P<token>[A-Za-z0-9._~+/\-]{4,}+=*+)(?![\"\w])"
)
_NOT_LETTERS: Final = re.compile(r"[^A-Za-z]|(?<=.)[A-Z]")
_OPAQUE: Final = re.compile(r"(?=[^0-9]*[0-9])[A-Za-z0-9_.~+/=\-]{20,}\Z")


def suspect(text: str) -> bool:
    """
    Tell quickly if *text* may have a secret that is known by its looks.
    """
    if len(text) < _SHORTEST:
        return False
    for character, hints in _HINTS:
        if character in text:
            for hint in hints:
                if hint in text:
                    return True
    for long, hints in _LONG:
        if long.search(text):
            for hint in hints:
                if hint in text:
                    return True

    return False


def mask(text: str) -> str:
    """
    Strike out of *text* what looks like a secret.
    """
    return _SHAPES.sub(_strike, text) if suspect(text) else text


def opaque(text: str) -> bool:
    """
    Tell if *text* is long and looks made by a machine.
    """
    return _OPAQUE.match(text) is not None


def _strike(match: re.Match[str]) -> str:
    token = match["token"]
    if token is None:
        return MASK
    secret = _basic(token) if match["scheme"].lower() == "basic" else _bearer(token)

    return f"{match['scheme']}{match['gap']}{MASK}" if secret else match[0]


def _bearer(token: str) -> bool:
    # "bearer authentication", "Bearer token-based": prose is in small letters.
    if len(token) >= 24:
        return True
    stripped = token.rstrip(".")

    return (
        len(stripped) >= 6
        and _NOT_LETTERS.search(stripped) is not None
        and not stripped.lower().startswith(("token", "auth"))
    )


def _basic(token: str) -> bool:
    # "basic authentication" is prose; credentials are base64 of `user:password`.
    body = token.rstrip("=.")
    try:
        decoded = base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
    except ValueError:
        return False

    return b":" in decoded and decoded.isascii()
