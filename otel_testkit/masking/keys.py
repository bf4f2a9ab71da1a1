"""
Which names announce a secret.

A name is split into words and the words are compared, never substrings, so that
`passenger`, `monkey` and `primary_key` are left alone. A word that says what a
thing *about* a secret is (its type, its expiry, how many) makes it harmless
again: `token_type` is no token.
"""

from __future__ import annotations

import enum
import functools
import re

from collections.abc import Callable, Iterable
from typing import Final


class Kind(enum.Enum):
    """
    What a name says of its value.
    """

    HARMLESS = 0
    # A secret, unless the value is a plain number or plain prose: `tokens: 512`.
    WEAK = 1
    SECRET = 2


_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z\u00df-\uffff]+|\d+")


def vocabulary(words: str) -> frozenset[str]:
    """
    Give the *words* of a text as a set.
    """
    return frozenset(words.split())


# Secret by themselves, wherever they stand in the name.
_STRONG: Final = vocabulary(
    "password passwords passwd passwds passphrase passphrases passcode pwd pwds "
    "passwort kennwort contrasena contraseña senha "
    "secret token credential creds authorization cookie jwt jwts csrf xsrf otp totp "
    "ssn cvv cvc hmac signature sig sas bearer mnemonic passkey "
    "apikey apikeys xapikey accesskey accesskeyid accesskeys secretkey privatekey "
    "signingkey sessionid sessionkey jsessionid phpsessid sessid aspsessionid authkey "
    "authcode connectionstring connstr connstring accountkey sharedkey masterkey "
    "encryptionkey cardnumber creditcard ccnumber dbpass userpass smtppass pgpass "
    "ftppass sshpass rootpass adminpass mypass storepass keypass aspxauth storagekey "
    "consumerkey licensekey subscriptionkey samlresponse samlassertion passwordhash "
    "passwordconfirm passwordconfirmation tokenvalue secretvalue secretstring "
    "secretbinary sharedaccesssignature"
)
_WEAK: Final = vocabulary("tokens secrets cookies credentials auths")
_STRONG_ENDS: Final = (
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "cookie",
    "credential",
    "credentials",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "sessionid",
    "userpwd",
    "sqlpwd",
    "dbpwd",
)
# Secret as the last word only, and after nothing or one of these.
_PASS_OWNERS: Final = vocabulary(
    "db database user username smtp mail email imap pop ftp sftp ssh login admin root "
    "my auth http https proxy mysql pg postgres redis rabbitmq mongo wifi basic master "
    "key store keystore client account service api app server sudo become vault ldap "
    "registry docker nexus artifactory become sql oracle ask u"
)
_PIN_OWNERS: Final = vocabulary(
    "user card access security sim login device my atm door new old current confirm"
)
_AFTER_AUTH: Final = vocabulary(
    "token tokens key header headers code secret cookie data string hash value"
)
_AFTER_SESSION: Final = vocabulary("id ids key token cookie hash secret")
_KEY_OWNERS: Final = vocabulary(
    "api access secret private signing signature encryption decryption session auth "
    "shared account master storage consumer subscription service functions function "
    "app application deploy client server root ssh tls ssl license licence hmac cipher "
    "aes rsa crypto admin write ingest integration rapidapi webhook bot security pass "
    "openai anthropic stripe github gitlab sendgrid azure aws gcp google twilio datadog "
    "newrelic mailgun algolia sentry honeycomb lumigo huggingface cohere mistral "
    "cloudflare pagerduty"
)
_CODE_OWNERS: Final = vocabulary(
    "pin security verification auth authorization recovery backup mfa fa otp totp "
    "device login access"
)
_PAIRS: Final = frozenset(
    {("sess", "id"), ("cc", "number"), ("card", "number"), ("credit", "card")}
    | {("social", "security"), ("connection", "string"), ("connection", "str")}
    | {("conn", "string"), ("conn", "str"), ("saml", "response")}
    | {("saml", "assertion"), ("client", "assertion"), ("code", "verifier")}
    | {("oauth", "verifier"), ("seed", "phrase"), ("recovery", "phrase")}
    | {("pin", "number"), ("pin", "hash"), ("connect", "sid")}
)

