"""
A corpus of secrets in the places where they turn up.

Everything here is made up. What follows a vendor's format is put together when
the tests run, so that nothing in this file looks like a leak.
"""

from __future__ import annotations

import pytest

from otel_testkit.masking import Masker


def words(text: str) -> list[str]:
    """
    Give the words of *text*.
    """
    return text.split()


# Stands for the secret in the templates below.
HERE = "§"
PLAIN = "Zq7-hunter2.x9"
MASKER = Masker()

SECRET_NAMES = words("""
password passwd pwd pw db_pw userPw PASSWORD userPassword user_password db-password password1
PGPASSWORD MYSQL_PWD passphrase passcode new_password passwordConfirmation
password_hash secret client_secret clientSecret SECRET_KEY app.secret webhook_secret
SecretString token access_token accessToken refresh_token id_token authToken
auth_token X-Auth-Token csrf_token csrfmiddlewaretoken xsrf-token
x-amz-security-token AWS_SESSION_TOKEN api_key apiKey api-key APIKEY X-Api-Key
x-rapidapi-key access_key accessKeyId AWS_SECRET_ACCESS_KEY aws_access_key_id
private_key privateKey signing_key encryption_key master_key account_key AccountKey
SharedAccessKey subscription-key Ocp-Apim-Subscription-Key storage_key stripe_key
openai_key authorization Proxy-Authorization credential session_id sessionId
JSESSIONID PHPSESSID session_key jwt signature X-Amz-Signature sig otp totp_code ssn
cvv card_number cardNumber credit_card connection_string connectionString conn_str
sas_token user[password] user.password recovery_code mfa_code seed_phrase
code_verifier client_assertion SAMLResponse _authToken pin pin_code secret_id
task_token db_pass smtp_pass basic_auth _auth oauth_verifier npm_token GITHUB_TOKEN
spring.datasource.password oauth_token_secret
""")

CARRIERS = {
    "env": "{name}=§",
    "export": "export {name}=§ && run",
    "yaml": "db:\n  {name}: §\n  port: 5432\n",
    "ini": "[main]\n{name} = §\nport = 1\n",
    "json": '{{"a": 1, "{name}": "§", "b": [2]}}',
    "cut json": '{{"a": 1, "{name}": "§',
    "repr": "{{'a': 1, '{name}': '§', 'b': None}}",
    "json in json": '{{"body": "{{\\"{name}\\": \\"§\\"}}"}}',
    "json in text": 'POST failed: {{"{name}": "§"}} (400)',
    "json in a repr": 'AssertionError: b\'{{"{name}": "§"}}\' != b""',
    "escaped in a log": 'msg="{{\\"{name}\\": \\"§\\"}}" level=info',
    "call": "connect(host='h', {name}='§', port=1)",
    "log": "2026-01-01 12:00:00,000 INFO app: retry with {name}=§, attempt=2",
    "after a harmless name": "reason: {name}=§",
    "query in text": "GET /path?x=1&{name}=§&y=2 HTTP/1.1",
    "url in text": "Max retries exceeded: https://h.example/p?{name}=§&y=2 (Caused by x)",
    "form": "x=1&{name}=§&y=2",
    "comparison": "assert {name} == '§'",
    "pairs": "[('x', 'y'), ('{name}', '§')]",
    "name and value": '[{{"name": "{name}", "value": "§"}}]',
    "value and name": '[{{"value": "§", "name": "{name}"}}]',
    "multipart": '--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n§\r\n--b--\r\n',
    "option": "run --{name} § --verbose",
    "arguments": "['run', '--{name}', '§', '-v']",
    "header line": "GET / HTTP/1.1\r\nHost: h\r\n{name}: §\r\n\r\n",
    "header line in a repr": "b'GET / HTTP/1.1\\r\\nHost: h\\r\\n{name}: §\\r\\n\\r\\n'",
}

