/**
 * The rows of the waterfall, before any drawing: the spans of an attempt in the order
 * of the tree. Neighbours that are alike are one row, which stands above theirs; not
 * where they overlap, for that may be what went wrong.
 */

import { below } from "../test/model.js";

const PHASE = /^(setup|call|teardown)$/;
const SEPARATOR = "\u0000";

/**
 * Gives all rows, parents first: {spans, depth, above, place, end, failing, isClosed},
 * where `end` is the place after the last row below, and `failing` counts those of them
 * that failed.
 */
export function rowsOf(attempt) {
  const failing = failingBelow(attempt.root);
  const rows = [];
  const waiting = [rowOf([attempt.root], null)];
  while (waiting.length) {
    const one = waiting.pop();
    one.place = rows.length;
    one.end = one.place + 1;
    rows.push(one);
    const under = isGroup(one)
      ? one.spans.map((span) => [span])
      : neighbours(one.spans[0].children, failing);
    for (let at = under.length; at-- > 0; ) waiting.push(rowOf(under[at], one));
  }
  for (const one of rows.toReversed()) {
    if (!one.above) continue;
    one.above.end = Math.max(one.above.end, one.end);
    one.above.failing += one.failing + (isFailing(one) && !isGroup(one) ? 1 : 0);
  }

  return rows;
}

/** Gives the rows to show: those that match, marked so, and what they stand under. */
export function shown(rows, matches, { isOpen = false } = {}) {
  const isKept = new Uint8Array(rows.length);
  for (const one of rows.toReversed()) {
    one.isMatch = matches(one);
    if (one.isMatch) isKept[one.place] = 1;
    if (isKept[one.place] && one.above) isKept[one.above.place] = 1;
  }
  const kept = [];
  for (let place = 0; place < rows.length; ) {
    const one = rows[place];
    if (isKept[place]) kept.push(one);
    place = one.isClosed && !isOpen ? one.end : place + 1;
  }

  return kept;
}

/** Tells whether a row stands for several spans. */
export function isGroup(row) {
  return row.spans.length > 1;
}

/** Tells whether any span of a row failed. */
export function isFailing(row) {
  return row.spans.some((span) => span.isFailing);
}

/** Tells whether there are rows below. */
export function hasBelow(row) {
  return row.end > row.place + 1;
}

/** Tells what a span is: test, phase, fixture, step, call, server or work. */
export function sort(span) {
  if (!span.parent) return "test";
  if (span.attributes["otel_testkit.fixture.name"]) return "fixture";
  if (span.step && !span.parent.parent && PHASE.test(span.summary)) return "phase";
  if (span.step) return "step";
  if (span.call) return "call";

  return span.kind === "server" || span.kind === "consumer" ? "server" : "work";
}

/** Gives the parts of a row's name: {method, peer, rest}, no method where no call is. */
export function label({ spans }) {
  const [{ call, summary }] = spans;
  if (!call?.method) return { method: "", peer: "", rest: summary };
  const { method, peer = "" } = call;
  const start = peer ? `${method} ${peer}` : method;
  const areSame = spans.every((span) => span.summary === summary);
  const rest = summary.startsWith(start) ? summary.slice(start.length).trim() : "";

  return { method, peer, rest: areSame ? rest : call.template };
}

function rowOf(spans, above) {
  return {
    spans,
    above,
    depth: above ? above.depth + 1 : 0,
    place: 0,
    end: 0,
    failing: 0,
    isClosed: spans.length > 1,
    isMatch: true,
  };
}

function neighbours(spans, failing) {
  const groups = [];
  let last = null;
  for (const span of spans) {
    const like = likeness(span, failing.has(span));
    const isAlike = like !== null && like === last;
    if (isAlike && isAfter(span, groups.at(-1).at(-1))) groups.at(-1).push(span);
    else groups.push([span]);
    last = like;
  }

  return groups;
}

// Both times are rounded.
function isAfter(span, other) {
  return span.at + 1 >= other.end;
}

function likeness(span, isFailingBelow) {
  if (!span.call?.method || span.isOpen) return null;
  const { method, peer, template, answer } = span.call;

  return [method, peer, template, answer, span.isFailing, isFailingBelow].join(
    SEPARATOR,
  );
}

function failingBelow(root) {
  const found = new Set();
  for (const span of [...below(root)].reverse()) {
    if (span.parent && (span.isFailing || found.has(span))) found.add(span.parent);
  }

  return found;
}
