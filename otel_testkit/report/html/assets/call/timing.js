/** Where the time of a call went. */

import { element } from "../page/dom.js";
import { duration } from "../page/format.js";
import { pairs } from "./pairs.js";

const OURS = "otel_testkit.";
const CONNECTION = [
  ["resolving the name", `${OURS}time_to_resolve`],
  ["connecting", `${OURS}time_to_connect`],
  ["TLS", `${OURS}time_to_secure`],
];

/** Gives the phases of a call as [name, µs], in their order. */
export function phases({ attributes, took }) {
  const known = CONNECTION.map(([name, key]) => [name, micros(attributes[key])]).filter(
    ([, time]) => time > 0,
  );
  const toHeaders = micros(attributes[`${OURS}http.time_to_headers`]);
  const connected = known.reduce((sum, [, time]) => sum + time, 0);
  if (toHeaders) {
    known.push(["waiting for the headers", Math.max(0, toHeaders - connected)]);
    if (took !== null) known.push(["reading the body", Math.max(0, took - toHeaders)]);
  }

  return known;
}

/** Gives the moment of a span, as a Date. */
export function moment(attempt, at) {
  return new Date(Number(BigInt(attempt.start) / 1000n + BigInt(at)) / 1000);
}

/** Tells the moment of a span as people write it. */
export function clock(attempt, at) {
  return moment(attempt, at).toISOString().replace("T", " ").replace("Z", " UTC");
}

/** Shows when a span ran, and its phases as a bar. */
export function timing(selection, span) {
  const { attempt } = selection;
  const all = phases(span);
  const whole = all.reduce((sum, [, time]) => sum + time, 0) || 1;
  const bar = element("div", { class: "phases", "aria-hidden": "true" });
  for (const [, time] of all) {
    const part = element("i");
    part.style.flexGrow = String(Math.max(time / whole, 0.004));
    bar.append(part);
  }
  const resend = span.call?.resend;

  return element(
    "div",
    {},
    all.length > 0 && bar,
    all.length > 0 &&
      pairs(
        "Phases",
        all.map(([name, time]) => [name, duration(time)]),
      ),
    pairs(
      "When",
      [
        ["begins", `t+${duration(span.at)}`],
        ["at", clock(attempt, span.at)],
        ["takes", span.isOpen ? "it never ended" : duration(span.took)],
        ["on its own", span.isOpen ? null : duration(ownTime(span))],
        ["try", resend ? `${resend + 1}, after ${resend} before it` : null],
      ].filter(([, value]) => value),
    ),
  );
}

function ownTime(span) {
  let [own, covered] = [span.took, span.at];
  for (const { at, end } of span.children) {
    const [begin, until] = [Math.max(at, covered), Math.min(end, span.end)];
    if (until <= begin) continue;
    own -= until - begin;
    covered = until;
  }

  return own;
}

function micros(seconds) {
  return Number(seconds ?? 0) * 1e6;
}
