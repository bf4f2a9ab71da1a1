import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import test from "node:test";

import {
  curl,
  har,
  httpx,
} from "../../../otel_testkit/report/html/assets/call/copy.js";

const HOSTILE = [
  "it's",
  "'; echo pwned; '",
  "$(touch /tmp/x) `id` $HOME \\ !! %PATH% ~ * ? [a-z] {b,c}",
  'double " and "\' mixed',
  "two\nlines\n",
  "\ttab and \r return",
  "\u001b[201~\ncurl evil\n \u0007 \u0000after",
  "\u202ertl\u2066 zero\u200bwidth \u2028 line",
  "é ü 漢字 🎉",
  "-o /etc/passwd",
  "@/etc/passwd",
  "",
];
// A shell has no place for a NUL.
const kept = (text) => text.replaceAll("\u0000", "");

function request(given) {
  return {
    method: "POST",
    url: "http://127.0.0.1:8080/a?b=[1-3]&c={x,y}",
    headers: [],
    type: "text/plain",
    body: null,
    ...given,
  };
}

/** Has a shell tell the arguments that curl would get. */
function argumentsOf(line, env = {}) {
  const told = execFileSync("sh", ["-c", `curl() { printf '%s\\0' "$@"; }\n${line}`], {
    env: { PATH: process.env.PATH, ...env },
  });

  return told.toString().split("\0").slice(0, -1);
}

/** Has Python tell what a program would send. */
function sentBy(program, env = {}) {
  const run = `
import json, os, sys, types
sent = []
def request(*args, **kwargs):
    sent.append([args, kwargs])
    return types.SimpleNamespace(status_code=200, text="")
sys.modules["httpx"] = types.SimpleNamespace(request=request)
sys.stdout = open(os.devnull, "w")
exec(compile(sys.stdin.buffer.read(), "copied", "exec"))
sys.__stdout__.write(json.dumps(sent[0]))
`;
  const told = execFileSync("python3", ["-I", "-c", run], {
    input: program,
    env: { PATH: process.env.PATH, ...env },
  });

  return JSON.parse(told.toString());
}

test("a shell gives curl what was sent, whatever it was", () => {
  for (const text of HOSTILE) {
    const sent = request({
      url: `http://x/${text}`,
      headers: [["x-odd", text]],
      body: text,
    });
    const told = argumentsOf(curl(sent));

    assert.deepEqual(told, [
      ...["--globoff", "--request", "POST", "--url", kept(`http://x/${text}`)],
      ...["--header", text ? kept(`x-odd: ${text}`) : "x-odd;"],
      ...["--data-raw", kept(text)],
    ]);
  }
});

test("a shell gives curl a method as it is, and HEAD waits for no body", () => {
  const odd = argumentsOf(curl(request({ method: "$(id)" })));
  const head = argumentsOf(curl(request({ method: "HEAD" })));

  assert.deepEqual(odd.slice(0, 3), ["--globoff", "--request", "$(id)"]);
  assert.deepEqual(head.slice(0, 2), ["--globoff", "--head"]);
});

test("what is pasted into a terminal holds nothing that it obeys", () => {
  for (const text of HOSTILE) {
    const sent = request({ headers: [["x-odd", text]], body: text });
    for (const copied of [curl(sent), httpx(sent)]) {
      assert.doesNotMatch(
        copied,
        /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/,
      );
    }
  }
});

test("Python sends what was sent, whatever it was", () => {
  for (const text of HOSTILE) {
    const sent = request({
      url: `http://x/${text}`,
      headers: [["x-odd", text]],
      body: text,
    });
    const [args, kwargs] = sentBy(httpx(sent));

    assert.deepEqual(args, ["POST", `http://x/${text}`]);
    assert.deepEqual(kwargs, { headers: [["x-odd", text]], content: text });
  }
});

test("what was masked is a variable that is called as what it was", () => {
  const sent = request({
    url: "http://x/?api_key=REDACTED&lang=en",
    headers: [
      ["authorization", "Bearer REDACTED"],
      ["cookie", "sid=REDACTED; lang=en"],
      ["x-api-key", "REDACTED"],
    ],
    body: '{"password": "REDACTED", "list": ["REDACTED"]}',
  });
  const env = {
    ...{ API_KEY: "a'b", AUTHORIZATION: "c$d", SID: 'e"f', X_API_KEY: "g\\h" },
    ...{ PASSWORD: "i j", BODY: "k" },
  };
  const told = argumentsOf(curl(sent), env);
  const [args, kwargs] = sentBy(httpx(sent), env);

  assert.equal(told[4], "http://x/?api_key=a'b&lang=en");
  assert.deepEqual(
    told.filter((_, place) => told[place - 1] === "--header"),
    ["authorization: Bearer c$d", 'cookie: sid=e"f; lang=en', "x-api-key: g\\h"],
  );
  assert.equal(told.at(-1), '{"password": "i j", "list": ["k"]}');
  assert.equal(args[1], told[4]);
  assert.equal(kwargs.content, told.at(-1));
});

test("no variable of the shell's own name stands for what was masked", () => {
  const sent = request({
    headers: [["x-1", 'path=REDACTED "home": "REDACTED" 9=REDACTED']],
  });
  const copied = curl(sent);

  for (const name of ["PATH", "HOME"])
    assert.ok(!copied.includes(`"$${name}"`), copied);
});

test("headers that the sender makes anew are left out", () => {
  const headers = [
    "Host",
    "content-length",
    "traceparent",
    "accept-encoding",
    "accept",
  ].map((name) => [name.toLowerCase(), "x"]);

  assert.deepEqual(
    argumentsOf(curl(request({ headers }))).filter((one) => one.includes(": ")),
    ["accept: x"],
  );
});

test("a body that is not in the record is told, and not made up", () => {
  const described = { body: "<image/png, 12 bytes>", isDescribed: true };
  for (const copied of [curl, httpx].map((copy) => copy(request(described)))) {
    assert.match(copied, /^# The body is no text/);
    assert.doesNotMatch(copied, /image\/png/);
  }
  assert.match(curl(request({ body: "be", isCut: true })), /^# The body was cut/);
  assert.match(curl(request({ isLeftOut: true })), /^# The body is not in the report/);
});

test("an entry of an archive holds the call as it was recorded", () => {
  const entry = JSON.parse(
    har({
      request: request({ headers: [["a", "REDACTED"]], body: "x", size: 1 }),
      response: {
        ...{ status: 302, headers: [["location", "/b"]] },
        ...{ type: "text/html", body: "\u202e<b>", size: 6 },
      },
      start: new Date(0),
      took: 1500,
      toHeaders: 1000,
      version: "1.1",
    }),
  );

  assert.equal(entry.startedDateTime, "1970-01-01T00:00:00.000Z");
  assert.equal(entry.time, 1.5);
  assert.deepEqual(entry.timings, { send: 0, wait: 1, receive: 0.5 });
  assert.deepEqual(entry.request.headers, [{ name: "a", value: "REDACTED" }]);
  assert.deepEqual(entry.request.postData, { mimeType: "text/plain", text: "x" });
  assert.deepEqual(entry.request.queryString, [
    { name: "b", value: "[1-3]" },
    { name: "c", value: "{x,y}" },
  ]);
  assert.equal(entry.response.redirectURL, "/b");
  assert.equal(entry.response.content.text, "\u202e<b>");
});
