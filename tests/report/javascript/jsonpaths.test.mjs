import assert from "node:assert/strict";
import test from "node:test";

import {
  differences,
  isJson,
  leaves,
  tokens,
} from "../../../otel_testkit/report/html/assets/beside/jsonpaths.js";

const HOSTILE = [
  "",
  "nul",
  "{",
  '{"a": 1,,}',
  '"never closed',
  '"ends in a \\',
  "[1, 2\u00a03]",
  "}}}]",
  "\ud800",
  `${"[".repeat(5000)}`,
];

test("tokens of any text are the text without the space between", () => {
  for (const text of [...HOSTILE, '{"a b": [1, -2.5e+10, true], "c": "x\\"y"}']) {
    const told = [...tokens(text)].join("");

    assert.equal(told.replace(/\s/g, ""), text.replace(/\s/g, ""));
  }
});

test("what is no JSON has no paths, and raises nothing", () => {
  for (const text of HOSTILE) {
    assert.equal(isJson(text), false);
    assert.equal(leaves(text), null);
  }
});

test("values are found by their paths, as they were written", () => {
  const text =
    '{"big": 9007199254740993, "odd key": {"it": [1.50, {"x": null}, []]}, "e": {}}';

  assert.deepEqual(Object.fromEntries(leaves(text)), {
    ".big": "9007199254740993",
    '["odd key"].it[0]': "1.50",
    '["odd key"].it[1].x': "null",
    '["odd key"].it[2]': "[]",
    ".e": "{}",
  });
});

test("of a key that comes twice, both values are told", () => {
  assert.equal(leaves('{"a": 1, "a": 2}').get(".a"), "1, 2");
});

test("keys that look like punctuation, or like an object's own, are keys", () => {
  const found = leaves('{":": 1, "{": {"__proto__": 2}, ",": [":"]}');

  assert.deepEqual(
    [...found],
    [
      ['[":"]', "1"],
      ['["{"].__proto__', "2"],
      ['[","][0]', '":"'],
    ],
  );
});

test("a text deeper than anybody reads is not taken apart", () => {
  const deep = "[".repeat(3000) + "]".repeat(3000);

  assert.ok(isJson(deep));
  assert.equal(leaves(deep), null);
});

test("differences tell what was added, removed and changed", () => {
  const was = '{"state": "ready", "n": 9007199254740992, "old": [1]}';
  const is = '{"state": "pending", "n": 9007199254740993, "new": {"x": true}}';

  assert.deepEqual(
    differences(was, is).map((one) => [one.path, one.was, one.is]),
    [
      [".state", '"ready"', '"pending"'],
      [".n", "9007199254740992", "9007199254740993"],
      [".old[0]", "1", null],
      [".new.x", null, "true"],
    ],
  );
});

test("order and space make no difference", () => {
  assert.deepEqual(differences('{"a":1,"b":[2]}', '{ "b": [ 2 ],\n "a": 1 }'), []);
});

test("texts that are no JSON have no differences by path", () => {
  assert.equal(differences("<html>", "{}"), null);
});

test("another id or time is told apart from what means something", () => {
  const pairs = [
    [".id", '"acc_1a2b3c4d"', '"acc_9f8e7d6c"', true],
    [".order.customerId", '"x"', '"y"', true],
    [".seen", '"2026-11-22T10:00:00Z"', '"2026-11-22T10:07:12.5Z"', true],
    [".created_at", "1763806000", "1763806999", true],
    [
      ".trace",
      '"00000000-aaaa-4444-bbbb-123456789012"',
      '"00000000-aaaa-4444-bbbb-123456789013"',
      true,
    ],
    [".id", '"a"', "null", false],
    [".valid", '"a"', '"b"', false],
    [".state", '"ready"', '"pending"', false],
    [".count", "3", "4", false],
    [".price", "12.50", "12.5", false],
    [".total", "100000", "999999", false],
    [".seen", "1763806000123", "1763806999456", true],
    [".note", '"order 1234567 of 2026-11-22"', '"order 7654321 of 2026-11-23"', true],
    [".note", '"order 1234567 is paid"', '"order 7654321 is open"', false],
  ];
  for (const [path, was, is, isPassing] of pairs) {
    const key = path.split(".").slice(1);
    const made = (value) =>
      key.reduceRight((inner, one) => `{"${one}": ${inner}}`, value);
    const [found] = differences(made(was), made(is));

    assert.equal(found.isPassing, isPassing, `${path}: ${was} → ${is}`);
  }
});

test("a string of ten megabytes is one token", () => {
  const text = `{"a": "${"x\\n".repeat(3_500_000)}"}`;

  assert.equal([...tokens(text)].length, 5);
});
