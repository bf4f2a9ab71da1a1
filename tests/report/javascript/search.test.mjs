import assert from "node:assert/strict";
import { test } from "node:test";

import {
  isFound,
  stateOf,
  terms,
  withState,
} from "../../../otel_testkit/report/html/assets/run/search.js";

const INVOKED = {
  name: "tests/test_insights.py::test_insight_is_created[eu-west]",
  suite: "tests/test_insights.py",
  state: "failed",
  outcomes: ["failed", "error"],
  cause: 'rate limited (certain): POST lambda …/invocations → 429 "Rate Exceeded"',
  title: "rate limited: POST lambda /functions/{}/invocations",
  labels: ["POST api /signup", "POST lambda /functions/{}/invocations"],
  services: ["api", "lambda"],
  tags: {
    team: "Insights",
    "vcs.ref.head.name": "refund-flow",
    "otel_testkit.tags": ["smoke", "slow"],
    shard: 3,
  },
};
const KNOWN = {
  name: "known",
  suite: "",
  state: "skipped",
  outcomes: ["xfailed"],
  cause: "",
  title: "",
  labels: [],
  services: [],
  tags: {},
};

const finds = (query, entry = INVOKED) => isFound(entry, terms(query));

test("an empty query finds all", () => {
  for (const query of ["", "  ", '""', "!", "@", "s:"]) assert.ok(finds(query, KNOWN));
});

test("words stand in the name, the cause, a call, a service or a tag", () => {
  for (const word of [
    "insight_is",
    "RATE",
    "/signup",
    "lambda",
    "refund-flow",
    "429",
  ]) {
    assert.ok(finds(word), word);
    assert.ok(!finds(word, KNOWN), word);
  }
});

test("all words must be true", () => {
  assert.ok(finds("POST /signup"));
  assert.ok(!finds("POST /elsewhere"));
});

test("words between quotes follow each other", () => {
  assert.ok(finds('"post lambda /functions/{}/invocations"'));
  assert.ok(!finds('"post /signup"'));
});

test("a quote that is not closed yet goes to the end", () => {
  assert.ok(finds('"post api /si'));
});

test("an exclamation mark turns a term around", () => {
  assert.ok(!finds("!429"));
  assert.ok(finds("!429", KNOWN));
  assert.ok(!finds('!"post lambda"'));
  assert.ok(!finds("!s:failed"));
  assert.ok(!finds("!@smoke"));
  assert.ok(finds("!@nightly"));
});

test("a state is asked for by its beginning", () => {
  assert.ok(finds("s:failed"));
  assert.ok(finds("s:fail"));
  assert.ok(finds("S:Failed"));
  assert.ok(!finds("s:flaky"));
  assert.ok(!finds("s:failed", KNOWN));
});

test("so is an outcome of an attempt that is no state", () => {
  assert.ok(finds("s:error"));
  assert.ok(finds("s:xfailed", KNOWN));
  assert.ok(!finds("s:xfailed"));
});

test("a tag is asked for by its name, or its value", () => {
  for (const tag of ["@team", "@insights", "@smoke", "@slow", "@vcs.ref.head.name"]) {
    assert.ok(finds(tag), tag);
  }
  assert.ok(!finds("@oke"));
});

test("a tag is asked for by both, the name by its last part", () => {
  assert.ok(finds("@team=insights"));
  assert.ok(finds("@team=ins"));
  assert.ok(finds("@head.name=refund-flow"));
  assert.ok(finds("@shard=3"));
  assert.ok(finds('@"team=insights"'));
  assert.ok(!finds("@team=orders"));
  assert.ok(!finds("@eam=insights"));
});

test("the state is read out of a query, and put into it", () => {
  assert.equal(stateOf("lambda s:fail"), "failed");
  assert.equal(stateOf("!s:failed lambda"), "");
  assert.equal(stateOf("s:xfailed"), "");
  assert.equal(withState("", "failed"), "s:failed");
  assert.equal(withState("lambda s:passed @smoke", "failed"), "s:failed lambda @smoke");
  assert.equal(withState("s:passed", ""), "");
  assert.equal(withState('"classes:all" is:x', "flaky"), 's:flaky "classes:all" is:x');
  assert.equal(withState("!s:failed x", "flaky"), "s:flaky !s:failed x");
});
