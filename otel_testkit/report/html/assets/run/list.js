/** The run page: its tests, found by outcome and by search. */

import { element } from "../page/dom.js";
import { counted } from "../page/format.js";
import { listen } from "../page/keys.js";
import { passage } from "../page/passage.js";
import { address, go } from "../page/route.js";
import { groups } from "./groups.js";
import { isFound, stateOf, terms, withState } from "./search.js";

const KEYS = {
  a: "",
  f: "failed",
  l: "flaky",
  p: "passed",
  s: "skipped",
  o: "outside",
};

/**
 * Gives what shows the list, or one of its tests: `at(entry or null, query)`. The page
 * of a single test has none.
 */
export function list(entries) {
  const run = document.getElementById("run");
  const made = groups(run, entries);
  const passed = passage(run, () => made.flatMap((group) => group.found));
  const { box, status } = searchField(run);
  let shown = null;
  const search = (query) => {
    if (query === shown) return;
    shown = query;
    if (box.value !== query) box.value = query;
    const asked = terms(query);
    const found = entries.filter((entry) => isFound(entry, asked));
    for (const group of made) group.show(found, asked.length > 0);
    status.textContent = asked.length ? told(found, entries) : "";
    lead(run, query);
    passed.back(query);
  };
  const seek = (query) => {
    search(query);
    go({ query }, { instead: true });
  };
  box.addEventListener("input", () => seek(box.value));
  listen(keysOf(run, box, seek));

  return {
    at(entry, query) {
      if (!entry || shown === null) search(query ?? "");
      passed.at(entry);
    },
  };
}

function searchField(run) {
  const box = element("input", {
    type: "search",
    placeholder: 's:failed @tag POST /path !word "two words"',
    "aria-label": "Search tests",
    autocomplete: "off",
    spellcheck: "false",
  });
  const status = element("output", {});
  run.querySelector("#filters").append(element("search", {}, box, status));

  return { box, status };
}

function told(found, entries) {
  if (!found.length) return "No test is like this";

  const isTest = ({ state }) => state !== "outside";
  const tests = found.filter(isTest).length;
  const others = found.length - tests;
  const words = [
    tests && `${tests} of ${counted(entries.filter(isTest).length, "test")}`,
    others && `${others} outside`,
  ];

  return words.filter(Boolean).join(", ");
}

/** The counters lead to their tests, among those with the words that are searched for. */
function lead(run, query) {
  for (const link of run.querySelectorAll("#filters a")) {
    const state = link.dataset.state;
    link.setAttribute("href", address({ query: withState(query, state) }));
    if (stateOf(query) === state) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

function keysOf(run, box, seek) {
  const here = (act) => () => !run.hidden && act() !== false;
  const bindings = {
    "/": here(() => box.select()),
    Escape: here(() => box.value !== "" && seek("")),
    j: here(() => move(run, 1)),
    ArrowDown: here(() => move(run, 1)),
    k: here(() => move(run, -1)),
    ArrowUp: here(() => move(run, -1)),
  };
  for (const [key, state] of Object.entries(KEYS)) {
    bindings[key] = here(() => seek(withState(box.value, state)));
  }
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && move(run, 1)) event.preventDefault();
    if (event.key === "Escape") seek("");
    if (event.key === "Escape" || event.key === "Enter") box.blur();
  });

  return bindings;
}

/** Goes to another row, from where one is; not where there is none. */
function move(run, by) {
  const links = [...run.querySelectorAll(".row > a")].filter((one) => one.offsetParent);
  const next = by > 0 ? links.find(isAfter) : links.findLast(isBefore);
  next?.focus();

  return Boolean(next);
}

function isAfter(link) {
  return compared(link, Node.DOCUMENT_POSITION_FOLLOWING);
}

function isBefore(link) {
  return compared(link, Node.DOCUMENT_POSITION_PRECEDING);
}

function compared(link, position) {
  return (document.activeElement.compareDocumentPosition(link) & position) !== 0;
}
