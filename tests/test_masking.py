"""
What is kept and what is struck out, form by form.
"""

from __future__ import annotations

import threading

import pytest

from otel_testkit.masking import MASK, Masker, secret_environment_values


MASKER = Masker()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("Authorization", "Bearer abc", "Bearer REDACTED"),
        ("authorization", "Basic Ym9iOng=", "Basic REDACTED"),
        (
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=c, Signature=d",
            "AWS4-HMAC-SHA256 REDACTED",
        ),
        ("Authorization", "some words", "REDACTED"),
        ("Authorization", "", ""),
        ("Cookie", "sid=abc; theme=dark", "sid=REDACTED; theme=REDACTED"),
        ("Cookie", "a=b=c;d=", "a=REDACTED;d="),
        ("Cookie", "abc", "REDACTED"),
        (
            "Set-Cookie",
            "sid=abc; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT; HttpOnly",
            "sid=REDACTED; Path=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT; HttpOnly",
        ),
        ("Set-Cookie", "a=1; Secure, b=2", "a=REDACTED; Secure, b=REDACTED"),
        ("X-Api-Key", "abc", "REDACTED"),
        ("Location", "/cb?code=a&state=b", "/cb?code=REDACTED&state=b"),
        (
            "Link",
            '<https://h/?access_token=a&page=2>; rel="next"',
            '<https://h/?access_token=REDACTED&page=2>; rel="next"',
        ),
        ("Content-Type", "text/plain; charset=utf-8", "text/plain; charset=utf-8"),
        ("Vary", "Authorization, Cookie", "Vary"),
        ("Access-Control-Allow-Credentials", "true", "true"),
        ("X-RateLimit-Remaining-Tokens", "149984", "149984"),
        ("X-Amz-Request-Id", "0A1B2C3D4E5F", "0A1B2C3D4E5F"),
        ("ETag", '"33a64df551425fcc55e4d42a148795d9f25f89d4"', "ETag"),
        ("WWW-Authenticate", 'Bearer realm="a", error="b"', "WWW-Authenticate"),
    ],
)
def test_header(name: str, value: str, expected: str) -> None:
    """
    A header keeps what tells a reader something: scheme, names, attributes.
    """
    expected = value if expected == name else expected

    assert expected == MASKER.header(name, value)
    assert expected == MASKER.header(name, expected)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://u:p@h/db", "postgres://u:REDACTED@h/db"),
        ("redis://:p@h", "redis://:REDACTED@h"),
        ("amqp://u:p@h//", "amqp://u:REDACTED@h//"),
        ("mongodb+srv://u:p@h/?w=1", "mongodb+srv://u:REDACTED@h/?w=1"),
        ("postgres://u:p/w#d@h/db", "postgres://u:REDACTED@h/db"),
        ("postgres://u@h/db", "postgres://u@h/db"),
        ("ssh://git@h/o/r.git", "ssh://git@h/o/r.git"),
        ("https://tok@h/o", "https://REDACTED@h/o"),
        ("https://key:@h/o", "https://REDACTED:@h/o"),
        ("//u:p@h/x", "//u:REDACTED@h/x"),
        ("https://h/?a=1&token=b&c=d#e", "https://h/?a=1&token=REDACTED&c=d#e"),
        ("https://h/#access_token=a&b=c", "https://h/#access_token=REDACTED&b=c"),
        ("https://h/#/r?token=a", "https://h/#/r?token=REDACTED"),
        ("/p?api_key=a", "/p?api_key=REDACTED"),
        ("?api_key=a", "?api_key=REDACTED"),
        ("/p;jsessionid=a?b=c", "/p;jsessionid=REDACTED?b=c"),
        ("/cb?code=a&state=b", "/cb?code=REDACTED&state=b"),
        ("/errors?code=404&page=2", "/errors?code=404&page=2"),
        ("/p?token=", "/p?token="),
        ("/p?token={token}&x=%s", "/p?token={token}&x=%s"),
        ("/p?a=%C3%A9+b&c=%2F", "/p?a=%C3%A9+b&c=%2F"),
        (
            "/go?next=https%3A%2F%2Fh%2F%3Ftoken%3Da",
            "/go?next=https%3A%2F%2Fh%2F%3Ftoken%3DREDACTED",
        ),
        (
            (
                "https://b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a"
                "&X-Amz-Date=b&X-Amz-Security-Token=c&X-Amz-Signature=d"
            ),
            (
                "https://b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=REDACTED"
                "&X-Amz-Date=b&X-Amz-Security-Token=REDACTED&X-Amz-Signature=REDACTED"
            ),
        ),
        ("https://h/b?sv=1&sig=a%3D&se=2", "https://h/b?sv=1&sig=REDACTED&se=2"),
        (
            "https://b/k?AWSAccessKeyId=a&Signature=b&Expires=1",
            "https://b/k?AWSAccessKeyId=REDACTED&Signature=REDACTED&Expires=1",
        ),
        (
            "https://hooks.slack.com/services/T0/B0/abc",
            "https://hooks.slack.com/services/T0/B0/REDACTED",
        ),
        (
            "https://discord.com/api/v10/webhooks/12/abc/messages",
            "https://discord.com/api/v10/webhooks/12/REDACTED/messages",
        ),
        (
            "https://api.telegram.org/bot12:abc/getMe",
            "https://api.telegram.org/bot12:REDACTED/getMe",
        ),
        ("https://[::1]:80/a", "https://[::1]:80/a"),
        ("https://h:443/@scope/pkg", "https://h:443/@scope/pkg"),
        ("https://h/%zz?%=&&&=?#", "https://h/%zz?%=&&&=?#"),
        ("mailto:bob@h", "mailto:bob@h"),
        ("", ""),
    ],
)
def test_url(url: str, expected: str) -> None:
    """
    A URL loses its secrets and keeps everything else, to the byte.
    """
    assert expected == MASKER.url(url)
    assert expected == MASKER.url(expected)
    assert expected == MASKER.value("url.full", url)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            '{ "a" : 12345678901234567890, "b":1.10, "pin": 1234 }',
            '{ "a" : 12345678901234567890, "b":1.10, "pin": "REDACTED" }',
        ),
        (
            '{"token": "a", "token": "b"}',
            '{"token": "REDACTED", "token": "REDACTED"}',
        ),
        (
            '{"token": ["a", 1, true, null, ""]}',
            '{"token": ["REDACTED", "REDACTED", true, null, ""]}',
        ),
        (
            '{"auth": {"x": {"y": "z"}}, "b": "c"}',
            '{"auth": {"x": {"y": "REDACTED"}}, "b": "c"}',
        ),
        ('{"a": "é\\u00e9 token=x"}', '{"a": "éé token=REDACTED"}'),
        ('{"a": "\\ud800 token=x"}', '{"a": "\\ud800 token=REDACTED"}'),
        (
            '{"a": "{\\"token\\": \\"b\\", \\"c\\": 1}"}',
            '{"a": "{\\"token\\": \\"REDACTED\\", \\"c\\": 1}"}',
        ),
        (
            '{"headers": {"Authorization": "Bearer a", "Cookie": "b=c"}}',
            '{"headers": {"Authorization": "Bearer REDACTED", "Cookie": "b=REDACTED"}}',
        ),
        ('[{"token":"a"},{"b":"c"}]', '[{"token":"REDACTED"},{"b":"c"}]'),
        ('{"token":"a"}\n{"b":"c"}\n', '{"token":"REDACTED"}\n{"b":"c"}\n'),
        ('{"b": "c", "token": "a', '{"b": "c", "token": "REDACTED'),
        ('{"token": "a\\', '{"token": "REDACTED\\'),
        ('{"token": "a", "n": tr', '{"token": "REDACTED", "n": tr'),
        ('{"token": {"a": "b", "c', '{"token": {"a": "REDACTED", "REDACTED'),
        ('{"tokens": 5, "total": 6}', '{"tokens": 5, "total": 6}'),
        ("a=1&password=b&c=", "a=1&password=REDACTED&c="),
        ("a=1&b=c+d%20", "a=1&b=c+d%20"),
        ("<a><token>b</token></a>", "<a><token>REDACTED</token></a>"),
        ("<a token='b' c='d'/>", "<a token='REDACTED' c='d'/>"),
        (
            '{"card": {"number": "4111 1111 1111 1111"}, "number": "41"}',
            '{"card": {"number": "REDACTED"}, "number": "41"}',
        ),
        (
            '{"kind": "Secret", "data": {"a": "Yg=="}, "b": "c"}',
            '{"kind": "Secret", "data": {"a": "REDACTED"}, "b": "c"}',
        ),
        (
            (
                '--b\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n'
                "Content-Type: image/png\r\n\r\n\ufffdPNG\0\r\n--b--"
            ),
            (
                '--b\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n'
                "Content-Type: image/png\r\n\r\n<image/png, not shown>\r\n--b--"
            ),
        ),
        ("", ""),
        ("null", "null"),
    ],
)
def test_body(body: str, expected: str) -> None:
    """
    A body loses its secrets and keeps everything else, to the byte.
    """
    assert expected == MASKER.body(body)
    assert expected == MASKER.body(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("password=a, user=b", "password=REDACTED, user=b"),
        ("f(password='a', b=1)", "f(password='REDACTED', b=1)"),
        ("{'password': 'a', 'b': 1}", "{'password': 'REDACTED', 'b': 1}"),
        ("{'pin': 1234, 'b': 1}", "{'pin': 'REDACTED', 'b': 1}"),
        ("auth=('a', 'b'), c=1", "auth=REDACTED, c=1"),
        ("PASSWORD 'it''s' VALID", "PASSWORD 'REDACTED' VALID"),
        (
            "INSERT INTO t (a, password) VALUES ('x', 'y'), ('z', 'w')",
            "INSERT INTO t (a, password) VALUES ('x', 'REDACTED'), ('z', 'REDACTED')",
        ),
        ("run --password a --b c", "run --password REDACTED --b c"),
        ("['run', '--token', 'a', 'b']", "['run', '--token', 'REDACTED', 'b']"),
        ("mysql -u root -pa db", "mysql -u root -pREDACTED db"),
        ("curl -u bob:a https://h", "curl -u bob:REDACTED https://h"),
        ("Authorization: Bearer a\nX: b", "Authorization: Bearer REDACTED\nX: b"),
        ("-H 'Cookie: a=b; c=d' x", "-H 'Cookie: a=REDACTED; c=REDACTED' x"),
        ("see https://u:p@h/x, please", "see https://u:REDACTED@h/x, please"),
        ("reason: token=a b", "reason: token=REDACTED b"),
        ("Pwd=a;Server=b", "Pwd=REDACTED;Server=b"),
        ("PWD=/home/bob", "PWD=/home/bob"),
        ("token: str = 'a'", "token: str = 'REDACTED'"),
    ],
)
def test_text(text: str, expected: str) -> None:
    """
    A text loses the values of secret names, and what is around them stays.
    """
    assert expected == MASKER.text(text)
    assert expected == MASKER.text(expected)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("customer.token", "abc", MASK),
        ("customer.token", "", ""),
        ("customer.token", "True", "True"),
        ("customer.token", "None", "None"),
        ("customer.pin", "1234", MASK),
        ("tokens", "512", "512"),
        ("customer.name", "Bob", "Bob"),
        ("http.request.header.cookie", "a=b", "a=REDACTED"),
        ("url.query", "token=a&b=c", "token=REDACTED&b=c"),
        ("note", "token=a", "token=REDACTED"),
        ("http.request.body.content", '{"token": "a"}', '{"token": "REDACTED"}'),
    ],
)
def test_value(key: str, value: str, expected: str) -> None:
    """
    A tag goes by its name, then by its text.
    """
    assert expected == MASKER.value(key, value)
    assert expected == MASKER.value(key, expected)


