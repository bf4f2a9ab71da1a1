/** Times on an axis: what part of an attempt is shown, and where its ticks stand. */

import { duration } from "../page/format.js";

const SECOND = 1_000_000;
const UNITS = [
  [60 * SECOND, "min"],
  [SECOND, "s"],
  [1000, "ms"],
  [1, "µs"],
];

/** Gives all of an attempt, in µs: from its first span to the end of its last. */
export function whole({ spans, seen }) {
  let from = 0;
  let to = Math.max(seen, 1);
  for (const span of spans) {
    if (span.at < from) from = span.at;
    if (span.end > to) to = span.end;
  }

  return { from, to };
}

/** Keeps a window within all that there is, and at least a µs wide. */
export function within(all, { from, to }) {
  const width = Math.min(Math.max(to - from, 1), all.to - all.from);
  const start = Math.min(Math.max(from, all.from), all.to - width);

  return { from: start, to: start + width };
}

/** Makes a window `factor` times as wide, about a time. */
export function zoomed({ from, to }, factor, about) {
  return { from: about - (about - from) * factor, to: about + (to - about) * factor };
}

/** Moves a window by a part of its width. */
export function moved({ from, to }, part) {
  const by = (to - from) * part;

  return { from: from + by, to: to + by };
}

/** Gives about so many ticks: {at, text}. */
export function ticks({ from, to }, count) {
  const rough = (to - from) / Math.max(count, 1);
  const [size, name] = UNITS.find(
    ([one]) => (one > SECOND ? rough : to) >= one || one === 1,
  );
  const step = Math.max(round(rough / size), size === 1 ? 1 : 0);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const made = [];
  for (let place = Math.ceil(from / size / step); place * step * size <= to; place++) {
    const told = place * step;
    made.push({ at: told * size, text: `${told.toFixed(digits)} ${name}` });
  }

  return made;
}

/** Tells a window in words. */
export function spanned({ from, to }) {
  return `${duration(from)} to ${duration(to)}`;
}

/** Rounds to 1, 2 or 5 times a power of ten. */
function round(rough) {
  const power = 10 ** Math.floor(Math.log10(rough));

  return power * [1, 2, 5, 10].find((one) => one * power >= rough * 0.7);
}