# After the secret word these say that the value is about it, and not it.
_ABOUT: Final = vocabulary(
    "count counts counter type types policy policies expires expire expiry expiration "
    "expired exp ttl min max minimum maximum length len size limit limits limited "
    "changed created updated rotated rotation refreshed issued at on by age date time "
    "timestamp duration lifetime seconds secs minutes days hours ms name names url urls "
    "uri uris endpoint endpoints host hostname path paths file files filename dir "
    "directory folder format algorithm algorithms alg method methods mode enabled "
    "disabled required optional valid validity validation validator version versions "
    "scheme scope scopes usage used field fields label status state error errors "
    "exception exceptions warning warnings failure failed invalid message reset "
    "attempts attempt retries retry strength rule rules provider providers issuer "
    "manager consent banner domain arn ref reference kind class source bucket param "
    "params parameter placeholder page view form settings config configuration options "
    "option handler service client factory store storage repository middleware backend "
    "adapter generator helper utils test tests exempt secure httponly samesite audience "
    "leeway jwks kid per remaining left rate cost price budget total address symbol "
    "decimals contract supply standard balance stdin prompt score sock socket match "
    "matches matched mismatch present exists missing set supported confirmed verified "
    "verification locked strategy model table column columns index constraint requested "
    "sent received title text description history hint hints region accounts owner "
    "py pyc js mjs ts tsx jsx go rb java kt rs cpp hpp cs php sh md html css txt json "
    "yaml yml toml xml sql log ipynb feature"
)
# ... unless one of these comes last.
_ITSELF: Final = vocabulary("value values plaintext hash string content raw")
_HEADS: Final = vocabulary(
    "is has have requires require needs need use uses using enable enabled disable "
    "disabled should supports support can allow allows show hide num n count max min "
    "total avg average mean sum no without forgot forgotten"
)
_COUNTED_HEADS: Final = vocabulary("max min num n total count avg average mean of per")
# A cursor into a list of results, or a count of a language model's tokens.
_TOKEN_HEADS: Final = vocabulary(
    "next page prev previous continuation pagination starting sync forward backward "
    "resume cursor idempotency lock prompt completion input output cached reasoning "
    "usage used generated thinking audio image text cache read creation new remaining "
    "limit ratelimit estimated unexpected expected skip fill mask pad eos bos unk sep "
    "cls special stop"
)
_SIGNATURE_HEADS: Final = vocabulary("function method type call class callable")


def split(name: str) -> list[str]:
    """
    Split *name* into its words, in lower case and without numbers.
    """
    return [word.lower() for word in _WORD.findall(name) if not word.isdigit()]


class Keys:
    """
    The rule for names: ours, *more* words of the user's, and what they *allow*.
    """

    __slots__ = ("_allow", "_more", "kind", "stems")

    def __init__(self, more: Iterable[str] = (), allow: Iterable[str] = ()) -> None:
        self._allow = frozenset(tuple(split(name)) for name in allow)
        self._more = frozenset(words for name in more if (words := tuple(split(name))))
        # What a text must contain for any name in it to be secret: a quick no.
        self.stems: tuple[str, ...] = (
            *_STEMS,
            *(max(words, key=len) for words in self._more),
        )
        self.kind: Callable[[str], Kind] = functools.lru_cache(8192)(self._kind)

    def mentioned(self, text: str) -> bool:
        """
        Tell quickly if *text* may have a secret name in it.
        """
        lower = text.lower()
        for stem in self.stems:  # noqa: SIM110 - quicker than a generator
            if stem in lower:
                return True

        return False

    def secret(self, name: str) -> bool:
        """
        Tell if *name* announces a secret.
        """
        return self.kind(name) is not Kind.HARMLESS

    def _kind(self, name: str) -> Kind:
        words = split(name[-512:])
        if not words or tuple(words) in self._allow:
            return Kind.HARMLESS
        for more in self._more:
            for start in range(len(words) - len(more) + 1):
                if tuple(words[start : start + len(more)]) == more:
                    return Kind.SECRET

        kind = _kind(words)
        if kind is Kind.HARMLESS and (last := _LAST.search(name)):
            return _kind(split(last[0]))

        return kind


