/** What the tabs of a span show, and which of them has something to show. */

import { answer, counterpart, difference } from "../beside/difference.js";
import { copyButton } from "../page/clipboard.js";
import { element } from "../page/dom.js";
import { duration } from "../page/format.js";
import { logLines } from "../test/logs.js";
import { bodyView, code } from "./bodies.js";
import { query, request, response } from "./messages.js";
import { pairs } from "./pairs.js";
import { timing } from "./timing.js";

const IN_MESSAGES = /^http\.(?:request|response)\.(?:header\.|body\.content)/;

/** Of each tab [id, title, whether it is there, what it shows]. */
export const TABS = [
  ["request", "Request", ({ span }) => span.call?.url || statement(span), requestTab],
  [
    "response",
    "Response",
    ({ span }) => span.call?.status || span.response !== undefined,
    responseTab,
  ],
  ["errors", "Errors", (of) => errorsOf(of).length > 0, errorsTab],
  [
    "difference",
    "Difference",
    ({ selection, span }) => counterpart(selection, span),
    differenceTab,
  ],
  ["timing", "Timing", () => true, ({ selection, span }) => timing(selection, span)],
  [
    "logs",
    "Logs",
    ({ span }) => span.logs.length > 0,
    ({ span }) => logLines(span.logs),
  ],
  ["attributes", "Attributes", () => true, attributesTab],
  ["raw", "Raw", () => true, rawTab],
];

function requestTab({ selection, span, texts }) {
  const sent = request(span, texts);

  return element(
    "div",
    {},
    element("p", { class: "url" }, element("b", {}, sent.method), " ", sent.url),
    statement(span) && code("Statement", statement(span)),
    pairs("Query", query(sent.url)),
    pairs("Headers", sent.headers, { isOpen: sent.headers.length < 20 }),
    sent.url && bodyView("Request body", sent, sameBefore(selection, span, "request")),
  );
}

function statement({ attributes }) {
  return attributes["db.query.text"] ?? attributes["db.statement"] ?? "";
}

function responseTab({ selection, span, texts }) {
  const got = response(span, texts);
  const { attributes } = span;
  const version = attributes["network.protocol.version"];

  return element(
    "div",
    {},
    element(
      "p",
      { class: "url" },
      version && `HTTP/${version} `,
      element("b", {}, answer(span)),
    ),
    bodyView("Response body", got, sameBefore(selection, span, "response")),
    pairs("Headers", got.headers),
  );
}

/** Tells of an earlier call that had the same body, a retry's or a poll's. */
function sameBefore(selection, span, side) {
  if (span[side] === undefined) return null;
  const earlier = selection.attempt.calls.find(
    (one) => one[side] === span[side] && one.call.template === span.call.template,
  );
  if (!earlier || earlier.index >= span.index) return null;
  const go = () => selection.select(earlier, side);

  return element(
    "button",
    { type: "button", class: "plain", onclick: go },
    `same as at t+${duration(earlier.at)}`,
  );
}

function errorsTab(of) {
  return element("div", {}, errorsOf(of).map(errorView));
}

function errorsOf({ selection, span }) {
  if (!span.parent) return selection.attempt.errors;

  return span.events.filter(({ name }) => name === "exception").map(errorOf);
}

function errorOf({ attributes }) {
  return {
    type: attributes["exception.type"] ?? "error",
    message: attributes["exception.message"] ?? "",
    relation: attributes["otel_testkit.exception.relation"],
    stacktrace: attributes["exception.stacktrace"],
  };
}

function errorView({ type, message, relation, stacktrace }) {
  return element(
    "div",
    { class: "error" },
    element("h5", {}, relation && `${relation}: `, type),
    message && element("p", { class: "lines url" }, message),
    stacktrace && code(`Stack of ${type}`, stacktrace),
  );
}

function differenceTab({ selection, span, texts }) {
  const { other, turn, count } = counterpart(selection, span);
  const which =
    turn < count
      ? `Beside call ${turn + 1} of ${count} at this place in the passing attempt.`
      : `This is call ${turn + 1} at this place, beside the last of ${count} that passed.`;

  return element(
    "div",
    {},
    (count > 1 || turn > 0) && element("p", { class: "hint" }, which),
    difference(span, other, texts),
  );
}

function attributesTab({ selection, span, texts }) {
  const own = Object.entries(span.attributes).filter(
    ([name]) => !(span.call && IN_MESSAGES.test(name)),
  );
  for (const side of span.call ? [] : ["request", "response"]) {
    const body = texts?.[span[side]];
    if (body !== undefined) own.push([`http.${side}.body.content`, body]);
  }
  const resource = Object.entries(selection.attempt.resources[span.resource] ?? {});

  return element(
    "div",
    {},
    pairs("Attributes", own),
    span.events.map((one) =>
      pairs(`${one.name} at t+${duration(one.at)}`, Object.entries(one.attributes)),
    ),
    pairs("Resource", resource, { isOpen: false }),
  );
}

function rawTab({ span }) {
  const { parent, children, logs, ...own } = span;
  const text = JSON.stringify(
    { ...own, parent: parent?.id, children: children.map((one) => one.id) },
    null,
    2,
  );

  return element(
    "div",
    {},
    code("Span", text),
    copyButton("Copy", () => text),
  );
}
