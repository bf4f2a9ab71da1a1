/** What stands above the timeline: filters, a search, and ways to zoom. */

import { element } from "../page/dom.js";
import { MOST_PLAIN } from "./listing.js";

/** Makes a button for each filter. */
export function pills(timeline) {
  return timeline.filters.map((filter) => {
    const { name, count, title } = filter;
    const onclick = () => {
      timeline.filter = filter;
      timeline.update();
    };

    return element(
      "button",
      { type: "button", title, onclick, disabled: count === 0 },
      `${name} `,
      element("b", {}, count),
    );
  });
}

/** Makes a search, which is there where the browser's own can't find everything. */
export function finder(timeline) {
  return element("input", {
    type: "search",
    placeholder: "Find (/)",
    "aria-label": "Find in the timeline",
    oninput: () => timeline.update(),
    hidden: timeline.rows.length <= MOST_PLAIN,
  });
}

/** Makes the buttons that show more or less of the time. */
export function zooms(timeline) {
  return element(
    "span",
    { class: "zooms", role: "group", "aria-label": "Zoom" },
    timeline.failing &&
      button("Failing part", "show when it failed", () =>
        timeline.view(timeline.failing),
      ),
    button("Whole", "show all of it (0)", () => timeline.view(timeline.all)),
    button("−", "show more time (−)", () => timeline.zoom(2)),
    button("+", "show less time (+)", () => timeline.zoom(0.5)),
  );
}

function button(text, title, onclick) {
  const name = `${text}: ${title}`;

  return element(
    "button",
    { type: "button", title, "aria-label": name, onclick },
    text,
  );
}
