/** Attempts as a chunk has them, made of a few words, for the tests of what shows them. */

import { test } from "../../../otel_testkit/report/html/assets/test/model.js";

/** Makes the raw data of a call. */
export function call(up, at, took, told, given = {}) {
  const [method, peer, path, status] = told.split(" ");
  const answer = status === undefined ? {} : { status: Number(status) };

  return {
    up,
    at,
    took,
    summary: `${method} ${peer} ${path}`,
    kind: "client",
    call: { method, peer, path, failing: Number(status) >= 400, ...answer },
    ...given,
  };
}

/** Makes the raw data of any other span. */
export function work(up, at, took, summary, given = {}) {
  return { up, at, took, summary, ...given };
}

/** Makes an attempt of raw spans, the first of which is the test itself. */
export function attempt(spans, { services = ["tests"], ...given } = {}) {
  const raw = {
    number: 1,
    failure: true,
    seen: spans[0].at + (spans[0].took ?? 0),
    findings: [],
    logs: [],
    resources: services.map((name) => ({ "service.name": name })),
    ...given,
    spans: spans.map((span, index) => ({ id: `s${index}`, ...span })),
  };

  return test({ attempts: [raw], beside: [] }).attempts[0];
}
