"""
Secrets by every way in which they come into a record: none of them is in any file
of the store, nor in what we print, and what stood beside it is there.

All of them are made up, and put together when the tests run.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest


def plain(seed: str, length: int = 18) -> str:
    """
    A secret that looks like nothing in particular.
    """
    digest = hashlib.sha256(seed.encode()).digest()

    return "Qx" + base64.b32encode(digest).decode()[: length - 2]


def _jwt(secret: str) -> str:
    parts = ({"alg": "HS256"}, {"sub": secret})
    encoded = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in parts
    )

    return ".".join([*encoded, secret + "abcdefghijklmnopqrstuvw"])


# How a text gives a secret away: the text, and what must not be found; § is plain.
FORMS = {
    "variable": "DB_PASSWORD=§",
    "header": "Authorization: Bearer §",
    "basic": "Authorization: Basic {basic}",
    "user": "postgresql://app:§@db.example:5432/shop",
    "query": "GET https://api.example/v1?page=2&access_token=§&limit=3",
    "signed": "https://b.s3.example/k?X-Amz-Expires=60&X-Amz-Signature=§",
    "json": '{"user": "u", "api_key": "§"}',
    "json-in-json": '{"body": "{\\"client_secret\\": \\"§\\"}"}',
    "repr": "{'password': '§', 'n': 1}",
    "call": "connect(host='h', token='§')",
    "argv": "['psql', '--password', '§', '-v']",
    "option": "curl -u me:§ https://api.example/",
    "sql": "ALTER USER app PASSWORD '§'",
    "cookie": "Cookie: theme=dark; sessionid=§",
    "environment": "the value of a variable: {environment}",
    "github": "a token {github} of",
    "aws": "a key {aws} of",
    "jwt": "a token {jwt} of",
    "slack": "a token {slack} of",
    "webhook": "https://hooks.slack.com/services/T01234567/B01234567/{webhook}",
    "stripe": "a key {stripe} of",
    "google": "a key {google} of",
    "pem": "-----BEGIN PRIVATE {key}-----\n{pem}\n-----END PRIVATE {key}-----",
}
ENVIRONMENT = plain("environment")


def told(form: str, seed: str) -> tuple[str, str]:
    """
    Give a text of *form*, and the secret in it, which is nowhere else.
    """
    secret, long = plain(seed), plain(seed, 48) + plain(seed[::-1], 40)
    made = {
        "basic": base64.b64encode(f"me:{secret}".encode()).decode(),
        "environment": ENVIRONMENT,
        "github": "gh" + "p_" + long[:36],
        "aws": "AK" + "IA" + long[2:18],
        "jwt": _jwt(secret),
        "slack": "xo" + "xb-" + "123456789012-" + long[:24],
        "webhook": long[:24],
        "stripe": "sk_" + "live_" + long[:24],
        "google": "AI" + "za" + long[:35],
        "pem": long[:64],
    }
    text = FORMS[form].replace("{key}", "KEY").replace("§", secret)
    for name, value in made.items():
        text = text.replace(f"{{{name}}}", value)

    return text, made.get(form, secret)


# Where a text comes in; `text` is the one, with a mark before it.
PLACES = {
    "tag": "test.set_tag('note', text)",
    "tag-key": "test.set_tag(text, 1)",
    "attribute": "test.set_attribute('note', text)",
    "list": "test.set_attribute('notes', ['a', text])",
    "structure": "test.set_tag('deep', {'a': [{'b': text}]})",
    "bytes": "test.set_tag('bytes', text.encode())",
    "object": "test.set_tag('object', Shown(text))",
    "event-name": "test.event(text)",
    "event": "test.event('e', {'message': text})",
    "step-name": "with step(text): pass",
    "step-attribute": "with step('s', {'note': text}): pass",
    "test-name": "with test_span(text): pass",
    "test-suite": "with test_span('t', suite=text, tags={'n': text}): pass",
    "message": "raise ValueError(text)",
    "argument": "raise KeyError(text, 1)",
    "cause": "raise RuntimeError('failed') from ValueError(text)",
    "context": """
            try: raise ValueError(text)
            except ValueError: raise RuntimeError("failed")
    """,
    "note": """
            error = ValueError("failed")
            error.add_note(text)
            raise error
    """,
    "group": "raise ExceptionGroup('of two', [ValueError(text), KeyError(1)])",
    "command": "raise subprocess.CalledProcessError(1, ['run', text], text, text)",
    "exit": "sys.exit(text)",
    "fail": "pytest.fail(text)",
    "skip": "pytest.skip(text)",
    "assertion": "assert text == ''",
    "assertion-in": "assert text in {'a': ['b', text]}['a'][:1]",
    "in-a-step": """
            with step("s"):
                raise ValueError(text)
    """,
    "log": "log.warning(text)",
    "log-argument": "log.warning('said %s', text)",
    "log-extra": "log.warning('said', extra={'note': text})",
    "log-object": "log.warning({'a': text})",
    "log-exception": """
            try: raise ValueError(text)
            except ValueError: log.exception("failed")
    """,
    "log-stack": "log.error(text, stack_info=True)",
    "logger": "logging.getLogger(text[:200]).error(text)",
    "span-name": "tracer.start_span(text).end()",
    "span-attribute": "tracer.start_span('s', attributes={'note': text}).end()",
    "span-list": "tracer.start_span('s', attributes={'notes': ['a', text]}).end()",
    "span-event": """
            span = tracer.start_span("s")
            span.add_event(text, {"note": text})
            span.end()
    """,
    "span-exception": """
            with pytest.raises(ValueError), tracer.start_as_current_span("s"):
                raise ValueError(text)
    """,
    "span-status": """
            span = tracer.start_span("s")
            span.set_status(trace.StatusCode.ERROR, text)
            span.end()
    """,
    "span-link": """
            around = trace.get_current_span().get_span_context()
            tracer.start_span("s", links=[trace.Link(around, {"note": text})]).end()
    """,
    "statement": "tracer.start_span('s', attributes={'db.query.text': text}).end()",
    "url": "tracer.start_span('s', attributes={'url.full': text}).end()",
    "scope": "trace.get_tracer(text).start_span('s').end()",
}
# Of other requests than GET, and through any client.
CALLS = {
    "header": "call('/', headers={'X-Api-Key': secret, 'X-Mark': mark})",
    "authorization": "call('/' + mark, headers={'Authorization': f'Token {secret}'})",
    "cookie": "call('/' + mark, headers={'Cookie': f'a=b; session={secret}'})",
    "baggage": "call('/' + mark, headers={'baggage': f'token={secret}'})",
    "query": "call(f'/{mark}?api_key={secret}&page=2')",
    "encoded": "call(f'/{mark}?api%5Fkey={secret}&access%2Dtoken={secret}')",
    "fragment": "call(f'/{mark}#access_token={secret}')",
    "code": "call(f'/{mark}?code={secret}&state=x')",
    "user": "call(f'/{mark}', user=f'me:{secret}')",
    "path": "call(f'/services/T01234567/B01234567/{hooked}', host='hooks.slack.com', mark=mark)",
    "json": "call('/', json.dumps({'mark': mark, 'password': secret}))",
    "nested": "call('/', json.dumps({'m': mark, 'b': json.dumps({'token': secret})}))",
    "form": "call('/', f'mark={mark}&client_secret={secret}', kind=FORM)",
    "multipart": "call('/', multipart(mark, secret), kind=MULTIPART)",
    "graphql": "call('/', json.dumps({'query': 'mutation($p: String!) { l(password: $p) }', 'variables': {'mark': mark, 'password': secret}}))",
    "graphql-inline": "call('/', json.dumps({'query': f'mutation {{ {mark}: login(password: \"{secret}\") }}'}))",
    "xml": "call('/', f'<a><mark>{mark}</mark><password>{secret}</password></a>', kind='application/xml')",
    "text": "call('/', f'{mark} password={secret}', kind='text/plain')",
    "lines": "call('/', '\\n'.join(json.dumps({'m': mark, 'token': secret}) for _ in 'ab'))",
    "cut": "call('/', json.dumps({'mark': mark, 'x': ['y' * 90] * 80, 'password': secret}))",
    "answer": "call('/', answer=json.dumps({'mark': mark, 'access_token': secret}))",
    "answer-header": "call('/' + mark, answers={'X-Auth-Token': secret})",
    "set-cookie": "call('/' + mark, answers={'Set-Cookie': f'sid={secret}; Path=/'})",
    "location": "call('/' + mark, answers={'Location': f'/next?token={secret}'})",
    "gzip": "call('/', answer=json.dumps({'mark': mark, 'jwt': secret}), zipped=True)",
    "refused": "refused(f'/{mark}?token={secret}')",
}
CLIENTS = ("requests", "httpx", "urllib", "http.client")

SUITE = """
import base64, gzip, http.client, http.server, json, logging, subprocess, sys, threading
import urllib.request
import httpx, pytest, requests
from opentelemetry import trace
from otel_testkit import current_test, step, test_span

