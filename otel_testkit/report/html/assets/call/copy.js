/**
 * A call for other tools. What was masked becomes the name of a variable; what can't be
 * seen is written as its code, for a terminal may obey it.
 */

import { HARMFUL, harmless } from "../page/dom.js";
import { query } from "./messages.js";

const MASK = "REDACTED";
const SAFE = /^[\w@%+=:,./-]+$/;
// What every shell has already, and means something else.
const TAKEN =
  /^(?:PATH|HOME|PWD|SHELL|IFS|UID|LANG|USER(?:NAME)?|LOGNAME|HOST(?:NAME)?)$/;
const NAME_BEFORE = /(?:([\w.-]+)[\\"']*\s*[:=]\s*[\\"']*|<([\w.-]+)[^<>]*>)$/;
// Whoever sends the request makes these anew.
const OWN =
  /^(?::.*|host|content-length|connection|transfer-encoding|accept-encoding|content-encoding|traceparent|tracestate)$/;

/** Gives a request as a command line for a shell. */
export function curl(request) {
  const { method, url, body } = sent(request);
  const parts = [
    `curl --globoff ${method === "HEAD" ? "--head" : `--request ${shell(method)}`}`,
    `--url ${shell(url, "SECRET")}`,
  ];
  for (const [name, value] of sentHeaders(request)) {
    // Without a value, curl would leave the header out.
    parts.push(`--header ${shell(value ? `${name}: ${value}` : `${name};`, name)}`);
  }
  if (body !== null) {
    if (!request.type) parts.push("--header content-type:");
    parts.push(`--data-raw ${shell(body, "BODY")}`);
  }

  return note(request) + parts.join(" \\\n  ");
}

/** Gives a request as a program of Python's httpx. */
export function httpx(request) {
  const { method, url, body } = sent(request);
  const headers = sentHeaders(request).map(
    ([name, value]) => `        (${python(name)}, ${python(value, name)}),\n`,
  );
  const parts = [python(method), python(url, "SECRET")];
  if (headers.length) parts.push(`headers=[\n${headers.join("")}    ]`);
  if (body !== null) parts.push(`content=${python(body, "BODY")}`);

  return [
    `${note(request)}import os\n\nimport httpx\n\nresponse = httpx.request(\n`,
    ...parts.map((part) => `    ${part},\n`),
    ")\nprint(response.status_code, response.text)\n",
  ].join("");
}

/** Gives a call as an entry of an HTTP archive; *start* is a Date, times are in µs. */
export function har({ request, response, start, took, toHeaders, version }) {
  const httpVersion = `HTTP/${version ?? "1.1"}`;
  const millis = (micros) => Math.round(micros) / 1000;
  const entry = {
    startedDateTime: start.toISOString(),
    time: millis(took),
    request: {
      method: request.method,
      url: request.url,
      httpVersion,
      cookies: [],
      headers: pairs(request.headers),
      queryString: pairs(query(request.url)),
      headersSize: -1,
      bodySize: request.size ?? 0,
    },
    response: {
      status: response.status,
      statusText: "",
      httpVersion,
      cookies: [],
      headers: pairs(response.headers),
      content: {
        size: response.size ?? 0,
        mimeType: response.type,
        text: response.body ?? "",
      },
      redirectURL: response.headers.find(([name]) => name === "location")?.[1] ?? "",
      headersSize: -1,
      bodySize: response.size ?? -1,
    },
    cache: {},
    timings: { send: 0, wait: millis(toHeaders), receive: millis(took - toHeaders) },
  };
  if (request.body !== null) {
    entry.request.postData = { mimeType: request.type, text: request.body };
  }

  return `${harmless(JSON.stringify(entry, null, 2))}\n`;
}

function sent(request) {
  return { ...request, body: isWhole(request) ? request.body : null };
}

function isWhole({ isDescribed, isBinary }) {
  return !isDescribed && !isBinary;
}

function sentHeaders({ headers }) {
  return headers.filter(([name]) => !OWN.test(name));
}

function note(request) {
  if (request.isLeftOut) return "# The body is not in the report.\n";
  if (!isWhole(request)) return "# The body is no text, and not in the record.\n";

  return request.isCut ? "# The body was cut when it was recorded.\n" : "";
}

/** Gives texts and, in between, {name} of what was masked. */
function pieces(text, name) {
  const [first, ...rest] = text.split(MASK);
  let before = first;
  const found = [first];
  for (const part of rest) {
    const match = NAME_BEFORE.exec(before.slice(-200));
    found.push({ name: variable(match?.[1] ?? match?.[2] ?? name) }, part);
    before = part;
  }

  return found.filter((part) => part !== "");
}

function variable(name) {
  const word = name
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, "_")
    .replace(/^_|_$/g, "");

  const isFree = /^[A-Z]/.test(word) && !TAKEN.test(word);

  return isFree ? word : `SECRET_${word}`.replace(/_$/, "");
}

function shell(text, name = "SECRET") {
  const words = pieces(text, name).map((part) =>
    typeof part === "string" ? quoted(part) : `"$${part.name}"`,
  );

  return words.join("") || "''";
}

function quoted(text) {
  if (SAFE.test(text)) return text;
  const seen = text
    .replaceAll("'", "'\\''")
    .replace(HARMFUL, (char) => `'"$(printf '${octal(char)}')"'`);

  return `'${seen}'`;
}

function octal(char) {
  const bytes = [...new TextEncoder().encode(char)];

  return bytes.map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}

function python(text, name = "SECRET") {
  const parts = pieces(text, name).map((part) =>
    typeof part === "string"
      ? harmless(JSON.stringify(part))
      : `os.environ["${part.name}"]`,
  );

  return parts.join(" + ") || '""';
}

function pairs(entries) {
  return entries.map(([name, value]) => ({ name, value }));
}