# What comes after the last dot or bracket: `customer.pin`, `form[pin]`.
_LAST: Final = re.compile(r"(?<=[.\[/])[^.\[\]/]+\]?\Z")
_STEMS: Final = (
    *(
        "pass",
        "pw",
        "securestring",
        "secret",
        "token",
        "cred",
        "auth",
        "cookie",
        "sess",
        "key",
    ),
    *("jwt", "srf", "otp", "pin", "sig", "ssn", "cvv", "cvc", "sas", "card", "conn"),
    *("bearer", "code", "saml", "phrase", "mnemonic", "verifier", "assertion"),
    *("wort", "contrase", "senha", "social", "number", "hmac"),
)


def _kind(words: list[str]) -> Kind:
    for start in range(len(words) - 1, -1, -1):
        kind, end = _at(words, start)
        if kind is Kind.HARMLESS:
            continue
        if _about(words, start, end):
            return Kind.HARMLESS

        return kind

    return Kind.HARMLESS


def _about(words: list[str], start: int, end: int) -> bool:
    tail = words[end:]
    if tail and tail[-1] not in _ITSELF and not _ABOUT.isdisjoint(tail):
        return True
    if start == 0:
        return False
    before = words[start - 1]
    if words[start] in {"token", "tokens"} and before in _TOKEN_HEADS:
        return True
    if words[start] in {"signature", "sig"} and before in _SIGNATURE_HEADS:
        return True
    if words[start] == "token" and words[start - 2 : start] == ["client", "request"]:
        return True

    return words[0] in _HEADS or before in _COUNTED_HEADS


def _at(words: list[str], start: int) -> tuple[Kind, int]:
    # What the words from *start* say, and where that ends.
    word = words[start]
    after = words[start + 1] if start + 1 < len(words) else ""
    before = words[start - 1] if start else ""
    if (
        (after == "key" and word in _KEY_OWNERS)
        or (after == "keys" and word in _KEY_OWNERS)
        or (after in {"code", "codes"} and word in _CODE_OWNERS)
        or (word, after) in _PAIRS
        or (word == "auth" and after in _AFTER_AUTH)
        or (word == "session" and after in _AFTER_SESSION)
    ):
        return Kind.SECRET, start + 2
    if word in _STRONG or word.endswith(_STRONG_ENDS):
        return Kind.SECRET, start + 1
    if word in _WEAK:
        return Kind.WEAK, start + 1
    if after:
        return Kind.HARMLESS, start
    if word in {"auth", "session"}:
        return Kind.WEAK, start + 1
    if word == "pass" and (not before or before in _PASS_OWNERS):
        return Kind.WEAK, start + 1
    if word == "pw" and (not before or before in _PASS_OWNERS):
        return Kind.SECRET, start + 1
    if word == "pin" and (not before or before in _PIN_OWNERS):
        return Kind.SECRET, start + 1

    return Kind.HARMLESS, start


# What AWS calls a value that is secret, whatever its name is.
SECURE: Final = "SecureString"
# What stands for a value in a template or in documentation.
PLACEHOLDER: Final = re.compile(
    r"(?:\$\d{1,3}|\$\{[^{}\n]{0,80}\}|\{\{[^{}\n]{0,80}\}\}|%\(\w{1,40}\)s|%s|\{[a-z_.]{0,40}\}"
    r"|<[A-Za-z][A-Za-z _\-]{0,40}>|\*{2,}+|[xX]{4,}+|\.\.\.|\?|:\w{1,40}+)"
    r"(?=[\s,;&)\]}>\"'`\\|:.!?/]|\Z)"
)
_NOTHING: Final = vocabulary("true false none null nil undefined nan yes no on off")


def harmless(value: str) -> bool:
    """
    Tell if *value* is none: empty, a boolean, null, or already struck out.
    """
    stripped = value.strip()

    return (
        not stripped.strip("*•'\"")
        or (len(stripped) < 10 and stripped.lower() in _NOTHING)
        or stripped == "REDACTED"
    )


def placeholder(value: str) -> bool:
    """
    Tell if *value* only stands for one: `${TOKEN}`, `{token}`, `%s`, `<token>`.
    """
    match = PLACEHOLDER.match(value)

    return match is not None and match.end() == len(value)
