/**
 * The page of a test: its attempts, the story of each, and all that was recorded.
 *
 * The story of a failing attempt stands in the page already; the rest is made here,
 * once somebody comes to the test.
 */

import { compared } from "../beside/compared.js";
import { detail } from "../call/detail.js";
import { lanes } from "../lanes/lanes.js";
import { element } from "../page/dom.js";
import { go } from "../page/route.js";
import { timeline } from "../timeline/timeline.js";
import { attempts } from "./attempts.js";
import { unpacked } from "./chunks.js";
import { handOver } from "./handover.js";
import { logs } from "./logs.js";
import { test } from "./model.js";
import { Selection } from "./selection.js";
import { tags } from "./tags.js";

const selections = new Map();

/** Shows the test of an article as an address asks for it. */
export async function show(article, to) {
  const selection = await opened(article);
  // By now somebody may be elsewhere.
  if (article.hidden) return;
  const { attempts: all } = selection.test;
  const wanted = all.find((one) => one.number === to.attempt && !one.run) ?? first(all);
  if (selection.attempt !== wanted) selection.choose(wanted.place);
  const span = wanted.spans.find((one) => one.id === to.span);
  if (!span && !to.tab) return;
  if (span !== selection.span || to.tab !== selection.tab) {
    selection.select(span ?? selection.span, to.tab);
  }
  reveal(article);
}

/** Brings what is selected into view. */
function reveal(article) {
  article.querySelector(".recorded > .detail").scrollIntoView({ block: "start" });
}

// Somebody may ask for it again before it is there.
function opened(article) {
  if (!selections.has(article.id)) selections.set(article.id, made(article));

  return selections.get(article.id);
}

async function made(article) {
  const selection = new Selection(
    test(await unpacked(`data-${article.id}`)),
    article.id,
  );
  let loading;
  selection.bodies = () => (loading ??= unpacked(`bodies-${article.id}`));
  mount(article, selection);
  selection.addEventListener("span", () => note(selection));

  return selection;
}

function mount(article, selection) {
  const panels = [
    panel("timeline", "Timeline", timeline, selection),
    panel("detail", "Call", detail, selection),
    panel("compared", "Beside a passing attempt", compared, selection),
    panel("lanes", "Who asked whom", lanes, selection),
    panel("logs", "Logs", logs, selection),
    panel("tags", "Tags", tags, selection),
  ];
  article.querySelector("header").append(attempts(selection) ?? "");
  const recorded = element("div", { class: "recorded" }, panels);
  article.append(recorded, article.querySelector(".history") ?? "");
  handOver(article);
  // A link to where the address leads already changes nothing, and is followed still.
  article.addEventListener("click", ({ target }) => {
    if (target.closest('.story a[href^="#"]')) reveal(article);
  });
  selection.addEventListener("attempt", () => {
    for (const story of article.querySelectorAll(".story")) {
      story.hidden = Number(story.dataset.attempt) !== selection.attempt.number;
    }
  });
}

/**
 * Makes a part of the page, which is made anew for each attempt. A maker gives an
 * element, or null where it has nothing to show; what it listens to ends with the
 * signal that it gets.
 */
function panel(name, title, make, selection) {
  const section = element("section", { class: name, "aria-label": title });
  let shownBefore = new AbortController();
  selection.addEventListener("attempt", () => {
    shownBefore.abort();
    shownBefore = new AbortController();
    const shown = make(selection, shownBefore.signal);
    section.hidden = shown === null;
    section.replaceChildren(element("h3", {}, title), shown ?? "");
  });

  return section;
}

/** Keeps the address in step with what is selected. */
function note({ anchor, attempt, span, tab, isSuggested }) {
  if (isSuggested) return;
  const to = { test: anchor, attempt: attempt.number, span: span?.id, tab };
  go(to, { instead: true });
}

function first(all) {
  const own = all.filter((one) => !one.run);

  return own.findLast((one) => one.failure) ?? own.at(-1);
}
