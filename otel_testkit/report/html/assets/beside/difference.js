/** A span beside its counterpart in the attempt that passed. */

import { code } from "../call/bodies.js";
import { query, request, response } from "../call/messages.js";
import { element } from "../page/dom.js";
import { duration } from "../page/format.js";
import { differences, differing } from "./jsonpaths.js";
import { differentLines } from "./lines.js";

const MOST = 100;
// Longer bodies are not taken apart.
const LONGEST = 500_000;
// A difference of time that is worth a word: so many times as long, and so many µs.
const TIMES = 2;
const LEAST = 100_000;

/** Gives {other, turn, count} of the span at the same place and turn, or null. */
export function counterpart(selection, span) {
  const row = selection.beside?.rows.find((one) => one.failing.includes(span.index));
  if (!row?.passing.length) return null;
  const turn = row.failing.indexOf(span.index);
  const count = row.passing.length;

  return {
    other: selection.other.spans[row.passing[Math.min(turn, count - 1)]],
    turn,
    count,
  };
}

/** Gives what a span came to, in a word. */
export function answer(span) {
  if (span.call?.answer) return span.call.answer;
  if (span.isOpen) return "no end";

  const type = String(span.attributes["error.type"] || "error");

  return span.isFailing ? type.split(".").at(-1) : "ok";
}

/** Tells whether so many µs are "slower" or "faster" than they *were*, or "". */
export function pace(was, is) {
  if (Math.abs(is - was) < LEAST) return "";
  if (is > TIMES * was) return "slower";

  return was > TIMES * is ? "faster" : "";
}

/**
 * Gives what differs in the bodies of two calls: a list of {title, was, is, all}, where
 * *all* is null of those that have no paths.
 */
export function bodyDifferences(span, other, texts) {
  return [
    ["request body", request],
    ["response body", response],
  ]
    .map(([title, message]) => {
      const [was, is] = [other, span].map((one) => message(one, texts).body ?? "");
      const isLong = was.length + is.length > LONGEST;

      return { title, was, is, all: isLong ? null : differences(was, is) };
    })
    .filter(({ was, is }) => was !== is);
}

/** Shows all in which a span differs from its counterpart. */
export function difference(span, other, texts) {
  const isCall = span.call && other.call;
  const bodies = isCall && texts ? bodyDifferences(span, other, texts) : [];
  const groups = [
    ["", ofBoth(span, other)],
    ...(isCall ? aroundBodies(span, other) : []),
    ...bodies.filter(({ all }) => all).map(({ title, all }) => [title, all]),
  ];
  const passing = groups.flatMap(([, all]) => all.filter((one) => one.isPassing));

  return element(
    "div",
    {},
    table(groups.map(([title, all]) => [title, all.filter((one) => !one.isPassing)])),
    passing.length > 0 &&
      element(
        "details",
        {},
        element("summary", {}, `ids, times and lengths ${passing.length}`),
        table([["", passing]]),
      ),
    bodies.filter(({ all }) => !all).map(inLines),
  );
}

function aroundBodies(span, other) {
  const parts = [
    ["query", (one) => query(one.call.url)],
    ["request headers", (one) => request(one, null).headers],
    ["response headers", (one) => response(one, null).headers],
  ];

  return parts.map(([title, of]) => [
    title,
    differing(joined(of(other)), joined(of(span))),
  ]);
}

function ofBoth(span, other) {
  const isQuiet = !pace(other.end - other.at, span.end - span.at);

  return [
    { path: "answer", was: answer(other), is: answer(span) },
    { path: "duration", was: time(other), is: time(span), isQuiet },
  ];
}

function inLines({ title, was, is }) {
  const text =
    was.length + is.length > LONGEST
      ? "They differ, and are too long to be compared."
      : differentLines(was, is)
          .map(([sign, line]) => `${sign} ${line}`)
          .join("\n");

  return element("div", { class: "body" }, element("h5", {}, title), code(title, text));
}

function table(groups) {
  const cell = (name) =>
    element(name ? "th" : "td", { scope: name ? "col" : null }, name);

  return element(
    "table",
    { class: "changes" },
    element("tr", {}, ["", "passing", "failing"].map(cell)),
    groups.flatMap(([title, all]) => [
      title &&
        all.length > 0 &&
        element("tr", {}, element("th", { class: "group", colspan: 3 }, title)),
      ...all.slice(0, MOST).map(change),
      all.length > MOST &&
        element("tr", {}, element("td", { colspan: 3 }, `${all.length - MOST} more`)),
    ]),
  );
}

function change({ path, was, is, isQuiet }) {
  const [sign, kind] = was === is || isQuiet ? ["", ""] : changed(was, is);

  return element(
    "tr",
    { class: kind },
    element("th", { scope: "row" }, sign, path || "all of it"),
    element("td", {}, was ?? "not there"),
    element("td", {}, is ?? "not there"),
  );
}

function changed(was, is) {
  if (was === null) return ["+\u00a0", "added"];

  return is === null ? ["−\u00a0", "removed"] : ["≠\u00a0", "changed"];
}

function joined(entries) {
  const found = new Map();
  for (const [name, value] of entries) {
    found.set(name, found.has(name) ? `${found.get(name)}\n${value}` : value);
  }

  return found;
}

function time(span) {
  return span.isOpen ? "no end" : duration(span.took);
}
