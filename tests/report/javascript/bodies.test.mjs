import assert from "node:assert/strict";
import test from "node:test";
import { differentLines } from "../../../otel_testkit/report/html/assets/beside/lines.js";
import {
  indented,
  shape,
} from "../../../otel_testkit/report/html/assets/call/bodies.js";
import {
  query,
  request,
  response,
} from "../../../otel_testkit/report/html/assets/call/messages.js";

const BODY = "http.response.body";

function written(text) {
  return [...indented(text)].map(([, piece]) => piece).join("");
}

function shaped(body, given = {}) {
  return shape({
    body,
    type: "",
    isCut: false,
    isDescribed: false,
    isBinary: false,
    ...given,
  });
}

function call(attributes, given = {}) {
  return {
    attributes,
    call: { method: "GET", url: "http://x/", status: 200 },
    ...given,
  };
}

test("JSON gets a line for each value, and nothing of it is another one", () => {
  const text =
    '{"z":9007199254740993,"a":[1.50,{},[]],"z":"\\u00e9 { \\" }","e":[{"x":null}]}';

  assert.equal(
    written(text),
    `{
  "z": 9007199254740993,
  "a": [
    1.50,
    {},
    []
  ],
  "z": "\\u00e9 { \\" }",
  "e": [
    {
      "x": null
    }
  ]
}`,
  );
});

test("what JSON.stringify writes with lines comes out as it went in", () => {
  const value = { a: [1, "two", { three: [[], {}, null] }], b: {}, "": "[1,2]" };
  const lines = JSON.stringify(value, null, 2);

  assert.equal(written(JSON.stringify(value)), lines);
  assert.equal(written(lines), lines);
});

test("JSON that was cut is written as far as it goes", () => {
  assert.equal(
    written('{"a": [1, {"b": "cu'),
    '{\n  "a": [\n    1,\n    {\n      "b": "cu',
  );
});

test("keys, strings and other values are told apart", () => {
  const kinds = [...indented('{"a": "b", "c": [-1, true, "d"]}')].filter(
    ([kind]) => kind,
  );

  assert.deepEqual(kinds, [
    ["key", '"a"'],
    ["string", '"b"'],
    ["key", '"c"'],
    ["word", "-1"],
    ["word", "true"],
    ["string", '"d"'],
  ]);
});

test("brackets without an end take no more than they must", () => {
  assert.ok(written("[".repeat(20_000)).length < 20_000 * 2);
});

test("a body is shown as what it is, whatever it is called", () => {
  assert.equal(shaped(' {"a": 1}', { type: "text/plain" }), "json");
  assert.equal(shaped('{"a": 1,, }', { type: "application/json" }), "text");
  assert.equal(shaped('{"a": [1, 2', { isCut: true }), "json");
  assert.equal(
    shaped("a=1&b=2", { type: "application/x-www-form-urlencoded; x" }),
    "form",
  );
  assert.equal(shaped("<html>", { type: "text/html" }), "text");
  assert.equal(shaped("[1]", { isBinary: true }), "text");
});

test("a message has headers that come twice, its size, and whether it was cut", () => {
  const span = call(
    {
      "http.response.header.set-cookie": ["a=1", "b=2"],
      "http.response.header.content-type": ["text/plain"],
      "http.request.header.accept": ["*/*"],
      [`${BODY}.size`]: 310_000,
      [`otel_testkit.${BODY}.truncated`]: true,
    },
    { response: 1 },
  );

  assert.deepEqual(response(span, ["other", "begin"]), {
    status: 200,
    headers: [
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
      ["content-type", "text/plain"],
    ],
    type: "text/plain",
    body: "begin",
    size: 310_000,
    isCut: true,
    isDescribed: false,
    isBinary: false,
    isLeftOut: false,
  });
});

test("a body may be described, in bytes, left out of the page, or not recorded", () => {
  const described = response(call({}, { response: 0 }), ["<image/png, 1234 bytes>"]);
  const bytes = response(call({ [`${BODY}.content`]: "AAEC" }), null);
  const left = response(call({}, { response: 0 }), null);
  const none = request(call({}), ["other"]);

  assert.ok(described.isDescribed);
  assert.deepEqual([bytes.isBinary, bytes.body], [true, "AAEC"]);
  assert.deepEqual([left.isLeftOut, left.body], [true, null]);
  assert.deepEqual([none.isLeftOut, none.body], [false, null]);
});

test("the query is what stands between the question mark and the fragment", () => {
  assert.deepEqual(query("http://x/p?a=1&a=%20b+c&d=x?y=z&e#f?g=1"), [
    ["a", "1"],
    ["a", " b c"],
    ["d", "x?y=z"],
    ["e", ""],
  ]);
  assert.deepEqual(query("http://x/p"), []);
  assert.deepEqual(query("?%zz=%"), [["%zz", "%"]]);
});

test("of two texts, the lines that differ are told in their order", () => {
  assert.deepEqual(differentLines("a\nb\nc\nd\ne", "a\nc\nx\nd\ne"), [
    ["-", "b"],
    ["+", "x"],
  ]);
  assert.deepEqual(differentLines("same\nlines", "same\nlines"), []);
  assert.deepEqual(differentLines("", "new"), [
    ["-", ""],
    ["+", "new"],
  ]);
});

test("what has too many lines to be compared is told as changed", () => {
  const [was, is] = ["a", "b"].map((name) =>
    Array.from({ length: 3000 }, (_, place) => `${name}${place % 7}`).join("\n"),
  );

  assert.equal(differentLines(was, is).length, 6000);
});