IN_TEXT = r'''
password=§
Password: §
password : §
password => §
password := "§"
password="§"
password='§'
password=b'§'
password="""§"""
PASSWORD='§' psql -h db
login failed for user=bob password=§.
login failed (password=§)
[password=§]
<password=§>
{password=§}
url=http://h/?a=1 password=§
a=b;password=§;c=d
Server=h;Database=d;User Id=sa;Password=§;Encrypt=true
Driver={ODBC};UID=sa;PWD=§;
DefaultEndpointsProtocol=https;AccountName=n;AccountKey=§==;EndpointSuffix=core
Endpoint=sb://n.example.net/;SharedAccessKeyName=Root;SharedAccessKey=§=
host=h dbname=d user=u password=§ sslmode=require
connection to server failed: password=§ host=h
Authorization: Bearer §
authorization: bearer §
Authorization: Basic §
Authorization: Token §
Authorization: token §
Authorization: ApiKey §
Authorization: AWS AKID:§
Authorization: §
Proxy-Authorization: Basic §
Authorization: Digest username="bob", response="§", uri="/"
Authorization: AWS4-HMAC-SHA256 Credential=x/y/z, SignedHeaders=host, Signature=§
Authorization: OAuth oauth_consumer_key="x", oauth_signature="§"
headers={'Authorization': 'Bearer §', 'Accept': '*/*'}
headers={'authorization': 'Bearer §'}
headers: {"Authorization": "Bearer §"}
Headers([(b'authorization', b'Bearer §')])
curl -H 'Authorization: Bearer §' https://h
curl -H "X-Api-Key: §" https://h
curl -H 'Cookie: sid=§' https://h
curl -u bob:§ https://h
curl --user bob:§ https://h
curl -sS -u 'bob:§' https://h
Cookie: sid=§; theme=dark
Cookie: a=1; sid=§
Set-Cookie: sid=§; Path=/; HttpOnly
'Cookie': 'sid=§; a=b'
cookies={'sid': '§'}
cookies=<RequestsCookieJar[<Cookie sid=§ for h/>]>
session=§
auth=('bob', '§')
auth=("bob", "§")
credentials={'id': 'x', 'part': '§'}
secrets: ["§", "other"]
tokens=["§"]
SecretStr('§') for password=SecretStr('§')
password=Secret("§")
mysql -u root -p§ db
mysqldump --password=§ db
sshpass -p § ssh h
sshpass -p '§' ssh h
docker login -u bob -p § registry
redis-cli -h h -a § ping
run --password § --verbose
run --password "§"
run --api-key=§
run --token '§'
['run', '--password', '§']
["run", "--client-secret", "§"]
['run', '--password=§']
CalledProcessError: Command '['psql', '--password', '§']' returned 1
Command 'login --token §' timed out
ALTER USER bob WITH PASSWORD '§'
CREATE USER bob IDENTIFIED BY '§'
CREATE USER bob IDENTIFIED WITH mysql_native_password BY '§'
CREATE ROLE bob LOGIN ENCRYPTED PASSWORD '§'
SET PASSWORD FOR bob = PASSWORD('§')
SELECT * FROM users WHERE password = '§'
SELECT * FROM users WHERE token='§' AND id=1
UPDATE users SET password='§' WHERE id=1
UPDATE users SET name='x', api_key = '§'
INSERT INTO users (name, password) VALUES ('bob', '§')
INSERT INTO users (name, password, age) VALUES ('a', 'x', 1), ('b', '§', 2)
COPY t FROM 's3://b' CREDENTIALS 'aws_access_key_id=x;aws_secret_access_key=§'
API key: §
api key = §
Incorrect API key provided: §
access key: §
Session ID: §
connection string: §
card number: §
private key is: §
postgres://bob:§@h/db
could not connect to postgresql+psycopg2://bob:§@h:5432/db
redis://:§@h:6379/0
amqp://guest:§@h//
mongodb+srv://bob:§@h.example/db
mysql://bob:§@h
https://bob:§@h/path
https://§@h/path
git clone https://x-access-token:§@h.example/o/r.git
fatal: unable to access 'https://bob:§@h.example/o/r.git/'
proxy http://bob:§@h:3128
postgres://bob:a/§@h/db
postgres://bob:a@§@h/db
https://h/cb?code=§&state=x
https://h/cb#access_token=§&token_type=bearer
https://h/p;jsessionid=§?x=1
/cb?code=§&state=x
https://h/go?next=https%3A%2F%2Fi%2F%3Ftoken%3D§
https://h/?%70assword=§
https://h/blob?sv=1&sig=§&se=2
https://b.s3.example/k?X-Amz-Credential=§&X-Amz-Date=1
https://b.s3.example/k?AWSAccessKeyId=x&Signature=§&Expires=1
https://s.example/k?X-Goog-Signature=§
https://hooks.slack.com/services/T000/B000/§
https://discord.com/api/webhooks/123/§
https://api.telegram.org/bot123:§/sendMessage
https://maker.ifttt.com/trigger/x/with/key/§
otpauth://totp/x?secret=§&issuer=y
//npm.example.org/:_authToken=§
machine h login bob password §
password: |\n  §\nnext: 1
password: >-\n  §
<user password="§"/>
<add key="Password" value="§"/>
def login(user, password="§"):
def login(password: str = "§"):
token: str | None = "§"
self.password = "§"
os.environ["TOKEN"] = "§"
headers["X-Api-Key"] = "§"
assert response.json() == {"token": "§"}
E       AssertionError: assert {'token': '§'} == {}
input_value={'password': '§'}, input_type=dict
ValidationError: 1 error\npassword\n  bad [type=x, input_value={'password': '§'}]
{"event": "login", "password": "§"}
{"headers": [["Authorization", "Bearer §"]]}
{"args": ["run", "--token", "§"]}
{"auth": {"user": "bob", "x": ["§"]}}
{"credentials": [{"a": {"b": "§"}}]}
{"passw\u006frd": "§"}
{"msg": "login with password=§ failed"}
{"url": "https://bob:§@h/"}
{"query": "mutation { login(password: \"§\") { ok } }"}
{"variables": {"input": {"password": "§"}}}
{"a": "{\"b\": \"{\\\"token\\\": \\\"§\\\"}\"}"}
{"token": "a", "token": "§"}
{"Environment": {"Variables": {"DB_PASSWORD": "§"}}}
{"key": "api_key", "value": {"stringValue": "§"}}
{"value": {"stringValue": "§"}, "key": "api_key"}
{"Name": "/prod/db/password", "Type": "SecureString", "Value": "§"}
{"Parameter": {"Name": "/prod/x", "Type": "SecureString", "Value": "§"}}
{"Parameters": [{"Value": "§", "Version": 1, "Type": "SecureString"}]}
{"a": {"type": "SecureString", "more": {"x": 1}, "value": ["§", {"b": "§"}]}}
{'Parameter': {'Name': '/x', 'Type': 'SecureString', 'Value': '§', 'Version': 1}}
{'Parameter': {'Value': '§', 'Type': 'SecureString'}}
{"SecretString": "{\"user\":\"bob\",\"x\":\"§\"}"}
{"a": 1}\n{"token": "§"}\n
)]}',\n{"token": "§"}
data: {"token": "§"}\n\n
{"token":\n"§"}
{"token": ["§
{"a": {"token": "x", "b": "c"}, "password": "§
{"big": 1, "token" : "§" , ...truncated
[SQL: INSERT INTO users (name, password) VALUES (?, ?)]\n[parameters: ('bob', '§')]
[SQL: SELECT 1 FROM users WHERE api_key = %s]\n[parameters: [('§',), ('b',)]]
[SQL: UPDATE users SET password=%(p)s]\n[parameters: {'password': '§'}]
DETAIL:  Key (api_key)=(§) already exists.
Duplicate entry '§' for key 'users.api_key'
1 error for Settings\npassword\n  bad [type=x, input_value='§', input_type=str]
1 error for Settings\ndb.password\n  bad [type=x, input_value='§', input_type=str]
assert '§' == 'x'\n +  where '§' = User(name='bob').password
assert 'x' == '§'\nE        +  where '§' = <Settings>.get_token()
["user"]=>\n  string(3) "bob"\n  ["password"]=>\n  string(9) "§"
jdbc:oracle:thin:scott/§@//h:1521/svc
sqlplus scott/§@orcl
aws configure set aws_secret_access_key §
openssl enc -aes-256-cbc -k § -in a
htpasswd -b .htpasswd bob §
AUTH default §
the password is §
tokens:\n  - a1\n  - §\nport: 1
https://h/l?next=https%253A%252F%252Fi%252F%253Ftoken%253D§
https://x.webhook.office.com/webhookb2/a-b@c/IncomingWebhook/§/d
https://eth-mainnet.g.alchemy.com/v2/§
https://mainnet.infura.io/v3/§
{"Parameters": [{"ParameterKey": "DBPassword", "ParameterValue": "§"}]}
'''.strip().splitlines()

