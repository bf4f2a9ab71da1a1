/** The way from the run to a test, to the next one, and back to where one was. */

import { element } from "./dom.js";
import { listen } from "./keys.js";
import { address } from "./route.js";

/**
 * Gives `at(entry or null)`, which shows the run or leaves it, and `back(query)`, which
 * sets where the way back leads. `listed` gives the entries between which to move.
 */
export function passage(run, listed) {
  const home = document.querySelector("#bar .home");
  const name = home.textContent;
  const title = document.title;
  const before = link("‹ Previous", "[");
  const place = element("span", { class: "place" });
  const after = link("Next ›", "]");
  const way = element("span", { class: "passage", hidden: true }, before, place, after);
  home.after(way);
  let last = null;
  let scrolled = 0;

  listen({
    u: () => last && home.click(),
    "[": () => last && before.click(),
    "]": () => last && after.click(),
    ArrowLeft: () => last && before.click(),
    ArrowRight: () => last && after.click(),
  });

  return {
    back: (query) => home.setAttribute("href", address({ query })),
    at(entry) {
      if (entry === last) return;
      if (!last) scrolled = scrollY;
      run.hidden = Boolean(entry);
      way.hidden = !entry;
      home.textContent = entry ? "← All tests" : name;
      document.title = entry ? `${entry.name} · otel_testkit` : title;
      if (entry) lead(listed(), entry);
      scrollTo(0, entry ? 0 : scrolled);
      if (!entry) {
        const row = run.querySelector(`[data-place="${last.place}"] > a`);
        row?.focus({ preventScroll: true });
      }
      last = entry;
    },
  };

  function lead(all, entry) {
    const at = all.indexOf(entry);
    place.textContent = at < 0 ? "" : `${at + 1} of ${all.length}`;
    point(before, at > 0 ? all[at - 1] : null);
    point(after, all[at + 1]);
  }
}

function link(text, key) {
  return element("a", { "aria-keyshortcuts": key, title: `Key ${key}` }, text);
}

/** A link without an address leads nowhere, and says so. */
function point(one, entry) {
  if (entry) one.setAttribute("href", `#case-${entry.place}`);
  else one.removeAttribute("href");
}
