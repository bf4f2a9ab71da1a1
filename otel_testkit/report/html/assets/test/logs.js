/** What was logged, by time. */

import { code } from "../call/bodies.js";
import { element } from "../page/dom.js";
import { counted, duration } from "../page/format.js";

const STEP = 500;
const LONG = 300;
// The least of OTLP's numbers that are called so.
const LEVELS = [
  ["all levels", 0],
  ["info and worse", 9],
  ["warnings and errors", 13],
  ["errors", 17],
];

/** Shows the logs of an attempt, by level and by text; null where there are none. */
export function logs(selection, signal) {
  const all = selection.attempt.logs;
  if (!all.length) return null;

  const level = element(
    "select",
    { "aria-label": "Level" },
    LEVELS.map(([name, least]) => element("option", { value: least }, name)),
  );
  const text = element("input", {
    type: "search",
    placeholder: "Filter",
    "aria-label": "Filter the logs",
  });
  const count = element("small", { role: "status" });
  const place = element("div");
  const filter = () => {
    const found = matching(all, Number(level.value), text.value.toLowerCase());
    count.textContent = counted(found.length, "line");
    place.replaceChildren(logLines(found, selection));
    mark(place, selection);
  };
  level.addEventListener("change", filter);
  text.addEventListener("input", filter);
  selection.addEventListener("span", () => mark(place, selection), { signal });
  filter();

  return element(
    "div",
    {},
    element("p", { class: "tools" }, level, text, count),
    place,
  );
}

/** Shows log records; those with a *selection* lead to their spans. */
export function logLines(all, selection = null) {
  const list = element("ol", { class: "loglines" });
  const box = element("div", {}, list);
  const more = () => {
    const from = list.children.length;
    list.append(...all.slice(from, from + STEP).map((log) => line(log, selection)));
    const left = all.length - list.children.length;
    button.textContent = `Show ${Math.min(left, STEP)} of ${left} more`;
    button.hidden = left === 0;
  };
  const button = element("button", { type: "button", onclick: more });
  more();
  box.append(button);

  return box;
}

function matching(all, least, part) {
  return all.filter(
    (log) =>
      (log.severity || 0) >= least &&
      (!part ||
        `${log.logger} ${log.text} ${log.error?.type}`.toLowerCase().includes(part)),
  );
}

function line(log, selection) {
  const time = `t+${duration(log.at)}`;
  const select = () => selection.select(log.span, "logs");
  const isLink = selection && log.span;

  return element(
    "li",
    { class: severity(log), "data-span": log.span?.id },
    isLink
      ? element("button", { type: "button", class: "plain", onclick: select }, time)
      : element("span", {}, time),
    element("b", {}, log.level),
    element("span", { class: "logger" }, log.logger),
    element("div", { class: "lines" }, long(log.text), log.error && failed(log.error)),
  );
}

function long(text) {
  if (text.length <= LONG) return text;

  return element(
    "details",
    {},
    element("summary", {}, `${text.slice(0, LONG)} …`),
    code("All of it", text),
  );
}

function failed({ type, message, stacktrace }) {
  const said = `${type}: ${message}`;
  if (!stacktrace) return element("div", {}, said);

  return element(
    "details",
    {},
    element("summary", {}, said),
    code(`Stack of ${type}`, stacktrace),
  );
}

function mark(place, { span }) {
  for (const one of place.querySelectorAll("li")) {
    one.classList.toggle("here", span !== null && one.dataset.span === span.id);
  }
}

function severity({ severity: number }) {
  if (number >= 17) return "bad";
  if (number >= 13) return "warn";

  return number >= 9 ? "" : "quiet";
}
