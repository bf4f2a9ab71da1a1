import assert from "node:assert/strict";
import { test } from "node:test";

import {
  counted,
  duration,
  size,
} from "../../../otel_testkit/report/html/assets/page/format.js";

test("durations are told as in the terminal", () => {
  const told = [
    [0, "0 s"],
    [0.4, "<1 µs"],
    [1, "1.0 µs"],
    [940, "940 µs"],
    [999.6, "1.0 ms"],
    [5_400, "5.4 ms"],
    [90_000, "90 ms"],
    [999_600, "1.0 s"],
    [9_000_000, "9.0 s"],
    [61_240_000, "61.2 s"],
    [102_000_000, "102 s"],
  ];

  for (const [micros, expected] of told) {
    assert.equal(duration(micros), expected);
  }
});

test("bytes and counts have their units", () => {
  assert.deepEqual([999, 65_536, 2_500_000].map(size), ["999 B", "65.5 kB", "2.5 MB"]);
  assert.deepEqual(
    [0, 1, 2].map((count) => counted(count, "call")),
    ["0 calls", "1 call", "2 calls"],
  );
});
