/** The timeline by keyboard. */

import { hasBelow, isGroup } from "./rows.js";
import { moved } from "./scale.js";

/** Does what a key means inside the timeline. */
export function pressed(timeline, event) {
  const { ctrlKey, metaKey, altKey, target } = event;
  if (ctrlKey || metaKey || altKey || target === timeline.finder) return;
  const act = zoom(timeline, event) ?? walk(timeline, event);
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}

/** Goes to the next error (`e`) or the one before (`E`), from anywhere on the page. */
export function stepped(timeline, { key, target, ctrlKey, metaKey, altKey }) {
  if (key.toLowerCase() !== "e" || ctrlKey || metaKey || altKey) return;
  const isTyping = target.closest?.("input, textarea, select, [contenteditable]");
  if (isTyping || !timeline.element.offsetParent) return;
  const [{ has }] = timeline.filters;
  const errors = timeline.rows.filter((row) => !isGroup(row) && has(row.spans[0]));
  const now = timeline.rowAt[timeline.selection.span?.index]?.place ?? 0;
  const next =
    key === "e"
      ? (errors.find((row) => row.place > now) ?? errors[0])
      : (errors.findLast((row) => row.place < now) ?? errors.at(-1));
  if (!next) return;
  timeline.selection.select(next.spans[0]);
  timeline.focus(timeline.active);
}

function zoom(timeline, { key, shiftKey }) {
  const by = { ArrowLeft: -0.25, ArrowRight: 0.25 }[key];
  if (shiftKey && by) return () => timeline.view(moved(timeline.shows, by));
  if (key === "/" && timeline.finder.hidden) return;

  return {
    "+": () => timeline.zoom(0.5),
    "=": () => timeline.zoom(0.5),
    "-": () => timeline.zoom(2),
    0: () => timeline.view(timeline.all),
    "/": () => timeline.finder.focus(),
  }[key];
}

function walk(timeline, { key, target }) {
  const { active, listing } = timeline;
  if (!listing.list.contains(target)) return;
  const { rows } = listing;
  const place = listing.places.get(active);
  const isOpen = hasBelow(active) && !active.isClosed;

  return {
    ArrowDown: () => timeline.focus(rows[place + 1]),
    ArrowUp: () => timeline.focus(rows[place - 1]),
    Home: () => timeline.focus(rows[0]),
    End: () => timeline.focus(rows.at(-1)),
    ArrowRight: () =>
      isOpen ? timeline.focus(rows[place + 1]) : timeline.turn(active, false),
    ArrowLeft: () =>
      isOpen ? timeline.turn(active, true) : timeline.focus(active.above),
    Enter: () => timeline.selection.select(active.spans[0]),
    " ": () => timeline.selection.select(active.spans[0]),
  }[key];
}
