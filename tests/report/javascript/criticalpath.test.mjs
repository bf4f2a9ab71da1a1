import assert from "node:assert/strict";
import test from "node:test";

import { criticalPath } from "../../../otel_testkit/report/html/assets/timeline/criticalpath.js";
import { attempt, work } from "./attempts.mjs";

function pieces(one) {
  const path = criticalPath(one.root);

  return Object.fromEntries([...path].map(([span, found]) => [span.summary, found]));
}

function covered(one) {
  const found = [...criticalPath(one.root).values()].flat();

  return found.sort(([left], [right]) => left - right);
}

function assertCovers(one) {
  let until = one.root.at;
  for (const [from, to] of covered(one)) {
    assert.equal(from, until);
    until = to;
  }
  assert.equal(until, one.root.end);
}

test("of calls side by side, the one that ended last is waited for", () => {
  const one = attempt([
    work(null, 0, 100, "test"),
    work(0, 10, 80, "slow"),
    work(0, 10, 20, "quick"),
  ]);

  assert.deepEqual(pieces(one), {
    test: [
      [90, 100],
      [0, 10],
    ],
    slow: [[10, 90]],
  });
});

test("calls one after the other are all waited for, and the pauses between", () => {
  const one = attempt([
    work(null, 0, 100, "test"),
    work(0, 0, 40, "one"),
    work(0, 50, 30, "two"),
    work(2, 60, 10, "within"),
  ]);

  assert.deepEqual(pieces(one), {
    test: [
      [80, 100],
      [40, 50],
    ],
    one: [[0, 40]],
    two: [
      [70, 80],
      [50, 60],
    ],
    within: [[60, 70]],
  });
});

test("a child counts only within its parent, and a consumer not at all", () => {
  const one = attempt([
    work(null, 0, 100, "test"),
    work(0, 50, 70, "outlives"),
    work(0, 5, 90, "consumer", { kind: "consumer" }),
    work(0, -20, 30, "too early"),
    work(0, 130, 30, "too late"),
  ]);

  assert.deepEqual(pieces(one), {
    outlives: [[50, 100]],
    test: [[10, 50]],
    "too early": [[0, 10]],
  });
});

test("what is still open is waited for to the last sign of life", () => {
  const one = attempt([work(null, 0, null, "test"), work(0, 10, null, "hangs")], {
    seen: 90,
  });

  assert.deepEqual(pieces(one), { hangs: [[10, 90]], test: [[0, 10]] });
});

test("the path is as long as the attempt, whatever lies side by side", () => {
  let seed = 7;
  const random = (below) => {
    seed = (seed * 48271) % 2147483647;

    return seed % below;
  };
  for (let round = 0; round < 50; round++) {
    const spans = [work(null, 0, 1000, "test")];
    for (let place = 1; place < 60; place++) {
      spans.push(work(random(place), random(1000), random(300), `${place}`));
    }

    assertCovers(attempt(spans));
  }
});

test("neither many children nor a deep tree are too much", () => {
  const flat = Array.from({ length: 50_000 }, (_, place) =>
    work(place ? 0 : null, place, place ? 1 : 60_000, "call"),
  );
  const deep = Array.from({ length: 10_000 }, (_, place) =>
    work(place ? place - 1 : null, place, 20_000 - 2 * place, "deeper"),
  );

  assertCovers(attempt(flat));
  assertCovers(attempt(deep));
});