IN_BODIES = [
    ("<a><password>§</password></a>", "application/xml"),
    ('<input type="password" name="x" value="§">', "text/html"),
    ("user,password,age\nbob,§,4\n", "text/csv"),
    ('user;api_key\n"b;b";"§"\n', "text/csv; charset=utf-8"),
    ('{"kind": "Secret", "stringData": {"x": "§"}}', "application/json"),
    ("<a><ns:Password Type='x'>§</ns:Password></a>", "text/xml"),
    ("<a><password><![CDATA[§]]></password></a>", "application/xml"),
    ("<a><Credentials><x>§</x></Credentials></a>", "application/xml"),
    ("<a><SecretAccessKey>§</SecretAccessKey><x/></a>", "application/xml"),
    ("<a><SessionToken>§", "application/xml"),
    ("<p><key>password</key><string>§</string></p>", "application/xml"),
    ("<e><name>api_key</name><value>§</value></e>", "application/xml"),
    ('<e name="password">§</e>', "application/xml"),
    ('<input type="hidden" name="csrf_token" value="§">', "text/html"),
    ('<input value="§" name="csrf_token">', "text/html"),
    ('<meta name="csrf-token" content="§">', "text/html"),
    ("password=§", "application/x-www-form-urlencoded"),
    (
        "Action=X&P.member.1.ParameterKey=DbPassword&P.member.1.ParameterValue=§",
        "application/x-www-form-urlencoded",
    ),
    ("grant_type=authorization_code&code=§", "application/x-www-form-urlencoded"),
    ("user%5Bpassword%5D=§&x=1", "application/x-www-form-urlencoded"),
    ("payload=%7B%22token%22%3A%22§%22%7D", "application/x-www-form-urlencoded"),
    ("x=1;password=§", "application/x-www-form-urlencoded"),
    (
        "--b\r\nContent-Disposition: form-data; name=token\r\n\r\n§\r\n--b--",
        "multipart/form-data; boundary=b",
    ),
    (
        (
            '--b\nContent-Disposition: form-data; name="j"\n'
            'Content-Type: application/json\n\n{"token": "§"}\n--b--'
        ),
        'multipart/form-data; boundary="b"',
    ),
    ('{"token": "§"}', "text/plain"),
    ('{"token": "§"}', "application/x-www-form-urlencoded"),
    ('\ufeff{"token": "§"}', "application/json"),
    ('event: x\ndata: {"token": "§"}\n\n', "text/event-stream"),
    ('{"a":1}\r\n{"token":"§"}', "application/x-ndjson"),
    ('"{\\"token\\": \\"§\\"}"', "application/json"),
    ('mutation { login(user: "bob", password: "§") { ok } }', "application/graphql"),
    ("user: bob\npassword: §\n", "application/yaml"),
    ("user: bob\npassword: correct § staple\n", "application/yaml"),
]

