/** The frame of a test's page: of a test that failed it is there, others get one. */

import { element } from "../page/dom.js";
import { named } from "../run/row.js";

export function article(entry) {
  const anchor = `case-${entry.place}`;
  const there = document.getElementById(anchor);
  if (there) return there;

  const made = element(
    "article",
    { class: `test ${entry.state}`, id: anchor },
    element("header", {}, element("h2", {}, named(entry))),
  );
  document.getElementById("tests").append(made);

  return made;
}
