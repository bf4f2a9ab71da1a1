/** The tests of a run by how they ended. */

import { element } from "../page/dom.js";
import { row } from "./row.js";

// More rows at once take a while to draw.
const STEP = 500;

/**
 * Gives the groups of the page, each with the entries that are `found` in the order
 * of the page, and `show(found, isAsked)`, which shows only those.
 */
export function groups(run, entries) {
  const trends = JSON.parse(document.getElementById("trends").content.textContent);

  return [...run.querySelectorAll(".group")].map((section) => {
    const { state } = section.dataset;
    const own = entries.filter((entry) => entry.state === state);
    const isFolded = section.matches("details");
    // Where there are no tests, what is outside of them is all there is to see.
    const isAll = state === "outside" && own.length === entries.length;
    const show = isFolded ? folding(section, trends, isAll) : hiding(section, own);

    return {
      found: own,
      show(found, isAsked) {
        this.found = show(
          found.filter((entry) => entry.state === state),
          isAsked,
        );
        section.hidden = !this.found.length;
      },
    };
  });
}

/** The rows are there, those of one cause together. */
function hiding(section, entries) {
  const byPlace = new Map(entries.map((entry) => [String(entry.place), entry]));
  const rows = [...section.querySelectorAll(".row")];
  const order = rows.map((one) => byPlace.get(one.dataset.place));

  return (found, isAsked) => {
    const shown = new Set(found);
    rows.forEach((one, at) => {
      one.hidden = !shown.has(order[at]);
    });
    for (const part of section.querySelectorAll(".cluster, .cluster details")) {
      part.hidden = !part.querySelector(".row:not([hidden])");
      if (isAsked) part.open = true;
    }

    return order.filter((entry) => shown.has(entry));
  };
}

/** The rows are made once somebody looks, so many at a time. */
function folding(section, trends, isAll) {
  const rows = section.querySelector(".rows");
  let waiting = [];
  let isMade = false;
  const fill = () => {
    const next = waiting.splice(0, STEP);
    rows.append(...next.map((entry) => row(entry, trends[entry.place])));
    more.hidden = !waiting.length;
    more.textContent = `Show more: ${waiting.length} are left`;
  };
  const unfold = () => {
    if (!section.open || isMade) return;
    isMade = true;
    rows.replaceChildren();
    fill();
  };
  const more = element("button", { type: "button", hidden: true, onclick: fill });
  section.append(more);
  section.addEventListener("toggle", unfold);

  return (found, isAsked) => {
    waiting = [...found];
    isMade = false;
    section.open = (isAsked || isAll) && found.length > 0;
    unfold();

    return found;
  };
}
