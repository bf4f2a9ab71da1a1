/** The arrows between lanes: who asked what, and what was answered. */

import { shape } from "../page/dom.js";
import { duration } from "../page/format.js";

// Pixels that each takes from top to bottom.
export const QUESTION = 38;
export const ANSWER = 26;
// Pixels of a letter, and of the head of an arrow.
const LETTER = 6.4;
const HEAD = 7;

/** Draws a question, and the answer as well where nothing came between. */
export function question(arrow, { top, middle, wide, isAtOnce, number }) {
  const { from, to, isFailing, isOpen, answer: came, spans } = arrow;
  const [left, right] = [middle(from), middle(to)];
  const line = top + 24;
  const result = isAtOnce && came ? ` → ${came}` : "";
  const end = `${isOpen ? " … still open" : result}${times(spans)}`;
  const start = `${number}. ${isFailing ? "✗ " : ""}${arrow.method} `;
  const room = Math.max(Math.abs(to - from), 1) * wide - 2 * HEAD;
  const text = start + cut(arrow.rest, room / LETTER - start.length - end.length) + end;

  return shape(
    "g",
    {
      class: isFailing ? "arrow bad" : "arrow",
      role: "option",
      tabindex: "-1",
      // What is to be seen is part of what is said, for whoever speaks to the page.
      "aria-label": `${text}; ${spoken(arrow)}`,
    },
    shape("title", {}, `${spans[0].summary}${end}, ${duration(arrow.end - arrow.at)}`),
    shape("rect", {
      x: 0,
      y: top,
      width: "100%",
      height: isAtOnce ? QUESTION : QUESTION - 6,
    }),
    label(text, from === to ? left + 20 : left, line - 7, right < left),
    from === to ? loop(left, line) : pointed(left, right, line),
    isAtOnce && !isOpen && from !== to && pointed(right, left, line + 8, "back"),
  );
}

/** Draws an answer that came later. */
export function answer(
  { from, to, answer: came, isFailing, at, end },
  { top, middle, number },
) {
  const [left, right] = [middle(from), middle(to)];
  const failed = isFailing ? "✗ " : "";
  const text = `${number}. ${failed}${came} after ${duration(end - at)}`;

  return shape(
    "g",
    { class: isFailing ? "arrow bad" : "arrow", "aria-hidden": "true" },
    label(text, left, top + 11, right < left),
    pointed(right, left, top + 17, "back"),
  );
}

function spoken({ spans, answer: came, isFailing, isOpen, at, end }) {
  const parts = [
    spans[0].summary,
    came && `answered ${came}`,
    isFailing && "failed",
    isOpen && "still open",
    spans.length > 1 && `${spans.length} times`,
    `took ${duration(end - at)}`,
  ];

  return parts.filter(Boolean).join(", ");
}

/** Writes beside the lane of whoever asked. */
function label(text, lane, y, isToLeft) {
  const x = lane + (isToLeft ? -HEAD : HEAD);

  return shape("text", { x, y, "text-anchor": isToLeft ? "end" : "start" }, text);
}

function pointed(from, to, y, kind = "") {
  const way = Math.sign(to - from) * HEAD;

  return [
    shape("path", { class: `shaft ${kind}`, d: `M${from} ${y}H${to - way}` }),
    shape("path", { class: "point", d: `M${to} ${y}l${-way} -4v8z` }),
  ];
}

function loop(x, y) {
  return [
    shape("path", { class: "shaft", d: `M${x} ${y - 8}h24v14h-${24 - HEAD}` }),
    shape("path", { class: "point", d: `M${x} ${y + 6}l${HEAD} -4v8z` }),
  ];
}

function times(spans) {
  return spans.length > 1 ? ` ×${spans.length}` : "";
}

/** Cuts a path to its end, which says the most. */
function cut(text, most) {
  const room = Math.max(Math.floor(most), 4);

  return text.length <= room ? text : `…${text.slice(1 - room)}`;
}
