/** What can be pressed, and what can be searched for. */

import { element } from "./dom.js";

const RUN = [
  ["f l p s a", "only failed, flaky, passed or skipped tests; all"],
  ["o", "only what is outside of all tests"],
  ["/", "search"],
  ["Esc", "clear the search"],
  ["j k or ↓ ↑", "next, previous test"],
  ["Enter", "open the test"],
];
const TEST = [
  ["] [ or → ←", "next, previous test of the list"],
  ["u", "back to the run"],
  ["e E", "next, previous error"],
];
const TIMELINE = [
  ["↓ ↑", "next, previous line"],
  ["→ ←", "unfold, fold"],
  ["Enter", "show the call"],
  ["+ - 0", "nearer, farther, all of it"],
  ["Shift → ←", "later, earlier"],
  ["/", "find"],
];
const PAGE = [
  ["t", "light, dark, or as the system"],
  ["?", "this help"],
];
const WORDS = [
  ["invoke", "in the name, the cause, a call or a tag"],
  ['"POST api /signup"', "these words in this order"],
  ["s:failed", "how it ended: failed, flaky, passed, skipped, outside"],
  ["@smoke", "a tag"],
  ["@team=search", "a tag with this value"],
  ["!timeout", "all without it; also !s:passed, !@slow"],
];

/** Makes the dialog, closed. */
export function help() {
  return element(
    "dialog",
    { id: "help", "aria-labelledby": "help-title" },
    element("h2", { id: "help-title" }, "Keys and search"),
    element(
      "div",
      {},
      table("The run", RUN),
      table("A test", TEST),
      table("Search", WORDS, "code"),
      table("In the timeline", TIMELINE),
      table("Everywhere", PAGE),
    ),
    element(
      "form",
      { method: "dialog" },
      element("button", { type: "submit" }, "Close"),
    ),
  );
}

function table(title, rows, tag = "kbd") {
  return element(
    "section",
    {},
    element("h3", {}, title),
    element(
      "dl",
      {},
      rows.map(([key, what]) =>
        element(
          "div",
          {},
          element("dt", {}, element(tag, {}, key)),
          element("dd", {}, what),
        ),
      ),
    ),
  );
}
