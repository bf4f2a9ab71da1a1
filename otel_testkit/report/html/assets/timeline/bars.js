/** A row of the waterfall as an element: its name in the tree, and its bars by time. */

import { element, harmless } from "../page/dom.js";
import { counted, duration } from "../page/format.js";
import { isFailing, isGroup, label, sort } from "./rows.js";

// More of them in one row could not be told apart.
const MOST_BARS = 100;
const MOST_DOTS = 40;
// The least severity of each, as OpenTelemetry counts.
const LEVELS = [
  [17, "grave"],
  [13, "warned"],
  [0, ""],
];

/** Makes the element of a row; `link` is the way to its span. */
export function rowElement(row, { id, link, path, service }) {
  const [span] = row.spans;
  const isOpen = row.spans.some((one) => one.isOpen);
  const isBad = isFailing(row);
  const took = row.spans.reduce((sum, one) => sum + one.end - one.at, 0);
  const made = element(
    "div",
    {
      class: ["row", sort(span), isBad && "bad", isOpen && "open"]
        .filter(Boolean)
        .join(" "),
      id,
      role: "treeitem",
      "aria-level": row.depth + 1,
    },
    element(
      "span",
      { class: "name" },
      element("i", { class: "fold", "aria-hidden": "true" }),
      element("i", { class: "mark", "aria-hidden": "true" }, mark(span, isBad, isOpen)),
      ...name(row, service),
      link &&
        element(
          "a",
          { class: "link", href: link, tabindex: "-1", title: "Link to it" },
          "#",
        ),
    ),
    element("span", { class: "status" }, status(row, isBad, isOpen)),
    element("span", { class: "took" }, duration(took) + (isOpen ? "+" : "")),
    element(
      "span",
      { class: "plot", "aria-hidden": "true" },
      bars(row.spans),
      row.spans
        .flatMap((one) => path.get(one) ?? [])
        .map((piece) => at("line", ...piece)),
      dots(row.spans),
    ),
    logged(row),
  );
  made.firstChild.style.setProperty("--depth", Math.min(row.depth, 14));

  return made;
}

/** Gives the parts of a name, of which the path may be cut. */
function name(row, service) {
  const [span] = row.spans;
  const { method, peer, rest } = label(row);
  const isAlone = method && peer && !span.children.length;
  const count = row.spans.length;
  const kind = sort(span) === "step" ? "step" : null;
  const title = isGroup(row) ? `${count} calls alike` : span.summary;
  const notes = [
    span.call?.resend > 0 && !isGroup(row) && `retry ${span.call.resend}`,
    span.orphan && "parent not recorded",
  ];

  return [
    [kind, service].map((text) => text && element("em", {}, text)),
    element(
      "span",
      { class: "told", title },
      method && [element("b", {}, method), isAlone ? " → " : " "],
      [peer, rest].filter(Boolean).join(" "),
    ),
    isGroup(row) && element("b", {}, `×${count}`),
    notes.map((text) => text && element("small", {}, text)),
    row.failing > 0 &&
      !isGroup(row) &&
      element("small", { class: "inside" }, `✗ ${row.failing} below`),
  ];
}

function mark(span, isBad, isOpen) {
  if (isBad) return "✗";
  if (isOpen) return "…";

  return span.call ? "●" : "○";
}

function status(row, isBad, isOpen) {
  if (isOpen) return "still open";
  const [{ call, attributes }] = row.spans;
  const answer = call?.answer || attributes["http.response.status_code"];

  return answer ? String(answer) : isBad && "failed";
}

function logged({ spans }) {
  const count = spans.reduce((sum, span) => sum + span.logs.length, 0);

  return (
    count > 0 && element("span", { class: "unseen" }, counted(count, "log record"))
  );
}

function bars(spans) {
  const each = Math.ceil(spans.length / MOST_BARS);
  const made = [];
  for (let place = 0; place < spans.length; place += each) {
    const last = spans[Math.min(place + each, spans.length) - 1];
    made.push(...bar(spans[place], last.end));
  }

  return made;
}

function bar(span, end) {
  const kind = `bar ${span.isFailing ? "bad" : ""}`;
  const { parent } = span;
  if (span.isOpen || !parent || parent.isOpen || end <= parent.end) {
    return [at(`${kind}${span.isOpen ? " open" : ""}`, span.at, end)];
  }
  const over = Math.max(parent.end, span.at);

  return [span.at < over && at(kind, span.at, over), at(`${kind} tail`, over, end)];
}

/** Makes a dot for each log record; of very many for the gravest. */
function dots(spans) {
  const found = spans.flatMap((span) => span.logs);
  found.sort((one, other) => one.severity - other.severity);

  return found.slice(-MOST_DOTS).map((log) => {
    const [, level] = LEVELS.find(([least]) => log.severity >= least);
    const made = at(`dot ${level}`, log.at, log.at);
    made.title = harmless(`${log.level} ${log.logger}: ${log.text.slice(0, 500)}`);
    made.dataset.log = log.index;

    return made;
  });
}

/** Makes a mark from a time to another; the style sheet knows the window. */
export function at(kind, from, to) {
  const made = element("i", { class: kind });
  made.style.setProperty("--at", from);
  made.style.setProperty("--to", to);

  return made;
}
