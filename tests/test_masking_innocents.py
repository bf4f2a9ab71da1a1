"""
A corpus of innocents that look like secrets, and must stay as they are.
"""

from __future__ import annotations

import json

import pytest

from otel_testkit.masking import Masker


MASKER = Masker()


def words(text: str) -> list[str]:
    """
    Give the words of *text*.
    """
    return text.split()


def masked_anyhow(text: str) -> set[str]:
    """
    Mask *text* in all the ways that it may be handed to us.
    """
    return {MASKER.text(text), MASKER.body(text), MASKER.value("note", text)}


INNOCENT_NAMES = words("""
passenger passengers monkey keyboard primary_key foreign_key key keys public_key
publicKey token_type tokenType token_count max_tokens maxTokens total_tokens
prompt_tokens completion_tokens gen_ai.usage.input_tokens password_policy
password_expires password_min_length passwordMinLength password_changed_at author
authors authority cookie_consent session_count secretary tokenizer next_token
nextToken next_page_token nextPageToken page_token continuation_token
NextContinuationToken starting_token passed compass bypass passes pass_count
sort_key partition_key cache_key routing_key idempotency_key object_key group_key
keyword keystone hotkey turkey donkey tokenize token_endpoint token_url
token_expires_in password_required has_password is_secret requires_auth auth_method
auth_type auth_url auth.provider authentication oauth session_duration session_name
secret_name secretName secretKeyRef SecretArn signature_version SignatureMethod
function_signature X-Amz-Algorithm X-Amz-SignedHeaders X-Amz-Date X-Amz-Expires
cookie_domain cookiecutter status_code error_code code country_code postal_code
pin_count pinned spin opinion pincode design signal signup signed assignee sassy
sasquatch classpath test.case.name http.request.method url.full code.function.name
otel_testkit.outcome credit discard dashboard cardinality conn connection
connections card string number id user_id trace_id AccountSid token_bucket
rate_limit_tokens tokens_per_minute sso_url ssh_host SSH_AUTH_SOCK XDG_SESSION_TYPE
pw_count pwr upward pwa max_pw AWS_WEB_IDENTITY_TOKEN_FILE password_file etag hash sha256 digest
""")

