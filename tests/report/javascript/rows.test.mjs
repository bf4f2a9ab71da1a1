import assert from "node:assert/strict";
import test from "node:test";
import {
  failingWindow,
  suspect,
} from "../../../otel_testkit/report/html/assets/test/suspect.js";
import {
  filters,
  ownTime,
} from "../../../otel_testkit/report/html/assets/timeline/filters.js";
import {
  isGroup,
  label,
  rowsOf,
  shown,
  sort,
} from "../../../otel_testkit/report/html/assets/timeline/rows.js";
import { attempt, call, work } from "./attempts.mjs";

const PHASE = { step: true };

function told(rows) {
  return rows.map((row) => {
    const { method, peer, rest } = label(row);
    const name = [method, peer, rest].filter(Boolean).join(" ");

    return `${"  ".repeat(row.depth)}${name}${isGroup(row) ? ` ×${row.spans.length}` : ""}`;
  });
}

function polled() {
  return attempt([
    work(null, 0, 100, "test"),
    call(0, 1, 1, "POST api /signup 201"),
    call(0, 10, 1, "GET api /insights 404"),
    call(0, 20, 1, "GET api /insights 404"),
    call(0, 30, 1, "GET api /insights 404"),
    call(0, 40, 1, "GET api /insights 200"),
  ]);
}

test("neighbours that are alike are one row, which unfolds into theirs", () => {
  const rows = rowsOf(polled());
  const every = () => true;

  assert.deepEqual(told(shown(rows, every)), [
    "test",
    "  POST api /signup",
    "  GET api /insights ×3",
    "  GET api /insights",
  ]);
  rows.find(isGroup).isClosed = false;
  assert.equal(shown(rows, every).length, 7);
});

test("calls that overlap are not folded, whatever they are alike in", () => {
  const one = attempt([
    work(null, 0, 100, "test"),
    call(0, 10, 30, "GET api / 200"),
    call(0, 20, 30, "GET api / 200"),
    call(0, 50, 10, "GET api / 200"),
    call(0, 59, 10, "GET api / 200"),
  ]);

  // One microsecond is what rounding makes.
  assert.deepEqual(told(rowsOf(one).filter((row) => row.depth === 1)), [
    "  GET api /",
    "  GET api / ×3",
  ]);
});

test("what differs in its answer, or failed below, stays apart", () => {
  const one = attempt([
    work(null, 0, 100, "test"),
    call(0, 10, 5, "GET api / 200"),
    call(0, 20, 5, "GET api / 200"),
    work(2, 21, 1, "SELECT", { error: true }),
    call(0, 30, null, "GET api /"),
    call(0, 40, null, "GET api /"),
  ]);

  assert.equal(rowsOf(one).some(isGroup), false);
});

test("a group of different paths is called by what they have in common", () => {
  const same = { template: "/users/{}" };
  const one = attempt([
    work(null, 0, 9, "test"),
    call(0, 1, 1, "GET api /users/1 200"),
  ]);
  const [, first] = one.spans;
  first.call = { ...first.call, ...same };
  const other = { ...first, summary: "GET api /users/2", call: { ...first.call } };

  assert.equal(label({ spans: [first] }).rest, "/users/1");
  assert.equal(label({ spans: [first, other] }).rest, "/users/{}");
});

test("a filter keeps what a row stands under, and says that it did not match", () => {
  const rows = rowsOf(
    attempt([
      work(null, 0, 100, "test"),
      work(0, 1, 50, "one", PHASE),
      call(1, 2, 1, "GET api / 500"),
      work(0, 60, 30, "two", PHASE),
    ]),
  );
  const kept = shown(rows, (row) => row.spans[0].call !== null);

  assert.deepEqual(told(kept), ["test", "  one", "    GET api /"]);
  assert.deepEqual(
    kept.map((row) => row.isMatch),
    [false, false, true],
  );
});

test("rows know how many below them failed, and where these end", () => {
  const rows = rowsOf(polled());

  assert.equal(rows[0].failing, 3);
  assert.equal(rows[0].end, rows.length);
  assert.equal(rows.find(isGroup).failing, 3);
});

test("rows keep the order of the tree where a parent begins after its child", () => {
  const spans = [
    work(null, 5, 90, "test"),
    work(2, 6, 5, "child"),
    work(0, 8, 50, "parent"),
    work(0, 60, 5, "last"),
  ];

  assert.deepEqual(told(rowsOf(attempt(spans))), [
    "test",
    "  parent",
    "    child",
    "  last",
  ]);
});

test("a tree of any depth becomes rows", () => {
  const deep = Array.from({ length: 10_000 }, (_, place) =>
    work(place ? place - 1 : null, place, 20_000 - 2 * place, "deeper"),
  );
  const rows = rowsOf(attempt(deep));

  assert.equal(rows.at(-1).depth, 9_999);
  assert.equal(shown(rows, () => true).length, 10_000);
});

test("steps, phases and fixtures are told from calls", () => {
  const { spans } = attempt([
    work(null, 0, 100, "test"),
    work(0, 1, 9, "setup", PHASE),
    work(1, 1, 9, "fixture db", {
      ...PHASE,
      attributes: { "otel_testkit.fixture.name": "db" },
    }),
    work(0, 11, 9, "sign up", PHASE),
    call(3, 12, 1, "POST api / 200"),
    work(4, 12, 1, "POST /", { kind: "server" }),
    work(5, 12, 1, "cache"),
  ]);

  assert.deepEqual(spans.map(sort), [
    "test",
    "phase",
    "fixture",
    "step",
    "call",
    "server",
    "work",
  ]);
});

test("the time of a span's own is what none of its children took", () => {
  const { root, spans } = attempt([
    work(null, 0, 100, "test"),
    work(0, 10, 30, "one"),
    work(0, 20, 30, "beside it"),
    work(0, 90, 30, "outlives it"),
  ]);

  assert.equal(ownTime(root), 50);
  assert.equal(ownTime(spans[1]), 30);
});

test("filters count what they single out", () => {
  const one = polled();
  const counts = filters(one, new Map(), { from: 0, to: 100 }).map(
    ({ name, count }) => `${name} ${count}`,
  );

  assert.deepEqual(counts, [
    "errors 3",
    "critical path 0",
    "slow 0",
    "calls 5",
    "logs 0",
    "all 6",
  ]);
});

test("the suspect is the first evidence of what was not recovered from", () => {
  const findings = [
    { recovered: true, evidence: ["s1"] },
    { recovered: false, evidence: ["gone", "s2"] },
  ];
  const { spans } = polled();

  assert.equal(suspect({ ...polled(), findings, spans }), spans[2]);
  assert.deepEqual(failingWindow({ ...polled(), findings }), { from: 1, to: 100 });
});

test("without evidence it is the last call that failed, and none of a test that passed", () => {
  const one = polled();

  assert.equal(suspect(one), one.spans[4]);
  assert.equal(failingWindow(one).from, 1);
  assert.equal(suspect({ ...one, failure: false }), null);
  assert.equal(failingWindow({ ...one, failure: false }), null);
});
