import assert from "node:assert/strict";
import test from "node:test";

import {
  busy,
  folded,
} from "../../../otel_testkit/report/html/assets/beside/compared.js";
import {
  answer,
  bodyDifferences,
  counterpart,
  pace,
} from "../../../otel_testkit/report/html/assets/beside/difference.js";
import { clock, phases } from "../../../otel_testkit/report/html/assets/call/timing.js";

function span(given) {
  return { attributes: {}, call: null, isOpen: false, isFailing: false, ...given };
}

function call(given) {
  return span({ call: { method: "GET", url: "http://x/" }, ...given });
}

test("equal answers in a row are counted", () => {
  assert.equal(folded(["404", "404", "200"]), "404 ×2 → 200");
  assert.equal(folded(["200"]), "200");
  assert.equal(folded([]), "");
});

test("calls side by side take no longer than all of them together", () => {
  const times = [
    { at: 10, end: 50 },
    { at: 20, end: 30 },
    { at: 40, end: 60 },
    { at: 80, end: 90 },
  ];

  assert.equal(busy(times), 60);
  assert.equal(busy([]), 0);
});

test("a span answers with what came back, or how it ended", () => {
  const failed = { isFailing: true, attributes: { "error.type": "a.b.ReadTimeout" } };

  assert.equal(answer(span({ call: { answer: "429" } })), "429");
  assert.equal(answer(span({ isOpen: true })), "no end");
  assert.equal(answer(span(failed)), "ReadTimeout");
  assert.equal(answer(span({ isFailing: true, attributes: { "error.type": 7 } })), "7");
  assert.equal(answer(span({})), "ok");
});

test("only what takes much longer is slower", () => {
  assert.equal(pace(100_000, 1_000_000), "slower");
  assert.equal(pace(1_000_000, 100_000), "faster");
  assert.equal(pace(1_000_000, 1_900_000), "");
  assert.equal(pace(1000, 90_000), "");
});

test("a call lies beside the one of the same turn, later ones beside the last", () => {
  const spans = [10, 11, 12].map((index) => span({ index }));
  const selection = {
    beside: { rows: [{ failing: [1, 2, 3], passing: [0, 2] }] },
    other: { spans },
  };
  const found = [1, 2, 3, 4].map((index) => counterpart(selection, { index }));

  assert.deepEqual(
    found.map((one) => one && [one.other.index, one.turn, one.count]),
    [[10, 0, 2], [12, 1, 2], [12, 2, 2], null],
  );
  assert.equal(counterpart({ beside: null }, { index: 1 }), null);
});

test("bodies differ by their paths, or as they are where they have none", () => {
  const texts = ["<a>", "<b>", '{"a": 1}', '{"a": 2}'];
  const [sent, got] = bodyDifferences(
    call({ request: 1, response: 3 }),
    call({ request: 0, response: 2 }),
    texts,
  );

  assert.deepEqual([sent.title, sent.all], ["request body", null]);
  assert.deepEqual(got.all, [{ path: ".a", was: "1", is: "2", isPassing: false }]);
  assert.deepEqual(
    bodyDifferences(call({ response: 2 }), call({ response: 2 }), texts),
    [],
  );
});

test("the phases of a call add up to its duration", () => {
  const all = phases({
    attributes: {
      "otel_testkit.time_to_resolve": 0.001,
      "otel_testkit.time_to_connect": 0.002,
      "otel_testkit.http.time_to_headers": 0.01,
    },
    took: 15_000,
  });

  assert.deepEqual(all, [
    ["resolving the name", 1000],
    ["connecting", 2000],
    ["waiting for the headers", 7000],
    ["reading the body", 5000],
  ]);
  assert.deepEqual(phases({ attributes: {}, took: 15_000 }), []);
});

test("moments are told to the millisecond, however long ago 1970 is", () => {
  const attempt = { start: "1795330281436000999" };

  assert.equal(clock(attempt, 1500), "2026-11-22 06:51:21.437 UTC");
});
