/** Light or dark: what the system says, unless somebody chose. */

import { element } from "./dom.js";

const CHOICES = ["system", "light", "dark"];
const KEY = "otel_testkit.theme";

/** Makes the button that goes on to the next choice. */
export function themeButton() {
  const button = element("button", {
    type: "button",
    title: "Light or dark: key t",
    onclick: () => choose(CHOICES[(CHOICES.indexOf(chosen()) + 1) % CHOICES.length]),
  });
  const choose = (theme) => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
    store(theme);
  };
  choose(stored());

  return button;
}

function chosen() {
  return document.documentElement.dataset.theme ?? "system";
}

// Where the page is sandboxed, even looking at the storage throws.
function stored() {
  try {
    const theme = localStorage.getItem(KEY);
    return CHOICES.includes(theme) ? theme : "system";
  } catch {
    return "system";
  }
}

function store(theme) {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Then it lasts as long as the page.
  }
}
