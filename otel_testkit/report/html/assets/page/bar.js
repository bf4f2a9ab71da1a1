/** What stands above every page: light or dark, and help. */

import { element } from "./dom.js";
import { help } from "./help.js";
import { listen } from "./keys.js";
import { themeButton } from "./theme.js";

/** Puts it there. */
export function bar() {
  const dialog = help();
  const open = () => dialog.showModal();
  const theme = themeButton();
  const button = element(
    "button",
    { type: "button", title: "Keys and search: key ?", onclick: open },
    "Help",
  );
  document
    .getElementById("bar")
    .append(element("span", { class: "choices" }, theme, button), dialog);
  listen({ "?": open, t: () => theme.click() });
}