IN_HEADERS = [
    ("Authorization", "Bearer §"),
    ("authorization", "§"),
    ("authorization", "§ with words"),
    ("Authorization", "AWS4-HMAC-SHA256 Credential=x, Signature=§"),
    ("Proxy-Authorization", "Basic §"),
    ("X-Authorization", "Bearer §"),
    ("Cookie", "sid=§"),
    ("Cookie", "theme=dark; sid=§; §"),
    ("Cookie", "§"),
    ("Set-Cookie", "sid=§; Path=/"),
    ("Set-Cookie", "a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT, sid=§; Path=/"),
    ("Set-Cookie", "a=1; other=§"),
    ("X-Api-Key", "§"),
    ("x-amz-security-token", "§"),
    ("X-CSRF-Token", "§"),
    ("X-Vault-Token", "§"),
    ("PRIVATE-TOKEN", "§"),
    ("DD-API-KEY", "§"),
    ("x-functions-key", "§"),
    ("X-Hub-Signature-256", "sha256=§"),
    ("Stripe-Signature", "t=1,v1=§"),
    ("Location", "https://h/cb?code=§&state=1"),
    ("Location", "/cb#access_token=§"),
    ("Referer", "https://bob:§@h/"),
    ("Link", '<https://h/?access_token=§&page=2>; rel="next"'),
    ("Refresh", "0; url=https://h/?token=§"),
    ("X-Forwarded-Uri", "/a?token=§"),
    ("X-Debug", "password=§"),
    ("X-Payload", '{"token": "§"}'),
]

