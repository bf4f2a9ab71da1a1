/** What somebody takes out of a story, to go on elsewhere: buttons that copy it. */

import { copyButton } from "../page/clipboard.js";
import { element } from "../page/dom.js";
import { unpacked } from "./chunks.js";

/** Adds them to each story of a test. */
export function handOver(article) {
  for (const story of article.querySelectorAll(".story")) {
    const { attempt } = story.dataset;
    // At once: some browsers copy only what is there when the button is pressed.
    const text = unpacked(`handover-${article.id}-${attempt}`);
    const said = (name) => story.querySelector(`[data-copy="${name}"]`)?.textContent;
    const command = said("command");
    const place = said("place");
    const made = [
      copyButton("Copy for an issue or agent", () => text),
      command && copyButton("Copy command", () => command),
      place && copyButton("Copy path", () => place),
    ];
    story.querySelector(".failed").append(element("p", { class: "actions" }, made));
  }
}