def test_more_keys() -> None:
    """
    A user's own words make a name secret, as words and not as letters.
    """
    masker = Masker(keys=["tenant", "badge number"])

    assert masker.is_secret_key("x-tenant")
    assert masker.is_secret_key("badgeNumber")
    assert not masker.is_secret_key("lieutenant")
    assert masker.text("tenant=a") == "tenant=REDACTED"
    assert masker.body('{"badge_number": 7}') == '{"badge_number": "REDACTED"}'


def test_allowed_keys() -> None:
    """
    A name that the user allows is kept, however it is written.
    """
    masker = Masker(allow=["session_id"])

    assert not masker.is_secret_key("sessionId")
    assert masker.text("session_id=a") == "session_id=a"
    assert masker.is_secret_key("my_session_id")


def test_known_secrets() -> None:
    """
    A known value is struck out wherever it shows up, encoded or not.
    """
    masker = Masker(secrets=['s3cr/t "value"'])

    assert masker.text('a s3cr/t "value" b') == "a REDACTED b"
    assert masker.url("/a/s3cr%2Ft%20%22value%22/b") == "/a/REDACTED/b"
    assert masker.body('{"a": "xs3cr/t \\"value\\"y"}') == '{"a": "xREDACTEDy"}'
    assert masker.header("X-Note", 's3cr/t "value"') == "REDACTED"
    assert masker.value("note", 's3cr/t "value"') == "REDACTED"