A36 = "A1b2C3d4E5f6" * 3
HEX32 = "0a1b2c3d4e5f6789" * 2
SHAPES = {
    "jwt": "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJ" + "zdWIiOiIxIn0" + "." + A36,
    "jwe": "eyJ" + "hbGciOiJSU0EtT0FFUCJ9" + "." + A36 + "." + A36 + ".x9." + A36,
    "aws": "AKIA" + "QX7ZQX7ZQX7ZQX7Z",
    "aws sts": "ASIA" + "QX7ZQX7ZQX7ZQX7Z",
    "github": "ghp_" + A36,
    "github oauth": "gho_" + A36,
    "github user": "ghu_" + A36,
    "github server": "ghs_" + A36,
    "github refresh": "ghr_" + A36,
    "github fine": "github_pat_" + "11ABC" + "_" + A36 * 2,
    "gitlab": "glpat-" + "A1b2C3d4E5_6x7y8Z9w0",
    "gitlab deploy": "gldt-" + "A1b2C3d4E5_6x7y8Z9w0",
    "gitlab runner": "glrt-" + "A1b2C3d4E5_6x7y8Z9w0",
    "gitlab job": "glcbt-" + "64_" + "A1b2C3d4E5_6x7y8Z9w0",
    "slack bot": "xoxb-" + "123456789012-123456789012-" + A36[:24],
    "slack user": "xoxp-" + "123456789012-" + A36[:24],
    "slack app": "xapp-" + "1-A123-456-" + HEX32,
    "stripe": "sk_" + "live_" + A36[:24],
    "stripe restricted": "rk_" + "live_" + A36[:24],
    "stripe test": "sk_" + "test_" + A36[:24],
    "stripe hook": "whsec_" + A36[:32],
    "google": "AIza" + "Sy" + A36[:33],
    "google oauth": "ya29." + A36,
    "google client": "GOCSPX-" + A36[:28],
    "openai": "sk-" + A36 + A36[:12],
    "openai project": "sk-" + "proj-" + A36 + "_x-" + A36,
    "anthropic": "sk-" + "ant-api03-" + A36 + "-" + A36,
    "npm": "npm_" + A36,
    "pypi": "pypi-" + "AgEIcHlwaS5vcmc" + A36,
    "sendgrid": "SG." + A36[:22] + "." + A36,
    "twilio": "SK" + HEX32,
    "shopify": "shpat_" + HEX32,
    "huggingface": "hf_" + A36,
    "digitalocean": "dop_v1_" + HEX32 * 2,
    "atlassian": "ATATT" + "3xFf" + A36 * 3,
    "bitbucket": "ATBB" + A36[:28],
    "databricks": "dapi" + HEX32,
    "vault": "hvs." + A36 * 2,
    "grafana": "glsa_" + A36[:32] + "_0a1b2c3d",
    "figma": "figd_" + A36,
    "planetscale": "pscale_tkn_" + A36,
    "doppler": "dp.pt." + A36 + "abcdef",
    "pulumi": "pul-" + HEX32 + HEX32[:8],
    "terraform": A36[:14] + ".atlasv1." + A36 * 2,
    "supabase": "sbp_" + HEX32 + HEX32[:8],
    "square": "sq0atp-" + A36[:22],
    "brevo": "xkeysib-" + HEX32 * 2 + "-" + A36[:16],
    "telegram": "123456789:AA" + A36[:33],
    "bcrypt": "$2b$12$" + A36 + A36[:17],
    "crypt": "$6$saltsalt$" + A36 * 2,
    "bearer": "Bearer " + "abc-DEF.123~x",
    "basic": "Basic " + "Ym9iOmh1bnRlcjI=",
}
PEM = (
    "-----BEGIN "
    "RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n"
    "MIIB" + A36 + "\n" + A36 + "\n-----END " + "RSA PRIVATE KEY-----"
)

