/** The attempts of a test as tabs, of which the address says which one is shown. */

import { element } from "../page/dom.js";
import { duration } from "../page/format.js";
import { go } from "../page/route.js";

const MARKS = { passed: "✓", failed: "✗", error: "✗", open: "✗" };
// From the tab at one place to another of so many.
const KEYS = {
  ArrowLeft: (at, count) => (at + count - 1) % count,
  ArrowRight: (at, count) => (at + 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

/** Gives the tabs, or how a single attempt ended, which is null if its story says so. */
export function attempts(selection) {
  const own = selection.test.attempts.filter((one) => !one.run);
  if (own.length < 2) return own[0].failure ? null : ended(own[0]);

  const tabs = own.map((one) => tabOf(one, selection));
  selection.addEventListener("attempt", () => {
    const shown = tabs[own.indexOf(selection.attempt)];
    for (const tab of tabs) {
      tab.setAttribute("aria-selected", String(tab === shown));
      tab.tabIndex = tab === shown ? 0 : -1;
    }
    if (shown) label(selection.anchor, shown);
  });

  return element(
    "div",
    {
      class: "attempts",
      role: "tablist",
      "aria-label": "Attempts",
      onkeydown: (event) => step(event, tabs),
    },
    tabs,
  );
}

function ended({ outcome, seen }) {
  const text = `${MARKS[outcome] ?? "○"} ${outcome} after ${duration(seen)}`;

  return outcome === "unknown"
    ? null
    : element("p", { class: `outcome ${outcome}` }, text);
}

function tabOf(attempt, selection) {
  const { number, outcome, failure } = attempt;
  const mark = MARKS[outcome] ?? (failure ? "✗" : "○");

  return element(
    "button",
    {
      type: "button",
      role: "tab",
      id: `${selection.anchor}-attempt-${number}`,
      class: failure ? "failed" : outcome,
      onclick: () => go({ test: selection.anchor, attempt: number }),
    },
    `${number} ${mark} ${outcome} ${duration(attempt.seen)}`,
  );
}

/** Moves by arrow keys, to the other end from either one. */
function step(event, tabs) {
  const move = KEYS[event.key];
  if (!move) return;

  event.preventDefault();
  const tab = tabs[move(tabs.indexOf(document.activeElement), tabs.length)];
  tab.focus();
  tab.click();
}

/** Tells what the tab is for: all that was recorded of the attempt. */
function label(anchor, tab) {
  const panel = document.querySelector(`#${anchor} > .recorded`);
  panel.id = `${anchor}-recorded`;
  panel.setAttribute("role", "tabpanel");
  panel.setAttribute("aria-labelledby", tab.id);
  tab.setAttribute("aria-controls", panel.id);
}