@pytest.mark.parametrize(
    "common", ["short", "production", "12345678", "/usr/bin/python", "true", "*" * 9]
)
def test_common_values(common: str) -> None:
    """
    A word that is common is not struck out of everything, though it be a secret.
    """
    masker = Masker(secrets=[common])

    assert f"a {common} b" == masker.text(f"a {common} b")


def test_secret_environment_values() -> None:
    """
    The environment's secrets are told by name, or are the password of a URL.
    """
    environ = {
        "GITHUB_TOKEN": "tok-1234567890",
        "DB_PASSWORD": "hunter2-hunter2",
        "DATABASE_URL": "postgres://bob:pa55-word@h/db",
        "SHORT_SECRET": "abc",
        "PWD": "/home/bob/project",
        "SSH_AUTH_SOCK": "/tmp/ssh-1/agent.1",
        "GOOGLE_APPLICATION_CREDENTIALS": "/home/bob/key.json",
        "TOKENIZERS_PARALLELISM": "false-or-true",
        "PATH": "/usr/bin:/bin",
    }

    assert secret_environment_values(environ) == (
        "hunter2-hunter2",
        "pa55-word",
        "tok-1234567890",
    )


@pytest.mark.parametrize("way", ["text", "body", "url"])
def test_too_long(way: str) -> None:
    """
    A value that is too long to be read through is withheld, and its size is told.
    """
    text = "é" + "a" * (1 << 20)
    masked = getattr(MASKER, way)(text)

    assert f"REDACTED ({(1 << 20) + 2} bytes not examined)" == masked
    assert masked == getattr(MASKER, way)(masked)
    assert masked == MASKER.value("note", text)
    assert masked == MASKER.header("X-Note", text)


@pytest.mark.parametrize("thing", [None, 1, b"token=a", ["token"], {}])
def test_never_raises(thing: object) -> None:
    """
    What is no text is withheld, and nothing is raised.
    """
    withheld = "REDACTED (not examined)"

    assert withheld == MASKER.text(thing)  # type: ignore[arg-type]
    assert withheld == MASKER.body(thing)  # type: ignore[arg-type]
    assert withheld == MASKER.url(thing)  # type: ignore[arg-type]
    assert withheld == MASKER.header("a", thing)  # type: ignore[arg-type]
    assert withheld == MASKER.value("a", thing)  # type: ignore[arg-type]


def test_original_object() -> None:
    """
    Where nothing is secret the very text is given back.
    """
    text = '{"a": ["b", {"c": "password is wrong"}]}' * 20

    assert MASKER.text(text) is text
    assert MASKER.body(text) is text


def test_threads() -> None:
    """
    Many threads share one masker.
    """
    wrong: list[str] = []

    def work(number: int) -> None:
        for index in range(200):
            text = f'{{"token": "t{number}-{index}", "n": {index}}}'
            expected = f'{{"token": "REDACTED", "n": {index}}}'
            if expected != (masked := MASKER.body(text)):
                wrong.append(masked)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
