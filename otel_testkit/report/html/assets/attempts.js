/** Chooses the attempt of a test that is shown, and tells what it is compared with. */

import { element } from "./dom.js";
import { duration } from "./format.js";

export function attempts(selection) {
  const own = selection.test.attempts.filter((one) => !one.run);
  const buttons = own.map((one) =>
    element(
      "button",
      { type: "button", role: "tab", class: one.outcome, onclick: () => selection.choose(one.place) },
      `attempt ${one.number}: ${one.outcome}, ${duration(one.seen)}`,
    ),
  );
  selection.addEventListener("attempt", () => {
    own.forEach((one, place) =>
      buttons[place].setAttribute("aria-selected", String(one === selection.attempt)),
    );
  });

  return element("div", { class: "attempts", role: "tablist", "aria-label": "Attempts", hidden: own.length < 2 }, buttons);
}
