/** A test as a row of the list, as `run/list.html.jinja` makes it of those that failed. */

import { element } from "../page/dom.js";
import { duration } from "../page/format.js";

const MARKS = { failed: "✗", flaky: "≈", passed: "✓", skipped: "–", outside: "○" };
const ENDS = { passed: "✓", skipped: "–", xfailed: "–" };

/** Makes a row of an entry; `trend` is [marks, words], or undefined. */
export function row(entry, trend) {
  const tries = entry.outcomes.length > 1 && entry.outcomes;

  return element(
    "li",
    { class: `row ${entry.state}`, "data-place": entry.place },
    image("mark", entry.state, MARKS[entry.state]),
    element("a", { href: `#case-${entry.place}` }, named(entry)),
    tries && image("tries", `attempts: ${tries.join(", ")}`, tries.map(end)),
    trend &&
      element(
        "span",
        { class: "trend", "aria-hidden": "true" },
        [...trend[0]].map(run),
      ),
    trend && element("span", { class: "runs" }, trend[1]),
    element("span", { class: "lasted" }, lasted(entry)),
    entry.cause && element("p", { class: "cause" }, entry.cause),
  );
}

/** Gives the name of an entry, what is its own apart from its suite. */
export function named(entry) {
  const [suite, own] = split(entry);

  return [element("span", { class: "suite" }, suite), element("b", {}, own)];
}

function split({ name, suite }) {
  if (!suite) return ["", name];
  if (!name.startsWith(suite)) return [`${suite} › `, name];
  const own = name.slice(suite.length).replace(/^[:.]+/, "");

  return [name.slice(0, name.length - own.length), own];
}

function end(outcome) {
  return element("i", { class: outcome }, ENDS[outcome] ?? "✗");
}

function run(mark) {
  const state = Object.keys(MARKS).find((one) => MARKS[one] === mark);

  return element("i", { class: state }, mark);
}

function image(name, label, ...shown) {
  return element("span", { class: name, role: "img", "aria-label": label }, ...shown);
}

function lasted(entry) {
  return `${entry.is_open ? "≥ " : ""}${duration(entry.duration / 1000)}`;
}
