/** Who asked whom: a lane for each service, time from top to bottom, not to scale. */

import { element, shape } from "../page/dom.js";
import { counted } from "../page/format.js";
import { whenSized } from "../page/sized.js";
import { ANSWER, answer, QUESTION, question } from "./arrows.js";
import { conversation, every, happenings, telling } from "./conversation.js";

// Of so many arrows at a time (first, last, failing) some are left out.
const FEW = 20;
const MANY = 300;
const NARROW = 160;
const WIDE = 320;

/** Makes the diagram of the attempt that is chosen. */
export function lanes(selection, signal) {
  const told = conversation(selection.attempt);
  if (!told) return null;
  const arrows = every(told.arrows).sort((one, other) => one.at - other.at);
  const state = {
    arrows,
    kept: telling(arrows, FEW),
    told,
    selection,
    rows: new Map(),
  };
  const box = element("div", {
    class: "box",
    role: "region",
    tabindex: "0",
    "aria-label": "Who asked whom, by time",
  });
  const draw = () => drawn(box, state);
  const most = telling(arrows, MANY);
  const more = element(
    "button",
    {
      type: "button",
      onclick: () => {
        state.kept = most;
        more.hidden = true;
        draw();
      },
    },
    `Show ${most.size < arrows.length ? `${most.size} of` : "all"} ${arrows.length} arrows`,
  );
  more.hidden = state.kept.size === arrows.length;
  whenSized(box, draw, signal);
  selection.addEventListener("span", () => mark(state), { signal });

  return element(
    "div",
    { class: "conversation" },
    element("p", { class: "unseen" }, description(told, arrows)),
    more,
    box,
  );
}

function description({ lanes: all }, arrows) {
  const names = all.map(({ name, isSilent }) =>
    isSilent ? `${name} (not traced)` : name,
  );
  const failed = arrows.filter((arrow) => arrow.isFailing).length;

  return `${counted(arrows.length, "arrow")} between ${names.join(", ")}; ${failed} failed.`;
}

function drawn(box, state) {
  const { lanes: all } = state.told;
  const wide = Math.min(Math.max(box.clientWidth / all.length, NARROW), WIDE);
  const width = wide * all.length;
  const middle = (lane) => (lane + 0.5) * wide;
  const { parts, height } = rows(state, middle, wide);
  const heads = element(
    "div",
    { class: "heads" },
    all.map(({ name, isSilent }) => {
      const title = isSilent ? `${name} recorded nothing itself` : name;

      return element("span", { class: isSilent ? "silent" : "", title }, name);
    }),
  );
  heads.style.width = `${width}px`;
  const lifelines = all.map(({ isSilent }, lane) =>
    shape("path", {
      class: isSilent ? "life silent" : "life",
      d: `M${middle(lane)} 0V${height}`,
    }),
  );
  const list = shape(
    "svg",
    {
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "listbox",
      "aria-label": "Calls by time",
    },
    lifelines,
    parts,
  );
  list.addEventListener("keydown", (event) => step(event));
  box.replaceChildren(heads, list);
  mark(state);
}

/** Draws what happened from top to bottom, and gaps for what is left out. */
function rows(state, middle, wide) {
  const { arrows, kept } = state;
  const numbers = new Map(arrows.map((arrow, place) => [arrow, place + 1]));
  const events = happenings(state.told.arrows);
  const parts = [];
  let height = 0;
  let hidden = 0;
  const close = () => {
    if (!hidden) return;
    const text = `⋮ ${hidden} more ${hidden === 1 ? "arrow" : "arrows"}`;
    parts.push(shape("text", { class: "gap", x: 12, y: height + 16 }, text));
    height += ANSWER;
    hidden = 0;
  };
  state.rows.clear();
  for (let place = 0; place < events.length; place++) {
    const { arrow, isAnswer } = events[place];
    if (!kept.has(arrow)) {
      if (!isAnswer) hidden++;
      continue;
    }
    if (isAnswer && !isAnswered(arrow)) continue;
    close();
    const isAtOnce = !isAnswer && events[place + 1]?.arrow === arrow;
    const look = { top: height, middle, wide, isAtOnce, number: numbers.get(arrow) };
    if (isAnswer) parts.push(answer(arrow, look));
    else {
      const one = question(arrow, look);
      one.addEventListener("click", () => state.selection.select(arrow.spans[0]));
      state.rows.set(arrow, one);
      parts.push(one);
    }
    if (isAtOnce) place++;
    height += isAnswer ? ANSWER : QUESTION;
  }
  close();

  return { parts, height: height + 8 };
}

/** Tells whether an answer is drawn: to oneself, and while a call is open, is none. */
function isAnswered({ from, to, isOpen }) {
  return from !== to && !isOpen;
}

/** Marks the arrow of the span that is selected; it, or the first, can have the focus. */
function mark({ rows: all, selection }) {
  const list = [...all];
  const own = list.find(([arrow]) => arrow.spans.includes(selection.span));
  for (const [arrow, one] of list) {
    one.setAttribute("aria-selected", String(arrow === own?.[0]));
    one.setAttribute("tabindex", one === (own ?? list[0])[1] ? "0" : "-1");
  }
}

function step(event) {
  const options = [...event.currentTarget.querySelectorAll("[role=option]")];
  const place = options.indexOf(event.target);
  const next = {
    ArrowDown: options[place + 1],
    ArrowUp: options[place - 1],
    Home: options[0],
    End: options.at(-1),
  }[event.key];
  if (next) next.focus();
  else if (event.key === "Enter" || event.key === " ")
    event.target.dispatchEvent(new Event("click"));
  else return;
  event.preventDefault();
}
