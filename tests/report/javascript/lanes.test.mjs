import assert from "node:assert/strict";
import test from "node:test";

import {
  conversation,
  every,
  happenings,
  telling,
} from "../../../otel_testkit/report/html/assets/lanes/conversation.js";
import { attempt, call, work } from "./attempts.mjs";

function told(one) {
  const { lanes, arrows } = conversation(one);
  const name = (lane) => lanes[lane].name;

  return happenings(arrows).map(({ arrow, isAnswer }) => {
    const { from, to, method, rest, answer, spans } = arrow;
    if (isAnswer) return `${name(from)} < ${name(to)} ${answer}`;
    const count = spans.length > 1 ? ` ×${spans.length}` : "";

    return `${name(from)} > ${name(to)} ${method} ${rest}${count}`;
  });
}

const TRACED = [
  work(null, 0, 100, "test"),
  call(0, 1, 50, "POST orders.local /orders 201"),
  work(1, 2, 40, "POST /orders", { kind: "server", resource: 1 }),
  call(2, 5, 5, "INSERT db orders", { resource: 1 }),
  call(2, 12, 5, "INSERT db orders", { resource: 1 }),
  call(0, 60, 5, "GET orders.local /orders/1 404"),
];

test("lanes stand in the order of their first use, and some recorded nothing", () => {
  const { lanes } = conversation(attempt(TRACED, { services: ["tests", "orders"] }));

  assert.deepEqual(lanes, [
    { name: "test", isSilent: false },
    { name: "orders", isSilent: false },
    { name: "db", isSilent: true },
  ]);
});

test("what a service asks in turn stands between question and answer", () => {
  assert.deepEqual(told(attempt(TRACED, { services: ["tests", "orders"] })), [
    "test > orders POST /orders",
    "orders > db INSERT orders ×2",
    "orders < db ",
    "test < orders 201",
    "test > orders GET /orders/1",
    "test < orders 404",
  ]);
});

test("repeats are one arrow if all below them is alike as well", () => {
  const poll = (place, at, rows) => [
    call(0, at, 9, "GET api /ready 404"),
    work(place, at + 1, 7, "GET /ready", { kind: "server", resource: 1 }),
    ...Array.from({ length: rows }, (_, more) =>
      call(place + 1, at + 2 + more, 1, "SELECT db jobs", { resource: 1 }),
    ),
  ];
  const spans = [work(null, 0, 100, "test"), ...poll(1, 10, 1), ...poll(4, 20, 1)];
  const one = attempt([...spans, ...poll(7, 30, 2)], { services: ["tests", "api"] });

  assert.deepEqual(
    told(one).filter((line) => line.includes(">")),
    [
      "test > api GET /ready ×2",
      "api > db SELECT jobs",
      "test > api GET /ready",
      "api > db SELECT jobs ×2",
    ],
  );
});

test("calls side by side are asked before they are answered", () => {
  const one = attempt([
    work(null, 0, 100, "test"),
    call(0, 10, 50, "GET api /one 200"),
    call(0, 20, 10, "GET api /two 200"),
  ]);

  assert.deepEqual(told(one), [
    "test > api GET /one",
    "test > api GET /two",
    "test < api 200",
    "test < api 200",
  ]);
});

test("an instrumentation's span around a call is no arrow of its own", () => {
  const one = attempt([
    work(null, 0, 100, "test"),
    call(0, 10, 50, "GET api / 200"),
    call(1, 11, 20, "GET api / 503"),
    call(1, 40, 20, "GET api / 200"),
  ]);

  assert.deepEqual(
    conversation(one).arrows.map((arrow) => arrow.answer),
    ["503", "200"],
  );
});

test("a server that nobody is seen to ask is asked by what stands above it", () => {
  const one = attempt(
    [
      work(null, 0, 100, "test"),
      work(0, 5, 5, "GET /", { kind: "server", resource: 1 }),
    ],
    { services: ["tests", "api"] },
  );

  assert.deepEqual(told(one), ["test > api  GET /", "test < api "]);
});

test("who asked nobody has no lanes", () => {
  assert.equal(conversation(attempt([work(null, 0, 1, "test")])), null);
});

test("there are at most twenty lanes, of which the last is for all others", () => {
  const spans = Array.from({ length: 30 }, (_, place) =>
    call(0, place + 1, 1, `GET host${place} / 200`),
  );
  const { lanes, arrows } = conversation(
    attempt([work(null, 0, 99, "test"), ...spans]),
  );

  assert.equal(lanes.length, 20);
  assert.equal(lanes.at(-1).name, "others");
  assert.ok(arrows.every(({ to }) => to > 0 && to < 20));
});

test("of many arrows those at both ends are kept, and those that failed", () => {
  const spans = Array.from({ length: 200 }, (_, place) =>
    call(0, place + 1, 1, `GET api /${place} ${place === 100 ? 500 : 200}`),
  );
  const { arrows } = conversation(attempt([work(null, 0, 300, "test"), ...spans]));
  const kept = telling(every(arrows), 20);

  assert.equal(kept.size, 41);
  assert.ok(kept.has(arrows[100]));
});

test("a deep tree of calls is no deeper than needed", () => {
  const spans = Array.from({ length: 10_000 }, (_, place) =>
    work(place ? place - 1 : null, place, 20_000 - 2 * place, `GET /${place}`, {
      kind: "server",
      resource: place % 2,
    }),
  );
  const { arrows } = conversation(attempt(spans, { services: ["tests", "api"] }));

  assert.equal(happenings(arrows).length, 2 * 9_999);
});