INNOCENT_TEXT = r"""
test passed in 0.3 s
tests/test_token.py::test_refresh PASSED
tests/test_auth.py:57: AssertionError
tests/auth/test_password.py::TestPassword::test_reset[empty] FAILED
test_token: passed
jwt.exceptions.ExpiredSignatureError: Signature has expired
botocore.exceptions.NoCredentialsError: Unable to locate credentials
ExpiredTokenException: The security token included in the request is expired
InvalidTokenError: Not enough segments
TokenError: unexpected end
SyntaxError: Unexpected token: '}'
Unexpected token '<', "<!DOCTYPE "... is not valid JSON
json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)
password: must be at least 8 characters
password: too short
token: invalid
token is missing
invalid password
password authentication failed for user "bob"
The token has expired
Authorization: required
401 Unauthorized: missing authorization header
WWW-Authenticate: Bearer realm="api", error="invalid_token"
WWW-Authenticate: Basic realm="x"
basic authentication is required
bearer token is required
Bearer authentication failed
the basic idea
Basic functionality
password=None
password=True
password=
password=''
token: null
token = None
password=***
password=********
password=${DB_PASSWORD}
password=%s
password=%(password)s
password={password}
token=<token>
token = get_token()
token = self.token
token = response.json()["token"]
password=os.environ["PW"]
password = settings.PASSWORD
def login(user: str, password: str) -> None:
def login(password: str | None = None): ...
token: Optional[str]
mutation($password: String!) { login(password: $password) { ok } }
session = <sqlalchemy.orm.session.Session object at 0x7f0011223344>
auth=<requests.auth.HTTPBasicAuth object at 0x7f0011223344>
INFO:app.auth:login ok
app.token - INFO - refreshed
usage: prompt_tokens=12, total_tokens=34
tokens: 512
tokens=512
cookies: 2
x-ratelimit-remaining-tokens: 149984
max_tokens=4096 temperature=0.1
next_token=abc123def456ghi789
primary_key=42
key=value
key: value
keys: a, b, c
monkey=banana
passenger: Bob
author: Bob Smith <bob@example.com>
https://h.example/path?page=2&sort=name&next_token=abc#top
https://h.example:8443/a/@scope/pkg
https://www.npmjs.com/package/@types/node
ssh://git@h.example/o/r.git
git@h.example:o/r.git
postgres://bob@h/db
http://[::1]:8080/x?y=z
s3://bucket/key/name.csv
arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf
arn:aws:iam::123456789012:role/token-reader
SELECT * FROM users WHERE id = 1 AND name = 'bob'
SELECT password FROM users
INSERT INTO users (name, age) VALUES ('bob', 3)
secret "db-config" not found
curl -s -o /dev/null https://h.example
docker run -p 8080:80 nginx
ssh -p 2222 h.example
mysql -u root db
6f1c1f6e-5b0e-4a4c-9f3c-8d1f6a3b2c1d
0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d
2026-11-22T08:09:10.123456Z
task-abcdefghijklmnopqrstuvwxyz
sklearn-0.24.2-cp39
disk-usage-of-the-whole-system-partition
npm_config_registry
npm_lifecycle_event=test
glacier-vault-retrieval-request-1
TypeError: f() missing 1 required positional argument: 'password'
KeyError: 'token'
{'a': 1, 'b': [2, 3], 'key': 'value'}
{"id": 12345678901234567890, "price": 1.10, "ok": true, "none": null}
{"is_secret": true, "password": null, "token": "", "secrets": []}
{"usage": {"prompt_tokens": 5, "total_tokens": 9}, "tokens": 14}
{"name": "status", "value": "active"}
{"required": ["username", "password", "email"]}
{"fields": ["token", "user"]}
{"type": "object", "properties": {"name": {"type": "string"}}}
[INFO] 12:00:00 started: ok
[1, 2, {"a": "b=c; d: e"}]
{"nextToken": "abc123def456ghi789", "Key": "photos/1.jpg"}
{ "spaced" :  [ 1 , 2 ]  }
[SQL: SELECT name FROM users WHERE id = ?]\n[parameters: (1, 'bob')]
1 error for User\nname\n  bad [type=x, input_value='bob', input_type=str]
DETAIL:  Key (email)=(bob) already exists.
the token sha is v2
    self.password = password
    token = get_token(user)
    if not password: raise ValueError("x")
headers = {'Authorization': f'Bearer {token}'}
SELECT id FROM users WHERE password = ? AND token = $1
INSERT INTO users (name, password) VALUES (%s, %s)
INSERT INTO users (name, password) VALUES (?, ?)
dict_keys(['password', 'user'])
https://h.example/?state=open&code=404
https://h.example/reset/confirmation
the password is base64-encoded
the token is required
AUTH failed
assert 'a' == 'b'\n +  where 'a' = <User>.name
test_x[key-1]
commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b
id=550e8400-e29b-41d4-a716-446655440000
ETag: "33a64df551425fcc55e4d42a148795d9f25f89d4"
i18n key: login.password.label
{"image": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"}
{"items": [{"key": "color", "value": "red"}], "number": "12345678901234"}
{"i18n": {"login.password.label": "Password"}}
""".strip().splitlines()


@pytest.mark.parametrize("name", INNOCENT_NAMES)
def test_innocent_names(name: str) -> None:
    """
    A name that only resembles a secret one leaves its value alone.
    """
    text = f"{name}=some-value-1"

    assert not MASKER.is_secret_key(name)
    assert text == MASKER.text(text)
    assert MASKER.value(name, "some-value-1") == "some-value-1"
    assert (body := json.dumps({name: "some-value-1"})) == MASKER.body(body)


@pytest.mark.parametrize("text", INNOCENT_TEXT)
def test_innocent_text(text: str) -> None:
    """
    A text without a secret stays as it is, to the byte.
    """
    assert {text} == masked_anyhow(text)


def test_size() -> None:
    """
    The corpus is as large as we say.
    """
    assert len(INNOCENT_NAMES) + len(INNOCENT_TEXT) >= 200


def test_other_parameters() -> None:
    """
    Beside one that is secret, the other parameters of a list stay.
    """
    body = (
        '{"Parameters": [{"Type": "String", "Value": "plain"},'
        ' {"Type": "SecureString", "Value": "x"},'
        ' {"type": "token", "value": "kept"}]}'
    )

    assert MASKER.body(body) == body.replace('"x"', '"REDACTED"')
