/** Names and their values, as a table that folds. */

import { element } from "../page/dom.js";

// A table of more is not read.
const MOST = 500;

/** Makes a table of [name, value] under a title; null where there are none. */
export function pairs(title, entries, { isOpen = true } = {}) {
  if (!entries.length) return null;

  return element(
    "details",
    { class: "pairs", open: isOpen },
    element("summary", {}, title, element("small", {}, entries.length)),
    element(
      "table",
      {},
      entries
        .slice(0, MOST)
        .map(([name, value]) =>
          element(
            "tr",
            {},
            element("th", { scope: "row" }, name),
            element("td", {}, shown(value)),
          ),
        ),
    ),
  );
}

/** Shows a value; that of a web address as a link. */
export function shown(value) {
  const text = worded(value);
  if (!/^https?:\/\/[^\s]+$/i.test(text)) return text;

  return element("a", { href: text, rel: "noopener noreferrer" }, text);
}

function worded(value) {
  if (Array.isArray(value)) return value.map(worded).join("\n");

  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