corpus = json.load(open("corpus.json"))
log = logging.getLogger("shop")
tracer = trace.get_tracer("theirs")
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"
given = {}

class Shown:
    def __init__(self, text): self.text = text
    def __repr__(self): return self.text

class Answers(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = given["answer"].encode()
        self.send_response(200)
        if given["zipped"]:
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        for name, value in given["answers"].items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_GET = do_POST
    def log_message(self, *_): pass

def multipart(mark, secret):
    part = '--b\\r\\nContent-Disposition: form-data; name="{}"\\r\\n\\r\\n{}\\r\\n'
    return part.format("mark", mark) + part.format("password", secret) + "--b--\\r\\n"

def caller(client, base):
    def call(path, body=None, headers=None, kind="application/json", answer="{}",
             answers=None, zipped=False, user="", host="", mark=""):
        given.update(answer=answer, answers=answers or {}, zipped=zipped)
        headers = dict(headers or {})
        if body is not None:
            headers["Content-Type"] = kind
            body = body.encode()
        if host:
            headers["Host"] = host
        if mark:
            headers["X-Mark"] = mark
        url = base.replace("//", f"//{user}@") if user and client != "http.client" else base
        if user and client in ("http.client", "urllib"):
            url = base
            headers["Authorization"] = "Basic " + base64.b64encode(user.encode()).decode()
        method = "GET" if body is None else "POST"
        if client == "requests":
            requests.request(method, url + path, data=body, headers=headers).content
        elif client == "httpx":
            httpx.request(method, url + path, content=body, headers=headers).content
        elif client == "urllib":
            asked = urllib.request.Request(url + path, body, headers, method=method)
            with urllib.request.urlopen(asked) as response:
                response.read()
        else:
            connection = http.client.HTTPConnection(base.partition("//")[2])
            connection.request(method, path.partition("#")[0], body, headers)
            connection.getresponse().read()
            connection.close()
    return call

def refuser(client):
    def refused(path):
        url = "http://127.0.0.1:9" + path
        if client == "requests": requests.get(url)
        elif client == "httpx": httpx.get(url)
        elif client == "urllib": urllib.request.urlopen(url)
        else: http.client.HTTPConnection("127.0.0.1:9").request("GET", path)
    return refused

@pytest.fixture(scope="session")
def base():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()

def texts(place):
    return pytest.mark.parametrize(
        "text", corpus["texts"][place].values(), ids=list(corpus["texts"][place])
    )

def calls(place):
    return pytest.mark.parametrize(
        ("client", "mark", "secret"),
        [(client, *pair) for client, pair in corpus["calls"][place].items()],
        ids=list(corpus["calls"][place]),
    )
"""


def suite_text() -> str:
    """
    The suite that takes each text by each place, and makes each call.
    """
    parts = [SUITE]
    for place, statement in PLACES.items():
        name = place.replace("-", "_")
        parts.append(
            f"@texts({place!r})\ndef test_{name}(text):\n    test = current_test()\n"
            + _indented(statement)
        )
    for place, statement in CALLS.items():
        name = place.replace("-", "_")
        parts.append(
            f"@calls({place!r})\ndef test_call_{name}(base, client, mark, secret):\n"
            "    call, refused, hooked = caller(client, base), refuser(client), secret\n"
            + _indented(statement)
        )

    return "\n".join(parts)


def _indented(statement: str) -> str:
    lines = [line for line in statement.splitlines() if line.strip()]
    margin = min(len(line) - len(line.lstrip()) for line in lines)

    return "".join(f"    {line[margin:]}\n" for line in lines)


def everything(folder: Path) -> str:
    """
    All that is in the files of *folder*, and how they are called.
    """
    return "\n".join(
        f"{path.name} {path.read_text('utf-8', 'replace')}"
        for path in folder.rglob("*")
        if path.is_file()
    )


def test_the_corpus(program: Any, tmp_path: Path) -> None:
    """Of over a thousand secrets none is found, and over a thousand marks are."""
    texts: dict[str, dict[str, str]] = {}
    calls: dict[str, dict[str, tuple[str, str]]] = {}
    secrets: dict[str, str] = {}
    marks: dict[str, str] = {}
    for place in PLACES:
        for form in FORMS:
            name = f"{place} {form}"
            text, secrets[name] = told(form, name)
            marks[name] = f"seen{len(marks):04}x"
            texts.setdefault(place, {})[form] = f"{marks[name]} {text}"
    for place in CALLS:
        for client in CLIENTS:
            name = f"{place} {client}"
            secret = secrets[name] = plain(name, 26)
            marks[name] = f"seen{len(marks):04}x"
            calls.setdefault(place, {})[client] = (marks[name], secret)
    here = tmp_path / "program"
    corpus = json.dumps({"texts": texts, "calls": calls})
    (here / "corpus.json").write_text(corpus)

    options = ("-q", "--tb=no", "-p", "no:asyncio", "-p", "no:randomly")
    done = program(
        suite_text(),
        file="test_it.py",
        arguments=[
            *("-m", "pytest", "-p", "otel_testkit.integrations.pytest"),
            *(*options, "--trace-tests", "--trace-show=none", "test_it.py"),
        ],
        PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
        SERVICE_TOKEN=ENVIRONMENT,
        GITHUB_ACTIONS="true",
        GITHUB_STEP_SUMMARY=str(tmp_path / "summary.md"),
    )

    assert done.code == 1, done.out + done.err
    assert len(done.attempts()) >= len(secrets)
    kept = everything(done.store)
    leaks = [name for name, secret in secrets.items() if secret in kept]
    assert leaks == []
    missing = [name for name, mark in marks.items() if mark not in kept]
    assert missing == []

    (folder,) = (done.store / "runs").iterdir()
    show = ["-m", "otel_testkit", "show", str(folder), "--all"]
    shown = [program("", arguments=[*show, *more]) for more in ([], ["--json"])]
    printed = "".join(one.out + one.err for one in shown) + done.err
    printed += (tmp_path / "summary.md").read_text("utf-8")
    assert len(printed) > 100_000
    assert [name for name, secret in secrets.items() if secret in printed] == []


INNOCENT = (
    "passenger=Ann monkey=7 keyboard=qwerty compass=N",
    "secretary: Bob; cookiecutter 2.1; tokenizer bpe; authors: Ann",
    "max_tokens=4096 token_count=17 password_min_length=12 key_count=3",
    "primary_key=4711 foreign_key=users_id cache_key=page:2 sort_key=name",
    "GET /users?page=2&limit=50&order=desc&q=red%20shoes 200",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8 on main",
    "request 123e4567-e89b-12d3-a456-426614174000 took 12.5 ms",
    "2026-11-22T14:00:00Z at 10.0.0.1:8080 from /usr/lib/python3/site.py:17",
    "SELECT name, password_changed_at FROM users WHERE id = 17",
    "the session has expired; please log in again (401 Unauthorized)",
    '{"author": "Ann", "monkeys": 3, "bypass": true, "tokens_used": 12}',
    "assert 429 == 200 and 'passed' != 'failed'",
    "Bearer of good news: no authorization was needed",
    "basic auth is off, key=value pairs are allowed",
)


def test_what_is_no_secret(program: Any) -> None:
    """Innocent words by the same ways stay as they are, each character of them."""
    done = program(f"""
        import logging
        from opentelemetry import trace
        from otel_testkit import step, test_span
        from ledger import note

        texts = {INNOCENT!r}
        tracer = trace.get_tracer("theirs")
        for number, text in enumerate(texts):
            try:
                with test_span(f"t {{number}}") as test:
                    test.set_tag("note", text)
                    test.event("event", {{"note": text}})
                    with step(text):
                        logging.getLogger("shop").warning(text)
                    tracer.start_span("s", attributes={{"note": text}}).end()
                    raise ValueError(text)
            except ValueError:
                pass
    """)

    attempts = {one.case: one for one in done.attempts()}
    for number, text in enumerate(INNOCENT):
        attempt = attempts[f"t {number}"]
        (event, raised) = attempt.span.events
        theirs = next(span for span in attempt.spans if span.name == "s")
        kept = (
            attempt.span.attributes["note"],
            event.attributes["note"],
            raised.attributes["exception.message"],
            theirs.attributes["note"],
            next(span.name for span in attempt.spans if span.is_step),
            attempt.logs[0].text,
        )
        assert kept == (text,) * 6


class _Refuses(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = self.server.says.encode()  # type: ignore[attr-defined]
        self.send_response(401, "no password=" + self.server.says)  # type: ignore[attr-defined]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[Any]:
    """
    A collector that refuses what it gets, with a secret.
    """
    with ThreadingHTTPServer(("127.0.0.1", 0), _Refuses) as server:
        server.says = plain("collector")  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


HEADERS = {
    "good": "api-key=§,x-mark=1",
    "colon": "Authorization: Bearer §",
    "json": '{"Authorization": "§"}',
    "bare": "§",
    "no-key": "=§",
    "latin": "api-key=\xe9§\u20ac",
    "line": "api-key=§\nx: y",
    "many": "a=1,,b,api-key=§",
}


@pytest.mark.parametrize(
    "headers",
    [
        name
        if name in ("colon", "latin")
        else pytest.param(name, marks=pytest.mark.matrix)
        for name in HEADERS
    ],
)
def test_where_a_run_comes_from(
    program: Any, collector: Any, tmp_path: Path, headers: str
) -> None:
    """The command line, the environment, CI's variables and the exporter's headers
    are not told, and neither is what a collector says."""
    names = (
        *("option", "equals", "argument", "url", "tag", "resource"),
        *("env", "ci", "remote", "proxy", "headers", "user"),
    )
    secrets = {name: plain(f"{name} {headers}") for name in names}
    secrets["collector"] = collector.says
    git = tmp_path / "program" / ".git"
    git.mkdir(parents=True)
    remote = f"https://me:{secrets['remote']}@git.example/shop.git"
    (git.parent / "tag").write_text(secrets["tag"])
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    (git / "config").write_text(f'[remote "origin"]\n\turl = {remote}\n')

    done = program(
        """
        import sys
        from otel_testkit import configure, test_span

        configure(tags={"team": "shop", "db": {"password": open("tag").read()}})
        with test_span("t", tags={"env": "mark"}):
            raise ValueError("failed with " + sys.argv[-1])
        """,
        arguments=[
            *("program.py", "--mark", "--password", secrets["option"]),
            *(f"--api-token={secrets['equals']}", f"DB_PASSWORD={secrets['argument']}"),
            *(f"https://me:{secrets['url']}@h.example/", secrets["env"]),
        ],
        OTEL_TESTKIT_SHOW="failed",
        SERVICE_API_KEY=secrets["env"],
        OTEL_RESOURCE_ATTRIBUTES=f"deployment=mark,api.token={secrets['resource']}",
        OTEL_EXPORTER_OTLP_ENDPOINT=(
            f"http://me:{secrets['user']}@127.0.0.1:{collector.server_port}"
        ),
        OTEL_EXPORTER_OTLP_HEADERS=HEADERS[headers].replace("§", secrets["headers"]),
        HTTPS_PROXY=f"http://me:{secrets['proxy']}@127.0.0.1:9",
        GITLAB_CI="true",
        CI="true",
        CI_REPOSITORY_URL=f"https://gitlab-ci-token:{secrets['ci']}@gitlab.example/s.git",
        CI_PROJECT_URL=f"https://me:{secrets['ci']}@gitlab.example/s",
        CI_JOB_TOKEN=secrets["ci"],
        CI_PIPELINE_ID="17",
    )

    assert done.code == 1
    kept = everything(done.store)
    # Python's own traceback is the program's.
    printed = "\n".join(
        line for line in done.err.splitlines() if not line.startswith("ValueError")
    )
    assert "mark" in kept
    assert "17" in kept
    assert "✗ t" in printed
    assert [name for name, secret in secrets.items() if secret in kept] == []
    assert [name for name, secret in secrets.items() if secret in printed] == []
