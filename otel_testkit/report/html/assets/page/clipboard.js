/** The clipboard, also where a page from a disk must not ask for it. */

import { element } from "./dom.js";

/** Makes a button that copies what *make* gives, or will give, and says so. */
export function copyButton(label, make) {
  const note = element("span", { class: "said", role: "status" });
  const button = element("button", { type: "button" }, label);
  button.addEventListener("click", async () => {
    const isDone = await copied(await make());
    note.textContent = isDone ? "✓ copied" : "✗ this browser refuses to copy";
    setTimeout(() => note.replaceChildren(), 3000);
  });

  return element("span", { class: "copy" }, button, note);
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedByHand(text);
  }
}

function copiedByHand(text) {
  const before = document.activeElement;
  const field = element("textarea", { class: "away", readonly: true });
  field.value = text;
  // Where it is not elsewhere for whoever watches the focus.
  (before?.parentNode ?? document.body).append(field);
  field.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    before?.focus();
    field.remove();
  }
}
