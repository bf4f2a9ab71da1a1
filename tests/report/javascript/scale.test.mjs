import assert from "node:assert/strict";
import test from "node:test";

import {
  moved,
  ticks,
  whole,
  within,
  zoomed,
} from "../../../otel_testkit/report/html/assets/timeline/scale.js";
import { attempt, work } from "./attempts.mjs";

const ALL = { from: 0, to: 1000 };

function texts(from, to, count) {
  return ticks({ from, to }, count).map(({ text }) => text);
}

test("ticks are round numbers with a unit that needs few digits", () => {
  assert.deepEqual(texts(0, 9_050_000, 5), ["0 s", "2 s", "4 s", "6 s", "8 s"]);
  assert.deepEqual(texts(0, 1_500_000, 4), ["0.0 s", "0.5 s", "1.0 s", "1.5 s"]);
  assert.deepEqual(texts(0, 4_000, 4), ["0 ms", "1 ms", "2 ms", "3 ms", "4 ms"]);
  assert.deepEqual(texts(8_000_000, 8_010_000, 2), ["8.000 s", "8.005 s", "8.010 s"]);
  assert.deepEqual(texts(0, 600_000_000, 2), ["0 min", "5 min", "10 min"]);
  assert.deepEqual(texts(3, 5, 9), ["3 µs", "4 µs", "5 µs"]);
});

test("a window stays within all there is", () => {
  assert.deepEqual(within(ALL, { from: -50, to: 50 }), { from: 0, to: 100 });
  assert.deepEqual(within(ALL, moved({ from: 900, to: 1000 }, 0.5)), {
    from: 900,
    to: 1000,
  });
  assert.deepEqual(within(ALL, zoomed({ from: 400, to: 600 }, 100, 500)), ALL);
  assert.deepEqual(within(ALL, { from: 5, to: 5 }), { from: 5, to: 6 });
});

test("zooming keeps in its place what it is about", () => {
  assert.deepEqual(zoomed({ from: 0, to: 100 }, 0.5, 100), { from: 50, to: 100 });
});

test("all of an attempt begins with its first span and ends with its last", () => {
  const one = attempt([
    work(null, 0, 100, "test"),
    work(0, -5, 1, "a"),
    work(0, 90, 50, "b"),
  ]);

  assert.deepEqual(whole(one), { from: -5, to: 140 });
});