AROUND_SHAPES = {
    "alone": "§",
    "text": "it was refused: § (401)",
    "quoted": "value '§' is wrong",
    "json": '{"note": "§", "n": 1}',
    "json in json": '{"note": "{\\"x\\": \\"§\\"}"}',
    "json key": '{"§": 1}',
    "url path": "https://h.example/a/§/b",
    "url query": "https://h.example/a?x=§&y=1",
    "form": "x=§&y=1",
    "xml": "<a><b>§</b></a>",
    "list": "['a', '§']",
}


def shape_carriers() -> list[tuple[str, str]]:
    """
    Give each vendor's secret in each place where it may show up.
    """
    return [
        (around.replace(HERE, shape), shape.split()[-1])
        for shape in SHAPES.values()
        for name, around in AROUND_SHAPES.items()
        if " " not in shape or ("url" not in name and name != "form")
    ]


def masked_anyhow(text: str) -> set[str]:
    """
    Mask *text* in all the ways that it may be handed to us.
    """
    masked = {MASKER.text(text), MASKER.body(text), MASKER.value("note", text)}
    assert not any("not examined" in each for each in masked)

    return masked


@pytest.mark.parametrize("carrier", CARRIERS.values(), ids=CARRIERS.keys())
@pytest.mark.parametrize("name", SECRET_NAMES)
def test_secret_names(name: str, carrier: str) -> None:
    """
    The value of a secret name is gone, wherever the two stand.
    """
    text = carrier.format(name=name).replace(HERE, PLAIN)

    assert PLAIN in text
    assert MASKER.is_secret_key(name)
    for masked in masked_anyhow(text):
        assert PLAIN not in masked


@pytest.mark.parametrize("template", IN_TEXT)
@pytest.mark.parametrize(
    "secret", [PLAIN, "hunter2", "Tr0ub4dor&3!", "a1b2c3d4e5f60718293a4b5c6d7e8f90"]
)
def test_text(template: str, secret: str) -> None:
    """
    A secret in a message, a log line, a command, a statement or a URL is gone.
    """
    if "://" in template or "?" in template:
        secret = secret.replace("&", "")
    if '\\"' not in template:
        template = template.replace("\\n", "\n")
    text = template.replace(HERE, secret)

    for masked in masked_anyhow(text):
        assert secret not in masked


@pytest.mark.parametrize(("template", "content_type"), IN_BODIES)
def test_bodies(template: str, content_type: str) -> None:
    """
    A secret in a body is gone, in the format that its type says or its text shows.
    """
    body = template.replace(HERE, PLAIN)

    assert PLAIN not in MASKER.body(body, content_type)


@pytest.mark.parametrize(("name", "template"), IN_HEADERS)
def test_headers(name: str, template: str) -> None:
    """
    A secret in a header is gone, also where the header is an attribute or a tag.
    """
    value = template.replace(HERE, PLAIN)

    assert PLAIN not in MASKER.header(name, value)
    assert PLAIN not in MASKER.value(f"http.request.header.{name.lower()}", value)


@pytest.mark.parametrize(("text", "secret"), shape_carriers())
def test_shapes(text: str, secret: str) -> None:
    """
    What a vendor's secret looks like is enough to strike it out.
    """
    for masked in masked_anyhow(text):
        assert secret not in masked


@pytest.mark.parametrize("pem", [PEM, PEM[:90], PEM.replace("\n", "\\n")])
@pytest.mark.parametrize("around", ["{}", "key: {}", "'{}'", '{{"k": "{}"}}'])
def test_private_keys(pem: str, around: str) -> None:
    """
    Nothing is left of a private key, whole, cut or escaped.
    """
    for masked in masked_anyhow(around.format(pem)):
        assert "MIIB" not in masked
        assert A36[:20] not in masked


def test_size() -> None:
    """
    The corpus is as large as we say.
    """
    kinds = (SECRET_NAMES, IN_TEXT, IN_BODIES, IN_HEADERS, SHAPES)

    assert sum(map(len, kinds)) >= 350
